//! How much a member sends because others make it: reports, requests for what it lacks, repairs of
//! what it has not just said, cookies, and beats that somebody asks for. Each of these has bounds
//! of its own. All together share this one, so that an attack which causes everything at once gets
//! no more than one that causes one thing.
//!
//! What is not urgent leaves a part to what is: an attack that uses up what there is for reports
//! does not keep this member from asking for the lines that it lacks.

use std::time::Duration;

use super::config::{
    REACTION_BURST_BYTES, REACTION_BYTES_PER_S, REACTION_OF_FAST, REACTION_OF_RECEIVED,
    RECEIVED_FAST_BYTES_PER_S,
};
use crate::protocol::rate::TokenBucket;

/// How much it matters that something is sent, and how much it leaves to what matters more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// A line may be missing without it.
    Vital,
    /// Somebody would be told something wrong without it.
    Awaited,
    /// A line may be missing, but nothing came of it several times, or others may do it.
    Needed,
    /// Others would like it.
    Usual,
    /// Perhaps nobody is there who needs it.
    Doubtful,
}

impl Urgency {
    /// The part of all that is left to what matters more.
    fn leaves(self) -> f64 {
        match self {
            Self::Vital => 0.0,
            Self::Awaited => 0.05,
            Self::Needed => 0.1,
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
    /// Whether something that matters so much may be sent now.
    pub(super) fn allow(&mut self, urgency: Urgency, now: Duration) -> bool {
        self.bucket.refill(now) > REACTION_BURST_BYTES * urgency.leaves()
    }

    /// Spends what is sent.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.bucket.spend(bytes as f64);
    }

    /// Notes that a new durable frame of so many bytes came, which is a reason to report and to
    /// ask. Faster than an attack may be, only bulk comes.
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

    /// How many bytes leave in so many seconds of what matters so much, 250 at a time.
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
        let bytes = sent(&mut reactions, Urgency::Vital, 60);
        assert!(bytes < 20_000 / 8 * 60, "{bytes}");
    }

    #[test]
    fn what_others_cause_leaves_a_part_to_what_a_member_lacks() {
        let mut reactions = Reactions::default();
        sent(&mut reactions, Urgency::Doubtful, 60);
        sent(&mut reactions, Urgency::Usual, 60);
        let now = SECOND * 160;
        assert!(!reactions.allow(Urgency::Doubtful, now));
        for _ in 0..(REACTION_BURST_BYTES / 4.0) as usize / 250 {
            assert!(reactions.allow(Urgency::Vital, now));
            reactions.spend(250);
        }
    }

    #[test]
    fn bulk_pays_for_its_reports() {
        let mut reactions = Reactions::default();
        sent(&mut reactions, Urgency::Vital, 60);
        let now = SECOND * 200;
        for _ in 0..10_000 {
            reactions.earn(1400, now);
        }
        let mut reports = 0;
        while reactions.allow(Urgency::Vital, now) {
            reactions.spend(250);
            reports += 1;
        }
        assert!(reports > 10_000 / 64, "{reports}");
    }
}
