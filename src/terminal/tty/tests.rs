//! What a panic leaves behind, on a terminal of its own.

use std::env;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::openpty;
use nix::sys::termios::tcgetattr;

use super::{prepare, take_up};
use crate::clock::monotonic;
use crate::terminal::output::{OUTPUT_MAX_BYTES, Output};
use crate::terminal::painter::Prompt;
use crate::terminal::screen::stdout_file;

/// Set where a test is to be the program that panics.
const PANICS: &str = "RODA_TEST_PANICS";

/// How long a program may take to panic.
const DEADLINE: Duration = Duration::from_secs(20);

/// A program that is ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_panic_puts_the_terminal_back_and_ends_the_marking_of_pastes() {
    if env::var_os(PANICS).is_some() {
        return panic_at_a_prompt();
    }
    let pty = openpty(None, None).unwrap();
    for end in [&pty.master, &pty.slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    }
    let found = tcgetattr(&pty.slave).unwrap();
    let end = || pty.slave.try_clone().unwrap();
    let name = thread::current().name().unwrap().to_owned();
    let mut itself = Command::new(env::current_exe().unwrap());
    itself.args(["--exact", &name, "--nocapture"]);
    itself.env(PANICS, "1").env("RUST_BACKTRACE", "0");
    itself.stdin(end()).stdout(end()).stderr(end());
    let mut program = Running(itself.spawn().unwrap());
    drop(itself);
    let written = reading(pty.master.into());
    let mut screen = until(&written, "test result: ok. 1 passed", String::new());
    assert!(program.0.wait().unwrap().success());
    // What was written before the end of the program has come once this has.
    File::from(end()).write_all(b"(the end)").unwrap();
    screen = until(&written, "(the end)", screen);
    assert_eq!(tcgetattr(&pty.slave).unwrap(), found, "{screen:?}");
    let (prompt, rest) = screen.split_once("a panic on purpose").unwrap();
    let (_, marks) = prompt.split_once("\x1b[?2004h").unwrap();
    assert!(marks.contains("ana> meia"), "{screen:?}");
    assert!(marks.contains("\n\x1b[?2004l"), "{screen:?}");
    assert!(!rest.contains("\x1b[?2004h"), "{screen:?}");
}

/// Shows a prompt, takes the terminal up, and panics in a thread: nothing else puts it back.
fn panic_at_a_prompt() {
    prepare().unwrap();
    assert!(take_up());
    let stdout = stdout_file().unwrap();
    let output = Output::start(stdout, OUTPUT_MAX_BYTES, |_| {}).unwrap();
    output.show(Some(Prompt {
        prompt: "ana> ".into(),
        text: "meia".into(),
        caret: 4,
    }));
    let until = monotonic() + DEADLINE;
    while !output.is_empty() && monotonic() < until {
        thread::yield_now();
    }
    let panicking = thread::spawn(|| panic!("a panic on purpose"));
    assert!(panicking.join().is_err());
}

/// What a terminal shows, piece by piece.
fn reading(mut terminal: File) -> Receiver<Vec<u8>> {
    let (tell, written) = mpsc::channel();
    thread::spawn(move || {
        let mut room = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut room) {
            if tell.send(room[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    written
}

/// All that was shown, once a part of it is there.
fn until(written: &Receiver<Vec<u8>>, part: &str, mut screen: String) -> String {
    while !screen.contains(part) {
        match written.recv_timeout(DEADLINE) {
            Ok(bytes) => screen.push_str(&String::from_utf8_lossy(&bytes)),
            Err(_) => panic!("no {part:?}: {screen:?}"),
        }
    }
    screen
}
