//! A hub without a socket, and what its tests do with it.

mod flow;
mod joiner;
mod operations;

use super::*;
use crate::protocol::wire::quiet::Acknowledgement;
use crate::protocol::wire::stream::{Deframer, Frame, MARKER, encode_line};

const MS: Duration = Duration::from_millis(1);

const SALT: Salt = [3; 32];

fn key(secret: &str) -> ModeratorKey {
    ModeratorSecret::of(secret).key(SALT).unwrap()
}

/// A hub, its clock, and sockets that take what the test lets them.
struct Bench {
    hub: Hub,
    now: Duration,
    sockets: Sockets,
    endings: Vec<(u32, Ending)>,
    events: Vec<HubEvent>,
}

#[derive(Default)]
struct Sockets {
    watched: Vec<u32>,
    written: BTreeMap<u32, Vec<u8>>,
    /// Sockets that take only this many bytes more.
    room: BTreeMap<u32, usize>,
    /// How many writes there were.
    writes: usize,
}

impl Sockets {
    fn write(&mut self, client: u32, parts: &[&[u8]]) -> usize {
        let bytes = parts.concat();
        assert!(!bytes.is_empty(), "a write of nothing");
        let room = self.room.get(&client).copied().unwrap_or(usize::MAX);
        let taken = room.min(bytes.len());
        self.room.entry(client).and_modify(|room| *room -= taken);
        let written = self.written.entry(client).or_default();
        written.extend_from_slice(&bytes[..taken]);
        self.writes += 1;
        taken
    }
}

fn rules() -> Rules {
    Rules {
        moderators: BTreeSet::new(),
        moderator_key: None,
        connections_max: 100,
        per_address_max: None,
        rate_per_s: 1000,
    }
}

fn address(number: u32) -> SocketAddr {
    ([10, 0, 0, 1], 40_000 + number as u16).into()
}

impl Bench {
    fn new(rules: Rules) -> Self {
        Self {
            hub: Hub::new(rules, [1; 32]),
            now: MS,
            sockets: Sockets::default(),
            endings: Vec::new(),
            events: Vec::new(),
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += 5 * MS;
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.hub.on_time(self.now);
        loop {
            match self.hub.poll(self.now) {
                Output::Write { client, parts } => {
                    let bytes = self.sockets.write(client, &parts);
                    self.hub.on_written(self.now, client, bytes);
                }
                Output::CheckAcknowledged { client } => self
                    .hub
                    .on_acknowledgement(client, Acknowledgement::Complete),
                Output::NotifyWritable { client } => self.sockets.watched.push(client),
                Output::End { client, ending } => self.endings.push((client, ending)),
                Output::Log(event) => self.events.push(event),
                Output::Wait(_) => break,
            }
        }
    }

    fn connect(&mut self) -> u32 {
        let id = self.hub.connect(self.now, address(self.hub.next_id));
        self.settle();
        id.unwrap()
    }

    fn say(&mut self, id: u32, bytes: &str) {
        self.hub.on_bytes(self.now, id, bytes.as_bytes());
        self.settle();
    }

    /// A program of the report that has joined; what was written to it so far is forgotten.
    fn naive(&mut self, name: &str) -> u32 {
        let id = self.connect();
        self.say(id, &format!("{name} | server | name | {name}"));
        self.pass(100 * MS);
        assert!(self.sent_to(id).contains("You are now connected"), "{name}");
        id
    }

    /// A client of ours that has joined.
    fn framed(&mut self, name: &str) -> u32 {
        let id = self.connect();
        self.say(id, &format!("{name} | server | name | {name} | roda1"));
        let sent = self.sockets.written.remove(&id).unwrap();
        let greeting = "server | client | name | no data";
        let rest = sent.strip_prefix(greeting.as_bytes()).unwrap();
        let confirmed = frames(rest.strip_prefix(MARKER).unwrap());
        assert!(confirmed[0].contains("You are now connected"), "{name}");
        id
    }

    fn say_framed(&mut self, id: u32, message: &str) {
        let mut bytes = Vec::new();
        encode_line(message, &mut bytes);
        self.hub.on_bytes(self.now, id, &bytes);
        self.settle();
    }

    /// What was written to a naive client since the last call.
    fn sent_to(&mut self, id: u32) -> String {
        String::from_utf8(self.sockets.written.remove(&id).unwrap_or_default()).unwrap()
    }

    /// What was written to any client since the last call, as far as it is text.
    fn sent_to_any(&mut self, id: u32) -> String {
        let bytes = self.sockets.written.remove(&id).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn sent_frames(&mut self, id: u32) -> Vec<String> {
        frames(&self.sockets.written.remove(&id).unwrap_or_default())
    }

    fn events(&mut self) -> Vec<HubEvent> {
        std::mem::take(&mut self.events)
    }
}

fn frames(bytes: &[u8]) -> Vec<String> {
    let mut deframer = Deframer::default();
    deframer.push(bytes);
    let mut lines = Vec::new();
    while let Some(frame) = deframer.poll().unwrap() {
        let Frame::Line(line) = frame else {
            panic!("{frame:?}")
        };
        lines.push(String::from_utf8(line.to_vec()).unwrap());
    }
    assert!(!deframer.is_open());
    lines
}
