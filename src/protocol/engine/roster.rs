//! The members known: who is here, when each was last heard, and when to ask for one that has gone
//! silent.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;
use std::time::Duration;

use super::clock_offset::ClockOffset;
use super::config::{
    ASK_INTERVAL, BEAT_MAX, BEAT_MIN, BEAT_PER_MEMBER, GRTT_MAX, GRTT_MIN, MEMBERS_MAX,
};
use super::event::NamedKey;
use super::former::{Formers, Stated};
use super::group_clock::StatedClock;
use super::member::{BeatNews, Member};
use crate::protocol::message::Name;
use crate::protocol::rng::{Rng, mix};
use crate::protocol::wire::frame::durable::{Hello, Role};
use crate::protocol::wire::frame::{Author, Key, MemberTag};

/// A member, as this one's engine counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub(super) u32);

/// This member itself.
pub const ME: Id = Id(0);

/// What to do about a member that is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Ask the group for it.
    Ask(Id),
    /// Report that it does not answer, though it was asked for.
    Silent(Id),
    /// Take it off the list: it is gone without a farewell.
    Gone(Id),
}

/// The author of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Which member it is.
    pub id: Id,
    /// The name that it had until this frame, if it has another one now.
    pub name_before: Option<Name>,
}

/// All members known.
#[derive(Debug)]
pub struct Roster {
    ids: BTreeMap<MemberTag, Id>,
    pub(super) members: BTreeMap<Id, Member>,
    formers: Formers,
    /// Sessions that say that they are bridges.
    pub(super) bridges: Vec<Id>,
    live: usize,
    next_id: u32,
    due_at: Duration,
    /// Frames that were refused because their clocks are ahead.
    ahead: u64,
}

impl Roster {
    /// A roster with one member, this one.
    #[must_use]
    pub fn new(me: &Author) -> Self {
        let mut roster = Self {
            ids: BTreeMap::new(),
            members: BTreeMap::new(),
            formers: Formers::default(),
            bridges: Vec::new(),
            live: 0,
            next_id: ME.0,
            due_at: Duration::MAX,
            ahead: 0,
        };
        if let Some(Met { id, .. }) = roster.meet(me) {
            roster.hear(id, Duration::ZERO);
        }
        roster
    }

    /// The member that made a frame, from now on known if it was not; `None` if there is no room.
    pub fn meet(&mut self, author: &Author) -> Option<Met> {
        let tag = author.tag();
        if let Some(id) = self.ids.get(&tag) {
            let id = *id;
            let Some(member) = self.members.get_mut(&id) else {
                return self.meet_again(id, author);
            };
            let is_same = member.key == author.key && member.session == author.session;
            return is_same.then(|| Met {
                id,
                name_before: member.follow_name(author),
            });
        }
        if self.members.len() >= MEMBERS_MAX {
            return None;
        }
        let id = Id(self.next_id);
        self.next_id += 1;
        self.ids.insert(tag, id);
        self.members.insert(id, Member::of(author));
        Some(Met {
            id,
            name_before: None,
        })
    }

    /// Makes a member of a session of stored frames, which is heard now.
    fn meet_again(&mut self, id: Id, author: &Author) -> Option<Met> {
        let former = self.formers.get(id)?;
        let is_same = former.key == author.key && former.session == author.session;
        if !is_same || self.members.len() >= MEMBERS_MAX {
            return None;
        }
        let stated = self.formers.remove(id)?.stated;
        self.members.insert(id, Member::again(author, stated));
        Some(Met {
            id,
            name_before: None,
        })
    }

    /// The number of the session of a stored frame, which is no member unless it was heard; `None`
    /// if there is no room for it, or it is not the one that is known by its tag.
    pub(super) fn recall(&mut self, author: &Author) -> Option<Id> {
        if let Some(id) = self.find(author.tag()) {
            let (key, session) = self.key_and_session(id)?;
            return (key == author.key && session == author.session).then_some(id);
        }
        if self.formers.is_full() {
            return None;
        }
        let id = Id(self.next_id);
        self.next_id += 1;
        self.ids.insert(author.tag(), id);
        self.formers.insert(id, author);
        Some(id)
    }

