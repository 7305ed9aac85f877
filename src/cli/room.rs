//! `room`: its arguments. `secret` says where a room's key comes from.

use std::path::PathBuf;

use clap::Subcommand;

use super::room_name;
use crate::error::Error;
use crate::protocol::message::Name;

/// The subcommands of `room`.
#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// Make an invitation to a new room that only the invited can read
    #[command(after_help = "Example:\n  \
        roda room new turma-a --output invitation.txt\n  \
        roda chat --invite-file invitation.txt")]
    New {
        /// The room's name
        #[arg(allow_hyphen_values = true)]
        name: String,

        /// Write the invitation into this new file, which only you can read
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// The settings of `room`.
#[derive(Debug)]
pub struct RoomSettings {
    /// The new room's name.
    pub name: Name,
    /// The new file for the invitation; `None` is stdout.
    pub output: Option<PathBuf>,
}

impl TryFrom<RoomCommand> for RoomSettings {
    type Error = Error;

    fn try_from(command: RoomCommand) -> Result<Self, Error> {
        let RoomCommand::New { name, output } = command;
        let name = room_name(name)?;
        Ok(Self { name, output })
    }
}
