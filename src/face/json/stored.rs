//! A message from an archive, as an object of the same schema.

use std::time::Duration;

use serde::Serialize;

use super::object::Object;
use super::{Json, of_message};
use crate::chat::archive::search::ShortId;
use crate::chat::event::Message;
use crate::face::stored;

/// The fields of a message, and what only an archive knows of it.
#[derive(Serialize)]
struct Stored<'e> {
    #[serde(flatten)]
    message: Object<'e>,
    short: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    context: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignored: bool,
}

impl Json {
    /// One line, with its line end, for a message of a room's archive.
    pub fn stored(&mut self, of: &stored::Stored<'_>, message: &Message) -> String {
        let found = of.found;
        let stamp = self.clock.at(Duration::from_millis(message.wall_ms));
        let stored = Stored {
            message: Object {
                time: &stamp.rfc3339,
                room: Some(of.room),
                ..of_message(message)
            },
            short: ShortId::of(&found.entry.id).to_string(),
            context: !found.is_match,
            ignored: of.is_ignored,
        };
        let mut line = String::new();
        self.screen.object(&stored, &mut line);
        line
    }
}
