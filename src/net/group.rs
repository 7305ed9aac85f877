//! What all sockets of a group share: how they are opened, how they send, and the type of the
//! system's refusals.

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

/// Send buffer asked for, in bytes. Without the rights of root, Linux grants 416 KiB.
const SEND_BUFFER_BYTES: usize = 1 << 20;

/// How often a send is retried while the system's queues are full, and the pause before each retry:
/// 30 ms in all.
const SEND_RETRIES: u32 = 30;
const SEND_RETRY_WAIT: Duration = Duration::from_millis(1);

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOperation {
    /// Making a socket or setting one of its options.
    Open,
    /// Binding the port.
    Bind,
    /// Joining the group on one interface.
    Join,
    /// Sending a datagram.
    Send,
    /// Waiting for datagrams.
    Receive,
    /// Opening the sockets of the group of files.
    Files,
}

/// An error of the system, with what failed and on which interface.
#[derive(Debug)]
pub struct Refusal {
    /// What failed.
    pub act: GroupOperation,
    /// The interface, if the operation concerned one.
    pub interface: Option<String>,
    /// The system's error.
    pub cause: io::Error,
}

impl Refusal {
    /// A refusal that concerns no interface.
    pub fn new(act: GroupOperation) -> impl FnOnce(io::Error) -> Self {
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

/// Opens a socket that receives from a group once it joins it. It is bound to the group's address
/// where that is possible, so that the kernel drops other groups on the same port.
pub(super) fn open(group: SocketAddr) -> Result<Socket, Refusal> {
    let socket = unbound(Domain::for_address(group))?;
    bind(&socket, group)?;
    Ok(socket)
}

/// Makes such a socket, which receives nothing until [`bind`] gives it its port.
pub(super) fn unbound(domain: Domain) -> Result<Socket, Refusal> {
    open_unbound(domain).map_err(Refusal::new(GroupOperation::Open))
}

/// Binds a socket to the port of a group.
pub(super) fn bind(socket: &Socket, group: SocketAddr) -> Result<(), Refusal> {
    let any: SocketAddr = match group {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, group.port()).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, group.port()).into(),
    };
    // Windows cannot bind a group's address, and IPv6 needs the link as well.
    let at = if cfg!(windows) || group.is_ipv6() {
        any
    } else {
        group
    };
    let bound = socket.bind(&at.into());
    bound.map_err(Refusal::new(GroupOperation::Bind))
}

fn open_unbound(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // BSD shares a port only with this option; on Linux it would balance datagrams between sockets.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    // Otherwise Linux delivers the groups and interfaces that other programs joined as well.
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
        kernel::receive_joined_only_v6(&socket)?;
    } else {
        #[cfg(target_os = "linux")]
        socket.set_multicast_all_v4(false)?;
    }
    request_buffer(&socket);
    Ok(socket)
}

/// Makes a socket report by which interface each datagram came in. Where the system cannot, copies
/// that come in by several interfaces are not recognised.
pub(super) fn report_interface(socket: &Socket, domain: Domain) {
    let _ = kernel::report_interface(socket, domain);
}

/// Requests a large receive buffer: first beyond the system's limit, which only root may, then
/// within it. `recv_buffer_size` returns what was granted.
pub(super) fn request_buffer(socket: &Socket) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
        // The kernel doubles the value, to account for its own headers.
        if setsockopt(socket, RcvBufForce, &(RECEIVE_BUFFER_BYTES / 2)).is_ok() {
            return;
        }
    }
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES / 2);
}

/// Requests a larger buffer for what is sent, in the same way: what goes to an address at which
/// nobody is waits in it until the system gives up, and must not keep the rest from being sent.
pub(super) fn request_send_buffer(socket: &Socket) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::SndBufForce};
        if setsockopt(socket, SndBufForce, &(SEND_BUFFER_BYTES / 2)).is_ok() {
            return;
        }
    }
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES / 2);
}

/// Sends, and retries for a short time while the system's queues are full.
pub(super) fn retry_while_busy(mut send: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    for _ in 0..SEND_RETRIES {
        match send() {
            Err(error) if is_transient(&error) => thread::sleep(SEND_RETRY_WAIT),
            sent => return sent,
        }
    }
    send()
}

/// Whether a send that failed is likely to succeed in a moment.
fn is_transient(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::ENOBUFS) {
        return true;
    }
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
