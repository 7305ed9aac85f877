//! Receives many datagrams with one call, or with one call each where that is refused.

use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::{mem, ptr};

use super::{DATAGRAM_MAX_BYTES, Ipv4Addr, Socket, SocketAddr, Wait, io, is_call_refusal};

/// Datagrams read with one call. Only the pages that datagrams fill take memory.
const BATCH_MAX: usize = 64;

/// The datagrams that one call read, and the buffers for the next ones.
pub(in crate::net) struct Datagrams {
    bytes: Vec<u8>,
    /// For either family: the IPv6 structure is the longer one.
    sources: Vec<libc::sockaddr_in6>,
    slices: Vec<libc::iovec>,
    controls: Vec<[u64; RECEIVED_CONTROL_WORDS]>,
    headers: Vec<libc::mmsghdr>,
    count: usize,
    batching: Batching,
}

/// How many datagrams one call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batching {
    Many,
    /// One, because a sandbox refuses `recvmmsg`, or the kernel is older than it.
    One,
}

/// Size of the buffer for the control messages of one received datagram, in words, because they
/// must be aligned: an `in6_pktinfo` with its header has 40 bytes.
const RECEIVED_CONTROL_WORDS: usize = 8;

impl Datagrams {
    /// Buffers for one batch.
    pub(in crate::net) fn new() -> Self {
        let mut buffers = Self {
            bytes: vec![0; BATCH_MAX * DATAGRAM_MAX_BYTES],
            // SAFETY: these are plain C structures of integers and pointers, for which all
            // bits zero is a valid value.
            sources: vec![unsafe { mem::zeroed() }; BATCH_MAX],
            slices: Vec::with_capacity(BATCH_MAX),
            controls: vec![[0; RECEIVED_CONTROL_WORDS]; BATCH_MAX],
            headers: Vec::with_capacity(BATCH_MAX),
            count: 0,
            batching: Batching::Many,
        };
        for number in 0..BATCH_MAX {
            // `wrapping_add` stays within the allocation: number < BATCH_MAX.
            buffers.slices.push(libc::iovec {
                iov_base: buffers
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
            header.msg_hdr.msg_name = buffers.sources.as_mut_ptr().wrapping_add(number).cast();
            header.msg_hdr.msg_namelen = SOURCE_BYTES;
            header.msg_hdr.msg_iov = buffers.slices.as_mut_ptr().wrapping_add(number);
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = buffers.controls.as_mut_ptr().wrapping_add(number).cast();
            header.msg_hdr.msg_controllen = RECEIVED_CONTROL_BYTES;
            buffers.headers.push(header);
        }
        buffers
    }

    /// Replaces the datagrams by the next ones of a socket: all that wait, up to one batch.
    pub(in crate::net) fn receive(&mut self, socket: &Socket, wait: Wait) -> io::Result<()> {
        for header in self.headers.iter_mut().take(self.count) {
            header.msg_hdr.msg_namelen = SOURCE_BYTES;
            header.msg_hdr.msg_controllen = RECEIVED_CONTROL_BYTES;
        }
        self.count = 0;
        if self.batching == Batching::One {
            return self.receive_one_by_one(socket, wait);
        }
        let flags = match wait {
            Wait::UntilOne => libc::MSG_WAITFORONE,
            Wait::Never => libc::MSG_DONTWAIT,
        };
        // SAFETY: each header points to one slice, one source and one control buffer, each slice to
        // its own part of `bytes`; all live in this value's own heap blocks, which are never
        // resized, and `&mut self` keeps everybody else out while the kernel writes.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                BATCH_MAX as libc::c_uint,
                flags,
                ptr::null_mut(),
            )
        };
        match usize::try_from(count).map_err(|_| io::Error::last_os_error()) {
            Ok(count) => self.count = count,
            Err(error) if is_call_refusal(&error) => {
                self.batching = Batching::One;
                return self.receive_one_by_one(socket, wait);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads what waits with one call each, up to one batch.
    fn receive_one_by_one(&mut self, socket: &Socket, wait: Wait) -> io::Result<()> {
        let first = match wait {
            Wait::UntilOne => 0,
            Wait::Never => libc::MSG_DONTWAIT,
        };
        for header in &mut self.headers {
            let flags = if self.count == 0 {
                first
            } else {
                libc::MSG_DONTWAIT
            };
            // SAFETY: as above, with one header.
            let length =
                unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header.msg_hdr, flags) };
            match libc::c_uint::try_from(length) {
                Ok(length) => header.msg_len = length,
                // The next read returns the error, if it lasts.
                Err(_) if self.count > 0 => break,
                Err(_) => return Err(io::Error::last_os_error()),
            }
            self.count += 1;
        }
        Ok(())
    }

    /// Whether the batch is full, so that more datagrams may wait.
    #[must_use]
    pub(in crate::net) fn is_full(&self) -> bool {
        self.count == BATCH_MAX
    }

    /// Each datagram with where it came from and the index of the interface that it came in by, in
    /// order of arrival. The index is `None` if the socket was not asked to report it.
    pub(in crate::net) fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddr, Option<u32>)> {
        let buffers = self.bytes.chunks_exact(DATAGRAM_MAX_BYTES);
        self.headers
            .iter()
            .zip(buffers)
            .zip(&self.sources)
            .take(self.count)
            .map(|((header, buffer), source)| {
                let length = (header.msg_len as usize).min(buffer.len());
                let datagram = buffer.get(..length).unwrap_or(buffer);
                (datagram, address_of(source), interface_of(&header.msg_hdr))
            })
    }
}

