//! The full screen as a face of a room: keys go into the app, its pictures to the terminal, at most
//! 60 a second for what arrives and 120 for keys, and none while nothing changes.

use std::collections::VecDeque;
use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;

use super::app::{App, AppConfig, AppInput, Effect, Notices};
use super::theme::{Colors, Scheme, Theme};
use crate::chat::entry::Request;
use crate::chat::event::{News, Told};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::WhichOffer;
use crate::clock::{Clock, Stamp, WallClock};
use crate::error::Error;
use crate::face::lines::{Bell, Line, Lines, Style};
use crate::face::viewing::Viewer;
use crate::face::{Face, failure};
use crate::protocol::time::Moment;
use crate::terminal::console::ConsoleEvent;
use crate::terminal::full_screen::{FullScreen, Notifying, ScreenEvent};
use crate::terminal::picture::{Abilities, Picture};
use crate::terminal::screen::{Color, Form, Screen};
use crate::terminal::signals::Signal;
use crate::text::{self, Lang};

/// Shortest time between two pictures of what arrives.
const ARRIVAL_INTERVAL: Duration = Duration::from_micros(16_667);

/// Shortest time between two pictures when a key was pressed.
const KEY_INTERVAL: Duration = Duration::from_micros(8_333);

/// Smallest terminal that has room for a screen, in columns and rows.
const SIZE_MIN: (u16, u16) = (40, 8);

/// Requests that may wait before no more keys are read.
const WAITING_MAX: usize = 64;

/// How the face is opened.
#[derive(Clone, Debug)]
pub struct ScreenFaceConfig {
    /// The person's language.
    pub lang: Lang,
    /// This person's name.
    pub name: String,
    /// The room's name as it is shown.
    pub room: String,
    /// Whether there are colours.
    pub color: Color,
    /// Whether the bell rings when this person is meant.
    pub bell: Bell,
    /// How things are coloured, where there are colours.
    pub scheme: Scheme,
    /// What calls this person.
    pub notices: Notices,
    /// Whether the mouse is followed.
    pub takes_mouse: bool,
    /// Whether what is said is kept, so that less of it is held.
    pub is_archived: bool,
    /// Whether private messages are kept too.
    pub keeps_private: bool,
}

/// See the file's head.
pub struct ScreenFace {
    screen: FullScreen,
    app: App,
    lang: Lang,
    room: String,
    bell: Bell,
    notifying: Notifying,
    clock: Clock,
    requests: VecDeque<Request>,
    /// Set once there is no more input.
    end: Option<io::Result<()>>,
    is_ended: bool,
    drawn_at: Option<Duration>,
    /// Whether a key was pressed since the last picture.
    has_key: bool,
    now: Duration,
    /// What is said on the terminal after the screen is gone.
    last_words: Vec<String>,
    pub(in crate::face) viewer: Viewer,
}

/// Whether a full screen can be shown here: a person types at a terminal that is large enough and
/// more than dumb.
#[must_use]
pub fn is_possible() -> bool {
    let is_dumb = env::var_os("TERM").is_none_or(|kind| kind.is_empty() || kind == "dumb");
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let has_room = || {
        let (columns, rows) = FullScreen::size_of_stdout();
        columns >= SIZE_MIN.0 && rows >= SIZE_MIN.1
    };
    !is_dumb && is_terminal && has_room()
}

