//! A terminal whose whole screen is drawn: keys come in, pictures go out. Like the console, it is
//! one value of the loop, whose threads tell [`ConsoleEvent`]s into the loop's channel, and nothing
//! here waits for a terminal but [`FullScreen::finish`]. The terminal is never asked anything.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::block::Block;
use super::clipboard;
use super::console::{ConsoleEvent, Told};
use super::kernel::terminal_size;
use super::keyboard::{Keyboard, Typed};
use super::keys::{KeyDecoder, KeyEvent};
use super::picture::{Abilities, ENTER, Encoder, LEAVE, LEAVE_PLAIN, Picture};
use super::screen::{is_hangup, stdout_file};
use super::signals::{self, Signal};
use super::slot::Slot;
use super::tty::{self, TerminalEvent};
use super::viewed::Viewed;
use crate::error::Error;
use crate::protocol::message::clean;

/// The character that rings a terminal's bell.
const BEL: u8 = 0x07;

/// What happens at the terminal.
#[derive(Debug)]
pub enum ScreenEvent {
    /// Something was typed.
    Key(KeyEvent),
    /// The screen is ours: at the start, or after a time in the background.
    Taken,
    /// It has another size.
    Resized,
    /// A file was looked at.
    Viewed(Box<Viewed>),
    /// No more keys will come.
    Ended(io::Result<()>),
    /// The terminal has vanished.
    Signal(Signal),
}

/// See the file's head.
pub struct FullScreen {
    keyboard: Keyboard,
    decoder: KeyDecoder,
    slot: Slot,
    encoder: Encoder,
    abilities: Abilities,
    terminal: File,
    /// Tickets for keys that are given back when there is room for what they type.
    tickets_owed: usize,
    rings: bool,
    notice: Option<Vec<u8>>,
    copied: Option<Vec<u8>>,
    /// Whether the terminal gives us its keys, and shows our pictures.
    is_taken: bool,
    is_finished: bool,
    failure: Option<io::Error>,
}

impl FullScreen {
    /// Takes stdin and stdout, which are a terminal. `tell` hands an event to the loop, and returns
    /// whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a stream, a signal or a thread.
    pub fn open(
        abilities: Abilities,
        tell: impl Fn(ConsoleEvent) -> bool + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let terminal = stdout_file().map_err(Error::Output)?;
        let (tell_typed, tell_room) = (tell.clone(), tell.clone());
        let stream = terminal.try_clone().map_err(Error::Output)?;
        let tell_room = move || {
            // Whoever listened may have left meanwhile.
            let _ = tell_room(ConsoleEvent(Told::Output));
        };
        let slot = Slot::start(stream, tell_room);
        let slot = slot.map_err(Error::Output)?;
        let keyboard = Keyboard::start(move |typed| tell_typed(ConsoleEvent(Told::Typed(typed))))
            .map_err(Error::Input)?;
        let (held, leave) = (slot.clone(), leaving(abilities));
        let clear = move || held.hold(leave.as_bytes(), tty::HOLD_WAIT);
        let tell = move |event| tell(ConsoleEvent(Told::Terminal(event)));
        tty::watch(clear, tell).map_err(Error::Signals)?;
        Ok(Self {
            keyboard,
            decoder: KeyDecoder::default(),
            slot,
            encoder: Encoder::new(abilities),
            abilities,
            terminal,
            tickets_owed: 0,
            rings: false,
            notice: None,
            copied: None,
            is_taken: false,
            is_finished: false,
            failure: None,
        })
    }

    /// Takes in what a thread has reported; what it means is handed to `out`.
    pub fn handle(
        &mut self,
        now: Duration,
        event: ConsoleEvent,
        out: &mut impl FnMut(ScreenEvent),
    ) {
        match event.0 {
            Told::Typed(Typed::Keys(bytes)) => {
                self.tickets_owed += 1;
                let key = &mut |key| out(ScreenEvent::Key(key));
                self.decoder.feed(now, &bytes, key);
            }
            Told::Typed(Typed::Taken) => self.take(out),
            Told::Terminal(TerminalEvent::Continued) => {
                if tty::take_up() {
                    self.take(out);
                }
            }
            Told::Terminal(TerminalEvent::Resized) => out(ScreenEvent::Resized),
            Told::Viewed(viewed) => out(ScreenEvent::Viewed(viewed)),
            // Lines are for pipes, of which there is none.
            Told::Typed(Typed::Lines(block)) => self.keyboard.give_back(block),
            Told::Typed(Typed::End) => out(ScreenEvent::Ended(Ok(()))),
            Told::Typed(Typed::Failed(cause)) => out(ScreenEvent::Ended(Err(cause))),
            Told::Typed(Typed::Gone) => {
                out(ScreenEvent::Ended(Ok(())));
                if signals::is_first_hangup() {
                    out(ScreenEvent::Signal(Signal::Hangup));
                }
            }
            Told::Output => {
                if self.look_at_failure() && signals::is_first_hangup() {
                    out(ScreenEvent::Signal(Signal::Hangup));
                }
            }
        }
    }

