//! What this member said: messages that have no id yet, because their frames are not made, and how
//! far those that have one have got.

use std::collections::VecDeque;
use std::time::Duration;

use super::amending::{UnsentChange, WantedChange};
use super::command::RequestId;
use super::event::{Delivered, Id, Person};
use super::finding::Finding;
use super::leaving::HasSpoken;
use super::nick::Wanted;
use super::private::Private;
use crate::protocol::engine::event::{DeliveryReport, Manner, MessageId};

/// Shortest time between two reports of delivery.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Most reports that wait. Beyond, the oldest are dropped, because newer ones say more.
const REPORTS_MAX: usize = 64;

/// Pause in which a burst of talk ends: what is kept for people who are away is told once for each.
const BURST_PAUSE: Duration = Duration::from_secs(300);

/// Most own messages whose ids are kept for reports: more than a send window holds.
const IDS_MAX: usize = 65_536;

/// A message that was said and is not in a frame yet.
#[derive(Debug, PartialEq)]
pub(super) struct Unsent {
    pub(super) request: RequestId,
    pub(super) text: String,
    pub(super) manner: Manner,
    /// Its addressee, if it is private.
    pub(super) to: Option<Person>,
    /// Frames that carry it: one for each session of a private message's addressee.
    pub(super) copies: usize,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Own {
    unsent: VecDeque<Unsent>,
    /// Copies of the first unsent message that were made already.
    copies: usize,
    ids: VecDeque<MessageId>,
    has_spoken: HasSpoken,
    reports: VecDeque<Delivered>,
    reported_at: Option<Duration>,
    /// Changes that are in no frame yet.
    changes: VecDeque<UnsentChange>,
    /// The change that waits for what was said before it.
    pub(super) wanted_change: Option<WantedChange>,
    /// What it asked an archive.
    pub(super) finding: Finding,
    /// When something was last kept for people who are away, and for how many that was told.
    kept: Option<(Duration, usize)>,
    /// The name that this member is about to have.
    pub(super) wanted_name: Option<Wanted>,
    /// The private message whose addressee is waited for.
    pub(super) private: Private,
}

impl Own {
    /// Of a member that has just come.
    pub(super) fn new(now: Duration) -> Self {
        Self {
            private: Private::new(now),
            ..Self::default()
        }
    }

    /// Notes what was said.
    pub(super) fn say(&mut self, message: Unsent) {
        self.has_spoken = HasSpoken::Yes;
        self.unsent.push_back(message);
    }

    /// Whether anything was said.
    pub(super) fn has_spoken(&self) -> HasSpoken {
        self.has_spoken
    }

    /// How many messages and changes are in no frame yet.
    pub(super) fn unsent(&self) -> usize {
        self.unsent.len() + self.changes.len()
    }

    /// Notes a change of what was said.
    pub(super) fn change(&mut self, change: UnsentChange) {
        self.has_spoken = HasSpoken::Yes;
        self.changes.push_back(change);
    }

    /// The oldest change that is in no frame yet is in one now.
    pub(super) fn changed(&mut self) -> Option<UnsentChange> {
        self.changes.pop_front()
    }

    /// Whether nothing waits for what was said before.
    pub(super) fn is_settled(&self) -> bool {
        self.wanted_name.is_none() && self.wanted_change.is_none() && !self.private.is_waiting()
    }

    /// The oldest message without an id has one now; `None` for further copies of a private one.
    pub(super) fn sent(&mut self, id: MessageId) -> Option<Unsent> {
        self.ids.push_back(id);
        if self.ids.len() > IDS_MAX {
            self.ids.pop_front();
        }
        let first = self.unsent.front_mut()?;
        self.copies += 1;
        let is_first = self.copies == 1;
        let told = is_first.then(|| Unsent {
            request: first.request,
            text: std::mem::take(&mut first.text),
            manner: std::mem::take(&mut first.manner),
            to: first.to.take(),
            copies: first.copies,
        });
        if self.copies >= first.copies {
            self.unsent.pop_front();
            self.copies = 0;
        }
        told
    }

    /// The last message that is in own frames up to one.
    pub(super) fn id_up_to(&self, sequence: u32) -> Option<MessageId> {
        let end = self
            .ids
            .partition_point(|id| id.position.sequence <= sequence);
        end.checked_sub(1).and_then(|at| self.ids.get(at)).copied()
    }

    /// Takes in how far own frames have got.
    pub(super) fn report(&mut self, report: DeliveryReport<Person>) {
        let (first, last) = (report.first_sequence, report.last_sequence);
        let begin = self.ids.partition_point(|id| id.position.sequence < first);
        let end = self.ids.partition_point(|id| id.position.sequence <= last);
        let first = self.ids.get(begin).copied();
        let last = end.checked_sub(1).and_then(|at| self.ids.get(at)).copied();
        // Later reports begin where this one does, or after it.
        self.ids.drain(..begin);
        let (Some(first), Some(last)) = (first, last) else {
            return;
        };
        if begin == end {
            return; // no messages in these frames, but a HELLO or a farewell
        }
        let report = Delivered {
            first: Id::Group(first),
            last: Id::Group(last),
            has: report.has,
            of: report.of,
            waiting: report.waiting,
            was_reported: report.was_reported,
            kept_for: report.kept_for,
        };
        match self.reports.back_mut() {
            Some(before) if is_equal(before, &report) => before.last = report.last,
            _ => self.reports.push_back(report),
        }
        if self.reports.len() > REPORTS_MAX {
            self.reports.pop_front();
        }
    }

