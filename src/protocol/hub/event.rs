//! The events that the hub logs.

use core::net::SocketAddr;

/// What happened at the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HubEvent {
    /// A client joined.
    Joined {
        /// Its name.
        name: String,
        /// Its address.
        address: SocketAddr,
        /// Whether it uses our frames.
        is_framed: bool,
        /// Whether it proved to be a moderator.
        is_moderator: bool,
    },
    /// A client was not let in.
    Refused {
        /// Its address.
        address: SocketAddr,
        /// Why.
        why: Refusal,
    },
    /// A client that had joined left.
    Left {
        /// Its name.
        name: String,
        /// Why.
        why: LeaveReason,
    },
    /// Messages for a naive client were left out, because its queue was full.
    LeftOut {
        /// The client's name.
        name: String,
        /// How many messages.
        messages: usize,
    },
    /// The hub closes.
    Closing {
        /// The client that asked for it; `None` if the hub's own operator did.
        by: Option<String>,
    },
}

/// Why a client was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Another client has this name.
    NameTaken(String),
    /// No client may have this name.
    NameForbidden(String),
    /// The client did not send a name in time.
    NoName,
    /// The name is a moderator's, and the client did not prove to be one.
    Unproven(String),
    /// The hub is full.
    Full,
    /// The client's address has too many connections.
    AddressFull,
    /// The connection ended first, or broke the framing.
    Gone,
}

/// Why a client left.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaveReason {
    /// It sent `exit`.
    Exit,
    /// It closed the connection.
    Closed,
    /// The connection was lost.
    Lost,
    /// It did not read fast enough.
    TooSlow,
    /// It broke the framing.
    Broken,
    /// A moderator removed it.
    Removed {
        /// The moderator's name.
        by: String,
    },
    /// The hub closed.
    HubClosed,
}
