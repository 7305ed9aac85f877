//! The group of files on the pretend network.

use core::net::SocketAddr;
use std::sync::Arc;

use super::World;

impl World {
    /// A member joins or leaves the group of files.
    pub(super) fn join_files(&mut self, number: usize, is_joined: bool) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.is_in_files = is_joined;
        }
    }

    /// Carries a datagram to all that are in the group of files.
    pub(super) fn carry_files(&mut self, from: usize, source: SocketAddr, bytes: &Arc<[u8]>) {
        for to in 0..self.hosts.len() {
            if self.hosts.get(to).is_some_and(|host| host.is_in_files) {
                self.send_copy(from, (to, false), source, bytes);
            }
        }
    }
}
