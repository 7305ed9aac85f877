//! What this member's person says: into the outbox, and a copy of it to the lobby's plain wire.

use super::Engine;
use super::clock::age_at;
use super::config::{ACTION_MAX_BYTES, HELLO_AGAIN, TEXT_MAX_BYTES};
use super::event::{MessageId, SayError};
use super::private::PRIVATE_MAX_BYTES;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::durable::Record;

impl Engine {
    /// Says what this session is, with a frame that everybody keeps.
    pub(super) fn say_hello(&mut self, now: Moment) {
        let hello = self.me.hello();
        self.me.hello_clock = self.me.clock_now(now);
        self.sending.outbox.push(&Record::Hello(hello));
    }

    /// Says it again before the last HELLO is so old that everybody forgets it: whoever comes then
    /// could not tell a bridge or a keeper from a person, nor send this member anything private.
    pub(super) fn say_hello_again(&mut self, now: Moment) {
        let age = age_at(self.me.clock_now(now), self.me.hello_clock);
        if age >= HELLO_AGAIN && !self.group.presence.is_leaving() {
            self.say_hello(now);
        }
    }

    /// Says a message of at most [`TEXT_MAX_BYTES`]. `EngineEvent::Sent` reports its id once it
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

    /// Changes a message of this person's to a text of at most [`TEXT_MAX_BYTES`].
    /// [`EngineEvent::AmendmentSent`](super::event::EngineEvent::AmendmentSent) reports when the
    /// change is in a frame. Nobody heeds it if the message is none of this person's.
    ///
    /// # Errors
    /// [`SayError`].
    pub fn edit(&mut self, now: Moment, of: &MessageId, text: &str) -> Result<(), SayError> {
        SayError::check(text, TEXT_MAX_BYTES)?;
        self.begin_amendment(now, of)?;
        let room_bytes = self.me.records_room_bytes();
        self.sending.outbox.edit(of.into(), text, room_bytes);
        if let Some(mirror) = &mut self.mirror {
            mirror.say(&format!("* corrected: {text}"));
        }
        Ok(())
    }

    /// Withdraws a message of this person's; see [`Engine::edit`]. The plain wire is not told,
    /// because nothing can be withdrawn there.
    ///
    /// # Errors
    /// [`SayError`].
    pub fn delete(&mut self, now: Moment, of: &MessageId) -> Result<(), SayError> {
        self.begin_amendment(now, of)?;
        self.sending.outbox.push(&Record::Deleted(of.into()));
        Ok(())
    }

    fn begin_amendment(&mut self, now: Moment, of: &MessageId) -> Result<(), SayError> {
        if of.position.short != self.me.identity().short {
            return Err(SayError::NotOwn);
        }
        // A change stands behind its message, which an earlier session may have said.
        self.me.clock.observe(of.position.clock, now.wall_ms);
        if !self.me.clock.will_pass(of.position.clock, now.wall_ms) {
            return Err(SayError::Ahead);
        }
        self.begin_message(now);
        Ok(())
    }

    pub(super) fn begin_message(&mut self, now: Moment) {
        if self.sending.newest() <= 1 {
            self.follow_group_clock(now);
        }
        self.sending.begin_message(now.time, &self.group.roster);
    }

    /// Says a text of at most [`PRIVATE_MAX_BYTES`] to all sessions of one person that are here
    /// under a name. Returns how many these are; each has an `EngineEvent::Sent` of its own.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say_private(&mut self, name: &Name, key: Key, text: &str) -> Result<usize, SayError> {
        SayError::check(text, PRIVATE_MAX_BYTES)?;
        let roster = &self.group.roster;
        Ok(self.sending.say_private(name, key, text, roster))
    }
}
