//! The face of a room on the program's own terminal or streams: by lines or objects, or as a full
//! screen.

use std::io;
use std::time::Duration;

#[cfg(unix)]
use super::tui::ScreenFace;
use super::{ConsoleFace, Face};
use crate::chat::entry::Request;
use crate::chat::event::Told;
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::WhichOffer;
use crate::store::files::Looker;
use crate::terminal::console::ConsoleEvent;
use crate::terminal::signals::Signal;
use crate::text::Lang;

/// See the file's head.
pub enum RoomFace {
    /// Lines or objects.
    Console(Box<ConsoleFace>),
    /// The full screen.
    #[cfg(unix)]
    Screen(Box<ScreenFace>),
}

/// Does the same with whichever face it is.
macro_rules! either {
    ($room_face:expr, $face:ident => $act:expr) => {
        match $room_face {
            RoomFace::Console($face) => $act,
            #[cfg(unix)]
            RoomFace::Screen($face) => $act,
        }
    };
}

impl RoomFace {
    /// Takes in what a thread of the terminal reports. Returns the signal that a key stands for.
    pub fn handle(&mut self, now: Duration, event: ConsoleEvent) -> Option<Signal> {
        either!(self, face => face.handle(now, event))
    }

    /// Reads files that are here with this.
    pub fn set_looker(&mut self, looker: Looker) {
        either!(self, face => face.viewer.set_looker(looker));
    }

    /// Shows a file that is here.
    pub fn view_file(&mut self, room: RoomNumber, which: WhichOffer) {
        either!(self, face => face.view_file(room, which));
    }

    /// When [`RoomFace::on_time`] is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        either!(self, face => face.next_time())
    }

    /// Takes in that time has passed. Returns the signal that a key stands for.
    pub fn on_time(&mut self, now: Duration) -> Option<Signal> {
        either!(self, face => face.on_time(now))
    }

    /// Says a sentence beside what is shown.
    pub fn say(&mut self, sentence: &str) {
        either!(self, face => face.say(sentence));
    }

    /// Whether somebody can be asked something, by [`crate::chat::rooms::RoomNews::Asked`].
    #[must_use]
    pub fn can_ask(&self) -> bool {
        match self {
            Self::Console(face) => face.can_ask(),
            #[cfg(unix)]
            Self::Screen(_) => true,
        }
    }

    /// The language in which causes stand in what is shown: that of the log for a program.
    #[must_use]
    pub fn lang_of_causes(&self, lang: Lang) -> Lang {
        match self {
            Self::Console(face) if face.is_for_programs() => Lang::En,
            _ => lang,
        }
    }

    /// Clears the screen; the full screen does so by itself.
    pub fn clear_screen(&self) {
        if let Self::Console(face) = self {
            face.clear_screen();
        }
    }

    /// Why the output takes no more, returned once.
    pub fn output_failure(&mut self) -> Option<io::Error> {
        either!(self, face => face.output_failure())
    }

    /// How the input ended, returned once.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn end(&mut self) -> io::Result<()> {
        either!(self, face => face.end())
    }

    /// Puts the terminal back, and waits until everything is written.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        either!(self, face => face.finish(signal))
    }
}

impl Face for RoomFace {
    fn show(&mut self, told: &Told) {
        either!(self, face => face.show(told));
    }

    fn flush(&mut self) {
        either!(self, face => face.flush());
    }

    fn next(&mut self) -> Option<Request> {
        either!(self, face => face.next())
    }

    fn is_over(&self) -> bool {
        either!(self, face => face.is_over())
    }
}
