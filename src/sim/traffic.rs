//! What a run costs the network, in packets.

use std::collections::BTreeMap;
use std::time::Duration;

/// What passed over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets sent to the group, by the type byte of their frame; plain copies count as type 0.
    pub group: BTreeMap<u8, u64>,
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

/// Bytes by the second of a run in which they left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerSecond(BTreeMap<u64, u64>);

impl PerSecond {
    /// Counts some bytes.
    pub fn add(&mut self, now: Duration, bytes: u64) {
        *self.0.entry(now.as_secs()).or_default() += bytes;
    }

    /// All bytes from one second of the run to before another.
    #[must_use]
    pub fn between(&self, from_s: u64, to_s: u64) -> u64 {
        let seconds = self.0.range(from_s..to_s.max(from_s));
        seconds.map(|(_, bytes)| bytes).sum()
    }
}
