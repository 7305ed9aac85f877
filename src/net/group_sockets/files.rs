//! The group of files: the next one after the room's, on the same port. Only those who take or give
//! something join it, so that switches and access points keep it from all others.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

use socket2::{Domain, InterfaceIndexOrAddress, Socket};

use super::super::group::{self, GroupOperation, Refusal};
use super::super::interfaces::Interface;
use super::super::kernel;
use super::super::socket_poller::Wire;
use super::{GroupAddress, GroupSockets};

/// A group by both families; the port is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) v4: SocketAddrV4,
    pub(super) v6: Ipv6Addr,
}

/// The sockets that receive the group of files, once it is joined.
#[derive(Debug)]
pub(super) struct FileSockets {
    group: Group,
    v4: Arc<Socket>,
    v6: Option<Arc<Socket>>,
    pub(super) is_joined: bool,
}

impl FileSockets {
    /// Opens them without joining; what this member itself sends from its own ports is filtered.
    ///
    /// # Errors
    /// A [`Refusal`] of [`GroupOperation::Files`].
    pub(super) fn open(
        address: &GroupAddress,
        own_port: u16,
        own_port_v6: Option<u16>,
    ) -> Result<Self, Refusal> {
        let group = next_group(address);
        let v4 = group::open(group.v4.into()).map_err(|refusal| Refusal {
            act: GroupOperation::Files,
            ..refusal
        })?;
        group::report_interface(&v4, Domain::IPV4);
        // Without the filter, the member still recognises its own datagrams.
        let _ = kernel::filter_own(&v4, own_port);
        let v6 = own_port_v6.and_then(|own_port| {
            let at = SocketAddrV6::new(group.v6, group.v4.port(), 0, 0);
            let socket = group::open(at.into()).ok()?;
            group::report_interface(&socket, Domain::IPV6);
            let _ = kernel::filter_own(&socket, own_port);
            Some(Arc::new(socket))
        });
        Ok(Self {
            group,
            v4: Arc::new(v4),
            v6,
            is_joined: false,
        })
    }

    pub(super) fn group(&self) -> Group {
        self.group
    }

    /// What is to be polled: what comes here is a frame as any other.
    pub(super) fn receiving(&self) -> impl Iterator<Item = (Wire, Arc<Socket>)> {
        let sockets = [Some(&self.v4), self.v6.as_ref()].into_iter().flatten();
        sockets.map(|socket| (Wire::Frames, Arc::clone(socket)))
    }

    /// Joins on an interface, which must carry one family at least.
    pub(super) fn join(&self, interface: &Interface) -> io::Result<()> {
        let by_index = InterfaceIndexOrAddress::Index(interface.index);
        // Leaves first, because an interface that lost its address may have kept its membership.
        self.leave(interface);
        let v4 = self.v4.join_multicast_v4_n(self.group.v4.ip(), &by_index);
        let v6 = self.v6.as_ref().map(|v6| {
            let group = &self.group.v6;
            v6.join_multicast_v6(group, interface.index)
        });
        match v6 {
            Some(Ok(())) if interface.addresses.is_empty() => Ok(()),
            _ => v4,
        }
    }

    pub(super) fn leave(&self, interface: &Interface) {
        let by_index = InterfaceIndexOrAddress::Index(interface.index);
        // The interface may be gone, and its memberships with it.
        let _ = self.v4.leave_multicast_v4_n(self.group.v4.ip(), &by_index);
        if let Some(v6) = &self.v6 {
            let _ = v6.leave_multicast_v6(&self.group.v6, interface.index);
        }
    }
}

impl GroupSockets {
    /// Joins the group of files on every interface in use, now and later.
    pub fn join_files(&mut self) -> Vec<Refusal> {
        let Some(files) = &mut self.files else {
            return Vec::new();
        };
        files.is_joined = true;
        let joined = self.interfaces.iter().map(|interface| {
            let refused = Refusal::on(GroupOperation::Join, interface);
            files.join(interface).map_err(refused)
        });
        joined.filter_map(Result::err).collect()
    }

    /// Why files can be neither given nor taken; `None` if they can, and from the second call on,
    /// because it is told once.
    pub fn take_files_refusal(&mut self) -> Option<Refusal> {
        self.files_refusal.take()
    }

    /// Leaves it again.
    pub fn leave_files(&mut self) {
        if let Some(files) = &mut self.files {
            files.is_joined = false;
            self.interfaces.iter().for_each(|it| files.leave(it));
        }
    }
}

/// The group after the one of the room, or before it where there is none behind it.
fn next_group(address: &GroupAddress) -> Group {
    let bits = u32::from(*address.frames.ip());
    let next = Ipv4Addr::from(bits.wrapping_add(1));
    let ip = match next.is_multicast() {
        true => next,
        false => Ipv4Addr::from(bits.wrapping_sub(1)),
    };
    let next = Ipv6Addr::from(u128::from(address.frames_v6).wrapping_add(1));
    Group {
        v4: SocketAddrV4::new(ip, address.frames.port()),
        v6: next,
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_group_of_files_that_cannot_be_bound_is_refused_once_and_the_rest_works() {
        // Whoever binds it without sharing the port keeps it from all others.
        let group = Ipv4Addr::new(239, 255, 71, 72);
        let taken = UdpSocket::bind((group, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let address = |frames: [u8; 4]| GroupAddress {
            frames: SocketAddrV4::new(frames.into(), port),
            frames_v6: "ff12::e003:1d47".parse().unwrap(),
            plain: None,
            ttl: 1,
            interfaces: Vec::new(),
        };
        let mut sockets = GroupSockets::open(address([239, 255, 71, 71])).unwrap();
        assert!(sockets.join_files().is_empty());
        let refusal = sockets.take_files_refusal().unwrap();
        assert_eq!(refusal.act, GroupOperation::Files);
        assert_eq!(refusal.cause.kind(), io::ErrorKind::AddrInUse);
        assert!(sockets.take_files_refusal().is_none());
        assert!(sockets.send_to_files(&[b"lost"]).is_empty());
        drop(taken);
        let mut sockets = GroupSockets::open(address([239, 255, 71, 71])).unwrap();
        assert!(sockets.take_files_refusal().is_none());
    }

    #[test]
    fn the_group_of_files_is_the_next_one_on_the_same_port() {
        let address = |frames: &str| GroupAddress {
            frames: frames.parse().unwrap(),
            frames_v6: "ff12::e003:1d47".parse().unwrap(),
            plain: None,
            ttl: 1,
            interfaces: Vec::new(),
        };
        let next = next_group(&address("224.3.29.71:5008"));
        assert_eq!(next.v4, "224.3.29.72:5008".parse().unwrap());
        assert_eq!(next.v6, "ff12::e003:1d48".parse::<Ipv6Addr>().unwrap());
        let last = next_group(&address("239.255.255.255:5008"));
        assert_eq!(last.v4.ip(), &Ipv4Addr::new(239, 255, 255, 254));
    }
}
