//! How much this member asks for what it lacks. An author decides what is missing, by claims that
//! cost it one beat each, so that it does not decide how much is asked: requests stay in proportion
//! to what is received, and to what comes of them, and beside that a little leaves all the time.

use std::time::Duration;

use super::config::{
    NACK_BURST_BYTES, NACK_BYTES_PER_S, NACK_OF_RECEIVED, NACK_OF_REPAIRED,
    NACK_REPAIRED_BURST_BYTES, NACK_REPAIRED_BYTES_PER_S, VAIN_FEW,
};
use crate::protocol::rate::TokenBucket;

/// What speaks for a request to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prospect {
    /// What is asked for comes, as far as is known.
    Hopeful,
    /// Nothing came of several requests: these leave half of the budget to the others.
    Vain,
}

impl Prospect {
    /// What speaks for a request to a member that was asked so often in vain.
    pub(super) fn after(asked_in_vain: u32) -> Self {
        match asked_in_vain {
            VAIN_FEW.. => Self::Vain,
            _ => Self::Hopeful,
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct NackBudget {
    by_received: TokenBucket,
    by_repaired: TokenBucket,
    /// How much of what was missing counts in full.
    in_full: TokenBucket,
}

impl Default for NackBudget {
    fn default() -> Self {
        let bucket = || TokenBucket::new(NACK_BYTES_PER_S, NACK_BURST_BYTES, Duration::ZERO);
        Self {
            by_received: bucket(),
            by_repaired: bucket(),
            in_full: TokenBucket::new(
                NACK_REPAIRED_BYTES_PER_S,
                NACK_REPAIRED_BURST_BYTES,
                Duration::ZERO,
            ),
        }
    }
}

impl NackBudget {
    /// Notes that a new durable frame of so many bytes came, which was asked for or not.
    pub(super) fn earn(&mut self, bytes: usize, was_missing: bool, now: Duration) {
        let bytes = bytes as f64;
        self.by_received.spend(-bytes * NACK_OF_RECEIVED);
        if was_missing {
            let part = match self.in_full.try_spend(bytes, now) {
                true => NACK_OF_REPAIRED,
                false => NACK_OF_RECEIVED,
            };
            self.by_repaired.spend(-bytes * part);
        }
    }

    /// When a request may leave to a member that was asked so often in vain; `None` if it may leave
    /// now. Of what is paid by repairs, each request in vain leaves more to the others: whoever is
    /// asked for the first time in a while is asked at once.
    pub(super) fn waits_until(&mut self, asked_in_vain: u32, now: Duration) -> Option<Duration> {
        let half = NACK_BURST_BYTES / 2.0;
        let left_to_others = match Prospect::after(asked_in_vain) {
            Prospect::Hopeful => 1.0,
            Prospect::Vain => half,
        };
        let share = f64::from(asked_in_vain.min(VAIN_FEW)) / f64::from(VAIN_FEW);
        let buckets = [
            (&mut self.by_received, left_to_others),
            (&mut self.by_repaired, (half * share).max(1.0)),
        ];
        let waits = buckets.into_iter().filter_map(|(bucket, needed)| {
            let has_enough = bucket.refill(now) >= needed;
            (!has_enough).then(|| bucket.available_at(needed))
        });
        // A little later, because the sum of two times is rounded.
        waits.max().map(|until| until + Duration::from_millis(1))
    }

    /// Spends what a request takes; what is not there is paid before the next one.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.by_received.spend(bytes as f64);
        self.by_repaired.spend(bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many bytes of requests of 500 bytes leave in so many seconds, as soon as they may.
    fn asked(budget: &mut NackBudget, in_vain: u32, seconds: u32) -> usize {
        let (mut now, mut bytes) = (SECOND, 0);
        while now < SECOND * (1 + seconds) {
            match budget.waits_until(in_vain, now) {
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
        let bytes = asked(&mut NackBudget::default(), 0, 60);
        let most = NACK_BURST_BYTES + 60.0 * NACK_BYTES_PER_S + 500.0;
        assert!(bytes as f64 <= most, "{bytes}");
    }

    #[test]
    fn who_is_asked_in_vain_leaves_half_to_the_others() {
        let mut budget = NackBudget::default();
        asked(&mut budget, VAIN_FEW, 600);
        let now = SECOND * 601;
        assert!(budget.waits_until(VAIN_FEW, now).is_some());
        for _ in 0..(NACK_BURST_BYTES as usize / 2 / 500) {
            assert_eq!(budget.waits_until(0, now), None);
            budget.spend(500);
        }
    }

    #[test]
    fn whoever_sends_what_was_missing_without_end_is_asked_little() {
        let (mut budget, mut bytes) = (NackBudget::default(), 0);
        for tick in 0..6000 {
            let now = SECOND + SECOND * tick / 100;
            // 200 kbit/s, of which a tenth was missing.
            budget.earn(250, tick.is_multiple_of(10), now);
            while budget.waits_until(0, now).is_none() {
                budget.spend(250);
                bytes += 250;
            }
        }
        assert!(bytes * 8 <= 60 * 10_000, "{bytes}");
    }

    #[test]
    fn what_was_not_asked_for_pays_for_no_request() {
        let mut budget = NackBudget::default();
        asked(&mut budget, 0, 60);
        let now = SECOND * 61;
        budget.waits_until(0, now);
        budget.earn(1000 * 1000, false, now);
        let bytes = asked(&mut budget, 0, 120);
        assert!(bytes as f64 <= 60.0 * NACK_BYTES_PER_S + 500.0, "{bytes}");
    }

    #[test]
    fn what_comes_pays_for_what_is_asked() {
        let mut budget = NackBudget::default();
        asked(&mut budget, 0, 60);
        let now = SECOND * 61;
        budget.waits_until(0, now);
        budget.earn(1000 * 1000, true, now);
        let mut asked = 0;
        while budget.waits_until(0, now).is_none() {
            budget.spend(500);
            asked += 500;
        }
        // No more is saved than what may leave at once.
        assert!(asked as f64 >= NACK_BURST_BYTES && asked as f64 <= NACK_BURST_BYTES + 1000.0);
    }
}