impl ScreenFace {
    /// Opens the screen.
    ///
    /// # Errors
    /// The system's refusal of a stream, a signal or a thread.
    pub fn open(
        config: ScreenFaceConfig,
        tell: impl Fn(ConsoleEvent) -> bool + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let kind = env::var("TERM").unwrap_or_default();
        let abilities = match kind.as_str() {
            // It shows what it does not know.
            "linux" => Abilities::Cells,
            _ => Abilities::Commands,
        };
        let is_of_rxvt = kind.starts_with("rxvt") || env::var_os("VTE_VERSION").is_some();
        let viewer = Viewer::new(config.lang, tell.clone());
        let screen = FullScreen::open(abilities, tell)?;
        let app = App::new(
            AppConfig {
                lang: config.lang,
                theme: Theme::new(colors(config.color, &kind)).with(config.scheme),
                name: config.name,
                room: config.room.clone(),
                notices: config.notices,
                takes_mouse: config.takes_mouse,
                is_archived: config.is_archived,
                keeps_private: config.keeps_private,
            },
            local,
        );
        let mut face = Self {
            screen,
            app,
            lang: config.lang,
            room: config.room,
            bell: config.bell,
            notifying: match is_of_rxvt {
                true => Notifying::SevenSevenSeven,
                false => Notifying::Nine,
            },
            clock: Clock::start(),
            requests: VecDeque::new(),
            end: None,
            is_ended: false,
            drawn_at: None,
            has_key: false,
            now: Duration::ZERO,
            last_words: Vec::new(),
            viewer,
        };
        face.measure();
        Ok(face)
    }

    /// Takes in what a thread of the terminal reports. Returns the signal that a key stands for.
    pub fn handle(&mut self, now: Duration, event: ConsoleEvent) -> Option<Signal> {
        self.now = now;
        let mut events = Vec::new();
        self.screen
            .handle(now, event, &mut |event| events.push(event));
        let signal = self.follow(events);
        if self.requests.len() < WAITING_MAX {
            self.screen.read_on();
        }
        self.draw();
        signal
    }

