//! What the hub's log tells.

use core::net::SocketAddr;

/// What happened at the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubEvent {
    /// Somebody is in.
    Joined {
        /// Under which name.
        name: String,
        /// From where.
        address: SocketAddr,
        /// Whether it is one of us.
        is_framed: bool,
        /// Whether it has proven to be a moderator.
        is_moderator: bool,
    },
    /// Somebody was not let in.
    Refused {
        /// From where.
        address: SocketAddr,
        /// Why.
        why: Refusal,
    },
    /// Somebody is out.
    Left {
        /// Under which name.
        name: String,
        /// Why.
        why: LeaveReason,
    },
    /// Messages for a naive client were left out.
    LeftOut {
        /// For whom.
        name: String,
        /// How many.
        messages: usize,
    },
    /// The hub closes.
    Closing {
        /// Who asked for it over the wire; `None` is whoever runs it.
        by: Option<String>,
    },
}

/// Why somebody was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else has the name.
    NameTaken(String),
    /// Nobody may have the name.
    NameForbidden(String),
    /// No name was said in time.
    NoName,
    /// The name is a moderator's, and that was not proven.
    Unproven(String),
    /// The hub is full.
    Full,
    /// Too many come from the address.
    AddressFull,
    /// The connection ended first, or what came was no message.
    Gone,
}

/// Why somebody left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// It said so.
    Exit,
    /// It closed the connection.
    Closed,
    /// The connection was lost.
    Lost,
    /// It did not read.
    TooSlow,
    /// What came were no frames.
    Broken,
    /// A moderator removed it.
    Removed {
        /// Who.
        by: String,
    },
    /// The hub closed.
    HubClosed,
}
