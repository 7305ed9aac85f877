//! Finding: what is held is searched as one types, and what is kept beyond that is asked as
//! `/search` asks it. Pure.

use super::super::mention::occurrences;
use super::app::{App, Effect};
use super::conversation::{Entry as Said, Place};
use super::panel::{self, Finder, Panel};
use super::talk::Goal;
use super::told::home_of;
use crate::chat::entry::Entry;
use crate::chat::event::{News, Told};
use crate::chat::finding::FOUND_MAX;
use crate::terminal::keys::{Key, Modifiers};

/// Fewest letters that are searched for beyond what is held.
const KEPT_LETTERS_MIN: usize = 2;

/// Most messages that such a search gives.
const KEPT_MAX: usize = 200;

/// Searches whose late answers are known as such.
const SEARCHES_MAX: usize = 64;

impl App {
    pub(super) fn begin_finding(&mut self, query: &str) {
        let finder = Finder {
            query: query.to_owned(),
            before: self.talk().scroll,
            ..Finder::default()
        };
        self.find(finder);
    }

    /// Searches anew, and shows the newest message that was found.
    fn find(&mut self, mut finder: Finder) {
        finder.found.clear();
        finder.kept.clear();
        finder.chosen = 0;
        let mut at = None;
        let conversation = &self.talk().conversation;
        while let Some(place) = conversation.before(at).filter(|_| !finder.query.is_empty()) {
            if let Some(Said::Message(message)) = conversation.get(place)
                && !(occurrences(message.text(), &finder.query).is_empty()
                    && occurrences(&message.who.name, &finder.query).is_empty())
            {
                finder.found.push(place);
            }
            at = Some(place);
        }
        let letters = finder.query.trim().chars().count();
        let most = match self.talk().key.with {
            None => KEPT_MAX,
            // Most of what is found is not of this conversation.
            Some(_) => FOUND_MAX,
        };
        let is_wanted = letters >= KEPT_LETTERS_MIN && self.is_kept();
        finder.request = is_wanted.then(|| {
            let line = format!("/search {} limit:{most}", searched(&finder.query));
            self.ask(Entry::Command(line))
        });
        self.searches.extend(finder.request);
        if self.searches.len() > SEARCHES_MAX {
            self.searches.pop_front();
        }
        self.show_found(finder);
    }

    /// Takes in what was found beyond what is held.
    pub(super) fn on_found(&mut self, told: &Told) {
        let Panel::Find(finder) = &mut self.panel else {
            return;
        };
        if finder.request != told.request {
            return;
        }
        match &told.news {
            News::Found(found) if found.is_match => {
                let key = &self.talks.shown().key;
                if !key.takes_in(&home_of(key.room, &found.message)) {
                    return;
                }
                let place = (Some(found.message.id), 0);
                finder.kept.insert(place, found.message.wall_ms);
            }
            News::Searched { .. } => {
                let shown = finder.found.get(finder.chosen).copied();
                finder.found.extend(finder.kept.keys());
                finder.found.sort_unstable_by(|one, other| other.cmp(one));
                finder.found.dedup();
                let at = |place| finder.found.iter().position(|found| *found == place);
                finder.chosen = shown.and_then(at).unwrap_or(0);
                if shown.is_none() {
                    let finder = finder.clone();
                    self.show_found(finder);
                }
            }
            // What is held was searched all the same.
            _ => {}
        }
    }

    fn show_found(&mut self, finder: Finder) {
        let place: Option<Place> = finder.found.get(finder.chosen).copied();
        let kept_at = place.and_then(|place| finder.kept.get(&place).copied());
        let before = finder.before;
        self.panel = Panel::Find(finder);
        let is_held = |place| self.talk().conversation.get(place).is_some();
        match (place, kept_at) {
            (Some((Some(id), 0)), Some(wall_ms)) if !is_held((Some(id), 0)) => {
                self.go_to(wall_ms, Goal::Message(id));
            }
            (Some(place), _) => {
                let height = self.height();
                self.talk_mut().scroll = self.with_view(|view| view.around(place, height));
            }
            (None, _) => self.talk_mut().scroll = before,
        }
    }

    pub(super) fn press_in_finder(&mut self, mut finder: Finder, key: Key, held: Modifiers) {
        let last = finder.found.len().saturating_sub(1);
        let is_ctrl = |letter| held.ctrl && key == Key::Char(letter);
        if key == Key::Enter {
            // What was found stays in sight; what nobody said may be a date.
            if finder.found.is_empty() && !finder.query.trim().is_empty() {
                self.do_effect(Effect::GoTo(finder.query.trim().to_owned()));
            }
            return;
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
}

/// What is searched for while it is typed: the last word may be begun only.
fn searched(query: &str) -> String {
    let query = query.trim();
    let last = query.split_whitespace().next_back().unwrap_or_default();
    let is_word = !query.contains('"') && last.chars().all(char::is_alphanumeric);
    match is_word {
        true => format!("{query}*"),
        false => query.to_owned(),
    }
}
