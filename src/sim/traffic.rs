//! What a run costs the network, in packets.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::wire::compact::COMPACT_TYPE;
use crate::protocol::wire::frame::Kind;

/// What passed over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets sent to the group, by the type byte of their frame; plain copies count as type 0.
    pub group: BTreeMap<u8, u64>,
    /// Packets sent to the group of files, by the type byte of their frame.
    pub files: BTreeMap<u8, u64>,
    /// Packets sent to one member.
    pub single: u64,
    /// Durable frames sent to the group for the first time.
    pub first: u64,
}

impl Traffic {
    /// All packets to the group.
    #[must_use]
    pub fn group_packets(&self) -> u64 {
        self.group.values().sum()
    }

    /// Durable frames that were sent again.
    #[must_use]
    pub fn repairs(&self) -> u64 {
        self.group.get(&1).copied().unwrap_or(0) - self.first
    }

    /// Symbols of files, and of whatever else compact frames carry.
    #[must_use]
    pub fn symbols(&self) -> u64 {
        self.files.get(&COMPACT_TYPE).copied().unwrap_or(0)
    }

    /// Beats.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.group.get(&2).copied().unwrap_or(0)
    }

    /// NACKs.
    #[must_use]
    pub fn nacks(&self) -> u64 {
        self.group.get(&3).copied().unwrap_or(0)
    }
}

/// Stands for the type of frames that are sent to one member who asked for them, and of lists of
/// them.
pub const PULLED: u8 = 0x81;

/// What is said in an exchange without a list of frames is no longer than this.
const QUESTION_MAX_BYTES: usize = 260;

/// As what a frame counts that is sent: [`PULLED`], or its type byte.
pub(super) fn sent_as(kind: u8, is_to_one: bool, bytes: usize) -> u8 {
    let is_list = kind == Kind::Sync as u8 && bytes > QUESTION_MAX_BYTES;
    match is_to_one && (kind == Kind::Durable as u8 || is_list) {
        true => PULLED,
        false => kind,
    }
}

/// Bytes or frames by the second of a run in which they left, and by the type byte of their frame;
/// plain copies have type 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerSecond(BTreeMap<u64, BTreeMap<u8, u64>>);

impl PerSecond {
    /// Counts some bytes or frames.
    pub fn add(&mut self, now: Duration, kind: u8, more: u64) {
        let second = self.0.entry(now.as_secs()).or_default();
        *second.entry(kind).or_default() += more;
    }

    /// All from one second of the run to before another, by type.
    #[must_use]
    pub fn between(&self, from_s: u64, to_s: u64) -> BTreeMap<u8, u64> {
        let mut sum = BTreeMap::new();
        for (_, second) in self.0.range(from_s..to_s.max(from_s)) {
            for (kind, bytes) in second {
                *sum.entry(*kind).or_default() += bytes;
            }
        }
        sum
    }
}
