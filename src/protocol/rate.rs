//! A token bucket: tokens arrive at a constant rate up to a limit, and each unit of work costs
//! some. The bucket bounds both the average rate and the burst.

use std::time::Duration;

/// The slowest rate that a bucket accepts, so that a waiting time is always finite.
const RATE_MIN_PER_S: f64 = 1e-6;

/// See the module's documentation. Tokens are fractional, because a short time brings less than a
/// whole one. Time never runs backwards here: a time before the last one counts as the last one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenBucket {
    rate_per_s: f64,
    burst_tokens: f64,
    /// Negative while the bucket is in debt.
    tokens: f64,
    refilled_at: Duration,
}

impl TokenBucket {
    /// A full bucket: `rate_per_s` tokens arrive each second, and at most `burst_tokens` are kept.
    #[must_use]
    pub fn new(rate_per_s: f64, burst_tokens: f64, now: Duration) -> Self {
        Self {
            rate_per_s: rate_per_s.max(RATE_MIN_PER_S),
            burst_tokens,
            tokens: burst_tokens,
            refilled_at: now,
        }
    }

    /// Tokens that arrive each second.
    #[must_use]
    pub fn rate_per_s(&self) -> f64 {
        self.rate_per_s
    }

    /// Changes the rate and the limit. The next refill applies both to all the time since the last
    /// one; call [`TokenBucket::refill`] first to account for that time at the old rate.
    pub fn set_rate(&mut self, rate_per_s: f64, burst_tokens: f64) {
        self.rate_per_s = rate_per_s.max(RATE_MIN_PER_S);
        self.burst_tokens = burst_tokens;
    }

    /// Adds the tokens that have arrived since the last refill, and returns how many there are:
    /// fewer than none while the bucket is in debt.
    pub fn refill(&mut self, now: Duration) -> f64 {
        let elapsed = now.saturating_sub(self.refilled_at);
        self.refilled_at = self.refilled_at.max(now);
        let arrived = elapsed.as_secs_f64() * self.rate_per_s;
        self.tokens = (self.tokens + arrived).min(self.burst_tokens);
        self.tokens
    }

    /// The tokens at the last refill, less what was spent since.
    #[must_use]
    pub fn tokens(&self) -> f64 {
        self.tokens
    }

    /// Spends tokens, whether they are there or not: the bucket may go into debt. For work that is
    /// already done when its cost is known.
    pub fn spend(&mut self, tokens: f64) {
        self.tokens -= tokens;
    }

    /// Spends tokens if they are there now; returns whether they were.
    pub fn try_spend(&mut self, tokens: f64, now: Duration) -> bool {
        let is_covered = self.refill(now) >= tokens;
        if is_covered {
            self.spend(tokens);
        }
        is_covered
    }

    /// When this many tokens will be there; the time of the last refill if they are there already.
    #[must_use]
    pub fn available_at(&self, tokens: f64) -> Duration {
        let wait_s = (tokens - self.tokens) / self.rate_per_s;
        let wait = Duration::try_from_secs_f64(wait_s.max(0.0)).unwrap_or(Duration::MAX);
        self.refilled_at.saturating_add(wait)
    }

    /// When the debt will be paid; `None` without a debt.
    #[must_use]
    pub fn in_debt_until(&self) -> Option<Duration> {
        (self.tokens < 0.0).then(|| self.available_at(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_burst_is_spent_at_once_and_refills_at_the_rate() {
        let mut bucket = TokenBucket::new(10.0, 3.0, MS);
        assert!((0..3).all(|_| bucket.try_spend(1.0, MS)));
        assert!(!bucket.try_spend(1.0, MS));
        assert_eq!(bucket.available_at(1.0), 101 * MS);
        assert!(!bucket.try_spend(1.0, 100 * MS));
        assert!(bucket.try_spend(1.0, 102 * MS));
        // An idle bucket keeps one burst, however long it was idle.
        assert_eq!(bucket.refill(Duration::from_secs(3600)), 3.0);
    }

    #[test]
    fn a_debt_delays_what_comes_after_it() {
        let mut bucket = TokenBucket::new(10.0, 10.0, Duration::ZERO);
        bucket.spend(10.0);
        assert_eq!(bucket.in_debt_until(), None);
        bucket.spend(5.0);
        assert_eq!(bucket.in_debt_until(), Some(500 * MS));
        bucket.refill(250 * MS);
        assert_eq!(bucket.in_debt_until(), Some(500 * MS));
        bucket.refill(500 * MS);
        assert_eq!(bucket.in_debt_until(), None);
    }

    #[test]
    fn a_new_rate_counts_from_the_last_refill() {
        let mut bucket = TokenBucket::new(10.0, 100.0, Duration::ZERO);
        bucket.spend(100.0);
        bucket.refill(1000 * MS);
        bucket.set_rate(20.0, 25.0);
        assert_eq!(bucket.refill(1500 * MS), 20.0);
        assert_eq!(bucket.refill(9000 * MS), 25.0);
        assert_eq!(bucket.rate_per_s(), 20.0);
    }

    #[test]
    fn a_rate_of_nothing_waits_long_and_does_not_panic() {
        let mut bucket = TokenBucket::new(0.0, 1.0, Duration::ZERO);
        bucket.spend(1e300);
        assert_eq!(bucket.available_at(1.0), Duration::MAX);
        assert_eq!(bucket.refill(Duration::MAX), bucket.tokens());
    }

    proptest! {
        #[test]
        fn no_more_is_spent_than_a_burst_and_what_arrived(
            rate_per_s in 0.1_f64..10_000.0,
            burst_tokens in 1.0_f64..1000.0,
            steps in proptest::collection::vec((0_u64..500, 0.0_f64..20.0), 0..100),
        ) {
            let mut bucket = TokenBucket::new(rate_per_s, burst_tokens, Duration::ZERO);
            let (mut now, mut spent) = (Duration::ZERO, 0.0);
            for (pause_ms, tokens) in steps {
                now += MS * u32::try_from(pause_ms).unwrap();
                if bucket.try_spend(tokens, now) {
                    spent += tokens;
                } else {
                    // What is refused now is granted at the time that the bucket names.
                    let at = bucket.available_at(tokens);
                    let mut later = bucket;
                    let is_possible = tokens <= burst_tokens;
                    prop_assert_eq!(
                        later.try_spend(tokens, at + Duration::from_micros(1)), is_possible
                    );
                }
                prop_assert!(bucket.tokens() >= 0.0 && bucket.tokens() <= burst_tokens);
                let most = burst_tokens + rate_per_s * now.as_secs_f64();
                prop_assert!(spent <= most * (1.0 + 1e-9), "{spent} of {most}");
            }
        }
    }
}
