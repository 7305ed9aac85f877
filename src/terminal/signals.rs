//! The signals that ask this process to leave. A signal that was ignored when the process started
//! stays ignored: `nohup`, and the jobs that a script puts into the background.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many signals have asked this process to leave.
static RECEIVED: AtomicUsize = AtomicUsize::new(0);

/// Whether a hangup was told.
static IS_HUNG_UP: AtomicBool = AtomicBool::new(false);

/// A signal that asks us to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `kill` without a number, or a service manager.
    Terminate,
    /// The terminal is gone.
    Hangup,
}

impl Signal {
    /// The exit code that shells expect: 128 and the signal's number.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        128 + match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// How many signals have asked us to leave so far: whoever waits at the end looks whether there
/// are more.
pub(super) fn received() -> usize {
    RECEIVED.load(Ordering::Relaxed)
}

/// Whether this hangup is the first. When a terminal vanishes, its shell and the kernel may both
/// send the signal, and the keyboard reads it as well: a second asking, which ends a process
/// without a farewell, is none of that.
pub(super) fn is_first_hangup() -> bool {
    !IS_HUNG_UP.swap(true, Ordering::Relaxed)
}

/// Calls `tell` for every such signal from now on but for repeated hangups, from a thread of its
/// own. To be called once in a process.
///
/// # Errors
/// The system's refusal to hand its signals to us.
pub fn watch(tell: impl Fn(Signal) + Clone + Send + 'static) -> io::Result<()> {
    let tell = move |signal| {
        RECEIVED.fetch_add(1, Ordering::Relaxed);
        if signal != Signal::Hangup || is_first_hangup() {
            tell(signal);
        }
    };
    watch_all(tell)
}

#[cfg(unix)]
fn watch_all(tell: impl Fn(Signal) + Clone + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    use super::kernel::is_ignored;

    if !is_ignored(SIGINT) {
        watch_interrupt(tell.clone())?;
    }
    let wanted = [SIGTERM, SIGHUP]
        .into_iter()
        .filter(|number| !is_ignored(*number));
    let mut signals = signal_hook::iterator::Signals::new(wanted)?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for number in signals.forever() {
                tell(if number == SIGHUP {
                    Signal::Hangup
                } else {
                    Signal::Terminate
                });
            }
        })?;
    Ok(())
}

#[cfg(not(unix))]
fn watch_all(tell: impl Fn(Signal) + Clone + Send + 'static) -> io::Result<()> {
    watch_interrupt(tell)
}

fn watch_interrupt(tell: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(move || tell(Signal::Interrupt)).map_err(io::Error::other)
}
