//! How one room or hub is shown and asked: [`lines`] for people, [`json`] for
//! programs. A face turns events into lines, and lines that were typed into requests. It
//! never waits: the console's threads read and write.

mod arrivals;
pub mod call;
mod day;
mod entries;
mod faces;
pub mod failure;
mod guests;
pub mod json;
pub mod lines;
mod mention;
mod names;
mod offers;
mod relations;
mod room_face;
mod rooms;
pub mod stored;
pub mod tui;
mod viewing;
mod views;
#[cfg(feature = "web")]
pub mod web;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use self::arrivals::{Gathered, Piece};
use self::call::OnAir;
use self::entries::Entries;
pub use self::faces::{Faces, Terminal};
use self::json::Json;
use self::lines::bar::Bars;
use self::lines::{Bell, Line, Lines, Style};
pub use self::room_face::RoomFace;
use self::viewing::Viewer;
use self::views::{View, Views};
use crate::chat::command::RequestId;
use crate::chat::entry::{Entry, Input, Request, Syntax};
use crate::chat::event::{Failure, Id, News, Told};
use crate::chat::rooms::RoomNumber;
use crate::chat::vocabulary::CommandWord;
use crate::clock::Clock;
use crate::error::Error;
use crate::protocol::engine::event::MessageId;
use crate::terminal::block::LINE_MAX_BYTES;
use crate::terminal::console::{Console, ConsoleConfig, ConsoleEvent, TypedLine};
use crate::terminal::screen::{Color, Form, Screen, is_talk_on_terminal, is_terminal};
use crate::terminal::signals::Signal;
use crate::text::{self, Lang};

/// What shows one room to somebody, and asks it for them.
pub trait Face {
    /// Shows something. What there is no room for is left out and counted.
    fn show(&mut self, told: &Told);

    /// Hands over what was shown so far to whatever writes it.
    fn flush(&mut self);

    /// The next request. To be called only while there is room for what it says.
    fn next(&mut self) -> Option<Request>;

    /// Whether there will be no more requests.
    fn is_over(&self) -> bool;
}

/// How things become text.
#[derive(Debug)]
enum Writer {
    Lines(Lines),
    Json(Json),
}

/// How a face on the program's own input and output is opened.
pub struct FaceConfig {
    /// How lines are typed.
    pub console: ConsoleConfig,
    /// How things are shown.
    pub form: Form,
    /// Whether names are coloured.
    pub color: Color,
    /// The room's name as it is shown, in modes that have rooms.
    pub room: Option<String>,
    /// What a line may be beside something to say.
    pub syntax: Syntax,
}

/// A face on the program's own input and output.
pub struct ConsoleFace {
    console: Console,
    writer: Writer,
    lang: Lang,
    entries: Entries,
    views: Views,
    has_rooms: bool,
    /// Whether a person sees what is shown beside the prompt.
    is_seen: bool,
    /// The room that the writer writes of.
    turned: Option<RoomNumber>,
    /// Lines left out since the output was full.
    missed: u64,
    clock: Clock,
    /// The newest message of each room that a person has before their eyes, until that is told.
    seen: BTreeMap<RoomNumber, MessageId>,
    /// The time as it was last told.
    now: Duration,
    air: OnAir,
    viewer: Viewer,
    /// How far transfers are, in the place of the prompt, where nothing else is shown.
    bars: Option<Bars>,
}

impl ConsoleFace {
    /// Opens the console.
    ///
    /// # Errors
    /// The system's refusal of a stream, a signal or a thread.
    pub fn open(
        config: FaceConfig,
        tell: impl Fn(ConsoleEvent) -> bool + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let FaceConfig {
            console,
            form,
            color,
            room,
            syntax,
        } = config;
        let lang = console.lang;
        let viewer = Viewer::new(lang, tell.clone());
        let console = Console::open(console, tell)?;
        let clock = Clock::start();
        let began = clock.now();
        let mut gathered = Gathered::default();
        let input = match form {
            Form::Json => Input::Json,
            Form::Lines => Input::Lines,
        };
        let writer = match form {
            Form::Json => Writer::Json(Json::new(room.clone())),
            Form::Lines => {
                console.wrap_lines();
                let screen = Screen::new(form, color, lang);
                let style = Style {
                    lang,
                    screen: match room.is_some() && is_terminal() {
                        true => screen.breaking_lines(),
                        false => screen,
                    },
                    shows_own: !console.shows_own_lines(),
                    syntax,
                };
                gathered = Gathered {
                    history_ms: (room.is_some() && is_terminal()).then_some(began.wall_ms),
                    movements: room.is_some() && is_talk_on_terminal(),
                };
                let lines = Lines::new(style, room.clone().unwrap_or_default());
                Writer::Lines(match is_terminal() {
                    true => lines.dated(),
                    false => lines,
                })
            }
        };
        Ok(Self {
            console,
            writer,
            lang,
            views: Views::new(room.clone().unwrap_or_default(), gathered),
            has_rooms: room.is_some(),
            is_seen: is_terminal(),
            turned: None,
            entries: Entries::new(input, syntax, room),
            missed: 0,
            clock,
            seen: BTreeMap::new(),
            now: Duration::ZERO,
            air: OnAir::default(),
            viewer,
            bars: None,
        })
    }

