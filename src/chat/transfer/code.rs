//! How a unit is cut into symbols, and put together again from any of them: a Reed-Solomon code
//! over the symbols of one unit. As long as nothing is lost the symbols are the unit itself, and
//! nothing is computed.

use std::collections::BTreeMap;

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

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
    pub(super) fn original(&self, unit: &[u8], piece: u16) -> Vec<u8> {
        let start = (usize::from(piece) * self.symbol_bytes).min(unit.len());
        let end = (start + self.symbol_bytes).min(unit.len());
        let mut symbol = unit.get(start..end).unwrap_or_default().to_vec();
        symbol.resize(self.symbol_bytes, 0);
        symbol
    }

    /// All symbols that mend, one behind the other; empty if the unit has another length.
    pub(super) fn mending(&self, unit: &[u8]) -> Vec<u8> {
        self.encode(unit).unwrap_or_default()
    }

    fn encode(&self, unit: &[u8]) -> Option<Vec<u8>> {
        let (originals, recoveries) = (self.originals.into(), self.recoveries().into());
        let mut encoder = ReedSolomonEncoder::new(originals, recoveries, self.symbol_bytes).ok()?;
        for piece in 0..self.originals {
            encoder
                .add_original_shard(self.original(unit, piece))
                .ok()?;
        }
        let result = encoder.encode().ok()?;
        Some(result.recovery_iter().flatten().copied().collect())
    }

    /// Puts a unit together from at least as many of its symbols as it was cut into.
    pub(super) fn decode(&self, pieces: &BTreeMap<u16, Box<[u8]>>) -> Option<Vec<u8>> {
        let mut unit = Vec::with_capacity(usize::from(self.originals) * self.symbol_bytes);
        let lacking = (0..self.originals).any(|piece| !pieces.contains_key(&piece));
        let restored = match lacking {
            true => self.restore(pieces)?,
            false => BTreeMap::new(),
        };
        for piece in 0..self.originals {
            let heard = pieces.get(&piece).map(AsRef::as_ref);
            let symbol = heard.or_else(|| restored.get(&piece).map(AsRef::as_ref))?;
            unit.extend_from_slice(symbol);
        }
        unit.truncate(self.length);
        Some(unit)
    }

    fn restore(&self, pieces: &BTreeMap<u16, Box<[u8]>>) -> Option<BTreeMap<u16, Vec<u8>>> {
        let (originals, recoveries) = (self.originals.into(), self.recoveries().into());
        let mut decoder = ReedSolomonDecoder::new(originals, recoveries, self.symbol_bytes).ok()?;
        for (piece, symbol) in pieces {
            match piece.checked_sub(self.originals) {
                None => decoder.add_original_shard(usize::from(*piece), symbol),
                Some(recovery) => decoder.add_recovery_shard(usize::from(recovery), symbol),
            }
            .ok()?;
        }
        let result = decoder.decode().ok()?;
        let restored = result.restored_original_iter();
        let restored = restored.map(|(piece, symbol)| (piece as u16, symbol.to_vec()));
        Some(restored.collect())
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
            None => shape.original(unit, piece).into(),
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