    /// When time alone decides what was typed.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.decoder.next_time()
    }

    /// Takes in that time has passed.
    pub fn on_time(&mut self, now: Duration, out: &mut impl FnMut(ScreenEvent)) {
        let key = &mut |key| out(ScreenEvent::Key(key));
        self.decoder.on_time(now, key);
    }

    /// There is room for what is typed next.
    pub fn read_on(&mut self) {
        for _ in 0..std::mem::take(&mut self.tickets_owed) {
            self.keyboard.give_back(Block::default());
        }
    }

    /// Columns and rows, as the system knows them.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        let size = terminal_size(&self.terminal).unwrap_or_default();
        let cells = |count| u16::try_from(count).unwrap_or(u16::MAX);
        (cells(size.columns), cells(size.rows))
    }

    /// The same of stdout, before anything is opened.
    #[must_use]
    pub fn size_of_stdout() -> (u16, u16) {
        let size = stdout_file().ok().and_then(|stdout| terminal_size(&stdout));
        let size = size.unwrap_or_default();
        let cells = |count| u16::try_from(count).unwrap_or(u16::MAX);
        (cells(size.columns), cells(size.rows))
    }

    /// Whether a picture would be shown now; if not, an event comes when it is.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_taken && self.slot.is_free()
    }

    /// Shows a picture; to be called only while [`FullScreen::is_ready`].
    pub fn show(&mut self, picture: Picture) {
        let mut bytes = self.encoder.encode(picture);
        if std::mem::take(&mut self.rings) {
            bytes.push(BEL);
        }
        bytes.extend(self.notice.take().unwrap_or_default());
        bytes.extend(self.copied.take().unwrap_or_default());
        self.slot.put(bytes);
    }

    /// The next picture is written whole, whatever the terminal shows now.
    pub fn forget(&mut self) {
        self.encoder.forget();
    }

    /// Rings the bell with the next picture.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Asks the desktop to show a notice, in the way that the terminal knows, with the next
    /// picture. Of several until then the newest is shown.
    pub fn notify(&mut self, notice: &str, way: Notifying) {
        if self.abilities == Abilities::Cells {
            return;
        }
        let notice = clean(notice).replace(';', ",");
        self.notice = Some(match way {
            Notifying::Nine => format!("\x1b]9;{notice}\x1b\\").into_bytes(),
            Notifying::SevenSevenSeven => {
                format!("\x1b]777;notify;roda;{notice}\x1b\\").into_bytes()
            }
        });
    }

    /// Puts a text into the clipboard of a terminal that allows it, with the next picture.
    pub fn copy(&mut self, text: &str) {
        if self.abilities == Abilities::Commands {
            self.copied = Some(clipboard::command(text).into_bytes());
        }
    }

    /// Stops the whole job, as Ctrl-Z does.
    pub fn suspend(&self) {
        tty::suspend();
    }

    /// Why the terminal takes no more, returned once; that it has vanished is no such failure.
    pub fn failure(&mut self) -> Option<io::Error> {
        self.look_at_failure();
        self.failure.take()
    }

    /// Whether the terminal has vanished.
    fn look_at_failure(&mut self) -> bool {
        match self.slot.failure() {
            Some(cause) if is_hangup(&cause) => return true,
            Some(cause) => self.failure = Some(cause),
            None => {}
        }
        false
    }

    fn take(&mut self, out: &mut impl FnMut(ScreenEvent)) {
        self.is_taken = true;
        self.slot.release();
        tty::enter_full_screen();
        self.slot.put(ENTER.as_bytes().to_vec());
        self.encoder.forget();
        out(ScreenEvent::Taken);
    }

    /// Leaves the terminal as it was found, with some sentences on it, and waits until that is
    /// done: at most 500 ms after a signal, and otherwise until another signal.
    ///
    /// # Errors
    /// Why the terminal takes no more.
    pub fn finish(&mut self, last_words: &[String], signal: Option<Signal>) -> io::Result<()> {
        if std::mem::replace(&mut self.is_finished, true) {
            return Ok(());
        }
        let mut last = match self.is_taken {
            true => leaving(self.abilities).to_owned(),
            false => String::new(),
        };
        for sentence in last_words {
            last.push_str(&format!("{}\r\n", clean(sentence)));
        }
        let written = self.slot.finish(last.into_bytes(), signal);
        tty::leave_full_screen();
        tty::end();
        match written {
            Err(cause) if is_hangup(&cause) => Ok(()),
            written => self.failure.take().map_or(written, Err),
        }
    }
}

/// How the desktop is asked for a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifying {
    /// By OSC 9, which most know.
    Nine,
    /// By OSC 777, which rxvt and the terminals of GNOME know.
    SevenSevenSeven,
}

/// What ends the full screen.
fn leaving(abilities: Abilities) -> &'static str {
    match abilities {
        Abilities::Commands => LEAVE,
        Abilities::Cells => LEAVE_PLAIN,
    }
}

impl Drop for FullScreen {
    /// Leaves the terminal as it was found, whatever ended the loop.
    fn drop(&mut self) {
        // Errors were shown, or nobody is left to see them.
        let _ = self.finish(&[], Some(Signal::Terminate));
    }
}
