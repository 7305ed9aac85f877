//! How a unit is cut into symbols, and put together again from any that are enough. As long as
//! nothing is lost the symbols are the unit itself, and nothing is computed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::chat::erasure_code::ErasureCode;
use crate::protocol::wire::compact::COMPACT_MAX_BYTES;

/// Shortest symbol of a stream, in bytes. Shorter ones would make more of a block than the code is
/// meant for.
pub(super) const SYMBOL_LEAST_BYTES: usize = 512;

/// Longest symbol, in bytes: a multiple of 64, in which the code works fastest.
pub(super) const SYMBOL_MOST_BYTES: usize = COMPACT_MAX_BYTES / 64 * 64;

/// Least number of symbols that mend.
const RECOVERIES_LEAST: u16 = 16;

/// How a unit of some length is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    length: usize,
    /// How many symbols the unit is cut into.
    pub(super) originals: u16,
    /// Length of each, in bytes; the last one is filled up with zeros.
    pub(super) symbol_bytes: usize,
}

impl Shape {
    /// The shape of a unit; `None` for an empty one and for symbols of no proper length.
    pub(super) fn of(length: usize, symbol_bytes: usize) -> Option<Self> {
        let is_proper = (SYMBOL_LEAST_BYTES..=SYMBOL_MOST_BYTES).contains(&symbol_bytes)
            && symbol_bytes.is_multiple_of(2);
        if length == 0 || !is_proper {
            return None;
        }
        Some(Self {
            length,
            originals: u16::try_from(length.div_ceil(symbol_bytes)).ok()?,
            symbol_bytes: symbol_bytes.min(length.next_multiple_of(2)),
        })
    }

    /// How many symbols there are that mend. All who send a unit must agree on it, because the code
    /// depends on it.
    pub(super) fn recoveries(&self) -> u16 {
        let whole = self.originals.checked_next_power_of_two();
        whole.unwrap_or(self.originals).max(RECOVERIES_LEAST)
    }

    /// How many symbols there are in all.
    pub(super) fn symbols(&self) -> u16 {
        self.originals.saturating_add(self.recoveries())
    }

    /// One of the symbols that the unit is cut into.
    pub(super) fn original<'u>(&self, unit: &'u [u8], piece: u16) -> Cow<'u, [u8]> {
        let start = (usize::from(piece) * self.symbol_bytes).min(unit.len());
        let end = (start + self.symbol_bytes).min(unit.len());
        let symbol = unit.get(start..end).unwrap_or_default();
        if symbol.len() == self.symbol_bytes {
            return symbol.into();
        }
        let mut filled = symbol.to_vec();
        filled.resize(self.symbol_bytes, 0);
        filled.into()
    }

    /// All symbols that mend, one behind the other.
    pub(super) fn mending(&self, unit: &[u8]) -> Vec<u8> {
        let originals = (0..self.originals).map(|piece| self.original(unit, piece));
        self.code().mending(originals).unwrap_or_default()
    }

    /// Puts a unit together from at least as many of its symbols as it was cut into.
    pub(super) fn decode(&self, pieces: &BTreeMap<u16, Box<[u8]>>) -> Option<Vec<u8>> {
        let mut unit = self.code().join(pieces, None)?;
        unit.truncate(self.length);
        Some(unit)
    }

    fn code(&self) -> ErasureCode {
        ErasureCode {
            originals: self.originals,
            recoveries: self.recoveries(),
            symbol_bytes: self.symbol_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::rng::Rng;
    use proptest::prelude::*;

    fn unit(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    fn symbol(shape: &Shape, unit: &[u8], mending: &[u8], piece: u16) -> Box<[u8]> {
        match piece.checked_sub(shape.originals) {
            None => shape.original(unit, piece).into_owned().into(),
            Some(recovery) => {
                let at = usize::from(recovery) * shape.symbol_bytes;
                mending[at..at + shape.symbol_bytes].into()
            }
        }
    }

    #[test]
    fn the_symbols_are_known_bytes_on_every_machine() {
        let shape = Shape::of(5000, 512).unwrap();
        assert_eq!((shape.originals, shape.recoveries()), (10, 16));
        let mending = shape.mending(&unit(5000));
        let hash = blake3::hash(&mending).to_hex();
        assert_eq!(&hash[..16], "5e3e09bd2a524320");
    }

    #[test]
    fn what_has_no_proper_shape_is_refused() {
        for (length, symbol_bytes) in [(0, 1344), (10, 0), (10, 511), (10, 513), (10, 1400)] {
            assert_eq!(Shape::of(length, symbol_bytes), None);
        }
        let short = Shape::of(3, 1344).unwrap();
        assert_eq!((short.originals, short.symbol_bytes), (1, 4));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_symbols_that_are_enough_make_the_unit(
            length in 1_usize..40_000, narrow: bool, seed: u64,
        ) {
            let shape = Shape::of(length, if narrow { 1088 } else { SYMBOL_MOST_BYTES }).unwrap();
            let (unit, mut rng) = (unit(length), Rng::new(seed));
            let mending = shape.mending(&unit);
            let mut pieces = BTreeMap::new();
            while pieces.len() < usize::from(shape.originals) {
                let piece = rng.below(shape.symbols().into()) as u16;
                pieces.insert(piece, symbol(&shape, &unit, &mending, piece));
            }
            prop_assert_eq!(shape.decode(&pieces), Some(unit));
            pieces.pop_last();
            prop_assert_eq!(shape.decode(&pieces), None);
        }
    }
}
