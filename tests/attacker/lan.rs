//! What an attacker hears in the lobby, and datagrams that it sends from any address.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};

use nix::errno::Errno;
use roda::protocol::wire::frame::{Author, Body, Kind, MemberTag};
use roda::protocol::wire::seal::Seal;
use socket2::{Domain, Protocol, Socket, Type};

/// Where the frames of the lobby go.
pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 3, 29, 71), 5008);

/// The protocol number of raw packets whose headers the sender writes (IPPROTO_RAW).
const RAW: i32 = 255;

/// The protocol number of UDP.
const UDP: u8 = 17;

/// Length of an IPv4 header without options, and of a UDP header, in bytes.
const HEADERS_BYTES: [usize; 2] = [20, 8];

/// Most datagrams of one kind that are remembered.
const RECORDED_MAX: usize = 4096;

/// A datagram to send.
pub struct Shot {
    /// Where it seems to come from.
    pub from: SocketAddrV4,
    /// Where it goes.
    pub to: SocketAddrV4,
    /// What it holds.
    pub datagram: Vec<u8>,
}

/// A member that was heard.
pub struct Victim {
    /// The author of its newest frame.
    pub author: Author,
    /// The address of its private socket.
    pub address: SocketAddrV4,
    /// Its newest durable frame.
    pub newest: u32,
}

impl Victim {
    /// How frames name it.
    pub fn tag(&self) -> MemberTag {
        self.author.tag()
    }
}

/// What was heard so far.
pub struct Heard {
    /// The seal of the lobby.
    pub seal: Seal,
    /// The attacker's own address.
    pub own: Ipv4Addr,
    /// Whom the attack is about.
    victim: String,
    members: BTreeMap<String, Victim>,
    /// All frames of the victim, as they came.
    pub of_victim: Vec<Vec<u8>>,
    /// NACKs of whomever.
    pub nacks: Vec<Vec<u8>>,
}

impl Heard {
    /// Whom the attack is about.
    pub fn victim(&self) -> Option<&Victim> {
        self.members.get(&self.victim)
    }

    /// All members that were heard.
    pub fn members(&self) -> impl Iterator<Item = &Victim> {
        self.members.values()
    }

    fn take(&mut self, from: SocketAddrV4, datagram: &[u8]) {
        let mut inside = Vec::new();
        let Ok(opened) = self.seal.open(datagram, &mut inside) else {
            return;
        };
        let (author, body) = (opened.frame.author, opened.frame.body);
        let name = author.name.to_string();
        let recorded = match body.kind() {
            Kind::Nack => &mut self.nacks,
            _ if name == self.victim => &mut self.of_victim,
            _ => &mut Vec::new(),
        };
        if recorded.len() < RECORDED_MAX {
            recorded.push(datagram.to_vec());
        }
        // A durable frame may be somebody else's repair, and a NACK is not signed.
        let known = self.members.get_mut(&name);
        match (body, known) {
            (Body::Beat(beat), known) => {
                let newest = known.map_or(0, |known| known.newest).max(beat.newest);
                let victim = Victim {
                    author,
                    address: from,
                    newest,
                };
                self.members.insert(name, victim);
            }
            (Body::Durable(_), Some(known)) => known.newest = known.newest.max(author.sequence),
            _ => {}
        }
    }
}

/// An attacker's sockets.
pub struct Lan {
    group: UdpSocket,
    raw: Socket,
    heard: Heard,
}

impl Lan {
    /// Listens to the group on the interface with this address.
    pub fn join(own: Ipv4Addr, victim: &str) -> io::Result<Self> {
        let group = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        group.set_reuse_address(true)?;
        group.bind(&GROUP.into())?;
        group.join_multicast_v4(GROUP.ip(), &own)?;
        group.set_nonblocking(true)?;
        let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(RAW)))?;
        raw.set_header_included_v4(true)?;
        raw.set_multicast_if_v4(&own)?;
        raw.set_multicast_loop_v4(false)?;
        Ok(Self {
            group: group.into(),
            raw,
            heard: Heard {
                seal: Seal::public(None),
                own,
                victim: victim.to_owned(),
                members: BTreeMap::new(),
                of_victim: Vec::new(),
                nacks: Vec::new(),
            },
        })
    }

    /// What was heard so far.
    pub fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Takes in what has come.
    pub fn listen(&mut self) -> io::Result<()> {
        let mut room = [0; 2048];
        loop {
            match self.group.recv_from(&mut room) {
                Ok((length, SocketAddr::V4(from))) => {
                    self.heard
                        .take(from, room.get(..length).unwrap_or_default());
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a datagram that seems to come from any address: with headers of our own.
    pub fn send(&self, from: SocketAddrV4, to: SocketAddrV4, datagram: &[u8]) -> io::Result<()> {
        let packet = packet(from, to, datagram);
        loop {
            match self.raw.send_to(&packet, &to.into()) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What the interface cannot take now is lost, as on any network.
                Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// An IPv4 packet with a UDP datagram. The system fills in the length and the checksum of the IPv4
/// header, and none is needed for UDP.
fn packet(from: SocketAddrV4, to: SocketAddrV4, datagram: &[u8]) -> Vec<u8> {
    let [ip_bytes, udp_bytes] = HEADERS_BYTES;
    let length = (udp_bytes + datagram.len()) as u16;
    let mut packet = Vec::with_capacity(ip_bytes + udp_bytes + datagram.len());
    // Version and header length, service, total length, id, fragment, time to live, protocol.
    packet.extend([0x45, 0, 0, 0, 0, 0, 0, 0, 1, UDP, 0, 0]);
    packet.extend(from.ip().octets());
    packet.extend(to.ip().octets());
    packet.extend(from.port().to_be_bytes());
    packet.extend(to.port().to_be_bytes());
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(datagram);
    packet
}
