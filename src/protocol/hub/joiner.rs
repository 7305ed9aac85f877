//! A client of the hub. Bytes, times and requests come in; bytes and events go out. It exchanges
//! frames with a hub of ours, and follows the quiet rule with a program of the report.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::incoming::{Incoming, Received};
use super::proof::{ModeratorKey, Salt, read_question};
use crate::protocol::message::Name;
use crate::protocol::wire::pieces::Pieces;
use crate::protocol::wire::quiet::{self, Acknowledgement};
use crate::protocol::wire::stream::{MARKER, PAYLOAD_MAX_BYTES, encode_line};
use crate::protocol::wire::tr2::{
    ALL_CLIENTS, Message, NO_DATA, OFFER, SEPARATOR, SERVER, SERVER_CLOSED, data_room, operation,
};

/// Names of others that are remembered, because merged messages are split where a name begins one.
const KNOWN_MAX: usize = 1024;

/// Messages that may wait to be sent before no more are requested.
const OUTBOX_MAX: usize = 1024;

/// Messages that are remembered until the hub's host has acknowledged them. Of more, the last ones
/// are.
const UNCONFIRMED_MAX: usize = 1024;

/// The text before the names of a list.
const LIST_HEAD: &str = "clients connected: ";

/// What a person requests from the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubRequest {
    /// Send this text back to us.
    Echo(String),
    /// Send the names of all clients.
    List,
    /// Send a text to one client.
    Private {
        /// Its name.
        to: String,
        /// The text.
        text: String,
    },
    /// Send this text to all clients, us too.
    Broadcast(String),
    /// Send this text to all other clients.
    BroadcastNotMe(String),
    /// Let us leave.
    Exit,
    /// Close the hub.
    Close,
    /// Remove the client of this name.
    Remove(String),
    /// An operation that the report's menu does not have; the hub answers that it is unknown.
    Unknown,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinerEvent {
    /// The hub has let us in.
    Joined {
        /// The hub's text.
        text: String,
        /// Whether the hub uses our frames.
        is_framed: bool,
    },
    /// A client sent a text to all or to us.
    Said {
        /// Its name.
        from: String,
        /// Whether it went to us only.
        is_private: bool,
        /// Whether it is our own text: an echo, or one that we sent to all.
        is_own: bool,
        /// The text.
        text: String,
    },
    /// The list of clients.
    List {
        /// The names; a long list may be cut.
        names: Vec<String>,
        /// The list as the hub wrote it.
        text: String,
    },
    /// The hub answers a request, or refuses it.
    Told(String),
    /// The hub refuses to let us in, and closes the connection.
    Refused(String),
    /// The hub asks us to prove that we are a moderator. It waits for [`Joiner::prove_with`].
    ProofAsked {
        /// What the key is derived with.
        salt: Salt,
    },
    /// We have left, or were removed.
    Out(String),
    /// The hub closes.
    Closed,
    /// The hub breaks the framing; the connection is of no more use.
    Broken,
}

/// How far the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JoinerState {
    /// The hub has not asked for our name.
    Arriving,
    /// We have sent our name, and the hub has not answered.
    Named,
    /// The hub uses our frames, and has not let us in yet.
    Framed,
    /// We have joined.
    Joined { is_framed: bool },
    /// It is over.
    Out,
}

/// Whom a text went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Us,
    All,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Joiner {
    name: Name,
    key: Option<ModeratorKey>,
    state: JoinerState,
    incoming: Incoming,
    known: BTreeSet<String>,
    /// The challenge that waits for a key.
    challenge: Option<(Salt, String)>,
    /// Messages that wait until we have joined.
    waiting: VecDeque<String>,
    outbox: quiet::Outbox,
    /// Messages that were handed out, and that the hub's host may not have.
    unconfirmed: VecDeque<String>,
    events: VecDeque<JoinerEvent>,
}

impl Joiner {
    /// A client that has just connected.
    #[must_use]
    pub fn new(name: Name) -> Self {
        let known = [SERVER, name.as_str()].map(str::to_owned);
        Self {
            name,
            key: None,
            state: JoinerState::Arriving,
            incoming: Incoming::default(),
            known: known.into(),
            challenge: None,
            waiting: VecDeque::new(),
            outbox: quiet::Outbox::default(),
            unconfirmed: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Whether the hub has let us in.
    #[must_use]
    pub fn is_in(&self) -> bool {
        matches!(self.state, JoinerState::Joined { .. })
    }

    /// Whether there is room for another request.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.len() < OUTBOX_MAX
    }

    /// Whether every request was handed out by [`Joiner::poll_send`].
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.waiting.is_empty() && self.outbox.is_empty()
    }

    /// How many messages wait to be handed out.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The hub's host has acknowledged all that was handed out.
    pub fn on_confirmed(&mut self) {
        self.unconfirmed.clear();
    }

