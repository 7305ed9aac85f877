//! How far a member is ahead of the members that report. The window waits for the slowest of them,
//! but not for ever: how far a receiver lags is measured in time. A receiver that stays under
//! [`LAGGING_PER_S`] for [`STUCK_AFTER`] while the window waits for it leaves the window. So does
//! one that moves in tiny steps, whether its machine is slow or it lies.
//!
//! It comes back with its first report after its time outside (`laggards`) which shows that it
//! has kept up: that it lacks no more than a window of frames. Nobody enters in another way.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::config::{LAGGING_PER_S, STUCK_AFTER, WINDOW_FIRST_FRAMES, WINDOW_SENT_FRAMES};
use super::laggards::Laggards;
use super::roster::Id;

/// How far this member may be ahead of the members that report.
#[derive(Debug)]
pub struct Window {
    frames: u32,
    reporters: BTreeMap<Id, Report>,
    laggards: Laggards,
    /// Members that left the window and had reported before: perhaps they are slow.
    slow: VecDeque<Id>,
    burst_from: u32,
    burst_at: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            frames: WINDOW_SENT_FRAMES,
            reporters: BTreeMap::new(),
            laggards: Laggards::default(),
            slow: VecDeque::new(),
            burst_from: 0,
            burst_at: Duration::ZERO,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Report {
    through: u32,
    moved_at: Duration,
    /// Whether the member has reported, and is not only expected to.
    was_reported: bool,
    /// Since when the window waits for the member, and what it had then.
    waiting: Option<(Duration, u32)>,
}

impl Report {
    /// How a member begins that has all frames through this one.
    fn at(through: u32, now: Duration, was_reported: bool) -> Self {
        Self {
            through,
            moved_at: now,
            was_reported,
            waiting: None,
        }
    }

    /// The last frame that may leave before this member reports more.
    fn last_allowed(&self, frames: u32) -> u32 {
        self.through.saturating_add(match self.was_reported {
            true => frames,
            false => WINDOW_FIRST_FRAMES,
        })
    }

    /// Whether the member has moved on fast enough since the window waits for it; begins to measure
    /// if it did not wait before.
    fn keeps_up(&mut self, per_s: f64, patience: Duration, now: Duration) -> bool {
        let (since, had) = *self.waiting.get_or_insert((now, self.through));
        let waited = now.saturating_sub(since);
        if waited < patience {
            return true;
        }
        let moved = f64::from(self.through.saturating_sub(had));
        self.waiting = Some((now, self.through));
        moved >= per_s * waited.as_secs_f64()
    }
}

impl Window {
    /// Takes in that a member has all frames through this one, of those through `newest` that were
    /// made.
    pub fn report(&mut self, id: Id, through: u32, newest: u32, now: Duration) {
        let keeps_up = through.saturating_add(self.frames) >= newest;
        let told = Report::at(through, now, true);
        let Some(report) = self.reporters.get_mut(&id) else {
            if keeps_up && !self.laggards.is_out(id, now) {
                self.reporters.insert(id, told);
            }
            return;
        };
        if !report.was_reported {
            let waiting = report.waiting;
            *report = Report { waiting, ..told };
        }
        if through > report.through {
            report.through = through;
            report.moved_at = now;
        }
    }

    /// Begins a burst with this frame, which gets only a little ahead before each member that is
    /// expected to report has done so.
    pub fn begin_burst(
        &mut self,
        sequence: u32,
        now: Duration,
        expected: impl Iterator<Item = Id>,
    ) {
        self.burst_from = sequence;
        self.burst_at = now;
        for report in self.reporters.values_mut() {
            report.waiting = None;
        }
        for id in expected.filter(|id| !self.laggards.is_out(*id, now)) {
            self.reporters
                .entry(id)
                .or_insert(Report::at(sequence.saturating_sub(1), now, false));
        }
    }

    /// Divides the window among members that send in bulk at the same time.
    pub fn share(&mut self, speakers: usize) {
        let speakers = u32::try_from(speakers).unwrap_or(u32::MAX).max(1);
        self.frames = (WINDOW_SENT_FRAMES / speakers).max(WINDOW_FIRST_FRAMES);
    }

    /// Whether a member reports, and is in the window.
    #[must_use]
    pub fn knows(&self, id: Id) -> bool {
        self.reporters.contains_key(&id)
    }

    /// Whether a frame may be the next to leave, as far as the reports go.
    #[must_use]
    pub fn is_open(&self, sequence: u32) -> bool {
        self.last_allowed().is_none_or(|last| sequence <= last)
    }

    /// The last frame that may leave before the slowest member reports more; `None` without a
    /// reporter.
    fn last_allowed(&self) -> Option<u32> {
        let frames = self.frames;
        let reports = self.reporters.values();
        reports.map(|report| report.last_allowed(frames)).min()
    }

    /// The first frame that a member that reports may lack.
    #[must_use]
    pub fn needed_from(&self) -> u32 {
        let slowest = self.reporters.values().map(|report| report.through).min();
        slowest.map_or(self.burst_from, |slowest| slowest.saturating_add(1))
    }

    /// Forgets a member that has left, which limits the window no more.
    pub fn forget(&mut self, id: Id) {
        self.reporters.remove(&id);
    }

    /// Whether a frame may be the next to leave, in a group of this size at this pace.
    pub fn allows(
        &mut self,
        sequence: u32,
        members: usize,
        pace_per_s: f64,
        now: Duration,
    ) -> bool {
        if members < 2 {
            return true;
        }
        self.drop_stuck(sequence, pace_per_s, now);
        match self.last_allowed() {
            Some(last) => sequence <= last,
            None => {
                sequence < self.burst_from.saturating_add(WINDOW_FIRST_FRAMES)
                    || now >= self.burst_at + STUCK_AFTER
            }
        }
    }

