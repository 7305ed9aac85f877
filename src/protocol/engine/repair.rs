//! Repairs: which of the members that hold a frame sends it again, and when. The source is first;
//! others follow by rank, so that a frame is repaired also when its source is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::config::{
    HOLDER_RANK_MAX, HOLDER_REPAIR_STEP, MUTE_DOUBLINGS, MUTE_GRTT, MUTE_SINGLE_ASKS, REPAIRS_MAX,
    SOURCE_REPAIR_GRTT_DIVISOR,
};
use super::roster::Id;
use crate::protocol::rng::Rng;

/// The repairs that wait, each for its time.
#[derive(Debug, Default)]
pub struct Repair {
    due: BTreeSet<(Duration, Id, u32)>,
    times: BTreeMap<(Id, u32), (Duration, Cause)>,
}

/// Why a frame is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// This member repeats its newest frame, as it does behind all that it says.
    Tail,
    /// Others lack it, or probably do: by how much they ask, which costs them nothing.
    Asked,
}

/// How long NACKs for a frame are ignored after a repair of it; it has been asked for so often.
#[must_use]
pub fn mute(grtt: Duration, asked: u8) -> Duration {
    let doublings = asked.saturating_sub(MUTE_SINGLE_ASKS).min(MUTE_DOUBLINGS);
    grtt * MUTE_GRTT * (1 << doublings)
}

/// What this member is to a frame that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairRole {
    /// Its author.
    Source,
    /// A holder of this rank, while the author is here.
    Holder(usize),
    /// A holder of this rank, the author being gone.
    Heir(usize),
}

impl RepairRole {
    /// How long to leave the answer to others; `None` for a member that never answers.
    #[must_use]
    pub fn delay(self, grtt: Duration, rng: &mut Rng) -> Option<Duration> {
        let soon = rng.between(Duration::ZERO, grtt / SOURCE_REPAIR_GRTT_DIVISOR);
        let (rank, steps) = match self {
            Self::Source => return Some(soon),
            Self::Holder(rank) => (rank, rank + 1),
            Self::Heir(rank) => (rank, rank),
        };
        let steps = u32::try_from(steps).ok()?;
        (rank < HOLDER_RANK_MAX).then(|| HOLDER_REPAIR_STEP * steps + soon)
    }
}

impl Repair {
    /// Plans to answer a NACK after `delay`, for a frame that is muted until then. Returns false if
    /// it is answered already.
    pub fn answer(
        &mut self,
        frame: (Id, u32),
        muted_until: Duration,
        now: Duration,
        delay: Duration,
    ) -> bool {
        let is_mute = now < muted_until;
        let is_new = !is_mute && !self.times.contains_key(&frame);
        if !is_mute && self.times.len() < REPAIRS_MAX {
            self.schedule(frame, now + delay, Cause::Asked);
        }
        is_new
    }

    /// Sends a frame again at a time, unless an earlier one is set.
    pub fn schedule(&mut self, frame: (Id, u32), at: Duration, cause: Cause) {
        if let Some((set, why)) = self.times.get_mut(&frame)
            && *set <= at
        {
            if cause == Cause::Tail {
                *why = cause;
            }
            return;
        }
        self.cancel(frame);
        self.times.insert(frame, (at, cause));
        self.due.insert((at, frame.0, frame.1));
    }

    /// Cancels a repair, because another member has sent it.
    pub fn cancel(&mut self, frame: (Id, u32)) {
        if let Some((at, _)) = self.times.remove(&frame) {
            self.due.remove(&(at, frame.0, frame.1));
        }
    }

    /// The next repair that is due.
    pub fn pop(&mut self, now: Duration) -> Option<(Id, u32, Cause)> {
        let (at, id, sequence) = *self.due.first()?;
        if at > now {
            return None;
        }
        let planned = self.times.get(&(id, sequence));
        let cause = planned.map_or(Cause::Asked, |(_, cause)| *cause);
        self.cancel((id, sequence));
        Some((id, sequence, cause))
    }

    /// When the next one is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.due.first().map(|(at, ..)| *at)
    }
}
