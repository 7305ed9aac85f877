//! When something that is lacking is asked for: after a random time, and only if nobody else has
//! asked for as much, because what comes mends all who lack it.

use std::time::Duration;

use crate::protocol::rng::Rng;

/// The shortest wait before a question…
const WAIT_LEAST: Duration = Duration::from_millis(8);

/// …and the longest. Symbols of one picture arrive within this time.
const WAIT_MOST: Duration = Duration::from_millis(16);

/// How much longer it is until the question is asked again: the answer is on its way.
const ANSWER: Duration = Duration::from_millis(5);

/// Something that is lacking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    /// Since when.
    pub(super) since: Duration,
    /// When it is asked for.
    pub(super) due: Duration,
    /// Whether another has asked since it was asked for here. Whoever asks for everything, in
    /// vain, does not silence the others.
    is_postponed: bool,
}

impl Asking {
    pub(super) fn new(now: Duration, rng: &mut Rng) -> Self {
        let due = now + rng.between(WAIT_LEAST, WAIT_MOST);
        Self {
            since: now,
            due,
            is_postponed: false,
        }
    }

    /// It is asked for now.
    pub(super) fn asked(&mut self, now: Duration, rng: &mut Rng) {
        self.is_postponed = false;
        self.due = now + ANSWER + rng.between(WAIT_LEAST, WAIT_MOST);
    }

    /// Another asks for as much: the answer mends this too.
    pub(super) fn other_asks(&mut self, now: Duration, rng: &mut Rng) {
        if !std::mem::replace(&mut self.is_postponed, true) {
            self.due = now + ANSWER + rng.between(WAIT_LEAST, WAIT_MOST);
        }
    }
}
