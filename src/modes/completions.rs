//! `completions`: what a shell completes.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::Outcome;
use crate::cli::Cli;
use crate::error::Error;
use crate::terminal::screen;

/// Prints the script of a shell.
pub(super) fn run(shell: Shell) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "roda", &mut script);
    screen::print(&String::from_utf8_lossy(&script)).map_err(Error::Output)?;
    Ok(Outcome::Done)
}
