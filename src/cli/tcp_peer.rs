//! `tcp-peer`: its arguments, their defaults, and the settings of the mode.

use std::time::Duration;

use clap::{ArgGroup, Args};

use super::endpoint::PortAlone;
use super::shared::{ColorArgs, KeepAliveArgs, seconds};
use super::{endpoint, name};
use crate::error::{Error, Usage};
use crate::protocol::message::Name;
use crate::protocol::peer::Dialect;
use crate::terminal::screen::{Color, Form};

/// Port of the course's TCP programs.
const TCP_PORT: &str = "12345";

/// The arguments of `tcp-peer`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("side").required(true).args(["listen", "connect"])))]
pub struct TcpPeerArgs {
    /// Wait for the other person on this port [default: 12345]; a port alone means all interfaces,
    /// port 0 one that is free
    #[arg(
        long,
        value_name = "[ADDRESS:]PORT",
        num_args = 0..=1,
        default_missing_value = TCP_PORT
    )]
    listen: Option<String>,

    /// Connect to the other person; without a port, 12345
    #[arg(long, value_name = "HOST[:PORT]")]
    connect: Option<String>,

    /// Your name; names are then exchanged before the chat
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// Speak in objects {"user","data"}, and show one JSON object per message
    #[arg(long)]
    json: bool,

    /// When the other person leaves, wait for the next one
    #[arg(long, conflicts_with = "connect")]
    keep_listening: bool,

    /// Keep trying for this long, so that either side may start first
    #[arg(
        long,
        value_name = "SECONDS",
        conflicts_with = "listen",
        allow_hyphen_values = true
    )]
    wait: Option<String>,

    #[command(flatten)]
    keep_alive: KeepAliveArgs,

    #[command(flatten)]
    color: ColorArgs,
}

/// The settings of `tcp-peer`.
#[derive(Debug)]
pub struct TcpPeerSettings {
    /// Which side connects.
    pub side: Side,
    /// The user's name.
    pub name: Option<Name>,
    /// How messages are encoded for a naive peer.
    pub dialect: Dialect,
    /// How messages are written.
    pub form: Form,
    /// Whether names are coloured.
    pub color: Color,
    /// Silence after which a peer's system is asked whether it is still there.
    pub keep_alive: Duration,
}

/// The role in a TCP chat.
#[derive(Debug)]
pub enum Side {
    /// Wait for a connection.
    Listen {
        /// The host whose address to listen on; `None` is all interfaces.
        host: Option<String>,
        /// The port to listen on; 0 is any.
        port: u16,
        /// Whether to wait for the next peer when one leaves.
        keeps: bool,
    },
    /// Connect to a listening peer.
    Connect {
        /// The peer's host.
        host: String,
        /// The peer's port.
        port: u16,
        /// How long to keep trying to connect.
        retry_for: Duration,
    },
}

impl TryFrom<TcpPeerArgs> for TcpPeerSettings {
    type Error = Error;

    fn try_from(args: TcpPeerArgs) -> Result<Self, Error> {
        let retry_for = args
            .wait
            .map(|wait| seconds(wait, 0, "--wait"))
            .transpose()?;
        let side = match (args.listen, args.connect) {
            (Some(typed), _) => {
                let (host, port) = endpoint::listening(typed, PortAlone::AllInterfaces)?;
                Side::Listen {
                    host,
                    port,
                    keeps: args.keep_listening,
                }
            }
            (None, typed) => {
                let typed = typed.unwrap_or_default();
                let calling = endpoint::calling(&typed, TCP_PORT);
                let (host, port) = calling.ok_or(Usage::Connect(typed))?;
                Side::Connect {
                    host,
                    port,
                    retry_for: retry_for.unwrap_or_default(),
                }
            }
        };
        let (dialect, form) = match args.json {
            true => (Dialect::Json, Form::Json),
            false => (Dialect::Text, Form::Lines),
        };
        Ok(Self {
            side,
            name: args.name.as_deref().map(name).transpose()?,
            dialect,
            form,
            color: args.color.color,
            keep_alive: args.keep_alive.silence()?,
        })
    }
}
