//! Linux's own system calls, and their C structures.

mod datagrams;
mod program_pages;

use std::os::fd::AsRawFd;
use std::{mem, ptr};

use socket2::{Domain, SockAddr, SockFilter};

pub(in crate::net) use self::datagrams::Datagrams;
pub(in crate::net) use self::program_pages::release_program_pages;
use super::{
    DATAGRAM_MAX_BYTES, Egress, Ipv4Addr, Segmentation, SockRef, Socket, SocketAddr, Wait, io,
};

/// Makes a socket report the interface that each datagram comes in by.
pub(in crate::net) fn report_interface(socket: &Socket, domain: Domain) -> io::Result<()> {
    let yes: libc::c_int = 1;
    match domain {
        Domain::IPV6 => set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, &yes),
        _ => set_option(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, &yes),
    }
}

/// Whether an error may mean that a system call is refused as a whole: by a sandbox (seccomp), or
/// by a kernel that does not have it. A firewall answers a send with the same error; then the
/// single call returns it too.
fn is_call_refusal(error: &io::Error) -> bool {
    let codes = [libc::ENOSYS, libc::EPERM, libc::EACCES];
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
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
    let sent = match usize::try_from(sent).map_err(|_| io::Error::last_os_error()) {
        Err(error) if is_call_refusal(&error) => send_one_by_one(socket, &headers)?,
        sent => sent?,
    };
    let sent = packets.iter().take(sent);
    Ok(sent.map(|(packet, _)| packet.len()).sum())
}

/// Sends packets with one call each, and returns how many were sent: those before the first
/// refusal.
fn send_one_by_one(socket: &Socket, headers: &[libc::mmsghdr]) -> io::Result<usize> {
    for (sent, header) in headers.iter().enumerate() {
        // SAFETY: the caller's headers are valid, and the call only reads them.
        let length = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header.msg_hdr, 0) };
        if length < 0 {
            let error = io::Error::last_os_error();
            return if sent > 0 { Ok(sent) } else { Err(error) };
        }
    }
    Ok(headers.len())
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

/// The speed of an interface's link, in bytes a second; `None` where it has none, or is unplugged.
pub(in crate::net) fn link_bytes_per_s(socket: &Socket, name: &str) -> Option<u64> {
    const SIOCETHTOOL: libc::c_ulong = 0x8946;
    const GET_SETTINGS: u32 = 1;
    const SPEED_UNKNOWN: u32 = u32::MAX;
    // `ethtool_cmd` of linux/ethtool.h: 44 bytes, of which the speed in Mbit/s is in two halves.
    let mut settings = [0_u16; 22];
    let [low, high] = [GET_SETTINGS as u16, (GET_SETTINGS >> 16) as u16];
    (settings[0], settings[1]) = match cfg!(target_endian = "big") {
        true => (high, low),
        false => (low, high),
    };
    let mut request: libc::ifreq = request_about(name);
    request.ifr_ifru.ifru_data = settings.as_mut_ptr().cast();
    // SAFETY: the kernel reads the name and the pointer, and writes one `ethtool_cmd` there, which
    // is as long as `settings` and outlives the call; any bits are valid numbers.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
    let mbit_per_s = u32::from(settings[14]) << 16 | u32::from(settings[6]);
    let is_known = answer == 0 && ![0, 0xffff, SPEED_UNKNOWN].contains(&mbit_per_s);
    is_known.then_some(u64::from(mbit_per_s) * 125_000)
}

/// A request about an interface by its name.
fn request_about(name: &str) -> libc::ifreq {
    // SAFETY: all bits zero is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    let letters = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
    letters
        .zip(name.bytes())
        .for_each(|(letter, byte)| *letter = byte as libc::c_char);
    request
}

/// Makes a request about an interface by its name; `None` if the kernel refuses.
fn interface_request(socket: &Socket, name: &str, code: libc::c_ulong) -> Option<libc::ifreq> {
    let mut request = request_about(name);
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
