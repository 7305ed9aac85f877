//! What comes into a room: datagrams, requests, the state of the network, answers, and time.

use core::net::SocketAddr;

use super::archive;
use super::command::{Command, RequestId};
use super::event::{Failure, Interface};
use super::media;
use super::transfer;
use crate::protocol::wire::frame::beat::Link;

/// What comes in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// A datagram of the frame wire that was sent to the group, or to the group of files.
    Frames {
        /// Its source.
        from: SocketAddr,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A datagram of the frame wire that came to this member's own socket.
    Unicast {
        /// Its source.
        from: SocketAddr,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A datagram of the plain wire.
    Plain {
        /// Its source.
        from: SocketAddr,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A face asks for something.
    Ask(RequestId, Command),
    /// The network was looked at, or refuses something.
    Network(NetworkNews),
    /// The store answers.
    Archived(archive::Reply),
    /// The disk answers, or holds something.
    Files(transfer::disk::Reply),
    /// The own page captured something, or wants something of a conference.
    Media(media::FromPage),
    /// Time has passed.
    Time,
}

/// What the network is like.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NetworkNews {
    /// The answer to [`super::output::NetworkAsk::Rescan`].
    Interfaces {
        /// Interfaces used from now on.
        joined: Vec<Interface>,
        /// Interfaces that are gone.
        lost: Vec<Interface>,
        /// All in use now.
        in_use: Vec<Interface>,
        /// What carries multicast there.
        link: Link,
        /// The longest datagram that all of them carry whole, in bytes.
        datagram_bytes: usize,
        /// What the slowest of them carries, in bytes a second, where the system knows it of all.
        link_bytes_per_s: Option<u64>,
    },
    /// The system refuses something; it is looked at soon.
    Refused(Failure),
}
