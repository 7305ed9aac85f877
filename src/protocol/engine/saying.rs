//! What this member's person says: into the outbox, and a copy of it to the lobby's plain wire.

use super::Engine;
use super::config::{ACTION_MAX_BYTES, TEXT_MAX_BYTES};
use super::event::SayError;
use super::private::PRIVATE_MAX_BYTES;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;

impl Engine {
    /// Says a message of at most [`TEXT_MAX_BYTES`]. [`EngineEvent::Sent`] reports its id once it
    /// is in a frame.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say(&mut self, now: Moment, text: &str) -> Result<(), SayError> {
        SayError::check(text, TEXT_MAX_BYTES)?;
        self.begin_message(now);
        self.sending.outbox.say(text, self.me.records_room_bytes());
        if let Some(mirror) = &mut self.mirror {
            mirror.say(text);
        }
        Ok(())
    }

    /// Says what this member's person does, in at most [`ACTION_MAX_BYTES`].
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn act(&mut self, now: Moment, text: &str) -> Result<(), SayError> {
        SayError::check(text, ACTION_MAX_BYTES)?;
        self.begin_message(now);
        self.sending.outbox.act(text);
        if let Some(mirror) = &mut self.mirror {
            mirror.say(&format!("* {text}"));
        }
        Ok(())
    }

    pub(super) fn begin_message(&mut self, now: Moment) {
        if self.sending.newest() <= 1 {
            self.follow_group_clock(now);
        }
        self.sending.begin_message(now.time, &self.group.roster);
    }

    /// Says a text of at most [`PRIVATE_MAX_BYTES`] to all sessions of one person that are here
    /// under a name. Returns how many these are; each has an [`EngineEvent::Sent`] of its own.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say_private(&mut self, name: &Name, key: Key, text: &str) -> Result<usize, SayError> {
        SayError::check(text, PRIVATE_MAX_BYTES)?;
        let roster = &self.group.roster;
        Ok(self.sending.say_private(name, key, text, roster))
    }
}
