//! Answers of the person at the keyboard, each one line. A thread of its own blocks on stdin while
//! a question is open, and only then.

use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal, Read};
use std::sync::mpsc::{self, Sender};
use std::thread;

use super::keyboard::Input;
use crate::protocol::encoding::{TextFault, strip_mark};

/// Longest answer, in bytes; what is longer is cut.
const ANSWER_MAX_BYTES: u64 = 64 << 10;

/// What became of a question.
#[derive(Debug)]
pub enum Answer {
    /// A line.
    Line(String),
    /// The end of the input, or Ctrl-D.
    End,
    /// stdin could not be read.
    Failed(io::Error),
}

/// The loop's end of the thread.
#[derive(Debug)]
pub struct Prompter(Sender<()>);

impl Prompter {
    /// Starts the thread; `tell` returns whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(tell: impl Fn(Answer) -> bool + Send + 'static) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        thread::Builder::new()
            .name("prompter".into())
            .spawn(move || {
                let mut input = match Input::open() {
                    Ok(input) => BufReader::new(input),
                    Err(error) => {
                        tell(Answer::Failed(error));
                        return;
                    }
                };
                // The first line of an input may have a byte order mark.
                let mut strip: fn(&[u8]) -> Result<&[u8], TextFault> = strip_mark;
                while asked.recv().is_ok() {
                    if !tell(answer(&mut input, strip)) {
                        return;
                    }
                    strip = |line| Ok(line);
                }
            })?;
        Ok(Self(ask))
    }

    /// Reads the answer to a question that was shown.
    pub fn read(&self) {
        // The thread ends only when nobody listens to it any more.
        let _ = self.0.send(());
    }
}

/// Whether somebody sees a question: through a pipe nobody does.
#[must_use]
pub fn is_seen() -> bool {
    io::stdin().is_terminal()
}

/// Reads a line, and takes off what `strip` does.
fn answer(input: &mut impl BufRead, strip: fn(&[u8]) -> Result<&[u8], TextFault>) -> Answer {
    let mut line = Vec::new();
    match input
        .by_ref()
        .take(ANSWER_MAX_BYTES)
        .read_until(b'\n', &mut line)
    {
        Ok(0) => Answer::End,
        Ok(_) => match strip(&line) {
            Ok(line) => Answer::Line(String::from_utf8_lossy(line).into_owned()),
            Err(fault) => Answer::Failed(io::Error::new(ErrorKind::InvalidData, fault)),
        },
        Err(error) => Answer::Failed(error),
    }
}
