//! Decisions of a host and of those whom it appoints: durable records, so that whoever comes late
//! and every archive has them. The engine passes on what anybody decides; `chat::media` knows who
//! may.

use super::Engine;
use super::event::{EngineEvent, MessageId, Order, RoleDelivery};
use super::frame_log::Position;
use super::me::Me;
use super::out::Out;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Author;
use crate::protocol::wire::frame::durable::{Record, Records};
use crate::protocol::wire::frame::role::RoleRecord;

impl Engine {
    /// Decides about roles. [`EngineEvent::Role`] reports when the decision is in a frame.
    pub fn decide(&mut self, now: Moment, role: &RoleRecord<Name>) {
        self.begin_message(now);
        self.sending.outbox.push(&Record::Role(role.borrowed()));
    }

    pub(super) fn tell_role(
        &mut self,
        (position, index): (Position, u8),
        author: &Author,
        role: RoleRecord<&str>,
        order: Order,
    ) {
        let Some(role) = role.owned() else {
            return;
        };
        let id = MessageId { position, index };
        self.out.tell(told((id, role), author, (order, false)));
    }
}

/// What the records of a frame decide about roles.
pub(super) fn roles_in(records: Records<'_>) -> Vec<(u8, RoleRecord<Name>)> {
    let numbered = (0..=u8::MAX).zip(records.iter()); // at most 255
    let role = |(index, record): (u8, Record<'_>)| match record {
        Record::Role(role) => Some((index, role.owned()?)),
        _ => None,
    };
    numbered.filter_map(role).collect()
}

/// Reports what this member has decided in a frame that has left.
pub(super) fn tell_own_roles(
    position: Position,
    roles: &[(u8, RoleRecord<Name>)],
    me: &Me,
    out: &mut Out,
) {
    for (index, role) in roles {
        let index = *index;
        let id = MessageId { position, index };
        out.tell(told(
            (id, role.clone()),
            me.identity(),
            (Order::InOrder, true),
        ));
    }
}

fn told(
    (id, role): (MessageId, RoleRecord<Name>),
    by: &Author,
    (order, is_own): (Order, bool),
) -> EngineEvent {
    EngineEvent::Role(Box::new(RoleDelivery {
        id,
        who: by.into(),
        role,
        order,
        is_own,
    }))
}
