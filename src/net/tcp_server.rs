//! A server's sockets: thousands of connections on one thread, by tokio. Its tasks only wait and
//! tell; reading, writing and ending are asked for by the loop that holds the [`TcpServer`].

use std::collections::{BTreeMap, VecDeque};
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
use crate::protocol::hub::Lines;

/// Bytes read at once from one connection: each gets its turn.
const READ_BYTES: usize = 64 << 10;

/// Events taken at once, so that what many say is written to everybody together.
const BATCH_MAX: usize = 4096;

/// Tasks that run before the system is asked what else is ready: all that were.
const TASKS_PER_LOOK: u32 = 4096;

/// How long not to accept after a failure, such as too many open files.
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// Files that are open besides connections.
const OTHER_FILES: u64 = 32;

/// What the board tells.
#[derive(Debug)]
pub enum ServerEvent<T> {
    /// Somebody calls.
    Called(io::Result<Caller>),
    /// Something came on a line, which then waits until it is told to go on.
    Readable(u32),
    /// A line that was watched takes bytes again.
    Writable(u32),
    /// What another thread tells.
    Told(T),
}

/// A connection that has no number yet.
#[derive(Debug)]
pub struct Caller {
    /// From where.
    pub address: SocketAddr,
    stream: TcpStream,
}

/// What was read of a line.
#[derive(Debug)]
pub enum Read<'b> {
    /// Bytes.
    Bytes(&'b [u8]),
    /// Nothing yet.
    Nothing,
    /// The other side has ended its direction.
    End,
    /// The line is lost.
    Lost,
}

/// All lines, and the loop's ear for them.
#[derive(Debug)]
pub struct TcpServer<T> {
    runtime: Runtime,
    lines: BTreeMap<u32, ServedConnection>,
    tell: UnboundedSender<ServerEvent<T>>,
    told: UnboundedReceiver<ServerEvent<T>>,
    buffer: Vec<u8>,
    lost: VecDeque<u32>,
    keep_alive: Duration,
}

#[derive(Debug)]
struct ServedConnection {
    stream: Arc<TcpStream>,
    goes_on: Arc<Notify>,
    reader: JoinHandle<()>,
}

impl<T: Send + 'static> TcpServer<T> {
    /// Answers at a door, and asks silent lines after `keep_alive` whether somebody is there.
    ///
    /// # Errors
    /// The system's.
    pub fn open(door: Listener, keep_alive: Duration) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .event_interval(TASKS_PER_LOOK)
            .build()?;
        let (tell, told) = unbounded_channel();
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(door.into_listener()?)?
        };
        runtime.spawn(accept(listener, tell.clone()));
        Ok(Self {
            runtime,
            lines: BTreeMap::new(),
            tell,
            told,
            buffer: vec![0; READ_BYTES],
            lost: VecDeque::new(),
            keep_alive,
        })
    }

    /// A way for another thread to tell the loop something; false when it is over.
    pub fn teller(&self) -> impl Fn(T) -> bool + Clone + use<T> {
        let tell = self.tell.clone();
        move |what| tell.send(ServerEvent::Told(what)).is_ok()
    }

    /// Waits until something happens, for so long at most, and appends all that has.
    pub fn wait(&mut self, at_most: Option<Duration>, events: &mut Vec<ServerEvent<T>>) {
        let told = &mut self.told;
        self.runtime.block_on(async {
            let waiting = told.recv_many(events, BATCH_MAX);
            match at_most {
                Some(at_most) => drop(tokio::time::timeout(at_most, waiting).await),
                None => drop(waiting.await),
            }
        });
    }

    /// Gives a caller a number.
    ///
    /// # Errors
    /// The system's; the caller is then gone.
    pub fn seat(&mut self, number: u32, caller: Caller) -> io::Result<()> {
        let stream = Arc::new(caller.stream);
        stream.set_nodelay(true)?;
        keep_alive(SockRef::from(&*stream), self.keep_alive)?;
        let goes_on = Arc::new(Notify::new());
        let (line, ticket) = (Arc::clone(&stream), Arc::clone(&goes_on));
        let tell = self.tell.clone();
        let reader = self.runtime.spawn(async move {
            loop {
                // An error is read by whoever is told.
                let _ = line.readable().await;
                if tell.send(ServerEvent::Readable(number)).is_err() {
                    return;
                }
                ticket.notified().await;
            }
        });
        let line = ServedConnection {
            stream,
            goes_on,
            reader,
        };
        self.lines.insert(number, line);
        Ok(())
    }

    /// Reads what came on a line, once.
    pub fn read(&mut self, number: u32) -> Read<'_> {
        let Some(line) = self.lines.get(&number) else {
            return Read::Nothing;
        };
        match line.stream.try_read(&mut self.buffer) {
            Ok(0) => Read::End,
            Ok(bytes) => Read::Bytes(self.buffer.get(..bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Read::Nothing,
            Err(_) => Read::Lost,
        }
    }

    /// A line is to tell when something comes, not before `pause` has passed.
    pub fn go_on(&self, number: u32, pause: Option<Duration>) {
        let Some(line) = self.lines.get(&number) else {
            return;
        };
        match pause {
            None => line.goes_on.notify_one(),
            Some(pause) => {
                let goes_on = Arc::clone(&line.goes_on);
                self.runtime.spawn(async move {
                    tokio::time::sleep(pause).await;
                    goes_on.notify_one();
                });
            }
        }
    }

    /// Ends our direction of a line.
    pub fn end(&self, number: u32) {
        if let Some(line) = self.lines.get(&number) {
            // Whoever is gone already needs no end.
            let _ = SockRef::from(&*line.stream).shutdown(Shutdown::Write);
        }
    }

    /// Closes a line.
    pub fn close(&mut self, number: u32) {
        if let Some(line) = self.lines.remove(&number) {
            line.reader.abort();
        }
    }

    /// The next line that was lost while it was written to.
    pub fn poll_lost(&mut self) -> Option<u32> {
        self.lost.pop_front()
    }
}

