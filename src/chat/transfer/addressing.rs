//! Offers to one person: what is offered, and the key that it is sealed under, goes by private
//! messages to the sessions of that person that are here, and to those that come later. Only the
//! two give it; the others in the room see that something crosses the network, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Transfers;
use super::offer::OfferId;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::{Key, MemberTag};

/// How often it is looked whether the person has come with another session.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// Most own offers to one person each.
const ADDRESSED_MAX: usize = 64;

/// Most sessions of a person that are told of an offer.
const SESSIONS_MAX: usize = 64;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Addressees {
    of: BTreeMap<OfferId, Addressee>,
    /// When to look again.
    look_at: Option<Duration>,
}

/// Whom an own offer is for.
#[derive(Debug)]
struct Addressee {
    key: Key,
    /// The sessions that were told.
    told: BTreeSet<MemberTag>,
}

impl Addressees {
    /// An own offer is for one person; returns whether there was room.
    pub(super) fn add(&mut self, now: Duration, id: OfferId, key: Key) -> bool {
        if self.of.len() >= ADDRESSED_MAX && !self.of.contains_key(&id) {
            return false;
        }
        let told = BTreeSet::new();
        self.of.entry(id).or_insert(Addressee { key, told });
        self.look_at = Some(now);
        true
    }

    pub(super) fn remove(&mut self, id: &OfferId) {
        self.of.remove(id);
        if self.of.is_empty() {
            self.look_at = None;
        }
    }

    pub(super) fn next_time(&self) -> Option<Duration> {
        self.look_at
    }
}

impl Transfers {
    /// Tells the sessions that have come of what is for them.
    pub(super) fn tell_addressees(&mut self, now: Moment, node: &mut Node) {
        let addressees = &mut self.addressees;
        if addressees.look_at.is_none_or(|at| now.time < at) {
            return;
        }
        addressees.look_at = Some(now.time + LOOKS_EVERY);
        for (id, addressee) in &mut addressees.of {
            let offer = self.list.get(id).map(|known| &known.offer);
            if let Some(offer) = offer
                && let Some(key) = &offer.key
                && addressee.told.len() < SESSIONS_MAX
            {
                let to = (addressee.key, &mut addressee.told);
                node.offer_to(now, to, &offer.record(), &key.0);
            }
        }
    }
}
