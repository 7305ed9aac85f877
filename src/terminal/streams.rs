//! The process's own streams as outputs: stdout for data, stderr for talk, the terminal for the
//! prompt. Two streams that are one file share one queue, so that what is written to both stays
//! in order.

#[cfg(unix)]
use std::fs::File;
use std::io;

use super::output::{OUTPUT_MAX_BYTES, Output, OutputEvent};
use super::screen::{stderr_file, stdout_file};
use super::signals::Signal;
use crate::error::Error;
use crate::protocol::message::clean;
use crate::text::{self, Lang};

/// The terminal that a process belongs to.
#[cfg(unix)]
const TERMINAL: &str = "/dev/tty";

/// stdout as an output of so many bytes at most.
///
/// # Errors
/// The system's, when it has no stdout or no thread to give.
fn stdout(bytes_max: usize, tell: impl Fn(OutputEvent) + Send + 'static) -> Result<Output, Error> {
    let stream = stdout_file().map_err(Error::Output)?;
    Output::start(stream, bytes_max, tell).map_err(Error::Output)
}

/// stderr as an output; one that fails is no reason to stop.
///
/// # Errors
/// The system's, when it has no stderr or no thread to give.
fn stderr(tell: impl Fn(OutputEvent) + Send + 'static) -> Result<Output, Error> {
    let stream = stderr_file().map_err(Error::Output)?;
    Output::start(stream, OUTPUT_MAX_BYTES, tell).map_err(Error::Output)
}

/// stdout, of which at most `bytes_max` wait, and stderr. Where both are one file or terminal, they
/// share a queue, so that what is said stands where it was said.
///
/// # Errors
/// The system's, when it has no stream or no thread to give.
pub fn stdout_and_stderr(
    bytes_max: usize,
    tell: impl Fn(OutputEvent) + Send + 'static,
) -> Result<(Output, Output), Error> {
    open_both(bytes_max, are_one(), tell, |_| {})
}

/// Both streams, as one queue if they `are_one`.
fn open_both(
    bytes_max: usize,
    are_one: bool,
    tell_data: impl Fn(OutputEvent) + Send + 'static,
    tell_talk: impl Fn(OutputEvent) + Send + 'static,
) -> Result<(Output, Output), Error> {
    let data = stdout(bytes_max, tell_data)?;
    let talk = match are_one {
        true => data.clone(),
        false => stderr(tell_talk)?,
    };
    Ok((data, talk))
}

/// Says one last sentence on stderr, and waits until it is written or a signal comes.
pub fn last_words(sentence: &str) {
    if let Ok(output) = stderr(|_| {}) {
        output.wrap_lines();
        output.write(format!("{}\n", clean(sentence)).as_bytes());
        // Nobody is left to see the error.
        let _ = output.finish(None);
    }
}

/// Lines on an output: those that a full queue has no room for are left out and counted, and the
/// count is shown where they would stand.
pub struct Talk {
    output: Output,
    /// The line that shows how many were left out.
    notice: Box<dyn Fn(u64) -> String + Send>,
    left_out: u64,
}

impl Talk {
    /// Talks on an output; `notice` makes the line that shows how many were left out.
    #[must_use]
    pub fn new(output: Output, notice: impl Fn(u64) -> String + Send + 'static) -> Self {
        Self {
            output,
            notice: Box::new(notice),
            left_out: 0,
        }
    }

    /// Says sentences on an output.
    #[must_use]
    pub fn sentences(output: Output, lang: Lang) -> Self {
        Self::new(output, move |count| {
            format!("{}\n", text::lines_left_out(lang, count))
        })
    }

    /// Says one sentence, cleaned: it may quote a stranger.
    pub fn say(&mut self, sentence: &str) {
        self.write(&format!("{}\n", clean(sentence)));
    }

    /// Writes whole lines that belong together.
    pub fn write(&mut self, lines: &str) {
        self.catch_up();
        if self.left_out > 0 || !self.output.write(lines.as_bytes()) {
            self.left_out += 1;
        }
    }

    /// Shows how much was left out, if that is so and there is room again.
    pub fn catch_up(&mut self) {
        if self.left_out > 0 && self.output.has_room() {
            let count = std::mem::take(&mut self.left_out);
            self.output.write((self.notice)(count).as_bytes());
        }
    }

    /// Shows how much was left out where nothing follows any more, whether there is room or not.
    pub fn conclude(&mut self) {
        if self.left_out > 0 {
            let count = std::mem::take(&mut self.left_out);
            self.output.append((self.notice)(count).as_bytes());
        }
    }

