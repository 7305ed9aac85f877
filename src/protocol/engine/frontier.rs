//! Causal order: a frame names the newest frames that its author had been shown, and is shown after
//! them.

use std::collections::VecDeque;

use crate::protocol::wire::frame::durable::{REFERENCES_MAX, Reference};

/// The newest frames that were shown here and that no shown frame refers to yet.
#[derive(Debug, Default)]
pub struct Frontier {
    newest: VecDeque<Reference>,
}

impl Frontier {
    /// Adds a frame that was shown, and removes the frames that it refers to.
    pub fn shown(&mut self, frame: Reference, refers_to: &[Reference]) {
        self.newest.retain(|known| {
            // A later frame of a member implies its earlier ones.
            known.member != frame.member && !refers_to.contains(known)
        });
        self.newest.push_back(frame);
        if self.newest.len() > REFERENCES_MAX {
            self.newest.pop_front();
        }
    }

    /// Takes the references of this member's next frame.
    pub fn take(&mut self) -> Vec<Reference> {
        self.newest.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::MemberTag;

    fn frame(short: u64, sequence: u32) -> Reference {
        Reference {
            member: MemberTag::of(short, 0),
            sequence,
            hash: 0,
        }
    }

    #[test]
    fn the_newest_frames_are_kept_and_each_is_referred_to_once() {
        let mut frontier = Frontier::default();
        frontier.shown(frame(1, 1), &[]);
        frontier.shown(frame(2, 1), &[]);
        frontier.shown(frame(1, 2), &[frame(2, 1)]);
        assert_eq!(frontier.take(), [frame(1, 2)]);
        assert_eq!(frontier.take(), []);
        (0..9).for_each(|short| frontier.shown(frame(short, 1), &[]));
        assert_eq!(frontier.take().len(), REFERENCES_MAX);
    }
}
