//! What a face receives: data about people and messages. Nothing here is a sentence: the marks
//! (`✓`, `✉`, `#3f9c`), the colours and the languages are a face's business, so that a program
//! that reads JSON never meets a localised word.

mod message;

use core::net::{IpAddr, SocketAddr};
use std::fmt;
use std::sync::Arc;

pub use self::message::{Content, Id, Message, Timing};
pub use super::amending::{Deleted, Edited};
pub use super::archive::forgetting::Forgetting;
pub use super::beyond::{BeyondNews, LinkState, Place, SiteChange, SiteState};
use super::command::RequestId;
pub use super::failure::{ConnectionFault, Failure, NetworkAct, SystemFault};
pub use super::finding::{FoundMessage, HistoryPage};
pub use super::guests::{GuestName, GuestsEvent};
use super::media::{MediaEvent, Role};
pub use super::other_wires::{HubNews, PeerNews};
use super::output::Ended;
use super::rooms::{RoomNews, RoomNumber};
pub use super::stats::Stats;
use super::transcript::Snapshot;
use super::transfer::FilesEvent;
pub use super::trust::Standing;
use crate::protocol::wire::frame::Key;

/// Somebody, as this member knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name that they claim, uncleaned.
    pub name: Arc<str>,
    /// The key that proves it is them; `None` on wires without keys.
    pub key: Option<Key>,
    /// What this person is under that name.
    pub standing: Standing,
    /// The digits that tell them from others of the name, where the name alone does not.
    pub suffix: Option<String>,
}

impl Person {
    /// Somebody on a wire that proves nothing.
    #[must_use]
    pub fn unproven(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            key: None,
            standing: Standing::Unproven,
            suffix: None,
        }
    }

    /// Somebody on such a wire who has given no name.
    #[must_use]
    pub fn nameless() -> Self {
        Self {
            standing: Standing::Nameless,
            ..Self::unproven("")
        }
    }

    /// Whether a key proves who it is.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.key.is_some()
    }

    /// Whether their code was compared.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.standing == Standing::Verified
    }
}

/// An interface in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The system's name for it, such as `eth0`.
    pub name: String,
    /// Its first address.
    pub address: Option<IpAddr>,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{} ({address})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// An event for a face: in which room, and the request that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The room.
    pub room: RoomNumber,
    /// The request, if one asked for this.
    pub request: Option<RequestId>,
    /// What.
    pub news: News,
}

impl News {
    /// Whether only the program that serves guests has a use for it.
    #[must_use]
    pub fn is_for_server(&self) -> bool {
        matches!(self, Self::Guests(event) if event.is_for_server())
    }

    /// As the answer to a request.
    #[must_use]
    pub fn to(self, request: RequestId) -> Told {
        Told {
            room: RoomNumber::FIRST,
            request: Some(request),
            news: self,
        }
    }
}

impl From<News> for Told {
    fn from(news: News) -> Self {
        Self {
            room: RoomNumber::FIRST,
            request: None,
            news,
        }
    }
}

