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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::frame_log::{FrameLog, NewFrame};
    use crate::protocol::engine::setup::Setup;
    use crate::protocol::message::Name;
    use crate::sim;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    /// A log of a member with an archive, with room for ten frames of 100 bytes.
    fn log() -> FrameLog {
        FrameLog::of(&Setup {
            is_archived: true,
            depth_bytes: 1000,
            ..sim::member::setup(1, Name::parse("ana").unwrap(), 1, Seal::public(None))
        })
    }

    fn frame() -> NewFrame {
        NewFrame {
            bytes: vec![7; 100].into(),
            hash: 1,
            messages: 1,
            touched: Duration::ZERO,
        }
    }

    proptest! {
        #[test]
        fn an_archive_that_does_what_it_is_told_keeps_the_history(
            acts in proptest::collection::vec((0..7_u8, 1..6_u32, 1..30_u32), 0..120),
        ) {
            let (mut log, mut kept) = (log(), BTreeSet::new());
            let mut stored = BTreeMap::new();
            for (act, member, sequence) in acts {
                let id = Id(member);
                let position = Position {
                    clock: u64::from(sequence) << 16,
                    short: member.into(),
                    session: 1,
                    sequence,
                };
                let is_held = log.get(id, sequence).is_some();
                match act {
                    0..=3 if !is_held => {
                        log.insert(id, position, frame());
                        log.settle(id, sequence);
                    }
                    // What was kept in another session, and is still.
                    4 if !is_held && stored.contains_key(&position) => {
                        kept.insert(position);
                        log.restore(id, position, frame());
                    }
                    5 => log.forget(id),
                    6 => log.tell_all(),
                    _ => {}
                }
                while let Some(change) = log.next_change() {
                    match change {
                        Change::Entered(position, id) => {
                            kept.insert(position);
                            stored.insert(position, id);
                        }
                        Change::Left(position) => drop(kept.remove(&position)),
                    }
                }
                let held: BTreeSet<Position> =
                    log.history(0, u64::MAX).map(|(position, _)| *position).collect();
                prop_assert_eq!(&held, &kept);
                prop_assert!(log.bytes() <= 1000);
            }
        }
    }
}
