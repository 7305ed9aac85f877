//! Who gets a place among those here. A place is taken by an address, not by a key, because keys
//! cost nothing: many members at one address share what there is for it, and where many members are
//! here, one counts only when it has shown that it receives where it says it is. A newcomer is
//! never refused because of those who are not there.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use super::Engine;
use super::config::{
    CHALLENGES_PER_S, MEMBERS_CROWDED, MEMBERS_PER_ADDRESS, MEMBERS_PER_ADDRESS_CROWDED,
    MEMBERS_UNPROVEN_MAX,
};
use super::roster::{Id, ME};
use super::timers::Farewell;
use crate::protocol::rate::TokenBucket;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::sync::Sync as Talk;

/// How many newcomers are asked to show where they are, and how many answers that are given to
/// others who ask.
#[derive(Debug)]
pub(super) struct Challenges {
    asked: TokenBucket,
    answered: TokenBucket,
}

impl Default for Challenges {
    fn default() -> Self {
        let bucket = || TokenBucket::new(CHALLENGES_PER_S, CHALLENGES_PER_S, Default::default());
        Self {
            asked: bucket(),
            answered: bucket(),
        }
    }
}

impl Engine {
    /// Whether a member that was heard itself, from an address, may count among those here.
    pub(super) fn is_admitted(&mut self, now: Moment, id: Id, source: SocketAddr) -> bool {
        let roster = &self.group.roster;
        let Some(member) = roster.get(id).filter(|member| !member.is_live) else {
            return true;
        };
        if roster.size() >= MEMBERS_UNPROVEN_MAX && !member.is_address_proven {
            self.challenge(now, source);
            return false;
        }
        let most = match roster.size() {
            MEMBERS_CROWDED.. => MEMBERS_PER_ADDRESS_CROWDED,
            _ => MEMBERS_PER_ADDRESS,
        };
        // Of those at one address, the youngest of whom nothing was heard gives way: it is this.
        roster.at(source.ip()) < most
    }

    /// Asks a newcomer to show that it receives where it says it is.
    fn challenge(&mut self, now: Moment, source: SocketAddr) {
        if self.sync.challenges.asked.try_spend(1.0, now.time) {
            let cookie = Talk::Cookie(self.sync.cookie_for(source));
            self.send_question(now, Some((source, cookie)));
        }
    }

    /// Shows that this member receives at its address, to one that asks; what it asks for is
    /// nothing.
    pub(super) fn answer_challenge(&mut self, now: Moment, source: SocketAddr, cookie: u64) {
        if self.sync.challenges.answered.try_spend(1.0, now.time) {
            let (from, cut) = (u64::MAX, u64::MAX);
            let answer = Talk::Ask { cookie, from, cut };
            self.send_question(now, Some((source, answer)));
        }
    }

    /// Notes that a member has shown where it receives, if it says the cookie of that address.
    pub(super) fn note_cookie(&mut self, id: Id, source: SocketAddr, talk: &Talk) {
        if let Talk::Ask { cookie, .. } | Talk::Want { cookie, .. } = talk
            && *cookie == self.sync.cookie_for(source)
        {
            self.group.roster.locate(id, source);
            self.group.roster.prove_address(id, source);
        }
    }

    /// Makes room in the roster for one more: of those who are gone, or else at the address with
    /// most members, the youngest of whom no message is held.
    pub(super) fn make_place(&mut self) -> Option<()> {
        let (roster, log) = (&self.group.roster, &self.log);
        let is_forgettable = |id: Id| id != ME && !log.has_any_of(id);
        let mut everybody = roster.everybody();
        let gone = everybody.find(|(id, member)| !member.is_live && is_forgettable(*id));
        let gone = gone.map(|(id, _)| id);
        drop(everybody);
        let evicted = gone.or_else(|| self.youngest_silent())?;
        self.on_left(evicted, Farewell::Missing);
        self.log.forget(evicted);
        self.group.roster.forget(evicted);
        self.receiving.forget(evicted);
        Some(())
    }

    fn youngest_silent(&self) -> Option<Id> {
        // Those whose address is not known count as at one.
        let mut addresses: BTreeMap<Option<IpAddr>, usize> = BTreeMap::new();
        for (_, member) in self.group.roster.everybody() {
            *addresses.entry(member.ip()).or_default() += 1;
        }
        let (at, _) = addresses.into_iter().max_by_key(|(_, members)| *members)?;
        let is_silent = |short| !self.log.has_message_of(short);
        let others = self.group.roster.everybody().filter(|(id, _)| *id != ME);
        let there = others.filter(|(_, member)| member.ip() == at);
        let youngest = there.max_by_key(|(id, member)| (is_silent(member.tag.short), *id));
        youngest.map(|(id, _)| id)
    }
}
