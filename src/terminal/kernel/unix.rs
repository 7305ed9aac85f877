//! The calls of Unix.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use super::Size;

/// Whether a signal is ignored. Asked at the start, this is what the parent wished (`nohup`, or a
/// script's job in the background).
pub(in crate::terminal) fn is_ignored(signal: i32) -> bool {
    let mut found = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action nothing changes, and `found` has room for the old one, which
    // is all zeros, a valid value, should the call fail.
    let found = unsafe {
        libc::sigaction(signal, std::ptr::null(), found.as_mut_ptr());
        found.assume_init()
    };
    found.sa_sigaction == libc::SIG_IGN
}

/// Ignores a signal from now on.
///
/// # Errors
/// The system's, for a signal that cannot be ignored.
pub(in crate::terminal) fn ignore(signal: i32) -> io::Result<()> {
    // SAFETY: no handler is installed, so that no code runs at a time when it may not.
    let before = unsafe { libc::signal(signal, libc::SIG_IGN) };
    match before {
        libc::SIG_ERR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Stops this process as SIGTSTP does when nobody handles it: not at all in a process group that
/// nobody could wake again. Returns when the process goes on.
pub(in crate::terminal) fn stop() {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the default action runs no code of ours, an action of zeros is `SIG_DFL` with an
    // empty mask, and the handler that is put back is the one that was found. `raise` signals the
    // calling thread, which stops before it returns.
    unsafe {
        let default = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        if libc::sigaction(libc::SIGTSTP, &raw const default, before.as_mut_ptr()) == 0 {
            libc::raise(libc::SIGTSTP);
            libc::sigaction(libc::SIGTSTP, before.as_ptr(), std::ptr::null_mut());
        }
    }
}

/// The size of a terminal, if it reports one.
pub(in crate::terminal) fn terminal_size(terminal: &File) -> Option<Size> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the descriptor is open as long as `terminal` is borrowed, and the call writes one
    // `winsize`, which `size` is.
    let outcome = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    let is_known = outcome == 0 && size.ws_col > 0 && size.ws_row > 0;
    is_known.then(|| Size {
        columns: size.ws_col.into(),
        rows: size.ws_row.into(),
    })
}
