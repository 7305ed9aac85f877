//! Several pretend networks, and bridges between them on one link: a server that gives each
//! datagram to all other bridges, or to one.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::World;
use super::host::Host;
use crate::chat::Input;
use crate::chat::beyond::relay::{LinkInput, LinkOutput, Relay};
use crate::protocol::engine::Setup;
use crate::protocol::engine::config::HISTORY_BYTES;
use crate::protocol::engine::event::Destination;
use crate::protocol::message::{Name, NameFault};
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::beat::Link as Carrier;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::frame::{Body, Frame, Key, Kind, MemberTag};
use crate::protocol::wire::private::Secrets;

/// How far all sites go at a time. What a bridge passes on waits up to this long.
const STEP: Duration = Duration::from_millis(2);

/// What the link does to datagrams.
#[derive(Clone, Copy, Debug)]
pub struct LinkFaults {
    /// How long a datagram takes.
    pub delay: Duration,
    /// Probability that a datagram is lost.
    pub loss: f64,
    /// Datagrams that a bridge may send in a second; the next ones wait for their turn.
    pub per_s: f64,
}

impl LinkFaults {
    /// A fast link without faults.
    pub const NONE: Self = Self {
        delay: Duration::from_millis(2),
        loss: 0.0,
        per_s: f64::INFINITY,
    };
}

/// One bridge.
struct Bridge {
    site: usize,
    /// Its number among the hosts of its site.
    host: usize,
    /// `None` once it was killed.
    relay: Option<Relay>,
    address: SocketAddr,
    is_cut: bool,
    /// When its part of the link is free again.
    free_at: Duration,
    /// Datagrams that it has put on the link, and their bytes.
    sent: (u64, u64),
}

/// A datagram on the link.
struct Flight {
    at: Duration,
    to: usize,
    from: SocketAddr,
    is_single: bool,
    bytes: Arc<[u8]>,
}

/// See the file's head.
pub struct Sites {
    /// The networks.
    pub worlds: Vec<World>,
    bridges: Vec<Bridge>,
    flights: Vec<Flight>,
    faults: LinkFaults,
    rng: Rng,
    now: Duration,
    /// Everything that the server was given.
    record: Option<Vec<Arc<[u8]>>>,
}

impl Sites {
    /// Sites whose networks were made before, and no bridges.
    #[must_use]
    pub fn of(worlds: Vec<World>, seed: u64) -> Self {
        let now = worlds.first().map_or(Duration::ZERO, World::now);
        Self {
            worlds,
            bridges: Vec::new(),
            flights: Vec::new(),
            faults: LinkFaults::NONE,
            rng: Rng::new(seed),
            now,
            record: None,
        }
    }

    /// Changes the faults of the link.
    pub fn set_faults(&mut self, faults: LinkFaults) {
        self.faults = faults;
    }

    /// Keeps what the server is given from now on.
    pub fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    /// What the server was given since [`Sites::record`].
    #[must_use]
    pub fn recorded(&self) -> &[Arc<[u8]>] {
        self.record.as_deref().unwrap_or_default()
    }

