//! UDP on loopback and on the addresses by which this computer is reached on the LAN: Chromium
//! reaches the first, Firefox and guests' telephones the others. Addresses come and go while the
//! program runs: before each page is answered, it is looked which there are.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use crate::net::group::{request_buffer, request_send_buffer};
use crate::net::interfaces::local_addresses;

/// Most addresses that pages are offered: each is another that a browser tries.
const ADDRESSES_MAX: usize = 8;

/// See the file's head.
pub(super) struct Sockets {
    all: Vec<(SocketAddr, Socket)>,
}

/// The same, inside a runtime.
pub(super) struct Listening {
    all: Vec<(SocketAddr, UdpSocket)>,
    /// The one that is asked first next time, so that none waits for another.
    next: usize,
}

/// A datagram that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came {
    pub(super) to: SocketAddr,
    pub(super) from: SocketAddr,
    pub(super) length: usize,
}

impl Sockets {
    /// Opens one for each address, at ports of the system's choice.
    pub(super) fn open() -> io::Result<Self> {
        let mut all = vec![open(Ipv4Addr::LOCALHOST.into())?];
        // An address may go at any time.
        all.extend(outside().filter_map(|address| open(address).ok()));
        all.truncate(ADDRESSES_MAX);
        Ok(Self { all })
    }

    /// Hands them to the runtime that runs here.
    pub(super) fn listen(self) -> io::Result<Listening> {
        let all = self.all.into_iter();
        let all = all.map(|(address, socket)| Ok((address, UdpSocket::from_std(socket.into())?)));
        Ok(Listening {
            all: all.collect::<io::Result<_>>()?,
            next: 0,
        })
    }
}

/// The addresses by which others reach this computer.
fn outside() -> impl Iterator<Item = IpAddr> {
    let addresses = local_addresses().unwrap_or_default().into_iter();
    addresses.filter(|address| !address.is_loopback() && !is_link_local(*address))
}

/// An address that means nothing without its interface.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn open(address: IpAddr) -> io::Result<(SocketAddr, Socket)> {
    let at = SocketAddr::new(address, 0);
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    request_buffer(&socket);
    request_send_buffer(&socket);
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    let address = socket.local_addr()?.as_socket();
    let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
    Ok((address, socket))
}

impl Listening {
    /// Where pages reach this program.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.all.iter().map(|(address, _)| *address)
    }

    /// Opens sockets at addresses that are new, and closes those at addresses that are gone: pages
    /// that were reached by these connect anew.
    pub(super) fn follow_addresses(&mut self) {
        self.follow(&outside().collect::<Vec<_>>());
    }

    fn follow(&mut self, outside: &[IpAddr]) {
        let stays = |ip: IpAddr| ip == Ipv4Addr::LOCALHOST || outside.contains(&ip);
        self.all.retain(|(address, _)| stays(address.ip()));
        for ip in outside {
            let is_known = self.all.iter().any(|(address, _)| address.ip() == *ip);
            if is_known || self.all.len() >= ADDRESSES_MAX {
                continue;
            }
            let opened = open(*ip)
                .and_then(|(address, socket)| Ok((address, UdpSocket::from_std(socket.into())?)));
            self.all.extend(opened.ok());
        }
        self.next = 0;
    }

    /// The next datagram, which is written into a room.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, room: &mut [u8]) -> Poll<Came> {
        let count = self.all.len();
        for step in 0..count {
            let at = (self.next + step) % count;
            let Some((to, socket)) = self.all.get(at) else {
                continue;
            };
            let mut buffer = ReadBuf::new(room);
            match socket.poll_recv_from(context, &mut buffer) {
                Poll::Ready(Ok(from)) => {
                    self.next = at + 1;
                    let (to, length) = (*to, buffer.filled().len());
                    return Poll::Ready(Came { to, from, length });
                }
                // It tells that somebody's port is closed, and what comes next may be read.
                Poll::Ready(Err(_)) => context.waker().wake_by_ref(),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// Sends a datagram from one of the addresses. One that finds no room is lost, as any may be.
    pub(super) fn send(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Some((_, socket)) = self.all.iter().find(|(address, _)| *address == from) {
            let _ = socket.try_send_to(bytes, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    #[test]
    fn sockets_follow_the_addresses_of_this_computer() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let _context = runtime.enter();
        let first = open(Ipv4Addr::LOCALHOST.into()).unwrap();
        let sockets = Sockets { all: vec![first] };
        let mut listening = sockets.listen().unwrap();
        let loopback = listening.addresses().next().unwrap();
        let addresses =
            |listening: &Listening| -> Vec<SocketAddr> { listening.addresses().collect() };
        // Any address of the loopback can be had, and stands for one of the LAN.
        let lan = IpAddr::from([127, 0, 0, 9]);
        let gone = IpAddr::from([192, 0, 2, 1]);
        listening.follow(&[lan, gone]);
        let with_lan = addresses(&listening);
        assert_eq!(with_lan.len(), 2, "what cannot be had is left out");
        assert_eq!((with_lan[0], with_lan[1].ip()), (loopback, lan));
        listening.follow(&[lan]);
        assert_eq!(addresses(&listening), with_lan, "what stays keeps its port");
        let many: Vec<IpAddr> = (1..100).map(|last| [127, 0, 1, last].into()).collect();
        listening.follow(&many);
        assert_eq!(addresses(&listening).len(), ADDRESSES_MAX);
        listening.follow(&[]);
        assert_eq!(addresses(&listening), [loopback]);
    }
}
