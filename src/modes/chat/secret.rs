//! How a room's key is found: by what was asked for, from a file, a variable or a prompt.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::{INVITE, KeyText, LOBBY, ROOM_KEY, RoomChoice, RoomSecret};
use crate::error::{Error, RoomFault, StoreError};
use crate::protocol::encoding::{self, TextFault};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::host::{HOST_WORD, parse_host_line};
use crate::protocol::wire::seal::invitation::{Invitation, mistyped};
use crate::protocol::wire::seal::passphrase::Strength;
use crate::protocol::wire::seal::room_key::RoomKey;
use crate::store::open_rooms::{OpenKey, OpenRoom};
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
    /// Who decides for all there, if the invitation names somebody.
    pub(super) host: Option<Key>,
    /// How hard the passphrase is to guess, if it is easy.
    pub(super) weakness: Option<Strength>,
    /// How it is opened again without anybody being asked; `None` if it cannot be.
    pub(super) again: Option<OpenKey>,
}

impl Room {
    /// Whether it is the room of everybody who names no other.
    pub(super) fn is_lobby(&self) -> bool {
        self.name.is_none() && !self.is_keyed
    }

    /// Its name as it is shown.
    pub(super) fn shown(&self) -> &str {
        self.name.as_ref().map_or(LOBBY, Name::as_str)
    }
}

/// Opens the room that was asked for. Waits for a person who is asked, and for the files that hold
/// secrets: to be called on a thread that nobody waits for.
pub(super) fn open(
    choice: &RoomChoice,
    lang: Lang,
    prompter: &SecretPrompter,
) -> Result<Room, Error> {
    let again = match &choice.secret {
        RoomSecret::Public => Some(OpenKey::Name),
        RoomSecret::KeyFile(path) => absolute(path).map(OpenKey::File),
        RoomSecret::InviteFile(path) => absolute(path).map(OpenKey::InviteFile),
        RoomSecret::Key(_) | RoomSecret::Invite(_) | RoomSecret::Prompt => None,
    };
    let room = find(choice, lang, prompter)?;
    Ok(Room { again, ..room })
}

/// A room that was kept as it was opened before.
pub(super) fn reopen(
    open: &OpenRoom,
    lang: Lang,
    prompter: &SecretPrompter,
) -> Result<Room, Error> {
    let name = open.name.as_deref().map(Name::parse).transpose();
    let name = name.map_err(|_| RoomFault::NoName)?;
    let secret = match &open.key {
        OpenKey::Kept { key, host } => {
            return Ok(Room {
                again: Some(open.key.clone()),
                host: *host,
                ..keyed(name, RoomKey::from_stored(key))
            });
        }
        OpenKey::Name => RoomSecret::Public,
        OpenKey::File(path) => RoomSecret::KeyFile(path.clone()),
        OpenKey::InviteFile(path) => RoomSecret::InviteFile(path.clone()),
    };
    self::open(&RoomChoice::new(name, secret, KeyText::Any), lang, prompter)
}

/// The same path from wherever the program is started next.
fn absolute(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

fn find(choice: &RoomChoice, lang: Lang, prompter: &SecretPrompter) -> Result<Room, Error> {
    let RoomChoice {
        name,
        secret,
        key_text,
    } = choice;
    let (name, text) = (name.clone(), *key_text);
    match secret {
        RoomSecret::Public => Ok(public(name)),
        RoomSecret::KeyFile(path) => {
            let bytes = secret::read_bytes(path).map_err(StoreError::secret(path))?;
            if prompter.is_closed() {
                // A passphrase takes much memory, which nobody waits for any more.
                let late = io::Error::from(ErrorKind::TimedOut);
                return Err(StoreError::secret(path)(late).into());
            }
            if let Ok(bytes) = <&[u8; 32]>::try_from(&bytes[..]) {
                let key = RoomKey::from_file(named(name.as_ref())?.as_str(), bytes);
                return Ok(keyed(name, key));
            }
            match encoding::text(&bytes) {
                Ok(typed) => of_text(name, typed, text),
                Err(TextFault::Utf16) => {
                    let utf_16 = io::Error::new(ErrorKind::InvalidData, TextFault::Utf16);
                    Err(StoreError::secret(path)(utf_16).into())
                }
                Err(_) => Err(RoomFault::NoText(path.clone()).into()),
            }
        }
        RoomSecret::Key(bytes) => of_text(name, text_in(ROOM_KEY, bytes)?, text),
        RoomSecret::Prompt => {
            let typed = ask(lang, prompter).map_err(unasked)?;
            // Ctrl-D answers nothing, like Enter alone.
            of_text(name, &typed.unwrap_or_default(), text)
        }
        RoomSecret::InviteFile(path) => {
            let typed = secret::read(path).map_err(StoreError::secret(path))?;
            of_invitation(name, &Zeroizing::new(typed))
        }
        RoomSecret::Invite(bytes) => of_invitation(name, text_in(INVITE, bytes)?),
    }
}

/// What an environment variable says.
fn text_in<'v>(variable: &'static str, bytes: &'v [u8]) -> Result<&'v str, RoomFault> {
    encoding::text(bytes).map_err(|_| RoomFault::NoTextIn(variable))
}

/// Asks for the key of the room; again, as long as what is typed is not UTF-8.
fn ask(lang: Lang, prompter: &SecretPrompter) -> io::Result<Option<Zeroizing<String>>> {
    let mut question = format!("{} ", text::room_key_prompt(lang));
    loop {
        match prompter.ask(&question, may_have_host) {
            Err(error) if is_mistyped(&error) => {
                question = format!("{} ", text::room_key_again(lang));
            }
            outcome => return outcome,
        }
    }
}

/// Whether the line that names a host may stand below: of an invitation that names none yet.
fn may_have_host(typed: &str) -> bool {
    let (first, host) = split_host(typed);
    host.is_none() && Invitation::parse(code_of(first)).is_ok()
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
        host: None,
        weakness: None,
        again: None,
    }
}