    /// Takes in what a stored frame states about its session, and how many messages it holds.
    pub(super) fn recall_stated(&mut self, id: Id, stated: Stated, messages: usize) {
        match self.members.get_mut(&id) {
            Some(member) => member.recall(stated),
            None => self.formers.hear(id, stated, messages),
        }
    }

    /// The sessions of stored frames that make room for others.
    pub(super) fn least_formers(&self) -> Vec<Id> {
        match self.formers.is_full() {
            true => self.formers.least(),
            false => Vec::new(),
        }
    }

    /// The key and the session of a member, or of stored frames.
    pub(super) fn key_and_session(&self, id: Id) -> Option<(Key, u64)> {
        match self.members.get(&id) {
            Some(member) => Some((member.key, member.session)),
            None => self
                .formers
                .get(id)
                .map(|former| (former.key, former.session)),
        }
    }

    fn tag(&self, id: Id) -> Option<MemberTag> {
        let member = self.get(id).map(|member| member.tag);
        member.or_else(|| self.formers.get(id).map(|former| former.tag))
    }

    /// Gives a member another name.
    pub(super) fn rename(&mut self, id: Id, name: Name) {
        if let Some(member) = self.members.get_mut(&id) {
            member.name = name;
        }
    }

    /// Takes in what a member's HELLO states.
    pub(super) fn hear_hello(&mut self, id: Id, hello: &Hello) {
        if let Some(member) = self.members.get_mut(&id) {
            member.hear_hello(hello);
            if hello.role == Role::Bridge && id != ME {
                self.note_bridge(id);
            }
        }
    }

    /// Notes that a member itself was heard; returns whether it was not here before. If it had gone
    /// silent, [`Roster::is_back`] then returns true.
    pub fn hear(&mut self, id: Id, now: Duration) -> bool {
        let member = self.members.get_mut(&id);
        let Some(member) = member.filter(|member| !member.is_closed) else {
            return false;
        };
        member.heard = now;
        member.asked = 0;
        member.asked_since = None;
        member.ask_at = None;
        if std::mem::replace(&mut member.is_live, true) {
            return false;
        }
        self.live += 1;
        self.due_at = self.due_at.min(member.due());
        true
    }

    /// Whether a member was reported silent and has been heard since; true once.
    pub fn is_back(&mut self, id: Id) -> bool {
        let member = self.members.get_mut(&id);
        member.is_some_and(|member| {
            member.asked == 0 && std::mem::replace(&mut member.is_silent, false)
        })
    }

    /// Whether a frame that is never repeated is heard for the first time, and of a session that is
    /// not over.
    pub fn is_new(&mut self, id: Id, sequence: u32) -> bool {
        let member = self.members.get_mut(&id);
        member.is_some_and(|member| !member.is_closed && member.replay_window.take(sequence))
    }

    /// Takes in what a beat says about its author; false if a later one was heard before.
    pub fn beat(&mut self, id: Id, sequence: u32, news: BeatNews) -> bool {
        let Some(member) = self.members.get_mut(&id) else {
            return false;
        };
        if sequence <= member.newest_beat {
            return false;
        }
        member.newest_beat = sequence;
        // Its own interval, not ours: a newcomer counts fewer members than the others do.
        member.interval = news.interval.clamp(BEAT_MIN, BEAT_MAX);
        member.mirror_port = news.mirror_port;
        member.link = news.link;
        member.knows_history = news.knows_history;
        self.due_at = self.due_at.min(member.due());
        true
    }

    /// Notes where a member's own datagrams come from, by IPv4 if it uses both; returns whether
    /// only IPv6 reaches it.
    pub fn locate(&mut self, id: Id, address: SocketAddr) -> bool {
        let Some(member) = self.members.get_mut(&id) else {
            return false;
        };
        if address.is_ipv4() || member.address.is_none_or(|known| known.is_ipv6()) {
            member.is_address_proven &= member.address == Some(address);
            member.address = Some(address);
        }
        member.address.is_some_and(|known| known.is_ipv6())
    }