/// What a face can receive.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// This member is in its room.
    Ready(Ready),
    /// A message.
    Message(Message),
    /// A message says something else from now on.
    Edited(Box<Edited>),
    /// A message was withdrawn.
    Deleted(Box<Deleted>),
    /// This person has had messages forgotten, by another program.
    Forgotten(Box<Forgetting>),
    /// A message that was looked for, or its neighbour.
    Found(Box<FoundMessage>),
    /// All that was found has been told.
    Searched {
        /// How many messages match.
        count: usize,
        /// Whether there are older ones that do.
        has_more: bool,
    },
    /// A part of what was said, which a face asked for by its place.
    Page(Box<HistoryPage>),
    /// This person has read the room up to this message, in an earlier session. Comes before
    /// [`News::Recent`].
    ReadUntil(Id),
    /// What was shown last in earlier sessions, oldest first. No part of this one.
    Recent(Vec<Message>),
    /// A program of the plain wire says something.
    Guest(Guest),
    /// Something about this member's own guests.
    Guests(GuestsEvent),
    /// Something about files.
    Files(Box<FilesEvent>),
    /// Something about a conference.
    Media(Box<MediaEvent>),
    /// Somebody is here.
    Entered {
        /// Who.
        person: Person,
        /// Whether they probably were here before this member.
        was_here: bool,
    },
    /// Somebody has left.
    Left {
        /// Who.
        person: Person,
        /// Whether they said so.
        with_farewell: bool,
    },
    /// Somebody who is here goes by another name from now on.
    Renamed {
        /// Who they were.
        before: Person,
        /// Who they are.
        person: Person,
        /// Whether it is this member.
        is_own: bool,
    },
    /// Somebody does not answer.
    Silent(Person),
    /// Somebody receives what this member says so slowly that it waits for them no more; what they
    /// lack is sent when they ask for it.
    Slow(Person),
    /// Somebody who did not answer is heard again.
    Back(Person),
    /// Somebody is here under a name that belongs to somebody else. Told once for each name.
    Namesake(Person),
    /// Somebody was here under this member's own name before it, which is shown to them as this.
    NameTaken(Person),
    /// One key is here under several names: its file was copied. Told once for each key.
    SharedKey(Vec<MemberState>),
    /// This member's key is here under its name from another computer, at this address. Told once.
    OwnKeyElsewhere(SocketAddr),
    /// A member made two different frames with one sequence number.
    Equivocation(Person),
    /// Frames of somebody are missing; what follows them is shown now.
    Gap {
        /// Their author.
        person: Person,
        /// How many.
        frames: u32,
    },
    /// How far own messages have got.
    Delivered(Delivered),
    /// What was said before this member came, or while it was cut off, has been shown.
    CaughtUp {
        /// How many messages that were.
        messages: usize,
    },
    /// What is said is kept again, after [`Failure::NothingKept`].
    KeptAgain {
        /// How many messages of that time are in no file.
        missing: u64,
    },
    /// Lines that were too fast for the plain wire.
    Unmirrored {
        /// How many.
        lines: usize,
    },
    /// What lies beyond this network.
    Beyond(BeyondNews),
    /// Everybody who is here, this member first.
    Members(Vec<MemberState>),
    /// Those here who are called so, whose fingerprints were asked for.
    Fingerprints(Vec<MemberState>),
    /// The room as it is now, for a face that comes late.
    Snapshot(Box<Snapshot>),
    /// The code to compare with somebody, who sees the same one.
    Code {
        /// With whom.
        person: Person,
        /// Groups of digits.
        code: String,
    },
    /// It is asked whether the codes of both screens are equal; to be said once more.
    VerifyAsked(Person),
    /// Somebody's code was compared.
    Verified(Person),
    /// Somebody's code was not compared after all.
    Unverified(Person),
    /// Nothing of somebody is shown any more.
    Ignored {
        /// Of whom.
        who: Ignored,
        /// Whether this is remembered after this member has left.
        is_kept: bool,
    },
    /// Somebody is shown again.
    Unignored(Ignored),
    /// Of whom nothing is shown.
    IgnoreList(Vec<Ignored>),
    /// What is held and what was dropped.
    Stats(Stats),
    /// Nobody else was heard for a while.
    Alone {
        /// The interfaces in use.
        interfaces: Vec<Interface>,
        /// Whether own frames come back by the network.
        hears_itself: bool,
    },
    /// An interface is used from now on.
    InterfaceJoined(Interface),
    /// An interface is not there any more.
    InterfaceLost(Interface),
    /// No interface can be used now.
    NoNetwork,
    /// The machine slept.
    Slept,
    /// Lines that a reader was too slow for, left out where this stands.
    Missed {
        /// How many.
        lines: u64,
    },
    /// This member leaves before everything it said was delivered.
    Undelivered(Ended),
    /// Something that was asked for, or should work, does not.
    Failed(Failure),
    /// A hub says something that is no message.
    Hub(HubNews),
    /// Something happens to a connection of two people.
    Peer(PeerNews),
    /// Something becomes of the rooms.
    Room(RoomNews),
}

/// This member, in its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// This member's person.
    pub me: Person,
    /// The room's name; `None` is the lobby.
    pub room: Option<String>,
    /// Whether only some have its key.
    pub is_keyed: bool,
    /// The interfaces in use.
    pub interfaces: Vec<Interface>,
}

/// A line of the plain wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The name that it claims, uncleaned.
    pub name: Option<String>,
    /// Its text, uncleaned.
    pub text: Option<String>,
    /// Where it comes from.
    pub source: SocketAddr,
    /// When it arrived, in milliseconds since 1970.
    pub wall_ms: u64,
}

/// How far a run of own messages has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The first message.
    pub first: Id,
    /// The last.
    pub last: Id,
    /// How many members hold all of them.
    pub has: usize,
    /// How many were here when they were said, less those who left.
    pub of: usize,
    /// Who lacks something.
    pub waiting: Vec<Person>,
    /// Whether somebody was named as lacking something before.
    pub was_reported: bool,
    /// How many people spoke in this room and are away, for whom somebody keeps all of them.
    pub kept_for: usize,
}

/// Somebody who is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberState {
    /// Who.
    pub person: Person,
    /// Whether it is this member.
    pub is_own: bool,
    /// Whether they do not answer.
    pub is_silent: bool,
    /// Whether nothing of them is shown.
    pub is_ignored: bool,
    /// Whether it is no person, but keeps what is said for the others.
    pub is_keeper: bool,
    /// Whether it is no person, but carries the room to other networks.
    pub is_bridge: bool,
    /// Where they are.
    pub place: Place,
    /// What they may decide for all.
    pub role: Role,
}

impl MemberState {
    /// Another person who is here, and of whom nothing else is known.
    #[must_use]
    pub fn here(person: Person) -> Self {
        Self {
            person,
            is_own: false,
            is_silent: false,
            is_ignored: false,
            is_keeper: false,
            is_bridge: false,
            place: Place::Here,
            role: Role::Member,
        }
    }
}

/// Somebody of whom nothing is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// A person; where no key proves who it is, whoever has the name.
    Person(Person),
    /// A program of the plain wire.
    Guest {
        /// The name that it claims, uncleaned.
        name: String,
        /// Where it is.
        address: IpAddr,
    },
    /// A guest of a member.
    GuestOf {
        /// The guest's name.
        name: String,
        /// The member.
        host: Person,
    },
}
