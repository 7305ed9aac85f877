//! The sockets of one member of a group. One receives from the group on every interface; one is the
//! member's own, which sends everything and receives what is sent to this member alone. There are
//! two more for IPv6, where the machine has it. In the lobby, another one receives the plain wire.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use super::group::{self, GroupOperation, Refusal, request_buffer, retry_while_busy};
use super::interfaces::{self, Interface};
use super::interrupter::Interrupter;
use super::kernel::{self, Egress, Segmentation};
use super::socket_poller::{SocketPoller, Wire};

/// Bytes of the headers that IPv6 and UDP put before a datagram.
const HEADERS_BYTES: usize = 40 + 8;

/// The addresses of a room's members.
#[derive(Clone, Debug)]
pub struct GroupAddress {
    /// Group and port of the frames.
    pub frames: SocketAddrV4,
    /// The same for IPv6; the port is that of the frames.
    pub frames_v6: Ipv6Addr,
    /// Group and port of the plain wire; `None` if the room does not use it.
    pub plain: Option<SocketAddrV4>,
    /// Hops that a datagram may take.
    pub ttl: u8,
    /// Interfaces by name or address; if empty, every interface that people are likely to be on.
    pub interfaces: Vec<String>,
}

/// What a rescan of the interfaces found.
#[derive(Debug, Default)]
pub struct Changes {
    /// Interfaces that are used from now on.
    pub joined: Vec<Interface>,
    /// Interfaces that are gone.
    pub lost: Vec<Interface>,
    /// Interfaces that cannot be used, and why.
    pub refusals: Vec<Refusal>,
}

/// The address families by which a datagram goes to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    /// IPv4; on an interface without an IPv4 address, IPv6.
    Preferred,
    /// Both.
    Both,
}

/// The sockets of one member.
#[derive(Debug)]
pub struct GroupSockets {
    address: GroupAddress,
    v4: SocketPair,
    v6: Option<SocketPair>,
    plain: Option<Arc<Socket>>,
    interfaces: Vec<Interface>,
    /// Interfaces that were in use and refused when the group was joined again.
    refused: Vec<Interface>,
    /// The indexes of interfaces by which nothing can be sent, and which were reported as such.
    reported: Vec<u32>,
    hears_itself: bool,
}

/// The sockets of one address family.
#[derive(Debug)]
struct SocketPair {
    group: Arc<Socket>,
    own: Arc<Socket>,
    /// Whether the kernel splits datagrams of one length; off once it has refused to.
    segmentation: Cell<Segmentation>,
}

impl SocketPair {
    fn new(group: Socket, own: Socket) -> Self {
        Self {
            segmentation: Cell::new(kernel::segmentation(&own)),
            group: Arc::new(group),
            own: Arc::new(own),
        }
    }

