//! What does not work, and why, as data: a face makes the code for programs and the sentence for
//! people.

use std::time::Duration;

use super::event::Person;
use crate::protocol::lookalike::Oddity;
use crate::protocol::message::NameFault;

/// An answer of the system, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemFault {
    /// The system's number for it, which a face can put into a person's language.
    pub os_code: Option<i32>,
    /// Its words.
    pub words: String,
}

/// What does not work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// There is no such command.
    UnknownCommand {
        /// As typed.
        given: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// A command lacks something.
    Usage(&'static str),
    /// A count is no number.
    NoCount(String),
    /// JSON input is not of the documented form.
    NotSay,
    /// A request names a room that this member is not in.
    OtherRoom(String),
    /// This member is in a room of this name already.
    AlreadyIn(String),
    /// This member is in as many rooms as is possible.
    TooManyRooms {
        /// The most.
        limit: usize,
    },
    /// A room cannot be entered.
    CannotEnter {
        /// Its name, as typed.
        room: String,
        /// Why.
        why: String,
    },
    /// A file cannot be offered.
    CannotOffer {
        /// Its path, as typed.
        path: String,
        /// Why.
        why: String,
    },
    /// A page in a browser names a file of this computer.
    PageNamesFiles,
    /// Another room is being entered, and its key is asked for.
    JoinWaits,
    /// Nobody can be asked for a key here.
    NobodyToAsk,
    /// Nobody here is called so.
    NobodyCalled(String),
    /// Only this person is called so.
    Yourself,
    /// Several people here are called so.
    SeveralCalled {
        /// As typed.
        given: String,
        /// Who they are.
        people: Vec<Person>,
    },
    /// It is not known yet whose names are whose.
    PeopleUnknown(String),
    /// Codes are said to be equal, and none was shown.
    NotCompared(Person),
    /// Somebody is not verified.
    NotVerified(Person),
    /// A name breaks a rule.
    BadName {
        /// As typed.
        given: String,
        /// Which rule.
        fault: NameFault,
    },
    /// A name may pass for another one.
    OddName {
        /// As typed.
        given: String,
        /// By what.
        oddity: Oddity,
    },
    /// On this wire nobody can take another name while they are there.
    NoRenaming,
    /// One cannot ignore oneself.
    IgnoreSelf,
    /// Somebody is not ignored.
    NotIgnored(String),
    /// No more people are ignored.
    TooManyIgnored {
        /// The most.
        limit: usize,
    },
    /// Nothing private can be said to somebody before their HELLO came.
    NoSessionKey(Person),
    /// A time is none.
    NoTime(String),
    /// What was typed to be looked for holds no word.
    NoWord(String),
    /// What was typed is no id of a message.
    NoMessageId(String),
    /// No message that is held has this id.
    NoMessage(String),
    /// The message with this id is so old that the others hold it no more.
    TooOld(String),
    /// This person has said nothing that is held.
    NothingSaid,
    /// The message with this id is somebody else's.
    NotYourMessage(String),
    /// Private messages cannot be changed.
    PrivateMessage,
    /// What a guest said can be withdrawn by the host, and not be changed.
    GuestsMessage,
    /// Guests cannot enter here: no page for them is open.
    NoGuests,
    /// None of this member's guests is called so.
    NotYourGuest(String),
    /// A guest has no key: nothing can be said to one privately, and nothing be verified.
    GuestWithoutKey(String),
    /// The message was withdrawn, which is for ever.
    DeletedMessage,
    /// What a message is to say is longer than a message.
    ChangeTooLong {
        /// The longest, in bytes.
        limit_bytes: usize,
    },
    /// The message was said while this computer's clock was ahead, and the clock was set back.
    ChangeTooEarly,
    /// The archive cannot search; its words.
    SearchFailed(String),
    /// A line was too long, and goes as several messages.
    LineCut {
        /// The longest message, in bytes.
        limit_bytes: usize,
    },
    /// A line was too long, and is no text for everybody: nothing of it is sent.
    CommandCut {
        /// The longest line, in bytes.
        limit_bytes: usize,
    },
    /// A line had bytes that are not UTF-8.
    NotUtf8,
    /// Somebody uses another version of this program, whose wire is another.
    OtherVersion,
    /// This computer's clock is this far ahead of those of most others, which therefore refuse what
    /// is said here.
    ClockAhead(Duration),
    /// Somebody is in a room of this name with another key.
    OtherKey,
    /// The system refuses to send or to join.
    Network {
        /// What was being done.
        act: NetworkAct,
        /// With which group and port.
        group: String,
        /// On which interface, if on one.
        interface: Option<String>,
        /// The system's answer.
        fault: SystemFault,
    },
    /// The interfaces cannot be listed.
    Interfaces(SystemFault),
    /// People are not remembered.
    PeopleForgotten(String),
    /// Nothing that is said is kept beyond this session from now on; the store's words.
    NothingKept(String),
    /// The archive did not answer in time: what it kept is not known in this session.
    NotRecalled,
    /// An empty line was not sent: where zero bytes are no message, it cannot be.
    EmptyNotSent,
    /// The name of the other person is too long, and was cut to this.
    NameCut(String),
    /// The connection to the other person is lost.
    ConnectionLost {
        /// The other person.
        who: Person,
        /// How it was lost.
        fault: ConnectionFault,
    },
    /// The other person talks to somebody else already.
    Busy,
    /// Not everything was sent before the end.
    Unsent,
    /// The hub is gone.
    HubLost,
    /// The hub is away, and no more lines are kept for it.
    NotKept {
        /// How many are kept.
        lines: usize,
    },
    /// The hub is away, and this is nothing that is kept for it.
    HubAway,
    /// What answers is not a hub, or does not let us in.
    NotAHub,
}

/// What the network refused to do with the group's sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkAct {
    /// To make a socket or set one of its options.
    Open,
    /// To take the port.
    Bind,
    /// To join the group.
    Join,
    /// To send a datagram.
    Send,
    /// To wait for datagrams.
    Receive,
    /// To open the sockets of the group of files.
    Files,
}

/// How a connection is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionFault {
    /// The other side closed it.
    Closed,
    /// The other side gives no sign of life.
    Silent,
    /// Anything else.
    Other(SystemFault),
}
