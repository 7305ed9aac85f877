//! The kernel's own ways on Linux. Knows C structures and system calls, and nothing of chat.

use std::os::fd::AsRawFd;
use std::{mem, ptr};

use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};

use socket2::SockAddr;

use super::{DATAGRAM_MAX_BYTES, Exit, Ipv4Addr, SockRef, Socket, SocketAddr, Wait, io};

/// Datagrams read with one call. Their pages are touched only as far as datagrams fill them.
const BATCH_MAX: usize = 64;

/// The datagrams that one call brought, and room for the next ones.
pub struct Datagrams {
    bytes: Vec<u8>,
    /// Of either family: the longer structure has room for the shorter one.
    sources: Vec<libc::sockaddr_in6>,
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
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddr)> {
        let rooms = self.bytes.chunks_exact(DATAGRAM_MAX_BYTES);
        self.headers
            .iter()
            .zip(rooms)
            .zip(&self.sources)
            .take(self.count)
            .map(|((header, room), source)| {
                let length = (header.msg_len as usize).min(room.len());
                (room.get(..length).unwrap_or(room), address_of(source))
            })
    }
}

const SOURCE_BYTES: libc::socklen_t = size_of::<libc::sockaddr_in6>() as libc::socklen_t;

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

/// Most datagrams that one call sends.
const RUN_MAX: usize = 64;

/// Sends datagrams to one address, all through the same exit; how many left. Fewer than all did
/// if the system refused the next one, and the next call tells why.
pub(in crate::net) fn send_run(
    socket: &Socket,
    to: SocketAddr,
    exit: Option<Exit>,
    datagrams: &[&[u8]],
) -> io::Result<usize> {
    let to = SockAddr::from(to);
    let (control, control_bytes) = exit.map_or(([0; CONTROL_WORDS], 0), |exit| {
        if to.is_ipv6() {
            let info = libc::in6_pktinfo {
                ipi6_addr: libc::in6_addr { s6_addr: [0; 16] },
                ipi6_ifindex: exit.index,
            };
            control_of(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info)
        } else {
            let address = exit.address.unwrap_or(Ipv4Addr::UNSPECIFIED);
            let info = libc::in_pktinfo {
                ipi_ifindex: exit.index as libc::c_int,
                ipi_spec_dst: libc::in_addr {
                    s_addr: u32::from(address).to_be(),
                },
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            control_of(libc::IPPROTO_IP, libc::IP_PKTINFO, &info)
        }
    });
    let slice = |datagram: &&[u8]| libc::iovec {
        iov_base: datagram.as_ptr().cast_mut().cast(),
        iov_len: datagram.len(),
    };
    let mut slices: Vec<libc::iovec> = datagrams.iter().take(RUN_MAX).map(slice).collect();
    let header = |slice: &mut libc::iovec| {
        // SAFETY: all bits zero is a valid `mmsghdr`, as above.
        let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
        header.msg_hdr.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_hdr.msg_namelen = to.len();
        header.msg_hdr.msg_iov = slice;
        header.msg_hdr.msg_iovlen = 1;
        if control_bytes > 0 {
            header.msg_hdr.msg_control = control.as_ptr().cast_mut().cast();
            header.msg_hdr.msg_controllen = control_bytes;
        }
        header
    };
    let mut headers: Vec<libc::mmsghdr> = slices.iter_mut().map(header).collect();
    // SAFETY: every header points to `to`, to its own slice, whose datagram the caller lends us,
    // and to `control`; all outlive the call, which only reads them (but for `msg_len`).
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            headers.len() as libc::c_uint,
            0,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Room for one control message, in words: they must be aligned.
const CONTROL_WORDS: usize = 8;

/// One control message and its length in bytes.
fn control_of<T>(level: i32, kind: i32, value: &T) -> ([u64; CONTROL_WORDS], usize) {
    let mut control = [0_u64; CONTROL_WORDS];
    let header_bytes = size_of::<libc::cmsghdr>();
    let whole_bytes = header_bytes + size_of::<T>();
    assert!(whole_bytes <= size_of_val(&control));
    // SAFETY: all bits zero is a valid `cmsghdr`.
    let mut header: libc::cmsghdr = unsafe { mem::zeroed() };
    header.cmsg_len = whole_bytes;
    header.cmsg_level = level;
    header.cmsg_type = kind;
    let start = control.as_mut_ptr().cast::<u8>();
    // SAFETY: both values fit, as was asserted; the header's size is a multiple of the alignment
    // of a word, so that the value stands where the kernel looks for it (cmsg(3)).
    unsafe {
        ptr::write_unaligned(start.cast(), header);
        ptr::copy_nonoverlapping(
            ptr::from_ref(value).cast::<u8>(),
            start.add(header_bytes),
            size_of::<T>(),
        );
    }
    (control, whole_bytes.next_multiple_of(size_of::<u64>()))
}

/// Keeps a socket from hearing IPv6 groups that only others joined.
pub(in crate::net) fn keep_to_joined_v6(socket: &Socket) -> io::Result<()> {
    const IPV6_MULTICAST_ALL: libc::c_int = 29;
    let no: libc::c_int = 0;
    // SAFETY: the option takes one int (ipv6(7)), passed with its size, only read in the call.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IPV6,
            IPV6_MULTICAST_ALL,
            ptr::from_ref(&no).cast(),
            size_of_val(&no) as libc::socklen_t,
        )
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Whether an interface is radio: only Wi-Fi answers this question. `None` if nobody can tell.
pub(in crate::net) fn is_radio(socket: &Socket, name: &str) -> Option<bool> {
    const SIOCGIWNAME: libc::c_ulong = 0x8b01;
    // SAFETY: all bits zero is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    let room = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
    room.zip(name.bytes())
        .for_each(|(place, byte)| *place = byte as libc::c_char);
    // SAFETY: the kernel reads the name and writes at most one `ifreq`, which outlives the call.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGIWNAME, &raw mut request) };
    Some(answer == 0)
}

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
pub(in crate::net) fn unacknowledged_bytes(stream: SockRef<'_>) -> Option<usize> {
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
