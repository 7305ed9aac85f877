//! A long text on a terminal, in the program that the person reads such texts with. Elsewhere, and
//! without such a program, the text is printed.

use std::io;

use super::screen::print;

/// Shows a text.
///
/// # Errors
/// Those of writing to stdout.
pub fn show(text: &str) -> io::Result<()> {
    #[cfg(unix)]
    if unix::is_long(text) && unix::page(text).is_some() {
        return Ok(());
    }
    print(text)
}

#[cfg(unix)]
mod unix {
    use std::env;
    use std::io::Write;
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use crate::terminal::kernel::terminal_size;
    use crate::terminal::screen::{is_terminal, stdout_file};

    /// The usual pager. It leaves colours alone.
    const USUAL: &str = "less -R";

    /// Whether a text is longer than the terminal that shows it.
    pub(super) fn is_long(text: &str) -> bool {
        let rows = || {
            let size = terminal_size(&stdout_file().ok()?)?;
            Some(size.rows)
        };
        is_terminal() && rows().is_some_and(|rows| text.lines().count() >= rows)
    }

    /// Shows a text in the pager, if there is one.
    pub(super) fn page(text: &str) -> Option<()> {
        let pager = env::var("PAGER").unwrap_or_else(|_| USUAL.into());
        let program = pager.split_whitespace().next()?;
        if !is_there(program) {
            return None;
        }
        // Ctrl-C is for the pager, which makes something else of it than an end.
        let interrupted = Arc::new(AtomicBool::new(false));
        let _ = signal_hook::flag::register(libc::SIGINT, interrupted);
        let mut shell = Command::new("sh");
        // Where the person has set nothing, less ends by itself if a page is enough.
        if env::var_os("LESS").is_none() {
            shell.env("LESS", "FRX");
        }
        let started = shell.args(["-c", &pager]).stdin(Stdio::piped()).spawn();
        let mut reader = started.ok()?;
        if let Some(mut input) = reader.stdin.take() {
            // A reader who has seen enough closes the pipe.
            let _ = input.write_all(text.as_bytes());
        }
        reader.wait().ok().map(drop)
    }

    fn is_there(program: &str) -> bool {
        let found = |folder: std::path::PathBuf| folder.join(program).is_file();
        match program.contains('/') {
            true => std::path::Path::new(program).is_file(),
            false => env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(found)),
        }
    }
}
