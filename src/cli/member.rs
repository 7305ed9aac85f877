//! What every member of a room is started with, a person's as a keeper's.

use std::net::{Ipv6Addr, SocketAddrV4};

use clap::Args;

use super::chat::LOBBY;
use super::keeping::{KeepingArgs, KeepingSettings};
use super::room_name;
use super::secret::{IdentityArgs, KeyText, RoomSecret, SecretArgs};
use super::shared::{GroupArgs, TtlArgs};
use crate::error::{Error, Usage};
use crate::net::group_sockets::GroupAddress;
use crate::protocol::message::Name;
use crate::store::identity::Who;

/// The group for IPv6: transient and link-local, with the last bytes of the IPv4 group.
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0xe003, 0x1d47);

/// The arguments of a member, but its name and its room.
#[derive(Debug, Args)]
pub(super) struct MemberArgs {
    #[command(flatten)]
    secret: SecretArgs,

    #[command(flatten)]
    identity: IdentityArgs,

    #[command(flatten)]
    keeping: KeepingArgs,

    #[command(flatten)]
    group: GroupArgs,

    #[command(flatten)]
    ttl: TtlArgs,
}

/// The settings that they give.
pub(super) struct MemberSettings {
    pub(super) room: Option<Name>,
    pub(super) secret: RoomSecret,
    pub(super) key_text: KeyText,
    pub(super) who: Who,
    pub(super) keeping: KeepingSettings,
    pub(super) group: GroupAddress,
}

impl MemberArgs {
    /// The settings of a member of the room that was typed, or of the lobby.
    ///
    /// # Errors
    /// What is not valid.
    pub(super) fn of_room(self, typed: Option<String>) -> Result<MemberSettings, Error> {
        let typed = typed.map(room_name).transpose()?;
        let (key_text, secret) = (self.secret.key_text(), self.secret.secret());
        // The lobby is a room without a name; named beside a key, it is a mistake to be told.
        let is_named = |room: &Name| secret != RoomSecret::Public || room.as_str() != LOBBY;
        let room = typed.filter(is_named);
        let is_lobby = room.is_none() && secret == RoomSecret::Public;
        let plain = self.group.address()?;
        // Frames use the port after the plain one, so the last port cannot be the plain one.
        let port = plain.port().checked_add(1);
        let port = port.ok_or_else(|| Usage::Number {
            typed: plain.port().to_string(),
            least: 1,
            most: u64::from(u16::MAX) - 1,
            option: "--port",
        })?;
        Ok(MemberSettings {
            group: GroupAddress {
                frames: SocketAddrV4::new(*plain.ip(), port),
                frames_v6: GROUP_V6,
                plain: is_lobby.then_some(plain),
                ttl: self.ttl.hops()?,
                interfaces: self.group.interfaces,
            },
            room,
            secret,
            key_text,
            who: self.identity.who(),
            keeping: self.keeping.try_into()?,
        })
    }
}
