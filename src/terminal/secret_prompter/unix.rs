//! A terminal of Unix, in its own line mode without an echo.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{
    FlushArg, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr,
    tcsetattr,
};
use zeroize::Zeroizing;

use crate::protocol::encoding::TextFault;
use crate::terminal::tty;

/// Bytes of a line that Linux keeps while it is typed; it drops what follows.
const LINE_MAX_BYTES: usize = 4095;

/// How often to look whether the terminal is still ours and still hides what is typed.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// How long the rest of a paste may take behind its first line: a terminal writes it at once, and
/// a slow link brings it in pieces.
const PASTED_WITHIN: Duration = Duration::from_millis(150);

/// A character that is not to be recognised on a terminal, which POSIX calls
/// `_POSIX_VDISABLE`.
#[cfg(any(target_os = "linux", target_os = "android"))]
const DISABLED: u8 = 0;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const DISABLED: u8 = 0xff;

/// Asks on one thread and can be closed by another; clones are the same prompter.
#[derive(Clone, Debug, Default)]
pub struct SecretPrompter(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    /// The terminal that hides what is typed, while it does.
    hidden: Option<Hidden>,
}

#[derive(Debug)]
struct Hidden {
    terminal: Arc<File>,
    /// Its modes as they were found.
    found: Termios,
}

/// A question while it is open.
struct Question<'q> {
    terminal: Arc<File>,
    prompt: &'q str,
    /// What the terminal has not taken of the prompt yet.
    unshown: &'q [u8],
    typed: Zeroizing<Vec<u8>>,
    /// Whether it was looked for a further line.
    is_last: bool,
}

/// How far a question is.
enum Progress {
    /// No line yet.
    Waiting,
    /// A line was typed.
    Line,
    /// The input has ended, as by Ctrl-D.
    End,
}

impl SecretPrompter {
    /// Asks, and waits for a line, which is returned without its line end; `None` is the end
    /// of the input, or that the prompter was closed. A process in the background waits until
    /// it is in the foreground, and is not stopped.
    ///
    /// Where `goes_on` says that another line may belong to the first, and that comes with it, as
    /// in a paste, both are returned: it would be read by whoever reads the terminal next. What
    /// lacks a line end is waited for.
    ///
    /// # Errors
    /// `NotFound` if this process has no terminal; `InvalidData` for a line that is not UTF-8
    /// or longer than a terminal keeps; those of the terminal, as when it is gone.
    pub fn ask(
        &self,
        prompt: &str,
        goes_on: impl Fn(&str) -> bool,
    ) -> io::Result<Option<Zeroizing<String>>> {
        tty::prepare()?;
        let mut question = Question::open(prompt)?;
        loop {
            let mut state = self.lock();
            if state.is_closed {
                return Ok(None);
            }
            match question.go_on(&mut state.hidden) {
                Ok(Progress::Waiting) => {}
                Ok(Progress::Line) if question.goes_on(&goes_on) => {}
                Ok(Progress::Line) => {
                    state.put_back();
                    return question.line().map(Some);
                }
                Ok(Progress::End) => {
                    state.give_up();
                    return Ok(None);
                }
                Err(error) => {
                    state.give_up();
                    return Err(error);
                }
            }
            drop(state);
            question.wait();
        }
    }

    /// Puts the terminal back for good: an open question gets no answer, and no other is
    /// asked. Does not wait for the thread that asks, nor for the terminal.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.give_up();
    }

    /// Whether it was closed: nobody waits for an answer any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Leaves a question without an answer.
    fn give_up(&mut self) {
        if let Some(hidden) = &self.hidden
            && tty::is_foreground_at(&hidden.terminal)
        {
            // The beginning of a secret is nothing for whoever reads the terminal next.
            let _ = tcflush(&hidden.terminal, FlushArg::TCIFLUSH);
            // What comes next stands below the prompt, if the terminal takes anything.
            let _ = (&*hidden.terminal).write(b"\n");
        }
        self.put_back();
    }

    /// Puts the terminal back as it was found.
    fn put_back(&mut self) {
        // In the background it belongs to somebody else, who has set it.
        if let Some(Hidden { terminal, found }) = self.hidden.take()
            && tty::is_foreground_at(&terminal)
        {
            // Not after the output: a terminal that stands still (Ctrl-S) would make this wait.
            let _ = tcsetattr(&terminal, SetArg::TCSANOW, &found);
        }
    }
}

impl<'q> Question<'q> {
    fn open(prompt: &'q str) -> io::Result<Self> {
        // An open file of our own: that it does not block is nobody else's business.
        let terminal = File::options()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/tty");
        let no_terminal = |error| io::Error::new(ErrorKind::NotFound, error);
        Ok(Self {
            terminal: Arc::new(terminal.map_err(no_terminal)?),
            prompt,
            unshown: &[],
            typed: Zeroizing::new(Vec::with_capacity(LINE_MAX_BYTES + 1)),
            is_last: false,
        })
    }