    /// When [`ScreenFace::on_time`] is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let picture = (self.app.is_stale() && self.screen.is_ready()).then(|| self.due());
        let times = [self.screen.next_time(), self.app.next_time(), picture];
        times.into_iter().flatten().min()
    }

    /// Takes in that time has passed. Returns the signal that a key stands for.
    pub fn on_time(&mut self, now: Duration) -> Option<Signal> {
        self.now = now;
        let mut events = Vec::new();
        self.screen.on_time(now, &mut |event| events.push(event));
        self.update(&AppInput::Time);
        let signal = self.follow(events);
        self.draw();
        signal
    }

    /// Shows a file that is here above the conversation.
    pub fn view_file(&mut self, room: RoomNumber, which: WhichOffer) {
        match self.viewer.begin((room, which), self.app.size()) {
            Ok(name) => self.update(&AppInput::Viewing(&name)),
            Err(sentence) => self.say(&sentence),
        }
    }

    /// Says a sentence beside the conversation.
    pub fn say(&mut self, sentence: &str) {
        self.update(&AppInput::Say(sentence));
    }

    /// Why the terminal takes no more, returned once.
    pub fn output_failure(&mut self) -> Option<io::Error> {
        self.screen.failure()
    }

    /// How the input ended, returned once.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn end(&mut self) -> io::Result<()> {
        self.end.take().unwrap_or(Ok(()))
    }

    /// Puts the terminal back as it was found.
    ///
    /// # Errors
    /// Those of writing to it.
    pub fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        let last_words = std::mem::take(&mut self.last_words);
        self.screen.finish(&last_words, signal)
    }

    fn update(&mut self, input: &AppInput<'_>) {
        let now = Moment {
            time: self.now,
            wall_ms: self.clock.now().wall_ms,
        };
        self.app.update(now, input);
    }

    fn measure(&mut self) {
        let (columns, rows) = self.screen.size();
        self.update(&AppInput::Size(columns, rows));
    }

    fn follow(&mut self, events: Vec<ScreenEvent>) -> Option<Signal> {
        let mut signal = None;
        for event in events {
            match event {
                ScreenEvent::Key(key) => {
                    self.has_key = true;
                    self.update(&AppInput::Key(&key));
                }
                ScreenEvent::Taken | ScreenEvent::Resized => {
                    self.has_key = true;
                    self.measure();
                }
                ScreenEvent::Viewed(viewed) if self.viewer.is_last(&viewed) => {
                    self.update(&AppInput::Viewed(&viewed));
                }
                ScreenEvent::Viewed(_) => {}
                ScreenEvent::Ended(end) => self.end_input(end),
                ScreenEvent::Signal(hangup) => signal = Some(hangup),
            }
        }
        while let Some(effect) = self.app.poll() {
            match effect {
                Effect::Ask(request) if !self.is_ended => self.requests.push_back(request),
                Effect::Ask(_) => {}
                Effect::Interrupt => signal = Some(Signal::Interrupt),
                Effect::End => self.end_input(Ok(())),
                Effect::Suspend => self.screen.suspend(),
                Effect::Redraw => {
                    self.screen.forget();
                    self.measure();
                }
                Effect::Notice(notice) => self.call(&notice),
                Effect::Copy(text) => self.screen.copy(&text),
                Effect::GoTo(typed) => match self.clock.when(&typed) {
                    Some(span) => self.update(&AppInput::GoTo(span.start_ms)),
                    None => self.say(&text::no_time(self.lang, &typed)),
                },
            }
        }
        signal
    }

    fn call(&mut self, notice: &str) {
        if self.bell == Bell::Rings {
            self.screen.ring();
        }
        self.screen.notify(notice, self.notifying);
    }

    fn end_input(&mut self, end: io::Result<()>) {
        if !std::mem::replace(&mut self.is_ended, true) {
            self.end = Some(end);
        }
    }

    /// When the next picture may be drawn.
    fn due(&self) -> Duration {
        let interval = match self.has_key {
            true => KEY_INTERVAL,
            false => ARRIVAL_INTERVAL,
        };
        self.drawn_at
            .map_or(Duration::ZERO, |drawn_at| drawn_at + interval)
    }

    fn draw(&mut self) {
        let is_due = self.app.is_stale() && self.due() <= self.now;
        if !is_due || !self.screen.is_ready() {
            return;
        }
        let (columns, rows) = self.app.size();
        let mut picture = Picture::blank(columns, rows);
        self.app.draw(&mut picture);
        self.screen.show(picture);
        self.app.was_drawn();
        self.drawn_at = Some(self.now);
        self.has_key = false;
    }

    /// What is told after the person has left, and would go with the screen.
    fn keep_last_words(&mut self, news: &News) {
        match news {
            News::Undelivered(_) => {
                let style = Style {
                    lang: self.lang,
                    screen: Screen::new(Form::Lines, Color::Never, self.lang),
                    shows_own: true,
                    syntax: crate::chat::entry::Syntax::Commands,
                };
                let line = Lines::new(style, self.room.clone()).line(None, news);
                if let Line::Talk(sentences) = line {
                    self.last_words.extend(sentences);
                }
            }
            News::Failed(failed @ crate::chat::event::Failure::PeopleForgotten(_)) => {
                let sentence = failure::sentence(self.lang, failed, None, &self.room);
                self.last_words.push(sentence);
            }
            _ => {}
        }
    }
}

impl Face for ScreenFace {
    fn show(&mut self, told: &Told) {
        self.keep_last_words(&told.news);
        self.viewer.follow(told);
        self.update(&AppInput::Told(told));
        // A notice waits for no key.
        let _ = self.follow(Vec::new());
    }

    fn flush(&mut self) {
        self.draw();
    }

    fn next(&mut self) -> Option<Request> {
        let next = self.requests.pop_front();
        if next.is_some() && self.requests.len() < WAITING_MAX {
            self.screen.read_on();
        }
        next
    }

    fn is_over(&self) -> bool {
        self.is_ended && self.requests.is_empty()
    }
}

/// Local time, in the forms that people read.
fn local(wall_ms: u64) -> Stamp {
    WallClock::default()
        .at(Duration::from_millis(wall_ms))
        .clone()
}

/// The colours that a terminal has, if they are wanted.
fn colors(wanted: Color, kind: &str) -> Colors {
    let depth = env::var("COLORTERM").unwrap_or_default();
    match wanted.is_on() {
        false => Colors::None,
        true if depth == "truecolor" || depth == "24bit" => Colors::True,
        true if kind.contains("256color") => Colors::Indexed,
        true => Colors::Sixteen,
    }
}
