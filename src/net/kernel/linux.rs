//! Linux's own system calls, and their C structures.

use std::os::fd::AsRawFd;
use std::{mem, ptr};

use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};

use socket2::{SockAddr, SockFilter};

use super::{
    DATAGRAM_MAX_BYTES, Egress, Ipv4Addr, Segmentation, SockRef, Socket, SocketAddr, Wait, io,
};

/// Datagrams read with one call. Only the pages that datagrams fill take memory.
const BATCH_MAX: usize = 64;

/// The datagrams that one call read, and the buffers for the next ones.
pub struct Datagrams {
    bytes: Vec<u8>,
    /// For either family: the IPv6 structure is the longer one.
    sources: Vec<libc::sockaddr_in6>,
    slices: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    count: usize,
}

impl Datagrams {
    /// Buffers for one batch.
    pub(in crate::net) fn new() -> Self {
        let mut buffers = Self {
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
            buffers.headers.push(header);
        }
        buffers
    }

    /// Replaces the datagrams by the next ones of a socket: all that wait, up to one batch.
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

    /// Whether the batch is full, so that more datagrams may wait.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count == BATCH_MAX
    }

    /// Each datagram and where it came from, in order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], SocketAddr)> {
        let buffers = self.bytes.chunks_exact(DATAGRAM_MAX_BYTES);
        self.headers
            .iter()
            .zip(buffers)
            .zip(&self.sources)
            .take(self.count)
            .map(|((header, buffer), source)| {
                let length = (header.msg_len as usize).min(buffer.len());
                (buffer.get(..length).unwrap_or(buffer), address_of(source))
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
const SEND_MAX: usize = 64;

/// Most bytes of one packet before it is split: what IPv4 allows.
const PACKET_MAX_BYTES: usize = DATAGRAM_MAX_BYTES;

/// Most datagrams of one packet: what every kernel splits (newer ones split more).
const SEGMENTS_MAX: usize = 64;

/// Sends datagrams to one address by one interface, and returns how many were sent. If the system
/// refused one of them, these are the ones before it, and the next call returns the error. With
/// [`Segmentation::Gso`], consecutive datagrams of one length are passed as one packet.
pub(in crate::net) fn send_datagrams(
    socket: &Socket,
    to: SocketAddr,
    egress: Option<Egress>,
    datagrams: &[&[u8]],
    segmentation: Segmentation,
) -> io::Result<usize> {
    let to = SockAddr::from(to);
    let datagrams = datagrams.get(..SEND_MAX).unwrap_or(datagrams);
    let slice = |datagram: &&[u8]| libc::iovec {
        iov_base: datagram.as_ptr().cast_mut().cast(),
        iov_len: datagram.len(),
    };
    let slices: Vec<libc::iovec> = datagrams.iter().map(slice).collect();
    let mut packets: Vec<(&[libc::iovec], Control)> = Vec::new();
    let mut rest = slices.as_slice();
    while !rest.is_empty() {
        let datagrams = match segmentation {
            Segmentation::Gso => packet_datagrams(rest),
            Segmentation::Off => 1,
        };
        let (packet, others) = rest.split_at(datagrams);
        packets.push((packet, control_of(egress, &to, packet)));
        rest = others;
    }
    let header = |(packet, control): &(&[libc::iovec], Control)| {
        // SAFETY: all bits zero is a valid `mmsghdr`, as above.
        let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
        header.msg_hdr.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_hdr.msg_namelen = to.len();
        header.msg_hdr.msg_iov = packet.as_ptr().cast_mut();
        header.msg_hdr.msg_iovlen = packet.len();
        if control.bytes > 0 {
            header.msg_hdr.msg_control = control.words.as_ptr().cast_mut().cast();
            header.msg_hdr.msg_controllen = control.bytes;
        }
        header
    };
    let mut headers: Vec<libc::mmsghdr> = packets.iter().map(header).collect();
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
    let sent = packets.iter().take(sent);
    Ok(sent.map(|(packet, _)| packet.len()).sum())
}

/// How many of the first datagrams go in one packet, at least one. All have the same length, but
/// for the last, which may be shorter.
fn packet_datagrams(slices: &[libc::iovec]) -> usize {
    let length = slices.first().map_or(0, |first| first.iov_len);
    let most = PACKET_MAX_BYTES.checked_div(length).unwrap_or(1);
    let most = most.clamp(1, SEGMENTS_MAX);
    let equal = slices.iter().take_while(|slice| slice.iov_len == length);
    let equal = equal.take(most).count();
    let last = slices
        .get(equal)
        .filter(|last| (1..length).contains(&last.iov_len));
    equal + usize::from(last.is_some() && equal < most)
}

/// Whether the error of a send may be about splitting the first packet, and not about a datagram:
/// the kernel, the interface or its driver may not support it.
pub(in crate::net) fn is_gso_refusal(error: &io::Error, datagrams: &[&[u8]]) -> bool {
    let [first, second, ..] = datagrams else {
        return false;
    };
    if second.len() > first.len() {
        return false;
    }
    let codes = [libc::EIO, libc::EINVAL, libc::EMSGSIZE, libc::EOPNOTSUPP];
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Whether the kernel splits packets at all (since Linux 4.18). An older one would ignore the
/// control message and send one long datagram.
pub(in crate::net) fn segmentation(socket: &Socket) -> Segmentation {
    let none: libc::c_int = 0;
    match set_option(socket, libc::SOL_UDP, libc::UDP_SEGMENT, &none) {
        Ok(()) => Segmentation::Gso,
        Err(_) => Segmentation::Off,
    }
}

/// Size of the buffer for control messages, in words, because they must be aligned.
const CONTROL_WORDS: usize = 12;

/// Control messages, and their length in bytes.
struct Control {
    words: [u64; CONTROL_WORDS],
    bytes: usize,
}

/// The control messages of one packet `to` an address: the interface it leaves by, and the length
/// it is split at.
fn control_of(egress: Option<Egress>, to: &SockAddr, packet: &[libc::iovec]) -> Control {
    let mut control = Control {
        words: [0; CONTROL_WORDS],
        bytes: 0,
    };
    if let Some(egress) = egress.filter(|_| to.is_ipv6()) {
        let info = libc::in6_pktinfo {
            ipi6_addr: libc::in6_addr { s6_addr: [0; 16] },
            ipi6_ifindex: egress.index,
        };
        control.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
    } else if let Some(egress) = egress {
        let address = egress.address.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let info = libc::in_pktinfo {
            ipi_ifindex: egress.index as libc::c_int,
            ipi_spec_dst: libc::in_addr {
                s_addr: u32::from(address).to_be(),
            },
            ipi_addr: libc::in_addr { s_addr: 0 },
        };
        control.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
    }
    if let [first, _, ..] = packet {
        let length = first.iov_len as u16; // a datagram has at most 65,507 bytes
        control.push(libc::SOL_UDP, libc::UDP_SEGMENT, &length);
    }
    control
}

impl Control {
    /// Appends one control message.
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

/// Makes a socket receive only the IPv6 groups that it has joined itself; by default it receives
/// the groups of every socket on the machine.
pub(in crate::net) fn receive_joined_only_v6(socket: &Socket) -> io::Result<()> {
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

/// Drops what this machine sent to a group from one port and would receive itself. What comes back
/// through `lo` is not marked as this machine's own, and is received.
pub(in crate::net) fn filter_own(socket: &Socket, own_port: u16) -> io::Result<()> {
    const PACKET_LOOPBACK: u32 = 5;
    const PACKET_TYPE: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32;
    const SOURCE_PORT: u32 = 0; // a UDP socket's filter starts at the UDP header
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

/// Whether an interface is Wi-Fi, which alone supports this request. `None` where the system does
/// not report it.
pub(in crate::net) fn is_radio(socket: &Socket, name: &str) -> Option<bool> {
    const SIOCGIWNAME: libc::c_ulong = 0x8b01;
    Some(interface_request(socket, name, SIOCGIWNAME).is_some())
}

/// The longest packet that an interface carries without fragments, in bytes.
pub(in crate::net) fn mtu_bytes(socket: &Socket, name: &str) -> Option<usize> {
    let answer = interface_request(socket, name, libc::SIOCGIFMTU)?;
    // SAFETY: the kernel answers this request with an int (netdevice(7)); any bits are a valid int.
    let mtu_bytes = unsafe { answer.ifr_ifru.ifru_mtu };
    usize::try_from(mtu_bytes).ok()
}

/// Makes a request about an interface by its name; `None` if the kernel refuses.
fn interface_request(socket: &Socket, name: &str, code: libc::c_ulong) -> Option<libc::ifreq> {
    // SAFETY: all bits zero is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    let letters = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
    letters
        .zip(name.bytes())
        .for_each(|(letter, byte)| *letter = byte as libc::c_char);
    // SAFETY: the kernel reads the name and writes at most one `ifreq`, which outlives the call.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), code, &raw mut request) };
    (answer == 0).then_some(request)
}

/// Sets the interface and the source address of what this socket sends to groups. The index chooses
/// the interface, because two interfaces may have the same address, or one may have none. The
/// address is needed, because the kernel chooses none on loopback.
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

/// How many bytes were written to this socket that the other host has not acknowledged.
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
/// `None` where the kernel does not report it.
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
    fn a_packet_has_equal_datagrams_and_a_shorter_last_one() {
        let packets = |lengths: &[usize]| {
            let slice = |length: &usize| libc::iovec {
                iov_base: ptr::null_mut(),
                iov_len: *length,
            };
            let slices: Vec<libc::iovec> = lengths.iter().map(slice).collect();
            let mut rest = slices.as_slice();
            let next = || {
                let datagrams = (!rest.is_empty()).then(|| packet_datagrams(rest));
                rest = &rest[datagrams.unwrap_or(0)..];
                datagrams
            };
            std::iter::from_fn(next).collect::<Vec<usize>>()
        };
        assert_eq!(packets(&[7]), [1]);
        assert_eq!(packets(&[7, 7, 7, 5, 5, 7]), [4, 1, 1]);
        assert_eq!(packets(&[5, 7, 7]), [1, 2]);
        assert_eq!(packets(&[0, 0, 7, 0]), [1, 1, 1, 1]);
        assert_eq!(packets(&[1400; 64]), [46, 18]);
        assert_eq!(packets(&[65_507, 65_507]), [1, 1]);
        assert_eq!(packets(&[40_000, 30_000]), [1, 1]);
    }
}
