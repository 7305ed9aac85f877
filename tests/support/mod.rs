//! What the end-to-end tests share: programs that are watched, places to run them in, terminals,
//! and bare datagrams. Every wait here is for an event and has a deadline; everything started or
//! made is ended or deleted when its handle is dropped.
#![allow(unreachable_pub)]

pub mod archive;
pub mod datagrams;
pub mod driver;
pub mod hub;
pub mod lab;
pub mod network;
#[cfg(feature = "web")]
pub mod page;
pub mod place;
pub mod program;
mod schema;
#[cfg(feature = "bridge")]
pub mod servers;
#[cfg(feature = "bridge")]
pub mod sites;
mod stored;
pub mod tcp;
pub mod terminal;
pub mod webdriver;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

/// How long an event may take before a test gives up: far longer than any takes, so that a busy
/// machine fails nothing.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Between two looks at something that does not report that it has changed.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Looks until something is there.
pub fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        let found = look();
        if found.is_some() {
            return found;
        }
        thread::sleep(LOOK_AGAIN);
    }
    None
}

/// A folder that is deleted with its handle. A killed test leaves it behind, but only among what
/// cargo built, and the next run deletes it.
pub fn folder() -> TempDir {
    static SWEEP: Once = Once::new();
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    SWEEP.call_once(|| remove_folders_of_dead_runs(parent));
    let prefix = format!("run-{}-", process::id());
    tempfile::Builder::new()
        .prefix(&prefix)
        .tempdir_in(parent)
        .unwrap()
}

fn remove_folders_of_dead_runs(parent: &Path) {
    if !Path::new("/proc/self").exists() {
        return; // no way to see which runs are dead
    }
    for entry in fs::read_dir(parent).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let run = name
            .strip_prefix("run-")
            .and_then(|rest| rest.split('-').next());
        if run.is_some_and(|run| !Path::new("/proc").join(run).exists()) {
            // Another run may be deleting it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A program to be started as on a machine without a language or a terminal of its own.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let path = env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm")
        .env("PYTHONUNBUFFERED", "1")
        .env("RODA_CONFIG", "")
        // Tests of the full screen ask for it.
        .env("RODA_FACE", "lines")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env_remove("NO_COLOR");
    command
}

/// What a test may need of its machine.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// Network namespaces: `ip`, and the right to make them.
    Namespaces,
    /// A firewall to write rules for.
    Nft,
    /// The language of the course's programs.
    Python,
    /// The program in `tests/attacker`.
    Attacker,
    /// A server that carries rooms between networks.
    Nats,
    /// Interfaces whose packets a program carries.
    Tun,
    /// Certificates of an own authority.
    OpenSsl,
    /// A browser, and its driver.
    Browser,
    /// A terminal in a terminal, with an own idea of how wide characters are.
    Tmux,
}

impl Need {
    /// Why this need is not met here.
    fn unmet(self) -> Option<String> {
        match self {
            Self::Namespaces => network::Namespace::make("probe").err(),
            Self::Nft => try_run("nft --version").err(),
            Self::Python => try_run("python3 --version").err(),
            Self::Nats => try_run("nats-server --version").err(),
            Self::Tun if Path::new("/dev/net/tun").exists() => None,
            Self::Tun => Some("no /dev/net/tun".into()),
            Self::OpenSsl => try_run("openssl version").err(),
            Self::Browser => webdriver::unmet(),
            Self::Tmux => try_run("tmux -V").err(),
            Self::Attacker if attacker().exists() => None,
            Self::Attacker => Some("no attacker: cargo build --example attacker".into()),
        }
    }
}

/// The program in `tests/attacker`, which cargo builds beside the tests.
pub fn attacker() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let built = tests.ancestors().nth(2).unwrap();
    built.join("examples/attacker")
}

/// Whether the running test has what it needs. If not, this says so where no test harness hides
/// it, and fails where all tests are required to run.
pub fn available(needs: &[Need]) -> bool {
    let Some(why) = needs.iter().find_map(|need| need.unmet()) else {
        return true;
    };
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let said = format!(
        "NOT RUN: {test}: {why}; as root, install with: \
        apt-get install iproute2 nftables python3 tmux nats-server openssl chromium chromium-driver"
    );
    assert!(env::var_os("RODA_REQUIRE_ALL").is_none(), "{said}");
    let _ = writeln!(io::stderr(), "{said}");
    false
}

/// Runs a tool to its end, its words divided by blanks; the error says which one failed and why.
pub fn try_run(line: &str) -> Result<(), String> {
    try_read(line).map(drop)
}

/// The same; gives what it wrote.
pub fn try_read(line: &str) -> Result<String, String> {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    let output = command(program).args(words).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!(
            "`{line}`: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("`{line}`: {error}")),
    }
}

/// Runs a tool that must succeed.
pub fn run(line: &str) {
    if let Err(why) = try_run(line) {
        panic!("{why}");
    }
}
