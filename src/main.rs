//! Arguments → one mode → one error line → exit code.

use std::env;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use roda::cli::{Cli, expand_link, language, typed_lang};
use roda::error::Error;
use roda::terminal::last_words;
use roda::text::Lang;
use roda::{modes, text};

fn main() -> ExitCode {
    let typed = expand_link(env::args_os().collect());
    let variable = |variable: &str| env::var(variable).ok();
    let asked = typed_lang(&typed, variable);
    let args = match modes::with_settings(typed) {
        Ok(args) => args,
        Err(error) => return failed(language(asked, variable), &error),
    };
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        // Help and version come this way too, with their own exit codes.
        Err(error) => {
            let printed = error.print().and_then(|()| io::stdout().flush());
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return match printed {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(code.max(1)),
                _ => ExitCode::from(code),
            };
        }
    };
    let command = cli.command.unwrap_or_default();
    let lang = language(cli.lang, variable);
    match modes::run(command, lang) {
        Ok(end) => ExitCode::from(end.exit_code()),
        // The reader of our output has seen enough: `roda … | head -1` is no failure.
        Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => failed(lang, &error),
    }
}

/// Tells an error, and gives the exit code that it stands for.
fn failed(lang: Lang, error: &Error) -> ExitCode {
    last_words(&format!("roda: {}", text::error(lang, error)));
    ExitCode::from(error.exit_code())
}