    /// Sends all datagrams to one address.
    fn send(
        &self,
        to: SocketAddr,
        egress: Option<Egress>,
        mut datagrams: &[&[u8]],
    ) -> io::Result<()> {
        retry_while_busy(|| {
            while !datagrams.is_empty() {
                let segmentation = self.segmentation.get();
                match kernel::send_datagrams(&self.own, to, egress, datagrams, segmentation) {
                    Ok(sent) => datagrams = datagrams.get(sent..).unwrap_or_default(),
                    Err(error)
                        if segmentation == Segmentation::Gso
                            && kernel::is_gso_refusal(&error, datagrams) =>
                    {
                        self.segmentation.set(Segmentation::Off);
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
    }

    fn own_port(&self) -> u16 {
        let address = self.own.local_addr().ok();
        address
            .and_then(|address| address.as_socket())
            .map_or(0, |address| address.port())
    }
}

impl GroupSockets {
    /// Opens the sockets; [`GroupSockets::rescan`] then joins the group on the interfaces.
    ///
    /// # Errors
    /// A [`Refusal`] to open, or to bind a port.
    pub fn open(address: GroupAddress) -> Result<Self, Refusal> {
        let own =
            open_own(Domain::IPV4, address.ttl).map_err(Refusal::new(GroupOperation::Open))?;
        let v4 = SocketPair::new(group::open(address.frames.into())?, own);
        let plain = address
            .plain
            .map(|plain| group::open(plain.into()))
            .transpose()?;
        // Many machines have no IPv6; they work without it.
        let v6 = || {
            let group = SocketAddrV6::new(address.frames_v6, address.frames.port(), 0, 0);
            let own = open_own(Domain::IPV6, address.ttl).ok()?;
            Some(SocketPair::new(group::open(group.into()).ok()?, own))
        };
        Ok(Self {
            v4,
            v6: v6(),
            plain: plain.map(Arc::new),
            interfaces: Vec::new(),
            refused: Vec::new(),
            reported: Vec::new(),
            hears_itself: true,
            address,
        })
    }

    /// The port of the member's own socket, from which all IPv4 datagrams leave.
    #[must_use]
    pub fn own_port(&self) -> u16 {
        self.v4.own_port()
    }

    /// Stops receiving what this member sends itself, where the kernel can filter it. Once it has
    /// shown that the network carries multicast, it only costs time.
    pub fn ignore_itself(&mut self) {
        if std::mem::take(&mut self.hears_itself) {
            for pair in [Some(&self.v4), self.v6.as_ref()].into_iter().flatten() {
                // Without the filter, the member still recognises its own datagrams.
                let _ = kernel::filter_own(&pair.group, pair.own_port());
            }
        }
    }

    /// The interfaces in use.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Whether an interface in use is Wi-Fi; `None` where the system does not report it.
    #[must_use]
    pub fn is_radio(&self) -> Option<bool> {
        let radio = |interface: &Interface| kernel::is_radio(&self.v4.own, &interface.name);
        let answers: Option<Vec<bool>> = self.interfaces.iter().map(radio).collect();
        answers.map(|answers| answers.contains(&true))
    }

    /// The longest datagram that every interface in use carries without fragments, also by IPv6; 0
    /// if it is unknown, as it is behind a router.
    #[must_use]
    pub fn datagram_bytes(&self) -> usize {
        if self.address.ttl > 1 {
            return 0;
        }
        let mtu_bytes = |interface: &Interface| {
            let mtu_bytes = kernel::mtu_bytes(&self.v4.own, &interface.name)?;
            Some(mtu_bytes.saturating_sub(HEADERS_BYTES))
        };
        let carried = self.interfaces.iter().map(mtu_bytes);
        carried.min().flatten().unwrap_or(0)
    }

    /// Lists the interfaces again, joins the group on new ones and leaves it on those that are
    /// gone.
    ///
    /// # Errors
    /// The system's refusal to list its interfaces.
    pub fn rescan(&mut self) -> io::Result<Changes> {
        let found = interfaces::for_people(&self.address.interfaces)?;
        let is_same = |one: &Interface, other: &Interface| {
            one.index == other.index && one.addresses == other.addresses
        };
        let mut changes = Changes::default();
        let is_there = |known: &Interface| found.iter().any(|found| is_same(known, found));
        let (kept, mut lost): (Vec<_>, Vec<_>) = std::mem::take(&mut self.interfaces)
            .into_iter()
            .partition(is_there);
        let refused = std::mem::take(&mut self.refused);
        lost.extend(refused.into_iter().filter(|known| !is_there(known)));
        for interface in &lost {
            self.leave(interface);
        }
        self.interfaces = kept;
        for interface in found {
            if self
                .interfaces
                .iter()
                .any(|known| is_same(known, &interface))
            {
                continue;
            }
            match self.join(&interface) {
                Ok(()) => {
                    changes.joined.push(interface.clone());
                    self.interfaces.push(interface);
                }
                Err(refusal) => changes.refusals.push(refusal),
            }
        }
        let in_use = &self.interfaces;
        self.reported
            .retain(|index| in_use.iter().any(|known| known.index == *index));
        changes.lost = lost;
        Ok(changes)
    }

    /// Leaves the group and joins it again on every interface, because a switch without an IGMP
    /// querier forgets members. An interface that refuses is not used until
    /// [`GroupSockets::rescan`] tries it again and reports the answer.
    pub fn rejoin(&mut self) {
        let (joined, refused): (Vec<_>, Vec<_>) = std::mem::take(&mut self.interfaces)
            .into_iter()
            .partition(|interface| self.join(interface).is_ok());
        self.interfaces = joined;
        self.refused.extend(refused);
    }

    /// Joins the group on an interface with every socket, or with none.
    fn join(&self, interface: &Interface) -> Result<(), Refusal> {
        let joined = self.try_to_join(interface);
        if joined.is_err() {
            self.leave(interface);
        }
        joined
    }

    fn try_to_join(&self, interface: &Interface) -> Result<(), Refusal> {
        let refused = || Refusal::on(GroupOperation::Join, interface);
        let by_index = InterfaceIndexOrAddress::Index(interface.index);
        // Leaves first, because an interface that lost its address may have kept its membership.
        self.leave(interface);
        let v4 = self
            .v4
            .group
            .join_multicast_v4_n(self.address.frames.ip(), &by_index);
        let v6 = self.v6.as_ref().map(|v6| {
            v6.group
                .join_multicast_v6(&self.address.frames_v6, interface.index)
        });
        // Most datagrams come by IPv4, so that IPv6 alone is not enough. Without an IPv4 address,
        // either family is.
        let has_v4 = !interface.addresses.is_empty();
        if let Err(error) = v4
            && (has_v4 || !matches!(v6, Some(Ok(()))))
        {
            return Err(refused()(error));
        }
        if let (Some(socket), Some(plain)) = (&self.plain, self.address.plain) {
            let joined = socket.join_multicast_v4_n(plain.ip(), &by_index);
            joined.map_err(refused())?;
        }
        Ok(())
    }

    fn leave(&self, interface: &Interface) {
        let by_index = InterfaceIndexOrAddress::Index(interface.index);
        // The interface may be gone, and its memberships with it.
        let _ = self
            .v4
            .group
            .leave_multicast_v4_n(self.address.frames.ip(), &by_index);
        if let Some(v6) = &self.v6 {
            let _ = v6
                .group
                .leave_multicast_v6(&self.address.frames_v6, interface.index);
        }
        if let (Some(socket), Some(plain)) = (&self.plain, self.address.plain) {
            let _ = socket.leave_multicast_v4_n(plain.ip(), &by_index);
        }
    }

    /// Sends datagrams to all members, once on each interface, and returns the refusals. An
    /// interface with neither an IPv4 address nor a way out by IPv6 may stay so for long; its
    /// refusal is returned once, until something can be sent there.
    pub fn send_to_group(&mut self, datagrams: &[&[u8]], families: Families) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for interface in &self.interfaces {
            let address = interface.addresses.first().copied();
            if address.is_some() {
                let egress = Egress {
                    index: interface.index,
                    address,
                };
                let to = self.address.frames.into();
                let sent = self.v4.send(to, Some(egress), datagrams);
                refusals.extend(sent.err().map(Refusal::on(GroupOperation::Send, interface)));
            }
            if families == Families::Preferred && address.is_some() {
                continue;
            }
            let sent = self.send_by_v6(interface, datagrams);
            // Where IPv4 was sent as well, a refusal by IPv6 is not worth a report.
            if address.is_none() {
                let was_reported = self.reported.contains(&interface.index);
                match sent {
                    Ok(()) => self.reported.retain(|index| *index != interface.index),
                    Err(_) if was_reported => {}
                    Err(error) => {
                        self.reported.push(interface.index);
                        refusals.push(Refusal::on(GroupOperation::Send, interface)(error));
                    }
                }
            }
        }
        refusals
    }

    fn send_by_v6(&self, interface: &Interface, datagrams: &[&[u8]]) -> io::Result<()> {
        let v6 = self.v6.as_ref().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let port = self.address.frames.port();
        let to = SocketAddrV6::new(self.address.frames_v6, port, 0, interface.index);
        let egress = Egress {
            index: interface.index,
            address: None,
        };
        v6.send(to.into(), Some(egress), datagrams)
    }

    /// Sends a datagram to the plain wire, once on each interface.
    pub fn send_to_plain(&self, datagram: &[u8]) -> Vec<Refusal> {
        let Some(plain) = self.address.plain else {
            return Vec::new();
        };
        let send = |interface: &Interface| {
            let egress = Egress {
                index: interface.index,
                address: interface.addresses.first().copied(),
            };
            let sent = self.v4.send(plain.into(), Some(egress), &[datagram]);
            sent.err().map(Refusal::on(GroupOperation::Send, interface))
        };
        self.interfaces.iter().filter_map(send).collect()
    }

    /// Sends a datagram to one member.
    ///
    /// # Errors
    /// The system's.
    pub fn send_to_member(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let pair = match (to, &self.v6) {
            (SocketAddr::V6(_), Some(v6)) => v6,
            _ => &self.v4,
        };
        pair.send(to, None, &[datagram])
    }

    /// Receives from all sockets; to be moved to a thread of its own. The interrupter ends it for
    /// good: these sockets receive nothing after that.
    ///
    /// # Errors
    /// The system's.
    pub fn poller(&self) -> io::Result<(SocketPoller, Interrupter)> {
        let mut sockets = vec![
            (Wire::Frames, Arc::clone(&self.v4.group)),
            (Wire::Frames, Arc::clone(&self.v4.own)),
        ];
        if let Some(v6) = &self.v6 {
            sockets.push((Wire::Frames, Arc::clone(&v6.group)));
            sockets.push((Wire::Frames, Arc::clone(&v6.own)));
        }
        sockets.extend(self.plain.clone().map(|plain| (Wire::Plain, plain)));
        SocketPoller::new(sockets)
    }
}

fn open_own(domain: Domain, ttl: u8) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    let any: SocketAddr = match domain {
        Domain::IPV6 => {
            socket.set_only_v6(true)?;
            socket.set_multicast_hops_v6(ttl.into())?;
            kernel::receive_joined_only_v6(&socket)?;
            (Ipv6Addr::UNSPECIFIED, 0).into()
        }
        _ => {
            socket.set_multicast_ttl_v4(ttl.into())?;
            // It joins no group, so that it receives only what is sent to this member alone.
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v4(false)?;
            (Ipv4Addr::UNSPECIFIED, 0).into()
        }
    };
    request_buffer(&socket);
    socket.bind(&any.into())?;
    Ok(socket)
}
