//! The durable frames of one member, by sequence: which are here, which are missing and when to ask
//! for them, and when to go on without them. Knows sequences and times, and no frames.

use std::time::Duration;

use super::config::{
    BACK_OFF_DOUBLINGS, BACK_OFF_GRTT, BACK_OFF_GRTT_SMALL, GAP_SHOWN_AFTER, HOLD_OFF_GRTT,
    HOLD_OFF_GRTT_SMALL, PROBE_FRAMES, SMALL_GROUP, WINDOW_FRAMES,
};
use super::gaps::Gaps;
use super::nack_budget::Prospect;
use super::sequences::Sequences;
use crate::protocol::rng::Rng;

/// How far beyond the newest known frame a reference by another member is believed.
const HINT_FRAMES_MAX: u32 = 16;

/// The frames of one member, by sequence.
#[derive(Debug)]
pub struct Inbox {
    have: Sequences,
    /// The first that was neither delivered nor skipped.
    next: u32,
    /// The newest that is known to exist.
    newest: u32,
    gaps: Gaps,
    stalled_since: Option<Duration>,
    /// When the latest gap before the next frame was filled, or given up.
    flowing_since: Duration,
    /// Until when the next frame waits for frames of others.
    blocked_until: Option<Duration>,
    /// Whether any frame was delivered in order.
    has_delivered: bool,
}

/// What to do with a frame that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Nothing: it is here already.
    Duplicate,
    /// It is too far ahead of the missing frames to be kept.
    TooFar,
    /// It is new, and is delivered in order.
    InOrder,
    /// It is new, and those after it were delivered already.
    Late,
}

/// What the timers depend on.
#[derive(Clone, Copy, Debug)]
pub struct NackTiming {
    /// Round trip of the group.
    pub grtt: Duration,
    /// Members of the group.
    pub members: usize,
}

impl NackTiming {
    /// How long to leave the request to others. The back-off is short in a small group, because few
    /// members ask, and one that waits for a frame that was lost again and again holds up its
    /// sender.
    pub(super) fn back_off(self, tries: u32, rng: &mut Rng) -> Duration {
        let max = match self.members {
            0..=SMALL_GROUP => self.grtt * BACK_OFF_GRTT_SMALL,
            _ => self.grtt * BACK_OFF_GRTT * (1 << tries.min(BACK_OFF_DOUBLINGS)),
        };
        rng.back_off(max, self.members)
    }

    /// How long not to ask again for a frame that was asked for.
    pub(super) fn hold_off(self, tries: u32, rng: &mut Rng) -> Duration {
        let silence = match self.members {
            0..=SMALL_GROUP => self.grtt * HOLD_OFF_GRTT_SMALL,
            _ => self.grtt * HOLD_OFF_GRTT,
        };
        silence + self.back_off(tries, rng)
    }
}

impl Inbox {
    /// An inbox whose first frame in order is `next`.
    #[must_use]
    pub fn starting_at(next: u32) -> Self {
        Self {
            have: Sequences::default(),
            next,
            newest: next.saturating_sub(1),
            gaps: Gaps::default(),
            stalled_since: None,
            flowing_since: Duration::ZERO,
            blocked_until: None,
            has_delivered: false,
        }
    }

    /// What to do with a frame.
    #[must_use]
    pub fn judge(&self, sequence: u32) -> Accept {
        if self.have.contains(sequence) {
            Accept::Duplicate
        } else if sequence < self.next {
            Accept::Late
        } else if sequence - self.next >= WINDOW_FRAMES {
            Accept::TooFar
        } else {
            Accept::InOrder
        }
    }

    /// Whether a frame is the next one in order, or late: other frames wait for it, or it for none.
    #[must_use]
    pub fn is_next_or_late(&self, sequence: u32) -> bool {
        sequence <= self.next
    }

    /// Adds a frame that was judged new.
    pub fn take(&mut self, sequence: u32, now: Duration, timing: NackTiming, rng: &mut Rng) {
        self.have.insert(sequence);
        self.gaps.remove(sequence);
        self.learn_newest(sequence, now, timing, rng);
        self.note_stall(now);
    }

    /// Adds a frame that was shown in an earlier session; those before it are late from now on.
    pub fn recall(&mut self, sequence: u32) {
        self.have.insert(sequence);
        self.gaps.remove(sequence);
        self.next = self.next.max(sequence.saturating_add(1));
        self.newest = self.newest.max(sequence);
    }

