//! Changed, withdrawn, forgotten and found messages, for programs.

use super::object::Object;
use super::{about, event, of_message};
use crate::chat::archive::search::ShortId;
use crate::chat::event::{Deleted, Edited, Forgetting, FoundMessage, Id, Timing};
use crate::protocol::fingerprint::fingerprint;

pub(super) fn of_edited(edited: &Edited) -> Object<'_> {
    Object {
        id: Some(edited.id.to_string()),
        data: Some(Some(&edited.text)),
        own: edited.is_own,
        late: edited.timing == Timing::Late,
        history: edited.timing == Timing::History,
        ..about("edited", &edited.who)
    }
}

pub(super) fn of_deleted(deleted: &Deleted) -> Object<'_> {
    Object {
        id: Some(deleted.id.to_string()),
        own: deleted.is_own,
        late: deleted.timing == Timing::Late,
        history: deleted.timing == Timing::History,
        ..about("deleted", &deleted.who)
    }
}

pub(super) fn of_found(found: &FoundMessage) -> Object<'_> {
    Object {
        event: "found",
        short: match &found.message.id {
            Id::Group(id) => Some(ShortId::of(id).to_string()),
            Id::Local(_) => None,
        },
        is_match: found.is_match,
        marks: Some(&*found.marks).filter(|marks| !marks.is_empty()),
        history: false,
        ..of_message(&found.message)
    }
}

pub(super) fn of_searched<'e>(count: usize, has_more: bool) -> Object<'e> {
    Object {
        messages: Some(count),
        more: has_more,
        ..event("searched")
    }
}

pub(super) fn of_forgotten(it: &Forgetting) -> Object<'_> {
    Object {
        key: it.author().map(|key| fingerprint(&key)),
        until_ms: Some(it.until_ms()),
        ..event("forgotten")
    }
}
