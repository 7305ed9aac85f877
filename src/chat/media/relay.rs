//! What goes by unicast where multicast is blocked: copies of what this member sends, for those who
//! say that they lose most of it, if its person wants that; and what this member asks for itself.
//!
//! ```text
//! receiver   loses more than half of what comes by multicast, and says so every two seconds
//! sender     remembers that for some time, and asks each to show where it receives
//! sender     sends copies to eight of those who have, while they go on saying so
//! receiver   asks for what it lacks of a picture by unicast, too
//! ```
//!
//! Receivers count what comes by multicast alone, so that copies do not silence them: when the
//! network carries multicast again, copies end. Nobody is sent copies who did not show that it
//! receives at its address (`protocol/engine/unicast.rs`).

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::command::RelayWish;
use super::event::{MediaRefusal, RelayState};
use super::roles::Role;
use super::telling::Tale;
use super::{CALL_EVERY, Conference};
use crate::chat::command::RequestId;
use crate::protocol::engine::event::HeardCall;
use crate::protocol::engine::unicast::COPIES_MAX;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::call::{WANTS_MAX, Want};

/// How long it counts that somebody loses most: six of their words, some of which are lost, too.
const COUNTS_FOR: Duration = Duration::from_secs(12);

/// Most members of whom it is remembered.
const NEEDING_MAX: usize = 512;

/// How long it is not told again that others are served, or need it.
const TOLD_APART: Duration = Duration::from_secs(2);

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Relay {
    is_on: bool,
    needing: BTreeMap<MemberTag, Needing>,
    /// How many are sent copies.
    served: usize,
    /// What was told last, and when.
    told: RelayState,
    told_at: Option<Duration>,
}

/// A member that loses most of what comes by multicast.
#[derive(Clone, Copy, Debug)]
struct Needing {
    since: Duration,
    until: Duration,
}

impl Relay {
    /// A member says that it loses most.
    fn need(&mut self, now: Duration, member: MemberTag) {
        self.needing.retain(|_, needing| now < needing.until);
        if self.needing.len() < NEEDING_MAX || self.needing.contains_key(&member) {
            let until = now + COUNTS_FOR;
            let fresh = Needing { since: now, until };
            self.needing.entry(member).or_insert(fresh).until = until;
        }
    }

    /// Who is sent copies, of those whom `reach` reaches: who needs it for longest comes first, but
    /// one at each host before another at any, because keys cost nothing.
    fn choose(
        &mut self,
        now: Duration,
        mut reach: impl FnMut(MemberTag) -> Option<IpAddr>,
    ) -> Vec<MemberTag> {
        self.needing.retain(|_, needing| now < needing.until);
        let needing = self.needing.iter();
        let mut waiting: Vec<(Duration, MemberTag)> =
            needing.map(|(member, it)| (it.since, *member)).collect();
        waiting.sort_unstable();
        let mut at_host: BTreeMap<IpAddr, usize> = BTreeMap::new();
        let mut reached = Vec::new();
        for (since, member) in waiting {
            let Some(host) = reach(member) else { continue };
            let others = at_host.entry(host).or_default();
            reached.push((*others, since, member));
            *others += 1;
        }
        reached.sort_unstable();
        reached.truncate(COPIES_MAX);
        reached.into_iter().map(|(_, _, member)| member).collect()
    }

    /// How it is now.
    pub(super) fn state(&self) -> RelayState {
        RelayState {
            is_on: self.is_on,
            served: self.served,
            needing: if self.is_on { self.needing.len() } else { 0 },
        }
    }

    /// What is to be told, if it has changed, and not too soon after the last time.
    fn take_news(&mut self, now: Duration) -> Option<RelayState> {
        let state = self.state();
        let is_soon = self.told_at.is_some_and(|at| now < at + TOLD_APART);
        if state == self.told || is_soon {
            return None;
        }
        Some(self.tell(now))
    }

    fn tell(&mut self, now: Duration) -> RelayState {
        (self.told, self.told_at) = (self.state(), Some(now));
        self.told
    }
}

impl Conference {
    /// Sends copies from now on, or not any more.
    pub(super) fn set_relay(&mut self, now: Moment, request: Option<RequestId>, wish: RelayWish) {
        let is_on = wish == RelayWish::On;
        if is_on && !self.may_relay() {
            return self.tell(request, Tale::Refused(MediaRefusal::MayNotRelay));
        }
        self.relay.is_on = is_on;
        if !is_on {
            self.relay.served = 0;
        }
        let state = self.relay.tell(now.time);
        self.tell(request, Tale::Relay(state));
        self.look_at = Some(now.time);
    }

