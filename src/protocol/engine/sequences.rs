//! A set of sequence numbers that are mostly consecutive, as ranges.

/// Ranges of consecutive numbers, ascending, with a gap between any two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequences {
    ranges: Vec<(u32, u32)>, // first and last
}

impl Sequences {
    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, sequence: u32) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= sequence);
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.is_some_and(|(_, last)| sequence <= *last)
    }

    /// Adds a number; false if it was there.
    pub fn insert(&mut self, sequence: u32) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= sequence);
        let before = after.checked_sub(1);
        let range_before = before.and_then(|at| self.ranges.get(at)).copied();
        if range_before.is_some_and(|(_, last)| sequence <= last) {
            return false;
        }
        let joins_before = range_before.is_some_and(|(_, last)| last + 1 == sequence);
        let range_after = self.ranges.get(after).copied();
        let joins_after = range_after.is_some_and(|(first, _)| first - 1 == sequence);
        match (before.filter(|_| joins_before), joins_after) {
            (Some(before), true) => {
                let last = range_after.map_or(sequence, |(_, last)| last);
                self.set(before, |range| range.1 = last);
                self.ranges.remove(after);
            }
            (Some(before), false) => self.set(before, |range| range.1 = sequence),
            (None, true) => self.set(after, |range| range.0 = sequence),
            (None, false) => self.ranges.insert(after, (sequence, sequence)),
        }
        true
    }

    /// The numbers of `first..=last` that are not in the set, as ranges.
    pub fn holes(&self, first: u32, last: u32) -> impl Iterator<Item = (u32, u32)> {
        let from = self.ranges.partition_point(|(_, behind)| *behind < first);
        let ranges = self.ranges.get(from..).unwrap_or_default().iter().copied();
        let ranges = ranges.take_while(move |(start, _)| *start <= last);
        // A sentinel behind the last number ends the last hole.
        let ends = ranges.map(|(start, end)| (u64::from(start), u64::from(end)));
        let ends = ends.chain([(u64::from(last) + 1, u64::from(last) + 1)]);
        ends.scan(u64::from(first), |next, (start, end)| {
            let hole = (*next, start);
            *next = end + 1;
            Some(hole)
        })
        .filter(|(start, end)| start < end)
        .map(|(start, end)| (start as u32, (end - 1) as u32))
    }

    /// Adds all numbers from the first range on up to `last`, so that one range covers them.
    pub fn fill_to(&mut self, last: u32) {
        let behind = self.ranges.partition_point(|(first, _)| *first <= last);
        let covered: Vec<(u32, u32)> = self.ranges.drain(..behind).collect();
        if let (Some((first, _)), Some((_, end))) = (covered.first(), covered.last()) {
            self.ranges.insert(0, (*first, *end));
        }
        self.ranges.shrink_to_fit();
    }

    /// The ranges, each as its first and last number.
    #[must_use]
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    fn set(&mut self, at: usize, change: impl FnOnce(&mut (u32, u32))) {
        if let Some(run) = self.ranges.get_mut(at) {
            change(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(numbers in proptest::collection::vec(1_u32..40, 0..60)) {
            let (mut ranges, mut set) = (Sequences::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(ranges.insert(number), set.insert(number));
                for probe in 0..42 {
                    prop_assert_eq!(ranges.contains(probe), set.contains(&probe));
                }
                prop_assert!(ranges.ranges().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            }
        }
    }
}
