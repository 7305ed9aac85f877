//! Units that are doubted: their symbols made something that has not the right hash, so that one of
//! them was false. From then on only symbols count whose hashes their giver has signed; if those
//! make something else again, the giver lies.

use std::collections::BTreeMap;

use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::notice::{Hashes, symbol_hash};

/// Most units that are doubted at a time; others are simply received again.
const DOUBTED_MAX: usize = 8;

/// Most givers whose hashes of one unit are kept.
const GIVERS_MAX: usize = 4;

/// Most hashes of one giver for a unit.
const HASHES_MAX: usize = 2048;

/// What a giver says of a unit's symbols.
type Signed = BTreeMap<u16, u64>;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    units: BTreeMap<u32, BTreeMap<MemberTag, Signed>>,
    /// The unit that is asked about next, so that all have their turn.
    turn: u32,
}

impl Doubts {
    pub(super) fn add(&mut self, unit: u32) {
        if self.units.len() < DOUBTED_MAX {
            self.units.entry(unit).or_default();
            self.turn = unit;
        }
    }

    pub(super) fn remove(&mut self, unit: u32) {
        self.units.remove(&unit);
    }

    pub(super) fn contains(&self, unit: u32) -> bool {
        self.units.contains_key(&unit)
    }

    /// A unit whose hashes are to be asked for.
    pub(super) fn next(&self) -> Option<u32> {
        let is_open = |givers: &BTreeMap<MemberTag, Signed>| givers.len() < GIVERS_MAX;
        let mut units = self
            .units
            .range(self.turn..)
            .chain(self.units.range(..self.turn));
        units
            .find(|(_, givers)| is_open(givers))
            .map(|(unit, _)| *unit)
    }

    /// Takes in what somebody says of a unit's symbols.
    pub(super) fn hear(&mut self, giver: MemberTag, hashes: &Hashes) {
        let Some(givers) = self.units.get_mut(&hashes.unit) else {
            return;
        };
        if givers.len() >= GIVERS_MAX && !givers.contains_key(&giver) {
            return;
        }
        let signed = givers.entry(giver).or_default();
        // The hashes come first: behind the last of them there may be no number any more.
        for (hash, piece) in hashes.hashes.iter().zip(hashes.first..) {
            if signed.len() < HASHES_MAX {
                signed.entry(piece).or_insert(*hash);
            }
        }
        self.turn = hashes.unit.saturating_add(1);
    }

    /// Whether a symbol counts.
    pub(super) fn allow(&self, unit: u32, giver: MemberTag, (piece, bytes): (u16, &[u8])) -> bool {
        let Some(givers) = self.units.get(&unit) else {
            return true;
        };
        let signed = givers.get(&giver).and_then(|signed| signed.get(&piece));
        signed.is_some_and(|hash| *hash == symbol_hash(bytes))
    }
}
