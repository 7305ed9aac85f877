//! A program on a terminal of its own (a pty): what a person types and sees there.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

#[cfg(not(target_os = "linux"))]
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
#[cfg(not(target_os = "linux"))]
use nix::pty::openpty;
use nix::sys::termios::{Termios, tcgetattr};

use super::{DEADLINE, command, wait_until};

/// Written when a program begins to read keys: from here on pastes are marked.
const KEYS_BEGIN: &str = "\x1b[?2004h";

/// Written by us when a program has ended: nothing of it comes behind this.
const END_OF_SCREEN: &str = "(the end)";

/// Columns and rows of a new terminal.
const SIZE: (u16, u16) = (80, 24);

/// A terminal with a program on it.
pub struct Terminal {
    child: Child,
    /// The program's side, kept so that its modes outlive the program.
    inner: OwnedFd,
    /// The person's side; none once the terminal has vanished.
    keys: Option<File>,
    written: Receiver<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
    /// Held while nobody reads what is written.
    reading: Arc<Mutex<()>>,
    /// Set when the reader is to let go of the person's side.
    is_vanishing: Arc<AtomicBool>,
    screen: Vec<u8>,
}

/// The same program as the leader of a session of its own, whose terminal is its stdin: as a
/// terminal's window starts it. Signals of the terminal reach only such a session.
pub fn in_session(command: &Command) -> Command {
    let mut leader = super::command("setsid");
    leader.arg("-c").arg(command.get_program());
    leader.args(command.get_args());
    let set = command.get_envs();
    leader.envs(set.filter_map(|(key, value)| Some((key, value?))));
    leader
}

