//! What typed lines ask for, in their order: what is wrong with a line comes before what it asks
//! for, and neither overtakes another line. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::chat::command::RequestId;
use crate::chat::entry::{self, Entry, Input, Request, Syntax};
use crate::chat::event::{Failure, News, Told};
use crate::chat::rooms::RoomNumber;
use crate::terminal::block::LINE_MAX_BYTES;
use crate::terminal::console::TypedLine;

/// Most requests whose names are kept for their answers. Answers to older ones carry no name.
const REQUESTS_MAX: usize = 4096;

/// The command that clears the screen.
const CLEAR: &str = "/clear";

/// What becomes of the rest of a line that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// It is said like the beginning, whatever it begins with.
    Said,
    /// Nothing: it belongs to a command or an object, which may be for one person only.
    Dropped,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Entries {
    input: Input,
    syntax: Syntax,
    /// The rooms by their names, in modes that have rooms.
    rooms: Vec<(RoomNumber, String)>,
    has_rooms: bool,
    /// The room of whatever names none.
    current: RoomNumber,
    waiting: VecDeque<Request>,
    /// The names that a program gave its requests.
    names: BTreeMap<RequestId, String>,
    rest: Rest,
    /// The room of a line that was cut.
    rest_room: RoomNumber,
    /// Requests that go on with a line that was cut.
    rests: BTreeSet<RequestId>,
}

impl Entries {
    pub(super) fn new(input: Input, syntax: Syntax, room: Option<String>) -> Self {
        Self {
            input,
            syntax,
            has_rooms: room.is_some(),
            rooms: room
                .map(|name| (RoomNumber::FIRST, name))
                .into_iter()
                .collect(),
            current: RoomNumber::FIRST,
            waiting: VecDeque::new(),
            names: BTreeMap::new(),
            rest: Rest::Dropped,
            rest_room: RoomNumber::FIRST,
            rests: BTreeSet::new(),
        }
    }

    /// A room has this name.
    pub(super) fn open(&mut self, number: RoomNumber, name: &str) {
        self.rooms.retain(|(known, _)| *known != number);
        self.rooms.push((number, name.to_owned()));
    }

    /// A room was left.
    pub(super) fn close(&mut self, number: RoomNumber) {
        self.rooms.retain(|(known, _)| *known != number);
    }

    /// Whatever names no room is for this one from now on.
    pub(super) fn switch(&mut self, number: RoomNumber) {
        self.current = number;
    }

    /// The room that is meant.
    fn room_of(&self, named: Option<&String>) -> Option<RoomNumber> {
        let Some(named) = named else {
            return Some(self.current);
        };
        let mut rooms = self.rooms.iter();
        let room = rooms.find(|(_, name)| name == named);
        room.map(|(number, _)| *number)
    }

    /// Takes a line in.
    pub(super) fn push(&mut self, line: TypedLine) {
        let request = RequestId(line.number);
        if line.is_rest {
            return self.push_rest(request, line);
        }
        let current = self.current;
        self.push_if(line.is_mended, (request, current), Failure::NotUtf8);
        let (is_cut, is_pasted) = (line.is_cut, line.is_pasted);
        let entry::Line { entry, id, room } = match is_pasted {
            true => entry::pasted(line.text),
            false => entry::read(line.text, self.input, self.syntax),
        };
        if let Some(id) = id {
            self.names.insert(request, id);
            if self.names.len() > REQUESTS_MAX {
                self.names.pop_first();
            }
        }
        let limit_bytes = LINE_MAX_BYTES;
        self.rest = match entry {
            Entry::Say { to: None, .. } => Rest::Said,
            _ => Rest::Dropped,
        };
        let number = self.room_of(room.as_ref());
        let entry = match room {
            Some(room) if number.is_none() => Entry::Flawed(Failure::OtherRoom(room)),
            _ if is_cut && self.rest == Rest::Dropped => {
                Entry::Flawed(Failure::CommandCut { limit_bytes })
            }
            _ if self.is_clear(&entry) => Entry::ClearScreen,
            _ => entry,
        };
        // A room has a lower limit of its own, and tells that.
        let is_told_here = is_cut && self.rest == Rest::Said && !self.has_rooms;
        self.rest_room = number.unwrap_or(current);
        let place = (request, self.rest_room);
        self.push_if(is_told_here, place, Failure::LineCut { limit_bytes });
        self.push_entry(place, entry);
    }

    fn push_rest(&mut self, request: RequestId, line: TypedLine) {
        if self.rest == Rest::Dropped {
            return;
        }
        let place = (request, self.rest_room);
        self.push_if(line.is_mended, place, Failure::NotUtf8);
        self.rests.insert(request);
        if self.rests.len() > REQUESTS_MAX {
            self.rests.pop_first();
        }
        self.push_entry(place, entry::rest(line.text));
    }

    fn push_if(&mut self, is_so: bool, place: (RequestId, RoomNumber), failure: Failure) {
        if is_so {
            self.push_entry(place, Entry::Flawed(failure));
        }
    }

    fn push_entry(&mut self, (id, room): (RequestId, RoomNumber), entry: Entry) {
        self.waiting.push_back(Request { id, room, entry });
    }

