//! The hub of TR2.23, without sockets: it knows the clients, and sends each message to those whom
//! its operation names. The driver hands in what happened (`connect`, `on_bytes`, `on_end`,
//! `on_lost`, `on_writable`, `on_time`) and then does what [`Hub::poll`] asks for, until that asks
//! to wait. This file routes: `operations` holds what clients may do, `client` one connection,
//! `incoming` and `outgoing` its two directions, `proof` what makes a moderator; `joiner` is the
//! other end of the connection.

mod client;
pub mod event;
mod incoming;
pub mod joiner;
mod names;
mod operations;
mod outgoing;
mod places;
mod proof;
#[cfg(test)]
mod tests;
mod turns;

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use self::client::{Client, ClientState};
use self::event::{HubEvent, LeaveReason, Refusal};
use self::incoming::Received;
use self::names::Names;
pub use self::outgoing::{BACKLOG_MAX_BYTES, BACKLOGS_MAX_BYTES, QUIET_QUEUE_MAX};
use self::outgoing::{MessageKind, QueuedMessage, Round};
use self::places::Places;
pub use self::places::UNNAMED_MAX;
use self::proof::Challenges;
pub use self::proof::{ModeratorKey, ModeratorSecret, NoMemory, Salt};
use self::turns::Turn;
use crate::protocol::message::Name;
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::tr2::{ALL_CLIENTS, Message, SERVER, SERVER_CLOSED, operation};

/// How long a client may take to send its name, and again to prove it.
pub const NAME_WAIT: Duration = Duration::from_secs(10);

/// How long a client that leaves may take to receive what is queued for it.
pub const LINGER: Duration = Duration::from_secs(2);

/// Connections over the limit that are sent the reason before they are closed.
const TURNED_AWAY_MAX: usize = 64;

/// Framed bytes of one round. When there are more, the driver should poll before it reads on.
const ROUND_MAX_BYTES: usize = 1 << 20;

/// The hub's settings.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The names of moderators. Without any, every client may close the hub.
    pub moderators: BTreeSet<Name>,
    /// The key by which moderators prove to be one.
    pub moderator_key: Option<ModeratorKey>,
    /// Clients that have joined, at once.
    pub connections_max: usize,
    /// The same from one address.
    pub per_address_max: Option<usize>,
    /// Messages per second that one client may send.
    pub rate_per_s: u32,
}

/// What the driver is to do next.
#[derive(Debug)]
pub enum Output<'h> {
    /// Write these parts to the client's socket, one after the other, and report by
    /// [`Hub::on_written`] how many bytes it took, or call [`Hub::on_lost`].
    Write {
        /// The client's number.
        client: u32,
        /// The bytes. Many clients share the same ones.
        parts: Vec<&'h [u8]>,
    },
    /// Find out how much the client's host has acknowledged of what its socket took, and report it
    /// by [`Hub::on_acknowledgement`].
    CheckAcknowledged {
        /// The client's number.
        client: u32,
    },
    /// Call [`Hub::on_writable`] once the client's socket takes bytes again.
    NotifyWritable {
        /// The client's number.
        client: u32,
    },
    /// End the client's connection.
    End {
        /// The client's number.
        client: u32,
        /// How much of the connection ends.
        ending: Ending,
    },
    /// Log this event.
    Log(HubEvent),
    /// Nothing is left to do: wait for a socket, and call [`Hub::on_time`] at this time at the
    /// latest. Always the last output.
    Wait(Option<Duration>),
}

/// How much of a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Our direction, because everything was sent. What still comes is ignored.
    Sending,
    /// Both directions.
    Both,
}

/// See the module's documentation. Times are the driver's, and never run backwards.
#[derive(Debug)]
pub struct Hub {
    rules: Rules,
    challenges: Challenges,
    clients: BTreeMap<u32, Client>,
    names: Names,
    places: Places,
    next_id: u32,
    round: Round,
    /// The clients for which something may be written.
    to_write: VecDeque<u32>,
    /// The client that is being written to.
    turn: Option<Turn>,
    /// When each client must be looked at.
    agenda: BTreeSet<(Duration, u32)>,
    /// Bytes that wait for all clients together.
    backlog_bytes: usize,
    blocked: VecDeque<u32>,
    endings: VecDeque<(u32, Ending)>,
    events: VecDeque<HubEvent>,
    is_closing: bool,
}

impl Hub {
    /// An empty hub. `seed` is 32 bytes from the system's random source.
    #[must_use]
    pub fn new(rules: Rules, seed: [u8; 32]) -> Self {
        Self {
            rules,
            challenges: Challenges::new(seed),
            clients: BTreeMap::new(),
            names: Names::default(),
            places: Places::default(),
            next_id: 0,
            round: Round::default(),
            to_write: VecDeque::new(),
            turn: None,
            agenda: BTreeSet::new(),
            backlog_bytes: 0,
            blocked: VecDeque::new(),
            endings: VecDeque::new(),
            events: VecDeque::new(),
            is_closing: false,
        }
    }

