//! Arguments that several subcommands share: where a group is, how far datagrams go, how long a
//! peer may be silent, colours, names.

use std::env;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use clap::Args;

use super::name;
use crate::error::Usage;
use crate::protocol::message::{NAME_MAX_BYTES, Name, is_hazard, split_within};
use crate::terminal::screen::Color;

/// The group of the course's programs.
pub(super) const GROUP: &str = "224.3.29.71";
/// The port of the plain wire.
pub(super) const PORT: &str = "5007";
/// Hops that a datagram may take: 1 stays on the local network.
pub(super) const TTL: &str = "1";
/// Seconds of silence after which a TCP peer's system is asked whether it is still there.
pub(super) const KEEP_ALIVE_S: &str = "15";
/// Longest wait or silence that may be asked for, in seconds: a day.
const SECONDS_MAX: u64 = 86_400;
/// The name of a user without a login name.
const NOBODY: &str = "somebody";

/// Where the group is.
#[derive(Debug, Args)]
pub(super) struct GroupArgs {
    /// IPv4 multicast group
    #[arg(long, default_value = GROUP, value_name = "ADDRESS")]
    group: String,

    /// UDP port
    #[arg(long, default_value = PORT, allow_hyphen_values = true)]
    port: String,

    /// Interface by name or address; may be repeated [default: the system's choice]
    #[arg(long = "interface", value_name = "NAME|ADDRESS")]
    pub(super) interfaces: Vec<String>,
}

impl GroupArgs {
    pub(super) fn address(&self) -> Result<SocketAddrV4, Usage> {
        Ok(SocketAddrV4::new(group(&self.group)?, port(&self.port)?))
    }
}

/// Parses a typed multicast group.
pub(super) fn group(typed: &str) -> Result<Ipv4Addr, Usage> {
    let group: Option<Ipv4Addr> = typed.parse().ok();
    let group = group.filter(Ipv4Addr::is_multicast);
    group.ok_or_else(|| Usage::Group(typed.to_owned()))
}

/// Parses a typed UDP port.
pub(super) fn port(typed: &str) -> Result<u16, Usage> {
    let port = typed.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| Usage::Port(typed.to_owned()))
}

/// How far a sender's datagrams go.
#[derive(Debug, Args)]
pub(super) struct TtlArgs {
    /// How many routers a datagram may pass, plus one; 1 stays on this network, 0 on this machine
    #[arg(long, default_value = TTL, allow_hyphen_values = true)]
    ttl: String,
}

impl TtlArgs {
    pub(super) fn hops(self) -> Result<u8, Usage> {
        self.ttl.parse().map_err(|_| Usage::Ttl(self.ttl))
    }
}

/// How a lost peer is noticed.
#[derive(Debug, Args)]
pub(super) struct KeepAliveArgs {
    /// Check, after this long without news, whether the other side is still there; its loss is
    /// noticed within twice that
    #[arg(long, value_name = "SECONDS", default_value = KEEP_ALIVE_S, allow_hyphen_values = true)]
    keep_alive: String,
}

impl KeepAliveArgs {
    pub(super) fn silence(self) -> Result<Duration, Usage> {
        seconds(self.keep_alive, 1, "--keep-alive")
    }
}

/// When names are coloured.
#[derive(Debug, Args)]
pub(super) struct ColorArgs {
    /// Colour the names
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "auto|always|never",
        hide_possible_values = true
    )]
    pub(super) color: Color,
}

/// Parses a number of seconds that was typed for an option.
pub(super) fn seconds(typed: String, least: u64, option: &'static str) -> Result<Duration, Usage> {
    let seconds = typed
        .parse()
        .ok()
        .filter(|s| (least..=SECONDS_MAX).contains(s));
    seconds.map(Duration::from_secs).ok_or(Usage::Number {
        typed,
        least,
        most: SECONDS_MAX,
        option,
    })
}

/// The typed name, or else the login name.
pub(super) fn name_or_login(typed: Option<&str>) -> Result<Name, Usage> {
    match typed {
        Some(typed) => name(typed),
        None => login_name(|variable| env::var(variable).ok(), system_login),
    }
}

/// The login name, cut and cleaned so that it is a valid name: the environment's, or else the
/// system's, for a service and a container have none in their environment.
fn login_name(
    variable: impl Fn(&str) -> Option<String>,
    system: impl FnOnce() -> Option<String>,
) -> Result<Name, Usage> {
    let login = ["LOGNAME", "USER", "USERNAME"]
        .into_iter()
        .filter_map(variable)
        .find(|login| !login.is_empty());
    let login = login.or_else(system).unwrap_or_default();
    let readable: String = login.chars().filter(|c| !is_hazard(*c)).collect();
    let fit = readable.trim().trim_start_matches('~');
    // Composition may lengthen decomposed letters; a name that is short enough stays one.
    let (fit, _) = split_within(fit, NAME_MAX_BYTES);
    name(fit.trim_end()).or_else(|_| name(NOBODY))
}

/// The login name of the person who runs this process, as the system knows it.
fn system_login() -> Option<String> {
    #[cfg(unix)]
    return nix::unistd::User::from_uid(nix::unistd::getuid())
        .ok()?
        .map(|user| user.name);
    #[cfg(not(unix))]
    return None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_is_made_fit() {
        let name = |login: &str| {
            let variable = |name: &str| (name == "USER").then(|| login.into());
            login_name(variable, || None).unwrap()
        };
        assert_eq!(name("ana").as_str(), "ana");
        assert_eq!(name("~a\x1bna ").as_str(), "ana");
        assert_eq!(name(&"ã".repeat(40)).as_str(), "ã".repeat(16));
        assert_eq!(name("").as_str(), "somebody");
        assert_eq!(name("a\u{200b}na").as_str(), "somebody");
        let system = login_name(|_| None, || Some("rui".into())).unwrap();
        assert_eq!(system.as_str(), "rui");
        assert!(system_login().is_some());
    }
}
