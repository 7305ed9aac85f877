//! The rooms that one program is in at once: each a [`Chat`] with a number. One set of sockets
//! serves them all; a frame is handed to its room by the room tag, which stands in clear in its
//! header. What leaves is polled in turns, so that no room starves another.
//!
//! Each room has what must not be shared: its members, its log, its keys for private messages,
//! and its session. The session's number says when a member came into the room, and others reckon
//! with it: whoever joins a room an hour after the start must not seem to have been there for an
//! hour. People are one matter, as they have one key in all rooms: what one room learns of them,
//! the others take over (`sharing`).

mod command;
mod sharing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub use self::command::{JoinAsked, KeySource, Question, RoomNews, RoomsCommand, Secret};
pub(super) use self::command::{join, part, switch};
use super::command::{Command, RequestId};
use super::event::{Failure, News};
use super::{Chat, Config, Input, NetworkAsk, NetworkNews, Output};
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::stream_of;
use crate::protocol::wire::frame::{FrameFault, ROOM_TAG_BYTES, room_tag};
use crate::protocol::wire::seal::{HINT_BYTES, named_like};

/// The lobby's name as it is shown.
pub const LOBBY: &str = "lobby";

/// Most rooms at once. Each costs its own presence on the network, and up to 10 MiB.
pub const ROOMS_MAX: usize = 16;

/// Outputs of one room before the next one has its turn: as many datagrams as leave together.
const TURN_OUTPUTS: usize = 64;

/// Least time between two looks at the interfaces, or two joins of the groups: each room asks for
/// them, and one answer serves all.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// One of this program's rooms: 1 is the one that it was started with, and the next ones count up.
/// The number of a room that was left is given to no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomNumber(pub u16);

impl RoomNumber {
    /// The room that the program was started with.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for RoomNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A room, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomState {
    /// Its number.
    pub number: RoomNumber,
    /// Its name as it is shown.
    pub name: String,
    /// Whether only some have its key.
    pub is_keyed: bool,
    /// How many members are here, this one included.
    pub members: usize,
}

/// See the file's head.
#[derive(Debug, Default)]
pub struct Rooms {
    rooms: Vec<Room>,
    /// The number that was given last.
    last: u16,
    /// Whose turn it is, as an index.
    turn: usize,
    /// What its room has put out in this turn.
    put_out: usize,
    /// Frames that belong to none of the rooms.
    strays: u64,
    /// The network as it was found last, for rooms that are joined later.
    network: Option<NetworkNews>,
    /// Who asked to leave the room that was left last.
    left_by: Option<RequestId>,
    rescanned: Option<Duration>,
    rejoined: Option<Duration>,
}

/// One room.
#[derive(Debug)]
struct Room {
    number: RoomNumber,
    name: String,
    is_lobby: bool,
    is_keyed: bool,
    tag: [u8; ROOM_TAG_BYTES],
    hint: [u8; HINT_BYTES],
    chat: Chat,
    state: State,
    /// Whether it is being left.
    is_leaving: bool,
    /// Who asked to leave it.
    asked: Option<RequestId>,
}

/// Whether a room has something to put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Perhaps.
    Open,
    /// Nothing until something comes in, or until this time.
    Settled(Option<Duration>),
}

impl Rooms {
    /// Enters a room.
    ///
    /// # Errors
    /// [`Failure::AlreadyIn`] a room of this name or with this key, [`Failure::TooManyRooms`].
    pub fn join(&mut self, config: Config, now: Moment) -> Result<RoomNumber, Failure> {
        let name = config.room.clone();
        let is_lobby = name.is_none() && !config.is_keyed;
        let name = name.unwrap_or_else(|| LOBBY.to_owned());
        let tag = config.setup.seal.room_tag();
        let number = self.check(&name, Some(&tag))?;
        self.last = number.0;
        let (hint, is_keyed) = (config.setup.seal.hint(), config.is_keyed);
        let mut chat = Chat::new(config, now);
        if let Some(network) = &self.network {
            chat.handle(now, Input::Network(network.clone()));
        }
        self.rooms.push(Room {
            number,
            name,
            is_lobby,
            is_keyed,
            tag,
            hint,
            chat,
            state: State::Open,
            is_leaving: false,
            asked: None,
        });
        Ok(number)
    }

    /// The number that a room of this name and with this tag would get.
    ///
    /// # Errors
    /// As of [`Rooms::join`].
    pub fn check(
        &self,
        name: &str,
        tag: Option<&[u8; ROOM_TAG_BYTES]>,
    ) -> Result<RoomNumber, Failure> {
        let is_same = |room: &Room| room.name == name || Some(&room.tag) == tag;
        if self.staying().any(is_same) {
            return Err(Failure::AlreadyIn(name.to_owned()));
        }
        let next = self.last.checked_add(1).map(RoomNumber);
        let next = next.filter(|_| self.rooms.len() < ROOMS_MAX);
        let limit = ROOMS_MAX;
        next.ok_or(Failure::TooManyRooms { limit })
    }

