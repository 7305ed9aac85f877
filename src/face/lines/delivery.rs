//! How far own messages have got, as sentences.

use super::addressed;
use crate::chat::Ended;
use crate::chat::event::Delivered;
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

/// How far own messages have got, if that is worth a sentence.
pub(super) fn delivery(lang: Lang, delivered: &Delivered) -> Option<String> {
    let (has, of) = (delivered.has, delivered.of);
    if !delivered.waiting.is_empty() {
        let waiting: Vec<String> = delivered.waiting.iter().map(addressed).collect();
        return Some(text::waiting_for(lang, has, of, &waiting));
    }
    match (delivered.was_reported, delivered.kept_for) {
        (false, 0) => None,
        (true, 0) => Some(text::delivered(lang, has, of)),
        (_, away) if of == 0 => Some(text::kept_for(lang, away)),
        (_, away) => Some(text::delivered_and_kept(lang, has, of, away)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_says_for_how_many_who_are_away_something_is_kept() {
        let delivered = |has, of, was_reported, kept_for| Delivered {
            first: crate::chat::event::Id::Local(1),
            last: crate::chat::event::Id::Local(1),
            has,
            of,
            waiting: Vec::new(),
            was_reported,
            kept_for,
        };
        let said = |it: Delivered| delivery(Lang::En, &it);
        assert_eq!(said(delivered(2, 2, false, 0)), None);
        assert_eq!(said(delivered(2, 2, true, 0)).unwrap(), "delivered 2/2");
        assert_eq!(
            said(delivered(0, 0, false, 1)).unwrap(),
            "kept for 1 who is away"
        );
        assert_eq!(
            said(delivered(2, 2, true, 3)).unwrap(),
            "delivered 2/2, kept for 3 who are away"
        );
    }
}
