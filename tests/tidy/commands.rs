//! Whether the commands inside sentences can be typed as they are printed. Those of the help and of
//! the manual are tested beside the parser.

use clap::Parser;
use roda::cli::Cli;

use crate::assert_none;
use crate::sources::{Source, sources};

/// Where sentences are made.
const ROOMS: [&str; 4] = ["src/text", "src/modes", "src/face", "src/terminal"];

/// The subcommands that a sentence may name.
const SUBCOMMANDS: [&str; 17] = [
    "bridge",
    "call",
    "chat",
    "completions",
    "config",
    "drop",
    "history",
    "hub",
    "id",
    "keep",
    "lab",
    "man",
    "multicast",
    "room",
    "take",
    "tcp-peer",
    "web",
];

/// Fewer commands than this were never printed: the test would have gone blind.
const COMMANDS_MIN: usize = 5;

/// What stands for a placeholder, so that the command is complete.
const EXAMPLES: [(&str, &str); 3] = [
    ("{address}", "127.0.0.1:5000"),
    ("LESSON", "oracle"),
    ("LIÇÃO", "oracle"),
];

#[test]
fn commands_in_sentences_are_typed_as_printed() {
    let mut count = 0;
    let mut findings = Vec::new();
    for source in ROOMS.into_iter().flat_map(|room| sources(room, &[".rs"])) {
        for command in commands(&source) {
            count += 1;
            let words = command.split(' ');
            let parsed = Cli::try_parse_from(words);
            if let Err(error) = parsed {
                let why = error.to_string();
                let why = why.lines().next().unwrap_or_default();
                findings.push(format!("{}: `{command}`: {why}", source.path));
            }
        }
    }
    assert!(count >= COMMANDS_MIN, "only {count} commands were found");
    assert_none(findings);
}

/// The commands in the string literals of a source: up to the end of the literal, a backtick, a
/// semicolon or a line break.
fn commands(source: &Source) -> Vec<String> {
    let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
    let mut commands = Vec::new();
    for rest in code.split("roda ").skip(1) {
        let is_command = SUBCOMMANDS.iter().any(|name| {
            rest.starts_with(name) && !rest[name.len()..].starts_with(char::is_alphanumeric)
        });
        if !is_command {
            continue;
        }
        let end = rest.find(['"', '`', ';', '\n']).unwrap_or(rest.len());
        let mut command = format!("roda {}", rest[..end].trim_end());
        for (placeholder, example) in EXAMPLES {
            command = command.replace(placeholder, example);
        }
        commands.push(command);
    }
    commands
}
