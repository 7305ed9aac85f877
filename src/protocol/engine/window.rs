//! How far a member is ahead of the members that report.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{STUCK_AFTER, WINDOW_FIRST_FRAMES, WINDOW_SENT_FRAMES};
use super::roster::Id;

/// How far this member may be ahead of the members that report.
#[derive(Debug)]
pub struct Window {
    frames: u32,
    reporters: BTreeMap<Id, Report>,
    burst_from: u32,
    burst_at: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            frames: WINDOW_SENT_FRAMES,
            reporters: BTreeMap::new(),
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
}

impl Window {
    /// Takes in that a member has all frames through this one.
    pub fn report(&mut self, id: Id, through: u32, now: Duration) {
        let told = Report {
            through,
            moved_at: now,
            was_reported: true,
        };
        let report = self.reporters.entry(id).or_insert(told);
        if !report.was_reported {
            *report = told;
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
        for id in expected {
            self.reporters.entry(id).or_insert(Report {
                through: sequence.saturating_sub(1),
                moved_at: now,
                was_reported: false,
            });
        }
    }

    /// Divides the window among members that send in bulk at the same time.
    pub fn share(&mut self, speakers: usize) {
        let speakers = u32::try_from(speakers).unwrap_or(u32::MAX).max(1);
        self.frames = (WINDOW_SENT_FRAMES / speakers).max(WINDOW_FIRST_FRAMES);
    }

    /// Whether a member reports.
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
        let last_allowed = |report: &Report| {
            report.through.saturating_add(match report.was_reported {
                true => self.frames,
                false => WINDOW_FIRST_FRAMES,
            })
        };
        self.reporters.values().map(last_allowed).min()
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

    /// Whether a frame may be the next to leave, in a group of this size. A receiver whose reports
    /// stall for [`STUCK_AFTER`], though there is more to report, stops limiting the window.
    pub fn allows(&mut self, sequence: u32, members: usize, now: Duration) -> bool {
        if members < 2 {
            return true;
        }
        self.reporters.retain(|_, report| {
            if report.through + 1 >= sequence {
                report.moved_at = now; // it has all that was sent
            }
            now < report.moved_at + STUCK_AFTER
        });
        match self.last_allowed() {
            Some(last) => sequence <= last,
            None => {
                sequence < self.burst_from.saturating_add(WINDOW_FIRST_FRAMES)
                    || now >= self.burst_at + STUCK_AFTER
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_is_expected_to_report_is_left_behind() {
        let (mut window, now) = (Window::default(), Duration::ZERO);
        window.begin_burst(1, now, [Id(1), Id(2)].into_iter());
        window.report(Id(1), 100, now);
        // The other has not reported yet.
        assert!(window.allows(WINDOW_FIRST_FRAMES, 3, now));
        assert!(!window.allows(WINDOW_FIRST_FRAMES + 1, 3, now));
        assert_eq!(window.needed_from(), 1);
        window.report(Id(2), 50, now);
        assert_eq!(window.needed_from(), 51);
        assert!(window.allows(50 + WINDOW_SENT_FRAMES, 3, now));
        assert!(!window.allows(51 + WINDOW_SENT_FRAMES, 3, now));
        // One who never reports holds nobody up for ever.
        window.begin_burst(60, now, [Id(3)].into_iter());
        assert!(!window.allows(1000, 4, now));
        window.report(Id(1), 900, STUCK_AFTER);
        window.report(Id(2), 900, STUCK_AFTER);
        assert!(window.allows(1000, 4, STUCK_AFTER));
    }

    #[test]
    fn several_who_speak_in_bulk_share_what_receivers_have_room_for() {
        let mut window = Window::default();
        window.report(Id(1), 100, Duration::ZERO);
        for (speakers, frames) in [(2, WINDOW_SENT_FRAMES / 2), (100, WINDOW_FIRST_FRAMES)] {
            window.share(speakers);
            assert!(window.is_open(100 + frames) && !window.is_open(101 + frames));
        }
    }
}
