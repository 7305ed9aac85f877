//! What each person may still cause. Of so many persons it is counted at once; one more is refused
//! until somebody may have all of it again, so that a crowd of keys takes nothing from those who
//! were there before.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::rate::TokenBucket;

/// Most persons of whom it is counted.
const PERSONS_MAX: usize = 1024;

/// See the file's head.
#[derive(Debug)]
pub(super) struct PersonBudgets {
    per_s: f64,
    most: f64,
    persons: BTreeMap<u64, TokenBucket>,
}

impl PersonBudgets {
    /// So much for each person in a second, and so much at once.
    pub(super) fn new(per_s: f64, most: f64) -> Self {
        Self {
            per_s,
            most,
            persons: BTreeMap::new(),
        }
    }

    /// What a person may still cause; `None` if there is no room to count it.
    pub(super) fn of(&mut self, person: u64, now: Duration) -> Option<&mut TokenBucket> {
        let (per_s, most) = (self.per_s, self.most);
        if self.persons.len() >= PERSONS_MAX && !self.persons.contains_key(&person) {
            // Whoever may have all of it again is as good as forgotten.
            self.persons.retain(|_, bucket| bucket.refill(now) < most);
            if self.persons.len() >= PERSONS_MAX {
                return None;
            }
        }
        let fresh = || TokenBucket::new(per_s, most, now);
        Some(self.persons.entry(person).or_insert_with(fresh))
    }

    /// Whether a person may cause one more, which counts it.
    pub(super) fn try_spend_one(&mut self, person: u64, now: Duration) -> bool {
        let bucket = self.of(person, now);
        bucket.is_some_and(|bucket| bucket.try_spend(1.0, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_counted_up_to_a_limit_and_takes_nothing_from_who_is_known() {
        let mut budgets = PersonBudgets::new(1.0, 2.0);
        let now = Duration::from_secs(1);
        assert!(budgets.try_spend_one(0, now));
        let crowd = (1..2000).filter(|person| budgets.try_spend_one(*person, now));
        assert_eq!(crowd.count(), PERSONS_MAX - 1);
        assert!(budgets.try_spend_one(0, now) && !budgets.try_spend_one(0, now));
        let later = now + Duration::from_secs(1);
        assert!(
            budgets.try_spend_one(5000, later),
            "they may have all again"
        );
        assert!(!budgets.persons.contains_key(&7));
    }
}
