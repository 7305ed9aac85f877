//! Who begins to give: the author of an offer at once, somebody else who has it a little later, if
//! nobody has announced a stream by then.

use std::time::Duration;

use super::giving::Giving;
use super::offer::OfferId;
use super::units::UnitSet;
use super::{GIVINGS_MAX, Transfers, reporting, units_here};
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::Channel;
use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::notice::Report;

use super::code::SYMBOL_MOST_BYTES;

/// How long the author waits, so that those who want it in one moment are served together.
const AUTHOR_WAITS: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(60));

/// How long somebody else waits who has all.
const HOLDER_WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_millis(600));

/// How long somebody waits who has a part.
const PART_WAITS: (Duration, Duration) = (Duration::from_millis(700), Duration::from_millis(1200));

/// Most questions that are remembered until then.
const REPORTS_MAX: usize = 512;

/// Units of a question that are looked at to find one that is here.
const LOOKED_AT_MAX: usize = 4096;

/// An offer that this member is about to give.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) due: Duration,
    /// Whether it gives also if somebody else does: whoever does gives nothing that is wanted.
    pub(super) insists: bool,
    reports: Vec<(MemberTag, Report)>,
}

impl Transfers {
    /// Somebody wants something that nobody gives: perhaps this member will.
    pub(super) fn consider(
        &mut self,
        now: Duration,
        id: OfferId,
        member: MemberTag,
        report: &Report,
    ) {
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.insists |= report.is_urgent;
            if pending.reports.len() < REPORTS_MAX {
                pending.reports.push((member, report.clone()));
            }
            return;
        }
        let Some((from, to)) = self.waits(&id, report) else {
            return;
        };
        let due = now + self.rng.between(from, to);
        let reports = vec![(member, report.clone())];
        let insists = report.is_urgent;
        let pending = Pending {
            due,
            insists,
            reports,
        };
        self.pending.insert(id, pending);
    }

    /// How long this member waits before it gives something; `None` if it cannot, or does not.
    fn waits(&self, id: &OfferId, report: &Report) -> Option<(Duration, Duration)> {
        let known = self.list.get(id)?;
        let is_own = known.is_own;
        if !self.shares(known) {
            return None;
        }
        if self.held.contains_key(id) {
            return Some(if is_own { AUTHOR_WAITS } else { HOLDER_WAITS });
        }
        let taking = self.takings.get(id)?;
        taking.index()?;
        has_some(&taking.have, report).then_some(PART_WAITS)
    }

    /// Begins to give what is due.
    pub(super) fn begin_giving(&mut self, now: Moment, node: &mut Node) {
        let is_due = |pending: &Pending| pending.due <= now.time;
        let due = self.pending.iter().filter(|(_, pending)| is_due(pending));
        let due: Vec<OfferId> = due.map(|(id, _)| *id).collect();
        for id in due {
            if let Some(pending) = self.pending.remove(&id)
                && self.givings.len() < GIVINGS_MAX
            {
                self.begin(now, node, id, &pending);
            }
        }
    }

    fn begin(
        &mut self,
        now: Moment,
        node: &mut Node,
        id: OfferId,
        pending: &Pending,
    ) -> Option<()> {
        let taking = self.takings.get(&id);
        let index = match self.held.get(&id) {
            Some(index) => index.clone(),
            None => taking?.index()?.clone(),
        };
        let offer = self.list.get(&id)?.offer.clone();
        let stream = node.open_stream(Channel::Files)?;
        let symbol_bytes = node.symbol_max_bytes().min(SYMBOL_MOST_BYTES) / 64 * 64;
        let sizes = (symbol_bytes, node.unreliable_bytes_per_s());
        let mut giving = Giving::new((offer, index), stream, sizes, now.time);
        let has = units_here(&self.held, &self.takings, &id);
        giving.insists = pending.insists;
        for (member, report) in &pending.reports {
            if let Some(credit) = self.credits.of(now.time, &giving.offer, member.short) {
                giving.report(now.time, *member, report, (has, credit));
            }
        }
        self.givings.insert(id, giving);
        self.progress_at.get_or_insert(now.time);
        Some(())
    }
}

/// Whether some of what lacks is here.
fn has_some(have: &UnitSet, report: &Report) -> bool {
    let units = reporting::units_of(&report.lacks).flatten();
    units.take(LOOKED_AT_MAX).any(|unit| have.contains(unit))
}
