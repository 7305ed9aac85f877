//! In which order missing frames are pulled: one after the other while they are few; of many, some
//! of each session in turn and the newest first, so that whoever has filled the history with much
//! does not keep a latecomer from what the others said.

use std::collections::BTreeSet;

use crate::protocol::wire::frame::sync::FrameName;

/// Up to this many are pulled one after the other.
const FEW: usize = 512;
/// Frames of one session in one request.
const OF_SESSION: usize = 4;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct PullOrder {
    /// The session whose turn was last.
    last: Option<(u64, u64)>,
}

impl PullOrder {
    /// The frames to ask for next, ascending, at most `max`.
    pub(super) fn next(&mut self, wanted: &BTreeSet<FrameName>, max: usize) -> Vec<FrameName> {
        if wanted.len() <= FEW {
            return wanted.iter().copied().take(max).collect();
        }
        let mut next = BTreeSet::new();
        while next.len() < max {
            let Some((short, session)) = self.turn(wanted) else {
                break;
            };
            let name = |sequence| FrameName {
                short,
                session,
                sequence,
            };
            let newest = wanted.range(name(0)..=name(u32::MAX)).rev();
            let before = next.len();
            next.extend(newest.take(OF_SESSION.min(max - next.len())).copied());
            if next.len() == before {
                break; // all have had their turn
            }
        }
        next.into_iter().collect()
    }

    /// The session whose turn it is.
    fn turn(&mut self, wanted: &BTreeSet<FrameName>) -> Option<(u64, u64)> {
        let behind = self.last.map(|(short, session)| FrameName {
            short,
            session,
            sequence: u32::MAX,
        });
        let next = behind.and_then(|behind| wanted.range(behind..).next());
        let next = next.or_else(|| wanted.first())?;
        self.last = Some((next.short, next.session));
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(short: u64, count: u32) -> impl Iterator<Item = FrameName> {
        (1..=count).map(move |sequence| FrameName {
            short,
            session: 1,
            sequence,
        })
    }

    #[test]
    fn a_few_frames_come_in_one_of_the_first_requests_whatever_else_there_is() {
        let mut wanted: BTreeSet<FrameName> = frames(1, 19_000).chain(frames(9, 8)).collect();
        let mut order = PullOrder::default();
        for _ in 0..2 {
            for frame in order.next(&wanted, 64) {
                wanted.remove(&frame);
            }
        }
        assert!(wanted.iter().all(|frame| frame.short == 1));
        // And nothing is left out in the end.
        for requests in 0.. {
            let next = order.next(&wanted, 64);
            assert!(requests < 19_000 && next.len() <= 64);
            if next.is_empty() {
                break;
            }
            wanted.retain(|frame| !next.contains(frame));
        }
        assert_eq!(wanted.len(), 0);
    }
}
