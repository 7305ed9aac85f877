//! One connection, as the hub sees it: how far it is, what comes and goes on it, and how much it
//! may say.

use core::net::SocketAddr;
use std::time::Duration;

use super::incoming::{Heard, Incoming};
use super::outgoing::Outgoing;
use crate::protocol::rate::TokenBucket;
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
    /// One token a message. What is beyond it is not dropped: the client is read later.
    pub(super) budget: TokenBucket,
    /// When the hub looks at it again, as the hub's agenda has it.
    pub(super) due: Option<Duration>,
    /// Whether the hub's list of those to write to has it.
    pub(super) is_listed: bool,
}

impl Client {
    pub(super) fn new(address: SocketAddr, budget: TokenBucket, until: Duration) -> Self {
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
