//! The load for chat servers over TCP in scripts/bench: many clients on one thread, some of whom
//! send. `hub_load PROTOCOL PORT CLIENTS MESSAGES SENDERS OUTSTANDING DEAF SERVER_PID`, where the
//! protocol is `lines` (servers that forward bytes), `framed` (roda's hub), `irc` or `mqtt`. Each
//! message has 100 bytes, without what `irc` and `mqtt` add, and contains one `^`. Every client
//! must receive all, except the senders and the deaf ones, which never read. Prints figures as
//! `key=value`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{SysconfVar, sysconf};

const MESSAGE_BYTES: usize = 100;
const MARK: u8 = b'^';
/// The run ends after this time without a delivery.
const STALL: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Lines,
    Framed,
    Irc,
    Mqtt,
}

impl Protocol {
    /// What a client sends first.
    fn greeting(self, number: usize) -> Vec<u8> {
        match self {
            Self::Lines => Vec::new(),
            Self::Framed => format!("c{number} | server | name | c{number} | roda1").into_bytes(),
            Self::Irc => {
                format!("NICK n{number}\r\nUSER n{number} 0 * :x\r\nJOIN #c\r\n").into_bytes()
            }
            Self::Mqtt => {
                let id = format!("c{number}").into_bytes();
                let size = id.len() as u8;
                let head = [0x10, 12 + size];
                let connect = *b"\0\x04MQTT\x04\x02\0\x3c\0";
                let subscribe = *b"\x82\x09\0\x01\0\x04chat\0";
                [&head[..], &connect, &[size], &id, &subscribe].concat()
            }
        }
    }

    /// Whether these bytes show that a client has joined.
    fn lets_in(self, bytes: &[u8]) -> bool {
        match self {
            Self::Lines | Self::Framed => true,
            Self::Irc => bytes.windows(5).any(|part| part == b" 366 "),
            Self::Mqtt => bytes.contains(&0x90),
        }
    }

    /// A message of a sender as it stands on the wire.
    fn message(self, number: usize) -> Vec<u8> {
        let head = match self {
            Self::Framed => format!("c{number} | all clients | broadcast_not_me | "),
            _ => String::new(),
        };
        let mut text = head.into_bytes();
        text.resize(MESSAGE_BYTES - 1, b'x');
        text.insert(MESSAGE_BYTES - 2, MARK);
        let size = MESSAGE_BYTES as u8;
        match self {
            Self::Lines => {
                text[MESSAGE_BYTES - 1] = b'\n';
                text
            }
            Self::Framed => [&[3, 0, 0, 0, size], &*text].concat(),
            Self::Irc => [b"PRIVMSG #c :", &*text, b"\r\n"].concat(),
            Self::Mqtt => [&[0x30, size + 6], &b"\0\x04chat"[..], &text].concat(),
        }
    }
}

struct Client {
    stream: TcpStream,
    is_in: bool,
    got: usize,
}

struct Load {
    protocol: Protocol,
    epoll: Epoll,
    clients: Vec<Client>,
    senders: usize,
    buffer: Vec<u8>,
    /// Deliveries to the clients that are neither senders nor deaf.
    total: usize,
    last_at: Instant,
    sent_at: Vec<Instant>,
    latencies_us: Vec<u32>,
}

fn main() {
    let words: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    let [_, protocol, numbers @ ..] = words.as_slice() else {
        return eprintln!("hub_load: see the file's head");
    };
    let protocol = match protocol.as_str() {
        "framed" => Protocol::Framed,
        "irc" => Protocol::Irc,
        "mqtt" => Protocol::Mqtt,
        _ => Protocol::Lines,
    };
    let numbers: Vec<usize> = numbers.iter().map(|word| word.parse().unwrap()).collect();
    let [port, clients, messages, senders, outstanding, deaf, server] = numbers[..] else {
        return eprintln!("hub_load: see the file's head");
    };
    let hard = getrlimit(Resource::RLIMIT_NOFILE).unwrap().1;
    let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.max(20_000), hard.max(20_000));
    let empty_kb = memory_kb(server, "VmRSS:");
    let mut load = Load::connect(protocol, port as u16, clients, senders);
    let held_kb = memory_kb(server, "VmRSS:");
    let _unread = load.stop_reading(deaf);
    let listeners = clients - senders - deaf;
    let cpu_before = cpu_s(server);
    let began = Instant::now();
    load.speak(messages, outstanding, listeners);
    let seconds = (load.last_at - began).as_secs_f64();
    let cpu = cpu_s(server) - cpu_before;
    load.latencies_us.sort_unstable();
    let percentile = |hundredths: usize| {
        let last = load.latencies_us.len().saturating_sub(1);
        load.latencies_us
            .get(last * hundredths / 100)
            .copied()
            .unwrap_or(0)
    };
    println!(
        "delivered={} share={:.4} deliveries_per_s={:.0} cpu_ns={:.0} p50_us={} p99_us={} \
        empty_kb={empty_kb} held_kb={held_kb} most_kb={}",
        load.total,
        load.total as f64 / (messages * listeners) as f64,
        load.total as f64 / seconds,
        cpu * 1e9 / load.total as f64,
        percentile(50),
        percentile(99),
        memory_kb(server, "VmHWM:"),
    );
}

