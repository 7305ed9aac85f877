//! One member as a value: gate, seal, wire and engine together. The simulator and `chat` drive it
//! in the same way, and move only bytes and time:
//!
//! ```text
//! on_datagram, on_group_datagram,
//! on_plain, say, on_time                     something comes in; after each call
//! poll_send                                  until there is nothing to send,
//! poll_event                                 until there is no event,
//! next_time                                  the deadline of the next on_time
//! ```
//!
//! # Two members
//!
//! A node has no socket and no clock, so that two of them meet in a loop of pretend milliseconds:
//!
//! ```
//! use std::time::Duration;
//!
//! use roda::protocol::engine::{Setup, config::HISTORY_BYTES, event::EngineEvent};
//! use roda::protocol::wire::frame::{beat::Link, durable::Role};
//! use roda::protocol::wire::private::Secrets;
//! use roda::protocol::wire::seal::{Seal, signer::Signer};
//! use roda::protocol::{message::Name, node::Node, time::Moment};
//!
//! // The time since the start of this world, and in milliseconds since 1970.
//! let moment = |ms: u64| Moment {
//!     time: Duration::from_millis(ms),
//!     wall_ms: 1_790_000_000_000 + ms,
//! };
//! // A real program takes every seed and secret from the system's randomness.
//! let member = |number: u8, name: &str| {
//!     let setup = Setup {
//!         signer: Signer::from_seed(&[number; 32]),
//!         session: 1_790_000_000 << 32 | u64::from(number),
//!         replaces: None,
//!         role: Role::Person,
//!         is_archived: false,
//!         depth_bytes: HISTORY_BYTES,
//!         name: Name::parse(name)?,
//!         seal: Seal::public(None),
//!         mirror_port: None,
//!         link: Link::Wired,
//!         seed: u64::from(number),
//!         secrets: Secrets::new([number; 32].into()),
//!     };
//!     Ok::<Node, roda::protocol::message::NameFault>(Node::new(setup, moment(0)))
//! };
//! let (mut ana, mut bia) = (member(1, "ana")?, member(2, "bia")?);
//! let ana_address = ([10, 0, 0, 1], 40_001).into();
//! let bia_address = ([10, 0, 0, 2], 40_002).into();
//!
//! ana.say(moment(0), "shall we meet at noon?")?;
//! let mut shown = Vec::new();
//! for now in (0..1000).map(moment) {
//!     ana.on_time(now);
//!     bia.on_time(now);
//!     // `transmit.to` says which members a datagram is for; here there is only one other.
//!     while let Some(transmit) = ana.poll_send(now) {
//!         bia.on_datagram(now, ana_address, &transmit.bytes);
//!     }
//!     while let Some(transmit) = bia.poll_send(now) {
//!         ana.on_datagram(now, bia_address, &transmit.bytes);
//!     }
//!     while let Some(event) = bia.poll_event() {
//!         if let EngineEvent::Said(said) = event {
//!             shown.push(format!("{}: {}", said.who.name, said.text));
//!         }
//!     }
//!     while ana.poll_event().is_some() {}
//! }
//! assert_eq!(shown, ["ana: shall we meet at noon?"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/two_nodes.rs` does the same over a link that loses datagrams.

mod counts;
mod guests;
mod relay;
mod stored;
mod streams;

use core::net::SocketAddr;
use std::time::Duration;

use super::engine::event::{Delivery, EngineEvent, MessageId, NamedKey, SayError, Transmit};
use super::engine::roster::Roster;
use super::engine::streams::Way;
use super::engine::{Engine, Setup};
use super::gate::Gate;
use super::message::Name;
use super::time::Moment;
use super::wire::frame::Key;
use super::wire::frame::beat::Link;
use super::wire::seal::Seal;

/// One member of a room.
#[derive(Debug)]
pub struct Node {
    gate: Gate,
    seal: Seal,
    engine: Engine,
    /// The plaintext of the last datagram, kept to reuse its memory.
    inside: Vec<u8>,
}

impl Node {
    /// A member that has just come.
    #[must_use]
    pub fn new(setup: Setup, now: Moment) -> Self {
        Self {
            gate: Gate::default(),
            seal: setup.seal.clone(),
            engine: Engine::new(setup, now),
            inside: Vec::new(),
        }
    }

    /// Takes in a datagram of the frame wire that was sent to the group.
    pub fn on_group_datagram(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) {
        if !self.gate.is_misdirected(datagram) {
            self.take_in(now, source, (datagram, Way::Group));
        }
    }

    /// Takes in a datagram of the frame wire that came to this member's own socket.
    pub fn on_datagram(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) {
        self.take_in(now, source, (datagram, Way::Unicast));
    }

