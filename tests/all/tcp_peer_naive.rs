//! `tcp-peer` with bare sockets that know nothing of it: what they get, and what they may do to it.
#![cfg(unix)]

use roda::terminal::output::OUTPUT_MAX_BYTES;

use crate::support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::program::Program;
use support::tcp::{Naive, caller, listener, pair, tcp_peer};
use support::{DEADLINE, wait_until};

/// Most memory of its own that one `tcp-peer` may take, whatever others do: what waits for a reader
/// of its output, and 8 MiB for everything else.
const MEMORY_MAX_KIB: usize = (OUTPUT_MAX_BYTES >> 10) + (8 << 10);

#[test]
fn a_naive_peer_gets_exactly_what_was_typed_one_message_at_a_time() {
    let (mut naive, mut ana) = Naive::is_called_by(|port| caller(port, &["--name", "ana"]));
    assert_eq!(naive.receives(), "ana", "a name, and nothing after it");
    for line in ["um", "dois", "", "três"] {
        ana.says(line);
    }
    naive.sends(b"bia");
    for line in ["um", "dois", "três"] {
        assert_eq!(naive.receives(), line);
    }
    ana.notes("not sent: an empty line");
    ana.says("sair");
    assert_eq!(naive.receives(), "sair");
    assert_eq!(naive.receives(), "", "the end");
    drop(naive);
    ana.ends_with(0);
}

