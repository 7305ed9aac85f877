//! How fast a member sends.

use std::time::Duration;

use super::arrivals::Arrived;
use super::config::{
    BATCH_WAIT, GRTT_MAX, GRTT_MIN, GRTT_UNMEASURED, PACE_BURST, PACE_FEELS_BY, PACE_GROWS_BY,
    PACE_GROWS_EVERY, PACE_HOLD, PACE_MAX_PER_S, PACE_OVER_ARRIVALS, PACE_PAUSE, PACE_RADIO_PER_S,
    PACE_START_PER_S,
};
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::seal::signed_batch::BATCH_MAX_FRAMES;

/// How many durable frames may leave, repairs included: a token bucket whose rate grows while its
/// tokens are used up.
#[derive(Debug)]
pub struct Pace {
    bucket: TokenBucket,
    is_slow: bool,
    /// Whether its tokens were used up since it last might have grown.
    was_short: bool,
    grows_at: Duration,
    grows_by: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            bucket: TokenBucket::new(PACE_START_PER_S, PACE_BURST, Duration::ZERO),
            is_slow: false,
            was_short: false,
            grows_at: Duration::ZERO,
            grows_by: PACE_GROWS_BY,
        }
    }
}

impl Pace {
    /// Frames per second.
    #[must_use]
    pub fn rate_per_s(&self) -> f64 {
        self.bucket.rate_per_s()
    }

    /// Whether some of the frames that wait may leave now; `waiting` is about how many there are.
    pub fn allows(&mut self, now: Duration, waiting: usize) -> bool {
        self.bucket.refill(now);
        self.grow(now);
        let is_allowed = self.bucket.tokens() >= self.batch_of(waiting);
        self.was_short |= !is_allowed;
        is_allowed
    }

    fn set_rate(&mut self, rate_per_s: f64) {
        // At most the frames of a tenth of a second at once, so that the bucket of a slow link is
        // small.
        let burst = PACE_BURST.min((rate_per_s / 10.0).max(1.0));
        self.bucket.set_rate(rate_per_s, burst);
    }

    /// How many of the waiting frames should leave together: as many as may leave soon.
    fn batch_of(&self, waiting: usize) -> f64 {
        let soon = self.bucket.rate_per_s() * BATCH_WAIT.as_secs_f64();
        soon.min(waiting.min(BATCH_MAX_FRAMES) as f64).max(1.0)
    }

    /// How many frames may leave now, at least one.
    #[must_use]
    pub fn burst(&self) -> usize {
        self.bucket.tokens().max(1.0) as usize
    }

    /// Notes that a frame left.
    pub fn sent(&mut self) {
        self.bucket.spend(1.0);
    }

    /// Takes in what arrived at one receiver. If that is less than half of what left, the path or
    /// the receiver is saturated, since no link loses so much at random. The pace then falls to a
    /// little over what arrives, and grows slowly from there.
    pub fn arrived(&mut self, arrived: Arrived, now: Duration) {
        if self.is_slow || arrived.heard >= arrived.sent / 2 {
            return;
        }
        let heard_per_s = f64::from(arrived.heard) / arrived.time.as_secs_f64();
        let carried = (heard_per_s * PACE_OVER_ARRIVALS).max(PACE_START_PER_S);
        self.set_rate(self.bucket.rate_per_s().min(carried));
        self.grows_at = now + PACE_HOLD;
        self.grows_by = PACE_FEELS_BY;
        self.was_short = false;
    }

    /// Adapts to the slowest link of the group: on radio, `speakers` share the air.
    pub fn adapt_to(&mut self, slowest: Link, speakers: usize) {
        let was_slow = std::mem::replace(&mut self.is_slow, slowest.is_slow());
        if self.is_slow {
            self.set_rate(PACE_RADIO_PER_S / speakers.max(1) as f64);
        } else if was_slow {
            self.set_rate(PACE_START_PER_S);
        }
    }

    /// When frames that may not leave now may leave.
    #[must_use]
    pub fn next_time(&self, now: Duration, waiting: usize) -> Duration {
        let lacking = self.batch_of(waiting) - self.bucket.tokens();
        now + Duration::from_secs_f64((lacking / self.bucket.rate_per_s()).clamp(1e-5, 1.0))
    }

