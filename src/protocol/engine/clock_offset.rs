//! What a member's clock shows, by its frames that are never repaired.
//!
//! A frame can be held up, and cannot be hurried: of all readings of a clock, the one that is
//! furthest ahead of ours is nearest to the truth, and a recording that is sent again never moves
//! it. What stands far behind that reading was made long ago, whatever clock its author has.
//! Durable frames teach nothing, because their clocks may be ahead of their author's. A member that
//! sets its clock back says hello once more, and is learned anew.

use std::time::Duration;

use super::config::{CLOCK_DRIFT_DIVISOR, STALE_AFTER};

/// The reading of a member's clock that is furthest ahead of ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockOffset {
    /// In milliseconds since 1970, and when it was heard.
    reading: Option<(u64, Duration)>,
}

impl ClockOffset {
    /// Takes in a reading, in milliseconds since 1970.
    pub fn learn(&mut self, clock_ms: u64, now: Duration) {
        if self.least_ms(now).is_none_or(|least| clock_ms >= least) {
            self.reading = Some((clock_ms, now));
        }
    }

    /// The least that the clock shows now, in milliseconds since 1970; `None` before a reading.
    #[must_use]
    pub fn least_ms(&self, now: Duration) -> Option<u64> {
        let (clock_ms, heard) = self.reading?;
        let passed = now.saturating_sub(heard);
        let passed = passed.saturating_sub(passed / CLOCK_DRIFT_DIVISOR);
        Some(clock_ms.saturating_add(passed.as_millis() as u64))
    }

    /// Whether a frame with this reading was made long before now; `None` before a reading.
    #[must_use]
    pub fn is_stale(&self, clock_ms: u64, now: Duration) -> Option<bool> {
        let stale_ms = STALE_AFTER.as_millis() as u64;
        Some(clock_ms.saturating_add(stale_ms) < self.least_ms(now)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_was_made_long_before_the_newest_reading_is_stale_whatever_the_clock_shows() {
        for clock_ms in [0, 1_790_000_000_000, u64::MAX >> 16] {
            let mut offset = ClockOffset::default();
            assert_eq!(offset.is_stale(clock_ms, s(10)), None);
            offset.learn(clock_ms, s(10));
            assert_eq!(offset.is_stale(clock_ms, s(14)), Some(false));
            assert_eq!(offset.is_stale(clock_ms, s(16)), Some(true));
            assert_eq!(offset.is_stale(clock_ms + 6000, s(16)), Some(false));
        }
    }

    #[test]
    fn a_recording_moves_nothing_and_a_corrected_clock_does() {
        let mut offset = ClockOffset::default();
        offset.learn(100_000, s(10));
        offset.learn(100_000, s(70));
        assert_eq!(offset.is_stale(100_001, s(70)), Some(true));
        offset.learn(1_790_000_000_000, s(70));
        assert_eq!(offset.is_stale(1_789_999_000_000, s(70)), Some(true));
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let mut offset = ClockOffset::default();
        // 200 ppm slower than ours, a reading each minute for a day.
        for minute in 0..1440 {
            let clock_ms = 1_000_000_000 + minute * 59_988;
            assert_ne!(offset.is_stale(clock_ms, s(minute * 60)), Some(true));
            offset.learn(clock_ms, s(minute * 60));
        }
    }
}
