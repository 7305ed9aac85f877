//! One message as a person meets it: who said what to whom, when, and how it came.

use core::net::SocketAddr;
use std::fmt;

use super::Person;
use crate::chat::guests::GuestName;
use crate::protocol::engine::event::{Manner, MessageId, Version};

/// Names one message for as long as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    /// A message of the reliable group: the same for all members.
    Group(MessageId),
    /// A message of a wire without ids: its number in this program.
    Local(u64),
}

impl fmt::Display for Id {
    /// `short-session-sequence-index` in hexadecimal digits, or a decimal number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(MessageId { position, index }) => write!(
                f,
                "{:016x}-{:016x}-{:x}-{index:x}",
                position.short, position.session, position.sequence
            ),
            Self::Local(number) => write!(f, "{number}"),
        }
    }
}

/// What a message says, uncleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text, with its line breaks.
    Text(String),
    /// What the person does, said as of somebody else: `* ana acena`.
    Action(Box<str>),
    /// JSON's `null`, which the course's programs may send.
    Null,
    /// A JSON object without the course's two keys: its compact text.
    Object(Box<str>),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: Id,
    /// Its author, who signed it.
    pub who: Person,
    /// The author's guest who said it, and for whom the author vouches.
    pub guest: Option<Box<GuestName>>,
    /// The only person it is for, if this member said it privately.
    pub to: Option<Box<Person>>,
    /// What it says.
    pub content: Content,
    /// When it was said by its author's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// The address its author was last heard from.
    pub source: Option<SocketAddr>,
    /// Whether this member said it.
    pub is_own: bool,
    /// Whether only one person can read it.
    pub is_private: bool,
    /// When in the conversation it is shown.
    pub timing: Timing,
    /// What became of it; the content is the newest.
    pub version: Version,
}

impl Content {
    /// A text of a room, and the guest who says it.
    pub(in crate::chat) fn of(manner: Manner, text: String) -> (Self, Option<Box<GuestName>>) {
        match manner {
            Manner::Said => (Self::Text(text), None),
            Manner::Action => (Self::Action(text.into()), None),
            Manner::Guest(guest) => (Self::Text(text), Some(Box::new(guest))),
        }
    }

    /// Says something else in the same manner.
    pub(in crate::chat) fn set_text(&mut self, text: &str) {
        match self {
            Self::Action(action) => *action = text.into(),
            Self::Text(_) | Self::Null | Self::Object(_) => *self = Self::Text(text.to_owned()),
        }
    }
}

impl Message {
    /// A message of a wire without ids, which counts in this program only.
    #[must_use]
    pub fn local(number: u64, who: Person, content: Content, wall_ms: u64) -> Self {
        Self {
            id: Id::Local(number),
            who,
            guest: None,
            to: None,
            content,
            wall_ms,
            source: None,
            is_own: false,
            is_private: false,
            timing: Timing::Live,
            version: Version::Original,
        }
    }

    /// Whether this person said it: this member did, and for none of its guests.
    #[must_use]
    pub fn is_mine(&self) -> bool {
        self.is_own && self.guest.is_none()
    }

    /// Its text; of an object, its JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Object(text) | Content::Action(text) => text,
            Content::Null => "",
        }
    }
}

/// When in the conversation a message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// In its place.
    #[default]
    Live,
    /// After messages that follow it.
    Late,
    /// Said before this member came, or asked for again.
    History,
}
