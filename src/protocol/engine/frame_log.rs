//! The durable frames of all members, as they came: for repairs, for latecomers, and for
//! `/history`. Bounded in bytes, messages and time; the oldest go first. Own frames stay as long as
//! a member that reports may lack them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::config::{
    HELD_BACK_BYTES, HISTORY_AGE, HISTORY_BYTES, HISTORY_MESSAGES, WINDOW_SENT_FRAMES,
};
use super::roster::{Id, ME};
use crate::protocol::wire::frame::Author;
use crate::protocol::wire::frame::sync::FrameName;

/// Where a frame stands in the order that all members agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The author's hybrid clock.
    pub clock: u64,
    /// The author's short id.
    pub short: u64,
    /// The author's session.
    pub session: u64,
    /// The frame's sequence.
    pub sequence: u32,
}

impl Position {
    /// The position of a durable frame.
    #[must_use]
    pub fn of(author: &Author) -> Self {
        Self {
            clock: author.clock,
            short: author.short,
            session: author.session,
            sequence: author.sequence,
        }
    }

    /// The frame that has this position.
    #[must_use]
    pub fn frame_name(&self) -> FrameName {
        FrameName {
            short: self.short,
            session: self.session,
            sequence: self.sequence,
        }
    }
}

/// One held frame.
#[derive(Clone, Debug)]
pub struct LoggedFrame {
    /// The datagram.
    pub bytes: Arc<[u8]>,
    /// The hash of all its bytes.
    pub hash: u64,
    /// Its position in the common order.
    pub position: Position,
    /// How many messages it holds.
    pub messages: usize,
    /// When it was last sent by us or heard from anybody.
    pub touched: Duration,
    /// How often it was asked for.
    pub asked: u8,
    /// Whether it was delivered, and does not wait behind a gap.
    is_history: bool,
}

/// All held frames.
#[derive(Debug, Default)]
pub struct FrameLog {
    frames: BTreeMap<(Id, u32), LoggedFrame>,
    history: BTreeMap<Position, Id>,
    history_bytes: usize,
    history_messages: usize,
    held_back_bytes: usize,
    /// Own frames that have left the history, and that a member may lack.
    kept: VecDeque<u32>,
    kept_bytes: usize,
    needed_from: u32,
    horizon: u64,
    is_trimmed: bool,
    /// The XOR of the hashes of all history up to a clock, by clock…
    sums: Vec<(u64, u64)>,
    /// …for all clocks below this one.
    summed_to: u64,
}

impl FrameLog {
    /// Whether there is room for a frame behind a gap. A gap-filling frame needs none, because it
    /// releases the frames behind it.
    #[must_use]
    pub fn has_room_behind_gap(&self, held: &NewFrame) -> bool {
        self.held_back_bytes + held.bytes.len() <= HELD_BACK_BYTES
    }

    /// Adds a frame, at first as one behind a gap.
    pub fn insert(&mut self, id: Id, position: Position, held: NewFrame) {
        self.held_back_bytes += held.bytes.len();
        let held = LoggedFrame {
            bytes: held.bytes,
            hash: held.hash,
            position,
            messages: held.messages,
            touched: held.touched,
            asked: 0,
            is_history: false,
        };
        self.frames.insert((id, position.sequence), held);
    }

    /// Moves a frame that was delivered to the history.
    pub fn settle(&mut self, id: Id, sequence: u32) {
        let Some(held) = self.frames.get_mut(&(id, sequence)) else {
            return;
        };
        if std::mem::replace(&mut held.is_history, true) {
            return;
        }
        self.held_back_bytes -= held.bytes.len();
        self.history_bytes += held.bytes.len();
        self.history_messages += held.messages;
        let position = held.position;
        self.history.insert(position, id);
        self.forget_sums(position.clock);
        while self.history_bytes > HISTORY_BYTES || self.history_messages > HISTORY_MESSAGES {
            self.drop_oldest();
        }
    }

    /// Drops what is too old for the history, by the clock now.
    pub fn expire(&mut self, clock: u64) {
        let oldest = clock.saturating_sub((HISTORY_AGE.as_millis() as u64) << 16);
        while self
            .history
            .first_key_value()
            .is_some_and(|(position, _)| position.clock < oldest)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((position, id)) = self.history.pop_first() else {
            return;
        };
        if let Some(held) = self.frames.get(&(id, position.sequence)) {
            self.history_bytes -= held.bytes.len();
            self.history_messages -= held.messages;
            if id == ME {
                self.kept_bytes += held.bytes.len();
                self.kept.push_back(position.sequence);
            } else {
                self.frames.remove(&(id, position.sequence));
            }
        }
        self.drop_kept();
        self.horizon = self.horizon.max(position.clock + 1);
        self.is_trimmed = true;
    }

