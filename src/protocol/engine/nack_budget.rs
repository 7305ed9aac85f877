//! How much this member asks for what it lacks. An author decides what is missing, by claims that
//! cost it one beat each, so that it does not decide how much is asked: requests stay in proportion
//! to what is received, and beside that a little leaves all the time.

use std::time::Duration;

use super::config::{NACK_BURST_BYTES, NACK_BYTES_PER_S, NACK_OF_RECEIVED};
use crate::protocol::rate::TokenBucket;

/// What speaks for a request to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prospect {
    /// What is asked for comes, as far as is known.
    Hopeful,
    /// Nothing came of several requests: these leave half of the budget to the others.
    Vain,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct NackBudget(TokenBucket);

impl Default for NackBudget {
    fn default() -> Self {
        Self(TokenBucket::new(
            NACK_BYTES_PER_S,
            NACK_BURST_BYTES,
            Duration::ZERO,
        ))
    }
}

impl NackBudget {
    /// Notes that a new durable frame of so many bytes came.
    pub(super) fn earn(&mut self, bytes: usize) {
        self.0.spend(-(bytes as f64) * NACK_OF_RECEIVED);
    }

    /// When a request may leave; `None` if it may leave now.
    pub(super) fn waits_until(&mut self, prospect: Prospect, now: Duration) -> Option<Duration> {
        let needed = match prospect {
            Prospect::Hopeful => 1.0,
            Prospect::Vain => NACK_BURST_BYTES / 2.0,
        };
        let has_enough = self.0.refill(now) >= needed;
        // A little later, because the sum of two times is rounded.
        (!has_enough).then(|| self.0.available_at(needed) + Duration::from_millis(1))
    }

    /// Spends what a request takes; what is not there is paid before the next one.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.0.spend(bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many bytes of requests of 500 bytes leave in so many seconds, as soon as they may.
    fn asked(budget: &mut NackBudget, prospect: Prospect, seconds: u32) -> usize {
        let (mut now, mut bytes) = (SECOND, 0);
        while now < SECOND * (1 + seconds) {
            match budget.waits_until(prospect, now) {
                Some(until) => now = until,
                None => {
                    budget.spend(500);
                    bytes += 500;
                }
            }
        }
        bytes
    }

    #[test]
    fn claims_alone_cause_little_in_a_minute() {
        let bytes = asked(&mut NackBudget::default(), Prospect::Hopeful, 60);
        let most = NACK_BURST_BYTES + 60.0 * NACK_BYTES_PER_S + 500.0;
        assert!(bytes as f64 <= most, "{bytes}");
    }

    #[test]
    fn who_is_asked_in_vain_leaves_half_to_the_others() {
        let mut budget = NackBudget::default();
        asked(&mut budget, Prospect::Vain, 600);
        let now = SECOND * 601;
        assert!(budget.waits_until(Prospect::Vain, now).is_some());
        for _ in 0..(NACK_BURST_BYTES as usize / 2 / 500) {
            assert_eq!(budget.waits_until(Prospect::Hopeful, now), None);
            budget.spend(500);
        }
    }

    #[test]
    fn what_comes_pays_for_what_is_asked() {
        let mut budget = NackBudget::default();
        asked(&mut budget, Prospect::Hopeful, 60);
        let now = SECOND * 61;
        budget.waits_until(Prospect::Hopeful, now);
        budget.earn(1000 * 1000);
        let mut asked = 0;
        while budget.waits_until(Prospect::Hopeful, now).is_none() {
            budget.spend(500);
            asked += 500;
        }
        // No more is saved than what may leave at once.
        assert!(asked as f64 >= NACK_BURST_BYTES && asked as f64 <= NACK_BURST_BYTES + 1000.0);
    }
}
