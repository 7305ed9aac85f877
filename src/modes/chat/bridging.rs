//! The links of a bridge: each room's relay, and the servers that carry what it puts out.

use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::driver::{Driver, Event};
use super::servers;
use crate::chat::Input;
use crate::chat::beyond::relay::{LinkInput, LinkOutput, Relay};
use crate::chat::event::{BeyondNews, LinkState, News};
use crate::chat::rooms::RoomNumber;
use crate::cli::{BridgeSettings, ChatSettings};
use crate::clock::Throttle;
use crate::error::Error;
use crate::net::nats::{Arrived, Nats, NatsNews};
use crate::protocol::engine::Setup;
use crate::protocol::engine::event::{Destination, Transmit};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::{Kind, ROOM_TAG_BYTES};

/// The links of all rooms.
#[derive(Default)]
pub(super) struct Bridging {
    links: Vec<Link>,
    /// How many bytes of files are carried in each room, if any.
    files_bytes: Option<u64>,
    nats: Option<Nats>,
    /// What was told of the connection last.
    told: Option<LinkState>,
    faults: Throttle,
}

/// The link of one room.
struct Link {
    room: RoomNumber,
    relay: Relay,
    tag: [u8; ROOM_TAG_BYTES],
    /// Frames that could not wait, which were not told yet.
    left_out: u64,
}

/// What a link begins with: its member among the bridges, and what the own site is called.
pub(super) type LinkSetup = (Setup, Name);

/// How far the links are driven.
pub(super) enum LinksDriven {
    /// A room has something to put out because of it.
    Again,
    /// Until then.
    Until(Option<Duration>),
}

impl Bridging {
    /// The links of a bridge with these settings.
    pub(super) fn of(settings: Option<&BridgeSettings>) -> Self {
        let files = settings.and_then(|settings| settings.files.as_ref());
        Self {
            files_bytes: files.map(|files| files.limit_bytes),
            ..Self::default()
        }
    }

    /// Adds the link of a room in which this member's session is `session`.
    pub(super) fn add(
        &mut self,
        room: RoomNumber,
        (setup, site): LinkSetup,
        session: u64,
        now: Moment,
    ) {
        let tag = setup.seal.room_tag();
        let mut relay = Relay::new(setup, session, site, now);
        if let Some(limit_bytes) = self.files_bytes {
            relay.carry_files(limit_bytes);
        }
        self.links.push(Link {
            room,
            relay,
            tag,
            left_out: 0,
        });
    }

    /// Connects all links.
    ///
    /// # Errors
    /// Files that cannot be read, and the system's refusal of a thread.
    pub(super) fn connect(
        &mut self,
        settings: &BridgeSettings,
        tell: Sender<Event>,
    ) -> Result<(), Error> {
        let tags = self.links.iter().map(|link| link.tag).collect();
        let config = servers::config(settings, tags)?;
        let nats = Nats::start(config, move |news| tell.send(Event::Nats(news)).is_ok());
        self.nats = Some(nats.map_err(Error::Connection)?);
        Ok(())
    }
}

impl Driver {
    /// Connects the links of a bridge.
    ///
    /// # Errors
    /// Those of [`Bridging::connect`].
    pub(super) fn connect(&mut self, settings: &ChatSettings) -> Result<(), Error> {
        match &settings.bridge {
            Some(bridge) => self.bridging.connect(bridge, self.tell.clone()),
            None => Ok(()),
        }
    }

    /// Takes in what the servers say.
    pub(super) fn on_nats(&mut self, news: NatsNews) {
        let now = self.clock.now();
        match news {
            NatsNews::Arrived(arrived) => {
                for arrived in &arrived {
                    self.on_arrived(now, arrived);
                }
                if let Some(nats) = &self.bridging.nats {
                    nats.give_back(arrived.len());
                }
            }
            NatsNews::Up(server) => self.on_link(now, LinkState::Up, server),
            NatsNews::Down(why) => self.on_link(now, LinkState::Down, why),
            NatsNews::Fault(with) if self.bridging.faults.ask().is_some() => {
                let state = LinkState::Fault;
                self.tell_beyond(None, BeyondNews::Link { state, with });
            }
            NatsNews::Fault(_) => {}
        }
    }

    fn on_arrived(&mut self, now: Moment, arrived: &Arrived) {
        let (from, bytes) = (arrived.from, &*arrived.bytes);
        let input = match arrived.is_single {
            true => LinkInput::Single { from, bytes },
            false => LinkInput::Group { from, bytes },
        };
        if let Some(link) = self.bridging.links.get_mut(arrived.room) {
            let relay = &mut link.relay;
            self.rooms
                .with_chat(link.room, |chat| relay.handle(now, chat, input));
        }
    }

    fn on_link(&mut self, now: Moment, state: LinkState, with: String) {
        let is_up = state == LinkState::Up;
        let input = match is_up {
            true => LinkInput::Up,
            false => LinkInput::Down,
        };
        for link in &mut self.bridging.links {
            let relay = &mut link.relay;
            self.rooms
                .with_chat(link.room, |chat| relay.handle(now, chat, input));
        }
        if self.bridging.told.replace(state) != Some(state) {
            self.tell_beyond(None, BeyondNews::Link { state, with });
        }
    }

    fn tell_beyond(&mut self, room: Option<RoomNumber>, news: BeyondNews) {
        let first = self.bridging.links.first().map(|link| link.room);
        let room = room.or(first).unwrap_or(RoomNumber::FIRST);
        self.show(room, None, News::Beyond(news));
    }

    /// Does everything that the links put out.
    pub(super) fn drive_links(&mut self, now: Moment) -> LinksDriven {
        let (mut until, mut has_moved, mut told) = (None, false, Vec::new());
        for (number, link) in self.bridging.links.iter_mut().enumerate() {
            let relay = &mut link.relay;
            let nats = self.bridging.nats.as_ref();
            let handle = |chat: &mut _| relay.handle(now, chat, LinkInput::Time);
            self.rooms.with_chat(link.room, handle);
            has_moved |= relay.take_moved();
            loop {
                match relay.poll(now) {
                    LinkOutput::Publish(Transmit { to, bytes }) => {
                        let to: Option<SocketAddr> = match to {
                            Destination::Member(to) => Some(to),
                            _ => None,
                        };
                        // All others are sent anew in time, like ones that are lost.
                        let is_durable = Kind::of(&bytes) == Some(Kind::Durable);
                        let has_left = nats.is_some_and(|nats| nats.send(number, to, bytes));
                        link.left_out += u64::from(!has_left && is_durable);
                    }
                    LinkOutput::State(state) => {
                        let with = String::new();
                        told.push((link.room, BeyondNews::Link { state, with }));
                    }
                    LinkOutput::LeftOut(frames) => link.left_out += frames,
                    LinkOutput::Wake(at) => {
                        until = [until, at].into_iter().flatten().min();
                        break;
                    }
                }
            }
            if link.left_out > 0 && self.bridging.faults.ask().is_some() {
                let frames = std::mem::take(&mut link.left_out);
                told.push((link.room, BeyondNews::LeftOut { frames }));
            }
        }
        for (room, news) in told {
            self.tell_beyond(Some(room), news);
        }
        match has_moved {
            true => {
                self.rooms.handle(now, Input::Time);
                LinksDriven::Again
            }
            false => LinksDriven::Until(until),
        }
    }
}
