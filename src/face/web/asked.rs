//! What a page asks for, read from the body or the query of a request. Pure.

use serde::Deserialize;

use crate::chat::archive::search::{Place, Span};
use crate::chat::command::{self, Asked, Command};
use crate::chat::entry::{self, Entry, Input, Syntax};
use crate::chat::event::Failure;
use crate::chat::finding::Purpose;
use crate::chat::transfer::FilesCommand;
use crate::face::json::place;

/// Messages of `GET /history` if it does not say how many.
const HISTORY_DEFAULT: usize = 50;

/// Most of them: some screens.
pub(super) const HISTORY_MAX: usize = 200;

/// The first words of the commands that leave, which have no answer.
const LEAVING: [&str; 4] = ["/sair", "/quit", "/exit", "/q"];

/// The first words of the commands that list the commands.
const HELP: [&str; 3] = ["/help", "/?", "/ajuda"];

/// The first words of the commands that read what is on this computer, or show it there.
const SENDING: [&str; 6] = ["/send", "/enviar", "/paste", "/colar", "/view", "/ver"];

/// What a page asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Ask {
    /// To take in a line of input: the body of `POST /say`.
    Say(String),
    /// What was said: the query of `GET /history`.
    History(HistoryAsk),
}

/// The query of `GET /history`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HistoryAsk {
    /// Older than the message of this place.
    pub(super) before: Option<String>,
    /// Most messages.
    pub(super) limit: Option<usize>,
    /// The room's name; none means the first room.
    pub(super) room: Option<String>,
    /// What `/search` would be followed by.
    pub(super) search: Option<String>,
}

/// The query of `PUT /files`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OfferAsk {
    /// What the file is called.
    pub(super) name: String,
    /// The room's name; none means the first room.
    pub(super) room: Option<String>,
}

/// A line of input as it is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) entry: Entry,
    /// The name that the page gives its request.
    pub(super) id: Option<String>,
    /// The room that is meant.
    pub(super) room: Option<String>,
}

/// The object by which a page types a command: the others say, edit or delete.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    command: String,
    id: Option<String>,
    room: Option<String>,
}

/// Reads a line of input: an object of `--json`, `{"command": "/who"}`, or a line as it is typed.
pub(super) fn said(line: String) -> Said {
    let line = match serde_json::from_str::<Typed>(&line) {
        Ok(typed) => {
            let read = entry::read(typed.command, Input::Lines, Syntax::Commands);
            return Said {
                entry: without_paths(read.entry),
                id: typed.id,
                room: typed.room,
            };
        }
        Err(_) => entry::read(line, Input::Json, Syntax::Commands),
    };
    Said {
        entry: without_paths(line.entry),
        id: line.id,
        room: line.room,
    }
}

/// A page reads and writes no files that it chooses: whoever gets hold of its token would too.
fn without_paths(entry: Entry) -> Entry {
    let is_send = is_command(&entry, &SENDING) || matches!(entry, Entry::Send(_));
    match entry {
        _ if is_send => Entry::Flawed(Failure::PageNamesFiles),
        Entry::Direct(command) => Entry::Direct(Box::new(match *command {
            Command::Files(FilesCommand::Get { which, .. }) => {
                Command::Files(FilesCommand::Get { which, into: None })
            }
            command => command,
        })),
        entry => entry,
    }
}

/// Whether an entry ends the program.
pub(super) fn leaves(entry: &Entry) -> bool {
    matches!(entry, Entry::Leave(_)) || is_command(entry, &LEAVING)
}

/// Whether an entry asks for the list of commands.
pub(super) fn asks_for_help(entry: &Entry) -> bool {
    is_command(entry, &HELP)
}

fn is_command(entry: &Entry, words: &[&str]) -> bool {
    let Entry::Command(line) = entry else {
        return false;
    };
    let first = line.split_whitespace().next();
    first.is_some_and(|first| words.contains(&first))
}

/// Reads a query, without its question mark. `put` takes each name and value, and returns whether
/// the name was there before.
fn each_of(query: &str, mut put: impl FnMut(&str, String) -> Result<bool, ()>) -> Result<(), ()> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(())?;
        let value = decoded(value).ok_or(())?;
        if put(name, value)? {
            return Err(());
        }
    }
    Ok(())
}

impl OfferAsk {
    /// Reads the query of a target, without its question mark.
    ///
    /// # Errors
    /// A name that is not known, twice there or missing, or a value that is none.
    pub(super) fn parse(query: &str) -> Result<Self, ()> {
        let (mut file, mut room) = (None, None);
        each_of(query, |name, value| {
            Ok(match name {
                "name" => file.replace(value).is_some(),
                "room" => room.replace(value).is_some(),
                _ => return Err(()),
            })
        })?;
        let name = file.ok_or(())?;
        Ok(Self { name, room })
    }
}

impl HistoryAsk {
    /// Reads the query of a target, without its question mark.
    ///
    /// # Errors
    /// A name that is not known, twice there, or a value that is none.
    pub(super) fn parse(query: &str) -> Result<Self, ()> {
        let mut ask = Self::default();
        each_of(query, |name, value| {
            Ok(match name {
                "before" => ask.before.replace(value).is_some(),
                "room" => ask.room.replace(value).is_some(),
                "search" => ask.search.replace(value).is_some(),
                "limit" => {
                    let limit = value.parse().map_err(|_| ())?;
                    ask.limit.replace(limit).is_some()
                }
                _ => return Err(()),
            })
        })?;
        Ok(ask)
    }

