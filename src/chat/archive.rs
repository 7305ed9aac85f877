//! What is to be remembered, and what was: requests to the store and its answers. The store's
//! thread takes its time; nothing here waits for it.

pub mod author;
pub mod forgetting;
pub mod record;
mod remembering;
pub mod search;
pub mod terms;
pub mod words;

use self::record::{Amendment, Entry, Forgotten, StoredFrame};
pub(super) use self::remembering::Remembering;
use self::search::{Found, Query};
use super::command::RequestId;
use crate::protocol::engine::event::{MessageId, NamedKey};
use crate::protocol::engine::frame_log::Position;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// What the store is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Report everybody who was met.
    Load,
    /// Remember that nothing of somebody is shown.
    Ignore {
        /// The name that they have now.
        name: Name,
        /// The key.
        key: Key,
    },
    /// Forget that nothing of somebody was shown.
    Unignore {
        /// The key.
        key: Key,
    },
    /// Remember a name's first key, unless the name has one.
    Meet {
        /// The name.
        name: Name,
        /// The key.
        key: Key,
    },
    /// Something about what was said in the room.
    Room(RoomRequest),
    /// Remember that somebody's codes were not compared after all.
    Unverify {
        /// The key.
        key: Key,
    },
    /// Remember that a name belongs to a key, because the codes were compared.
    Verify {
        /// The name.
        name: Name,
        /// The key.
        key: Key,
    },
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Of whom nothing is shown. Comes before [`Reply::People`], which lets people be shown.
    Ignored(Vec<NamedKey>),
    /// Everybody who was met.
    People(Vec<Remembered>),
    /// Something about what was said in the room.
    Room(RoomReply),
    /// Nobody is remembered from now on; the store's words.
    Failed(String),
}

/// What the archive of a room is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomRequest {
    /// Report what is held: [`RoomReply::Recent`], then [`RoomReply::Frames`] as often as needed,
    /// then [`RoomReply::Loaded`].
    Load {
        /// How many messages are to be reported as shown last.
        recent: usize,
    },
    /// Remember a message as it was shown. A second one of the same id changes nothing.
    Remember(Box<Entry>),
    /// Its author has changed or withdrawn a message, which may be unknown here or come later.
    Amend(Box<Amendment>),
    /// Keep a durable frame as it came, so that it can be served after a restart.
    Keep(StoredFrame),
    /// Drop frames that the frame log has dropped: there is no room for them, or their time is
    /// over.
    Drop(Vec<Position>),
    /// Remember that this person has read the room up to a message, in the common order. An older
    /// one changes nothing.
    MarkRead(MessageId),
    /// Look for messages; answered by [`RoomReply::Found`].
    Find {
        /// Who asked for it.
        request: RequestId,
        /// What is looked for. In a box, because thousands of other requests may wait.
        query: Box<Query>,
    },
}

/// What the archive of a room answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomReply {
    /// What was shown last in earlier sessions.
    Recent {
        /// The messages, oldest first.
        entries: Vec<Entry>,
        /// The newest message that this person has read; `None` if nothing was marked as read.
        read_until: Option<MessageId>,
    },
    /// Stored frames, in their common order, oldest first; at most [`record::SLICE_FRAMES`].
    Frames(Vec<StoredFrame>),
    /// All stored frames were reported.
    Loaded {
        /// What this person wants to have forgotten: it is neither shown nor stored again.
        forgotten: Vec<Forgotten>,
    },
    /// Another program of this person has forgotten this since: it is neither shown nor stored.
    Forgotten(Vec<Forgotten>),
    /// What was looked for, in the common order, oldest first.
    Found {
        /// Who asked for it.
        request: RequestId,
        /// The messages.
        found: Vec<Found>,
        /// Whether there are older ones that match.
        has_more: bool,
        /// Whether there may be newer ones that match.
        has_newer: bool,
    },
    /// A search that cannot be done; the store's words.
    NotFound {
        /// Who asked for it.
        request: RequestId,
        /// Why.
        why: String,
    },
    /// The file was damaged, and a new one is in its place: what is held is to be kept once more.
    Replaced,
    /// Nothing is stored or found in this session: the room goes on with what it has in memory.
    Unusable,
    /// Nothing that is said is stored from now on, until [`RoomReply::Resumed`]; the store's words.
    Failed(String),
    /// What is said is stored again. `missing` messages could not be.
    Resumed {
        /// How many messages said meanwhile are in no file.
        missing: u64,
    },
}

/// Somebody who was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The name.
    pub name: Name,
    /// The key that it belongs to.
    pub key: Key,
    /// Whether the codes were compared.
    pub is_verified: bool,
}