    /// Drops those that the window waited for long enough, and those who report no more.
    fn drop_stuck(&mut self, sequence: u32, pace_per_s: f64, now: Duration) {
        // A receiver gets no more than its sender sends: on radio, that is little.
        let per_s = LAGGING_PER_S.min(pace_per_s / 2.0);
        let (frames, patience) = (self.frames, self.laggards.patience(now));
        let (laggards, slow) = (&mut self.laggards, &mut self.slow);
        self.reporters.retain(|id, report| {
            if report.through + 1 >= sequence {
                report.moved_at = now; // it has all that was sent
                report.waiting = None;
            }
            if sequence <= report.last_allowed(frames) {
                return now < report.moved_at + STUCK_AFTER;
            }
            if report.keeps_up(per_s, patience, now) {
                return true;
            }
            laggards.exclude(*id, now);
            // Of one that never reported, it is not known that it is slow.
            if report.was_reported {
                slow.push_back(*id);
            }
            false
        });
    }

    /// The next member that left the window: if it is still heard, it is slow.
    pub fn pop_slow(&mut self) -> Option<Id> {
        self.slow.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: f64 = 4000.0;
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn nobody_who_is_expected_to_report_is_left_behind() {
        let (mut window, now) = (Window::default(), Duration::ZERO);
        window.begin_burst(1, now, [Id(1), Id(2)].into_iter());
        window.report(Id(1), 100, 256, now);
        // The other has not reported yet.
        assert!(window.allows(WINDOW_FIRST_FRAMES, 3, PACE, now));
        assert!(!window.allows(WINDOW_FIRST_FRAMES + 1, 3, PACE, now));
        assert_eq!(window.needed_from(), 1);
        window.report(Id(2), 50, 256, now);
        assert_eq!(window.needed_from(), 51);
        assert!(window.allows(50 + WINDOW_SENT_FRAMES, 3, PACE, now));
        assert!(!window.allows(51 + WINDOW_SENT_FRAMES, 3, PACE, now));
        // One who never reports holds nobody up for ever, and is not expected again at once.
        window.begin_burst(60, now, [Id(3)].into_iter());
        assert!(!window.allows(1000, 4, PACE, now));
        window.report(Id(1), 900, 999, STUCK_AFTER);
        window.report(Id(2), 900, 999, STUCK_AFTER);
        assert!(window.allows(1000, 4, PACE, STUCK_AFTER));
        assert_eq!(window.pop_slow(), None, "it is not known why");
        window.begin_burst(1001, STUCK_AFTER, [Id(3)].into_iter());
        assert!(window.allows(2000, 4, PACE, STUCK_AFTER));
    }

    #[test]
    fn several_who_speak_in_bulk_share_what_receivers_have_room_for() {
        let mut window = Window::default();
        window.report(Id(1), 100, 100, Duration::ZERO);
        for (speakers, frames) in [(2, WINDOW_SENT_FRAMES / 2), (100, WINDOW_FIRST_FRAMES)] {
            window.share(speakers);
            assert!(window.is_open(100 + frames) && !window.is_open(101 + frames));
        }
    }

    /// A window that waits for two, of whom the second moves by `step` every 100 ms; for how long
    /// it does so, at most `most`.
    fn waits_for(window: &mut Window, from: u32, step: u32, pace: f64, most: Duration) -> Duration {
        let mut now = SECOND;
        window.report(Id(1), from, from, now);
        window.report(Id(2), from, from, now);
        let (mut newest, mut crawler) = (from, from);
        while now < most && window.knows(Id(2)) {
            now += SECOND / 10;
            while window.allows(newest + 1, 3, pace, now) {
                newest += 1;
                window.report(Id(1), newest, newest, now);
                if !window.knows(Id(2)) {
                    break;
                }
            }
            crawler += step;
            window.report(Id(2), crawler.min(newest), newest, now);
        }
        now - SECOND
    }

    #[test]
    fn who_crawls_leaves_the_window_in_time_and_is_named() {
        // By one frame every 100 ms, and by 19.
        for step in [1, 19] {
            let mut window = Window::default();
            let waited = waits_for(&mut window, 1, step, PACE, 60 * SECOND);
            assert!(waited <= STUCK_AFTER + SECOND / 2, "{step}: {waited:?}");
            assert_eq!(window.pop_slow(), Some(Id(2)));
            assert_eq!(window.pop_slow(), None);
        }
        // 210 frames a second are enough, and so is what a slow link carries.
        for (step, pace) in [(21, PACE), (2, 20.0)] {
            let mut window = Window::default();
            let waited = waits_for(&mut window, 1, step, pace, 30 * SECOND);
            assert!(waited >= 29 * SECOND, "{step}");
        }
    }

    #[test]
    fn nobody_comes_back_before_its_time_nor_without_having_kept_up() {
        let mut window = Window::default();
        waits_for(&mut window, 1, 1, PACE, 60 * SECOND);
        assert!(!window.knows(Id(2)));
        window.report(Id(2), 10_000, 10_000, 5 * SECOND);
        assert!(!window.knows(Id(2)), "too early");
        window.report(Id(2), 10_000, 10_001 + WINDOW_SENT_FRAMES, 20 * SECOND);
        assert!(!window.knows(Id(2)), "too far behind");
        window.report(Id(2), 10_000, 10_000, 20 * SECOND);
        assert!(window.knows(Id(2)));
    }
}