    /// Hides what is typed, shows the prompt, and reads, as far as that goes without waiting.
    fn go_on(&mut self, hidden: &mut Option<Hidden>) -> io::Result<Progress> {
        if !tty::is_foreground_at(&self.terminal) {
            return Ok(Progress::Waiting);
        }
        self.hide(hidden)?;
        match (&*self.terminal).write(self.unshown) {
            Ok(count) => self.unshown = self.unshown.get(count..).unwrap_or_default(),
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error),
        }
        let mut room = Zeroizing::new([0; LINE_MAX_BYTES + 1]);
        match (&*self.terminal).read(&mut *room) {
            // A terminal that is gone ends too, but has no modes any more.
            Ok(0) => {
                tcgetattr(&self.terminal)?;
                Ok(match self.typed.is_empty() {
                    true => Progress::End,
                    false => Progress::Line,
                })
            }
            Ok(count) => self.take(room.get(..count).unwrap_or_default()),
            Err(error) if is_passing(&error) => Ok(Progress::Waiting),
            // The background, unless the terminal is gone.
            Err(_) if !tty::is_foreground_at(&self.terminal) => Ok(Progress::Waiting),
            Err(error) => Err(error),
        }
    }

    /// Sets the terminal to hide what is typed, at first and when somebody has set it
    /// otherwise while this process was stopped.
    fn hide(&mut self, hidden: &mut Option<Hidden>) -> io::Result<()> {
        let found = tcgetattr(&self.terminal)?;
        let lines = found.local_flags & (LocalFlags::ICANON | LocalFlags::ECHO);
        if hidden.is_some() && lines == LocalFlags::ICANON {
            return Ok(());
        }
        tcsetattr(&self.terminal, SetArg::TCSANOW, &hiding(&found))?;
        let terminal = Arc::clone(&self.terminal);
        *hidden = Some(Hidden { terminal, found });
        self.unshown = self.prompt.as_bytes();
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<Progress> {
        let (line, is_whole) = match bytes.strip_suffix(b"\n") {
            Some(line) => (line, true),
            // Ctrl-D hands over what is typed so far.
            None => (bytes, false),
        };
        if self.typed.len() + line.len() >= LINE_MAX_BYTES {
            let bytes_max = LINE_MAX_BYTES as u64 - 1;
            let fault = TextFault::TooLong { bytes_max };
            return Err(io::Error::new(ErrorKind::InvalidData, fault));
        }
        self.typed.extend_from_slice(line);
        Ok(match is_whole {
            true => Progress::Line,
            false => Progress::Waiting,
        })
    }

    /// Whether more has come with the first line that may belong to it: then it is read on.
    fn goes_on(&mut self, may_go_on: impl Fn(&str) -> bool) -> bool {
        let is_first = !std::mem::replace(&mut self.is_last, true);
        let may_go_on = is_first && self.line().is_ok_and(|line| may_go_on(&line));
        // A terminal that fails here fails again where that is dealt with.
        let has_more = may_go_on && self.has_more().unwrap_or(false);
        if has_more {
            self.typed.push(b'\n');
        }
        has_more
    }

    /// Whether anything stands behind the line that was read, or comes soon.
    fn has_more(&self) -> io::Result<bool> {
        // A line without its end cannot be seen while the terminal edits lines. What is there
        // counts as a line as soon as it does so again.
        let hiding = tcgetattr(&self.terminal)?;
        let mut unedited = hiding.clone();
        unedited.local_flags &= !LocalFlags::ICANON;
        tcsetattr(&self.terminal, SetArg::TCSANOW, &unedited)?;
        let timeout = PollTimeout::try_from(PASTED_WITHIN).unwrap_or(PollTimeout::ZERO);
        let mut waiting = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
        let has_more = poll(&mut waiting, timeout).is_ok_and(|ready| ready > 0);
        tcsetattr(&self.terminal, SetArg::TCSANOW, &hiding)?;
        Ok(has_more)
    }

    /// What was typed, without the keys that type nothing.
    fn line(&mut self) -> io::Result<Zeroizing<String>> {
        let typed = str::from_utf8(&self.typed)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, TextFault::NotUtf8))?;
        // It never grows, so that no copy of it stays behind.
        let mut line = Zeroizing::new(String::with_capacity(typed.len()));
        let mut characters = typed.chars();
        while let Some(character) = characters.next() {
            if character == '\x1b' && matches!(characters.next(), Some('[' | 'O')) {
                // An arrow, or another key that sends several characters.
                let _ = characters.find(|end| matches!(end, '@'..='~'));
            } else if !character.is_control() || character == '\n' {
                line.push(character);
            }
        }
        Ok(line)
    }

    /// Waits until something is typed, or it is time to look around.
    fn wait(&self) {
        let interval = PollTimeout::try_from(LOOK_INTERVAL).unwrap_or(PollTimeout::ZERO);
        let mut waiting = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
        let is_waited = tty::is_foreground_at(&self.terminal)
            && match poll(&mut waiting, interval) {
                // Some systems do not wait for terminals.
                Ok(_) => !waiting.iter().any(|it| {
                    it.revents()
                        .is_some_and(|found| found.contains(PollFlags::POLLNVAL))
                }),
                Err(error) => error == Errno::EINTR,
            };
        if !is_waited {
            thread::sleep(LOOK_INTERVAL);
        }
    }
}

/// Modes in which the terminal edits the line, Ctrl-C sends its signal, and nothing typed is shown
/// but the line end. No key stops or aborts this process meanwhile: the terminal would stay so.
fn hiding(found: &Termios) -> Termios {
    let mut modes = found.clone();
    modes.input_flags |= InputFlags::ICRNL;
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        modes.input_flags |= InputFlags::IUTF8;
    }
    modes.local_flags |= LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::ECHONL;
    modes.local_flags &= !LocalFlags::ECHO;
    for key in [
        SpecialCharacterIndices::VSUSP,
        SpecialCharacterIndices::VQUIT,
    ] {
        if let Some(place) = modes.control_chars.get_mut(key as usize) {
            *place = DISABLED;
        }
    }
    modes
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
