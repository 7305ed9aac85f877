//! Several rooms on one console: which one is typed in, and what tells them apart.

use super::lines::Line;
use super::{ConsoleFace, Writer};
use crate::chat::event::{News, Told};
use crate::chat::rooms::{Question, RoomNews, RoomNumber, RoomState};
use crate::protocol::message::clean;
use crate::terminal::console::Sight;
use crate::text;

impl ConsoleFace {
    /// Whether somebody can be asked something.
    pub(super) fn can_ask(&self) -> bool {
        self.console.is_person() && !self.is_for_programs()
    }

    /// Whether a program reads what is shown.
    pub(super) fn is_for_programs(&self) -> bool {
        matches!(self.writer, Writer::Json(_))
    }

    /// Shows what becomes of the rooms.
    pub(super) fn show_room(&mut self, told: &Told, news: &RoomNews) {
        match news {
            RoomNews::Joined { name, .. } => {
                name.clone_into(&mut self.view(told.room).name);
                self.entries.open(told.room, name);
                self.turned = None;
                self.complete_rooms();
                let is_asked = told.request.is_some();
                match self.is_for_programs() {
                    true if is_asked => self.show_line(told),
                    false if is_asked => drop(self.go_to(told.room)),
                    _ => {}
                }
                self.set_prompt();
            }
            RoomNews::Parted => self.show_parted(told),
            RoomNews::Switched => {
                let unread = self.go_to(told.room);
                let name = self.view(told.room).name.clone();
                self.tell_of_rooms(told, &[text::now_in_room(self.lang, &name, unread)]);
            }
            RoomNews::List(rooms) => {
                let rows: Vec<String> = rooms.iter().map(|room| self.row(room)).collect();
                self.tell_of_rooms(told, &rows);
            }
            RoomNews::Asked(Question::Key { room }) => {
                let question = text::key_of_room_prompt(self.lang, room.as_deref());
                self.console.ask(&question, Sight::Unseen);
            }
            RoomNews::Asked(Question::Keep { room }) => {
                let question = text::keep_key_question(self.lang, room);
                self.console.ask(&question, Sight::Shown);
            }
        }
    }

    fn show_parted(&mut self, told: &Told) {
        self.view(told.room).arrivals.finish();
        self.show_arrivals();
        self.show_line(told);
        let name = self.view(told.room).name.clone();
        self.entries.close(told.room);
        self.seen.remove(&told.room);
        if let Some(view) = self.views.get(told.room) {
            view.people.hide(self.console.completion());
        }
        self.views.close(told.room);
        self.complete_rooms();
        self.go_to(self.views.current());
        if !self.is_for_programs() {
            let current = self.view(self.views.current()).name.clone();
            self.say(&text::room_left(self.lang, &name, &current));
        }
    }

    /// Lets Tab complete the names of the rooms that are open.
    fn complete_rooms(&mut self) {
        if self.console.is_person() {
            let names = self.views.iter().map(|view| clean(&view.name).into_owned());
            self.console.completion().set_rooms(names);
        }
    }

    /// Types in another room from now on. Returns how much was not read there.
    fn go_to(&mut self, number: RoomNumber) -> u64 {
        let before = self.views.current();
        let unread = self.views.switch(number);
        self.entries.switch(number);
        self.turned = None;
        if self.console.is_person() {
            let completion = self.console.completion();
            if let Some(view) = self.views.get(before) {
                view.people.hide(completion);
            }
            if let Some(view) = self.views.get(number) {
                view.people.show(completion);
            }
        }
        self.set_prompt();
        unread
    }

    /// The prompt names the person, and the room if there are several.
    pub(super) fn set_prompt(&mut self) {
        if self.is_for_programs() {
            return;
        }
        let are_several = self.views.are_several();
        let Some(view) = self.views.get(self.views.current()) else {
            return;
        };
        // What it is at the start is known before the name is.
        let prompt = match (are_several, view.me.as_str()) {
            (_, "") => return,
            (false, me) => format!("{me}> "),
            (true, me) => format!("{} {me}> ", view.name),
        };
        self.console.set_prompt(&self.air.marked(prompt));
    }

    /// Says sentences about the rooms to a person, or tells a program the event.
    fn tell_of_rooms(&mut self, told: &Told, sentences: &[String]) {
        match self.is_for_programs() {
            true => self.show_line(told),
            false => sentences.iter().for_each(|sentence| self.say(sentence)),
        }
    }

    fn row(&self, room: &RoomState) -> String {
        let unread = self.views.get(room.number).map_or(0, |view| view.unread);
        let is_current = self.views.current() == room.number;
        text::room_row(self.lang, room, unread, is_current)
    }

    /// What is written from now on is of this room.
    pub(super) fn turn_to(&mut self, number: RoomNumber) {
        if self.turned == Some(number) {
            return;
        }
        let are_several = self.views.are_several();
        let Some(view) = self.views.get(number) else {
            return;
        };
        match &mut self.writer {
            // In modes without rooms there is nothing to turn to.
            _ if !self.has_rooms => {}
            Writer::Json(json) => json.turn_to(&view.name),
            Writer::Lines(lines) => {
                // In a file nobody sees in which room one types.
                let is_other = number != self.views.current() || !self.is_seen;
                lines.turn_to(&view.name, &view.me, are_several && is_other);
            }
        }
        self.turned = Some(number);
    }

    /// A line of what is told, with the name of its room in front if that is another one.
    pub(super) fn marked(&self, line: Line) -> Line {
        match (line, &self.writer) {
            (Line::Talk(sentences), Writer::Lines(lines)) if lines.mark().is_some() => {
                let mark = lines.mark().unwrap_or_default();
                let marked = sentences.iter().map(|sentence| format!("{mark}{sentence}"));
                Line::Talk(marked.collect())
            }
            (line, _) => line,
        }
    }

    /// Whether an event is one of the rooms together.
    pub(super) fn of_rooms(told: &Told) -> Option<&RoomNews> {
        match &told.news {
            News::Room(news) => Some(news),
            _ => None,
        }
    }
}
