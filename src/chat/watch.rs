//! What a member watches besides its room: whether it is alone, whether its machine slept, whether
//! somebody uses another key for a room of this name, and when the network is to be looked at.

use std::time::Duration;

use super::copies::Copies;
use crate::protocol::node::Node;
use crate::protocol::time::{Moment, SleepDetector};
use crate::protocol::wire::frame::FrameFault;

/// Interval between two looks at the interfaces.
const RESCAN_INTERVAL: Duration = Duration::from_secs(5);
/// Interval between two joins of the groups: a switch without a querier forgets members after
/// about 260 s.
const REJOIN_INTERVAL: Duration = Duration::from_secs(120);
/// After this long alone, a person is shown what could be the matter.
const ALONE_AFTER: Duration = Duration::from_secs(10);
/// Frames under another key, or of another version, before that is reported: one room in 65,536
/// looks as if it had another key, and a stranger may send a few of either…
const FOREIGN_FRAMES: u64 = 8;
/// …and over how long they come: a member is heard as long as it is there.
const FOREIGN_FOR: Duration = Duration::from_secs(10);
/// Frames that came longer ago than this count no more.
const FOREIGN_AGE: Duration = Duration::from_secs(120);

/// See the file's head.
#[derive(Debug)]
pub(super) struct Watch {
    rescan_at: Duration,
    rejoin_at: Duration,
    alone_at: Option<Duration>,
    sleep: SleepDetector,
    other_key: Foreign,
    other_version: Foreign,
    ignores_itself: bool,
    pub(super) copies: Copies,
}

/// What the room knows that is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// Members here, this one included.
    pub(super) members: usize,
    /// Whether a frame of this member came back by the network.
    pub(super) hears_itself: bool,
    /// Interfaces in use.
    pub(super) interfaces: usize,
    /// Frames under another key.
    pub(super) other_key_frames: u64,
    /// Frames of another version of the wire.
    pub(super) other_version_frames: u64,
}

impl Sight {
    /// What it knows of its member, which uses so many interfaces.
    pub(super) fn of(node: &Node, interfaces: usize) -> Self {
        let faults = node.gate().faults();
        let count = |fault| faults.get(&fault).copied().unwrap_or(0);
        Self {
            members: node.roster().size(),
            hears_itself: node.hears_itself(),
            interfaces,
            other_key_frames: count(FrameFault::OtherKey),
            other_version_frames: count(FrameFault::OtherVersion),
        }
    }
}

/// What the watch wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WatchEvent {
    /// Report that the machine slept.
    Slept,
    /// Report that nobody else was heard.
    Alone,
    /// Report that somebody uses another key.
    OtherKey,
    /// Report that somebody uses another version.
    OtherVersion,
    /// Say hello to whoever is there now.
    Announce,
    /// Join the groups again.
    Rejoin,
    /// Look at the interfaces.
    Rescan,
    /// Have the system drop own frames before they are read.
    IgnoreOwn,
}

/// What speaks for somebody being there whose frames cannot be opened.
#[derive(Debug, Default)]
struct Foreign {
    /// How many frames had come when the last was noted, and before those that count.
    noted: u64,
    before: u64,
    /// When the first and the last of those that count came.
    since: Option<Duration>,
    last_at: Duration,
    is_reported: bool,
}

impl Foreign {
    /// Whether it is evident now, once. `frames` came so far.
    fn is_evident(&mut self, frames: u64, now: Duration) -> bool {
        if frames <= self.noted || self.is_reported {
            return false;
        }
        if self.since.is_none() || now > self.last_at + FOREIGN_AGE {
            (self.since, self.before) = (Some(now), self.noted);
        }
        (self.noted, self.last_at) = (frames, now);
        let lasts = self.since.is_some_and(|since| now >= since + FOREIGN_FOR);
        self.is_reported = lasts && frames - self.before >= FOREIGN_FRAMES;
        self.is_reported
    }
}

