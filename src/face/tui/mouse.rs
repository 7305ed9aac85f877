//! What the mouse does: it scrolls, and what is clicked is chosen. Pure.

use ratatui::layout::{Position, Rect};

use super::app::{App, Effect};
use super::conversation::Entry as Said;
use super::panel::Panel;
use crate::protocol::message::clean;
use crate::terminal::keys::{Key, Modifiers, Mouse, MouseAct};
use crate::terminal::picture::Picture;
use crate::text;

/// Rows that one turn of the wheel scrolls.
const WHEEL_ROWS: usize = 3;

/// Rows above the others in the list of people: the title and this person.
const PEOPLE_HEAD_ROWS: u16 = 2;

impl App {
    /// Whether the terminal is to tell what the mouse does: not while text is to be copied.
    pub(super) fn takes_mouse(&self) -> bool {
        self.config.takes_mouse && !self.is_bare
    }

    /// Takes in what the mouse did.
    pub(super) fn on_mouse(&mut self, mouse: Mouse) {
        match (mouse.act, &self.panel) {
            (MouseAct::Press, _) => self.click(mouse.at),
            (act, Panel::None | Panel::Select(_)) => match act {
                MouseAct::WheelUp => self.scroll_up(WHEEL_ROWS),
                _ => self.scroll_down(WHEEL_ROWS),
            },
            // What stands above the conversation scrolls as it does by its keys.
            (
                act,
                Panel::Help(_)
                | Panel::Choose(_)
                | Panel::Palette(_)
                | Panel::Find(_)
                | Panel::Show(_),
            ) => {
                let key = match act {
                    MouseAct::WheelUp => Key::Up,
                    _ => Key::Down,
                };
                self.press_in_panel(key, Modifiers::default());
            }
            (_, Panel::Verify(_) | Panel::Delete(_) | Panel::Leave | Panel::Asked(_)) => {}
        }
    }

    fn click(&mut self, (x, y): (u16, u16)) {
        let areas = self.areas();
        let at = Position { x, y };
        if areas.tabs.contains(at) {
            let tabs = self.tabs(areas.tabs.width);
            let hit = tabs.iter().find(|tab| (tab.begin..tab.end).contains(&x));
            if let Some(talk) = hit.map(|tab| tab.talk) {
                self.panel = Panel::None;
                self.look_at(talk);
            }
            return;
        }
        match self.panel {
            Panel::None | Panel::Select(_) | Panel::Choose(_) | Panel::Find(_) => {}
            // A click beside what stands above ends it, as any other key does.
            Panel::Help(_) | Panel::Palette(_) | Panel::Verify(_) | Panel::Show(_) => {
                self.panel = Panel::None;
                return;
            }
            Panel::Delete(_) | Panel::Leave | Panel::Asked(_) => return,
        }
        if areas.people.contains(at) {
            self.click_people(y, areas.people);
        } else if areas.talk.contains(at) {
            self.click_talk(x, y, areas.talk);
        }
    }

    /// A first click chooses somebody, a second one opens the conversation with them.
    fn click_people(&mut self, y: u16, area: Rect) {
        let head = area.y + PEOPLE_HEAD_ROWS;
        let others = self.room().people.others();
        let first = match self.panel {
            Panel::Choose(chosen) => self.first_person(chosen, area.height),
            _ => 0,
        };
        let Some(number) = y.checked_sub(head).map(|row| usize::from(row) + first) else {
            return;
        };
        let Some(who) = others.get(number).map(|member| member.person.clone()) else {
            return;
        };
        match self.panel {
            Panel::Choose(chosen) if chosen == number => {
                self.panel = Panel::None;
                self.open_private(who);
            }
            _ => self.panel = Panel::Choose(number),
        }
    }

    fn click_talk(&mut self, x: u16, y: u16, area: Rect) {
        let (columns, rows) = self.size();
        let mut picture = Picture::blank(columns, rows);
        self.draw(&mut picture);
        if let Some(link) = picture.link_at(x, y).map(str::to_owned) {
            // No program of this person's is started by what a stranger wrote.
            self.hint = Some(text::link_copied(self.lang(), &clean(&link)));
            return self.do_effect(Effect::Copy(link));
        }
        let (scroll, height) = (self.talk().scroll, usize::from(area.height));
        let seen = self.with_view(|view| view.window(scroll, height));
        let first = height - seen.len();
        let row = usize::from(y - area.y).checked_sub(first);
        let place = row.and_then(|row| seen.get(row)).map(|seen| seen.place);
        let conversation = &self.talk().conversation;
        let is_message = |place| matches!(conversation.get(place), Some(Said::Message(_)));
        match (place.filter(|place| is_message(*place)), &self.panel) {
            (Some(place), Panel::Select(selected)) if place == *selected => {
                self.panel = Panel::None;
            }
            (Some(place), Panel::None | Panel::Select(_)) => self.panel = Panel::Select(place),
            (None, Panel::Select(_) | Panel::Choose(_)) => self.panel = Panel::None,
            _ => {}
        }
    }
}
