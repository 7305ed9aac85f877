//! Terminals of other systems.

use std::io::{self, ErrorKind};

use zeroize::Zeroizing;

/// Asks on one thread and can be closed by another; clones are the same prompter.
#[derive(Clone, Debug, Default)]
pub struct SecretPrompter(());

impl SecretPrompter {
    /// Asks, and waits for a line, which is returned without its line end; `None` is the end
    /// of the input.
    ///
    /// # Errors
    /// `Interrupted` by Ctrl-C; `NotFound` if this process has no terminal, or it cannot be read.
    pub fn ask(
        &self,
        prompt: &str,
        _goes_on: impl Fn(&str) -> bool,
    ) -> io::Result<Option<Zeroizing<String>>> {
        match rpassword::prompt_password(prompt) {
            Ok(line) => Ok(Some(Zeroizing::new(line))),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::new(ErrorKind::NotFound, error)),
        }
    }

    /// Does nothing here: an open question puts the terminal back when it is answered.
    pub fn close(&self) {}

    /// Whether it was closed, which is not known here.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        false
    }
}
