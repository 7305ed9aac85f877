//! What a frame waits for before it is shown, and what is shown before it when the wait is over.
//! How long it waits is a matter of `cause_waits`.
//!
//! A frame refers to the newest frames only: what they refer to comes before it as well. Somebody
//! can therefore hide a line from those who come after it, by a frame that refers to it and that
//! not everybody gets. Where a reference leads to what is not here, what the author acknowledged
//! in the same frame tells what it had got, and that comes first.

use std::time::Duration;

use super::Engine;
use super::cause_waits::Awaited;
use super::config::CAUSES_HEEDED_AFTER;
use super::deliver::Opened;
use super::inbox::Inbox;
use super::roster::{Id, ME};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::{REFERENCES_MAX, Reference};

/// How long a chain of causes may be of which each one is here and waits for the next; what is
/// further back is not shown earlier because of its effects.
const CAUSES_DEPTH_MAX: usize = 8;

impl Engine {
    /// Until when a frame waits for causes that were not shown yet; `None` if there are none.
    pub(super) fn waits_until(&self, now: Moment, frame: &Opened<'_>) -> Option<Duration> {
        let waits = &self.receiving.cause_waits;
        let awaited = self.awaited(now, frame).into_iter();
        let patience = awaited
            .map(|cause| waits.patience(&cause, now.time))
            .max()?;
        let flowing_since = self.receiving.inbox(frame.id)?.flowing_since();
        Some(frame.held.came(now.time).max(flowing_since) + patience)
    }

    /// The causes of a frame that were not shown yet. A member that has just come waits for none,
    /// because most of them were said before.
    fn awaited(&self, now: Moment, frame: &Opened<'_>) -> Vec<Awaited> {
        if now.time < self.me.started.time + CAUSES_HEEDED_AFTER {
            return Vec::new();
        }
        let references = &frame.durable.references;
        let causes = references.iter();
        let awaited = causes.filter_map(|cause| self.as_awaited(frame, *cause));
        let mut awaited: Vec<Awaited> = awaited.collect();
        // A reference to what is not here hides what that refers to, and one of many is left out.
        if !awaited.is_empty() || references.len() >= REFERENCES_MAX {
            let acked = acknowledged(frame);
            awaited.extend(acked.filter_map(|cause| self.as_held_up(frame, cause)));
        }
        awaited
    }

    /// A cause of a frame, if it was not shown yet.
    fn as_awaited(&self, frame: &Opened<'_>, cause: Reference) -> Option<Awaited> {
        let id = self.group.roster.find(cause.member);
        let inbox = id.and_then(|id| self.receiving.inbox(id));
        let (is_shown, is_attested) = match id {
            // Nobody but this member says more than it has said.
            Some(ME) => (cause.sequence <= self.sending.newest(), false),
            _ => (
                inbox.is_some_and(|inbox| inbox.is_past(cause.sequence)),
                inbox.is_some_and(|inbox| cause.sequence <= inbox.newest()),
            ),
        };
        let is_awaited = !is_shown && !self.is_stored(&cause);
        is_awaited.then(|| Awaited {
            frame: cause,
            by: frame.author.short,
            clock: frame.held.position.clock,
            is_author_known: id == Some(ME) || inbox.is_some_and(Inbox::has_delivered),
            is_attested,
        })
    }

    /// What the author of a frame had got before, if that is here and waits itself. It is waited
    /// for as little as what somebody unknown says: its turn comes before the frame in any case.
    fn as_held_up(&self, frame: &Opened<'_>, cause: Reference) -> Option<Awaited> {
        let id = self.group.roster.find(cause.member);
        let id = id.filter(|id| *id != ME && *id != frame.id)?;
        let is_here = self
            .receiving
            .inbox(id)
            .is_some_and(|inbox| inbox.is_ready_through(cause.sequence));
        is_here.then_some(Awaited {
            frame: cause,
            by: frame.author.short,
            clock: frame.held.position.clock,
            is_author_known: false,
            is_attested: true,
        })
    }

    /// Ends the wait of a frame for its causes: those that are here, and wait for causes
    /// themselves, are shown before it. Returns false if it is itself an effect of what waits for
    /// it, as only liars have it, so that it is left where it is.
    pub(super) fn go_on_without(
        &mut self,
        now: Moment,
        frame: &Opened<'_>,
        effects: &mut Vec<Id>,
    ) -> bool {
        effects.push(frame.id);
        for cause in self.awaited(now, frame) {
            self.show_cause(now, &cause.frame, effects);
        }
        effects.pop();
        let is_effect = |cause: &Awaited| {
            let author = self.group.roster.find(cause.frame.member);
            author.is_some_and(|author| effects.contains(&author))
        };
        if self.awaited(now, frame).iter().any(is_effect) {
            return false;
        }
        for cause in &frame.durable.references {
            if let Some(missing) = self.as_awaited(frame, *cause) {
                self.receiving.cause_waits.in_vain(&missing, now.time);
            }
        }
        true
    }

    /// Notes which frames of others are not here that the author of a shown frame had got. Its
    /// references need not lead to them: there is room for few, and what they lead to may have come
    /// to others only.
    pub(super) fn note_hidden(&mut self, now: Moment, frame: &Opened<'_>) {
        let clock_now = self.me.clock_now(now);
        for cause in acknowledged(frame) {
            let id = self.group.roster.find(cause.member);
            let id = id.filter(|id| *id != ME && *id != frame.id);
            let receiving = &self.receiving;
            let is_here =
                |id| receiving.is_past(id, cause.sequence) || receiving.has(id, cause.sequence);
            if id.is_some_and(|id| !is_here(id)) {
                let (of, clock) = ((cause.member, cause.sequence), frame.held.position.clock);
                let waits = &mut self.receiving.cause_waits;
                waits.hides(of, clock, now.time, clock_now);
            }
        }
    }

    /// Shows a cause if it and all before it are here.
    fn show_cause(&mut self, now: Moment, cause: &Reference, effects: &mut Vec<Id>) {
        let id = self.group.roster.find(cause.member);
        let Some(id) = id.filter(|id| *id != ME && !effects.contains(id)) else {
            return;
        };
        let is_here = |inbox: &Inbox| inbox.is_ready_through(cause.sequence);
        while effects.len() <= CAUSES_DEPTH_MAX
            && self.receiving.inbox(id).is_some_and(is_here)
            && self.deliver_next(now, id, None, effects)
        {
            // What is behind it may be ready, too.
            self.receiving.blocked.insert(id);
        }
    }
}

/// What the author of a frame had got before it: the newest frame of each member, as far as none
/// before it was missing.
fn acknowledged(frame: &Opened<'_>) -> impl Iterator<Item = Reference> {
    frame.durable.acks.iter().map(|ack| Reference {
        member: ack.of,
        sequence: ack.through,
        hash: 0,
    })
}
