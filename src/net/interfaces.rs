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
    /// Its IPv4 addresses, in the system's order.
    pub addresses: Vec<Ipv4Addr>,
    /// Its IPv6 addresses, without the link-local ones, which are valid only with an interface.
    pub addresses_v6: Vec<Ipv6Addr>,
    /// Whether it is up and can multicast.
    pub is_ready: bool,
    /// Whether it reaches only this machine.
    pub is_loopback: bool,
    /// Whether it reaches one other machine only, as tunnels do.
    pub is_point_to_point: bool,
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

/// Prefixes of the names of interfaces that lead to containers, virtual machines and private
/// networks, where no people are.
const VIRTUAL_NAMES: [&str; 19] = [
    "br-",
    "cali",
    "cni",
    "docker",
    "flannel",
    "lxc",
    "lxdbr",
    "podman",
    "tailscale",
    "tap",
    "tun",
    "utun",
    "vboxnet",
    "virbr",
    "vmnet",
    "wg",
    "zt",
    "ham",
    "vnet",
];

/// The interfaces on which people are likely to be: those asked for by name or address, as far as
/// they exist; or else all but virtual and point-to-point ones; or else loopback.
///
/// # Errors
/// The system's refusal to list its interfaces.
pub fn for_people(asked: &[String]) -> io::Result<Vec<Interface>> {
    Ok(fit_for_people(list()?, asked))
}

fn fit_for_people(all: Vec<Interface>, asked: &[String]) -> Vec<Interface> {
    if !asked.is_empty() {
        let mut found = named(&all, asked);
        found.retain(|interface| interface.is_ready);
        return found;
    }
    let is_virtual = |name: &str| VIRTUAL_NAMES.iter().any(|v| name.starts_with(v));
    // Inside a container, its end of a veth pair has an address; the bridge's end has none.
    let is_bare_veth = |i: &Interface| {
        i.name.starts_with("veth") && i.addresses.is_empty() && i.addresses_v6.is_empty()
    };
    let is_fit = |i: &Interface| !i.is_point_to_point && !is_virtual(&i.name) && !is_bare_veth(i);
    let (loopback, outside) = ready(all);
    let fit: Vec<Interface> = outside.into_iter().filter(is_fit).collect();
    if fit.is_empty() { loopback } else { fit }
}

/// Every address of this machine, those that other machines may reach first.
///
/// # Errors
/// The system's refusal to list its interfaces.
pub fn local_addresses() -> io::Result<Vec<IpAddr>> {
    let mut all = list()?;
    all.sort_by_key(|interface| interface.is_loopback);
    let addresses = |interface: Interface| {
        let v4 = interface.addresses.into_iter().map(IpAddr::V4);
        v4.chain(interface.addresses_v6.into_iter().map(IpAddr::V6))
    };
    Ok(all.into_iter().flat_map(addresses).collect())
}

/// Those that are ready: loopback, and those that lead out of this machine.
fn ready(all: Vec<Interface>) -> (Vec<Interface>, Vec<Interface>) {
    all.into_iter()
        .filter(|interface| interface.is_ready)
        .partition(|interface| interface.is_loopback)
}

/// Those that were asked for and exist, each once.
fn named(all: &[Interface], asked: &[String]) -> Vec<Interface> {
    let mut named: Vec<Interface> = Vec::with_capacity(asked.len());
    for interface in asked.iter().filter_map(|asked| find(all, asked)) {
        if !named.contains(interface) {
            named.push(interface.clone());
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
        let address_v6 = socket_address
            .and_then(|a| a.as_sockaddr_in6())
            .map(|a| a.ip());
        let address_v6 = address_v6.filter(|a| !a.is_unicast_link_local());
        if let Some(known) = all.iter_mut().find(|i| i.name == entry.interface_name) {
            known.addresses.extend(address);
            known.addresses_v6.extend(address_v6);
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
            addresses_v6: address_v6.into_iter().collect(),
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
        let std::net::IpAddr::V4(address) = entry.ip() else {
            continue;
        };
        match all.iter_mut().find(|i| i.name == entry.name) {
            Some(known) => known.addresses.push(address),
            None => all.push(Interface {
                index: entry.index.unwrap_or(0),
                addresses: vec![address],
                addresses_v6: Vec::new(),
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
mod tests {
    use super::*;

    #[test]
    fn people_are_looked_for_where_they_may_be() {
        let interface = |name: &str| Interface {
            name: name.into(),
            index: 1,
            addresses: vec![],
            addresses_v6: vec![],
            is_ready: name != "down0",
            is_loopback: name == "lo",
            is_point_to_point: name == "ppp0",
        };
        let names = |all: &[&str], asked: &[&str]| {
            let all = all.iter().map(|name| interface(name)).collect();
            let asked: Vec<String> = asked.iter().map(|name| (*name).into()).collect();
            let fit = fit_for_people(all, &asked).into_iter().map(|i| i.name);
            fit.collect::<Vec<_>>()
        };
        let all = ["lo", "eth0", "docker0", "wlan0", "tun0", "ppp0", "down0"];
        assert_eq!(names(&all, &[]), ["eth0", "wlan0"]);
        assert_eq!(names(&all, &["docker0", "down0", "none"]), ["docker0"]);
        assert_eq!(names(&["lo", "docker0"], &[]), ["lo"]);
        assert_eq!(names(&["lo", "veth1a2b"], &[]), ["lo"]);
        assert_eq!(names(&["lo", "veth1a2b"], &["veth1a2b"]), ["veth1a2b"]);
        let with_address = Interface {
            addresses: vec![[10, 9, 0, 1].into()],
            ..interface("veth1a2b")
        };
        let all = vec![interface("lo"), with_address.clone()];
        assert_eq!(fit_for_people(all, &[]), [with_address]);
    }

    #[test]
    fn an_interface_is_found_by_name_and_by_address() {
        let lo = Interface {
            name: "lo".into(),
            index: 1,
            addresses: vec![Ipv4Addr::LOCALHOST],
            addresses_v6: vec![],
            is_ready: true,
            is_loopback: true,
            is_point_to_point: false,
        };
        let all = [lo.clone()];
        assert_eq!(find(&all, "lo"), Some(&lo));
        assert_eq!(find(&all, "127.0.0.1"), Some(&lo));
        assert_eq!(find(&all, "wlan0"), None);
        assert_eq!(lo.to_string(), "lo (127.0.0.1)");
    }
}
