//! When this member sends beats: at its start, behind its own messages, when a new member came or
//! one asked, and otherwise at regular intervals.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::{
    ACK_GROUP, ACKNOWLEDGE_EVERY, ANSWER_REPEAT, ANSWERS, ANSWERS_IN, FAREWELL_TAIL,
    GREET_PER_MEMBER, HELLO_REPEATS, INSIST, TAIL, TAIL_BEAT_AFTER, TAIL_OF_BURST_GRTT,
};
use crate::protocol::rng::Rng;

/// Time between frames of others and the beat behind them.
const BEAT_BEHIND_OTHERS: Duration = Duration::from_millis(500);

/// Time between two beats that others cause.
const BEAT_AGAIN: Duration = Duration::from_secs(1);

/// When to send beats, and to repeat the last durable frame.
#[derive(Debug, Default)]
pub struct Presence {
    hellos: VecDeque<Duration>,
    tail: VecDeque<Duration>,
    /// How often the last frame was repeated behind its tail.
    insisted: usize,
    is_leaving: bool,
    /// When this member last answered that it is here.
    answered: VecDeque<Duration>,
    beat_at: Option<Duration>,
    beaten_at: Duration,
    has_beaten: bool,
    /// Whether a member came since the last beat, and so knows nothing of this one.
    owes_greeting: bool,
    /// When frames of others are acknowledged by a beat, at the earliest.
    acknowledges_from: Duration,
    /// When the next member that is not proven to be there is invited, at the earliest.
    invites_from: Duration,
}

/// The time within which a new member hears from all.
fn greeted_within(members: usize) -> Duration {
    GREET_PER_MEMBER * u32::try_from(members).unwrap_or(u32::MAX)
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The last durable frame again.
    Repeat,
    /// A beat that looks for members not known yet.
    Hello,
    /// A beat.
    Beat,
    /// The beat behind the last repeat.
    LastBeat,
}

impl Presence {
    /// Plans the beats of a beginning: of a session, on a new interface, or after sleep.
    pub fn begin(&mut self, now: Duration, rng: &mut Rng) {
        let jittered = |after: &Duration| now + after.mul_f64(0.75 + rng.unit() / 2.0);
        self.hellos = HELLO_REPEATS.iter().map(jittered).collect();
        self.hellos.push_front(now);
        self.beat_at = None;
    }

    /// Plans the repeats of a durable frame that is sent now; behind a burst, the first comes
    /// sooner.
    pub fn said(&mut self, now: Duration, burst_grtt: Option<Duration>) {
        let tail = if self.is_leaving { FAREWELL_TAIL } else { TAIL };
        let first = burst_grtt.map(|grtt| grtt * TAIL_OF_BURST_GRTT);
        let first = first.filter(|after| *after < tail[0]);
        let all = first.into_iter().chain(tail);
        self.tail = all.map(|after| now + after).collect();
        self.insisted = 0;
    }

    /// Plans one more repeat, because a member has not acknowledged the frame.
    pub fn insist(&mut self, now: Duration) {
        if let Some(after) = INSIST.get(self.insisted).filter(|_| !self.is_leaving) {
            self.insisted += 1;
            self.tail
                .extend([now + *after, now + *after + TAIL_BEAT_AFTER]);
        }
    }

    /// From now on, plans repeats of the farewell only.
    pub fn leave(&mut self) {
        self.is_leaving = true;
        self.hellos.clear();
        self.beat_at = None;
    }

    /// Whether the farewell was said.
    pub fn is_leaving(&self) -> bool {
        self.is_leaving
    }

