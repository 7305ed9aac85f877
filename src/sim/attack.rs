//! What somebody does to the pretend network who is no member of it.

use core::net::SocketAddr;
use std::sync::Arc;

use super::World;

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
}
