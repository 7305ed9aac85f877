//! Reading on beyond what is held, and how far this person has read. Pure.

use std::time::Duration;

use super::app::App;
use super::held::Side;
use super::talk::{Goal, Reading, TalkKey};
use super::told::home_of;
use super::view::Scroll;
use crate::chat::archive::search;
use crate::chat::command::RequestId;
use crate::chat::entry::Entry;
use crate::chat::event::{HistoryPage, Id, Message};
use crate::text;

/// Messages of a page.
const PAGE_MESSAGES: usize = 200;

/// The same where most of them are not shown: in a private conversation.
const LOOKED_THROUGH: usize = 500;

/// Such pages that are read for one key; the next key reads on.
const LOOKED_PAGES_MAX: usize = 40;

/// Entries above what is seen that are held already before more is asked for.
const AHEAD: usize = 100;

/// Shortest time between two marks of what was read.
const MARK_INTERVAL: Duration = Duration::from_secs(5);

impl App {
    /// Asks for what was said before the oldest message that is held, if that is near.
    pub(super) fn wants_older(&mut self) {
        let talk = self.talk();
        let has_older = talk.conversation.held.has_older() && self.is_kept();
        if talk.reading.is_some() || !has_older {
            return;
        }
        if !self.is_far_from_top() {
            self.read_before(None);
        }
    }

    /// Whether what is said in the conversation that is looked at is in the archive.
    pub(super) fn is_kept(&self) -> bool {
        self.talk().key.with.is_none() || self.config.keeps_private
    }

    /// Asks for what stands before the oldest message that is held.
    fn read_before(&mut self, goal: Option<Goal>) {
        let talk = self.talk();
        let first = talk.conversation.held.first();
        let place = match (talk.looked_at(Side::Before, first), first) {
            (Some(looked), _) => search::Place::Before(looked),
            (None, None) => search::Place::Newest,
            (None, Some(Id::Group(first))) => search::Place::Before(first),
            (None, Some(Id::Local(_))) => return,
        };
        self.read(Side::Before, place, first, goal);
    }

    /// Asks for what follows the older messages, if some are missing there.
    pub(super) fn wants_newer(&mut self) {
        let talk = self.talk();
        let Some(last @ Id::Group(id)) = talk.conversation.held.hole() else {
            return;
        };
        let looked = talk.looked_at(Side::After, Some(last));
        if talk.reading.is_none() {
            let place = search::Place::After(looked.unwrap_or(id));
            self.read(Side::After, place, Some(last), None);
        }
    }

    /// Goes to what was said about a time, in milliseconds since 1970.
    pub(super) fn go_to(&mut self, wall_ms: u64, goal: Goal) {
        if self.talk().key.with.is_some() {
            return self.go_back_to(goal);
        }
        let place = search::Place::Around(wall_ms);
        self.read(Side::Elsewhere, place, None, Some(goal));
    }

    /// Goes to a message of a private conversation. All of it from there on is read, because it is
    /// a small part of what is said in a room.
    fn go_back_to(&mut self, goal: Goal) {
        let held = &self.talk().conversation.held;
        let is_there = match goal {
            Goal::Message(id) => held.get(id).is_some(),
            Goal::Time(wall_ms) => {
                let first = held.after(None);
                first.is_some_and(|first| first.wall_ms <= wall_ms)
            }
        };
        if !is_there && held.has_older() && self.is_kept() {
            return self.read_before(Some(goal));
        }
        let at = match goal {
            Goal::Message(id) => held.get(id),
            Goal::Time(wall_ms) => {
                let later = held.messages().take_while(|said| said.wall_ms >= wall_ms);
                later.last()
            }
        };
        match at.map(|said| said.id) {
            Some(id) => self.see_at(id),
            None => self.hint = Some(text::nothing_then(self.lang())),
        }
    }

    fn read(&mut self, side: Side, place: search::Place, beside: Option<Id>, goal: Option<Goal>) {
        let limit = match self.talk().key.with {
            None => PAGE_MESSAGES,
            Some(_) => LOOKED_THROUGH,
        };
        let request = self.ask(Entry::Page { place, limit });
        self.talk_mut().reading = Some(Reading {
            request,
            side,
            beside,
            goal,
            pages_before: 0,
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
    pub(super) fn on_page(&mut self, request: Option<RequestId>, page: &HistoryPage) {
        let Some((key, reading)) = self.end_reading(request) else {
            return;
        };
        let is_shown = self.talks.is_shown(&key);
        let Some(talk) = self.talks.get_mut(&key) else {
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
        let is_ours = |said: &&Message| key.takes_in(&home_of(key.room, said));
        let messages = page.messages.iter().filter(is_ours);
        let messages: Vec<Message> = messages.cloned().collect();
        // What was looked through in vain closes no gap.
        let is_in_vain = messages.is_empty() && reading.side == Side::After && page.has_newer;
        if !is_in_vain {
            held.add_page(reading.side, messages, page.has_older);
        }
        if key.with.is_some() {
            talk.has_looked(reading.side, page);
            if is_shown && !page.messages.is_empty() {
                self.look_on(&reading);
            }
            return;
        }
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

    /// A page is there, or does not come: another may be asked for. Returns what was asked for, and
    /// in which conversation.
    pub(super) fn end_reading(&mut self, request: Option<RequestId>) -> Option<(TalkKey, Reading)> {
        let is_meant = |reading: &mut Reading| Some(reading.request) == request;
        self.talks.iter_mut().find_map(|talk| {
            let reading = talk.reading.take_if(is_meant)?;
            Some((talk.key.clone(), reading))
        })
    }

    /// Reads on in a private conversation, as long as too little of it was found.
    fn look_on(&mut self, reading: &Reading) {
        match (reading.side, reading.goal) {
            (_, Some(goal)) => self.go_back_to(goal),
            (Side::After, None) => {
                let last = self.talk().conversation.held.hole();
                if last == reading.beside {
                    self.wants_newer();
                }
            }
            (Side::Before | Side::Elsewhere, None) if reading.pages_before < LOOKED_PAGES_MAX => {
                self.wants_older();
                if let Some(next) = &mut self.talk_mut().reading {
                    next.pages_before = reading.pages_before + 1;
                }
            }
            (Side::Before | Side::Elsewhere, None) => {}
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