    /// Begins again, with a new connection: what waits is sent once we are in again. Returns the
    /// texts that were handed out and may not have reached the hub. They are not sent again,
    /// because they may have.
    pub fn reconnect(&mut self) -> Vec<String> {
        self.state = JoinerState::Arriving;
        self.incoming = Incoming::default();
        self.challenge = None;
        let unsent = std::mem::take(&mut self.outbox).take_back();
        let ours = [operation::NAME, operation::MODERATOR];
        for message in unsent.into_iter().rev() {
            let read = Message::read(&message);
            if read.is_some_and(|read| !ours.contains(&read.operation)) {
                self.waiting.push_front(message);
            }
        }
        texts(&std::mem::take(&mut self.unconfirmed))
    }

    /// The texts that were never handed out.
    #[must_use]
    pub fn unsaid(&self) -> Vec<String> {
        texts(&self.waiting)
    }

    /// Proves that we are a moderator, with the key for the salt that was asked for.
    pub fn prove_with(&mut self, key: ModeratorKey) {
        if let Some((_, challenge)) = self.challenge.take_if(|(salt, _)| *salt == key.salt()) {
            let proof = key.proof(&challenge, self.name.as_str());
            let message = Message {
                from: self.name.as_str(),
                to: SERVER,
                operation: operation::MODERATOR,
                data: Some(&proof),
            };
            // Goes before the waiting messages, which the hub accepts only once we have joined.
            self.outbox.push(message.write());
        }
        self.key = Some(key);
    }

    /// Queues a request. A text that does not fit one message goes as several.
    pub fn request(&mut self, request: &HubRequest) {
        let (to, operation, text) = match request {
            HubRequest::Echo(text) => (self.name.as_str(), operation::ECHO, Some(text)),
            HubRequest::List => (SERVER, operation::LIST, None),
            HubRequest::Private { to, text } => (to.as_str(), operation::PRIVATE, Some(text)),
            HubRequest::Broadcast(text) => (ALL_CLIENTS, operation::BROADCAST, Some(text)),
            HubRequest::BroadcastNotMe(text) => {
                (ALL_CLIENTS, operation::BROADCAST_NOT_ME, Some(text))
            }
            HubRequest::Exit => (SERVER, operation::EXIT, None),
            HubRequest::Close => (SERVER, operation::CLOSE, None),
            HubRequest::Remove(name) => (SERVER, operation::REMOVE, Some(name)),
            HubRequest::Unknown => (SERVER, operation::UNKNOWN, None),
        };
        let text = text.map_or(NO_DATA, String::as_str);
        let from = self.name.as_str();
        let room = data_room(from, to, operation);
        for piece in Pieces::new(text, room, char::len_utf8) {
            let message = Message {
                from,
                to,
                operation,
                data: Some(piece),
            };
            self.waiting.push_back(message.write());
        }
    }

    /// Bytes came from the hub.
    pub fn hear(&mut self, now: Duration, bytes: &[u8]) {
        self.incoming.push(now, bytes);
        self.on_time(now);
    }

    /// The hub has ended its direction.
    pub fn hear_end(&mut self) {
        if let Some(rest) = self.incoming.poll_end() {
            self.on_message(&rest);
        }
    }

    /// Runs every timer that is due: a silence ends a message.
    pub fn on_time(&mut self, now: Duration) {
        if self.state == JoinerState::Arriving {
            self.take_question();
        }
        if self.state == JoinerState::Named {
            self.take_marker();
        }
        while self.state != JoinerState::Out {
            // What may be the beginning of the marker is not the beginning of a message.
            if self.state == JoinerState::Named && MARKER.starts_with(self.incoming.waiting()) {
                return;
            }
            let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
            match self.incoming.poll(now, &known) {
                Ok(Some(Received::Message(text))) => self.on_message(&text),
                Ok(Some(Received::Tail)) => {}
                Ok(None) => return,
                Err(_) => {
                    self.state = JoinerState::Out;
                    self.events.push_back(JoinerEvent::Broken);
                }
            }
        }
    }

    /// Takes the hub's question for our name. All its bytes are known, so that it is complete
    /// without a silence behind it.
    fn take_question(&mut self) {
        let question = [SERVER, "client", operation::NAME, NO_DATA].join(SEPARATOR);
        if self.incoming.waiting() == question.as_bytes() {
            self.incoming.take(question.len());
            self.send_name();
        }
    }

    fn take_marker(&mut self) {
        if self.incoming.waiting().starts_with(MARKER) {
            self.incoming.take(MARKER.len());
            self.incoming.expect_frames(PAYLOAD_MAX_BYTES);
            self.state = JoinerState::Framed;
        }
    }

    fn send_name(&mut self) {
        let name = self.name.as_str();
        let fields = [name, SERVER, operation::NAME, name, OFFER];
        self.outbox.push(fields.join(SEPARATOR));
        self.state = JoinerState::Named;
    }

