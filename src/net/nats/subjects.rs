//! The subjects of a room, and the addresses that stand for bridges.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::protocol::wire::frame::ROOM_TAG_BYTES;

/// The port of every bridge's address on the link, which is none of the network.
const LINK_PORT: u16 = 4222;

/// The subjects of one room.
pub(super) struct Subjects {
    pub(super) kept: String,
    pub(super) live: String,
    /// Before the number of a bridge.
    pub(super) single: String,
    /// That of this bridge.
    pub(super) own: String,
}

impl Subjects {
    pub(super) fn of(tag: &[u8; ROOM_TAG_BYTES], id: &[u8; 16]) -> Self {
        let tag = hexadecimal(tag);
        let single = format!("roda.1.{tag}.to.");
        Self {
            kept: format!("roda.1.{tag}"),
            live: format!("roda.1.{tag}.live"),
            own: format!("{single}{}", hexadecimal(id)),
            single,
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The address of a bridge on the link, by the subject of what is for it alone.
pub(super) fn address_of(subject: &str) -> Option<SocketAddr> {
    let number = subject.rsplit('.').next()?;
    let is_number = number.len() == 32 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(number, 16)
        .ok()
        .filter(|_| is_number)?;
    Some(SocketAddr::new(
        IpAddr::V6(Ipv6Addr::from_bits(number)),
        LINK_PORT,
    ))
}

pub(super) fn number_of(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V6(ip) => format!("{:032x}", ip.to_bits()),
        IpAddr::V4(_) => String::from("0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_is_reached_by_the_subject_that_it_gives_for_replies() {
        let subjects = Subjects::of(&[0xab; ROOM_TAG_BYTES], &[0x0c; 16]);
        let tag = "ab".repeat(16);
        assert_eq!(subjects.kept, format!("roda.1.{tag}"));
        let from = address_of(&subjects.own).unwrap();
        let to = format!("{}{}", subjects.single, number_of(from));
        assert_eq!(to, subjects.own);
        for wrong in [
            "",
            "_INBOX.x",
            "roda.1.x.to.12",
            "roda.1.x.to.+c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        ] {
            assert_eq!(address_of(wrong), None, "{wrong}");
        }
    }
}
