//! An input that cannot be read is an error in every mode that reads one: it is told, and the
//! program ends with 1, whoever else is there.
#![cfg(unix)]

use crate::support;

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::datagrams::GroupReceiver;
use support::hub::{join, joining, serve};
use support::place::{Home, Place};
use support::tcp::{listener, tcp_peer};
use support::{lab, wait_until};

/// Ends with 1, and its last sentence tells that the input could not be read, and why.
fn fails(mut program: Command, input: impl Into<Stdio>, cause: &str) {
    let call = format!("{program:?} < {cause}");
    let (mut noted, stderr) = io::pipe().unwrap();
    program.stdin(input).stdout(Stdio::null()).stderr(stderr);
    let mut child = program.spawn().unwrap();
    drop(program);
    let status = wait_until(|| child.try_wait().unwrap());
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut notes = String::new();
    noted.read_to_string(&mut notes).unwrap();
    let code = status.and_then(|status| status.code());
    assert_eq!(code, Some(1), "{call}: {notes}");
    let last = notes.lines().last().unwrap_or_default();
    let sentence = format!("roda: cannot read the input: {cause}");
    assert!(last.starts_with(&sentence), "{call}: {notes}");
}

/// Inputs that cannot be read, each with the system's reason.
fn inputs() -> [(File, &'static str); 2] {
    let write_only = File::options().write(true).open("/dev/null");
    [
        (File::open("/").unwrap(), "it is a folder"),
        (write_only.unwrap(), "Bad file descriptor"),
    ]
}

#[test]
fn an_input_that_cannot_be_read_is_an_error_in_every_mode_that_reads_one() {
    let place = Place::on_loopback();
    let (_hub, hub) = serve(&[]);
    let (_peer, peer) = listener(&["--keep-listening"]);
    let address = format!("127.0.0.1:{peer}");
    let (_lab, lab) = lab::serve("uppercase", &[]);
    let home = Home::new();
    type Call<'c> = Box<dyn Fn() -> Command + 'c>;
    let calls: [Call<'_>; 10] = [
        Box::new(|| place.chat(&home, &["--name", "ana"])),
        Box::new(|| place.chat(&home, &["--name", "ana", "--json"])),
        Box::new(|| joining(hub, "ana", &[])),
        Box::new(|| joining(hub, "ana", &["--json"])),
        Box::new(|| joining(hub, "ana", &["--menu"])),
        Box::new(|| place.multicast("send", &["--name", "ana"])),
        Box::new(|| lab::client(lab, &["uppercase"])),
        Box::new(|| tcp_peer(&["--connect", &address])),
        Box::new(|| tcp_peer(&["--listen", "127.0.0.1:0"])),
        Box::new(|| tcp_peer(&["--listen", "127.0.0.1:0", "--keep-listening"])),
    ];
    for call in calls {
        for (input, cause) in inputs() {
            fails(call(), input, cause);
        }
    }
}

/// An input that brings a line and is then broken.
fn broken() -> OwnedFd {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut writer = TcpStream::connect(door.local_addr().unwrap()).unwrap();
    let (reader, _) = door.accept().unwrap();
    writer.write_all(b"ainda isto\n").unwrap();
    // Closed like this, a connection is reset.
    let linger = socket2::SockRef::from(&writer).set_linger(Some(Duration::ZERO));
    linger.unwrap();
    drop(writer);
    reader.into()
}

#[test]
fn what_came_before_an_input_broke_is_said() {
    const RESET: &str = "Connection reset by peer";
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    fails(
        place.chat(&Home::new(), &["--name", "ana"]),
        broken(),
        RESET,
    );
    bia.shows(": ainda isto");

    let (_hub, hub) = serve(&[]);
    let mut bia = join(hub, "bia", &[]);
    fails(joining(hub, "ana", &[]), broken(), RESET);
    bia.shows("ana: ainda isto");

    let (mut bia, port) = listener(&[]);
    let address = format!("127.0.0.1:{port}");
    fails(
        tcp_peer(&["--connect", &address, "--name", "ana"]),
        broken(),
        RESET,
    );
    bia.shows("ana: ainda isto");
    bia.ends_with(0);

    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    fails(place.multicast("send", &["--name", "ana"]), broken(), RESET);
    assert!(receiver.receives().contains("ainda isto"));
}
