//! What the keys do while something stands above the conversation. Pure.

use super::super::lines::typed;
use super::super::mention::occurrences;
use super::app::{App, Effect};
use super::conversation::{Entry as Said, Place};
use super::keys;
use super::panel::{self, Choice, Finder, Panel};
use crate::chat::entry::Entry;
use crate::terminal::keys::{Key, Modifiers};

impl App {
    pub(super) fn press_in_panel(&mut self, key: Key, held: Modifiers) {
        let is_left = key == Key::Escape || held.ctrl && matches!(key, Key::Char('c' | 'g'));
        if held.ctrl && key == Key::Char('l') {
            return self.do_effect(Effect::Redraw);
        }
        match std::mem::take(&mut self.panel) {
            Panel::None => {}
            Panel::Help(first) => self.press_at_help(first, key),
            // The line goes on where it was, so that /verified can be typed at once.
            Panel::Verify(_) if is_left => {}
            Panel::Verify(_) => self.press(key, held),
            Panel::Find(finder) if is_left => self.scroll = finder.before,
            Panel::Find(finder) => self.press_in_finder(finder, key, held),
            Panel::Palette(_) | Panel::Choose(_) if is_left => {}
            Panel::Palette(choice) => self.press_in_palette(choice, key, held),
            Panel::Choose(chosen) => self.press_at_people(chosen, key, held),
        }
    }

    /// Scrolls the page of help where it is longer than the screen; any other key ends it.
    fn press_at_help(&mut self, first: usize, key: Key) {
        let page = self.height().saturating_sub(3).max(1);
        let last = panel::help(self.lang(), self.theme()).len();
        self.panel = match key {
            Key::Up => Panel::Help(first.saturating_sub(1)),
            Key::PageUp => Panel::Help(first.saturating_sub(page)),
            Key::Down => Panel::Help((first + 1).min(last)),
            Key::PageDown => Panel::Help((first + page).min(last)),
            _ => Panel::None,
        };
    }

    pub(super) fn begin_finding(&mut self, query: &str) {
        let finder = Finder {
            query: query.to_owned(),
            before: self.scroll,
            ..Finder::default()
        };
        self.find(finder);
    }

    /// Searches anew, and shows the newest message that was found.
    fn find(&mut self, mut finder: Finder) {
        finder.found.clear();
        finder.chosen = 0;
        let mut at = None;
        while let Some(place) = self
            .conversation
            .before(at)
            .filter(|_| !finder.query.is_empty())
        {
            if let Some(Said::Message(message)) = self.conversation.get(place)
                && !(occurrences(message.text(), &finder.query).is_empty()
                    && occurrences(&message.who.name, &finder.query).is_empty())
            {
                finder.found.push(place);
            }
            at = Some(place);
        }
        self.show_found(finder);
    }

    fn show_found(&mut self, finder: Finder) {
        let place: Option<Place> = finder.found.get(finder.chosen).copied();
        let before = finder.before;
        self.panel = Panel::Find(finder);
        let height = self.height();
        self.scroll = match place {
            Some(place) => self.with_view(|view| view.around(place, height)),
            None => before,
        };
    }

    fn press_in_finder(&mut self, mut finder: Finder, key: Key, held: Modifiers) {
        let last = finder.found.len().saturating_sub(1);
        let is_ctrl = |letter| held.ctrl && key == Key::Char(letter);
        if key == Key::Enter {
            return; // what was found stays in sight
        }
        if matches!(key, Key::Up | Key::Function(3)) || is_ctrl('p') || is_ctrl('f') {
            finder.chosen = (finder.chosen + 1).min(last);
            self.show_found(finder);
        } else if key == Key::Down || is_ctrl('n') {
            finder.chosen = finder.chosen.saturating_sub(1);
            self.show_found(finder);
        } else if panel::edit(&mut finder.query, key, held) {
            self.find(finder);
        } else {
            self.panel = Panel::Find(finder);
        }
    }

    fn press_in_palette(&mut self, mut choice: Choice, key: Key, held: Modifiers) {
        let offers = panel::offers(&choice.query, self.lang());
        match key {
            Key::Up => choice.chosen = choice.chosen.saturating_sub(1),
            Key::Down => choice.chosen = (choice.chosen + 1).min(offers.len().saturating_sub(1)),
            Key::Function(4) => return,
            Key::Enter => {
                let Some(offer) = offers.get(choice.chosen) else {
                    return;
                };
                return match offer.action {
                    Some(keys::Action::Quiet) | None if !offer.word.is_empty() => {
                        self.input.set(format!("{} ", offer.word));
                    }
                    Some(action) => self.act(action, ""),
                    None => {}
                };
            }
            _ => {
                if panel::edit(&mut choice.query, key, held) {
                    choice.chosen = 0;
                }
            }
        }
        self.panel = Panel::Palette(choice);
    }

    fn press_at_people(&mut self, chosen: usize, key: Key, held: Modifiers) {
        let others = self.people.others();
        let last = others.len().saturating_sub(1);
        let chosen = chosen.min(last);
        let who = others.get(chosen).map(|member| typed(&member.person));
        let command = |word: &str| who.as_ref().map(|who| format!("{word} {who}"));
        let (asked, begun) = match key {
            Key::Up => {
                self.panel = Panel::Choose(chosen.saturating_sub(1));
                return;
            }
            Key::Down => {
                self.panel = Panel::Choose((chosen + 1).min(last));
                return;
            }
            Key::Char('m') | Key::Enter if !held.ctrl => (None, command("/msg")),
            Key::Char('v') if !held.ctrl => (command("/verify"), None),
            Key::Char('i') if !held.ctrl => (command("/ignore"), None),
            Key::Char('f') if !held.ctrl => (command("/who"), None),
            Key::Function(5) => (None, None),
            _ => {
                self.panel = Panel::Choose(chosen);
                return;
            }
        };
        if let Some(line) = asked {
            self.ask(Entry::Command(line));
        }
        if let Some(line) = begun {
            self.input.set(format!("{line} "));
        }
    }
}