    /// Whether words are looked for.
    pub(super) fn is_search(&self) -> bool {
        self.search.is_some()
    }

    /// The command that answers it.
    ///
    /// # Errors
    /// What is wrong with the words, or with the place.
    pub(super) fn command(self, when: impl Fn(&str) -> Option<Span>) -> Result<Command, Failure> {
        let mut query = match self.search {
            None => Box::default(),
            Some(words) => {
                let line = Entry::Command(format!("/search {words}"));
                match command::read(line, when)? {
                    Asked::Command(Command::Find { query, .. }) => query,
                    _ => return Err(Failure::NotSay),
                }
            }
        };
        if let Some(before) = self.before {
            query.place = Place::Before(place::parse(&before).ok_or(Failure::NoMessageId(before))?);
        }
        let limit = self.limit.unwrap_or(HISTORY_DEFAULT);
        query.limit = limit.clamp(1, HISTORY_MAX);
        let purpose = Purpose::Search;
        Ok(Command::Find { query, purpose })
    }
}

/// A value of a query: `+` and `%20` are blanks.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high << 4 | low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::archive::search::Query;
    use crate::chat::transfer::WhichOffer;
    use proptest::prelude::*;

    fn no_time(_: &str) -> Option<Span> {
        None
    }

    fn query(text: &str) -> Result<Query, Failure> {
        match HistoryAsk::parse(text).unwrap().command(no_time)? {
            Command::Find { query, .. } => Ok(*query),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_page_types_as_a_program_does_and_commands_besides() {
        let say = |text: &str| Entry::Say {
            text: text.into(),
            to: None,
        };
        assert_eq!(said("oi".into()).entry, say("oi"));
        let object = said(r#"{"say": "/who", "id": 7, "room": "turma"}"#.into());
        assert_eq!(object.entry, say("/who"));
        assert_eq!(object.id.as_deref(), Some("7"));
        assert_eq!(object.room.as_deref(), Some("turma"));
        let command = said(r#"{"command": "/who", "id": "a"}"#.into());
        assert_eq!(command.entry, Entry::Command("/who".into()));
        assert_eq!(command.id.as_deref(), Some("a"));
        let both = said(r#"{"command": "/who", "say": "oi"}"#.into());
        assert_eq!(both.entry, say("oi"), "the schema of --json holds");
        for nothing in ["{", "{}", r#"{"say": 1}"#] {
            assert_eq!(said(nothing.into()).entry, Entry::NotSay, "{nothing}");
        }
        for line in ["sair", "/quit", " sair ", r#"{"command": "/q now"}"#] {
            assert!(leaves(&said(line.into()).entry), "{line}");
        }
        assert!(!leaves(&said(r#"{"say": "sair"}"#.into()).entry));
        assert!(asks_for_help(&said("/ajuda".into()).entry));
    }

    #[test]
    fn a_page_names_no_path() {
        for line in [
            "/send /etc/passwd",
            " /enviar x",
            r#"{"command": "/send x"}"#,
            r#"{"send": "/etc/passwd"}"#,
        ] {
            let entry = said(line.into()).entry;
            let is_refused = entry == Entry::Flawed(Failure::PageNamesFiles);
            assert!(
                is_refused || matches!(entry, Entry::Say { .. }),
                "{line}: {entry:?}"
            );
        }
        let get = said(r#"{"get": 3, "into": "/root"}"#.into()).entry;
        let which = WhichOffer::Number(3);
        let command = Command::Files(FilesCommand::Get { which, into: None });
        assert_eq!(get, Entry::Direct(Box::new(command)));
    }

    #[test]
    fn a_history_has_an_end_and_a_search_its_words() {
        assert_eq!(query("").unwrap().limit, HISTORY_DEFAULT);
        assert_eq!(query("limit=9999").unwrap().limit, HISTORY_MAX);
        assert_eq!(query("limit=0").unwrap().limit, 1);
        let found = query("search=prova+from%3Aana&limit=7").unwrap();
        assert_eq!(found.words, "prova");
        assert_eq!(found.from.as_deref(), Some("ana"));
        assert_eq!(found.limit, 7);
        assert!(matches!(query("before=x"), Err(Failure::NoMessageId(_))));
        assert!(matches!(query("search="), Err(Failure::Usage(_))));
        for wrong in [
            "limit=x",
            "a=b",
            "limit",
            "room=%f",
            "room=%ff",
            "room=a&room=b",
        ] {
            assert_eq!(HistoryAsk::parse(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_file_has_a_name_and_perhaps_a_room() {
        let asked = OfferAsk::parse("name=o+mapa%2epng&room=turma-a").unwrap();
        assert_eq!(asked.name, "o mapa.png");
        assert_eq!(asked.room.as_deref(), Some("turma-a"));
        for wrong in ["", "room=a", "name=a&name=b", "name=%ff", "name=a&path=b"] {
            assert_eq!(OfferAsk::parse(wrong), Err(()), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(text in "[%+a-f0-9=&]{0,40}") {
            let _ = (HistoryAsk::parse(&text), OfferAsk::parse(&text));
        }

        #[test]
        fn a_value_is_what_it_was(value in "\\PC{0,20}") {
            let encoded: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
            prop_assert_eq!(decoded(&encoded), Some(value));
        }
    }
}
