//! The functions of `linux.rs` for other systems, one datagram at a time.

use std::mem::MaybeUninit;

use socket2::Domain;

use super::{
    DATAGRAM_MAX_BYTES, Egress, Ipv4Addr, Segmentation, SockRef, Socket, SocketAddr, Wait, io,
};

/// One datagram, and room for the next.
pub(in crate::net) struct Datagrams {
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

    /// Whether more datagrams are known to wait; never, one at a time.
    #[must_use]
    pub(in crate::net) fn is_full(&self) -> bool {
        false
    }

    /// The datagram and where it came from. The interface that it came in by is not reported here.
    pub(in crate::net) fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddr, Option<u32>)> {
        self.arrived
            .iter()
            .filter_map(|(n, source)| Some((self.bytes.get(..*n)?, *source, None)))
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

/// Sends datagrams to one address; returns how many were sent.
pub(in crate::net) fn send_datagrams(
    socket: &Socket,
    to: SocketAddr,
    egress: Option<Egress>,
    datagrams: &[&[u8]],
    _segmentation: Segmentation,
) -> io::Result<usize> {
    match egress {
        Some(egress) if to.is_ipv6() => socket.set_multicast_if_v6(egress.index)?,
        Some(Egress {
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

pub(in crate::net) fn receive_joined_only_v6(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

pub(in crate::net) fn report_interface(_socket: &Socket, _domain: Domain) -> io::Result<()> {
    Ok(())
}

pub(in crate::net) fn is_radio(_socket: &Socket, _name: &str) -> Option<bool> {
    None
}

pub(in crate::net) fn filter_own(_socket: &Socket, _own_port: u16) -> io::Result<()> {
    Ok(())
}

pub(in crate::net) fn segmentation(_socket: &Socket) -> Segmentation {
    Segmentation::Off
}

pub(in crate::net) fn is_gso_refusal(_error: &io::Error, _datagrams: &[&[u8]]) -> bool {
    false
}

pub(in crate::net) fn link_bytes_per_s(_socket: &Socket, _name: &str) -> Option<u64> {
    None
}

/// Elsewhere, the system decides alone.
pub(in crate::net) fn release_program_pages() {}

pub(in crate::net) fn mtu_bytes(_socket: &Socket, _name: &str) -> Option<usize> {
    None
}
