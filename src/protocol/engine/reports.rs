//! When this member reports to senders how far it has their frames: often in bulk, lazily after a
//! single line, soon when asked.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{
    ACK_AFTER_MAX, ACK_AFTER_MIN, ACK_GROUP, ASKED_ACK_MAX, ASKED_ACK_PER_MEMBER, REPORT_FRAMES,
    REPORT_FRAMES_MIN, REPORT_INTERVAL, REPORTERS,
};
use super::host_budgets::HostBudgets;
use super::roster::Id;
use crate::protocol::rate::TokenBucket;
use crate::protocol::rng::Rng;

/// Reports per second to one sender, and to all, for frames that are few…
const SENDER_PER_S: u32 = 5;
/// See [`SENDER_PER_S`].
const TOTAL_PER_S: u32 = 4;
/// …and how many of them at once: those of half a second of bulk.
const SENDER_BURST: u32 = 100;
/// See [`SENDER_BURST`].
const TOTAL_BURST: u32 = 120;
/// Reports to a sender since its last new frame, for copies of those that were here: as often as it
/// repeats one by itself, and anybody may have recorded it.
const REPEATS_REPORTED: u32 = 10;
/// Reports per second to one host…
const HOST_PER_S: f64 = 1.0;
/// …and at once. A host that gets more than half of them leaves half of all reports to the others,
/// however many members it has.
const HOST_BURST: f64 = 40.0;
/// How long a report waits while nothing like it may leave.
const WAIT_WHILE_SCARCE: Duration = Duration::from_millis(250);
/// After a report had to wait, those come first for so long that have waited longest.
const SCARCE_FOR: Duration = Duration::from_secs(10);
/// Shortest time that a report which may not leave waits.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// Per sender, what is to be reported and when.
#[derive(Debug)]
pub struct Reports {
    senders: BTreeMap<Id, Sender>,
    allowance: Allowance<TOTAL_PER_S, TOTAL_BURST>,
    shares: HostBudgets<Share>,
    /// Whether a report had to wait because too many left, since that was asked last…
    is_held_up: bool,
    /// …and until when those come first that have waited longest.
    scarce_until: Duration,
    /// Nothing is due before this time.
    due_at: Option<Duration>,
}

/// With whom a sender shares the reports: a member who said something has its own, because anybody
/// can claim to be at the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    Host(IpAddr),
    Speaker(Id),
}

/// Bounds the reports: `PER_S` a second, `BURST` at once, and one more for each
/// [`REPORT_FRAMES_MIN`] new frames. Senders decide when they want a report, and asking costs them
/// little, so that they do not decide how many leave.
#[derive(Clone, Copy, Debug)]
struct Allowance<const PER_S: u32, const BURST: u32>(TokenBucket);

impl<const PER_S: u32, const BURST: u32> Default for Allowance<PER_S, BURST> {
    fn default() -> Self {
        let (per_s, burst) = (f64::from(PER_S), f64::from(BURST));
        Self(TokenBucket::new(per_s, burst, Duration::ZERO))
    }
}

impl<const PER_S: u32, const BURST: u32> Allowance<PER_S, BURST> {
    fn earn(&mut self) {
        self.0.spend(-1.0 / f64::from(REPORT_FRAMES_MIN));
    }

    /// When a report may leave, behind which so many are left; `None` if it may leave now.
    fn waits_until(&mut self, now: Duration, left: f64) -> Option<Duration> {
        let has_one = self.0.refill(now) >= left + 1.0;
        (!has_one).then(|| self.0.available_at(left + 1.0).max(now + WAIT_MIN))
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sender {
    allowance: Allowance<SENDER_PER_S, SENDER_BURST>,
    /// Datagrams that came from the sender itself, repeats included.
    heard: u32,
    unreported: u32,
    /// Copies of its frames that came since its last new one.
    repeats: u32,
    due: Option<Duration>,
    /// Since when it has frames that were neither reported nor acknowledged.
    owed_since: Option<Duration>,
    echo: (u32, Duration),
    last_at: Option<Duration>,
    bulk_at: Option<Duration>,
}

/// What a report states besides the acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose frames.
    pub to: Id,
    /// How many datagrams have come from the sender itself.
    pub heard: u32,
    /// The newest that came from the sender itself.
    pub echo: u32,
    /// How long ago that came.
    pub held: Duration,
}

/// What a sender needs reports for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportReason {
    /// It sent a single line.
    Line,
    /// It sends in bulk, by these reports.
    Bulk,
    /// It asks for one now.
    Asked,
}

