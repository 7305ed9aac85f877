//! Who gets a place among those here. A place is taken by an address, not by a key, because keys
//! cost nothing: many members at one address share what there is for it, and where many members are
//! here, one counts only when it has shown that it receives where it says it is. A newcomer is
//! never refused because of those who are not there.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use super::Engine;
use super::challenges::Challenger;
use super::config::{
    MEMBERS_CROWDED, MEMBERS_PER_ADDRESS, MEMBERS_PER_ADDRESS_CROWDED, MEMBERS_UNPROVEN_MAX,
};
use super::member::Member;
use super::roster::{Id, ME};
use super::timers::Farewell;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::sync::Sync as Talk;

/// Most members that give way at once.
const EVICTED_AT_ONCE: usize = 64;

impl Engine {
    /// Whether a member that was heard itself, from an address, may count among those here.
    pub(super) fn is_admitted(&mut self, now: Moment, id: Id, source: SocketAddr) -> bool {
        let roster = &self.group.roster;
        let Some(member) = roster.get(id).filter(|member| !member.is_live) else {
            return true;
        };
        let most = match roster.size() {
            MEMBERS_CROWDED.. => MEMBERS_PER_ADDRESS_CROWDED,
            _ => MEMBERS_PER_ADDRESS,
        };
        // Of those at one address, the youngest of whom nothing was heard gives way: it is this.
        if roster.at(source.ip()) >= most {
            return false;
        }
        let is_shown = roster.size() < MEMBERS_UNPROVEN_MAX || member.is_address_proven;
        if !is_shown {
            self.challenge(now, id, source);
        }
        is_shown
    }

    /// Asks a newcomer to show that it receives where it says it is.
    pub(super) fn challenge(&mut self, now: Moment, id: Id, source: SocketAddr) {
        let (host, sync) = (source.ip(), &mut self.sync);
        if sync.challenges.may_ask(id, host, now.time) {
            // So few that nobody at the same host can take its turn away.
            sync.unanswered.sent(host, now.time);
            self.send_own_cookie(now, source);
        }
    }

    /// Shows that this member receives at its address, to one that asks; what it asks for is
    /// nothing.
    pub(super) fn answer_challenge(
        &mut self,
        now: Moment,
        id: Id,
        source: SocketAddr,
        cookie: u64,
    ) {
        let roster = &self.group.roster;
        let challenger = match roster.get(id) {
            Some(member) if self.log.has_message_of(member.tag.short) => Challenger::Speaker,
            Some(member) if member.is_live => Challenger::Member,
            _ => Challenger::Unknown,
        };
        let (members, challenges) = (roster.size(), &mut self.sync.challenges);
        if challenges.may_answer(id, challenger, members, now.time) {
            let (from, cut) = (u64::MAX, u64::MAX);
            let answer = Talk::Ask { cookie, from, cut };
            self.send_question(now, Some((source, answer)));
        }
    }

    /// Notes that a member has shown where it receives, if it says the cookie of that address.
    pub(super) fn note_cookie(&mut self, now: Moment, id: Id, source: SocketAddr, talk: &Talk) {
        if let Talk::Ask { cookie, .. } | Talk::Want { cookie, .. } = talk
            && *cookie == self.sync.cookie_for(source)
        {
            self.sync.unanswered.answered(source.ip());
            self.sync.challenges.proven(id, source.ip(), now.time);
            self.group.roster.locate(id, source);
            self.group.roster.prove_address(id, source);
        }
    }

    /// Makes room in the roster: of those who are gone, or else at the address with most members,
    /// the youngest of whom no message is held. Several at once, because it takes a look at
    /// everybody.
    pub(super) fn make_place(&mut self) {
        let mut evicted = self.gone();
        if evicted.is_empty() {
            evicted = self.youngest_silent();
        }
        for id in evicted {
            self.on_left(id, Farewell::Missing);
            self.log.forget(id);
            self.group.beyond.forget(id);
            self.group.roster.forget(id);
            self.receiving.forget(id);
        }
    }

    fn gone(&self) -> Vec<Id> {
        let is_gone =
            |id: Id, member: &Member| id != ME && !member.is_live && !self.log.has_any_of(id);
        let everybody = self.group.roster.everybody();
        let gone = everybody.filter(|(id, member)| is_gone(*id, member));
        gone.map(|(id, _)| id).take(EVICTED_AT_ONCE).collect()
    }

    fn youngest_silent(&self) -> Vec<Id> {
        // Those whose address is not known count as at one.
        let mut addresses: BTreeMap<Option<IpAddr>, usize> = BTreeMap::new();
        for (_, member) in self.group.roster.everybody() {
            *addresses.entry(member.ip()).or_default() += 1;
        }
        let fullest = addresses.into_iter().max_by_key(|(_, members)| *members);
        let at = fullest.and_then(|(at, _)| at);
        let others = self.group.roster.everybody().filter(|(id, _)| *id != ME);
        let mut there: Vec<(bool, Id)> = others
            .filter(|(_, member)| member.ip() == at)
            .map(|(id, member)| (!self.log.has_message_of(member.tag.short), id))
            .collect();
        there.sort_unstable_by(|one, other| other.cmp(one));
        let silent = there.iter().filter(|(is_silent, _)| *is_silent).count();
        let evicted = there.into_iter().take(silent.clamp(1, EVICTED_AT_ONCE));
        evicted.map(|(_, id)| id).collect()
    }
}
