//! The group around this member: who is in it, how far away, and when to show that we are.

use super::pace::RoundTrip;
use super::presence::Presence;
use super::roster::Roster;
use crate::protocol::wire::frame::Author;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) roster: Roster,
    pub(super) presence: Presence,
    pub(super) round_trip: RoundTrip,
    /// Whether only IPv6 reaches some member.
    pub(super) needs_v6: bool,
}

impl Group {
    pub(super) fn new(me: &Author) -> Self {
        Self {
            roster: Roster::new(me),
            presence: Presence::default(),
            round_trip: RoundTrip::default(),
            needs_v6: false,
        }
    }
}
