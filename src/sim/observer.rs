//! What a test may look at: the record of a run, its traffic, and the events of members.

use core::net::SocketAddr;
use std::time::Duration;

use super::check::Ledger;
use super::traffic::{PerSecond, Traffic};
use super::{EPOCH_MS, World};
use crate::chat::Chat;
use crate::chat::event::News;
use crate::protocol::node::Node;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::Seal;

impl World {
    /// The record of what was said, shown and lost.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes the count of what passed over the network since the last call.
    pub fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }

    /// How many bytes a member has received, headers included.
    #[must_use]
    pub fn received_bytes(&self, number: usize) -> u64 {
        self.hosts.get(number).map_or(0, |host| host.received_bytes)
    }

    /// How many bytes a member has sent in each second, headers included, over all its starts.
    #[must_use]
    pub fn sent(&self, number: usize) -> Option<&PerSecond> {
        Some(&self.hosts.get(number)?.sent)
    }

    /// How many frames a member has sent in each second, over all its starts.
    #[must_use]
    pub fn frames(&self, number: usize) -> Option<&PerSecond> {
        Some(&self.hosts.get(number)?.frames)
    }

    /// The address of a member's computer.
    #[must_use]
    pub fn address(&self, number: usize) -> Option<SocketAddr> {
        Some(self.hosts.get(number)?.address)
    }

    /// The name of a member.
    #[must_use]
    pub fn name(&self, number: usize) -> Option<&str> {
        Some(&self.hosts.get(number)?.name)
    }

    /// How often a member did something because time had passed.
    #[must_use]
    pub fn wakes(&self, number: usize) -> u64 {
        self.hosts.get(number).map_or(0, |host| host.wakes)
    }

    /// The key of a member's person.
    #[must_use]
    pub fn key(&self, number: usize) -> Option<Key> {
        Some(self.hosts.get(number)?.signer.key())
    }

    /// The seal of the room.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The time since 1970 by a right clock, in milliseconds.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        EPOCH_MS + self.now.as_millis() as u64
    }

    /// A member's node, while it runs.
    #[must_use]
    pub fn node(&self, number: usize) -> Option<&Node> {
        Some(self.hosts.get(number)?.chat.as_ref()?.node())
    }

    /// From now on keeps every event of a member for its face.
    pub fn record_face(&mut self, number: usize) {
        self.faces.insert(number, Vec::new());
    }

    /// A member's events for its face since [`World::record_face`].
    #[must_use]
    pub fn face(&self, number: usize) -> &[News] {
        self.faces.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Whether a member would take more lines.
    #[must_use]
    pub fn has_room(&self, number: usize) -> bool {
        let chat = self.hosts.get(number).and_then(|host| host.chat.as_ref());
        chat.is_some_and(Chat::has_room)
    }

    /// How many hosts there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.hosts.len()
    }

    /// The time that has passed.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The events of a member, but messages to all.
    #[must_use]
    pub fn told(&self, number: usize) -> &[News] {
        self.ledger.told(number)
    }
}
