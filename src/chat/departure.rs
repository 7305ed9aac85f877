//! How a room is left: what [`super::leaving`] decides, done.

use std::time::Duration;

use super::Chat;
use super::command::Leave;
use super::leaving::{LeavingEvent, Progress};
use super::output::Ended;
use crate::protocol::time::Moment;

/// How long the answer to a search is waited for after the end of the input: as long as
/// acknowledgements are.
const ANSWERS_WAIT: Duration = Duration::from_secs(3);

/// The same after a farewell, which takes a second in all.
const FAREWELL_WAIT: Duration = Duration::from_millis(900);

impl Chat {
    /// Goes on with leaving.
    pub(super) fn leave(&mut self, now: Moment) {
        if self.leaving.stays() {
            return;
        }
        loop {
            let answers_since = self.leaving.answers_since(now.time);
            let progress = Progress {
                newest: self.node.newest(),
                holders: self.node.holders(),
                is_sent: self.node.is_sent(),
                is_settled: self.node.is_settled(answers_since),
                is_gone: self.node.is_gone(),
            };
            match self.leaving.poll(now.time, progress) {
                Some(event) => self.on_leaving(now, event),
                None => return,
            }
        }
    }

    fn on_leaving(&mut self, now: Moment, event: LeavingEvent) {
        match event {
            LeavingEvent::RequestAcks => self.node.request_acks(now),
            LeavingEvent::SayFarewell => self.node.leave(),
        }
    }

    pub(super) fn begin_leaving(&mut self, now: Moment, leave: Leave) {
        let wait = match leave {
            Leave::EndOfInput => ANSWERS_WAIT,
            Leave::Farewell => FAREWELL_WAIT,
            Leave::Signal => Duration::ZERO,
        };
        self.own.finding.leave(now.time + wait);
        if leave == Leave::EndOfInput {
            self.own.private.end_of_input();
        }
        let has_spoken = self.own.has_spoken();
        if let Some(event) = self.leaving.handle(now.time, leave, has_spoken) {
            self.on_leaving(now, event);
        }
    }

    /// Whether this member has left, and nothing that it asked for is still to be told.
    pub(super) fn is_left(&self, now: Duration) -> bool {
        self.leaving.is_over() && !self.own.finding.is_awaited(now)
    }

    /// What became of what this member said.
    pub(super) fn ended(&self) -> Ended {
        let waiting = self.node.waiting();
        Ended {
            waiting: waiting.iter().map(|who| self.people.person(who)).collect(),
            unsent: self.own.unsent() + self.own.private.lost(),
            holders: self.node.holders(),
            wanted: self.leaving.wanted(),
        }
    }
}
