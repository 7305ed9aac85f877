//! TCP between two people: connecting, listening, and a connection with one thread for each
//! direction. The threads only block and report.

use std::io::{self, Read, Write};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs,
};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use super::interfaces::local_addresses;
use super::kernel;
use super::tcp_address::{HostAddresses, resolve};
use crate::clock;
use crate::protocol::wire::quiet::Acknowledgement;

/// Bytes read at once, where the reader does not ask for fewer.
pub(super) const READ_BYTES: usize = 64 << 10;

/// Pause between two attempts to connect.
const CALL_INTERVAL: Duration = Duration::from_millis(200);

/// How long one address may take to answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that may wait to be accepted: a class that starts its programs at the same moment.
const BACKLOG: i32 = 1024;

/// Unanswered probes after which a silent peer counts as gone.
const KEEP_ALIVE_PROBES: u32 = 3;

/// Why connecting failed.
#[derive(Debug)]
pub enum CallError {
    /// No host has this name.
    UnknownHost(io::Error),
    /// The host answers, and no program listens at the port.
    Refused,
    /// No route leads to the host.
    Unreachable(io::Error),
    /// The address is link-local, and no interface, or an unknown one, was named with it.
    Scope {
        /// The names of the interfaces that have such addresses.
        have: Vec<String>,
    },
    /// Nothing answered.
    TimedOut,
    /// Anything else.
    Other(io::Error),
}

impl CallError {
    fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable => Self::Unreachable(error),
            _ => Self::Other(error),
        }
    }
}

/// Connects to a host, trying each of its addresses once.
///
/// # Errors
/// Why the last address failed, or that there is none.
pub fn call(host: &str, port: u16) -> Result<Connection, CallError> {
    let HostAddresses {
        addresses,
        unscoped,
    } = resolve(host, port)?;
    let mut failed = CallError::UnknownHost(io::ErrorKind::NotFound.into());
    for address in addresses {
        match TcpStream::connect_timeout(&address, CALL_TIMEOUT) {
            Ok(stream) => return Connection::new(stream).map_err(CallError::Other),
            Err(error) => failed = CallError::of(error),
        }
    }
    match (unscoped, failed) {
        // Somebody answered, and so it was the right interface.
        (_, CallError::Refused) => Err(CallError::Refused),
        (Some(have), _) => Err(CallError::Scope { have }),
        (None, failed) => Err(failed),
    }
}

/// Connects from a thread of its own, and tries again until `retry_for` has passed. Calls
/// `on_failure` once, before the first new attempt, and `tell` with the outcome.
///
/// # Errors
/// The system's, when it starts no thread.
pub fn call_with_retry(
    host: String,
    port: u16,
    retry_for: Duration,
    on_failure: impl FnOnce() + Send + 'static,
    tell: impl FnOnce(Result<Connection, CallError>) + Send + 'static,
) -> io::Result<()> {
    let calling = move || {
        let give_up_at = clock::monotonic() + retry_for;
        let mut on_failure = Some(on_failure);
        let outcome = loop {
            match call(&host, port) {
                Err(_) if clock::monotonic() + CALL_INTERVAL < give_up_at => {
                    if let Some(on_failure) = on_failure.take() {
                        on_failure();
                    }
                    thread::sleep(CALL_INTERVAL);
                }
                connected => break connected,
            }
        };
        tell(outcome);
    };
    thread::Builder::new()
        .name("caller".into())
        .spawn(calling)
        .map(drop)
}

/// A socket that listens for connections.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
}

