//! What the screen itself does, by a key or a command. Pure.

use std::time::Duration;

use clap::ValueEnum;

use super::app::{App, Effect, Notices};
use super::conversation::Place;
use super::keys::{self, Action};
use super::layout::has_people_column;
use super::panel::{Choice, Panel};
use super::talk::TalkKey;
use super::theme::Scheme;
use super::view::Scroll;
use crate::face::lines::addressed;
use crate::protocol::message::clean;
use crate::text;

impl App {
    /// Does what is the screen's own.
    pub(super) fn act(&mut self, action: Action, rest: &str) {
        match action {
            Action::Help => self.panel = Panel::Help(0),
            // Where they have no column, they are listed in place of the conversation.
            Action::People if !has_people_column(self.size().0) => self.panel = Panel::Choose(0),
            Action::People => self.shows_people = !self.shows_people,
            Action::Find => self.begin_finding(rest),
            Action::Palette => self.panel = Panel::Palette(Choice::default()),
            Action::Choose => self.panel = Panel::Choose(0),
            Action::PageUp | Action::PageDown | Action::Top | Action::Bottom => self.scroll(action),
            Action::Redraw => self.do_effect(Effect::Redraw),
            Action::Unfold => self.unfold(),
            Action::Clear => {
                let talk = self.talk_mut();
                talk.conversation.clear();
                talk.go_to_bottom();
            }
            Action::Quiet => self.be_quiet(rest),
            Action::Suspend => self.do_effect(Effect::Suspend),
            Action::Next => self.look_at((self.talks.at() + 1) % self.talks.len()),
            Action::Previous => {
                let before = self.talks.at() + self.talks.len() - 1;
                self.look_at(before % self.talks.len());
            }
            Action::Room => self.go_to_room(rest),
            Action::Rooms => self.list_rooms(),
            Action::Close => self.close(),
            Action::Select => self.select(),
            Action::Bare => self.is_bare = !self.is_bare,
            Action::Mouse => self.set_mouse(rest),
            Action::Notices => self.set_notices(rest),
            Action::Theme => self.set_scheme(rest),
        }
    }

    fn scroll(&mut self, action: Action) {
        let height = self.height();
        let page = height.saturating_sub(1).max(1);
        match action {
            Action::PageUp => self.scroll_up(page),
            Action::PageDown => self.scroll_down(page),
            Action::Top => {
                self.talk_mut().conversation.floor = None;
                self.talk_mut().scroll = self.with_view(|view| view.top(height));
                self.wants_older();
            }
            _ => self.talk_mut().go_to_bottom(),
        }
    }

    /// Scrolls up by some rows, and reads on from the archive at the top.
    pub(super) fn scroll_up(&mut self, rows: usize) {
        let height = self.height();
        self.talk_mut().conversation.floor = None;
        let before = self.talk().scroll;
        let scroll = self.with_view(|view| view.up(before, rows, height));
        self.talk_mut().scroll = scroll;
        self.wants_older();
    }

    /// Scrolls down by some rows.
    pub(super) fn scroll_down(&mut self, rows: usize) {
        let before = self.talk().scroll;
        let scroll = self.with_view(|view| view.down(before, rows));
        if let Some(edge) = self.talk().edge_before(before, scroll) {
            // What is missing there is read before it is passed.
            self.talk_mut().scroll = edge;
            return self.wants_newer();
        }
        match scroll {
            Scroll::Bottom => self.talk_mut().go_to_bottom(),
            scroll => self.talk_mut().scroll = scroll,
        }
    }

    /// Shows the lowest message whole that is folded and seen.
    fn unfold(&mut self) {
        let (height, scroll) = (self.height(), self.talk().scroll);
        let folded = self.with_view(|view| {
            let mut places: Vec<Place> = Vec::new();
            let seen = view.window(scroll, height);
            places.extend(seen.iter().rev().map(|seen| seen.place));
            places.dedup();
            places.into_iter().find(|place| view.is_folded(*place))
        });
        if let Some(place) = folded {
            self.talk_mut().conversation.unfold(place);
            self.talk_mut().scroll = self.with_view(|view| view.around(place, height));
        }
    }

    /// Looks at a conversation by its number in the row of them, or by the beginning of its name.
    fn go_to_room(&mut self, typed: &str) {
        let typed = typed.trim().trim_matches('"');
        let names = self.tab_names();
        let at = match typed.parse::<usize>() {
            Ok(number) => number.checked_sub(1).filter(|at| *at < names.len()),
            Err(_) if typed.is_empty() => return self.list_rooms(),
            Err(_) => {
                let wanted = typed.to_lowercase();
                let names = || names.iter().map(|name| name.to_lowercase());
                let whole = names().position(|name| name == wanted);
                whole.or_else(|| names().position(|name| name.starts_with(&wanted)))
            }
        };
        match at {
            Some(at) => self.look_at(at),
            None => self.note(&text::no_such_view(self.lang(), &clean(typed))),
        }
    }

