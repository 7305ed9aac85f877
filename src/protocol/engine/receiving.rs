//! What the others say: which of their frames are here, which to ask for, and what to report.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cause_waits::CauseWaits;
use super::config::RANGES_MAX;
use super::dedup::RecentDatagrams;
use super::fair_share::Uses;
use super::frontier::Frontier;
use super::group::Group;
use super::group_clock::ClockWatch;
use super::heard_nacks::HeardNacks;
use super::inbox::{Inbox, NackTiming};
use super::nack_budget::{NackBudget, Prospect};
use super::reports::{Report, ReportReason, Reports};
use super::roster::{Id, Roster};
use super::streams::Streams;
use super::unproven::Unproven;
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::nack::{COUNT_BYTES, Nack, SPAN_MAX, Target};
use crate::protocol::wire::frame::status::Status;
use crate::protocol::wire::frame::{
    ACKS_MAX, Ack, FLAG_ACK_REQUEST, FLAG_BULK, FRAME_NARROW_BYTES, MemberTag, body_max_bytes,
};

/// About how many bytes a datagram takes that carries no name, no body and no signature, with the
/// headers of UDP, IP and Ethernet.
const UNSIGNED_BYTES: usize = 160;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    /// Datagrams that came or were sent lately, so that copies are known.
    pub(super) recent: RecentDatagrams,
    inboxes: BTreeMap<Id, Inbox>,
    /// How many ranges of sequences all inboxes hold.
    ranges: usize,
    /// When each inbox that has a timer is due.
    due: BTreeMap<Id, Duration>,
    /// Members whose next frame waits for frames of others.
    pub(super) blocked: BTreeSet<Id>,
    pub(super) frontier: Frontier,
    pub(super) cause_waits: CauseWaits,
    /// The latest clock of what was shown.
    pub(super) newest_shown: u64,
    pub(super) reports: Reports,
    /// Frames that wait for the proof that their author is there now.
    pub(super) unproven: Unproven,
    pub(super) heard_nacks: HeardNacks,
    pub(super) streams: Streams,
    pub(super) clocks: ClockWatch,
    next_nack_at: Duration,
    pub(super) nack_budget: NackBudget,
    /// Frames that were dropped because they were heard before, or because their session is over.
    pub(super) replays: u64,
    /// Records of kinds that a later version sends, each counted when its frame is shown.
    pub(super) unknown_records: u64,
    /// Whether an own frame came back by the network.
    pub(super) hears_itself: bool,
    /// Bytes of frames that were opened once more.
    pub(super) reopened_bytes: u64,
}

impl Receiving {
    pub(super) fn inbox(&self, id: Id) -> Option<&Inbox> {
        self.inboxes.get(&id)
    }

    /// Changes an inbox, if there is one, and leaves its timer.
    pub(super) fn change<T>(&mut self, id: Id, change: impl FnOnce(&mut Inbox) -> T) -> Option<T> {
        let inbox = self.inboxes.get_mut(&id)?;
        self.ranges -= inbox.ranges();
        let result = change(inbox);
        self.ranges += inbox.ranges();
        Some(result)
    }

    /// A member's inbox; a new one begins at the sequence `first`.
    pub(super) fn open_inbox(&mut self, id: Id, first: u32) -> &mut Inbox {
        let inbox = self.inboxes.entry(id);
        inbox.or_insert_with(|| Inbox::starting_at(first))
    }

    /// Notes that a member's frame was shown in an earlier session, if it has an inbox.
    pub(super) fn recall(&mut self, id: Id, sequence: u32) {
        if self.change(id, |inbox| inbox.recall(sequence)).is_some() {
            self.plan(id);
        }
    }

    /// Changes an inbox, and sets its timer anew.
    pub(super) fn update(&mut self, id: Id, change: impl FnOnce(&mut Inbox)) {
        self.change(id, change);
        self.plan(id);
    }

