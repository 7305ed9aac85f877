//! Delivery of this member's frames: which members have acknowledged them.
//!
//! Nobody is reported as lacking something who has not shown it. A member shows it by an
//! acknowledgement, made after the frame had time to arrive, or by not answering when it is asked
//! twice. Of those who were not asked, because many others are waited for, nothing is said; nor of
//! those who have too many others to answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::roster::Id;
use crate::protocol::wire::frame::Key;

/// Most members that left without something and may come back for it.
const OWED_MAX: usize = 64;

/// Most members that are asked at once whether they have something.
const ASKED_MAX: usize = 8;

/// How often a member is asked before its silence says something.
const ASKS: u8 = 2;

/// A beat that is full of acknowledgements leaves out somebody. Its author may have heard all that
/// it does not acknowledge, and its silence says nothing for this time…
const BUSY_FOR: Duration = Duration::from_secs(10);

/// …and it is waited for no longer than this after the frame was said, because others may really
/// lack it.
const BUSY_AWAITED: Duration = Duration::from_secs(10);

/// An acknowledgement speaks for a lack if the frame was said this long before: it was repeated,
/// and asked for, meanwhile.
const SETTLED: Duration = Duration::from_secs(1);

/// How far each member has this one's frames, and which members are waited for.
#[derive(Debug, Default)]
pub struct Receipts {
    through: BTreeMap<Id, u32>,
    /// The first frame that was sent since all was delivered, and the newest.
    first: u32,
    newest: u32,
    newest_at: Duration,
    expected: BTreeSet<Id>,
    /// Those among them for whom one of these frames is private.
    private: BTreeSet<Id>,
    /// Who has the newest frame, also if they have left since.
    holders: BTreeSet<Id>,
    /// Members who were reported as lacking something when they went.
    owed: BTreeMap<Id, Owed>,
    answers: BTreeMap<Id, Answers>,
    watch: Option<Watch>,
    is_reported: bool,
}

/// Frames that are to be with everybody at a time.
#[derive(Clone, Copy, Debug)]
struct Watch {
    at: Duration,
    /// The last of them, and when it was said.
    last: u32,
    said_at: Duration,
    /// How long each is given.
    wait: Duration,
}

/// What a member has shown of its presence.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    /// When it stated last how far it is.
    at: Option<Duration>,
    /// How often it was asked since, and when last; no more than [`ASKS`] times are noted.
    asked: u8,
    asked_at: Duration,
    /// When its last beat came, if that was full of acknowledgements.
    busy_at: Option<Duration>,
}

/// What a member lacked when it went.
#[derive(Clone, Copy, Debug)]
struct Owed {
    person: Key,
    /// How many members were to have it.
    of: usize,
    first: u32,
    last: u32,
    /// Whether some of it is for that session alone, which no other one can read.
    is_private: bool,
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
    /// The members that have shown that they lack some.
    pub waiting: Vec<Id>,
    /// Whether an earlier report named members that were waited for.
    pub was_reported: bool,
}

/// What to do about frames that are not acknowledged in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// Ask these members.
    Ask(Vec<Id>),
    /// Report it.
    Report(Delivered),
}

/// What carried an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckBy {
    /// A frame that is never repeated: its author states how far it is now.
    Now,
    /// A durable frame, which perhaps comes late.
    Once,
}

impl Receipts {
    /// Expects acknowledgements of a frame from the members `here`; those that lack it after `wait`
    /// are reported.
    pub fn said(
        &mut self,
        sequence: u32,
        here: impl Iterator<Item = Id>,
        now: Duration,
        wait: Duration,
    ) {
        if self.is_complete() {
            self.expected.clear();
            self.private.clear();
            self.first = sequence;
        }
        (self.newest, self.newest_at) = (sequence, now);
        self.holders.clear();
        self.expected.extend(here);
        self.is_reported &= !self.is_complete();
        self.watch.get_or_insert(Watch {
            at: now + wait,
            last: sequence,
            said_at: now,
            wait,
        });
    }

