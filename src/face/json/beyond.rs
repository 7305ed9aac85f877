//! What lies beyond this network, for programs.

use super::object::Object;
use super::{about, event};
use crate::chat::event::BeyondNews;

pub(super) fn of_beyond(news: &BeyondNews) -> Object<'_> {
    match news {
        BeyondNews::Site { bridge, people } => Object {
            of: Some(*people),
            ..about("site", bridge)
        },
        BeyondNews::Delivered {
            bridge,
            people,
            last,
        } => Object {
            last: Some(last.to_string()),
            of: Some(*people),
            ..about("delivered_at", bridge)
        },
        BeyondNews::Link { state, with } => Object {
            state: Some(state.name()),
            name: (!with.is_empty()).then_some(with.as_str()),
            ..event("link")
        },
        BeyondNews::LeftOut { frames } => Object {
            state: Some("left_out"),
            frames: Some(u32::try_from(*frames).unwrap_or(u32::MAX)),
            ..event("link")
        },
    }
}
