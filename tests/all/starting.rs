//! A program that starts waits for nobody: a signal ends it while it asks for a passphrase, reads a
//! file that is a pipe, or warns where nobody reads; and its terminal is as it was.
#![cfg(unix)]

use crate::support;

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};
use nix::unistd::mkfifo;

use support::hub::hub;
use support::place::{Home, Place};
use support::program::Program;
use support::terminal::{Terminal, pty};
use support::{command, wait_until};

/// What asks for a passphrase.
const PROMPT: &str = "Passphrase or invitation of the room: ";

/// Six words, and an easy one.
const PASSPHRASE: &str = "correto cavalo bateria grampo janela vento";
const WEAK: &str = "senha";

/// Each signal, and the exit code that a shell sees.
const SIGNALS: [(&str, i32); 3] = [("TERM", 143), ("HUP", 129), ("INT", 130)];

/// A program that is started for a signal to end it.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn gets_signal(&self, signal: &str) {
        support::run(&format!("kill -{signal} {}", self.0.id()));
    }

    /// Waits for its end with an exit code as a shell sees it, whether it has a handler for the
    /// signal or not.
    fn ends_with(&mut self, code: i32) {
        let status = wait_until(|| self.0.try_wait().unwrap()).expect("it ends");
        let seen = status.code().or(status.signal().map(|signal| 128 + signal));
        assert_eq!(seen, Some(code));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A member of a room whose key is asked for.
fn asks(place: &Place, home: &Home) -> Command {
    place.chat(home, &["--name", "ana", "--room", "turma-a", "--key"])
}

/// The same words, started as the leader of a session, whose terminal stdin is.
pub(super) fn with_terminal(inner: &Command) -> Command {
    let mut session = command("setsid");
    session
        .arg("-c")
        .arg(inner.get_program())
        .args(inner.get_args());
    session.envs(variables(inner));
    session
}

/// A script in which `"$@"` is a program, at a terminal of its own.
fn script(shell: &str, script: &str, inner: &Command) -> Terminal {
    let mut session = command("setsid");
    session.args(["-c", shell, "-c", script, shell]);
    session.arg(inner.get_program()).args(inner.get_args());
    session.envs(variables(inner));
    Terminal::start(session)
}

fn variables(command: &Command) -> impl Iterator<Item = (&std::ffi::OsStr, &std::ffi::OsStr)> {
    let set = command.get_envs();
    set.filter_map(|(name, value)| Some((name, value?)))
}

/// The modes of a terminal that nobody has set.
fn fresh_modes() -> Termios {
    tcgetattr(pty().1).unwrap()
}

fn hides_what_is_typed(terminal: &Terminal) -> bool {
    !terminal.modes().local_flags.contains(LocalFlags::ECHO)
}

/// Waits until a process has a thread of some name.
fn has_thread(process: &str, thread: &str) {
    let threads = format!("/proc/{process}/task");
    let is_there = || {
        let names = std::fs::read_dir(&threads).ok()?;
        let name = |entry: io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(entry.ok()?.path().join("comm")).ok()
        };
        let mut names = names.filter_map(name);
        names.any(|name| name.trim() == thread).then_some(())
    };
    wait_until(is_there).unwrap_or_else(|| panic!("{process} has no thread {thread}"));
}

/// The two ends of a pipe in which there is no room.
fn full_pipe() -> (io::PipeReader, io::PipeWriter) {
    const PIPE_BYTES: usize = 64 << 10;
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&[b'.'; PIPE_BYTES]).unwrap();
    (reader, writer)
}

/// The number between `before` and a full stop on a screen.
fn number_after(screen: &str, before: &str) -> String {
    let (_, rest) = screen.split_once(before).unwrap();
    rest.split_once('.').unwrap().0.to_owned()
}

#[test]
fn a_signal_ends_the_question_for_a_passphrase_and_the_terminal_is_as_it_was() {
    let place = Place::on_loopback();
    for (signal, code) in SIGNALS {
        let mut ana = Terminal::start(with_terminal(&asks(&place, &Home::new())));
        ana.shows(PROMPT);
        assert!(hides_what_is_typed(&ana));
        ana.types("segr");
        ana.gets_signal(signal);
        ana.ends_with(code);
        assert_eq!(ana.modes(), fresh_modes());
        assert!(!ana.whole_screen().contains("segr"));
    }
}

