//! How a picture is cut into symbols, and put together again from any that are enough. There are
//! three more that mend than there are originals, so that fresh ones are there for whoever asks
//! again.

use std::collections::BTreeMap;

use crate::chat::erasure_code::ErasureCode;
use crate::protocol::wire::compact::COMPACT_MAX_BYTES;
use crate::protocol::wire::media::{PICTURE_MAX_BYTES, PICTURE_OVERHEAD_BYTES};

/// Least symbols that mend, besides as many as the originals.
const RECOVERIES_MORE: u16 = 3;

/// Shortest symbol of a picture that is cut, in bytes.
const SYMBOL_LEAST_BYTES: usize = 512;

/// Most originals of a picture.
const ORIGINALS_MAX: usize = (PICTURE_MAX_BYTES + PICTURE_OVERHEAD_BYTES) / SYMBOL_LEAST_BYTES + 1;

/// How a picture is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// How many symbols it is cut into.
    pub(super) originals: u16,
    /// Length of each, in bytes.
    pub(super) symbol_bytes: usize,
}

impl Shape {
    /// How bytes are cut into symbols of about equal length, none longer than `most_bytes`; `None`
    /// if they are none or too many.
    pub(super) fn of(length: usize, most_bytes: usize) -> Option<Self> {
        let most_bytes = most_bytes / 2 * 2;
        if length == 0 || most_bytes < SYMBOL_LEAST_BYTES {
            return None;
        }
        let originals = length.div_ceil(most_bytes);
        let symbol_bytes = length.div_ceil(originals).next_multiple_of(2);
        Self::heard(u16::try_from(originals).ok()?, symbol_bytes)
    }

    /// The shape that a symbol shows; `None` if no picture has it.
    pub(super) fn heard(originals: u16, symbol_bytes: usize) -> Option<Self> {
        let is_few = (1..=ORIGINALS_MAX).contains(&usize::from(originals));
        let is_even = symbol_bytes > 0 && symbol_bytes.is_multiple_of(2);
        let is_proper = is_even && symbol_bytes <= COMPACT_MAX_BYTES;
        (is_few && is_proper).then_some(Self {
            originals,
            symbol_bytes,
        })
    }

    /// How many symbols there are in all.
    pub(super) fn symbols(&self) -> u16 {
        self.originals + self.recoveries()
    }

    fn recoveries(&self) -> u16 {
        self.originals + RECOVERIES_MORE
    }

    /// Length of the picture with the zeros that fill it up, in bytes.
    pub(super) fn length(&self) -> usize {
        usize::from(self.originals) * self.symbol_bytes
    }

    /// A symbol of a picture of [`Shape::length`], or of what mends it.
    pub(super) fn symbol<'p>(
        &self,
        picture: &'p [u8],
        mending: &'p [u8],
        piece: u16,
    ) -> Option<&'p [u8]> {
        let (from, piece) = match piece.checked_sub(self.originals) {
            None => (picture, piece),
            // A picture of one symbol is its own parity.
            Some(_) if self.originals == 1 => (picture, 0),
            Some(recovery) => (mending, recovery),
        };
        let start = usize::from(piece) * self.symbol_bytes;
        from.get(start..start + self.symbol_bytes)
    }

    /// All symbols that mend, one behind the other; none if one original is all there is.
    pub(super) fn mending(&self, picture: &[u8]) -> Vec<u8> {
        match self.originals {
            1 => Vec::new(),
            _ => {
                let symbols = picture.chunks_exact(self.symbol_bytes);
                self.code().mending(symbols).unwrap_or_default()
            }
        }
    }

    fn code(&self) -> ErasureCode {
        ErasureCode {
            originals: self.originals,
            recoveries: self.recoveries(),
            symbol_bytes: self.symbol_bytes,
        }
    }

    /// Puts a picture together from at least as many symbols as it was cut into, without one of
    /// them.
    pub(super) fn decode(
        &self,
        pieces: &BTreeMap<u16, Box<[u8]>>,
        without: Option<u16>,
    ) -> Option<Vec<u8>> {
        if self.originals == 1 {
            let mut usable = pieces.iter().filter(|(piece, _)| Some(**piece) != without);
            return usable.next().map(|(_, symbol)| symbol.to_vec());
        }
        self.code().join(pieces, without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::rng::Rng;
    use proptest::prelude::*;

    fn picture(shape: &Shape) -> Vec<u8> {
        let bytes = 0..shape.length();
        bytes.map(|at| (at * 7 + at / 251) as u8).collect()
    }

    #[test]
    fn a_picture_is_cut_into_equal_symbols() {
        let shape = Shape::of(4241, 1347).unwrap();
        assert_eq!((shape.originals, shape.symbol_bytes), (4, 1062));
        assert_eq!((shape.symbols(), shape.length()), (11, 4248));
    }

    #[test]
    fn what_no_picture_has_is_refused() {
        for (originals, symbol_bytes) in [(0, 100), (1, 0), (1, 101), (5000, 100), (1, 1400)] {
            assert_eq!(Shape::heard(originals, symbol_bytes), None);
        }
        assert_eq!(
            (Shape::of(0, 1200), Shape::of(10_000_000, 1200)),
            (None, None)
        );
        assert!(Shape::of(PICTURE_MAX_BYTES + PICTURE_OVERHEAD_BYTES, 512).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_symbols_that_are_enough_make_the_picture(length in 1_usize..30_000, seed: u64) {
            let shape = Shape::of(length, 1200).unwrap();
            prop_assert!(shape.length() >= length && shape.symbol_bytes <= 1200);
            let (picture, mut rng) = (picture(&shape), Rng::new(seed));
            let mending = shape.mending(&picture);
            let mut pieces = BTreeMap::new();
            while pieces.len() <= usize::from(shape.originals) {
                let piece = rng.below(shape.symbols().into()) as u16;
                let symbol = shape.symbol(&picture, &mending, piece).unwrap();
                pieces.insert(piece, symbol.into());
            }
            prop_assert_eq!(shape.decode(&pieces, None), Some(picture.clone()));
            // One that is false is left out.
            let bad = *pieces.keys().nth(rng.below(pieces.len() as u64) as usize).unwrap();
            pieces.get_mut(&bad).unwrap()[0] ^= 1;
            prop_assert_eq!(shape.decode(&pieces, Some(bad)), Some(picture));
            pieces.remove(&bad);
            pieces.pop_last();
            prop_assert_eq!(shape.decode(&pieces, None), None);
        }
    }
}
