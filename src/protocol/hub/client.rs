//! One connection, as the hub sees it: how far it is, what comes and goes on it, and how much it
//! may say.

use core::net::SocketAddr;
use std::time::Duration;

use super::incoming::{Heard, Incoming};
use super::outgoing::Outgoing;
use crate::protocol::wire::stream::TooLong;
use crate::protocol::wire::tr2::SEPARATOR;

/// How far a connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientState {
    /// It has not said its name, and should until then.
    Nameless { until: Duration },
    /// Its name is a moderator's, and it should prove that until then.
    Proving { challenge: String, until: Duration },
    /// It is in.
    In,
    /// It is out, or never was in: its last words go to it, and then at the latest it is closed.
    LeaveReason {
        until: Duration,
        /// Whether all was said to it.
        is_told: bool,
        /// Whether it has said all.
        has_ended: bool,
    },
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) state: ClientState,
    /// What it goes by, or wants to; empty before it said so.
    pub(super) name: String,
    pub(super) is_moderator: bool,
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
    pub(super) budget: Budget,
    /// When the hub looks at it again, as the hub's agenda has it.
    pub(super) due: Option<Duration>,
    /// Whether the hub's list of those to write to has it.
    pub(super) is_listed: bool,
}

impl Client {
    pub(super) fn new(address: SocketAddr, budget: Budget, until: Duration) -> Self {
        Self {
            address,
            state: ClientState::Nameless { until },
            name: String::new(),
            is_moderator: false,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            budget,
            due: None,
            is_listed: false,
        }
    }

    pub(super) fn is_in(&self) -> bool {
        self.state == ClientState::In
    }

    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.state, ClientState::LeaveReason { .. })
    }

    /// The next message that came.
    pub(super) fn poll(&mut self, now: Duration) -> Result<Option<Heard>, TooLong> {
        if !self.name.is_empty() {
            return self.incoming.poll(now, &[&self.name]);
        }
        // Before it has a name, its first message tells it.
        let waiting = String::from_utf8_lossy(self.incoming.waiting()).into_owned();
        let name = waiting.split_once(SEPARATOR).map(|(name, _)| name);
        self.incoming.poll(now, name.as_slice())
    }

    /// When something is due here, if nothing comes.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        let (heard, until) = match &self.state {
            ClientState::In => (self.incoming.next_time(), None),
            ClientState::Nameless { until } | ClientState::Proving { until, .. } => {
                (self.incoming.next_time(), Some(*until))
            }
            ClientState::LeaveReason { until, .. } => (None, Some(*until)),
        };
        let said = self.outgoing.next_time(now);
        [heard, until, said].into_iter().flatten().min()
    }
}

/// How much a client may say: so many messages a second, a second's worth at once. What is said
/// beyond is not dropped: the client is read later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    per_s: f64,
    left: f64,
    filled_at: Duration,
}

impl Budget {
    pub(super) fn new(messages_per_s: u32, now: Duration) -> Self {
        let per_s = f64::from(messages_per_s.max(1));
        Self {
            per_s,
            left: per_s,
            filled_at: now,
        }
    }

    /// Notes that something was said that costs so many messages.
    pub(super) fn spend(&mut self, now: Duration, messages: f64) {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now;
        self.left = (self.left + passed * self.per_s).min(self.per_s) - messages;
    }

    /// Until when it is not to be read, if it has said too much.
    pub(super) fn closed_until(&self) -> Option<Duration> {
        let missing = -self.left / self.per_s;
        (missing > 0.0).then(|| self.filled_at + Duration::from_secs_f64(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_too_much_is_read_later_and_nothing_is_lost() {
        let mut budget = Budget::new(10, Duration::ZERO);
        (0..10).for_each(|_| budget.spend(Duration::ZERO, 1.0));
        assert_eq!(budget.closed_until(), None);
        (0..5).for_each(|_| budget.spend(Duration::ZERO, 1.0));
        assert_eq!(budget.closed_until(), Some(Duration::from_millis(500)));
        budget.spend(Duration::from_secs(60), 1.0);
        assert_eq!(budget.closed_until(), None);
    }
}
