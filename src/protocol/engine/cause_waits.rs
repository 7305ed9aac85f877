//! How long a frame waits for its causes.
//!
//! Causal order with a bound (Baldoni, Mostefaoui and Raynal, 1996, call it Δ-causal): a frame is
//! shown after the frames that its author had been shown, and no later than a fixed time after it
//! came. The time runs from when the frame came, and not from when the frame before it was shown:
//! otherwise each of an author's frames could wait for the whole time, one behind the other. A
//! cause that is here at the end of that time is shown first, whatever it waits for itself, so that
//! an effect overtakes only what is missing.
//!
//! What was waited for in vain is waited for half as long the next time. A member may show a frame
//! to one and not to the others, or refer to what nobody said, and each line that refers to such a
//! frame would then be late. If its author itself says that there is such a frame, its frames are
//! waited for less, whoever refers to them; otherwise only when the same member refers to them,
//! because it is not known which of the two is a liar: a claim binds nobody but who makes it.
//!
//! A cause that comes after all is late, because its effect was shown before it, if its hash is the
//! one that the effect refers to. Otherwise the effect's author has not been shown it, but guessed
//! that there would be a frame with this number: nobody guesses a hash.
//!
//! There is room for few references, and what they lead to may have come to others only. More
//! causes are among what the author acknowledges in a frame: what of that comes much later is late,
//! too.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::config::{
    CAUSE_WAIT, CAUSE_WAIT_FORGIVEN, CAUSE_WAIT_HALVINGS, CAUSE_WAIT_UNKNOWN, CAUSE_WAITS_MAX,
};
use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::durable::Reference;

/// How much later a frame is here than it was made that was lost on its way. Others may have been
/// shown first what nobody referred to.
const DELAYED_MS: u64 = 500;

/// What was waited for in vain.
#[derive(Debug, Default)]
pub(super) struct CauseWaits {
    /// By the persons who referred to it, or `None` if its author said that there is such a frame;
    /// and by its author.
    vain: BTreeMap<(Option<u64>, u64), Vain>,
    /// The frames that were waited for in vain last, the oldest first.
    overtaken: VecDeque<Overtaken>,
    /// By member, up to which frame others had got its frames that were shown without them.
    hidden: BTreeMap<MemberTag, Hidden>,
}

/// A frame that others were shown before, which refer to it.
#[derive(Clone, Copy, Debug)]
struct Overtaken {
    frame: Reference,
    /// The latest clock of those.
    clock: u64,
}

/// Frames of a member that somebody else had got whose frame was shown without them.
#[derive(Clone, Copy, Debug)]
struct Hidden {
    /// The last of them.
    sequence: u32,
    /// The clock of the frame that was shown.
    clock: u64,
    /// What time it was here then, as frames state it…
    shown_clock: u64,
    /// …and as this member counts it.
    shown_at: Duration,
}

/// How often frames were waited for in vain.
#[derive(Clone, Copy, Debug)]
struct Vain {
    times: u8,
    /// When it was the last time.
    at: Duration,
    /// For which frame: several others may have waited for it.
    frame: Reference,
}

impl Vain {
    /// The times that are not forgiven.
    fn times_left(&self, now: Duration) -> u8 {
        let passed = now.saturating_sub(self.at).as_secs() / CAUSE_WAIT_FORGIVEN.as_secs();
        self.times
            .saturating_sub(passed.try_into().unwrap_or(u8::MAX))
    }
}

/// A reference to a frame that was not shown yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited {
    pub(super) frame: Reference,
    /// The person who refers to it.
    pub(super) by: u64,
    /// The clock of the frame that refers to it.
    pub(super) clock: u64,
    /// Whether some frame of its author was shown here before.
    pub(super) is_author_known: bool,
    /// Whether its author itself has said that there is such a frame.
    pub(super) is_attested: bool,
}

impl CauseWaits {
    /// How long to wait for a frame.
    pub(super) fn patience(&self, awaited: &Awaited, now: Duration) -> Duration {
        let author = awaited.frame.member.short;
        let keys = [(None, author), (Some(awaited.by), author)];
        let vain = keys.iter().filter_map(|key| self.vain.get(key));
        let times = vain.map(|vain| vain.times_left(now)).max().unwrap_or(0);
        let most = match awaited.is_author_known {
            true => CAUSE_WAIT,
            false => CAUSE_WAIT_UNKNOWN,
        };
        most / (1 << times.min(CAUSE_WAIT_HALVINGS))
    }