    /// Drops own frames before this one that have left the history: no member lacks them.
    pub fn release(&mut self, needed_from: u32) {
        self.needed_from = needed_from;
        self.drop_kept();
    }

    fn drop_kept(&mut self) {
        let most = WINDOW_SENT_FRAMES as usize;
        while let Some(oldest) = self.kept.front().copied()
            && (oldest < self.needed_from || self.kept.len() > most)
        {
            self.kept.pop_front();
            if let Some(held) = self.frames.remove(&(ME, oldest)) {
                self.kept_bytes -= held.bytes.len();
            }
        }
    }

    /// A held frame.
    #[must_use]
    pub fn get(&self, id: Id, sequence: u32) -> Option<&LoggedFrame> {
        self.frames.get(&(id, sequence))
    }

    /// Counts that a frame was asked for.
    pub fn note_asked(&mut self, id: Id, sequence: u32) {
        if let Some(held) = self.frames.get_mut(&(id, sequence)) {
            held.asked = held.asked.saturating_add(1);
        }
    }

    /// Notes that a frame was sent or heard just now.
    pub fn touch(&mut self, id: Id, sequence: u32, now: Duration) -> Option<&LoggedFrame> {
        let held = self.frames.get_mut(&(id, sequence))?;
        held.touched = now;
        Some(held)
    }

    /// Whether any frame of a member is held.
    #[must_use]
    pub fn has_any_of(&self, id: Id) -> bool {
        self.frames.range((id, 0)..=(id, u32::MAX)).next().is_some()
    }

    /// The history with a clock in `from..cut`, in the common order.
    pub fn history(
        &self,
        from: u64,
        cut: u64,
    ) -> impl DoubleEndedIterator<Item = (&Position, &Id)> {
        let start = |clock| Position {
            clock,
            short: 0,
            session: 0,
            sequence: 0,
        };
        self.history.range(start(from)..start(cut.max(from)))
    }

    /// The XOR of the hashes of the history with a clock in `from..cut`. Every beat that is heard
    /// needs one, so prefix sums are kept; they only grow at the end, unless an old frame comes in.
    pub fn digest(&mut self, from: u64, cut: u64) -> u64 {
        if cut > self.summed_to {
            let mut sum = self.sums.last().map_or(0, |(_, sum)| *sum);
            let mut fresh = Vec::new();
            for (position, id) in self.history(self.summed_to, cut) {
                sum ^= self.get(*id, position.sequence).map_or(0, |held| held.hash);
                fresh.push((position.clock, sum));
            }
            self.sums.extend(fresh);
            self.summed_to = cut;
        }
        let sum_before = |clock: u64| {
            let after = self.sums.partition_point(|(summed, _)| *summed < clock);
            let last = after.checked_sub(1).and_then(|at| self.sums.get(at));
            last.map_or(0, |(_, sum)| *sum)
        };
        sum_before(cut) ^ sum_before(from)
    }

    /// Drops the prefix sums if they include this clock.
    fn forget_sums(&mut self, clock: u64) {
        if clock < self.summed_to || self.sums.len() > 2 * HISTORY_MESSAGES {
            self.sums.clear();
            self.summed_to = 0;
        }
    }

    /// The clock from which on all frames are held, as far as this member knows.
    #[must_use]
    pub fn horizon(&self) -> u64 {
        self.horizon
    }

    /// Whether a frame was dropped for lack of room, or for its age.
    #[must_use]
    pub fn is_trimmed(&self) -> bool {
        self.is_trimmed
    }

    /// Sets the horizon; a newcomer holds nothing older until it has caught up.
    pub fn set_horizon(&mut self, clock: u64) {
        self.horizon = clock;
    }

    /// How many bytes of frames are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.history_bytes + self.held_back_bytes + self.kept_bytes
    }
}

/// A frame to be added.
#[derive(Debug)]
pub struct NewFrame {
    /// The datagram.
    pub bytes: Arc<[u8]>,
    /// The hash of all its bytes.
    pub hash: u64,
    /// How many messages it holds.
    pub messages: usize,
    /// When it came or was made.
    pub touched: Duration,
}
