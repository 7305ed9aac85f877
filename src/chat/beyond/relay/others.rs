//! The bridges of other sites, as they are heard on the link: whether what they state was made
//! lately, and by how much their clocks differ.
//!
//! Each bridge states which statements of the others it has heard last. Whoever finds a recent one
//! of its own there knows that the other one was made after it, and before now: a server that
//! repeats a recording, or holds everything up, brings nobody into reach. The other's clock showed
//! what it states at a time between these two.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::protocol::engine::beyond::Statement;
use crate::protocol::wire::frame::{ACKS_MAX, Ack, MemberTag};

/// A statement that names one of ours older than this was not made lately. A link with a round trip
/// of a second and a queue of ten does better.
const LATELY: Duration = Duration::from_secs(30);

/// Most own statements that are remembered: one in each second.
const OWN_MAX: usize = 64;

/// Most bridges of which something is remembered…
const BRIDGES_MAX: usize = 64;

/// …as long as they were heard within this time.
const REMEMBERED: Duration = Duration::from_secs(20);

/// A time here, and what the clock of this site shows then, in milliseconds since 1970.
type Reading = (Duration, u64);

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct OtherBridges {
    own: VecDeque<(u32, Reading)>,
    bridges: BTreeMap<MemberTag, OtherBridge>,
    /// Whose turn it is to be named.
    turn: usize,
}

#[derive(Clone, Copy, Debug)]
struct OtherBridge {
    /// Its newest statement, and when that came.
    newest: u32,
    heard: Duration,
    /// When one of it was passed on last.
    passed: Option<Duration>,
}

impl OtherBridges {
    /// Notes an own statement.
    pub(super) fn made(&mut self, sequence: u32, at: Reading) {
        if self.own.len() >= OWN_MAX {
            self.own.pop_front();
        }
        self.own.push_back((sequence, at));
    }

    /// Takes in what a bridge states. Returns by how many milliseconds its clock is ahead at least,
    /// or behind, if it was made lately; `me` is how it names this bridge.
    pub(super) fn hear(
        &mut self,
        statement: &Statement,
        me: MemberTag,
        (now, clock_ms): Reading,
    ) -> Option<i64> {
        self.note(statement, now);
        let heard = statement.site.heard.iter().find(|heard| heard.of == me)?;
        let own = self.own.iter().find(|(it, _)| *it == heard.through)?;
        let (made, made_ms) = own.1;
        if now > made + LATELY {
            return None;
        }
        let its_ms = statement.clock_ms as i64;
        let (least, most) = (its_ms - clock_ms as i64, its_ms - made_ms as i64);
        Some(0.clamp(least.min(most), most.max(least)))
    }

    fn note(&mut self, statement: &Statement, now: Duration) {
        let known = self.bridges.get(&statement.by).copied();
        if known.is_some_and(|known| known.newest >= statement.sequence) {
            return;
        }
        if known.is_none() && self.bridges.len() >= BRIDGES_MAX {
            self.bridges.retain(|_, it| now < it.heard + REMEMBERED);
            if self.bridges.len() >= BRIDGES_MAX {
                return;
            }
        }
        let heard = OtherBridge {
            newest: statement.sequence,
            heard: now,
            passed: known.and_then(|known| known.passed),
        };
        self.bridges.insert(statement.by, heard);
    }

    /// Whether a statement of a bridge is passed on now: not more often than in each such time.
    pub(super) fn is_due(&mut self, by: MemberTag, now: Duration, every: Duration) -> bool {
        let Some(bridge) = self.bridges.get_mut(&by) else {
            return false;
        };
        let is_due = bridge.passed.is_none_or(|at| now >= at + every);
        if is_due {
            bridge.passed = Some(now);
        }
        is_due
    }

    /// The newest statement that was heard of each bridge: of all, or of as many as one statement
    /// names, in turns.
    pub(super) fn heard(&mut self, now: Duration) -> Vec<Ack> {
        self.bridges.retain(|_, it| now < it.heard + REMEMBERED);
        let count = self.bridges.len();
        let first = match count > ACKS_MAX {
            true => self.turn % count,
            false => 0,
        };
        self.turn = first + ACKS_MAX;
        let turns = self.bridges.iter().cycle().skip(first);
        let heard = turns.take(count.min(ACKS_MAX)).map(|(of, bridge)| Ack {
            of: *of,
            through: bridge.newest,
        });
        heard.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::site::Site;

    fn tag(short: u64) -> MemberTag {
        MemberTag {
            short,
            session_low: 1,
        }
    }

    fn statement(by: u64, sequence: u32, clock_ms: u64, heard: &[Ack]) -> Statement {
        Statement {
            by: tag(by),
            sequence,
            clock_ms,
            site: Site {
                heard: heard.to_vec(),
                ..Site::default()
            },
            bytes: Vec::new().into(),
        }
    }

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn only_what_was_made_lately_counts_and_shows_a_clock() {
        let mut others = OtherBridges::default();
        let me = Ack {
            of: tag(1),
            through: 7,
        };
        let later = |clock_ms| statement(2, 3, clock_ms, &[me]);
        assert_eq!(others.hear(&later(9_000), tag(1), (s(9), 9_000)), None);
        others.made(7, (s(10), 10_000));
        // Somewhere between 10 and 12 it was made: the clocks may agree.
        for (shows_ms, ahead_ms) in [
            (11_000, 0),
            (12_500, 500),
            (612_000, 600_000),
            (9_000, -1_000),
        ] {
            let ahead = others.hear(&later(shows_ms), tag(1), (s(12), 12_000));
            assert_eq!(ahead, Some(ahead_ms), "{shows_ms}");
        }
        assert_eq!(others.hear(&later(11_000), tag(1), (s(41), 41_000)), None);
        let of_others = Ack { of: tag(9), ..me };
        let unknown = statement(2, 4, 12_000, &[of_others]);
        assert_eq!(others.hear(&unknown, tag(1), (s(12), 12_000)), None);
    }

    #[test]
    fn all_bridges_are_named_in_turns_and_their_number_is_bounded() {
        let mut others = OtherBridges::default();
        for by in 0..500 {
            others.hear(&statement(by, 1, 0, &[]), tag(999), (s(1), 0));
        }
        let mut named = std::collections::BTreeSet::new();
        for _ in 0..BRIDGES_MAX / ACKS_MAX {
            let heard = others.heard(s(2));
            assert_eq!(heard.len(), ACKS_MAX);
            named.extend(heard.iter().map(|ack| ack.of.short));
        }
        assert_eq!(named.len(), BRIDGES_MAX);
        assert!(others.is_due(tag(3), s(2), s(2)) && !others.is_due(tag(3), s(3), s(2)));
        assert!(others.is_due(tag(3), s(4), s(2)) && !others.is_due(tag(499), s(4), s(2)));
        assert_eq!(others.heard(s(60)), []);
    }
}
