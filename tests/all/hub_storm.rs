//! Storms of connections at a hub, on loopback: clients that connect, join and are gone as fast as
//! they can, from addresses of their own. The others join, talk and hear each other meanwhile.
#![cfg(target_os = "linux")]

use crate::support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use support::hub::{Framed, join, joining, serve};
use support::program::Program;
use support::wait_until;

/// Threads that connect, each from an address of its own.
const CALLERS: u8 = 4;

/// Connections after which the storm ends.
const CALLS: usize = 4000;

/// Most memory of the hub.
const MEMORY_MAX_BYTES: u64 = 64 << 20;

/// A connection to the hub, from the loopback address with this number.
fn call(port: u16, from: u8) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let own = SocketAddrV4::new(Ipv4Addr::new(127, 0, 1, from), 0);
    socket.bind(&own.into()).unwrap();
    let hub = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    socket.connect(&hub.into()).unwrap();
    socket.into()
}

/// Connects in one of the ways in which a client may come and go.
fn come_and_go(port: u16, from: u8, number: usize) {
    let mut stream = call(port, from);
    if number % 4 < 2 {
        // Gone without a goodbye: the hub's next read fails.
        let gone = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        gone.unwrap();
    }
    // The hub may have closed the connection: then this one was among too many.
    let name = format!("t{from}x{number}");
    let offer = format!("{name} | server | name | {name} | roda1");
    let _ = match number % 5 {
        0 => Ok(()),
        1 => stream.write_all(&offer.as_bytes()[..7]),
        2 => stream.write_all(offer.as_bytes()),
        _ => {
            // Is let in, and says something.
            let _ = stream.write_all(offer.as_bytes());
            let _ = stream.read(&mut [0; 512]);
            stream.write_all(&[3, 0, 0, 0, 9])
        }
    };
}

/// How many files the hub has open.
fn open_files(hub: &Program) -> usize {
    fs::read_dir(format!("/proc/{}/fd", hub.id()))
        .unwrap()
        .count()
}

#[test]
fn a_storm_of_connections_keeps_nobody_out_and_nobody_waiting() {
    let (hub, port) = serve(&[]);
    let (mut ana, mut bia) = (Framed::joins(port, "ana"), join(port, "bia", &[]));
    let files = open_files(&hub);
    let (calls, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut round = 0;
    thread::scope(|scope| {
        for from in 1..=CALLERS {
            let (calls, is_over) = (&calls, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    come_and_go(port, from, calls.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
        // Ends the storm also when something fails.
        let _end = End(&is_over);
        while calls.load(Ordering::Relaxed) < CALLS {
            ana.says(&format!("linha {round}."));
            bia.shows(&format!("ana: linha {round}."));
            let name = format!("novo{round}");
            let mut new = Framed::joins(port, &name);
            new.says("cheguei");
            bia.shows(&format!("{name}: cheguei"));
            round += 1;
        }
    });
    assert!(hub.peak_memory_bytes() <= MEMORY_MAX_BYTES);
    // Nothing is left of the thousands, but those who are here.
    let is_as_before = || (open_files(&hub) <= files).then_some(());
    assert!(wait_until(is_as_before).is_some(), "{}", open_files(&hub));
    Program::start(joining(port, "ana", &[])).ends_with(1);
    drop(ana);
    bia.says("/sair");
    let shown = bia.ends_with(0).shown;
    let lines: Vec<&str> = shown
        .iter()
        .filter_map(|line| line.split_once("ana: "))
        .map(|(_, said)| said)
        .collect();
    let expected: Vec<String> = (0..round).map(|round| format!("linha {round}.")).collect();
    assert_eq!(lines, expected);
}

/// Ends a storm when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