    /// The next of what was asked for.
    pub(super) fn poll(&mut self) -> Option<Request> {
        self.waiting.pop_front()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The name that a program gave a request.
    pub(super) fn name_of(&self, request: RequestId) -> Option<&str> {
        self.names.get(&request).map(String::as_str)
    }

    /// Whether this was told already, of the beginning of the same line.
    pub(super) fn is_repeated(&self, told: &Told) -> bool {
        let is_cut = matches!(told.news, News::Failed(Failure::LineCut { .. }));
        is_cut && told.request.is_some_and(|it| self.rests.contains(&it))
    }

    /// Whether an entry is the command that clears the screen, which is the terminal's business.
    fn is_clear(&self, entry: &Entry) -> bool {
        let is_clear = matches!(entry, Entry::Command(line) if line.trim() == CLEAR);
        is_clear && self.input == Input::Lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(input: Input, room: Option<&str>) -> Entries {
        Entries::new(input, Syntax::Commands, room.map(str::to_owned))
    }

    fn line(number: u64, text: &str) -> TypedLine {
        TypedLine {
            text: text.into(),
            number,
            ..TypedLine::default()
        }
    }

    /// One line in three pieces.
    fn cut(texts: [&str; 3]) -> [TypedLine; 3] {
        let mut number = 0;
        texts.map(|text| {
            number += 1;
            TypedLine {
                is_cut: number < 3,
                is_rest: number > 1,
                ..line(number, text)
            }
        })
    }

    fn all(entries: &mut Entries, lines: impl IntoIterator<Item = TypedLine>) -> Vec<Entry> {
        lines.into_iter().for_each(|line| entries.push(line));
        std::iter::from_fn(|| entries.poll().map(|request| request.entry)).collect()
    }

    fn said(text: &str) -> Entry {
        entry::rest(text.into())
    }

    #[test]
    fn what_is_wrong_with_a_line_stands_between_the_lines() {
        let mut entries = entries(Input::Lines, Some("turma"));
        let mended = TypedLine {
            is_mended: true,
            ..line(2, "ol\u{fffd}")
        };
        let lines = [line(1, "/who"), mended, line(3, "/clear"), line(4, "oi")];
        let expected = [
            Entry::Command("/who".into()),
            Entry::Flawed(Failure::NotUtf8),
            said("ol\u{fffd}"),
            Entry::ClearScreen,
            said("oi"),
        ];
        assert_eq!(all(&mut entries, lines), expected);
        assert!(entries.is_empty());
    }

    #[test]
    fn a_long_line_is_said_as_text_and_told_once() {
        let limit_bytes = LINE_MAX_BYTES;
        let pieces = ["um", "/sair", "sair"];
        let mut at_hub = entries(Input::Lines, None);
        let flaw = Entry::Flawed(Failure::LineCut { limit_bytes });
        let expected = [flaw, said("um"), said("/sair"), said("sair")];
        assert_eq!(all(&mut at_hub, cut(pieces)), expected);
        // A room tells its own limit, of each piece.
        let mut in_room = entries(Input::Lines, Some("turma"));
        assert_eq!(all(&mut in_room, cut(pieces)), pieces.map(said));
        let told = |request| {
            let limit_bytes = 1 << 16;
            News::Failed(Failure::LineCut { limit_bytes }).to(RequestId(request))
        };
        let repeated = [1, 2, 3, 4].map(|request| in_room.is_repeated(&told(request)));
        assert_eq!(repeated, [false, true, true, false]);
    }

    #[test]
    fn nothing_of_a_command_or_an_object_that_is_too_long_is_said_to_everybody() {
        let limit_bytes = LINE_MAX_BYTES;
        let refused = [Entry::Flawed(Failure::CommandCut { limit_bytes })];
        for (input, pieces) in [
            (Input::Lines, ["/msg bia se", "gre", "do"]),
            (
                Input::Json,
                ["{\"say\": \"se", "gre", "do\", \"to\": \"bia\"}"],
            ),
        ] {
            let mut entries = entries(input, Some("turma"));
            assert_eq!(all(&mut entries, cut(pieces)), refused);
            let after = all(&mut entries, [line(4, "oi")]);
            assert_eq!(after, [said("oi")]);
        }
    }

    #[test]
    fn a_program_names_the_room_of_what_it_says() {
        let mut entries = entries(Input::Json, Some("turma"));
        entries.open(RoomNumber(2), "outra");
        let lines = [
            "{\"say\": \"um\"}",
            "{\"say\": \"dois\", \"room\": \"outra\"}",
            "{\"say\": \"tres\", \"room\": \"turma\"}",
            "{\"say\": \"quatro\", \"room\": \"nenhuma\"}",
        ];
        for (number, text) in (1..).zip(lines) {
            entries.push(line(number, text));
        }
        entries.switch(RoomNumber(2));
        entries.push(line(5, "cinco"));
        let all: Vec<Request> = std::iter::from_fn(|| entries.poll()).collect();
        let rooms: Vec<u16> = all.iter().map(|request| request.room.0).collect();
        assert_eq!(rooms, [1, 2, 1, 1, 2]);
        let flaw = Entry::Flawed(Failure::OtherRoom("nenhuma".into()));
        assert_eq!(all[3].entry, flaw);
        entries.close(RoomNumber(2));
        entries.push(line(6, lines[1]));
        let flaw = Entry::Flawed(Failure::OtherRoom("outra".into()));
        assert_eq!(entries.poll().map(|request| request.entry), Some(flaw));
    }
}
