//! Delivery of this member's frames: which members have acknowledged them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::roster::Id;

/// Most members that left without something and may come back for it.
const OWED_MAX: usize = 64;

/// How far each member has this one's frames, and which members are waited for.
#[derive(Debug, Default)]
pub struct Receipts {
    through: BTreeMap<Id, u32>,
    /// The first frame that was sent since all was delivered, and the newest.
    first: u32,
    newest: u32,
    expected: BTreeSet<Id>,
    /// Who has the newest frame, also if they have left since.
    holders: BTreeSet<Id>,
    /// Members who were reported as lacking something when they went, with how many members were
    /// to have it and which frame was the last of it.
    owed: BTreeMap<Id, (usize, u32)>,
    report_at: Option<Duration>,
    is_reported: bool,
}

/// How many members have all frames of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The first frame that this is about.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// How many have them.
    pub has: usize,
    /// Of how many that were here when they were sent, and still are.
    pub of: usize,
    /// The members that lack some.
    pub waiting: Vec<Id>,
    /// Whether an earlier report named members that were waited for.
    pub was_reported: bool,
}

impl Receipts {
    /// Expects acknowledgements of a frame from the members `here`; the missing ones are reported
    /// at `report_at`.
    pub fn said(&mut self, sequence: u32, here: impl Iterator<Item = Id>, report_at: Duration) {
        if self.is_complete() {
            self.expected.clear();
            self.first = sequence;
        }
        self.newest = sequence;
        self.holders.clear();
        self.expected.extend(here);
        self.is_reported &= !self.is_complete();
        self.report_at.get_or_insert(report_at);
    }

    /// Expects acknowledgements of all frames from members that came after them, too.
    pub fn expect(&mut self, here: impl Iterator<Item = Id>) {
        if self.newest > 0 {
            self.expected.extend(here);
        }
    }

    /// Who has all frames, also if they have left since.
    pub fn holders(&self) -> impl Iterator<Item = Id> {
        self.holders.iter().copied()
    }

    /// Notes that a member has all frames up to one; returns what to report.
    pub fn acknowledge(&mut self, id: Id, through: u32) -> Option<Delivered> {
        let late = self.settle(id, through);
        let delivered = self.completed_by(|receipts| {
            let known = receipts.through.entry(id).or_default();
            *known = (*known).max(through);
            if *known >= receipts.newest {
                receipts.holders.insert(id);
            }
        });
        delivered.or(late)
    }

    /// What to report about a member that has come back for what it lacked, if it has that now.
    fn settle(&mut self, id: Id, through: u32) -> Option<Delivered> {
        let (of, last) = self.owed.get(&id).copied()?;
        if through < last {
            return None;
        }
        self.owed.remove(&id);
        let late = Delivered {
            first: last,
            last,
            has: of,
            of,
            waiting: Vec::new(),
            was_reported: true,
        };
        // Somebody who is waited for is reported with the others.
        (!self.expected.contains(&id)).then_some(late)
    }

    /// Stops waiting for a member that is not here any more; returns what to report. Of one who was
    /// reported as lacking something, nothing is: it is reported when they come back and get it.
    pub fn forget(&mut self, id: Id) -> Option<Delivered> {
        let is_owed = self.is_reported && self.waiting().any(|waiting| waiting == id);
        if is_owed && self.owed.len() < OWED_MAX {
            self.owed.insert(id, (self.expected.len(), self.newest));
        }
        let delivered = self.completed_by(|receipts| {
            receipts.through.remove(&id);
            receipts.expected.remove(&id);
        });
        delivered.filter(|delivered| delivered.of > 0 && !is_owed)
    }

    /// Makes a change; returns what to report if it was the last one that was waited for.
    fn completed_by(&mut self, change: impl FnOnce(&mut Self)) -> Option<Delivered> {
        let was_complete = self.is_complete();
        change(self);
        if was_complete || !self.is_complete() {
            return None;
        }
        self.report_at = None;
        let delivered = self.state();
        self.is_reported = false;
        Some(delivered)
    }

