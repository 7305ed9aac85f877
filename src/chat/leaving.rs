//! Leaving: what is still to be sent is sent, the others are asked to acknowledge it, and the
//! farewell is repeated; each with a deadline.

use std::time::Duration;

use super::command::Leave;
use crate::protocol::engine::config::STUCK_AFTER;

/// After the end of the input: longest time in which no frame leaves although some wait. It is a
/// little longer than the send window waits for a receiver that does not keep up, so that one slow
/// machine does not end it.
const STUCK_WAIT: Duration = STUCK_AFTER.saturating_add(Duration::from_millis(500));
/// After the end of the input: longest wait for somebody to be there at all, and then for
/// acknowledgements.
const END_OF_INPUT_WAIT: Duration = Duration::from_secs(3);
/// After a typed farewell: longest time until it is said, whatever still waits to be sent or to be
/// acknowledged.
const FAREWELL_WAIT: Duration = Duration::from_millis(450);
/// A member that is silent for this long after it was asked does not hold anybody back.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
/// Interval between two requests for acknowledgements.
const REQUEST_INTERVAL: Duration = Duration::from_millis(250);
/// Longest time that the farewell is repeated.
const REPEAT_WAIT: Duration = Duration::from_millis(500);

/// How many persons are to have what this member says before it leaves at the end of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience {
    /// How many.
    pub persons: usize,
    /// How long they are waited for.
    pub timeout: Duration,
}

impl Default for Audience {
    /// Somebody at least, who is looked for as long as acknowledgements are waited for.
    fn default() -> Self {
        Self {
            persons: 1,
            timeout: END_OF_INPUT_WAIT,
        }
    }
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Leaving {
    audience: Audience,
    stage: Stage,
    /// How many persons are waited for: none unless the input has ended.
    wanted: usize,
}

/// How far this member has come with leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It stays.
    Staying,
    /// It sends what is still to be sent.
    Sending {
        /// The newest frame that was made when this was last looked at.
        newest: u32,
        /// When it gives up, unless a newer one is made.
        until: Duration,
        /// How long acknowledgements are then waited for.
        wait: Wait,
    },
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

/// How long something is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// So long from when all is sent.
    For(Duration),
    /// Until a time.
    Until(Duration),
}

/// What leaving wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeavingEvent {
    /// Ask everybody who is here to acknowledge.
    RequestAcks,
    /// Drop what waits to be sent, and say farewell.
    SayFarewell,
}

/// How far the network is with what this member said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// The newest frame that was made.
    pub(super) newest: u32,
    /// Whether all of it was sent.
    pub(super) is_sent: bool,
    /// Whether everybody who answers has acknowledged all of it. "Answers" means: was heard since
    /// [`Leaving::answers_since`].
    pub(super) is_settled: bool,
    /// How many persons have all of it.
    pub(super) holders: usize,
    /// Whether the farewell was repeated often enough.
    pub(super) is_gone: bool,
}

impl Leaving {
    pub(super) fn new(audience: Audience) -> Self {
        Self {
            audience,
            stage: Stage::Staying,
            wanted: 0,
        }
    }

    /// Begins to leave, or leaves faster. `has_spoken` is whether this member said anything.
    pub(super) fn handle(
        &mut self,
        now: Duration,
        leave: Leave,
        has_spoken: HasSpoken,
    ) -> Option<LeavingEvent> {
        let newest = 0;
        match (leave, self.stage) {
            (_, Stage::Parting { .. } | Stage::Left) => {}
            (Leave::Signal, _) => return Some(self.part(now)),
            (Leave::Farewell, Stage::Staying) => {
                let until = now + FAREWELL_WAIT;
                let wait = Wait::Until(until);
                self.stage = Stage::Sending {
                    newest,
                    until,
                    wait,
                };
            }
            (Leave::EndOfInput, Stage::Staying) => {
                if has_spoken == HasSpoken::Yes {
                    self.wanted = self.audience.persons;
                }
                let until = now + STUCK_WAIT;
                let wait = Wait::For(self.audience.timeout.max(END_OF_INPUT_WAIT));
                self.stage = Stage::Sending {
                    newest,
                    until,
                    wait,
                };
            }
            (Leave::Farewell | Leave::EndOfInput, _) => {}
        }
        None
    }

