//! Private messages: to whom they are sealed, and which are for this session.

use super::Engine;
use super::event::{Delivery, EngineEvent, MessageId, SayError};
use super::frame_log::Position;
use super::member::Member;
use super::outbox::PrivateText;
use super::roster::Id;
use crate::protocol::message::{NAME_MAX_BYTES, Name};
use crate::protocol::wire::frame::durable::{
    COUNTS_BYTES, RECORD_HEAD_BYTES, REFERENCES_MAX, Reference,
};
use crate::protocol::wire::frame::{FRAME_NARROW_BYTES, Key, MemberTag, durable_max_bytes};
use crate::protocol::wire::private::{
    self, OVERHEAD_BYTES, PrivateContext, Secrets, SessionKey, SessionSecret,
};

/// Longest private message, in bytes; longer texts go as several. It fits a frame with all that may
/// stand before it.
pub const PRIVATE_MAX_BYTES: usize = durable_max_bytes(FRAME_NARROW_BYTES, NAME_MAX_BYTES)
    - COUNTS_BYTES
    - REFERENCES_MAX * Reference::BYTES
    - RECORD_HEAD_BYTES
    - OVERHEAD_BYTES;

/// What this session alone knows.
#[derive(Debug)]
pub(super) struct Private {
    secret: SessionSecret,
    secrets: Secrets,
}

impl Private {
    pub(super) fn new(mut secrets: Secrets) -> Self {
        let secret = SessionSecret::new(&secrets.make());
        Self { secret, secrets }
    }

    pub(super) fn session_key(&self) -> SessionKey {
        self.secret.public()
    }

    /// Seals a text for its addressee, in the frame that it goes in.
    pub(super) fn seal(
        &mut self,
        text: &PrivateText,
        author: (Key, u64),
        sequence: u32,
    ) -> Vec<u8> {
        let way = PrivateContext {
            author: author.0,
            author_session: author.1,
            sequence,
            addressee: text.key,
            addressee_session: text.session,
        };
        let sealed = private::seal(&text.text, &way, &self.secrets.make(), &text.session_key);
        // A session key that is none reads nothing, and so gets nothing.
        sealed.unwrap_or_default()
    }
}

impl Engine {
    /// Says a text of at most [`PRIVATE_MAX_BYTES`] to all sessions of one person that are here
    /// under a name. Returns how many these are; each has an [`EngineEvent::Sent`] of its own.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say_private(&mut self, name: &Name, key: Key, text: &str) -> Result<usize, SayError> {
        SayError::check(text, PRIVATE_MAX_BYTES)?;
        let is_addressed = |member: &&Member| member.key == key && member.name == *name;
        let others = self.group.roster.others().map(|(_, member)| member);
        let texts: Vec<PrivateText> = others
            .filter(is_addressed)
            .filter_map(|member| {
                Some(PrivateText {
                    tag: member.tag,
                    key: member.key,
                    session: member.session,
                    session_key: member.session_key?,
                    text: text.to_owned(),
                })
            })
            .collect();
        let count = texts.len();
        texts
            .into_iter()
            .for_each(|text| self.sending.outbox.say_private(text));
        Ok(count)
    }

    /// Tells a private message if it is for this session.
    pub(super) fn tell_private(
        &mut self,
        id: Id,
        (place, index): (Position, u8),
        (to, sealed): (MemberTag, &[u8]),
        is_late: bool,
    ) -> bool {
        let Some(member) = self
            .group
            .roster
            .get(id)
            .filter(|_| to == self.me.author.tag())
        else {
            return false;
        };
        let way = PrivateContext {
            author: member.key,
            author_session: member.session,
            sequence: place.sequence,
            addressee: self.me.author.key,
            addressee_session: self.me.author.session,
        };
        // What was sealed for somebody else says nothing to anybody here.
        let Some(text) = private::open(sealed, &way, &self.me.private.secret) else {
            return false;
        };
        self.out.tell(EngineEvent::Said(Delivery {
            id: MessageId { place, index },
            who: member.named_key(),
            text,
            source: member.address,
            is_late,
            is_private: true,
        }));
        true
    }
}
