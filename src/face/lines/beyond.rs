//! What lies beyond this network, as sentences.

use super::addressed;
use crate::chat::event::{BeyondNews, LinkState};
use crate::text::{self, Lang};

/// What happened there.
pub(super) fn sentence(lang: Lang, news: &BeyondNews) -> String {
    match news {
        BeyondNews::Site { bridge, people } => text::site(lang, &addressed(bridge), *people),
        BeyondNews::Delivered { bridge, people, .. } => {
            text::delivered_at(lang, &addressed(bridge), *people)
        }
        BeyondNews::Link { state, with } => match state {
            LinkState::Up => text::link_up(lang, with),
            LinkState::Down => text::link_down(lang, with),
            LinkState::Fault => text::link_fault(lang, with),
            LinkState::Sending => text::link_sends(lang),
            LinkState::Standby => text::link_waits(lang),
        },
        BeyondNews::LeftOut { frames } => text::link_left_out(lang, *frames),
    }
}
