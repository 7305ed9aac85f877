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
