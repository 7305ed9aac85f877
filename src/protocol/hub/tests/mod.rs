//! A hub without a socket, and what its tests do with it.

mod flow;
mod joiner;
mod operations;

use super::*;
use crate::protocol::wire::stream::{Deframer, Frame, MARKER, encode_line};

const MS: Duration = Duration::from_millis(1);

/// A hub, its clock, and lines that take what the test lets them.
struct Bench {
    hub: Hub,
    now: Duration,
    wires: Wires,
    endings: Vec<(u32, Ending)>,
}

#[derive(Default)]
struct Wires {
    watched: Vec<u32>,
    written: BTreeMap<u32, Vec<u8>>,
    /// Lines that take only so many bytes more.
    room: BTreeMap<u32, usize>,
}

impl Lines for Wires {
    fn write(&mut self, client: u32, parts: &[&[u8]]) -> usize {
        let bytes = parts.concat();
        let room = self.room.get(&client).copied().unwrap_or(usize::MAX);
        let taken = room.min(bytes.len());
        self.room.entry(client).and_modify(|room| *room -= taken);
        let line = self.written.entry(client).or_default();
        line.extend_from_slice(&bytes[..taken]);
        taken
    }

    fn is_acknowledged(&mut self, _: u32) -> bool {
        true
    }

    fn watch(&mut self, client: u32) {
        self.watched.push(client);
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
            wires: Wires::default(),
            endings: Vec::new(),
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
        self.hub.write(self.now, &mut self.wires);
        while let Some(ending) = self.hub.poll_ending() {
            self.endings.push(ending);
        }
    }

    fn connect(&mut self) -> u32 {
        let id = self.hub.connect(self.now, address(self.hub.next_seat));
        self.settle();
        id.unwrap()
    }

    fn say(&mut self, id: u32, bytes: &str) {
        self.hub.hear(self.now, id, bytes.as_bytes());
        self.settle();
    }

    /// A program of the report that is in; what it was told so far is forgotten.
    fn naive(&mut self, name: &str) -> u32 {
        let id = self.connect();
        self.say(id, &format!("{name} | server | name | {name}"));
        self.pass(100 * MS);
        assert!(self.told(id).contains("You are now connected"), "{name}");
        id
    }

    /// One of us who is in.
    fn framed(&mut self, name: &str) -> u32 {
        let id = self.connect();
        self.say(id, &format!("{name} | server | name | {name} | roda1"));
        let told = self.wires.written.remove(&id).unwrap();
        let greeting = "server | client | name | no data";
        let rest = told.strip_prefix(greeting.as_bytes()).unwrap();
        let confirmed = frames(rest.strip_prefix(MARKER).unwrap());
        assert!(confirmed[0].contains("You are now connected"), "{name}");
        id
    }

    fn say_framed(&mut self, id: u32, message: &str) {
        let mut bytes = Vec::new();
        encode_line(message, &mut bytes);
        self.hub.hear(self.now, id, &bytes);
        self.settle();
    }

    /// What a naive client was told since this was last asked.
    fn told(&mut self, id: u32) -> String {
        String::from_utf8(self.wires.written.remove(&id).unwrap_or_default()).unwrap()
    }

    fn told_framed(&mut self, id: u32) -> Vec<String> {
        frames(&self.wires.written.remove(&id).unwrap_or_default())
    }

    fn events(&mut self) -> Vec<HubEvent> {
        std::iter::from_fn(|| self.hub.poll_event()).collect()
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
