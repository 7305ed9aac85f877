//! The hub of TR2.23, by its rules: who is in, who hears what. Bytes and times come in; bytes go
//! out by [`Lines`], and the log's events. This file routes: `floor` holds what members may do,
//! `seat` a connection, `ear` and `mouth` its two directions, `proof` what makes a moderator;
//! `joiner` is the other side of the wire.

mod client;
pub mod event;
mod incoming;
pub mod joiner;
mod operations;
mod outgoing;
mod proof;
#[cfg(test)]
mod tests;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use self::client::{Client, ClientState};
use self::event::{HubEvent, LeaveReason, Refusal};
use self::incoming::Heard;
pub use self::outgoing::{BACKLOG_MAX_BYTES, BACKLOGS_MAX_BYTES, Lines, QUIET_QUEUE_MAX};
use self::outgoing::{Round, Saying};
use self::proof::Challenges;
pub use self::proof::ModeratorKey;
use crate::protocol::message::Name;
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::tr2::{ALL_CLIENTS, Message, SERVER, SERVER_CLOSED, operation};

/// How long a connection may take to say its name, and to prove it.
pub const NAME_WAIT: Duration = Duration::from_secs(10);

/// How long the last words to a connection may take.
pub const LINGER: Duration = Duration::from_secs(2);

/// Connections over the limit that are told so before they are closed.
const TURNED_AWAY_MAX: usize = 64;

/// Framed bytes that may be said between two writes; then it is time to write.
const ROUND_MAX_BYTES: usize = 1 << 20;

/// What a hub runs by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The names of moderators. If there are none, anybody may close the hub.
    pub moderators: BTreeSet<Name>,
    /// What moderators prove that they know.
    pub moderator_key: Option<ModeratorKey>,
    /// Connections at once.
    pub connections_max: usize,
    /// Connections at once of one address.
    pub per_address_max: Option<usize>,
    /// Messages per second that one client may say.
    pub rate_per_s: u32,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All is said to it: our direction ends, and what still comes is not listened to.
    Half,
    /// It is closed.
    Whole,
}

/// See the file's head.
#[derive(Debug)]
pub struct Hub {
    rules: Rules,
    challenges: Challenges,
    clients: BTreeMap<u32, Client>,
    names: BTreeMap<String, u32>,
    addresses: BTreeMap<IpAddr, usize>,
    next_seat: u32,
    round: Round,
    /// To whom something may be written.
    listed: Vec<u32>,
    /// Who is to be looked at, and when.
    agenda: BTreeSet<(Duration, u32)>,
    backlog_bytes: usize,
    endings: VecDeque<(u32, Ending)>,
    events: VecDeque<HubEvent>,
    is_closing: bool,
}

impl Hub {
    /// An empty hub; `seed` is 32 bytes that nobody can guess.
    #[must_use]
    pub fn new(rules: Rules, seed: [u8; 32]) -> Self {
        Self {
            rules,
            challenges: Challenges::new(seed),
            clients: BTreeMap::new(),
            names: BTreeMap::new(),
            addresses: BTreeMap::new(),
            next_seat: 0,
            round: Round::default(),
            listed: Vec::new(),
            agenda: BTreeSet::new(),
            backlog_bytes: 0,
            endings: VecDeque::new(),
            events: VecDeque::new(),
            is_closing: false,
        }
    }

    /// Takes a new connection in, which is asked for its name, or told why it may not stay;
    /// `None` if it is to be closed without a word.
    pub fn connect(&mut self, now: Duration, address: SocketAddr) -> Option<u32> {
        let refusal = self.why_not(address);
        let is_flood = self.clients.len() >= self.rules.connections_max + TURNED_AWAY_MAX;
        if self.is_closing || is_flood && refusal.is_some() {
            return None;
        }
        let id = self.next_seat;
        self.next_seat += 1;
        let per_s = f64::from(self.rules.rate_per_s.max(1));
        let budget = TokenBucket::new(per_s, per_s, now);
        let client = Client::new(address, budget, now + NAME_WAIT);
        self.clients.insert(id, client);
        *self.addresses.entry(address.ip()).or_default() += 1;
        match refusal {
            Some(why) => self.refuse(now, id, why),
            None => self.answer(id, "client", operation::NAME, None),
        }
        self.plan(now, id);
        Some(id)
    }

