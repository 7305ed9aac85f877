//! The missing frames of one member, and when to ask for them: ranges that were noticed together,
//! and an entry for each frame that was asked for. A claim costs one range, however many frames it
//! is about.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{GAP_GIVEN_UP_AFTER, VAIN_ASKS, VAIN_DOUBLINGS};
use super::inbox::NackTiming;
use crate::protocol::rng::Rng;

/// What is missing, by the first sequence of each range; the ranges do not overlap.
#[derive(Debug)]
pub(super) struct Gaps {
    ranges: BTreeMap<u32, Gap>,
    /// No gap is due before.
    ask_at: Duration,
    /// How often frames were asked for since one came.
    asked_in_vain: u32,
}

impl Default for Gaps {
    fn default() -> Self {
        Self {
            ranges: BTreeMap::new(),
            ask_at: Duration::MAX,
            asked_in_vain: 0,
        }
    }
}

/// A range of missing frames. Once asked for, it holds a single one.
#[derive(Clone, Copy, Debug)]
struct Gap {
    last: u32,
    tries: u16,
    is_hint: bool,
    since: Duration,
    ask_at: Duration,
}

impl Gaps {
    /// How many entries these take.
    pub(super) fn entries(&self) -> usize {
        self.ranges.len()
    }

    /// When frames are to be asked for next.
    pub(super) fn next_time(&self) -> Option<Duration> {
        (self.ask_at < Duration::MAX).then_some(self.ask_at)
    }

    /// The first missing frame.
    pub(super) fn first(&self) -> Option<u32> {
        self.ranges.first_key_value().map(|(first, _)| *first)
    }

    /// Whether a frame is among the missing ones.
    pub(super) fn contains(&self, sequence: u32) -> bool {
        self.range_of(sequence).is_some()
    }

    fn range_of(&self, sequence: u32) -> Option<(u32, Gap)> {
        let (first, gap) = self.ranges.range(..=sequence).next_back()?;
        (sequence <= gap.last).then_some((*first, *gap))
    }

    /// Adds the frames of a range that are not among these, to be asked for after a back-off. The
    /// back-off is drawn even if `missing` is empty.
    pub(super) fn add(
        &mut self,
        missing: impl IntoIterator<Item = (u32, u32)>,
        is_hint: bool,
        now: Duration,
        timing: NackTiming,
        rng: &mut Rng,
    ) {
        let ask_at = now + timing.back_off(0, rng);
        for (first, last) in missing {
            let gap = Gap {
                last,
                tries: 0,
                is_hint,
                since: now,
                ask_at,
            };
            self.ranges.insert(first, gap);
            self.ask_at = self.ask_at.min(ask_at);
        }
    }

    /// Takes a frame out, because it came.
    pub(super) fn remove(&mut self, sequence: u32) {
        self.isolate(sequence);
        if self.ranges.remove(&sequence).is_some() {
            self.asked_in_vain = 0;
        }
    }

    /// How often frames were asked for since one came.
    pub(super) fn asked_in_vain(&self) -> u32 {
        self.asked_in_vain
    }

    /// Takes out all frames of `first..=last`.
    pub(super) fn remove_range(&mut self, first: u32, last: u32) {
        self.split_before(first);
        if let Some(behind) = last.checked_add(1) {
            self.split_before(behind);
        }
        while let Some((at, _)) = self.ranges.range(first..=last).next() {
            let at = *at;
            self.ranges.remove(&at);
        }
    }

    /// Takes out all frames before one.
    pub(super) fn remove_before(&mut self, sequence: u32) {
        self.split_before(sequence);
        self.ranges = self.ranges.split_off(&sequence);
    }

    /// Makes a frame an entry of its own, if it is missing.
    fn isolate(&mut self, sequence: u32) -> Option<&mut Gap> {
        self.split_before(sequence);
        if let Some(behind) = sequence.checked_add(1) {
            self.split_before(behind);
        }
        self.ranges.get_mut(&sequence)
    }

    /// Splits the range that a frame is in, so that one begins there.
    fn split_before(&mut self, sequence: u32) {
        if let Some((first, gap)) = self.range_of(sequence)
            && first < sequence
        {
            self.ranges.insert(sequence, gap);
            if let Some(before) = self.ranges.get_mut(&first) {
                before.last = sequence - 1;
            }
        }
    }

    /// The frames to ask for now, at most `max`, together with those that are nearly due for the
    /// first time. Gaps that were asked for long enough are given up.
    pub(super) fn due(
        &mut self,
        now: Duration,
        max: usize,
        timing: NackTiming,
        rng: &mut Rng,
    ) -> Vec<u32> {
        if now < self.ask_at {
            return Vec::new();
        }
        self.ranges.retain(|_, gap| {
            let is_asked_enough = gap.is_hint && gap.tries > 0;
            now.saturating_sub(gap.since) < GAP_GIVEN_UP_AFTER && !is_asked_enough
        });
        let (mut due, mut not_before) = (Vec::new(), now);
        if self.ranges.values().any(|gap| gap.ask_at <= now) {
            let soon = now + timing.grtt;
            // Frames that were asked for wait: their repair may be on its way.
            let is_due = |gap: &Gap| gap.ask_at <= if gap.tries == 0 { soon } else { now };
            for (first, gap) in self.ranges.iter().filter(|(_, gap)| is_due(gap)) {
                due.extend((*first..=gap.last).take(max - due.len()));
                if due.len() >= max {
                    break;
                }
            }
            let patience = self.patience();
            for sequence in &due {
                if let Some(gap) = self.isolate(*sequence) {
                    gap.tries = gap.tries.saturating_add(1);
                    let hold_off = timing.hold_off(gap.tries.into(), rng);
                    gap.ask_at = now + hold_off * patience;
                }
            }
            not_before += timing.grtt * (patience - 1);
            self.asked_in_vain = self.asked_in_vain.saturating_add(1);
        }
        let ask_times = self.ranges.values().map(|gap| gap.ask_at.max(not_before));
        self.ask_at = ask_times.min().unwrap_or(Duration::MAX);
        due
    }

    /// By what the time between two requests is multiplied: it doubles while nothing comes of
    /// asking, because nobody may have what the author claims to have sent.
    fn patience(&self) -> u32 {
        1 << (self.asked_in_vain / VAIN_ASKS).min(VAIN_DOUBLINGS)
    }

    /// Notes that another member asks for a frame, which saves this one the request.
    pub(super) fn heard_nack(
        &mut self,
        sequence: u32,
        now: Duration,
        timing: NackTiming,
        rng: &mut Rng,
    ) {
        if let Some(gap) = self.isolate(sequence) {
            gap.tries = gap.tries.saturating_add(1);
            let hold_off = timing.hold_off(gap.tries.into(), rng);
            gap.ask_at = gap.ask_at.max(now + hold_off);
        }
    }
}
