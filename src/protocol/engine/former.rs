//! Sessions of which an archive kept frames, and of which nothing was heard since this member came.
//! They take no place among the members, are nowhere on a list, and are asked for nothing. One that
//! is heard becomes a member under the same number, so that its stored frames stay its own.

use std::collections::BTreeMap;

use super::roster::Id;
use crate::protocol::wire::frame::durable::{Durable, Hello, Record, Role};
use crate::protocol::wire::frame::{Author, Key, MemberTag};
use crate::protocol::wire::private::SessionKey;

/// Most of them: as many as there can be members.
pub(super) const FORMER_MAX: usize = super::config::MEMBERS_MAX;

/// How many make room at once, because finding them takes a look at all.
const EVICTED_AT_ONCE: usize = 64;

/// One session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Former {
    pub(super) tag: MemberTag,
    pub(super) key: Key,
    pub(super) session: u64,
    /// What its HELLO stated, if that was kept.
    pub(super) stated: Stated,
    /// How many of its messages were taken in again.
    messages: usize,
}

/// What stored frames show of a session, beside messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    /// The key for private messages to it.
    pub(super) session_key: Option<SessionKey>,
    pub(super) role: Role,
    pub(super) is_archived: bool,
    /// Whether it said farewell, or another one has replaced it.
    pub(super) is_closed: bool,
    /// The session that it replaced.
    pub(super) replaces: Option<u64>,
}

impl Stated {
    /// What the records of a frame state.
    pub(super) fn by(durable: &Durable<'_>) -> Self {
        let mut stated = Self::default();
        for record in durable.records.iter() {
            match record {
                Record::Hello(hello) => stated.hear(&hello),
                Record::Leaving => stated.is_closed = true,
                _ => {}
            }
        }
        stated
    }

    fn hear(&mut self, hello: &Hello) {
        self.session_key = Some(hello.session_key);
        self.role = hello.role;
        self.is_archived = hello.is_archived;
        self.replaces = hello.replaces;
    }

    /// Takes in what a later frame states.
    fn add(&mut self, later: Self) {
        if later.session_key.is_some() {
            *self = Self {
                is_closed: self.is_closed,
                ..later
            };
        }
        self.is_closed |= later.is_closed;
    }
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Formers(BTreeMap<Id, Former>);

impl Formers {
    pub(super) fn get(&self, id: Id) -> Option<&Former> {
        self.0.get(&id)
    }

    /// Adds a session; the caller makes room before.
    pub(super) fn insert(&mut self, id: Id, author: &Author) {
        let former = Former {
            tag: author.tag(),
            key: author.key,
            session: author.session,
            stated: Stated::default(),
            messages: 0,
        };
        self.0.insert(id, former);
    }

    /// Takes in what one of its frames states and how many messages it holds.
    pub(super) fn hear(&mut self, id: Id, stated: Stated, messages: usize) {
        let Some(former) = self.0.get_mut(&id) else {
            return;
        };
        former.stated.add(stated);
        former.messages += messages;
        let (key, replaced) = (former.key, stated.replaces);
        let is_replaced =
            |former: &&mut Former| former.key == key && Some(former.session) == replaced;
        if let Some(former) = self.0.values_mut().find(is_replaced) {
            former.stated.is_closed = true;
        }
    }

    /// Takes one out, because it was heard or is forgotten.
    pub(super) fn remove(&mut self, id: Id) -> Option<Former> {
        self.0.remove(&id)
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= FORMER_MAX
    }

    /// Those that make room for others: who has said least, and of these the oldest.
    pub(super) fn least(&self) -> Vec<Id> {
        let mut all: Vec<(usize, Id)> = self
            .0
            .iter()
            .map(|(id, former)| (former.messages, *id))
            .collect();
        all.sort_unstable();
        let least = all.into_iter().take(EVICTED_AT_ONCE);
        least.map(|(_, id)| id).collect()
    }
}
