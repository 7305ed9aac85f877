//! What a line of input is, in every mode that talks: something to say, a command, or the
//! farewell.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::archive::search::Place;
use super::command::{Command, RequestId};
use super::event::Failure;
use super::guests::GuestsCommand;
use super::rooms::{JoinAsked, KeySource, RoomNumber, RoomsCommand, Secret};
use super::transfer::{FilesCommand, WhichOffer};
use super::typed_files::ToSend;
use crate::protocol::engine::event::MessageId;
use crate::protocol::message::is_farewell;

/// Who writes the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A person, or a program that writes as one.
    Lines,
    /// A program that may also write objects.
    Json,
}

/// What a line may be beside something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// A command, which begins with a slash; an empty line is nothing.
    Commands,
    /// A choice of a menu, or what the last choice needs.
    Menu,
    /// Nothing else: every line is said as it stands, and every object goes as it is.
    Verbatim,
    /// Nothing at all: what is typed is not read.
    Unread,
}

/// A line, as it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing.
    Nothing,
    /// To be said.
    Say {
        /// What.
        text: String,
        /// To whom, if only to one.
        to: Option<String>,
    },
    /// A message is to be changed: by a program, which knows its id.
    Edit {
        /// The message's id, as typed.
        id: String,
        /// What it is to say.
        text: String,
    },
    /// A message is to be withdrawn.
    Delete {
        /// The message's id, as typed.
        id: String,
    },
    /// A page of the room's messages, which [`super::event::News::Page`] answers: a face reads on.
    Page {
        /// From where.
        place: Place,
        /// How many messages; at most [`super::finding::FOUND_MAX`].
        limit: usize,
    },
    /// This person has seen a message and all before it. Answered by nothing; kept beyond this
    /// session, and told to faces by [`super::event::News::ReadUntil`] and in a snapshot.
    MarkRead(MessageId),
    /// A command: the line, with its slash.
    Command(String),
    /// The farewell, as it stands.
    Leave(String),
    /// An object, to be sent as it stands.
    Object(String),
    /// JSON that says nothing.
    NotSay,
    /// Files are to be offered: by a program.
    Send(ToSend),
    /// Something about guests, from the program that serves them.
    Guests(Box<GuestsCommand>),
    /// What is wrong with a line, to be told in its place among the others.
    Flawed(Failure),
    /// To clear the screen, which is a terminal's business.
    ClearScreen,
    /// What a face asks for by itself, without words.
    Direct(Box<Command>),
    /// Something about the rooms together, from a program.
    Rooms(RoomsCommand),
    /// The answer to what was asked last; `None` if there is none.
    Answer(Option<Secret>),
}

/// An entry on its way from a face to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What its answers are told by.
    pub id: RequestId,
    /// The room that is meant.
    pub room: RoomNumber,
    /// What is asked for.
    pub entry: Entry,
}

/// A line of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it asks for.
    pub entry: Entry,
    /// The name that a program gives its request.
    pub id: Option<String>,
    /// The room that a program means.
    pub room: Option<String>,
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        Self {
            entry,
            id: None,
            room: None,
        }
    }
}

/// Longest id of a request, in bytes. Longer ones are refused: they are held until answered.
const REQUEST_ID_MAX_BYTES: usize = 256;

/// A program's object that says something, or changes what was said.
#[derive(Deserialize)]
struct Saying {
    say: Option<String>,
    edit: Option<String>,
    delete: Option<String>,
    to: Option<String>,
    id: Option<RequestName>,
    room: Option<String>,
    join: Option<String>,
    part: Option<String>,
    key: Option<String>,
    key_file: Option<String>,
    invite_file: Option<String>,
    send: Option<String>,
    get: Option<Numbered>,
    stop: Option<Numbered>,
    unshare: Option<Numbered>,
    into: Option<String>,
}

/// A program names an offer by its number, or all of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Numbered {
    Number(u32),
    Word(String),
}

impl Numbered {
    fn which(self) -> Option<WhichOffer> {
        match self {
            Self::Number(number) => Some(WhichOffer::Number(number)),
            Self::Word(word) => match word.as_str() {
                "all" => Some(WhichOffer::All),
                "newest" => Some(WhichOffer::Newest),
                _ => None,
            },
        }
    }
}

/// A program may count its requests or name them.
#[derive(Deserialize)]
#[serde(untagged)]
enum RequestName {
    Text(String),
    Number(u64),
}

/// Reads a line.
#[must_use]
pub fn read(line: String, input: Input, syntax: Syntax) -> Line {
    if input == Input::Json && line.trim_start().starts_with('{') {
        return read_object(&line, syntax);
    }
    if is_farewell(&line) {
        return Entry::Leave(line).into();
    }
    if syntax != Syntax::Commands {
        return say(line, None).into();
    }
    if line.is_empty() {
        return Entry::Nothing.into();
    }
    let text = match line.strip_prefix('/') {
        None => line,
        // A doubled slash says one.
        Some(text) if text.starts_with('/') => text.to_owned(),
        Some(_) => return Entry::Command(line).into(),
    };
    say(text, None).into()
}

/// Reads a paste of several lines, which is text whatever it begins with.
#[must_use]
pub fn pasted(text: String) -> Line {
    match text.trim().is_empty() {
        true => Entry::Nothing.into(),
        false => say(text, None).into(),
    }
}

