//! No loop waits for a person, a terminal or a pipe: keys that lead nowhere, output that nobody
//! reads, streams that do not block, signals that were ignored, jobs in the background.
#![cfg(unix)]

use crate::support;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use support::datagrams::Stranger;
use support::hub::{Framed, hub, join, joining, serve};
use support::place::{Home, Place};
use support::program::Program;
use support::tcp::{listener, tcp_peer};
use support::terminal::Terminal;
use support::{DEADLINE, command, wait_until};

/// Bytes that fill a pipe.
const PIPE_BYTES: usize = 64 << 10;

/// Keys that begin something and do not end it.
const KEYS: [&str; 6] = ["\x1b", "\x12", "\x11", "\x16", "\x18", "\x1b[200~meia"];

/// A program of which nothing is read unless a test does.
struct Unread(Child);

impl Unread {
    fn gets_signal(&self, signal: &str) {
        support::run(&format!("kill -{signal} {}", self.0.id()));
    }

    fn ends_with(&mut self, code: i32) {
        let status = wait_until(|| self.0.try_wait().unwrap());
        assert_eq!(status.and_then(|status| status.code()), Some(code));
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The two ends of a pipe in which there is no room.
fn full_pipe() -> (io::PipeReader, io::PipeWriter) {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&[b'.'; PIPE_BYTES]).unwrap();
    (reader, writer)
}

fn free_tcp_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn keys_that_lead_nowhere_stop_no_talk_of_two() {
    for (number, keys) in KEYS.into_iter().enumerate() {
        let (mut bia, port) = listener(&["--name", "bia"]);
        let address = format!("127.0.0.1:{port}");
        let mut ana = Terminal::start(tcp_peer(&[
            "--connect",
            &address,
            "--name",
            "ana",
            "--color",
            "never",
        ]));
        ana.begins_a_line();
        ana.shows("talking to bia");
        ana.types(keys);
        bia.says("ainda chega");
        ana.shows("] bia: ainda chega");
        let (signal, code) = [("TERM", 143), ("HUP", 129)][number % 2];
        ana.gets_signal(signal);
        ana.ends_with(code);
    }
}

#[test]
fn keys_that_lead_nowhere_stop_nobody_at_a_hub() {
    let (_hub, port) = serve(&[]);
    let mut bia = join(port, "bia", &[]);
    for (number, keys) in KEYS.into_iter().enumerate() {
        let name = format!("ana{number}");
        let mut ana = Terminal::start(joining(port, &name, &[]));
        ana.begins_a_line();
        ana.shows("joined 127.0.0.1:");
        ana.types(keys);
        bia.says("ainda chega");
        ana.shows("] bia: ainda chega");
        let (signal, code) = [("TERM", 143), ("HUP", 129)][number % 2];
        ana.gets_signal(signal);
        ana.ends_with(code);
    }
}

#[test]
fn keys_that_lead_nowhere_stop_no_member_of_a_circle() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    for (number, keys) in KEYS.into_iter().enumerate() {
        let name = format!("ana{number}");
        let mut ana = Terminal::start(place.chat(&Home::new(), &["--name", &name]));
        ana.begins_a_line();
        bia.notes(&format!("{name} entered"));
        ana.types(keys);
        bia.says(&format!("ainda chega {number}"));
        ana.shows(&format!(": ainda chega {number}"));
        let (signal, code) = [("TERM", 143), ("HUP", 129)][number % 2];
        ana.gets_signal(signal);
        ana.ends_with(code);
        bia.notes(&format!("{name} left"));
    }
}

#[test]
fn ctrl_c_clears_a_line_that_was_begun_and_ends_a_paste_without_an_end() {
    let (mut bia, port) = listener(&[]);
    let address = format!("127.0.0.1:{port}");
    let mut ana = Terminal::start(tcp_peer(&["--connect", &address]));
    ana.begins_a_line();
    ana.types("errado\x03certo\r");
    bia.shows(": certo");
    ana.types("\x1b[200~errado\x03de novo\r");
    bia.shows(": de novo");
    ana.types("\x03");
    ana.ends_with(130);
    let end = bia.ends_with(0);
    assert!(
        !end.shown.iter().any(|line| line.contains("errado")),
        "{end:?}"
    );
}

