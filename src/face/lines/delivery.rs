//! What was not delivered before the end, as sentences.

use super::addressed;
use crate::chat::Ended;
use crate::text::{self, Lang};

/// What was not delivered before this member left.
pub(super) fn undelivered(lang: Lang, ended: &Ended) -> Vec<String> {
    let mut sentences = Vec::new();
    if ended.unsent > 0 {
        sentences.push(text::left_unsent(lang, ended.unsent));
    }
    if !ended.waiting.is_empty() {
        let waiting: Vec<String> = ended.waiting.iter().map(addressed).collect();
        sentences.push(text::left_undelivered(lang, &waiting));
    }
    let is_explained = !ended.waiting.is_empty() && ended.wanted == 1;
    if ended.holders < ended.wanted && !is_explained {
        sentences.push(match ended.holders {
            0 => text::nobody_received(lang),
            holders => text::too_few_received(lang, holders, ended.wanted),
        });
    }
    sentences
}
