//! When a giver announces its stream: before the first symbol, while something leaves, when
//! somebody asks, and after the last symbol. The number of the newest frame stands in it, so that
//! those who have lost the last frames learn that nothing is on its way to them any more.

use std::time::Duration;

use crate::protocol::rate::TokenBucket;

/// How often the stream is announced while something leaves by it.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(200);

/// Least time between two announcements.
const ANNOUNCE_LEAST: Duration = Duration::from_millis(8);

/// Announcements in a second because somebody asks, and at once: asking costs nothing.
const ANSWERS_PER_S: f64 = 5.0;
const ANSWERS_BURST: f64 = 20.0;

/// Announcements before the first symbol: whoever lacks them all loses what leaves until the next.
const FIRST: u32 = 3;

/// Announcements after the last symbol, and the time between them: whoever lacks them all asks
/// again a second later.
const LAST: u32 = 5;
const LAST_EVERY: Duration = Duration::from_millis(20);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Announcing {
    at: Option<Duration>,
    /// How many are still to leave before the first symbol.
    first: u32,
    /// How many are still to leave after the last one.
    last: u32,
    is_wanted: bool,
    /// Announcements that may still leave because somebody asks.
    answers: TokenBucket,
}

impl Announcing {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            at: None,
            first: FIRST,
            last: 0,
            is_wanted: true,
            answers: TokenBucket::new(ANSWERS_PER_S, ANSWERS_BURST, now),
        }
    }

    /// Whether symbols may leave.
    pub(super) fn has_begun(&self) -> bool {
        self.first == 0
    }

    /// Somebody needs an announcement.
    pub(super) fn answer(&mut self, now: Duration) {
        if !self.is_wanted {
            self.is_wanted = self.answers.try_spend(1.0, now);
        }
    }

    /// The last symbol was queued.
    pub(super) fn has_run_dry(&mut self) {
        self.last = LAST;
    }

    /// None is wanted any more.
    pub(super) fn stop(&mut self) {
        (self.last, self.is_wanted) = (0, false);
    }

    /// Whether one is due, which then leaves. `is_dry` says whether nothing is to be sent.
    pub(super) fn take(&mut self, now: Duration, is_dry: bool) -> bool {
        let is_due = self.next_time(is_dry).is_some_and(|at| at <= now);
        if is_due {
            self.at = Some(now);
            self.first = self.first.saturating_sub(1);
            self.is_wanted = self.first > 0;
            if is_dry {
                self.last = self.last.saturating_sub(1);
            }
        }
        is_due
    }

    /// When one is due, if any is.
    pub(super) fn next_time(&self, is_dry: bool) -> Option<Duration> {
        let Some(at) = self.at else {
            return Some(Duration::ZERO);
        };
        match is_dry {
            _ if self.is_wanted => Some(at + ANNOUNCE_LEAST),
            false => Some(at + ANNOUNCE_EVERY),
            true => (self.last > 0).then_some(at + LAST_EVERY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When announcements leave until a time, in milliseconds.
    fn left(announcing: &mut Announcing, from: u64, to: u64, is_dry: bool) -> Vec<u64> {
        let times = from..to;
        times
            .filter(|ms| announcing.take(Duration::from_millis(*ms), is_dry))
            .collect()
    }

    #[test]
    fn a_stream_is_announced_first_meanwhile_and_at_its_end() {
        let mut announcing = Announcing::new(Duration::ZERO);
        assert!(!announcing.has_begun());
        assert_eq!(left(&mut announcing, 0, 300, false), [0, 8, 16, 216]);
        assert!(announcing.has_begun());
        announcing.has_run_dry();
        let last = left(&mut announcing, 300, 10_000, true);
        assert_eq!(last, [300, 320, 340, 360, 380]);
        announcing.answer(Duration::from_secs(10));
        assert_eq!(left(&mut announcing, 10_000, 20_000, true), [10_000]);
    }

    #[test]
    fn who_asks_without_end_is_answered_a_few_times() {
        let mut announcing = Announcing::new(Duration::ZERO);
        let asked = (0..10_000).filter(|ms| {
            let now = Duration::from_millis(*ms);
            announcing.answer(now);
            announcing.take(now, true)
        });
        assert!((60..80).contains(&asked.count()));
    }
}
