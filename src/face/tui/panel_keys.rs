//! What the keys do while something stands above the conversation. Pure.

use super::super::lines::typed;
use super::app::{App, Effect};
use super::panel::{self, Choice, Panel, Verify};
use super::view::Scroll;
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
            Panel::Show(showing) => self.press_at_showing(showing, key),
            // The line goes on where it was, so that /verified can be typed at once.
            Panel::Verify(_) if is_left => {}
            Panel::Verify(verify) => self.press_at_code(verify, key, held),
            Panel::Find(finder) if is_left => match finder.before {
                Scroll::Bottom => self.talk_mut().go_to_bottom(),
                before => self.talk_mut().scroll = before,
            },
            Panel::Find(finder) => self.press_in_finder(finder, key, held),
            Panel::Palette(_) | Panel::Choose(_) if is_left => {}
            Panel::Palette(choice) => self.press_in_palette(choice, key, held),
            Panel::Choose(chosen) => self.press_at_people(chosen, key, held),
            Panel::Select(_) | Panel::Delete(_) if is_left => {}
            Panel::Select(place) => self.press_at_selected(place, key, held),
            Panel::Delete(place) => self.answer_deletion(place, key, held),
            Panel::Asked(asking) => self.press_at_question(asking, key, held),
            Panel::Leave => {
                // Ctrl-C again is a yes as well.
                if is_yes(key, held) || held.ctrl && key == Key::Char('c') {
                    self.leave(Effect::Interrupt);
                }
            }
        }
    }

    /// Scrolls the page of help where it is longer than the screen; any other key ends it.
    fn press_at_help(&mut self, first: usize, key: Key) {
        let count = panel::help(self.lang(), self.theme(), self.columns_in_box()).len();
        let first = self.scrolled(first, count, key);
        self.panel = first.map_or(Panel::None, Panel::Help);
    }

    /// Scrolls the code where it is longer than the screen; any other key goes on with the line.
    fn press_at_code(&mut self, mut verify: Verify, key: Key, held: Modifiers) {
        let rows = verify.rows(self.columns_in_box(), self.lang(), self.theme());
        match self.scrolled(verify.first, rows.len(), key) {
            Some(first) => {
                verify.first = first;
                self.panel = Panel::Verify(verify);
            }
            None => self.press(key, held),
        }
    }

    /// Columns inside of what stands in a frame above the conversation.
    pub(super) fn columns_in_box(&self) -> u16 {
        self.size().0.saturating_sub(2)
    }

    /// The first row that is seen of so many in a frame, after a key that scrolls.
    pub(super) fn scrolled(&self, first: usize, count: usize, key: Key) -> Option<usize> {
        let seen = self.height().saturating_sub(2);
        let page = seen.saturating_sub(1).max(1);
        let last = count.saturating_sub(seen);
        let first = first.min(last);
        match key {
            Key::Up => Some(first.saturating_sub(1)),
            Key::PageUp => Some(first.saturating_sub(page)),
            Key::Down => Some((first + 1).min(last)),
            Key::PageDown => Some((first + page).min(last)),
            _ => None,
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
                    Some(action) if !action.needs_more() => self.act(action, ""),
                    _ if offer.word.is_empty() => {}
                    _ => self.talk_mut().input.set(format!("{} ", offer.word)),
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
        let others = self.room().people.others();
        let last = others.len().saturating_sub(1);
        let chosen = chosen.min(last);
        let who = others.get(chosen).map(|member| member.person.clone());
        let word = match key {
            Key::Up => {
                self.panel = Panel::Choose(chosen.saturating_sub(1));
                return;
            }
            Key::Down => {
                self.panel = Panel::Choose((chosen + 1).min(last));
                return;
            }
            Key::Char('m') | Key::Enter if !held.ctrl => {
                return who.into_iter().for_each(|who| self.open_private(who));
            }
            Key::Char('v') if !held.ctrl => "/verify",
            Key::Char('i') if !held.ctrl => match others.get(chosen) {
                Some(member) if member.is_ignored => "/unignore",
                _ => "/ignore",
            },
            Key::Char('f') if !held.ctrl => "/who",
            Key::Function(2 | 5) => return,
            _ => {
                self.panel = Panel::Choose(chosen);
                return;
            }
        };
        if let Some(who) = who {
            self.ask(Entry::Command(format!("{word} {}", typed(&who))));
        }
    }
}

/// Whether a key says yes, in either language.
pub(super) fn is_yes(key: Key, held: Modifiers) -> bool {
    let is_letter = !held.ctrl && !held.alt && matches!(key, Key::Char('y' | 'Y' | 's' | 'S'));
    is_letter || key == Key::Enter
}
