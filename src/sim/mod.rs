//! The pretend network: many members, one clock, one seed. The members are the same values that
//! `chat` drives, and what passes between them are the same bytes. Nothing here waits: time jumps
//! from one event to the next, so that a minute of three hundred members takes seconds.

mod amending;
pub mod archive;
mod attack;
pub mod check;
pub mod files;
mod forging;
mod host;
pub mod insider;
mod joining;
pub mod link;
pub mod media;
pub mod member;
mod observer;
mod roles;
pub mod rooms;
pub mod sites;
mod traffic;

use core::net::SocketAddr;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use self::check::Ledger;
use self::host::{Action, Host, Scheduled};
use self::link::{Air, Faults};
pub use self::traffic::{PULLED, Traffic};
use crate::chat::archive::Request;
use crate::chat::command::{Command, Leave, RequestId};
use crate::chat::event::News;
use crate::chat::{Chat, Input, NetworkAsk, Output};
use crate::protocol::engine::event::{Destination, GuestName, Transmit};
use crate::protocol::engine::member::Member;
use crate::protocol::message::Name;
use crate::protocol::node::Node;
use crate::protocol::rate::TokenBucket;
use crate::protocol::rng::Rng;
use crate::protocol::time::Moment;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::signer::Verdicts;

/// UDP, IP and Ethernet headers around a datagram, in bytes.
const WRAPPING_BYTES: u64 = 8 + 20 + 14;

/// When the pretend world begins, in milliseconds since 1970.
const EPOCH_MS: u64 = 1_790_000_000_000;

/// Most events in one run: a run that does not end is a finding, and not a hang.
const EVENTS_MAX: u64 = 400_000_000;

/// A network with its members.
pub struct World {
    seed: u64,
    rng: Rng,
    now: Duration,
    streams_limit: Option<TokenBucket>,
    events: BinaryHeap<Reverse<Scheduled>>,
    count: u64,
    hosts: Vec<Host>,
    air: Air,
    ledger: Ledger,
    traffic: Traffic,
    tap: Option<Vec<Arc<[u8]>>>,
    /// While there is a tap: datagrams to addresses at which no member is.
    strays: Vec<(SocketAddr, Arc<[u8]>)>,
    requests: u64,
    /// The events of the members with a recording face.
    faces: BTreeMap<usize, Vec<News>>,
    is_lobby: bool,
    /// Whether the room has a host: the first who comes.
    has_host: bool,
    /// By how much all clocks of this network are wrong.
    skew_ms: i64,
    /// Whether members that join get an archive.
    is_archived: bool,
    shares_verdicts: bool,
    /// The lobby's seal, for all: its verdicts about signatures are shared, because a thousand
    /// members would otherwise spend 30 ms on every frame.
    seal: Seal,
}