    fn part(&mut self, now: Duration) -> LeavingEvent {
        let until = now + REPEAT_WAIT;
        self.stage = Stage::Parting { until };
        LeavingEvent::SayFarewell
    }

    /// The next thing to do; to be repeated until there is none.
    pub(super) fn poll(&mut self, now: Duration, progress: Progress) -> Option<LeavingEvent> {
        match self.stage {
            Stage::Sending { wait, .. } if progress.is_sent => {
                self.stage = Stage::Waiting {
                    since: now,
                    until: match wait {
                        Wait::For(wait) => now + wait,
                        Wait::Until(until) => until,
                    },
                    again_at: now + REQUEST_INTERVAL,
                };
                Some(LeavingEvent::RequestAcks)
            }
            Stage::Sending { until, .. } if now >= until => Some(self.part(now)),
            Stage::Sending {
                newest,
                wait: wait @ Wait::For(_),
                ..
            } if progress.newest > newest => {
                self.stage = Stage::Sending {
                    newest: progress.newest,
                    until: now + STUCK_WAIT,
                    wait,
                };
                None
            }
            Stage::Waiting { until, .. } if self.is_heard(progress) || now >= until => {
                Some(self.part(now))
            }
            Stage::Waiting {
                since,
                until,
                again_at,
            } if now >= again_at => {
                let again_at = now + REQUEST_INTERVAL;
                self.stage = Stage::Waiting {
                    since,
                    until,
                    again_at,
                };
                Some(LeavingEvent::RequestAcks)
            }
            Stage::Parting { until } if progress.is_gone || now >= until => {
                self.stage = Stage::Left;
                None
            }
            _ => None,
        }
    }

    /// Whether all who are waited for have everything.
    fn is_heard(&self, progress: Progress) -> bool {
        progress.is_settled && progress.holders >= self.wanted
    }

    /// Since when a member must have been heard to be waited for.
    pub(super) fn answers_since(&self, now: Duration) -> Duration {
        match self.stage {
            Stage::Waiting { since, .. } if now >= since + ANSWER_WAIT => since,
            _ => Duration::ZERO,
        }
    }

    /// Whether this member stays.
    pub(super) fn stays(&self) -> bool {
        self.stage == Stage::Staying
    }

    /// Whether it has left.
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Left
    }

    /// How many persons were waited for.
    pub(super) fn wanted(&self) -> usize {
        self.wanted
    }

    /// When to poll again.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match self.stage {
            Stage::Staying | Stage::Left => None,
            Stage::Sending { until, .. } => Some(until.min(now + REQUEST_INTERVAL)),
            Stage::Waiting {
                until, again_at, ..
            } => Some(until.min(again_at)),
            Stage::Parting { until } => Some(until),
        }
    }
}