    /// The state, once, when members have been waited for long enough.
    pub fn overdue(&mut self, now: Duration) -> Option<Delivered> {
        self.report_at.filter(|at| *at <= now)?;
        self.report_at = None;
        if self.is_complete() {
            return None;
        }
        self.is_reported = true;
        Some(self.state())
    }

    /// When [`Receipts::overdue`] may have something.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.report_at
    }

    /// Whether all members have all frames.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.waiting().next().is_none()
    }

    /// The members that lack some frames.
    pub fn waiting(&self) -> impl Iterator<Item = Id> {
        let has_not = |id: &&Id| self.through.get(id).is_none_or(|t| *t < self.newest);
        self.expected.iter().filter(has_not).copied()
    }

    /// How far the newest frames have got.
    #[must_use]
    pub fn current(&self) -> Delivered {
        self.state()
    }

    fn state(&self) -> Delivered {
        let waiting: Vec<Id> = self.waiting().collect();
        Delivered {
            first: self.first,
            last: self.newest,
            has: self.expected.len() - waiting.len(),
            of: self.expected.len(),
            waiting,
            was_reported: self.is_reported,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ids(numbers: &[u32]) -> impl Iterator<Item = Id> {
        numbers
            .iter()
            .copied()
            .map(Id)
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn it_is_told_when_all_have_it() {
        let mut receipts = Receipts::default();
        receipts.said(5, ids(&[1, 2]), SECOND);
        assert_eq!(receipts.acknowledge(Id(1), 5), None);
        let delivered = receipts.acknowledge(Id(2), 7).unwrap();
        assert_eq!(
            (delivered.has, delivered.of, delivered.was_reported),
            (2, 2, false)
        );
        assert_eq!(receipts.next_time(), None);
    }

    #[test]
    fn who_is_missing_is_told_once_and_so_is_the_end_of_it() {
        let mut receipts = Receipts::default();
        receipts.said(5, ids(&[1, 2]), SECOND);
        receipts.acknowledge(Id(1), 5);
        assert_eq!(receipts.overdue(SECOND / 2), None);
        let delivered = receipts.overdue(SECOND).unwrap();
        assert_eq!((delivered.has, delivered.waiting), (1, vec![Id(2)]));
        assert_eq!(receipts.overdue(2 * SECOND), None);
        assert!(receipts.acknowledge(Id(2), 5).unwrap().was_reported);
    }

    #[test]
    fn who_left_is_not_waited_for() {
        let mut receipts = Receipts::default();
        receipts.said(5, ids(&[1, 2]), SECOND);
        receipts.acknowledge(Id(1), 5);
        let delivered = receipts.forget(Id(2)).unwrap();
        assert_eq!((delivered.has, delivered.of), (1, 1));
    }

    #[test]
    fn who_comes_back_for_what_they_lacked_is_reported() {
        let mut receipts = Receipts::default();
        receipts.said(2, ids(&[1, 2]), SECOND);
        assert_eq!(receipts.acknowledge(Id(1), 2), None);
        let overdue = receipts.overdue(SECOND).unwrap();
        assert_eq!((overdue.has, overdue.of), (1, 2));
        assert_eq!(receipts.forget(Id(2)), None, "not all have it now");
        assert_eq!(receipts.acknowledge(Id(2), 1), None);
        let late = receipts.acknowledge(Id(2), 2).unwrap();
        assert_eq!((late.has, late.of, late.was_reported), (2, 2, true));
        assert_eq!(receipts.holders().count(), 2, "they have it, too");
        assert_eq!(receipts.acknowledge(Id(2), 3), None, "once");
    }

    #[test]
    fn who_has_everything_counts_also_after_leaving() {
        let mut receipts = Receipts::default();
        receipts.said(2, ids(&[]), SECOND);
        assert!(receipts.is_complete());
        receipts.expect(ids(&[1, 2]));
        assert!(!receipts.is_complete());
        receipts.acknowledge(Id(1), 2);
        receipts.forget(Id(1));
        assert_eq!(receipts.holders().collect::<Vec<_>>(), [Id(1)]);
        receipts.said(3, ids(&[2]), SECOND);
        assert_eq!(receipts.holders().count(), 0);
    }
}
