//! What a person or a program may ask of a room, and how a typed line becomes that.

use super::entry::Entry;
use super::event::Failure;

/// Messages shown when no number is given.
const HISTORY_DEFAULT: usize = 20;

/// Numbers what a face asks, so that the answers can be told apart. The lines face counts its
/// lines, so that a request's number is a line's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What is asked of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say a text to everybody.
    Say(String),
    /// Say a text to one person.
    SayTo {
        /// The name, as typed.
        to: String,
        /// The text.
        text: String,
    },
    /// Say something to one person: a name, which may hold blanks, and a text behind it.
    SayPrivately(String),
    /// List who is here.
    Who,
    /// Show the last messages.
    History(usize),
    /// Give a face that comes late the present state of the room.
    Snapshot,
    /// Show the code to compare with somebody.
    Verify(String),
    /// The codes were compared, and are equal.
    Verified(String),
    /// Count what is held and what was dropped.
    Stats,
    /// Leave the room.
    Leave(Leave),
}

/// How a member leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The farewell was typed.
    Farewell,
    /// The input ended: what it said is to be delivered first.
    EndOfInput,
    /// A signal: at once.
    Signal,
}

/// What a typed line asks for: a command, or help, which a face gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// The list of commands.
    Help,
    /// A command.
    Command(Command),
}

/// Reads what was typed.
///
/// # Errors
/// A command that does not exist, or lacks something.
pub fn read(entry: Entry) -> Result<Asked, Failure> {
    let command = match entry {
        Entry::Nothing => return Ok(Asked::Nothing),
        Entry::NotSay | Entry::Object(_) => return Err(Failure::NotSay),
        Entry::Leave(_) => Command::Leave(Leave::Farewell),
        Entry::Say { text, to: None } => Command::Say(text),
        Entry::Say { text, to: Some(to) } => Command::SayTo { to, text },
        Entry::Command(line) => return of_line(&line),
    };
    Ok(Asked::Command(command))
}

fn of_line(line: &str) -> Result<Asked, Failure> {
    let mut words = line.split_whitespace();
    let command = match (words.next().unwrap_or_default(), words.next()) {
        ("/who", _) => Command::Who,
        ("/history", None) => Command::History(HISTORY_DEFAULT),
        ("/history", Some(count)) => match count.parse() {
            Ok(count) => Command::History(count),
            Err(_) => return Err(Failure::NoCount(count.to_owned())),
        },
        ("/msg", None) => return Err(Failure::Usage("/msg NAME TEXT")),
        ("/msg", Some(_)) => Command::SayPrivately(rest(line).to_owned()),
        ("/verify", None) => return Err(Failure::Usage("/verify NAME")),
        ("/verified", None) => return Err(Failure::Usage("/verified NAME")),
        ("/verify", Some(_)) => Command::Verify(rest(line).to_owned()),
        ("/verified", Some(_)) => Command::Verified(rest(line).to_owned()),
        ("/stats", _) => Command::Stats,
        ("/help", _) => return Ok(Asked::Help),
        ("/sair", _) => Command::Leave(Leave::Farewell),
        (other, _) => return Err(Failure::UnknownCommand(other.to_owned())),
    };
    Ok(Asked::Command(command))
}

/// The text behind a command's first word: names may hold blanks.
fn rest(line: &str) -> &str {
    let rest = line.trim().split_once(char::is_whitespace);
    rest.map_or("", |(_, rest)| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::{self, Input, Syntax};

    fn asked(line: &str, input: Input) -> Result<Asked, Failure> {
        read(entry::read(line.to_owned(), input, Syntax::Commands).entry)
    }

    fn command(line: &str) -> Command {
        match asked(line, Input::Lines) {
            Ok(Asked::Command(command)) => command,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_are_said_and_commands_are_done() {
        assert_eq!(command("oi"), Command::Say("oi".into()));
        assert_eq!(asked("", Input::Lines), Ok(Asked::Nothing));
        assert_eq!(command(" sair "), Command::Leave(Leave::Farewell));
        assert_eq!(command("/sair"), Command::Leave(Leave::Farewell));
        assert_eq!(command("/who"), Command::Who);
        assert_eq!(command("/history"), Command::History(20));
        assert_eq!(command("/history 5"), Command::History(5));
        let text = "ana oi, ana".to_owned();
        assert_eq!(command("/msg ana oi, ana"), Command::SayPrivately(text));
        let name = "ana maria".to_owned();
        assert_eq!(command("/verify ana maria "), Command::Verify(name));
        assert_eq!(command("//etc"), Command::Say("/etc".into()));
        let json = "{\"say\":\"x\"}";
        assert_eq!(command(json), Command::Say(json.into()));
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let failure = |line| asked(line, Input::Lines).unwrap_err();
        assert_eq!(failure("/history x"), Failure::NoCount("x".into()));
        assert_eq!(failure("/msg"), Failure::Usage("/msg NAME TEXT"));
        assert_eq!(failure("/verified"), Failure::Usage("/verified NAME"));
        assert_eq!(failure("/wat"), Failure::UnknownCommand("/wat".into()));
    }

    #[test]
    fn programs_say_anything_by_json() {
        let said = |line| asked(line, Input::Json);
        let say = |text: &str| Ok(Asked::Command(Command::Say(text.into())));
        assert_eq!(said("{\"say\": \"sair\"}"), say("sair"));
        let (to, text) = ("ana".into(), "oi".into());
        let private = Command::SayTo { to, text };
        let asked = said(r#"{"say": "oi", "to": "ana"}"#);
        assert_eq!(asked, Ok(Asked::Command(private)));
        assert_eq!(said("{\"say\": 1}"), Err(Failure::NotSay));
        assert_eq!(said("oi"), say("oi"));
        assert_eq!(said("/who"), Ok(Asked::Command(Command::Who)));
    }
}
