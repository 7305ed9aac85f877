//! `config`: what holds where no option says otherwise; and how these settings become a part of
//! every command line.

use std::env;
use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use super::Outcome;
use crate::cli::{Cli, Command, Config, Key, Setting, language};
use crate::error::Error;
use crate::store::config;
use crate::terminal::screen::{self, Color, Form, Screen};
use crate::text::{self, Lang};

/// Columns of the longest key.
const KEY_COLUMNS: usize = 15;

/// Columns of a value; a longer one moves its source to the right.
const VALUE_COLUMNS: usize = 24;

/// A variable of the environment. What is no text in it is replaced, so that it is refused or seen,
/// and not ignored.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Adds to a command line what was set in the file and in variables, but not for a call that asks
/// for help or for pages that are the same for everybody.
///
/// # Errors
/// A setting that cannot be used.
pub fn with_settings(args: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    let needs_none = match Cli::try_parse_from(&args) {
        Ok(cli) => matches!(
            cli.command,
            Some(Command::Completions { .. } | Command::Man { .. })
        ),
        Err(error) => matches!(
            error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        ),
    };
    if needs_none {
        return Ok(args);
    }
    let settings = Config::new(&config::read()?, variable)?;
    Ok(settings.expand(args))
}

/// Shows the settings as a file that could hold them, each with its source.
pub(super) fn run(lang: Lang) -> Result<Outcome, Error> {
    let file = config::read()?;
    let settings = Config::new(&file, variable)?;
    let screen = Screen::new(Form::Lines, Color::Never, lang);
    let mut lines = String::new();
    let path = file.path.as_ref().map(|path| path.to_string_lossy());
    let head = match (&path, &file.text) {
        (Some(path), None) => text::no_config_file(lang, path),
        _ => text::config_file(lang, path.as_deref()),
    };
    screen.text(&format!("# {head}"), &mut lines);
    for setting in settings.settings() {
        screen.text(&line(lang, setting), &mut lines);
    }
    screen::print(&lines).map_err(Error::Output)?;
    Ok(Outcome::Done)
}

fn line(lang: Lang, setting: &Setting) -> String {
    let Setting { key, source, .. } = setting;
    let source = text::config_source(lang, *key, *source);
    // What the locale or the system decides is no line of a file.
    let (mark, value) = match (&setting.values[..], key) {
        ([], Key::Lang) => ("# ", quoted(locale_name(lang))),
        ([], _) => ("# ", text::config_choice(lang)),
        ([bare], key) if is_bare(*key, bare) => ("", bare.clone()),
        ([one], _) => ("", quoted(one)),
        (several, _) => {
            let list: Vec<String> = several.iter().map(|value| quoted(value)).collect();
            ("", format!("[{}]", list.join(", ")))
        }
    };
    let key = format!("{mark}{}", key.name());
    format!("{key:KEY_COLUMNS$} = {value:VALUE_COLUMNS$} # {source}")
}

/// Whether a value stands without quotes in a file of TOML.
fn is_bare(key: Key, value: &str) -> bool {
    key.is_flag() || key.is_number() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text as TOML writes it, which is as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn locale_name(asked: Lang) -> &'static str {
    match language(Some(asked), variable) {
        Lang::En => "en",
        Lang::Pt => "pt",
    }
}
