//! Two people on one TCP connection: finding out whether the other is one of us, exchanging
//! names, saying lines. Bytes and times come in; bytes and events go out. This file routes; the
//! ear owns what comes, the mouth what goes. How it looks on the wire is in
//! `wire::stream` (between two of us) and `wire::quiet` (with a naive program).

mod incoming;
mod outgoing;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use self::incoming::{Heard, Incoming};
use self::outgoing::Outgoing;
use super::message::{NAME_MAX_BYTES, Name, split_within};
use super::wire::stream::TooLong;
use super::wire::{Fault, json, plain};

/// How long to wait for a sign before taking the other for naive.
pub const SIGN_WAIT: Duration = Duration::from_millis(300);

/// How long we let the other finish a message before we speak all the same.
const HEARING_MAX: Duration = Duration::from_millis(200);

/// Who called whom. Only the caller makes an offer, only the listener waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Connected.
    Caller,
    /// Was connected to.
    Listener,
}

/// How messages travel to a naive peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Text, after an exchange of names if we have one.
    #[default]
    Text,
    /// Objects `{"user","data"}`, which carry the name.
    Json,
}

/// What the connection tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// The other's name, at most [`NAME_MAX_BYTES`] long, uncleaned; once at most.
    Name {
        /// The name.
        name: String,
        /// Whether it was longer.
        is_cut: bool,
    },
    /// The other said something.
    Message {
        /// Who, where the message itself says so; uncleaned.
        user: Option<String>,
        /// What, uncleaned; `None` is `null`.
        data: Option<String>,
    },
    /// An empty line cannot be sent to this peer: zero bytes are nothing in TCP.
    EmptyNotSent,
    /// The other will say nothing more.
    End,
    /// The other, one of us, is gone without having said so.
    Vanished,
    /// The other breaks the framing; the connection is of no more use.
    Broken(TooLong),
}

/// One side of a connection.
#[derive(Debug)]
pub struct Peer {
    dialect: Dialect,
    has_introduction: bool,
    their_name: Option<String>,
    is_end_told: bool,
    incoming: Incoming,
    outgoing: Outgoing,
    events: VecDeque<PeerEvent>,
}

impl Peer {
    /// A connection that begins now. Sending the offer as urgent data is the caller's driver's.
    #[must_use]
    pub fn new(role: Role, dialect: Dialect, name: Option<Name>, now: Duration) -> Self {
        Self {
            dialect,
            has_introduction: name.is_some() && dialect == Dialect::Text,
            their_name: None,
            is_end_told: false,
            incoming: Incoming::new(role, dialect),
            outgoing: Outgoing::new(dialect, name, now + SIGN_WAIT),
            events: VecDeque::new(),
        }
    }

    /// The caller's offer has come; a listener is told so before any byte that follows it.
    pub fn on_offer(&mut self) {
        if self.incoming.on_offer() {
            self.outgoing.speak_framed();
        }
    }

    /// Bytes have come.
    pub fn on_bytes(&mut self, now: Duration, bytes: &[u8]) {
        self.incoming.on_bytes(now, bytes);
        self.take_heard();
    }

    /// Time has passed.
    pub fn on_time(&mut self, now: Duration) {
        self.outgoing.on_time(now);
        self.incoming.on_time(now);
        self.take_heard();
    }

    /// The other has closed its direction, or is gone. What had not become a message becomes one.
    pub fn on_end(&mut self) {
        self.incoming.on_end();
        self.take_heard();
        // Who has not told a name by now never will; nothing is to wait for it any longer.
        self.their_name.get_or_insert_default();
        self.outgoing.speak_quietly();
        let is_told = self.is_end_told || !self.is_framed();
        self.events.push_back(if is_told {
            PeerEvent::End
        } else {
            PeerEvent::Vanished
        });
    }

    /// Takes one of our lines.
    pub fn say(&mut self, line: String) {
        self.outgoing.say(line);
    }

    /// Says that nothing more will be said, once all is. To be called before the connection's
    /// direction is closed.
    pub fn end(&mut self) {
        self.outgoing.end();
    }

    /// Whether there is room for more lines.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.outgoing.has_room()
    }

    /// Whether everything said has been handed out.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.outgoing.is_drained()
    }

    /// Whether the other has shown that it is one of us.
    #[must_use]
    pub fn is_framed(&self) -> bool {
        self.outgoing.is_framed()
    }

    /// The next thing that the connection tells.
    pub fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    /// Bytes to send now. `is_acknowledged` tells whether the other host has acknowledged all
    /// that was sent so far.
    pub fn poll_send(&mut self, now: Duration, is_acknowledged: bool) -> Option<Vec<u8>> {
        // What comes is let finish: an answer to what we say must not run into it.
        if self
            .incoming
            .is_hearing_since()
            .is_some_and(|since| now < since + HEARING_MAX)
        {
            return None;
        }
        let knows_their_name = self.their_name.is_some();
        let bytes = self.outgoing.poll(now, is_acknowledged, knows_their_name);
        let empties = std::mem::take(&mut self.outgoing.empties_refused);
        self.events
            .extend((0..empties).map(|_| PeerEvent::EmptyNotSent));
        bytes
    }

    /// When something is due although nothing comes.
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        [self.outgoing.next_time(now), self.incoming.next_time()]
            .into_iter()
            .flatten()
            .min()
    }

    fn take_heard(&mut self) {
        while let Some(heard) = self.incoming.poll() {
            match heard {
                Heard::Ours => self.outgoing.speak_framed(),
                Heard::Raw(bytes) => {
                    // Before it has given a sign, the other speaks: a naive program.
                    self.outgoing.speak_quietly();
                    self.on_raw(&bytes);
                }
                Heard::Name(name) => self.on_name(&String::from_utf8_lossy(&name)),
                Heard::Line(line) => self.on_line(String::from_utf8_lossy(&line).into_owned()),
                Heard::End => self.is_end_told = true,
                Heard::Broken(too_long) => self.events.push_back(PeerEvent::Broken(too_long)),
            }
        }
    }

    /// A raw message. Some peers end their lines as files do; a name may so come together with
    /// the first line.
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

    /// A message in JSON; false if it is none. An object without our keys is shown as it is.
    fn on_object(&mut self, bytes: &[u8]) -> bool {
        let (user, data) = match plain::decode(bytes) {
            Ok(plain) => (
                plain.user.map(Cow::into_owned),
                plain.data.map(Cow::into_owned),
            ),
            Err(Fault::KeyMissing) => {
                let text = String::from_utf8_lossy(bytes);
                (None, Some(json::compact(text.trim()).into_owned()))
            }
            Err(_) => return false,
        };
        self.events.push_back(PeerEvent::Message { user, data });
        true
    }

    fn on_line(&mut self, line: String) {
        self.events.push_back(PeerEvent::Message {
            user: None,
            data: Some(line),
        });
    }

    fn on_name(&mut self, told: &str) {
        if self.their_name.is_some() {
            return;
        }
        let (name, rest) = split_within(told, NAME_MAX_BYTES);
        let (name, is_cut) = (name.trim().to_owned(), !rest.is_empty());
        self.their_name = Some(name.clone());
        if !name.is_empty() {
            self.events.push_back(PeerEvent::Name { name, is_cut });
        }
    }
}

#[cfg(test)]
mod tests;