    /// Adds a bridge at a site; returns its number among the bridges.
    ///
    /// # Errors
    /// A name that cannot be, and a site that is none.
    pub fn bridge(&mut self, site: usize, name: &str) -> Result<usize, NameFault> {
        let number = self.bridges.len();
        let seed = self.rng.bits();
        let world = self.worlds.get_mut(site).ok_or(NameFault::Empty)?;
        let (host, signer) = (world.hosts.len(), world.signer());
        let mut member = Host::new(host, name.to_owned(), signer.clone());
        member.role = Role::Bridge;
        world.hosts.push(member);
        world.start(host)?;
        let session = world.hosts.get(host).and_then(|host| host.session);
        let moment = world.moment(host);
        let low = u64::from(seed as u32);
        let setup = Setup {
            signer,
            session: (moment.wall_ms / 1000) << 32 | low,
            replaces: None,
            role: Role::Bridge,
            is_archived: false,
            depth_bytes: HISTORY_BYTES,
            name: Name::parse(name)?,
            seal: world.seal.clone(),
            mirror_port: None,
            link: Carrier::Wired,
            seed,
            secrets: Secrets::new(Zeroizing::new([number as u8; 32])),
        };
        let relay = Relay::new(
            setup,
            session.unwrap_or_default(),
            Name::parse(name)?,
            moment,
        );
        let [high, low] = (number as u16 + 1).to_be_bytes();
        self.bridges.push(Bridge {
            site,
            host,
            relay: Some(relay),
            address: SocketAddr::new([10, 99, high, low].into(), 4222),
            is_cut: false,
            free_at: Duration::ZERO,
            sent: (0, 0),
        });
        self.tell(number, LinkInput::Up);
        Ok(number)
    }

    /// A bridge carries files too, of so many bytes in all.
    pub fn carry_files(&mut self, number: usize, limit_bytes: u64) {
        let bridge = self.bridges.get_mut(number);
        if let Some(relay) = bridge.and_then(|bridge| bridge.relay.as_mut()) {
            relay.carry_files(limit_bytes);
        }
    }

    /// Cuts a bridge off from the link, or connects it again.
    pub fn cut(&mut self, number: usize, is_cut: bool) {
        if let Some(bridge) = self.bridges.get_mut(number) {
            bridge.is_cut = is_cut;
        }
        let input = if is_cut {
            LinkInput::Down
        } else {
            LinkInput::Up
        };
        self.tell(number, input);
    }

    /// Kills a bridge.
    pub fn kill(&mut self, number: usize) {
        if let Some(bridge) = self.bridges.get_mut(number) {
            bridge.relay = None;
            let (site, host) = (bridge.site, bridge.host);
            if let Some(world) = self.worlds.get_mut(site) {
                world.kill(host);
            }
        }
    }

    /// Whether a bridge is the one that sends for its site.
    #[must_use]
    pub fn is_sending(&self, number: usize) -> bool {
        let bridge = self.bridges.get(number);
        let relay = bridge.and_then(|bridge| bridge.relay.as_ref());
        relay.is_some_and(Relay::is_sending)
    }

    /// How many datagrams a bridge has put on the link, and their bytes.
    #[must_use]
    pub fn sent(&self, number: usize) -> (u64, u64) {
        self.bridges
            .get(number)
            .map_or((0, 0), |bridge| bridge.sent)
    }

    /// A bridge that lies: states what it stated last once more, with other people and speakers.
    /// Returns whether there was anything to change.
    pub fn lie(&mut self, number: usize, people: u16, speakers: &[MemberTag]) -> bool {
        self.forge(number, |frame, key| {
            let Body::Site(site) = &mut frame.body else {
                return false;
            };
            if frame.author.key != key {
                return false;
            }
            site.people = people;
            site.speakers = speakers.to_vec();
            frame.author.sequence += 1;
            true
        })
    }

    /// A bridge that lies: signs words in the name of whoever spoke last, with its own key, because
    /// it has no other. Returns whether there was anything to sign.
    pub fn put_words(&mut self, number: usize) -> bool {
        self.forge(number, |frame, key| {
            frame.author.sequence += 1;
            frame.body.kind() == Kind::Durable && frame.author.key != key
        })
    }

