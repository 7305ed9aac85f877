//! What goes out of a room: datagrams, news, requests to the store and the sockets, and when it
//! wants to be called again.

use std::time::Duration;

use super::archive;
use super::event::{Person, Told};
use super::media;
use super::transfer;
use crate::protocol::engine::event::Transmit;

/// Outputs that may wait before no more commands are taken: answers to many would fill the memory.
pub(super) const OUTPUTS_MAX: usize = 1024;

/// What goes out.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// A datagram.
    Send(Transmit),
    /// Something for the faces.
    Tell(Told),
    /// Something for the store.
    Archive(archive::Request),
    /// Something for the disk that holds files.
    Files(transfer::disk::Request),
    /// Something for the own page: a conference's frames.
    Media(media::ToPage),
    /// Something for the sockets.
    Network(NetworkAsk),
    /// This member has left. Nothing follows.
    Ended(Ended),
    /// Nothing more until the next input, or until this time. Always last.
    Wake(Option<Duration>),
}

/// What is asked of the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkAsk {
    /// Join the groups again on every interface.
    Rejoin,
    /// Look which interfaces there are.
    Rescan,
    /// Drop own frames in the kernel: it is known that they come back.
    IgnoreOwn,
    /// Join the group of files: something is taken or given. The next group after the room's, on
    /// the same port; [`Destination::Files`](crate::protocol::engine::event::Destination::Files).
    JoinFiles,
    /// Leave it again.
    LeaveFiles,
}

/// How leaving ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Who lacks something that this member said.
    pub waiting: Vec<Person>,
    /// How many messages were not sent at all.
    pub unsent: usize,
    /// How many persons have everything.
    pub holders: usize,
    /// How many were to have it: some if the input ended, none otherwise.
    pub wanted: usize,
}

impl Ended {
    /// Whether everybody who was to have it has everything.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.waiting.is_empty() && self.unsent == 0 && self.holders >= self.wanted
    }
}
