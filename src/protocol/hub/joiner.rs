//! The other side of the hub's wire: whoever joins. Bytes, times and what a person wants come in;
//! bytes and events go out. Speaks with a hub of ours in frames, and with a program of the report
//! by the quiet rule.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::incoming::{Incoming, Received};
use super::proof::ModeratorKey;
use crate::protocol::message::Name;
use crate::protocol::wire::pieces::Pieces;
use crate::protocol::wire::quiet;
use crate::protocol::wire::stream::{MARKER, PAYLOAD_MAX_BYTES, encode_line};
use crate::protocol::wire::tr2::{
    ALL_CLIENTS, Message, NO_DATA, OFFER, SEPARATOR, SERVER, SERVER_CLOSED, data_room, operation,
};

/// Names of others that are remembered, to see where merged messages begin.
const KNOWN_MAX: usize = 1024;

/// Messages that may wait to be sent.
const OUTBOX_MAX: usize = 1024;

/// What stands before the names of a list.
const LIST_HEAD: &str = "clients connected: ";

/// What a person wants of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubRequest {
    /// To hear this oneself.
    Echo(String),
    /// To know who is here.
    List,
    /// To tell one person.
    Private {
        /// Whom.
        to: String,
        /// What.
        text: String,
    },
    /// To tell all, oneself too.
    Broadcast(String),
    /// To tell all others.
    BroadcastNotMe(String),
    /// To leave.
    Exit,
    /// To close the hub.
    Close,
    /// To take somebody out.
    Remove(String),
    /// Something that the report's menu does not have, of which the hub is to say so.
    Unknown,
}

/// What the hub told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinerEvent {
    /// We are in.
    Joined {
        /// What the hub says to it.
        text: String,
        /// Whether it is one of us.
        is_framed: bool,
    },
    /// Somebody says something, to all or to us.
    Said {
        /// Who.
        from: String,
        /// Whether it is to us only.
        is_private: bool,
        /// Whether it is our own: an echo, or what we told all.
        is_own: bool,
        /// What.
        text: String,
    },
    /// Who is here.
    List {
        /// The names, as far as the hub told them.
        names: Vec<String>,
        /// As the hub wrote it.
        text: String,
    },
    /// The hub answers to something, or refuses it.
    Told(String),
    /// The hub does not let us in, and ends.
    Refused(String),
    /// We are to prove that we are a moderator, and cannot.
    ProofAsked,
    /// We are out.
    Out(String),
    /// The hub closes.
    Closed,
    /// What comes is not the hub's wire; the connection is of no more use.
    Broken,
}

/// How far we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JoinerState {
    /// The hub has not asked for our name.
    Arriving,
    /// It has been told, and has not answered.
    Named,
    /// The hub is one of us, and has not let us in yet.
    Framed,
    /// We are in.
    In { is_framed: bool },
    /// It is over.
    Out,
}

/// See the file's head.
#[derive(Debug)]
pub struct Joiner {
    name: Name,
    key: Option<ModeratorKey>,
    state: JoinerState,
    incoming: Incoming,
    known: BTreeSet<String>,
    /// What waits until we are in.
    waiting: VecDeque<String>,
    outbox: quiet::Outbox,
    events: VecDeque<JoinerEvent>,
}

impl Joiner {
    /// Somebody who has just connected.
    #[must_use]
    pub fn new(name: Name, key: Option<ModeratorKey>) -> Self {
        let known = [SERVER, name.as_str()].map(str::to_owned);
        Self {
            name,
            key,
            state: JoinerState::Arriving,
            incoming: Incoming::default(),
            known: known.into(),
            waiting: VecDeque::new(),
            outbox: quiet::Outbox::default(),
            events: VecDeque::new(),
        }
    }

    /// Whether the hub has let us in.
    #[must_use]
    pub fn is_in(&self) -> bool {
        matches!(self.state, JoinerState::In { .. })
    }