    /// Changes the newest recorded frame for which that works, signs it as a bridge, and puts it on
    /// the link.
    fn forge(
        &mut self,
        number: usize,
        mut change: impl FnMut(&mut Frame<'_>, Key) -> bool,
    ) -> bool {
        let Some(bridge) = self.bridges.get(number) else {
            return false;
        };
        let Some(world) = self.worlds.get(bridge.site) else {
            return false;
        };
        let Some(host) = world.hosts.get(bridge.host) else {
            return false;
        };
        let (seal, signer) = (world.seal.clone(), host.signer.clone());
        let mut forged = Vec::new();
        let mut inside = Vec::new();
        for bytes in self.recorded().iter().rev() {
            let Ok(mut opened) = seal.open(bytes, &mut inside) else {
                continue;
            };
            if change(&mut opened.frame, signer.key()) {
                seal.close(&opened.frame, &signer, &mut forged);
                break;
            }
        }
        self.inject(number, &forged);
        !forged.is_empty()
    }

    /// Puts a datagram on the link as if a bridge had sent it.
    pub fn inject(&mut self, as_bridge: usize, bytes: &[u8]) {
        if let Some(from) = self.bridges.get(as_bridge).map(|bridge| bridge.address) {
            self.fly(as_bridge, from, None, bytes.into());
        }
    }

    /// Lets time pass at all sites.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            self.worlds.iter_mut().for_each(|world| world.run(STEP));
            self.arrive();
            for number in 0..self.bridges.len() {
                self.tell(number, LinkInput::Time);
            }
        }
    }

    fn arrive(&mut self) {
        let now = self.now;
        let (mut due, later): (Vec<Flight>, Vec<Flight>) =
            self.flights.drain(..).partition(|flight| flight.at <= now);
        self.flights = later;
        due.sort_by_key(|flight| flight.at);
        for flight in due {
            let Flight { from, bytes, .. } = &flight;
            let input = match flight.is_single {
                true => LinkInput::Single { from: *from, bytes },
                false => LinkInput::Group { from: *from, bytes },
            };
            if self.bridges.get(flight.to).is_some_and(|it| !it.is_cut) {
                self.tell(flight.to, input);
            }
        }
    }

    /// Hands something to a bridge, and takes from it what it puts out.
    fn tell(&mut self, number: usize, input: LinkInput<'_>) {
        let Some(bridge) = self.bridges.get_mut(number) else {
            return;
        };
        let (Some(relay), Some(world)) = (&mut bridge.relay, self.worlds.get_mut(bridge.site))
        else {
            return;
        };
        let (host, address) = (bridge.host, bridge.address);
        let moment = world.moment(host);
        let Some(home) = world.chat(host) else { return };
        relay.handle(moment, home, input);
        let mut published = Vec::new();
        loop {
            match relay.poll(moment) {
                LinkOutput::Publish(transmit) => published.push(transmit),
                LinkOutput::State(_) | LinkOutput::LeftOut(_) => {}
                LinkOutput::Wake(_) => break,
            }
        }
        world.handle(host, Input::Time);
        for transmit in published {
            let to = match transmit.to {
                Destination::Member(to) => Some(to),
                _ => None,
            };
            self.fly(number, address, to, transmit.bytes);
        }
    }

    fn fly(&mut self, by: usize, from: SocketAddr, to: Option<SocketAddr>, bytes: Arc<[u8]>) {
        let LinkFaults { delay, loss, per_s } = self.faults;
        let Some(bridge) = self.bridges.get_mut(by).filter(|bridge| !bridge.is_cut) else {
            return;
        };
        let takes = Duration::from_secs_f64(1.0 / per_s);
        bridge.free_at = bridge.free_at.max(self.now) + takes;
        bridge.sent.0 += 1;
        bridge.sent.1 += bytes.len() as u64;
        let at = bridge.free_at + delay;
        if let Some(record) = &mut self.record {
            record.push(bytes.clone());
        }
        for number in 0..self.bridges.len() {
            let address = self.bridges.get(number).map(|bridge| bridge.address);
            let is_meant = to.is_none_or(|to| address == Some(to));
            if number != by && is_meant && !self.rng.happens(loss) {
                self.flights.push(Flight {
                    at,
                    to: number,
                    from,
                    is_single: to.is_some(),
                    bytes: bytes.clone(),
                });
            }
        }
    }
}
