//! What `scripts/bench` measures beside `roda`: the bare kernel, one role per process.
//!
//! ```text
//! send N RATE           single calls on a connected socket; RATE 0 is as fast as it goes
//! send-batch N          sendmmsg, 32 at a time
//! receive N BUFFER      single calls; BUFFER 0 leaves the system's receive buffer
//! receive-batch N BUFFER  recvmmsg, up to 64 at a time
//! roda-send N RATE      the library's encode and send
//! roda-receive N 0      the library's receive, decode and screen line, flushed before each wait
//! relay-send [any]      lines from stdin, each a datagram   (a bare `roda multicast send`)
//! relay-receive [any]   datagrams to stdout, each a line    (a bare `roda multicast receive`)
//! talk N RATE HEAD TAIL lines for a sender's stdin, each with the time in it
//! hear N                lines of a receiver's stdout, and how old they are
//! nats-… URL SUBJECT    see bridge/bare_nats.rs
//! ```
//!
//! All datagrams are 200 bytes of the plain wire, `{"user":"ana","data":"@<time><number>xxx…"}`; as
//! fast as it goes, they carry no time, and bare receivers only count them.
//! Receivers end after N, or half a second after the last. Figures go to stderr as JSON. Traffic
//! stays on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unsafe_code
)]

#[cfg(feature = "bridge")]
#[path = "bridge/bare_nats.rs"]
mod bare_nats;
mod shared;

use std::io::{BufRead, ErrorKind, Read, Write, stdin, stdout};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;
use std::{env, mem, ptr, thread};

use roda::protocol::message::Name;
use roda::protocol::wire::plain;
use shared::{HEAD, Sink, TAIL, bare_receiver, bare_sender};

const DATAGRAM_BYTES: usize = 200;
const DATA_BYTES: usize = DATAGRAM_BYTES - HEAD.len() - TAIL.len();
const STAMP_BYTES: usize = 16;

fn main() {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let number = |at: usize| {
        args.get(at)
            .and_then(|arg| arg.parse().ok())
            .unwrap_or(0_u64)
    };
    match args.first().map_or("", String::as_str) {
        "send" => send(number(1), number(2)),
        "send-batch" => send_batch(number(1)),
        "receive" => receive(number(1), number(2)),
        "receive-batch" => receive_batch(number(1), number(2)),
        "roda-send" => roda_send(number(1), number(2)),
        "roda-receive" => roda_receive(number(1)),
        "relay-send" => relay_send(way(args.get(1))),
        "relay-receive" => relay_receive(way(args.get(1))),
        "talk" => talk(number(1), number(2), &args[3], &args[4]),
        "hear" => hear(number(1)),
        #[cfg(feature = "bridge")]
        "nats-send" => bare_nats::send(&args[1], &args[2]),
        #[cfg(feature = "bridge")]
        "nats-receive" => bare_nats::receive(&args[1], &args[2]),
        #[cfg(feature = "bridge")]
        "nats-count" => bare_nats::count(&args[1], &args[2], now_ns),
        _ => eprintln!("this is for scripts/bench"),
    }
}

/// Nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share.
fn now_ns() -> u64 {
    // SAFETY: a timespec is two integers; the call writes it and does nothing else.
    unsafe {
        let mut time: libc::timespec = mem::zeroed();
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time);
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }
}

