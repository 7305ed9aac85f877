//! How a room's key is found: by what was asked for, from a file, a variable or a prompt.

use zeroize::Zeroizing;

use crate::cli::{ChatSettings, LOBBY, RoomSecret};
use crate::error::{Error, RoomFault, StoreError};
use crate::protocol::message::Name;
use crate::protocol::wire::seal::invitation::Invitation;
use crate::protocol::wire::seal::passphrase::Strength;
use crate::protocol::wire::seal::room_key::RoomKey;
use crate::store::secret;
use crate::terminal::{prompter, screen};
use crate::text::{self, Lang};

/// A room and its key.
pub(super) struct Room {
    /// Its name; `None` is the lobby.
    pub(super) name: Option<Name>,
    /// Its key.
    pub(super) key: RoomKey,
    /// Whether only some have the key.
    pub(super) is_keyed: bool,
}

impl Room {
    /// Its name as it is shown.
    pub(super) fn shown(&self) -> &str {
        self.name.as_ref().map_or(LOBBY, Name::as_str)
    }
}

/// The room that was asked for.
pub(super) fn open(settings: &ChatSettings, lang: Lang) -> Result<Room, Error> {
    let name = settings.room.clone();
    match &settings.secret {
        RoomSecret::Public => {
            let key = match &name {
                None => RoomKey::lobby(),
                Some(name) => RoomKey::public(name.as_str()),
            };
            let is_keyed = false;
            Ok(Room {
                name,
                key,
                is_keyed,
            })
        }
        RoomSecret::KeyFile(path) => {
            let bytes = secret::read_bytes(path).map_err(StoreError::secret(path))?;
            if let Ok(bytes) = <&[u8; 32]>::try_from(&bytes[..]) {
                let key = RoomKey::from_file(named(&name)?.as_str(), bytes);
                return Ok(keyed(name, key));
            }
            let typed = str::from_utf8(&bytes).map_err(|_| RoomFault::NoText(path.clone()))?;
            of_text(name, typed, lang)
        }
        RoomSecret::Key(typed) => of_text(name, typed, lang),
        RoomSecret::Prompt => {
            let typed = prompter::secret(&text::room_key_prompt(lang));
            let typed = typed.map_err(|_| RoomFault::NoTerminal)?;
            of_text(name, &typed, lang)
        }
        RoomSecret::InviteFile(path) => {
            let typed = secret::read(path).map_err(StoreError::secret(path))?;
            of_invitation(name, &Zeroizing::new(typed))
        }
        RoomSecret::Invite(typed) => of_invitation(name, typed),
    }
}

/// A room by what a person typed: an invitation if it is one, else a passphrase.
fn of_text(name: Option<Name>, typed: &str, lang: Lang) -> Result<Room, Error> {
    if let Some(room) = invited(name.clone(), typed) {
        return Ok(room);
    }
    let strength = Strength::of(typed);
    if strength.is_weak() {
        screen::say(&text::weak_passphrase(lang, strength));
    }
    let key = RoomKey::from_passphrase(named(&name)?.as_str(), typed);
    let key = key.map_err(RoomFault::Passphrase)?;
    Ok(keyed(name, key))
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
    let is_keyed = true;
    Room {
        name,
        key,
        is_keyed,
    }
}

/// The lobby has no key but its own.
fn named(name: &Option<Name>) -> Result<&Name, Error> {
    name.as_ref().ok_or_else(|| RoomFault::NoName.into())
}