    /// Notes that a frame was waited for in vain.
    pub(super) fn in_vain(&mut self, awaited: &Awaited, now: Duration) {
        self.note_overtaken(awaited);
        let by = (!awaited.is_attested).then_some(awaited.by);
        let key = (by, awaited.frame.member.short);
        let before = self.vain.get(&key);
        // Whatever hashes are claimed for it, it is one frame.
        let place = |frame: &Reference| (frame.member, frame.sequence);
        if before.is_some_and(|before| place(&before.frame) == place(&awaited.frame)) {
            return;
        }
        let times = before.map_or(0, |before| before.times_left(now));
        if before.is_none() && self.vain.len() >= CAUSE_WAITS_MAX {
            let oldest = self.vain.iter().min_by_key(|(_, vain)| vain.at);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.vain.remove(&oldest);
            }
        }
        let vain = Vain {
            times: (times + 1).min(CAUSE_WAIT_HALVINGS),
            at: now,
            frame: awaited.frame,
        };
        self.vain.insert(key, vain);
    }

    fn note_overtaken(&mut self, awaited: &Awaited) {
        let Awaited { frame, clock, .. } = *awaited;
        let mut known = self.overtaken.iter_mut();
        if let Some(known) = known.find(|known| known.frame == frame) {
            known.clock = known.clock.max(clock);
            return;
        }
        if self.overtaken.len() >= CAUSE_WAITS_MAX {
            self.overtaken.pop_front();
        }
        self.overtaken.push_back(Overtaken { frame, clock });
    }

    /// Notes that a frame with a clock was shown whose author had got what is not here of a member,
    /// up to a sequence.
    pub(super) fn hides(
        &mut self,
        (member, sequence): (MemberTag, u32),
        clock: u64,
        now: Duration,
        clock_now: u64,
    ) {
        if self.hidden.len() >= CAUSE_WAITS_MAX && !self.hidden.contains_key(&member) {
            let oldest = self.hidden.iter().min_by_key(|(_, hidden)| hidden.shown_at);
            if let Some(oldest) = oldest.map(|(member, _)| *member) {
                self.hidden.remove(&oldest);
            }
        }
        let hidden = Hidden {
            sequence,
            clock,
            shown_clock: clock_now,
            shown_at: now,
        };
        self.hidden.insert(member, hidden);
    }

    /// Whether a frame with this clock, which came at this time, was among the causes of what was
    /// shown, and was lost on its way here. What was here then, and waited for causes of its own,
    /// was not lost, whatever somebody claims to have got.
    fn was_hidden(&self, (member, sequence): (MemberTag, u32), clock: u64, came: Duration) -> bool {
        self.hidden.get(&member).is_some_and(|by| {
            let is_delayed = clock.saturating_add(DELAYED_MS << 16) < by.shown_clock;
            sequence <= by.sequence && clock < by.clock && is_delayed && came > by.shown_at
        })
    }

    /// Whether an effect of a frame with this clock, which came at this time, was shown without it.
    pub(super) fn is_overtaken(&self, frame: &Reference, clock: u64, came: Duration) -> bool {
        let mut overtaken = self.overtaken.iter();
        overtaken.any(|by| by.frame == *frame && clock < by.clock)
            || self.was_hidden((frame.member, frame.sequence), clock, came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::MemberTag;

    const NOW: Duration = Duration::from_secs(100);

    fn frame(author: u64, sequence: u32) -> Reference {
        Reference {
            member: MemberTag::of(author, 0),
            sequence,
            hash: 0,
        }
    }

    fn awaited(frame: &Reference, by: u64, is_attested: bool) -> Awaited {
        Awaited {
            frame: *frame,
            by,
            clock: 500,
            is_author_known: true,
            is_attested,
        }
    }

    #[test]
    fn what_an_author_said_that_there_is_binds_the_author_whoever_refers_to_it() {
        let mut waits = CauseWaits::default();
        for sequence in 1..=9 {
            let frame = frame(7, sequence);
            // Several frames waited for it.
            waits.in_vain(&awaited(&frame, 1, true), NOW);
            waits.in_vain(&awaited(&frame, 2, true), NOW);
            let times = sequence.min(4);
            let patience = waits.patience(&awaited(&frame, 3, true), NOW);
            assert_eq!(patience, CAUSE_WAIT / (1 << times));
        }
        let other = frame(8, 1);
        assert_eq!(waits.patience(&awaited(&other, 1, true), NOW), CAUSE_WAIT);
        let later = NOW + 4 * CAUSE_WAIT_FORGIVEN;
        let again = frame(7, 10);
        assert_eq!(
            waits.patience(&awaited(&again, 3, true), later),
            CAUSE_WAIT,
            "forgiven"
        );
    }

    #[test]
    fn a_claim_about_another_binds_whoever_makes_it() {
        let mut waits = CauseWaits::default();
        let (invented, said) = (frame(7, u32::MAX), frame(7, 3));
        waits.in_vain(&awaited(&invented, 1, false), NOW);
        let by_liar = waits.patience(&awaited(&said, 1, false), NOW);
        let by_other = waits.patience(&awaited(&said, 2, false), NOW);
        assert_eq!((by_liar, by_other), (CAUSE_WAIT / 2, CAUSE_WAIT));
    }

    #[test]
    fn what_comes_after_its_effect_is_late_unless_that_guessed_it() {
        let mut waits = CauseWaits::default();
        let cause = Reference {
            hash: 11,
            ..frame(7, 3)
        };
        waits.in_vain(&awaited(&cause, 1, false), NOW);
        assert!(waits.is_overtaken(&cause, 499, NOW));
        assert!(
            !waits.is_overtaken(&cause, 501, NOW),
            "its place is behind it"
        );
        let guessed = Reference { hash: 12, ..cause };
        assert!(!waits.is_overtaken(&guessed, 499, NOW), "nobody had got it");
        let other = Reference {
            sequence: 4,
            ..cause
        };
        assert!(!waits.is_overtaken(&other, 499, NOW));
        // Guesses at it hide nothing of what somebody had got.
        waits.in_vain(&awaited(&guessed, 2, false), NOW);
        assert!(waits.is_overtaken(&cause, 499, NOW));
    }

    #[test]
    fn many_hashes_of_one_frame_are_one_frame_that_was_waited_for_in_vain() {
        let mut waits = CauseWaits::default();
        for hash in 0..9 {
            let frame = Reference {
                hash,
                ..frame(7, 3)
            };
            waits.in_vain(&awaited(&frame, 1, true), NOW);
        }
        let patience = waits.patience(&awaited(&frame(7, 4), 2, true), NOW);
        assert_eq!(patience, CAUSE_WAIT / 2);
    }

    #[test]
    fn what_many_hide_is_late_if_it_was_lost_on_its_way() {
        let mut waits = CauseWaits::default();
        let tag = MemberTag::of(7, 0);
        let ms = |ms: u64| ms << 16;
        waits.hides((tag, 3), ms(9000), NOW, ms(8000));
        let later = NOW + Duration::from_millis(1);
        let is_late = |sequence, clock| waits.is_overtaken(&frame(7, sequence), clock, later);
        assert!(is_late(3, ms(7000)));
        assert!(is_late(2, ms(7000)), "it came before");
        assert!(!is_late(4, ms(7000)), "nobody had it");
        assert!(!is_late(3, ms(7900)), "it was on its way");
        assert!(!is_late(3, ms(9001)), "it was said later");
        let was_here = waits.is_overtaken(&frame(7, 3), ms(7000), NOW);
        assert!(!was_here, "it waited here for its causes");
    }

    #[test]
    fn many_liars_take_little_room() {
        let mut waits = CauseWaits::default();
        for author in 0..10_000 {
            waits.hides((MemberTag::of(author, 0), 1), 500, NOW, 400);
            waits.in_vain(&awaited(&frame(author, 1), 1, true), NOW);
        }
        assert_eq!(waits.vain.len(), CAUSE_WAITS_MAX);
        assert_eq!(waits.overtaken.len(), CAUSE_WAITS_MAX);
        assert_eq!(waits.hidden.len(), CAUSE_WAITS_MAX);
    }
}