    /// Takes in what is for whichever room it belongs to, or for all: frames go to the room with
    /// their tag, the plain wire to the lobby, and everything else to every room.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) {
        match input {
            Input::Frames { from, bytes } => {
                self.hear(now, bytes, || Input::Frames { from, bytes });
            }
            Input::Unicast { from, bytes } => {
                self.hear(now, bytes, || Input::Unicast { from, bytes });
            }
            Input::Plain { from, bytes } => {
                let mut rooms = self.rooms.iter_mut();
                if let Some(lobby) = rooms.find(|room| room.is_lobby) {
                    lobby.handle(now, Input::Plain { from, bytes });
                }
            }
            Input::Time => self.on_time(now),
            Input::Network(news) => self.on_network(now, news),
            Input::Ask(request, command) => {
                for room in &mut self.rooms {
                    room.handle(now, Input::Ask(request, command.clone()));
                }
            }
            Input::Archived(reply) => {
                for room in &mut self.rooms {
                    room.handle(now, Input::Archived(reply.clone()));
                }
            }
            // A page is in one room: it comes by `handle_in`.
            Input::Media(_) => {}
            Input::Files(reply) => {
                for room in &mut self.rooms {
                    room.handle(now, Input::Files(reply.clone()));
                }
            }
        }
    }

    /// Takes in what is for one room. Returns whether this member is in it, and stays.
    pub fn handle_in(&mut self, now: Moment, number: RoomNumber, input: Input<'_>) -> bool {
        let Some(room) = self.get_mut(number) else {
            return false;
        };
        if room.is_leaving && matches!(input, Input::Ask(..)) {
            return false;
        }
        if let Input::Ask(request, Command::Leave(_)) = &input {
            room.asked = Some(*request);
        }
        room.handle(now, input);
        true
    }

    /// The next thing to do, and for which room. To be called again until it is
    /// [`Output::Wake`], which is about all of them. After [`Output::Ended`] the room is gone.
    pub fn poll(&mut self, now: Moment) -> (RoomNumber, Output) {
        loop {
            let Some(room) = self.next_open() else {
                return (RoomNumber::FIRST, Output::Wake(self.next_time()));
            };
            let number = room.number;
            match room.chat.poll(now) {
                Output::Wake(at) => room.state = State::Settled(at),
                Output::Ended(ended) => {
                    self.left_by = room.asked;
                    self.rooms.retain(|room| room.number != number);
                    return (number, Output::Ended(ended));
                }
                output => {
                    self.put_out += 1;
                    if let Some(output) = self.passed(now, number, output) {
                        return (number, output);
                    }
                }
            }
        }
    }

    /// Whether there is room in every room for more commands that say something.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let mut staying = self.staying().peekable();
        staying.peek().is_some() && staying.all(|room| room.chat.has_room())
    }

    /// The rooms that this member is in and stays in, by number.
    pub fn states(&self) -> impl Iterator<Item = RoomState> {
        self.staying().map(|room| RoomState {
            number: room.number,
            name: room.name.clone(),
            is_keyed: room.is_keyed,
            members: room.chat.node().roster().size(),
        })
    }

    /// Whether this member is in a room and stays in it.
    #[must_use]
    pub fn stays(&self, number: RoomNumber) -> bool {
        self.staying().any(|room| room.number == number)
    }

    /// How many rooms this member is in and stays in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.staying().count()
    }

    /// Whether every room was left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// One of the rooms.
    #[must_use]
    pub fn chat(&self, number: RoomNumber) -> Option<&Chat> {
        let mut rooms = self.rooms.iter();
        let room = rooms.find(|room| room.number == number);
        room.map(|room| &room.chat)
    }

    /// The room that is meant by its number or its name.
    #[must_use]
    pub fn called(&self, typed: &str) -> Option<RoomNumber> {
        let number = typed.parse().ok().map(RoomNumber);
        let is_meant = |room: &&Room| room.name == typed || Some(room.number) == number;
        self.staying().find(is_meant).map(|room| room.number)
    }

    /// The request by which the last room was left that was left alone, returned once.
    pub fn take_left_by(&mut self) -> Option<RequestId> {
        self.left_by.take()
    }

    /// Whether a room is the one that tells what concerns all.
    #[must_use]
    pub fn is_first(&self, number: RoomNumber) -> bool {
        self.rooms.first().is_some_and(|room| room.number == number)
    }

    /// Frames that came, and belong to none of the rooms.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.strays
    }

    /// Hands a datagram of the frame wire to its room. What no room can own, because it is no frame
    /// of this version, is counted by the first room.
    fn hear<'b>(&mut self, now: Moment, bytes: &'b [u8], input: impl Fn() -> Input<'b>) {
        if let [only] = self.rooms.as_mut_slice() {
            return only.handle(now, input());
        }
        if let Some(stream) = stream_of(bytes) {
            let mut rooms = self.rooms.iter_mut();
            return match rooms.find(|room| room.chat.node().knows_stream(stream)) {
                Some(room) => room.handle(now, input()),
                None => self.strays += 1,
            };
        }
        let Some(tag) = room_tag(bytes) else {
            if let Some(first) = self.rooms.first_mut() {
                first.handle(now, input());
            }
            return;
        };
        let mut is_known = false;
        // While a room is being left it may have been entered again.
        for room in self.rooms.iter_mut().filter(|room| room.tag == *tag) {
            room.handle(now, input());
            is_known = true;
        }
        if is_known {
            return;
        }
        // A room of the same name with another key: its members are told.
        let mut rooms = self.rooms.iter_mut();
        match rooms.find(|room| named_like(bytes, room.hint)) {
            Some(namesake) => namesake.handle(now, input()),
            None => self.strays += 1,
        }
    }

    fn on_time(&mut self, now: Moment) {
        for room in &mut self.rooms {
            let is_due = match room.state {
                State::Open => true,
                State::Settled(at) => at.is_some_and(|at| at <= now.time),
            };
            if is_due {
                room.handle(now, Input::Time);
            }
        }
    }

    fn on_network(&mut self, now: Moment, news: NetworkNews) {
        if let NetworkNews::Interfaces {
            in_use,
            link,
            datagram_bytes,
            link_bytes_per_s,
            ..
        } = &news
        {
            self.network = Some(NetworkNews::Interfaces {
                joined: Vec::new(),
                lost: Vec::new(),
                in_use: in_use.clone(),
                link: *link,
                datagram_bytes: *datagram_bytes,
                link_bytes_per_s: *link_bytes_per_s,
            });
        }
        for room in &mut self.rooms {
            room.handle(now, Input::Network(news.clone()));
        }
    }

    /// The room whose turn it is to put something out.
    fn next_open(&mut self) -> Option<&mut Room> {
        let count = self.rooms.len();
        if self.put_out >= TURN_OUTPUTS {
            self.turn += 1;
        }
        let first = if self.turn < count { self.turn } else { 0 };
        let places = (first..count).chain(0..first);
        let is_open = |at: &usize| {
            let room = self.rooms.get(*at);
            room.is_some_and(|room| room.state == State::Open)
        };
        let at = places.into_iter().find(is_open)?;
        if at != self.turn || self.put_out >= TURN_OUTPUTS {
            self.put_out = 0;
        }
        self.turn = at;
        self.rooms.get_mut(at)
    }

    /// What a room puts out, as this program does: what concerns all rooms is done and told once.
    fn passed(&mut self, now: Moment, number: RoomNumber, mut output: Output) -> Option<Output> {
        let are_several = self.rooms.len() > 1;
        match &mut output {
            Output::Tell(told) => {
                told.room = number;
                if is_about_all(&told.news) && !self.is_first(number) {
                    return None;
                }
                if let News::Stats(stats) = &mut told.news {
                    add_strays(&mut stats.faults, self.strays);
                }
            }
            Output::Network(ask) if are_several && !self.is_due(*ask, now) => return None,
            Output::Archive(request) if are_several => self.share(number, request),
            _ => {}
        }
        Some(output)
    }

    /// Whether what is asked of the sockets was not done just now for another room; it is then
    /// taken as done now.
    fn is_due(&mut self, ask: NetworkAsk, now: Moment) -> bool {
        let done = match ask {
            NetworkAsk::Rescan => &mut self.rescanned,
            NetworkAsk::Rejoin => &mut self.rejoined,
            NetworkAsk::IgnoreOwn | NetworkAsk::JoinFiles | NetworkAsk::LeaveFiles => return true,
        };
        if done.is_some_and(|at| now.time < at + LOOK_INTERVAL) {
            return false;
        }
        *done = Some(now.time);
        true
    }

    /// When the first of the rooms wants to be driven again.
    fn next_time(&self) -> Option<Duration> {
        let times = self.rooms.iter().filter_map(|room| match room.state {
            State::Settled(at) => at,
            State::Open => Some(Duration::ZERO),
        });
        times.min()
    }

    fn staying(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(|room| !room.is_leaving)
    }

    fn get_mut(&mut self, number: RoomNumber) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.number == number)
    }
}

impl Room {
    fn handle(&mut self, now: Moment, input: Input<'_>) {
        self.is_leaving |= matches!(input, Input::Ask(_, Command::Leave(_)));
        self.state = State::Open;
        self.chat.handle(now, input);
    }
}

/// Whether each room tells this, although it concerns the machine.
fn is_about_all(news: &News) -> bool {
    matches!(
        news,
        News::InterfaceJoined(_)
            | News::InterfaceLost(_)
            | News::NoNetwork
            | News::Slept
            | News::Failed(
                Failure::Network { .. } | Failure::Interfaces(_) | Failure::PeopleForgotten(_)
            )
    )
}

/// Counts frames of no room among those of other rooms.
fn add_strays(faults: &mut Vec<(FrameFault, u64)>, strays: u64) {
    if strays == 0 {
        return;
    }
    let mut known = faults.iter_mut();
    match known.find(|(fault, _)| *fault == FrameFault::OtherRoom) {
        Some((_, count)) => *count += strays,
        None => faults.push((FrameFault::OtherRoom, strays)),
    }
}
