//! What is sent and reported: units. The blocks of an offer's index come first, then those of its
//! content, so that one number names any of them.

use std::ops::Range;

use super::offer::Offer;

/// What a unit is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A block of the index.
    Index(u32),
    /// A block of the content.
    Content(u32),
}

/// How many units an offer has.
pub(super) fn count(offer: &Offer) -> u32 {
    offer.index_blocks().saturating_add(offer.blocks())
}

/// What a number names; `None` if it names nothing.
pub(super) fn unit(offer: &Offer, number: u32) -> Option<Unit> {
    let index_blocks = offer.index_blocks();
    match number.checked_sub(index_blocks) {
        None => Some(Unit::Index(number)),
        Some(block) => (block < offer.blocks()).then_some(Unit::Content(block)),
    }
}

/// The number of a block of the content.
pub(super) fn of_block(offer: &Offer, block: u32) -> u32 {
    offer.index_blocks().saturating_add(block)
}

/// The length of a unit, in bytes; 0 if there is none of this number.
pub(super) fn length(offer: &Offer, number: u32) -> usize {
    let range = match unit(offer, number) {
        Some(Unit::Index(block)) => offer.index_range(block),
        Some(Unit::Content(block)) => offer.block_range(block),
        None => 0..0,
    };
    (range.end - range.start) as usize // at most a block
}

/// Which of the units of an offer are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnitSet {
    words: Vec<u64>,
    units: u32,
    count: u32,
}

impl UnitSet {
    /// None of so many.
    pub(super) fn none_of(units: u32) -> Self {
        Self {
            words: vec![0; units.div_ceil(64) as usize],
            units,
            count: 0,
        }
    }

    pub(super) fn contains(&self, unit: u32) -> bool {
        let word = self.words.get((unit / 64) as usize);
        word.is_some_and(|word| word >> (unit % 64) & 1 == 1)
    }

    /// Adds a unit; returns whether it is new.
    pub(super) fn insert(&mut self, unit: u32) -> bool {
        if unit >= self.units || self.contains(unit) {
            return false;
        }
        if let Some(word) = self.words.get_mut((unit / 64) as usize) {
            *word |= 1 << (unit % 64);
            self.count += 1;
        }
        true
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn is_full(&self) -> bool {
        self.count == self.units
    }

    /// The units in a range that are not here, in order. Words that are full cost one look.
    pub(super) fn missing(&self, range: Range<u32>) -> impl Iterator<Item = u32> {
        let (mut next, end) = (range.start, range.end.min(self.units));
        std::iter::from_fn(move || {
            while next < end {
                let unit = next;
                if unit.is_multiple_of(64)
                    && self.words.get((unit / 64) as usize) == Some(&u64::MAX)
                {
                    next = unit.saturating_add(64);
                    continue;
                }
                next += 1;
                if !self.contains(unit) {
                    return Some(unit);
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_listed_in_order() {
        let mut set = UnitSet::none_of(200);
        assert!((0..150).all(|unit| unit == 70 || set.insert(unit)));
        assert!(!set.insert(3) && !set.insert(200));
        assert_eq!(set.count(), 149);
        let missing: Vec<u32> = set.missing(0..153).collect();
        assert_eq!(missing, [70, 150, 151, 152]);
        let mut full = set.clone();
        assert_eq!((0..200).filter(|unit| full.insert(*unit)).count(), 51);
        assert!(full.is_full() && full.missing(0..200).next().is_none());
    }
}