    /// Sets the timer of an inbox by what is due in it.
    pub(super) fn plan(&mut self, id: Id) {
        match self.inbox(id).and_then(Inbox::next_time) {
            Some(at) => self.due.insert(id, at),
            None => self.due.remove(&id),
        };
    }

    /// Takes in a hint that a member's frame exists.
    pub(super) fn hint(
        &mut self,
        id: Id,
        sequence: u32,
        now: Duration,
        timing: NackTiming,
        rng: &mut Rng,
    ) {
        let is_new = self.change(id, |inbox| inbox.hint(sequence, now, timing, rng));
        if is_new == Some(true) {
            self.plan(id);
        }
    }

    /// Whether a member's frame was shown, or skipped.
    pub(super) fn is_past(&self, id: Id, sequence: u32) -> bool {
        self.inbox(id).is_some_and(|inbox| inbox.is_past(sequence))
    }

    /// Whether a member's frame is here.
    pub(super) fn has(&self, id: Id, sequence: u32) -> bool {
        self.inbox(id).is_some_and(|inbox| inbox.has(sequence))
    }

    /// Whether a member's frame is missing and asked for.
    pub(super) fn is_missing(&self, id: Id, sequence: u32) -> bool {
        self.inbox(id)
            .is_some_and(|inbox| inbox.is_missing(sequence))
    }

    /// Inboxes with something due; those of whom nothing comes are last.
    pub(super) fn due(&self, now: Duration) -> Vec<Id> {
        let due = self.due.iter().filter(|(_, at)| **at <= now);
        let mut due: Vec<Id> = due.map(|(id, _)| *id).collect();
        let is_vain = |id: &Id| {
            let asked_in_vain = self.inbox(*id).map_or(0, Inbox::asked_in_vain);
            Prospect::after(asked_in_vain) == Prospect::Vain
        };
        due.sort_by_key(is_vain);
        due
    }

