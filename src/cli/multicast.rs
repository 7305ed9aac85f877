//! `multicast`: its arguments, their defaults, and the settings of its two modes.

use std::net::SocketAddrV4;

use clap::{Args, Subcommand};

use super::name;
use super::shared::{ColorArgs, GroupArgs, TtlArgs};
use crate::error::{Error, Usage};
use crate::protocol::message::Name;
use crate::terminal::screen::{Color, Form};

/// Highest rate that may be asked for, in messages per second.
const RATE_MAX_PER_S: u32 = 1_000_000;

/// The two sides of the course's multicast chat.
#[derive(Debug, Subcommand)]
pub enum MulticastRole {
    /// Send each typed line to the group; `sair` ends the chat for everybody
    #[command(after_help = "Example:\n  echo 'oi, grupo' | roda multicast send --name ana")]
    Send(SendArgs),
    /// Show what the group says until somebody says `sair`
    #[command(after_help = "Example, which keeps a session in a file:\n  \
        roda multicast receive --name bia --stay --json > session.jsonl")]
    Receive(ReceiveArgs),
}

/// The arguments of `multicast send`.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Your name in the chat, 1 to 32 bytes
    #[arg(long, required_unless_present = "raw", allow_hyphen_values = true)]
    name: Option<String>,

    #[command(flatten)]
    group: GroupArgs,

    #[command(flatten)]
    ttl: TtlArgs,

    /// Send at most this many messages per second [default: as fast as they come]
    #[arg(long, value_name = "PER_SECOND", allow_hyphen_values = true)]
    rate: Option<String>,

    /// Send plain text instead of JSON, as in section 2 of the course's practice; needs no name
    #[arg(long)]
    raw: bool,
}

/// The arguments of `multicast receive`.
#[derive(Debug, Args)]
pub struct ReceiveArgs {
    /// Your name, used only in the greeting
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    #[command(flatten)]
    group: GroupArgs,

    /// Show a `sair` and go on; only Ctrl-C ends
    #[arg(long)]
    stay: bool,

    /// Expect plain text instead of JSON, as in section 2 of the course's practice
    #[arg(long, conflicts_with = "json")]
    raw: bool,

    /// One JSON object per message: time, source, user, data
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    color: ColorArgs,
}

/// The settings of `multicast send`.
#[derive(Debug)]
pub struct SendSettings {
    /// The wire format of the datagrams.
    pub wire: SendWire,
    /// Group and port.
    pub group: SocketAddrV4,
    /// The time to live: how many hops a datagram may take.
    pub ttl: u8,
    /// Interfaces as typed; none means the system's choice.
    pub interfaces: Vec<String>,
    /// Most messages per second, if limited.
    pub rate_per_s: Option<u32>,
}

/// The wire of a sender, with the name that it carries.
#[derive(Debug)]
pub enum SendWire {
    /// Two-key JSON.
    Plain(Name),
    /// Text alone.
    Raw,
}

impl SendSettings {
    /// The prompt of the line that is being typed.
    #[must_use]
    pub fn prompt(&self) -> String {
        match &self.wire {
            SendWire::Plain(name) => format!("{name}> "),
            SendWire::Raw => "> ".into(),
        }
    }
}

/// The settings of `multicast receive`.
#[derive(Debug)]
pub struct ReceiveSettings {
    /// The listener's name.
    pub name: Option<Name>,
    /// Group and port.
    pub group: SocketAddrV4,
    /// Interfaces as typed; none means the system's choice.
    pub interfaces: Vec<String>,
    /// Whether a farewell is only shown instead of ending the mode.
    pub stays: bool,
    /// Whether datagrams are plain text instead of JSON.
    pub raw: bool,
    /// How messages are written.
    pub form: Form,
    /// Whether names are coloured.
    pub color: Color,
}

impl TryFrom<SendArgs> for SendSettings {
    type Error = Error;

    fn try_from(args: SendArgs) -> Result<Self, Error> {
        let name = args.name.as_deref().map(name).transpose()?;
        let wire = match name {
            Some(name) if !args.raw => SendWire::Plain(name),
            _ => SendWire::Raw,
        };
        Ok(Self {
            wire,
            group: args.group.address()?,
            ttl: args.ttl.hops()?,
            interfaces: args.group.interfaces,
            rate_per_s: args.rate.map(rate).transpose()?,
        })
    }
}

impl TryFrom<ReceiveArgs> for ReceiveSettings {
    type Error = Error;

    fn try_from(args: ReceiveArgs) -> Result<Self, Error> {
        Ok(Self {
            name: args.name.as_deref().map(name).transpose()?,
            group: args.group.address()?,
            interfaces: args.group.interfaces,
            stays: args.stay,
            raw: args.raw,
            form: if args.json { Form::Json } else { Form::Lines },
            color: args.color.color,
        })
    }
}

fn rate(typed: String) -> Result<u32, Usage> {
    let rate = typed
        .parse()
        .ok()
        .filter(|rate| (1..=RATE_MAX_PER_S).contains(rate));
    rate.ok_or(Usage::Number {
        typed,
        least: 1,
        most: RATE_MAX_PER_S.into(),
        option: "--rate",
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn send(args: &[&str]) -> Result<SendSettings, Error> {
        let line = [&["roda", "multicast", "send"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Multicast {
                role: MulticastRole::Send(args),
            }) => args.try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_defaults_are_the_courses() {
        let settings = send(&["--name", "ana"]).unwrap();
        assert_eq!(settings.group, "224.3.29.71:5007".parse().unwrap());
        assert_eq!(settings.ttl, 1);
        assert_eq!(settings.prompt(), "ana> ");
    }

    #[test]
    fn what_cannot_be_is_wrong_use() {
        for bad in [
            ["--group", "10.0.0.1"],
            ["--group", "ff02::1"],
            ["--port", "0"],
            ["--port", "65536"],
            ["--port", "-1"],
            ["--ttl", "256"],
            ["--rate", "0"],
            ["--rate", "1.5"],
        ] {
            let error = send(&[&["--name", "ana"], &bad[..]].concat()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
        assert_eq!(send(&["--name", "~ana"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_sender_needs_a_name_unless_it_is_raw() {
        assert!(Cli::try_parse_from(["roda", "multicast", "send"]).is_err());
        assert!(matches!(send(&["--raw"]).unwrap().wire, SendWire::Raw));
    }
}