impl<T: Send + 'static> Lines for TcpServer<T> {
    fn write(&mut self, number: u32, parts: &[&[u8]]) -> usize {
        let all = || parts.iter().map(|part| part.len()).sum();
        let Some(line) = self.lines.get(&number) else {
            return all();
        };
        let written = match parts {
            [part] => line.stream.try_write(part),
            parts => {
                let slices: Vec<IoSlice<'_>> = parts.iter().map(|p| IoSlice::new(p)).collect();
                line.stream.try_write_vectored(&slices)
            }
        };
        match written {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.lost.push_back(number);
                all()
            }
        }
    }

    fn is_acknowledged(&mut self, number: u32) -> bool {
        let line = self.lines.get(&number);
        let waiting = line.and_then(|l| kernel::unacknowledged_bytes(SockRef::from(&*l.stream)));
        waiting.is_none_or(|bytes| bytes == 0)
    }

    fn watch(&mut self, number: u32) {
        let Some(line) = self.lines.get(&number) else {
            return;
        };
        let (stream, tell) = (Arc::clone(&line.stream), self.tell.clone());
        self.runtime.spawn(async move {
            let _ = stream.writable().await;
            // A loop that is over needs not be told.
            let _ = tell.send(ServerEvent::Writable(number));
        });
    }
}

async fn accept<T>(listener: TcpListener, tell: UnboundedSender<ServerEvent<T>>) {
    loop {
        let called = listener.accept().await.map(|(stream, address)| Caller {
            address: plain_address(address),
            stream,
        });
        let has_failed = called.is_err();
        if tell.send(ServerEvent::Called(called)).is_err() {
            return;
        }
        if has_failed {
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
    }
}

/// Lets this process have so many connections; how many it may have, if that is less.
#[cfg(unix)]
#[must_use]
pub fn allow_connections(connections: usize) -> Option<usize> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let wanted = connections as u64 + OTHER_FILES;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft >= wanted {
        return None;
    }
    // A process of root may raise the upper limit as well.
    let raised = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted))
        .or_else(|_| setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard));
    let may_have = match raised {
        Ok(()) => getrlimit(Resource::RLIMIT_NOFILE).map_or(soft, |(soft, _)| soft),
        Err(_) => soft,
    };
    (may_have < wanted).then(|| may_have.saturating_sub(OTHER_FILES) as usize)
}

/// Lets this process have so many connections; how many it may have, if that is less.
#[cfg(not(unix))]
#[must_use]
pub fn allow_connections(_connections: usize) -> Option<usize> {
    None
}