#[test]
fn ctrl_c_at_the_question_leaves_and_nothing_of_the_secret_is_left_for_the_shell() {
    let place = Place::on_loopback();
    let test = "trap : INT; stty -iutf8 susp ^X; echo \"before $(stty -g).\"; \"$@\"; \
                echo \"end $?.\"; echo \"after $(stty -g).\"; read word; echo \"read $word.\"";
    let mut shell = script("sh", test, &asks(&place, &Home::new()));
    shell.shows(PROMPT);
    shell.types("segr\x03");
    shell.shows("end 130.");
    let shown = shell.shows("after ");
    shell.types("palavra\n");
    let shown = shell.shows("read palavra.") + &shown;
    let (before, after) = (
        number_after(&shown, "before "),
        number_after(&shown, "after "),
    );
    assert_eq!(before, after);
    assert!(!shown.contains("segr"), "{shown:?}");
    shell.ends_with(0);
}

#[test]
fn a_terminated_question_leaves_nothing_of_the_secret_for_the_shell() {
    let place = Place::on_loopback();
    let test = "sh -c 'echo \"job $$.\"; exec \"$@\"' sh \"$@\"; echo \"end $?.\"; \
                read word; echo \"read $word.\"";
    let mut shell = script("sh", test, &asks(&place, &Home::new()));
    let shown = shell.shows(PROMPT);
    shell.types("segr");
    support::run(&format!("kill -TERM {}", number_after(&shown, "job ")));
    shell.shows("end 143.");
    shell.types("palavra\n");
    shell.shows("read palavra.");
    shell.ends_with(0);
}

#[test]
fn a_terminal_that_goes_away_ends_the_question_also_where_its_hangup_is_ignored() {
    let place = Place::on_loopback();
    let inner = asks(&place, &Home::new());
    for script in ["exec \"$@\"", "trap '' HUP; exec \"$@\""] {
        let (outer, terminal) = pty();
        let end = || Stdio::from(terminal.try_clone().unwrap());
        let mut session = command("setsid");
        session.args(["-c", "sh", "-c", script, "sh"]);
        session.arg(inner.get_program()).args(inner.get_args());
        session.envs(variables(&inner));
        session.stdin(end()).stdout(end()).stderr(end());
        let mut ana = Running(session.spawn().unwrap());
        drop(session);
        let hides = || {
            let modes = tcgetattr(&terminal).unwrap();
            (!modes.local_flags.contains(LocalFlags::ECHO)).then_some(())
        };
        wait_until(hides).expect("it asks");
        drop((outer, terminal));
        ana.ends_with(129);
    }
}

#[test]
fn ctrl_d_at_the_question_is_an_empty_passphrase() {
    let place = Place::on_loopback();
    let mut ana = Terminal::start(with_terminal(&asks(&place, &Home::new())));
    ana.shows(PROMPT);
    ana.types("\x04");
    ana.shows("the passphrase is empty");
    ana.ends_with(2);
    assert_eq!(ana.modes(), fresh_modes());
}

#[test]
fn what_is_typed_at_the_question_opens_the_room_and_is_not_shown() {
    let place = Place::on_loopback();
    let folder = support::folder();
    let key = folder.path().join("key");
    std::fs::write(&key, PASSPHRASE).unwrap();
    let room = ["--room", "turma-a", "--key-file", key.to_str().unwrap()];
    let mut bia = place.member(&Home::new(), "bia", &room);
    let home = Home::new();
    let mut ana = Terminal::start(with_terminal(&asks(&place, &home)));
    ana.shows(PROMPT);
    // Ctrl-Z, Ctrl-\ and an arrow type nothing, and a letter is taken back whole. What follows the
    // line is chat.
    ana.types(&format!("\x1a\x1c\x1b[A{PASSPHRASE}ã\x7f\noi da ana\r"));
    bia.shows(": oi da ana");
    ana.begins_a_line();
    ana.types("sair\r");
    bia.notes("ana left");
    ana.ends_with(0);
    assert!(!ana.whole_screen().contains("cavalo"));
    // The question goes to the terminal also when what is said comes through a pipe.
    let test = "echo oi pelo cano | \"$@\" --ephemeral > /dev/null 2>&1; echo \"end $?.\"";
    let mut shell = script("sh", test, &asks(&place, &home));
    shell.shows(PROMPT);
    shell.types(&format!("{PASSPHRASE}\n"));
    bia.shows(": oi pelo cano");
    shell.shows("end 0.");
    assert!(!hides_what_is_typed(&shell));
}

#[test]
fn a_question_in_the_background_waits_there_and_is_ended_by_a_signal() {
    let place = Place::on_loopback();
    let test = "set -m; \"$@\" & echo \"job $!.\"; read word; fg; echo \"end $?.\"";
    for is_fetched in [false, true] {
        let mut shell = script("bash", test, &asks(&place, &Home::new()));
        let shown = shell.shows("job ");
        let shown = shown + &shell.shows(".");
        let job = number_after(&shown, "job ");
        has_thread(&job, "opener");
        assert!(!hides_what_is_typed(&shell));
        if is_fetched {
            shell.types("palavra\n");
            shell.shows(PROMPT);
            assert!(hides_what_is_typed(&shell));
        }
        support::run(&format!("kill -TERM {job}"));
        if !is_fetched {
            let is_gone = || (!Path::new("/proc").join(&job).exists()).then_some(());
            wait_until(is_gone).expect("it ends in the background");
            assert!(!shell.screen().contains(PROMPT));
            continue;
        }
        shell.shows("end 143.");
        assert!(!hides_what_is_typed(&shell));
    }
}