    /// Notes that a member has shown that it receives at an address.
    pub fn prove_address(&mut self, id: Id, address: SocketAddr) {
        if let Some(member) = self.members.get_mut(&id) {
            member.is_address_proven |= member.address == Some(address);
        }
    }

    /// Where a member that is here has shown that it receives.
    #[must_use]
    pub fn proven_address(&self, member: MemberTag) -> Option<SocketAddr> {
        let member = self.get(self.find(member)?)?;
        let is_shown = member.is_live && member.is_address_proven;
        member.address.filter(|_| is_shown)
    }

    /// How many members are here at a host, this one apart.
    #[must_use]
    pub fn at(&self, host: IpAddr) -> usize {
        let others = self.others();
        others
            .filter(|(_, member)| member.ip() == Some(host))
            .count()
    }

    /// Notes the round trip that a member states, within the bounds of a measured one.
    pub fn set_grtt(&mut self, id: Id, grtt: Duration) {
        if let Some(member) = self.members.get_mut(&id) {
            member.grtt = Some(grtt.clamp(GRTT_MIN, GRTT_MAX));
        }
    }

    /// Notes that a member has proven that it is there now.
    pub fn prove(&mut self, id: Id) {
        if let Some(member) = self.members.get_mut(&id) {
            member.is_proven = true;
        }
    }

    /// Takes in what a member's clock shows by a frame that is never repaired; learns it if it is
    /// plausible.
    pub(super) fn state_clock(&mut self, id: Id, stated: StatedClock, is_plausible: bool) {
        if let Some(member) = self.members.get_mut(&id) {
            member.stated_clock = Some(stated);
            if is_plausible {
                member.clock_offset.learn(stated.clock_ms, stated.heard);
            }
        }
    }

    /// Counts a frame that was refused because its clock is far ahead of this member's.
    pub(super) fn count_ahead(&mut self) {
        self.ahead += 1;
    }

    /// How many frames were refused because their clocks are far ahead of this member's.
    #[must_use]
    pub fn frames_ahead(&self) -> u64 {
        self.ahead
    }

    /// Forgets what a member's clock has shown if it shows an earlier time now.
    pub(super) fn follow_back(&mut self, id: Id, clock_ms: u64) {
        let shown_later = |member: &&mut Member| {
            let shown = member.stated_clock;
            shown.is_none_or(|shown| clock_ms < shown.clock_ms)
        };
        let member = self.members.get_mut(&id);
        if let Some(member) = member.filter(shown_later) {
            member.clock_offset = ClockOffset::default();
            member.stated_clock = None;
        }
    }

    /// Ends a session: nothing that is heard of it brings it back.
    pub fn close(&mut self, id: Id) {
        if let Some(member) = self.members.get_mut(&id) {
            member.is_closed = true;
        }
    }

    /// Takes a member off the list of those here; returns whether it was on it.
    pub fn leave(&mut self, id: Id) -> bool {
        let member = self.members.get_mut(&id);
        let was_live = member.is_some_and(|member| {
            member.is_silent = false;
            std::mem::replace(&mut member.is_live, false)
        });
        self.live -= usize::from(was_live);
        was_live
    }

    /// Notes that this member or another one asks for a member.
    pub fn note_asked(&mut self, id: Id, now: Duration, rng: &mut Rng) {
        let size = self.size();
        if let Some(member) = self.members.get_mut(&id) {
            member.asked += 1;
            member.asked_since.get_or_insert(now);
            member.ask_at = Some(now + ASK_INTERVAL + rng.back_off(ASK_INTERVAL, size));
            self.due_at = self.due_at.min(member.due());
        }
    }

    /// The members, at most `max`, of which this one would ask the group within a short time.
    #[must_use]
    pub fn soon_asked_for(&self, now: Duration, max: usize) -> Vec<Id> {
        let soon = now + ASK_INTERVAL;
        let others = self.others().filter(|(_, member)| member.ask_due() <= soon);
        others.map(|(id, _)| id).take(max).collect()
    }

