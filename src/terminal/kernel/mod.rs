//! What signals and terminals need of the kernel and no safe crate offers, each behind a safe
//! function: whether a signal was ignored when this process started, ignoring one, stopping as
//! the system would, and the size of a terminal.
#![allow(unsafe_code)]

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use portable::terminal_size;
#[cfg(unix)]
pub(super) use unix::{ignore, is_ignored, stop, terminal_size};

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Cells in a row.
    pub(super) columns: usize,
    /// Rows.
    pub(super) rows: usize,
}

impl Default for Size {
    /// The size of a terminal that does not report its own.
    fn default() -> Self {
        Self {
            columns: 80,
            rows: 24,
        }
    }
}
