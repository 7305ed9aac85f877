//! Writing on a terminal above the line that is being typed, which the line editor then draws
//! again below.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use rustyline::ExternalPrinter;

/// How long to wait at the end for the line editor to show what it was handed.
const FINISH_WAIT: Duration = Duration::from_millis(500);

/// A line that leaves the screen as it is: up, and down again. The editor would end anything that
/// does not end itself.
const NOTHING: &str = "\x1b[A\n";

/// Hands whole lines to the line editor. Clones share one way to it.
#[derive(Clone)]
pub struct Printer {
    editor: Arc<Mutex<Box<dyn ExternalPrinter + Send>>>,
    begun: Vec<u8>,
}

impl Printer {
    pub(super) fn new(editor: impl ExternalPrinter + Send + 'static) -> Self {
        Self {
            editor: Arc::new(Mutex::new(Box::new(editor))),
            begun: Vec::new(),
        }
    }

    /// Waits until the editor has shown what it was handed, for a program that ends must not
    /// take its last words with it.
    pub(super) fn finish(&self) {
        let (done, shown) = mpsc::channel();
        let printer = self.clone();
        // The editor's queue holds one line: when it takes the second of two, all before them is
        // shown. Should it not read any more, this is not waited for.
        let wait = move || {
            let _ = printer.print(NOTHING).and_then(|()| printer.print(NOTHING));
            let _ = done.send(());
        };
        if thread::Builder::new()
            .name("printer".into())
            .spawn(wait)
            .is_ok()
        {
            let _ = shown.recv_timeout(FINISH_WAIT);
        }
    }

    fn print(&self, lines: impl Into<String>) -> io::Result<()> {
        let mut editor = self.editor.lock().unwrap_or_else(PoisonError::into_inner);
        editor.print(lines.into()).map_err(io::Error::other)
    }
}

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        if let Some(last) = self.begun.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.begun.split_off(last + 1);
            let lines = std::mem::replace(&mut self.begun, rest);
            self.print(String::from_utf8_lossy(&lines))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
