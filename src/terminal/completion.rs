//! What Tab makes of the word before the caret: a command at the beginning of a line, a room behind
//! a command that names one, and elsewhere the name of somebody who is here. Further presses go
//! through all that it may be, as weechat and irssi do: first whoever spoke last. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::chat::vocabulary::{Argument, CommandWord};

/// Most names that are completed: as many as a room has members.
const NAMES_MAX: usize = 4096;

/// Stands in front of the name of a guest.
const GUEST: char = '~';

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    commands: Vec<CommandWord>,
    /// The names as they are typed, and when each was last used.
    names: BTreeMap<String, u64>,
    uses: u64,
    rooms: Vec<String>,
}

/// What the word before the caret may become.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// Where the word begins, in bytes.
    pub(crate) start: usize,
    /// What may stand in its place, with what follows it; never empty.
    pub(crate) words: Vec<String>,
}

/// Where a name is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Behind a command, where a name with blanks stands in quotes.
    Argument,
    /// At the beginning of a line, where somebody is addressed.
    Beginning,
    /// Within a text.
    Text,
}

impl Completion {
    /// Completes these commands.
    pub(crate) fn set_commands(&mut self, commands: impl IntoIterator<Item = CommandWord>) {
        self.commands = commands.into_iter().collect();
    }

    /// Completes these commands, too.
    pub(crate) fn add_commands(&mut self, commands: impl IntoIterator<Item = CommandWord>) {
        self.commands.extend(commands);
    }

    /// Completes this name, too.
    pub(crate) fn add_name(&mut self, name: &str) {
        if self.names.len() < NAMES_MAX && !self.names.contains_key(name) {
            self.names.insert(name.to_owned(), 0);
        }
    }

    /// Completes this name before all others: its person has just spoken.
    pub(crate) fn use_name(&mut self, name: &str) {
        self.add_name(name);
        self.uses += 1;
        if let Some(used) = self.names.get_mut(name) {
            *used = self.uses;
        }
    }

    /// Completes no names any more.
    pub(crate) fn forget_names(&mut self) {
        self.names.clear();
    }

    /// Completes the names of these rooms.
    pub(crate) fn set_rooms(&mut self, rooms: impl IntoIterator<Item = String>) {
        self.rooms = rooms.into_iter().collect();
    }

    /// Completes this name no more.
    pub(crate) fn remove_name(&mut self, name: &str) {
        self.names.remove(name);
    }

    /// What the word at the end of a line may become; `None` if there is nothing like it.
    pub(crate) fn candidates(&self, line: &str) -> Option<Candidates> {
        let found = match line.strip_prefix('/') {
            Some(command) if !command.starts_with('/') => self.of_command(line),
            _ => self.of_text(line),
        };
        found.filter(|candidates| !candidates.words.is_empty())
    }

    fn of_command(&self, line: &str) -> Option<Candidates> {
        let Some((word, rest)) = line.split_once(char::is_whitespace) else {
            return Some(self.commands_like(line));
        };
        let known = self.commands.iter().find(|known| known.word == word);
        let argument = rest.trim_start();
        let start = line.len() - argument.len();
        let typed = match argument.strip_prefix('"') {
            Some(quoted) => Some(quoted).filter(|quoted| !quoted.contains('"')),
            None => Some(argument).filter(|argument| !argument.contains(char::is_whitespace)),
        };
        match (known.map_or(Argument::Text, |known| known.argument), typed) {
            (Argument::Nothing, _) => None,
            (Argument::Person, Some(typed)) => {
                let words = self.names_like(typed, Place::Argument, |name| !is_guest(name));
                Some(Candidates { start, words })
            }
            (Argument::Room, Some(typed)) => {
                let words = self.rooms_like(typed);
                Some(Candidates { start, words })
            }
            (Argument::Room, None) => None,
            (Argument::Anybody, Some(typed)) => {
                let words = self.names_like(typed, Place::Argument, |_| true);
                Some(Candidates { start, words })
            }
            _ => self.of_text(line),
        }
    }

    fn rooms_like(&self, typed: &str) -> Vec<String> {
        let typed = typed.to_lowercase();
        let is_like = |room: &&String| room.to_lowercase().starts_with(&typed);
        let found = self.rooms.iter().filter(is_like);
        found
            .filter_map(|room| written(room, Place::Argument))
            .collect()
    }

    fn commands_like(&self, line: &str) -> Candidates {
        let typed = line.to_lowercase();
        let all = self.commands.iter().map(|command| command.word);
        let mut words: Vec<String> = all
            .filter(|word| word.starts_with(&typed))
            .map(|word| format!("{word} "))
            .collect();
        words.sort_unstable();
        Candidates { start: 0, words }
    }

    fn of_text(&self, line: &str) -> Option<Candidates> {
        let word = line.rsplit(char::is_whitespace).next();
        let word = word.filter(|word| !word.is_empty())?;
        let start = line.len() - word.len();
        let place = match start {
            0 => Place::Beginning,
            _ => Place::Text,
        };
        let words = self.names_like(word, place, |_| true);
        Some(Candidates { start, words })
    }

