//! What the engine reports to its owner, and what it asks it to send.

use core::net::SocketAddr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use super::amendments::{Amended, Change, Version};
use super::frame_log::Position;
use crate::protocol::message::Name;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::Call;
use crate::protocol::wire::frame::notice::Notice;
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::protocol::wire::frame::role::RoleRecord;
use crate::protocol::wire::frame::{Author, Key, MemberTag};

/// Where a datagram is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// To all members, by IPv4 where there is IPv4.
    Group,
    /// To all members by IPv4 and IPv6, because only one of them reaches some members.
    Everywhere,
    /// To the programs of the plain wire.
    Plain,
    /// To those who take or give something: the next group, on the same port.
    Files,
    /// To one member.
    Member(SocketAddr),
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: Destination,
    /// The datagram.
    pub bytes: Arc<[u8]>,
}

/// Identifies a message; the same for all members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId {
    /// The frame that the message is in, or that its first fragment is in.
    pub position: Position,
    /// Which record of the frame.
    pub index: u8,
}

/// How a text is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As speech.
    #[default]
    Said,
    /// As what the author does: `* ana acena`.
    Action,
    /// As speech of somebody without a key, for whom the author signs: `~rui (by ana)`.
    Guest(GuestName),
}

/// A guest of a member: somebody who has no key, and reads and speaks through the member. Nothing
/// proves who it is but the member's word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuestName {
    /// The member's number for the guest, by which two of one name differ.
    pub number: u32,
    /// The name that the guest goes by.
    pub name: Name,
}

/// A message to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: MessageId,
    /// Who said it.
    pub who: NamedKey,
    /// The text, uncleaned.
    pub text: String,
    /// How it is said.
    pub manner: Manner,
    /// The address from which its author was last heard.
    pub source: Option<SocketAddr>,
    /// Where it stands among the messages that are shown.
    pub order: Order,
    /// Whether only this member could read it.
    pub is_private: bool,
    /// What became of it, as far as it is known; the text is the newest.
    pub version: Version,
}

/// A content that a member offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferDelivery {
    /// The record that offers it.
    pub id: MessageId,
    /// Who offers it.
    pub who: NamedKey,
    /// What, unchecked.
    pub offer: OfferRecord<String>,
    /// The key that it is sealed under, if it is for this member alone.
    pub key: Option<[u8; 32]>,
    /// Where it stands among what is shown.
    pub order: Order,
}

/// What somebody decides about roles, whether they may or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDelivery {
    /// The record that says it.
    pub id: MessageId,
    /// Who decides.
    pub who: NamedKey,
    /// What.
    pub role: RoleRecord<Name>,
    /// Where it stands among what is shown.
    pub order: Order,
    /// Whether this session made it.
    pub is_own: bool,
}

/// What a member says about a stream of compact frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardNotice {
    /// Who says it.
    pub who: NamedKey,
    /// The session that says it.
    pub member: MemberTag,
    /// The address that it came from.
    pub source: SocketAddr,
    /// The stream that it is about.
    pub stream: Option<StreamId>,
    /// What is said.
    pub notice: Notice,
}

/// What a member says that it does in a conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardCall {
    /// Who says it.
    pub who: NamedKey,
    /// The session that says it, as frames name it.
    pub member: MemberTag,
    /// The session.
    pub session: u64,
    /// The frame's number among those of the session that are never repaired.
    pub sequence: u32,
    /// What is said.
    pub call: Call,
    /// The names of its streams, in their order.
    pub streams: Vec<StreamId>,
}

/// A symbol that has arrived. Who has the room's key can have made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardPiece {
    /// By which stream.
    pub stream: StreamId,
    /// Which unit of the content it is of.
    pub frame: u32,
    /// Which of its symbols.
    pub piece: u16,
    /// Into how many symbols the unit is cut.
    pub originals: u16,
    /// What the channel says about it.
    pub flags: u8,
    /// The symbol.
    pub bytes: Box<[u8]>,
}

/// Where a message stands among those that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Before the later ones.
    InOrder,
    /// After later ones that were shown already.
    Late,
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

impl From<&Author> for NamedKey {
    fn from(author: &Author) -> Self {
        Self {
            name: author.name.clone(),
            key: author.key,
        }
    }
}

