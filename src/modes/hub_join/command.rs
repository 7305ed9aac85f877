//! What a line typed at a hub asks for.

use crate::chat::entry::{Entry, split_name};
use crate::chat::event::Failure;
use crate::chat::vocabulary::{Argument, CommandWord, SHARED_COMMANDS, meant};
use crate::protocol::hub::joiner::HubRequest;

/// The commands, in both languages.
pub(super) fn commands() -> impl Iterator<Item = CommandWord> {
    COMMANDS.into_iter().chain(SHARED_COMMANDS)
}

/// The commands that a hub alone has.
const COMMANDS: [CommandWord; 12] = {
    use Argument::{Nothing, Person, Text};
    [
        CommandWord::new("/echo", Text),
        CommandWord::new("/all", Text),
        CommandWord::new("/me-too", Text),
        CommandWord::new("/remove", Person),
        CommandWord::new("/list", Nothing),
        CommandWord::new("/who", Nothing),
        CommandWord::new("/quem", Nothing),
        CommandWord::new("/ignore", Person),
        CommandWord::new("/ignorar", Person),
        CommandWord::new("/unignore", Person),
        CommandWord::new("/designorar", Person),
        CommandWord::new("/close", Nothing),
    ]
};

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing.
    Nothing,
    /// Something of the hub.
    HubRequest(HubRequest),
    /// Show nothing of a name any more; without one, list those of which nothing is shown.
    Ignore(Option<String>),
    /// Show a name again.
    Unignore(String),
    /// The list of commands.
    Help,
    /// To clear the screen.
    ClearScreen,
}

