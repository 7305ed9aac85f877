//! What the archive holds of a room: messages as they were shown, for people; and sealed frames as
//! they came, for other members.

use crate::chat::event::{Content, Id, Message, Person, Timing};
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::{Manner, MessageId, NamedKey, Version};
pub use crate::protocol::engine::stored::{Forgotten, StoredFrame};

/// Most frames in one slice of what is loaded: opening this many takes less than 5 ms.
pub const SLICE_FRAMES: usize = 256;

/// A message as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub id: MessageId,
    /// Its author, under the name of that time.
    pub who: NamedKey,
    /// Of a private message of this member's own, the only person whom it is for.
    pub to: Option<NamedKey>,
    /// What it says now, uncleaned; empty after its deletion.
    pub text: String,
    /// How it is said.
    pub manner: Manner,
    /// When it was said by its author's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// Whether this member said it.
    pub is_own: bool,
    /// Whether only one person could read it.
    pub is_private: bool,
    /// Whether it was shown after messages that follow it.
    pub is_late: bool,
    /// What became of it.
    pub form: Form,
}

impl Entry {
    /// A message that another member said to all, and that was shown in its place.
    #[must_use]
    pub fn said(id: MessageId, who: NamedKey, text: impl Into<String>) -> Self {
        Self {
            id,
            who,
            to: None,
            text: text.into(),
            manner: Manner::Said,
            wall_ms: clock_ms(id.position.clock),
            is_own: false,
            is_private: false,
            is_late: false,
            form: Form::Original,
        }
    }

    /// The message, as faces receive it: of these persons.
    #[must_use]
    pub fn into_message(self, who: Person, to: Option<Person>) -> Message {
        let (content, guest) = Content::of(self.manner, self.text);
        Message {
            id: Id::Group(self.id),
            who,
            guest,
            to: to.map(Box::new),
            content,
            wall_ms: self.wall_ms,
            source: None,
            is_own: self.is_own,
            is_private: self.is_private,
            timing: Timing::History,
            version: self.form.version(self.id),
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// It is as it was said.
    #[default]
    Original,
    /// Its author has changed it.
    Edited,
    /// Its author has withdrawn it.
    Deleted,
}

impl Form {
    /// The same of a message in memory. Which edit it was is not stored: any later one counts as
    /// newer than its message.
    #[must_use]
    pub fn version(self, id: MessageId) -> Version {
        match self {
            Self::Original => Version::Original,
            Self::Edited => Version::Edited(Box::new(id)),
            Self::Deleted => Version::Deleted,
        }
    }
}

/// A change of a message by its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// The message that is changed.
    pub of: MessageId,
    /// The record that changes it; of several, the last in the common order holds.
    pub by: MessageId,
    /// Who changed it.
    pub who: NamedKey,
    /// When, by the author's clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// What it says from now on, uncleaned; `None` if it was deleted.
    pub text: Option<String>,
}
