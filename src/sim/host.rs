//! The computers of the pretend network, and what is scheduled to happen to them.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::archive::MemoryArchive;
use super::files::MemoryDisk;
use super::media::Page;
use super::traffic::PerSecond;
use crate::chat::Chat;
use crate::chat::media::Source;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::seal::signer::Signer;

/// The port of all private sockets.
pub(super) const PRIVATE_PORT: u16 = 40_000;

/// One member's computer.
pub(super) struct Host {
    pub(super) chat: Option<Chat>,
    pub(super) name: String,
    pub(super) signer: Signer,
    pub(super) session: Option<u64>,
    pub(super) role: Role,
    /// What outlives its death, if anything does.
    pub(super) archive: Option<MemoryArchive>,
    pub(super) address: SocketAddr,
    pub(super) wakes_at: Option<Duration>,
    pub(super) sleeps_until: Duration,
    /// How long the machine was suspended in all.
    pub(super) suspended: Duration,
    pub(super) skew_ms: i64,
    pub(super) received_bytes: u64,
    pub(super) sent: PerSecond,
    /// The same in frames.
    pub(super) frames: PerSecond,
    pub(super) wakes: u64,
    /// Whether it is in the group of files.
    pub(super) is_in_files: bool,
    /// Bytes that its cable carries in a second, and when it has carried what was sent.
    pub(super) uplink: Option<(u64, Duration)>,
    /// Its disk for files, which outlives its death.
    pub(super) disk: MemoryDisk,
    /// Its page, which captures and plays.
    pub(super) page: Page,
}

impl Host {
    /// The computer with this number, on which nothing runs yet.
    pub(super) fn new(number: usize, name: String, signer: Signer) -> Self {
        let [.., high, low] = (number as u32 + 1).to_be_bytes();
        let address = IpAddr::from(Ipv4Addr::new(10, 77, high, low));
        Self {
            chat: None,
            name,
            signer,
            session: None,
            role: Role::Person,
            archive: None,
            address: SocketAddr::new(address, PRIVATE_PORT),
            wakes_at: None,
            sleeps_until: Duration::ZERO,
            suspended: Duration::ZERO,
            skew_ms: 0,
            received_bytes: 0,
            sent: PerSecond::default(),
            frames: PerSecond::default(),
            wakes: 0,
            is_in_files: false,
            uplink: None,
            disk: MemoryDisk::new(number as u64),
            page: Page::default(),
        }
    }
}

/// An action at its time. Actions of one time happen in the order in which they were scheduled.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scheduled {
    pub(super) at: Duration,
    pub(super) order: u64,
    pub(super) action: Action,
}

/// What happens on the network.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Arrival {
        to: usize,
        is_unicast: bool,
        from: SocketAddr,
        bytes: Arc<[u8]>,
    },
    Wake(usize),
    /// A member's archive has an answer.
    Archived(usize),
    /// A member's disk for files has an answer.
    Disk(usize),
    /// A member's page captures a frame.
    Capture(usize, Source),
}
