//! Messages that are selected, edited and deleted. Pure.

use super::app::App;
use super::conversation::{Entry as Said, Place};
use super::layout::input_columns;
use super::panel::Panel;
use super::panel_keys::is_yes;
use crate::chat::entry::Entry;
use crate::chat::event::{Id, Message};
use crate::protocol::engine::event::Version;
use crate::terminal::keys::{Key, Modifiers};
use crate::text;

impl App {
    /// Selects the message above or below, or first the lowest that is seen.
    pub(super) fn select(&mut self) {
        let height = self.height();
        let scroll = self.talk().scroll;
        let conversation = &self.talk().conversation;
        let seen = self.with_view(|view| view.window(scroll, height));
        let mut places = seen.iter().rev().map(|seen| seen.place);
        let is_message = |place: &Place| matches!(conversation.get(*place), Some(Said::Message(_)));
        if let Some(place) = places.find(is_message) {
            self.panel = Panel::Select(place);
        }
    }

    /// A key while a message is selected.
    pub(super) fn press_at_selected(&mut self, place: Place, key: Key, held: Modifiers) {
        let height = self.height();
        self.panel = Panel::Select(place);
        match key {
            Key::Up | Key::Down => self.go_to_message(place, key),
            Key::PageUp | Key::PageDown => {
                for _ in 0..height {
                    if let Panel::Select(place) = self.panel {
                        self.go_to_message(place, key);
                    }
                }
            }
            Key::Enter => self.talk_mut().conversation.toggle(place),
            Key::Delete | Key::Char('d') if !held.ctrl => match self.own_at(place) {
                Some(_) => self.panel = Panel::Delete(place),
                None => self.refuse_change(place),
            },
            Key::Char('e') if !held.ctrl => match self.own_at(place) {
                Some(id) => self.edit(id),
                None => self.refuse_change(place),
            },
            Key::Char('m') if !held.ctrl => {
                let said = self.message_at(place);
                let who = said
                    .filter(|said| !said.is_own)
                    .map(|said| said.who.clone());
                if let Some(who) = who {
                    self.panel = Panel::None;
                    self.open_private(who);
                }
            }
            // The line goes on where it was.
            _ => {
                self.panel = Panel::None;
                self.press(key, held);
            }
        }
    }

    /// Selects the next message in a direction, if there is one, and shows it.
    fn go_to_message(&mut self, place: Place, key: Key) {
        let conversation = &self.talk().conversation;
        let is_up = matches!(key, Key::Up | Key::PageUp);
        let mut at = place;
        let found = loop {
            let next = match is_up {
                true => conversation.before(Some(at)),
                false => conversation.after(at),
            };
            let Some(next) = next else { break None };
            if let Some(Said::Message(_)) = conversation.get(next) {
                break Some(next);
            }
            at = next;
        };
        match found {
            Some(place) => {
                self.panel = Panel::Select(place);
                self.see(place);
            }
            // Above the oldest that is held there may be more.
            None if is_up => self.wants_older(),
            None => {}
        }
    }

    /// Scrolls only if a place is not seen.
    fn see(&mut self, place: Place) {
        let height = self.height();
        let scroll = self.talk().scroll;
        let seen = self.with_view(|view| view.window(scroll, height));
        if seen.iter().all(|seen| seen.place != place) {
            self.talk_mut().scroll = self.with_view(|view| view.around(place, height));
        }
    }

    /// A key while it is asked whether a message is to be deleted.
    pub(super) fn answer_deletion(&mut self, place: Place, key: Key, held: Modifiers) {
        self.panel = Panel::Select(place);
        if is_yes(key, held)
            && let Some(id) = self.own_at(place)
        {
            self.panel = Panel::None;
            let id = id.to_string();
            self.ask(Entry::Delete { id });
        }
    }

    pub(super) fn message_at(&self, place: Place) -> Option<&Message> {
        match self.talk().conversation.get(place) {
            Some(Said::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// The message at a place, if this person may change it.
    fn own_at(&self, place: Place) -> Option<Id> {
        let message = self.message_at(place).filter(|said| is_changeable(said));
        message.map(|message| message.id)
    }

    fn refuse_change(&mut self, place: Place) {
        if let Some(said) = self.message_at(place) {
            let lang = self.lang();
            let why = match (said.is_own, said.is_private) {
                (false, _) => text::only_own_change(lang),
                (true, true) => text::private_stays(lang),
                (true, false) => text::deleted_stays(lang),
            };
            self.hint = Some(why);
        }
    }

    /// Puts this person's last line into the input, to be changed, if that is empty; goes on to
    /// earlier lines if it is there as it was. Whether it did.
    pub(super) fn edit_last(&mut self) -> bool {
        let talk = self.talk();
        if talk.editing.is_some() {
            let id = talk.editing;
            let is_as_it_was = id.is_some_and(|id| {
                let said = self.message_at((Some(id), 0));
                said.is_some_and(|said| said.text() == talk.input.text())
            });
            let is_first_row = talk.input.rows(input_columns(self.size().0)).caret.0 == 0;
            if is_as_it_was {
                self.end_editing();
            }
            // What was changed is not replaced by an earlier line.
            return is_first_row && !is_as_it_was;
        }
        if !talk.input.text().is_empty() || talk.key.with.is_some() {
            return false;
        }
        let last = talk.last_own();
        if let Some(id) = last {
            self.edit(id);
        }
        last.is_some()
    }

    fn edit(&mut self, id: Id) {
        let Some(text) = self
            .message_at((Some(id), 0))
            .map(|said| said.text().to_owned())
        else {
            return;
        };
        self.panel = Panel::None;
        let talk = self.talk_mut();
        talk.input.set(text);
        talk.editing = Some(id);
    }

    /// Leaves a message as it is.
    pub(super) fn end_editing(&mut self) {
        let talk = self.talk_mut();
        talk.editing = None;
        talk.input.set(String::new());
    }
}

fn is_changeable(said: &Message) -> bool {
    said.is_own && !said.is_private && said.version != Version::Deleted
}
