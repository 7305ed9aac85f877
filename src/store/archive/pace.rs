//! How far writing gives way. While much is said at once, a core that writes it is missing where it
//! is said, on this computer and perhaps in three more programs of it. So a batch is followed by a
//! pause that is longer than the batch took, until the rooms are quieter or too much waits.

use std::time::{Duration, Instant};

use super::lag::LAG_MAX_BYTES;

/// How often it is looked during a pause whether the rooms still say much.
const LOOK: Duration = Duration::from_millis(50);

/// Requests within that time that are much: five thousand a second. Fewer take so little of a core
/// that nobody misses it.
const MUCH: usize = 250;

/// Longest pause, so that a batch that had to wait for a lock does not stop the next one for long.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Pace {
    pause: Option<Pause>,
    /// Requests that have come since the last look.
    came: usize,
}

#[derive(Debug)]
struct Pause {
    end: Instant,
    next_look: Instant,
}

impl Pace {
    /// Takes in that so many requests have come.
    pub(super) fn take(&mut self, count: usize) {
        self.came += count;
    }

    /// Takes in that a batch was written and how long it took, while so many bytes wait.
    pub(super) fn wrote(&mut self, now: Instant, took: Duration, waiting_bytes: usize) {
        // The part of the time that is not for writing, as a multiple of the other.
        let times = match waiting_bytes * 4 / LAG_MAX_BYTES {
            0 => 9,
            1 => 3,
            2 => 1,
            _ => 0,
        };
        self.came = 0;
        self.pause = (times > 0).then(|| Pause {
            end: now + (took * times).min(PAUSE_MAX),
            next_look: now + LOOK,
        });
    }

    /// Ends a pause: somebody waits for what is written.
    pub(super) fn end_pause(&mut self) {
        self.pause = None;
    }

    /// Whether writing gives way now.
    pub(super) fn gives_way(&mut self, now: Instant) -> bool {
        let Some(pause) = &mut self.pause else {
            return false;
        };
        let mut is_over = pause.end <= now;
        if pause.next_look <= now {
            is_over |= self.came < MUCH;
            self.came = 0;
            pause.next_look = now + LOOK;
        }
        if is_over {
            self.pause = None;
        }
        !is_over
    }

    /// When that may change.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.pause.as_ref().map(|it| it.end.min(it.next_look))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;

    const BATCH: Duration = Duration::from_millis(40);

    /// How long writing gives way after a batch, while so many bytes wait and so many requests come
    /// in each look.
    fn pause(waiting_bytes: usize, came: usize) -> Duration {
        let begin = monotonic();
        let mut pace = Pace::default();
        pace.wrote(begin, BATCH, waiting_bytes);
        let mut now = begin;
        while pace.gives_way(now) {
            now = pace.next_time().expect("it changes at some time");
            pace.take(came);
        }
        now - begin
    }

    #[test]
    fn writing_gives_way_while_much_is_said_and_the_less_the_more_waits() {
        let quarter = LAG_MAX_BYTES / 4;
        for (waiting, times) in [(0, 9), (quarter, 3), (2 * quarter, 1), (3 * quarter, 0)] {
            assert_eq!(pause(waiting, MUCH), BATCH * times, "{waiting}");
        }
    }

    #[test]
    fn it_goes_on_as_soon_as_little_is_said() {
        assert_eq!(pause(0, MUCH - 1), LOOK);
        assert_eq!(pause(0, 0), LOOK);
    }

    #[test]
    fn somebody_who_waits_ends_the_pause() {
        let now = monotonic();
        let mut pace = Pace::default();
        pace.wrote(now, BATCH, 0);
        assert!(pace.gives_way(now));
        pace.end_pause();
        assert!(!pace.gives_way(now));
        assert_eq!(pace.next_time(), None);
    }

    #[test]
    fn a_batch_that_had_to_wait_does_not_stop_the_next_one_for_long() {
        let now = monotonic();
        let mut pace = Pace::default();
        pace.wrote(now, Duration::from_secs(5), 0);
        pace.take(MUCH);
        assert!(!pace.gives_way(now + PAUSE_MAX));
    }
}
