//! The network interfaces of this machine, and the choice of those that reach a group.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, UdpSocket};

/// One interface, as far as multicast is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The system's name for it, such as `eth0`.
    pub name: String,
    /// The system's index of it, which stays the same while its addresses change.
    pub index: u32,
    /// Its IPv4 addresses, in the system's order; first the one that it was asked for by.
    pub addresses: Vec<Ipv4Addr>,
    /// The netmask of each of them.
    pub netmasks: Vec<Ipv4Addr>,
    /// Its IPv6 addresses, without the link-local ones, which are valid only with an interface.
    pub addresses_v6: Vec<Ipv6Addr>,
    /// Its link-local IPv6 addresses.
    pub link_local_v6: Vec<Ipv6Addr>,
    /// Whether it is up and can multicast.
    pub is_ready: bool,
    /// Whether it can multicast at all.
    pub can_multicast: bool,
    /// Whether it reaches only this machine.
    pub is_loopback: bool,
    /// Whether it reaches one other machine only, as tunnels do.
    pub is_point_to_point: bool,
}

impl Interface {
    /// Whether the first address of another interface is in the subnet of the first one of this.
    pub(super) fn shares_subnet(&self, other: &Self) -> bool {
        match (self.addresses.first(), other.addresses.first()) {
            (Some(_), Some(other)) => self.is_neighbour(*other),
            _ => false,
        }
    }

    /// Whether an address is in the subnet of this interface's first address.
    pub(super) fn is_neighbour(&self, other: Ipv4Addr) -> bool {
        let own = self.addresses.first().zip(self.netmasks.first());
        own.is_some_and(|(own, mask)| (own.to_bits() ^ other.to_bits()) & mask.to_bits() == 0)
    }