/// Reads what was typed.
///
/// # Errors
/// A command that does not exist, or lacks something.
pub(super) fn read(entry: Entry) -> Result<Command, Failure> {
    let line = match entry {
        Entry::Nothing | Entry::Page { .. } | Entry::MarkRead(_) => return Ok(Command::Nothing),
        Entry::NotSay
        | Entry::Object(_)
        | Entry::Edit { .. }
        | Entry::Delete { .. }
        | Entry::Direct(_)
        | Entry::Guests(_)
        | Entry::Send(_)
        | Entry::Rooms(_) => return Err(Failure::NotSay),
        // Nothing is asked here.
        Entry::Answer(_) => return Ok(Command::Nothing),
        Entry::Flawed(failure) => return Err(failure),
        Entry::ClearScreen => return Ok(Command::ClearScreen),
        Entry::Leave(_) => return Ok(Command::HubRequest(HubRequest::Exit)),
        Entry::Say { text, to } => {
            return Ok(Command::HubRequest(match to {
                Some(to) => HubRequest::Private { to, text },
                None => HubRequest::BroadcastNotMe(text),
            }));
        }
        Entry::Command(line) => line,
    };
    let (word, rest) = line
        .split_once(char::is_whitespace)
        .unwrap_or((line.as_str(), ""));
    let (name, text) = split_name(rest.trim_start());
    let with = |text: &str, usage, request: fn(String) -> HubRequest| match text.is_empty() {
        true => Err(Failure::Usage(usage)),
        false => Ok(request(text.to_owned())),
    };
    let request = match word {
        "/echo" => with(rest, "/echo TEXT", HubRequest::Echo),
        "/all" => with(rest, "/all TEXT", HubRequest::BroadcastNotMe),
        "/me-too" => with(rest, "/me-too TEXT", HubRequest::Broadcast),
        // The protocol has no actions: the others get the text that guests of a lobby get.
        "/me" | "/eu" => {
            let action = |text: String| HubRequest::BroadcastNotMe(format!("* {text}"));
            with(rest.trim(), "/me TEXT", action)
        }
        "/remove" => with(name, "/remove NAME", HubRequest::Remove),
        "/msg" if name.is_empty() || text.is_empty() => Err(Failure::Usage("/msg NAME TEXT")),
        "/msg" => Ok(HubRequest::Private {
            to: name.to_owned(),
            text: text.to_owned(),
        }),
        "/list" | "/who" | "/quem" => Ok(HubRequest::List),
        "/close" => Ok(HubRequest::Close),
        "/sair" | "/quit" | "/exit" | "/q" => Ok(HubRequest::Exit),
        "/nick" | "/apelido" => Err(Failure::NoRenaming),
        "/ignore" | "/ignorar" => {
            let name = Some(name.to_owned()).filter(|name| !name.is_empty());
            return Ok(Command::Ignore(name));
        }
        "/unignore" | "/designorar" if name.is_empty() => Err(Failure::Usage("/unignore NAME")),
        "/unignore" | "/designorar" => return Ok(Command::Unignore(name.to_owned())),
        "/help" | "/?" | "/ajuda" => return Ok(Command::Help),
        other => Err(Failure::UnknownCommand {
            given: other.to_owned(),
            meant: meant(other, commands().map(|command| command.word)),
        }),
    };
    request.map(Command::HubRequest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::entry::{self, Input, Syntax};
    use crate::chat::vocabulary::tests::expect_slips_found;

    fn read_line(line: &str, input: Input) -> Result<Command, Failure> {
        read(entry::read(line.to_owned(), input, Syntax::Commands).entry)
    }

    #[test]
    fn a_line_is_said_or_done() {
        let request = |line| match read_line(line, Input::Lines) {
            Ok(Command::HubRequest(request)) => request,
            other => panic!("{line}: {other:?}"),
        };
        let private = |to: &str, text: &str| HubRequest::Private {
            to: to.into(),
            text: text.into(),
        };
        assert_eq!(request("oi"), HubRequest::BroadcastNotMe("oi".into()));
        let text = " oi".into();
        assert_eq!(request("/all  oi"), HubRequest::BroadcastNotMe(text));
        assert_eq!(request("//etc"), HubRequest::BroadcastNotMe("/etc".into()));
        assert_eq!(request("/me-too oi"), HubRequest::Broadcast("oi".into()));
        let text = "* acena".into();
        assert_eq!(request("/me acena "), HubRequest::BroadcastNotMe(text));
        assert_eq!(request("/echo x y"), HubRequest::Echo("x y".into()));
        assert_eq!(request("/msg bia oi bia"), private("bia", "oi bia"));
        assert_eq!(request("/msg \"Ana Luz\" oi"), private("Ana Luz", "oi"));
        let name = "Ana Luz".into();
        assert_eq!(request("/remove \"Ana Luz\""), HubRequest::Remove(name));
        assert_eq!(request(" sair "), HubRequest::Exit);
        assert_eq!(request("/close"), HubRequest::Close);
        let others = ["", "/msg bia", "/remove", "/help", "/wat x"];
        let others = others.map(|line| read_line(line, Input::Lines));
        let expected = [
            Ok(Command::Nothing),
            Err(Failure::Usage("/msg NAME TEXT")),
            Err(Failure::Usage("/remove NAME")),
            Ok(Command::Help),
            Err(Failure::UnknownCommand {
                given: "/wat".into(),
                meant: None,
            }),
        ];
        assert_eq!(others, expected);
    }

    #[test]
    fn every_command_is_known_and_found_after_a_slip() {
        for command in commands() {
            let asked = read(Entry::Command(command.word.into()));
            // The face clears the screen.
            let is_known = !matches!(asked, Err(Failure::UnknownCommand { .. }));
            assert!(is_known || command.word == "/clear", "{}", command.word);
        }
        let words: Vec<&str> = commands().map(|command| command.word).collect();
        expect_slips_found(&words);
    }

    #[test]
    fn programs_say_anything_to_anybody_by_json() {
        let json = |line| read_line(line, Input::Json);
        let all = HubRequest::BroadcastNotMe("/close".into());
        assert_eq!(json("{\"say\": \"/close\"}"), Ok(Command::HubRequest(all)));
        let private = HubRequest::Private {
            to: "bia".into(),
            text: "oi".into(),
        };
        let line = "{\"say\": \"oi\", \"to\": \"bia\"}";
        assert_eq!(json(line), Ok(Command::HubRequest(private)));
        assert_eq!(json("{\"say\": 1}"), Err(Failure::NotSay));
    }
}
