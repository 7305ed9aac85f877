//! The durable frames of one member, by sequence: which are here, which are missing and when to ask
//! for them, and when to go on without them. Knows sequences and times, and no frames.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{
    BACK_OFF_DOUBLINGS, BACK_OFF_GRTT, BACK_OFF_GRTT_SMALL, CAUSE_WAIT, GAP_GIVEN_UP_AFTER,
    GAP_SHOWN_AFTER, HOLD_OFF_GRTT, HOLD_OFF_GRTT_SMALL, SMALL_GROUP, WINDOW_FRAMES,
};
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
    gaps: BTreeMap<u32, Gap>,
    /// No gap is due before.
    ask_at: Duration,
    stalled_since: Option<Duration>,
    blocked_since: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Gap {
    since: Duration,
    ask_at: Duration,
    tries: u32,
    is_hint: bool,
}

impl Gap {
    fn new(now: Duration, timing: NackTiming, rng: &mut Rng) -> Self {
        Self {
            since: now,
            ask_at: now + timing.back_off(0, rng),
            tries: 0,
            is_hint: false,
        }
    }
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
    fn back_off(self, tries: u32, rng: &mut Rng) -> Duration {
        let max = match self.members {
            0..=SMALL_GROUP => self.grtt * BACK_OFF_GRTT_SMALL,
            _ => self.grtt * BACK_OFF_GRTT * (1 << tries.min(BACK_OFF_DOUBLINGS)),
        };
        rng.back_off(max, self.members)
    }

    /// How long not to ask again for a frame that was asked for.
    fn hold_off(self, tries: u32, rng: &mut Rng) -> Duration {
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
            newest: next - 1,
            gaps: BTreeMap::new(),
            ask_at: Duration::MAX,
            stalled_since: None,
            blocked_since: None,
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
        self.gaps.remove(&sequence);
        self.learn_newest(sequence, now, timing, rng);
        self.note_stall(now);
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
        let hinted = self.gaps.range_mut(first..);
        hinted.for_each(|(_, gap)| gap.is_hint = false);
        self.newest = sequence;
        let gap = Gap::new(now, timing, rng);
        for missing in first..=sequence {
            if !self.have.contains(missing) {
                self.gaps.insert(missing, gap);
                self.ask_at = self.ask_at.min(gap.ask_at);
            }
        }
    }

    /// Asks for a frame that others hold, though it precedes all that was delivered.
    pub fn want(&mut self, sequence: u32, now: Duration, timing: NackTiming, rng: &mut Rng) {
        if self.have.contains(sequence) || self.gaps.contains_key(&sequence) {
            return;
        }
        let gap = Gap::new(now, timing, rng);
        self.gaps.insert(sequence, gap);
        self.ask_at = self.ask_at.min(gap.ask_at);
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
            if !self.gaps.contains_key(&missing) {
                self.want(missing, now, timing, rng);
                if let Some(gap) = self.gaps.get_mut(&missing) {
                    gap.is_hint = true;
                }
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
        if now < self.ask_at {
            return Vec::new();
        }
        self.gaps.retain(|_, gap| {
            let is_asked_enough = gap.is_hint && gap.tries > 0;
            now.saturating_sub(gap.since) < GAP_GIVEN_UP_AFTER && !is_asked_enough
        });
        let mut due = Vec::new();
        if self.gaps.values().any(|gap| gap.ask_at <= now) {
            let soon = now + timing.grtt;
            // Frames that were asked for wait: their repair may be on its way.
            let is_due = |gap: &Gap| gap.ask_at <= if gap.tries == 0 { soon } else { now };
            for (sequence, gap) in self.gaps.iter_mut().filter(|(_, gap)| is_due(gap)) {
                if due.len() == max {
                    break;
                }
                due.push(*sequence);
                gap.tries += 1;
                gap.ask_at = now + timing.hold_off(gap.tries, rng);
            }
        }
        let ask_times = self.gaps.values().map(|gap| gap.ask_at);
        self.ask_at = ask_times.min().unwrap_or(Duration::MAX);
        due
    }

    /// Asks no more for a frame that is not taken in.
    pub fn decline(&mut self, sequence: u32) {
        self.gaps.remove(&sequence);
    }

    /// Notes that another member asks for a frame, which saves this one the request.
    pub fn heard_nack(&mut self, sequence: u32, now: Duration, timing: NackTiming, rng: &mut Rng) {
        if let Some(gap) = self.gaps.get_mut(&sequence) {
            gap.tries += 1;
            gap.ask_at = gap.ask_at.max(now + timing.hold_off(gap.tries, rng));
        }
    }

    /// The next frame in order, if it is here.
    #[must_use]
    pub fn ready(&self) -> Option<u32> {
        self.have.contains(self.next).then_some(self.next)
    }

    /// Goes on behind the frame that was ready and has been delivered.
    pub fn advance(&mut self, now: Duration) {
        self.next += 1;
        self.blocked_since = None;
        self.stalled_since = None;
        self.note_stall(now);
    }

    /// Notes that the ready frame waits for frames of others; returns since when.
    pub fn block(&mut self, now: Duration) -> Duration {
        *self.blocked_since.get_or_insert(now)
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
        Some(missing)
    }

    fn note_stall(&mut self, now: Duration) {
        let last = self.have.ranges().last().map_or(0, |(_, last)| *last);
        let is_stalled = last > self.next && !self.have.contains(self.next);
        self.stalled_since = is_stalled.then(|| self.stalled_since.unwrap_or(now));
    }

    /// When something is due here.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let stalled = self.stalled_since.map(|since| since + GAP_SHOWN_AFTER);
        let blocked = self.blocked_since.map(|since| since + CAUSE_WAIT);
        let ask = (self.ask_at < Duration::MAX).then_some(self.ask_at);
        [stalled, blocked, ask].into_iter().flatten().min()
    }

    /// The last frame before the first gap: all up to it are here or given up.
    #[must_use]
    pub fn through(&self) -> u32 {
        let first_gap = self.gaps.first_key_value();
        first_gap.map_or(self.newest, |(first, _)| first - 1)
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
        self.newest = self.newest.max(sequence - 1);
        self.gaps = self.gaps.split_off(&sequence);
        self.stalled_since = None;
        self.blocked_since = None;
        let known = self.have.ranges().iter().map(|(first, last)| {
            let (first, last) = (*first.max(&from), *last.min(&(sequence - 1)));
            (last + 1).saturating_sub(first)
        });
        (sequence - from).saturating_sub(known.sum())
    }

    /// Whether a frame is here.
    #[must_use]
    pub fn has(&self, sequence: u32) -> bool {
        self.have.contains(sequence)
    }

    /// Whether a frame is missing and asked for.
    #[must_use]
    pub fn is_missing(&self, sequence: u32) -> bool {
        self.gaps.contains_key(&sequence)
    }

    /// Whether a frame was delivered or skipped.
    #[must_use]
    pub fn is_past(&self, sequence: u32) -> bool {
        sequence < self.next
    }
}
