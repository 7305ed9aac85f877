//! What a test may look at: the record of a run, its traffic, and the events of members.

use std::time::Duration;

use super::World;
use super::check::Ledger;
use super::traffic::Traffic;
use crate::chat::Chat;
use crate::chat::event::News;
use crate::protocol::node::Node;

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
