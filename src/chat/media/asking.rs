//! When something that is lacking is asked for: after a random time, and only if nobody else has
//! asked for as much, because what comes mends all who lack it.

use std::time::Duration;

use crate::protocol::rng::Rng;

/// The shortest wait before a question…
const WAIT_LEAST: Duration = Duration::from_millis(8);

/// …and the longest. Symbols of one picture arrive within this time.
const WAIT_MOST: Duration = Duration::from_millis(16);

/// How much longer it is until the question is asked again: the answer is on its way.
const ANSWER: Duration = Duration::from_millis(10);

/// Something that is lacking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    /// Since when.
    pub(super) since: Duration,
    /// When it is asked for.
    pub(super) due: Duration,
}

impl Asking {
    pub(super) fn new(now: Duration, rng: &mut Rng) -> Self {
        let due = now + rng.between(WAIT_LEAST, WAIT_MOST);
        Self { since: now, due }
    }

    /// It is asked for now, by this member or by another: the answer may mend it.
    pub(super) fn asked(&mut self, now: Duration, rng: &mut Rng) {
        self.due = now + ANSWER + rng.between(WAIT_LEAST, WAIT_MOST);
    }
}