#[test]
fn output_that_nobody_reads_stops_no_end() {
    let place = Place::on_loopback();
    let (_hub, hub_port) = serve(&[]);
    let (_peer, peer_port) = listener(&["--keep-listening"]);
    let address = format!("127.0.0.1:{peer_port}");
    let chat = |home: &Home| place.chat(home, &["--name", "ana"]);
    let home = Home::new();
    let hub_serve = || hub(&["serve", "--listen", "127.0.0.1:0"]);
    let lab = || {
        let mut lab = command(env!("CARGO_BIN_EXE_roda"));
        lab.args(["lab", "serve", "uppercase", "--listen", "127.0.0.1:0"]);
        lab
    };
    let commands: Vec<Command> = vec![
        tcp_peer(&["--connect", &address]),
        joining(hub_port, "ana", &[]),
        hub_serve(),
        chat(&home),
        lab(),
        place.multicast("send", &["--name", "ana"]),
        place.multicast("receive", &[]),
    ];
    for mut command in commands {
        let call = format!("{command:?}");
        let (_out, out) = full_pipe();
        let (mut notes, err) = full_pipe();
        let child = command.stdin(Stdio::piped()).stdout(out).stderr(err);
        let mut unread = Unread(child.spawn().unwrap());
        drop(command);
        // Its threads are there, and with them whoever hears signals.
        let threads = format!("/proc/{}/task", unread.0.id());
        let is_running = wait_until(|| {
            let names = std::fs::read_dir(&threads).ok()?;
            let name = |entry: io::Result<std::fs::DirEntry>| {
                std::fs::read_to_string(entry.ok()?.path().join("comm")).ok()
            };
            let mut names = names.filter_map(name);
            names.any(|name| name.trim() == "signals").then_some(())
        });
        assert!(is_running.is_some(), "{call}");
        unread.gets_signal("TERM");
        let status = wait_until(|| unread.0.try_wait().unwrap());
        let mut told = [0; PIPE_BYTES];
        let count = notes.read(&mut told).unwrap();
        let told = String::from_utf8_lossy(&told[..count]).replace("..", "");
        assert_eq!(status.and_then(|s| s.code()), Some(143), "{call}: {told}");
    }
}

#[test]
fn a_hundred_thousand_lines_come_whole_through_a_pipe_that_was_not_read_for_long() {
    const LINES: usize = 100_000;
    let (mut bia, port) = listener(&[]);
    let address = format!("127.0.0.1:{port}");
    let (reader, out) = io::pipe().unwrap();
    let mut ana = tcp_peer(&["--connect", &address]);
    ana.stdin(Stdio::piped()).stdout(out).stderr(Stdio::null());
    let mut child = Unread(ana.spawn().unwrap());
    drop(ana);
    bia.notes("connected to");
    let said: String = (0..LINES)
        .map(|number| format!("linha {number}\n"))
        .collect();
    bia.types(said.as_bytes());
    bia.falls_silent();
    // Whose output stands still goes on talking.
    let mut input = child.0.stdin.take().unwrap();
    writeln!(input, "ainda aqui").unwrap();
    bia.shows(": ainda aqui");
    let mut lines = BufReader::new(reader).lines();
    for number in 0..LINES {
        let line = lines.next().unwrap().unwrap();
        assert!(line.ends_with(&format!(": linha {number}")), "{line}");
    }
    drop(input);
    child.ends_with(0);
    bia.ends_with(0);
}

#[test]
fn a_terminal_that_is_not_read_goes_on_in_order() {
    let (mut bia, port) = listener(&[]);
    let address = format!("127.0.0.1:{port}");
    let mut ana = Terminal::start(tcp_peer(&["--connect", &address]));
    ana.begins_a_line();
    bia.notes("connected to");
    ana.unread(|ana| {
        for number in 0..2000 {
            bia.says(&format!("linha {number} {}", "x".repeat(60)));
        }
        // It still does what is asked of it.
        ana.types("ainda aqui\r");
        bia.shows(": ainda aqui");
    });
    // The letters stand in a row of their own.
    let shown = ana.shows(": linha 1999\r");
    let places: Vec<usize> = (0..2000)
        .map(|number| shown.find(&format!(": linha {number}\r")).unwrap())
        .collect();
    assert!(places.is_sorted());
}

