//! Where a room's key and a person's identity come from: files, the environment, or a prompt. A
//! secret is never an argument, because everybody on the machine can read those.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use crate::store::identity::Who;

/// The variable that holds a room's passphrase or invitation.
pub const ROOM_KEY: &str = "RODA_ROOM_KEY";

/// The variable that holds an invitation.
pub const INVITE: &str = "RODA_INVITE";

/// The arguments that give a room's key.
#[derive(Debug, Args)]
pub(super) struct SecretArgs {
    /// The file with the room's key: 32 bytes, a passphrase or an invitation. RODA_ROOM_KEY may
    /// hold the passphrase or the invitation instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "invite_file"])]
    key_file: Option<PathBuf>,

    /// Ask for the room's passphrase or invitation
    #[arg(long, conflicts_with = "invite_file")]
    key: bool,

    /// Enter the room of the invitation in this file; `roda room new NAME` makes one. RODA_INVITE
    /// may hold the invitation instead
    #[arg(long, value_name = "FILE")]
    invite_file: Option<PathBuf>,

    /// The key is a passphrase, even if it looks like an invitation; asks for it if nothing else
    /// gives it
    #[arg(long, conflicts_with = "invite_file")]
    passphrase: bool,
}

/// What the text of a key may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyText {
    /// An invitation, or else a passphrase.
    Any,
    /// A passphrase only.
    Passphrase,
}

/// Where a room's key comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum RoomSecret {
    /// The room's name alone.
    Public,
    /// A file that holds 32 bytes, a passphrase or an invitation.
    KeyFile(PathBuf),
    /// A passphrase or an invitation, as the environment has it.
    Key(Zeroizing<Vec<u8>>),
    /// The answer to a prompt.
    Prompt,
    /// A file that holds an invitation.
    InviteFile(PathBuf),
    /// An invitation, as the environment has it.
    Invite(Zeroizing<Vec<u8>>),
}

/// Shows the source, but not the secret.
impl fmt::Debug for RoomSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "Public",
            Self::KeyFile(_) => "KeyFile",
            Self::Key(_) => "Key",
            Self::Prompt => "Prompt",
            Self::InviteFile(_) => "InviteFile",
            Self::Invite(_) => "Invite",
        })
    }
}

impl SecretArgs {
    pub(super) fn key_text(&self) -> KeyText {
        match self.passphrase {
            true => KeyText::Passphrase,
            false => KeyText::Any,
        }
    }

    pub(super) fn secret(self) -> RoomSecret {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        // What is no text is refused, and not ignored: the room would be open to everybody.
        let bytes = |value: OsString| Zeroizing::new(value.into_encoded_bytes());
        if let Some(path) = self.key_file {
            RoomSecret::KeyFile(path)
        } else if let Some(path) = self.invite_file {
            RoomSecret::InviteFile(path)
        } else if self.key {
            RoomSecret::Prompt
        } else if let Some(invite) = variable(INVITE).filter(|_| !self.passphrase) {
            RoomSecret::Invite(bytes(invite))
        } else if let Some(key) = variable(ROOM_KEY) {
            RoomSecret::Key(bytes(key))
        } else if self.passphrase {
            RoomSecret::Prompt
        } else {
            RoomSecret::Public
        }
    }
}

/// The arguments that choose an identity.
#[derive(Debug, Args)]
pub(super) struct IdentityArgs {
    /// The file of your identity, made if there is none [default: in the folder of your settings]
    #[arg(long, value_name = "FILE", conflicts_with = "ephemeral")]
    identity: Option<PathBuf>,

    /// Use a new identity, for this session only, and write nothing at all
    #[arg(long)]
    ephemeral: bool,
}

impl IdentityArgs {
    pub(super) fn who(self) -> Who {
        match self.identity {
            Some(path) => Who::File(path),
            None if self.ephemeral => Who::Ephemeral,
            None => Who::User,
        }
    }
}

/// The arguments of `id`.
#[derive(Debug, Args)]
pub struct IdArgs {
    /// What to do; nothing shows the fingerprint.
    #[command(subcommand)]
    command: Option<IdCommand>,

    /// The file of the identity, made if there is none [default: in the folder of your settings]
    #[arg(long, value_name = "FILE", global = true)]
    identity: Option<PathBuf>,
}

/// The subcommands of `id`.
#[derive(Debug, Subcommand)]
pub enum IdCommand {
    /// Make a new identity, for a machine that is a copy of another one
    #[command(after_help = "Example:\n  roda id new")]
    New,
}

/// What `id` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdAct {
    /// Shows the fingerprint.
    Show,
    /// Makes a new identity; the old one stays beside it.
    Renew,
}

/// The settings of `id`.
#[derive(Debug)]
pub struct IdSettings {
    /// The identity that is meant.
    pub who: Who,
    /// What to do.
    pub act: IdAct,
}

impl From<IdArgs> for IdSettings {
    fn from(args: IdArgs) -> Self {
        Self {
            who: args.identity.map_or(Who::User, Who::File),
            act: match args.command {
                Some(IdCommand::New) => IdAct::Renew,
                None => IdAct::Show,
            },
        }
    }
}
