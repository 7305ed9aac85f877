//! Questions to the person at the keyboard, each answered by one line. A thread of its own blocks
//! on stdin while a question is open, and only then.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::sync::mpsc::{self, Sender};
use std::thread;

use zeroize::Zeroizing;

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
pub struct Prompter(Sender<String>);

impl Prompter {
    /// Starts the thread; `tell` returns whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(tell: impl Fn(Answer) -> bool + Send + 'static) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel::<String>();
        thread::Builder::new().name("asker".into()).spawn(move || {
            while let Ok(prompt) = asked.recv() {
                if !tell(answer(&prompt)) {
                    return;
                }
            }
        })?;
        Ok(Self(ask))
    }

    /// Asks a question. Through a pipe nobody sees it.
    pub fn ask(&self, prompt: String) {
        // The thread ends only when nobody listens to it any more.
        let _ = self.0.send(prompt);
    }
}

/// Asks for a secret, which is not shown while it is typed.
///
/// # Errors
/// No terminal, or the system's.
pub fn secret(prompt: &str) -> io::Result<Zeroizing<String>> {
    rpassword::prompt_password(format!("{prompt} ")).map(Zeroizing::new)
}

fn answer(prompt: &str) -> Answer {
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        let mut stderr = io::stderr();
        // A terminal that shows no prompt will show no more either.
        let _ = write!(stderr, "{prompt} ").and_then(|()| stderr.flush());
    }
    let mut line = Vec::new();
    match stdin
        .by_ref()
        .take(ANSWER_MAX_BYTES)
        .read_until(b'\n', &mut line)
    {
        Ok(0) => Answer::End,
        Ok(_) => Answer::Line(String::from_utf8_lossy(&line).into_owned()),
        Err(error) => Answer::Failed(error),
    }
}
