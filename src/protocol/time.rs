//! Time as a value: the pure core reads no clock, it receives the time with each call.

use std::time::Duration;

/// One reading of the clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Time since the program started: for the distance between two readings.
    pub time: Duration,
    /// Milliseconds since 1970, by the wall clock: what people read, and what may jump.
    pub wall_ms: u64,
}

/// A wall clock that gains this much on the monotonic one shows that the machine slept.
const SLEPT_MS: u64 = 5000;

/// Notices that the machine slept: the monotonic clock stood still meanwhile, and the wall clock
/// did not.
#[derive(Clone, Copy, Debug, Default)]
pub struct SleepDetector {
    /// How far the wall clock was ahead of the monotonic one at the last look.
    wall_ahead_ms: Option<u64>,
}

impl SleepDetector {
    /// Whether the machine slept since the last look.
    pub fn has_slept(&mut self, now: Moment) -> bool {
        let ahead_ms = now.wall_ms.saturating_sub(now.time.as_millis() as u64);
        let before_ms = self.wall_ahead_ms.replace(ahead_ms);
        before_ms.is_some_and(|before_ms| ahead_ms > before_ms + SLEPT_MS)
    }
}