    /// Expects the acknowledgement of a frame that only one member can read.
    pub fn said_privately(&mut self, sequence: u32, to: Id, now: Duration, wait: Duration) {
        self.said(sequence, [to].into_iter(), now, wait);
        self.private.insert(to);
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
    pub fn acknowledge(
        &mut self,
        id: Id,
        through: u32,
        by: AckBy,
        now: Duration,
    ) -> Option<Delivered> {
        let late = self.settle(id, through);
        if by == AckBy::Now && self.expected.contains(&id) {
            let answers = self.answers.entry(id).or_default();
            *answers = Answers {
                at: Some(now),
                busy_at: answers.busy_at,
                ..Answers::default()
            };
        }
        let delivered = self.completed_by(|receipts| {
            let known = receipts.through.entry(id).or_default();
            *known = (*known).max(through);
            if *known >= receipts.newest {
                receipts.holders.insert(id);
            }
        });
        delivered.or(late)
    }

    /// Notes a member's beat, which has as many acknowledgements as it can have or fewer.
    pub fn note_beat(&mut self, id: Id, is_full: bool, now: Duration) {
        if self.expected.contains(&id) {
            self.answers.entry(id).or_default().busy_at = is_full.then_some(now);
        }
    }

    /// Notes that everybody who is waited for is asked now.
    pub fn asked_all(&mut self, now: Duration) {
        let waiting: Vec<Id> = self.waiting().collect();
        waiting.into_iter().for_each(|id| self.note_asked(id, now));
    }

    fn note_asked(&mut self, id: Id, now: Duration) {
        let answers = self.answers.entry(id).or_default();
        if answers.asked < ASKS {
            answers.asked += 1;
            answers.asked_at = now;
        }
    }

    /// What to report about a member that has come back for what it lacked, if it has that now.
    fn settle(&mut self, id: Id, through: u32) -> Option<Delivered> {
        let owed = self.owed.get(&id).filter(|owed| through >= owed.last)?;
        let late = owed.settled();
        self.owed.remove(&id);
        // Somebody who is waited for is reported with the others.
        (!self.expected.contains(&id)).then_some(late)
    }

    /// The frames that a person lacked who went, and which another session can read: the first and
    /// the last.
    #[must_use]
    pub fn owed_to(&self, person: Key) -> Option<(u32, u32)> {
        let mut owed = self.owed.values();
        let owed = owed.find(|owed| owed.person == person && !owed.is_private)?;
        Some((owed.first, owed.last))
    }

    /// Notes that a person holds the frames named by [`Receipts::owed_to`] now; returns what to
    /// report.
    pub fn settle_for(&mut self, person: Key) -> Option<Delivered> {
        let is_theirs = |owed: &Owed| owed.person == person && !owed.is_private;
        let mut owed = self.owed.iter();
        let (id, late) = owed
            .find(|(_, owed)| is_theirs(owed))
            .map(|(id, owed)| (*id, owed.settled()))?;
        self.owed.remove(&id);
        Some(late)
    }

    /// Stops waiting for a member that is not here any more; returns what to report. Of one who was
    /// reported as lacking something, nothing is: it is reported when they come back and get it.
    pub fn forget(&mut self, id: Id, person: Option<Key>) -> Option<Delivered> {
        let is_owed = self.is_reported && self.waiting().any(|waiting| waiting == id);
        if let Some(person) = person.filter(|_| is_owed && self.owed.len() < OWED_MAX) {
            let through = self.through.get(&id).copied().unwrap_or(0);
            let owed = Owed {
                person,
                of: self.expected.len(),
                first: self.first.max(through.saturating_add(1)),
                last: self.newest,
                is_private: self.private.contains(&id),
            };
            self.owed.insert(id, owed);
        }
        self.answers.remove(&id);
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
        self.watch = None;
        let delivered = self.state(self.newest, Vec::new());
        self.is_reported = false;
        Some(delivered)
    }

    /// What to do, now that members have been waited for long enough. A member that is asked
    /// answers within `answer`.
    pub fn overdue(&mut self, now: Duration, answer: Duration) -> Option<Overdue> {
        let watch = self.watch.filter(|watch| watch.at <= now)?;
        self.watch = None;
        if self.is_complete() {
            return None;
        }
        let lacking: Vec<Id> = self.lacking(watch.last).collect();
        if lacking.is_empty() {
            // Everybody has what was said then; what has been said since is on its way.
            self.watch = Some(Watch {
                at: self.newest_at + watch.wait,
                last: self.newest,
                said_at: self.newest_at,
                wait: watch.wait,
            });
            return None;
        }
        let (ask, is_awaited) = self.whom_to_ask(&lacking, &watch, now, answer);
        if !ask.is_empty() || is_awaited {
            let at = now + answer;
            self.watch = Some(Watch { at, ..watch });
            ask.iter().for_each(|id| self.note_asked(*id, now));
            return (!ask.is_empty()).then_some(Overdue::Ask(ask));
        }
        let is_sure = |id: &Id| self.is_sure(*id, &watch, now, answer);
        let named: Vec<Id> = lacking.into_iter().filter(is_sure).collect();
        if named.is_empty() {
            return None;
        }
        self.is_reported = true;
        // Up to where all the others are known to be.
        let others = self
            .expected
            .iter()
            .filter(|id| !self.lacks(**id, watch.last));
        let through = others.filter_map(|id| self.through.get(id)).min();
        let last = through.map_or(self.newest, |through| *through.min(&self.newest));
        Some(Overdue::Report(self.state(last, named)))
    }

    /// Those who are to be asked whether they lack something, and whether an answer is awaited.
    fn whom_to_ask(
        &self,
        lacking: &[Id],
        watch: &Watch,
        now: Duration,
        answer: Duration,
    ) -> (Vec<Id>, bool) {
        let answers = |id: &Id| self.answers.get(id).copied().unwrap_or_default();
        let asked = lacking.iter().filter(|id| answers(id).asked > 0).count();
        let mut room = ASKED_MAX.saturating_sub(asked);
        let (mut ask, mut is_awaited) = (Vec::new(), false);
        let is_unsure = |id: &&Id| !self.is_sure(**id, watch, now, answer);
        for id in lacking.iter().filter(is_unsure) {
            match answers(id) {
                Answers { asked: 0, .. } if room == 0 => {}
                Answers { asked: 0, .. } => {
                    room -= 1;
                    ask.push(*id);
                }
                asked if now < asked.asked_at + answer => is_awaited = true,
                Answers { asked: ASKS.., .. } => {
                    is_awaited |= now < watch.said_at + BUSY_AWAITED;
                }
                _ => ask.push(*id),
            }
        }
        (ask, is_awaited)
    }

    /// Whether it is certain that a member lacks something.
    fn is_sure(&self, id: Id, watch: &Watch, now: Duration, answer: Duration) -> bool {
        let Some(answers) = self.answers.get(&id) else {
            return false;
        };
        let is_busy = answers.busy_at.is_some_and(|at| now < at + BUSY_FOR);
        // What it stated last may be old.
        let settled = if is_busy { watch.wait } else { SETTLED };
        let has_told = answers.at.is_some_and(|at| at >= watch.said_at + settled);
        let is_mute = answers.asked >= ASKS && now >= answers.asked_at + answer;
        has_told || (is_mute && !is_busy)
    }

    /// When [`Receipts::overdue`] may have something.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.watch.map(|watch| watch.at)
    }

