//! What a person or a program may ask of the rooms together, and what they are told of them.

use std::fmt;

use zeroize::Zeroizing;

use super::RoomState;
use crate::chat::entry::{split_name, whole_name};
use crate::chat::event::Failure;

/// How `/join` is typed.
const JOIN: &str = "/join ROOM [--key | --key-file FILE | --invite-file FILE]";

/// How `/room` is typed.
const ROOM: &str = "/room N|ROOM";

/// What is asked of the rooms together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomsCommand {
    /// Enter a room.
    Join(JoinAsked),
    /// Leave a room: the one that is named, or the one that the request is about.
    Part(Option<String>),
    /// Go on in another room, by its number or its name.
    Switch(String),
    /// List the rooms.
    List,
}

/// A room to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinAsked {
    /// Its name, as typed; an invitation may name it instead.
    pub name: Option<String>,
    /// Where its key comes from.
    pub key: KeySource,
}

/// Where the key of a room comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// From its name alone.
    Name,
    /// From whoever joins, who is asked.
    Ask,
    /// From a file with 32 bytes, a passphrase or an invitation.
    File(String),
    /// From a file with an invitation.
    InviteFile(String),
    /// It is this passphrase or invitation.
    Text(Secret),
}

/// A passphrase or an invitation. It is overwritten when it is dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

/// What becomes of the rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomNews {
    /// This member enters a room: the first event of the room, told with the request that asked
    /// for it, if one did.
    Joined {
        /// The room's name as it is shown.
        name: String,
        /// Whether only some have its key.
        is_keyed: bool,
    },
    /// This member has left a room and stays in others: the last event of the room.
    Parted,
    /// What is typed goes to the room of this event from now on.
    Switched,
    /// The rooms, by number.
    List(Vec<RoomState>),
    /// Something is asked, which an answer is awaited for.
    Asked(Question),
}

/// What is asked of a person who enters a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The passphrase or the invitation; what is typed is not to be seen.
    Key {
        /// The room's name, if it is known.
        room: Option<String>,
    },
    /// Whether the key is to be kept on this computer.
    Keep {
        /// The room's name.
        room: String,
    },
}

/// Reads what stands behind `/join`.
///
/// # Errors
/// [`Failure::Usage`]. A secret is no part of the line, because it would stand on the screen.
pub(in crate::chat) fn join(rest: &str) -> Result<RoomsCommand, Failure> {
    let rest = rest.trim();
    let (name, options) = match rest.starts_with("--") {
        true => ("", rest),
        false => split_name(rest),
    };
    let (option, value) = options
        .split_once(char::is_whitespace)
        .unwrap_or((options, ""));
    let path = || whole_name(value).to_owned();
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    let key = match (option, whole_name(value), &name) {
        ("", _, Some(_)) => KeySource::Name,
        ("--key", "", _) => KeySource::Ask,
        ("--key-file", "", _) | ("--invite-file", "", _) => return Err(Failure::Usage(JOIN)),
        ("--key-file", _, _) => KeySource::File(path()),
        ("--invite-file", _, _) => KeySource::InviteFile(path()),
        _ => return Err(Failure::Usage(JOIN)),
    };
    Ok(RoomsCommand::Join(JoinAsked { name, key }))
}

/// Reads what stands behind `/part`.
pub(in crate::chat) fn part(rest: &str) -> RoomsCommand {
    let room = whole_name(rest);
    RoomsCommand::Part(Some(room.to_owned()).filter(|room| !room.is_empty()))
}

/// Reads what stands behind `/room`.
///
/// # Errors
/// [`Failure::Usage`].
pub(in crate::chat) fn switch(rest: &str) -> Result<RoomsCommand, Failure> {
    match whole_name(rest) {
        "" => Err(Failure::Usage(ROOM)),
        room => Ok(RoomsCommand::Switch(room.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: Option<&str>, key: KeySource) -> Result<RoomsCommand, Failure> {
        let name = name.map(str::to_owned);
        Ok(RoomsCommand::Join(JoinAsked { name, key }))
    }

    #[test]
    fn a_room_is_joined_by_its_name_and_where_its_key_is() {
        let file = |path: &str| KeySource::File(path.to_owned());
        for (typed, expected) in [
            (" turma ", asked(Some("turma"), KeySource::Name)),
            ("\"turma a\"", asked(Some("turma a"), KeySource::Name)),
            ("turma --key", asked(Some("turma"), KeySource::Ask)),
            ("--key", asked(None, KeySource::Ask)),
            (
                "turma --key-file /a b/c",
                asked(Some("turma"), file("/a b/c")),
            ),
            ("t --key-file \"~/x y\" ", asked(Some("t"), file("~/x y"))),
            (
                "--invite-file convite.txt",
                asked(None, KeySource::InviteFile("convite.txt".into())),
            ),
        ] {
            assert_eq!(join(typed), expected, "{typed}");
        }
        for bad in [
            "",
            "turma segredo",
            "turma --key segredo",
            "t --key-file",
            "--what x",
        ] {
            assert_eq!(join(bad), Err(Failure::Usage(JOIN)), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_shown_nowhere() {
        let secret = KeySource::Text("cavalo bateria".to_owned().into());
        assert_eq!(format!("{secret:?}"), "Text(Secret)");
    }
}
