//! What is told, and about which persons: keys become persons when it is.

use super::command::Hand;
use super::event::{MediaEvent, MediaRefusal, StreamState};
use super::frame::{Codec, Source};
use crate::chat::event::Person;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::Key;

/// What is to be told.
#[derive(Clone, Debug)]
pub(super) enum Tale {
    Began(Stream),
    Ended(Stream),
    Hand(NamedKey, Hand),
    List,
    Refused(MediaRefusal),
}

/// A stream, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) stream: StreamId,
    pub(super) who: NamedKey,
    pub(super) source: Source,
    pub(super) codec: Option<Codec>,
}

impl Stream {
    pub(super) fn state(&self, me: &Key, person: impl Fn(&NamedKey) -> Person) -> StreamState {
        StreamState {
            stream: self.stream,
            person: person(&self.who),
            source: self.source,
            codec: self.codec,
            is_own: self.who.key == *me,
        }
    }
}

impl super::Conference {
    pub(super) fn event_of(
        &self,
        tale: Tale,
        person: impl Fn(&NamedKey) -> Person + Copy,
    ) -> MediaEvent {
        match tale {
            Tale::Began(stream) => MediaEvent::Began(stream.state(&self.me, person)),
            Tale::Ended(stream) => MediaEvent::Ended(stream.state(&self.me, person)),
            Tale::Hand(who, hand) => MediaEvent::Hand {
                person: person(&who),
                hand,
                is_own: who.key == self.me,
            },
            Tale::List => MediaEvent::List(Box::new(self.state(person))),
            Tale::Refused(refusal) => MediaEvent::Refused(refusal),
        }
    }

    fn state(&self, _: impl Fn(&NamedKey) -> Person) -> super::CallState {
        super::CallState {
            is_watching: self.is_watching,
            ..super::CallState::default()
        }
    }
}
