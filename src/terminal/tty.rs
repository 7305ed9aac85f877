//! The terminal at stdin: keys as they come while a person types, and everything as it was found
//! at every end. A process in the background neither reads nor sets it, and is not stopped by it.

#[cfg(unix)]
pub(super) use self::unix::*;

#[cfg(all(test, unix))]
mod tests;

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, IsTerminal};
    use std::os::fd::AsFd;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, Once, PoisonError};
    use std::thread;
    use std::time::Duration;

    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::termios::{
        FlushArg, InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush,
        tcgetattr, tcsetattr,
    };
    use nix::unistd::{getpgrp, tcgetpgrp, write};
    use signal_hook::consts::{SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};
    use signal_hook::iterator::Signals;

    use super::super::kernel::{ignore, is_ignored, stop};
    use super::super::painter::MARK_PASTES_NO_MORE;
    use super::super::picture::LEAVE;

    /// How the terminal was found, while it is set to give keys. A process has one terminal.
    static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

    /// How long to wait, before this process stops, until the prompt is off the screen.
    pub(in super::super) const HOLD_WAIT: Duration = Duration::from_millis(100);

    /// What the terminal tells beside keys.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in super::super) enum TerminalEvent {
        /// It has another size.
        Resized,
        /// This process goes on after it was stopped.
        Continued,
    }

    /// Whether the terminal was put back for good.
    static IS_OVER: AtomicBool = AtomicBool::new(false);

    /// Whether the full screen is shown.
    static IS_FULL: AtomicBool = AtomicBool::new(false);

    /// The full screen is shown from now on.
    pub(in super::super) fn enter_full_screen() {
        IS_FULL.store(true, Ordering::Release);
    }

    /// It is not shown any more.
    pub(in super::super) fn leave_full_screen() {
        IS_FULL.store(false, Ordering::Release);
    }

    /// Whether this process may use its terminal. One that is not its controlling terminal has no
    /// foreground.
    pub(in super::super) fn is_foreground() -> bool {
        is_foreground_at(io::stdin())
    }

    /// The same for a terminal that may be another one than stdin.
    pub(in super::super) fn is_foreground_at(terminal: impl AsFd) -> bool {
        match tcgetpgrp(terminal) {
            Ok(group) => group == getpgrp(),
            Err(Errno::ENOTTY | Errno::EIO) => true,
            Err(_) => false,
        }
    }

    /// Whether the terminal has vanished: its window was closed, or its line cut.
    pub(in super::super) fn is_gone() -> bool {
        matches!(tcgetattr(io::stdin()), Err(Errno::EIO))
    }

    /// Sets the terminal to give each key as it comes, unless this process is in the background;
    /// whether it is set so. A stop that nobody can notice (SIGSTOP) leaves it as it is, and the
    /// shell that goes on then sets it in its own way: so it is looked at each time.
    pub(in super::super) fn take_up() -> bool {
        if !is_foreground() {
            return false;
        }
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        if IS_OVER.load(Ordering::Acquire) {
            return false;
        }
        let Ok(modes) = tcgetattr(io::stdin()) else {
            return false;
        };
        let mut keys = modes.clone();
        keys.input_flags &= !(InputFlags::BRKINT
            | InputFlags::ICRNL
            | InputFlags::INLCR
            | InputFlags::IGNCR
            | InputFlags::INPCK
            | InputFlags::ISTRIP
            | InputFlags::PARMRK
            | InputFlags::IXON);
        // Output is left as it is: a line end stays a line end, whoever writes it.
        keys.local_flags &= !(LocalFlags::ECHO
            | LocalFlags::ECHONL
            | LocalFlags::ICANON
            | LocalFlags::IEXTEN
            | LocalFlags::ISIG);
        for (index, value) in [
            (SpecialCharacterIndices::VMIN, 1),
            (SpecialCharacterIndices::VTIME, 0),
        ] {
            if let Some(place) = keys.control_chars.get_mut(index as usize) {
                *place = value;
            }
        }
        if found.is_some() && keys == modes {
            return true;
        }
        // Not after the output: a terminal that stands still (Ctrl-S) would make this wait.
        let is_set = tcsetattr(io::stdin(), SetArg::TCSANOW, &keys).is_ok();
        if is_set {
            *found = Some(modes);
        }
        is_set
    }

    /// Puts the terminal back as it was found; false if there was nothing to put back.
    pub(in super::super) fn put_back() -> bool {
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        // In the background it belongs to somebody else, who has set it.
        let Some(modes) = found.take().filter(|_| is_foreground()) else {
            return false;
        };
        tcsetattr(io::stdin(), SetArg::TCSANOW, &modes).is_ok()
    }

    /// Leaves the full screen, or begins a line below the prompt and ends the marking of pastes.
    /// The thread that draws it may be the one that has panicked, so this writes by itself.
    fn leave_prompt() {
        if io::stdout().is_terminal() {
            write_if_ready(io::stdout());
        } else if io::stderr().is_terminal() {
            write_if_ready(io::stderr());
        } else if let Ok(terminal) = File::options().write(true).open("/dev/tty") {
            write_if_ready(terminal);
        }
    }

    /// A terminal that stands still (Ctrl-S) is left as it is: a panic waits for nobody.
    fn write_if_ready(terminal: impl AsFd) {
        let mut waiting = [PollFd::new(terminal.as_fd(), PollFlags::POLLOUT)];
        if poll(&mut waiting, PollTimeout::ZERO).is_ok_and(|ready| ready > 0) {
            let words = match IS_FULL.load(Ordering::Acquire) {
                true => LEAVE.to_owned(),
                false => format!("\r\n{MARK_PASTES_NO_MORE}"),
            };
            let _ = write(&terminal, words.as_bytes());
        }
    }

    /// Puts the terminal back for good: no thread takes it up again.
    pub(in super::super) fn end() {
        IS_OVER.store(true, Ordering::Release);
        put_back();
    }

    /// Throws away what was typed and not read.
    pub(in super::super) fn drain() {
        if io::stdin().is_terminal() && is_foreground() {
            let _ = tcflush(io::stdin(), FlushArg::TCIFLUSH);
        }
    }

    /// Prepares this process for a person at its terminal: the background does not stop it, and a
    /// panic puts the terminal back before it is told.
    pub(in super::super) fn prepare() -> io::Result<()> {
        static HOOK: Once = Once::new();
        ignore(SIGTTIN)?;
        ignore(SIGTTOU)?;
        HOOK.call_once(|| {
            let others = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if put_back() {
                    leave_prompt();
                }
                others(panic);
            }));
        });
        Ok(())
    }

    /// Stops the whole job, as Ctrl-Z does, unless whoever started this process wants none of it.
    pub(in super::super) fn suspend() {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        if !is_ignored(SIGTSTP) {
            // The group's other processes stop too; this one after it has put the terminal back.
            let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
        }
    }

    /// Follows the terminal's size and the stops of this process. `clear` takes off the screen what
    /// is not to stand there meanwhile, and waits for [`HOLD_WAIT`] at most.
    ///
    /// # Errors
    /// The system's refusal of signals or of a thread.
    pub(in super::super) fn watch(
        clear: impl Fn() + Send + 'static,
        tell: impl Fn(TerminalEvent) -> bool + Send + 'static,
    ) -> io::Result<()> {
        let wanted = [SIGWINCH, SIGCONT, SIGTSTP].into_iter();
        let wanted = wanted.filter(|signal| *signal != SIGTSTP || !is_ignored(SIGTSTP));
        let mut signals = Signals::new(wanted)?;
        let follow = move || {
            for signal in signals.forever() {
                let event = match signal {
                    SIGTSTP => {
                        clear();
                        put_back();
                        stop();
                        TerminalEvent::Continued
                    }
                    SIGCONT => TerminalEvent::Continued,
                    _ => TerminalEvent::Resized,
                };
                if !tell(event) {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("terminal".into())
            .spawn(follow)
            .map(drop)
    }
}
