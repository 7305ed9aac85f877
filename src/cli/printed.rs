//! Whether the commands that the program prints, in its help and its manual, work as printed.

use clap::Parser;

use super::{Cli, Command, command};
use crate::cli::LabSettings;
use crate::text::Lang;

/// The manual's pages, and the page that a newcomer reads first.
const PAGES: [&str; 10] = [
    include_str!("../manual/chat.md"),
    include_str!("../manual/config.md"),
    include_str!("../manual/files.md"),
    include_str!("../manual/hub.md"),
    include_str!("../manual/id-and-rooms.md"),
    include_str!("../manual/lab.md"),
    include_str!("../manual/multicast.md"),
    include_str!("../manual/screen.md"),
    include_str!("../manual/tcp-peer.md"),
    include_str!("../../README.md"),
];

/// Fewer commands than this were never printed: the test would have gone blind.
const COMMANDS_MIN: usize = 40;

/// The words of the commands of a shell's line that call us, as a shell separates them. A comment,
/// what comes into a pipe and where a redirection leads are no words of a command.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut words = Words(line.trim()).peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "|" | "&&" | "||" | ";" => commands.push(Vec::new()),
            ">" | "<" | "2>" | ">>" => drop(words.next()),
            "&" => {}
            _ if word.starts_with('#') => break,
            _ => commands.last_mut().unwrap().push(word),
        }
    }
    commands.retain(|words| words.first().is_some_and(|word| word == "roda"));
    commands
}

/// Words between blanks, where quotes hold blanks together.
struct Words<'l>(&'l str);

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let line = self.0.trim_start();
        let quote = line.chars().next()?;
        let end = match quote {
            '\'' | '"' => line[1..].find(quote).map(|at| at + 2),
            _ => line.find(' '),
        };
        let (word, rest) = line.split_at(end.unwrap_or(line.len()));
        self.0 = rest;
        Some(word.trim_matches(['\'', '"']).to_owned())
    }
}

/// The lines of the help of a command and of those below it.
fn help_lines(command: &clap::Command, lines: &mut Vec<String>) {
    let help = command.get_after_help().map(ToString::to_string);
    lines.extend(help.unwrap_or_default().lines().map(str::to_owned));
    command
        .get_subcommands()
        .for_each(|command| help_lines(command, lines));
}

/// The lines of a page's blocks of commands.
fn shell_lines(page: &str) -> impl Iterator<Item = &str> {
    let mut is_shell = false;
    page.lines().filter(move |line| {
        match line.trim().strip_prefix("```") {
            Some(kind) => is_shell = kind == "sh",
            None => return is_shell,
        }
        false
    })
}

#[test]
fn every_printed_command_is_taken() {
    let mut lines = Vec::new();
    for lang in [Lang::En, Lang::Pt] {
        help_lines(&command(lang), &mut lines);
    }
    lines.extend(PAGES.into_iter().flat_map(shell_lines).map(str::to_owned));
    let calls: Vec<Vec<String>> = lines.iter().flat_map(|line| calls(line)).collect();
    assert!(
        calls.len() > COMMANDS_MIN,
        "only {} were found",
        calls.len()
    );
    for call in calls {
        let parsed = Cli::try_parse_from(&call);
        let parsed = parsed.unwrap_or_else(|error| panic!("{call:?}: {error}"));
        if let Some(Command::Lab(args)) = parsed.command {
            let settings: Result<LabSettings, _> = args.try_into();
            assert!(settings.is_ok(), "{call:?}: {:?}", settings.err());
        }
    }
}

#[test]
fn a_line_is_separated_as_a_shell_does() {
    let words = calls("  echo 'a | b' | roda lab uppercase 'olá, turma' --trace > x.txt # e mais");
    assert_eq!(
        words,
        [["roda", "lab", "uppercase", "olá, turma", "--trace"]]
    );
    assert!(calls("a roda de conversa").is_empty());
}