    /// Notes that a frame exists, and therefore all before it.
    pub fn learn_newest(
        &mut self,
        sequence: u32,
        now: Duration,
        timing: NackTiming,
        rng: &mut Rng,
    ) {
        if sequence <= self.newest {
            return;
        }
        let first = (self.newest + 1).max(sequence.saturating_sub(WINDOW_FRAMES));
        // Frames that were only hinted at are known to exist now.
        self.gaps.remove_range(first, sequence);
        self.newest = sequence;
        let missing = self.have.holes(first, sequence);
        self.gaps.add(missing, false, now, timing, rng);
    }

    /// Goes back to where the author's own word ends: what it has sent, by its latest beat. Others
    /// may have claimed that there is more.
    pub fn believe(&mut self, newest: u32) {
        let last = self.have.ranges().last().map_or(0, |(_, last)| *last);
        let next = newest.max(last).saturating_add(1);
        if self.next > next {
            self.next = next;
            self.newest = next - 1;
            self.stalled_since = None;
            self.blocked_until = None;
        }
    }

    /// Asks for a frame that others hold, though it precedes all that was delivered.
    pub fn want(&mut self, sequence: u32, now: Duration, timing: NackTiming, rng: &mut Rng) {
        if !self.have.contains(sequence) && !self.gaps.contains(sequence) {
            let missing = [(sequence, sequence)];
            self.gaps.add(missing, false, now, timing, rng);
        }
    }

    /// Notes that another member claims to have a frame: if it is near the frames known to exist,
    /// it is asked for once, and so are those before it. Returns whether that is new.
    pub fn hint(
        &mut self,
        sequence: u32,
        now: Duration,
        timing: NackTiming,
        rng: &mut Rng,
    ) -> bool {
        if sequence <= self.newest || sequence - self.newest > HINT_FRAMES_MAX {
            return false;
        }
        for missing in self.newest + 1..=sequence {
            if !self.have.contains(missing) && !self.gaps.contains(missing) {
                self.gaps.add([(missing, missing)], true, now, timing, rng);
            }
        }
        true
    }

    /// The missing frames to ask for now, at most `max`, together with those that are nearly due
    /// for the first time. Gaps that were asked for long enough are given up.
    pub fn due(
        &mut self,
        now: Duration,
        max: usize,
        timing: NackTiming,
        rng: &mut Rng,
    ) -> Vec<u32> {
        let max = match Prospect::after(self.asked_in_vain()) {
            Prospect::Hopeful if self.has_any() => max,
            _ => max.min(PROBE_FRAMES),
        };
        self.gaps.due(now, max, timing, rng)
    }

    /// How often this member's frames were asked for since one of them came.
    pub(super) fn asked_in_vain(&self) -> u32 {
        self.gaps.asked_in_vain()
    }

    /// Asks no more for a frame that is not taken in.
    pub fn decline(&mut self, sequence: u32) {
        self.gaps.remove(sequence);
    }

    /// Notes that another member asks for a frame, which saves this one the request.
    pub fn heard_nack(&mut self, sequence: u32, now: Duration, timing: NackTiming, rng: &mut Rng) {
        self.gaps.heard_nack(sequence, now, timing, rng);
    }

    /// How many ranges of sequences this holds: what came and what is missing.
    pub fn ranges(&self) -> usize {
        self.gaps.entries() + self.have.ranges().len()
    }

    /// The newest frame that is known to exist.
    pub fn newest(&self) -> u32 {
        self.newest
    }

    /// Whether any frame came.
    #[must_use]
    pub fn has_any(&self) -> bool {
        !self.have.ranges().is_empty()
    }

    /// Stops asking, and makes one range of all that came before the next frame in order: what is
    /// missing there is not taken any more.
    pub fn close_past(&mut self) {
        self.gaps = Gaps::default();
        self.have.fill_to(self.next.saturating_sub(1));
    }

    /// The next frame in order, if it is here.
    #[must_use]
    pub fn ready(&self) -> Option<u32> {
        self.have.contains(self.next).then_some(self.next)
    }

    /// Whether all frames from the next one in order up to this one are here.
    #[must_use]
    pub fn is_ready_through(&self, sequence: u32) -> bool {
        self.next <= sequence && self.has_all(self.next, sequence)
    }

    /// Whether all frames from one to another are here.
    pub(super) fn has_all(&self, first: u32, last: u32) -> bool {
        self.have.holes(first, last).next().is_none()
    }