/// Whether a member said anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HasSpoken {
    Yes,
    #[default]
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Progress = Progress {
        newest: 1,
        is_sent: false,
        is_settled: false,
        holders: 0,
        is_gone: false,
    };
    const SENT: Progress = Progress {
        is_sent: true,
        ..NOTHING
    };
    const SETTLED: Progress = Progress {
        is_settled: true,
        holders: 1,
        ..SENT
    };
    const GONE: Progress = Progress {
        is_gone: true,
        ..SETTLED
    };
    const ASKS: Option<LeavingEvent> = Some(LeavingEvent::RequestAcks);
    const SAYS: Option<LeavingEvent> = Some(LeavingEvent::SayFarewell);

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn leaving(leave: Leave) -> Leaving {
        let mut leaving = Leaving::new(Audience::default());
        assert!(leaving.stays());
        assert_eq!(leaving.handle(ms(0), leave, HasSpoken::Yes), None);
        assert!(!leaving.stays());
        leaving
    }

    #[test]
    fn what_was_said_is_sent_and_acknowledged_before_the_farewell() {
        let mut leaving = leaving(Leave::EndOfInput);
        assert_eq!(leaving.poll(ms(1), NOTHING), None);
        assert_eq!(leaving.poll(ms(2), SENT), ASKS);
        assert_eq!(leaving.poll(ms(3), SENT), None);
        assert_eq!(leaving.poll(ms(252), SENT), ASKS);
        assert_eq!(leaving.poll(ms(300), SETTLED), SAYS);
        assert_eq!(leaving.poll(ms(301), SETTLED), None);
        assert_eq!(leaving.poll(ms(302), GONE), None);
        assert!(leaving.is_over());
    }

    #[test]
    fn nobody_waits_for_ever() {
        for (leave, wait) in [(Leave::EndOfInput, 3000), (Leave::Farewell, 450)] {
            let mut leaving = leaving(leave);
            leaving.poll(ms(0), SENT);
            assert_ne!(leaving.poll(ms(wait - 1), SENT), SAYS);
            assert_eq!(leaving.poll(ms(wait), SENT), SAYS);
            assert_eq!(leaving.poll(ms(wait + 499), SENT), None);
            assert!(!leaving.is_over());
            assert_eq!(leaving.poll(ms(wait + 500), SENT), None);
            assert!(leaving.is_over());
        }
    }

    #[test]
    fn sending_goes_on_while_frames_leave_and_ends_when_none_does() {
        let mut ending = leaving(Leave::EndOfInput);
        let progress = |newest| Progress { newest, ..NOTHING };
        for second in 1..100 {
            let now = ms(1000 * u64::from(second));
            assert_eq!(ending.poll(now, progress(second)), None);
        }
        assert_eq!(ending.poll(ms(102_499), progress(99)), None);
        assert_eq!(ending.poll(ms(102_500), progress(99)), SAYS);
        // A person who says farewell does not wait for what is stuck, nor for what is long.
        let mut ending = leaving(Leave::Farewell);
        assert_eq!(ending.poll(ms(449), progress(5)), None);
        assert_eq!(ending.poll(ms(450), progress(6)), SAYS);
    }

    #[test]
    fn somebody_is_looked_for_if_something_was_said() {
        let nobody = Progress {
            holders: 0,
            ..SETTLED
        };
        let mut ending = leaving(Leave::EndOfInput);
        assert_eq!(ending.poll(ms(0), nobody), ASKS);
        assert_ne!(ending.poll(ms(2999), nobody), SAYS);
        assert_eq!(ending.poll(ms(3000), nobody), SAYS);
        assert_eq!(ending.wanted(), 1);
        let mut silent = Leaving::new(Audience::default());
        silent.handle(ms(0), Leave::EndOfInput, HasSpoken::No);
        silent.poll(ms(0), nobody);
        assert_eq!(silent.poll(ms(1), nobody), SAYS);
        assert_eq!(silent.wanted(), 0);
    }

    #[test]
    fn a_wished_audience_is_waited_for_until_its_timeout() {
        let audience = Audience {
            persons: 2,
            timeout: ms(30_000),
        };
        for (holders, is_enough) in [(1, false), (2, true)] {
            let mut ending = Leaving::new(audience);
            ending.handle(ms(0), Leave::EndOfInput, HasSpoken::Yes);
            let progress = Progress { holders, ..SETTLED };
            ending.poll(ms(0), progress);
            assert_eq!(ending.poll(ms(29_999), progress) == SAYS, is_enough);
            assert_eq!(ending.poll(ms(30_000), progress) == SAYS, !is_enough);
        }
    }

    #[test]
    fn a_signal_leaves_at_once_and_once() {
        let mut leaving = leaving(Leave::EndOfInput);
        let signal =
            |leaving: &mut Leaving, at| leaving.handle(ms(at), Leave::Signal, HasSpoken::Yes);
        assert_eq!(signal(&mut leaving, 5), SAYS);
        assert_eq!(signal(&mut leaving, 6), None);
        assert_eq!(leaving.next_time(ms(6)), Some(ms(505)));
    }

    #[test]
    fn members_that_do_not_answer_are_waited_for_a_second() {
        let mut leaving = leaving(Leave::EndOfInput);
        leaving.poll(ms(100), SENT);
        assert_eq!(leaving.answers_since(ms(1099)), Duration::ZERO);
        assert_eq!(leaving.answers_since(ms(1100)), ms(100));
    }
}
