//! Rooms that are entered and left while others are open.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::driver::Driver;
use super::opening::{self, Opened, Opener, RoomOpened, Session};
use super::secret::Room;
use crate::chat::command::{Command, Leave, RequestId};
use crate::chat::event::{Failure, News, Told};
use crate::chat::rooms::{JoinAsked, LOBBY, Question, RoomNews, RoomNumber, RoomsCommand, Secret};
use crate::chat::{Ended, Input};
use crate::cli::{RoomChoice, RoomSecret};
use crate::error::Error;
use crate::face::{Face, failure};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::frame::Key;
use crate::protocol::wire::seal::Seal;
use crate::protocol::wire::seal::room_key::ROOM_KEY_BYTES;
use crate::store::open_rooms::{OpenKey, OpenRoom, OpenRooms};
use crate::store::sessions::Sessions;
use crate::text;

/// Most rooms that are opened at the same time: each may take 64 MiB for its passphrase.
const OPENINGS_MAX: usize = 4;

/// Most threads that open rooms: those among them that nobody waits for any more read files that
/// may never deliver anything.
const THREADS_MAX: usize = 16;

/// What is known of the rooms beside what goes on in them.
#[derive(Default)]
pub(super) struct Joining {
    /// What somebody is asked.
    asking: Option<Asking>,
    /// How many rooms are being opened.
    openings: usize,
    /// Held by each thread that opens a room.
    running: Arc<()>,
    /// Where running sessions are marked.
    marks: Sessions,
    /// The sessions in rooms that were entered later.
    sessions: BTreeMap<RoomNumber, Session>,
    /// The open rooms, as they are opened again.
    open: Vec<(RoomNumber, OpenRoom)>,
    /// Rooms of last time that could not be opened.
    unopened: Vec<OpenRoom>,
    /// Where the open rooms are kept for the next start, if they are.
    store: Option<OpenRooms>,
}

/// What a person is asked, and is to answer next.
enum Asking {
    /// The key of a room.
    Key {
        request: RequestId,
        from: RoomNumber,
        choice: RoomChoice,
    },
    /// Whether the key of this room is to be kept.
    Keep {
        number: RoomNumber,
        name: String,
        key: Zeroizing<[u8; ROOM_KEY_BYTES]>,
        host: Option<Key>,
    },
}

impl Joining {
    /// Keeps the open rooms from now on; `unopened` stay on the list, because what hinders them may
    /// pass.
    pub(super) fn keep(&mut self, unopened: Vec<OpenRoom>) -> Result<(), Error> {
        self.unopened = unopened;
        self.store = Some(OpenRooms::start().map_err(Error::Connection)?);
        Ok(())
    }

    /// A room is open.
    pub(super) fn note(&mut self, number: RoomNumber, room: &Room) {
        if let Some(key) = &room.again {
            let name = room.name.as_ref().map(Name::to_string);
            let key = key.clone();
            self.open.push((number, OpenRoom { name, key }));
        }
    }

    /// Whether a room that could not be opened was taken off the list.
    fn forget(&mut self, name: &str) -> bool {
        let before = self.unopened.len();
        let is_other = |room: &OpenRoom| room.name.as_deref() != Some(name);
        self.unopened.retain(is_other);
        self.unopened.len() < before
    }

    /// Hands the open rooms to the store.
    fn save(&self) {
        if let Some(store) = &self.store {
            let open = self.open.iter().map(|(_, open)| open);
            let is_open = |room: &&OpenRoom| !self.open.iter().any(|(_, it)| it.name == room.name);
            let rooms = open.chain(self.unopened.iter().filter(is_open));
            store.remember(rooms.cloned().collect());
        }
    }

    /// Waits a moment for what is still to be written.
    pub(super) fn close(self) {
        if let Some(store) = self.store {
            store.close();
        }
        let files = self.sessions.into_values().filter_map(|it| it.file);
        files.for_each(|file| file.close());
    }
}

