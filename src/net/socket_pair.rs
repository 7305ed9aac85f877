//! The two sockets that a member of a group has for each address family: one receives from the
//! group, and one is its own.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

use super::group::{request_buffer, request_send_buffer, retry_while_busy};
use super::kernel::{self, Egress, Segmentation};

/// The sockets of one address family.
#[derive(Debug)]
pub(super) struct SocketPair {
    pub(super) group: Arc<Socket>,
    pub(super) own: Arc<Socket>,
    /// Whether the kernel splits datagrams of one length; off once it has refused to.
    segmentation: Cell<Segmentation>,
}

impl SocketPair {
    pub(super) fn new(group: Socket, own: Socket) -> Self {
        Self {
            segmentation: Cell::new(kernel::segmentation(&own)),
            group: Arc::new(group),
            own: Arc::new(own),
        }
    }

    /// Sends all datagrams to one address.
    pub(super) fn send(
        &self,
        to: SocketAddr,
        egress: Option<Egress>,
        mut datagrams: &[&[u8]],
    ) -> io::Result<()> {
        retry_while_busy(|| {
            while !datagrams.is_empty() {
                let segmentation = self.segmentation.get();
                match kernel::send_datagrams(&self.own, to, egress, datagrams, segmentation) {
                    Ok(sent) => datagrams = datagrams.get(sent..).unwrap_or_default(),
                    Err(error)
                        if segmentation == Segmentation::Gso
                            && kernel::is_gso_refusal(&error, datagrams) =>
                    {
                        self.segmentation.set(Segmentation::Off);
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
    }

    pub(super) fn own_port(&self) -> u16 {
        let address = self.own.local_addr().ok();
        address
            .and_then(|address| address.as_socket())
            .map_or(0, |address| address.port())
    }
}

/// Opens the socket from which a member sends, and which receives what is sent to it alone.
pub(super) fn open_own(domain: Domain, ttl: u8) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    let any: SocketAddr = match domain {
        Domain::IPV6 => {
            socket.set_only_v6(true)?;
            socket.set_multicast_hops_v6(ttl.into())?;
            kernel::receive_joined_only_v6(&socket)?;
            (Ipv6Addr::UNSPECIFIED, 0).into()
        }
        _ => {
            socket.set_multicast_ttl_v4(ttl.into())?;
            // It joins no group, so that it receives only what is sent to this member alone.
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v4(false)?;
            (Ipv4Addr::UNSPECIFIED, 0).into()
        }
    };
    request_buffer(&socket);
    request_send_buffer(&socket);
    socket.bind(&any.into())?;
    Ok(socket)
}
