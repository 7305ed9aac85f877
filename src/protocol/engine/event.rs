//! What the engine tells and what it wants sent.

use core::net::SocketAddr;
use std::rc::Rc;

use super::frame_log::Position;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Where a datagram is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To all members, by IPv4 where there is IPv4.
    Group,
    /// To all members by every way: somebody may be reached by IPv6 only.
    Everywhere,
    /// To the programs of the plain wire.
    Plain,
    /// To one member.
    Member(SocketAddr),
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: Destination,
    /// What.
    pub bytes: Rc<[u8]>,
}

/// A message's name, the same for all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId {
    /// The frame that the message is in, or that its first fragment is in.
    pub place: Position,
    /// Which record of the frame.
    pub index: u8,
}

/// A message as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: MessageId,
    /// Who said it, as the name is shown here.
    pub who: String,
    /// What was said, uncleaned.
    pub text: String,
    /// Where its author was last heard from.
    pub source: Option<SocketAddr>,
    /// Whether later messages were shown before it.
    pub is_late: bool,
    /// Whether its author was verified.
    pub is_verified: bool,
    /// Whether nobody else could read it.
    pub is_private: bool,
}

/// What the engine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineEvent {
    /// A message of another member.
    Said(Delivery),
    /// Somebody is here.
    Entered {
        /// Who.
        who: String,
        /// Whether they probably were here before this member.
        was_here: bool,
    },
    /// Somebody has left.
    Left {
        /// Who.
        who: String,
        /// Whether they said so.
        with_farewell: bool,
    },
    /// Somebody does not answer.
    Silent(String),
    /// Somebody who did not answer is heard again.
    Back(String),
    /// Messages of somebody are missing, and what follows them is shown now.
    Gap {
        /// Who said them.
        who: String,
        /// How many frames they were in.
        frames: u32,
    },
    /// How many have got what this member said.
    Delivered {
        /// How many have.
        by: usize,
        /// Of how many.
        of: usize,
        /// Those who have not.
        waiting: Vec<String>,
        /// Whether somebody was waited for long.
        was_told: bool,
    },
    /// What was said before this member came, or while it was cut off, has been told.
    CaughtUp {
        /// How many messages.
        messages: usize,
    },
    /// A program of the plain wire says something.
    Guest {
        /// The name that it claims, uncleaned.
        name: Option<String>,
        /// What it says, uncleaned.
        text: Option<String>,
        /// Where from.
        source: SocketAddr,
    },
    /// Somebody is here under a name that belongs to somebody else.
    Namesake {
        /// The name.
        name: String,
        /// How they are shown.
        who: String,
    },
    /// Somebody is here whose name was never seen before: it belongs to this key from now on.
    Met {
        /// The name.
        name: Name,
        /// The key.
        key: Key,
    },
    /// A member made two different frames with one number.
    Equivocation {
        /// Who.
        who: String,
    },
    /// So many lines were not copied to the plain wire, which is slower.
    Unmirrored {
        /// How many.
        lines: usize,
    },
}
