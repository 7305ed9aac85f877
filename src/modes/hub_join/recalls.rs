//! When to call a hub again whose connection is lost, and whether the machine slept meanwhile.

use std::time::Duration;

use crate::protocol::rng::Rng;
use crate::protocol::time::{Moment, SleepDetector};

/// Longest wait before the first call. Each failure doubles it, up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_millis(500);
/// Longest wait between two calls.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Interval between two looks at the clocks.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// See the file's head.
#[derive(Debug)]
pub(super) struct Recalls {
    rng: Rng,
    away_since: Option<Duration>,
    /// The longest wait before the next call.
    wait: Duration,
    /// When to call; `None` while a call is on its way, and while we are at the hub.
    call_at: Option<Duration>,
    sleep: SleepDetector,
}

impl Recalls {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            away_since: None,
            wait: WAIT_FIRST,
            call_at: None,
            sleep: SleepDetector::default(),
        }
    }

    /// When the connection was lost, if we have not been let in since.
    pub(super) fn away_since(&self) -> Option<Duration> {
        self.away_since
    }

    /// The connection is lost, or a call failed: the next call follows after a while, which is
    /// random, so that a whole class does not call at once.
    pub(super) fn on_failure(&mut self, now: Duration) {
        self.away_since.get_or_insert(now);
        self.call_at = Some(now + self.rng.between(self.wait / 2, self.wait));
        self.wait = (self.wait * 2).min(WAIT_MAX);
    }

    /// The hub has let us in.
    pub(super) fn on_joined(&mut self) {
        self.away_since = None;
        self.call_at = None;
        self.wait = WAIT_FIRST;
    }

    /// Whether to call now. If so, the outcome of that call is awaited.
    pub(super) fn takes_call(&mut self, now: Duration) -> bool {
        self.call_at.take_if(|at| *at <= now).is_some()
    }

    /// Whether the machine slept since the last look. If a call was being waited for, it is due.
    pub(super) fn has_slept(&mut self, now: Moment) -> bool {
        let has_slept = self.sleep.has_slept(now);
        if has_slept {
            self.wait = WAIT_FIRST;
            self.call_at = self.call_at.map(|_| now.time);
        }
        has_slept
    }

    /// When to look again.
    pub(super) fn next_time(&self, now: Duration) -> Duration {
        let look_at = now + LOOK_INTERVAL;
        self.call_at.map_or(look_at, |at| at.min(look_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn calls_become_rarer_and_none_is_like_another() {
        let mut waits = [Vec::new(), Vec::new()];
        for (seed, waits) in (1..).zip(&mut waits) {
            let mut recalls = Recalls::new(seed);
            let mut now = S;
            for _ in 0..12 {
                recalls.on_failure(now);
                let at = recalls.call_at.unwrap();
                assert!(!recalls.takes_call(now) && recalls.takes_call(at));
                assert!(!recalls.takes_call(at), "one call at a time");
                waits.push(at - now);
                now = at;
            }
            assert_eq!(recalls.away_since(), Some(S));
            recalls.on_joined();
            assert_eq!(recalls.away_since(), None);
            recalls.on_failure(now);
            assert!(recalls.call_at.unwrap() <= now + WAIT_FIRST);
        }
        for waits in &waits {
            assert!(waits[0] <= WAIT_FIRST && waits[3] >= 2 * S);
            assert!(waits[11] >= WAIT_MAX / 2 && waits.iter().all(|wait| *wait <= WAIT_MAX));
        }
        assert_ne!(waits[0], waits[1]);
    }

    #[test]
    fn after_a_sleep_the_next_call_is_due_at_once() {
        let at = |seconds: u32, wall_ms: u64| Moment {
            time: S * seconds,
            wall_ms,
        };
        let mut recalls = Recalls::new(1);
        assert!(!recalls.has_slept(at(10, 1_000_000)));
        assert!(!recalls.has_slept(at(20, 1_010_400)), "a clock that drifts");
        (0..12).for_each(|_| recalls.on_failure(S * 20));
        assert!(!recalls.takes_call(S * 21));
        // The monotonic clock stands still while a machine sleeps.
        assert!(recalls.has_slept(at(21, 4_611_000)));
        assert!(recalls.takes_call(S * 21));
        assert!(!recalls.has_slept(at(22, 4_612_000)));
        assert!(
            !recalls.has_slept(at(23, 1_000)),
            "a clock that was set back"
        );
    }
}
