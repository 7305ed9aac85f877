//! What an attack did, and what is wrong with that, given the same run without it.

use std::collections::BTreeMap;

use super::check::{Finding, Kind};
use super::choose::IDENTITIES_MAX;
use super::cost;
use crate::protocol::engine::config::{ANSWERED_LEAST_BYTES, ANSWERED_TO_ALL};
use crate::protocol::gate::Work;
use crate::protocol::wire::compact::COMPACT_TYPE;
use crate::sim::PULLED;

/// What an attack did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What must not have been.
    pub findings: Vec<Finding>,
    /// The most bytes that each member sent within 60 seconds, by the type byte of the frames.
    pub sent: Vec<BTreeMap<u8, u64>>,
    /// The most bytes by which the memory of all members grew together, by the caller's meter.
    pub grown_bytes: u64,
    /// The most bytes of frames that a member held.
    pub held_bytes: usize,
    /// The most members that a member knew of.
    pub known: usize,
    /// How many datagrams the insider sent.
    pub datagrams: u64,
    /// How many bytes these were, without headers.
    pub put_bytes: u64,
    /// What each member did about what came, since the attack began.
    pub work: Vec<Work>,
    /// The most frames that each member sent within 60 seconds, but those that somebody pulled.
    pub frames: Vec<u64>,
    /// How often each member did something by itself, without a datagram.
    pub wakes: Vec<u64>,
}

impl Outcome {
    /// What a member may send within 60 seconds to those who catch up and have shown where they
    /// are. An insider at twenty addresses cannot be told from twenty newcomers, each of whom
    /// needs the history once.
    fn pulled_max(&self) -> u64 {
        let history = self.held_bytes.saturating_add(ANSWERED_LEAST_BYTES) as f64;
        // At once, and what is there again within that time; and headers.
        (2.0 * ANSWERED_TO_ALL * history * 1.2) as u64
    }

    /// All that is wrong, given the same run without an attack: also what it cost.
    #[must_use]
    pub fn judged_by(&self, peaceful: &Self) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        for (number, by_type) in self.sent.iter().enumerate() {
            let usual = peaceful.sent.get(number).map_or([0; 3], split);
            let sent = split(by_type);
            let most = SENT_FLOOR_BYTES.max(usual[0] * SENT_TIMES);
            if sent[0] > most || sent[1] > self.pulled_max() || sent[2] > GIVEN_MAX_BYTES {
                let usual = peaceful.sent.get(number);
                let text = format!(
                    "{number} sent {sent:?} bytes in 60 s, {by_type:?}, and usually {usual:?}"
                );
                findings.push(Finding::new(Kind::Sending, text));
            }
        }
        if self.held_bytes > HELD_MAX_BYTES {
            let text = format!("{} bytes of frames are held", self.held_bytes);
            findings.push(Finding::new(Kind::Memory, text));
        }
        findings.extend(cost::judge(self, peaceful));
        let members = self.sent.len() as u64;
        if self.grown_bytes > GROWN_MAX_BYTES * members {
            let text = format!("{members} members grew by {} bytes", self.grown_bytes);
            findings.push(Finding::new(Kind::Memory, text));
        }
        findings
    }
}

/// Bytes sent to all or unasked, what was sent to one member who asked for it, and what was sent of
/// the file.
fn split(by_type: &BTreeMap<u8, u64>) -> [u64; 3] {
    let of = |kind: u8| by_type.get(&kind).copied().unwrap_or(0);
    let (pulled, given) = (of(PULLED), of(COMPACT_TYPE));
    [
        by_type.values().sum::<u64>() - pulled - given,
        pulled,
        given,
    ]
}

/// What may be sent of the file: each identity that asks for it cannot be told from a person who
/// does, who may have it three times and a hundred symbols.
const GIVEN_MAX_BYTES: u64 = (IDENTITIES_MAX as u64 + 8) * (3 * 16 + 100) * 1442;

/// What a member may send within 60 seconds at least: 20 kbit/s.
const SENT_FLOOR_BYTES: u64 = 20_000 / 8 * 60;

/// How many times as much as without an attack.
const SENT_TIMES: u64 = 4;

/// Most bytes of frames that a member may hold: its history, what is held back, and a window of its
/// own.
const HELD_MAX_BYTES: usize = 20 << 20;

/// Most bytes by which the memory of a member may grow.
const GROWN_MAX_BYTES: u64 = 48 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attack_costs_is_compared_with_the_same_run_without_it() {
        let sent = |bytes| BTreeMap::from([(1, bytes)]);
        let peaceful = Outcome {
            sent: [100_000, 1000].map(sent).into(),
            ..Outcome::default()
        };
        let kinds = |outcome: &Outcome| -> Vec<Kind> {
            let findings = outcome.judged_by(&peaceful);
            findings.iter().map(|finding| finding.kind).collect()
        };
        let mut attacked = Outcome {
            sent: [400_000, 150_000].map(sent).into(),
            ..Outcome::default()
        };
        assert_eq!(kinds(&attacked), []);
        attacked.sent = [400_001, 150_001].map(sent).into();
        assert_eq!(kinds(&attacked), [Kind::Sending, Kind::Sending]);
        attacked.sent = [BTreeMap::from([(PULLED, 200_000)])].into();
        assert_eq!(kinds(&attacked), [Kind::Sending]);
        attacked.held_bytes = 100_000;
        assert_eq!(kinds(&attacked), [], "a few newcomers ask for that");
        attacked.sent = [BTreeMap::from([(COMPACT_TYPE, GIVEN_MAX_BYTES)])].into();
        assert_eq!(kinds(&attacked), [], "all identities ask for the file");
        attacked.sent = [BTreeMap::from([(COMPACT_TYPE, GIVEN_MAX_BYTES + 1)])].into();
        assert_eq!(kinds(&attacked), [Kind::Sending]);
        attacked.sent.clear();
        attacked.held_bytes = HELD_MAX_BYTES + 1;
        attacked.grown_bytes = GROWN_MAX_BYTES + 1;
        assert_eq!(kinds(&attacked), [Kind::Memory, Kind::Memory]);
    }
}
