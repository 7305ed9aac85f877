//! What somebody does to the pretend network who is no member of it: it records, injects, and
//! speaks with a key of its own.

use core::net::SocketAddr;
use std::sync::Arc;

use super::World;
use crate::protocol::message::NameFault;
use crate::protocol::wire::frame::Key;

impl World {
    /// Members that start from now on check all signatures themselves, as on a real network.
    pub fn share_no_verdicts(&mut self) {
        self.shares_verdicts = false;
    }

    /// Puts a datagram on the network that no member sent.
    pub fn inject(&mut self, from: SocketAddr, bytes: &Arc<[u8]>) {
        for to in 0..self.hosts.len() {
            self.deliver(self.now, (to, false), from, bytes.clone());
        }
    }

    /// Puts a datagram on the network that no member sent, for one member alone.
    pub fn inject_to(&mut self, to: usize, from: SocketAddr, bytes: &Arc<[u8]>) {
        self.deliver(self.now, (to, true), from, bytes.clone());
    }

    /// From now on keeps every datagram sent to the group, so that a test can replay them.
    pub fn tap(&mut self) {
        self.tap = Some(Vec::new());
    }

    /// Takes the datagrams kept since [`World::tap`].
    pub fn tapped(&mut self) -> Vec<Arc<[u8]>> {
        self.tap.take().unwrap_or_default()
    }

    /// Takes the datagrams that members sent to addresses at which no member is, since
    /// [`World::tap`]; each with its address.
    pub fn strays(&mut self) -> Vec<(SocketAddr, Arc<[u8]>)> {
        std::mem::take(&mut self.strays)
    }

    /// Lets somebody speak in the room who is no host: what it says is not held against anybody.
    pub fn admit(&mut self, key: Key) {
        self.ledger.admit(key);
    }

    /// Adds a session with a member's key under another name, on another computer, as a cloned disk
    /// does; returns its number.
    ///
    /// # Errors
    /// A name that cannot be, and a member that never was.
    pub fn join_copied(&mut self, person: usize, name: &str) -> Result<usize, NameFault> {
        let host = self.hosts.get(person).ok_or(NameFault::Empty)?;
        self.join_as(host.signer.clone(), name.to_owned())
    }
}
