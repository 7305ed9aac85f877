//! `room`: its arguments. `secret` says where a room's key comes from.

use clap::Subcommand;

use super::room_name;
use crate::error::Error;
use crate::protocol::message::Name;

/// The subcommands of `room`.
#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// Make an invitation to a new room that only the invited can read
    #[command(after_help = "Example:\n  \
        roda room new turma-a > invitation.txt\n  \
        roda chat --invite-file invitation.txt")]
    New {
        /// The room's name
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
}

/// The settings of `room`.
#[derive(Debug)]
pub struct RoomSettings {
    /// The new room's name.
    pub name: Name,
}

impl TryFrom<RoomCommand> for RoomSettings {
    type Error = Error;

    fn try_from(command: RoomCommand) -> Result<Self, Error> {
        let RoomCommand::New { name } = command;
        let name = room_name(name)?;
        Ok(Self { name })
    }
}