impl Watch {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            rescan_at: now.time,
            rejoin_at: now.time + REJOIN_INTERVAL,
            alone_at: Some(now.time + ALONE_AFTER),
            sleep: SleepDetector::default(),
            other_key: Foreign::default(),
            other_version: Foreign::default(),
            ignores_itself: false,
            copies: Copies::default(),
        }
    }

    /// Looks at the interfaces soon: the network refuses something.
    pub(super) fn rescan_soon(&mut self, now: Duration) {
        self.rescan_at = self.rescan_at.min(now);
    }

    /// Everything that is due.
    pub(super) fn poll(&mut self, now: Moment, sight: Sight) -> Vec<WatchEvent> {
        let mut events = Vec::new();
        if self.sleep.has_slept(now) {
            self.rescan_at = now.time;
            let slept = [WatchEvent::Slept, WatchEvent::Rejoin, WatchEvent::Announce];
            events.extend(slept);
        }
        if now.time >= self.rejoin_at {
            self.rejoin_at = now.time + REJOIN_INTERVAL;
            events.push(WatchEvent::Rejoin);
        }
        if now.time >= self.rescan_at {
            self.rescan_at = now.time + RESCAN_INTERVAL;
            events.push(WatchEvent::Rescan);
        }
        if sight.hears_itself && !self.ignores_itself {
            self.ignores_itself = true;
            events.push(WatchEvent::IgnoreOwn);
        }
        if self.other_key.is_evident(sight.other_key_frames, now.time) {
            events.push(WatchEvent::OtherKey);
        }
        if self
            .other_version
            .is_evident(sight.other_version_frames, now.time)
        {
            events.push(WatchEvent::OtherVersion);
        }
        if self.alone_at.is_some_and(|at| now.time >= at) {
            self.alone_at = None;
            if sight.members == 1 && sight.interfaces > 0 {
                events.push(WatchEvent::Alone);
            }
        }
        events
    }

    /// When to poll again, at the latest.
    pub(super) fn next_time(&self) -> Duration {
        let at = self.rescan_at.min(self.rejoin_at);
        self.alone_at.map_or(at, |alone_at| alone_at.min(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Sight = Sight {
        members: 1,
        hears_itself: false,
        interfaces: 1,
        other_key_frames: 0,
        other_version_frames: 0,
    };

    fn at(time_ms: u64) -> Moment {
        Moment {
            time: Duration::from_millis(time_ms),
            wall_ms: 1_790_000_000_000 + time_ms,
        }
    }

    fn watch() -> Watch {
        let mut watch = Watch::new(at(0));
        assert_eq!(watch.poll(at(0), ALONE), [WatchEvent::Rescan]);
        watch
    }

    #[test]
    fn a_machine_that_slept_says_hello_again() {
        let mut watch = watch();
        let woken = Moment {
            wall_ms: at(1000).wall_ms + 60_000,
            ..at(1000)
        };
        let expected = [
            WatchEvent::Slept,
            WatchEvent::Rejoin,
            WatchEvent::Announce,
            WatchEvent::Rescan,
        ];
        assert_eq!(watch.poll(woken, ALONE), expected);
        let later = Moment {
            wall_ms: at(2000).wall_ms + 60_000,
            ..at(2000)
        };
        assert_eq!(watch.poll(later, ALONE), []);
    }

    #[test]
    fn being_alone_is_reported_once_and_only_if_so() {
        let is_alone = |event: &WatchEvent| *event == WatchEvent::Alone;
        let mut lonely = watch();
        assert!(lonely.poll(at(10_000), ALONE).iter().any(is_alone));
        assert!(!lonely.poll(at(20_000), ALONE).iter().any(is_alone));
        let two = Sight {
            members: 2,
            ..ALONE
        };
        assert!(!watch().poll(at(10_000), two).iter().any(is_alone));
        let offline = Sight {
            interfaces: 0,
            ..ALONE
        };
        assert!(!watch().poll(at(10_000), offline).iter().any(is_alone));
    }

    #[test]
    fn groups_are_joined_again_and_interfaces_looked_at() {
        let mut watch = watch();
        let mut counts = (0, 0);
        for second in 1..=600 {
            for event in watch.poll(at(second * 1000), ALONE) {
                counts.0 += usize::from(event == WatchEvent::Rejoin);
                counts.1 += usize::from(event == WatchEvent::Rescan);
            }
        }
        assert_eq!(counts, (5, 120));
    }

    #[test]
    fn another_key_is_reported_once_after_some_frames_over_some_time() {
        let is_report = |event: &WatchEvent| *event == WatchEvent::OtherKey;
        let mut watch = watch();
        let mut sees = |frames, time_ms| {
            let sight = Sight {
                other_key_frames: frames,
                ..ALONE
            };
            watch.poll(at(time_ms), sight).iter().any(is_report)
        };
        // A thousand at once, and then no more.
        assert!(!sees(1000, 1000) && !sees(1000, 60_000));
        // Long afterwards a few more, which alone count.
        for (frames, time_s, expected) in [
            (1001, 200, false),
            (1006, 209, false),
            (1007, 211, false),
            (1008, 212, true),
            (1020, 240, false),
        ] {
            assert_eq!(sees(frames, time_s * 1000), expected, "{frames}");
        }
    }
}
