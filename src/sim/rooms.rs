//! Programs that are in several rooms at once on one pretend network. Each drives the same
//! [`Rooms`] as `chat` does; what is told is kept for each of them.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::EPOCH_MS;
use super::link::{Air, Faults};
use crate::chat::archive::{Reply, Request};
use crate::chat::command::{Command, RequestId};
use crate::chat::event::{Failure, Told};
use crate::chat::rooms::{RoomNumber, Rooms};
use crate::chat::{Audience, Config, Ended, Input, NetworkAsk, Output};
use crate::protocol::engine::Setup;
use crate::protocol::engine::config::HISTORY_BYTES;
use crate::protocol::engine::event::{Destination, Transmit};
use crate::protocol::message::Name;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::durable::Role;
use crate::protocol::wire::private::Secrets;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::room_key::RoomKey;
use crate::protocol::wire::seal::signer::Signer;

/// The port of all private sockets.
const PORT: u16 = 40_000;

/// A room to enter.
#[derive(Clone, Debug)]
pub struct Door {
    /// Its name; `None` is the lobby.
    pub name: Option<String>,
    /// Its key, if only some have it.
    pub key: Option<RoomKey>,
}

/// A network with its programs.
pub struct RoomsWorld {
    rng: Rng,
    now: Duration,
    order: u64,
    events: BinaryHeap<Reverse<Planned>>,
    air: Air,
    hosts: Vec<Host>,
}

/// One program.
struct Host {
    name: Name,
    signer: Signer,
    address: SocketAddr,
    rooms: Rooms,
    wakes_at: Option<Duration>,
    told: Vec<Told>,
    ended: Vec<(RoomNumber, Ended)>,
    requests: u64,
}

/// What happens at its time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Planned {
    at: Duration,
    order: u64,
    event: Event,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Wake(usize),
    Arrival {
        to: usize,
        is_unicast: bool,
        from: SocketAddr,
        bytes: Arc<[u8]>,
    },
}

