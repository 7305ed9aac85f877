//! What is offered in a room, by numbers that a person can type, and who takes it. What others
//! offer is bounded for each person, and in all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::command::WhichOffer;
use super::offer::{Offer, OfferId};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::wire::frame::notice::Report;
use crate::protocol::wire::frame::{Key, MemberTag};

/// Most offers of one person that are remembered; the oldest give way. What the guests of a
/// person's page offer are among them.
pub const PER_PERSON_MAX: usize = 256;

/// Most offers that are remembered.
const OFFERS_MAX: usize = 512;

/// Most takers of one offer that are remembered.
const TAKERS_MAX: usize = 512;

/// A taker of whom nothing was heard for so long is not here any more.
pub(super) const HERE_FOR: Duration = Duration::from_secs(15);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct OfferList {
    offers: BTreeMap<OfferId, Known>,
    last: u32,
}

/// An offer that is known.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) number: u32,
    pub(super) offer: Arc<Offer>,
    pub(super) who: NamedKey,
    pub(super) is_own: bool,
    /// For whom alone it is.
    pub(super) to: Option<Key>,
    pub(super) takers: BTreeMap<MemberTag, Taker>,
    /// How many takers had it when that was told last.
    pub(super) told_have: usize,
    /// Whether people were told of it; what was recalled is told when its record is met.
    pub(super) is_told: bool,
}

impl Known {
    /// Whether somebody may have it.
    pub(super) fn is_for(&self, key: &Key) -> bool {
        self.to.is_none_or(|to| to == *key) || self.who.key == *key
    }
}

/// Somebody who takes an offer.
#[derive(Clone, Debug)]
pub(super) struct Taker {
    pub(super) who: NamedKey,
    pub(super) done_units: u32,
    pub(super) has_it: bool,
    pub(super) has_stopped: bool,
    pub(super) heard_at: Duration,
}

impl OfferList {
    /// Adds an offer; `None` if it is known already. `is_pinned` says which may not give way.
    pub(super) fn add(
        &mut self,
        offer: Arc<Offer>,
        who: NamedKey,
        is_own: bool,
        is_pinned: impl Fn(&OfferId) -> bool,
    ) -> Option<u32> {
        if self.offers.contains_key(&offer.id) {
            return None;
        }
        let of_person = self
            .offers
            .values()
            .filter(|known| known.who.key == who.key);
        if !is_own && of_person.count() >= PER_PERSON_MAX {
            self.forget_oldest(|known| known.who.key == who.key, &is_pinned)?;
        }
        if self.offers.len() >= OFFERS_MAX {
            let most = self.most_prolific()?;
            self.forget_oldest(|known| known.who.key == most, &is_pinned)?;
        }
        self.last += 1;
        let known = Known {
            number: self.last,
            offer: offer.clone(),
            who,
            is_own,
            to: None,
            takers: BTreeMap::new(),
            told_have: 0,
            is_told: true,
        };
        self.offers.insert(offer.id, known);
        Some(self.last)
    }

    /// Adds an offer of an earlier session, which is still to be told.
    pub(super) fn recall(
        &mut self,
        offer: Arc<Offer>,
        who: NamedKey,
        is_own: bool,
        is_pinned: impl Fn(&OfferId) -> bool,
    ) {
        let id = offer.id;
        if self.add(offer, who, is_own, is_pinned).is_some()
            && let Some(known) = self.offers.get_mut(&id)
        {
            known.is_told = false;
        }
    }

    /// Makes an offer one to this person alone.
    pub(super) fn address(&mut self, id: &OfferId, to: Key) {
        if let Some(known) = self.offers.get_mut(id) {
            known.to = Some(to);
        }
    }

    /// Whether an offer was not told yet; it is from now on.
    pub(super) fn tell(&mut self, id: &OfferId) -> bool {
        let known = self.offers.get_mut(id);
        known.is_some_and(|known| !std::mem::replace(&mut known.is_told, true))
    }

