//! The sockets of one member of a group. One receives from the group on every interface; one is the
//! member's own, which sends everything and receives what is sent to this member alone. There are
//! two more for IPv6, where the machine has it. In the lobby, another one receives the plain wire;
//! others receive the group of files, once it is joined.

mod files;
mod plain;
mod sending;

use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

use socket2::{Domain, InterfaceIndexOrAddress};

use self::files::FileSockets;
use self::plain::PlainSocket;
use super::group::{self, GroupOperation, Refusal};
use super::interfaces::{self, Interface, Likely, LikelyReason};
use super::interrupter::Interrupter;
use super::kernel::{self, Egress};
use super::networks::Networks;
use super::socket_pair::{SocketPair, open_own};
use super::socket_poller::{Batch, SocketPoller, Wire};
use crate::clock;

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
    /// Interfaces that cannot be used, and why: each once, until it can be or is gone.
    pub refusals: Vec<Refusal>,
    /// Interfaces that would be used, but cannot multicast: each once.
    pub unable: Vec<Interface>,
    /// Why the interfaces in use were chosen, if that has changed.
    pub reason: Option<LikelyReason>,
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
    /// Without them, the member does without files.
    files: Option<FileSockets>,
    /// Why there are none, until it is told.
    files_refusal: Option<Refusal>,
    plain: PlainSocket,
    plain_refusal: Option<Refusal>,
    interfaces: Vec<Interface>,
    left_out: Vec<Interface>,
    unable: Vec<Interface>,
    reason: LikelyReason,
    networks: Networks,
    /// Interfaces that were in use and refused when the group was joined again.
    refused: Vec<Interface>,
    /// The indexes of interfaces by which nothing can be sent, and which were reported as such.
    reported: Vec<u32>,
    /// The indexes of interfaces on which the group cannot be joined, and which were reported.
    unjoined: Vec<u32>,
    hears_itself: bool,
}

impl GroupSockets {
    /// Opens the sockets; [`GroupSockets::rescan`] then joins the group on the interfaces. Without
    /// the plain port the member does without the plain wire, and
    /// [`GroupSockets::plain_refusal`] says why.
    ///
    /// # Errors
    /// A [`Refusal`] to open, or to bind the port of the frames.
    pub fn open(address: GroupAddress) -> Result<Self, Refusal> {
        let own =
            open_own(Domain::IPV4, address.ttl).map_err(Refusal::new(GroupOperation::Open))?;
        let v4 = SocketPair::new(group::open(address.frames.into())?, own);
        let mut plain = PlainSocket::unbound()?;
        let plain_refusal = address.plain.and_then(|group| plain.bind(group).err());
        // Many machines have no IPv6; they work without it.
        let v6 = || {
            let group = SocketAddrV6::new(address.frames_v6, address.frames.port(), 0, 0);
            let own = open_own(Domain::IPV6, address.ttl).ok()?;
            Some(SocketPair::new(group::open(group.into()).ok()?, own))
        };
        let v6 = v6();
        group::report_interface(&v4.group, Domain::IPV4);
        if let Some(v6) = &v6 {
            group::report_interface(&v6.group, Domain::IPV6);
        }
        let own_port_v6 = v6.as_ref().map(SocketPair::own_port);
        let (files, files_refusal) = match FileSockets::open(&address, v4.own_port(), own_port_v6) {
            Ok(files) => (Some(files), None),
            Err(refusal) => (None, Some(refusal)),
        };
        Ok(Self {
            v4,
            v6,
            files,
            files_refusal,
            plain,
            plain_refusal,
            interfaces: Vec::new(),
            left_out: Vec::new(),
            unable: Vec::new(),
            reason: LikelyReason::default(),
            networks: Networks::default(),
            refused: Vec::new(),
            reported: Vec::new(),
            unjoined: Vec::new(),
            hears_itself: true,
            address,
        })
    }

    /// Why the plain wire is neither heard nor spoken, although the room has one.
    #[must_use]
    pub fn plain_refusal(&self) -> Option<&Refusal> {
        self.plain_refusal.as_ref()
    }

    /// The group and port of the plain wire, if it is heard.
    #[must_use]
    pub fn plain(&self) -> Option<SocketAddrV4> {
        self.address.plain.filter(|_| self.plain.bound().is_some())
    }

    /// The interfaces that are ready and were left out, because people are unlikely to be there.
    #[must_use]
    pub fn left_out(&self) -> &[Interface] {
        &self.left_out
    }

