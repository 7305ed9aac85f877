//! What `benches/bare.rs` and `benches/peer` have in common: the barest sockets of the group, and
//! the library's way from a datagram to a line of a screen that nobody sees.

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
use roda::clock::WallClock;
use roda::net::interfaces::choose;
use roda::net::multicast::{Receiver, Sender};
use roda::protocol::wire::plain;
use roda::terminal::screen::{Color, Form, Screen, Shown, Speaker};
use roda::text::Lang;
use socket2::{Domain, Socket, Type};

/// The course's group.
pub(crate) const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 3, 29, 71), 5007);

/// What stands before and behind the text in a datagram of ana.
pub(crate) const HEAD: &str = r#"{"user":"ana","data":""#;
pub(crate) const TAIL: &str = r#""}"#;

/// A socket that sends to the group.
pub(crate) fn bare_sender(way: Ipv4Addr) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_multicast_if_v4(&way).unwrap();
    socket.connect(&GROUP.into()).unwrap();
    socket.into()
}

/// A socket that receives from the group and waits at most `wait`; 0 buffer bytes leave the
/// system's default.
pub(crate) fn bare_receiver(way: Ipv4Addr, buffer_bytes: usize, wait: Duration) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    if buffer_bytes > 0 {
        // The kernel doubles what it is asked for.
        setsockopt(&socket, RcvBufForce, &(buffer_bytes / 2)).unwrap();
    }
    socket.bind(&GROUP.into()).unwrap();
    socket.join_multicast_v4(GROUP.ip(), &way).unwrap();
    socket.set_read_timeout(Some(wait)).unwrap();
    socket.into()
}

/// The library's sender on loopback.
pub(crate) fn sender() -> Sender {
    let choice = choose(&["127.0.0.1".into()], GROUP).unwrap();
    Sender::open(GROUP, 1, &choice).unwrap()
}

/// The library's receiver on loopback.
pub(crate) fn receiver() -> Receiver {
    let choice = choose(&["127.0.0.1".into()], GROUP).unwrap();
    Receiver::open(GROUP, &choice).unwrap().0
}

/// A screen whose lines go nowhere.
pub(crate) struct Sink {
    screen: Screen,
    lines: String,
    nowhere: File,
    clock: WallClock,
}

impl Sink {
    pub(crate) fn open() -> Self {
        Self {
            screen: Screen::new(Form::Lines, Color::Never, Lang::En),
            lines: String::new(),
            nowhere: File::create("/dev/null").unwrap(),
            clock: WallClock::default(),
        }
    }

    /// Shows a datagram as `multicast receive` does.
    pub(crate) fn show(&mut self, datagram: &[u8], source: SocketAddr) {
        let message = plain::decode(datagram).unwrap();
        let speaker = message
            .user
            .as_deref()
            .map_or(Speaker::Anonymous, Speaker::Name);
        let data = message.data.as_deref();
        let shown = Shown {
            stamp: self.clock.now(),
            source,
            speaker,
            data,
        };
        self.screen.message(&shown, &mut self.lines);
    }

    pub(crate) fn flush(&mut self) {
        self.nowhere.write_all(self.lines.as_bytes()).unwrap();
        self.lines.clear();
    }
}