impl World {
    /// An empty network.
    #[must_use]
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            seed,
            rng: Rng::new(seed),
            now: Duration::ZERO,
            streams_limit: None,
            events: BinaryHeap::new(),
            count: 0,
            hosts: Vec::new(),
            air: Air::new(faults),
            ledger: Ledger::default(),
            traffic: Traffic::default(),
            tap: None,
            strays: Vec::new(),
            requests: 0,
            faces: BTreeMap::new(),
            is_lobby: false,
            has_host: false,
            skew_ms: 0,
            is_archived: false,
            shares_verdicts: true,
            seal: Seal::public(None).sharing(Verdicts::default()),
        }
    }

    /// The members are in the lobby from now on, whose lines are copied to the plain wire.
    pub fn in_lobby(&mut self) {
        self.is_lobby = true;
    }

    /// The room has a host from now on: the first who comes.
    pub fn with_host(&mut self) {
        self.has_host = true;
    }

    /// Changes the network's faults.
    pub fn set_faults(&mut self, faults: Faults) {
        self.air.set(faults);
        for number in 0..self.hosts.len() {
            self.tell_network(number);
        }
    }

    /// Separates the members; those of different sides do not hear each other.
    pub fn separate(&mut self, side: impl Fn(usize) -> u8 + 'static) {
        self.deafen(move |from, to| side(from) != side(to));
    }

    /// Sets which members do not receive from which others; one direction alone is possible.
    pub fn deafen(&mut self, is_deaf: impl Fn(usize, usize) -> bool + 'static) {
        self.air.deafen(Box::new(is_deaf));
    }

    /// A member joins the group again, as its driver does now and then.
    pub fn rejoin(&mut self, number: usize) {
        self.air.join(number, self.now);
    }

    /// Kills a member: no farewell, and all that it knew is lost.
    pub fn kill(&mut self, number: usize) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.chat = None;
            host.is_in_files = false;
            host.wakes_at = None;
        }
        self.stop_archive(number);
        self.stop_disk(number);
        self.ledger.stop(number);
    }

    /// A member closes its lid: it hears and sends nothing for a time.
    pub fn sleep(&mut self, number: usize, time: Duration) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.sleeps_until = self.now + time;
            let at = host.sleeps_until;
            self.schedule(at, Action::Wake(number));
        }
    }

    /// A member's machine is suspended: it hears and sends nothing for a time, in which its
    /// monotonic clock stands still.
    pub fn suspend(&mut self, number: usize, time: Duration) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.suspended += time;
        }
        self.sleep(number, time);
    }

    /// Sets a member's wall clock wrong; to be done before it starts again.
    pub fn set_skew(&mut self, number: usize, skew_ms: i64) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.skew_ms = skew_ms;
        }
    }

    /// Sets the wall clocks of the whole network wrong; to be done before anybody starts.
    pub fn set_skew_of_all(&mut self, skew_ms: i64) {
        self.skew_ms = skew_ms;
    }

    /// All wall clocks go on by some days, in which nothing is heard or said.
    pub fn pass_days(&mut self, days: i64) {
        self.skew_ms += days * 24 * 3600 * 1000;
    }

    /// A member says its next message; the message's number.
    pub fn say(&mut self, number: usize) -> usize {
        self.say_with(number, "")
    }

    /// A member says its next message with some text behind.
    pub fn say_with(&mut self, number: usize, text: &str) -> usize {
        let message = self.ledger.say(number, self.now);
        let text = Ledger::text(message, text);
        self.ask(number, Command::Say(text));
        message
    }

    /// A member says its next message for a guest, with some text behind.
    pub fn say_as_guest(&mut self, number: usize, guest: &GuestName, text: &str) -> usize {
        let message = self.ledger.say(number, self.now);
        let (guest, text) = (guest.clone(), Ledger::text(message, text));
        self.ask(number, Command::SayAsGuest { guest, text });
        message
    }

    /// A member says something to one other; returns to how many of its sessions.
    pub fn say_privately(&mut self, number: usize, to: &Name, text: &str) -> usize {
        let count = |node: &Node| {
            let others = node.roster().others();
            let is_addressed = |member: &Member| member.name == *to && member.session_key.is_some();
            others.filter(|(_, member)| is_addressed(member)).count()
        };
        let sessions = self.node(number).map_or(0, count);
        let (to, text) = (to.to_string(), text.to_owned());
        self.ask(number, Command::SayTo { to, text });
        sessions
    }

    /// A member leaves with a farewell, at once.
    pub fn leave(&mut self, number: usize) {
        self.ask(number, Command::Leave(Leave::Signal));
    }

    /// Asks a member for something, as its face does. Nothing of that is owed to anybody: see
    /// [`World::say`].
    pub fn ask(&mut self, number: usize, command: Command) {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.handle(number, Input::Ask(request, command));
    }

    /// Reports to a member what its network is like.
    fn tell_network(&mut self, number: usize) {
        let news = member::network(self.air.mtu_bytes());
        self.handle(number, Input::Network(news));
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self
            .events
            .peek()
            .is_some_and(|Reverse(next)| next.at <= end)
        {
            let Some(Reverse(next)) = self.events.pop() else {
                break;
            };
            self.now = next.at;
            self.count += 1;
            assert!(
                self.count < EVENTS_MAX,
                "seed {}: it does not end",
                self.seed
            );
            match next.action {
                Action::Arrival {
                    to,
                    is_unicast,
                    from,
                    bytes,
                } => self.arrive(to, is_unicast, (from, &bytes)),
                Action::Wake(number) => self.wake(number),
                Action::Archived(number) => self.answer(number),
                Action::Disk(number) => self.answer_of_disk(number),
                Action::Capture(number, source) => self.capture(number, source),
            }
        }
        self.now = end;
    }

    fn arrive(&mut self, to: usize, is_unicast: bool, (from, bytes): (SocketAddr, &[u8])) {
        let Some(host) = self.hosts.get_mut(to) else {
            return;
        };
        if self.now < host.sleeps_until {
            return;
        }
        host.received_bytes += bytes.len() as u64 + WRAPPING_BYTES;
        self.handle(
            to,
            match bytes.first() {
                Some(b'{') => Input::Plain { from, bytes },
                _ if is_unicast => Input::Unicast { from, bytes },
                _ => Input::Frames { from, bytes },
            },
        );
    }

    fn wake(&mut self, number: usize) {
        let Some(host) = self.hosts.get_mut(number) else {
            return;
        };
        if self.now < host.sleeps_until || host.wakes_at.is_some_and(|at| at > self.now) {
            return; // rescheduled since
        }
        host.wakes_at = None;
        host.wakes += 1;
        self.handle(number, Input::Time);
    }

    /// Hands something to a member, takes from it everything that it puts out, and plans its next
    /// time: the match that the driver of `chat` has as well.
    fn handle(&mut self, number: usize, input: Input<'_>) {
        let moment = self.moment(number);
        match self.chat(number) {
            Some(chat) => chat.handle(moment, input),
            None => return,
        }
        while let Some(output) = self.chat(number).map(|chat| chat.poll(moment)) {
            match output {
                Output::Send(transmit) => self.carry(number, &transmit),
                Output::Tell(told) => {
                    self.ledger.note(number, &told, self.now);
                    if let Some(face) = self.faces.get_mut(&number) {
                        face.push(told.news);
                    }
                }
                Output::Network(NetworkAsk::Rejoin) => self.rejoin(number),
                Output::Network(NetworkAsk::JoinFiles) => self.join_files(number, true),
                Output::Network(NetworkAsk::LeaveFiles) => self.join_files(number, false),
                Output::Archive(Request::Room(request)) => self.ask_archive(number, request),
                Output::Files(request) => self.ask_disk(number, request),
                Output::Media(to_page) => self.on_page(number, to_page),
                Output::Network(_) | Output::Archive(_) => {}
                Output::Ended(_) => return self.kill(number),
                Output::Wake(next) => return self.plan(number, next),
            }
        }
    }

    fn plan(&mut self, number: usize, next: Option<Duration>) {
        let Some(next) = next else { return };
        let suspended = self.hosts.get(number).map(|host| host.suspended);
        let next = next + suspended.unwrap_or_default();
        // At least a microsecond later, or a member that is always due would stop time.
        let at = next.max(self.now + Duration::from_micros(1));
        if let Some(host) = self.hosts.get_mut(number)
            && host.wakes_at.is_none_or(|planned| at < planned)
        {
            host.wakes_at = Some(at);
            self.schedule(at, Action::Wake(number));
        }
    }

    fn chat(&mut self, number: usize) -> Option<&mut Chat> {
        self.hosts.get_mut(number)?.chat.as_mut()
    }

    fn carry(&mut self, from: usize, transmit: &Transmit) {
        let Some(host) = self.hosts.get_mut(from) else {
            return;
        };
        let address = host.address;
        let is_plain = transmit.to == Destination::Plain;
        let kind = transmit.bytes.get(3).copied().filter(|_| !is_plain);
        let (kind, bytes) = (kind.unwrap_or(0), transmit.bytes.len() as u64);
        let is_to_one = matches!(transmit.to, Destination::Member(_));
        let sent_as = traffic::sent_as(kind, is_to_one, transmit.bytes.len());
        host.sent.add(self.now, sent_as, bytes + WRAPPING_BYTES);
        host.frames.add(self.now, sent_as, 1);
        if !self.leave_by_uplink(from, bytes + WRAPPING_BYTES) {
            return;
        }
        match transmit.to {
            Destination::Member(to) => {
                self.traffic.single += 1;
                match self.hosts.iter().position(|host| host.address == to) {
                    Some(to) => self.send_copy(from, (to, true), address, &transmit.bytes),
                    None if self.tap.is_some() => self.strays.push((to, transmit.bytes.clone())),
                    None => {}
                }
            }
            Destination::Files => self.carry_files(from, address, &transmit.bytes),
            Destination::Group | Destination::Everywhere | Destination::Plain => {
                *self.traffic.group.entry(kind).or_default() += 1;
                self.traffic.first += u64::from(self.ledger.is_first(&transmit.bytes));
                if let Some(tap) = &mut self.tap {
                    tap.push(transmit.bytes.clone());
                }
                for to in 0..self.hosts.len() {
                    if to == from || self.air.remembers(to, self.now) {
                        self.send_copy(from, (to, false), address, &transmit.bytes);
                    }
                }
            }
        }
    }

    /// Sends one copy over the network, which may lose, delay, repeat or damage it.
    fn send_copy(
        &mut self,
        from: usize,
        (to, is_unicast): (usize, bool),
        source: SocketAddr,
        bytes: &Arc<[u8]>,
    ) {
        if self.hosts.get(to).is_none_or(|host| host.chat.is_none()) {
            return;
        }
        let queued = self.queued_at(from, to);
        for (delay, bytes) in self.air.carry(from, to, bytes, &mut self.rng) {
            let delay = delay + queued;
            self.deliver(self.now + delay, (to, is_unicast), source, bytes);
        }
    }

    fn deliver(
        &mut self,
        at: Duration,
        (to, is_unicast): (usize, bool),
        from: SocketAddr,
        bytes: Arc<[u8]>,
    ) {
        let action = Action::Arrival {
            to,
            is_unicast,
            from,
            bytes,
        };
        self.schedule(at, action);
    }

    fn schedule(&mut self, at: Duration, action: Action) {
        let order = self.count + self.events.len() as u64;
        self.events.push(Reverse(Scheduled { at, order, action }));
    }

    fn moment(&self, number: usize) -> Moment {
        let host = self.hosts.get(number);
        let skew_ms = self.skew_ms + host.map_or(0, |host| host.skew_ms);
        let suspended = host.map_or(Duration::ZERO, |host| host.suspended);
        let wall_ms = EPOCH_MS + self.now.as_millis() as u64;
        Moment {
            time: self.now.saturating_sub(suspended),
            wall_ms: wall_ms.saturating_add_signed(skew_ms),
        }
    }
}
