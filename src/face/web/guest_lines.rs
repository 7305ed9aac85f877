//! What guests' pages are told: what [`crate::chat::guests::line_of`] leaves of the room, as
//! objects. No keys, no private messages, nobody's coming and going.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::lines::line;
use crate::chat::event::{Person, Timing};
use crate::chat::guests::{Departure, GuestLine, GuestLineAuthor, GuestLineForm, Seen};
use crate::chat::transfer::Offer;
use crate::clock::WallClock;
use crate::face::json::kind_of_offer;
use crate::face::lines::addressed;

/// An offer, as guests see it.
#[derive(Debug)]
pub(super) struct FileLine<'o> {
    pub(super) offer: &'o Offer,
    pub(super) who: &'o Person,
    /// When it was made, in milliseconds since 1970, if that is known.
    pub(super) wall_ms: Option<u64>,
    /// Whether guests can download it.
    pub(super) is_here: bool,
}

/// Writes the lines of guests' pages.
#[derive(Debug, Default)]
pub(super) struct GuestLines {
    clock: WallClock,
}

impl GuestLines {
    /// Something that guests see.
    pub(super) fn seen(&mut self, seen: &Seen) -> Arc<str> {
        match seen {
            Seen::Said(said) => self.said(said),
            Seen::Edited { id, text } => line(&json!({
                "event": "edited", "id": id.to_string(), "data": text,
            })),
            Seen::Deleted { id } => line(&json!({ "event": "deleted", "id": id.to_string() })),
        }
    }

    /// Something is offered.
    pub(super) fn file(&mut self, file: &FileLine<'_>) -> Arc<str> {
        let mut object = Map::new();
        object.insert("event".into(), "file".into());
        if let Some(wall_ms) = file.wall_ms {
            let time = self.clock.at(Duration::from_millis(wall_ms));
            object.insert("time".into(), time.rfc3339.as_str().into());
        }
        let mut told = json!({
            "id": file.offer.id.to_string(),
            "name": &*file.offer.name,
            "kind": kind_of_offer(file.offer.kind),
            "size_bytes": file.offer.size_bytes,
            "from": { "user": addressed(file.who) },
            "state": if file.is_here { "here" } else { "offered" },
        });
        if let (Some(preview), Some(told)) = (file.offer.preview, told.as_object_mut()) {
            told.insert("preview".into(), preview.to_string().into());
        }
        object.insert("file".into(), told);
        line(&Value::Object(object))
    }

    /// A message.
    pub(super) fn said(&mut self, said: &GuestLine) -> Arc<str> {
        let time = self.clock.at(Duration::from_millis(said.wall_ms));
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        put("event", "message".into());
        put("time", time.rfc3339.as_str().into());
        if let Some(id) = &said.id {
            put("id", id.to_string().into());
        }
        put("user", said.name.as_str().into());
        match &said.author {
            GuestLineAuthor::Member { is_host: false } => {}
            GuestLineAuthor::Member { is_host: true } => put("host", true.into()),
            GuestLineAuthor::Plain => put("plain", true.into()),
            GuestLineAuthor::Guest {
                number,
                of,
                is_host,
            } => {
                put("guest_of", json!({ "user": of }));
                if *is_host {
                    put("guest", (*number).into());
                }
            }
        }
        put("data", said.text.as_str().into());
        let marks = [
            ("action", said.is_action),
            ("late", said.timing == Timing::Late),
            ("history", said.timing == Timing::History),
            ("edited", said.form == GuestLineForm::Edited),
            ("deleted", said.form == GuestLineForm::Deleted),
        ];
        for (name, _) in marks.into_iter().filter(|(_, is_so)| *is_so) {
            put(name, true.into());
        }
        line(&Value::Object(object))
    }
}

/// Who the guest is, and in which room.
pub(super) fn ready(room: &str, name: &str, number: u32) -> Arc<str> {
    line(&json!({ "event": "ready", "room": room, "user": name, "guest": number }))
}

/// Whether a guest is heard, in words.
pub(super) fn muted(is_muted: bool, words: &str) -> Arc<str> {
    let event = match is_muted {
        true => "muted",
        false => "unmuted",
    };
    line(&json!({ "event": event, "data": words }))
}

/// What becomes of a guest who is not here any more, in words where there are some.
pub(super) fn ended(why: Departure, words: Option<String>) -> Arc<str> {
    let why = match why {
        Departure::Left => "left",
        Departure::Lost => "lost",
        Departure::Kicked => "kicked",
        Departure::Displaced => "displaced",
        _ => "closed",
    };
    line(&json!({ "event": "ended", "state": why, "data": words }))
}
