//! What the others say: which of their frames are here, which to ask for, and what to report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::frontier::Frontier;
use super::inbox::Inbox;
use super::reports::Reports;
use super::roster::Id;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    pub(super) inboxes: BTreeMap<Id, Inbox>,
    /// When each inbox that has a timer is due.
    pub(super) due: BTreeMap<Id, Duration>,
    pub(super) blocked: BTreeSet<Id>,
    pub(super) frontier: Frontier,
    pub(super) newest_shown: u64,
    pub(super) reports: Reports,
    pub(super) next_nack_at: Duration,
    pub(super) replays: u64,
    pub(super) hears_itself: bool,
}