    /// Takes a new connection in and returns its number. The client is asked for its name, or told
    /// why it is refused. `None` if the driver is to close the connection at once.
    pub fn connect(&mut self, now: Duration, address: SocketAddr) -> Option<u32> {
        let refusal = self.refusal_for(address);
        let is_flood = self.places.unnamed() >= TURNED_AWAY_MAX;
        if self.is_closing || is_flood && refusal.is_some() {
            return None;
        }
        if let Some(surplus) = self.places.surplus() {
            self.leave(now, surplus, LeaveReason::Lost);
            self.end(surplus);
        }
        let id = self.next_id;
        self.next_id += 1;
        let per_s = f64::from(self.rules.rate_per_s.max(1));
        let budget = TokenBucket::new(per_s, per_s, now);
        let client = Client::new(address, budget, now + NAME_WAIT);
        self.clients.insert(id, client);
        self.places.add_unnamed(address.ip(), id);
        match refusal {
            Some(why) => self.refuse(now, id, why),
            None => self.send_as_hub(id, "client", operation::NAME, None),
        }
        self.schedule(now, id);
        Some(id)
    }

    fn refusal_for(&self, address: SocketAddr) -> Option<Refusal> {
        let from_there = self.places.joined_from(address.ip());
        if self.names.len() >= self.rules.connections_max {
            Some(Refusal::Full)
        } else if self
            .rules
            .per_address_max
            .is_some_and(|max| from_there >= max)
        {
            Some(Refusal::AddressFull)
        } else {
            None
        }
    }

    /// Bytes came from a client.
    pub fn on_bytes(&mut self, now: Duration, id: u32, bytes: &[u8]) {
        if let Some(client) = self
            .clients
            .get_mut(&id)
            .filter(|client| !client.is_leaving())
        {
            client.incoming.push(now, bytes);
            self.take_messages(now, id);
        }
    }

    /// When the driver may read from a client again that has sent too much; `None` if it may now.
    /// To be asked before each read, the end included: until then, messages may wait that were
    /// read and not handled.
    #[must_use]
    pub fn reads_again_at(&self, now: Duration, id: u32) -> Option<Duration> {
        let client = self.clients.get(&id).filter(|client| client.is_held)?;
        Some(client.budget.in_debt_until().unwrap_or(now).max(now))
    }

