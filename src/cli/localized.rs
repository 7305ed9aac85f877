//! The command line in a person's language: the help, and how arguments are read.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory, FromArgMatches};

use super::Cli;
use crate::text::{Lang, help};

/// Reads arguments, of which the first is the program's name.
///
/// # Errors
/// Wrong arguments, and requests for help or the version, which is in `lang`.
pub fn parse(args: Vec<OsString>, lang: Lang) -> Result<Cli, clap::Error> {
    let mut command = command(lang);
    let matches = command.try_get_matches_from_mut(args)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The command line, explained in a language.
#[must_use]
pub fn command(lang: Lang) -> Command {
    match lang {
        Lang::En => Cli::command(),
        Lang::Pt => translated(Cli::command(), ""),
    }
}

/// A command, its arguments and all below it in Portuguese. `path` are its words after `roda`.
fn translated(command: Command, path: &str) -> Command {
    let mut command = command
        .mut_args(|arg| translated_argument(arg, path))
        .mut_subcommands(|command| {
            let path = format!("{path} {}", command.get_name());
            translated(command, path.trim_start())
        })
        .subcommand_value_name("COMANDO");
    if let Some(about) = help::command(path) {
        command = command.about(about);
    }
    match command.get_after_help().map(StyledStr::to_string) {
        Some(examples) => command.after_help(help::in_language(Lang::Pt, examples)),
        None => command,
    }
}

fn translated_argument(arg: Arg, path: &str) -> Arg {
    let names = arg.get_value_names().unwrap_or_default();
    let name = names.first().map(|name| name.as_str().to_owned());
    // Where a field gives no name, clap makes one of the field's.
    let name = name.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
    let takes_value = arg.get_action().takes_values();
    let arg = match help::value_name(&name) {
        Some(name) if takes_value => arg.value_name(name),
        _ => arg,
    };
    let Some(meaning) = help::argument(path, arg.get_id().as_str()) else {
        return arg;
    };
    let is_listed = takes_value && !arg.is_hide_possible_values_set();
    let values = arg.get_possible_values();
    let explained: Vec<String> = values
        .iter()
        .filter_map(|value| {
            let name = value.get_name();
            help::value(name).map(|meaning| format!("- {name}: {meaning}"))
        })
        .collect();
    if !is_listed || explained.is_empty() {
        return arg.help(meaning);
    }
    let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
    let (names, explained) = (names.join(", "), explained.join("\n"));
    arg.hide_possible_values(true)
        .help(format!("{meaning} [valores possíveis: {names}]"))
        .long_help(format!("{meaning}\n\nValores possíveis:\n{explained}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `visit` with each command and its words after `roda`.
    fn each(command: &Command, path: &str, visit: &mut impl FnMut(&Command, &str)) {
        visit(command, path);
        for command in command.get_subcommands() {
            let path = format!("{path} {}", command.get_name());
            each(command, path.trim_start(), visit);
        }
    }

    #[test]
    fn each_argument_is_explained_in_both_languages() {
        let (mut count, mut missing) = (0, Vec::new());
        each(&command(Lang::En), "", &mut |command, path| {
            assert!(command.get_about().is_some(), "roda {path}: no doc comment");
            if help::command(path).is_none() {
                missing.push(format!("roda {path}, in text/help/commands.rs"));
            }
            for arg in command.get_arguments() {
                let id = arg.get_id();
                let meaning = arg.get_help().map(ToString::to_string);
                let meaning = meaning.expect("an argument without a doc comment");
                if help::argument(path, id.as_str()).is_none() {
                    missing.push(format!("roda {path} {id}: {meaning}"));
                }
                count += 1;
            }
        });
        assert!(count > 60, "only {count} arguments were found");
        assert!(
            missing.is_empty(),
            "not in Portuguese:\n{}",
            missing.join("\n")
        );
    }

    #[test]
    fn each_example_has_a_head_in_portuguese() {
        let heads = |lang| {
            let mut heads = Vec::new();
            each(&command(lang), "", &mut |command, _| {
                let help = command.get_after_help().map(ToString::to_string);
                let help = help.unwrap_or_default();
                let lines = help.lines().filter(|line| !line.starts_with(' '));
                heads.extend(lines.map(str::to_owned));
            });
            heads
        };
        let (english, portuguese) = (heads(Lang::En), heads(Lang::Pt));
        assert!(english.len() > 5);
        let is_portuguese = |head: &String| {
            let words = [" on ", " in ", "Example"];
            !words.iter().any(|word| head.contains(word))
        };
        let pairs = english.iter().zip(&portuguese);
        let left: Vec<_> = pairs.filter(|(_, pt)| !is_portuguese(pt)).collect();
        assert!(left.is_empty(), "{left:#?}");
    }

    #[test]
    fn no_english_word_of_clap_is_left_in_the_portuguese_help() {
        let mut lines = vec![vec!["roda"]];
        let root = command(Lang::Pt);
        let subcommands = root.get_subcommands();
        lines.extend(subcommands.map(|command| vec!["roda", command.get_name()]));
        lines.push(vec!["roda", "lab", "serve"]);
        for mut line in lines {
            for flag in ["-h", "--help"] {
                line.push(flag);
                let args = line.iter().map(Into::into).collect();
                let error = parse(args, Lang::Pt).unwrap_err();
                let shown = help::in_language(Lang::Pt, error.render().to_string());
                // What is typed is the same in every language.
                let shown = shown.replace("<default|", "<").replace(": default]", "]");
                for english in ["Print", "Usage", "Option", "Command", "efault", "ossible"] {
                    assert!(!shown.contains(english), "{english}: {shown}");
                }
                assert!(shown.contains("Uso: roda"), "{shown}");
                line.pop();
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_both_languages() {
        for (line, english, portuguese) in [
            (
                "chat --nmae",
                "Unknown argument '--nmae' (did you mean --name?)",
                "Argumento desconhecido: '--nmae' (você quis dizer --name?)",
            ),
            (
                "caht",
                "Unknown command 'caht' (did you mean chat?)",
                "Comando desconhecido: 'caht' (você quis dizer chat?)",
            ),
            (
                "chat --room",
                "'--room <ROOM>' needs a value",
                "'--room <SALA>' precisa de um valor",
            ),
            (
                "--lang fr",
                "'fr' is not valid for '--lang <en|pt>': expected one of en, pt",
                "'fr' não é válido para '--lang <en|pt>': use um destes: en, pt",
            ),
            (
                "chat --key --key-file x",
                "'--key' cannot be used together with '--key-file <FILE>'",
                "'--key' não pode ser usado junto com '--key-file <ARQUIVO>'",
            ),
            (
                "chat --json --json",
                "'--json' may be given only once",
                "'--json' só pode ser usado uma vez",
            ),
            ("room new", "Missing: <NAME>", "Falta: <NOME>"),
        ] {
            for (lang, expected) in [(Lang::En, english), (Lang::Pt, portuguese)] {
                let args = ["roda"].into_iter().chain(line.split(' '));
                let error = parse(args.map(Into::into).collect(), lang).unwrap_err();
                assert_eq!(error.exit_code(), 2, "{line}");
                let told = crate::text::help::argument_fault(lang, &error);
                assert_eq!(told[0], expected);
            }
        }
    }
}
