//! UDP multicast over IPv4: a sender with one socket per interface, and a receiver with one
//! socket that joins the group on every interface.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Instant;

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use super::copies::Copies;
use super::group::{self, GroupOperation, Refusal, retry_while_busy};
use super::interfaces::{Choice, Interface, Reason};
#[cfg(not(target_os = "linux"))]
use super::interrupter::FLAG_INTERVAL;
use super::interrupter::{Flag, Interrupter};
use super::kernel::{self, Datagrams, Wait};
use crate::clock;

/// Sends datagrams to a group, one copy on each interface. Joins nothing.
#[derive(Debug)]
pub struct Sender {
    group: SocketAddrV4,
    outlets: Vec<Outlet>,
}

/// A socket, and the interface that it sends through if the routes do not choose one.
#[derive(Debug)]
struct Outlet {
    interface: Option<Interface>,
    socket: Socket,
}

impl Sender {
    /// Opens the sockets. If the system's routes chose the interface, they choose again for every
    /// datagram, so that a laptop that changes its network still sends. (Not on loopback, where the
    /// system would set no source address.)
    ///
    /// # Errors
    /// A [`Refusal`] to open, or to use one of the interfaces.
    pub fn open(group: SocketAddrV4, ttl: u8, choice: &Choice) -> Result<Self, Refusal> {
        let is_loopback = choice
            .interfaces
            .iter()
            .all(|interface| interface.is_loopback);
        let outlets = if choice.reason == Reason::Routed && !is_loopback {
            let socket = open_outlet(ttl).map_err(Refusal::new(GroupOperation::Open))?;
            vec![Outlet {
                interface: None,
                socket,
            }]
        } else {
            let bound = |interface: &Interface| {
                let address = interface.addresses.first().copied();
                let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED);
                let socket = open_outlet(ttl)?;
                kernel::set_multicast_interface(&socket, interface.index, address)?;
                Ok(Outlet {
                    interface: Some(interface.clone()),
                    socket,
                })
            };
            let open = |i| bound(i).map_err(Refusal::on(GroupOperation::Open, i));
            choice
                .interfaces
                .iter()
                .map(open)
                .collect::<Result<_, _>>()?
        };
        Ok(Self { group, outlets })
    }

    /// Sends one copy on each interface and returns the refusals. If there are as many as
    /// [`Sender::outlets`], nothing was sent at all.
    pub fn send(&self, datagram: &[u8]) -> Vec<Refusal> {
        let to = self.group.into();
        let mut refusals = Vec::new();
        for outlet in &self.outlets {
            let sent = retry_while_busy(|| outlet.socket.send_to(datagram, &to).map(drop));
            if let Err(cause) = sent {
                let interface = outlet
                    .interface
                    .as_ref()
                    .map(|interface| interface.name.clone());
                refusals.push(Refusal {
                    act: GroupOperation::Send,
                    interface,
                    cause,
                });
            }
        }
        refusals
    }

    /// How many copies of a datagram are sent.
    #[must_use]
    pub fn outlets(&self) -> usize {
        self.outlets.len()
    }
}

fn open_outlet(ttl: u8) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_multicast_ttl_v4(u32::from(ttl))?;
    Ok(socket)
}

/// Receives the datagrams of a group.
pub struct Receiver {
    socket: Arc<Socket>,
    group: Ipv4Addr,
    joined: Vec<Interface>,
    interrupted: Flag,
    datagrams: Datagrams,
    /// The copies that come in by several interfaces of one network.
    copies: Option<Copies>,
    since: Instant,
}