    /// Where it is said.
    #[must_use]
    pub fn output(&self) -> &Output {
        &self.output
    }
}

/// stdout for data and stderr for talk, of a mode at which nobody types. What nobody reads is left
/// out and counted.
pub struct Printer {
    /// stdout.
    pub data: Talk,
    /// stderr.
    pub talk: Talk,
    is_one: bool,
    _drain: Drain,
}

impl Printer {
    /// Opens both. `notice` makes the line of stdout that shows how many were left out; `tell` is
    /// called when there is room again or stdout has failed, after which
    /// [`Printer::catch_up`] and [`Printer::failure`] say more.
    ///
    /// # Errors
    /// The system's, when it has no stream or no thread to give.
    pub fn open(
        lang: Lang,
        notice: impl Fn(u64) -> String + Send + 'static,
        tell: impl Fn() + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let tell_talk = tell.clone();
        let streams = Streams::open(false, move |_| tell(), move |_| tell_talk())?;
        Ok(Self {
            data: Talk::new(streams.data, notice),
            talk: Talk::sentences(streams.talk, lang),
            is_one: streams.is_one,
            _drain: Drain::at_end(),
        })
    }

    /// Breaks lines between words where they are shown on a terminal.
    pub fn wrap_lines(&self) {
        self.data.output().wrap_lines();
        self.talk.output().wrap_lines();
    }

    /// Shows how much was left out, where that is so and there is room again.
    pub fn catch_up(&mut self) {
        self.data.catch_up();
        self.talk.catch_up();
    }

    /// Why stdout takes no more, returned once.
    #[must_use]
    pub fn failure(&self) -> Option<io::Error> {
        self.data.output().failure()
    }

    /// Waits until everything is written: at most 500 ms after a signal, and otherwise without a
    /// limit but another signal.
    ///
    /// # Errors
    /// Why stdout takes no more.
    pub fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        self.data.conclude();
        self.talk.conclude();
        let written = self.data.output().finish(signal);
        if !self.is_one {
            // A stderr that fails is no reason to fail.
            let _ = self.talk.output().finish(signal);
        }
        written
    }
}

/// Throws away, at its end, what was typed at a program that reads nothing, so that it does not
/// run in the shell afterwards.
#[derive(Debug, Default)]
pub struct Drain(());

impl Drain {
    /// From now on.
    #[must_use]
    pub fn at_end() -> Self {
        Self(())
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        #[cfg(unix)]
        super::tty::drain();
    }
}

/// The streams of a console.
pub(super) struct Streams {
    /// stdout.
    pub(super) data: Output,
    /// stderr.
    pub(super) talk: Output,
    /// Where the prompt stands, if a person types and there is a place for it.
    pub(super) terminal: Option<Output>,
    /// Whether `data` and `talk` are one queue.
    pub(super) is_one: bool,
}

impl Streams {
    /// Opens them; `tell` receives the reports about stdout and stderr.
    pub(super) fn open(
        is_person: bool,
        tell_data: impl Fn(OutputEvent) + Send + 'static,
        tell_talk: impl Fn(OutputEvent) + Send + 'static,
    ) -> Result<Self, Error> {
        use std::io::IsTerminal;
        let (is_out, is_err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        // While a person types, everything that goes to the terminal passes by the prompt.
        let is_one = are_one() || is_person && is_out && is_err;
        let (data, talk) = open_both(OUTPUT_MAX_BYTES, is_one, tell_data, tell_talk)?;
        let terminal = match (is_person, is_out, is_err) {
            (false, ..) => None,
            (true, true, _) => Some(data.clone()),
            (true, false, true) => Some(talk.clone()),
            (true, false, false) => own_terminal(),
        };
        Ok(Self {
            data,
            talk,
            terminal,
            is_one,
        })
    }
}

#[cfg(unix)]
fn own_terminal() -> Option<Output> {
    let terminal = File::options().write(true).open(TERMINAL).ok()?;
    Output::start(terminal, OUTPUT_MAX_BYTES, |_| {}).ok()
}

#[cfg(not(unix))]
fn own_terminal() -> Option<Output> {
    None
}

/// Whether stdout and stderr are one file, pipe or terminal.
#[cfg(unix)]
fn are_one() -> bool {
    use std::os::unix::fs::MetadataExt;
    let file = |stream: io::Result<File>| {
        let file = stream.ok()?.metadata().ok()?;
        Some((file.dev(), file.ino()))
    };
    let data = file(stdout_file());
    data.is_some() && data == file(stderr_file())
}

#[cfg(not(unix))]
fn are_one() -> bool {
    false
}
