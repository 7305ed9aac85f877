//! The signals that ask this process to leave.

use std::io;

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

/// Calls `tell` for every such signal from now on, from a thread of its own. To be called once
/// in a process.
///
/// # Errors
/// The system's refusal to hand its signals to us.
pub fn watch(tell: impl Fn(Signal) + Clone + Send + 'static) -> io::Result<()> {
    let interrupted = tell.clone();
    ctrlc::set_handler(move || interrupted(Signal::Interrupt)).map_err(io::Error::other)?;
    watch_others(tell)
}

#[cfg(unix)]
fn watch_others(tell: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP])?;
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
fn watch_others(_tell: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    Ok(())
}
