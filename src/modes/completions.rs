//! `completions`: what a shell completes.

use clap_complete::{Shell, generate};

use super::Outcome;
use crate::cli;
use crate::error::Error;
use crate::terminal::screen;
use crate::text::Lang;

/// Prints the script of a shell.
pub(super) fn run(shell: Shell, lang: Lang) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    generate(shell, &mut cli::command(lang), "roda", &mut script);
    screen::print(&String::from_utf8_lossy(&script)).map_err(Error::Output)?;
    Ok(Outcome::Done)
}