#[test]
fn a_hub_serves_while_nobody_reads_its_log() {
    let port = free_tcp_port();
    let (mut log, err) = full_pipe();
    let mut serve = hub(&["serve", "--listen", &format!("127.0.0.1:{port}")]);
    serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(err);
    let mut unread = Unread(serve.spawn().unwrap());
    drop(serve);
    let is_there = || std::net::TcpStream::connect(("127.0.0.1", port)).ok();
    drop(wait_until(is_there).expect("the hub answers"));
    let mut bia = Framed::joins(port, "bia");
    let mut ana = join(port, "ana", &[]);
    ana.says("oi, bia");
    while !bia.hears().contains("oi, bia") {}
    let log = thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).map(|_| text)
    });
    unread.gets_signal("TERM");
    unread.ends_with(143);
    let text = log.join().unwrap().unwrap();
    assert_eq!(text.matches("bia joined").count(), 1, "{text:?}");
}

#[test]
fn a_hub_goes_on_when_the_reader_of_its_log_leaves() {
    let port = free_tcp_port();
    let (reader, out) = io::pipe().unwrap();
    let mut command = hub(&["serve", "--json", "--listen", &format!("127.0.0.1:{port}")]);
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(Stdio::piped());
    let mut serving = Unread(command.spawn().unwrap());
    drop(command);
    let notes = BufReader::new(serving.0.stderr.take().unwrap()).lines();
    let (send, noted) = mpsc::channel();
    thread::spawn(move || {
        notes
            .map_while(Result::ok)
            .try_for_each(|line| send.send(line))
    });
    let note = |part: &str, wait: Duration| {
        let end: Instant = Instant::now() + wait;
        let left = || end.saturating_duration_since(Instant::now());
        std::iter::from_fn(|| noted.recv_timeout(left()).ok()).any(|line| line.contains(part))
    };
    assert!(note("hub join 127.0.0.1:", DEADLINE));
    let mut lines = BufReader::new(reader).lines();
    let _bia = join(port, "bia", &[]);
    assert!(lines.next().unwrap().unwrap().contains("\"joined\""));
    drop(lines);
    // A program that another test starts at this moment may hold the pipe for a while.
    let is_noticed = (0..60).any(|number| {
        drop(join(port, &format!("eva {number}"), &[]));
        note(
            "the log cannot be written any more",
            Duration::from_millis(500),
        )
    });
    assert!(is_noticed);
    let mut ana = join(port, "ana", &[]);
    ana.says("/list");
    ana.notes("bia");
    serving.gets_signal("TERM");
    serving.ends_with(143);
}

#[test]
fn streams_that_do_not_block_lose_nothing() {
    const LINES: usize = 20_000;
    let (mut bia, port) = listener(&[]);
    let address = format!("127.0.0.1:{port}");
    let ends = || {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        (ours, Stdio::from(OwnedFd::from(theirs)))
    };
    let ((mut input, stdin), (output, stdout), (_notes, stderr)) = (ends(), ends(), ends());
    let mut ana = tcp_peer(&["--connect", &address]);
    let mut ana = Unread(
        ana.stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap(),
    );
    bia.notes("connected to");
    // A late writer: until now there was nothing to be read.
    for number in 0..LINES {
        writeln!(input, "minha {number}").unwrap();
    }
    bia.shows_in_all(": minha ", LINES);
    let said: String = (0..LINES)
        .map(|number| format!("linha {number}\n"))
        .collect();
    bia.types(said.as_bytes());
    bia.falls_silent();
    let mut lines = BufReader::new(output).lines();
    for number in 0..LINES {
        let line = lines.next().unwrap().unwrap();
        assert!(line.ends_with(&format!(": linha {number}")), "{line}");
    }
    drop(input);
    ana.ends_with(0);
    bia.ends_with(0);
}

#[test]
fn a_terminal_whose_stdout_is_a_file_has_no_escape_and_no_prompt_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shown");
    let (mut bia, port) = listener(&["--name", "bia"]);
    let address = format!("127.0.0.1:{port}");
    let ana = tcp_peer(&["--connect", &address, "--name", "ana"]);
    let mut ana = Terminal::start_with_stdout(ana, File::create(&path).unwrap());
    ana.begins_a_line();
    ana.shows("ana> ");
    ana.types("oi\r");
    bia.shows("ana: oi");
    bia.says("olá");
    bia.says("sair");
    ana.ends_with(0);
    let shown = std::fs::read_to_string(&path).unwrap();
    assert!(shown.contains("] bia: olá\n"), "{shown:?}");
    assert!(shown.contains("] ana: oi\n"), "one's own: {shown:?}");
    assert!(
        !shown.contains('\x1b') && !shown.contains("> "),
        "{shown:?}"
    );
}

