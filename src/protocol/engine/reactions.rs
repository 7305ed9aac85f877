//! How much a member sends because others make it: reports, answers, beats, cookies, questions, and
//! repairs of what others said. Each kind has bounds of its own, and an attack that causes all of
//! them would get the sum. All kinds together share this budget, which counts every one of them.
//!
//! Only what can wait is held back by it: reports, whose place beats take, and unasked repeats. A
//! lack is always asked for, asked frames are always repaired, and a newcomer is always answered,
//! each within its own bounds: a room without any attacker loses many frames, too.

use std::time::Duration;

use super::config::{
    REACTION_BURST_BYTES, REACTION_BYTES_PER_S, REACTION_OF_FAST, REACTION_OF_RECEIVED,
    RECEIVED_FAST_BYTES_PER_S,
};
use crate::protocol::rate::TokenBucket;

/// What can wait, and how much of the budget it leaves to what is more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Somebody is told something wrong without it.
    Awaited,
    /// Others need it soon.
    Usual,
    /// Perhaps nobody needs it.
    Doubtful,
}

impl Urgency {
    /// The part of the whole budget that is left to what is more urgent.
    fn leaves(self) -> f64 {
        match self {
            Self::Awaited => 0.05,
            Self::Usual => 0.25,
            Self::Doubtful => 0.5,
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Reactions {
    bucket: TokenBucket,
    /// The second of which it is counted how much came, and how much that is.
    second: u64,
    received_bytes: usize,
}

impl Default for Reactions {
    fn default() -> Self {
        let bucket = TokenBucket::new(REACTION_BYTES_PER_S, REACTION_BURST_BYTES, Duration::ZERO);
        Self {
            bucket,
            second: 0,
            received_bytes: 0,
        }
    }
}

impl Reactions {
    /// Whether something of this urgency may be sent now.
    pub(super) fn allow(&mut self, urgency: Urgency, now: Duration) -> bool {
        self.bucket.refill(now) > REACTION_BURST_BYTES * urgency.leaves()
    }

    /// Counts what is sent. What may not wait leaves a debt of one burst at most, so that the rest
    /// never stops for long.
    pub(super) fn spend(&mut self, bytes: usize) {
        let most = self.bucket.tokens() + REACTION_BURST_BYTES;
        self.bucket.spend((bytes as f64).min(most));
    }

    /// Notes that a new durable frame of so many bytes came, which is a reason to report. What
    /// comes faster than [`RECEIVED_FAST_BYTES_PER_S`] is bulk, whose sender needs many reports.
    pub(super) fn earn(&mut self, bytes: usize, now: Duration) {
        if now.as_secs() != self.second {
            (self.second, self.received_bytes) = (now.as_secs(), 0);
        }
        self.received_bytes = self.received_bytes.saturating_add(bytes);
        let part = match self.received_bytes > RECEIVED_FAST_BYTES_PER_S {
            true => REACTION_OF_FAST,
            false => REACTION_OF_RECEIVED,
        };
        self.bucket.spend(-(bytes as f64) * part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many bytes of this urgency leave in so many seconds, 250 at a time.
    fn sent(reactions: &mut Reactions, urgency: Urgency, seconds: u32) -> usize {
        let mut bytes = 0;
        for tick in 0..seconds * 100 {
            let now = SECOND * 100 + SECOND * tick / 100;
            // 1 Mbit/s of frames come meanwhile.
            reactions.earn(1250, now);
            while reactions.allow(urgency, now) {
                reactions.spend(250);
                bytes += 250;
            }
        }
        bytes
    }

    #[test]
    fn an_attack_at_1_mbit_s_causes_less_than_20_kbit_s_however_many_kinds_it_causes() {
        let mut reactions = Reactions::default();
        let bytes = sent(&mut reactions, Urgency::Awaited, 60);
        assert!(bytes < 20_000 / 8 * 60, "{bytes}");
    }

    #[test]
    fn what_may_not_wait_holds_the_rest_back_for_a_minute_at_most() {
        let mut reactions = Reactions::default();
        (0..10_000).for_each(|_| reactions.spend(250));
        assert!(!reactions.allow(Urgency::Awaited, SECOND));
        let minute = SECOND * 60;
        assert!(reactions.allow(Urgency::Awaited, minute));
    }

    #[test]
    fn reports_leave_a_part_to_the_beats_that_take_their_place() {
        let mut reactions = Reactions::default();
        sent(&mut reactions, Urgency::Doubtful, 60);
        sent(&mut reactions, Urgency::Usual, 60);
        let now = SECOND * 160;
        assert!(!reactions.allow(Urgency::Usual, now));
        for _ in 0..(REACTION_BURST_BYTES / 6.0) as usize / 250 {
            assert!(reactions.allow(Urgency::Awaited, now));
            reactions.spend(250);
        }
    }

    #[test]
    fn bulk_pays_for_its_reports() {
        let mut reactions = Reactions::default();
        sent(&mut reactions, Urgency::Awaited, 60);
        let now = SECOND * 160;
        (0..1000).for_each(|_| reactions.earn(1400, now));
        for frame in 0..10_000 {
            reactions.earn(1400, now);
            if frame % 64 == 0 {
                assert!(reactions.allow(Urgency::Usual, now), "{frame}");
                reactions.spend(250);
            }
        }
    }
}