/// What the engine reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// Another member offers a content.
    Offered(OfferDelivery),
    /// A member decides about roles; of this session, once it is in a frame, in their order.
    Role(Box<RoleDelivery>),
    /// A member says something about a stream.
    Notice(Box<HeardNotice>),
    /// A symbol of a stream has arrived.
    Piece(HeardPiece),
    /// A member says what it does in a conference.
    Call(Box<HeardCall>),
    /// An author has changed or withdrawn a message.
    Amended(Amended),
    /// A change of this member's own is in a frame. There is one for each, in the order in which
    /// they were made.
    AmendmentSent {
        /// The record that makes it.
        by: MessageId,
    },
    /// A person is here.
    Entered {
        /// Who.
        who: NamedKey,
        /// Whether they probably were here before this member.
        was_here: bool,
    },
    /// A person has left.
    Left {
        /// Who.
        who: NamedKey,
        /// Whether with a farewell.
        with_farewell: bool,
    },
    /// A person who is here goes by another name from now on.
    Renamed {
        /// Who, under the name until now.
        before: NamedKey,
        /// Who, under the new name.
        who: NamedKey,
    },
    /// A person does not answer.
    Silent(NamedKey),
    /// A person receives so slowly that this member waits for them no more; what they lack is sent
    /// when they ask for it.
    Slow(NamedKey),
    /// A person that did not answer is heard again.
    Back(NamedKey),
    /// Messages of a person are missing, and what follows them is shown now.
    Gap {
        /// Who said them.
        who: NamedKey,
        /// How many frames they were in.
        frames: u32,
    },
    /// How far what this member said has got.
    Delivered(DeliveryReport<NamedKey>),
    /// Messages from before this member came, or from while it was cut off, have been shown.
    CaughtUp {
        /// How many messages.
        messages: usize,
    },
    /// A program of the plain wire says a line.
    Guest {
        /// The name that it claims, uncleaned.
        name: Option<String>,
        /// What it says, uncleaned.
        text: Option<String>,
        /// The address that it came from.
        source: SocketAddr,
        /// When it arrived, in milliseconds since 1970.
        wall_ms: u64,
    },
    /// A member made two different frames with one number.
    Equivocation {
        /// Who.
        who: NamedKey,
    },
    /// This member's clock is so far ahead of those of most others that they refuse what it says.
    ClockAhead {
        /// By how much.
        ahead: Duration,
    },
    /// Something is new about another site, as its bridge states.
    Site {
        /// The site.
        site: SiteState,
        /// What is new.
        change: SiteChange,
    },
    /// Somebody at another site is on the list from now on, or it is known at which one.
    Far {
        /// Who.
        who: NamedKey,
        /// The site, if its bridge has stated it.
        site: Option<Name>,
    },
    /// Somebody at another site is on the list no more.
    FarGone(NamedKey),
    /// All people at another site have what this member said, as its bridge states.
    DeliveredAt {
        /// The bridge.
        who: NamedKey,
        /// The site.
        site: Name,
        /// How many people are there.
        people: usize,
        /// The last own frame that they have.
        last_sequence: u32,
    },
    /// Lines were not copied to the plain wire, because they came faster than it carries them.
    Unmirrored {
        /// How many.
        lines: usize,
    },
}

/// Another site, as its bridge states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteState {
    /// What it is called.
    pub name: Name,
    /// Its bridge.
    pub who: NamedKey,
    /// How many people are there.
    pub people: usize,
    /// By how many milliseconds its clock is ahead of this member's, if they differ much.
    pub ahead_ms: Option<i64>,
}

/// What is new about a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteChange {
    /// It is in reach.
    Reached,
    /// The number of people there is another one.
    Counted,
    /// Its clock differs much, or does so no more.
    Clock,
    /// It is out of reach.
    Lost,
}

/// How far a run of own frames has got; `P` is how persons are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport<P> {
    /// The first own frame that this is about: the first one sent since all was delivered.
    pub first_sequence: u32,
    /// The last of them: the newest.
    pub last_sequence: u32,
    /// How many members have all of them.
    pub has: usize,
    /// Of how many that were here when they were sent, and still are.
    pub of: usize,
    /// The members that lack some of them.
    pub waiting: Vec<P>,
    /// Whether an earlier report has already named members that were waited for.
    pub was_reported: bool,
    /// How many persons spoke here and are away, for whom somebody keeps all of them.
    pub kept_for: usize,
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
    /// It is to change a message of somebody else.
    NotOwn,
    /// It is to change a message that was said while this computer's clock was ahead, and the clock
    /// was set back since.
    Ahead,
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
            Self::NotOwn => f.write_str("the message is somebody else's"),
            Self::Ahead => f.write_str("the message's time is ahead of the clock"),
        }
    }
}

impl std::error::Error for SayError {}
