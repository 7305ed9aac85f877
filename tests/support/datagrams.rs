//! Bare datagrams on loopback, for what no well-behaved program would send, and to see what ours
//! really sends.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use socket2::{Domain, Socket, Type};

use super::DEADLINE;

/// The course's group.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 3, 29, 71);

/// A stranger who sends anything.
pub struct Stranger {
    socket: Socket,
    group: SocketAddrV4,
}

impl Stranger {
    /// A stranger on this machine's loopback, from which nothing leaves.
    pub fn on_loopback(port: u16) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
        let group = SocketAddrV4::new(GROUP, port);
        Self { socket, group }
    }

    /// Sends one datagram.
    pub fn sends(&self, datagram: impl AsRef<[u8]>) {
        let datagram = datagram.as_ref();
        let sent = self.socket.send_to(datagram, &self.group.into()).unwrap();
        assert_eq!(sent, datagram.len());
    }

    /// Sends what the course's programs send.
    pub fn says(&self, user: &str, data: &str) {
        self.sends(serde_json::json!({"user": user, "data": data}).to_string());
    }
}

/// Receives the datagrams of the group as they are.
pub struct GroupReceiver(UdpSocket);

impl GroupReceiver {
    /// A receiver on this machine's loopback.
    pub fn on_loopback(port: u16) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.bind(&SocketAddrV4::new(GROUP, port).into()).unwrap();
        socket
            .join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST)
            .unwrap();
        Self(socket.into())
    }

    /// Waits for the next datagram, which must be text.
    pub fn receives(&self) -> String {
        let mut room = vec![0; 64 << 10];
        let length = self.0.recv(&mut room).unwrap();
        room.truncate(length);
        String::from_utf8(room).unwrap()
    }
}
