//! A connection with its reading and its writing thread, as a loop holds it. Both directions have a
//! limit: of pieces that were read and not handled, and of bytes that were sent and not written.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};

use super::tcp::{Connection, READ_BYTES, ReadEvent, Tickets, WriteEvent};
use crate::protocol::wire::quiet::Acknowledgement;

/// Pieces that may be read and not handled yet.
const READ_TICKETS: usize = 4;

/// Bytes that the writing thread may hold before the next ones are requested.
const IN_FLIGHT_MAX_BYTES: usize = 256 << 10;

/// See the module's documentation.
#[derive(Debug)]
pub struct Duplex {
    connection: Connection,
    reads: Tickets,
    /// Bytes that a read takes at most.
    read_bytes: usize,
    /// `None` once our direction is ended.
    writes: Option<Sender<Vec<u8>>>,
    in_flight_bytes: usize,
}

impl Duplex {
    /// Starts the threads, which call `on_heard` with what they read and `on_written` with what
    /// they wrote, and end when these return false.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(
        connection: Connection,
        on_heard: impl Fn(ReadEvent) -> bool + Send + 'static,
        on_written: impl Fn(WriteEvent) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        Self::start_with(connection, READ_BYTES, on_heard, on_written)
    }

    /// The same, and a read takes at most `read_bytes` until [`Duplex::read_in_bulk`].
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start_with(
        connection: Connection,
        read_bytes: usize,
        on_heard: impl Fn(ReadEvent) -> bool + Send + 'static,
        on_written: impl Fn(WriteEvent) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (reads, taken) = Tickets::new(READ_TICKETS, read_bytes);
        connection.read(taken, on_heard)?;
        let (writes, pieces) = mpsc::channel();
        connection.write(pieces, on_written)?;
        Ok(Self {
            connection,
            reads,
            read_bytes,
            writes: Some(writes),
            in_flight_bytes: 0,
        })
    }

    /// The peer's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer()
    }

    /// One piece that was read has been handled, so that another may be read.
    pub fn took(&self) {
        self.reads.give_back(self.read_bytes);
    }

    /// Lets reads take as much as there is: where their boundaries mean nothing.
    pub fn read_in_bulk(&mut self) {
        self.read_bytes = READ_BYTES;
    }

    /// The writing thread has reported that it wrote this many bytes.
    pub fn wrote(&mut self, bytes: usize) {
        self.in_flight_bytes -= bytes;
    }

    /// Whether everything that was sent has been written to the socket.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.in_flight_bytes == 0
    }

    /// How much the peer's host has acknowledged of what was sent.
    #[must_use]
    pub fn acknowledgement(&self) -> Acknowledgement {
        match self.in_flight_bytes {
            0 => self.connection.acknowledgement(),
            _ => Acknowledgement::Pending,
        }
    }

    /// Whether our direction is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.writes.is_some()
    }

    /// Sends what `next` returns, until it returns `None` or enough bytes are on their way. Its
    /// argument is about everything that was sent before.
    pub fn send(&mut self, mut next: impl FnMut(Acknowledgement) -> Option<Vec<u8>>) {
        let Some(writes) = &self.writes else { return };
        while self.in_flight_bytes < IN_FLIGHT_MAX_BYTES {
            let acknowledgement = match self.in_flight_bytes {
                0 => self.connection.acknowledgement(),
                _ => Acknowledgement::Pending,
            };
            let Some(bytes) = next(acknowledgement) else {
                return;
            };
            self.in_flight_bytes += bytes.len();
            // Fails only after the writing thread ended, which it has reported.
            let _ = writes.send(bytes);
        }
    }

    /// Ends our direction; returns whether it was open.
    pub fn end(&mut self) -> bool {
        self.writes.take().is_some()
    }

    /// Ends both directions.
    pub fn close(&mut self) {
        self.writes = None;
        self.connection.close();
    }
}
