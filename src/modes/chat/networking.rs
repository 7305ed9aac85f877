//! What `chat` learns of its network interfaces.

use super::driver::Driver;
use crate::chat::event::Interface;
use crate::chat::rooms::RoomNumber;
use crate::chat::{Input, NetworkNews};
use crate::net::group_sockets::Changes;
use crate::net::interfaces::{self, LikelyReason};
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Link;
use crate::text;

impl Driver {
    pub(super) fn on_changes(&mut self, now: Moment, changes: Changes) {
        let link = match self.sockets.is_radio() {
            Some(false) => Link::Wired,
            Some(true) => Link::Radio,
            None => Link::Unknown,
        };
        let news = NetworkNews::Interfaces {
            joined: changes.joined.iter().map(interface).collect(),
            lost: changes.lost.iter().map(interface).collect(),
            in_use: self.sockets.interfaces().iter().map(interface).collect(),
            link,
            datagram_bytes: self.sockets.datagram_bytes(),
            link_bytes_per_s: self.sockets.link_bytes_per_s(),
        };
        self.rooms.handle(now, Input::Network(news));
        if changes.reason == Some(LikelyReason::OnlyInner) {
            let sentence = text::only_inner(self.lang, self.sockets.interfaces());
            self.face.say(&sentence);
        }
        for interface in &changes.unable {
            let sentence = text::cannot_multicast(self.lang, interface);
            self.face.say(&sentence);
        }
        // Each interface reports its refusal once.
        for refusal in &changes.refusals {
            self.tell_refusal(refusal);
        }
    }

    /// Adds to the hint of being alone what the room does not know.
    pub(super) fn hint_at_network(&mut self) {
        let (group, left_out) = (&self.group, self.sockets.left_out());
        self.face
            .say(&text::network_hint(self.lang, group, left_out));
    }

    /// The room that what concerns all of them is told in.
    pub(super) fn first_room(&self) -> RoomNumber {
        let first = self.rooms.states().next();
        first.map_or(RoomNumber::FIRST, |room| room.number)
    }
}

/// An interface, as data for the room.
fn interface(interface: &interfaces::Interface) -> Interface {
    let v4 = interface.addresses.first().copied().map(Into::into);
    let v6 = interface.addresses_v6.first().copied().map(Into::into);
    Interface {
        name: interface.name.clone(),
        address: v4.or(v6),
    }
}
