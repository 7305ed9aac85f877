//! How many bytes of repairs a member sends. NACKs are not signed and cost their author little, so
//! that they are bounded by their effect: what a member repairs, and repeats because others ask
//! much, stays in proportion to what it says itself.
//!
//! Own frames earn credit, which is for own frames that are young enough to be missed and is lost
//! after a while. Everything else, frames of others and older ones, is repaired out of a small
//! steady budget; who lacks more of these than that gets them by an exchange.

use std::time::Duration;

use super::config::{
    MUTE_SINGLE_ASKS, REPAIR_BURST_BYTES, REPAIR_BYTES_PER_S, REPAIR_CREDIT, REPAIR_CREDIT_AGE,
    REPAIR_CREDIT_LEFT, REPAIR_CREDIT_LEFT_MAX_BYTES, REPAIR_YOUNG,
};
use crate::protocol::rate::TokenBucket;

/// Whether a frame is young enough to be missed by somebody who was here when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Young,
    Old,
}

impl Age {
    /// The age of an own frame with this clock, in milliseconds.
    pub(super) fn of(clock_ms: u64, now_ms: u64) -> Self {
        let young_ms = REPAIR_YOUNG.as_millis() as u64;
        match clock_ms.saturating_add(young_ms) >= now_ms {
            true => Self::Young,
            false => Self::Old,
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct RepairBudget {
    /// Credit in bytes, earned since `since` and in the period before.
    credit: f64,
    credit_before: f64,
    /// What was earned in both.
    earned: f64,
    earned_before: f64,
    since: Duration,
    steady: TokenBucket,
}

/// Out of what a repair is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paid {
    Credit,
    Steady,
}

impl Default for RepairBudget {
    fn default() -> Self {
        Self {
            credit: 0.0,
            credit_before: 0.0,
            earned: 0.0,
            earned_before: 0.0,
            since: Duration::ZERO,
            steady: TokenBucket::new(REPAIR_BYTES_PER_S, REPAIR_BURST_BYTES, Duration::ZERO),
        }
    }
}

impl RepairBudget {
    /// Notes that a new own frame of so many bytes leaves.
    pub(super) fn earn(&mut self, bytes: usize, now: Duration) {
        self.expire(now);
        self.credit += bytes as f64 * REPAIR_CREDIT;
        self.earned += bytes as f64 * REPAIR_CREDIT;
    }

    /// Spends so many bytes on a frame that was asked for so often, if they are there.
    pub(super) fn try_spend(
        &mut self,
        bytes: usize,
        (age, asked): (Age, u8),
        now: Duration,
    ) -> Option<Paid> {
        self.expire(now);
        let bytes = bytes as f64;
        let left = match asked > MUTE_SINGLE_ASKS {
            true => (self.earned + self.earned_before) * REPAIR_CREDIT_LEFT,
            false => 0.0,
        };
        let needed = bytes + left.min(REPAIR_CREDIT_LEFT_MAX_BYTES);
        if age == Age::Young && self.credit + self.credit_before >= needed {
            let old = self.credit_before.min(bytes);
            self.credit_before -= old;
            self.credit -= bytes - old;
            return Some(Paid::Credit);
        }
        let is_paid = self.steady.try_spend(bytes, now);
        is_paid.then_some(Paid::Steady)
    }

    fn expire(&mut self, now: Duration) {
        let periods =
            now.saturating_sub(self.since).as_secs_f64() / REPAIR_CREDIT_AGE.as_secs_f64();
        if periods < 1.0 {
            return;
        }
        let is_next = periods < 2.0;
        self.credit_before = if is_next { self.credit } else { 0.0 };
        self.earned_before = if is_next { self.earned } else { 0.0 };
        (self.credit, self.earned) = (0.0, 0.0);
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many bytes are granted of 1000 at a time, asked for until none is.
    fn all_of(budget: &mut RepairBudget, age: Age, now: Duration) -> usize {
        all_asked(budget, (age, 1), now)
    }

    /// The same of frames that were asked for so often.
    fn all_asked(budget: &mut RepairBudget, asked: (Age, u8), now: Duration) -> usize {
        let grant = || budget.try_spend(1000, asked, now).map(|_| 1000);
        std::iter::from_fn(grant).take(1_000_000).sum()
    }

    #[test]
    fn whoever_asks_for_one_frame_all_the_time_leaves_repairs_of_the_others() {
        let mut budget = RepairBudget::default();
        budget.earn(10_000, SECOND);
        all_asked(&mut budget, (Age::Young, 9), SECOND);
        let others = all_of(&mut budget, Age::Young, SECOND);
        assert!((8000..10_000).contains(&others), "{others}");
    }

    #[test]
    fn repairs_stay_in_proportion_to_what_was_said() {
        let mut budget = RepairBudget::default();
        for _ in 0..1000 {
            budget.earn(1000, SECOND);
        }
        let granted = all_of(&mut budget, Age::Young, SECOND) as f64;
        let most = 1_000_000.0 * REPAIR_CREDIT + REPAIR_BURST_BYTES;
        assert!(granted <= most && granted >= most - 2000.0, "{granted}");
    }

    #[test]
    fn credit_is_for_young_frames_and_is_lost_after_a_while() {
        let mut budget = RepairBudget::default();
        budget.earn(1_000_000, SECOND);
        let old = all_of(&mut budget, Age::Old, SECOND) as f64;
        assert!(old <= REPAIR_BURST_BYTES);
        let late = SECOND + REPAIR_CREDIT_AGE * 3;
        budget.earn(1, late);
        let granted = all_of(&mut budget, Age::Young, late) as f64;
        assert!(granted <= REPAIR_BURST_BYTES + 3.0, "{granted}");
    }

    #[test]
    fn who_says_nothing_repairs_at_most_20_kbit_in_a_second_of_any_minute() {
        let mut budget = RepairBudget::default();
        for minute in 0..5 {
            let seconds = (0..60).map(|second| SECOND * (minute * 60 + second));
            let bytes: usize = seconds
                .map(|now| all_of(&mut budget, Age::Young, now))
                .sum();
            assert!(bytes * 8 <= 20_000 * 60, "{bytes}");
        }
    }
}
