//! TCP between two people: calling, listening, and a connection whose two directions are each
//! served by a thread that only blocks and tells.

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
use crate::clock;

/// Bytes read at once.
const READ_BYTES: usize = 64 << 10;

/// How often to call again.
const CALL_INTERVAL: Duration = Duration::from_millis(200);

/// How long one address may take to answer a call.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Callers that may wait to be accepted: a class that starts its programs at a word.
const BACKLOG: i32 = 1024;

/// Probes without an answer before a silent peer counts as gone.
const KEEP_ALIVE_PROBES: u32 = 3;

/// Why a call failed.
#[derive(Debug)]
pub enum CallError {
    /// No host has this name.
    UnknownHost(io::Error),
    /// The host answers, and nobody listens there.
    Refused,
    /// No way leads to the host.
    Unreachable(io::Error),
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

/// Calls a host once, each of its addresses in turn.
///
/// # Errors
/// Why the last address failed, or that there is none.
pub fn call(host: &str, port: u16) -> Result<Connection, CallError> {
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(CallError::UnknownHost)?;
    let mut failed = CallError::UnknownHost(io::ErrorKind::NotFound.into());
    for address in addresses {
        match TcpStream::connect_timeout(&address, CALL_TIMEOUT) {
            Ok(stream) => return Connection::new(stream).map_err(CallError::Other),
            Err(error) => failed = CallError::of(error),
        }
    }
    Err(failed)
}

/// Calls from a thread of its own, and calls again while there is patience left; says once by
/// `on_failure` that it does.
///
/// # Errors
/// The system's refusal of a thread.
pub fn call_with_retry(
    (host, port): (String, u16),
    patience: Duration,
    on_failure: impl FnOnce() + Send + 'static,
    tell: impl FnOnce(Result<Connection, CallError>) + Send + 'static,
) -> io::Result<()> {
    let calling = move || {
        let give_up_at = clock::monotonic() + patience;
        let mut on_failure = Some(on_failure);
        let reached = loop {
            match call(&host, port) {
                Err(_) if clock::monotonic() + CALL_INTERVAL < give_up_at => {
                    if let Some(on_failure) = on_failure.take() {
                        on_failure();
                    }
                    thread::sleep(CALL_INTERVAL);
                }
                outcome => break outcome,
            }
        };
        tell(reached);
    };
    thread::Builder::new()
        .name("caller".into())
        .spawn(calling)
        .map(drop)
}

/// A port that is listened on.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
}

