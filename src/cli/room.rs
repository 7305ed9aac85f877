//! `room`: its arguments; and a room as it is asked for, at the start or later. `secret` says where
//! a room's key comes from.

use std::env;
use std::path::PathBuf;

use clap::Subcommand;
use zeroize::Zeroizing;

use super::room_name;
use super::secret::{KeyText, RoomSecret};
use crate::chat::rooms::{JoinAsked, KeySource, LOBBY};
use crate::error::Error;
use crate::protocol::message::Name;
use crate::store::identity::Who;

/// The subcommands of `room`.
#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// Make an invitation to a new room that only the invited can read
    #[command(after_help = "Example:\n  \
        roda room new turma-a --output invitation.txt\n  \
        roda room new turma-a --host --output invitation.txt  # you decide who may speak\n  \
        roda chat --invite-file invitation.txt")]
    New {
        /// The room's name
        #[arg(allow_hyphen_values = true)]
        name: String,

        /// Write the invitation into this new file, which only you can read
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,

        /// You are the room's host: you, and whom you appoint, mute for all and give the word
        #[arg(long)]
        host: bool,

        /// The file of your identity, which becomes the host's [default: in the folder of your
        /// settings]
        #[arg(long, value_name = "FILE", requires = "host")]
        identity: Option<PathBuf>,
    },
}

/// The settings of `room`.
#[derive(Debug)]
pub struct RoomSettings {
    /// The new room's name.
    pub name: Name,
    /// The new file for the invitation; `None` is stdout.
    pub output: Option<PathBuf>,
    /// The identity of the host, if the room has one.
    pub host: Option<Who>,
}

impl TryFrom<RoomCommand> for RoomSettings {
    type Error = Error;

    fn try_from(command: RoomCommand) -> Result<Self, Error> {
        let RoomCommand::New {
            name,
            output,
            host,
            identity,
        } = command;
        let name = room_name(name)?;
        let host = host.then(|| identity.map_or(Who::User, Who::File));
        Ok(Self { name, output, host })
    }
}

/// A room to enter, and where its key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomChoice {
    /// Its name; `None` is the lobby, or the room that an invitation names.
    pub name: Option<Name>,
    /// Where its key comes from.
    pub secret: RoomSecret,
    /// What the text of its key may be.
    pub key_text: KeyText,
}

impl RoomChoice {
    /// A room by its name.
    #[must_use]
    pub fn new(name: Option<Name>, secret: RoomSecret, key_text: KeyText) -> Self {
        // The lobby is a room without a name; named beside a key, it is a mistake to be told.
        let is_named = |room: &Name| secret != RoomSecret::Public || room.as_str() != LOBBY;
        Self {
            name: name.filter(is_named),
            secret,
            key_text,
        }
    }

    /// The room of everybody who names no other.
    #[must_use]
    pub fn lobby() -> Self {
        Self::new(None, RoomSecret::Public, KeyText::Any)
    }

    /// Whether it is the lobby.
    #[must_use]
    pub fn is_lobby(&self) -> bool {
        self.name.is_none() && self.secret == RoomSecret::Public
    }

    /// Its name as it is shown, if it is known yet.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        match &self.name {
            Some(name) => Some(name.as_str()),
            None => self.is_lobby().then_some(LOBBY),
        }
    }
}

impl TryFrom<JoinAsked> for RoomChoice {
    type Error = Error;

    fn try_from(asked: JoinAsked) -> Result<Self, Error> {
        let name = asked.name.map(room_name).transpose()?;
        let secret = match asked.key {
            KeySource::Name => RoomSecret::Public,
            KeySource::Ask => RoomSecret::Prompt,
            KeySource::File(path) => RoomSecret::KeyFile(at_home(path)),
            KeySource::InviteFile(path) => RoomSecret::InviteFile(at_home(path)),
            KeySource::Text(secret) => {
                RoomSecret::Key(Zeroizing::new(secret.0.as_bytes().to_owned()))
            }
        };
        Ok(Self::new(name, secret, KeyText::Any))
    }
}

/// A typed path: no shell has put the person's folder in the place of `~/`.
fn at_home(typed: String) -> PathBuf {
    let home = env::var_os("HOME").filter(|home| !home.is_empty());
    match (typed.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => typed.into(),
    }
}
