//! One connection to the hub: how far it has come, its two directions, and how much it may send.

use core::net::SocketAddr;
use std::time::Duration;

use super::incoming::{Incoming, Received};
use super::outgoing::Outgoing;
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::stream::TooLong;
use crate::protocol::wire::tr2::{BEGINNING_MAX_BYTES, SEPARATOR};

/// How far a connection has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientState {
    /// It has not sent its name; it is refused at this time.
    Nameless { until: Duration },
    /// Its name is a moderator's, which it must prove before this time.
    Proving { challenge: String, until: Duration },
    /// It has joined.
    Joined,
    /// It has left, or was refused. It gets what is still queued for it and is then closed.
    Leaving {
        /// When it is closed at the latest.
        until: Duration,
        /// Whether everything was sent to it and our direction has ended.
        is_shut_down: bool,
        /// Whether its own direction has ended.
        has_ended: bool,
    },
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) state: ClientState,
    /// The name that it has or asks for; empty before it sent one, and after it left.
    pub(super) name: String,
    pub(super) is_moderator: bool,
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
    /// The part of the hub's backlog that is this client's.
    pub(super) counted_bytes: usize,
    /// One token a message, and more for answers that are long. A client in debt loses nothing: it
    /// is read later.
    pub(super) budget: TokenBucket,
    /// Whether messages may wait that were read and not handled.
    pub(super) is_held: bool,
    /// When the hub's agenda has this client.
    pub(super) due: Option<Duration>,
    /// Whether the hub's queue of clients to write to has this client.
    pub(super) is_queued: bool,
}

impl Client {
    /// A client that has just connected, and must send its name before `until`.
    pub(super) fn new(address: SocketAddr, budget: TokenBucket, until: Duration) -> Self {
        Self {
            address,
            state: ClientState::Nameless { until },
            name: String::new(),
            is_moderator: false,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            counted_bytes: 0,
            budget,
            is_held: false,
            due: None,
            is_queued: false,
        }
    }

    pub(super) fn is_joined(&self) -> bool {
        self.state == ClientState::Joined
    }

    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.state, ClientState::Leaving { .. })
    }

    /// The next message that came.
    pub(super) fn poll(&mut self, now: Duration) -> Result<Option<Received>, TooLong> {
        if !self.name.is_empty() {
            return self.incoming.poll(now, &[&self.name]);
        }
        // A client without a name begins its first message with the name that it asks for.
        let waiting = self.incoming.waiting();
        let head = waiting.get(..BEGINNING_MAX_BYTES).unwrap_or(waiting);
        let waiting = String::from_utf8_lossy(head).into_owned();
        let name = waiting.split_once(SEPARATOR).map(|(name, _)| name);
        self.incoming.poll(now, name.as_slice())
    }

    /// When the hub must look at this client, if no bytes come before.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        let message = match self.is_held {
            true => Some(self.budget.in_debt_until().unwrap_or(now)),
            false => self.incoming.next_time(),
        };
        let (message, until) = match &self.state {
            ClientState::Joined => (message, None),
            ClientState::Nameless { until } | ClientState::Proving { until, .. } => {
                (message, Some(*until))
            }
            ClientState::Leaving { until, .. } => (None, Some(*until)),
        };
        let write = self.outgoing.next_time(now);
        [message, until, write].into_iter().flatten().min()
    }
}