    /// Whether there is room for another wish.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.len() < OUTBOX_MAX
    }

    /// Whether all that was wished was handed out.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.waiting.is_empty() && self.outbox.is_empty()
    }

    /// Queues what a person wants. A text that does not fit one message goes as several.
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

    /// Takes in bytes of the hub.
    pub fn hear(&mut self, now: Duration, bytes: &[u8]) {
        self.incoming.push(now, bytes);
        self.on_time(now);
    }

    /// Nothing more comes.
    pub fn hear_end(&mut self) {
        if let Some(rest) = self.incoming.poll_end() {
            self.on_message(&rest);
        }
    }

    /// Does what time brings about: silences end messages.
    pub fn on_time(&mut self, now: Duration) {
        if self.state == JoinerState::Arriving {
            self.look_for_question();
        }
        if self.state == JoinerState::Named {
            self.look_for_marker();
        }
        while self.state != JoinerState::Out {
            // The marker must not be taken for the beginning of a message.
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

    /// The hub's question is known to the last byte: no silence need show that it is whole.
    fn look_for_question(&mut self) {
        let question = [SERVER, "client", operation::NAME, NO_DATA].join(SEPARATOR);
        if self.incoming.waiting() == question.as_bytes() {
            self.incoming.take(question.len());
            self.tell_name();
        }
    }

    fn look_for_marker(&mut self) {
        if self.incoming.waiting().starts_with(MARKER) {
            self.incoming.take(MARKER.len());
            self.incoming.expect_frames(PAYLOAD_MAX_BYTES);
            self.state = JoinerState::Framed;
        }
    }

    fn tell_name(&mut self) {
        let name = self.name.as_str();
        let fields = [name, SERVER, operation::NAME, name, OFFER];
        self.outbox.push(fields.join(SEPARATOR));
        self.state = JoinerState::Named;
    }

    /// The next bytes to send. `is_acknowledged` tells whether the hub's host has acknowledged all
    /// that was sent before.
    pub fn poll_send(&mut self, now: Duration, is_acknowledged: bool) -> Option<Vec<u8>> {
        match self.state {
            JoinerState::Framed | JoinerState::In { is_framed: true } => {
                let mut messages = self.outbox.take_back();
                if self.is_in() {
                    messages.append(&mut self.waiting);
                }
                let mut bytes = Vec::new();
                messages
                    .iter()
                    .for_each(|message| encode_line(message, &mut bytes));
                (!bytes.is_empty()).then_some(bytes)
            }
            JoinerState::In { is_framed: false } => {
                if self.outbox.is_empty()
                    && let Some(message) = self.waiting.pop_front()
                {
                    self.outbox.push(message);
                }
                let message = self.outbox.poll(now, is_acknowledged)?;
                Some(message.into_bytes())
            }
            JoinerState::Named => Some(self.outbox.poll(now, is_acknowledged)?.into_bytes()),
            JoinerState::Arriving | JoinerState::Out => None,
        }
    }

    /// When [`Joiner::on_time`] or [`Joiner::poll_send`] has something to do.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        let queued = self.outbox.next_time(now);
        let waiting = (self.is_in() && !self.waiting.is_empty()).then_some(now);
        let heard = self.incoming.next_time();
        [queued.or(waiting), heard].into_iter().flatten().min()
    }

    /// The next thing to show.
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
            operation::NAME if self.state == JoinerState::Arriving => return self.tell_name(),
            operation::MODERATOR if is_hub => return self.prove(&data),
            operation::CONFIRMATION => {
                let is_framed = self.state == JoinerState::Framed;
                self.state = JoinerState::In { is_framed };
                let text = data;
                JoinerEvent::Joined { text, is_framed }
            }
            operation::CONNECTION_ERROR => self.leave(JoinerEvent::Refused(data)),
            operation::EXIT => self.leave(JoinerEvent::Out(data)),
            operation::BROADCAST if is_hub && data == SERVER_CLOSED => {
                self.leave(JoinerEvent::Closed)
            }
            operation::LIST => self.on_list(data),
            operation::PRIVATE | operation::ECHO if !is_hub => self.on_said(&message, true),
            operation::BROADCAST | operation::BROADCAST_NOT_ME => self.on_said(&message, false),
            _ => JoinerEvent::Told(data),
        };
        self.events.push_back(event);
    }

    fn on_said(&self, message: &Message<'_>, is_private: bool) -> JoinerEvent {
        JoinerEvent::Said {
            from: message.from.to_owned(),
            is_private,
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

    fn prove(&mut self, challenge: &str) {
        match &self.key {
            Some(key) => {
                let proof = key.proof(challenge, self.name.as_str());
                let message = Message {
                    from: self.name.as_str(),
                    to: SERVER,
                    operation: operation::MODERATOR,
                    data: Some(&proof),
                };
                // Before all that waits, which nobody hears who is not in.
                self.outbox.push(message.write());
            }
            None => {
                let event = self.leave(JoinerEvent::ProofAsked);
                self.events.push_back(event);
            }
        }
    }

    fn leave(&mut self, event: JoinerEvent) -> JoinerEvent {
        self.state = JoinerState::Out;
        event
    }
}