    /// Teaches Tab, in a private conversation, the names of those who are in its room now; and
    /// everywhere the rooms.
    pub(super) fn teach_names(&mut self) {
        let rooms = self
            .rooms
            .values()
            .map(|room| clean(&room.name).into_owned());
        let rooms: Vec<String> = rooms.collect();
        let talk = self.talks.shown_mut();
        let completion = talk.input.completion();
        completion.set_rooms(rooms);
        // A room's own conversation follows who comes and goes.
        if let Some(with) = &talk.key.with {
            completion.forget_names();
            if let Some(room) = self.rooms.get(&talk.key.room) {
                room.names.show(completion);
            }
            completion.use_name(&addressed(with));
        }
    }

    /// Completes the name of a conversation behind its command; whether there was one to complete.
    pub(super) fn complete_room(&mut self) -> bool {
        let text = self.talk().input.text();
        let Some((word, typed)) = text.split_once(' ') else {
            return false;
        };
        if keys::command(word).map(|(action, _)| action) != Some(Action::Room) {
            return false;
        }
        let names = self.tab_names();
        let wanted = typed.trim().to_lowercase();
        let is_like = |name: &&String| name.to_lowercase().starts_with(&wanted);
        // A name that stands there already makes room for the next one.
        let known = names.iter().position(|name| *name == typed.trim());
        let found = match known {
            Some(at) => names.iter().cycle().nth(at + 1),
            None => names.iter().find(is_like),
        };
        let Some(line) = found.map(|name| format!("{word} {name}")) else {
            return false;
        };
        self.talk_mut().input.set(line);
        true
    }

    /// The names of the conversations, as they are chosen by.
    pub(super) fn tab_names(&self) -> Vec<String> {
        let name = |key: &TalkKey| match &key.with {
            Some(person) => addressed(person),
            None => clean(&self.room_of(key.room).name).into_owned(),
        };
        self.talks.iter().map(|talk| name(&talk.key)).collect()
    }

    fn list_rooms(&mut self) {
        let lang = self.lang();
        let names = self.tab_names();
        let talks = self.talks.iter().zip(names).enumerate();
        let rows: Vec<String> = talks
            .map(|(at, (talk, name))| {
                let is_private = talk.key.with.is_some();
                text::view_entry(lang, at + 1, &name, is_private, (talk.new, talk.called))
            })
            .collect();
        rows.iter().for_each(|row| self.note(row));
    }

    /// Closes the private conversation that is looked at.
    fn close(&mut self) {
        let key = self.talk().key.clone();
        match key.with {
            Some(_) => {
                self.talks.remove(&key);
                self.talk_mut().is_seen();
            }
            None => self.note(&text::close_usage(self.lang())),
        }
    }

    fn set_mouse(&mut self, typed: &str) {
        let lang = self.lang();
        self.config.takes_mouse = match typed.trim() {
            "on" | "sim" | "true" => true,
            "off" | "não" | "nao" | "false" => false,
            _ => return self.note(&text::mouse_usage(lang)),
        };
        self.hint = Some(text::mouse_is(lang, self.config.takes_mouse));
    }

    fn set_notices(&mut self, typed: &str) {
        let lang = self.lang();
        self.config.notices = match typed.trim() {
            "all" | "tudo" => Notices::All,
            "mentions" | "menções" | "mencoes" => Notices::Mentions,
            _ => return self.note(&text::notices_usage(lang)),
        };
        let is_all = self.config.notices == Notices::All;
        self.hint = Some(text::notices_are(lang, is_all));
    }

    fn set_scheme(&mut self, typed: &str) {
        match Scheme::from_str(typed.trim(), true) {
            Ok(scheme) => self.config.theme = self.config.theme.with(scheme),
            Err(_) => self.note(&text::theme_usage(self.lang())),
        }
    }

    fn be_quiet(&mut self, asked: &str) {
        match minutes(asked) {
            None => self.note(&text::quiet_usage(self.lang())),
            Some(0) => {
                self.quiet_until = None;
                self.note(&text::quiet_over(self.lang()));
            }
            Some(minutes) => {
                let until = self.now.time + Duration::from_secs(minutes * 60);
                self.quiet_until = Some(until);
                self.note(&text::quiet_for(self.lang(), minutes));
            }
        }
    }
}

/// A time such as `1h` or `30m`, in minutes, of a week at most.
fn minutes(asked: &str) -> Option<u64> {
    let asked = asked.trim();
    let (number, unit) = match asked.strip_suffix('h') {
        Some(hours) => (hours, 60),
        None => (asked.strip_suffix('m').unwrap_or(asked), 1),
    };
    let minutes = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (minutes <= 7 * 24 * 60).then_some(minutes)
}