    /// The names that begin like a word, whoever spoke last first.
    fn names_like(&self, typed: &str, place: Place, is_fit: impl Fn(&str) -> bool) -> Vec<String> {
        let typed = typed.to_lowercase();
        let is_like = |name: &str| {
            let name = name.to_lowercase();
            name.starts_with(&typed) || without_mark(&name).starts_with(&typed)
        };
        let mut names: Vec<(&String, &u64)> = self
            .names
            .iter()
            .filter(|(name, _)| is_fit(name) && is_like(name))
            .collect();
        names.sort_by_key(|(name, used)| (Reverse(**used), name.to_lowercase()));
        let mut words: Vec<String> = names
            .into_iter()
            .filter_map(|(name, _)| written(name, place))
            .collect();
        // A guest and a member of one name are the same word of a text.
        words.dedup();
        words
    }
}

fn is_guest(name: &str) -> bool {
    name.starts_with(GUEST)
}

fn without_mark(name: &str) -> &str {
    name.strip_prefix(GUEST).unwrap_or(name)
}

/// A name as it is written in its place; `None` if it cannot be written there.
fn written(name: &str, place: Place) -> Option<String> {
    match place {
        Place::Beginning => Some(format!("{}: ", without_mark(name))),
        Place::Text => Some(format!("{} ", without_mark(name))),
        Place::Argument if !name.contains([' ', '"']) => Some(format!("{name} ")),
        Place::Argument if !name.contains('"') => Some(format!("\"{name}\" ")),
        Place::Argument if name.contains(' ') || name.starts_with('"') => None,
        Place::Argument => Some(format!("{name} ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: [CommandWord; 7] = [
        CommandWord::new("/room", Argument::Room),
        CommandWord::new("/who", Argument::Person),
        CommandWord::new("/verify", Argument::Person),
        CommandWord::new("/verified", Argument::Person),
        CommandWord::new("/ignore", Argument::Anybody),
        CommandWord::new("/me", Argument::Text),
        CommandWord::new("/stats", Argument::Nothing),
    ];

    fn completion() -> Completion {
        let mut completion = Completion::default();
        completion.set_commands(COMMANDS);
        completion.set_rooms(["lobby".to_owned(), "turma a".to_owned()]);
        for name in [
            "ana",
            "Ana Luz",
            "bia",
            "íris#3f9c",
            "~gil",
            "a \"b",
            "c\"d",
        ] {
            completion.add_name(name);
        }
        completion
    }

    /// The lines that Tab makes of one.
    fn lines_of(completion: &Completion, typed: &str) -> Vec<String> {
        let Some(candidates) = completion.candidates(typed) else {
            return Vec::new();
        };
        let begun = &typed[..candidates.start];
        let words = candidates.words.iter();
        words.map(|word| format!("{begun}{word}")).collect()
    }

    #[test]
    fn a_word_becomes_a_command_or_a_name() {
        for (typed, expected) in [
            ("/w", &["/who "][..]),
            ("/WH", &["/who "]),
            ("/v", &["/verified ", "/verify "]),
            ("/x", &[]),
            ("oi /w", &[]),
            ("//w", &[]),
            ("/stats b", &[]),
            ("b", &["bia: "]),
            ("oi, BI", &["oi, bia "]),
            ("oi, ", &[]),
            ("", &[]),
            ("/who b", &["/who bia "]),
            ("/who Í", &["/who íris#3f9c "]),
            ("/who \"ana l", &["/who \"Ana Luz\" "]),
            ("/who an", &["/who ana ", "/who \"Ana Luz\" "]),
            ("/who c", &["/who c\"d "]),
            ("/who g", &[]),
            ("/ignore g", &["/ignore ~gil "]),
            ("/ignore ~", &["/ignore ~gil "]),
            ("g", &["gil: "]),
            ("/who \"Ana Luz\" b", &["/who \"Ana Luz\" bia "]),
            ("/me b", &["/me bia "]),
            ("diga \"b", &[]),
            ("/room ", &["/room lobby ", "/room \"turma a\" "]),
            ("/room T", &["/room \"turma a\" "]),
            ("/room \"tur", &["/room \"turma a\" "]),
            ("/room b", &[]),
            ("/room lobby b", &[]),
        ] {
            let lines = lines_of(&completion(), typed);
            assert_eq!(lines, expected, "{typed}");
        }
    }

    #[test]
    fn whoever_spoke_last_comes_first() {
        let mut completion = completion();
        assert_eq!(lines_of(&completion, "a")[0], "a \"b: ");
        completion.use_name("Ana Luz");
        completion.use_name("ana");
        completion.use_name("bia");
        assert_eq!(lines_of(&completion, "a")[..2], ["ana: ", "Ana Luz: "]);
        assert_eq!(lines_of(&completion, "/who ")[0], "/who bia ");
        completion.remove_name("ana");
        assert_eq!(lines_of(&completion, "an"), ["Ana Luz: "]);
    }

    #[test]
    fn no_crowd_makes_it_grow_without_end() {
        let mut completion = completion();
        (0..2 * NAMES_MAX).for_each(|n| completion.use_name(&n.to_string()));
        assert_eq!(completion.names.len(), NAMES_MAX);
        assert_eq!(lines_of(&completion, "b"), ["bia: "]);
    }
}
