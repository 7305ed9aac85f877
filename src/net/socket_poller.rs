//! Receives from several sockets at once, in a thread of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Instant;

use socket2::Socket;

use super::copies::Copies;

#[cfg(all(unix, not(target_os = "linux")))]
use super::interrupter::FLAG_INTERVAL;
use super::interrupter::{Flag, Interrupter};
use super::kernel::{Datagrams, Wait};
use super::networks::{Meeting, TAIL_BYTES, tail};
use crate::clock;

/// Bytes read from one socket before the next one gets its turn.
const BATCH_BYTES: usize = 64 << 10;

/// The same in datagrams, because some are empty.
const BATCH_DATAGRAMS: usize = 2048;

/// Meetings of interfaces that one batch tells of, more than there are interfaces.
const MEETINGS_MAX: usize = 16;

/// The wire that a datagram came on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The frame wire, to the group.
    Frames,
    /// The frame wire, to this member alone.
    Unicast,
    /// The plain wire.
    Plain,
}

/// Receives from all sockets of a member.
#[derive(Debug)]
pub struct SocketPoller {
    sockets: Vec<(Wire, Arc<Socket>)>,
    /// The ports that this member sends from.
    own_ports: Vec<u16>,
    interrupted: Flag,
}

/// Interfaces that a poller remembers; only whether there are several matters.
const INTERFACES_MAX: usize = 2;

/// What a poller remembers between two reads.
struct Read {
    datagrams: Datagrams,
    copies: Copies,
    /// When the first datagram came.
    since: Option<Instant>,
    /// The interfaces on which frames came in. With one alone no copy is looked for.
    interfaces: Vec<u32>,
}

/// Datagrams that came together, in one buffer.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    datagrams: Vec<(Wire, SocketAddr, usize)>,
    meetings: Vec<Meeting>,
}

impl Batch {
    fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.meetings.clear();
    }

    fn push(&mut self, wire: Wire, source: SocketAddr, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.datagrams.push((wire, source, datagram.len()));
    }

    fn meet(&mut self, meeting: Meeting) {
        if self.meetings.len() < MEETINGS_MAX && !self.meetings.contains(&meeting) {
            self.meetings.push(meeting);
        }
    }

    /// What shows that interfaces lead to one network, for
    /// [`super::group_sockets::GroupSockets::learn`].
    pub(super) fn meetings(&self) -> &[Meeting] {
        &self.meetings
    }

    /// Each datagram with its wire and its source, in order of arrival at each socket.
    pub fn iter(&self) -> impl Iterator<Item = (Wire, SocketAddr, &[u8])> {
        let mut rest = self.bytes.as_slice();
        self.datagrams
            .iter()
            .map_while(move |(wire, source, length)| {
                let (datagram, behind) = rest.split_at_checked(*length)?;
                rest = behind;
                Some((*wire, *source, datagram))
            })
    }
}

impl SocketPoller {
    /// Polls these sockets; the interrupter ends it.
    pub(super) fn new(
        sockets: Vec<(Wire, Arc<Socket>)>,
        own_ports: Vec<u16>,
    ) -> io::Result<(Self, Interrupter)> {
        for (_, socket) in &sockets {
            socket.set_nonblocking(true)?;
        }
        let interrupted = Flag::default();
        let all = sockets.iter().map(|(_, socket)| Arc::clone(socket));
        let interrupter = interrupted.interrupter(all.collect());
        let poller = Self {
            sockets,
            own_ports,
            interrupted,
        };
        Ok((poller, interrupter))
    }

