//! The group around this member: who is in it, how long a round trip takes, and when this member
//! shows that it is there.

use std::collections::BTreeSet;
use std::time::Duration;

use super::beyond::Beyond;
use super::config::{
    ACK_GROUP, ANSWERED_AFTER, ASKED_ACK_MAX, ASKED_ACK_PER_MEMBER, GRTT_OF_LINK,
    NACK_INTERVAL_LARGE, NACK_INTERVAL_SMALL, SMALL_GROUP, WAITING_AFTER,
};
use super::event::{Destination, NamedKey};
use super::inbox::NackTiming;
use super::member::Member;
use super::pace::RoundTrip;
use super::presence::Presence;
use super::repair::RepairRole;
use super::roster::{Id, ME, Roster};
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::{Author, MemberTag};

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) roster: Roster,
    pub(super) presence: Presence,
    pub(super) round_trip: RoundTrip,
    pub(super) beyond: Beyond,
    /// Whether only IPv6 reaches some member.
    pub(super) needs_v6: bool,
}

impl Group {
    pub(super) fn new(me: &Author) -> Self {
        Self {
            roster: Roster::new(me),
            presence: Presence::default(),
            round_trip: RoundTrip::default(),
            beyond: Beyond::default(),
            needs_v6: false,
        }
    }

    /// This member's estimate of the group's round trip.
    pub(super) fn grtt(&self) -> Duration {
        match self.beyond.is_link {
            true => GRTT_OF_LINK,
            false => self.round_trip.estimate(),
        }
    }

    /// What the timers for an author's frames depend on. The round trip is the one that the author
    /// measured, because a member that only listens measures none.
    pub(super) fn timing(&self, author: Id) -> NackTiming {
        let member = self.roster.get(author);
        // On a link, the author is beyond it, and states the round trip of its own site.
        let stated = member.filter(|_| !self.beyond.is_link);
        let stated = stated.and_then(|member| member.grtt);
        NackTiming {
            grtt: stated.unwrap_or(self.grtt()),
            members: self.roster.size(),
        }
    }

    /// Where frames for all members go.
    pub(super) fn to_all(&self) -> Destination {
        match self.needs_v6 {
            true => Destination::Everywhere,
            false => Destination::Group,
        }
    }

    /// Works out anew whether only IPv6 reaches some member.
    pub(super) fn update_reach(&mut self) {
        let is_v6 = |member: &Member| member.address.is_some_and(|a| a.is_ipv6());
        self.needs_v6 = self.roster.others().any(|(_, member)| is_v6(member));
    }

    /// The link that this member sends for: its own, or a slower one if most of the others state
    /// it, counted by address. One that states it alone binds nobody: it asks for what it loses.
    pub(super) fn slowest_link(&self, own: Link) -> Link {
        let (mut slow, mut all, mut slowest) = (BTreeSet::new(), BTreeSet::new(), own);
        for (_, member) in self.roster.others() {
            let address = member.address.map(|address| address.ip());
            all.insert(address);
            if member.link.is_slow() {
                slow.insert(address);
                slowest = slowest.max(member.link);
            }
        }
        let is_common = 2 * slow.len() > all.len();
        if is_common { slowest } else { own }
    }

    /// Takes in that a member asks whether others are here. Only a long silence of theirs makes it
    /// worth noting: otherwise this member knows better.
    pub(super) fn hear_asked(&mut self, asked: &[MemberTag], now: Duration, rng: &mut Rng) {
        for tag in asked {
            match self.roster.find(*tag) {
                Some(ME) => self.presence.answer(now),
                Some(id) => {
                    let member = self.roster.get(id);
                    if member.is_some_and(|member| now >= member.heard() + member.interval) {
                        self.roster.note_asked(id, now, rng);
                    }
                }
                None => {}
            }
        }
    }

    /// Plans a beat that lets a newcomer know this member soon.
    pub(super) fn announce_to_newcomer(&mut self, now: Duration, rng: &mut Rng) {
        let (members, interval) = (self.roster.size(), self.roster.beat_interval());
        self.presence.announce(now, members, interval, rng);
    }

    /// Plans a beat that lets a member show that it is there now.
    pub(super) fn invite(&mut self, now: Duration, rng: &mut Rng) {
        let (members, interval) = (self.roster.size(), self.roster.beat_interval());
        self.presence.invite(now, members, interval, rng);
    }

    /// Shortest time between two NACKs of this member.
    pub(super) fn nack_interval(&self) -> Duration {
        match self.roster.size() {
            0..=SMALL_GROUP => NACK_INTERVAL_SMALL,
            _ => NACK_INTERVAL_LARGE,
        }
    }

    /// How long a message may lack acknowledgements before the missing members are reported.
    pub(super) fn waiting_after(&self) -> Duration {
        match self.roster.size() {
            0..=ACK_GROUP => WAITING_AFTER,
            _ => self.roster.beat_interval() * 5 / 2,
        }
    }

    /// Within what time a member answers that is asked to acknowledge.
    pub(super) fn answers_within(&self) -> Duration {
        let members = u32::try_from(self.roster.size()).unwrap_or(u32::MAX);
        let spread = ASKED_ACK_PER_MEMBER.saturating_mul(members);
        ANSWERED_AFTER + spread.min(ASKED_ACK_MAX)
    }

    /// What this member is to the frames of `of`. With every `turn` the holders' order is another,
    /// because the first of them may lack the frame, too.
    pub(super) fn repair_role(&self, of: Id, turn: u32) -> RepairRole {
        match self.roster.get(of) {
            Some(_) if of == ME => RepairRole::Source,
            Some(source) if source.is_live => RepairRole::Holder(self.roster.my_rank(of, turn)),
            _ => RepairRole::Heir(self.roster.my_rank(of, turn)),
        }
    }

    /// The persons behind some members.
    pub(super) fn named_keys(&self, ids: impl Iterator<Item = Id>) -> Vec<NamedKey> {
        ids.filter_map(|id| self.roster.named_key(id)).collect()
    }
}