impl Listener {
    /// Listens at the first address of a host that can be bound, or without a host on all
    /// interfaces, IPv4 and IPv6. Port 0 takes any free port. A port whose last program has just
    /// ended can be bound at once.
    ///
    /// # Errors
    /// The system's, for the last address tried.
    pub fn open(host: Option<&str>, port: u16) -> io::Result<Self> {
        let Some(host) = host else {
            let listen_at = |address| listen((address, port).into());
            let v6 = listen_at(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
            // A machine without IPv6 listens by IPv4. A port that is in use is so for both.
            let is_final = v6
                .as_ref()
                .is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse);
            let listener = match v6 {
                Err(_) if !is_final => listen_at(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                outcome => outcome,
            };
            return Ok(Self {
                listener: listener?,
            });
        };
        let mut failed = io::ErrorKind::AddrNotAvailable.into();
        // A name that nobody has is no address of this machine either.
        let addresses = (host, port).to_socket_addrs().ok();
        for address in addresses.into_iter().flatten() {
            match listen(address) {
                Ok(listener) => return Ok(Self { listener }),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Opens a listener from a thread of its own, because a resolver may keep it waiting, and calls
    /// `tell` with the outcome.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn open_apart(
        host: Option<String>,
        port: u16,
        tell: impl FnOnce(io::Result<Self>) + Send + 'static,
    ) -> io::Result<()> {
        let opening = move || tell(Self::open(host.as_deref(), port));
        let thread = thread::Builder::new().name("listen".into());
        thread.spawn(opening).map(drop)
    }

    /// The address it listens at; an unspecified one stands for every interface.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The addresses at which others reach it: one for each interface, if it listens on all.
    ///
    /// # Errors
    /// The system's.
    pub fn reached_at(&self) -> io::Result<Vec<SocketAddr>> {
        let address = self.address()?;
        let addresses = match address.ip().is_unspecified() {
            true => local_addresses()?,
            false => vec![address.ip()],
        };
        // An IPv4 socket accepts only IPv4; our IPv6 sockets accept both.
        let is_accepted = |ip: &IpAddr| ip.is_ipv4() || address.is_ipv6();
        let reached = addresses.into_iter().filter(is_accepted);
        Ok(reached
            .map(|ip| SocketAddr::new(ip, address.port()))
            .collect())
    }

    /// The listening socket, for a loop that waits for many sockets at once.
    pub(super) fn into_nonblocking(self) -> io::Result<TcpListener> {
        self.listener.set_nonblocking(true)?;
        Ok(self.listener)
    }

    /// Starts a thread that accepts connections and hands each to `tell`, until that returns false.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn watch(
        self,
        tell: impl Fn(io::Result<Connection>) -> bool + Send + 'static,
    ) -> io::Result<()> {
        thread::Builder::new()
            .name("accept".into())
            .spawn(move || {
                loop {
                    let accepted = self
                        .listener
                        .accept()
                        .and_then(|(stream, _)| Connection::new(stream));
                    let is_error = accepted.is_err();
                    if !tell(accepted) {
                        return;
                    }
                    if is_error {
                        // With too many open files, for example, the next accept would fail as
                        // well.
                        thread::sleep(Duration::from_millis(100));
                    }
                }
            })?;
        Ok(())
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // On Windows this would let two programs have one port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The address as people know it: an IPv4 client of an IPv6 socket gets its IPv4 address.
pub(super) fn plain_address(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => (v4, v6.port()).into(),
            None => v6.into(),
        },
        v4 => v4,
    }
}

/// See [`Connection::keep_alive`].
pub(super) fn keep_alive(socket: SockRef<'_>, idle: Duration) -> io::Result<()> {
    let interval = (idle / KEEP_ALIVE_PROBES).max(Duration::from_secs(1));
    let keep_alive = TcpKeepalive::new().with_time(idle).with_interval(interval);
    #[cfg(unix)]
    let keep_alive = keep_alive.with_retries(KEEP_ALIVE_PROBES);
    socket.set_tcp_keepalive(&keep_alive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(idle + interval * KEEP_ALIVE_PROBES))?;
    Ok(())
}

/// What the reading thread reports.
#[derive(Debug)]
pub enum ReadEvent {
    /// A byte of urgent data, before any other byte.
    Urgent,
    /// Bytes.
    Bytes(Vec<u8>),
    /// The peer has ended its direction.
    End,
    /// The connection is lost.
    Lost(io::Error),
}

/// What the writing thread reports.
#[derive(Debug)]
pub enum WriteEvent {
    /// The system took this many bytes.
    Bytes(usize),
    /// The connection is lost.
    Lost(io::Error),
}

/// A connection to one peer.
#[derive(Clone, Debug)]
pub struct Connection {
    stream: Arc<TcpStream>,
    peer: SocketAddr,
}

impl Connection {
    fn new(stream: TcpStream) -> io::Result<Self> {
        let peer = plain_address(stream.peer_addr()?);
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: Arc::new(stream),
            peer,
        })
    }

    /// The peer's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Makes the system notice, after about twice `idle`, a peer that is gone without closing the
    /// connection: by probes while nothing is sent, by missing acknowledgements otherwise.
    ///
    /// # Errors
    /// The system's.
    pub fn keep_alive(&self, idle: Duration) -> io::Result<()> {
        keep_alive(SockRef::from(&*self.stream), idle)
    }

