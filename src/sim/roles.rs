//! Decisions that no program would make: signed by whoever may not.

use super::World;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::durable::{Durable, Record, Records};
use crate::protocol::wire::frame::role::RoleRecord;
use crate::protocol::wire::frame::{Author, Body, Frame};

impl World {
    /// A member signs decisions in its next frame, whether it may or not; its program does not
    /// know, so that the member says nothing from then on.
    pub fn forge_decisions(&mut self, number: usize, roles: &[RoleRecord<Name>]) {
        let wall_ms = self.wall_ms();
        let newest = self.node(number).map_or(0, |node| node.newest());
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
            sequence: newest + 1,
            clock: wall_ms << 16,
            flags: 0,
            grtt: 0,
            name,
        };
        let mut records = Vec::new();
        for role in roles {
            Record::Role(role.borrowed()).append(&mut records);
        }
        let body = Body::Durable(Durable {
            records: Records::new(&records),
            ..Durable::default()
        });
        let mut datagram = Vec::new();
        let frame = Frame { author, body };
        self.seal.close(&frame, &host.signer, &mut datagram);
        let from = host.address;
        self.inject(from, &datagram.into());
    }
}