    /// Receives until it is interrupted, or `tell` returns false: fills the batches that come as
    /// tickets, and hands each to `tell`. A plain datagram that came in by several interfaces of
    /// one network is handed over once; frames are recognised by who opens them.
    ///
    /// # Errors
    /// The system's, from waiting or reading.
    pub fn listen(
        &self,
        tickets: &mpsc::Receiver<Batch>,
        mut tell: impl FnMut(Batch) -> bool,
    ) -> io::Result<()> {
        let mut read = Read {
            datagrams: Datagrams::new(),
            copies: Copies::default(),
            since: None,
            interfaces: Vec::new(),
        };
        while let Ok(mut batch) = tickets.recv() {
            batch.clear();
            while batch.datagrams.is_empty() {
                let Some(readable) = self.wait()? else {
                    return Ok(());
                };
                for (wire, socket) in readable {
                    self.read(*wire, socket, &mut read, &mut batch)?;
                }
            }
            if !tell(batch) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads what waits at one socket, up to its share of a batch.
    fn read(
        &self,
        wire: Wire,
        socket: &Socket,
        read: &mut Read,
        batch: &mut Batch,
    ) -> io::Result<()> {
        let until_bytes = batch.bytes.len() + BATCH_BYTES;
        let until_count = batch.datagrams.len() + BATCH_DATAGRAMS;
        while batch.bytes.len() < until_bytes && batch.datagrams.len() < until_count {
            match read.datagrams.receive(socket, Wait::Never) {
                Ok(()) => {}
                Err(error) if is_passing(&error) || is_unbound(wire, &error) => return Ok(()),
                Err(error) => return Err(error),
            }
            let now = clock::monotonic();
            let now = now.saturating_duration_since(*read.since.get_or_insert(now));
            let Read {
                datagrams,
                copies,
                interfaces,
                ..
            } = &mut *read;
            for (datagram, source, interface) in datagrams.iter() {
                let is_copy = interface.is_some_and(|interface| {
                    let key = match wire {
                        Wire::Plain => datagram,
                        Wire::Frames if is_among_several(interfaces, interface) => {
                            self.frame_key(source, interface, datagram, batch)
                        }
                        Wire::Frames | Wire::Unicast => return false,
                    };
                    let first = copies.is_copy(now, source, interface, key);
                    if let Some(first) = first {
                        let second = interface;
                        batch.meet(Meeting::Copy { first, second });
                    }
                    first.is_some()
                });
                if wire != Wire::Plain || !is_copy {
                    batch.push(wire, source, datagram);
                }
            }
            if !read.datagrams.is_full() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What identifies a frame: its end. Notes one of this member's own.
    fn frame_key<'d>(
        &self,
        source: SocketAddr,
        interface: u32,
        frame: &'d [u8],
        batch: &mut Batch,
    ) -> &'d [u8] {
        let Some(tail) = tail(frame) else {
            return frame;
        };
        if self.own_ports.contains(&source.port()) {
            batch.meet(Meeting::Own {
                source,
                interface,
                tail,
            });
        }
        frame.last_chunk::<TAIL_BYTES>().map_or(frame, |end| end)
    }

    /// The sockets that can be read; `None` once interrupted.
    #[cfg(unix)]
    fn wait(&self) -> io::Result<Option<impl Iterator<Item = &(Wire, Arc<Socket>)>>> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;

        // Linux wakes the poll at a shutdown; elsewhere the poll ends to look at the flag.
        #[cfg(target_os = "linux")]
        let timeout = PollTimeout::NONE;
        #[cfg(not(target_os = "linux"))]
        let timeout = PollTimeout::try_from(FLAG_INTERVAL).unwrap_or(PollTimeout::ZERO);
        let sockets = self.sockets.iter().map(|(_, socket)| socket.as_fd());
        let mut polled: Vec<PollFd<'_>> = sockets
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        while !self.interrupted.is_set() {
            match poll(&mut polled, timeout) {
                Ok(0) | Err(nix::Error::EINTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => break,
            }
        }
        if self.interrupted.is_set() {
            return Ok(None);
        }
        let ready: Vec<bool> = polled.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        let readable = self.sockets.iter().zip(ready);
        Ok(Some(
            readable
                .filter(|(_, ready)| *ready)
                .map(|(socket, _)| socket),
        ))
    }

    /// Where there is no poll, every socket is tried in turn.
    #[cfg(not(unix))]
    fn wait(&self) -> io::Result<Option<impl Iterator<Item = &(Wire, Arc<Socket>)>>> {
        std::thread::sleep(std::time::Duration::from_millis(2));
        Ok((!self.interrupted.is_set()).then(|| self.sockets.iter()))
    }
}

/// Notes an interface; whether there are several by now.
fn is_among_several(interfaces: &mut Vec<u32>, interface: u32) -> bool {
    if interfaces.len() < INTERFACES_MAX && !interfaces.contains(&interface) {
        interfaces.push(interface);
    }
    interfaces.len() > 1
}

/// Whether an error of a read says that the plain wire's socket has no port yet: only where every
/// socket is tried in turn is it read then.
fn is_unbound(wire: Wire, error: &io::Error) -> bool {
    cfg!(not(unix)) && wire == Wire::Plain && error.kind() == io::ErrorKind::InvalidInput
}

/// Whether an error of a read says that nothing waits, or is the answer of the network to something
/// that was sent earlier, which the read has taken away. Any other would come again at once, and
/// for ever.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable, OutOfMemory, WouldBlock,
    };
    let passing = [
        ConnectionRefused,
        ConnectionReset,
        HostUnreachable,
        Interrupted,
        NetworkDown,
        NetworkUnreachable,
        OutOfMemory,
        WouldBlock,
    ];
    passing.contains(&error.kind())
}
