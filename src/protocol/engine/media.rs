//! What the engine does for a conference: it announces what this member sends, follows what is to
//! be played of others, and signs and checks units. Which streams those are, and what is in them,
//! `chat::media` decides.

use std::time::Duration;

use super::Engine;
use super::event::{Destination, EngineEvent, HeardCall};
use super::member::Member;
use super::roster::Id;
use super::streams::Owner;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::call::{Call, Called, CalledGuest, Want, Wants};
use crate::protocol::wire::frame::notice::Notice;
use crate::protocol::wire::frame::{Author, Body, Key, MemberTag};
use crate::protocol::wire::media::{Root, Signature};

/// An own stream of a conference, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCalled {
    /// The stream.
    pub stream: StreamId,
    /// How it is encoded.
    pub codec: u8,
    /// Whether somebody speaks in it.
    pub speaks: bool,
    /// The number of its newest unit.
    pub newest_unit: u32,
    /// Who is heard in it, if that is a guest of this member.
    pub guest: Option<CalledGuest>,
}

impl Engine {
    /// Says to all what this member does in a conference; `streams` are added to the call.
    pub fn tell_call(&mut self, now: Moment, call: Call, streams: &[OwnCalled]) {
        let unreliable = &self.sending.unreliable;
        let called = streams.iter().filter_map(|own| {
            let (number, channel, newest) = unreliable.announced(own.stream)?;
            Some(Called {
                number,
                channel,
                codec: own.codec,
                speaks: own.speaks,
                newest_unit: own.newest_unit,
                newest,
                guest: own.guest.clone(),
            })
        });
        let call = Call {
            streams: called.collect(),
            ..call
        };
        let to = self.group.to_all();
        self.send_unrepaired(now, to, 0, Body::Notice(Notice::Call(call)));
    }

    /// Says what this member lacks of a conference: to one member, if it has shown where it
    /// receives, or to all who send and receive.
    pub fn tell_wants(&mut self, now: Moment, to: Option<MemberTag>, wanted: Vec<Want>) {
        let body = Body::Notice(Notice::Wants(Wants { wanted }));
        let address = to.and_then(|to| self.group.roster.proven_address(to));
        let to = address.map_or(Destination::Files, Destination::Member);
        self.send_unrepaired(now, to, 0, body);
    }

    /// Receives a stream from now on, if there is room. `number` and `newest` are those of its
    /// call.
    pub fn follow_stream(
        &mut self,
        now: Duration,
        (author, session): (&Key, u64),
        (number, newest): (u32, u32),
    ) -> bool {
        let seal = self.me.seal.streams().stream(author, session, number);
        let member = MemberTag::of(author.short(), session);
        let id = self.group.roster.find(member);
        let address = id.and_then(|id| self.group.roster.get(id)?.ip());
        let streams = &mut self.receiving.streams;
        streams.follow(now, (Owner { member, address }, seal), newest)
    }

    /// Receives a stream no more.
    pub fn unfollow_stream(&mut self, stream: StreamId) {
        self.receiving.streams.forget(stream);
    }

    /// Signs a unit in this member's name.
    #[must_use]
    pub fn sign_unit(&self, root: &Root) -> Signature {
        self.me.signer.sign_unit(root)
    }

    /// Whether a person signed a unit; `None` if that is not known, and `may_check` allows no
    /// check.
    #[must_use]
    pub fn check_unit(
        &self,
        by: &Key,
        (root, signature): (&Root, &Signature),
        may_check: impl FnOnce() -> bool,
    ) -> Option<bool> {
        self.me.seal.check_unit(by, root, signature, may_check)
    }

    /// Whether this member, or most of the room, is on radio.
    #[must_use]
    pub fn is_on_radio(&self) -> bool {
        self.group.slowest_link(self.me.link) == Link::Radio
    }

    pub(super) fn hear_call(&mut self, id: Id, author: &Author, call: &Call) {
        let seals = self.me.seal.streams();
        let number = |called: &Called| seals.stream(&author.key, author.session, called.number);
        let streams = call.streams.iter().map(|called| number(called).id());
        let streams: Vec<StreamId> = streams.collect();
        let who = self.group.roster.get(id).map(Member::named_key);
        let (member, session, sequence) = (author.tag(), author.session, author.sequence);
        self.out.tell_of(who, |who| {
            EngineEvent::Call(Box::new(HeardCall {
                who,
                member,
                session,
                sequence,
                call: call.clone(),
                streams,
            }))
        });
    }
}
