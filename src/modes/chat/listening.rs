//! The thread that reads the sockets.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::driver::Event;
use crate::error::Error;
use crate::net::interrupter::Interrupter;
use crate::net::socket_poller::{Batch, SocketPoller};

/// Batches of datagrams between a thread that reads sockets and the loop: it reads on while the
/// loop works, and no further ahead than the kernel's own buffer should hold.
const BATCHES: usize = 4;

/// A thread that reads sockets.
pub(super) struct Listening {
    /// Where its empty batches go.
    tickets: Sender<Batch>,
    thread: JoinHandle<()>,
    interrupter: Interrupter,
}

impl Listening {
    /// Starts the thread, which tells what it heard.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub(super) fn start(
        (poller, interrupter): (SocketPoller, Interrupter),
        tell: &Sender<Event>,
    ) -> Result<Self, Error> {
        let (tickets, taken): (Sender<Batch>, Receiver<Batch>) = mpsc::channel();
        (0..BATCHES).for_each(|_| drop(tickets.send(Batch::default())));
        let tell = tell.clone();
        let listen = move || {
            let heard = poller.listen(&taken, |batch| tell.send(Event::Heard(batch)).is_ok());
            if let Err(error) = heard {
                let _ = tell.send(Event::Deaf(error));
            }
        };
        let thread = thread::Builder::new().name("sockets".into()).spawn(listen);
        let thread = thread.map_err(Error::Connection)?;
        Ok(Self {
            tickets,
            thread,
            interrupter,
        })
    }

    /// Gives a batch back that was worked off.
    pub(super) fn give_back(&self, batch: Batch) {
        // The reading thread ends with the loop, and then needs no more tickets.
        let _ = self.tickets.send(batch);
    }

    /// Ends the thread.
    pub(super) fn end(self) {
        drop(self.tickets);
        drop(self.interrupter);
        let _ = self.thread.join();
    }
}
