//! A server's sockets: thousands of connections on one thread, by tokio. Its tasks only wait and
//! report; the loop that holds the [`TcpServer`] asks for every read, write and close.

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::kernel;
use super::tcp::{Listener, keep_alive, plain_address};
use crate::protocol::wire::quiet::Acknowledgement;

/// Bytes read at once from one connection, so that each gets its turn.
const READ_BYTES: usize = 64 << 10;

/// Events taken at once, so that what many clients send is written to everybody together.
const BATCH_MAX: usize = 4096;

/// Tasks that tokio runs before it polls the system for sockets that are ready: all that were.
const TASKS_PER_POLL: u32 = 4096;

/// Pause after a failed accept, such as one for too many open files.
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// Files that are open besides connections.
#[cfg(unix)]
const OTHER_FILES: u64 = 32;

/// What happened at the server's sockets.
#[derive(Debug)]
pub enum ServerEvent<T> {
    /// A connection was accepted, or the system failed to.
    Accepted(io::Result<Accepted>),
    /// This connection has bytes to read, or has ended. It is not reported again before
    /// [`TcpServer::resume_reading`].
    Readable(u32),
    /// This connection takes bytes again, as [`TcpServer::notify_writable`] asked.
    Writable(u32),
    /// What another thread sent by a [`TcpServer::notifier`].
    Notified(T),
}

/// An accepted connection that is not registered yet. Dropping it closes it.
#[derive(Debug)]
pub struct Accepted {
    /// The client's address.
    pub address: SocketAddr,
    stream: TcpStream,
}

/// What one read returned.
#[derive(Debug)]
pub enum Read<'b> {
    /// Bytes.
    Bytes(&'b [u8]),
    /// Nothing yet.
    Nothing,
    /// The client has ended its direction.
    End,
    /// The connection is lost.
    Lost,
}

/// All connections, by the numbers under which they are registered, and the events of their
/// sockets.
#[derive(Debug)]
pub struct TcpServer<T> {
    runtime: Runtime,
    connections: BTreeMap<u32, ServedConnection>,
    sender: UnboundedSender<ServerEvent<T>>,
    events: UnboundedReceiver<ServerEvent<T>>,
    buffer: Vec<u8>,
    keep_alive: Duration,
}

