//! The same as `linux.rs` by portable means, one datagram at a time.

use std::mem::MaybeUninit;

use super::{DATAGRAM_MAX_BYTES, Exit, Ipv4Addr, SockRef, Socket, SocketAddr, Wait, io};

/// One datagram, and room for the next.
pub struct Datagrams {
    bytes: Vec<u8>,
    arrived: Option<(usize, SocketAddr)>,
}

impl Datagrams {
    pub(in crate::net) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(DATAGRAM_MAX_BYTES),
            arrived: None,
        }
    }

    /// Replaces the datagram by the next one of a socket.
    pub(in crate::net) fn receive(&mut self, socket: &Socket, _wait: Wait) -> io::Result<()> {
        self.arrived = None;
        self.bytes.clear();
        let room: &mut [MaybeUninit<u8>] = self.bytes.spare_capacity_mut();
        let (length, source) = socket.recv_from(room)?;
        // SAFETY: the socket wrote the first `length` bytes of the spare capacity.
        unsafe { self.bytes.set_len(length) };
        self.arrived = source.as_socket().map(|source| (length, source));
        Ok(())
    }

    /// Whether more datagrams may wait; one at a time, nobody knows.
    #[must_use]
    pub fn is_full(&self) -> bool {
        false
    }

    /// The datagram and where it came from.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddr)> {
        self.arrived
            .iter()
            .filter_map(|(n, source)| Some((self.bytes.get(..*n)?, *source)))
    }
}

pub(in crate::net) fn set_multicast_interface(
    socket: &Socket,
    _index: u32,
    address: Ipv4Addr,
) -> io::Result<()> {
    socket.set_multicast_if_v4(&address)
}

pub(in crate::net) fn drop_count(_socket: &Socket) -> Option<u64> {
    None
}

pub(in crate::net) fn unacknowledged_bytes(_stream: SockRef<'_>) -> Option<usize> {
    None
}

/// Sends datagrams to one address; how many left.
pub(in crate::net) fn send_run(
    socket: &Socket,
    to: SocketAddr,
    exit: Option<Exit>,
    datagrams: &[&[u8]],
    _in_pieces: bool,
) -> io::Result<usize> {
    match exit {
        Some(exit) if to.is_ipv6() => socket.set_multicast_if_v6(exit.index)?,
        Some(Exit {
            address: Some(address),
            ..
        }) => socket.set_multicast_if_v4(&address)?,
        _ => {}
    }
    for (sent, datagram) in datagrams.iter().enumerate() {
        if let Err(error) = socket.send_to(datagram, &to.into()) {
            return if sent > 0 { Ok(sent) } else { Err(error) };
        }
    }
    Ok(datagrams.len())
}

pub(in crate::net) fn keep_to_joined_v6(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

pub(in crate::net) fn is_radio(_socket: &Socket, _name: &str) -> Option<bool> {
    None
}

pub(in crate::net) fn ignore_own(_socket: &Socket, _own_port: u16) -> io::Result<()> {
    Ok(())
}

pub(in crate::net) fn cuts_pieces(_socket: &Socket) -> bool {
    false
}

pub(in crate::net) fn is_about_pieces(_error: &io::Error, _run: &[&[u8]]) -> bool {
    false
}

pub(in crate::net) fn mtu_bytes(_socket: &Socket, _name: &str) -> Option<usize> {
    None
}
