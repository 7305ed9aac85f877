//! Two people on one TCP connection: detecting whether the peer is a program of ours, exchanging
//! names, exchanging lines. Bytes and times come in; bytes and events go out. This file routes;
//! `incoming` owns the bytes that arrive, `outgoing` the lines that leave. `wire::stream` defines
//! the frames between two programs of ours, `wire::quiet` the rule for a naive one.

mod incoming;
mod outgoing;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use self::incoming::{Incoming, Received};
use self::outgoing::Outgoing;
use super::message::{NAME_MAX_BYTES, Name, split_within};
use super::wire::quiet::Acknowledgement;
pub use super::wire::quiet::MESSAGE_MAX_BYTES;
use super::wire::stream::TooLong;
use super::wire::{Fault, json, plain};

/// How long to wait for a sign of ours before the peer counts as naive.
pub const SIGN_WAIT: Duration = Duration::from_millis(300);

/// How long a message that is coming in delays our own.
const RECEIVING_MAX: Duration = Duration::from_millis(200);

/// Which side opened the connection. Only the caller makes an offer, only the listener waits for
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We connected to the peer.
    Caller,
    /// The peer connected to us.
    Listener,
}

/// How messages travel to a naive peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Text. If we have a name, both names are exchanged first.
    #[default]
    Text,
    /// Objects `{"user","data"}`, which hold the name.
    Json,
}

/// What happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// The peer's name, of at most [`NAME_MAX_BYTES`]. It may contain control characters. At most
    /// once.
    Name {
        /// The name.
        name: String,
        /// Whether it was longer and was cut.
        is_cut: bool,
    },
    /// The peer sent a message. Its texts may contain control characters.
    Message {
        /// The author, if the message names one.
        user: Option<String>,
        /// The text; `None` is `null`.
        data: Option<String>,
    },
    /// The peer sent a JSON object without the keys `user` and `data`: its compact text. A text
    /// within it may contain control characters.
    Object(String),
    /// An empty line was not sent to this peer: in TCP, zero bytes are no message.
    EmptyNotSent,
    /// The listener talks to another, and has closed the connection.
    Busy,
    /// The peer sends nothing more.
    End,
    /// The peer, a program of ours, is gone and did not send its end.
    Vanished,
    /// The peer breaks the framing; the connection is of no more use.
    Broken(TooLong),
}

/// One side of a connection.
#[derive(Debug)]
pub struct Peer {
    dialect: Dialect,
    has_introduction: bool,
    their_name: Option<String>,
    has_sent_end: bool,
    incoming: Incoming,
    outgoing: Outgoing,
    events: VecDeque<PeerEvent>,
}

impl Peer {
    /// A connection that begins now. The caller's driver sends the offer, as urgent data.
    #[must_use]
    pub fn new(role: Role, dialect: Dialect, name: Option<Name>, now: Duration) -> Self {
        Self {
            dialect,
            has_introduction: name.is_some() && dialect == Dialect::Text,
            their_name: None,
            has_sent_end: false,
            incoming: Incoming::new(role, dialect),
            outgoing: Outgoing::new(dialect, name, now + SIGN_WAIT),
            events: VecDeque::new(),
        }
    }

    /// The caller's offer came. The listener's driver reports it before any byte that follows it.
    pub fn on_offer(&mut self) {
        if self.incoming.on_offer() {
            self.outgoing.use_frames();
        }
    }

    /// Bytes came by one read, which took at most [`MESSAGE_MAX_BYTES`] unless the peer has shown
    /// that it is a program of ours: a read is a message of a naive peer.
    pub fn on_bytes(&mut self, now: Duration, bytes: &[u8]) {
        self.incoming.on_bytes(now, bytes);
        self.take_received();
    }

    /// Runs every timer that is due.
    pub fn on_time(&mut self, now: Duration) {
        self.outgoing.on_time(now);
        self.incoming.on_time(now);
        self.take_received();
    }

    /// The peer has ended its direction, or is gone. The bytes that wait become a message.
    pub fn on_end(&mut self) {
        self.incoming.on_end();
        self.take_received();
        // A name that has not come will not come; our lines wait for it no longer.
        self.set_their_name(String::new());
        self.outgoing.use_quiet_rule();
        let is_expected = self.has_sent_end || !self.is_framed();
        self.events.push_back(if is_expected {
            PeerEvent::End
        } else {
            PeerEvent::Vanished
        });
    }