const SOURCE_BYTES: libc::socklen_t = size_of::<libc::sockaddr_in6>() as libc::socklen_t;

const RECEIVED_CONTROL_BYTES: usize = RECEIVED_CONTROL_WORDS * size_of::<u64>();

/// The index of the interface that a received datagram came in by, if the kernel reported it.
fn interface_of(header: &libc::msghdr) -> Option<u32> {
    // SAFETY: the kernel wrote `msg_controllen` bytes of whole control messages into the buffer
    // that `header` points to and that the caller borrows (cmsg(3)).
    let mut control = unsafe { libc::CMSG_FIRSTHDR(header).as_ref() };
    while let Some(message) = control {
        // SAFETY: the data of a control message follows its header, in the same buffer.
        let data = unsafe { libc::CMSG_DATA(message) };
        let index = match (message.cmsg_level, message.cmsg_type) {
            // SAFETY: the kernel writes these structures for these types; any bits are valid.
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => unsafe {
                let info: libc::in_pktinfo = ptr::read_unaligned(data.cast());
                u32::try_from(info.ipi_ifindex).ok()
            },
            // SAFETY: as above.
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => unsafe {
                let info: libc::in6_pktinfo = ptr::read_unaligned(data.cast());
                Some(info.ipi6_ifindex)
            },
            _ => None,
        };
        if index.is_some() {
            return index;
        }
        // SAFETY: as for the first one.
        control = unsafe { libc::CMSG_NXTHDR(header, message).as_ref() };
    }
    None
}

/// A source as the kernel wrote it.
fn address_of(source: &libc::sockaddr_in6) -> SocketAddr {
    if i32::from(source.sin6_family) == libc::AF_INET6 {
        let address = Ipv6Addr::from(source.sin6_addr.s6_addr);
        let port = u16::from_be(source.sin6_port);
        return SocketAddrV6::new(address, port, 0, source.sin6_scope_id).into();
    }
    // SAFETY: for the other family the kernel wrote a `sockaddr_in` here, which is shorter, needs
    // no stricter alignment, and for which all bits are valid.
    let source = unsafe { *ptr::from_ref(source).cast::<libc::sockaddr_in>() };
    let address = Ipv4Addr::from(u32::from_be(source.sin_addr.s_addr));
    SocketAddrV4::new(address, u16::from_be(source.sin_port)).into()
}
