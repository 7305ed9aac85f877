//! Reading on beyond what is held, and how far this person has read. Pure.

use std::time::Duration;

use super::app::App;
use super::held::Side;
use super::talk::{Goal, Reading, TalkKey};
use super::view::Scroll;
use crate::chat::archive::search;
use crate::chat::command::RequestId;
use crate::chat::entry::Entry;
use crate::chat::event::{HistoryPage, Id};
use crate::text;

/// Messages of a page.
const PAGE_MESSAGES: usize = 200;

/// Entries above what is seen that are held already before more is asked for.
const AHEAD: usize = 100;

/// Shortest time between two marks of what was read.
const MARK_INTERVAL: Duration = Duration::from_secs(5);

impl App {
    /// Asks for what was said before the oldest message that is held, if that is near.
    pub(super) fn wants_older(&mut self) {
        let talk = self.talk();
        let held = &talk.conversation.held;
        if talk.key.with.is_some() || talk.reading.is_some() || !held.has_older() {
            return;
        }
        let first = held.first();
        let place = match first {
            None => search::Place::Newest,
            Some(Id::Group(first)) => search::Place::Before(first),
            Some(Id::Local(_)) => return,
        };
        if !self.is_far_from_top() {
            self.read(Side::Before, place, first);
        }
    }

    /// Asks for what follows the older messages, if some are missing there.
    pub(super) fn wants_newer(&mut self) {
        let talk = self.talk();
        let Some(last @ Id::Group(id)) = talk.conversation.held.hole() else {
            return;
        };
        if talk.reading.is_none() {
            self.read(Side::After, search::Place::After(id), Some(last));
        }
    }

    /// Goes to what was said about a time, in milliseconds since 1970.
    pub(super) fn go_to(&mut self, wall_ms: u64, goal: Goal) {
        if self.talk().key.with.is_some() {
            return;
        }
        self.read(Side::Elsewhere, search::Place::Around(wall_ms), None);
        if let Some(reading) = &mut self.talk_mut().reading {
            reading.goal = Some(goal);
        }
    }

    fn read(&mut self, side: Side, place: search::Place, beside: Option<Id>) {
        let limit = PAGE_MESSAGES;
        let request = self.ask(Entry::Page { place, limit });
        self.talk_mut().reading = Some(Reading {
            request,
            side,
            beside,
            goal: None,
        });
    }

    /// Whether enough is held above what is seen.
    fn is_far_from_top(&self) -> bool {
        let (height, scroll) = (self.height(), self.talk().scroll);
        let seen = self.with_view(|view| view.window(scroll, height));
        let mut at = seen.first().map(|seen| seen.place);
        let conversation = &self.talk().conversation;
        for _ in 0..AHEAD {
            match conversation.before(at) {
                Some(before) => at = Some(before),
                None => return false,
            }
        }
        true
    }

    /// Takes in a page that was asked for.
    pub(super) fn on_page(
        &mut self,
        key: &TalkKey,
        request: Option<RequestId>,
        page: &HistoryPage,
    ) {
        let is_shown = self.talks.is_shown(key);
        let Some(talk) = self.talks.get_mut(key) else {
            return;
        };
        let is_meant = |reading: &mut Reading| Some(reading.request) == request;
        let Some(reading) = talk.reading.take_if(is_meant) else {
            return;
        };
        let held = &mut talk.conversation.held;
        // What is held may have changed since it was asked for.
        let is_beside = match reading.side {
            Side::Before => held.first() == reading.beside,
            Side::After => held.hole() == reading.beside,
            Side::Elsewhere => true,
        };
        if !is_beside {
            return;
        }
        let messages = page.messages.iter().filter(|said| !said.is_private);
        held.add_page(reading.side, messages.cloned().collect(), page.has_older);
        let Some(goal) = reading.goal.filter(|_| is_shown) else {
            return;
        };
        let messages = page.messages.iter();
        let mut at = messages.clone().filter(|said| match goal {
            Goal::Time(wall_ms) => said.wall_ms >= wall_ms,
            Goal::Message(id) => said.id == id,
        });
        match at.next().or(messages.last()).map(|said| said.id) {
            Some(id) => self.see_at(id),
            None => self.hint = Some(text::nothing_then(self.lang())),
        }
    }

    fn see_at(&mut self, id: Id) {
        let height = self.height();
        self.talk_mut().conversation.floor = None;
        self.talk_mut().scroll = self.with_view(|view| view.around((Some(id), 0), height));
    }

    /// Has it kept how far this person has read, now and then.
    pub(super) fn mark_read(&mut self) {
        let is_due = |at: Duration| self.now.time >= at + MARK_INTERVAL;
        if self.marked_at.is_none_or(is_due) {
            self.mark_read_now();
        }
    }

    /// The same, however short the time since the last one is.
    pub(super) fn mark_read_now(&mut self) {
        let talk = self.talk();
        let newest = talk.conversation.held.before(None).map(|said| said.id);
        let Some(Id::Group(id)) = newest.filter(|_| talk.scroll == Scroll::Bottom) else {
            return;
        };
        let is_news = talk.read_until.is_none_or(|read| read < Id::Group(id));
        if talk.key.with.is_none() && is_news {
            self.talk_mut().read_until = Some(Id::Group(id));
            self.marked_at = Some(self.now.time);
            self.ask(Entry::MarkRead(id));
        }
    }

    /// Takes in how far this person had read in earlier sessions.
    pub(super) fn on_read_until(&mut self, key: &TalkKey, id: Id) {
        if let Some(talk) = self.talks.get_mut(key) {
            let until = talk.read_until.map_or(id, |known| known.max(id));
            talk.read_until = Some(until);
            talk.earlier_read = Some(until);
        }
    }

    /// Marks the first message from before that was not read in earlier sessions.
    pub(super) fn mark_unread(&mut self, key: &TalkKey, id: Id, is_own: bool) {
        let Some(talk) = self.talks.get_mut(key) else {
            return;
        };
        let is_unread = talk.earlier_read.is_some_and(|read| id > read) && !is_own;
        if is_unread && talk.unread.is_none_or(|unread| (Some(id), 0) < unread) {
            talk.unread = Some((Some(id), 0));
        }
    }
}
