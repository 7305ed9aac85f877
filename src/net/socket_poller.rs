//! Receives from several sockets at once, in a thread of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;

use socket2::Socket;

#[cfg(all(unix, not(target_os = "linux")))]
use super::interrupter::FLAG_INTERVAL;
use super::interrupter::{Flag, Interrupter};
use super::kernel::{Datagrams, Wait};

/// Bytes read from one socket before the next one gets its turn.
const BATCH_BYTES: usize = 64 << 10;

/// The wire that a datagram came on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The frame wire: the group, or to this member alone.
    Frames,
    /// The plain wire.
    Plain,
}

/// Receives from all sockets of a member.
#[derive(Debug)]
pub struct SocketPoller {
    sockets: Vec<(Wire, Arc<Socket>)>,
    interrupted: Flag,
}

/// Datagrams that came together, in one buffer.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    datagrams: Vec<(Wire, SocketAddr, usize)>,
}

impl Batch {
    fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
    }

    fn push(&mut self, wire: Wire, source: SocketAddr, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.datagrams.push((wire, source, datagram.len()));
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
    pub(super) fn new(sockets: Vec<(Wire, Arc<Socket>)>) -> io::Result<(Self, Interrupter)> {
        for (_, socket) in &sockets {
            socket.set_nonblocking(true)?;
        }
        let interrupted = Flag::default();
        let all = sockets.iter().map(|(_, socket)| Arc::clone(socket));
        let interrupter = interrupted.interrupter(all.collect());
        let poller = Self {
            sockets,
            interrupted,
        };
        Ok((poller, interrupter))
    }

    /// Receives until it is interrupted, or `tell` returns false: fills the batches that come as
    /// tickets, and hands each to `tell`.
    ///
    /// # Errors
    /// The system's, from waiting.
    pub fn listen(
        &self,
        tickets: &mpsc::Receiver<Batch>,
        mut tell: impl FnMut(Batch) -> bool,
    ) -> io::Result<()> {
        let mut datagrams = Datagrams::new();
        while let Ok(mut batch) = tickets.recv() {
            batch.clear();
            while batch.datagrams.is_empty() {
                let Some(readable) = self.wait()? else {
                    return Ok(());
                };
                for (wire, socket) in readable {
                    self.read(*wire, socket, &mut datagrams, &mut batch);
                }
            }
            if !tell(batch) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads what waits at one socket, up to its share of a batch.
    fn read(&self, wire: Wire, socket: &Socket, datagrams: &mut Datagrams, batch: &mut Batch) {
        let until = batch.bytes.len() + BATCH_BYTES;
        // An error means that nothing waits, or it is an ICMP answer to an earlier send.
        while batch.bytes.len() < until && datagrams.receive(socket, Wait::Never).is_ok() {
            for (datagram, source) in datagrams.iter() {
                batch.push(wire, source, datagram);
            }
            if !datagrams.is_full() {
                return;
            }
        }
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
