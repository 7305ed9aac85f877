//! What enters and leaves the history of the frame log, for an archive that keeps it. Names of
//! frames only: their bytes are looked up when the archive is told, and are never copied.

use std::collections::VecDeque;

use super::frame_log::Position;
use super::roster::Id;
use crate::protocol::wire::frame::Body;
use crate::protocol::wire::seal::Seal;

/// What happened to the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A frame of a member entered it.
    Entered(Position, Id),
    /// A frame left it.
    Left(Position),
}

/// See the file's head. The owner empties it after each call, so that it is bounded by what came in
/// with that.
#[derive(Debug)]
pub(super) struct Journal {
    changes: VecDeque<Change>,
    /// Checks what comes out of the archive.
    seal: Seal,
}

impl Journal {
    /// An empty one of a room.
    pub(super) fn new(seal: Seal) -> Self {
        Self {
            changes: VecDeque::new(),
            seal,
        }
    }

    pub(super) fn note(&mut self, change: Change) {
        self.changes.push_back(change);
    }

    pub(super) fn next(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// The next, if it is that a frame left.
    pub(super) fn next_left(&mut self) -> Option<Position> {
        let Some(Change::Left(position)) = self.changes.front() else {
            return None;
        };
        let position = *position;
        self.changes.pop_front();
        Some(position)
    }

    /// Whether a datagram is a durable frame with this hash that its author signed.
    pub(super) fn is_genuine(&self, bytes: &[u8], hash: u64) -> bool {
        let mut inside = Vec::new();
        let opened = self.seal.open(bytes, &mut inside);
        opened.is_ok_and(|opened| {
            opened.hash == hash && matches!(opened.frame.body, Body::Durable(_))
        })
    }
}
