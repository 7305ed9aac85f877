//! What the threads beside a loop report to it.

use super::super::keyboard::Typed;
#[cfg(unix)]
use super::super::tty::TerminalEvent;
use super::super::viewed::Viewed;

/// What the threads of a console report to its loop.
#[derive(Debug)]
pub struct ConsoleEvent(pub(in crate::terminal) Told);

#[derive(Debug)]
pub(in crate::terminal) enum Told {
    Typed(Typed),
    #[cfg(unix)]
    Terminal(TerminalEvent),
    /// An output has room again, or has failed.
    Output,
    /// A file was looked at.
    Viewed(Box<Viewed>),
}

impl ConsoleEvent {
    /// A file was looked at.
    #[must_use]
    pub fn viewed(viewed: Viewed) -> Self {
        Self(Told::Viewed(Box::new(viewed)))
    }

    /// What came of looking at a file.
    ///
    /// # Errors
    /// The event, if it is another.
    pub fn into_viewed(self) -> Result<Viewed, Self> {
        match self.0 {
            Told::Viewed(viewed) => Ok(*viewed),
            other => Err(Self(other)),
        }
    }
}
