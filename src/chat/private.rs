//! Private messages: to one person, never to one of several with a name.
//!
//! Whoever has just come does not know yet who is here, nor their session keys: an addressee who is
//! unknown is waited for then, for a few seconds, and no face is asked for more meanwhile. A
//! program that says one thing and ends would reach nobody otherwise.

use std::time::Duration;

use super::Chat;
use super::command::RequestId;
use super::event::{Failure, News};
use super::own::Unsent;
use crate::protocol::engine::event::Manner;
use crate::protocol::engine::private::PRIVATE_MAX_BYTES;
use crate::protocol::message::split_within;
use crate::protocol::time::Moment;

/// Longest wait for an addressee: for one who is not known, from when this member came; for the
/// session key of one who is, from when the message was said.
const ADDRESSEE_WAIT: Duration = Duration::from_secs(3);

/// Interval in which an addressee is looked for again.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Private {
    came_at: Duration,
    waiting: Option<Waiting>,
    /// How many messages were not sent because nobody could receive them.
    refused: usize,
    /// Whether the input has ended, so that they cannot be said again.
    has_ended: bool,
}

/// A message whose addressee is waited for.
#[derive(Debug)]
struct Waiting {
    request: RequestId,
    to: String,
    text: String,
    asked_at: Duration,
    again_at: Duration,
}

impl Private {
    /// Of a member that has just come.
    pub(super) fn new(now: Duration) -> Self {
        Self {
            came_at: now,
            ..Self::default()
        }
    }

    /// Whether a message waits for its addressee.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// The input has ended: what nobody could receive cannot be said again.
    pub(super) fn end_of_input(&mut self) {
        self.has_ended = true;
    }

    /// How many messages are never sent, because nobody could receive them.
    pub(super) fn lost(&self) -> usize {
        if self.has_ended { self.refused } else { 0 }
    }

    /// When the addressee is looked for again.
    pub(super) fn next_time(&self) -> Option<Duration> {
        Some(self.waiting.as_ref()?.again_at)
    }
}

impl Chat {
    /// Says something to one person, as soon as it is known who that is.
    pub(super) fn say_to(&mut self, now: Moment, request: RequestId, to: String, text: String) {
        if text.is_empty() {
            let failure = Failure::Usage("/msg NAME TEXT");
            return self.answer(request, News::Failed(failure));
        }
        let waiting = Waiting {
            request,
            to,
            text,
            asked_at: now.time,
            again_at: now.time,
        };
        self.try_to_say(waiting, now.time);
    }

    /// Looks once more for whom a message waits, if it is time.
    pub(super) fn say_to_if_known(&mut self, now: Moment) {
        let is_due = |waiting: &mut Waiting| waiting.again_at <= now.time;
        match self.own.private.waiting.take_if(is_due) {
            Some(waiting) if self.leaving.stays() => self.try_to_say(waiting, now.time),
            // A signal has ended the wait.
            Some(_) => self.own.private.refused += 1,
            None => {}
        }
    }

    fn try_to_say(&mut self, mut waiting: Waiting, now: Duration) {
        let Err(failure) = self.say_to_known(now, &mut waiting) else {
            return;
        };
        let until = match failure {
            Failure::NobodyCalled(_) => self.own.private.came_at + ADDRESSEE_WAIT,
            Failure::NoSessionKey(_) | Failure::PeopleUnknown(_) => {
                waiting.asked_at + ADDRESSEE_WAIT
            }
            _ => now,
        };
        if now < until {
            waiting.again_at = now + RETRY_INTERVAL;
            self.own.private.waiting = Some(waiting);
            return;
        }
        self.own.private.refused += 1;
        self.answer(waiting.request, News::Failed(failure));
    }

    /// Says as much as is possible; the rest stays.
    fn say_to_known(&mut self, now: Duration, waiting: &mut Waiting) -> Result<(), Failure> {
        let who = self.called(&waiting.to)?;
        self.node.note_named(now, &who);
        while !waiting.text.is_empty() {
            let (piece, _) = split_within(&waiting.text, PRIVATE_MAX_BYTES);
            let piece = piece.to_owned();
            let copies = self.node.say_private(&who.name, who.key, &piece);
            let copies = copies.unwrap_or_default();
            let person = self.people.person(&who);
            if copies == 0 {
                return Err(Failure::NoSessionKey(person));
            }
            waiting.text.drain(..piece.len());
            self.own.say(Unsent {
                request: waiting.request,
                text: piece,
                manner: Manner::Said,
                to: Some(person),
                copies,
            });
        }
        Ok(())
    }
}
