//! A program on a terminal of its own (a pty): what a person types and sees there.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::{Termios, tcgetattr};

use super::{DEADLINE, command, wait_until};

/// Written when a program begins to read keys: from here on pastes are marked.
const KEYS_BEGIN: &str = "\x1b[?2004h";

/// Written by us when a program has ended: nothing of it comes behind this.
const END_OF_SCREEN: &str = "(the end)";

/// A terminal with a program on it.
pub struct Terminal {
    child: Child,
    /// The program's side, kept so that its modes outlive the program.
    inner: OwnedFd,
    keys: File,
    written: Receiver<Vec<u8>>,
    /// Held while nobody reads what is written.
    reading: Arc<Mutex<()>>,
    screen: Vec<u8>,
}

impl Terminal {
    /// Starts a program whose stdin, stdout and stderr are a new terminal.
    pub fn start(command: Command) -> Self {
        Self::start_writing(command, None)
    }

    /// Starts a program at a new terminal whose stdout goes to a file.
    pub fn start_with_stdout(command: Command, stdout: File) -> Self {
        Self::start_writing(command, Some(stdout))
    }

    fn start_writing(mut command: Command, stdout: Option<File>) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).unwrap();
        // Programs that other tests start meanwhile must not keep this terminal open.
        for end in [&pty.master, &pty.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        let end = || pty.slave.try_clone().unwrap();
        let out = stdout.map_or_else(|| end().into(), Stdio::from);
        let child = command.stdin(end()).stdout(out).stderr(end());
        let child = child.spawn().unwrap();
        let keys = File::from(pty.master);
        let mut out = keys.try_clone().unwrap();
        let (tell, written) = mpsc::channel();
        let reading = Arc::new(Mutex::new(()));
        let may_read = Arc::clone(&reading);
        thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut room) {
                if tell.send(room[..count].to_vec()).is_err() {
                    return;
                }
                drop(may_read.lock());
            }
        });
        Self {
            child,
            inner: pty.slave,
            keys,
            written,
            reading,
            screen: Vec::new(),
        }
    }

    /// Types keys as they are.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
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

    fn waits_for(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
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

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