#[derive(Debug)]
struct ServedConnection {
    stream: Arc<TcpStream>,
    may_read: Arc<Notify>,
    reader: JoinHandle<()>,
    /// The task that waits until the socket takes bytes, once there was one.
    writer: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> TcpServer<T> {
    /// Accepts the connections of a listener. The system probes a connection that is silent for
    /// `keep_alive`.
    ///
    /// # Errors
    /// The system's.
    pub fn open(listener: Listener, keep_alive: Duration) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .event_interval(TASKS_PER_POLL)
            .build()?;
        let (sender, events) = unbounded_channel();
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener.into_nonblocking()?)?
        };
        runtime.spawn(accept(listener, sender.clone()));
        Ok(Self {
            runtime,
            connections: BTreeMap::new(),
            sender,
            events,
            buffer: vec![0; READ_BYTES],
            keep_alive,
        })
    }

    /// A function by which another thread sends the loop something; it returns false once the
    /// server is gone.
    pub fn notifier(&self) -> impl Fn(T) -> bool + Clone + use<T> {
        let sender = self.sender.clone();
        move |what| sender.send(ServerEvent::Notified(what)).is_ok()
    }

    /// Waits until something happens, at most for a time, and appends every event that is there.
    pub fn wait(&mut self, at_most: Option<Duration>, events: &mut Vec<ServerEvent<T>>) {
        let source = &mut self.events;
        self.runtime.block_on(async {
            let waiting = source.recv_many(events, BATCH_MAX);
            match at_most {
                Some(at_most) => drop(tokio::time::timeout(at_most, waiting).await),
                None => drop(waiting.await),
            }
        });
    }

    /// Registers a connection under a number, and begins to report its events.
    ///
    /// # Errors
    /// The system's; the connection is then closed.
    pub fn register(&mut self, number: u32, accepted: Accepted) -> io::Result<()> {
        let stream = Arc::new(accepted.stream);
        stream.set_nodelay(true)?;
        keep_alive(SockRef::from(&*stream), self.keep_alive)?;
        let may_read = Arc::new(Notify::new());
        let (socket, ticket) = (Arc::clone(&stream), Arc::clone(&may_read));
        let sender = self.sender.clone();
        let reader = self.runtime.spawn(async move {
            loop {
                // An error is ignored here; the next `read` returns it.
                let _ = socket.readable().await;
                if sender.send(ServerEvent::Readable(number)).is_err() {
                    return;
                }
                ticket.notified().await;
            }
        });
        let connection = ServedConnection {
            stream,
            may_read,
            reader,
            writer: None,
        };
        self.connections.insert(number, connection);
        Ok(())
    }

    /// Reads from a connection once, without waiting.
    pub fn read(&mut self, number: u32) -> Read<'_> {
        let Some(connection) = self.connections.get(&number) else {
            return Read::Nothing;
        };
        match connection.stream.try_read(&mut self.buffer) {
            Ok(0) => Read::End,
            Ok(bytes) => Read::Bytes(self.buffer.get(..bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Read::Nothing,
            Err(_) => Read::Lost,
        }
    }

    /// Reports again when a connection can be read, not before `pause` has passed.
    pub fn resume_reading(&self, number: u32, pause: Option<Duration>) {
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        match pause {
            None => connection.may_read.notify_one(),
            Some(pause) => {
                let may_read = Arc::clone(&connection.may_read);
                self.runtime.spawn(async move {
                    tokio::time::sleep(pause).await;
                    may_read.notify_one();
                });
            }
        }
    }

    /// Writes the parts to a connection, one after the other, without waiting. Returns how many
    /// bytes the socket took: fewer than all when it is full. A connection that is closed takes
    /// everything.
    ///
    /// # Errors
    /// The system's; the connection is then lost.
    pub fn write(&mut self, number: u32, parts: &[&[u8]]) -> io::Result<usize> {
        let Some(connection) = self.connections.get(&number) else {
            return Ok(parts.iter().map(|part| part.len()).sum());
        };
        let written = match parts {
            [part] => connection.stream.try_write(part),
            parts => {
                let slices: Vec<IoSlice<'_>> = parts.iter().map(|p| IoSlice::new(p)).collect();
                connection.stream.try_write_vectored(&slices)
            }
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            outcome => outcome,
        }
    }

    /// How much the client's host has acknowledged of what was written. Where the system does not
    /// report it, everything counts as acknowledged.
    #[must_use]
    pub fn acknowledgement(&self, number: u32) -> Acknowledgement {
        let connection = self.connections.get(&number);
        let waiting_bytes =
            connection.and_then(|c| kernel::unacknowledged_bytes(SockRef::from(&*c.stream)));
        match waiting_bytes {
            None | Some(0) => Acknowledgement::Complete,
            Some(_) => Acknowledgement::Pending,
        }
    }

    /// Reports once when a connection takes bytes again.
    pub fn notify_writable(&mut self, number: u32) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let (stream, sender) = (Arc::clone(&connection.stream), self.sender.clone());
        connection.writer = Some(self.runtime.spawn(async move {
            // An error is ignored here; the next `write` returns it.
            let _ = stream.writable().await;
            // Fails only once the server is gone.
            let _ = sender.send(ServerEvent::Writable(number));
        }));
    }

    /// Ends our direction of a connection.
    pub fn shut_down_sending(&self, number: u32) {
        if let Some(connection) = self.connections.get(&number) {
            // Fails if the client is gone already, which ends our direction as well.
            let _ = SockRef::from(&*connection.stream).shutdown(Shutdown::Write);
        }
    }

    /// Closes a connection. Its tasks end with it, because each of them holds the socket open.
    pub fn close(&mut self, number: u32) {
        if let Some(connection) = self.connections.remove(&number) {
            connection.reader.abort();
            connection.writer.iter().for_each(JoinHandle::abort);
        }
    }
}

async fn accept<T>(listener: TcpListener, sender: UnboundedSender<ServerEvent<T>>) {
    loop {
        let accepted = listener.accept().await.map(|(stream, address)| Accepted {
            address: plain_address(address),
            stream,
        });
        let has_failed = accepted.is_err();
        if sender.send(ServerEvent::Accepted(accepted)).is_err() {
            return;
        }
        if has_failed {
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
    }
}

/// Raises this process's limit of open files to what this many connections need. Returns how many
/// connections it may have, if the system allows fewer.
#[cfg(unix)]
#[must_use]
pub fn allow_connections(connections: usize) -> Option<usize> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let wanted = connections as u64 + OTHER_FILES;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft >= wanted {
        return None;
    }
    // Only root may raise the hard limit as well.
    let raised = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted))
        .or_else(|_| setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard));
    let may_have = match raised {
        Ok(()) => getrlimit(Resource::RLIMIT_NOFILE).map_or(soft, |(soft, _)| soft),
        Err(_) => soft,
    };
    (may_have < wanted).then(|| may_have.saturating_sub(OTHER_FILES) as usize)
}

/// Raises this process's limit of open files to what this many connections need. Returns how many
/// connections it may have, if the system allows fewer.
#[cfg(not(unix))]
#[must_use]
pub fn allow_connections(_connections: usize) -> Option<usize> {
    None
}
