//! Where programs run: a namespace or none, and what every call of `roda` there gets besides.

use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};

use tempfile::TempDir;

use super::program::{Outcome, Program};
use super::{command, folder};

/// The course's port, for places that have the network for themselves.
pub const COURSE_PORT: u16 = 5007;

/// A person's folder of settings, which vanishes with the test and the programs that use it.
#[derive(Clone)]
pub struct Home(Arc<TempDir>);

impl Home {
    /// A new person's.
    pub fn new() -> Self {
        Self(Arc::new(folder()))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.0.path()
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
        self.of_person(home, "chat", args)
    }

    /// `roda keep …`, in the same way.
    pub fn keep(&self, home: &Home, args: &[&str]) -> Command {
        self.of_person(home, "keep", args)
    }

    /// `roda bridge …`, in the same way.
    #[cfg(feature = "bridge")]
    pub fn bridge(&self, home: &Home, args: &[&str]) -> Command {
        self.of_person(home, "bridge", args)
    }

    /// `roda web …`, in the same way.
    pub fn web(&self, home: &Home, args: &[&str]) -> Command {
        self.of_person(home, "web", args)
    }

    /// `roda drop …`, in the same way: what the person gives.
    pub fn gives(&self, home: &Home, name: &str, args: &[&str]) -> Program {
        let args = [&["--name", name], args].concat();
        Program::start(self.of_person(home, "drop", &args)).keeping(home)
    }

    /// `roda take …`, in the same way, into a folder.
    pub fn takes(&self, home: &Home, name: &str, into: &Path, args: &[&str]) -> Program {
        let into = into.to_str().unwrap();
        let args = [&["--name", name, "--into", into], args].concat();
        Program::start(self.of_person(home, "take", &args)).keeping(home)
    }

    /// `roda drop`, to be started here.
    pub fn drops(&self, home: &Home, name: &str, args: &[&str]) -> Command {
        self.of_person(home, "drop", &[&["--name", name], args].concat())
    }

    /// `roda take --stdout`, to be started here.
    pub fn takes_to_stdout(&self, home: &Home, name: &str) -> Command {
        self.of_person(home, "take", &["--name", name, "--stdout"])
    }

    fn of_person(&self, home: &Home, mode: &str, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_roda"), &[mode]);
        command.args(&self.flags).args(args);
        command.env("XDG_CONFIG_HOME", home.0.path().join("settings"));
        command.env("XDG_STATE_HOME", home.0.path().join("state"));
        command.env("XDG_DATA_HOME", home.0.path().join("data"));
        command
    }

    /// A member of a circle who is ready to talk.
    pub fn member(&self, home: &Home, name: &str, args: &[&str]) -> Program {
        let args = [&["--name", name], args].concat();
        let mut member = Program::start(self.chat(home, &args)).keeping(home);
        match args.contains(&"--json") {
            true => drop(member.shows(r#""event":"ready""#)),
            false => drop(member.notes("/help lists")),
        }
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

/// A port below those that the system gives out by itself, another one for every call, and not of
/// another run of these tests. The next port is free for the frames of `chat`.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = port_block();
    let is_free = |port| UdpSocket::bind(("0.0.0.0", port)).is_ok();
    // The block's last two are for its claim.
    (0..BLOCK_PORTS / 2 - 1)
        .map(|_| first + TAKEN.fetch_add(2, Ordering::Relaxed) % (BLOCK_PORTS - 2))
        .find(|port| is_free(*port) && is_free(port + 1))
        .expect("a port is free")
}

/// Ports of one run of the tests.
const BLOCK_PORTS: u16 = 256;

/// The first port of this process's block. Runs that share a block hear each other, and one that
/// looks whether a port is free makes it busy for the other. So a block is claimed by a listener
/// on its last TCP port, which the system closes however the process ends.
fn port_block() -> u16 {
    const FIRST: u16 = 20_000;
    const BLOCKS: u16 = 47;
    static BLOCK: OnceLock<(u16, TcpListener)> = OnceLock::new();
    let claim = || {
        let own = (process::id() % u32::from(BLOCKS)) as u16;
        let mut blocks = (0..BLOCKS).map(|at| FIRST + (own + at) % BLOCKS * BLOCK_PORTS);
        let claimed = blocks.find_map(|first| {
            let claim = TcpListener::bind(("127.0.0.1", first + BLOCK_PORTS - 1)).ok()?;
            Some((first, claim))
        });
        claimed.expect("a block of ports is free")
    };
    BLOCK.get_or_init(claim).0
}
