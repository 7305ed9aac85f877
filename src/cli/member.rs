//! What every member of a room is started with, a person's as a keeper's.

use std::net::{Ipv6Addr, SocketAddrV4};

use clap::Args;

use super::keeping::{KeepingArgs, KeepingSettings};
use super::room::RoomChoice;
use super::room_name;
use super::secret::{IdentityArgs, KeyText, RoomSecret, SecretArgs};
use super::shared::{GroupArgs, TtlArgs};
use super::sharing::{SharingArgs, SharingSettings};
use crate::error::{Error, Usage};
use crate::net::group_sockets::GroupAddress;
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
    sharing: SharingArgs,

    #[command(flatten)]
    group: GroupArgs,

    #[command(flatten)]
    ttl: TtlArgs,
}

/// The settings that they give.
pub(super) struct MemberSettings {
    pub(super) rooms: Vec<RoomChoice>,
    /// Whether rooms or a key were asked for.
    pub(super) are_chosen: bool,
    pub(super) who: Who,
    pub(super) keeping: KeepingSettings,
    pub(super) sharing: SharingSettings,
    pub(super) group: GroupAddress,
    pub(super) plain: SocketAddrV4,
}

impl MemberArgs {
    /// The settings of a member of the rooms that were typed, or of the lobby. A key is that of the
    /// last of them.
    ///
    /// # Errors
    /// What is not valid.
    pub(super) fn of_rooms(self, typed: Vec<String>) -> Result<MemberSettings, Error> {
        let mut names = Vec::new();
        for typed in typed {
            names.push(room_name(typed)?);
        }
        let (key_text, secret) = (self.secret.key_text(), self.secret.secret());
        let are_chosen = !names.is_empty() || secret != RoomSecret::Public;
        let last = RoomChoice::new(names.pop(), secret, key_text);
        let public = |name| RoomChoice::new(Some(name), RoomSecret::Public, KeyText::Any);
        let mut rooms: Vec<RoomChoice> = names.into_iter().map(public).collect();
        rooms.push(last);
        let is_in_lobby = rooms.iter().any(RoomChoice::is_lobby);
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
                plain: is_in_lobby.then_some(plain),
                ttl: self.ttl.hops()?,
                interfaces: self.group.interfaces,
            },
            plain,
            rooms,
            are_chosen,
            who: self.identity.who(),
            keeping: self.keeping.try_into()?,
            sharing: self.sharing.try_into()?,
        })
    }
}
