//! What hears on several sockets at once, in a thread of its own, and hands on what came.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;

use socket2::Socket;

use super::kernel::{Datagrams, Wait};

/// Datagrams that are read before others are asked for. Less than a page each, mostly.
const BATCH_BYTES: usize = 64 << 10;

/// By which way a datagram came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The frame wire: the group, or to this member alone.
    Frames,
    /// The plain wire.
    Plain,
}

/// Hears on all sockets of a member.
#[derive(Debug)]
pub struct SocketPoller {
    sockets: Vec<(Wire, Arc<Socket>)>,
    bell: bell::Hears,
}

/// Ends the ears' wait when it is dropped.
pub type Interrupter = bell::Rings;

/// Datagrams that came together, in one piece of memory.
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

    fn push(&mut self, door: Wire, source: SocketAddr, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.datagrams.push((door, source, datagram.len()));
    }

    /// Each datagram, how it came and where from, in order of arrival at each socket.
    pub fn iter(&self) -> impl Iterator<Item = (Wire, SocketAddr, &[u8])> {
        let mut rest = self.bytes.as_slice();
        self.datagrams
            .iter()
            .map_while(move |(door, source, length)| {
                let (datagram, behind) = rest.split_at_checked(*length)?;
                rest = behind;
                Some((*door, *source, datagram))
            })
    }
}

impl SocketPoller {
    /// SocketPoller on these sockets, and what ends their wait.
    pub(super) fn over(sockets: Vec<(Wire, Arc<Socket>)>) -> io::Result<(Self, Interrupter)> {
        for (_, socket) in &sockets {
            socket.set_nonblocking(true)?;
        }
        let (bell, rings) = bell::new()?;
        Ok((Self { sockets, bell }, rings))
    }

    /// Hears until it is interrupted or nobody listens any more: fills the batches that come as
    /// tickets, and tells them.
    ///
    /// # Errors
    /// The system's, from waiting.
    pub fn listen(
        &self,
        tickets: &mpsc::Receiver<Batch>,
        mut tell: impl FnMut(Batch) -> bool,
    ) -> io::Result<()> {
        let mut room = Datagrams::new();
        while let Ok(mut batch) = tickets.recv() {
            batch.clear();
            while batch.datagrams.is_empty() {
                let Some(readable) = self.wait()? else {
                    return Ok(());
                };
                for (door, socket) in readable {
                    self.read(*door, socket, &mut room, &mut batch);
                }
            }
            if !tell(batch) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes what waits at one socket, up to its share of a batch.
    fn read(&self, door: Wire, socket: &Socket, room: &mut Datagrams, batch: &mut Batch) {
        let until = batch.bytes.len() + BATCH_BYTES;
        // An error is an ICMP answer to something sent before, or that nothing waits.
        while batch.bytes.len() < until && room.receive(socket, Wait::Never).is_ok() {
            for (datagram, source) in room.iter() {
                batch.push(door, source, datagram);
            }
            if !room.is_full() {
                return;
            }
        }
    }

    /// The sockets that can be read; `None` once interrupted.
    #[cfg(unix)]
    fn wait(&self) -> io::Result<Option<impl Iterator<Item = &(Wire, Arc<Socket>)>>> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;

        let sockets = self.sockets.iter().map(|(_, socket)| socket.as_fd());
        let mut asked: Vec<PollFd<'_>> = sockets
            .chain([self.bell.as_fd()])
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        while let Err(error) = poll(&mut asked, PollTimeout::NONE) {
            if error != nix::Error::EINTR {
                return Err(error.into());
            }
        }
        let mut ready: Vec<bool> = asked.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        if ready.pop() == Some(true) {
            return Ok(None);
        }
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
        let is_interrupted = self.bell.is_rung();
        Ok((!is_interrupted).then(|| self.sockets.iter()))
    }
}

/// What wakes the ears: a pipe that is closed.
#[cfg(unix)]
mod bell {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    #[derive(Debug)]
    pub(super) struct Hears(OwnedFd);

    /// Rings when it is dropped.
    #[derive(Debug)]
    pub struct Rings {
        _end: OwnedFd,
    }

    impl AsFd for Hears {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    pub(super) fn new() -> io::Result<(Hears, Rings)> {
        let (hears, rings) = nix::unistd::pipe()?;
        Ok((Hears(hears), Rings { _end: rings }))
    }
}

/// What wakes the ears: a flag that they look at.
#[cfg(not(unix))]
mod bell {
    use std::io;
    use std::sync::{Arc, Weak};

    #[derive(Debug)]
    pub(super) struct Hears(Weak<()>);

    /// Rings when it is dropped.
    #[derive(Debug)]
    pub struct Rings {
        _end: Arc<()>,
    }

    impl Hears {
        pub(super) fn is_rung(&self) -> bool {
            self.0.strong_count() == 0
        }
    }

    pub(super) fn new() -> io::Result<(Hears, Rings)> {
        let end = Arc::new(());
        Ok((Hears(Arc::downgrade(&end)), Rings { _end: end }))
    }
}
