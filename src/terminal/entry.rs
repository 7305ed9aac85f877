//! What a line is, in every mode that talks: something to say, a command, or the farewell.

use std::borrow::Cow;

use serde::Deserialize;

use super::screen::Form;
use crate::protocol::message::is_farewell;

/// A line, as it is meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry<'l> {
    /// Nothing.
    Nothing,
    /// To be said.
    Say {
        /// What.
        text: Cow<'l, str>,
        /// To whom, if only to one.
        to: Option<String>,
    },
    /// A command: the line, with its stroke.
    Command(&'l str),
    /// The farewell.
    Leave,
    /// JSON that says nothing.
    NotSay,
}

/// Reads a line: of a person, or with [`Form::Json`] also of a program.
#[must_use]
pub fn read(line: &str, form: Form) -> Entry<'_> {
    #[derive(Deserialize)]
    struct Saying {
        say: String,
        to: Option<String>,
    }
    if form == Form::Json && line.trim_start().starts_with('{') {
        return match serde_json::from_str::<Saying>(line) {
            Ok(Saying { say, .. }) if say.is_empty() => Entry::Nothing,
            Ok(Saying { say, to }) => Entry::Say {
                text: say.into(),
                to,
            },
            Err(_) => Entry::NotSay,
        };
    }
    if line.is_empty() {
        return Entry::Nothing;
    }
    if is_farewell(line) {
        return Entry::Leave;
    }
    let text = match line.strip_prefix('/') {
        None => line,
        // Who wants to say a stroke doubles it.
        Some(text) if text.starts_with('/') => text,
        Some(_) => return Entry::Command(line),
    };
    Entry::Say {
        text: text.into(),
        to: None,
    }
}
