//! Where programs run: a namespace or none, and what every call of `roda` there gets besides.

use std::net::UdpSocket;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU16, Ordering};

use super::command;
use super::program::{Outcome, Program};

/// The course's port, for places that have the network for themselves.
pub const COURSE_PORT: u16 = 5007;

/// A person's folder of settings, which vanishes with the test.
pub struct Home(tempfile::TempDir);

impl Home {
    /// A new person's.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

/// A place to run programs in.
#[derive(Clone, Debug)]
pub struct Place {
    namespace: Option<String>,
    flags: Vec<String>,
    /// The port that the programs of this place use.
    pub port: u16,
}

impl Place {
    /// This machine's loopback and a port that nobody else here uses. Needs no rights, and
    /// nothing leaves the machine.
    pub fn on_loopback() -> Self {
        let port = free_port();
        let flags = ["--interface", "127.0.0.1", "--port", &port.to_string()];
        Self {
            namespace: None,
            flags: flags.map(Into::into).to_vec(),
            port,
        }
    }

    /// A namespace of one's own, where `roda` is called as a person calls it.
    pub fn in_namespace(name: &str) -> Self {
        Self {
            namespace: Some(name.into()),
            flags: Vec::new(),
            port: COURSE_PORT,
        }
    }

    /// A program to be started here.
    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = match &self.namespace {
            Some(namespace) => {
                let mut command = command("ip");
                command.args(["netns", "exec", namespace, program]);
                command
            }
            None => command(program),
        };
        command.args(args);
        command
    }

    /// `roda multicast ROLE …`, to be started here.
    pub fn multicast(&self, role: &str, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_roda"), &["multicast", role]);
        command.args(&self.flags).args(args);
        command
    }

    /// A receiver that listens already.
    pub fn receiver(&self, name: &str, args: &[&str]) -> Program {
        let args = [&["--name", name], args].concat();
        let mut receiver = Program::start(self.multicast("receive", &args));
        receiver.notes(&format!("{name}, listening to"));
        receiver
    }

    /// A sender that is ready.
    pub fn sender(&self, name: &str, args: &[&str]) -> Program {
        let args = [&["--name", name], args].concat();
        let mut sender = Program::start(self.multicast("send", &args));
        sender.notes("sending to");
        sender
    }

    /// A sender that says some lines and leaves; gives what it wrote.
    pub fn sends(&self, name: &str, lines: &[&str]) -> Outcome {
        let mut sender = self.sender(name, &[]);
        lines.iter().for_each(|line| sender.says(line));
        sender.falls_silent();
        sender.ends_with(0)
    }

    /// `roda chat …`, to be started here by the person whose settings are in a folder.
    pub fn chat(&self, home: &Home, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_roda"), &["chat"]);
        command.args(&self.flags).args(args);
        command.env("XDG_CONFIG_HOME", home.0.path().join("settings"));
        command.env("XDG_STATE_HOME", home.0.path().join("state"));
        command.env("XDG_DATA_HOME", home.0.path().join("data"));
        command
    }

    /// A member of a circle who is ready to talk.
    pub fn member(&self, home: &Home, name: &str, args: &[&str]) -> Program {
        let args = [&["--name", name], args].concat();
        let mut member = Program::start(self.chat(home, &args));
        member.notes("/help lists");
        member
    }

    /// One of the Python programs in `tests/interop`.
    pub fn python(&self, script: &str, args: &[&str]) -> Program {
        let script = format!("{}/tests/interop/{script}", env!("CARGO_MANIFEST_DIR"));
        Program::start(self.command("python3", &[&[script.as_str()], args].concat()))
    }

    /// The course's receiver, listening already.
    pub fn their_receiver(&self, name: &str) -> Program {
        let mut receiver = self.python("multicast.py", &["receive", name]);
        receiver.shows("aguardando");
        receiver
    }

    /// The course's sender.
    pub fn their_sender(&self, name: &str) -> Program {
        self.python("multicast.py", &["send", name])
    }
}

/// A port below those that the system gives out by itself, another one for every call, and far
/// from those of other runs of these tests. The next port is free for the frames of `chat`.
fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const PER_PROCESS: u16 = 128;
    const PROCESSES: u32 = 95;
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let mine = FIRST + (process::id() % PROCESSES) as u16 * PER_PROCESS;
    (0..PER_PROCESS)
        .map(|_| mine + TAKEN.fetch_add(2, Ordering::Relaxed) % PER_PROCESS)
        .find(|port| UdpSocket::bind(("0.0.0.0", *port)).is_ok())
        .expect("a port is free")
}