impl Load {
    /// Connects all clients, and waits until they have joined and nothing more comes.
    fn connect(protocol: Protocol, port: u16, count: usize, senders: usize) -> Self {
        let mut load = Self {
            protocol,
            epoll: Epoll::new(EpollCreateFlags::empty()).unwrap(),
            clients: Vec::new(),
            senders,
            buffer: vec![0; 256 << 10],
            total: 0,
            last_at: Instant::now(),
            sent_at: Vec::new(),
            latencies_us: Vec::new(),
        };
        for number in 0..count {
            // Loopback has many addresses, and one has not ports enough for ten thousand.
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.write_all(&protocol.greeting(number)).unwrap();
            stream.set_nonblocking(true).unwrap();
            let event = EpollEvent::new(EpollFlags::EPOLLIN, number as u64);
            load.epoll.add(&stream, event).unwrap();
            load.clients.push(Client {
                stream,
                is_in: protocol == Protocol::Lines,
                got: 0,
            });
            load.pump(0);
        }
        let end = Instant::now() + Duration::from_secs(30);
        while load.clients.iter().any(|client| !client.is_in) && Instant::now() < end {
            load.pump(20);
        }
        while load.pump(300) {}
        load.total = 0;
        load
    }

    /// The last clients stop reading.
    fn stop_reading(&mut self, count: usize) -> Vec<Client> {
        let deaf = self.clients.split_off(self.clients.len() - count);
        deaf.iter()
            .for_each(|client| self.epoll.delete(&client.stream).unwrap());
        deaf
    }

    /// Reads what has come; returns whether something had.
    fn pump(&mut self, timeout_ms: u16) -> bool {
        let mut events = [EpollEvent::empty(); 512];
        let ready = self
            .epoll
            .wait(&mut events, EpollTimeout::from(timeout_ms))
            .unwrap();
        for event in &events[..ready] {
            self.read(event.data() as usize);
        }
        ready > 0
    }

    fn read(&mut self, number: usize) {
        let Some(client) = self.clients.get_mut(number) else {
            return;
        };
        let count = match client.stream.read(&mut self.buffer) {
            Ok(0) => return self.epoll.delete(&client.stream).unwrap(),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{number}: {error}"),
        };
        client.is_in |= self.protocol.lets_in(&self.buffer[..count]);
        let receipts = self.buffer[..count]
            .iter()
            .filter(|byte| **byte == MARK)
            .count();
        if number >= self.senders && receipts > 0 {
            self.last_at = Instant::now();
            for message in client.got..client.got + receipts {
                if let Some(sent_at) = self.sent_at.get(message) {
                    self.latencies_us
                        .push((self.last_at - *sent_at).as_micros() as u32);
                }
            }
            client.got += receipts;
            self.total += receipts;
        }
    }

    /// Lets the senders send in turns, at most `outstanding` messages ahead of the average client.
    fn speak(&mut self, messages: usize, outstanding: usize, listeners: usize) {
        let frames: Vec<Vec<u8>> = (0..self.senders)
            .map(|n| self.protocol.message(n))
            .collect();
        let share = outstanding.div_ceil(self.senders).min(64);
        let mut sent = 0;
        let mut progress = (0, Instant::now());
        while self.total < messages * listeners {
            for (number, frame) in frames.iter().enumerate() {
                let room = outstanding.saturating_sub(sent - self.total / listeners);
                let count = share.min(room).min(messages - sent);
                // Times are kept only where latency means something: one message at a time.
                let now = Instant::now();
                self.sent_at
                    .extend(std::iter::repeat_n(now, if share == 1 { count } else { 0 }));
                self.write(number, &frame.repeat(count));
                sent += count;
            }
            self.pump(50);
            if self.total != progress.0 {
                progress = (self.total, Instant::now());
            }
            if progress.1.elapsed() > STALL {
                return;
            }
        }
    }

    fn write(&mut self, number: usize, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.clients[number].stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => drop(self.pump(1)),
                Err(error) => panic!("{number}: {error}"),
            }
        }
    }
}

fn memory_kb(process: usize, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// User and system time of a process.
fn cpu_s(process: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / sysconf(SysconfVar::CLK_TCK).unwrap().unwrap() as f64
}