    /// Sends one byte of urgent data.
    ///
    /// # Errors
    /// The system's.
    pub fn send_urgent(&self, byte: u8) -> io::Result<()> {
        SockRef::from(&*self.stream)
            .send_out_of_band(&[byte])
            .map(drop)
    }

    /// How much the other host has acknowledged of what was written. Where the system does not
    /// report it, everything counts as acknowledged.
    #[must_use]
    pub fn acknowledgement(&self) -> Acknowledgement {
        match kernel::unacknowledged_bytes(SockRef::from(&*self.stream)) {
            None | Some(0) => Acknowledgement::Complete,
            // The kernel goes on counting what it gave up.
            Some(_) if kernel::is_reset(&self.stream) => Acknowledgement::Lost,
            Some(_) => Acknowledgement::Pending,
        }
    }

    /// Starts the reading thread. It reads once for each ticket, as many bytes as that allows, and
    /// ends when `tell` returns false.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn read(
        &self,
        tickets: Receiver<usize>,
        tell: impl Fn(ReadEvent) -> bool + Send + 'static,
    ) -> io::Result<()> {
        let stream = Arc::clone(&self.stream);
        let read = move || {
            let mut may_be_urgent = true;
            while let Ok(read_bytes) = tickets.recv() {
                if may_be_urgent {
                    may_be_urgent = false;
                    if kernel::wait_for_urgent(&stream) && !tell(ReadEvent::Urgent) {
                        return;
                    }
                }
                let mut bytes = vec![0; read_bytes];
                let event = match (&*stream).read(&mut bytes) {
                    Ok(0) => ReadEvent::End,
                    Ok(length) => {
                        bytes.truncate(length);
                        ReadEvent::Bytes(bytes)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => ReadEvent::Lost(error),
                };
                let is_open = matches!(event, ReadEvent::Bytes(_));
                if !tell(event) || !is_open {
                    return;
                }
            }
        };
        thread::Builder::new().name("reader".into()).spawn(read)?;
        Ok(())
    }

    /// Starts the writing thread. When `bytes` is closed, it ends our direction.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn write(
        &self,
        bytes: Receiver<Vec<u8>>,
        tell: impl Fn(WriteEvent) -> bool + Send + 'static,
    ) -> io::Result<()> {
        let stream = Arc::clone(&self.stream);
        let write = move || {
            for piece in bytes {
                let written = match (&*stream).write_all(&piece) {
                    Ok(()) => WriteEvent::Bytes(piece.len()),
                    Err(error) => WriteEvent::Lost(error),
                };
                let is_lost = matches!(written, WriteEvent::Lost(_));
                if !tell(written) || is_lost {
                    return;
                }
            }
            // Fails if the peer is gone already, which ends our direction as well.
            let _ = stream.shutdown(Shutdown::Write);
        };
        thread::Builder::new().name("writer".into()).spawn(write)?;
        Ok(())
    }

    /// Sends one last text to a peer that is refused, and ends our direction.
    pub fn turn_away(&self, words: &str) {
        let mut stream = &*self.stream;
        // Does not wait for a peer whose socket buffer is full.
        let sent = stream
            .set_nonblocking(true)
            .and_then(|()| stream.write_all(words.as_bytes()));
        let _ = sent.and_then(|()| stream.shutdown(Shutdown::Write));
    }

    /// Ends both directions and the threads that serve them.
    pub fn close(&self) {
        let mut rest = [0; 4096];
        let _ = self.stream.shutdown(Shutdown::Write);
        if self.stream.set_nonblocking(true).is_ok() {
            // With bytes left unread, the system would send a reset, which discards our last bytes.
            while matches!((&*self.stream).read(&mut rest), Ok(length) if length > 0) {}
        }
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// The tickets of a reading thread: it reads one piece for each, so that they bound the pieces that
/// are read and not handled yet.
#[derive(Debug)]
pub struct Tickets(Sender<usize>);

impl Tickets {
    /// Tickets for this many reads, each of at most `read_bytes`.
    #[must_use]
    pub fn new(reads: usize, read_bytes: usize) -> (Self, Receiver<usize>) {
        let (tickets, taken) = std::sync::mpsc::channel();
        let tickets = Self(tickets);
        (0..reads).for_each(|_| tickets.give_back(read_bytes));
        (tickets, taken)
    }

    /// One piece has been handled; another of at most `read_bytes` may be read.
    pub fn give_back(&self, read_bytes: usize) {
        // Fails only after the reading thread ended.
        let _ = self.0.send(read_bytes);
    }
}
