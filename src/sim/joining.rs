//! How members come to the pretend network: for the first time, again, and without a person.

use zeroize::Zeroizing;

use super::World;
use super::host::{Host, PRIVATE_PORT};
use crate::chat::{Audience, Chat, Config};
use crate::protocol::engine::Setup;
use crate::protocol::engine::config::HISTORY_BYTES;
use crate::protocol::message::{Name, NameFault};
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::{SEED_BYTES, Signer, Verdicts};

/// The room of all members, if they are not in the lobby.
const ROOM: &str = "sala";

impl World {
    /// Adds a member; returns its number.
    ///
    /// # Errors
    /// A name that cannot be.
    pub fn join(&mut self, name: &str) -> Result<usize, NameFault> {
        let signer = self.signer();
        self.join_as(signer, name.to_owned())
    }

    pub(super) fn signer(&mut self) -> Signer {
        let mut seed = [0; SEED_BYTES];
        seed.chunks_mut(8)
            .for_each(|part| part.copy_from_slice(&self.rng.bits().to_be_bytes()));
        Signer::from_seed(&seed)
    }

    /// Adds a member without a person, which keeps what is said for the others; returns its number.
    ///
    /// # Errors
    /// A name that cannot be.
    pub fn join_keeper(&mut self, name: &str) -> Result<usize, NameFault> {
        let (number, signer) = (self.hosts.len(), self.signer());
        let mut host = Host::new(number, name.to_owned(), signer);
        host.role = Role::Keeper;
        self.hosts.push(host);
        self.give_archive(number);
        self.start(number)?;
        Ok(number)
    }

    /// Adds a second session of a member's person, on another computer; returns its number.
    ///
    /// # Errors
    /// A name that cannot be, and a member that never was.
    pub fn join_again(&mut self, person: usize) -> Result<usize, NameFault> {
        let host = self.hosts.get(person).ok_or(NameFault::Empty)?;
        let (signer, name) = (host.signer.clone(), host.name.clone());
        self.join_as(signer, name)
    }

    pub(super) fn join_as(&mut self, signer: Signer, name: String) -> Result<usize, NameFault> {
        let number = self.hosts.len();
        self.hosts.push(Host::new(number, name, signer));
        if self.is_archived {
            self.give_archive(number);
        }
        self.start(number)?;
        Ok(number)
    }

    /// Starts a member that was killed, or has not started yet.
    ///
    /// # Errors
    /// A name that cannot be.
    pub fn start(&mut self, number: usize) -> Result<(), NameFault> {
        self.rejoin(number);
        let moment = self.moment(number);
        let low = u64::from(self.rng.bits() as u32);
        let session = (moment.wall_ms / 1000) << 32 | low;
        let seed = self.rng.bits();
        let mirror_port = self.is_lobby.then_some(PRIVATE_PORT);
        let seal = self.seal_of_member();
        // Of a room with a host, the first who came is the host.
        let first = self.hosts.first().filter(|_| self.has_host);
        let host_key = first.map(|first| first.signer.key());
        if let Some(host) = self.hosts.get_mut(number) {
            let secret = blake3::derive_key("roda pretend secret", &seed.to_be_bytes());
            let setup = Setup {
                signer: host.signer.clone(),
                session,
                replaces: host.session,
                role: host.role,
                is_archived: host.archive.is_some(),
                depth_bytes: HISTORY_BYTES,
                name: Name::parse(&host.name)?,
                seal,
                secrets: Secrets::new(Zeroizing::new(secret)),
                mirror_port,
                link: Link::Wired,
                seed,
            };
            host.session = Some(session);
            let config = Config {
                audience: Audience::default(),
                setup,
                room: (!self.is_lobby).then(|| ROOM.to_owned()),
                is_keyed: false,
                host: host_key,
                is_remembered: false,
            };
            let key = host.signer.key();
            host.chat = Some(Chat::new(config, moment));
            self.ledger
                .start(number, key, self.now, host.archive.is_some());
        }
        self.tell_network(number);
        self.tell_held(number);
        Ok(())
    }

    fn seal_of_member(&self) -> Seal {
        match self.shares_verdicts {
            true => self.seal.clone(),
            false => self.seal.clone().sharing(Verdicts::default()),
        }
    }

    /// Starts a killed member whose disk is lost: nothing shows that it is the same person.
    ///
    /// # Errors
    /// A name that cannot be.
    pub fn start_afresh(&mut self, number: usize) -> Result<(), NameFault> {
        let signer = self.signer();
        if let Some(host) = self.hosts.get_mut(number) {
            host.signer = signer;
            host.session = None;
        }
        self.start(number)
    }
}
