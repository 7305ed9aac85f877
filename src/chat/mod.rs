//! One room as a person meets it, as a value. Everything comes in by [`Chat::handle`], everything
//! goes out by [`Chat::poll`]. This file only routes; each part beside it owns its state:
//!
//! ```text
//! people    which person a name and a key are; who is meant; what to remember of them; ignoring
//! own       what this member said: its ids, and how far it has got; private · nick · amending
//! finding   looking for what was said, in memory or in an archive
//! leaving   sending the rest, waiting for acknowledgements, the farewell
//! watch     alone, asleep, another key; when to look at the network again
//! network   which interfaces are in use
//! archive   what is kept beyond this session, and taken in again
//! copies    one key under several names, or on another computer
//! guests    people without a key who read and speak through this member
//! transfer  files: who offers, takes and gives them; its state is in the room
//! media     a conference: voices, cameras and screens; its state is in the room too
//! erasure_code  symbols that mend what was lost of a file or a picture
//! timing    what time brings about
//! ```
//!
//! The driver of `chat` and the simulator run this same value by the same small match: after one
//! or more calls of `handle`, `poll` until it returns [`Output::Wake`].

pub mod amending;
pub mod archive;
pub mod beyond;
pub mod command;
mod copies;
mod departure;
pub mod entry;
mod erasure_code;
pub mod event;
mod failure;
pub mod finding;
pub(crate) mod forms;
pub mod guests;
pub mod ignoring;
pub mod input;
mod leaving;
pub mod media;
mod network;
mod news;
pub mod nick;
pub mod other_wires;
pub mod output;
mod own;
mod people;
mod private;
pub mod rooms;
mod stats;
pub(crate) mod suffix;
mod timing;
pub mod transcript;
pub mod transfer;
pub mod trust;
mod typed_call;
mod typed_files;
pub mod vocabulary;
mod watch;

use std::collections::VecDeque;

use self::archive::Remembering;
use self::command::RequestId;
use self::event::{News, Ready};
use self::guests::Guests;
pub use self::input::{Input, NetworkNews};
pub use self::leaving::Audience;
use self::leaving::Leaving;
use self::media::Conference;
use self::output::OUTPUTS_MAX;
pub use self::output::{Ended, NetworkAsk, Output};
use self::own::Own;
use self::people::{Memory, People, PeopleCommand};
use self::transfer::Transfers;
use self::watch::Watch;
use crate::protocol::engine::Setup;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::node::Node;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::frame::durable::Role;

/// What a room begins with.
#[derive(Debug)]
pub struct Config {
    /// This member.
    pub setup: Setup,
    /// The room's name; `None` is the lobby.
    pub room: Option<String>,
    /// Whether only some have its key.
    pub is_keyed: bool,
    /// Who decides for all there, if its invitation names somebody.
    pub host: Option<Key>,
    /// Whether a store answers who was met before.
    pub is_remembered: bool,
    /// Who is to have what this member says before it leaves at the end of its input.
    pub audience: Audience,
}

/// See the file's head.
#[derive(Debug)]
pub struct Chat {
    node: Node,
    room: Room,
    people: People,
    own: Own,
    guests: Guests,
    leaving: Leaving,
    watch: Watch,
    remembering: Remembering,
    out: VecDeque<Output>,
}

/// The room, as this member is in it.
#[derive(Debug)]
struct Room {
    ready: Ready,
    /// Whether the network was looked at, and the faces know that this member is ready.
    is_ready: bool,
    files: Transfers,
    media: Conference,
}

impl Chat {
    /// A member that has just come.
    #[must_use]
    pub fn new(config: Config, now: Moment) -> Self {
        let me = NamedKey {
            name: config.setup.name.clone(),
            key: config.setup.signer.key(),
        };
        let mut people = People::new(me, Memory::of(&config));
        if config.setup.role == Role::Keeper {
            people.keep_for_others();
        }
        let load = config.is_remembered.then_some(archive::Request::Load);
        let remembering = Remembering::new(config.setup.is_archived, now);
        let load = load.into_iter().chain(remembering.first_request());
        let out = load.map(Output::Archive).collect();
        let files = Transfers::new(people.my_key(), config.setup.seed);
        let media = Conference::new(
            people.my_key(),
            (config.is_keyed, config.host),
            config.setup.seed,
        );
        let ready = Ready {
            me: people.me(),
            room: config.room,
            is_keyed: config.is_keyed,
            interfaces: Vec::new(),
        };
        Self {
            node: Node::new(config.setup, now),
            room: Room {
                ready,
                is_ready: false,
                files,
                media,
            },
            people,
            own: Own::new(now.time),
            guests: Guests::new(now.time),
            leaving: Leaving::new(config.audience),
            watch: Watch::new(now),
            remembering,
            out,
        }
    }