impl RoomsWorld {
    /// An empty network.
    #[must_use]
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            rng: Rng::new(seed),
            now: Duration::ZERO,
            order: 0,
            events: BinaryHeap::new(),
            air: Air::new(faults),
            hosts: Vec::new(),
        }
    }

    /// Adds a program, which is in no room; returns its number.
    pub fn add(&mut self, name: Name) -> usize {
        let number = self.hosts.len();
        let [.., high, low] = (number as u32 + 1).to_be_bytes();
        let address = IpAddr::from(Ipv4Addr::new(10, 78, high, low));
        let signer = Signer::from_seed(&self.seed());
        self.hosts.push(Host {
            name,
            signer,
            address: SocketAddr::new(address, PORT),
            rooms: Rooms::default(),
            wakes_at: None,
            told: Vec::new(),
            ended: Vec::new(),
            requests: 0,
        });
        number
    }

    /// Lets a program enter a room.
    ///
    /// # Errors
    /// Those of [`Rooms::join`].
    pub fn enter(&mut self, number: usize, door: &Door) -> Result<RoomNumber, Failure> {
        let (moment, seed, secret) = (self.moment(), self.rng.bits(), self.seed());
        let key = door.key.clone();
        let key = key.unwrap_or_else(|| match &door.name {
            None => RoomKey::lobby(),
            Some(name) => RoomKey::public(name),
        });
        let session = (moment.wall_ms / 1000) << 32 | u64::from(self.rng.bits() as u32);
        let Some(host) = self.hosts.get_mut(number) else {
            return Err(Failure::OtherRoom(String::new()));
        };
        let is_lobby = door.name.is_none() && door.key.is_none();
        let setup = Setup {
            signer: host.signer.clone(),
            session,
            replaces: None,
            role: Role::Person,
            is_archived: false,
            depth_bytes: HISTORY_BYTES,
            name: host.name.clone(),
            seal: Seal::new(&key).called(door.name.as_deref()),
            secrets: Secrets::new(Zeroizing::new(secret)),
            mirror_port: is_lobby.then_some(PORT),
            link: Link::Wired,
            seed,
        };
        let config = Config {
            setup,
            room: door.name.clone(),
            is_keyed: door.key.is_some(),
            host: None,
            is_remembered: true,
            audience: Audience::default(),
        };
        let entered = host.rooms.join(config, moment);
        self.drive(number);
        entered
    }

    /// Asks one room of a program for something. Returns whether it is there.
    pub fn ask(&mut self, number: usize, room: RoomNumber, command: Command) -> bool {
        let moment = self.moment();
        let Some(host) = self.hosts.get_mut(number) else {
            return false;
        };
        host.requests += 1;
        let request = Input::Ask(RequestId(host.requests), command);
        let is_there = host.rooms.handle_in(moment, room, request);
        self.drive(number);
        is_there
    }

    /// Asks all rooms of a program for something.
    pub fn ask_all(&mut self, number: usize, command: Command) {
        let moment = self.moment();
        if let Some(host) = self.hosts.get_mut(number) {
            let request = Input::Ask(RequestId::default(), command);
            host.rooms.handle(moment, request);
        }
        self.drive(number);
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(Reverse(next)) = self.events.peek()
            && next.at <= end
        {
            let Some(Reverse(next)) = self.events.pop() else {
                break;
            };
            self.now = next.at;
            match next.event {
                Event::Wake(number) => self.wake(number),
                Event::Arrival {
                    to,
                    is_unicast,
                    from,
                    bytes,
                } => self.arrive(to, is_unicast, from, &bytes),
            }
        }
        self.now = end;
    }

    /// What a program was told so far.
    #[must_use]
    pub fn told(&self, number: usize) -> &[Told] {
        self.hosts.get(number).map_or(&[], |host| &host.told)
    }

    /// The rooms that a program has left, in their order.
    #[must_use]
    pub fn ended(&self, number: usize) -> &[(RoomNumber, Ended)] {
        self.hosts.get(number).map_or(&[], |host| &host.ended)
    }

    /// The rooms of a program.
    #[must_use]
    pub fn rooms(&self, number: usize) -> Option<&Rooms> {
        self.hosts.get(number).map(|host| &host.rooms)
    }

    fn wake(&mut self, number: usize) {
        let (now, moment) = (self.now, self.moment());
        let Some(host) = self.hosts.get_mut(number) else {
            return;
        };
        if host.wakes_at.is_none_or(|at| at > now) {
            return; // planned anew since
        }
        host.wakes_at = None;
        host.rooms.handle(moment, Input::Time);
        self.drive(number);
    }

    fn arrive(&mut self, to: usize, is_unicast: bool, from: SocketAddr, bytes: &[u8]) {
        let moment = self.moment();
        let Some(host) = self.hosts.get_mut(to) else {
            return;
        };
        let input = match bytes.first() {
            Some(b'{') => Input::Plain { from, bytes },
            _ if is_unicast => Input::Unicast { from, bytes },
            _ => Input::Frames { from, bytes },
        };
        host.rooms.handle(moment, input);
        self.drive(to);
    }

    /// Does what a program's rooms put out: the match that the driver of `chat` has as well.
    fn drive(&mut self, number: usize) {
        let moment = self.moment();
        let mtu_bytes = self.air.mtu_bytes();
        while let Some(host) = self.hosts.get_mut(number) {
            let (room, output) = host.rooms.poll(moment);
            match output {
                Output::Send(transmit) => self.carry(number, &transmit),
                Output::Tell(told) => host.told.push(told),
                Output::Network(NetworkAsk::Rescan) => {
                    let news = super::member::network(mtu_bytes);
                    host.rooms.handle(moment, Input::Network(news));
                }
                Output::Archive(Request::Load) => {
                    let reply = Input::Archived(Reply::People(Vec::new()));
                    host.rooms.handle_in(moment, room, reply);
                }
                Output::Network(_) | Output::Archive(_) | Output::Files(_) | Output::Media(_) => {}
                Output::Ended(ended) => host.ended.push((room, ended)),
                Output::Wake(next) => return self.plan(number, next),
            }
        }
    }

    fn plan(&mut self, number: usize, next: Option<Duration>) {
        let Some(next) = next else { return };
        let at = next.max(self.now + Duration::from_micros(1));
        if let Some(host) = self.hosts.get_mut(number)
            && host.wakes_at.is_none_or(|planned| at < planned)
        {
            host.wakes_at = Some(at);
            self.schedule(at, Event::Wake(number));
        }
    }

    fn carry(&mut self, from: usize, transmit: &Transmit) {
        let Some(source) = self.hosts.get(from).map(|host| host.address) else {
            return;
        };
        let is_unicast = matches!(transmit.to, Destination::Member(_));
        for to in 0..self.hosts.len() {
            let address = self.hosts.get(to).map(|host| host.address);
            let is_meant = match transmit.to {
                Destination::Member(meant) => address == Some(meant),
                _ => true,
            };
            if !is_meant {
                continue;
            }
            for (delay, bytes) in self.air.carry(from, to, &transmit.bytes, &mut self.rng) {
                let event = Event::Arrival {
                    to,
                    is_unicast,
                    from: source,
                    bytes,
                };
                self.schedule(self.now + delay, event);
            }
        }
    }

    fn schedule(&mut self, at: Duration, event: Event) {
        self.order += 1;
        let order = self.order;
        self.events.push(Reverse(Planned { at, order, event }));
    }

    fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed.chunks_mut(8)
            .for_each(|part| part.copy_from_slice(&self.rng.bits().to_be_bytes()));
        seed
    }

    fn moment(&self) -> Moment {
        Moment {
            time: self.now,
            wall_ms: EPOCH_MS + self.now.as_millis() as u64,
        }
    }
}