#[test]
fn a_naive_peer_that_reads_byte_by_byte_and_waits_with_poll_notices_nothing() {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;

    let (mut naive, mut ana) = Naive::is_called_by(|port| caller(port, &["--name", "ana"]));
    let mut heard = Vec::new();
    while heard.len() < 3 {
        // Woken only when there is a byte to read.
        let mut asked = [PollFd::new(naive.0.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(DEADLINE).unwrap();
        assert_eq!(poll(&mut asked, timeout), Ok(1));
        naive.0.set_nonblocking(true).unwrap();
        let mut byte = [0];
        assert_eq!(naive.0.read(&mut byte).unwrap(), 1);
        naive.0.set_nonblocking(false).unwrap();
        heard.push(byte[0]);
    }
    assert_eq!(heard, b"ana");
    naive.sends(b"bia");
    ana.notes("talking to bia");
    ana.gets_signal("INT");
    assert_eq!(naive.receives(), "sair");
    drop(naive);
    ana.ends_with(130);
}

#[test]
fn a_long_line_goes_to_a_naive_peer_in_pieces_of_whole_characters() {
    let (mut naive, mut ana) = Naive::is_called_by(|port| caller(port, &[]));
    let line = "ã".repeat(1500);
    ana.says(&line);
    let mut heard = String::new();
    while heard.len() < line.len() {
        heard += &naive.receives();
    }
    assert_eq!(heard, line);
    drop(naive);
    ana.notes("peer left");
    ana.ends_with(0);
}

#[test]
fn what_a_naive_peer_sends_is_shown_whatever_it_is() {
    let (mut ours, port) = listener(&[]);
    let mut naive = Naive::calls(port);
    // A character that the network has split, and a message of several full reads.
    naive.sends(b"devagar \xc3");
    naive.sends(b"\xa9");
    ours.shows("] peer: devagar é");
    let long = "x".repeat(3000);
    naive.sends(long.as_bytes());
    assert!(ours.shows("] peer: xxx").ends_with(&long));
    naive.sends(b"ol\xe1 \x1b[2J\x07\n");
    let line = ours.shows("] peer: ol\u{fffd}");
    assert!(line.ends_with("ol\u{fffd} ␛[2J␇"), "{line:?}");
    naive.sends(b"sair");
    ours.notes("peer ended the chat");
    ours.ends_with(0);
}

/// Waits until the other side has read all that was sent: until nothing waits in its socket.
fn is_read(naive: &Naive) {
    let ours = naive.0.local_addr().unwrap().port();
    let theirs = naive.0.peer_addr().unwrap().port();
    let ends = [format!(":{theirs:04X}"), format!(":{ours:04X}")];
    let is_read = wait_until(|| {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap()
            + &std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
        let mut sockets = table.lines().map(|line| line.split_whitespace().collect());
        let socket = sockets.find(|fields: &Vec<&str>| {
            fields[1].ends_with(&ends[0]) && fields[2].ends_with(&ends[1])
        })?;
        socket[4].ends_with(":00000000").then_some(())
    });
    is_read.expect("nobody reads");
}

#[test]
fn a_name_and_the_line_right_behind_it_are_two_messages() {
    // Who calls us and answers our name, and then whom we call and who is first to tell its name.
    let (mut ours, port) = listener(&["--name", "bia"]);
    let mut naive = Naive::calls(port);
    assert_eq!(naive.receives(), "bia");
    for text in ["ana", "oi", "tudo bem?"] {
        naive.sends(text.as_bytes());
        is_read(&naive);
    }
    ours.notes("talking to ana");
    ours.shows("] ana: oi");
    ours.shows("] ana: tudo bem?");
    drop(naive);
    ours.ends_with(0);
    let (mut naive, mut ours) = Naive::is_called_by(|port| caller(port, &["--name", "bia"]));
    for text in ["ana", "oi"] {
        naive.sends(text.as_bytes());
        is_read(&naive);
    }
    assert_eq!(naive.receives(), "bia");
    ours.notes("talking to ana");
    ours.shows("] ana: oi");
    drop(naive);
    ours.ends_with(0);
}

#[test]
fn a_name_over_the_limit_is_cut_with_a_notice() {
    let (mut bia, port) = listener(&["--name", "bia"]);
    let mut naive = Naive::calls(port);
    naive.sends("\x1bé".repeat(40).as_bytes());
    assert_eq!(naive.receives(), "bia");
    bia.notes("name is longer than 32 bytes and is shown as ␛é␛é");
    naive.sends(b"oi");
    bia.shows("] ␛é␛é");
    drop(naive);
    bia.ends_with(0);
}

#[test]
fn a_peer_that_resets_is_told_and_ends_with_1() {
    let (mut ours, port) = listener(&["--lang", "en"]);
    let naive = Naive::calls(port);
    ours.notes("connected to");
    let socket = socket2::Socket::from(naive.0);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    drop(socket);
    ours.notes("peer is gone: it closed the connection");
    ours.ends_with(1);
}

#[test]
fn a_false_frame_breaks_the_connection_and_nothing_else() {
    let (mut naive, mut ana) = Naive::is_called_by(|port| caller(port, &["--keep-alive", "5"]));
    naive.sends(b"\x00\xffroda1\x00\x01\x00\x00\x00\x01\x00\x03\xff\xff\xff\xff");
    ana.notes("peer is gone");
    ana.ends_with(1);
}

/// A child whose stdout nobody reads.
struct Unread(Child);

impl Unread {
    fn start(args: &[&str]) -> Self {
        let mut command = tcp_peer(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn memory_kib(&self) -> usize {
        memory_kib(self.0.id())
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The most memory that a process has had, without the pages of its program, which are no memory
/// that anybody fills.
fn memory_kib(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let kib = |key: &str| -> usize {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    kib("VmHWM:") - kib("RssFile:")
}

/// What is written again and again.
const FLOOD: &str = "uma linha que ninguém lê\n";

/// Writes up to 50 MB in the background, until nobody takes more; how much went so far.
fn flood(mut into: impl Write + Send + 'static) -> Arc<AtomicUsize> {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    thread::spawn(move || {
        let lines = FLOOD.repeat(1000);
        while count.load(Ordering::Relaxed) < 50 << 20 {
            if into.write_all(lines.as_bytes()).is_err() {
                return;
            }
            count.fetch_add(lines.len(), Ordering::Relaxed);
        }
    });
    written
}

/// Waits until a flood no longer moves, which shows that it is held back, or is over.
fn comes_to_rest(written: &AtomicUsize) {
    const REST: Duration = Duration::from_millis(300);
    let (mut last, mut since) = (usize::MAX, Instant::now());
    let rests = wait_until(|| {
        let now = written.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        }
        (since.elapsed() >= REST).then_some(())
    });
    rests.expect("the flood never rests");
}

#[test]
fn a_peer_that_does_not_read_makes_nobody_grow() {
    let (naive, mut ours) =
        Naive::is_called_by(|port| Unread::start(&["--connect", &format!("127.0.0.1:{port}")]));
    let written = flood(ours.0.stdin.take().unwrap());
    comes_to_rest(&written);
    assert!(
        written.load(Ordering::Relaxed) < 50 << 20,
        "somebody took 50 MB"
    );
    assert!(
        ours.memory_kib() < MEMORY_MAX_KIB,
        "{} KiB",
        ours.memory_kib()
    );
    drop(naive);
}

#[test]
fn a_peer_that_floods_does_not_make_us_grow_and_is_read_whole_in_the_end() {
    let (mut listener, port) = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        (
            Unread::start(&["--listen", &format!("127.0.0.1:{port}")]),
            port,
        )
    };
    let stream = wait_until(|| std::net::TcpStream::connect(("127.0.0.1", port)).ok()).unwrap();
    let written = flood(stream);
    comes_to_rest(&written);
    assert!(
        written.load(Ordering::Relaxed) < 50 << 20,
        "somebody took 50 MB"
    );
    assert!(
        listener.memory_kib() < MEMORY_MAX_KIB,
        "{} KiB",
        listener.memory_kib()
    );
    // The reader comes back, and misses nothing of what waited nor of what follows.
    let read = BufReader::new(listener.0.stdout.take().unwrap());
    let mut texts = String::new();
    for line in read.lines() {
        let line = line.unwrap();
        texts += line.split_once("] peer: ").unwrap().1;
    }
    let line = FLOOD.trim_end();
    let lines = written.load(Ordering::Relaxed) / FLOOD.len();
    assert_eq!(texts.len(), lines * line.len());
    assert!(
        texts
            .as_bytes()
            .chunks(line.len())
            .all(|text| text == line.as_bytes())
    );
}

#[test]
fn two_of_ours_stay_small_when_the_screen_of_one_stands_still() {
    let (naive_port, screen) = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        (
            port,
            Unread::start(&["--listen", &format!("127.0.0.1:{port}"), "--name", "bia"]),
        )
    };
    let address = format!("127.0.0.1:{naive_port}");
    let mut ours = Unread::start(&["--connect", &address, "--wait", "20", "--name", "ana"]);
    let written = flood(ours.0.stdin.take().unwrap());
    comes_to_rest(&written);
    assert!(
        written.load(Ordering::Relaxed) < 50 << 20,
        "somebody took 50 MB"
    );
    for end in [&ours, &screen] {
        assert!(
            end.memory_kib() < MEMORY_MAX_KIB,
            "{} KiB",
            end.memory_kib()
        );
    }
}

#[test]
fn a_slow_start_of_the_other_side_keeps_the_ends_of_lines() {
    // Lines that come at once and together with the offer: nothing runs before anything else.
    let [mut bia, mut ana] = pair(&[], &[]);
    ana.types(b"um\ndois\n\nsair\n");
    bia.shows("] peer: sair");
    let shown = bia.ends_with(0).shown;
    let texts: Vec<&str> = shown.iter().map(|line| &line[11..]).collect();
    assert_eq!(texts, ["peer: um", "peer: dois", "peer: ", "peer: sair"]);
    ana.ends_with(0);
}

#[test]
fn a_third_is_told_busy_and_the_talk_goes_on() {
    let (mut bia, port) = listener(&["--name", "bia"]);
    let mut ana = caller(port, &["--name", "ana"]);
    bia.notes("talking to ana");
    let mut eva = Naive::calls(port);
    assert_eq!(eva.receives(), "busy\n");
    assert_eq!(eva.receives(), "", "closed");
    // One of ours tells it as what it is, whatever its form.
    for (args, code) in [
        (&[][..], ""),
        (&["--name", "rui"], ""),
        (&["--json"], "\"busy\""),
    ] {
        let address = format!("127.0.0.1:{port}");
        let args = [&["--connect", &address], args].concat();
        let third = Program::start(tcp_peer(&args)).ends_with(1);
        match code {
            "" => assert!(
                third.shown.is_empty()
                    && third
                        .noted
                        .last()
                        .unwrap()
                        .contains("already talking to somebody"),
                "{third:?}"
            ),
            code => assert!(third.shown.last().unwrap().contains(code), "{third:?}"),
        }
    }
    ana.says("sair");
    bia.shows("] ana: sair");
    bia.ends_with(0);
    ana.ends_with(0);
    // The port is free again at once.
    let address = format!("127.0.0.1:{port}");
    let mut again = Program::start(tcp_peer(&["--listen", &address]));
    again.notes("waiting for the other");
    let taken = Program::start(tcp_peer(&["--listen", &address])).ends_with(1);
    assert!(
        taken.noted[0].contains("let --listen :0 pick one"),
        "{taken:?}"
    );
}
