//! What a member holds, and counts.

use super::Node;
use crate::protocol::engine::amendments::Candidate;
use crate::protocol::engine::event::Delivery;
use crate::protocol::engine::history::HistoryWalk;
use crate::protocol::gate::{Gate, Work};

impl Node {
    /// How many bytes of frames are held.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.engine.frame_log().bytes()
    }

    /// How many ranges of sequences are held, of what came and of what is missing.
    #[must_use]
    pub fn held_ranges(&self) -> usize {
        self.engine.ranges()
    }

    /// How many datagrams were dropped unopened as duplicates.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.engine.recent().repeats()
    }

    /// How many frames were dropped as recordings, or because their session is over.
    #[must_use]
    pub fn replays(&self) -> u64 {
        self.engine.replays()
    }

    /// How many records were skipped because only a later version knows their kinds.
    #[must_use]
    pub fn unknown_records(&self) -> u64 {
        self.engine.unknown_records()
    }

    /// What datagrams have cost so far, with what was decrypted again later.
    #[must_use]
    pub fn work(&self) -> Work {
        let work = self.gate.work();
        Work {
            bytes: work.bytes + self.engine.reopened_bytes(),
            ..work
        }
    }

    /// Whether an own frame came back by the network.
    #[must_use]
    pub fn hears_itself(&self) -> bool {
        self.engine.hears_itself()
    }

    /// Counts of what the gate dropped.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Goes on with a walk through the held messages: opens at most so many frames more, and
    /// returns the messages in them, the newest first.
    pub fn walk_history(&self, walk: &mut HistoryWalk, frames: usize) -> Vec<Delivery> {
        self.engine.walk_history(walk, frames)
    }

    /// Goes on with a walk until the newest held message, private ones included, that is looked
    /// for: opens at most so many frames more.
    pub fn find(
        &self,
        walk: &mut HistoryWalk,
        frames: usize,
        is_it: impl FnMut(&Candidate) -> bool,
    ) -> Option<Candidate> {
        self.engine.find(walk, frames, is_it)
    }
}
