//! The sockets of one member of a circle: one hears the group on every interface, one is the
//! member's own, from which all is sent and where others reach it alone; and the same for IPv6,
//! where the machine has it. In the lobby, one more hears the plain wire.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use super::group::{self, GroupOperation, Refusal, ask_for_buffer, retry_while_busy};
use super::interfaces::{self, Interface};
use super::kernel::{self, Exit};
use super::socket_poller::{Interrupter, SocketPoller, Wire};

/// What IPv6 and UDP put before a datagram, in bytes.
const HEADERS_BYTES: usize = 40 + 8;

/// Where the members of a room are.
#[derive(Clone, Debug)]
pub struct GroupAddress {
    /// Group and port of the frames.
    pub frames: SocketAddrV4,
    /// The same for IPv6; the port is that of the frames.
    pub frames_v6: Ipv6Addr,
    /// Group and port of the plain wire, if it is heard and spoken.
    pub plain: Option<SocketAddrV4>,
    /// Hops.
    pub ttl: u8,
    /// Interfaces by name or address; none means all that are fit.
    pub interfaces: Vec<String>,
}

/// What another look at the interfaces found.
#[derive(Debug, Default)]
pub struct Changes {
    /// Interfaces that are used from now on.
    pub joined: Vec<Interface>,
    /// Interfaces that are not there any more.
    pub lost: Vec<Interface>,
    /// Interfaces that cannot be used, and why.
    pub refusals: Vec<Refusal>,
}

/// The sockets of one member.
#[derive(Debug)]
pub struct GroupSockets {
    place: GroupAddress,
    v4: Pair,
    v6: Option<Pair>,
    plain: Option<Arc<Socket>>,
    interfaces: Vec<Interface>,
    /// Those that were in use and refused to be joined again.
    refused: Vec<Interface>,
    /// Interfaces in use by whose number it was told that nothing leaves there.
    told: Vec<u32>,
    hears_itself: bool,
}

/// A socket that hears the group, and the member's own.
#[derive(Debug)]
struct Pair {
    group: Arc<Socket>,
    own: Arc<Socket>,
    /// Whether runs leave in pieces, which the kernel cuts; until it refuses one.
    uses_gso: Cell<bool>,
}

impl Pair {
    fn new(group: Socket, own: Socket) -> Self {
        Self {
            uses_gso: Cell::new(kernel::cuts_pieces(&own)),
            group: Arc::new(group),
            own: Arc::new(own),
        }
    }