impl Driver {
    /// Enters the rooms of the start.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub(super) fn start(&mut self, opened: &Opened) -> Result<(), Error> {
        let now = self.clock.now();
        self.joining.marks = opened.identity.sessions();
        if opened.is_remembered {
            let unopened = opened.failed.iter().map(|(room, _)| room.clone());
            self.joining.keep(unopened.collect())?;
        }
        for room in &opened.rooms {
            if let Err(failure) = self.enter(now, room, None, None) {
                self.fail(failure);
            }
        }
        for (room, error) in &opened.failed {
            let name = room.name.as_deref().unwrap_or(LOBBY);
            let failure = self.cannot_enter(Some(name), error);
            self.fail(failure);
        }
        if let Some(error) = &opened.identity.is_passing {
            let cause = text::cause(self.lang, error);
            self.face.say(&text::identity_is_passing(self.lang, &cause));
        }
        Ok(())
    }

    /// Does what is asked of the rooms together. `request` came from the room `from`.
    pub(super) fn on_rooms(
        &mut self,
        now: Moment,
        (request, from): (RequestId, RoomNumber),
        command: RoomsCommand,
    ) {
        let done = match command {
            RoomsCommand::Join(asked) => self.join(request, from, asked),
            RoomsCommand::Part(named) => self.part(now, request, from, named),
            RoomsCommand::Switch(named) => match self.rooms.called(&named) {
                Some(room) => {
                    self.show_in(room, Some(request), RoomNews::Switched);
                    Ok(())
                }
                None => Err(Failure::OtherRoom(named)),
            },
            RoomsCommand::List => {
                let list = RoomNews::List(self.rooms.states().collect());
                self.show_in(from, Some(request), list);
                Ok(())
            }
        };
        if let Err(failure) = done {
            self.refuse(request, from, failure);
        }
    }

    fn join(
        &mut self,
        request: RequestId,
        from: RoomNumber,
        asked: JoinAsked,
    ) -> Result<(), Failure> {
        let typed = asked.name.clone();
        let choice = RoomChoice::try_from(asked);
        let choice = choice.map_err(|error| self.cannot_enter(typed.as_deref(), &error))?;
        if let Some(name) = choice.shown() {
            self.rooms.check(name, None)?;
        }
        if choice.secret != RoomSecret::Prompt {
            return self.open(request, from, choice, false);
        }
        if self.joining.asking.is_some() {
            return Err(Failure::JoinWaits);
        }
        let room = choice.shown().map(str::to_owned);
        if !self.face.can_ask(Some(request)) {
            return Err(Failure::NobodyToAsk);
        }
        self.joining.asking = Some(Asking::Key {
            request,
            from,
            choice,
        });
        let asked = RoomNews::Asked(Question::Key { room });
        self.show_in(from, Some(request), asked);
        Ok(())
    }

    /// Opens a room on a thread that nobody waits for.
    fn open(
        &mut self,
        request: RequestId,
        from: RoomNumber,
        choice: RoomChoice,
        is_typed: bool,
    ) -> Result<(), Failure> {
        let running = Arc::strong_count(&self.joining.running) - 1;
        if self.joining.openings >= OPENINGS_MAX || running >= THREADS_MAX {
            return Err(Failure::JoinWaits);
        }
        let typed = choice.shown().map(str::to_owned);
        let asked = (request, from, is_typed);
        let opener = Opener {
            lang: self.lang,
            sessions: self.joining.marks.clone(),
            running: Arc::clone(&self.joining.running),
            tell: self.tell.clone(),
        };
        let opening = opening::open_room(choice, asked, opener);
        opening.map_err(|error| self.cannot_enter(typed.as_deref(), &error))?;
        self.joining.openings += 1;
        Ok(())
    }

    /// A room that was asked for is open, or cannot be.
    pub(super) fn on_opened(&mut self, now: Moment, opened: RoomOpened) {
        self.joining.openings -= 1;
        let RoomOpened {
            request,
            from,
            choice,
            is_typed,
            room,
        } = opened;
        if self.is_leaving {
            return;
        }
        let (room, session) = match room {
            Ok(opened) => opened,
            Err(error) => {
                let failure = self.cannot_enter(choice.shown(), &error);
                return self.refuse(request, from, failure);
            }
        };
        match self.enter(now, &room, Some(session.number), Some(request)) {
            Err(failure) => {
                session.end();
                self.refuse(request, from, failure);
            }
            Ok(number) => {
                self.joining.sessions.insert(number, session);
                if room.is_keyed && is_typed && self.joining.store.is_some() {
                    self.ask_to_keep(number, &room);
                }
                self.joining.save();
            }
        }
    }

    /// Enters a room that is open, and tells that it was entered.
    pub(super) fn enter(
        &mut self,
        now: Moment,
        room: &Room,
        session: Option<u64>,
        request: Option<RequestId>,
    ) -> Result<RoomNumber, Failure> {
        let tag = Seal::new(&room.key).room_tag();
        let number = self.rooms.check(room.shown(), Some(&tag))?;
        let refused = room.is_lobby().then(|| self.open_plain()).flatten();
        let beginning = self.beginning(number, room);
        let config = self.member.config(room, session, beginning);
        let config = config.map_err(|error| self.cannot_enter(Some(room.shown()), &error))?;
        #[cfg(feature = "bridge")]
        let session = config.setup.session;
        let number = self.rooms.join(config, now)?;
        #[cfg(feature = "bridge")]
        if let Some(setup) = self.member.link_setup(room) {
            let setup = setup.map_err(|error| self.cannot_enter(Some(room.shown()), &error))?;
            self.bridging.add(number, setup, session, now);
        }
        self.joining.note(number, room);
        self.open_files(number, tag);
        let joined = RoomNews::Joined {
            name: room.shown().to_owned(),
            is_keyed: room.is_keyed,
        };
        self.show_in(number, request, joined);
        if let Some(refused) = refused {
            self.show(number, None, News::Failed(refused));
            let sentence = text::without_plain(self.lang, self.plain.port());
            self.face.say(&sentence);
        }
        if self.member.is_keeper() {
            self.face.say(&text::keeping(self.lang, room.shown()));
        }
        if let Some(strength) = room.weakness {
            self.face.say(&text::weak_passphrase(self.lang, strength));
        }
        Ok(number)
    }

    /// Opens the plain wire, which the lobby has, unless it is open. Returns why the lobby does
    /// without its guests, if it does.
    fn open_plain(&mut self) -> Option<Failure> {
        let refused = |refusal| failure::of_refusal(&self.plain.to_string(), &refusal);
        self.sockets.open_plain(self.plain).err().map(refused)
    }

    fn part(
        &mut self,
        now: Moment,
        request: RequestId,
        from: RoomNumber,
        named: Option<String>,
    ) -> Result<(), Failure> {
        let number = match &named {
            None => Some(from),
            Some(named) => self.rooms.called(named),
        };
        let other = || Failure::OtherRoom(named.clone().unwrap_or_else(|| from.to_string()));
        if let (None, Some(named)) = (number, &named)
            && self.joining.forget(named)
        {
            self.joining.save();
            self.face.say(&text::room_not_reopened(self.lang, named));
            return Ok(());
        }
        let number = number.ok_or_else(other)?;
        let leave = Command::Leave(Leave::Farewell);
        if self.rooms.count() == 1 && self.rooms.stays(number) {
            // Whoever leaves the only room leaves.
            self.leave_all(now, request, Leave::Farewell);
            return Ok(());
        }
        match self
            .rooms
            .handle_in(now, number, Input::Ask(request, leave))
        {
            true => Ok(()),
            false => Err(other()),
        }
    }

    /// Says farewell in every room.
    pub(super) fn leave_all(&mut self, now: Moment, request: RequestId, leave: Leave) {
        self.is_leaving = true;
        self.joining.asking = None;
        let leave = Command::Leave(leave);
        self.rooms.handle(now, Input::Ask(request, leave));
    }

    /// A room was left. Returns whether it was the last one.
    pub(super) fn on_left(&mut self, number: RoomNumber, ended: Ended) -> bool {
        if !ended.is_delivered() && !self.giving.is_some() {
            self.is_undelivered = true;
            self.show(number, None, News::Undelivered(ended));
        }
        self.archive_left(number);
        self.filing.close_room(number);
        self.read_waiting();
        self.leave_call(number);
        if self.rooms.is_empty() {
            return true;
        }
        if !self.is_leaving {
            if let Some(session) = self.joining.sessions.remove(&number) {
                session.end();
            }
            let request = self.rooms.take_left_by();
            self.show_in(number, request, RoomNews::Parted);
            self.joining.open.retain(|(open, _)| *open != number);
            self.joining.save();
        }
        false
    }

    fn ask_to_keep(&mut self, number: RoomNumber, room: &Room) {
        if self.joining.asking.is_some() || !self.face.can_ask(None) {
            return;
        }
        let name = room.shown().to_owned();
        self.joining.asking = Some(Asking::Keep {
            number,
            name: name.clone(),
            key: room.key.stored(),
            host: room.host,
        });
        let asked = RoomNews::Asked(Question::Keep { room: name });
        self.show_in(number, None, asked);
    }

    /// Takes in the answer to what was asked.
    pub(super) fn on_answer(&mut self, answer: Option<Secret>) {
        match (self.joining.asking.take(), answer) {
            (
                Some(Asking::Key {
                    request,
                    from,
                    choice,
                }),
                Some(answer),
            ) => {
                let secret = Zeroizing::new(answer.0.as_bytes().to_owned());
                let secret = RoomSecret::Key(secret);
                let choice = RoomChoice { secret, ..choice };
                if let Err(failure) = self.open(request, from, choice, true) {
                    self.refuse(request, from, failure);
                }
            }
            (
                Some(Asking::Keep {
                    number,
                    name,
                    key,
                    host,
                }),
                Some(answer),
            ) if text::is_yes(&answer.0) && self.rooms.chat(number).is_some() => {
                let name = Some(name).filter(|name| name != LOBBY);
                let key = OpenKey::Kept { key, host };
                self.joining.open.push((number, OpenRoom { name, key }));
                self.joining.save();
            }
            _ => {}
        }
    }

    fn cannot_enter(&self, room: Option<&str>, error: &Error) -> Failure {
        Failure::CannotEnter {
            room: room.unwrap_or_default().to_owned(),
            why: text::error(self.face.lang_of_causes(self.lang), error),
        }
    }

    fn refuse(&mut self, request: RequestId, room: RoomNumber, failure: Failure) {
        self.show(room, Some(request), News::Failed(failure));
    }

    fn show_in(&mut self, room: RoomNumber, request: Option<RequestId>, news: RoomNews) {
        self.show(room, request, News::Room(news));
    }

    pub(super) fn show(&mut self, room: RoomNumber, request: Option<RequestId>, news: News) {
        self.face.show(&Told {
            room,
            request,
            news,
        });
    }
}