    /// Whether an address of either family is one of this interface's own.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.addresses.contains(&address),
            IpAddr::V6(address) => {
                self.addresses_v6.contains(&address) || self.link_local_v6.contains(&address)
            }
        }
    }

    /// Moves an address to the front, together with its netmask: the source of what is sent.
    fn prefer(&mut self, address: Ipv4Addr) {
        if let Some(at) = self.addresses.iter().position(|own| *own == address) {
            for list in [&mut self.addresses, &mut self.netmasks] {
                if let Some(front) = list.get_mut(..=at) {
                    front.rotate_right(1);
                }
            }
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.addresses.first() {
            Some(address) => write!(f, "{} ({address})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// How the interfaces of a [`Choice`] came to be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The user named them.
    Named,
    /// The system's routes lead there.
    Routed,
    /// No route leads to the group: every interface that can multicast is chosen.
    NoRoute,
    /// No route, and no interface but loopback: only this machine is reached.
    OnlyLoopback,
}

/// The interfaces on which a group is reached.
#[derive(Clone, Debug)]
pub struct Choice {
    /// At least one.
    pub interfaces: Vec<Interface>,
    /// Why these.
    pub reason: Reason,
}

/// Why no choice could be made.
#[derive(Debug)]
pub enum ChoiceError {
    /// No interface has this name or address.
    Unknown {
        /// The name or address that was asked for.
        asked: String,
        /// The names of this machine's interfaces.
        have: Vec<String>,
    },
    /// The system failed to list its interfaces.
    List(io::Error),
    /// There is no interface at all, not even loopback.
    None,
}

/// Chooses the interfaces for a group: those asked for by name or address, or else the one that
/// the system's routes lead to, or else every one that can multicast, or else loopback.
///
/// # Errors
/// An unknown interface, or a machine without any.
pub fn choose(asked: &[String], group: SocketAddrV4) -> Result<Choice, ChoiceError> {
    let all = list().map_err(ChoiceError::List)?;
    if !asked.is_empty() {
        if let Some(unknown) = asked.iter().find(|asked| find(&all, asked).is_none()) {
            return Err(ChoiceError::Unknown {
                asked: unknown.clone(),
                have: all.into_iter().map(|interface| interface.name).collect(),
            });
        }
        return Ok(Choice {
            interfaces: named(&all, asked),
            reason: Reason::Named,
        });
    }
    if let Some(routed) = routed(&all, group) {
        return Ok(Choice {
            interfaces: vec![routed.clone()],
            reason: Reason::Routed,
        });
    }
    let (loopback, outside) = ready(all);
    match (outside.is_empty(), loopback.is_empty()) {
        (false, _) => Ok(Choice {
            interfaces: outside,
            reason: Reason::NoRoute,
        }),
        (true, false) => Ok(Choice {
            interfaces: loopback,
            reason: Reason::OnlyLoopback,
        }),
        (true, true) => Err(ChoiceError::None),
    }
}

/// Prefixes of the names of bridges and taps that usually lead to containers and virtual machines.
/// On some machines one of them is the only way to people. (`br-lan` and the like are no such
/// bridge: see [`is_of_docker`].)
const INNER_NAMES: [&str; 8] = [
    "docker", "lxdbr", "podman", "tap", "vboxnet", "virbr", "vmnet", "vnet",
];

/// Prefixes of the names of interfaces that lead to containers and private networks only, where no
/// people of this place are.
const VIRTUAL_NAMES: [&str; 10] = [
    "cali",
    "cni",
    "flannel",
    "ham",
    "lxc",
    "tailscale",
    "tun",
    "utun",
    "wg",
    "zt",
];

/// The interfaces on which people are likely to be.
#[derive(Clone, Debug, Default)]
pub struct Likely {
    /// Those that are used.
    pub interfaces: Vec<Interface>,
    /// Those that are ready and were left out, but for loopback.
    pub left_out: Vec<Interface>,
    /// Those that would be used, but cannot multicast.
    pub unable: Vec<Interface>,
    /// Why these.
    pub reason: LikelyReason,
}

/// How the interfaces of [`Likely`] came to be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LikelyReason {
    /// They were named, or they are like those of a LAN.
    #[default]
    Usual,
    /// Nothing else has an address: bridges and taps, which usually lead to virtual machines.
    OnlyInner,
    /// Nothing else is there: loopback.
    OnlyLoopback,
}

/// The interfaces on which people are likely to be: those asked for by name or address, as far as
/// they exist; or else all but virtual and point-to-point ones; or else the bridges and taps that
/// have an address; or else loopback.
///
/// # Errors
/// The system's refusal to list its interfaces.
pub fn for_people(asked: &[String]) -> io::Result<Likely> {
    Ok(fit_for_people(list()?, asked))
}

fn fit_for_people(all: Vec<Interface>, asked: &[String]) -> Likely {
    if !asked.is_empty() {
        let named = named(&all, asked);
        let (able, unable): (Vec<_>, Vec<_>) = named.into_iter().partition(|i| i.can_multicast);
        return Likely {
            interfaces: able.into_iter().filter(|i| i.is_ready).collect(),
            unable,
            ..Likely::default()
        };
    }
    let is_like = |names: &[&str], name: &str| names.iter().any(|prefix| name.starts_with(prefix));
    let has_address = |i: &Interface| !i.addresses.is_empty() || !i.addresses_v6.is_empty();
    // Inside a container, its end of a veth pair has an address; the bridge's end has none.
    let is_bare_veth = |i: &Interface| i.name.starts_with("veth") && !has_address(i);
    let is_outer = |i: &Interface| {
        !i.is_point_to_point && !is_like(&VIRTUAL_NAMES, &i.name) && !is_bare_veth(i)
    };
    let is_inner = |i: &Interface| is_like(&INNER_NAMES, &i.name) || is_of_docker(&i.name);
    let (able, unable): (Vec<_>, Vec<_>) = all.into_iter().partition(|i| i.can_multicast);
    let is_missed = |i: &Interface| is_outer(i) && !is_inner(i) && has_address(i);
    let unable: Vec<_> = unable.into_iter().filter(is_missed).collect();
    let (loopback, outside) = ready(able);
    let (outer, mut left_out): (Vec<_>, Vec<_>) = outside.into_iter().partition(is_outer);
    let (inner, usual): (Vec<_>, Vec<_>) = outer.into_iter().partition(is_inner);
    if !usual.is_empty() {
        left_out.extend(inner);
        return Likely {
            interfaces: usual,
            left_out,
            unable,
            reason: LikelyReason::Usual,
        };
    }
    let (inner, bare): (Vec<_>, Vec<_>) = inner.into_iter().partition(has_address);
    left_out.extend(bare);
    let (interfaces, reason) = match inner.is_empty() {
        false => (inner, LikelyReason::OnlyInner),
        true => (loopback, LikelyReason::OnlyLoopback),
    };
    Likely {
        interfaces,
        left_out,
        unable,
        reason,
    }
}

/// Whether this is the name of a bridge of Docker's: `br-` and 12 hexadecimal digits.
fn is_of_docker(name: &str) -> bool {
    let digits = name.strip_prefix("br-").unwrap_or_default();
    digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Every address of this machine, those that other machines may reach first. Link-local ones only
/// if there is no other but loopback: they are valid only with an interface.
///
/// # Errors
/// The system's refusal to list its interfaces.
pub fn local_addresses() -> io::Result<Vec<IpAddr>> {
    let mut all = list()?;
    all.sort_by_key(|interface| interface.is_loopback);
    let mut outside = all.iter().filter(|interface| !interface.is_loopback);
    let is_bare = outside.all(|i| i.addresses.is_empty() && i.addresses_v6.is_empty());
    let addresses = |interface: Interface| {
        let v4 = interface.addresses.into_iter().map(IpAddr::V4);
        let link_local = interface.link_local_v6.into_iter().filter(|_| is_bare);
        let v6 = interface.addresses_v6.into_iter().chain(link_local);
        v4.chain(v6.map(IpAddr::V6))
    };
    Ok(all.into_iter().flat_map(addresses).collect())
}

/// The interfaces that have a link-local address, but for loopback.
///
/// # Errors
/// The system's refusal to list its interfaces.
pub(super) fn with_link_local() -> io::Result<Vec<Interface>> {
    let mut all = list()?;
    all.retain(|interface| !interface.is_loopback && !interface.link_local_v6.is_empty());
    Ok(all)
}

/// Those that are ready: loopback, and those that lead out of this machine.
fn ready(all: Vec<Interface>) -> (Vec<Interface>, Vec<Interface>) {
    all.into_iter()
        .filter(|interface| interface.is_ready)
        .partition(|interface| interface.is_loopback)
}

/// Those that were asked for and exist, each once. What was asked for by an address sends from it:
/// from the first one, if it was asked for by several.
fn named(all: &[Interface], asked: &[String]) -> Vec<Interface> {
    let mut named: Vec<Interface> = Vec::with_capacity(asked.len());
    for asked in asked {
        let Some(interface) = find(all, asked) else {
            continue;
        };
        if !named.iter().any(|known| known.name == interface.name) {
            let mut interface = interface.clone();
            if let Ok(address) = asked.parse() {
                interface.prefer(address);
            }
            named.push(interface);
        }
    }
    named
}

/// The interface with this name or with this IPv4 address.
fn find<'i>(all: &'i [Interface], asked: &str) -> Option<&'i Interface> {
    let address: Option<Ipv4Addr> = asked.parse().ok();
    all.iter()
        .find(|i| i.name == asked || address.is_some_and(|a| i.addresses.contains(&a)))
}

/// The interface that the system's routes lead to. Connecting a UDP socket looks up the route and
/// sends nothing.
fn routed(all: &[Interface], group: SocketAddrV4) -> Option<&Interface> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(group).ok()?;
    let source = socket.local_addr().ok()?.ip();
    // For a route that leads to loopback, Linux sets no source address.
    if source.is_unspecified() {
        return all.iter().find(|interface| interface.is_loopback);
    }
    all.iter()
        .find(|interface| interface.addresses.iter().any(|address| *address == source))
}

