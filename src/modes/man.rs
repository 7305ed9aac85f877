//! `man`: the manual pages for `man`, made of the help.

use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use super::Outcome;
use crate::cli;
use crate::error::{Error, StoreError};
use crate::store::text_file;
use crate::terminal::screen;
use crate::text::{self, Lang};

/// Prints the page of the whole program, or writes one for each subcommand into a folder.
pub(super) fn run(folder: Option<&Path>, lang: Lang) -> Result<Outcome, Error> {
    let mut program = cli::command(lang);
    program.build();
    let mut pages = Vec::new();
    collect(program, "roda", lang, &mut pages).map_err(Error::Output)?;
    match folder {
        None => {
            let first = pages.first().map_or("", |(_, page)| page);
            screen::print(first).map_err(Error::Output)?;
        }
        Some(folder) => {
            for (name, page) in &pages {
                let path = folder.join(format!("{name}.1"));
                text_file::write(&path, page).map_err(StoreError::writing(&path))?;
            }
            let folder = folder.to_string_lossy();
            screen::say(&text::man_pages_written(lang, pages.len(), &folder));
        }
    }
    Ok(Outcome::Done)
}

/// The pages of a command and of those below it, each with its name.
fn collect(
    command: Command,
    name: &str,
    lang: Lang,
    pages: &mut Vec<(String, String)>,
) -> io::Result<()> {
    let below: Vec<Command> = command.get_subcommands().cloned().collect();
    let mut page = Vec::new();
    Man::new(command.display_name(name.to_owned()))
        .title(name)
        .source(concat!("roda ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)?;
    let page = with_headings(&String::from_utf8_lossy(&page), lang);
    pages.push((name.to_owned(), page));
    for command in below.into_iter().filter(|below| below.get_name() != "help") {
        let name = format!("{name}-{}", command.get_name());
        collect(command, &name, lang, pages)?;
    }
    Ok(())
}

/// A page with headings in a person's language, and with one that says what the last part is.
fn with_headings(page: &str, lang: Lang) -> String {
    let mut whole = String::with_capacity(page.len());
    for line in page.lines() {
        match line.strip_prefix(".SH ") {
            Some(heading) => {
                whole.push_str(".SH ");
                whole.push_str(&text::man_heading(lang, heading));
            }
            None => whole.push_str(line),
        }
        whole.push('\n');
    }
    whole
}