#[test]
fn a_hangup_that_was_ignored_stays_ignored_in_every_mode() {
    let place = Place::on_loopback();
    let (_hub, hub_port) = serve(&[]);
    let (_peer, peer_port) = listener(&["--keep-listening"]);
    let address = format!("127.0.0.1:{peer_port}");
    let home = Home::new();
    let mut lab = command(env!("CARGO_BIN_EXE_roda"));
    lab.args(["lab", "serve", "uppercase", "--listen", "127.0.0.1:0"]);
    let modes = [
        (tcp_peer(&["--connect", &address]), "connected to"),
        (joining(hub_port, "ana", &[]), "joined"),
        (hub(&["serve", "--listen", "127.0.0.1:0"]), "hub join"),
        (place.chat(&home, &["--name", "ana"]), "/help lists"),
        (lab, "roda lab uppercase"),
        (place.multicast("send", &["--name", "ana"]), "sending to"),
        (place.multicast("receive", &[]), "listening to"),
    ];
    for (mode, ready) in modes {
        let mut shell = command("sh");
        shell.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
        shell.arg(mode.get_program()).args(mode.get_args());
        shell.envs(
            mode.get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        let mut program = Program::start(shell);
        program.notes(ready);
        program.gets_signal("HUP");
        // Whoever heard it would end by it, and not by the next one.
        program.gets_signal("TERM");
        program.ends_with(143);
    }
}

#[test]
fn a_job_in_the_background_touches_no_terminal_and_is_ended_by_a_signal() {
    let (_peer, port) = listener(&[]);
    let script = format!(
        "set -m; {} tcp-peer --connect 127.0.0.1:{port} & echo \"job $!.\"; \
         wait $!; echo \"end $?.\"",
        env!("CARGO_BIN_EXE_roda")
    );
    // A session of its own, whose terminal this is.
    let mut shell = command("setsid");
    shell.args(["-c", "sh", "-c", &script]);
    let mut terminal = Terminal::start(shell);
    let shown = terminal.shows("connected to");
    let (_, rest) = shown.split_once("job ").unwrap();
    let (job, _) = rest.split_once('.').unwrap();
    // Typed at whoever is in the foreground.
    terminal.types("para outro\n");
    support::run(&format!("kill -TERM {job}"));
    let shown = terminal.shows("end 143.");
    assert!(!shown.contains("\x1b[?2004h"), "{shown:?}");
    assert!(terminal.has_unread_keys());
}

#[test]
fn what_is_typed_at_a_receiver_does_not_run_in_the_shell_afterwards() {
    let place = Place::on_loopback();
    let mut receiver = Terminal::start(place.multicast("receive", &[]));
    receiver.shows("listening to");
    receiver.types("rm -rf tudo\n");
    assert!(wait_until(|| receiver.has_unread_keys().then_some(())).is_some());
    Stranger::on_loopback(place.port).says("bia", "sair");
    receiver.ends_with(0);
    assert!(!receiver.has_unread_keys());
}

#[test]
fn help_that_cannot_be_written_fails() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut help = command(env!("CARGO_BIN_EXE_roda"));
    let status = help.arg("--help").stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
    // A full disk ends a talk with 1 too.
    let (mut bia, port) = listener(&[]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut ana = tcp_peer(&["--connect", &format!("127.0.0.1:{port}")]);
    ana.stdin(Stdio::piped()).stdout(full).stderr(Stdio::null());
    let mut ana = Unread(ana.spawn().unwrap());
    bia.says("oi");
    ana.ends_with(1);
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_takes_it_up_again() {
    let (mut bia, port) = listener(&["--name", "bia"]);
    let script = format!(
        "set -m; {} tcp-peer --connect 127.0.0.1:{port} --name ana; echo \"stopped $?.\"; \
         read word; echo \"read $word.\"; fg",
        env!("CARGO_BIN_EXE_roda")
    );
    let mut shell = command("setsid");
    shell.args(["-c", "bash", "-c", &script]);
    let mut terminal = Terminal::start(shell);
    terminal.begins_a_line();
    bia.notes("connected to");
    terminal.types("meia \x1a");
    let shown = terminal.shows("stopped ");
    let last = shown.rsplit("\x1b[?2004").next().unwrap();
    assert!(last.starts_with('l'), "{shown:?}");
    terminal.types("palavra\n");
    terminal.shows("read palavra.");
    terminal.types("frase\r");
    bia.shows("ana: meia frase");
    terminal.types("sair\r");
    bia.ends_with(0);
}