    /// Highlights this person's name in others' messages, and rings the bell for it if that was
    /// asked for and stdout is a terminal.
    pub fn notice(&mut self, name: &str, bell: Bell) {
        if let Writer::Lines(lines) = &mut self.writer {
            let bell = if is_terminal() { bell } else { Bell::Silent };
            lines.notice(name, bell);
        }
    }

    /// Says more of how far transfers are, because nothing else is shown.
    pub fn follow_transfers(&mut self) {
        if let Writer::Lines(lines) = &mut self.writer {
            lines.follow_transfers();
            self.bars = is_talk_on_terminal().then(Bars::default);
        }
    }

    /// Takes in how far transfers are; returns whether the line of that shows it.
    fn shows_by_bar(&mut self, news: &News) -> bool {
        let (Some(bars), News::Files(happened)) = (&mut self.bars, news) else {
            return false;
        };
        let is_shown = bars.follow(self.lang, happened);
        match (bars.line(), self.console.is_person()) {
            (line, false) => self.console.show_status(line.as_deref()),
            (Some(line), true) => self.console.set_prompt(&line),
            (None, true) => self.set_prompt(),
        }
        is_shown
    }

    /// Lets Tab complete these commands, and the names of those who are here.
    pub fn complete(&mut self, commands: impl IntoIterator<Item = CommandWord>) {
        self.console.completion().set_commands(commands);
    }

    /// Takes in what a thread of the console reports. Returns the signal that a key stands for.
    pub fn handle(&mut self, now: Duration, event: ConsoleEvent) -> Option<Signal> {
        self.now = now;
        let event = match event.into_viewed() {
            Ok(viewed) => {
                self.show_viewed(viewed);
                return None;
            }
            Err(event) => event,
        };
        let signal = self.console.handle(now, event);
        self.tell_missed();
        signal
    }

