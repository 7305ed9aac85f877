//! How often others ask for own frames, and how often these are therefore repeated unasked.

use super::config::{REPEAT_ONCE_ABOVE, REPEAT_TWICE_ABOVE};

/// Weight of the newest own frame in the moving average of NACKs per frame.
const NACKS_WEIGHT: f64 = 1.0 / 16.0;

/// Upper bound of the NACKs that count for one frame in that average.
const NACKS_COUNTED_MAX: f64 = 4.0;

/// How often others ask for own frames, on which it depends how often these are repeated unasked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NackRate {
    per_frame: f64,
    since_last_frame: u32,
}

impl NackRate {
    /// Counts a NACK for the newest frame.
    pub(super) fn count(&mut self) {
        self.since_last_frame += 1;
    }

    /// Ends the count of NACKs for the previous frame; how often to repeat the next one unasked.
    pub(super) fn repeats_of_next(&mut self) -> u32 {
        let counted = std::mem::take(&mut self.since_last_frame);
        // A frame that is lost again and again says no more about the next one.
        let counted = f64::from(counted).min(NACKS_COUNTED_MAX);
        self.per_frame += (counted - self.per_frame) * NACKS_WEIGHT;
        match self.per_frame {
            few if few <= REPEAT_ONCE_ABOVE => 0,
            some if some <= REPEAT_TWICE_ABOVE => 1,
            _ => 2,
        }
    }
}
