//! What is told, and about which persons: keys become persons when it is.

use std::time::Duration;

use super::command::Hand;
use super::event::{
    CallState, DecisionState, MediaEvent, MediaRefusal, RelayState, RolesState, Speaker,
    StreamState,
};
use super::frame::{Codec, Source};
use super::probe::Probed;
use super::roles::Ruling;
use super::selection::Selection;
use super::{Conference, SPEAKS_FOR};
use crate::chat::event::Person;
use crate::protocol::engine::event::{GuestName, NamedKey};
use crate::protocol::wire::compact::StreamId;

/// What is to be told.
#[derive(Clone, Debug)]
pub(super) enum Tale {
    Began(Stream),
    Ended(Stream),
    Vanished(Stream),
    Shown(Selection),
    Speaking(Vec<Voice>),
    Hand(NamedKey, Hand),
    Unfit(u8),
    Probed(Probed),
    Relay(RelayState),
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
    pub(super) guest: Option<GuestName>,
    pub(super) source: Source,
    pub(super) codec: Option<Codec>,
}

/// Somebody who is heard: a person, or a guest of that person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Voice {
    pub(super) who: NamedKey,
    pub(super) guest: Option<GuestName>,
}

impl Voice {
    fn speaker(&self, person: impl Fn(&NamedKey) -> Person) -> Speaker {
        Speaker {
            person: person(&self.who),
            guest: self.guest.clone(),
        }
    }
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
            Tale::Vanished(stream) => MediaEvent::Vanished(state(&stream)),
            Tale::Shown(selection) => MediaEvent::Shown {
                pictures: selection.pictures,
                voices: selection.voices,
            },
            Tale::Speaking(voices) => {
                let speakers = voices.iter().map(|voice| voice.speaker(person));
                MediaEvent::Speaking(speakers.collect())
            }
            Tale::Hand(who, hand) => MediaEvent::Hand {
                person: person(&who),
                hand,
                is_own: who.key == self.me,
            },
            Tale::Unfit(lost_percent) => MediaEvent::Unfit { lost_percent },
            Tale::Probed(Probed {
                arrived_percent,
                members,
            }) => MediaEvent::Probed {
                arrived_percent,
                members,
            },
            Tale::Relay(state) => MediaEvent::Relay(state),
            Tale::List(now) => MediaEvent::List(Box::new(self.state(now, person))),
            Tale::Decided(Ruling { by, of, decision }) => MediaEvent::Decided(DecisionState {
                is_own: by.key == self.me,
                is_about_me: of.as_ref().is_some_and(|of| of.key == self.me),
                by: person(&by),
                of: of.as_ref().map(person),
                decision,
            }),
            Tale::Roles => MediaEvent::Roles(Box::new(self.roles_state(person))),
            Tale::RolesList => MediaEvent::RolesList(Box::new(self.roles_state(person))),
            Tale::MutedForAll(by) => {
                MediaEvent::MutedForAll(by.as_ref().map_or_else(Person::nameless, person))
            }
            Tale::Refused(refusal) => MediaEvent::Refused(refusal),
        }
    }

    fn stream_state(&self, stream: &Stream, person: impl Fn(&NamedKey) -> Person) -> StreamState {
        let is_mine = stream.who.key == self.me;
        StreamState {
            stream: stream.stream,
            person: person(&stream.who),
            guest: stream.guest.clone(),
            source: stream.source,
            codec: stream.codec,
            is_own: is_mine && stream.guest.is_none(),
            is_hosted: is_mine && stream.guest.is_some(),
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
        let own = self.own.streams().filter(|(feed, _)| feed.guest.is_none());
        CallState {
            own: own
                .map(|(feed, it)| (feed.source, it.id, it.codec))
                .collect(),
            streams: others.collect(),
            speaking: speaking.map(|(_, it)| it.voice().speaker(person)).collect(),
            hands: self.calls.hands().iter().map(person).collect(),
            hand: self.hand,
            shown: self.selection.streams().collect(),
            is_watching: self.is_watching,
            relay: self.relay.state(),
        }
    }
}