    /// When [`ConsoleFace::on_time`] is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let held = self.views.iter().map(|view| view.arrivals.next_time());
        let times = held.chain([self.console.next_time()]);
        times.flatten().min()
    }

    /// Takes in that time has passed. Returns the signal that a key stands for.
    pub fn on_time(&mut self, now: Duration) -> Option<Signal> {
        self.now = now;
        let views = self.views.iter_mut();
        views.for_each(|view| view.arrivals.on_time(now));
        self.show_arrivals();
        self.console.on_time(now)
    }

    /// Whether own messages can be shown, as far as they are: where they are not, a full output
    /// is no reason to take no more of them.
    #[must_use]
    pub fn has_room_for_own(&self) -> bool {
        self.has_room() || matches!(&self.writer, Writer::Lines(lines) if !lines.shows_own())
    }

    /// Whether the output has room for more, for modes that leave nothing out.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.console.has_room()
    }

    /// The next line as it was typed, for a mode that reads lines in its own way.
    pub fn next_text(&mut self) -> Option<(RequestId, String)> {
        let line = self.console.next_line()?;
        let request = RequestId(line.number);
        for failure in flaws(&line) {
            self.show(&News::Failed(failure).to(request));
        }
        Some((request, line.text))
    }

    /// Whether a person types, and not a program or a file.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.console.is_person()
    }

    /// Clears the screen, where a person types at one.
    pub fn clear_screen(&self) {
        self.console.clear_screen();
    }

    /// Says a sentence beside what is shown.
    pub fn say(&mut self, sentence: &str) {
        self.console.say(sentence);
    }

    /// Why the output takes no more, returned once.
    pub fn output_failure(&mut self) -> Option<io::Error> {
        self.console.output_failure()
    }

    /// How the input ended, returned once.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn end(&mut self) -> io::Result<()> {
        self.console.end()
    }

    /// Puts the terminal back and waits until everything is written: at most 500 ms after a
    /// signal, and otherwise until another signal.
    ///
    /// # Errors
    /// Those of writing to stdout.
    pub fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        if self.bars.take().is_some() && !self.console.is_person() {
            self.console.show_status(None);
        }
        let views = self.views.iter_mut();
        views.for_each(|view| view.arrivals.finish());
        self.show_arrivals();
        if self.missed > 0 {
            // Where there is no room for it either, the notice is the last line all the same.
            let notice = self.missed_notice();
            self.console.write_last(&notice);
        }
        self.console.finish(signal)
    }

    fn show_line(&mut self, told: &Told) {
        self.turn_to(told.room);
        if let News::Message(message) = &told.news
            && let Id::Group(id) = message.id
            && self.console.is_person()
        {
            let seen = self.seen.entry(told.room).or_insert(id);
            *seen = id.max(*seen);
        }
        let line = match &mut self.writer {
            Writer::Lines(lines) => lines.line(told.request.map(|request| request.0), &told.news),
            Writer::Json(_) if !json::is_told(&told.news) => return,
            Writer::Json(json) => {
                let request = told.request;
                let name = request.and_then(|request| self.entries.name_of(request));
                Line::Data(json.line(name, &told.news))
            }
        };
        let line = self.marked(line);
        self.write(line);
        if let (News::Deleted(deleted), Writer::Lines(_)) = (&told.news, &self.writer)
            && deleted.is_own
            && told.request.is_some()
        {
            self.console.say(&text::deletion_explained(self.lang));
        }
    }

    /// Shows what was gathered and is not to wait any longer.
    fn show_arrivals(&mut self) {
        while let Some((room, piece)) = self.views.poll() {
            self.turn_to(room);
            match (piece, &self.writer) {
                (Piece::Told(told), _) => self.show_line(&told),
                (Piece::Earlier(earlier), Writer::Lines(lines)) => {
                    self.write(lines.earlier(&earlier))
                }
                (Piece::Crowd(crowd), Writer::Lines(lines)) => {
                    self.write(self.marked(lines.crowd(&crowd)));
                }
                // Programs are told everything at once.
                (Piece::Earlier(_) | Piece::Crowd(_), Writer::Json(_)) => {}
            }
        }
    }

    /// A room, which begins with its first event.
    fn view(&mut self, number: RoomNumber) -> &mut View {
        self.views.open(number, || self.clock.now().wall_ms)
    }

    fn write(&mut self, line: Line) {
        match line {
            Line::Data(line) => {
                if !self.console.write(&line) {
                    self.missed += 1;
                    if let Writer::Lines(lines) = &mut self.writer {
                        lines.was_left_out();
                    }
                }
            }
            Line::Talk(sentences) => {
                for sentence in sentences {
                    self.console.say(&sentence);
                }
            }
        }
    }

    /// Shows how many lines were left out, in their place, once there is room again.
    fn tell_missed(&mut self) {
        if self.missed == 0 || !self.console.has_room() {
            return;
        }
        let lines = self.missed;
        let notice = self.missed_notice();
        if !self.console.write(&notice) {
            self.missed = lines;
        }
    }

    /// The line that stands where others were left out; they are counted anew after it.
    fn missed_notice(&mut self) -> String {
        let lines = std::mem::take(&mut self.missed);
        match &mut self.writer {
            Writer::Lines(_) => text::missed(self.lang, lines) + "\n",
            Writer::Json(json) => json.line(None, &News::Missed { lines }),
        }
    }
}

/// What is wrong with a line that is taken as it was typed.
fn flaws(line: &TypedLine) -> impl Iterator<Item = Failure> + use<> {
    let limit_bytes = LINE_MAX_BYTES;
    let is_first_cut = line.is_cut && !line.is_rest;
    let mended = line.is_mended.then_some(Failure::NotUtf8);
    let cut = is_first_cut.then_some(Failure::LineCut { limit_bytes });
    mended.into_iter().chain(cut)
}

impl Face for ConsoleFace {
    fn show(&mut self, told: &Told) {
        self.tell_missed();
        self.viewer.follow(told);
        if self.shows_by_bar(&told.news) {
            return;
        }
        if self.entries.is_repeated(told) {
            return;
        }
        if let Some(news) = Self::of_rooms(told) {
            return self.show_room(told, news);
        }
        let now = self.now;
        let is_held = self.view(told.room).arrivals.holds(now, told);
        let is_person = self.console.is_person();
        let completion = is_person.then(|| self.console.completion());
        self.views.follow(told, completion);
        self.show_arrivals();
        if !is_held {
            self.show_line(told);
        }
        let is_named = match &told.news {
            News::Renamed { is_own, .. } => *is_own,
            News::Ready(_) => self.views.are_several(),
            _ => false,
        };
        if self.air.follow(told) || is_named {
            self.turned = None;
            self.set_prompt();
        }
    }

    fn flush(&mut self) {
        self.console.flush();
    }

    fn next(&mut self) -> Option<Request> {
        if let Some(answer) = self.console.next_answer() {
            return Some(Request {
                id: RequestId::default(),
                room: self.views.current(),
                entry: Entry::Answer(answer),
            });
        }
        loop {
            if let Some(entry) = self.entries.poll() {
                return Some(entry);
            }
            let line = self.console.next_line()?;
            self.entries.push(line);
            // Whoever types has read what stands above.
            if let Some((room, id)) = self.seen.pop_first() {
                return Some(Request {
                    id: RequestId::default(),
                    room,
                    entry: Entry::MarkRead(id),
                });
            }
        }
    }

    fn is_over(&self) -> bool {
        self.console.is_over() && self.entries.is_empty()
    }
}
