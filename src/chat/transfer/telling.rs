//! Which state of an offer is told, and when.

use std::sync::Arc;
use std::time::Duration;

use super::command::Sharing;
use super::event::{FilesRefusal, OfferState, Stage, TakerState, TransferFault};
use super::list::Known;
use super::offer::OfferId;
use super::taking::done_bytes;
use super::{PROGRESS_EVERY, Transfers};
use crate::chat::event::{Person, Timing};
use crate::protocol::engine::event::NamedKey;

/// What is to be told; the state is looked up when it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tale {
    /// With its time by the author's clock, and when it is shown: `None` for own offers.
    Offered(OfferId, u64, Option<Timing>),
    Taking(OfferId),
    Progress(OfferId),
    Finished(OfferId, Arc<str>),
    AllHave(OfferId),
    Failed(OfferId, TransferFault),
    Stopped(OfferId),
    Unshared(OfferId),
    List,
    Refused(FilesRefusal),
}

impl Transfers {
    /// Tells how far everything is that is on its way, if it is time.
    pub(super) fn tell_progress(&mut self, now: Duration) {
        if self.progress_at.is_none_or(|at| now < at) {
            return;
        }
        let takings: Vec<OfferId> = self.takings.keys().copied().collect();
        let givings = self
            .givings
            .keys()
            .filter(|id| !self.takings.contains_key(id));
        let givings: Vec<OfferId> = givings.copied().collect();
        // Somebody who has begun and falls silent is gone after a while, and nothing else tells it.
        let is_waited_for = self.list.is_own_taken(now);
        let is_any = !takings.is_empty() || !givings.is_empty() || is_waited_for;
        self.progress_at = is_any.then_some(now + PROGRESS_EVERY);
        for taking in self.takings.values_mut() {
            taking.measure(now);
        }
        for id in takings.into_iter().chain(givings) {
            self.tell(Tale::Progress(id));
        }
        self.tell_all_have(now);
    }

    /// Tells of own offers that all who took them have them.
    fn tell_all_have(&mut self, now: Duration) {
        let mut all = Vec::new();
        for known in self.list.own() {
            let have = known.takers.values().filter(|taker| taker.has_it).count();
            let is_waited_for = known.takers.values().any(|taker| taker.is_active(now));
            if have > known.told_have && !is_waited_for {
                known.told_have = have;
                all.push((known.number, known.offer.id));
            }
        }
        all.sort_unstable();
        all.into_iter()
            .for_each(|(_, id)| self.tell(Tale::AllHave(id)));
    }

    /// Whether what is here of an offer is given.
    pub(super) fn shares(&self, known: &Known) -> bool {
        known.is_own || self.sharing == Sharing::On
    }

    /// How far an offer is.
    pub(super) fn state(
        &self,
        id: &OfferId,
        now: Duration,
        person: impl Fn(&NamedKey) -> Person,
    ) -> Option<OfferState> {
        let known = self.list.get(id)?;
        let taking = self.takings.get(id);
        let is_waiting_turn = self.waiting.iter().any(|(waiting, _)| waiting == id);
        let stage = match taking {
            Some(taking) => Stage::Taking {
                done_bytes: taking.done_bytes(),
                is_waiting: taking.is_wanting() && taking.reporting.is_silent(now),
            },
            None if self.held.contains_key(id) => Stage::Have,
            None if is_waiting_turn => Stage::Taking {
                done_bytes: 0,
                is_waiting: true,
            },
            None => Stage::Offered,
        };
        let giving = self.givings.get(id);
        let arriving = taking.map(|taking| taking.bytes_per_s);
        let leaving = giving.map(|giving| giving.bytes_per_s());
        Some(OfferState {
            number: known.number,
            offer: known.offer.clone(),
            who: person(&known.who),
            is_own: known.is_own,
            stage,
            is_shared: self.held.contains_key(id) && self.shares(known),
            bytes_per_s: arriving.or(leaving).unwrap_or(0),
            left: taking.and_then(|taking| taking.left()),
            takers: takers(known, now, person),
        })
    }
}

fn takers(known: &Known, now: Duration, person: impl Fn(&NamedKey) -> Person) -> Vec<TakerState> {
    let takers = known.takers.values().filter(|taker| !taker.has_stopped);
    let state = takers.map(|taker| TakerState {
        person: person(&taker.who),
        done_bytes: match taker.has_it {
            true => known.offer.size_bytes,
            false => done_bytes(&known.offer, taker.done_units),
        },
        has_it: taker.has_it,
        is_here: taker.is_here(now),
    });
    let mut takers: Vec<TakerState> = state.collect();
    takers.sort_by(|one, other| one.person.name.cmp(&other.person.name));
    takers
}
