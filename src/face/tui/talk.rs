//! One conversation that can be looked at: of a room, or with one person in it. Each has its own
//! place, draft and history of what was typed. Pure.

use super::conversation::{Conversation, Place};
use super::held::Side;
use super::input::Input;
use super::view::Scroll;
use crate::chat::command::RequestId;
use crate::chat::event::{HistoryPage, Id, Person};
use crate::chat::rooms::RoomNumber;
use crate::protocol::engine::event::{MessageId, Version};

/// Which conversation something belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TalkKey {
    pub(super) room: RoomNumber,
    /// The only other person who reads it; `None` is everybody in the room.
    pub(super) with: Option<Person>,
}

impl TalkKey {
    /// The conversation of a room.
    pub(super) fn of_room(room: RoomNumber) -> Self {
        Self { room, with: None }
    }

    /// The one with a person in a room.
    pub(super) fn with(room: RoomNumber, person: Person) -> Self {
        Self {
            room,
            with: Some(person),
        }
    }

    /// Whether both are the same conversation. A person is a name of a key, however they stand.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.room == other.room
            && match (&self.with, &other.with) {
                (None, None) => true,
                (Some(one), Some(other)) => one.key == other.key && one.name == other.name,
                _ => false,
            }
    }

    /// Whether a message that was said earlier belongs to this conversation, of which `home` is the
    /// one that it would begin: somebody with a key had perhaps another name then.
    pub(super) fn takes_in(&self, home: &Self) -> bool {
        match (&self.with, &home.with) {
            (Some(one), Some(other)) if one.key.is_some() => {
                self.room == home.room && one.key == other.key
            }
            _ => self.is(home),
        }
    }
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) key: TalkKey,
    pub(super) conversation: Conversation,
    pub(super) input: Input,
    pub(super) scroll: Scroll,
    /// Messages that came below what is seen of it.
    pub(super) unseen: usize,
    /// Messages that came while another one was looked at.
    pub(super) new: usize,
    /// How many of them mean this person; while it is looked at, since a key was pressed.
    pub(super) called: usize,
    /// The first message that was not read.
    pub(super) unread: Option<Place>,
    /// Whether a key was pressed here since that was set.
    pub(super) is_back: bool,
    /// The message that the line being typed replaces.
    pub(super) editing: Option<Id>,
    /// A page that was asked for.
    pub(super) reading: Option<Reading>,
    /// How far was looked already for what belongs here: a room's pages hold little of what two
    /// people say.
    pub(super) looked: Option<Looked>,
    /// The newest message that this person has read.
    pub(super) read_until: Option<Id>,
    /// The same at the end of the last session.
    pub(super) earlier_read: Option<Id>,
}

/// A page of what was said before, which was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) request: RequestId,
    pub(super) side: Side,
    /// The message beside which it is to stand.
    pub(super) beside: Option<Id>,
    /// What is looked at when it has come.
    pub(super) goal: Option<Goal>,
    /// Pages that were read before it because too little was found.
    pub(super) pages_before: usize,
}

/// How far was looked on one side of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) side: Side,
    /// The message beside which what is found is to stand.
    pub(super) beside: Option<Id>,
    /// The last message that was looked at.
    pub(super) at: MessageId,
}

/// What of a page is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The first message said at a time or later, in milliseconds since 1970.
    Time(u64),
    /// This message.
    Message(Id),
}

impl Talk {
    /// An empty one.
    pub(super) fn new(key: TalkKey) -> Self {
        Self {
            key,
            conversation: Conversation::default(),
            input: Input::default(),
            scroll: Scroll::Bottom,
            unseen: 0,
            new: 0,
            called: 0,
            unread: None,
            is_back: true,
            editing: None,
            reading: None,
            looked: None,
            read_until: None,
            earlier_read: None,
        }
    }

    /// The last message of this person's that may be changed.
    pub(super) fn last_own(&self) -> Option<Id> {
        let mut own = self.conversation.messages().filter(|said| said.is_own);
        let last = own.find(|said| said.version != Version::Deleted);
        last.map(|said| said.id)
    }

    /// Shows the newest.
    pub(super) fn go_to_bottom(&mut self) {
        self.scroll = Scroll::Bottom;
        self.unseen = 0;
        self.conversation.held.end_reading();
    }

    /// Where scrolling down stops because messages are missing between two places.
    pub(super) fn edge_before(&self, from: Scroll, to: Scroll) -> Option<Scroll> {
        let last = self.conversation.held.hole()?;
        let behind: Place = (Some(last), u64::MAX);
        let is_above = matches!(from, Scroll::At(place, _) if place <= behind);
        let is_below = !matches!(to, Scroll::At(place, _) if place <= behind);
        let edge = Scroll::At((Some(last), 0), usize::MAX);
        (is_above && is_below).then_some(edge)
    }

    /// How far was looked already on one side of a message.
    pub(super) fn looked_at(&self, side: Side, beside: Option<Id>) -> Option<MessageId> {
        let is_there = |it: &Looked| it.side == side && it.beside == beside;
        self.looked.filter(is_there).map(|looked| looked.at)
    }

    /// Takes in that a page was looked through on one side of what is held.
    pub(super) fn has_looked(&mut self, side: Side, page: &HistoryPage) {
        let held = &self.conversation.held;
        let (beside, last) = match side {
            Side::Before => (held.first(), page.messages.first()),
            Side::After => (held.hole(), page.messages.last()),
            Side::Elsewhere => return,
        };
        self.looked = match last.map(|said| said.id) {
            Some(Id::Group(at)) => Some(Looked { side, beside, at }),
            _ => None,
        };
    }

    /// Takes in that this person looks at it.
    pub(super) fn is_seen(&mut self) {
        self.new = 0;
        self.called = 0;
    }
}
