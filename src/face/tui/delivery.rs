//! How far own messages have got, as it is told run by run. Pure.

use std::collections::BTreeMap;

use super::super::lines::addressed;
use crate::chat::event::{Delivered, Id};
use crate::text::{self, Lang};

/// Most people who are counted one by one: of more, it is said that a line was sent.
const COUNTED_MAX: usize = 16;

/// Most runs that are kept; the oldest go first.
const RUNS_MAX: usize = 4096;

/// Runs that are looked at for one message: they hardly ever overlap.
const LOOK_BACK: usize = 64;

/// How far a message has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is known yet.
    OnItsWay,
    /// All who were here have it.
    All,
    /// So many of so many have it.
    Some(usize, usize),
    /// It was sent to more people than are counted.
    Sent,
    /// Nobody else was here.
    Nobody,
}

/// One report.
#[derive(Clone, Copy, Debug)]
struct Run {
    last: Id,
    has: usize,
    of: usize,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// By their first message.
    runs: BTreeMap<Id, Run>,
    /// The newest report: how many have it, of how many, and who lacks something.
    newest: Option<(usize, usize, Vec<String>)>,
}

impl Delivery {
    /// Of no messages.
    #[cfg(test)]
    pub(super) const fn new() -> Self {
        Self {
            runs: BTreeMap::new(),
            newest: None,
        }
    }

    /// Takes a report in. What an older one says of the same messages is replaced.
    pub(super) fn report(&mut self, report: &Delivered) {
        let covered = self.runs.range(report.first..=report.last);
        let covered: Vec<Id> = covered.map(|(first, _)| *first).collect();
        for first in covered {
            let is_within = |run: &Run| run.last <= report.last;
            if self.runs.get(&first).is_some_and(is_within) {
                self.runs.remove(&first);
            }
        }
        let run = Run {
            last: report.last,
            has: report.has,
            of: report.of,
        };
        self.runs.insert(report.first, run);
        if self.runs.len() > RUNS_MAX {
            self.runs.pop_first();
        }
        let waiting = report.waiting.iter().map(addressed).collect();
        self.newest = Some((report.has, report.of, waiting));
    }

    /// How far a message has got in a room with so many others.
    pub(super) fn of(&self, id: Id, others: usize) -> Progress {
        // A run that begins earlier may end later.
        let before = self.runs.range(..=id).rev().take(LOOK_BACK);
        let run = before.map(|(_, run)| run).find(|run| run.last >= id);
        match run {
            None if others > COUNTED_MAX => Progress::Sent,
            None => Progress::OnItsWay,
            Some(run) if run.of == 0 => Progress::Nobody,
            Some(run) if run.has >= run.of => Progress::All,
            Some(run) if run.of > COUNTED_MAX && run.has == 0 => Progress::Sent,
            Some(run) => Progress::Some(run.has, run.of),
        }
    }

    /// The newest report: how many have the last line, of how many.
    pub(super) fn newest(&self) -> Option<(usize, usize)> {
        let (has, of, _) = self.newest.as_ref()?;
        Some((*has, *of))
    }

    /// Who lacks something, by the newest report.
    pub(super) fn waiting(&self) -> &[String] {
        self.newest.as_ref().map_or(&[], |(_, _, waiting)| waiting)
    }
}

impl Progress {
    /// Its sign, which among many people is a word.
    pub(super) fn sign(self, lang: Lang) -> Option<String> {
        Some(match self {
            Self::OnItsWay => "·".to_owned(),
            Self::All => "✓".to_owned(),
            Self::Some(has, of) => format!("{has}/{of}"),
            Self::Sent => text::sent(lang),
            Self::Nobody => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(first: u64, last: u64, has: usize, of: usize) -> Delivered {
        Delivered {
            first: Id::Local(first),
            last: Id::Local(last),
            has,
            of,
            waiting: Vec::new(),
            was_reported: false,
            kept_for: 0,
        }
    }

    #[test]
    fn a_later_report_replaces_an_earlier_one() {
        let mut delivery = Delivery::default();
        let of = |delivery: &Delivery, id| delivery.of(Id::Local(id), 3);
        assert_eq!(of(&delivery, 1), Progress::OnItsWay);
        assert_eq!(delivery.of(Id::Local(1), 17), Progress::Sent);
        delivery.report(&report(1, 3, 2, 3));
        assert_eq!(of(&delivery, 2), Progress::Some(2, 3));
        delivery.report(&report(1, 2, 3, 3));
        assert_eq!(of(&delivery, 2), Progress::All);
        delivery.report(&report(3, 4, 0, 40));
        assert_eq!(of(&delivery, 3), Progress::Sent);
        assert_eq!(of(&delivery, 5), Progress::OnItsWay);
        delivery.report(&report(3, 4, 9, 40));
        assert_eq!(of(&delivery, 4), Progress::Some(9, 40));
        delivery.report(&report(5, 5, 0, 0));
        assert_eq!(of(&delivery, 5), Progress::Nobody);
        (6..6 + 2 * RUNS_MAX as u64).for_each(|id| delivery.report(&report(id, id, 1, 1)));
        assert_eq!(delivery.runs.len(), RUNS_MAX);
    }
}
