//! A file in the person's browser, where there is a display to show one.

use std::env;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// What opens a file in the program that the person has chosen for its kind.
const OPENER: &str = "xdg-open";

/// Whether there is a display.
#[must_use]
pub fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| env::var_os(name).is_some_and(|display| !display.is_empty()))
}

/// Opens a file in the person's browser, which shows nothing on this terminal.
///
/// # Errors
/// The system's: without `xdg-open`, for example.
pub fn open(file: &Path) -> io::Result<()> {
    let mut opener = Command::new(OPENER);
    opener.arg(file).stdin(Stdio::null());
    opener.stdout(Stdio::null()).stderr(Stdio::null());
    let mut opener = opener.spawn()?;
    // Whoever starts a process waits for its end, or the system keeps a trace of it.
    let wait = move || drop(opener.wait());
    thread::Builder::new()
        .name("browser".into())
        .spawn(wait)
        .map(drop)
}