/// The two sides of a new terminal, the person's and the program's. They are closed in programs
/// that other tests start meanwhile, which would keep the terminal open: from the first moment,
/// where the system can do that.
pub fn pty() -> (OwnedFd, OwnedFd) {
    #[cfg(target_os = "linux")]
    {
        use nix::fcntl::OFlag;
        use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
        use std::os::unix::fs::OpenOptionsExt;
        let not_ours = OFlag::O_NOCTTY;
        let outer = posix_openpt(OFlag::O_RDWR | not_ours | OFlag::O_CLOEXEC).unwrap();
        grantpt(&outer).unwrap();
        unlockpt(&outer).unwrap();
        let mut inner = File::options();
        inner.read(true).write(true).custom_flags(not_ours.bits());
        let inner = inner.open(ptsname_r(&outer).unwrap()).unwrap();
        (outer.into(), inner.into())
    }
    #[cfg(not(target_os = "linux"))]
    {
        let pty = openpty(None, None).unwrap();
        for end in [&pty.master, &pty.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        (pty.master, pty.slave)
    }
}

fn set_size(terminal: &OwnedFd, (columns, rows): (u16, u16)) {
    let (columns, rows) = (columns.to_string(), rows.to_string());
    let mut stty = command("stty");
    stty.args(["cols", &columns, "rows", &rows]);
    let terminal = terminal.try_clone().unwrap();
    assert!(stty.stdin(terminal).status().unwrap().success());
}

impl Terminal {
    /// Starts a program whose stdin, stdout and stderr are a new terminal.
    pub fn start(command: Command) -> Self {
        Self::start_writing(command, None, None)
    }

    /// Starts a program at a new terminal whose stdout goes to a file.
    pub fn start_with_stdout(command: Command, stdout: File) -> Self {
        Self::start_writing(command, Some(stdout), None)
    }

    /// Starts a program at a new terminal whose stdout and stderr go to files.
    pub fn start_with_files(command: Command, stdout: File, stderr: File) -> Self {
        Self::start_writing(command, Some(stdout), Some(stderr))
    }

    fn start_writing(mut command: Command, stdout: Option<File>, stderr: Option<File>) -> Self {
        let (outer, inner) = pty();
        set_size(&inner, SIZE);
        let end = || inner.try_clone().unwrap();
        let or_end = |file: Option<File>| file.map_or_else(|| end().into(), Stdio::from);
        let child = command.stdin(end());
        let child = child.stdout(or_end(stdout)).stderr(or_end(stderr));
        let child = child.spawn().unwrap();
        let keys = File::from(outer);
        let mut out = keys.try_clone().unwrap();
        let (tell, written) = mpsc::channel();
        let reading = Arc::new(Mutex::new(()));
        let may_read = Arc::clone(&reading);
        let is_vanishing = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_vanishing);
        let reader = thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut room) {
                if ends.load(Ordering::SeqCst) || tell.send(room[..count].to_vec()).is_err() {
                    return;
                }
                drop(may_read.lock());
            }
        });
        Self {
            child,
            inner,
            keys: Some(keys),
            written,
            reader: Some(reader),
            reading,
            is_vanishing,
            screen: Vec::new(),
        }
    }

    /// Types keys as they are.
    pub fn types(&mut self, keys: &str) {
        let keyboard = self.keys.as_mut().expect("the terminal is there");
        keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Gets another size, as when its window is dragged.
    pub fn resizes(&mut self, columns: u16, rows: u16) {
        set_size(&self.inner, (columns, rows));
    }

    /// Vanishes, as when its window is closed or its line is cut.
    pub fn vanishes(&mut self) {
        self.is_vanishing.store(true, Ordering::SeqCst);
        // Something to read ends the reader, who holds the person's side too.
        let mut inner = File::from(self.inner.try_clone().unwrap());
        inner.write_all(b".").unwrap();
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
    }

    /// The program's number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program reads keys and shows its prompt.
    pub fn begins_a_line(&mut self) {
        self.shows(KEYS_BEGIN);
    }

    /// Waits until something was written, and gives all that was.
    pub fn shows(&mut self, part: &str) -> String {
        self.waits_for(part, |screen| screen.contains(part));
        self.screen()
    }

    /// Waits until something was written behind the first `mark`, and gives all that was.
    pub fn shows_behind(&mut self, mark: &str, part: &str) -> String {
        let is_there = |screen: &str| {
            let rest = screen.split_once(mark).map(|(_, rest)| rest);
            rest.is_some_and(|rest| rest.contains(part))
        };
        self.waits_for(part, is_there);
        self.screen()
    }

    /// All that was written so far, escape sequences included.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen).into_owned()
    }

    /// All that was written until the program ended, once it has.
    pub fn whole_screen(&mut self) -> String {
        let mut inner = File::from(self.inner.try_clone().unwrap());
        inner.write_all(END_OF_SCREEN.as_bytes()).unwrap();
        self.shows(END_OF_SCREEN)
    }

    /// Does something while nobody reads what the program writes, as after Ctrl-S.
    pub fn unread<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let reading = Arc::clone(&self.reading);
        let _held = reading.lock().unwrap();
        act(self)
    }

    /// Whether something was typed that nobody has read.
    pub fn has_unread_keys(&self) -> bool {
        let mut waiting = [PollFd::new(self.inner.as_fd(), PollFlags::POLLIN)];
        poll(&mut waiting, PollTimeout::ZERO).unwrap() > 0
    }

    /// The modes of the terminal.
    pub fn modes(&self) -> Termios {
        tcgetattr(&self.inner).unwrap()
    }

    /// Sends the program a signal.
    pub fn gets_signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(
            command("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the program's end with an exit code.
    pub fn ends_with(&mut self, code: i32) {
        let status = wait_until(|| self.child.try_wait().unwrap());
        let Some(status) = status else {
            panic!("does not end; its screen:\n{:?}", self.screen());
        };
        assert_eq!(status.code(), Some(code), "{:?}", self.screen());
    }

    /// Waits until what was written so far is as it should be.
    pub fn waits_for(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !is_there(&self.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.written.recv_timeout(left) {
                Ok(bytes) => self.screen.extend(bytes),
                Err(_) => panic!("no {what:?} on the screen:\n{:?}", self.screen()),
            }
        }
    }
}

/// A terminal whose picture is followed, as the person before it sees it.
pub struct Window {
    terminal: Terminal,
    parser: vt100::Parser,
    /// Bytes of what was written that the picture holds.
    drawn: usize,
}

impl Window {
    /// Starts a program on a terminal of its own.
    pub fn start(command: Command) -> Self {
        let (columns, rows) = SIZE;
        Self {
            terminal: Terminal::start(command),
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            drawn: 0,
        }
    }

    /// What is seen of all that has come.
    pub fn picture(&mut self) -> &vt100::Screen {
        let written = &self.terminal.screen;
        self.parser.process(&written[self.drawn..]);
        self.drawn = written.len();
        self.parser.screen()
    }

    /// Waits until something stands in the picture.
    pub fn sees(&mut self, part: &str) -> String {
        self.sees_that(part, |seen| seen.contains(part));
        self.picture().contents()
    }

    /// Waits until the picture is as it should be.
    pub fn sees_that(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !is_there(&self.picture().contents()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.terminal.written.recv_timeout(left) {
                Ok(bytes) => self.terminal.screen.extend(bytes),
                Err(_) => panic!("not seen: {what}\n{}", self.picture().contents()),
            }
        }
    }

    /// Gets another size, as when its window is dragged. The picture is never as small as some of
    /// these: the parser's own limits are not what is tested.
    pub fn resizes(&mut self, columns: u16, rows: u16) {
        let _ = self.picture();
        let screen = self.parser.screen_mut();
        screen.set_size(cells(rows.max(4)), cells(columns.max(8)));
        self.terminal.resizes(columns, rows);
    }
}

impl Deref for Window {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl DerefMut for Window {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.terminal
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
