//! The kernel's own ways on Linux. Knows C structures and system calls, and nothing of chat.

use std::os::fd::AsRawFd;
use std::{mem, ptr};

use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};

use socket2::{SockAddr, SockFilter};

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

/// Most bytes that leave in one piece: what an IPv4 packet holds.
const PIECE_MAX_BYTES: usize = DATAGRAM_MAX_BYTES;

/// Most datagrams of one piece: what every kernel cuts (newer ones cut more).
const SEGMENTS_MAX: usize = 64;

/// Sends datagrams to one address, all through the same exit; how many left. Fewer than all did
/// if the system refused the next one, and the next call tells why. With `in_pieces`, those of one
/// length go through the kernel as one, which cuts them apart at the interface.
pub(in crate::net) fn send_run(
    socket: &Socket,
    to: SocketAddr,
    exit: Option<Exit>,
    datagrams: &[&[u8]],
    uses_gso: bool,
) -> io::Result<usize> {
    let to = SockAddr::from(to);
    let datagrams = datagrams.get(..RUN_MAX).unwrap_or(datagrams);
    let slice = |datagram: &&[u8]| libc::iovec {
        iov_base: datagram.as_ptr().cast_mut().cast(),
        iov_len: datagram.len(),
    };
    let slices: Vec<libc::iovec> = datagrams.iter().map(slice).collect();
    let mut pieces: Vec<(&[libc::iovec], Control)> = Vec::new();
    let mut rest = slices.as_slice();
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(if uses_gso { piece_of(rest) } else { 1 });
        pieces.push((piece, control_of(exit, to.is_ipv6(), piece)));
        rest = behind;
    }
    let header = |(piece, control): &(&[libc::iovec], Control)| {
        // SAFETY: all bits zero is a valid `mmsghdr`, as above.
        let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
        header.msg_hdr.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_hdr.msg_namelen = to.len();
        header.msg_hdr.msg_iov = piece.as_ptr().cast_mut();
        header.msg_hdr.msg_iovlen = piece.len();
        if control.bytes > 0 {
            header.msg_hdr.msg_control = control.words.as_ptr().cast_mut().cast();
            header.msg_hdr.msg_controllen = control.bytes;
        }
        header
    };
    let mut headers: Vec<libc::mmsghdr> = pieces.iter().map(header).collect();
    // SAFETY: every header points to `to`, to its own slices, whose datagrams the caller lends us,
    // and to its own control; all outlive the call, which only reads them (but for `msg_len`).
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            headers.len() as libc::c_uint,
            0,
        )
    };
    let sent = usize::try_from(sent).map_err(|_| io::Error::last_os_error())?;
    Ok(pieces.iter().take(sent).map(|(piece, _)| piece.len()).sum())
}

/// How many of the first datagrams go in one piece: all are equally long, but for the last, which
/// may be shorter. At least one.
fn piece_of(slices: &[libc::iovec]) -> usize {
    let length = slices.first().map_or(0, |first| first.iov_len);
    let most = PIECE_MAX_BYTES.checked_div(length).unwrap_or(1);
    let most = most.clamp(1, SEGMENTS_MAX);
    let equal = slices.iter().take_while(|slice| slice.iov_len == length);
    let equal = equal.take(most).count();
    let last = slices
        .get(equal)
        .filter(|last| (1..length).contains(&last.iov_len));
    equal + usize::from(last.is_some() && equal < most)
}

/// Whether the refusal of a run may be about its first piece, and not about a datagram: the kernel,
/// the interface or its driver does not cut it.
pub(in crate::net) fn is_about_pieces(error: &io::Error, run: &[&[u8]]) -> bool {
    let [first, second, ..] = run else {
        return false;
    };
    if second.len() > first.len() {
        return false;
    }
    let about = [libc::EIO, libc::EINVAL, libc::EMSGSIZE, libc::EOPNOTSUPP];
    error
        .raw_os_error()
        .is_some_and(|code| about.contains(&code))
}

/// Whether the kernel cuts pieces at all (Linux 4.18). An older one would not know that it should.
pub(in crate::net) fn cuts_pieces(socket: &Socket) -> bool {
    let none: libc::c_int = 0;
    set_option(socket, libc::SOL_UDP, libc::UDP_SEGMENT, &none).is_ok()
}

/// Room for control messages, in words: they must be aligned.
const CONTROL_WORDS: usize = 12;

/// Control messages, and their length in bytes.
struct Control {
    words: [u64; CONTROL_WORDS],
    bytes: usize,
}

/// What is told the kernel about one piece: where it leaves, and where it is to be cut.
fn control_of(exit: Option<Exit>, is_ipv6: bool, piece: &[libc::iovec]) -> Control {
    let mut control = Control {
        words: [0; CONTROL_WORDS],
        bytes: 0,
    };
    if let Some(exit) = exit.filter(|_| is_ipv6) {
        let info = libc::in6_pktinfo {
            ipi6_addr: libc::in6_addr { s6_addr: [0; 16] },
            ipi6_ifindex: exit.index,
        };
        control.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
    } else if let Some(exit) = exit {
        let address = exit.address.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let info = libc::in_pktinfo {
            ipi_ifindex: exit.index as libc::c_int,
            ipi_spec_dst: libc::in_addr {
                s_addr: u32::from(address).to_be(),
            },
            ipi_addr: libc::in_addr { s_addr: 0 },
        };
        control.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
    }
    if let [first, _, ..] = piece {
        let length = first.iov_len as u16; // a datagram has at most 65,507 bytes
        control.push(libc::SOL_UDP, libc::UDP_SEGMENT, &length);
    }
    control
}