    fn why_not(&self, address: SocketAddr) -> Option<Refusal> {
        let from_there = self.addresses.get(&address.ip()).copied().unwrap_or(0);
        if self.clients.len() >= self.rules.connections_max {
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

    /// Takes in bytes of a connection.
    pub fn hear(&mut self, now: Duration, id: u32, bytes: &[u8]) {
        if let Some(client) = self
            .clients
            .get_mut(&id)
            .filter(|client| !client.is_leaving())
        {
            client.incoming.push(now, bytes);
            self.listen(now, id);
        }
    }

    /// Until when a connection is not to be read, because it says too much.
    #[must_use]
    pub fn closed_until(&self, id: u32) -> Option<Duration> {
        self.clients
            .get(&id)
            .and_then(|client| client.budget.in_debt_until())
    }

    /// Nothing more comes from a connection; what waits for it is still said.
    pub fn hear_end(&mut self, now: Duration, id: u32) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if !client.is_leaving()
            && let Some(rest) = client.incoming.poll_end()
        {
            self.on_message(now, id, &rest);
        }
        self.dismiss(now, id, LeaveReason::Closed);
        if let Some(ClientState::LeaveReason { has_ended, .. }) = self.state_mut(id) {
            *has_ended = true;
            self.list(id);
        }
    }

    fn state_mut(&mut self, id: u32) -> Option<&mut ClientState> {
        self.clients.get_mut(&id).map(|client| &mut client.state)
    }

    /// A connection is lost, and closed.
    pub fn lose(&mut self, now: Duration, id: u32) {
        self.dismiss(now, id, LeaveReason::Lost);
        self.remove(id);
    }

    /// A connection takes bytes again.
    pub fn resume(&mut self, id: u32) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.outgoing.resume();
            self.list(id);
        }
    }

    /// Whether so much was said that it is time to write.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.round.bytes() >= ROUND_MAX_BYTES
    }

    /// Does what time brings about.
    pub fn on_time(&mut self, now: Duration) {
        // Each once: what is to be written now is due until it is.
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
                ClientState::LeaveReason { until, .. } if *until <= now => {
                    self.end(id);
                    continue;
                }
                _ => self.listen(now, id),
            }
            self.list(id);
        }
    }

    /// When [`Hub::on_time`] has something to do.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Writes all that was said to whom it was said, to each at once.
    pub fn write(&mut self, now: Duration, lines: &mut impl Lines) {
        for id in std::mem::take(&mut self.listed) {
            let Some(client) = self.clients.get_mut(&id) else {
                continue;
            };
            client.is_listed = false;
            let outgoing = &mut client.outgoing;
            let (was_blocked, waited_bytes) = (outgoing.is_blocked(), outgoing.backlog_bytes());
            let messages = outgoing.write(now, (id, &client.name), &self.round, lines);
            if messages > 0 {
                let name = client.name.clone();
                self.events.push_back(HubEvent::LeftOut { name, messages });
            }
            let waiting_bytes = outgoing.backlog_bytes();
            self.backlog_bytes = self.backlog_bytes + waiting_bytes - waited_bytes;
            let is_blocked = outgoing.is_blocked();
            let all_full = is_blocked && self.backlog_bytes > BACKLOGS_MAX_BYTES;
            if waiting_bytes > BACKLOG_MAX_BYTES || all_full {
                self.dismiss(now, id, LeaveReason::TooSlow);
                self.end(id);
            } else if is_blocked && !was_blocked {
                lines.watch(id);
            }
            self.say_goodbye(id);
            self.plan(now, id);
        }
        self.round.clear();
    }

    /// Ends our direction of a connection to which all was said, or all of it if all was heard.
    fn say_goodbye(&mut self, id: u32) {
        let Some(client) = self
            .clients
            .get_mut(&id)
            .filter(|client| client.outgoing.is_empty())
        else {
            return;
        };
        if let ClientState::LeaveReason {
            is_told, has_ended, ..
        } = &mut client.state
        {
            if *has_ended {
                self.end(id);
            } else if !std::mem::replace(is_told, true) {
                self.endings.push_back((id, Ending::Half));
            }
        }
    }

    fn end(&mut self, id: u32) {
        self.endings.push_back((id, Ending::Whole));
        self.remove(id);
    }

    /// The next connection to end.
    pub fn poll_ending(&mut self) -> Option<(u32, Ending)> {
        self.endings.pop_front()
    }

    /// The next thing to log.
    pub fn poll_event(&mut self) -> Option<HubEvent> {
        self.events.pop_front()
    }

    /// Tells everybody that the hub closes.
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
        let saying = self.round.add(&closed.write(), false);
        let ids: Vec<u32> = self.clients.keys().copied().collect();
        for id in ids {
            if let Some(client) = self
                .clients
                .get_mut(&id)
                .filter(|client| !client.is_leaving())
            {
                client.outgoing.hurry();
                self.tell(id, &saying);
                self.dismiss(now, id, LeaveReason::HubClosed);
            }
        }
    }

    /// Whether the hub is closed and all are gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_closing && self.clients.is_empty()
    }

    /// How many are in.
    #[must_use]
    pub fn size(&self) -> usize {
        self.names.len()
    }

    /// Takes in the messages that are whole now.
    fn listen(&mut self, now: Duration, id: u32) {
        while let Some(client) = self
            .clients
            .get_mut(&id)
            .filter(|client| !client.is_leaving())
        {
            match client.poll(now) {
                Ok(Some(Heard::Message(text))) => {
                    client.budget.refill(now);
                    client.budget.spend(1.0);
                    self.on_message(now, id, &text);
                }
                Ok(Some(Heard::Tail)) => self.on_tail(id),
                Ok(None) => break,
                Err(_) => self.dismiss(now, id, LeaveReason::Broken),
            }
        }
        self.plan(now, id);
    }

    /// Says something to one connection, once.
    fn tell(&mut self, id: u32, saying: &Saying) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.outgoing.say(saying);
            self.list(id);
        }
    }

    /// Says something to one connection as the hub.
    fn answer(&mut self, id: u32, to: &str, operation: &str, data: Option<&str>) {
        let message = Message {
            from: SERVER,
            to,
            operation,
            data,
        };
        let saying = self.round.add(&message.write(), false);
        self.tell(id, &saying);
    }

    /// Notes that something may be written to a connection.
    fn list(&mut self, id: u32) {
        if let Some(client) = self.clients.get_mut(&id)
            && !std::mem::replace(&mut client.is_listed, true)
        {
            self.listed.push(id);
        }
    }

    /// Notes when a connection is to be looked at.
    fn plan(&mut self, now: Duration, id: u32) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let due = client.next_time(now);
        if due != client.due {
            let planned = std::mem::replace(&mut client.due, due);
            planned.map(|at| self.agenda.remove(&(at, id)));
            due.map(|at| self.agenda.insert((at, id)));
        }
    }

    /// A connection is out: nobody hears it any more, and what was said to it still goes.
    fn dismiss(&mut self, now: Duration, id: u32, why: LeaveReason) {
        let Some(client) = self.clients.get(&id).filter(|client| !client.is_leaving()) else {
            return;
        };
        let event = match client.is_in() {
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
        self.show_out(now, id);
    }

    /// From here on, a connection is only told what it is still to be told.
    fn show_out(&mut self, now: Duration, id: u32) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let name = std::mem::take(&mut client.name);
        if client.is_in() {
            self.names.remove(&name);
        }
        client.state = ClientState::LeaveReason {
            until: now + LINGER,
            is_told: false,
            has_ended: false,
        };
        self.list(id);
        self.plan(now, id);
    }

    /// Forgets a connection.
    fn remove(&mut self, id: u32) {
        let Some(client) = self.clients.remove(&id) else {
            return;
        };
        client.due.map(|at| self.agenda.remove(&(at, id)));
        self.backlog_bytes -= client.outgoing.backlog_bytes();
        let ip = client.address.ip();
        if let Some(count) = self.addresses.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&ip);
            }
        }
    }
}
