//! The output of `lab`: the lesson on stdout; connections, failures and byte dumps on stderr.

use std::net::SocketAddr;
use std::time::Duration;

use crate::cli::Trace;
use crate::error::Error;
use crate::lab::Told;
use crate::lab::form::Field;
use crate::lab::session::SessionEvent;
use crate::modes::Outcome;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// The output of `lab`. See the top of this file.
pub(super) struct View {
    screen: Screen,
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

/// The direction of traced bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TraceDirection {
    Sent,
    Received,
}

impl View {
    pub(super) fn open(trace: Trace, lang: Lang) -> Result<Self, Error> {
        let screen = Screen::open(Form::Lines, Color::Auto, lang).map_err(Error::Output)?;
        Ok(Self {
            screen,
            lang,
            trace,
            end: Outcome::Done,
        })
    }

    /// Shows an event of a session. Returns what the session asks of the loop, if anything.
    pub(super) fn event(
        &mut self,
        peer: SocketAddr,
        event: &SessionEvent,
    ) -> Result<Option<SessionRequest>, Error> {
        match event {
            SessionEvent::Show(text) => self.screen.text(text).map_err(Error::Output)?,
            SessionEvent::Mark { text, is_right } => {
                let shown = self.screen.mark(text, *is_right);
                shown.map_err(Error::Output)?;
            }
            SessionEvent::Tell(told) => {
                let sentence = text::told(self.lang, told);
                match told {
                    Told::Unexpected { .. } | Told::Wrong { .. } => {
                        self.say(&format!("{peer}: {sentence}"))?
                    }
                    _ => self.say(&sentence)?,
                }
                if told.is_failure() {
                    self.end = Outcome::Incomplete;
                }
            }
            SessionEvent::TooMuch => self.fail(&text::line_too_much(self.lang, peer))?,
            SessionEvent::Ask(field) => {
                self.flush()?;
                return Ok(Some(SessionRequest::Person(*field)));
            }
            SessionEvent::Stop => return Ok(Some(SessionRequest::Stop)),
        }
        Ok(None)
    }

    /// Shows bytes that were sent or received this long after the connection began.
    pub(super) fn trace(
        &mut self,
        peer: SocketAddr,
        after: Duration,
        way: TraceDirection,
        bytes: &[u8],
    ) -> Result<(), Error> {
        if self.trace == Trace::Off {
            return Ok(());
        }
        let is_sent = way == TraceDirection::Sent;
        self.say(&text::traced(self.lang, peer, after, is_sent, bytes))?;
        text::dump(bytes).try_for_each(|row| self.say(&row))
    }

    /// Shows a sentence, in order with the other output.
    pub(super) fn say(&mut self, sentence: &str) -> Result<(), Error> {
        self.flush()?;
        screen::say(sentence);
        Ok(())
    }

    /// Shows a failure, and makes the outcome incomplete.
    pub(super) fn fail(&mut self, sentence: &str) -> Result<(), Error> {
        self.end = Outcome::Incomplete;
        self.say(sentence)
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.screen.flush().map_err(Error::Output)
    }
}
