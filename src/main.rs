//! Arguments → one mode → one error line → exit code.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind as ArgumentErrorKind;
use roda::cli::{expand_link, language, parse, typed_lang};
use roda::error::Error;
use roda::terminal::last_words;
use roda::text::Lang;
use roda::{modes, text};

fn main() -> ExitCode {
    let typed = expand_link(env::args_os().collect());
    let variable = |variable: &str| env::var(variable).ok();
    let lang = language(typed_lang(&typed, variable), variable);
    let args = match modes::with_settings(typed) {
        Ok(args) => args,
        Err(error) => return failed(lang, &error),
    };
    let cli = match parse(args, lang) {
        Ok(cli) => cli,
        // Help and version come this way too, with their own exit codes.
        Err(error) => return explain(lang, &error),
    };
    let command = cli.command.unwrap_or_default();
    let lang = cli.lang.unwrap_or(lang);
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

/// Prints the help or the version that was asked for, or what is wrong with the arguments.
fn explain(lang: Lang, error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let printed = match error.kind() {
        ArgumentErrorKind::DisplayHelp | ArgumentErrorKind::DisplayVersion => {
            print(&help(lang, error, &io::stdout()), io::stdout())
        }
        ArgumentErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print(&help(lang, error, &io::stderr()), io::stderr())
        }
        _ => {
            let lines = text::help::argument_fault(lang, error);
            lines.iter().enumerate().for_each(|(index, line)| {
                let head = if index == 0 { "roda: " } else { "" };
                last_words(&format!("{head}{line}"));
            });
            Ok(())
        }
    };
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(code.max(1)),
        _ => ExitCode::from(code),
    }
}

/// The text of a help, styled for a terminal that can show it.
fn help(lang: Lang, error: &clap::Error, stream: &impl IsTerminal) -> String {
    let is_set = |variable| env::var_os(variable).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_none_or(|kind| kind == "dumb");
    let rendered = error.render();
    let text = match stream.is_terminal() && !is_dumb && !is_set("NO_COLOR") {
        true => rendered.ansi().to_string(),
        false => rendered.to_string(),
    };
    text::help::in_language(lang, text)
}

fn print(text: &str, mut stream: impl Write) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
