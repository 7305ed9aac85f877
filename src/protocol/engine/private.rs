//! Private messages: sealing them to a session, and opening those for this one.

use super::member::Member;
use super::outbox::PrivateText;
use crate::protocol::message::NAME_MAX_BYTES;
use crate::protocol::wire::frame::durable::{
    COUNTS_BYTES, RECORD_HEAD_BYTES, REFERENCES_MAX, Reference,
};
use crate::protocol::wire::frame::{Author, FRAME_NARROW_BYTES, Key, durable_max_bytes};
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
        let secret = SessionSecret::new(&secrets.make(b"session key"));
        Self { secret, secrets }
    }

    pub(super) fn session_key(&self) -> SessionKey {
        self.secret.public()
    }

    /// Seals a text for its addressee, in the frame that it goes in.
    pub(super) fn seal(
        &mut self,
        text: &PrivateText,
        key: Key,
        session: u64,
        sequence: u32,
    ) -> Vec<u8> {
        let context = PrivateContext {
            author: key,
            author_session: session,
            sequence,
            addressee: text.key,
            addressee_session: text.session,
        };
        let sealed = private::seal(
            &text.text,
            &context,
            &self.secrets.make(text.text.as_bytes()),
            &text.session_key,
        );
        // An invalid session key can read nothing, and so gets nothing.
        sealed.unwrap_or_default()
    }

    /// Opens a private message that a member sealed for this session in one of its frames; `None`
    /// if it was sealed for another one.
    pub(super) fn open(
        &self,
        sealed: &[u8],
        author: &Member,
        sequence: u32,
        me: &Author,
    ) -> Option<String> {
        let context = PrivateContext {
            author: author.key,
            author_session: author.session,
            sequence,
            addressee: me.key,
            addressee_session: me.session,
        };
        private::open(sealed, &context, &self.secret)
    }
}