    /// The person with the most offers.
    fn most_prolific(&self) -> Option<Key> {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for known in self.offers.values().filter(|known| !known.is_own) {
            *counts.entry(known.who.key).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(key, _)| key)
    }

    fn forget_oldest(
        &mut self,
        is_meant: impl Fn(&Known) -> bool,
        is_pinned: impl Fn(&OfferId) -> bool,
    ) -> Option<()> {
        let meant = self.offers.iter().filter(|(id, known)| {
            let may_go = !known.is_own && !is_pinned(id);
            may_go && is_meant(known)
        });
        let oldest = meant.min_by_key(|(_, known)| known.number)?;
        let oldest = *oldest.0;
        self.offers.remove(&oldest).map(|_| ())
    }

    /// Makes an offer this member's own too, which somebody else has made before: it holds the same
    /// content, and wants to hear who takes it.
    pub(super) fn make_own(&mut self, id: &OfferId) {
        if let Some(known) = self.offers.get_mut(id) {
            known.is_own = true;
        }
    }

    /// Whether somebody takes an own offer now.
    pub(super) fn is_own_taken(&self, now: Duration) -> bool {
        let mut own = self.offers.values().filter(|known| known.is_own);
        own.any(|known| known.takers.values().any(|taker| taker.is_active(now)))
    }

    pub(super) fn get(&self, id: &OfferId) -> Option<&Known> {
        self.offers.get(id)
    }

    /// Own offers.
    pub(super) fn own(&mut self) -> impl Iterator<Item = &mut Known> {
        self.offers.values_mut().filter(|known| known.is_own)
    }

    /// All, in the order of their numbers.
    pub(super) fn by_number(&self) -> Vec<OfferId> {
        let mut known: Vec<&Known> = self.offers.values().collect();
        known.sort_by_key(|known| known.number);
        known.into_iter().map(|known| known.offer.id).collect()
    }

    /// Which offers are meant; `others` are those that [`WhichOffer::Newest`] and
    /// [`WhichOffer::All`] choose from.
    pub(super) fn meant(
        &self,
        which: WhichOffer,
        is_choosable: impl Fn(&Known) -> bool,
    ) -> Vec<OfferId> {
        let ids = self.by_number();
        let choosable = |id: &&OfferId| self.get(id).is_some_and(&is_choosable);
        match which {
            WhichOffer::Id(id) => self.get(&id).map(|_| id).into_iter().collect(),
            WhichOffer::Newest => ids.iter().rfind(choosable).copied().into_iter().collect(),
            WhichOffer::All => ids.iter().filter(choosable).copied().collect(),
            WhichOffer::Number(number) => {
                let is_it = |id: &&OfferId| self.get(id).is_some_and(|it| it.number == number);
                ids.iter().find(is_it).copied().into_iter().collect()
            }
        }
    }

    /// Takes in what somebody reports about an offer; returns how many takers there are.
    pub(super) fn report(
        &mut self,
        now: Duration,
        (who, member): (&NamedKey, MemberTag),
        report: &Report,
    ) -> usize {
        let Some(known) = self.offers.get_mut(&OfferId(report.about)) else {
            return 0;
        };
        let takers = &mut known.takers;
        if takers.len() >= TAKERS_MAX && !takers.contains_key(&member) {
            takers.retain(|_, taker| now < taker.heard_at + HERE_FOR);
        }
        if takers.len() < TAKERS_MAX || takers.contains_key(&member) {
            let had_it = takers.get(&member).is_some_and(|taker| taker.has_it);
            let taker = Taker {
                who: who.clone(),
                done_units: report.done,
                has_it: report.has_all || had_it,
                has_stopped: report.has_stopped,
                heard_at: now,
            };
            takers.insert(member, taker);
        }
        let here = takers.values().filter(|taker| taker.is_active(now));
        here.count()
    }
}

impl Taker {
    /// Whether it takes it now.
    pub(super) fn is_active(&self, now: Duration) -> bool {
        !self.has_it && !self.has_stopped && self.is_here(now)
    }

    pub(super) fn is_here(&self, now: Duration) -> bool {
        now < self.heard_at + HERE_FOR
    }
}