/// Every interface, also one that is down, loopback included, each once.
#[cfg(unix)]
fn list() -> io::Result<Vec<Interface>> {
    use nix::net::if_::{InterfaceFlags, if_nametoindex};

    let mut all: Vec<Interface> = Vec::new();
    for entry in nix::ifaddrs::getifaddrs()? {
        let socket_address = entry.address.as_ref();
        let address = socket_address
            .and_then(|a| a.as_sockaddr_in())
            .map(|a| a.ip());
        let netmask = entry.netmask.as_ref().and_then(|a| a.as_sockaddr_in());
        let netmask = netmask.map_or(Ipv4Addr::BROADCAST, |a| a.ip());
        let address_v6 = socket_address
            .and_then(|a| a.as_sockaddr_in6())
            .map(|a| a.ip());
        let link_local = address_v6.filter(Ipv6Addr::is_unicast_link_local);
        let address_v6 = address_v6.filter(|a| !a.is_unicast_link_local());
        if let Some(known) = all.iter_mut().find(|i| i.name == entry.interface_name) {
            known.addresses.extend(address);
            known.netmasks.extend(address.map(|_| netmask));
            known.addresses_v6.extend(address_v6);
            known.link_local_v6.extend(link_local);
            continue;
        }
        // An interface may vanish between the two calls; then it is not in the list.
        let Ok(index) = if_nametoindex(entry.interface_name.as_str()) else {
            continue;
        };
        let is_loopback = entry.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        // Linux sends multicast through loopback, although the flag is not set there.
        let can_multicast = is_loopback || entry.flags.contains(InterfaceFlags::IFF_MULTICAST);
        all.push(Interface {
            name: entry.interface_name,
            index,
            addresses: address.into_iter().collect(),
            netmasks: address.map(|_| netmask).into_iter().collect(),
            addresses_v6: address_v6.into_iter().collect(),
            link_local_v6: link_local.into_iter().collect(),
            can_multicast,
            is_ready: can_multicast
                && entry
                    .flags
                    .contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING),
            is_loopback,
            is_point_to_point: entry.flags.contains(InterfaceFlags::IFF_POINTOPOINT),
        });
    }
    Ok(all)
}

/// Every interface that is up, loopback included, each once.
#[cfg(not(unix))]
fn list() -> io::Result<Vec<Interface>> {
    let mut all: Vec<Interface> = Vec::new();
    for entry in if_addrs::get_if_addrs()? {
        let if_addrs::IfAddr::V4(v4) = &entry.addr else {
            continue;
        };
        let (address, netmask) = (v4.ip, v4.netmask);
        match all.iter_mut().find(|i| i.name == entry.name) {
            Some(known) => {
                known.addresses.push(address);
                known.netmasks.push(netmask);
            }
            None => all.push(Interface {
                index: entry.index.unwrap_or(0),
                addresses: vec![address],
                netmasks: vec![netmask],
                addresses_v6: Vec::new(),
                link_local_v6: Vec::new(),
                can_multicast: true,
                is_ready: entry.is_oper_up(),
                is_loopback: entry.is_loopback(),
                is_point_to_point: entry.is_p2p(),
                name: entry.name,
            }),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