/// Sorts those first to whom something is owed for the longest time.
fn owed_longest(owed_since: Option<Duration>) -> Duration {
    owed_since.unwrap_or(Duration::MAX)
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            senders: BTreeMap::new(),
            allowance: Allowance::default(),
            shares: HostBudgets::new(HOST_PER_S, HOST_BURST),
            is_held_up: false,
            scarce_until: Duration::ZERO,
            due_at: None,
        }
    }
}

impl Reports {
    /// Notes a new frame; `first_hand` is its sequence if it came from the sender itself.
    pub fn took(&mut self, from: Id, first_hand: Option<u32>, now: Duration) {
        let sender = self.senders.entry(from).or_default();
        sender.unreported += 1;
        sender.repeats = 0;
        sender.last_at = Some(now);
        sender.owed_since.get_or_insert(now);
        sender.allowance.earn();
        self.allowance.earn();
        if let Some(sequence) = first_hand {
            sender.echo = (sequence, now);
            self.heard(from);
        }
    }

    /// Notes a datagram that came from the sender itself, new or not.
    pub fn heard(&mut self, from: Id) {
        let sender = self.senders.entry(from).or_default();
        sender.heard = sender.heard.saturating_add(1);
    }

    /// Notes that a frame of the sender came once more, from where the sender is; whether that is a
    /// reason to report.
    pub fn repeated(&mut self, from: Id) -> bool {
        self.heard(from);
        let sender = self.senders.entry(from).or_default();
        sender.repeats = sender.repeats.saturating_add(1);
        sender.repeats <= REPEATS_REPORTED
    }

    /// Plans a report, if this member is one of those that give it. `rank` is called only in bulk.
    pub fn plan(
        &mut self,
        to: Id,
        reason: ReportReason,
        now: Duration,
        members: usize,
        rank: impl FnOnce() -> usize,
        rng: &mut Rng,
    ) {
        let sender = self.senders.entry(to).or_default();
        match reason {
            ReportReason::Bulk => sender.bulk_at = Some(now),
            // Perhaps what was said of its frames before was lost.
            ReportReason::Asked => _ = sender.owed_since.get_or_insert(now),
            ReportReason::Line => {}
        }
        let at = match reason {
            ReportReason::Line if members > ACK_GROUP => return,
            ReportReason::Line => now + rng.between(ACK_AFTER_MIN, ACK_AFTER_MAX),
            ReportReason::Bulk if members > REPORTERS && rank() >= REPORTERS => return,
            ReportReason::Bulk if sender.unreported >= REPORT_FRAMES => now,
            ReportReason::Bulk => now.max(sender.last_at.unwrap_or_default()) + REPORT_INTERVAL,
            ReportReason::Asked => {
                let members = u32::try_from(members).unwrap_or(u32::MAX);
                let within = ASKED_ACK_PER_MEMBER.saturating_mul(members);
                now + rng.between(Duration::ZERO, within.min(ASKED_ACK_MAX))
            }
        };
        sender.due = Some(sender.due.map_or(at, |due| due.min(at)));
        self.due_at = Some(self.due_at.map_or(at, |due_at| due_at.min(at)));
    }

    /// The next report that is due, if any may leave. `share_of` says with whom a member shares
    /// them; `None` for one whose address is not known.
    pub(super) fn pop(
        &mut self,
        now: Duration,
        may_report: bool,
        share_of: impl Fn(Id) -> Option<Share>,
    ) -> Option<Report> {
        self.due_at.filter(|at| *at <= now)?;
        let is_due = |sender: &Sender| sender.due.is_some_and(|due| due <= now);
        let is_scarce = now < self.scarce_until;
        let (id, sender) = loop {
            let mut due = self.senders.iter_mut().filter(|(_, sender)| is_due(sender));
            let next = match is_scarce {
                true => due.min_by_key(|(_, sender)| owed_longest(sender.owed_since)),
                false => due.next(),
            };
            let Some((id, sender)) = next else {
                self.due_at = self.senders.values().filter_map(|sender| sender.due).min();
                return None;
            };
            let Some(share) = share_of(*id) else {
                // A beat tells it: nothing can be sent to it.
                (sender.due, sender.unreported) = (None, 0);
                continue;
            };
            let has_got_little = self.shares.left(share, now) >= HOST_BURST / 2.0;
            let left = match has_got_little {
                true => 0.0,
                false => f64::from(TOTAL_BURST / 2),
            };
            let own = sender.allowance.waits_until(now, 0.0);
            let of_all = || match may_report {
                true => self.allowance.waits_until(now, left),
                false => Some(now + WAIT_WHILE_SCARCE),
            };
            match own.or_else(of_all) {
                Some(until) => {
                    sender.due = Some(until);
                    if own.is_none() {
                        self.is_held_up = true;
                        self.scarce_until = now + SCARCE_FOR;
                    }
                }
                None => {
                    self.shares.may_spend(share, 1.0, now);
                    break (id, sender);
                }
            }
        };
        sender.allowance.0.spend(1.0);
        self.allowance.0.spend(1.0);
        sender.due = None;
        sender.unreported = 0;
        sender.owed_since = None;
        let (echo, echo_at) = sender.echo;
        Some(Report {
            to: *id,
            heard: sender.heard,
            echo,
            held: now.saturating_sub(echo_at),
        })
    }