    /// Takes in a datagram of the plain wire.
    pub fn on_plain(&mut self, now: Moment, source: SocketAddr, datagram: &[u8]) {
        self.engine.hear_plain(now, source, datagram);
    }

    /// Runs every timer that is due.
    pub fn on_time(&mut self, now: Moment) {
        self.engine.on_time(now);
    }

    /// The deadline of the next [`Node::on_time`] and [`Node::poll_send`].
    #[must_use]
    pub fn next_time(&self, now: Duration) -> Option<Duration> {
        self.engine.next_time(now)
    }

    /// Says a message of at most `config::TEXT_MAX_BYTES`. [`EngineEvent::Sent`] reports its id
    /// once it is in a frame.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say(&mut self, now: Moment, text: &str) -> Result<(), SayError> {
        self.engine.say(now, text)
    }

    /// Says what this member's person does, in at most `config::ACTION_MAX_BYTES`. Its id comes
    /// with [`EngineEvent::Sent`].
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn act(&mut self, now: Moment, text: &str) -> Result<(), SayError> {
        self.engine.act(now, text)
    }

    /// Says a text of at most `private::PRIVATE_MAX_BYTES` to all sessions of one person that are
    /// here under a name. Returns how many these are; each has an [`EngineEvent::Sent`] of its own.
    ///
    /// # Errors
    /// [`SayError::TooLong`].
    pub fn say_private(&mut self, name: &Name, key: Key, text: &str) -> Result<usize, SayError> {
        self.engine.say_private(name, key, text)
    }

    /// Changes a message of this person's to a text of at most `config::TEXT_MAX_BYTES`.
    /// [`EngineEvent::AmendmentSent`] reports when the change is in a frame.
    ///
    /// # Errors
    /// [`SayError`].
    pub fn edit(&mut self, now: Moment, of: &MessageId, text: &str) -> Result<(), SayError> {
        self.engine.edit(now, of, text)
    }

    /// Withdraws a message of this person's; see [`Node::edit`].
    ///
    /// # Errors
    /// [`SayError`].
    pub fn delete(&mut self, now: Moment, of: &MessageId) -> Result<(), SayError> {
        self.engine.delete(now, of)
    }

    /// Whether there is room for more to say.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.engine.has_room()
    }

    /// Asks everybody to acknowledge at once.
    pub fn request_acks(&mut self, now: Moment) {
        self.engine.request_acks(now);
    }

    /// Whether all that was said was sent, to members at least.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.engine.is_sent()
    }

    /// Whether all that was said was sent, and acknowledged by all members heard since a time.
    #[must_use]
    pub fn is_settled(&self, since: Duration) -> bool {
        self.engine.is_settled(since)
    }

    /// How many persons have all that was said, also if they have left since.
    #[must_use]
    pub fn holders(&self) -> usize {
        self.engine.holders()
    }

    /// The newest numbered frame that was made.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.engine.newest()
    }

    /// The members that are here and lack something that was said.
    #[must_use]
    pub fn waiting(&self) -> Vec<NamedKey> {
        self.engine.waiting()
    }

    /// Says farewell, and nothing that still waits before it.
    pub fn leave(&mut self) {
        self.engine.leave();
    }

    /// Whether the farewell was said, and repeated often enough.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.engine.is_gone()
    }

    /// Says hello again, because the machine slept or has another interface.
    pub fn announce(&mut self, now: Moment) {
        self.engine.announce(now);
    }

    /// What carries our multicast from now on, and the longest datagram that it carries whole.
    pub fn set_link(&mut self, link: Link, datagram_bytes: usize) {
        self.engine.set_link(link, datagram_bytes);
    }

    /// Goes by another name from now on. Only while [`Node::is_sent`].
    pub fn rename(&mut self, now: Moment, name: &Name) {
        self.engine.rename(now, name);
    }

    /// The next datagram to send.
    pub fn poll_send(&mut self, now: Moment) -> Option<Transmit> {
        self.engine.poll_send(now)
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<EngineEvent> {
        self.engine.poll_event()
    }

    /// The newest messages that are held, in the order that all members agree on.
    #[must_use]
    pub fn history(&self, count: usize) -> Vec<Delivery> {
        self.engine.history(count)
    }

    /// This member's person.
    #[must_use]
    pub fn key(&self) -> Key {
        self.engine.key()
    }

    /// The members that are here and were here.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        self.engine.roster()
    }
}

/// A node may move to another thread: this compiles only for what may.
const fn is_send<T: Send>() {}
const _: () = is_send::<Node>();
