//! From a host as a person types it to the addresses that are called. A link-local address
//! (`fe80::…`) is valid only with an interface; without one, every interface is tried.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};

use super::interfaces::{Interface, with_link_local};
use super::tcp::CallError;

/// The addresses of a host, and what it means if none of them answers.
#[derive(Debug)]
pub(super) struct HostAddresses {
    pub(super) addresses: Vec<SocketAddr>,
    /// The names of the interfaces that were chosen from, if none was named.
    pub(super) unscoped: Option<Vec<String>>,
}

/// Resolves a host.
///
/// # Errors
/// [`CallError::UnknownHost`], or [`CallError::Scope`] for an interface that is not here.
pub(super) fn resolve(host: &str, port: u16) -> Result<HostAddresses, CallError> {
    let (bare, scope) = match host.split_once('%') {
        Some((bare, scope)) => (bare, Some(scope)),
        None => (host, None),
    };
    match bare.parse::<Ipv6Addr>() {
        Ok(address) if address.is_unicast_link_local() => {
            let interfaces = with_link_local().map_err(CallError::Other)?;
            scoped(address, port, scope, &interfaces)
        }
        Ok(address) => Ok(HostAddresses {
            addresses: vec![SocketAddr::new(IpAddr::V6(address), port)],
            unscoped: None,
        }),
        Err(_) => {
            let addresses = (host, port).to_socket_addrs();
            Ok(HostAddresses {
                addresses: addresses.map_err(CallError::UnknownHost)?.collect(),
                unscoped: None,
            })
        }
    }
}

/// A link-local address on the interface that is named, or on each.
fn scoped(
    address: Ipv6Addr,
    port: u16,
    scope: Option<&str>,
    interfaces: &[Interface],
) -> Result<HostAddresses, CallError> {
    let is_meant = |interface: &&Interface| {
        scope.is_none_or(|scope| {
            interface.name == scope
                || scope
                    .parse()
                    .is_ok_and(|index: u32| index == interface.index)
        })
    };
    let on = |interface: &Interface| SocketAddrV6::new(address, port, 0, interface.index).into();
    let mut addresses: Vec<SocketAddr> = interfaces.iter().filter(is_meant).map(on).collect();
    // Where the system does not list these addresses, a number is believed.
    if interfaces.is_empty()
        && let Some(index) = scope.and_then(|scope| scope.parse().ok())
    {
        addresses.push(SocketAddrV6::new(address, port, 0, index).into());
    }
    let have: Vec<String> = interfaces.iter().map(|i| i.name.clone()).collect();
    if addresses.is_empty() {
        return Err(CallError::Scope { have });
    }
    let unscoped = (scope.is_none() && have.len() > 1).then_some(have);
    Ok(HostAddresses {
        addresses,
        unscoped,
    })
}
