//! What a typed line asks for.

use std::borrow::Cow;

use crate::terminal::entry::{self, Entry};
use crate::terminal::screen::Form;

/// Messages shown when no number is given.
const HISTORY_DEFAULT: usize = 20;

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'l> {
    /// Nothing.
    Nothing,
    /// To be said.
    Say(Cow<'l, str>),
    /// Who is here?
    Who,
    /// The last messages.
    History(usize),
    /// To be said to one person only: the name and the text, not yet told apart.
    Private(&'l str),
    /// The same, told apart.
    PrivateTo(String, String),
    /// The code to compare with somebody.
    Verify(&'l str),
    /// The codes were compared.
    Verified(&'l str),
    /// What was dropped, and what is held.
    Stats,
    /// A name that a command needs is missing.
    Lacking(&'static str),
    /// What may be typed?
    Help,
    /// To leave.
    Leave,
    /// No command that there is.
    Unknown(&'l str),
    /// No number of messages.
    NoCount(&'l str),
    /// JSON that says nothing.
    NotSay,
}

/// Reads a line: of a person, or with [`Form::Json`] also of a program.
pub(super) fn read(line: &str, form: Form) -> Command<'_> {
    let line = match entry::read(line, form) {
        Entry::Nothing => return Command::Nothing,
        Entry::NotSay => return Command::NotSay,
        Entry::Leave => return Command::Leave,
        Entry::Say { text, to: None } => return Command::Say(text),
        Entry::Say { text, to: Some(to) } => return Command::PrivateTo(to, text.into_owned()),
        Entry::Command(line) => line,
    };
    let mut words = line.split_whitespace();
    match (words.next().unwrap_or_default(), words.next()) {
        ("/who", _) => Command::Who,
        ("/history", None) => Command::History(HISTORY_DEFAULT),
        ("/history", Some(count)) => match count.parse() {
            Ok(count) => Command::History(count),
            Err(_) => Command::NoCount(count),
        },
        ("/msg", None) => Command::Lacking("/msg NAME TEXT"),
        ("/msg", Some(_)) => Command::Private(rest(line)),
        ("/verify", None) => Command::Lacking("/verify NAME"),
        ("/verified", None) => Command::Lacking("/verified NAME"),
        ("/verify", Some(_)) => Command::Verify(rest(line)),
        ("/verified", Some(_)) => Command::Verified(rest(line)),
        ("/stats", _) => Command::Stats,
        ("/help", _) => Command::Help,
        ("/sair", _) => Command::Leave,
        (other, _) => Command::Unknown(other),
    }
}

/// What stands behind a command: names may hold blanks.
fn rest(line: &str) -> &str {
    let rest = line.trim().split_once(char::is_whitespace);
    rest.map_or("", |(_, rest)| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_said_and_commands_are_done() {
        let lines = |line| read(line, Form::Lines);
        assert_eq!(lines("oi"), Command::Say("oi".into()));
        assert_eq!(lines(""), Command::Nothing);
        assert_eq!(lines(" sair "), Command::Leave);
        assert_eq!(lines("/sair"), Command::Leave);
        assert_eq!(lines("/who"), Command::Who);
        assert_eq!(lines("/history"), Command::History(20));
        assert_eq!(lines("/history 5"), Command::History(5));
        assert_eq!(lines("/history x"), Command::NoCount("x"));
        assert_eq!(lines("/msg ana oi, ana"), Command::Private("ana oi, ana"));
        assert_eq!(lines("/msg"), Command::Lacking("/msg NAME TEXT"));
        assert_eq!(lines("/verify ana maria "), Command::Verify("ana maria"));
        assert_eq!(lines("/verified"), Command::Lacking("/verified NAME"));
        assert_eq!(lines("/wat"), Command::Unknown("/wat"));
        assert_eq!(lines("//etc"), Command::Say("/etc".into()));
        assert_eq!(
            lines("{\"say\":\"x\"}"),
            Command::Say("{\"say\":\"x\"}".into())
        );
    }

    #[test]
    fn programs_say_anything_by_json() {
        let json = |line| read(line, Form::Json);
        assert_eq!(json("{\"say\": \"sair\"}"), Command::Say("sair".into()));
        let private = Command::PrivateTo("ana".into(), "oi".into());
        assert_eq!(json(r#"{"say": "oi", "to": "ana"}"#), private);
        assert_eq!(json("{\"say\": 1}"), Command::NotSay);
        assert_eq!(json("oi"), Command::Say("oi".into()));
        assert_eq!(json("/who"), Command::Who);
    }
}