    /// In a room with a host, those who decide for all decide this too: it is everybody's network.
    fn may_relay(&self) -> bool {
        self.roles.host().is_none() || self.roles.role(&self.me) != Role::Member
    }

    /// Takes in that a receiver loses most of what comes by multicast.
    pub(super) fn hear_losses(&mut self, now: Duration, heard: &HeardCall, node: &Node) {
        let loses = heard.call.loses;
        if loses == 0 || self.own.is_empty() {
            return;
        }
        self.relay.need(now, heard.member);
        let complaint = (heard.member.short, loses);
        let members = node.roster().size();
        let lost = self.complaints.complains(now, complaint, members);
        // Whoever is told how many get copies knows it.
        if let Some(lost) = lost.filter(|_| !self.relay.is_on) {
            self.tell(None, Tale::Unfit(lost));
        }
    }

    /// Decides who is sent copies.
    pub(super) fn look_at_relay(&mut self, now: Moment, node: &mut Node) {
        if self.relay.is_on && !self.may_relay() {
            self.relay.is_on = false;
        }
        let is_sending = self.relay.is_on && !self.own.is_empty();
        let served = match is_sending {
            true => self
                .relay
                .choose(now.time, |member| node.reach(now, member)),
            false => Vec::new(),
        };
        self.relay.served = served.len();
        node.copy_calls_to(served);
        if let Some(state) = self.relay.take_news(now.time) {
            self.tell(None, Tale::Relay(state));
        }
    }

    /// Says that this member loses most, if it is time to.
    pub(super) fn look_at_losses(&mut self, now: Duration, node: &Node) {
        let played = self.selection.streams();
        if let Some(loses) = self.losses.judge(now, played, &self.calls, node) {
            self.saying.loses = loses;
            let within = self.rng.between(Duration::ZERO, CALL_EVERY);
            self.say_at(now + within);
        }
    }

    /// Asks for what is lacking: all who receive, who may lack it too, or the author alone, where
    /// multicast does not carry what is asked.
    pub(super) fn ask_for(&mut self, now: Moment, wants: Vec<Want>, node: &mut Node) {
        let mut wants_of: BTreeMap<Option<MemberTag>, Vec<Want>> = BTreeMap::new();
        for want in wants {
            let author = self.losses.are_heavy().then(|| self.calls.get(want.stream));
            let author = author.flatten();
            let author = author.map(|it| MemberTag::of(it.key().short(), it.session));
            let reached = author.filter(|author| node.reach(now, *author).is_some());
            wants_of.entry(reached).or_default().push(want);
        }
        for (author, wants) in wants_of {
            for wanted in wants.chunks(WANTS_MAX) {
                node.tell_wants(now, author, wanted.to_vec());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn member(number: u64) -> MemberTag {
        MemberTag::of(number, 1)
    }

    fn host(number: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 77, 0, number]))
    }

    #[test]
    fn eight_are_served_and_one_host_with_many_keys_takes_no_place_of_another() {
        let mut relay = Relay::default();
        // Twenty keys at one host are first, and nine others come later.
        (0..20).for_each(|number| relay.need(S, member(number)));
        let at = |it: MemberTag| host(if it.short < 20 { 1 } else { it.short as u8 });
        assert_eq!(
            relay.choose(S, at).len(),
            COPIES_MAX,
            "nobody else is there"
        );
        (20..25).for_each(|number| relay.need(2 * S, member(number)));
        let chosen = relay.choose(2 * S, at);
        let honest = chosen.iter().filter(|it| it.short >= 20).count();
        assert_eq!((honest, chosen.len()), (5, COPIES_MAX));
        (25..29).for_each(|number| relay.need(3 * S, member(number)));
        let chosen = relay.choose(3 * S, at);
        assert_eq!(chosen.iter().filter(|it| it.short >= 20).count(), 7);
        // Whoever has a place keeps it.
        assert_eq!(relay.choose(4 * S, at), chosen);
    }

    #[test]
    fn whoever_is_not_reached_takes_no_place_and_whoever_is_silent_loses_it() {
        let mut relay = Relay::default();
        (0..20).for_each(|number| relay.need(S, member(number)));
        let at = |it: MemberTag| host(it.short as u8).filter(|_| it.short >= 18);
        assert_eq!(relay.choose(S, at), [member(18), member(19)]);
        relay.need(S + COUNTS_FOR / 2, member(19));
        assert_eq!(relay.choose(S + COUNTS_FOR, at), [member(19)]);
        assert_eq!(relay.choose(S + 2 * COUNTS_FOR, at), []);
        (0..2000).for_each(|number| relay.need(100 * S, member(number)));
        assert_eq!(relay.needing.len(), NEEDING_MAX);
    }
}
