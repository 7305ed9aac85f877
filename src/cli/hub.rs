//! `hub`: its arguments, their defaults, and the settings of both its modes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::endpoint::PortAlone;
use super::shared::{ColorArgs, KeepAliveArgs, name_or_login, seconds};
use super::{endpoint, name};
use crate::error::{Error, Usage};
use crate::protocol::message::Name;
use crate::terminal::screen::{Color, Form};

/// Port of the course's hub.
const HUB_PORT: &str = "1234";
/// Connections at once, unless asked otherwise.
const CONNECTIONS: &str = "10000";
/// Most connections that may be asked for; a machine's ports would not suffice for more.
const CONNECTIONS_MAX: usize = 1_000_000;
/// Messages per second of one client: far more than a person types, and enough for a paste.
const RATE_PER_S: &str = "1000";

/// Which side of the hub to take.
#[derive(Debug, Subcommand)]
pub enum HubRole {
    /// Open the hub that everybody joins
    #[command(after_help = "Examples:\n  \
        roda hub serve\n  \
        roda hub serve --moderator prof --moderator-secret-file secret.txt")]
    Serve(HubServeArgs),

    /// Join a hub, ours or the course's
    #[command(after_help = "Examples:\n  \
        roda hub join 192.168.0.7 --name ana\n  \
        roda hub join 192.168.0.7:1234 --name ana --menu")]
    Join(HubJoinArgs),
}

/// The arguments of `hub serve`.
#[derive(Debug, Args)]
pub struct HubServeArgs {
    /// Listen on this port; a port alone means all interfaces, port 0 one that is free
    #[arg(long, value_name = "[ADDRESS:]PORT", default_value = HUB_PORT)]
    listen: String,

    /// Who alone may close the hub and remove others; may be repeated [default: everybody may
    /// close it]
    #[arg(
        long = "moderator",
        value_name = "NAME",
        requires = "moderator_secret_file"
    )]
    moderators: Vec<String>,

    /// The file with the secret that proves who is a moderator
    #[arg(long, value_name = "FILE", requires = "moderators")]
    moderator_secret_file: Option<PathBuf>,

    /// Most clients at the same time
    #[arg(long, value_name = "NUMBER", default_value = CONNECTIONS, allow_hyphen_values = true)]
    max_clients: String,

    /// Most clients at the same time from one address [default: no limit]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    max_per_address: Option<String>,

    /// Messages per second from one client; what goes beyond that is read later
    #[arg(long, value_name = "NUMBER", default_value = RATE_PER_S, allow_hyphen_values = true)]
    rate: String,

    #[command(flatten)]
    keep_alive: KeepAliveArgs,

    /// Log one JSON object per event on stdout, and not sentences on stderr
    #[arg(long)]
    json: bool,
}

/// The settings of `hub serve`.
#[derive(Debug)]
pub struct HubServeSettings {
    /// The host whose address to listen on; `None` is all interfaces.
    pub host: Option<String>,
    /// The port to listen on; 0 is any.
    pub port: u16,
    /// The names that may close the hub and remove others.
    pub moderators: BTreeSet<Name>,
    /// The file with the moderators' secret.
    pub secret_file: Option<PathBuf>,
    /// Most clients at once.
    pub connections_max: usize,
    /// Most clients at once from one address.
    pub per_address_max: Option<usize>,
    /// Most messages per second of one client.
    pub rate_per_s: u32,
    /// Silence after which a client's system is asked whether it is still there.
    pub keep_alive: Duration,
    /// How the log is written.
    pub form: Form,
}

impl TryFrom<HubServeArgs> for HubServeSettings {
    type Error = Error;

    fn try_from(args: HubServeArgs) -> Result<Self, Error> {
        let (host, port) = endpoint::listening(args.listen, PortAlone::AllInterfaces)?;
        let moderators: Result<_, _> = args.moderators.iter().map(|typed| name(typed)).collect();
        let per_address = args.max_per_address;
        let per_address_max = per_address.map(|typed| number(typed, "--max-per-address"));
        Ok(Self {
            host,
            port,
            moderators: moderators?,
            secret_file: args.moderator_secret_file,
            connections_max: number(args.max_clients, "--max-clients")?,
            per_address_max: per_address_max.transpose()?,
            rate_per_s: u32::try_from(number(args.rate, "--rate")?).unwrap_or(u32::MAX),
            keep_alive: args.keep_alive.silence()?,
            form: if args.json { Form::Json } else { Form::Lines },
        })
    }
}