    /// Whether a report had to wait because too many left, since this was asked last.
    pub(super) fn take_held_up(&mut self) -> bool {
        std::mem::take(&mut self.is_held_up)
    }

    /// Whose frames to acknowledge now of those heard since a time, at most `max`: the latest, or
    /// of more, those who have waited longest for it. They are then acknowledged.
    pub fn acknowledged(&mut self, since: Duration, max: usize) -> Vec<Id> {
        let mut recent = self.recent(since, usize::MAX);
        if recent.len() > max {
            let owed_since = |id: &Id| self.senders.get(id).and_then(|sender| sender.owed_since);
            recent.sort_by_key(|id| owed_longest(owed_since(id)));
            recent.truncate(max);
        }
        for id in &recent {
            if let Some(sender) = self.senders.get_mut(id) {
                sender.owed_since = None;
            }
        }
        recent
    }

    /// Members heard since a time, the latest first, at most `max`.
    pub fn recent(&self, since: Duration, max: usize) -> Vec<Id> {
        let mut recent: Vec<(Duration, Id)> = self
            .senders
            .iter()
            .filter_map(|(id, sender)| Some((sender.last_at?, *id)))
            .filter(|(last_at, _)| *last_at >= since)
            .collect();
        recent.sort_unstable_by(|one, other| other.cmp(one));
        recent.truncate(max);
        recent.into_iter().map(|(_, id)| id).collect()
    }

    /// How many members have sent in bulk since a time.
    #[must_use]
    pub fn in_bulk(&self, since: Duration) -> usize {
        let is_in_bulk = |sender: &&Sender| sender.bulk_at.is_some_and(|at| at >= since);
        self.senders.values().filter(is_in_bulk).count()
    }

    /// Forgets a sender that has left.
    pub fn forget(&mut self, id: Id) {
        self.senders.remove(&id);
    }

    /// When a report is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.due_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// These senders each say something, and ask for a report.
    fn ask(reports: &mut Reports, senders: std::ops::Range<u32>, now: Duration, rng: &mut Rng) {
        for id in senders.map(Id) {
            reports.took(id, None, now);
            reports.plan(id, ReportReason::Asked, now, 8, || 0, rng);
        }
    }

    /// Who gets a report now.
    fn reported(reports: &mut Reports, may_report: bool, now: Duration) -> Vec<Id> {
        let speaker = |id| Some(Share::Speaker(id));
        let next = || Some(reports.pop(now, may_report, speaker)?.to);
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn what_may_not_be_reported_is_acknowledged_and_nobody_is_left_out() {
        let (mut reports, mut rng) = (Reports::default(), Rng::new(1));
        ask(&mut reports, 0..40, SECOND, &mut rng);
        assert!(!reports.take_held_up());
        assert_eq!(reported(&mut reports, false, 2 * SECOND), []);
        assert!(reports.take_held_up());
        assert!(!reports.take_held_up());
        let three_times: std::collections::BTreeSet<Id> = (0..3)
            .flat_map(|_| reports.acknowledged(SECOND, 16))
            .collect();
        assert_eq!(three_times.len(), 40);
        // Few are acknowledged as ever: the latest first.
        let few: Vec<Id> = [39, 38, 37].map(Id).into();
        ask(&mut reports, 37..40, 9 * SECOND, &mut rng);
        assert_eq!(reports.acknowledged(9 * SECOND, 16), few);
    }

    #[test]
    fn whoever_asks_without_end_keeps_no_report_from_a_newcomer() {
        let (mut reports, mut rng) = (Reports::default(), Rng::new(2));
        let newcomer = Id(99);
        for tick in 0..4000 {
            let now = SECOND * tick / 100;
            ask(&mut reports, 0..20, now, &mut rng);
            if tick == 3000 {
                ask(&mut reports, 99..100, now, &mut rng);
            }
            if reported(&mut reports, true, now).contains(&newcomer) {
                let waited = tick - 3000;
                assert!(waited < 700, "{waited}");
                return;
            }
        }
        panic!("it gets none");
    }
}
