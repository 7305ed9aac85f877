//! Leaving: what is still to be sent is sent, the others are asked to acknowledge it, and the
//! farewell is repeated; each with a deadline.

use std::time::Duration;

use super::command::Leave;

/// Longest wait for acknowledgements after the end of the input.
const END_OF_INPUT_WAIT: Duration = Duration::from_secs(3);
/// The same after a typed farewell.
const FAREWELL_WAIT: Duration = Duration::from_millis(400);
/// A member that is silent for this long after it was asked does not hold anybody back.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
/// Interval between two requests for acknowledgements.
const REQUEST_INTERVAL: Duration = Duration::from_millis(250);
/// Longest time that the farewell is repeated.
const REPEAT_WAIT: Duration = Duration::from_millis(500);

/// How far this member has come with leaving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Leaving {
    /// It stays.
    #[default]
    No,
    /// It sends what is still to be sent.
    Sending { wait: Duration },
    /// It waits for acknowledgements.
    Waiting {
        since: Duration,
        until: Duration,
        again_at: Duration,
    },
    /// It repeats the farewell.
    Parting { until: Duration },
    /// It has left.
    Left,
}

/// What leaving wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeavingEvent {
    /// Ask everybody to acknowledge.
    RequestAcks,
    /// Say farewell.
    SayFarewell,
}

/// How far the network is with what this member said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// Whether all of it was sent.
    pub(super) is_sent: bool,
    /// Whether everybody who answers has acknowledged all of it. "Answers" means: was heard since
    /// [`Leaving::answers_since`].
    pub(super) is_settled: bool,
    /// Whether the farewell was repeated often enough.
    pub(super) is_gone: bool,
}

impl Leaving {
    /// Begins to leave, or leaves faster.
    pub(super) fn handle(&mut self, now: Duration, leave: Leave) -> Option<LeavingEvent> {
        match (leave, *self) {
            (_, Self::Parting { .. } | Self::Left) => None,
            (Leave::Signal, _) => Some(self.part(now)),
            (Leave::Farewell, Self::No) => self.begin(FAREWELL_WAIT),
            (Leave::EndOfInput, Self::No) => self.begin(END_OF_INPUT_WAIT),
            (Leave::Farewell | Leave::EndOfInput, _) => None,
        }
    }

    fn begin(&mut self, wait: Duration) -> Option<LeavingEvent> {
        *self = Self::Sending { wait };
        None
    }

    fn part(&mut self, now: Duration) -> LeavingEvent {
        let until = now + REPEAT_WAIT;
        *self = Self::Parting { until };
        LeavingEvent::SayFarewell
    }

    /// The next thing to do; to be repeated until there is none.
    pub(super) fn poll(&mut self, now: Duration, progress: Progress) -> Option<LeavingEvent> {
        match *self {
            Self::Sending { wait } if progress.is_sent => {
                *self = Self::Waiting {
                    since: now,
                    until: now + wait,
                    again_at: now + REQUEST_INTERVAL,
                };
                Some(LeavingEvent::RequestAcks)
            }
            Self::Waiting { until, .. } if progress.is_settled || now >= until => {
                Some(self.part(now))
            }
            Self::Waiting {
                since,
                until,
                again_at,
            } if now >= again_at => {
                let again_at = now + REQUEST_INTERVAL;
                *self = Self::Waiting {
                    since,
                    until,
                    again_at,
                };
                Some(LeavingEvent::RequestAcks)
            }
            Self::Parting { until } if progress.is_gone || now >= until => {
                *self = Self::Left;
                None
            }
            _ => None,
        }
    }

    /// Since when a member must have been heard to be waited for.
    pub(super) fn answers_since(&self, now: Duration) -> Duration {
        match *self {
            Self::Waiting { since, .. } if now >= since + ANSWER_WAIT => since,
            _ => Duration::ZERO,
        }
    }

    /// Whether this member stays.
    pub(super) fn stays(&self) -> bool {
        *self == Self::No
    }

    /// When to poll again.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match *self {
            Self::No | Self::Left => None,
            Self::Sending { .. } => Some(now + REQUEST_INTERVAL),
            Self::Waiting {
                until, again_at, ..
            } => Some(until.min(again_at)),
            Self::Parting { until } => Some(until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Progress = Progress {
        is_sent: false,
        is_settled: false,
        is_gone: false,
    };
    const SENT: Progress = Progress {
        is_sent: true,
        ..NOTHING
    };
    const SETTLED: Progress = Progress {
        is_settled: true,
        ..SENT
    };
    const GONE: Progress = Progress {
        is_gone: true,
        ..SETTLED
    };

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn what_was_said_is_sent_and_acknowledged_before_the_farewell() {
        let mut leaving = Leaving::default();
        assert!(leaving.stays());
        assert_eq!(leaving.handle(ms(0), Leave::EndOfInput), None);
        assert!(!leaving.stays());
        assert_eq!(leaving.poll(ms(1), NOTHING), None);
        let asks = Some(LeavingEvent::RequestAcks);
        assert_eq!(leaving.poll(ms(2), SENT), asks);
        assert_eq!(leaving.poll(ms(3), SENT), None);
        assert_eq!(leaving.poll(ms(252), SENT), asks);
        let says = Some(LeavingEvent::SayFarewell);
        assert_eq!(leaving.poll(ms(300), SETTLED), says);
        assert_eq!(leaving.poll(ms(301), SETTLED), None);
        assert_eq!(leaving.poll(ms(302), GONE), None);
        assert_eq!(leaving, Leaving::Left);
    }

    #[test]
    fn nobody_waits_for_ever() {
        for (leave, wait) in [(Leave::EndOfInput, 3000), (Leave::Farewell, 400)] {
            let mut leaving = Leaving::default();
            leaving.handle(ms(0), leave);
            leaving.poll(ms(0), SENT);
            assert_ne!(
                leaving.poll(ms(wait - 1), SENT),
                Some(LeavingEvent::SayFarewell)
            );
            assert_eq!(
                leaving.poll(ms(wait), SENT),
                Some(LeavingEvent::SayFarewell)
            );
            assert_eq!(leaving.poll(ms(wait + 499), SENT), None);
            assert_ne!(leaving, Leaving::Left);
            assert_eq!(leaving.poll(ms(wait + 500), SENT), None);
            assert_eq!(leaving, Leaving::Left);
        }
    }

    #[test]
    fn a_signal_leaves_at_once_and_once() {
        let mut leaving = Leaving::default();
        leaving.handle(ms(0), Leave::EndOfInput);
        let says = Some(LeavingEvent::SayFarewell);
        assert_eq!(leaving.handle(ms(5), Leave::Signal), says);
        assert_eq!(leaving.handle(ms(6), Leave::Signal), None);
        assert_eq!(leaving.next_time(ms(6)), Some(ms(505)));
    }

    #[test]
    fn members_that_do_not_answer_are_waited_for_a_second() {
        let mut leaving = Leaving::default();
        leaving.handle(ms(0), Leave::EndOfInput);
        leaving.poll(ms(100), SENT);
        assert_eq!(leaving.answers_since(ms(1099)), Duration::ZERO);
        assert_eq!(leaving.answers_since(ms(1100)), ms(100));
    }
}