    /// Takes something in.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) {
        match input {
            Input::Frames { from, bytes } => self.node.on_group_datagram(now, from, bytes),
            Input::Unicast { from, bytes } => self.node.on_datagram(now, from, bytes),
            Input::Plain { from, bytes } => self.node.on_plain(now, from, bytes),
            Input::Ask(request, command) => self.obey(now, request, command),
            Input::Network(news) => self.on_network(now, news),
            Input::Archived(reply) => {
                let command = match reply {
                    archive::Reply::Ignored(people) => {
                        return self.people.ignoring.remember(people);
                    }
                    archive::Reply::People(people) => PeopleCommand::Remember(people),
                    archive::Reply::Failed(why) => {
                        self.forget_questions(&why);
                        PeopleCommand::Forget(why)
                    }
                    archive::Reply::Room(reply) => return self.on_room_reply(now, reply),
                };
                let news = self.people.handle(command, self.node.roster());
                self.tell_all(news);
            }
            Input::Files(reply) => self.on_disk(now, reply),
            Input::Media(from_page) => self.on_page_media(now, from_page),
            Input::Time => self.on_time(now),
        }
    }

    /// The next thing to do. To be called again until it is [`Output::Wake`].
    pub fn poll(&mut self, now: Moment) -> Output {
        loop {
            // What is asked of the network comes before what leaves by it.
            if let Some(output) = self.out.pop_front() {
                return output;
            }
            if let Some(transmit) = self.node.poll_send(now) {
                return Output::Send(transmit);
            }
            let Some(event) = self.node.poll_event() else {
                if self.pump_files(now) | self.pump_media(now) {
                    continue;
                }
                match self.next_history_change() {
                    Some(request) => return Output::Archive(request),
                    None => break,
                }
            };
            match self.on_event(now, event) {
                // The way of nearly every message, which is not queued.
                Some(news) if self.out.is_empty() => return Output::Tell(news.into()),
                Some(news) => self.tell(news),
                None => {}
            }
        }
        self.rename_if_sent(now);
        self.amend_if_said(now);
        if let Some(output) = self.out.pop_front() {
            return output;
        }
        if let Some(delivered) = self.next_report(now.time) {
            return Output::Tell(News::Delivered(delivered).into());
        }
        if self.is_left(now.time) {
            return Output::Ended(self.ended());
        }
        Output::Wake(self.next_time(now.time))
    }

    /// Whether there is room for more commands that say something.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let has_room = self.out.len() < OUTPUTS_MAX && self.own.finding.has_room();
        let is_settled = self.own.is_settled() && has_room;
        self.leaving.stays() && self.node.has_room() && is_settled
    }

    /// The member in the group.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    fn tell_all(&mut self, news: impl IntoIterator<Item = News>) {
        for news in news {
            if !self.people.ignoring.hides(&news) {
                self.tell(news);
            }
        }
        self.ask_archive();
    }

    fn ask_archive(&mut self) {
        self.out.extend(self.people.requests().map(Output::Archive));
    }

    fn tell_arrivals(&mut self) {
        let arrivals = self.people.arrivals();
        self.tell_all(arrivals);
    }

    fn archive(&mut self, request: archive::Request) {
        self.out.push_back(Output::Archive(request));
    }

    fn ask_network(&mut self, ask: NetworkAsk) {
        self.out.push_back(Output::Network(ask));
    }

    fn tell(&mut self, news: News) {
        self.out.push_back(Output::Tell(news.into()));
    }

    fn answer(&mut self, request: RequestId, news: News) {
        self.out.push_back(Output::Tell(news.to(request)));
    }
}
