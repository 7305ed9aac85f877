//! Where `chat` keeps what is said, and what the store's thread tells.

use std::sync::mpsc::Sender;

use super::driver::{Driver, Event};
use super::member::Beginning;
use super::secret::Room;
use crate::chat::archive::{Reply, Request};
use crate::chat::rooms::RoomNumber;
use crate::chat::{Input, archive};
use crate::cli::{ChatSettings, HistoryRooms};
use crate::error::Error;
use crate::protocol::message::Name;
use crate::protocol::time::Moment;
use crate::protocol::wire::seal::Seal;
use crate::store::archive::{
    Archive, Notice, RoomKind, RoomPlace, Told, default_path, without_archive,
};
use crate::store::identity::Who;
use crate::store::people::People;
use crate::text;

/// Starts the store's thread, unless nothing is to be remembered.
///
/// # Errors
/// The system's refusal of a thread.
pub(super) fn start(
    settings: &ChatSettings,
    room: &Room,
    tell: &Sender<Event>,
) -> Result<Option<Archive>, Error> {
    // Whoever is somebody new for one session leaves no trace of it.
    if matches!(settings.who, Who::Ephemeral) {
        return Ok(None);
    }
    let tell = tell.clone();
    let tell = move |told| tell.send(Event::Archived(told)).is_ok();
    let place = place(settings, room).unwrap_or_else(|notice| {
        tell(Told::Notice(notice));
        None
    });
    let archive = Archive::start(People::open, place, tell).map_err(Error::Connection)?;
    Ok(Some(archive))
}

/// Where what is said in a room is kept, if it is to be kept.
fn place(settings: &ChatSettings, room: &Room) -> Result<Option<RoomPlace>, Notice> {
    let keeping = &settings.keeping;
    let is_wanted = match keeping.rooms {
        HistoryRooms::All => true,
        HistoryRooms::Public => !room.is_keyed,
        HistoryRooms::None => false,
    };
    if !is_wanted {
        return Ok(None);
    }
    let path = match &keeping.archive {
        Some(path) => path.clone(),
        None => default_path().map_err(|fault| Notice::Unusable {
            path: "archive.db".into(),
            fault,
        })?,
    };
    let name = room.name.as_ref().map(Name::as_str);
    Ok(Some(RoomPlace {
        path,
        tag: Seal::new(&room.key).called(name).room_tag(),
        name: room.shown().to_owned(),
        kind: match (room.is_keyed, name) {
            (true, _) => RoomKind::Keyed,
            (false, Some(_)) => RoomKind::Public,
            (false, None) => RoomKind::Lobby,
        },
        keeping: keeping.keeping,
    }))
}

impl Driver {
    /// Takes in what the store's thread tells.
    pub(super) fn on_told(&mut self, now: Moment, told: Told) {
        match told {
            Told::Reply(reply) => {
                let room = match &reply {
                    Reply::Failed(_) => return self.rooms.handle(now, Input::Archived(reply)),
                    Reply::Ignored(_) => self.loads.front().copied(),
                    Reply::People(_) => self.loads.pop_front(),
                    Reply::Room(_) => Some(RoomNumber::FIRST),
                };
                let room = room.unwrap_or(RoomNumber::FIRST);
                self.rooms.handle_in(now, room, Input::Archived(reply));
            }
            Told::Notice(notice) => self.face.say(&text::archive_notice(self.lang, &notice)),
        }
    }

    /// Hands a request to the store.
    pub(super) fn remember(&mut self, now: Moment, room: RoomNumber, request: Request) {
        let archive = self.archive.as_ref();
        let is_kept = room == RoomNumber::FIRST;
        let archive = archive.filter(|_| is_kept || !matches!(request, Request::Room(_)));
        let Some(archive) = archive else {
            if let Request::Room(request) = &request
                && let Some(reply) = without_archive(request)
            {
                let reply = Input::Archived(Reply::Room(reply));
                self.rooms.handle_in(now, room, reply);
            }
            return;
        };
        if matches!(request, Request::Load) {
            self.loads.push_back(room);
        }
        if !archive.ask(request) {
            self.archive = None;
            let why = "the file is too slow".to_owned();
            let reply = archive::Reply::Failed(why);
            self.rooms.handle(now, Input::Archived(reply));
        }
    }

    /// Nothing more is said in a room that was left.
    pub(super) fn archive_left(&mut self, room: RoomNumber) {
        self.loads.retain(|load| *load != room);
    }

    /// What a room that is entered now begins with.
    pub(super) fn beginning(&self) -> Beginning {
        let is_first = self.rooms.next_number() == Some(RoomNumber::FIRST);
        let archive = self.archive.as_ref();
        Beginning {
            is_archived: is_first && archive.is_some_and(Archive::keeps_room),
            is_remembered: archive.is_some(),
            mirror_port: self.sockets.plain().map(|_| self.sockets.own_port()),
        }
    }
}