    /// Raises the rate if it was the limit; after a pause it grows as at first.
    fn grow(&mut self, now: Duration) {
        if self.is_slow || now < self.grows_at {
            return;
        }
        if now > self.grows_at + PACE_PAUSE {
            (self.grows_by, self.was_short) = (PACE_GROWS_BY, false);
        }
        self.grows_at = now + PACE_GROWS_EVERY;
        if std::mem::take(&mut self.was_short) {
            let faster = self.bucket.rate_per_s() * self.grows_by;
            self.set_rate(faster.min(PACE_MAX_PER_S));
        }
    }
}

/// The group's round trip, as this member measures it: it rises fast and falls slowly
/// (RFC 5740, section 5.2.1).
#[derive(Clone, Copy, Debug)]
pub struct RoundTrip(Duration);

impl Default for RoundTrip {
    fn default() -> Self {
        Self(GRTT_UNMEASURED)
    }
}

impl RoundTrip {
    /// Takes in one measurement.
    pub fn measure(&mut self, sample: Duration) {
        let weight = if sample > self.0 { 0.5 } else { 0.1 };
        let estimate = self.0.mul_f64(1.0 - weight) + sample.mul_f64(weight);
        self.0 = estimate.clamp(GRTT_MIN, GRTT_MAX);
    }

    /// The estimate.
    #[must_use]
    pub fn estimate(self) -> Duration {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_micros(250);

    /// A pace whose bucket is empty, and the time of that.
    fn used_up() -> (Pace, Duration) {
        let (mut pace, now) = (Pace::default(), Duration::from_secs(1));
        while pace.allows(now, 1) {
            pace.sent();
        }
        (pace, now)
    }

    #[test]
    fn a_backlog_waits_a_little_for_a_run_and_a_single_frame_for_its_turn() {
        let (mut pace, now) = used_up();
        assert!(pace.allows(now + STEP, 1), "4000 a second");
        assert!(!pace.allows(now + STEP, 100));
        assert!(!pace.allows(now + 3 * STEP, 100));
        assert!(pace.allows(now + BATCH_WAIT, 100));
        assert_eq!(pace.burst(), 4);
        let (pace, now) = used_up();
        assert!(pace.next_time(now, 1) <= now + STEP);
        assert!(pace.next_time(now, 100) > now + 3 * STEP);
    }

    #[test]
    fn a_pace_that_is_used_up_doubles_and_one_that_is_not_stays() {
        let (mut pace, mut now) = used_up();
        let mut rate_after = |is_used_up: bool| {
            now += PACE_GROWS_EVERY;
            pace.allows(now, 1);
            while is_used_up && pace.allows(now, 1) {
                pace.sent();
            }
            pace.bucket.rate_per_s()
        };
        let rates = [true, true, false, false, false].map(&mut rate_after);
        assert_eq!(rates, [8000.0, 16_000.0, 32_000.0, 32_000.0, 32_000.0]);
    }

    #[test]
    fn a_way_that_carries_no_more_is_not_filled() {
        let (mut pace, now) = used_up();
        pace.set_rate(64_000.0);
        let arrived = |heard| Arrived {
            heard,
            sent: 640,
            time: Duration::from_millis(10),
        };
        pace.arrived(arrived(330), now);
        assert_eq!(
            pace.bucket.rate_per_s(),
            64_000.0,
            "so much may be lost by chance"
        );
        pace.arrived(arrived(100), now);
        assert_eq!(pace.bucket.rate_per_s(), 15_000.0);
        let mut rate_at = |at: Duration| {
            pace.was_short = true;
            pace.grow(at);
            pace.bucket.rate_per_s()
        };
        assert_eq!(rate_at(now + PACE_HOLD - STEP), 15_000.0);
        assert_eq!(rate_at(now + PACE_HOLD), 15_000.0 * PACE_FEELS_BY);
        pace.arrived(arrived(0), now);
        assert_eq!(pace.bucket.rate_per_s(), PACE_START_PER_S);
    }
}
