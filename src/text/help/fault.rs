//! What is wrong with a command line.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::super::{Lang, row, say};
use super::in_language;

/// The option of the language, as clap writes it.
const LANG_OPTION: &str = " --lang <en|pt>";

/// What is wrong with a command line: a sentence, how the command is used, and where to read more.
#[must_use]
pub fn argument_fault(lang: Lang, error: &clap::Error) -> Vec<String> {
    let mut lines = vec![format!("{}{}", sentence(lang, error), meant(lang, error))];
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        // A variable may have set the language, which nobody has typed.
        let usage = usage.to_string().replace(LANG_OPTION, "");
        let usage = in_language(lang, usage);
        lines.extend(usage.lines().map(|line| line.trim_end().to_owned()));
    }
    lines.push(say!(
        lang,
        "To see all options, add --help",
        "Para ver todas as opções, acrescente --help",
    ));
    lines
}

fn sentence(lang: Lang, error: &clap::Error) -> String {
    let argument = quoted(error, ContextKind::InvalidArg);
    let value = quoted(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => say!(
            lang,
            "Unknown argument {argument}",
            "Argumento desconhecido: {argument}",
        ),
        ErrorKind::InvalidSubcommand => {
            let command = quoted(error, ContextKind::InvalidSubcommand);
            say!(
                lang,
                "Unknown command {command}",
                "Comando desconhecido: {command}",
            )
        }
        ErrorKind::InvalidValue if value.is_empty() || value == "''" => say!(
            lang,
            "{argument} needs a value",
            "{argument} precisa de um valor",
        ),
        ErrorKind::InvalidValue => {
            let valid = row(&all(error, ContextKind::ValidValue));
            say!(
                lang,
                "{value} is not valid for {argument}: expected one of {valid}",
                "{value} não é válido para {argument}: use um destes: {valid}",
            )
        }
        ErrorKind::ValueValidation => say!(
            lang,
            "{value} is not valid for {argument}",
            "{value} não é válido para {argument}",
        ),
        ErrorKind::ArgumentConflict => conflict(lang, error, &argument),
        ErrorKind::MissingRequiredArgument => {
            let missing = row(&all(error, ContextKind::InvalidArg));
            say!(lang, "Missing: {missing}", "Falta: {missing}")
        }
        ErrorKind::TooManyValues => say!(
            lang,
            "{argument} does not take the value {value}",
            "{argument} não aceita o valor {value}",
        ),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => say!(
            lang,
            "{argument} has the wrong number of values",
            "{argument} tem o número errado de valores",
        ),
        ErrorKind::MissingSubcommand => {
            say!(lang, "Missing: a command", "Falta: um comando")
        }
        ErrorKind::InvalidUtf8 => say!(
            lang,
            "An argument is not UTF-8 text",
            "Um argumento não é texto UTF-8",
        ),
        _ => say!(
            lang,
            "This command line is not valid",
            "Esta linha de comando não é válida",
        ),
    }
}

fn conflict(lang: Lang, error: &clap::Error, argument: &str) -> String {
    let others: Vec<String> = all(error, ContextKind::PriorArg)
        .iter()
        .map(|other| format!("'{other}'"))
        .collect();
    if others.is_empty() || others.iter().all(|other| other == argument) {
        return say!(
            lang,
            "{argument} may be given only once",
            "{argument} só pode ser usado uma vez",
        );
    }
    let others = row(&others);
    say!(
        lang,
        "{argument} cannot be used together with {others}",
        "{argument} não pode ser usado junto com {others}",
    )
}

/// What may have been meant.
fn meant(lang: Lang, error: &clap::Error) -> String {
    let kinds = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let meant = kinds
        .into_iter()
        .find_map(|kind| all(error, kind).into_iter().next());
    match meant {
        None => String::new(),
        Some(meant) => say!(
            lang,
            " (did you mean {meant}?)",
            " (você quis dizer {meant}?)",
        ),
    }
}

/// What an error says of a kind, in quotes; empty if it says nothing.
fn quoted(error: &clap::Error, kind: ContextKind) -> String {
    match all(error, kind).first() {
        Some(text) => format!("'{text}'"),
        None => String::new(),
    }
}

fn all(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
