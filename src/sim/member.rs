//! A member of a pretend room, for tests that need one without a network.

use zeroize::Zeroizing;

use crate::chat::NetworkNews;
use crate::chat::event::Interface;
use crate::protocol::engine::Setup;
use crate::protocol::engine::config::HISTORY_BYTES;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;

/// A person's session as most are. Everything that should be random comes from one number, so that
/// a test repeats; whoever knows the number knows all secrets.
#[must_use]
pub fn setup(number: u8, name: Name, session: u64, seal: Seal) -> Setup {
    Setup {
        signer: Signer::from_seed(&[number; 32]),
        session,
        replaces: None,
        role: Role::Person,
        is_archived: false,
        depth_bytes: HISTORY_BYTES,
        name,
        seal,
        mirror_port: None,
        link: Link::Wired,
        seed: u64::from(number),
        secrets: Secrets::new(Zeroizing::new([number; 32])),
    }
}

/// The network of such a member, as it is reported to its room: one interface on cable.
pub(super) fn network(datagram_bytes: usize) -> NetworkNews {
    NetworkNews::Interfaces {
        joined: Vec::new(),
        lost: Vec::new(),
        in_use: vec![Interface {
            name: "pretend".to_owned(),
            address: None,
        }],
        link: Link::Wired,
        datagram_bytes,
        link_bytes_per_s: None,
    }
}
