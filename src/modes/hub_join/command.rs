//! What a line typed at a hub asks for.

use crate::protocol::hub::joiner::HubRequest;
use crate::terminal::entry::{self, Entry};
use crate::terminal::screen::Form;

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'l> {
    /// Nothing.
    Nothing,
    /// Something of the hub.
    HubRequest(HubRequest),
    /// What may be typed?
    Help,
    /// A command that lacks something; how it is used.
    Lacking(&'static str),
    /// No command that there is.
    Unknown(&'l str),
    /// JSON that says nothing.
    NotSay,
}

/// Reads a line: of a person, or with [`Form::Json`] also of a program.
pub(super) fn read(line: &str, form: Form) -> Command<'_> {
    let line = match entry::read(line, form) {
        Entry::Nothing => return Command::Nothing,
        Entry::NotSay => return Command::NotSay,
        Entry::Leave => return Command::HubRequest(HubRequest::Exit),
        Entry::Say { text, to } => {
            let text = text.into_owned();
            return Command::HubRequest(match to {
                Some(to) => HubRequest::Private { to, text },
                None => HubRequest::BroadcastNotMe(text),
            });
        }
        Entry::Command(line) => line,
    };
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (name, text) = split_name(rest.trim_start());
    let with = |text: &str, usage, request: fn(String) -> HubRequest| match text.is_empty() {
        true => Command::Lacking(usage),
        false => Command::HubRequest(request(text.to_owned())),
    };
    match word {
        "/echo" => with(rest, "/echo TEXT", HubRequest::Echo),
        "/all" => with(rest, "/all TEXT", HubRequest::BroadcastNotMe),
        "/me-too" => with(rest, "/me-too TEXT", HubRequest::Broadcast),
        "/remove" => with(name, "/remove NAME", HubRequest::Remove),
        "/msg" if name.is_empty() || text.is_empty() => Command::Lacking("/msg NAME TEXT"),
        "/msg" => Command::HubRequest(HubRequest::Private {
            to: name.to_owned(),
            text: text.to_owned(),
        }),
        "/list" => Command::HubRequest(HubRequest::List),
        "/close" => Command::HubRequest(HubRequest::Close),
        "/sair" => Command::HubRequest(HubRequest::Exit),
        "/help" => Command::Help,
        other => Command::Unknown(other),
    }
}

/// A name, in quotes if it holds blanks, and what follows it.
fn split_name(text: &str) -> (&str, &str) {
    let quoted = text.strip_prefix('"').and_then(|text| text.split_once('"'));
    let (name, rest) = quoted
        .or_else(|| text.split_once(char::is_whitespace))
        .unwrap_or((text, ""));
    (name, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_said_or_done() {
        let request = |line| match read(line, Form::Lines) {
            Command::HubRequest(request) => request,
            other => panic!("{line}: {other:?}"),
        };
        let private = |to: &str, text: &str| HubRequest::Private {
            to: to.into(),
            text: text.into(),
        };
        assert_eq!(request("oi"), HubRequest::BroadcastNotMe("oi".into()));
        assert_eq!(
            request("/all  oi"),
            HubRequest::BroadcastNotMe(" oi".into())
        );
        assert_eq!(request("//etc"), HubRequest::BroadcastNotMe("/etc".into()));
        assert_eq!(request("/me-too oi"), HubRequest::Broadcast("oi".into()));
        assert_eq!(request("/echo x y"), HubRequest::Echo("x y".into()));
        assert_eq!(request("/msg bia oi bia"), private("bia", "oi bia"));
        assert_eq!(request("/msg \"Ana Luz\" oi"), private("Ana Luz", "oi"));
        assert_eq!(
            request("/remove \"Ana Luz\""),
            HubRequest::Remove("Ana Luz".into())
        );
        assert_eq!(request(" sair "), HubRequest::Exit);
        assert_eq!(request("/close"), HubRequest::Close);
        let others = ["", "/msg bia", "/remove", "/help", "/wat x"];
        let others = others.map(|line| read(line, Form::Lines));
        let expected = [
            Command::Nothing,
            Command::Lacking("/msg NAME TEXT"),
            Command::Lacking("/remove NAME"),
            Command::Help,
            Command::Unknown("/wat"),
        ];
        assert_eq!(others, expected);
    }

    #[test]
    fn programs_say_anything_to_anybody_by_json() {
        let json = |line| read(line, Form::Json);
        let all = HubRequest::BroadcastNotMe("/close".into());
        assert_eq!(json("{\"say\": \"/close\"}"), Command::HubRequest(all));
        let private = HubRequest::Private {
            to: "bia".into(),
            text: "oi".into(),
        };
        let line = "{\"say\": \"oi\", \"to\": \"bia\"}";
        assert_eq!(json(line), Command::HubRequest(private));
        assert_eq!(json("{\"say\": 1}"), Command::NotSay);
    }
}
