//! What a typed line asks about files: `/send`, `/paste`, `/get`, `/view`, `/files`, `/stop` and
//! `/unshare`.

use super::command::{Asked, Command};
use super::event::Failure;
use super::transfer::{FilesCommand, WhichOffer};

/// Files that somebody wants to offer. The room knows no paths: whoever asked for it has them read,
/// and then asks for [`FilesCommand::Offer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToSend {
    /// The files and folders, as typed.
    pub paths: Vec<String>,
}

/// What `/send` takes.
const SEND_USAGE: &str = "/send FILE…";

/// What an option begins with. `/send` has none, and takes none for a file: a file that is called
/// so is offered by `./--name`.
const OPTION_PREFIX: &str = "--";

/// What a line about files asks for; `None` if its word is another.
pub(super) fn of_line(word: &str, rest: &str) -> Option<Result<Asked, Failure>> {
    let files = |command| Ok(Asked::Command(Command::Files(command)));
    Some(match word {
        "/send" | "/enviar" => send(rest).map(Asked::Send),
        "/get" | "/baixar" => {
            let which = match rest.trim() {
                "" => Ok(WhichOffer::Newest),
                "all" | "todos" | "tudo" => Ok(WhichOffer::All),
                typed => number(typed),
            };
            which.and_then(|which| files(FilesCommand::Get { which, into: None }))
        }
        "/files" | "/arquivos" => files(FilesCommand::List),
        "/view" | "/ver" => match rest.trim() {
            "" => Ok(Asked::View(WhichOffer::Newest)),
            typed => number(typed).map(Asked::View),
        },
        "/paste" | "/colar" => Ok(Asked::Paste),
        "/stop" | "/parar" => match rest.trim() {
            "" | "all" | "todos" => files(FilesCommand::Stop(None)),
            typed => number(typed).and_then(|which| files(FilesCommand::Stop(Some(which)))),
        },
        "/unshare" | "/recolher" => match rest.trim() {
            "" => Err(Failure::Usage("/unshare N")),
            "all" | "todos" => files(FilesCommand::Unshare(WhichOffer::All)),
            typed => number(typed).and_then(|which| files(FilesCommand::Unshare(which))),
        },
        _ => return None,
    })
}

fn number(typed: &str) -> Result<WhichOffer, Failure> {
    let digits = typed.strip_prefix('#').unwrap_or(typed);
    match digits.parse() {
        Ok(number) => Ok(WhichOffer::Number(number)),
        Err(_) => Err(Failure::NoCount(typed.to_owned())),
    }
}

fn send(rest: &str) -> Result<ToSend, Failure> {
    let paths = words(rest);
    let has_option = paths.iter().any(|path| path.starts_with(OPTION_PREFIX));
    match paths.is_empty() || has_option {
        true => Err(Failure::Usage(SEND_USAGE)),
        false => Ok(ToSend { paths }),
    }
}

/// Words as a shell takes them apart: what stands in quotes is one, and so is what has a backslash
/// before its blanks. Terminals write the path of a file like this that is dropped on them.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (None, '\\') if signs.peek().is_some_and(|next| is_escaped(*next)) => {
                word.get_or_insert_default().extend(signs.next());
            }
            (None, sign) if sign.is_whitespace() => words.extend(word.take()),
            (_, sign) => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}

/// Whether a backslash before this sign is no part of a path. Before letters it is one, on Windows.
fn is_escaped(sign: char) -> bool {
    sign.is_whitespace() || (sign.is_ascii_punctuation() && sign != '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(word: &str, rest: &str) -> Result<Asked, Failure> {
        of_line(word, rest).unwrap()
    }

    fn paths(rest: &str) -> Vec<String> {
        match asked("/send", rest) {
            Ok(Asked::Send(ToSend { paths })) => paths,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn paths_are_taken_apart_as_a_shell_does() {
        assert_eq!(paths("mapa.png  aula/"), ["mapa.png", "aula/"]);
        assert_eq!(paths("'/tmp/o mapa.png'"), ["/tmp/o mapa.png"]);
        assert_eq!(
            paths("/tmp/o\\ mapa\\ \\(1\\).png"),
            ["/tmp/o mapa (1).png"]
        );
        assert_eq!(paths("\"it's\""), ["it's"]);
        assert_eq!(paths("C:\\temp\\a.txt"), ["C:\\temp\\a.txt"]);
        assert_eq!(paths("um'a so'"), ["uma so"]);
    }

    #[test]
    fn an_option_is_an_error_and_no_file() {
        for typed in ["", "  ", "--to rui x.png", "x.png --to rui", "x.png --to"] {
            let usage = Err(Failure::Usage(SEND_USAGE));
            assert_eq!(asked("/send", typed), usage, "{typed}");
            assert_eq!(asked("/enviar", typed), usage, "{typed}");
        }
        assert_eq!(paths("./--to -x a--b"), ["./--to", "-x", "a--b"]);
    }

    #[test]
    fn offers_are_named_by_their_number() {
        let files = |command| Ok(Asked::Command(Command::Files(command)));
        let get = |which| files(FilesCommand::Get { which, into: None });
        assert_eq!(asked("/get", ""), get(WhichOffer::Newest));
        assert_eq!(asked("/get", " 3 "), get(WhichOffer::Number(3)));
        assert_eq!(asked("/baixar", "#3"), get(WhichOffer::Number(3)));
        assert_eq!(asked("/get", "all"), get(WhichOffer::All));
        assert_eq!(asked("/get", "x"), Err(Failure::NoCount("x".into())));
        assert_eq!(asked("/stop", ""), files(FilesCommand::Stop(None)));
        let unshared = FilesCommand::Unshare(WhichOffer::Number(2));
        assert_eq!(asked("/unshare", "2"), files(unshared));
        assert_eq!(asked("/unshare", ""), Err(Failure::Usage("/unshare N")));
        assert_eq!(asked("/arquivos", ""), files(FilesCommand::List));
        let newest = Ok(Asked::View(WhichOffer::Newest));
        assert_eq!(asked("/view", ""), newest);
        assert_eq!(asked("/ver", " 2"), Ok(Asked::View(WhichOffer::Number(2))));
        assert_eq!(asked("/paste", ""), Ok(Asked::Paste));
        assert!(of_line("/filez", "").is_none());
    }
}