/// The rest of a line whose beginning was said: text, whatever it begins with.
#[must_use]
pub fn rest(text: String) -> Entry {
    say(text, None)
}

/// All that was typed where nothing but a name or a path can stand, with quotes or without.
pub(in crate::chat) fn whole_name(rest: &str) -> &str {
    let rest = rest.trim();
    let quoted = rest
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    quoted.unwrap_or(rest)
}

/// A typed name and what follows it: the first word, or what stands in quotes.
#[must_use]
pub fn split_name(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let quoted = text.strip_prefix('"').and_then(|text| text.split_once('"'));
    let (name, rest) = quoted
        .or_else(|| text.split_once(char::is_whitespace))
        .unwrap_or((text, ""));
    (name, rest.trim_start())
}

fn say(text: String, to: Option<String>) -> Entry {
    Entry::Say { text, to }
}

fn read_object(line: &str, syntax: Syntax) -> Line {
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(line) else {
        return Entry::NotSay.into();
    };
    if syntax == Syntax::Verbatim && !object.contains_key("say") {
        return Entry::Object(line.trim().to_owned()).into();
    }
    let Ok(saying) = serde_json::from_value::<Saying>(Value::Object(object)) else {
        return Entry::NotSay.into();
    };
    let Saying {
        say: text,
        edit,
        delete,
        to,
        id,
        room,
        join,
        part,
        key,
        key_file,
        invite_file,
        send,
        get,
        stop,
        unshare,
        into,
    } = saying;
    let id = id.map(|id| match id {
        RequestName::Text(text) => text,
        RequestName::Number(number) => number.to_string(),
    });
    if id
        .as_ref()
        .is_some_and(|id| id.len() > REQUEST_ID_MAX_BYTES)
    {
        return Entry::NotSay.into();
    }
    let key = key_source(key, key_file, invite_file);
    if send.is_some() || get.is_some() || stop.is_some() || unshare.is_some() {
        let says = text.is_some() || edit.is_some() || delete.is_some() || join.is_some();
        // Only what is offered may be for one person.
        let says = says || to.is_some() && send.is_none();
        let entry = of_files((send, to), (get, into), stop, unshare);
        let entry = entry.filter(|_| !says && syntax == Syntax::Commands);
        let entry = entry.unwrap_or(Entry::NotSay);
        return Line { entry, id, room };
    }
    if join.is_some() || part.is_some() {
        let says = text.is_some() || edit.is_some() || delete.is_some() || to.is_some();
        let entry = of_rooms(join, part, key).filter(|_| !says && syntax == Syntax::Commands);
        let entry = entry.unwrap_or(Entry::NotSay);
        return Line { entry, id, room };
    }
    let entry = match (text, edit, delete) {
        _ if key != Some(KeySource::Name) => Entry::NotSay,
        (Some(text), None, None) if text.is_empty() && syntax == Syntax::Commands => Entry::Nothing,
        (Some(text), None, None) => say(text, to),
        (Some(text), Some(id), None) if to.is_none() => Entry::Edit { id, text },
        (None, None, Some(id)) if to.is_none() => Entry::Delete { id },
        _ => Entry::NotSay,
    };
    Line { entry, id, room }
}

/// Where a program says that a room's key is; `None` if it says several places.
fn key_source(
    key: Option<String>,
    key_file: Option<String>,
    invite_file: Option<String>,
) -> Option<KeySource> {
    match (key, key_file, invite_file) {
        (None, None, None) => Some(KeySource::Name),
        (Some(key), None, None) => Some(KeySource::Text(key.into())),
        (None, Some(path), None) => Some(KeySource::File(path)),
        (None, None, Some(path)) => Some(KeySource::InviteFile(path)),
        _ => None,
    }
}

/// A program offers or takes files.
fn of_files(
    (send, to): (Option<String>, Option<String>),
    get: (Option<Numbered>, Option<String>),
    stop: Option<Numbered>,
    unshare: Option<Numbered>,
) -> Option<Entry> {
    let command = match (send, get, stop, unshare) {
        (Some(path), (None, None), None, None) => {
            let paths = vec![path];
            return Some(Entry::Send(ToSend { paths, to }));
        }
        (None, (Some(which), into), None, None) => FilesCommand::Get {
            which: which.which()?,
            into: into.map(Into::into),
        },
        (None, (None, None), Some(which), None) => FilesCommand::Stop(Some(which.which()?)),
        (None, (None, None), None, Some(which)) => FilesCommand::Unshare(which.which()?),
        _ => return None,
    };
    Some(Entry::Direct(Box::new(Command::Files(command))))
}

/// A program enters or leaves a room.
fn of_rooms(join: Option<String>, part: Option<String>, key: Option<KeySource>) -> Option<Entry> {
    let command = match (join, part, key?) {
        (Some(name), None, key) => {
            let name = Some(name).filter(|name| !name.is_empty());
            // Only an invitation names its room.
            if name.is_none() && key == KeySource::Name {
                return None;
            }
            RoomsCommand::Join(JoinAsked { name, key })
        }
        (None, Some(room), KeySource::Name) => RoomsCommand::Part(Some(room)),
        _ => return None,
    };
    Some(Entry::Rooms(command))
}
