//! The output of `lab`: the lesson on stdout; connections, failures and byte dumps on stderr.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::cli::Trace;
use crate::error::Error;
use crate::lab::form::Field;
use crate::lab::{DialogueEvent, Finding, Verdict};
use crate::modes::Outcome;
use crate::terminal::screen::{Color, Form, Screen};
use crate::terminal::signals::Signal;
use crate::terminal::{Printer, prompter};
use crate::text::{self, Lang, TraceDirection};

/// The output of `lab`. See the top of this file.
pub(super) struct View {
    screen: Screen,
    printer: Printer,
    lang: Lang,
    trace: Trace,
    /// The outcome so far: incomplete once a dialogue has failed.
    pub(super) end: Outcome,
}

/// What a session asks of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionRequest {
    /// To ask the person.
    Person(Field),
    /// To end the server.
    Stop,
}

impl View {
    /// Opens both streams; `tell` is called when there is room again or stdout has failed.
    pub(super) fn open(
        trace: Trace,
        lang: Lang,
        tell: impl Fn() + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let notice = move |count| format!("{}\n", text::lines_left_out(lang, count));
        let printer = Printer::open(lang, notice, tell)?;
        // The columns of a dump stay as they are.
        if trace == Trace::Off {
            printer.wrap_lines();
        }
        Ok(Self {
            screen: Screen::new(Form::Lines, Color::Auto, lang),
            printer,
            lang,
            trace,
            end: Outcome::Done,
        })
    }

    /// Shows an event of a session. Returns what the session asks of the loop, if anything.
    pub(super) fn event(
        &mut self,
        peer: SocketAddr,
        event: &DialogueEvent,
    ) -> Result<Option<SessionRequest>, Error> {
        match event {
            DialogueEvent::Show(text) => {
                let mut line = String::new();
                self.screen.text(text, &mut line);
                self.printer.data.write(&line);
            }
            DialogueEvent::Mark { text, verdict } => {
                let mut line = String::new();
                match verdict {
                    Verdict::Right => self.screen.right(text, &mut line),
                    Verdict::Wrong => self.screen.wrong(text, &mut line),
                }
                self.printer.data.write(&line);
            }
            DialogueEvent::Tell(finding) => {
                let sentence = text::finding(self.lang, finding);
                match finding {
                    Finding::Unexpected { .. } | Finding::Wrong { .. } | Finding::TooMuch => {
                        self.say(&format!("{peer}: {sentence}"))?
                    }
                    _ => self.say(&sentence)?,
                }
                if finding.is_failure() {
                    self.end = Outcome::Incomplete;
                }
            }
            DialogueEvent::Ask(field) => {
                self.flush()?;
                return Ok(Some(SessionRequest::Person(*field)));
            }
            DialogueEvent::Stop => return Ok(Some(SessionRequest::Stop)),
        }
        Ok(None)
    }

    /// Shows bytes that were sent or received this long after the connection began.
    pub(super) fn trace(
        &mut self,
        peer: SocketAddr,
        after: Duration,
        direction: TraceDirection,
        bytes: &[u8],
    ) -> Result<(), Error> {
        if self.trace == Trace::Off {
            return Ok(());
        }
        self.say(&text::traced(self.lang, peer, after, direction, bytes))?;
        text::dump(bytes).try_for_each(|row| self.say(&row))
    }

    /// Shows a sentence.
    pub(super) fn say(&mut self, sentence: &str) -> Result<(), Error> {
        self.printer.talk.say(sentence);
        Ok(())
    }

    /// Shows a question, where somebody sees it.
    pub(super) fn ask(&mut self, question: &str) {
        if prompter::is_seen() {
            self.printer.talk.write(&format!("{question} "));
        }
    }

    /// Shows a failure, and makes the outcome incomplete.
    pub(super) fn fail(&mut self, sentence: &str) -> Result<(), Error> {
        self.end = Outcome::Incomplete;
        self.say(sentence)
    }

    /// Looks after the streams, and tells whether stdout has failed.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.printer.catch_up();
        let failure = self.printer.failure();
        failure.map_or(Ok(()), |cause| Err(Error::Output(cause)))
    }

    /// Waits until everything is written.
    pub(super) fn finish(&mut self, signal: Option<Signal>) -> io::Result<()> {
        self.printer.finish(signal)
    }
}
