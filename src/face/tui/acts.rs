//! What the screen itself does, by a key or a command. Pure.

use std::time::Duration;

use super::app::{App, Effect};
use super::conversation::Place;
use super::keys::Action;
use super::panel::{Choice, Panel};
use super::view::Scroll;
use crate::text;

impl App {
    /// Does what is the screen's own.
    pub(super) fn act(&mut self, action: Action, rest: &str) {
        let height = self.height();
        let page = height.saturating_sub(1).max(1);
        match action {
            Action::Help => self.panel = Panel::Help(0),
            Action::People => self.shows_people = !self.shows_people,
            Action::Find => self.begin_finding(rest),
            Action::Palette => self.panel = Panel::Palette(Choice::default()),
            Action::Choose => self.panel = Panel::Choose(0),
            Action::PageUp => {
                self.conversation.floor = None;
                self.scroll = self.with_view(|view| view.up(self.scroll, page, height));
            }
            Action::PageDown => self.scroll = self.with_view(|view| view.down(self.scroll, page)),
            Action::Top => {
                self.conversation.floor = None;
                self.scroll = self.with_view(|view| view.top(height));
            }
            Action::Bottom => self.scroll = Scroll::Bottom,
            Action::Redraw => self.do_effect(Effect::Redraw),
            Action::Unfold => self.unfold(height),
            Action::Clear => {
                self.conversation.clear();
                self.scroll = Scroll::Bottom;
            }
            Action::Quiet => self.be_quiet(rest),
            Action::Suspend => self.do_effect(Effect::Suspend),
        }
        if self.scroll == Scroll::Bottom {
            self.unseen = 0;
        }
    }

    /// Shows the lowest message whole that is folded and seen.
    fn unfold(&mut self, height: usize) {
        let folded = self.with_view(|view| {
            let mut places: Vec<Place> = Vec::new();
            let seen = view.window(self.scroll, height);
            places.extend(seen.iter().rev().map(|seen| seen.place));
            places.dedup();
            places.into_iter().find(|place| view.is_folded(*place))
        });
        if let Some(place) = folded {
            self.conversation.unfold(place);
            self.scroll = self.with_view(|view| view.around(place, height));
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
