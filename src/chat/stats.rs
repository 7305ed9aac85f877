//! What a member holds and has dropped, as `/stats` shows it.

use crate::protocol::node::Node;
use crate::protocol::wire::frame::FrameFault;

/// See the file's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Members here, this one included.
    pub members: usize,
    /// Frames held, in bytes.
    pub held_bytes: usize,
    /// Dropped frames, by reason.
    pub faults: Vec<(FrameFault, u64)>,
    /// Frames whose signatures were not checked, because there were too many of strangers.
    pub refused: u64,
    /// Copies of what had come before.
    pub repeats: u64,
    /// Frames whose clocks were too far ahead.
    pub ahead: u64,
    /// Frames for one member alone that were sent to all.
    pub misdirected: u64,
    /// Records of a later version, which were skipped.
    pub unknown: u64,
}

impl Stats {
    /// The counts of a member.
    pub(super) fn of(node: &Node) -> Self {
        let gate = node.gate();
        let faults = gate.faults().iter();
        Self {
            members: node.roster().size(),
            held_bytes: node.held_bytes(),
            faults: faults.map(|(fault, count)| (*fault, *count)).collect(),
            refused: gate.refused(),
            repeats: node.repeats() + node.replays(),
            ahead: node.roster().frames_ahead(),
            misdirected: gate.misdirected(),
            unknown: node.unknown_records(),
        }
    }
}
