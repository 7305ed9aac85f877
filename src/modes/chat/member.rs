//! What this member is in every room, and what it begins a room with.

#[cfg(feature = "bridge")]
use super::bridging::LinkSetup;
use super::opening::Opened;
#[cfg(feature = "bridge")]
use super::opening::new_session;
use super::secret::Room;
use crate::chat::{Audience, Config};
use crate::cli::ChatSettings;
use crate::error::Error;
use crate::protocol::engine::Setup;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Signer;
use crate::store::identity::random;
use crate::store::sessions::Killed;

/// See the file's head.
pub(super) struct Member {
    name: Name,
    signer: Signer,
    role: Role,
    depth_bytes: usize,
    audience: Audience,
    /// The session of the rooms of the start, which are entered together.
    first: u64,
    /// Earlier sessions that this one replaces.
    killed: Killed,
    /// What this network is called elsewhere, if this is a bridge.
    #[cfg(feature = "bridge")]
    site: Option<Name>,
}

/// What a room begins with beside what its member is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beginning {
    /// Whether what is said is kept beyond the session.
    pub(super) is_archived: bool,
    /// Whether a store answers who was met before.
    pub(super) is_remembered: bool,
    /// The port from which the lobby's mirror sends.
    pub(super) mirror_port: Option<u16>,
}

impl Member {
    pub(super) fn new(settings: &ChatSettings, opened: &Opened) -> Self {
        let identity = &opened.identity;
        Self {
            name: settings.name.clone(),
            signer: identity.signer.clone(),
            role: settings.role,
            depth_bytes: settings.depth_bytes,
            audience: settings.audience,
            first: opened.session,
            killed: identity.killed.clone(),
            #[cfg(feature = "bridge")]
            site: settings.bridge.as_ref().map(|bridge| bridge.site.clone()),
        }
    }

    /// Whoever is nobody's person keeps what is said.
    pub(super) fn is_keeper(&self) -> bool {
        self.role == Role::Keeper
    }

    /// This member's session among the bridges of a room, if it is one.
    ///
    /// # Errors
    /// A system without random bytes.
    #[cfg(feature = "bridge")]
    pub(super) fn link_setup(&self, room: &Room) -> Option<Result<LinkSetup, Error>> {
        let setup = |site: &Name| {
            let setup = Setup {
                session: new_session()?,
                replaces: None,
                is_archived: false,
                mirror_port: None,
                link: Link::Wired,
                ..self.config(room, None, Beginning::default())?.setup
            };
            Ok((setup, site.clone()))
        };
        self.site.as_ref().map(setup)
    }

    /// This member, new in a room, with a session of its own or with that of the start.
    ///
    /// # Errors
    /// A system without random bytes.
    pub(super) fn config(
        &self,
        room: &Room,
        session: Option<u64>,
        beginning: Beginning,
    ) -> Result<Config, Error> {
        let name = room.name.as_ref().map(Name::as_str);
        let seal = Seal::new(&room.key);
        let setup = Setup {
            signer: self.signer.clone(),
            session: session.unwrap_or(self.first),
            replaces: self.killed.in_room(&seal.room_tag()),
            role: self.role,
            is_archived: beginning.is_archived,
            depth_bytes: self.depth_bytes,
            name: self.name.clone(),
            seal: seal.called(name),
            mirror_port: beginning.mirror_port.filter(|_| room.is_lobby()),
            link: Link::Unknown,
            seed: u64::from_be_bytes(random().map_err(Error::Identity)?),
            secrets: Secrets::new(random().map_err(Error::Identity)?.into()),
        };
        Ok(Config {
            setup,
            room: name.map(str::to_owned),
            is_keyed: room.is_keyed,
            host: room.host,
            is_remembered: beginning.is_remembered,
            audience: self.audience,
        })
    }
}
