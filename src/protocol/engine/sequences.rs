//! A set of sequence numbers that are mostly consecutive, as runs.

/// Runs of consecutive numbers, ascending, never touching each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequences {
    runs: Vec<(u32, u32)>, // first and last
}

impl Sequences {
    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, sequence: u32) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= sequence);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        run.is_some_and(|(_, last)| sequence <= *last)
    }

    /// Puts a number in; false if it was there.
    pub fn insert(&mut self, sequence: u32) -> bool {
        let after = self.runs.partition_point(|(first, _)| *first <= sequence);
        let before = after.checked_sub(1);
        let run_before = before.and_then(|at| self.runs.get(at)).copied();
        if run_before.is_some_and(|(_, last)| sequence <= last) {
            return false;
        }
        let joins_before = run_before.is_some_and(|(_, last)| last + 1 == sequence);
        let run_after = self.runs.get(after).copied();
        let joins_after = run_after.is_some_and(|(first, _)| first - 1 == sequence);
        match (before.filter(|_| joins_before), joins_after) {
            (Some(before), true) => {
                let last = run_after.map_or(sequence, |(_, last)| last);
                self.set(before, |run| run.1 = last);
                self.runs.remove(after);
            }
            (Some(before), false) => self.set(before, |run| run.1 = sequence),
            (None, true) => self.set(after, |run| run.0 = sequence),
            (None, false) => self.runs.insert(after, (sequence, sequence)),
        }
        true
    }

    /// The runs, each as its first and last number.
    #[must_use]
    pub fn runs(&self) -> &[(u32, u32)] {
        &self.runs
    }

    fn set(&mut self, at: usize, change: impl FnOnce(&mut (u32, u32))) {
        if let Some(run) = self.runs.get_mut(at) {
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
            let (mut runs, mut set) = (Sequences::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(runs.insert(number), set.insert(number));
                for probe in 0..42 {
                    prop_assert_eq!(runs.contains(probe), set.contains(&probe));
                }
                prop_assert!(runs.runs().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            }
        }
    }
}
