//! What a run costs the network, in packets.

use std::collections::BTreeMap;

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
