//! What is told, and about which persons: keys become persons when it is.

use std::time::Duration;

use super::command::Hand;
use super::event::{CallState, MediaEvent, MediaRefusal, RolesState, StreamState};
use super::frame::{Codec, Source};
use super::roles::Ruling;
use super::selection::Selection;
use super::{Conference, SPEAKS_FOR};
use crate::chat::event::Person;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::wire::compact::StreamId;

/// What is to be told.
#[derive(Clone, Debug)]
pub(super) enum Tale {
    Began(Stream),
    Ended(Stream),
    Shown(Selection),
    Speaking(Vec<NamedKey>),
    Hand(NamedKey, Hand),
    Unfit(u8),
    /// With the time at which it was asked for.
    List(Duration),
    Decided(Ruling),
    Roles,
    RolesList,
    MutedForAll(Option<NamedKey>),
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

impl Conference {
    pub(super) fn event_of(
        &self,
        tale: Tale,
        person: impl Fn(&NamedKey) -> Person + Copy,
    ) -> MediaEvent {
        let state = |stream: &Stream| self.stream_state(stream, person);
        match tale {
            Tale::Began(stream) => MediaEvent::Began(state(&stream)),
            Tale::Ended(stream) => MediaEvent::Ended(state(&stream)),
            Tale::Shown(selection) => MediaEvent::Shown {
                pictures: selection.pictures,
                voices: selection.voices,
            },
            Tale::Speaking(people) => MediaEvent::Speaking(people.iter().map(person).collect()),
            Tale::Hand(who, hand) => MediaEvent::Hand {
                person: person(&who),
                hand,
                is_own: who.key == self.me,
            },
            Tale::Unfit(lost_percent) => MediaEvent::Unfit { lost_percent },
            Tale::List(now) => MediaEvent::List(Box::new(self.state(now, person))),
            Tale::Decided(Ruling { by, of, decision }) => MediaEvent::Decided {
                is_own: by.key == self.me,
                is_about_me: of.as_ref().is_some_and(|of| of.key == self.me),
                by: person(&by),
                of: of.as_ref().map(person),
                decision,
            },
            Tale::Roles => MediaEvent::Roles(Box::new(self.roles_state(person))),
            Tale::RolesList => MediaEvent::RolesList(Box::new(self.roles_state(person))),
            Tale::MutedForAll(by) => {
                MediaEvent::MutedForAll(by.as_ref().map_or_else(Person::nameless, person))
            }
            Tale::Refused(refusal) => MediaEvent::Refused(refusal),
        }
    }

    fn stream_state(&self, stream: &Stream, person: impl Fn(&NamedKey) -> Person) -> StreamState {
        StreamState {
            stream: stream.stream,
            person: person(&stream.who),
            source: stream.source,
            codec: stream.codec,
            is_own: stream.who.key == self.me,
        }
    }

    fn roles_state(&self, person: impl Fn(&NamedKey) -> Person + Copy) -> RolesState {
        let persons = |all: Vec<NamedKey>| all.iter().map(person).collect();
        let (muted, speakers) = self.roles.exceptions();
        let host = match self.roles.host_named() {
            Some(host) => person(&host),
            None => Person {
                key: self.roles.host().copied(),
                ..Person::nameless()
            },
        };
        RolesState {
            host,
            moderators: persons(self.roles.moderators()),
            are_all_muted: self.roles.are_all_muted(),
            muted: persons(muted),
            speakers: persons(speakers),
            role: self.roles.role(&self.me),
            muted_by: self.roles.muted_by(&self.me).map(person),
        }
    }

    fn state(&self, now: Duration, person: impl Fn(&NamedKey) -> Person + Copy) -> CallState {
        let others = self.calls.streams();
        let others = others.map(|(id, remote)| self.stream_state(&remote.stream(id), person));
        let speaks = |at: Option<Duration>| at.is_some_and(|at| now < at + SPEAKS_FOR);
        let speaking = self.calls.streams().filter(|(_, it)| speaks(it.spoke_at));
        CallState {
            own: self.own.streams().collect(),
            streams: others.collect(),
            speaking: speaking.map(|(_, it)| person(&it.who)).collect(),
            hands: self.calls.hands().iter().map(person).collect(),
            hand: self.hand,
            shown: self.selection.streams().collect(),
            is_watching: self.is_watching,
        }
    }
}