impl Control {
    /// Writes one control message behind the others.
    fn push<T>(&mut self, level: i32, kind: i32, value: &T) {
        let header_bytes = size_of::<libc::cmsghdr>();
        let whole_bytes = header_bytes + size_of::<T>();
        assert!(self.bytes + whole_bytes <= size_of_val(&self.words));
        // SAFETY: all bits zero is a valid `cmsghdr`.
        let mut header: libc::cmsghdr = unsafe { mem::zeroed() };
        header.cmsg_len = whole_bytes;
        header.cmsg_level = level;
        header.cmsg_type = kind;
        let start = self
            .words
            .as_mut_ptr()
            .cast::<u8>()
            .wrapping_add(self.bytes);
        // SAFETY: both values fit, as was asserted; the header's size is a multiple of the
        // alignment of a word, so that the value stands where the kernel looks for it (cmsg(3)).
        unsafe {
            ptr::write_unaligned(start.cast(), header);
            ptr::copy_nonoverlapping(
                ptr::from_ref(value).cast::<u8>(),
                start.add(header_bytes),
                size_of::<T>(),
            );
        }
        self.bytes += whole_bytes.next_multiple_of(size_of::<u64>());
    }
}

/// Keeps a socket from hearing IPv6 groups that only others joined.
pub(in crate::net) fn keep_to_joined_v6(socket: &Socket) -> io::Result<()> {
    const IPV6_MULTICAST_ALL: libc::c_int = 29;
    let no: libc::c_int = 0;
    set_option(socket, libc::IPPROTO_IPV6, IPV6_MULTICAST_ALL, &no)
}

/// Sets an option of a socket to a value of the C type that the option takes.
fn set_option<T: Copy>(
    socket: &Socket,
    level: libc::c_int,
    option: libc::c_int,
    value: &T,
) -> io::Result<()> {
    // SAFETY: the value is passed with its own size, and the kernel only reads it during the call.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            ptr::from_ref(value).cast(),
            size_of_val(value) as libc::socklen_t,
        )
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Keeps a socket from hearing what this machine sent to a group from a port of its own. What
/// comes back through `lo` looks as if somebody else had sent it, and is heard.
pub(in crate::net) fn ignore_own(socket: &Socket, own_port: u16) -> io::Result<()> {
    const PACKET_LOOPBACK: u32 = 5;
    const PACKET_TYPE: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32;
    const SOURCE_PORT: u32 = 0; // where a socket's filter begins to read, UDP's header begins
    let step = |code: u32, k: u32, otherwise: u8| SockFilter::new(code as u16, 0, otherwise, k);
    let load_byte = libc::BPF_LD | libc::BPF_B | libc::BPF_ABS;
    let load_half = libc::BPF_LD | libc::BPF_H | libc::BPF_ABS;
    let is_equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let answer = libc::BPF_RET | libc::BPF_K;
    socket.attach_filter(&[
        step(load_byte, PACKET_TYPE, 0),
        step(is_equal, PACKET_LOOPBACK, 3),
        step(load_half, SOURCE_PORT, 0),
        step(is_equal, own_port.into(), 1),
        step(answer, 0, 0),
        step(answer, u32::MAX, 0),
    ])
}

/// Whether an interface is radio: only Wi-Fi answers this question. `None` if nobody can tell.
pub(in crate::net) fn is_radio(socket: &Socket, name: &str) -> Option<bool> {
    const SIOCGIWNAME: libc::c_ulong = 0x8b01;
    Some(ask(socket, name, SIOCGIWNAME).is_some())
}

/// The longest packet that an interface carries whole, in bytes.
pub(in crate::net) fn mtu_bytes(socket: &Socket, name: &str) -> Option<usize> {
    let answer = ask(socket, name, libc::SIOCGIFMTU)?;
    // SAFETY: to this question the kernel answers with an int (netdevice(7)); any bits are one.
    let mtu_bytes = unsafe { answer.ifr_ifru.ifru_mtu };
    usize::try_from(mtu_bytes).ok()
}

/// What the kernel answers to a question about an interface.
fn ask(socket: &Socket, name: &str, question: libc::c_ulong) -> Option<libc::ifreq> {
    // SAFETY: all bits zero is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    let room = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
    room.zip(name.bytes())
        .for_each(|(place, byte)| *place = byte as libc::c_char);
    // SAFETY: the kernel reads the name and writes at most one `ifreq`, which outlives the call.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), question, &raw mut request) };
    (answer == 0).then_some(request)
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
    set_option(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_of_equal_datagrams_and_a_shorter_last_one() {
        let pieces = |lengths: &[usize]| {
            let slice = |length: &usize| libc::iovec {
                iov_base: ptr::null_mut(),
                iov_len: *length,
            };
            let slices: Vec<libc::iovec> = lengths.iter().map(slice).collect();
            let mut rest = slices.as_slice();
            let next = || {
                let piece = (!rest.is_empty()).then(|| piece_of(rest));
                rest = &rest[piece.unwrap_or(0)..];
                piece
            };
            std::iter::from_fn(next).collect::<Vec<usize>>()
        };
        assert_eq!(pieces(&[7]), [1]);
        assert_eq!(pieces(&[7, 7, 7, 5, 5, 7]), [4, 1, 1]);
        assert_eq!(pieces(&[5, 7, 7]), [1, 2]);
        assert_eq!(pieces(&[0, 0, 7, 0]), [1, 1, 1, 1]);
        assert_eq!(pieces(&[1400; 64]), [46, 18]);
        assert_eq!(pieces(&[65_507, 65_507]), [1, 1]);
        assert_eq!(pieces(&[40_000, 30_000]), [1, 1]);
    }
}
