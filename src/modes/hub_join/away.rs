//! Without a connection to the hub: calling it again, and leaving without it.

use std::time::Duration;

use super::{Driver, Event, KEPT_MAX, Leaving, Outcome};
use crate::chat::event::{Failure, HubNews, News};
use crate::error::Error;
use crate::face::Face;
use crate::net::tcp::{Connection, call_with_retry};
use crate::protocol::hub::joiner::HubRequest;
use crate::protocol::wire::quiet::Acknowledgement;

/// How long the hub is called for a program whose lines come by a pipe: somebody waits for its end.
const PIPE_WAIT: Duration = Duration::from_secs(60);

/// How long the hub may take to notice that our old connection is lost. Until then it says that our
/// name is taken.
const GHOST_WAIT: Duration = Duration::from_secs(90);

/// What a hub says about a name that somebody has, in the words of the course's.
const TAKEN: &str = "already taken";

impl Driver<'_> {
    /// Whether the connection is lost and being made again.
    pub(super) fn is_away(&self) -> bool {
        let recalls = self.recalls.as_ref();
        recalls.is_some_and(|recalls| recalls.away_since().is_some())
    }

    /// Whether a lost connection is made again: we were in, and do not only wait for an answer to
    /// our farewell.
    pub(super) fn reconnects(&self) -> bool {
        let is_said = matches!(self.leaving, Some(Leaving::Said { .. }));
        self.recalls.is_some() && self.is_ready && !is_said && self.signal.is_none()
    }

    /// The connection is lost, or a call failed.
    pub(super) fn go_away(&mut self) {
        self.look_at_acknowledgement();
        if let Some(mut line) = self.line.take() {
            line.close();
        }
        self.is_ended = false;
        self.reads_owed = 0;
        let unsent = self.joiner.reconnect();
        if !self.is_away() {
            self.face.show(&News::Hub(HubNews::Away).into());
        }
        self.show_unsent(unsent);
        let now = self.now();
        if let Some(recalls) = &mut self.recalls {
            recalls.on_failure(now);
        }
    }

    fn show_unsent(&mut self, texts: Vec<String>) {
        if !texts.is_empty() {
            self.face.show(&News::Hub(HubNews::Unsent(texts)).into());
        }
    }

    /// Notes when the hub's host has everything.
    pub(super) fn look_at_acknowledgement(&mut self) {
        if let Some(line) = &self.line
            && line.acknowledgement() == Acknowledgement::Complete
        {
            self.joiner.on_confirmed();
        }
    }

    /// Calls the hub if that is due, and looks whether the machine slept: then the connection is
    /// made again at once, because nobody can tell whether it still holds.
    pub(super) fn look_at_clocks(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        let Some(recalls) = &mut self.recalls else {
            return Ok(());
        };
        if recalls.has_slept(now) && self.is_ready {
            self.face.show(&News::Slept.into());
            if self.line.is_some() && self.reconnects() {
                self.go_away();
            }
        }
        let due = self.recalls.as_mut();
        match due.is_some_and(|recalls| recalls.takes_call(now.time)) {
            true => self.call(),
            false => Ok(()),
        }
    }

    fn call(&self) -> Result<(), Error> {
        let (host, port) = (self.settings.host.clone(), self.settings.port);
        let tell = self.tell.clone();
        call_with_retry(
            host,
            port,
            Duration::ZERO,
            || {},
            move |reached| {
                // Whoever asked may have left meanwhile.
                drop(tell.send(Event::Reached(reached)));
            },
        )
        .map_err(Error::Connection)
    }

    /// A connection was made that nobody waits for any longer, or one that is one too many.
    pub(super) fn refuses(&self, connection: &Connection) -> bool {
        let is_late = self.line.is_some();
        if is_late {
            connection.close();
        }
        is_late
    }

    /// Whether the hub refuses us only because it has not noticed yet that our old connection is
    /// lost.
    pub(super) fn is_ghost(&self, words: &str) -> bool {
        let now = self.now();
        let since = self.recalls.as_ref().and_then(|r| r.away_since());
        words.contains(TAKEN) && since.is_some_and(|since| now < since + GHOST_WAIT)
    }

    /// How it ends while the hub is away, if it does: a person leaves without it, and a program
    /// whose lines come by a pipe waits for it for a while.
    pub(super) fn end_away(&mut self) -> Option<Outcome> {
        let since = self.recalls.as_ref()?.away_since()?;
        let is_said = self.joiner.unsaid().is_empty();
        let is_person = self.face.is_person();
        if self.leaving.is_some() && (is_person || is_said) {
            return Some(match is_said {
                true => Outcome::Done,
                false => Outcome::Incomplete,
            });
        }
        let gives_up = !is_person && self.now() >= since + PIPE_WAIT;
        gives_up.then(|| {
            self.face.show(&News::Failed(Failure::HubLost).into());
            Outcome::Incomplete
        })
    }

    /// When [`Driver::end_away`] must be asked.
    pub(super) fn gives_up_at(&self) -> Option<Duration> {
        let since = self.recalls.as_ref()?.away_since()?;
        (!self.face.is_person()).then_some(since + PIPE_WAIT)
    }

    /// Says what was not delivered, at the end.
    pub(super) fn show_undelivered(&mut self) {
        self.look_at_acknowledgement();
        let mut texts = self.joiner.reconnect();
        texts.extend(self.joiner.unsaid());
        self.show_unsent(texts);
    }

    /// Whether lines are taken: a pipe waits while as many as are kept wait for the hub.
    pub(super) fn takes_lines(&self) -> bool {
        let is_kept = self.joiner.waiting() < KEPT_MAX;
        !self.is_away() || self.face.is_person() || is_kept
    }

    /// Why a request is not kept for the hub, which is away.
    pub(super) fn refusal(&self, request: &HubRequest) -> Option<Failure> {
        if !self.is_away() {
            return None;
        }
        match request {
            HubRequest::Exit => None,
            HubRequest::Echo(_)
            | HubRequest::Private { .. }
            | HubRequest::Broadcast(_)
            | HubRequest::BroadcastNotMe(_) => {
                let is_kept = self.joiner.waiting() < KEPT_MAX;
                let lines = KEPT_MAX;
                (!is_kept).then_some(Failure::NotKept { lines })
            }
            _ => Some(Failure::HubAway),
        }
    }
}
