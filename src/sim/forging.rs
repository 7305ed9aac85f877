//! Frames that no program made: somebody has a member's key.

use core::net::SocketAddr;

use super::World;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::{Author, Body, Frame};

impl World {
    /// Somebody signs a frame with a member's key, of which its program knows nothing.
    pub(super) fn forge(&mut self, number: usize, sequence: u32, body: Body<'_>) {
        if let Some(from) = self.address(number) {
            self.forge_from(from, (number, sequence), body);
        }
    }

    /// The same, as if it came from an address.
    pub(super) fn forge_from(
        &mut self,
        from: SocketAddr,
        (number, sequence): (usize, u32),
        body: Body<'_>,
    ) {
        let wall_ms = self.wall_ms();
        let Some(host) = self.hosts.get(number) else {
            return;
        };
        let (key, Some(session)) = (host.signer.key(), host.session) else {
            return;
        };
        let Ok(name) = Name::parse(&host.name) else {
            return;
        };
        let author = Author {
            key,
            short: key.short(),
            session,
            sequence,
            clock: wall_ms << 16,
            flags: 0,
            grtt: 0,
            name,
        };
        let mut datagram = Vec::new();
        let frame = Frame { author, body };
        self.seal.close(&frame, &host.signer, &mut datagram);
        self.inject(from, &datagram.into());
    }
}