impl Receiver {
    /// Binds the port, which other programs that share it may use too, and joins the group by the
    /// index of each interface. The refusals of interfaces are returned beside the receiver.
    ///
    /// # Errors
    /// A [`Refusal`] to open or to bind, or to join when every interface refuses.
    pub fn open(group: SocketAddrV4, choice: &Choice) -> Result<(Self, Vec<Refusal>), Refusal> {
        let socket = group::open(group.into())?;
        // Where no shutdown wakes a socket, the wait must end by itself to look at the flag.
        #[cfg(not(target_os = "linux"))]
        socket
            .set_read_timeout(Some(FLAG_INTERVAL))
            .map_err(Refusal::new(GroupOperation::Open))?;
        let (mut joined, mut refusals) = (Vec::new(), Vec::new());
        for interface in &choice.interfaces {
            let at = InterfaceIndexOrAddress::Index(interface.index);
            match socket.join_multicast_v4_n(group.ip(), &at) {
                Ok(()) => joined.push(interface.clone()),
                Err(cause) => refusals.push(Refusal::on(GroupOperation::Join, interface)(cause)),
            }
        }
        if joined.is_empty() {
            let none = || Refusal::new(GroupOperation::Join)(io::ErrorKind::NotFound.into());
            return Err(refusals.pop().unwrap_or_else(none));
        }
        if joined.len() > 1 {
            group::report_interface(&socket, Domain::IPV4);
        }
        let receiver = Self {
            copies: (joined.len() > 1).then(Copies::default),
            since: clock::monotonic(),
            socket: Arc::new(socket),
            group: *group.ip(),
            joined,
            interrupted: Flag::default(),
            datagrams: Datagrams::new(),
        };
        Ok((receiver, refusals))
    }

    /// The interfaces on which the group was joined.
    #[must_use]
    pub fn joined(&self) -> &[Interface] {
        &self.joined
    }

    /// The receive buffer that the system granted, in bytes of its own accounting.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.socket.recv_buffer_size().unwrap_or(0)
    }

    /// How many datagrams the kernel dropped because this receiver was too slow; `None` where
    /// the system does not report it.
    #[must_use]
    pub fn drop_count(&self) -> Option<u64> {
        kernel::drop_count(&self.socket)
    }

    /// Ends [`Receiver::wait`] from another thread, also by being dropped.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        let sockets = vec![Arc::clone(&self.socket)];
        self.interrupted.interrupter(sockets)
    }

    /// Reads the datagrams that are there, without waiting; false when there are none. A batch that
    /// was not full has emptied the socket, so that the system is not asked again after one.
    ///
    /// # Errors
    /// The system's.
    pub fn take_waiting(&mut self) -> io::Result<bool> {
        if !self.datagrams.is_full() || self.interrupted.is_set() {
            return Ok(false);
        }
        match self.datagrams.receive(&self.socket, Wait::Never) {
            Err(error) if is_pause(&error) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    /// Waits for at least one datagram; false once interrupted.
    ///
    /// # Errors
    /// The system's.
    pub fn wait(&mut self) -> io::Result<bool> {
        while !self.interrupted.is_set() {
            match self.datagrams.receive(&self.socket, Wait::UntilOne) {
                // The read timeout of systems where a shutdown wakes no socket.
                Err(error) if is_pause(&error) => {}
                outcome => return outcome.map(|()| !self.interrupted.is_set()),
            }
        }
        Ok(false)
    }

    /// The datagrams of the last read, without the copies of what came in by another interface.
    pub fn datagrams(&mut self) -> impl Iterator<Item = (&[u8], SocketAddr)> {
        let Self {
            datagrams,
            copies,
            since,
            ..
        } = self;
        let now = clock::monotonic().saturating_duration_since(*since);
        let each = datagrams
            .iter()
            .filter(move |(datagram, source, interface)| {
                let (Some(copies), Some(interface)) = (&mut *copies, interface) else {
                    return true;
                };
                copies.is_copy(now, *source, *interface, datagram).is_none()
            });
        each.map(|(datagram, source, _)| (datagram, source))
    }
}

/// For a poll with a timeout, or for several sockets: [`Receiver::wait`] returns at once after it.
#[cfg(unix)]
impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Receiver {
    /// Leaves the group. The system does so only when the last handle of the socket is closed, and
    /// an [`Interrupter`] holds one.
    fn drop(&mut self) {
        for interface in &self.joined {
            let at = InterfaceIndexOrAddress::Index(interface.index);
            // The interface may be gone by now, and its membership with it.
            let _ = self.socket.leave_multicast_v4_n(&self.group, &at);
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}
