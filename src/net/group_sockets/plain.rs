//! The plain wire of a member that comes to the lobby after its other rooms.

use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;

use socket2::{Domain, InterfaceIndexOrAddress};

use super::super::group::{self, GroupOperation, Refusal};
use super::super::interrupter::Interrupter;
use super::super::socket_poller::{SocketPoller, Wire};
use super::GroupSockets;

impl GroupSockets {
    /// Speaks and hears the plain wire from now on, on every interface in use. Returns what
    /// receives it; `None` if it is received already.
    ///
    /// # Errors
    /// A [`Refusal`] to open or to bind the port, or to join the group.
    pub fn open_plain(
        &mut self,
        plain: SocketAddrV4,
    ) -> Result<Option<(SocketPoller, Interrupter)>, Refusal> {
        if self.plain.is_some() {
            return Ok(None);
        }
        let socket = Arc::new(group::open(plain.into())?);
        group::report_interface(&socket, Domain::IPV4);
        for interface in &self.interfaces {
            let by_index = InterfaceIndexOrAddress::Index(interface.index);
            let refused = Refusal::on(GroupOperation::Join, interface);
            socket
                .join_multicast_v4_n(plain.ip(), &by_index)
                .map_err(refused)?;
        }
        let poller = self.plain_poller(&socket);
        let poller = poller.map_err(Refusal::new(GroupOperation::Receive))?;
        self.plain = Some(socket);
        self.address.plain = Some(plain);
        Ok(Some(poller))
    }

    fn plain_poller(
        &self,
        socket: &Arc<socket2::Socket>,
    ) -> io::Result<(SocketPoller, Interrupter)> {
        let sockets = vec![(Wire::Plain, Arc::clone(socket))];
        SocketPoller::new(sockets, vec![self.own_port()])
    }
}