    /// For how many people who are away it is told that something is kept: once for each burst, and
    /// when there are more of them.
    pub(super) fn kept_once(&mut self, now: Duration, away: usize) -> usize {
        if away == 0 {
            return 0;
        }
        let last = self.kept.filter(|(at, _)| now < *at + BURST_PAUSE);
        let told = last.map_or(0, |(_, told)| told);
        self.kept = Some((now, told.max(away)));
        if away > told { away } else { 0 }
    }

    /// When to look again at what waits for an answer or an addressee.
    pub(super) fn next_look(&self, now: Duration) -> Option<Duration> {
        let times = [self.finding.next_time(now), self.private.next_time()];
        times.into_iter().flatten().min()
    }

    /// The next report, if it is due.
    pub(super) fn poll(&mut self, now: Duration) -> Option<Delivered> {
        self.next_time().filter(|at| *at <= now)?;
        self.poll_last(now)
    }

    /// The next report, due or not: this member leaves.
    pub(super) fn poll_last(&mut self, now: Duration) -> Option<Delivered> {
        let report = self.reports.pop_front()?;
        self.reported_at = Some(now);
        Some(report)
    }

    /// When the next report is due; now, if a message that is to be changed is looked for.
    pub(super) fn next_time(&self) -> Option<Duration> {
        let wanted = self.wanted_change.as_ref();
        if wanted.is_some_and(WantedChange::is_looked_for) && self.unsent() == 0 {
            return Some(Duration::ZERO);
        }
        self.reports.front()?;
        let since = self.reported_at.map(|at| at + REPORT_INTERVAL);
        Some(since.unwrap_or_default())
    }
}

/// Whether two runs of messages have got equally far.
fn is_equal(one: &Delivered, other: &Delivered) -> bool {
    let state = |it: &Delivered| (it.of, it.was_reported, it.kept_for);
    state(one) == state(other) && one.waiting == other.waiting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::frame_log::Position;

    fn id(sequence: u32, index: u8) -> MessageId {
        let position = Position {
            clock: 1,
            short: 2,
            session: 3,
            sequence,
        };
        MessageId { position, index }
    }

    fn unsent(request: u64, copies: usize) -> Unsent {
        Unsent {
            request: RequestId(request),
            text: "oi".into(),
            manner: Manner::Said,
            to: None,
            copies,
        }
    }

    fn complete(first_sequence: u32, last_sequence: u32) -> DeliveryReport<Person> {
        DeliveryReport {
            first_sequence,
            last_sequence,
            has: 2,
            of: 2,
            waiting: Vec::new(),
            was_reported: false,
            kept_for: 0,
        }
    }

    #[test]
    fn messages_get_their_ids_in_the_order_in_which_they_were_said() {
        let mut own = Own::default();
        own.say(unsent(1, 1));
        own.say(unsent(2, 2));
        own.say(unsent(3, 1));
        assert_eq!(own.sent(id(2, 0)), Some(unsent(1, 1)));
        assert_eq!(own.sent(id(2, 1)), Some(unsent(2, 2)));
        assert_eq!(own.sent(id(3, 0)), None);
        assert_eq!(own.sent(id(4, 0)), Some(unsent(3, 1)));
        assert_eq!(own.sent(id(5, 0)), None);
    }

    #[test]
    fn equal_reports_are_one_and_come_once_a_second() {
        let mut own = Own::default();
        for sequence in 2..=5 {
            own.say(unsent(1, 1));
            own.sent(id(sequence, 0));
        }
        let second = Duration::from_secs(1);
        own.report(complete(2, 2));
        let first = own.poll(Duration::ZERO).unwrap();
        assert_eq!(
            (first.first, first.last),
            (Id::Group(id(2, 0)), Id::Group(id(2, 0)))
        );
        own.report(complete(3, 4));
        own.report(complete(5, 5));
        assert_eq!(own.poll(second / 2), None);
        let merged = own.poll(second).unwrap();
        assert_eq!(
            (merged.first, merged.last),
            (Id::Group(id(3, 0)), Id::Group(id(5, 0)))
        );
        assert_eq!(own.next_time(), None);
    }

    #[test]
    fn what_is_kept_for_the_absent_is_told_once_for_each_burst() {
        let mut own = Own::default();
        let minute = Duration::from_secs(60);
        let told = |own: &mut Own, minutes, away| own.kept_once(minute * minutes, away);
        assert_eq!(told(&mut own, 0, 2), 2);
        assert_eq!(told(&mut own, 1, 2), 0);
        assert_eq!(told(&mut own, 5, 1), 0, "the same burst");
        assert_eq!(told(&mut own, 6, 3), 3, "one more");
        assert_eq!(told(&mut own, 7, 0), 0);
        assert_eq!(told(&mut own, 12, 3), 3, "another burst");
    }

    #[test]
    fn frames_without_messages_are_not_reported() {
        let mut own = Own::default();
        own.report(complete(1, 1));
        assert_eq!(own.poll_last(Duration::ZERO), None);
    }
}