    /// Whether all members have all frames.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.waiting().next().is_none()
    }

    /// The members that lack some frames, as far as is known.
    pub fn waiting(&self) -> impl Iterator<Item = Id> {
        self.lacking(self.newest)
    }

    /// How far the newest frames have got.
    #[must_use]
    pub fn current(&self) -> Delivered {
        self.state(self.newest, self.waiting().collect())
    }

    /// Whether somebody who has acknowledged something before has not acknowledged all: to repeat
    /// it for the others is of no use.
    #[must_use]
    pub fn is_worth_repeating(&self) -> bool {
        self.waiting().any(|id| self.through.contains_key(&id))
    }

    /// Those who have not acknowledged all frames up to one.
    fn lacking(&self, last: u32) -> impl Iterator<Item = Id> {
        let expected = self.expected.iter().copied();
        expected.filter(move |id| self.lacks(*id, last))
    }

    fn lacks(&self, id: Id, last: u32) -> bool {
        self.through.get(&id).is_none_or(|through| *through < last)
    }

    fn state(&self, last: u32, waiting: Vec<Id>) -> Delivered {
        Delivered {
            first: self.first,
            last,
            has: self.expected.len() - self.lacking(last).count(),
            of: self.expected.len(),
            waiting,
            was_reported: self.is_reported,
        }
    }
}

impl Owed {
    /// That it is not owed any more.
    fn settled(&self) -> Delivered {
        Delivered {
            first: self.last,
            last: self.last,
            has: self.of,
            of: self.of,
            waiting: Vec::new(),
            was_reported: true,
        }
    }
}

#[cfg(test)]
mod tests;
