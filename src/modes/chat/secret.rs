//! How a room's key is found: by what was asked for, from a file, a variable or a prompt.

use std::io::{self, ErrorKind};

use zeroize::Zeroizing;

use crate::cli::{LOBBY, RoomSecret};
use crate::error::{Error, RoomFault, StoreError};
use crate::protocol::encoding::{self, TextFault};
use crate::protocol::message::Name;
use crate::protocol::wire::seal::invitation::Invitation;
use crate::protocol::wire::seal::passphrase::Strength;
use crate::protocol::wire::seal::room_key::RoomKey;
use crate::store::secret;
use crate::terminal::secret_prompter::SecretPrompter;
use crate::text::{self, Lang};

/// A room and its key.
pub(super) struct Room {
    /// Its name; `None` is the lobby.
    pub(super) name: Option<Name>,
    /// Its key.
    pub(super) key: RoomKey,
    /// Whether only some have the key.
    pub(super) is_keyed: bool,
    /// How hard the passphrase is to guess, if it is easy.
    pub(super) weakness: Option<Strength>,
}

impl Room {
    /// Its name as it is shown.
    pub(super) fn shown(&self) -> &str {
        self.name.as_ref().map_or(LOBBY, Name::as_str)
    }
}

/// Opens the room that was asked for. Waits for a person who is asked, and for the files that hold
/// secrets: to be called on a thread that nobody waits for.
pub(super) fn open(
    name: Option<Name>,
    secret: &RoomSecret,
    lang: Lang,
    prompter: &SecretPrompter,
) -> Result<Room, Error> {
    match secret {
        RoomSecret::Public => Ok(public(name)),
        RoomSecret::KeyFile(path) => {
            let bytes = secret::read_bytes(path).map_err(StoreError::secret(path))?;
            if let Ok(bytes) = <&[u8; 32]>::try_from(&bytes[..]) {
                let key = RoomKey::from_file(named(&name)?.as_str(), bytes);
                return Ok(keyed(name, key));
            }
            match encoding::text(&bytes) {
                Ok(typed) => of_text(name, typed),
                Err(TextFault::Utf16) => {
                    let utf_16 = io::Error::new(ErrorKind::InvalidData, TextFault::Utf16);
                    Err(StoreError::secret(path)(utf_16).into())
                }
                Err(_) => Err(RoomFault::NoText(path.clone()).into()),
            }
        }
        RoomSecret::Key(typed) => of_text(name, typed),
        RoomSecret::Prompt => {
            let typed = ask(lang, prompter).map_err(unasked)?;
            // Ctrl-D answers nothing, like Enter alone.
            of_text(name, &typed.unwrap_or_default())
        }
        RoomSecret::InviteFile(path) => {
            let typed = secret::read(path).map_err(StoreError::secret(path))?;
            of_invitation(name, &Zeroizing::new(typed))
        }
        RoomSecret::Invite(typed) => of_invitation(name, typed),
    }
}

/// Asks for the key of the room; again, as long as what is typed is not UTF-8.
fn ask(lang: Lang, prompter: &SecretPrompter) -> io::Result<Option<Zeroizing<String>>> {
    let mut question = format!("{} ", text::room_key_prompt(lang));
    loop {
        match prompter.ask(&question) {
            Err(error) if is_mistyped(&error) => {
                question = format!("{} ", text::room_key_again(lang));
            }
            outcome => return outcome,
        }
    }
}

fn is_mistyped(error: &io::Error) -> bool {
    let fault = error.get_ref().and_then(|fault| fault.downcast_ref());
    fault == Some(&TextFault::NotUtf8)
}

/// Why a person could not be asked.
fn unasked(cause: io::Error) -> Error {
    match cause.kind() {
        ErrorKind::NotFound => RoomFault::NoTerminal.into(),
        _ => Error::Input(cause),
    }
}

/// A room that everybody may enter.
fn public(name: Option<Name>) -> Room {
    let key = match &name {
        None => RoomKey::lobby(),
        Some(name) => RoomKey::public(name.as_str()),
    };
    Room {
        name,
        key,
        is_keyed: false,
        weakness: None,
    }
}

/// A room by what a person typed: an invitation if it is one, else a passphrase.
fn of_text(name: Option<Name>, typed: &str) -> Result<Room, Error> {
    if let Some(room) = invited(name.clone(), typed) {
        return Ok(room);
    }
    let key = RoomKey::from_passphrase(named(&name)?.as_str(), typed);
    let key = key.map_err(RoomFault::Passphrase)?;
    Ok(Room {
        weakness: Some(Strength::of(typed)).filter(|strength| strength.is_weak()),
        ..keyed(name, key)
    })
}

fn of_invitation(name: Option<Name>, typed: &str) -> Result<Room, Error> {
    let room = invited(name, typed);
    room.ok_or_else(|| match Invitation::parse(code_of(typed)) {
        Err(fault) => RoomFault::Invitation(fault).into(),
        Ok(_) => RoomFault::NoName.into(),
    })
}

/// The room of an invitation: the code, with the room's name in front of it or without.
fn invited(name: Option<Name>, typed: &str) -> Option<Room> {
    let (told, invitation) = match Invitation::parse(typed) {
        Ok(invitation) => (None, invitation),
        Err(_) => {
            let (told, _) = typed.trim().rsplit_once(char::is_whitespace)?;
            (
                Name::parse(told).ok(),
                Invitation::parse(code_of(typed)).ok()?,
            )
        }
    };
    // Who was told another name still enters the same room: the code alone makes the key.
    let name = name.or(told).or_else(|| Name::parse("invited").ok());
    Some(keyed(name, RoomKey::from_invitation(&invitation)))
}

/// What stands behind the last blank.
fn code_of(typed: &str) -> &str {
    let typed = typed.trim();
    typed.rsplit(char::is_whitespace).next().unwrap_or(typed)
}

fn keyed(name: Option<Name>, key: RoomKey) -> Room {
    Room {
        name,
        key,
        is_keyed: true,
        weakness: None,
    }
}

/// The lobby has no key but its own.
fn named(name: &Option<Name>) -> Result<&Name, Error> {
    name.as_ref().ok_or_else(|| RoomFault::NoName.into())
}
