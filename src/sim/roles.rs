//! Decisions that no program would make: signed by whoever may not.

use super::World;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Body;
use crate::protocol::wire::frame::durable::{Durable, Record, Records};
use crate::protocol::wire::frame::role::RoleRecord;

impl World {
    /// A member signs decisions in its next frame, whether it may or not; its program does not
    /// know, so that the member says nothing from then on.
    pub fn forge_decisions(&mut self, number: usize, roles: &[RoleRecord<Name>]) {
        let newest = self.node(number).map_or(0, |node| node.newest());
        let mut records = Vec::new();
        for role in roles {
            Record::Role(role.borrowed()).append(&mut records);
        }
        let body = Body::Durable(Durable {
            records: Records::new(&records),
            ..Durable::default()
        });
        self.forge(number, newest + 1, body);
    }
}
