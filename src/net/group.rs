//! What the sockets of a group have in common: how they are opened, how they send, and what it is
//! called when the system refuses.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::interfaces::Interface;
use super::kernel;

/// Receive buffer asked for, in bytes. A burst of 30,000 short datagrams lost 45 % in the usual
/// 208 KB and nothing in this (measured on loopback).
pub const RECEIVE_BUFFER_BYTES: usize = 8 << 20;

/// How often a send is tried again while the system's queues are full, and the wait before each
/// further try: 30 ms in all.
const SEND_RETRIES: u32 = 30;
const SEND_RETRY_WAIT: Duration = Duration::from_millis(1);

/// What was being done when the system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOperation {
    /// Making a socket or setting one of its options.
    Open,
    /// Taking the port.
    Bind,
    /// Joining the group on one interface.
    Join,
    /// Sending a datagram.
    Send,
    /// Waiting for datagrams.
    Receive,
}

/// A refusal of the system: what was being done, on which interface, why not.
#[derive(Debug)]
pub struct Refusal {
    /// What was being done.
    pub act: GroupOperation,
    /// The interface, where it was done on a certain one.
    pub interface: Option<String>,
    /// The system's answer.
    pub cause: io::Error,
}

impl Refusal {
    pub(super) fn new(act: GroupOperation) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self {
            act,
            interface: None,
            cause,
        }
    }

    pub(super) fn on(act: GroupOperation, interface: &Interface) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self {
            act,
            interface: Some(interface.name.clone()),
            cause,
        }
    }
}

/// Opens a socket that hears a group once it joins it. It is bound to the group itself where that
/// is possible, so that the kernel filters out other groups on the same port.
pub(super) fn open(group: SocketAddr) -> Result<Socket, Refusal> {
    let socket =
        open_unbound(Domain::for_address(group)).map_err(Refusal::new(GroupOperation::Open))?;
    let any: SocketAddr = match group {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, group.port()).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, group.port()).into(),
    };
    // Windows binds no group, and IPv6 none of one link without saying which link.
    let at = if cfg!(windows) || group.is_ipv6() {
        any
    } else {
        group
    };
    socket
        .bind(&at.into())
        .map_err(Refusal::new(GroupOperation::Bind))?;
    Ok(socket)
}

fn open_unbound(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // BSD's sharing of a port needs this one too; on Linux it would be another kind of sharing.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    // Otherwise Linux also hands over what arrives for other programs' groups and interfaces.
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
        kernel::keep_to_joined_v6(&socket)?;
    } else {
        #[cfg(target_os = "linux")]
        socket.set_multicast_all_v4(false)?;
    }
    ask_for_buffer(&socket);
    Ok(socket)
}

/// Asks for a large receive buffer: first past the system's limit, which root may, then within
/// it. What was granted, the socket tells.
pub(super) fn ask_for_buffer(socket: &Socket) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
        // The kernel doubles what it is asked for, to account for its own headers.
        if setsockopt(socket, RcvBufForce, &(RECEIVE_BUFFER_BYTES / 2)).is_ok() {
            return;
        }
    }
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES / 2);
}

/// Sends, and waits a little for a system whose queues are full.
pub(super) fn retry_while_busy(mut send: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    for _ in 0..SEND_RETRIES {
        match send() {
            Err(error) if is_passing(&error) => thread::sleep(SEND_RETRY_WAIT),
            sent => return sent,
        }
    }
    send()
}

/// Whether an error of a send is likely to be gone in a moment.
fn is_passing(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::ENOBUFS) {
        return true;
    }
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
