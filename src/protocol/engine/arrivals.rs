//! When this member's durable frames left, and how many of the datagrams arrive: each report states
//! how many datagrams a member has heard from this one, and which came last. Knows numbers and
//! times only.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{ARRIVALS_FRAMES, ARRIVALS_INTERVAL, WINDOW_FRAMES};
use super::roster::Id;

/// What left, and how much of it each member has heard.
#[derive(Debug, Default)]
pub struct Arrivals {
    sent: u32,
    /// Frames that left once, by sequence.
    left: BTreeMap<u32, Left>,
    /// What each member had heard at its last measurement.
    heard: BTreeMap<Id, (u32, Left)>,
}

/// When a frame left, and how many datagrams had left with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// When.
    pub at: Duration,
    sent: u32,
}

/// How much arrived at one member of what left in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Datagrams that were heard.
    pub heard: u32,
    /// Datagrams that left.
    pub sent: u32,
    /// The period in which they left.
    pub time: Duration,
}

impl Arrivals {
    /// Notes that a new frame leaves.
    pub fn leaves(&mut self, sequence: u32, now: Duration) {
        self.sent = self.sent.saturating_add(1);
        let (at, sent) = (now, self.sent);
        self.left.insert(sequence, Left { at, sent });
        if self.left.len() > WINDOW_FRAMES as usize {
            self.left.pop_first();
        }
    }

    /// Notes that a frame leaves again, to all.
    pub fn leaves_again(&mut self, sequence: u32) {
        self.sent = self.sent.saturating_add(1);
        self.unmeasure(sequence);
    }

    /// Excludes a frame from round trips: of a frame that leaves twice, it is not known which copy
    /// a report answers (Karn and Partridge 1987).
    pub fn unmeasure(&mut self, sequence: u32) {
        self.left.remove(&sequence);
    }

    /// When a frame left that has left only once.
    #[must_use]
    pub fn left(&self, sequence: u32) -> Option<Left> {
        self.left.get(&sequence).copied()
    }

    /// Takes in that a member had heard this many datagrams when it heard this frame; returns what
    /// arrived there since the last measurement, if that is long enough ago.
    pub fn measure(&mut self, id: Id, heard: u32, left: Left) -> Option<Arrived> {
        let (heard_before, before) = *self.heard.entry(id).or_insert((heard, left));
        let arrived = Arrived {
            heard: heard.saturating_sub(heard_before),
            sent: left.sent.saturating_sub(before.sent),
            time: left.at.saturating_sub(before.at),
        };
        let is_enough = arrived.sent >= ARRIVALS_FRAMES && arrived.time >= ARRIVALS_INTERVAL;
        is_enough.then(|| {
            self.heard.insert(id, (heard, left));
            arrived
        })
    }

    /// Forgets a member that has left.
    pub fn forget(&mut self, id: Id) {
        self.heard.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_is_told_for_each_member_and_no_report_counts_twice() {
        let (mut arrivals, step) = (Arrivals::default(), ARRIVALS_INTERVAL / 100);
        let send = |arrivals: &mut Arrivals, sequence: u32| {
            arrivals.leaves(sequence, step * sequence);
            arrivals.left(sequence).unwrap()
        };
        let first = send(&mut arrivals, 1);
        assert_eq!(arrivals.measure(Id(1), 7, first), None);
        let last = (2..=1000)
            .map(|sequence| send(&mut arrivals, sequence))
            .last();
        let arrived = arrivals.measure(Id(1), 7 + 500, last.unwrap());
        let (heard, sent, time) = (500, 999, step * 999);
        assert_eq!(arrived, Some(Arrived { heard, sent, time }));
        assert_eq!(arrivals.measure(Id(1), 7 + 500, last.unwrap()), None);
        assert_eq!(arrivals.measure(Id(2), 7, last.unwrap()), None);
    }

    #[test]
    fn what_leaves_again_counts_and_measures_nothing() {
        let mut arrivals = Arrivals::default();
        arrivals.leaves(1, Duration::ZERO);
        arrivals.leaves_again(1);
        assert_eq!(arrivals.left(1), None);
        arrivals.leaves(2, Duration::ZERO);
        assert_eq!(arrivals.left(2).unwrap().sent, 3);
    }
}