    /// Sends all datagrams.
    fn send(&self, to: SocketAddr, exit: Option<Exit>, mut run: &[&[u8]]) -> io::Result<()> {
        retry_while_busy(|| {
            while !run.is_empty() {
                let uses_gso = self.uses_gso.get();
                match kernel::send_run(&self.own, to, exit, run, uses_gso) {
                    Ok(sent) => run = run.get(sent..).unwrap_or_default(),
                    Err(error) if uses_gso && kernel::is_about_pieces(&error, run) => {
                        self.uses_gso.set(false);
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
    /// A [`Refusal`] to open, or to take a port.
    pub fn open(place: GroupAddress) -> Result<Self, Refusal> {
        let own = open_own(Domain::IPV4, place.ttl).map_err(Refusal::new(GroupOperation::Open))?;
        let v4 = Pair::new(group::open(place.frames.into())?, own);
        let plain = place
            .plain
            .map(|plain| group::open(plain.into()))
            .transpose()?;
        // Many machines have no IPv6, and need none.
        let v6 = || {
            let group = SocketAddrV6::new(place.frames_v6, place.frames.port(), 0, 0);
            let own = open_own(Domain::IPV6, place.ttl).ok()?;
            Some(Pair::new(group::open(group.into()).ok()?, own))
        };
        Ok(Self {
            v4,
            v6: v6(),
            plain: plain.map(Arc::new),
            interfaces: Vec::new(),
            refused: Vec::new(),
            told: Vec::new(),
            hears_itself: true,
            place,
        })
    }

    /// The port of the member's own socket, from which all IPv4 datagrams leave.
    #[must_use]
    pub fn own_port(&self) -> u16 {
        self.v4.own_port()
    }

    /// Hears no more of what it sends itself, where the kernel can tell: once it is known that the
    /// network carries it, it only costs time.
    pub fn ignore_itself(&mut self) {
        if std::mem::take(&mut self.hears_itself) {
            for pair in [Some(&self.v4), self.v6.as_ref()].into_iter().flatten() {
                // Who hears it all the same knows it at a glance.
                let _ = kernel::ignore_own(&pair.group, pair.own_port());
            }
        }
    }

    /// The interfaces in use.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Whether an interface in use is radio; `None` if nobody can tell.
    #[must_use]
    pub fn is_radio(&self) -> Option<bool> {
        let radio = |interface: &Interface| kernel::is_radio(&self.v4.own, &interface.name);
        let answers: Option<Vec<bool>> = self.interfaces.iter().map(radio).collect();
        answers.map(|answers| answers.contains(&true))
    }

    /// The longest datagram that every interface in use carries whole, also by IPv6; 0 if nobody
    /// can tell, as behind a router.
    #[must_use]
    pub fn datagram_bytes(&self) -> usize {
        if self.place.ttl > 1 {
            return 0;
        }
        let mtu_bytes = |interface: &Interface| {
            let mtu_bytes = kernel::mtu_bytes(&self.v4.own, &interface.name)?;
            Some(mtu_bytes.saturating_sub(HEADERS_BYTES))
        };
        let carried = self.interfaces.iter().map(mtu_bytes);
        carried.min().flatten().unwrap_or(0)
    }

    /// Looks at the interfaces again, joins the group on new ones and forgets those that are gone.
    ///
    /// # Errors
    /// The system's refusal to list its interfaces.
    pub fn rescan(&mut self) -> io::Result<Changes> {
        let found = interfaces::for_people(&self.place.interfaces)?;
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
        self.told
            .retain(|told| in_use.iter().any(|known| known.index == *told));
        changes.lost = lost;
        Ok(changes)
    }

    /// Leaves the group and joins it again on every interface: a switch without a querier forgets
    /// members. An interface that refuses is not used until [`GroupSockets::rescan`] tries it again
    /// and reports the answer.
    pub fn rejoin(&mut self) {
        let (joined, refused): (Vec<_>, Vec<_>) = std::mem::take(&mut self.interfaces)
            .into_iter()
            .partition(|interface| self.join(interface).is_ok());
        self.interfaces = joined;
        self.refused.extend(refused);
    }

    /// Joins the group on an interface, wholly or not at all.
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
        // Leaving first: the interface may have lost its address, and kept its membership.
        self.leave(interface);
        let v4 = self
            .v4
            .group
            .join_multicast_v4_n(self.place.frames.ip(), &by_index);
        let v6 = self.v6.as_ref().map(|v6| {
            v6.group
                .join_multicast_v6(&self.place.frames_v6, interface.index)
        });
        // What others send by IPv4, which is most, IPv6 does not make up for. Where there is no
        // IPv4 address, one family is enough.
        let has_v4 = !interface.addresses.is_empty();
        if let Err(error) = v4
            && (has_v4 || !matches!(v6, Some(Ok(()))))
        {
            return Err(refused()(error));
        }
        if let (Some(socket), Some(plain)) = (&self.plain, self.place.plain) {
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
            .leave_multicast_v4_n(self.place.frames.ip(), &by_index);
        if let Some(v6) = &self.v6 {
            let _ = v6
                .group
                .leave_multicast_v6(&self.place.frames_v6, interface.index);
        }
        if let (Some(socket), Some(plain)) = (&self.plain, self.place.plain) {
            let _ = socket.leave_multicast_v4_n(plain.ip(), &by_index);
        }
    }

    /// Sends datagrams to all members, once on each interface; `everywhere` also by IPv6. That an
    /// interface without an IPv4 address has no way out by IPv6 either is told once, until it has
    /// one: so it may stay for long, and it is no fault of what is sent.
    pub fn send_to_group(&mut self, datagrams: &[&[u8]], everywhere: bool) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for interface in &self.interfaces {
            let address = interface.addresses.first().copied();
            if address.is_some() {
                let exit = Exit {
                    index: interface.index,
                    address,
                };
                let to = self.place.frames.into();
                let sent = self.v4.send(to, Some(exit), datagrams);
                refusals.extend(sent.err().map(Refusal::on(GroupOperation::Send, interface)));
            }
            if !everywhere && address.is_some() {
                continue;
            }
            let sent = self.send_by_v6(interface, datagrams);
            // Beside IPv4, nobody is there whom only IPv6 would have reached.
            if address.is_none() {
                let was_told = self.told.contains(&interface.index);
                match sent {
                    Ok(()) => self.told.retain(|told| *told != interface.index),
                    Err(_) if was_told => {}
                    Err(error) => {
                        self.told.push(interface.index);
                        refusals.push(Refusal::on(GroupOperation::Send, interface)(error));
                    }
                }
            }
        }
        refusals
    }

    fn send_by_v6(&self, interface: &Interface, datagrams: &[&[u8]]) -> io::Result<()> {
        let v6 = self.v6.as_ref().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let port = self.place.frames.port();
        let to = SocketAddrV6::new(self.place.frames_v6, port, 0, interface.index);
        let exit = Exit {
            index: interface.index,
            address: None,
        };
        v6.send(to.into(), Some(exit), datagrams)
    }

    /// Sends a datagram to the plain wire, once on each interface.
    pub fn send_to_plain(&self, datagram: &[u8]) -> Vec<Refusal> {
        let Some(plain) = self.place.plain else {
            return Vec::new();
        };
        let send = |interface: &Interface| {
            let exit = Exit {
                index: interface.index,
                address: interface.addresses.first().copied(),
            };
            let sent = self.v4.send(plain.into(), Some(exit), &[datagram]);
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

    /// What hears on all sockets; to be moved to a thread of its own.
    ///
    /// # Errors
    /// The system's refusal of a pipe.
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
        SocketPoller::over(sockets)
    }
}

fn open_own(domain: Domain, ttl: u8) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    let any: SocketAddr = match domain {
        Domain::IPV6 => {
            socket.set_only_v6(true)?;
            socket.set_multicast_hops_v6(ttl.into())?;
            kernel::keep_to_joined_v6(&socket)?;
            (Ipv6Addr::UNSPECIFIED, 0).into()
        }
        _ => {
            socket.set_multicast_ttl_v4(ttl.into())?;
            // It joins nothing, and so hears what is sent to this member alone.
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v4(false)?;
            (Ipv4Addr::UNSPECIFIED, 0).into()
        }
    };
    ask_for_buffer(&socket);
    socket.bind(&any.into())?;
    Ok(socket)
}
