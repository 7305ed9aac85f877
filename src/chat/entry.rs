//! What a line of input is, in every mode that talks: something to say, a command, or the
//! farewell.

use serde::Deserialize;

use crate::protocol::message::is_farewell;

/// Who writes the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A person, or a program that writes as one.
    Lines,
    /// A program that may also write objects.
    Json,
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
    /// A command: the line, with its slash.
    Command(String),
    /// The farewell.
    Leave,
    /// JSON that says nothing.
    NotSay,
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

/// A program's object.
#[derive(Deserialize)]
struct Saying {
    say: String,
    to: Option<String>,
    id: Option<RequestName>,
    room: Option<String>,
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
pub fn read(line: String, input: Input) -> Line {
    if input == Input::Json && line.trim_start().starts_with('{') {
        return read_object(&line);
    }
    if line.is_empty() {
        return Entry::Nothing.into();
    }
    if is_farewell(&line) {
        return Entry::Leave.into();
    }
    let text = match line.strip_prefix('/') {
        None => line,
        // A doubled slash says one.
        Some(text) if text.starts_with('/') => text.to_owned(),
        Some(_) => return Entry::Command(line).into(),
    };
    Entry::Say { text, to: None }.into()
}

fn read_object(line: &str) -> Line {
    let Ok(Saying { say, to, id, room }) = serde_json::from_str::<Saying>(line) else {
        return Entry::NotSay.into();
    };
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
    let entry = match say.is_empty() {
        true => Entry::Nothing,
        false => Entry::Say { text: say, to },
    };
    Line { entry, id, room }
}