    /// A client has ended its direction. It still gets what is queued for it.
    pub fn on_end(&mut self, now: Duration, id: u32) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if !client.is_leaving()
            && let Some(rest) = client.incoming.poll_end()
        {
            self.on_message(now, id, &rest);
        }
        self.leave(now, id, LeaveReason::Closed);
        let state = self.clients.get_mut(&id).map(|client| &mut client.state);
        if let Some(ClientState::Leaving { has_ended, .. }) = state {
            *has_ended = true;
            self.queue_write(id);
        }
    }

    /// A client's connection is lost; the driver has closed it, or does so.
    pub fn on_lost(&mut self, now: Duration, id: u32) {
        self.leave(now, id, LeaveReason::Lost);
        self.remove(id);
    }

    /// A client's socket takes bytes again.
    pub fn on_writable(&mut self, id: u32) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.outgoing.unblock();
            self.queue_write(id);
        }
    }

    /// Whether the driver should poll before it hands in more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.round.bytes() >= ROUND_MAX_BYTES
    }

    /// Runs every timer that is due.
    pub fn on_time(&mut self, now: Duration) {
        // Each client once: a client that has something to write stays due until it is polled.
        let later = self.agenda.split_off(&(now + Duration::from_nanos(1), 0));
        for (_, id) in std::mem::replace(&mut self.agenda, later) {
            let Some(client) = self.clients.get_mut(&id) else {
                continue;
            };
            client.due = None;
            match &client.state {
                ClientState::Nameless { until } if *until <= now => {
                    self.refuse(now, id, Refusal::NoName);
                }
                ClientState::Proving { until, .. } if *until <= now => {
                    let name = client.name.clone();
                    self.refuse(now, id, Refusal::Unproven(name));
                }
                ClientState::Leaving { until, .. } if *until <= now => {
                    self.end(id);
                    continue;
                }
                _ => self.take_messages(now, id),
            }
            self.queue_write(id);
        }
    }

    /// What the driver is to do next, [`Output::Wait`] last. To be called until then after each
    /// batch of calls of the other methods: what is sent to many clients in one batch is written to
    /// each of them at once.
    pub fn poll(&mut self, now: Duration) -> Output<'_> {
        match self.next_turn(now) {
            Some(Turn::Write(client)) => {
                let parts = self.parts(client);
                return Output::Write { client, parts };
            }
            Some(Turn::Check(client)) => return Output::CheckAcknowledged { client },
            Some(Turn::Checked(..)) | None => {}
        }
        if let Some(client) = self.blocked.pop_front() {
            Output::NotifyWritable { client }
        } else if let Some((client, ending)) = self.endings.pop_front() {
            Output::End { client, ending }
        } else if let Some(event) = self.events.pop_front() {
            Output::Log(event)
        } else {
            Output::Wait(self.agenda.first().map(|(at, _)| *at))
        }
    }

    /// Ends a connection at once.
    fn end(&mut self, id: u32) {
        self.endings.push_back((id, Ending::Both));
        self.remove(id);
    }

    /// Notifies every client that the hub closes, and lets no more in. `by` is the client that
    /// asked for it.
    pub fn close(&mut self, now: Duration, by: Option<&str>) {
        if std::mem::replace(&mut self.is_closing, true) {
            return;
        }
        let by = by.map(str::to_owned);
        self.events.push_back(HubEvent::Closing { by });
        let closed = Message {
            from: SERVER,
            to: ALL_CLIENTS,
            operation: operation::BROADCAST,
            data: Some(SERVER_CLOSED),
        };
        let message = self.round.add(&closed.write(), MessageKind::Reply);
        let ids: Vec<u32> = self.clients.keys().copied().collect();
        for id in ids {
            if let Some(client) = self
                .clients
                .get_mut(&id)
                .filter(|client| !client.is_leaving())
            {
                client.outgoing.drop_chat();
                self.send(id, &message);
                self.leave(now, id, LeaveReason::HubClosed);
            }
        }
    }

    /// Whether the hub is closed and the last client is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_closing && self.clients.is_empty()
    }

    /// How many clients have joined.
    #[must_use]
    pub fn size(&self) -> usize {
        self.names.len()
    }

    /// Handles the messages of a client that are complete now.
    fn take_messages(&mut self, now: Duration, id: u32) {
        loop {
            let is_full = self.is_full();
            let client = self.clients.get_mut(&id);
            let Some(client) = client.filter(|client| !client.is_leaving()) else {
                break;
            };
            client.budget.refill(now);
            client.is_held = is_full || client.budget.in_debt_until().is_some();
            if client.is_held {
                break;
            }
            match client.poll(now) {
                Ok(Some(Received::Message(text))) => {
                    client.budget.spend(1.0);
                    self.on_message(now, id, &text);
                }
                Ok(Some(Received::Tail)) => self.on_tail(id),
                Ok(None) => break,
                Err(_) => self.leave(now, id, LeaveReason::Broken),
            }
        }
        self.schedule(now, id);
    }

    /// Queues a message for one client.
    fn send(&mut self, id: u32, message: &QueuedMessage) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.outgoing.queue(message);
            self.queue_write(id);
        }
    }

    /// Sends a message of the hub's own to one client. `to` is its name, or what stands for it.
    fn send_as_hub(&mut self, id: u32, to: &str, operation: &str, data: Option<&str>) {
        let message = Message {
            from: SERVER,
            to,
            operation,
            data,
        };
        let message = self.round.add(&message.write(), MessageKind::Reply);
        self.send(id, &message);
    }

    /// Notes that something may be written to a client.
    fn queue_write(&mut self, id: u32) {
        if let Some(client) = self.clients.get_mut(&id)
            && !std::mem::replace(&mut client.is_queued, true)
        {
            self.to_write.push_back(id);
        }
    }

    /// Notes when a client must be looked at next.
    fn schedule(&mut self, now: Duration, id: u32) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let due = client.next_time(now);
        if due != client.due {
            let scheduled = std::mem::replace(&mut client.due, due);
            scheduled.map(|at| self.agenda.remove(&(at, id)));
            due.map(|at| self.agenda.insert((at, id)));
        }
    }

    /// A client leaves: it is logged, and gets only what is queued for it already.
    fn leave(&mut self, now: Duration, id: u32, why: LeaveReason) {
        let Some(client) = self.clients.get(&id).filter(|client| !client.is_leaving()) else {
            return;
        };
        let event = match client.is_joined() {
            true => HubEvent::Left {
                name: client.name.clone(),
                why,
            },
            false => HubEvent::Refused {
                address: client.address,
                why: Refusal::Gone,
            },
        };
        self.events.push_back(event);
        self.begin_leaving(now, id);
    }

    /// Frees a client's name and ignores its messages from here on.
    fn begin_leaving(&mut self, now: Duration, id: u32) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let name = std::mem::take(&mut client.name);
        if client.is_joined() {
            self.names.remove(&name);
            self.places.leave(client.address.ip(), id);
        }
        client.state = ClientState::Leaving {
            until: now + LINGER,
            is_shut_down: false,
            has_ended: false,
        };
        self.queue_write(id);
        self.schedule(now, id);
    }

    /// Forgets a connection.
    fn remove(&mut self, id: u32) {
        let Some(client) = self.clients.remove(&id) else {
            return;
        };
        client.due.map(|at| self.agenda.remove(&(at, id)));
        self.backlog_bytes -= client.counted_bytes;
        // It has left before, if it had joined.
        self.places.remove_unnamed(client.address.ip(), id);
    }
}