/// A room by what a person typed: an invitation if it is one, else a passphrase. A mistyped
/// invitation is refused, because as a passphrase it would open a room in which nobody is.
fn of_text(name: Option<Name>, typed: &str, text: KeyText) -> Result<Room, Error> {
    if text == KeyText::Any {
        if let Some(room) = invited(name.as_ref(), typed)? {
            return Ok(room);
        }
        let (first, _) = split_host(typed);
        if let Some(fault) = mistyped(first) {
            return Err(RoomFault::Mistyped(fault).into());
        }
    }
    let key = RoomKey::from_passphrase(named(name.as_ref())?.as_str(), typed);
    let key = key.map_err(RoomFault::Passphrase)?;
    Ok(Room {
        weakness: Some(Strength::of(typed)).filter(|strength| strength.is_weak()),
        ..keyed(name, key)
    })
}

fn of_invitation(name: Option<Name>, typed: &str) -> Result<Room, Error> {
    let room = invited(name.as_ref(), typed)?;
    let (typed, _) = split_host(typed);
    room.ok_or_else(|| match Invitation::parse(code_of(typed)) {
        Err(fault) => RoomFault::Invitation(fault).into(),
        Ok(_) => RoomFault::NoName.into(),
    })
}

/// The room of an invitation: the code, with the room's name in front of it or without, and perhaps
/// the line that names the host behind it. `None` if it is no invitation.
fn invited(name: Option<&Name>, typed: &str) -> Result<Option<Room>, Error> {
    let (first, host) = split_host(typed);
    let (told, invitation) = match Invitation::parse(first) {
        Ok(invitation) => (None, invitation),
        Err(_) => match (
            first.trim().rsplit_once(char::is_whitespace),
            Invitation::parse(code_of(first)),
        ) {
            (Some((told, _)), Ok(invitation)) => (Name::parse(told.trim()).ok(), invitation),
            _ => return Ok(None),
        },
    };
    let host = host.map(|line| parse_host_line(line, &invitation));
    let host = host.transpose().map_err(RoomFault::Host)?;
    let name = match (name, told) {
        (Some(name), Some(told)) if *name != told => {
            let (named, invited) = (name.to_string(), told.to_string());
            return Err(RoomFault::OtherRoom { named, invited }.into());
        }
        (Some(name), None) => Some(named(Some(name))?.clone()),
        (_, told) => told.or_else(|| Name::parse("invited").ok()),
    };
    let key = match &host {
        Some(host) => RoomKey::hosted(&invitation, host),
        None => RoomKey::from_invitation(&invitation),
    };
    Ok(Some(Room {
        host,
        ..keyed(name, key)
    }))
}

/// An invitation, and what stands behind it: in the next line, or from the word that names a host
/// on. What is all one invitation is not taken apart, however many lines it was typed in.
fn split_host(typed: &str) -> (&str, Option<&str>) {
    let typed = typed.trim();
    let is_invitation = |text: &str| Invitation::parse(code_of(text)).is_ok();
    if Invitation::parse(typed).is_ok() {
        return (typed, None);
    }
    if let Some((first, rest)) = typed.split_once('\n')
        && is_invitation(first)
    {
        return (first, Some(rest));
    }
    let words = typed.match_indices(char::is_whitespace);
    let places = words.map(|(at, blank)| (at, at + blank.len()));
    let mut host_at = places.filter(|(_, at)| {
        let word = typed[*at..].split(char::is_whitespace).next();
        word.is_some_and(|word| word.eq_ignore_ascii_case(HOST_WORD))
    });
    match host_at.next_back() {
        Some((end, at)) => (&typed[..end], Some(&typed[at..])),
        None => (typed, None),
    }
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
        host: None,
        weakness: None,
        again: None,
    }
}

/// The lobby has no key but its own.
fn named(name: Option<&Name>) -> Result<&Name, Error> {
    let name = name.filter(|name| name.as_str() != LOBBY);
    name.ok_or_else(|| RoomFault::NoName.into())
}
