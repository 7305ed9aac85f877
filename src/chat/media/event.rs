//! What is told about a conference: to every face, whether it plays anything or not.

use super::command::Hand;
use super::frame::{Codec, Source};
use super::roles::{Decision, Role};
use crate::chat::event::{GuestName, Person};
use crate::protocol::wire::compact::StreamId;

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaEvent {
    /// Somebody sends something from now on, or encodes it in another way; of this member, the
    /// answer to a `Begin`.
    Began(StreamState),
    /// Somebody sends it no more, or has left; of this member, the answer to an `End`.
    Ended(StreamState),
    /// Nothing was heard for some seconds of somebody who sent it.
    Vanished(StreamState),
    /// What is played from now on, the first ones first: at most four pictures and eight voices.
    Shown {
        /// Cameras and screens.
        pictures: Vec<StreamId>,
        /// Voices.
        voices: Vec<StreamId>,
    },
    /// Who speaks now; told when that changes.
    Speaking(Vec<Speaker>),
    /// Somebody asks for the word, or does not any more; of this member, the answer to a `Hand`.
    Hand {
        /// Who.
        person: Person,
        /// Whether they ask.
        hand: Hand,
        /// Whether it is this member.
        is_own: bool,
    },
    /// Those who receive what this member sends lose more than half of it: multicast does not carry
    /// it here.
    Unfit {
        /// How many of a hundred frames they lose.
        lost_percent: u8,
    },
    /// What came of trying the network when this member began a call: a megabit in a second.
    Probed {
        /// How many of a hundred frames have arrived at half of those who counted.
        arrived_percent: u8,
        /// How many counted.
        members: usize,
    },
    /// To how many this member sends copies by unicast: the answer to a `Relay`, and told whenever
    /// that changes.
    Relay(RelayState),
    /// Who sends what: the answer to a `List`.
    List(Box<CallState>),
    /// The host, or somebody whom it has appointed, decides about a person or about all; of this
    /// member, the answer to what asked for it.
    Decided(DecisionState),
    /// Who decides, and what holds: told whenever that changes.
    Roles(Box<RolesState>),
    /// The same, as the answer to a `Roles`.
    RolesList(Box<RolesState>),
    /// Nothing can be begun, because this person mutes this member for all.
    MutedForAll(Person),
    /// A command cannot be done.
    Refused(MediaRefusal),
}

impl MediaEvent {
    /// The one person that it is about.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Began(state) | Self::Ended(state) | Self::Vanished(state) => Some(&state.person),
            Self::Hand { person, .. } => Some(person),
            _ => None,
        }
    }

    /// The guest of that person whom it is about.
    #[must_use]
    pub fn guest(&self) -> Option<&GuestName> {
        match self {
            Self::Began(state) | Self::Ended(state) | Self::Vanished(state) => state.guest.as_ref(),
            _ => None,
        }
    }
}

/// Multicast carries a call where this many of a hundred frames of a probe arrive: what is lost of
/// them is mended.
pub const FIT_PERCENT: u8 = 70;

/// Copies by unicast, for those whom multicast does not reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayState {
    /// Whether they are sent.
    pub is_on: bool,
    /// To how many members, of those who have shown where they receive.
    pub served: usize,
    /// How many lose most of what comes by multicast.
    pub needing: usize,
}

/// Somebody who is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// Who sends it.
    pub person: Person,
    /// Who speaks, if that is a guest of the person.
    pub guest: Option<GuestName>,
}

/// A stream, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// Its name, the same for everybody.
    pub stream: StreamId,
    /// Who sends it.
    pub person: Person,
    /// Who is heard in it, if that is a guest of the person.
    pub guest: Option<GuestName>,
    /// What it was captured from.
    pub source: Source,
    /// How it is encoded; `None` until the own page has captured something.
    pub codec: Option<Codec>,
    /// Whether this member sends it of its own person.
    pub is_own: bool,
    /// Whether this member sends it for a guest.
    pub is_hosted: bool,
}

/// A decision of the host, or of somebody whom it has appointed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionState {
    /// Who decides.
    pub by: Person,
    /// About whom; `None` stands for everybody.
    pub of: Option<Person>,
    /// What.
    pub decision: Decision,
    /// Whether this member decides.
    pub is_own: bool,
    /// Whether it is about this member alone.
    pub is_about_me: bool,
}

/// Who decides in a room with a host, and what holds of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesState {
    /// The host; nameless until it was met.
    pub host: Person,
    /// Whom it has appointed.
    pub moderators: Vec<Person>,
    /// Whether all others are muted.
    pub are_all_muted: bool,
    /// Who is muted by name.
    pub muted: Vec<Person>,
    /// Who may speak although all are muted.
    pub speakers: Vec<Person>,
    /// What this member may decide.
    pub role: Role,
    /// Who mutes this member, if anybody does.
    pub muted_by: Option<Person>,
}

/// A conference as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallState {
    /// What this member sends.
    pub own: Vec<(Source, StreamId, Option<Codec>)>,
    /// What the others send.
    pub streams: Vec<StreamState>,
    /// Who of the others speaks.
    pub speaking: Vec<Speaker>,
    /// Which of the others ask for the word, who asked first coming first.
    pub hands: Vec<Person>,
    /// Whether this member asks for it.
    pub hand: Hand,
    /// The streams that are played.
    pub shown: Vec<StreamId>,
    /// Whether the own page looks.
    pub is_watching: bool,
    /// What this member sends by unicast.
    pub relay: RelayState,
}

/// Why a command about a conference cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaRefusal {
    /// It is being sent already.
    BegunAlready,
    /// It is not being sent.
    NotBegun,
    /// This member sends as many streams, of files too, as it may.
    TooMany,
    /// Nobody decides for all in this room, because its invitation names no host.
    NoHost,
    /// Only the host, and those whom it has appointed, send copies by unicast.
    MayNotRelay,
    /// Only the host appoints and dismisses.
    NotHost,
    /// Only the host, and those whom it has appointed, decide for all.
    NotModerator,
    /// Whoever may decide is not muted by others.
    MayDecide,
    /// Somebody was not appointed.
    NotAppointed,
    /// As many are appointed as may be.
    TooManyModerators {
        /// The most.
        limit: usize,
    },
}