    /// Whether the farewell was repeated often enough.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.is_leaving && self.tail.is_empty()
    }

    /// Plans a beat for a new member, a while behind the last one: of many who come at once, most
    /// hear it.
    pub fn announce(&mut self, now: Duration, members: usize, interval: Duration, rng: &mut Rng) {
        let again = self.beaten_at + (interval / 4).min(Duration::from_secs(5));
        let at = now + rng.between(Duration::ZERO, greeted_within(members).min(interval));
        self.beat_by(if self.has_beaten { at.max(again) } else { at });
        self.owes_greeting = true;
    }

    /// Whether a new member has not had a beat of this one. In a small group it gets one before it
    /// hears what this one says, so that it knows who says it, and from where.
    #[must_use]
    pub fn greets_first(&self, members: usize) -> bool {
        self.owes_greeting && !self.is_leaving && members <= ACK_GROUP
    }

    /// Plans a beat for a member that must show that it is there now, which it does when it has
    /// heard somebody; at most one in half an interval, however many such members there are.
    pub fn invite(&mut self, now: Duration, members: usize, interval: Duration, rng: &mut Rng) {
        if now < self.invites_from {
            return;
        }
        self.invites_from = now + interval / 2;
        self.beat_by(now + rng.between(Duration::ZERO, greeted_within(members).min(interval)));
    }

    fn beat_by(&mut self, at: Duration) {
        if !self.is_leaving {
            self.beat_at = Some(self.beat_at.map_or(at, |planned| planned.min(at)));
        }
    }

    /// Plans a beat behind frames of others that this member has sent: at most two in a second.
    pub fn beat_soon(&mut self, now: Duration) {
        self.beat_by(now + BEAT_BEHIND_OTHERS);
    }

    /// Plans a beat that acknowledges frames of others: at most one in a while.
    pub fn acknowledge(&mut self, now: Duration) {
        if now >= self.acknowledges_from {
            self.acknowledges_from = now + ACKNOWLEDGE_EVERY;
            let again = self.beaten_at + BEAT_AGAIN;
            self.beat_by(again.max(now + BEAT_BEHIND_OTHERS));
        }
    }

    /// Whether the last frame was repeated behind its tail.
    #[must_use]
    pub fn has_insisted(&self) -> bool {
        self.insisted > 0
    }

    /// Plans a beat for now.
    pub fn beat_now(&mut self, now: Duration) {
        if !self.is_leaving {
            self.beat_at = Some(now);
        }
    }

    /// Plans two beats, because a member asks whether this one is here; unless it has answered
    /// often lately, which all have heard. Behind a beat that has just left, one more follows after
    /// a while.
    pub fn answer(&mut self, now: Duration) {
        if now < self.beaten_at + BEAT_AGAIN && self.has_beaten {
            return self.beat_by(self.beaten_at + BEAT_AGAIN);
        }
        if self.answered.len() >= ANSWERS {
            if self
                .answered
                .front()
                .is_some_and(|at| now < *at + ANSWERS_IN)
            {
                return;
            }
            self.answered.pop_front();
        }
        self.answered.push_back(now);
        self.beat_now(now);
        if !self.is_leaving && self.hellos.is_empty() {
            self.hellos.push_back(now + ANSWER_REPEAT);
        }
    }

    /// What is due now; the caller repeats this until it is `None`.
    pub fn pop(&mut self, now: Duration) -> Option<Due> {
        if self.tail.front().is_some_and(|at| *at <= now) {
            self.tail.pop_front();
            let is_beat = self.tail.is_empty() && !self.is_leaving;
            return Some(if is_beat { Due::LastBeat } else { Due::Repeat });
        }
        if self.hellos.front().is_some_and(|at| *at <= now) {
            self.hellos.pop_front();
            return Some(Due::Hello);
        }
        self.beat_at.filter(|at| *at <= now).map(|_| Due::Beat)
    }

    /// Notes that a beat was sent; the next follows after the interval, a quarter more or less.
    pub fn beaten(&mut self, now: Duration, interval: Duration, rng: &mut Rng) {
        (self.beaten_at, self.has_beaten) = (now, true);
        self.owes_greeting = false;
        if self.is_leaving {
            return;
        }
        self.beat_at = Some(now + interval.mul_f64(0.75 + rng.unit() / 2.0));
    }

    /// When something is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let times = [
            self.tail.front(),
            self.hellos.front(),
            self.beat_at.as_ref(),
        ];
        times.into_iter().flatten().min().copied()
    }
}
