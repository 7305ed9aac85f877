//! The plain wire's socket, which a member has from the start, so that one thread receives from all
//! sockets; it is bound when the member comes to the lobby.

use std::io::ErrorKind;
use std::net::SocketAddrV4;
use std::sync::Arc;

use socket2::{Domain, InterfaceIndexOrAddress, Socket};

use super::super::group::{self, GroupOperation, Refusal};
use super::GroupSockets;

/// See the file's head.
#[derive(Debug)]
pub(super) struct PlainSocket {
    socket: Arc<Socket>,
    is_bound: bool,
}

impl PlainSocket {
    /// One that receives nothing yet.
    pub(super) fn unbound() -> Result<Self, Refusal> {
        let socket = group::unbound(Domain::IPV4)?;
        group::report_interface(&socket, Domain::IPV4);
        Ok(Self {
            socket: Arc::new(socket),
            is_bound: false,
        })
    }

    /// Binds it to the port of the plain wire, unless it is bound.
    pub(super) fn bind(&mut self, plain: SocketAddrV4) -> Result<(), Refusal> {
        if !self.is_bound {
            group::bind(&self.socket, plain.into())?;
            self.is_bound = true;
        }
        Ok(())
    }

    /// The socket, to be received from.
    pub(super) fn socket(&self) -> Arc<Socket> {
        Arc::clone(&self.socket)
    }

    /// The socket, if it is bound.
    pub(super) fn bound(&self) -> Option<&Socket> {
        self.is_bound.then_some(&*self.socket)
    }
}

impl GroupSockets {
    /// Speaks and hears the plain wire from now on, on every interface in use.
    ///
    /// # Errors
    /// A [`Refusal`] to bind the port, or to join the group.
    pub fn open_plain(&mut self, plain: SocketAddrV4) -> Result<(), Refusal> {
        if self.plain().is_some() {
            return Ok(());
        }
        self.plain.bind(plain)?;
        let socket = self.plain.socket();
        for interface in &self.interfaces {
            let by_index = InterfaceIndexOrAddress::Index(interface.index);
            match socket.join_multicast_v4_n(plain.ip(), &by_index) {
                // An earlier attempt got as far as this.
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                joined => joined.map_err(Refusal::on(GroupOperation::Join, interface))?,
            }
        }
        self.address.plain = Some(plain);
        Ok(())
    }
}
