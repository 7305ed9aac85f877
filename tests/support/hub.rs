//! Hubs and who joins them, on loopback: ours, the course's, and bare sockets that speak frames.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use super::program::Program;
use super::tcp::{self, python};
use super::{DEADLINE, command};

/// What stands before the frames of one of us.
const MARKER: &[u8] = b"\x00\xffroda1\x00";

/// `roda hub …`, to be started.
pub fn hub(args: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_roda"));
    command.arg("hub").args(args);
    command
}

/// Our hub at a port of its own choice; and that port.
pub fn serve(args: &[&str]) -> (Program, u16) {
    let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
    let mut hub = Program::start(hub(&args));
    let line = hub.notes("hub join 127.0.0.1:");
    let port = line.rsplit(':').next().unwrap().parse().unwrap();
    (hub, port)
}

/// One of us who is in.
pub fn join(port: u16, name: &str, args: &[&str]) -> Program {
    let mut joiner = Program::start(joining(port, name, args));
    joiner.notes("joined 127.0.0.1:");
    joiner
}

/// One of us, to be started.
pub fn joining(port: u16, name: &str, args: &[&str]) -> Command {
    let address = format!("127.0.0.1:{port}");
    hub(&[
        &["join", &address, "--name", name, "--color", "never"],
        args,
    ]
    .concat())
}

/// The course's hub; and its port.
pub fn their_hub() -> (Program, u16) {
    tcp::their_server("hub.py", &[])
}

/// The course's client, which is in.
pub fn their_client(port: u16, name: &str) -> Program {
    let mut client = python("hub.py", &["client", &port.to_string(), name]);
    client.shows("|connection_confirmation|");
    client
}

/// A bare socket that speaks frames.
pub struct Framed {
    stream: TcpStream,
    name: String,
    bytes: Vec<u8>,
}

impl Framed {
    /// Joins, and is in.
    pub fn joins(port: u16, name: &str) -> Self {
        let mut framed = Self::arrives(port, name);
        framed.is_let_in();
        framed
    }

    /// Offers its name without waiting to be asked.
    pub fn arrives(port: u16, name: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let offer = format!("{name} | server | name | {name} | roda1");
        stream.write_all(offer.as_bytes()).unwrap();
        Self {
            stream,
            name: name.to_owned(),
            bytes: Vec::new(),
        }
    }

    /// Waits to be let in.
    pub fn is_let_in(&mut self) {
        while !self.bytes.windows(MARKER.len()).any(|part| part == MARKER) {
            self.reads();
        }
        let at = self
            .bytes
            .windows(MARKER.len())
            .position(|part| part == MARKER);
        self.bytes.drain(..at.unwrap() + MARKER.len());
        let told = self.hears();
        assert!(told.contains(" | connection_confirmation | "), "{told}");
    }

    /// Says something to all others.
    pub fn says(&mut self, text: &str) {
        let message = format!("{} | all clients | broadcast_not_me | {text}", self.name);
        let mut frame = vec![3];
        frame.extend((message.len() as u32).to_be_bytes());
        frame.extend(message.as_bytes());
        self.stream.write_all(&frame).unwrap();
    }

    /// The next message.
    pub fn hears(&mut self) -> String {
        loop {
            if let Some((header, rest)) = self.bytes.split_first_chunk::<5>() {
                let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
                if let Some(payload) = rest.get(..length as usize) {
                    let message = String::from_utf8(payload.to_vec()).unwrap();
                    self.bytes.drain(..5 + length as usize);
                    return message;
                }
            }
            self.reads();
        }
    }

    fn reads(&mut self) {
        let mut room = [0; 4096];
        let count = self.stream.read(&mut room).unwrap();
        assert!(
            count > 0,
            "{}: the hub has closed the connection",
            self.name
        );
        self.bytes.extend(&room[..count]);
    }
}
