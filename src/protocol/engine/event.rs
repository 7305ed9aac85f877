//! What the engine tells and what it wants sent.

use core::net::SocketAddr;
use std::fmt;
use std::sync::Arc;

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
    pub bytes: Arc<[u8]>,
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
    /// Who said it.
    pub who: NamedKey,
    /// What was said, uncleaned.
    pub text: String,
    /// Where its author was last heard from.
    pub source: Option<SocketAddr>,
    /// Whether later messages were shown before it.
    pub is_late: bool,
    /// Whether nobody else could read it.
    pub is_private: bool,
}

/// A person under a name. Names are claims and keys are people: two keys under one name are two
/// people, and one key under two names is one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedKey {
    /// The name that the person goes by.
    pub name: Name,
    /// The person.
    pub key: Key,
}

/// What the engine tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineEvent {
    /// A message of another member.
    Said(Delivery),
    /// A message of this member's own is in a frame, and therefore has an id now. There is one for
    /// each message, in the order in which they were said; for a private message one for each
    /// session that it is sealed to.
    Sent {
        /// Which, as the others and the history name it.
        id: MessageId,
        /// Whether one session alone can read it.
        is_private: bool,
    },
    /// Somebody is here.
    Entered {
        /// Who.
        who: NamedKey,
        /// Whether they probably were here before this member.
        was_here: bool,
    },
    /// Somebody has left.
    Left {
        /// Who.
        who: NamedKey,
        /// Whether they said so.
        with_farewell: bool,
    },
    /// Somebody does not answer.
    Silent(NamedKey),
    /// Somebody who did not answer is heard again.
    Back(NamedKey),
    /// Messages of somebody are missing, and what follows them is shown now.
    Gap {
        /// Who said them.
        who: NamedKey,
        /// How many frames they were in.
        frames: u32,
    },
    /// How many have got what this member said.
    Delivered {
        /// The first of this member's own frames that this is about: the first that was said since
        /// all was delivered.
        first_sequence: u32,
        /// The last of them: the newest.
        last_sequence: u32,
        /// How many members have them all.
        has: usize,
        /// Of how many.
        of: usize,
        /// Those who have not.
        waiting: Vec<NamedKey>,
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
    /// A member made two different frames with one number.
    Equivocation {
        /// Who.
        who: NamedKey,
    },
    /// So many lines were not copied to the plain wire, which is slower.
    Unmirrored {
        /// How many.
        lines: usize,
    },
}

/// Why something cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SayError {
    /// The text is longer than one message may be; the caller cuts it.
    TooLong {
        /// How long it is, in bytes.
        bytes: usize,
        /// How long it may be, in bytes.
        most_bytes: usize,
    },
}

impl SayError {
    /// Whether a text is short enough.
    pub(super) fn check(text: &str, most_bytes: usize) -> Result<(), Self> {
        let bytes = text.len();
        let too_long = Self::TooLong { bytes, most_bytes };
        (bytes <= most_bytes).then_some(()).ok_or(too_long)
    }
}

impl fmt::Display for SayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes, most_bytes } => {
                write!(
                    f,
                    "{bytes} bytes are too long for a message of {most_bytes}"
                )
            }
        }
    }
}

impl std::error::Error for SayError {}
