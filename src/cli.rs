//! What may be typed. Doc comments are the help, which is in English. The defaults of the whole
//! house are here; what was typed is checked here, by the types that a mode then relies on.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use clap::{Args, Parser, Subcommand};

use crate::error::{Error, Usage};
use crate::protocol::message::Name;
use crate::terminal::screen::{Color, Form};
use crate::text::Lang;

/// The group that the course's programs use.
const GROUP: &str = "224.3.29.71";
/// Its port for the plain wire.
const PORT: &str = "5007";
/// Hops that a datagram may take: 1 stays on the local network.
const TTL: &str = "1";
/// Highest rate that may be asked for, in messages per second.
const RATE_MAX_PER_S: u32 = 1_000_000;

/// Links with these names act as the subcommand of the same name.
const LINK_NAMES: [&str; 1] = ["multicast"];

/// Serverless chat for everyone on one network
#[derive(Debug, Parser)]
#[command(
    name = "roda",
    version,
    after_help = "Example, in two terminals:\n  \
        roda multicast receive --name bia\n  \
        roda multicast send --name ana"
)]
pub struct Cli {
    /// Language of what the program says while running [default: from the locale]
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<Lang>,

    /// What to do; without it, this help
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Chat by UDP multicast with the course's programs: JSON datagrams {"user","data"}
    #[command(after_help = "Example, in two terminals:\n  \
        roda multicast receive --name bia\n  \
        roda multicast send --name ana")]
    Multicast {
        /// Which side to take.
        #[command(subcommand)]
        role: MulticastRole,
    },
}

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

/// Where the group is.
#[derive(Debug, Args)]
pub struct GroupArgs {
    /// IPv4 multicast group
    #[arg(long, default_value = GROUP, value_name = "ADDRESS")]
    group: String,

    /// UDP port
    #[arg(long, default_value = PORT, allow_hyphen_values = true)]
    port: String,

    /// Interface by name or address; may be repeated [default: the system's choice]
    #[arg(long = "interface", value_name = "NAME|ADDRESS")]
    interfaces: Vec<String>,
}

/// What `multicast send` may be told.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Your name in the chat, 1 to 32 bytes
    #[arg(long, required_unless_present = "raw", allow_hyphen_values = true)]
    name: Option<String>,

    #[command(flatten)]
    group: GroupArgs,

    /// Routers that a datagram may pass, plus one; 1 stays on this network, 0 on this machine
    #[arg(long, default_value = TTL, allow_hyphen_values = true)]
    ttl: String,

    /// At most so many messages per second [default: as fast as they come]
    #[arg(long, value_name = "PER_SECOND", allow_hyphen_values = true)]
    rate: Option<String>,

    /// Send plain text instead of JSON, as in section 2 of the course's practice; needs no name
    #[arg(long)]
    raw: bool,
}

/// What `multicast receive` may be told.
#[derive(Debug, Args)]
pub struct ReceiveArgs {
    /// Your name, only greeted with
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    #[command(flatten)]
    group: GroupArgs,

    /// Show a `sair` and go on; only Ctrl-C ends
    #[arg(long)]
    stay: bool,

    /// Expect plain text instead of JSON, as in section 2 of the course's practice
    #[arg(long)]
    raw: bool,

    /// One JSON object per message: time, source, user, data
    #[arg(long)]
    json: bool,

    /// Colour the names
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// What `multicast send` runs by.
#[derive(Debug)]
pub struct SendSettings {
    /// What the datagrams look like.
    pub wire: SendWire,
    /// Group and port.
    pub group: SocketAddrV4,
    /// Hops.
    pub ttl: u8,
    /// Interfaces as typed; none means the system's choice.
    pub interfaces: Vec<String>,
    /// Messages per second, if limited.
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
    /// What stands before the line being typed.
    #[must_use]
    pub fn prompt(&self) -> String {
        match &self.wire {
            SendWire::Plain(name) => format!("{name}> "),
            SendWire::Raw => "> ".into(),
        }
    }
}

/// What `multicast receive` runs by.
#[derive(Debug)]
pub struct ReceiveSettings {
    /// The listener's name.
    pub name: Option<Name>,
    /// Group and port.
    pub group: SocketAddrV4,
    /// Interfaces as typed; none means the system's choice.
    pub interfaces: Vec<String>,
    /// Whether a farewell is only shown.
    pub stays: bool,
    /// Whether datagrams are text and not JSON.
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
            ttl: args.ttl.parse().map_err(|_| Usage::Ttl(args.ttl))?,
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
            color: args.color,
        })
    }
}

impl GroupArgs {
    fn address(&self) -> Result<SocketAddrV4, Usage> {
        let group: Option<Ipv4Addr> = self.group.parse().ok();
        let group = group.filter(Ipv4Addr::is_multicast);
        let group = group.ok_or_else(|| Usage::Group(self.group.clone()))?;
        let port = self.port.parse().ok().filter(|port| *port != 0);
        let port = port.ok_or_else(|| Usage::Port(self.port.clone()))?;
        Ok(SocketAddrV4::new(group, port))
    }
}

fn name(typed: &str) -> Result<Name, Usage> {
    Name::parse(typed).map_err(|fault| Usage::Name(typed.into(), fault))
}

fn rate(typed: String) -> Result<u32, Usage> {
    let rate = typed
        .parse()
        .ok()
        .filter(|rate| (1..=RATE_MAX_PER_S).contains(rate));
    rate.ok_or(Usage::Rate(typed))
}

/// Turns a call through a link named like a subcommand into a call of that subcommand.
#[must_use]
pub fn expand_link(mut args: Vec<OsString>) -> Vec<OsString> {
    let called = args.first().map(Path::new).and_then(Path::file_stem);
    let link = LINK_NAMES
        .into_iter()
        .find(|link| called == Some((*link).as_ref()));
    if let Some(link) = link {
        args.insert(1, link.into());
    }
    args
}

/// The language asked for, or else that of the first locale variable that is set, in the order
/// of setlocale(3).
#[must_use]
pub fn language(asked: Option<Lang>, variable: impl Fn(&str) -> Option<String>) -> Lang {
    let locale = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty())
    };
    asked.unwrap_or_else(|| Lang::of_locale(&locale().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

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
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
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

    #[test]
    fn a_link_acts_as_its_subcommand() {
        let expanded = |args: &[&str]| expand_link(args.iter().map(Into::into).collect());
        assert_eq!(
            expanded(&["/usr/bin/multicast", "send"]),
            ["/usr/bin/multicast", "multicast", "send"]
        );
        assert_eq!(expanded(&["roda", "multicast"]), ["roda", "multicast"]);
        assert!(expanded(&[]).is_empty());
    }

    #[test]
    fn the_language_is_asked_for_or_the_locales() {
        let pt = |variable: &str| (variable == "LANG").then(|| "pt_BR.UTF-8".to_owned());
        assert_eq!(language(None, pt), Lang::Pt);
        assert_eq!(language(Some(Lang::En), pt), Lang::En);
        let overridden = |variable: &str| match variable {
            "LC_ALL" => Some("C".to_owned()),
            _ => Some("pt_BR".to_owned()),
        };
        assert_eq!(language(None, overridden), Lang::En);
        let empty = |variable: &str| match variable {
            "LC_ALL" => Some(String::new()),
            _ => Some("pt_BR".to_owned()),
        };
        assert_eq!(language(None, empty), Lang::Pt);
    }
}