    /// When the first inbox is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.due.values().min().copied()
    }

    /// Adds the missing frames of a member to a NACK, if one may leave now; the inbox is due again
    /// when the next may.
    pub(super) fn ask(
        &mut self,
        id: Id,
        now: Duration,
        group: &Group,
        nack: &mut NackDraft,
        rng: &mut Rng,
    ) {
        let asked_in_vain = self.inbox(id).map_or(0, Inbox::asked_in_vain);
        let paid_at = self.nack_budget.waits_until(asked_in_vain, now);
        let from = paid_at.map_or(self.next_nack_at, |at| at.max(self.next_nack_at));
        if now < from {
            // What is here does not wait for a request that must wait.
            if let Some(inbox) = self.inbox(id) {
                let asks_at = inbox.asks_at().map_or(from, |at| at.max(from));
                let goes_on_at = inbox.goes_on_at().filter(|at| *at > now);
                self.due
                    .insert(id, goes_on_at.map_or(asks_at, |at| at.min(asks_at)));
            }
            return;
        }
        let due = |inbox: &mut Inbox| inbox.due(now, SPAN_MAX, group.timing(id), rng);
        if let Some(member) = group.roster.get(id)
            && nack.has_room()
            && let Some(missing) = self.change(id, due)
        {
            nack.add(member.tag, &missing);
        }
        self.plan(id);
    }

    /// Notes that a NACK leaves now.
    pub(super) fn asked(&mut self, nack: &NackDraft, now: Duration, interval: Duration) {
        self.nack_budget.spend(nack.len_bytes());
        self.next_nack_at = now + interval;
    }

    /// How far the frames of those heard lately are here: at most `max` acknowledgements, which
    /// begin with those of `first`.
    pub(super) fn acks(
        &mut self,
        now: Duration,
        max: usize,
        first: &[MemberTag],
        roster: &Roster,
    ) -> Vec<Ack> {
        let since = now.saturating_sub(2 * roster.beat_interval());
        let max = max.min(ACKS_MAX);
        let mut ids: Vec<Id> = first.iter().filter_map(|tag| roster.find(*tag)).collect();
        ids.truncate(max / 2);
        let mut recent = self.reports.acknowledged(since, max - ids.len());
        recent.retain(|id| !ids.contains(id));
        ids.extend(recent);
        let acks = ids.into_iter().filter_map(|id| self.ack(id, roster));
        acks.collect()
    }

    fn ack(&self, id: Id, roster: &Roster) -> Option<Ack> {
        Some(Ack {
            of: roster.get(id)?.tag,
            through: self.inbox(id)?.through(),
        })
    }

    /// Plans a report to the author of a frame with these flags.
    pub(super) fn plan_report(
        &mut self,
        id: Id,
        flags: u8,
        now: Duration,
        roster: &Roster,
        rng: &mut Rng,
    ) {
        let reason = if flags & FLAG_ACK_REQUEST != 0 {
            ReportReason::Asked
        } else if flags & FLAG_BULK != 0 {
            ReportReason::Bulk
        } else {
            ReportReason::Line
        };
        let rank = || roster.my_rank(id, 0);
        self.reports.plan(id, reason, now, roster.size(), rank, rng);
    }

    /// A report as a status, and where it goes; `None` for a member whose address is not known,
    /// who learns it from the next beat.
    pub(super) fn status(&self, report: Report, roster: &Roster) -> Option<(SocketAddr, Status)> {
        let member = roster.get(report.to)?;
        let address = member.address.or(member.by)?;
        let status = Status {
            ack: self.ack(report.to, roster)?,
            heard: report.heard,
            echo: report.echo,
            held: report.held,
        };
        Some((address, status))
    }

    /// The members that have to give up their gaps, the first before the next, if all inboxes
    /// together hold more ranges than they may.
    pub(super) fn over_budget(&self, roster: &Roster) -> Vec<Id> {
        if self.ranges <= RANGES_MAX {
            return Vec::new();
        }
        let mut uses = Uses::default();
        for (id, inbox) in &self.inboxes {
            uses.add_member(*id, inbox.ranges(), roster);
        }
        uses.heaviest_members()
    }

    /// How many ranges of sequences all inboxes hold.
    #[must_use]
    pub(super) fn ranges(&self) -> usize {
        self.ranges
    }

    /// Forgets a member that the roster has forgotten.
    pub(super) fn forget(&mut self, id: Id) {
        let inbox = self.inboxes.remove(&id);
        self.ranges -= inbox.map_or(0, |inbox| inbox.ranges());
        self.due.remove(&id);
        self.unproven.take(id);
        self.blocked.remove(&id);
        self.reports.forget(id);
    }
}

/// A NACK that is being filled.
#[derive(Debug)]
pub(super) struct NackDraft {
    pub(super) nack: Nack,
    room_bytes: usize,
    used_bytes: usize,
}

impl NackDraft {
    /// An empty NACK by an author whose name has `name_bytes` bytes.
    pub(super) fn new(name_bytes: usize) -> Self {
        Self {
            nack: Nack::default(),
            room_bytes: body_max_bytes(FRAME_NARROW_BYTES, name_bytes) - COUNT_BYTES,
            used_bytes: name_bytes + COUNT_BYTES,
        }
    }

    /// About how many bytes it takes on the network.
    fn len_bytes(&self) -> usize {
        self.used_bytes + UNSIGNED_BYTES
    }

    fn has_room(&self) -> bool {
        self.room_bytes >= Target::bytes(SPAN_MAX)
    }

    /// Adds as many of a member's missing frames as fit.
    fn add(&mut self, of: MemberTag, mut missing: &[u32]) {
        while let Some((target, rest)) = Target::new(of, missing, self.room_bytes) {
            self.room_bytes -= target.len_bytes();
            self.used_bytes += target.len_bytes();
            self.nack.targets.push(target);
            missing = rest;
        }
    }
}
