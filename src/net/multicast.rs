//! UDP multicast over IPv4: a sender with one socket per interface, and a receiver with one
//! socket that joins the group on every interface.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(target_os = "linux"))]
use std::time::Duration;

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use super::group::{self, GroupOperation, Refusal, retry_while_busy};
use super::interfaces::{Choice, Interface, Reason};
use super::kernel::{self, Datagrams, Wait};

/// How often a waiting receiver looks whether it is interrupted, where nothing else wakes it.
#[cfg(not(target_os = "linux"))]
const FLAG_INTERVAL: Duration = Duration::from_millis(250);

/// Sends datagrams to a group, one copy on each interface. Joins nothing.
#[derive(Debug)]
pub struct Sender {
    group: SocketAddrV4,
    outlets: Vec<Outlet>,
}

/// A socket, and the interface that it is bound to, if to a certain one.
#[derive(Debug)]
struct Outlet {
    interface: Option<Interface>,
    socket: Socket,
}

impl Sender {
    /// Opens the sockets. Where the choice is the system's own, it stays so: every datagram is
    /// routed anew, and a laptop that changes its network goes on speaking. (But for loopback,
    /// where the system would give no source address.)
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

    /// Sends one copy on each interface and returns those that were refused; nobody at all was
    /// sent to when there are as many as [`Sender::outlets`].
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

/// Hears a group.
pub struct Receiver {
    socket: Arc<Socket>,
    group: Ipv4Addr,
    joined: Vec<Interface>,
    is_interrupted: Arc<AtomicBool>,
    datagrams: Datagrams,
}

impl Receiver {
    /// Takes the port, shared with whoever shares it too, and joins the group by the index of
    /// each interface. An interface that refuses is returned beside the receiver.
    ///
    /// # Errors
    /// A [`Refusal`] to open, to take the port, or of the last interface left.
    pub fn open(group: SocketAddrV4, choice: &Choice) -> Result<(Self, Vec<Refusal>), Refusal> {
        let socket = group::open(group.into())?;
        // Systems whose sockets no shutdown wakes look at the flag now and then.
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
        let receiver = Self {
            socket: Arc::new(socket),
            group: *group.ip(),
            joined,
            is_interrupted: Arc::default(),
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
    /// the system does not tell.
    #[must_use]
    pub fn drop_count(&self) -> Option<u64> {
        kernel::drop_count(&self.socket)
    }

    /// A hand that ends [`Receiver::wait`] from another thread.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        Interrupter {
            socket: Arc::clone(&self.socket),
            is_interrupted: Arc::clone(&self.is_interrupted),
        }
    }

    /// Takes the datagrams that wait, without a wait; false when none does. A batch that was not
    /// full took all there was, so that the next wait is due without asking.
    ///
    /// # Errors
    /// The system's.
    pub fn take_waiting(&mut self) -> io::Result<bool> {
        if !self.datagrams.is_full() || self.is_interrupted() {
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
        while !self.is_interrupted() {
            match self.datagrams.receive(&self.socket, Wait::UntilOne) {
                // Where a shutdown wakes no socket, its read timeout does.
                Err(error) if is_pause(&error) => {}
                outcome => return outcome.map(|()| !self.is_interrupted()),
            }
        }
        Ok(false)
    }

    /// The datagrams last taken.
    #[must_use]
    pub fn datagrams(&self) -> &Datagrams {
        &self.datagrams
    }

    fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::Acquire)
    }
}

/// For whoever waits with a limit, or for more than this: [`Receiver::wait`] then returns at once.
#[cfg(unix)]
impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Receiver {
    /// Leaves the group. The system would do so with the process; a library must not wait for
    /// that.
    fn drop(&mut self) {
        for interface in &self.joined {
            let at = InterfaceIndexOrAddress::Index(interface.index);
            // The interface may be gone by now, and its membership with it.
            let _ = self.socket.leave_multicast_v4_n(&self.group, &at);
        }
    }
}

/// Ends a [`Receiver`]'s wait from another thread.
#[derive(Clone, Debug)]
pub struct Interrupter {
    socket: Arc<Socket>,
    is_interrupted: Arc<AtomicBool>,
}

impl Interrupter {
    /// Ends the wait under way, and every later one.
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::Release);
        // Linux answers that the socket is not connected, and wakes its readers all the same;
        // other systems have a read timeout instead.
        let _ = self.socket.shutdown(Shutdown::Read);
    }
}

fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}