    /// Goes on behind the frame that was ready and has been delivered.
    pub fn advance(&mut self, now: Duration) {
        self.next = self.next.saturating_add(1);
        self.has_delivered = true;
        self.blocked_until = None;
        self.stalled_since = None;
        self.note_stall(now);
    }

    /// Notes that the ready frame waits for frames of others until then.
    pub fn block(&mut self, until: Duration) {
        self.blocked_until = Some(until);
    }

    /// Since when no frame before the ready one holds it up.
    #[must_use]
    pub fn flowing_since(&self) -> Duration {
        self.flowing_since
    }

    /// Whether any frame was delivered in order.
    #[must_use]
    pub fn has_delivered(&self) -> bool {
        self.has_delivered
    }

    /// Skips missing frames that were waited for long enough; returns how many.
    pub fn skip(&mut self, now: Duration) -> Option<u32> {
        let since = self.stalled_since?;
        if now < since + GAP_SHOWN_AFTER {
            return None;
        }
        let ranges = self.have.ranges();
        let behind = ranges.partition_point(|(first, _)| *first < self.next);
        let (first, _) = ranges.get(behind)?;
        let missing = first - self.next;
        self.next = *first;
        self.stalled_since = None;
        self.flowing_since = now;
        Some(missing)
    }

    fn note_stall(&mut self, now: Duration) {
        let last = self.have.ranges().last().map_or(0, |(_, last)| *last);
        let is_stalled = last > self.next && !self.have.contains(self.next);
        if self.stalled_since.is_some() && !is_stalled {
            self.flowing_since = now;
        }
        self.stalled_since = is_stalled.then(|| self.stalled_since.unwrap_or(now));
    }

    /// When something is due here.
    pub fn next_time(&self) -> Option<Duration> {
        let times = [self.goes_on_at(), self.asks_at()];
        times.into_iter().flatten().min()
    }

    /// When frames that are here are shown without those that they wait for.
    pub(super) fn goes_on_at(&self) -> Option<Duration> {
        let stalled = self.stalled_since.map(|since| since + GAP_SHOWN_AFTER);
        [stalled, self.blocked_until].into_iter().flatten().min()
    }

    /// When missing frames are asked for.
    pub(super) fn asks_at(&self) -> Option<Duration> {
        self.gaps.next_time()
    }

    /// The last frame before the first gap: all up to it are here or given up.
    #[must_use]
    pub fn through(&self) -> u32 {
        let first_gap = self.gaps.first();
        let before_gap = first_gap.map(|first| first.saturating_sub(1));
        before_gap.map_or(self.newest, |before| before.min(self.newest))
    }

    /// The frames before `sequence` that are here and were not delivered.
    #[must_use]
    pub fn held_before(&self, sequence: u32) -> Vec<u32> {
        let behind = self
            .have
            .ranges()
            .iter()
            .filter(|(_, last)| *last >= self.next);
        let held = behind.flat_map(|(first, last)| *first.max(&self.next)..=*last);
        held.take_while(|held| *held < sequence).collect()
    }

    /// Goes on at a frame that is too far ahead for asking for each frame in between; returns how
    /// many of them are left to catching up.
    pub fn jump(&mut self, sequence: u32) -> u32 {
        let from = self.next;
        self.next = sequence;
        self.newest = self.newest.max(sequence.saturating_sub(1));
        self.gaps.remove_before(sequence);
        self.stalled_since = None;
        self.blocked_until = None;
        let known = self.have.ranges().iter().map(|(first, last)| {
            let (first, end) = (*first.max(&from), last.saturating_add(1).min(sequence));
            end.saturating_sub(first)
        });
        sequence.saturating_sub(from).saturating_sub(known.sum())
    }

    /// Whether a frame is here.
    pub fn has(&self, sequence: u32) -> bool {
        self.have.contains(sequence)
    }

    /// Whether a frame is missing and asked for.
    pub fn is_missing(&self, sequence: u32) -> bool {
        self.gaps.contains(sequence)
    }

