//! Arguments that several subcommands have: where a group is, how far its datagrams go, colours.

use std::net::{Ipv4Addr, SocketAddrV4};

use clap::Args;

use crate::error::Usage;
use crate::terminal::screen::Color;

/// The group that the course's programs use.
const GROUP: &str = "224.3.29.71";
/// Its port for the plain wire.
const PORT: &str = "5007";
/// Hops that a datagram may take: 1 stays on the local network.
const TTL: &str = "1";

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
        let group: Option<Ipv4Addr> = self.group.parse().ok();
        let group = group.filter(Ipv4Addr::is_multicast);
        let group = group.ok_or_else(|| Usage::Group(self.group.clone()))?;
        let port = self.port.parse().ok().filter(|port| *port != 0);
        let port = port.ok_or_else(|| Usage::Port(self.port.clone()))?;
        Ok(SocketAddrV4::new(group, port))
    }
}

/// How far a sender's datagrams go.
#[derive(Debug, Args)]
pub(super) struct TtlArgs {
    /// Routers that a datagram may pass, plus one; 1 stays on this network, 0 on this machine
    #[arg(long, default_value = TTL, allow_hyphen_values = true)]
    ttl: String,
}

impl TtlArgs {
    pub(super) fn hops(self) -> Result<u8, Usage> {
        self.ttl.parse().map_err(|_| Usage::Ttl(self.ttl))
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
