//! A connection with the two threads that serve it, as one loop holds it: what was read and not
//! taken, and what was handed over and not written, have limits.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};

use super::tcp::{Connection, ReadEvent, Tickets, WriteEvent};

/// Pieces that may be read and not yet taken.
const READ_TICKETS: usize = 4;

/// Bytes handed to the writing thread and not yet written, before the next are made.
const IN_FLIGHT_MAX_BYTES: usize = 256 << 10;

/// See the file's head.
#[derive(Debug)]
pub struct Duplex {
    connection: Connection,
    reads: Tickets,
    /// `None` once our direction is ended.
    writes: Option<Sender<Vec<u8>>>,
    in_flight_bytes: usize,
}

impl Duplex {
    /// Starts the threads, which tell what they read and wrote.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        connection: Connection,
        on_heard: impl Fn(ReadEvent) -> bool + Send + 'static,
        on_written: impl Fn(WriteEvent) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (reads, taken) = Tickets::new(READ_TICKETS);
        connection.read(taken, on_heard)?;
        let (writes, pieces) = mpsc::channel();
        connection.write(pieces, on_written)?;
        Ok(Self {
            connection,
            reads,
            writes: Some(writes),
            in_flight_bytes: 0,
        })
    }

    /// The other's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer()
    }

    /// What was read has been taken.
    pub fn took(&self) {
        self.reads.give_back();
    }

    /// So many bytes were written.
    pub fn wrote(&mut self, bytes: usize) {
        self.in_flight_bytes -= bytes;
    }

    /// Whether all that was handed over was written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.in_flight_bytes == 0
    }

    /// Whether our direction is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.writes.is_some()
    }

    /// Sends what `next` makes, told whether the other host has acknowledged all, until it makes
    /// nothing or enough is on its way.
    pub fn send(&mut self, mut next: impl FnMut(bool) -> Option<Vec<u8>>) {
        let Some(writes) = &self.writes else { return };
        while self.in_flight_bytes < IN_FLIGHT_MAX_BYTES {
            let is_acknowledged = self.in_flight_bytes == 0 && self.connection.is_acknowledged();
            let Some(bytes) = next(is_acknowledged) else {
                return;
            };
            self.in_flight_bytes += bytes.len();
            // A writer that has ended has told so.
            let _ = writes.send(bytes);
        }
    }

    /// Ends our direction; whether it was open.
    pub fn end(&mut self) -> bool {
        self.writes.take().is_some()
    }

    /// Ends both directions.
    pub fn close(&mut self) {
        self.writes = None;
        self.connection.close();
    }
}
