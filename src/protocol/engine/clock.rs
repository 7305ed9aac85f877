//! The hybrid clock (Kulkarni et al., 2014): close to the wall clock, and always later than any
//! clock heard. 48 bits of milliseconds since 1970, 16 bits of counter.

use std::time::Duration;

use super::config::CLOCK_AHEAD_MAX;

/// Makes clocks for frames.
#[derive(Debug, Default)]
pub struct HybridClock {
    last: u64,
    offset_ms: i64,
}

impl HybridClock {
    /// The clock for a frame made now.
    pub fn tick(&mut self, wall_ms: u64) -> u64 {
        self.last = self.now(wall_ms).max(self.last + 1);
        self.last
    }

    /// The clock now, without counting.
    #[must_use]
    pub fn now(&self, wall_ms: u64) -> u64 {
        wall_ms.saturating_add_signed(self.offset_ms) << 16
    }

    /// Whether the next [`HybridClock::tick`] is later than a clock.
    #[must_use]
    pub fn will_pass(&self, clock: u64, wall_ms: u64) -> bool {
        clock <= self.last || clock < self.now(wall_ms)
    }

    /// Takes in a clock that was heard. One that is too far ahead orders its frame and does not
    /// advance this clock.
    pub fn observe(&mut self, heard: u64, wall_ms: u64) {
        let ahead_max = (CLOCK_AHEAD_MAX.as_millis() as u64) << 16;
        if heard <= self.now(wall_ms).saturating_add(ahead_max) {
            self.last = self.last.max(heard);
        }
    }

    /// Adopts the clock of a group, which is ahead of this one by some milliseconds, or behind. A
    /// clock that is set back begins anew.
    pub fn follow(&mut self, difference_ms: i64) {
        self.offset_ms += difference_ms;
        if difference_ms < 0 {
            self.last = 0;
        }
    }
}

/// How long before a clock another one was made; nothing if it is ahead.
#[must_use]
pub fn age_at(clock_now: u64, clock: u64) -> Duration {
    Duration::from_millis(clock_ms(clock_now).saturating_sub(clock_ms(clock)))
}

/// The milliseconds since 1970 of a clock.
#[must_use]
pub fn clock_ms(clock: u64) -> u64 {
    clock >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_wall_and_what_was_heard() {
        let mut clock = HybridClock::default();
        assert_eq!(clock.tick(1000), 1000 << 16);
        assert_eq!(clock.tick(1000), (1000 << 16) + 1);
        clock.observe(2000 << 16, 1001);
        assert_eq!(clock.tick(1001), (2000 << 16) + 1);
        assert_eq!(clock.tick(3000), 3000 << 16);
    }

    #[test]
    fn it_knows_what_its_next_clock_will_pass() {
        let mut clock = HybridClock::default();
        for _ in 0..3 {
            let made = clock.tick(1000);
            assert!(clock.will_pass(made, 1000) && !clock.will_pass(made + 1, 1000));
        }
        assert!(clock.will_pass(1000 << 16, 1001) && !clock.will_pass(1001 << 16, 1001));
    }

    #[test]
    fn a_clock_from_the_future_moves_nobody() {
        let mut clock = HybridClock::default();
        clock.observe(u64::MAX, 1000);
        assert_eq!(clock.tick(1000), 1000 << 16);
    }

    #[test]
    fn a_joiner_with_a_wrong_clock_follows_the_group() {
        let mut clock = HybridClock::default();
        assert_eq!(clock.tick(500_000), 500_000 << 16);
        clock.follow(-400_000);
        assert_eq!(clock.tick(500_001), 100_001 << 16);
        clock.follow(1_000_000);
        assert_eq!(clock.tick(500_002), 1_100_002 << 16);
    }
}
