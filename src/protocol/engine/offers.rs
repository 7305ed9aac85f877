//! Offers of contents: records for everybody, and private messages for one person.

use std::collections::BTreeSet;

use super::Engine;
use super::event::{EngineEvent, MessageId, NamedKey, OfferDelivery, Order};
use super::frame_log::Position;
use super::private::PRIVATE_MAX_BYTES;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::durable::Record;
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::protocol::wire::frame::{Author, Key, MemberTag};

impl Engine {
    /// Offers a content to everybody in the room, by a durable record.
    pub fn offer(&mut self, now: Moment, offer: &OfferRecord<&str>) {
        self.begin_message(now);
        self.sending.outbox.push(&Record::Offer(*offer));
    }

    /// Offers a content to one person, by private messages to those of their sessions that are here
    /// and not among the told ones; they are then.
    pub fn offer_to(
        &mut self,
        now: Moment,
        (to, told): (Key, &mut BTreeSet<MemberTag>),
        offer: &OfferRecord<&str>,
        key: &[u8; 32],
    ) {
        let is_new = self.group.roster.in_reach().any(|(_, member)| {
            let is_readable = member.key == to && member.session_key.is_some();
            is_readable && !told.contains(&member.tag)
        });
        if is_new {
            self.begin_message(now);
            let text = offer.to_private(key, PRIVATE_MAX_BYTES);
            let roster = &self.group.roster;
            self.sending.offer_to((to, told), &text, roster);
        }
    }

    /// Tells of an offer to everybody.
    pub(super) fn tell_offer(
        &mut self,
        at: (Position, u8),
        author: &Author,
        offer: OfferRecord<&str>,
        order: Order,
    ) {
        self.tell_offered(at, author, (offer.owned(), None), order);
    }

    pub(super) fn tell_offered(
        &mut self,
        (position, index): (Position, u8),
        author: &Author,
        (offer, key): (OfferRecord<String>, Option<[u8; 32]>),
        order: Order,
    ) {
        let who = NamedKey::from(author);
        self.out.tell(EngineEvent::Offered(OfferDelivery {
            id: MessageId { position, index },
            who,
            offer,
            key,
            order,
        }));
    }
}
