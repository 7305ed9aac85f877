//! What this member says: from the outbox, by pace and window, into frames that are repeated until
//! all have them.

use super::arrivals::Arrivals;
use super::frame_log::Position;
use super::outbox::Outbox;
use super::pace::{Pace, Window};
use super::receipts::Receipts;
use super::repair::Repair;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Sending {
    pub(super) outbox: Outbox,
    pub(super) pace: Pace,
    pub(super) window: Window,
    pub(super) arrivals: Arrivals,
    pub(super) receipts: Receipts,
    pub(super) repair: Repair,
    pub(super) repeats: Repeats,
    /// The newest own durable frame.
    pub(super) newest: u32,
    /// Where the first piece of a long text stands whose last one is not made yet.
    pub(super) first_fragment: Option<Position>,
    pub(super) wants_acks: bool,
    pub(super) was_bulk: bool,
}

/// How often others ask for what this member says, and how often it is therefore repeated unasked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeats {
    pub(super) nacks_per_frame: f64,
    pub(super) nacks: u32,
}
