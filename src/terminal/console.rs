//! What a person sits at in line mode: keyboard and screen, of which the one must not tear what
//! the other writes, and the order in which both speak.

use super::keyboard::{Keyboard, Paste, Typed};
use super::screen::{Color, Form, Screen};
use crate::clock::WallClock;
use crate::error::Error;
use crate::text::Lang;

/// See the file's head.
pub struct Console {
    /// What is typed.
    pub keyboard: Keyboard,
    /// Where messages are shown.
    pub screen: Screen,
    /// The person's language.
    pub lang: Lang,
    /// When things happen.
    pub wall_clock: WallClock,
}

impl Console {
    /// Starts the [`Keyboard`], and opens the screen beside it: on a terminal where a line is
    /// being typed, messages are shown above that line.
    ///
    /// # Errors
    /// The system's refusal of the one or the other.
    pub fn open(
        prompt: String,
        paste: Option<Paste>,
        (form, color): (Form, Color),
        lang: Lang,
        tell: impl Fn(Typed) -> bool + Send + 'static,
    ) -> Result<Self, Error> {
        let keyboard = Keyboard::start(prompt, paste, tell).map_err(Error::Input)?;
        let screen = match keyboard.printer() {
            Some(printer) => Screen::over(Box::new(printer), form, color, lang),
            None => Screen::open(form, color, lang).map_err(Error::Output)?,
        };
        Ok(Self {
            keyboard,
            screen,
            lang,
            wall_clock: WallClock::default(),
        })
    }

    /// Says one sentence, beside what is shown.
    ///
    /// # Errors
    /// Those of writing out what was shown before.
    pub fn say(&mut self, sentence: &str) -> Result<(), Error> {
        // In the order in which things happened, also where both go to one terminal.
        self.flush()?;
        self.keyboard.say(sentence);
        Ok(())
    }

    /// Writes out what was shown so far.
    ///
    /// # Errors
    /// Those of writing to stdout.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.screen.flush().map_err(Error::Output)
    }
}