    /// Queues one of our lines.
    pub fn say(&mut self, line: String) {
        self.outgoing.say(line);
    }

    /// Queues an object, which goes as it is.
    pub fn say_object(&mut self, object: String) {
        self.outgoing.say_object(object);
    }

    /// Ends our lines: once all are handed out, the end is sent. To be called before the driver
    /// ends its direction.
    pub fn end(&mut self) {
        self.outgoing.end();
    }

    /// Whether there is room for more lines.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.outgoing.has_room()
    }

    /// Whether every line was handed out by [`Peer::poll_send`].
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.outgoing.is_drained()
    }

    /// Whether the peer has shown that it is a program of ours.
    #[must_use]
    pub fn is_framed(&self) -> bool {
        self.outgoing.is_framed()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    /// The next bytes to send. `acknowledgement` is about everything that was sent
    /// before.
    pub fn poll_send(
        &mut self,
        now: Duration,
        acknowledgement: Acknowledgement,
    ) -> Option<Vec<u8>> {
        // Waits for the end of a message that is coming in, because the answer to our next line
        // must not merge with it.
        if self
            .incoming
            .receiving_since()
            .is_some_and(|since| now < since + RECEIVING_MAX)
        {
            return None;
        }
        let bytes = self.outgoing.poll(now, acknowledgement);
        let empties = std::mem::take(&mut self.outgoing.empties_refused);
        self.events
            .extend((0..empties).map(|_| PeerEvent::EmptyNotSent));
        bytes
    }

    /// When [`Peer::on_time`] or [`Peer::poll_send`] must be called, if nothing comes before.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        [self.outgoing.next_time(now), self.incoming.next_time()]
            .into_iter()
            .flatten()
            .min()
    }

    fn take_received(&mut self) {
        while let Some(received) = self.incoming.poll() {
            match received {
                Received::Ours => self.outgoing.use_frames(),
                Received::Busy => self.events.push_back(PeerEvent::Busy),
                Received::Raw(bytes) => {
                    // A peer that sends text before it has given a sign is a naive program.
                    self.outgoing.use_quiet_rule();
                    self.on_raw(&bytes);
                }
                Received::Name(name) => self.on_name(&String::from_utf8_lossy(&name)),
                Received::Line(line) => self.on_line(String::from_utf8_lossy(&line).into_owned()),
                Received::Object(object) => {
                    if !self.on_object(&object) {
                        self.on_line(String::from_utf8_lossy(&object).into_owned());
                    }
                }
                Received::End => self.has_sent_end = true,
                Received::Broken(too_long) => self.events.push_back(PeerEvent::Broken(too_long)),
            }
        }
    }

    /// A raw message. Some programs end each line with a line break, so that one message may hold
    /// several lines, or the name and the first line.
    fn on_raw(&mut self, bytes: &[u8]) {
        if self.dialect == Dialect::Json && self.on_object(bytes) {
            return;
        }
        for line in String::from_utf8_lossy(bytes).lines() {
            if self.has_introduction && self.their_name.is_none() {
                self.on_name(line);
            } else {
                self.on_line(line.to_owned());
            }
        }
    }

    /// A message in JSON; returns false if it is not an object.
    fn on_object(&mut self, bytes: &[u8]) -> bool {
        self.events.push_back(match plain::decode(bytes) {
            Ok(plain) => PeerEvent::Message {
                user: plain.user.map(Cow::into_owned),
                data: plain.data.map(Cow::into_owned),
            },
            Err(Fault::KeyMissing) => {
                let text = String::from_utf8_lossy(bytes);
                PeerEvent::Object(json::compact(text.trim()).into_owned())
            }
            Err(_) => return false,
        });
        true
    }

    fn on_line(&mut self, line: String) {
        self.events.push_back(PeerEvent::Message {
            user: None,
            data: Some(line),
        });
    }

    fn on_name(&mut self, text: &str) {
        if self.their_name.is_some() {
            return;
        }
        let (name, rest) = split_within(text, NAME_MAX_BYTES);
        let (name, is_cut) = (name.trim().to_owned(), !rest.is_empty());
        self.set_their_name(name.clone());
        if !name.is_empty() {
            self.events.push_back(PeerEvent::Name { name, is_cut });
        }
    }

    /// Notes the peer's name, which may be empty. Our own lines wait until it is known.
    fn set_their_name(&mut self, name: String) {
        self.their_name.get_or_insert(name);
        self.outgoing.end_introduction();
    }
}

#[cfg(test)]
mod tests;