    /// The next bytes to send. `acknowledgement` is about everything that was sent
    /// before.
    pub fn poll_send(
        &mut self,
        now: Duration,
        acknowledgement: Acknowledgement,
    ) -> Option<Vec<u8>> {
        match self.state {
            JoinerState::Framed | JoinerState::Joined { is_framed: true } => {
                let mut messages = self.outbox.take_back();
                if self.is_in() {
                    messages.append(&mut self.waiting);
                    self.unconfirmed.extend(messages.iter().cloned());
                    let surplus = self.unconfirmed.len().saturating_sub(UNCONFIRMED_MAX);
                    self.unconfirmed.drain(..surplus);
                }
                let mut bytes = Vec::new();
                messages
                    .iter()
                    .for_each(|message| encode_line(message, &mut bytes));
                (!bytes.is_empty()).then_some(bytes)
            }
            JoinerState::Joined { is_framed: false } => {
                if self.outbox.is_empty()
                    && let Some(message) = self.waiting.pop_front()
                {
                    self.outbox.push(message);
                }
                let message = self.outbox.poll(now, acknowledgement)?;
                // One goes at a time, once the last one is acknowledged.
                self.unconfirmed = [message.clone()].into();
                Some(message.into_bytes())
            }
            JoinerState::Named => Some(self.outbox.poll(now, acknowledgement)?.into_bytes()),
            JoinerState::Arriving | JoinerState::Out => None,
        }
    }

    /// When [`Joiner::on_time`] or [`Joiner::poll_send`] must be called, if nothing comes before.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        let queued = self.outbox.next_time(now);
        let waiting = (self.is_in() && !self.waiting.is_empty()).then_some(now);
        let message = self.incoming.next_time();
        [queued.or(waiting), message].into_iter().flatten().min()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<JoinerEvent> {
        self.events.pop_front()
    }

    fn on_message(&mut self, text: &str) {
        let Some(message) = Message::read(text) else {
            return self.events.push_back(JoinerEvent::Told(text.to_owned()));
        };
        let data = message.data.unwrap_or_default().to_owned();
        let is_hub = message.from == SERVER;
        if self.known.len() < KNOWN_MAX {
            self.known.insert(message.from.to_owned());
        }
        let event = match message.operation {
            operation::NAME if self.state == JoinerState::Arriving => return self.send_name(),
            operation::MODERATOR if is_hub => match read_question(&data) {
                Some((salt, challenge)) => {
                    self.challenge = Some((salt, challenge.to_owned()));
                    match self.key.take_if(|key| key.salt() == salt) {
                        Some(key) => return self.prove_with(key),
                        None => JoinerEvent::ProofAsked { salt },
                    }
                }
                None => self.leave(JoinerEvent::Broken),
            },
            operation::CONFIRMATION => {
                let is_framed = self.state == JoinerState::Framed;
                self.state = JoinerState::Joined { is_framed };
                let text = data;
                JoinerEvent::Joined { text, is_framed }
            }
            operation::CONNECTION_ERROR => self.leave(JoinerEvent::Refused(data)),
            operation::EXIT => self.leave(JoinerEvent::Out(data)),
            operation::BROADCAST if is_hub && data == SERVER_CLOSED => {
                self.leave(JoinerEvent::Closed)
            }
            operation::LIST => self.on_list(data),
            operation::PRIVATE | operation::ECHO if !is_hub => self.on_text(&message, Audience::Us),
            operation::BROADCAST | operation::BROADCAST_NOT_ME => {
                self.on_text(&message, Audience::All)
            }
            _ => JoinerEvent::Told(data),
        };
        self.events.push_back(event);
    }

    fn on_text(&self, message: &Message<'_>, audience: Audience) -> JoinerEvent {
        JoinerEvent::Said {
            from: message.from.to_owned(),
            is_private: audience == Audience::Us,
            is_own: message.from == self.name.as_str(),
            text: message.data.unwrap_or_default().to_owned(),
        }
    }

    fn on_list(&mut self, text: String) -> JoinerEvent {
        let names = text.strip_prefix(LIST_HEAD).unwrap_or(&text).split(" ,");
        let names: Vec<String> = names
            .map(|name| name.strip_prefix(' ').unwrap_or(name))
            .filter(|name| !name.trim().is_empty())
            .map(|name| name.trim_end().to_owned())
            .collect();
        let room = KNOWN_MAX.saturating_sub(self.known.len());
        self.known.extend(names.iter().take(room).cloned());
        JoinerEvent::List { names, text }
    }

    fn leave(&mut self, event: JoinerEvent) -> JoinerEvent {
        self.state = JoinerState::Out;
        event
    }
}

/// What is said in messages of one of ours.
fn texts(messages: &VecDeque<String>) -> Vec<String> {
    let said = [
        operation::ECHO,
        operation::PRIVATE,
        operation::BROADCAST,
        operation::BROADCAST_NOT_ME,
    ];
    let text = |message: &String| {
        let message = Message::read(message)?;
        let is_said = said.contains(&message.operation);
        message.data.filter(|_| is_said).map(str::to_owned)
    };
    messages.iter().filter_map(text).collect()
}
