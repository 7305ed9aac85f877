//! What the kernel offers and no safe crate does, each behind a safe function: many datagrams
//! with one call, the interface of a sender by its index, the count of datagrams that the kernel
//! dropped, the bytes that a peer has not acknowledged. The only `unsafe` of the house is here,
//! each with its reason.
#![allow(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};

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

#[cfg(target_os = "linux")]
pub use linux::Datagrams;
#[cfg(target_os = "linux")]
pub(super) use linux::{drop_count, set_multicast_interface, unacknowledged_bytes};
#[cfg(not(target_os = "linux"))]
pub use portable::Datagrams;
#[cfg(not(target_os = "linux"))]
pub(super) use portable::{drop_count, set_multicast_interface, unacknowledged_bytes};

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

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::AsRawFd;
    use std::{mem, ptr};

    use super::{DATAGRAM_MAX_BYTES, Ipv4Addr, Socket, SocketAddrV4, TcpStream, Wait, io};

    /// Datagrams read with one call. Their pages are touched only as far as datagrams fill them.
    const BATCH_MAX: usize = 64;

    /// The datagrams that one call brought, and room for the next ones.
    pub struct Datagrams {
        bytes: Vec<u8>,
        sources: Vec<libc::sockaddr_in>,
        slices: Vec<libc::iovec>,
        headers: Vec<libc::mmsghdr>,
        count: usize,
    }

    impl Datagrams {
        /// Room for a batch, and nothing in it yet.
        pub(in crate::net) fn new() -> Self {
            let mut room = Self {
                bytes: vec![0; BATCH_MAX * DATAGRAM_MAX_BYTES],
                // SAFETY: these are plain C structures of integers and pointers, for which all
                // bits zero is a valid value.
                sources: vec![unsafe { mem::zeroed() }; BATCH_MAX],
                slices: Vec::with_capacity(BATCH_MAX),
                headers: Vec::with_capacity(BATCH_MAX),
                count: 0,
            };
            for number in 0..BATCH_MAX {
                // `wrapping_add` stays within the allocation: number < BATCH_MAX.
                room.slices.push(libc::iovec {
                    iov_base: room
                        .bytes
                        .as_mut_ptr()
                        .wrapping_add(number * DATAGRAM_MAX_BYTES)
                        .cast(),
                    iov_len: DATAGRAM_MAX_BYTES,
                });
            }
            for number in 0..BATCH_MAX {
                // SAFETY: as above, all zero is valid.
                let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
                header.msg_hdr.msg_name = room.sources.as_mut_ptr().wrapping_add(number).cast();
                header.msg_hdr.msg_namelen = SOURCE_BYTES;
                header.msg_hdr.msg_iov = room.slices.as_mut_ptr().wrapping_add(number);
                header.msg_hdr.msg_iovlen = 1;
                room.headers.push(header);
            }
            room
        }

        /// Replaces the datagrams by the next ones of a socket: all that wait, up to the room.
        pub(in crate::net) fn receive(&mut self, socket: &Socket, wait: Wait) -> io::Result<()> {
            for header in self.headers.iter_mut().take(self.count) {
                header.msg_hdr.msg_namelen = SOURCE_BYTES;
            }
            self.count = 0;
            let flags = match wait {
                Wait::UntilOne => libc::MSG_WAITFORONE,
                Wait::Never => libc::MSG_DONTWAIT,
            };
            // SAFETY: each header points to one slice and one source, each slice to its own part
            // of `bytes`; all live in this value's own heap blocks, which are never resized, and
            // `&mut self` keeps everybody else out while the kernel writes.
            let count = unsafe {
                libc::recvmmsg(
                    socket.as_raw_fd(),
                    self.headers.as_mut_ptr(),
                    BATCH_MAX as libc::c_uint,
                    flags,
                    ptr::null_mut(),
                )
            };
            self.count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
            Ok(())
        }

        /// Whether the room was filled, so that more datagrams may wait.
        #[must_use]
        pub fn is_full(&self) -> bool {
            self.count == BATCH_MAX
        }

        /// Each datagram and where it came from, in order of arrival.
        pub fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddrV4)> {
            let rooms = self.bytes.chunks_exact(DATAGRAM_MAX_BYTES);
            self.headers
                .iter()
                .zip(rooms)
                .zip(&self.sources)
                .take(self.count)
                .map(|((header, room), source)| {
                    let length = (header.msg_len as usize).min(room.len());
                    let address = Ipv4Addr::from(u32::from_be(source.sin_addr.s_addr));
                    let port = u16::from_be(source.sin_port);
                    (
                        room.get(..length).unwrap_or(room),
                        SocketAddrV4::new(address, port),
                    )
                })
        }
    }

    const SOURCE_BYTES: libc::socklen_t = size_of::<libc::sockaddr_in>() as libc::socklen_t;

    /// Sends what leaves this socket for a group through the interface with this index, from this
    /// address. By index, because two interfaces may have one address, or one may have none; with
    /// the address, because the kernel picks none by itself on loopback.
    pub(in crate::net) fn set_multicast_interface(
        socket: &Socket,
        index: u32,
        address: Ipv4Addr,
    ) -> io::Result<()> {
        let request = libc::ip_mreqn {
            imr_multiaddr: libc::in_addr { s_addr: 0 },
            imr_address: libc::in_addr {
                s_addr: u32::from(address).to_be(),
            },
            imr_ifindex: libc::c_int::try_from(index).map_err(io::Error::other)?,
        };
        // SAFETY: the option takes an `ip_mreqn` (ip(7)), passed with its own size, which the
        // kernel only reads during the call.
        let answer = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_IP,
                libc::IP_MULTICAST_IF,
                ptr::from_ref(&request).cast(),
                size_of_val(&request) as libc::socklen_t,
            )
        };
        if answer == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// How many bytes this socket was handed that the other host has not acknowledged.
    pub(in crate::net) fn unacknowledged_bytes(stream: &TcpStream) -> Option<usize> {
        let mut bytes: libc::c_int = 0;
        // SAFETY: SIOCOUTQ, which is TIOCOUTQ, writes one int (tcp(7)); it outlives the call.
        let answer = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
        if answer == 0 {
            usize::try_from(bytes).ok()
        } else {
            None
        }
    }

    /// How many datagrams the kernel dropped at this socket, mostly because its buffer was full.
    /// `None` where the kernel does not tell.
    pub(in crate::net) fn drop_count(socket: &Socket) -> Option<u64> {
        let mut figures = [0_u32; libc::SK_MEMINFO_DROPS as usize + 1];
        let mut length = size_of_val(&figures) as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes into `figures` and the number of
        // bytes written into `length`; both outlive the call (socket(7), SO_MEMINFO).
        let answer = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                figures.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let is_whole = length as usize == size_of_val(&figures);
        figures
            .last()
            .filter(|_| answer == 0 && is_whole)
            .map(|drops| u64::from(*drops))
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::mem::MaybeUninit;

    use super::{DATAGRAM_MAX_BYTES, Ipv4Addr, Socket, SocketAddrV4, TcpStream, Wait, io};

    /// One datagram, and room for the next.
    pub struct Datagrams {
        bytes: Vec<u8>,
        arrived: Option<(usize, SocketAddrV4)>,
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
            self.arrived = source.as_socket_ipv4().map(|source| (length, source));
            Ok(())
        }

        /// Whether more datagrams may wait; one at a time, nobody knows.
        #[must_use]
        pub fn is_full(&self) -> bool {
            false
        }

        /// The datagram and where it came from.
        pub fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddrV4)> {
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

    pub(in crate::net) fn unacknowledged_bytes(_stream: &TcpStream) -> Option<usize> {
        None
    }
}