/// User and system time of this process so far, in nanoseconds.
fn cpu_ns() -> u64 {
    // SAFETY: as above, for a structure of integers.
    let usage = unsafe {
        let mut usage: libc::rusage = mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let ns = |t: libc::timeval| t.tv_sec as u64 * 1_000_000_000 + t.tv_usec as u64 * 1000;
    ns(usage.ru_utime) + ns(usage.ru_stime)
}

fn data(number: u64) -> String {
    let text = format!("@{:016x}{number:08x}", now_ns());
    format!("{text:x<DATA_BYTES$}")
}

/// Calls `say` with each number, at a rate if there is one, and prints what it cost.
fn paced(count: u64, rate_per_s: u64, mut say: impl FnMut(u64)) {
    let (start, cpu) = (now_ns(), cpu_ns());
    for number in 0..count {
        if let Some(due) = (number * 1_000_000_000).checked_div(rate_per_s) {
            let ahead = (start + due).saturating_sub(now_ns());
            if ahead > 0 {
                thread::sleep(Duration::from_nanos(ahead));
            }
        }
        say(number);
    }
    let (ns, cpu) = (now_ns() - start, cpu_ns() - cpu);
    eprintln!(r#"{{"sent":{count},"ns":{ns},"cpu_ns":{cpu}}}"#);
}

fn send(count: u64, rate_per_s: u64) {
    let socket = bare_sender(Ipv4Addr::LOCALHOST);
    let mut datagram = format!("{HEAD}{}{TAIL}", data(0)).into_bytes();
    paced(count, rate_per_s, |number| {
        // As fast as it goes, only the number changes: nothing but the system call is measured.
        let now = if rate_per_s > 0 { now_ns() } else { 0 };
        stamp(&mut datagram, now, number);
        socket.send(&datagram).unwrap();
    });
}

/// Writes time and number into a datagram; no time is 0, and says that nobody asks for it.
fn stamp(datagram: &mut [u8], time_ns: u64, number: u64) {
    let stamp = &mut datagram[HEAD.len() + 1..];
    write_hex(&mut stamp[..STAMP_BYTES], time_ns);
    write_hex(&mut stamp[STAMP_BYTES..][..8], number);
}

fn write_hex(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
}

fn send_batch(count: u64) {
    const BATCH: usize = 32;
    let socket = bare_sender(Ipv4Addr::LOCALHOST);
    let mut datagrams = vec![format!("{HEAD}{}{TAIL}", data(0)).into_bytes(); BATCH];
    let batches = count / BATCH as u64;
    paced(batches, 0, |batch| {
        for (at, datagram) in datagrams.iter_mut().enumerate() {
            stamp(datagram, 0, batch * BATCH as u64 + at as u64);
        }
        let mut slices = slices(&mut datagrams);
        let mut headers = headers(&mut slices);
        let fd = socket.as_raw_fd();
        // SAFETY: the headers point to slices, these to datagrams; all outlive the call.
        let sent = unsafe { libc::sendmmsg(fd, headers.as_mut_ptr(), BATCH as u32, 0) };
        assert_eq!(sent, BATCH as i32);
    });
}

fn slices(rooms: &mut [Vec<u8>]) -> Vec<libc::iovec> {
    let slice = |room: &mut Vec<u8>| libc::iovec {
        iov_base: room.as_mut_ptr().cast(),
        iov_len: room.len(),
    };
    rooms.iter_mut().map(slice).collect()
}

fn headers(slices: &mut [libc::iovec]) -> Vec<libc::mmsghdr> {
    let header = |slice: &mut libc::iovec| {
        // SAFETY: integers and pointers, for which zero is valid.
        let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
        header.msg_hdr.msg_iov = slice;
        header.msg_hdr.msg_iovlen = 1;
        header
    };
    slices.iter_mut().map(header).collect()
}

fn receiver(way: Ipv4Addr, buffer_bytes: u64) -> UdpSocket {
    let socket = bare_receiver(way, buffer_bytes as usize, Duration::from_millis(500));
    eprintln!("listening");
    socket
}

/// What a receiver saw.
struct Tally {
    expected: u64,
    counted: u64,
    ages_ns: Vec<u64>,
    start: Option<(u64, u64)>,
    last_ns: u64,
}

impl Tally {
    fn new(expected: u64) -> Self {
        let ages_ns = Vec::with_capacity(expected as usize);
        Self {
            expected,
            counted: 0,
            ages_ns,
            start: None,
            last_ns: 0,
        }
    }

    /// Takes a datagram of ours, whose stamp has its place; whether more are expected. One
    /// without a time is only counted.
    fn take_datagram(&mut self, datagram: &[u8]) -> bool {
        const NO_TIME: [u8; STAMP_BYTES] = [b'0'; STAMP_BYTES];
        if !datagram[HEAD.len() + 1..].starts_with(&NO_TIME) {
            return self.take(datagram);
        }
        if self.start.is_none() {
            self.start = Some((now_ns(), cpu_ns()));
        }
        self.counted += 1;
        self.counted < self.expected
    }

    /// Takes what a message says after its `@`; whether more are expected.
    fn take(&mut self, message: &[u8]) -> bool {
        let at = message.iter().position(|byte| *byte == b'@').unwrap() + 1;
        let digits = std::str::from_utf8(&message[at..at + STAMP_BYTES]).unwrap();
        self.last_ns = now_ns();
        self.start.get_or_insert_with(|| (now_ns(), cpu_ns()));
        self.ages_ns
            .push(self.last_ns - u64::from_str_radix(digits, 16).unwrap());
        self.counted += 1;
        self.counted < self.expected
    }

    fn print(mut self) {
        self.ages_ns.sort_unstable();
        let share = |hundredths: usize| {
            let at = self.ages_ns.len() * hundredths / 100;
            self.ages_ns.get(at).copied().unwrap_or(0)
        };
        let (start, cpu) = self.start.unwrap_or_default();
        eprintln!(
            r#"{{"got":{},"ns":{},"cpu_ns":{},"p50_ns":{},"p99_ns":{}}}"#,
            self.counted,
            self.last_ns.saturating_sub(start),
            cpu_ns() - cpu,
            share(50),
            share(99)
        );
    }
}

/// Waits for the first datagram for at most half a minute, and half a second for each later one.
fn is_over(error: &std::io::Error, tally: &Tally, waits: &mut u32) -> bool {
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    *waits += 1;
    tally.start.is_some() || *waits > 60
}

fn receive(count: u64, buffer_bytes: u64) {
    let socket = receiver(Ipv4Addr::LOCALHOST, buffer_bytes);
    let (mut tally, mut waits) = (Tally::new(count), 0);
    let mut room = [0; 2048];
    loop {
        match socket.recv(&mut room) {
            Ok(length) if tally.take_datagram(&room[..length]) => {}
            Err(error) if !is_over(&error, &tally, &mut waits) => {}
            _ => break,
        }
    }
    tally.print();
}

fn receive_batch(count: u64, buffer_bytes: u64) {
    const BATCH: usize = 64;
    let socket = receiver(Ipv4Addr::LOCALHOST, buffer_bytes);
    let (mut tally, mut waits) = (Tally::new(count), 0);
    let mut rooms = vec![vec![0; 2048]; BATCH];
    let mut slices = slices(&mut rooms);
    let mut headers = headers(&mut slices);
    'all: loop {
        // SAFETY: the headers point to slices, these to rooms; all outlive the call.
        let got = unsafe {
            let fd = socket.as_raw_fd();
            let headers = headers.as_mut_ptr();
            libc::recvmmsg(
                fd,
                headers,
                BATCH as u32,
                libc::MSG_WAITFORONE,
                ptr::null_mut(),
            )
        };
        if got < 0 {
            if is_over(&std::io::Error::last_os_error(), &tally, &mut waits) {
                break;
            }
            continue;
        }
        for (header, room) in headers.iter().zip(&rooms).take(got as usize) {
            if !tally.take_datagram(&room[..header.msg_len as usize]) {
                break 'all;
            }
        }
    }
    tally.print();
}

fn roda_send(count: u64, rate_per_s: u64) {
    let sender = shared::sender();
    let (ana, mut datagram) = (Name::parse("ana").unwrap(), Vec::new());
    let mut line = data(0);
    paced(count, rate_per_s, |number| {
        line.replace_range(
            1..1 + STAMP_BYTES + 8,
            &format!("{:016x}{number:08x}", now_ns()),
        );
        plain::encode(Some(&ana), &line, &mut datagram);
        assert!(sender.send(&datagram).is_empty());
    });
}

fn roda_receive(count: u64) {
    let mut receiver = shared::receiver();
    let mut sink = Sink::open();
    let mut tally = Tally::new(count);
    eprintln!("listening");
    let mut goes_on = true;
    let mut batch: Vec<Vec<u8>> = Vec::new();
    while goes_on {
        if !receiver.take_waiting().unwrap() {
            sink.flush();
            // A message counts as shown once it is flushed.
            goes_on = batch
                .drain(..)
                .fold(true, |_, message| tally.take(&message));
            if !goes_on || !receiver.wait().unwrap() {
                break;
            }
        }
        for (datagram, source) in receiver.datagrams() {
            sink.show(datagram, source);
            batch.push(datagram.to_vec());
        }
    }
    tally.print();
}

/// Loopback, or where the routes lead.
fn way(arg: Option<&String>) -> Ipv4Addr {
    match arg.map(String::as_str) {
        Some("any") => Ipv4Addr::UNSPECIFIED,
        _ => Ipv4Addr::LOCALHOST,
    }
}

fn relay_send(way: Ipv4Addr) {
    let socket = bare_sender(way);
    for line in stdin().lock().split(b'\n') {
        socket.send(&line.unwrap()).unwrap();
    }
}

fn relay_receive(way: Ipv4Addr) {
    let socket = receiver(way, 8 << 20);
    let mut room = [0; 2048];
    let mut waits = 0;
    while waits < 6 {
        let Ok(length) = socket.recv(&mut room) else {
            waits += 1;
            continue;
        };
        room[length] = b'\n';
        stdout().lock().write_all(&room[..=length]).unwrap();
    }
}

fn talk(count: u64, rate_per_s: u64, head: &str, tail: &str) {
    let mut out = stdout().lock();
    paced(count, rate_per_s, |number| {
        let line = format!("{head}{}{tail}\n", data(number));
        out.write_all(line.as_bytes()).unwrap();
        out.flush().unwrap();
    });
}

fn hear(count: u64) {
    let mut tally = Tally::new(count);
    let mut lines = std::io::BufReader::new(stdin().lock());
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).unwrap() > 0 {
        if line.contains(&b'@') && !tally.take(&line) {
            break;
        }
        line.clear();
    }
    tally.print();
    // The other end of the pipe is not to fail.
    let _ = lines.read_to_end(&mut line);
}