#[test]
fn a_question_without_a_terminal_is_wrong_use() {
    let place = Place::on_loopback();
    let inner = asks(&place, &Home::new());
    let mut alone = command("setsid");
    alone
        .arg("-w")
        .arg(inner.get_program())
        .args(inner.get_args());
    alone.envs(variables(&inner));
    let mut ana = Program::start(alone);
    ana.notes("there is no terminal");
    ana.ends_with(2);
}

#[test]
fn a_file_that_is_a_pipe_without_a_word_stops_no_signal() {
    let place = Place::on_loopback();
    let home = Home::new();
    let folder = support::folder();
    let chat = |args: &[&str]| place.chat(&home, &[&["--name", "ana"], args].concat());
    let roda = |args: &[&str]| {
        let mut roda = command(env!("CARGO_BIN_EXE_roda"));
        roda.args(args);
        roda
    };
    let starts: [&dyn Fn(&str) -> Command; 6] = [
        &|file| chat(&["--room", "turma-a", "--key-file", file]),
        &|file| chat(&["--room", "turma-a", "--invite-file", file]),
        &|file| chat(&["--identity", file]),
        &|file| {
            let serve = ["serve", "--listen", "127.0.0.1:0", "--moderator", "ana"];
            hub(&[&serve[..], &["--moderator-secret-file", file]].concat())
        },
        &|file| hub(&["join", "127.0.0.1:1", "--moderator-secret-file", file]),
        &|file| roda(&["id", "--identity", file]),
    ];
    for (index, start) in starts.iter().enumerate() {
        for (signal, code) in SIGNALS {
            // Each program has a pipe of its own. The writer of an earlier one may still be open,
            // in what another test is just starting: where that ends, a reader finds the end.
            let path = folder.path().join(format!("{index}-{signal}"));
            mkfifo(&path, Mode::S_IRWXU).unwrap();
            let mut program = Running::start(start(path.to_str().unwrap()));
            // Opens only when somebody reads there, who then waits for the first byte.
            let write = || {
                let mut options = File::options();
                let options = options.write(true).custom_flags(OFlag::O_NONBLOCK.bits());
                options.open(&path).ok()
            };
            let _writer = wait_until(write).expect("the pipe is read");
            program.gets_signal(signal);
            program.ends_with(code);
        }
    }
}

#[test]
fn what_nobody_reads_of_an_identity_or_an_invitation_stops_no_signal() {
    let home = Home::new();
    let (file, shown) = (home.path().join("id"), home.path().join("shown"));
    let calls: [&[&str]; 2] = [
        &["id", "--identity", file.to_str().unwrap()],
        &["room", "new", "turma-a"],
    ];
    for call in calls {
        for (signal, code) in SIGNALS {
            let (_unread, notes) = full_pipe();
            let mut roda = command(env!("CARGO_BIN_EXE_roda"));
            let out = File::create(&shown).unwrap();
            roda.args(call).stdout(out).stderr(notes);
            let mut program = Running(roda.spawn().unwrap());
            // What was asked for comes first; only the sentences behind it stand still.
            let is_shown = || (shown.metadata().unwrap().len() > 0).then_some(());
            wait_until(is_shown).expect("it shows what was asked for");
            program.gets_signal(signal);
            program.ends_with(code);
        }
    }
}

#[test]
fn a_warning_that_nobody_reads_stops_neither_the_start_nor_a_signal() {
    let place = Place::on_loopback();
    let weak = |name: &str, home: &Home| {
        let mut chat = place.chat(home, &["--name", name, "--room", "turma-a"]);
        chat.env("RODA_ROOM_KEY", WEAK);
        chat
    };
    let home = Home::new();
    let mut bia = Program::start(weak("bia", &home)).keeping(&home);
    bia.notes("this passphrase is weak");
    bia.notes("/help lists");
    let (_unread, notes) = full_pipe();
    let home = Home::new();
    let mut command = weak("ana", &home);
    command.stderr(notes);
    let mut ana = Running::start(command);
    let mut input = ana.0.stdin.take().unwrap();
    writeln!(input, "oi").unwrap();
    bia.shows(": oi");
    ana.gets_signal("TERM");
    ana.ends_with(143);
    bia.notes("ana left");
}