impl Listener {
    /// Listens on one host's addresses, or without a host on all interfaces, IPv4 and IPv6.
    /// Port 0 takes any free one. A port just used may be used again at once.
    ///
    /// # Errors
    /// The system's, for the last address tried.
    pub fn open(host: Option<&str>, port: u16) -> io::Result<Self> {
        let Some(host) = host else {
            let everywhere = |address| listen((address, port).into());
            let v6 = everywhere(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
            // A machine without IPv6 has IPv4; a port in use is in use for both.
            let is_final = v6
                .as_ref()
                .is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse);
            let listener = match v6 {
                Err(_) if !is_final => everywhere(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                outcome => outcome,
            };
            return Ok(Self {
                listener: listener?,
            });
        };
        let mut failed = io::ErrorKind::AddrNotAvailable.into();
        for address in (host, port).to_socket_addrs()? {
            match listen(address) {
                Ok(listener) => return Ok(Self { listener }),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Where it listens; an unspecified address stands for every interface.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where others reach it: on every interface, if it listens on all.
    ///
    /// # Errors
    /// The system's.
    pub fn reached_at(&self) -> io::Result<Vec<SocketAddr>> {
        let address = self.address()?;
        let addresses = match address.ip().is_unspecified() {
            true => local_addresses()?,
            false => vec![address.ip()],
        };
        // A socket of IPv4 alone hears no other; one of IPv6 hears both.
        let hears_itself = |ip: &IpAddr| ip.is_ipv4() || address.is_ipv6();
        let heard = addresses.into_iter().filter(hears_itself);
        Ok(heard
            .map(|ip| SocketAddr::new(ip, address.port()))
            .collect())
    }

    /// The listening socket, for a loop that waits for many sockets at once.
    pub(super) fn into_nonblocking(self) -> io::Result<TcpListener> {
        self.listener.set_nonblocking(true)?;
        Ok(self.listener)
    }

    /// Starts a thread that tells everybody who calls, as long as somebody listens to it.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn watch(
        self,
        tell: impl Fn(io::Result<Connection>) -> bool + Send + 'static,
    ) -> io::Result<()> {
        thread::Builder::new().name("door".into()).spawn(move || {
            loop {
                let called = self
                    .listener
                    .accept()
                    .and_then(|(stream, _)| Connection::new(stream));
                let is_error = called.is_err();
                if !tell(called) {
                    return;
                }
                if is_error {
                    // Such as too many open files: it does not help to ask again at once.
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

/// An address as a person knows it: a caller over IPv4 to an IPv6 socket is shown as what it is.
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

/// What the thread that reads a connection tells.
#[derive(Debug)]
pub enum ReadEvent {
    /// A byte of urgent data, before any other byte.
    Urgent,
    /// Bytes.
    Bytes(Vec<u8>),
    /// The other has closed its direction.
    End,
    /// The connection is lost.
    Lost(io::Error),
}

/// What the thread that writes a connection tells.
#[derive(Debug)]
pub enum WriteEvent {
    /// So many bytes have been handed to the system.
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

    /// The other's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Notices a peer that is gone without a word, after about twice `idle`: by probes when
    /// nothing is said, and by the lack of acknowledgements when something is.
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

    /// Whether the other host has acknowledged all that the system was handed. Where the system
    /// does not tell, time alone has to do.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        let waiting = kernel::unacknowledged_bytes(SockRef::from(&*self.stream));
        waiting.is_none_or(|bytes| bytes == 0)
    }

    /// Starts the thread that reads. It reads once for each ticket, into a buffer of its own.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn read(
        &self,
        tickets: Receiver<()>,
        tell: impl Fn(ReadEvent) -> bool + Send + 'static,
    ) -> io::Result<()> {
        let stream = Arc::clone(&self.stream);
        let read = move || {
            let mut may_be_urgent = true;
            while tickets.recv().is_ok() {
                if may_be_urgent {
                    may_be_urgent = false;
                    if kernel::wait_for_urgent(&stream) && !tell(ReadEvent::Urgent) {
                        return;
                    }
                }
                let mut bytes = vec![0; READ_BYTES];
                let heard = match (&*stream).read(&mut bytes) {
                    Ok(0) => ReadEvent::End,
                    Ok(length) => {
                        bytes.truncate(length);
                        ReadEvent::Bytes(bytes)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => ReadEvent::Lost(error),
                };
                let goes_on = matches!(heard, ReadEvent::Bytes(_));
                if !tell(heard) || !goes_on {
                    return;
                }
            }
        };
        thread::Builder::new().name("ear".into()).spawn(read)?;
        Ok(())
    }

    /// Starts the thread that writes. When `bytes` ends, so does our direction.
    ///
    /// # Errors
    /// The system's refusal of a thread.
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
            // The other may be gone already, and then there is nothing to end.
            let _ = stream.shutdown(Shutdown::Write);
        };
        thread::Builder::new().name("mouth".into()).spawn(write)?;
        Ok(())
    }

    /// Says one last thing to somebody who is not let in, and takes what has come from there, so
    /// that closing is no reset that would take our words away.
    pub fn turn_away(&self, words: &str) {
        let mut stream = &*self.stream;
        // A caller that does not take a line at once is not waited for.
        let said = stream
            .set_nonblocking(true)
            .and_then(|()| stream.write_all(words.as_bytes()));
        let _ = said.and_then(|()| stream.shutdown(Shutdown::Write));
    }

    /// Ends both directions and the threads that serve them.
    pub fn close(&self) {
        let mut rest = [0; 4096];
        let _ = self.stream.shutdown(Shutdown::Write);
        if self.stream.set_nonblocking(true).is_ok() {
            // Unread bytes would make a reset of our end.
            while matches!((&*self.stream).read(&mut rest), Ok(length) if length > 0) {}
        }
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// The tickets of a reader: what is in here may still be read and not taken.
#[derive(Debug)]
pub struct Tickets(Sender<()>);

impl Tickets {
    /// Room for so many reads.
    #[must_use]
    pub fn new(reads: usize) -> (Self, Receiver<()>) {
        let (tickets, taken) = std::sync::mpsc::channel();
        let tickets = Self(tickets);
        (0..reads).for_each(|_| tickets.give_back());
        (tickets, taken)
    }

    /// What was read has been taken.
    pub fn give_back(&self) {
        // A reader that has ended needs no more.
        let _ = self.0.send(());
    }
}
