//! What streams carry: the lines of `--json` with the place of each message, the state of a room
//! for a page that comes late, and a few objects of the page's own.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::json;

use super::queue::QUEUE_MAX_BYTES;
use crate::chat::event::{Message, News, Timing};
use crate::chat::transcript::Snapshot;
use crate::chat::transfer::event::{FilesEvent, OfferState, Offered, Stage};
use crate::face::json::Json;
use crate::face::offers::Offers;
use crate::terminal::screen::{Color, Form, Screen};
use crate::text::Lang;

/// Messages of a room's state: some screens; older ones are asked for.
const STATE_MESSAGES: usize = 200;

/// Bytes of messages in the state of all rooms: half of what may wait for a page, so that the state
/// is never too long for it.
const STATE_MAX_BYTES: usize = QUEUE_MAX_BYTES / 2;

/// Bytes of what is offered in the state of all rooms: each offer may name hundreds of people.
const FILES_MAX_BYTES: usize = QUEUE_MAX_BYTES / 8;

/// Lines that are no part of a room's state, and are given to a late page all the same: what guests
/// of the plain wire said, how far own messages have got, and notes.
const NOTES_MAX: usize = 256;

/// Bytes of them.
const NOTES_MAX_BYTES: usize = STATE_MAX_BYTES / 2;

/// Writes the lines of one room.
#[derive(Debug)]
pub(super) struct RoomLines {
    name: String,
    json: Json,
}

impl RoomLines {
    pub(super) fn new(name: &str, lang: Lang) -> Self {
        Self {
            name: name.to_owned(),
            json: Json::for_page(name.to_owned(), lang),
        }
    }

    /// The room's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// One event.
    pub(super) fn line(&mut self, request: Option<&str>, news: &News) -> String {
        self.json.line(request, news)
    }

    /// The room as it is now, as one of so many: who we are, who is here, and the newest messages,
    /// oldest first.
    pub(super) fn state(&mut self, snapshot: &Snapshot, rooms: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut left_bytes = STATE_MAX_BYTES / rooms.max(1);
        for message in snapshot.messages.iter().rev().take(STATE_MESSAGES) {
            let message = News::Message(as_history(message));
            let line = self.line(None, &message);
            let Some(left) = left_bytes.checked_sub(line.len()) else {
                break;
            };
            left_bytes = left;
            lines.push(line);
        }
        lines.push(self.line(None, &News::Members(snapshot.members.clone())));
        if let Some(ready) = &snapshot.ready {
            lines.push(self.line(None, &News::Ready(ready.clone())));
        }
        lines.reverse();
        lines
    }
}

impl RoomLines {
    /// What is offered in the room, as one of so many: the newest offers, oldest first.
    pub(super) fn files(
        &mut self,
        states: &[OfferState],
        offers: &Offers,
        rooms: usize,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let mut left_bytes = FILES_MAX_BYTES / rooms.max(1);
        for state in states.iter().rev() {
            let line = self.offer(state, offers);
            let Some(left) = left_bytes.checked_sub(line.len()) else {
                break;
            };
            left_bytes = left;
            lines.push(line);
        }
        lines.reverse();
        lines
    }

    /// One offer: when it was made, if that is known, and how far it is.
    fn offer(&mut self, state: &OfferState, offers: &Offers) -> String {
        let mut lines = String::new();
        if let Some(wall_ms) = offers.offered_at(state.offer.id) {
            let offered = Offered {
                number: state.number,
                offer: Arc::clone(&state.offer),
                who: state.who.clone(),
                wall_ms,
                is_own: state.is_own,
                is_here: state.stage == Stage::Have,
                timing: Timing::History,
            };
            let offered = FilesEvent::Offered(Box::new(offered));
            lines += &self.line(None, &News::Files(Box::new(offered)));
        }
        let progress = FilesEvent::Progress(state.clone());
        lines + &self.line(None, &News::Files(Box::new(progress)))
    }
}

/// A message, as one of the past.
pub(super) fn as_history(message: &Message) -> Message {
    Message {
        timing: Timing::History,
        ..message.clone()
    }
}

/// The last lines that a late page is given besides the state of the rooms.
#[derive(Debug, Default)]
pub(super) struct Notes {
    lines: VecDeque<Arc<str>>,
    bytes: usize,
}

impl Notes {
    pub(super) fn keep(&mut self, line: &Arc<str>) {
        self.bytes += line.len();
        self.lines.push_back(Arc::clone(line));
        while self.lines.len() > NOTES_MAX || self.bytes > NOTES_MAX_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<str>> {
        self.lines.iter()
    }
}

/// The state of the rooms begins: whatever a page knows of them is old.
pub(super) fn begun<'n>(rooms: impl Iterator<Item = &'n str>) -> Arc<str> {
    let rooms: Vec<&str> = rooms.collect();
    line(&json!({ "event": "snapshot", "rooms": rooms }))
}

/// The state of the rooms is complete; what follows happens now.
pub(super) fn live() -> Arc<str> {
    line(&json!({ "event": "live" }))
}

/// A sentence that belongs to no message.
pub(super) fn note(sentence: &str) -> Arc<str> {
    line(&json!({ "event": "note", "data": sentence }))
}

/// The program ends.
pub(super) fn ended() -> Arc<str> {
    line(&json!({ "event": "ended" }))
}

/// Something that was asked for is done.
pub(super) fn said() -> Arc<str> {
    line(&json!({ "event": "said" }))
}

/// One object.
pub(super) fn line(object: &serde_json::Value) -> Arc<str> {
    let mut line = String::new();
    Screen::new(Form::Json, Color::Never, Lang::En).object(object, &mut line);
    line.into()
}