    /// The next thing to do about absent members; the caller repeats this until it is `None`.
    pub fn next_absence(&mut self, now: Duration, rng: &mut Rng) -> Option<Absence> {
        if now < self.due_at {
            return None;
        }
        let size = self.size();
        let mut due_at = Duration::MAX;
        let others = self.members.iter_mut().filter(|(id, _)| **id != ME);
        for (id, member) in others.filter(|(_, member)| member.is_live) {
            let is_due = |due: Option<Duration>| due.is_some_and(|due| due <= now);
            if is_due(member.silent_due()) {
                member.is_silent = true;
                return Some(Absence::Silent(*id));
            }
            if is_due(member.gone_due()) {
                return Some(Absence::Gone(*id));
            }
            if now >= member.ask_due() {
                if member.ask_at.is_some() {
                    return Some(Absence::Ask(*id));
                }
                // A random member asks first, and the others hear it.
                member.ask_at = Some(now + rng.back_off(ASK_INTERVAL, size));
            }
            due_at = due_at.min(member.due());
        }
        self.due_at = due_at;
        None
    }

    /// When [`Roster::next_absence`] may have something.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        (self.due_at < Duration::MAX).then_some(self.due_at)
    }

    /// The member with this tag, or the session of stored frames.
    #[must_use]
    pub fn find(&self, tag: MemberTag) -> Option<Id> {
        self.ids.get(&tag).copied()
    }

    /// A known member.
    #[must_use]
    pub fn get(&self, id: Id) -> Option<&Member> {
        self.members.get(&id)
    }

    /// The person behind a known member.
    #[must_use]
    pub fn named_key(&self, id: Id) -> Option<NamedKey> {
        self.get(id).map(Member::named_key)
    }

    /// How many members are here, this one included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.live
    }

    /// All that are here, but this one.
    pub fn others(&self) -> impl Iterator<Item = (Id, &Member)> {
        self.members
            .iter()
            .map(|(id, member)| (*id, member))
            .filter(|(id, member)| *id != ME && member.is_live)
    }

    /// All of those that are persons.
    pub fn people(&self) -> impl Iterator<Item = (Id, &Member)> {
        self.others().filter(|(_, member)| !member.is_keeper())
    }

    /// All that were ever met and are not forgotten.
    pub fn everybody(&self) -> impl Iterator<Item = (Id, &Member)> {
        self.members.iter().map(|(id, member)| (*id, member))
    }

    /// How many sessions of a member's person are here under its name.
    #[must_use]
    pub fn sessions_of(&self, id: Id) -> usize {
        let Some(person) = self.get(id) else {
            return 0;
        };
        let is_same = |member: &&Member| {
            member.is_live && member.key == person.key && member.name == person.name
        };
        self.members.values().filter(is_same).count()
    }

    /// Forgets a member that is not here.
    pub fn forget(&mut self, id: Id) {
        if let Some(tag) = self.tag(id) {
            self.ids.remove(&tag);
        }
        self.members.remove(&id);
        self.formers.remove(id);
    }

    /// How many members are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.members.len()
    }

    /// The interval between two beats in a group of this size.
    #[must_use]
    pub fn beat_interval(&self) -> Duration {
        let members = u32::try_from(self.live).unwrap_or(u32::MAX);
        BEAT_PER_MEMBER
            .saturating_mul(members)
            .clamp(BEAT_MIN, BEAT_MAX)
    }

    /// How many members come before this one in the order that decides who repairs or reports the
    /// frames of `of`; the order is the same for all that know the same members (rendezvous
    /// hashing, Thaler and Ravishankar 1998).
    #[must_use]
    pub fn my_rank(&self, of: Id, turn: u32) -> usize {
        let Some(source) = self.tag(of) else {
            return usize::MAX;
        };
        let weight = |tag: MemberTag| {
            let member = tag.short ^ u64::from(tag.session_low) << 32;
            mix(member ^ mix(source.short ^ u64::from(turn)))
        };
        let mine = self.get(ME).map_or(0, |me| weight(me.tag));
        let others = self.others().filter(|(id, _)| *id != of);
        others
            .filter(|(_, member)| weight(member.tag) > mine)
            .count()
    }
}