    /// Whether a frame was delivered or skipped.
    pub fn is_past(&self, sequence: u32) -> bool {
        sequence < self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::rng::Rng;
    use proptest::prelude::*;

    const TIMING: NackTiming = NackTiming {
        grtt: Duration::from_millis(2),
        members: 3,
    };

    /// Does one thing to an inbox, of the frame `sequence`.
    fn act(inbox: &mut Inbox, act: u8, sequence: u32, now: Duration, rng: &mut Rng) {
        match act {
            0 | 1 => match inbox.judge(sequence) {
                Accept::InOrder | Accept::Late => inbox.take(sequence, now, TIMING, rng),
                Accept::Duplicate => {}
                Accept::TooFar => {
                    inbox.jump(sequence);
                    inbox.take(sequence, now, TIMING, rng);
                }
            },
            2 => inbox.learn_newest(sequence, now, TIMING, rng),
            3 => inbox.want(sequence, now, TIMING, rng),
            4 => inbox.heard_nack(sequence, now, TIMING, rng),
            5 => {
                inbox.hint(sequence, now, TIMING, rng);
            }
            6 => drop(inbox.due(now, 7, TIMING, rng)),
            7 => inbox.close_past(),
            _ => {
                inbox.skip(now);
            }
        }
        while inbox.ready().is_some() {
            inbox.advance(now);
        }
    }

    fn any_sequence() -> impl Strategy<Value = u32> {
        prop_oneof![
            1..40_u32,
            4090..4200_u32,
            u32::MAX - 40..u32::MAX,
            Just(u32::MAX / 2)
        ]
    }

    proptest! {
        #[test]
        fn no_numbers_break_an_inbox_or_make_it_grow(
            start in any_sequence(),
            acts in proptest::collection::vec((0..9_u8, any_sequence()), 0..80),
        ) {
            let (mut inbox, mut rng) = (Inbox::starting_at(start), Rng::new(1));
            let mut now = Duration::ZERO;
            for (number, sequence) in acts {
                now += Duration::from_millis(5);
                act(&mut inbox, number, sequence, now, &mut rng);
                prop_assert!(inbox.through() <= inbox.newest());
                prop_assert!(!(inbox.has(sequence) && inbox.is_missing(sequence)));
            }
            // Each frame splits a range, and each hint and request makes at most 16.
            prop_assert!(inbox.ranges() < 80 * 16, "{}", inbox.ranges());
        }

        #[test]
        fn each_missing_frame_is_asked_for_and_none_that_is_here(
            here in proptest::collection::btree_set(1..60_u32, 1..40),
        ) {
            let (mut inbox, mut rng) = (Inbox::starting_at(1), Rng::new(1));
            for sequence in &here {
                inbox.take(*sequence, Duration::ZERO, TIMING, &mut rng);
            }
            inbox.learn_newest(60, Duration::ZERO, TIMING, &mut rng);
            let asked = inbox.due(Duration::from_secs(1), 512, TIMING, &mut rng);
            let missing: Vec<u32> = (1..=60).filter(|frame| !here.contains(frame)).collect();
            prop_assert_eq!(asked, missing);
        }
    }

    #[test]
    fn what_nobody_sends_is_asked_for_a_few_frames_at_a_time() {
        let (mut inbox, mut rng) = (Inbox::starting_at(1), Rng::new(1));
        let mut now = Duration::ZERO;
        let mut asked = |inbox: &mut Inbox| {
            now += Duration::from_secs(1);
            inbox.due(now, 512, TIMING, &mut rng).len()
        };
        inbox.learn_newest(1000, Duration::ZERO, TIMING, &mut Rng::new(1));
        assert_eq!(asked(&mut inbox), PROBE_FRAMES, "never heard");
        inbox.take(1, Duration::ZERO, TIMING, &mut Rng::new(1));
        let requests: Vec<usize> = (0..12).map(|_| asked(&mut inbox)).collect();
        assert_eq!(requests[0], 512);
        assert_eq!(requests[11], PROBE_FRAMES, "{requests:?}");
        inbox.take(2, Duration::ZERO, TIMING, &mut Rng::new(1));
        assert_eq!(asked(&mut inbox), 512);
    }

    #[test]
    fn a_claim_of_four_billion_frames_is_one_range_which_is_asked_for_in_parts() {
        let (mut inbox, mut rng) = (Inbox::starting_at(1), Rng::new(1));
        let mut now = Duration::ZERO;
        inbox.learn_newest(u32::MAX, now, TIMING, &mut rng);
        assert_eq!(inbox.ranges(), 1);
        let mut requests = 0;
        while now < Duration::from_secs(29) {
            now += Duration::from_millis(5);
            requests += usize::from(!inbox.due(now, 512, TIMING, &mut rng).is_empty());
        }
        // Nothing comes of it, so that less and less is asked for.
        assert!(requests < 250, "{requests}");
        inbox.close_past();
        assert_eq!(inbox.ranges(), 0);
    }
}
