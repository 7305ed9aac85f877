//! The XOR of the hashes of all history between two clocks. Every beat that is heard needs one, so
//! prefix sums are kept; what comes or goes among those is a patch, and many patches are worked in
//! at once, so that the work for a digest does not grow with the history, whatever clocks others
//! state.

/// Patches that are worked in at once: each digest looks at all of them.
const PATCHES_MAX: usize = 1024;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct DigestSums {
    /// The XOR of the hashes of all history up to a clock, by clock…
    sums: Vec<(u64, u64)>,
    /// …for all clocks below this one.
    summed_to: u64,
    /// Clocks and hashes of frames that came or went since, below that clock.
    patches: Vec<(u64, u64)>,
}

impl DigestSums {
    /// Notes that a frame came or went.
    pub(super) fn change(&mut self, clock: u64, hash: u64) {
        if clock < self.summed_to {
            self.patches.push((clock, hash));
        }
        if self.patches.len() > PATCHES_MAX {
            *self = Self::default();
        }
    }

    /// The clock from which on hashes are needed, for the sums up to `cut`.
    pub(super) fn lacks(&self, cut: u64) -> Option<u64> {
        (cut > self.summed_to).then_some(self.summed_to)
    }

    /// Adds these hashes, by ascending clocks up to `cut`, of all frames that [`DigestSums::lacks`]
    /// asked for.
    pub(super) fn extend(&mut self, fresh: impl Iterator<Item = (u64, u64)>, cut: u64) {
        let mut sum = self.sums.last().map_or(0, |(_, sum)| *sum);
        let sums = fresh.map(|(clock, hash)| {
            sum ^= hash;
            (clock, sum)
        });
        self.sums.extend(sums);
        self.summed_to = cut;
    }

    /// The XOR of the hashes with a clock in `from..cut`.
    pub(super) fn between(&self, from: u64, cut: u64) -> u64 {
        let sum_before = |clock: u64| {
            let after = self.sums.partition_point(|(summed, _)| *summed < clock);
            let last = after.checked_sub(1).and_then(|at| self.sums.get(at));
            last.map_or(0, |(_, sum)| *sum)
        };
        let patches = self.patches.iter();
        let patches = patches.filter(|(clock, _)| (from..cut).contains(clock));
        patches.fold(sum_before(cut) ^ sum_before(from), |sum, (_, hash)| {
            sum ^ hash
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_sum_is_that_of_the_frames_there_are(
            changes in proptest::collection::vec((0..30_u64, 0..32_u64, 0..32_u64), 0..80),
        ) {
            let (mut sums, mut frames) = (DigestSums::default(), BTreeMap::new());
            for (clock, from, cut) in changes {
                let hash = clock.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
                if frames.remove(&clock).is_none() {
                    frames.insert(clock, hash);
                }
                sums.change(clock, hash);
                if let Some(fresh) = sums.lacks(cut) {
                    let all = frames.range(fresh..cut.max(fresh));
                    sums.extend(all.map(|(clock, hash)| (*clock, *hash)), cut);
                }
                let expected = frames.iter().filter(|(clock, _)| (from..cut).contains(clock));
                let expected = expected.fold(0, |sum, (_, hash)| sum ^ hash);
                if from <= cut {
                    prop_assert_eq!(sums.between(from, cut), expected);
                }
            }
        }
    }

    #[test]
    fn patches_are_bounded() {
        let mut sums = DigestSums::default();
        sums.extend(std::iter::empty(), u64::MAX);
        (0..5000).for_each(|clock| sums.change(clock, 1));
        assert!(sums.patches.len() <= PATCHES_MAX);
    }
}
