//! System calls that no safe crate offers, each behind a safe function: many datagrams with one
//! call, a sender's interface by its index, the count of datagrams that the kernel dropped, the
//! bytes that a peer has not acknowledged, whether an interface is Wi-Fi, how long its packets
//! may be and how fast its link is, a filter for a machine's own datagrams, and pages of the
//! program that are not needed any longer. The only `unsafe` of `net` is in this folder, each with
//! its reason.
#![allow(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use socket2::{SockRef, Socket};

/// Longest UDP payload over IPv4, in bytes.
pub(super) const DATAGRAM_MAX_BYTES: usize = 65_507;

/// Whether a wait for datagrams may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Until at least one datagram is there.
    UntilOne,
    /// Not at all.
    Never,
}

/// The interface by which a datagram leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Egress {
    /// The interface's index.
    pub(super) index: u32,
    /// The IPv4 source address; for IPv6 the kernel chooses one.
    pub(super) address: Option<Ipv4Addr>,
}

/// Whether datagrams of one length go through the kernel as one packet, which is split at the
/// interface (generic segmentation offload).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segmentation {
    /// They do.
    Gso,
    /// Each goes by itself.
    Off,
}

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

pub(super) use system::{
    Datagrams, drop_count, filter_own, is_gso_refusal, is_radio, link_bytes_per_s, mtu_bytes,
    receive_joined_only_v6, release_program_pages, report_interface, segmentation, send_datagrams,
    set_multicast_interface, unacknowledged_bytes,
};

/// Whether a connection is over in both directions, or failed.
#[cfg(unix)]
pub(super) fn is_reset(stream: &TcpStream) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;

    // Both flags are reported without being asked for.
    let mut polled = [PollFd::new(stream.as_fd(), PollFlags::empty())];
    let answer = poll(&mut polled, PollTimeout::ZERO);
    let [polled] = polled;
    let over = PollFlags::POLLERR | PollFlags::POLLHUP;
    answer.is_ok()
        && polled
            .revents()
            .is_some_and(|events| events.intersects(over))
}

/// Not asked on this system, which does not report what is acknowledged either.
#[cfg(not(unix))]
pub(super) fn is_reset(_stream: &TcpStream) -> bool {
    false
}

/// Waits until bytes or urgent data are there. Takes the urgent byte, and returns whether there was
/// one. Urgent data before any other byte is always noticed, because it is signalled no later than
/// the bytes that follow it.
#[cfg(unix)]
pub(super) fn wait_for_urgent(stream: &TcpStream) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::mem::MaybeUninit;
    use std::os::fd::AsFd;

    let mut polled = [PollFd::new(
        stream.as_fd(),
        PollFlags::POLLIN | PollFlags::POLLPRI,
    )];
    while let Err(nix::Error::EINTR) = poll(&mut polled, PollTimeout::NONE) {}
    let [answer] = polled;
    answer
        .revents()
        .is_some_and(|events| events.contains(PollFlags::POLLPRI))
        && SockRef::from(stream)
            .recv_out_of_band(&mut [MaybeUninit::uninit()])
            .is_ok()
}

/// Urgent data is not supported on this system: every peer counts as naive.
#[cfg(not(unix))]
pub(super) fn wait_for_urgent(_stream: &TcpStream) -> bool {
    false
}
