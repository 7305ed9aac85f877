//! Causal order: a frame names the newest frames that its author had been shown, and is shown after
//! them.
//!
//! There is room for few, so that whoever says much would leave none for what others say. Where
//! some say more than others, their frames give way first. What gave way is acknowledged instead,
//! in the same frame, by which others learn of it as well.

use std::collections::VecDeque;
use std::time::Duration;

use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::durable::{REFERENCES_MAX, Reference};

/// Persons of whom it is counted how much they say.
const COUNTED_MAX: usize = 32;

/// After this time, a frame that was shown counts half.
const HALVED_AFTER: Duration = Duration::from_secs(5);

/// From so many frames on, somebody says much, if it is also [`TIMES`] as many as of somebody else.
const MUCH: u32 = 8;
/// See [`MUCH`].
const TIMES: u32 = 4;

/// Members whose frames gave way that are remembered.
const LEFT_OUT_MAX: usize = 32;

/// The newest frames that were shown here and that no shown frame refers to yet.
#[derive(Debug, Default)]
pub struct Frontier {
    newest: VecDeque<Reference>,
    /// Whose frames had no room, since references were taken last.
    left_out: VecDeque<MemberTag>,
    /// How many frames of each person were shown lately, the last person last.
    shown: VecDeque<(u64, u32)>,
    halved_at: Duration,
}

impl Frontier {
    /// Adds a frame that was shown, and removes the frames that it refers to.
    pub fn shown(&mut self, frame: Reference, refers_to: &[Reference], now: Duration) {
        self.count(frame.member.short, now);
        self.newest.retain(|known| {
            // A later frame of a member implies its earlier ones.
            known.member != frame.member && !refers_to.contains(known)
        });
        self.newest.push_back(frame);
        if self.newest.len() > REFERENCES_MAX {
            let gives_way = self.newest.remove(self.of_whoever_says_most());
            if let Some(gives_way) = gives_way {
                self.leave_out(gives_way.member);
            }
        }
    }

    fn leave_out(&mut self, member: MemberTag) {
        self.left_out.retain(|known| *known != member);
        if self.left_out.len() >= LEFT_OUT_MAX {
            self.left_out.pop_front();
        }
        self.left_out.push_back(member);
    }

    /// Takes the references of this member's next frame.
    pub fn take(&mut self) -> Vec<Reference> {
        self.newest.drain(..).collect()
    }

    /// Takes the members whose frames had no room among the references, those who say least first.
    pub fn take_left_out(&mut self) -> Vec<MemberTag> {
        let mut left_out: Vec<MemberTag> = self.left_out.drain(..).collect();
        left_out.sort_by_key(|member| self.frames_of(member.short));
        left_out
    }

    /// How many frames of a person were shown lately.
    fn frames_of(&self, person: u64) -> u32 {
        let mut known = self.shown.iter();
        let known = known.find(|(known, _)| *known == person);
        known.map_or(0, |(_, count)| *count)
    }

    fn count(&mut self, person: u64, now: Duration) {
        let passed = now.saturating_sub(self.halved_at);
        if passed >= HALVED_AFTER {
            self.halved_at = now;
            let halvings = (passed.as_secs() / HALVED_AFTER.as_secs()).min(31);
            let counts = self.shown.iter_mut();
            counts.for_each(|(_, count)| *count >>= halvings);
        }
        let at = self.shown.iter().position(|(known, _)| *known == person);
        let before = at.and_then(|at| self.shown.remove(at));
        if self.shown.len() >= COUNTED_MAX {
            self.shown.pop_front();
        }
        let count = before.map_or(0, |(_, count)| count);
        self.shown.push_back((person, count.saturating_add(1)));
    }

    /// The place of the frame that gives way: of whoever says most, or the oldest.
    fn of_whoever_says_most(&self) -> usize {
        let newest = self.newest.iter();
        let counts = newest.map(|reference| self.frames_of(reference.member.short));
        let least = counts.clone().min().unwrap_or(0);
        let is_much = |count: &u32| *count >= MUCH.max(least.saturating_mul(TIMES));
        let much = counts.enumerate().rev().filter(|(_, count)| is_much(count));
        much.max_by_key(|(_, count)| *count).map_or(0, |(at, _)| at)
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
        let now = Duration::ZERO;
        frontier.shown(frame(1, 1), &[], now);
        frontier.shown(frame(2, 1), &[], now);
        frontier.shown(frame(1, 2), &[frame(2, 1)], now);
        assert_eq!(frontier.take(), [frame(1, 2)]);
        assert_eq!(frontier.take(), []);
        (0..9).for_each(|short| frontier.shown(frame(short, 1), &[], now));
        assert_eq!(frontier.take(), [5, 6, 7, 8].map(|short| frame(short, 1)));
        let left_out = frontier.take_left_out();
        assert_eq!(
            left_out,
            [0, 3, 4, 2, 1].map(|short| MemberTag::of(short, 0))
        );
        assert_eq!(frontier.take_left_out(), []);
    }

    #[test]
    fn whoever_says_much_leaves_room_for_what_others_said() {
        let (mut frontier, mut now) = (Frontier::default(), Duration::ZERO);
        // Twenty who say five frames a second each, and one line of somebody else's.
        for sequence in 1..=300 {
            for short in 0..20 {
                now += Duration::from_millis(10);
                frontier.shown(frame(short, sequence), &[], now);
            }
            if sequence == 290 {
                frontier.shown(frame(99, 1), &[], now);
            }
        }
        let references = frontier.take();
        assert!(references.contains(&frame(99, 1)), "{references:?}");
        assert_eq!(references.len(), REFERENCES_MAX);
        // Later they are as good as anybody.
        now += 20 * HALVED_AFTER;
        frontier.shown(frame(99, 2), &[], now);
        (0..4).for_each(|short| frontier.shown(frame(short, 400), &[], now + HALVED_AFTER));
        assert!(!frontier.take().contains(&frame(99, 2)));
    }
}