/// The arguments of `hub join`.
#[derive(Debug, Args)]
pub struct HubJoinArgs {
    /// The hub; without a port, 1234
    #[arg(value_name = "HOST[:PORT]")]
    hub: String,

    /// Your name at the hub, 1 to 32 bytes [default: your login name]
    #[arg(long, allow_hyphen_values = true)]
    name: Option<String>,

    /// The file with the secret that makes you a moderator
    #[arg(long, value_name = "FILE")]
    moderator_secret_file: Option<PathBuf>,

    /// Choose by numbers, as in the course's client
    #[arg(long, conflicts_with = "json")]
    menu: bool,

    /// Keep trying for this long, so that the hub may start later
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    wait: Option<String>,

    /// End when the connection is lost, and do not try again
    #[arg(long)]
    no_reconnect: bool,

    #[command(flatten)]
    keep_alive: KeepAliveArgs,

    /// One JSON object per event; input lines may be {"say": "…"}
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    color: ColorArgs,
}

/// What to do when the connection to the hub is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenLost {
    /// Call it again.
    Reconnect,
    /// End.
    End,
}

/// The settings of `hub join`.
#[derive(Debug)]
pub struct HubJoinSettings {
    /// The hub's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user's name.
    pub name: Name,
    /// The file with a moderator's secret.
    pub secret_file: Option<PathBuf>,
    /// Whether input chooses from the numbered menu.
    pub has_menu: bool,
    /// How long to keep trying to connect.
    pub retry_for: Duration,
    /// What to do when the connection is lost.
    pub when_lost: WhenLost,
    /// Silence after which the hub's system is asked whether it is still there.
    pub keep_alive: Duration,
    /// How events are written.
    pub form: Form,
    /// Whether names are coloured.
    pub color: Color,
}

impl TryFrom<HubJoinArgs> for HubJoinSettings {
    type Error = Error;

    fn try_from(args: HubJoinArgs) -> Result<Self, Error> {
        let calling = endpoint::calling(&args.hub, HUB_PORT);
        let (host, port) = calling.ok_or(Usage::Hub(args.hub))?;
        let retry_for = args.wait.map(|typed| seconds(typed, 0, "--wait"));
        Ok(Self {
            host,
            port,
            name: name_or_login(args.name.as_deref())?,
            secret_file: args.moderator_secret_file,
            has_menu: args.menu,
            retry_for: retry_for.transpose()?.unwrap_or_default(),
            when_lost: match args.no_reconnect {
                true => WhenLost::End,
                false => WhenLost::Reconnect,
            },
            keep_alive: args.keep_alive.silence()?,
            form: if args.json { Form::Json } else { Form::Lines },
            color: args.color.color,
        })
    }
}

/// Parses a number of at least one that was typed for an option.
fn number(typed: String, option: &'static str) -> Result<usize, Usage> {
    let number = typed.parse().ok();
    let number = number.filter(|number| (1..=CONNECTIONS_MAX).contains(number));
    number.ok_or(Usage::Number {
        typed,
        least: 1,
        most: CONNECTIONS_MAX as u64,
        option,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn serve(args: &[&str]) -> Result<HubServeSettings, Error> {
        let line = [&["roda", "hub", "serve"], args].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Hub {
                role: HubRole::Serve(args),
            }) => args.try_into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_hub_listens_everywhere_on_the_report_s_port() {
        let hub = serve(&[]).unwrap();
        assert_eq!((hub.host, hub.port), (None, 1234));
        assert_eq!(hub.per_address_max, None);
        let hub = serve(&["--listen", "127.0.0.1:0", "--max-per-address", "3"]).unwrap();
        assert_eq!((hub.host.as_deref(), hub.port), (Some("127.0.0.1"), 0));
        assert_eq!(hub.per_address_max, Some(3));
    }

    #[test]
    fn what_cannot_be_is_wrong_use() {
        for bad in [
            ["--listen", "x"],
            ["--rate", "0"],
            ["--max-clients", "-1"],
            ["--max-per-address", "many"],
            ["--keep-alive", "0"],
        ] {
            assert_eq!(serve(&bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
        // A moderator must be able to prove who they are.
        let line = ["roda", "hub", "serve", "--moderator", "prof"];
        assert!(Cli::try_parse_from(line).is_err());
    }
}