    /// Learns from what came in which interfaces lead to one network: the plain wire is sent to
    /// each network once, and the frames once from each subnet of it.
    pub fn learn(&mut self, batch: &Batch) {
        let now = clock::monotonic();
        for meeting in batch.meetings() {
            self.networks.meet(now, meeting, &self.interfaces);
        }
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

    /// What the slowest interface in use carries, in bytes a second; `None` where the system does
    /// not know it of all of them, as of Wi-Fi.
    #[must_use]
    pub fn link_bytes_per_s(&self) -> Option<u64> {
        let speed = |interface: &Interface| kernel::link_bytes_per_s(&self.v4.own, &interface.name);
        let speeds: Option<Vec<u64>> = self.interfaces.iter().map(speed).collect();
        speeds?.into_iter().min()
    }

    /// Lists the interfaces again, joins the group on new ones and leaves it on those that are
    /// gone.
    ///
    /// # Errors
    /// The system's refusal to list its interfaces.
    pub fn rescan(&mut self) -> io::Result<Changes> {
        let Likely {
            interfaces: found,
            left_out,
            unable,
            reason,
        } = interfaces::for_people(&self.address.interfaces)?;
        let is_same = |one: &Interface, other: &Interface| {
            one.index == other.index && one.addresses == other.addresses
        };
        let before = std::mem::replace(&mut self.reason, reason);
        let mut changes = Changes {
            reason: (before != reason).then_some(reason),
            ..Changes::default()
        };
        self.left_out = left_out;
        let known = std::mem::replace(&mut self.unable, unable);
        let is_known = |one: &Interface| known.iter().any(|known| known.index == one.index);
        let unable = self.unable.iter().filter(|one| !is_known(one));
        changes.unable = unable.cloned().collect();
        self.unjoined
            .retain(|index| found.iter().any(|found| found.index == *index));
        let is_there = |known: &Interface| found.iter().any(|found| is_same(known, found));
        let (kept, mut lost): (Vec<_>, Vec<_>) = std::mem::take(&mut self.interfaces)
            .into_iter()
            .partition(is_there);
        let refused = std::mem::take(&mut self.refused);
        lost.extend(refused.into_iter().filter(|known| !is_there(known)));
        for interface in &lost {
            self.leave(interface);
            self.networks.forget(interface.index);
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
                    self.unjoined.retain(|index| *index != interface.index);
                    changes.joined.push(interface.clone());
                    self.interfaces.push(interface);
                }
                Err(_) if self.unjoined.contains(&interface.index) => {}
                Err(refusal) => {
                    self.unjoined.push(interface.index);
                    changes.refusals.push(refusal);
                }
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
        if let (Some(socket), Some(plain)) = (self.plain.bound(), self.address.plain) {
            let joined = socket.join_multicast_v4_n(plain.ip(), &by_index);
            joined.map_err(refused())?;
        }
        match &self.files {
            Some(files) if files.is_joined => files.join(interface).map_err(refused()),
            _ => Ok(()),
        }
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
        if let (Some(socket), Some(plain)) = (self.plain.bound(), self.address.plain) {
            let _ = socket.leave_multicast_v4_n(plain.ip(), &by_index);
        }
        if let Some(files) = &self.files {
            files.leave(interface);
        }
    }

    /// Sends a datagram to the plain wire, once on each network, because its programs recognise no
    /// copies.
    pub fn send_to_plain(&self, datagram: &[u8]) -> Vec<Refusal> {
        let Some(plain) = self.plain() else {
            return Vec::new();
        };
        let now = clock::monotonic();
        let mut served: Vec<&Interface> = Vec::new();
        let mut refusals = Vec::new();
        for interface in &self.interfaces {
            if served
                .iter()
                .any(|by| self.networks.is_one(now, by, interface))
            {
                continue;
            }
            let egress = Egress {
                index: interface.index,
                address: interface.addresses.first().copied(),
            };
            match self.v4.send(plain.into(), Some(egress), &[datagram]) {
                Ok(()) => served.push(interface),
                Err(error) => refusals.push(Refusal::on(GroupOperation::Send, interface)(error)),
            }
        }
        refusals
    }

    /// Sends a datagram to one member, from the address that the group hears in that subnet.
    ///
    /// # Errors
    /// The system's.
    pub fn send_to_member(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let pair = match (to, &self.v6) {
            (SocketAddr::V6(_), Some(v6)) => v6,
            _ => &self.v4,
        };
        // The system chooses well, but for an address that was named.
        let is_named = !self.address.interfaces.is_empty();
        let is_beside = |interface: &&Interface| match to {
            SocketAddr::V4(to) => is_named && interface.is_neighbour(*to.ip()),
            SocketAddr::V6(_) => false,
        };
        // The routes choose the interface.
        let egress = self.interfaces.iter().find(is_beside).map(|beside| Egress {
            index: 0,
            address: beside.addresses.first().copied(),
        });
        pair.send(to, egress, &[datagram])
    }

    /// Receives from all sockets; to be moved to a thread of its own. The interrupter ends it for
    /// good: these sockets receive nothing after that.
    ///
    /// # Errors
    /// The system's.
    pub fn poller(&self) -> io::Result<(SocketPoller, Interrupter)> {
        let mut sockets = vec![
            (Wire::Frames, Arc::clone(&self.v4.group)),
            (Wire::Unicast, Arc::clone(&self.v4.own)),
        ];
        if let Some(v6) = &self.v6 {
            sockets.push((Wire::Frames, Arc::clone(&v6.group)));
            sockets.push((Wire::Unicast, Arc::clone(&v6.own)));
        }
        sockets.extend(self.files.iter().flat_map(FileSockets::receiving));
        // It receives once it is bound, which may be later.
        sockets.push((Wire::Plain, self.plain.socket()));
        let pairs = [Some(&self.v4), self.v6.as_ref()].into_iter().flatten();
        let own_ports = pairs.map(SocketPair::own_port).collect();
        SocketPoller::new(sockets, own_ports)
    }
}
