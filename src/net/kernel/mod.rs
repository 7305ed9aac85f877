//! What the kernel offers and no safe crate does, each behind a safe function: many datagrams
//! with one call, the interface of a sender by its index, the count of datagrams that the kernel
//! dropped, the bytes that a peer has not acknowledged, whether an interface is radio and how long
//! its packets may be, a socket that does not hear its own machine. The only
//! `unsafe` of the house is in this folder, each with its reason.
#![allow(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use socket2::{SockRef, Socket};

/// Longest UDP payload over IPv4, in bytes.
pub(super) const DATAGRAM_MAX_BYTES: usize = 65_507;

/// Whether a wait for datagrams may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Until at least one is there.
    UntilOne,
    /// Not at all.
    Never,
}

/// Where a datagram leaves a machine that has several ways out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exit {
    /// The interface's number.
    pub(super) index: u32,
    /// The IPv4 address that it leaves from; IPv6 finds its own.
    pub(super) address: Option<Ipv4Addr>,
}

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

pub use system::Datagrams;
pub(super) use system::{
    cuts_pieces, drop_count, ignore_own, is_about_pieces, is_radio, keep_to_joined_v6, mtu_bytes,
    send_run, set_multicast_interface, unacknowledged_bytes,
};

/// Waits until something can be read or urgent data is there; whether it is, taking it. What is
/// urgent and comes first is always seen: no byte that follows it is readable before it.
#[cfg(unix)]
pub(super) fn wait_for_urgent(stream: &TcpStream) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::mem::MaybeUninit;
    use std::os::fd::AsFd;

    let mut asked = [PollFd::new(
        stream.as_fd(),
        PollFlags::POLLIN | PollFlags::POLLPRI,
    )];
    while let Err(nix::Error::EINTR) = poll(&mut asked, PollTimeout::NONE) {}
    let [answer] = asked;
    answer
        .revents()
        .is_some_and(|events| events.contains(PollFlags::POLLPRI))
        && SockRef::from(stream)
            .recv_out_of_band(&mut [MaybeUninit::uninit()])
            .is_ok()
}

/// Where nobody has tried it, urgent data is not asked for, and every peer counts as naive.
#[cfg(not(unix))]
pub(super) fn wait_for_urgent(_stream: &TcpStream) -> bool {
    false
}
