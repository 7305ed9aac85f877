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
    Archive, FilePlace, Notice, RoomKind, RoomPlace, Told, default_path, without_archive,
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
    tell: &Sender<Event>,
) -> Result<Option<Archive>, Error> {
    // Whoever is somebody new for one session leaves no trace of it.
    if matches!(settings.who, Who::Ephemeral) {
        return Ok(None);
    }
    let tell = tell.clone();
    let tell = move |told| tell.send(Event::Archived(told)).is_ok();
    let file = file_place(settings).unwrap_or_else(|notice| {
        tell(Told::Notice(notice));
        None
    });
    let archive = Archive::start(People::open, file, tell).map_err(Error::Connection)?;
    Ok(Some(archive))
}

/// Where what is said is kept, if anything is to be kept.
fn file_place(settings: &ChatSettings) -> Result<Option<FilePlace>, Notice> {
    let keeping = &settings.keeping;
    if keeping.rooms == HistoryRooms::None {
        return Ok(None);
    }
    let path = match &keeping.archive {
        Some(path) => path.clone(),
        None => default_path().map_err(|fault| Notice::Unusable {
            path: "archive.db".into(),
            fault,
        })?,
    };
    Ok(Some(FilePlace {
        path,
        keeping: keeping.keeping,
    }))
}

/// A room as it is kept, if it is to be kept.
fn room_place(kept: HistoryRooms, room: &Room) -> Option<RoomPlace> {
    let is_wanted = match kept {
        HistoryRooms::All => true,
        HistoryRooms::Public => !room.is_keyed,
        HistoryRooms::None => false,
    };
    let name = room.name.as_ref().map(Name::as_str);
    is_wanted.then(|| RoomPlace {
        tag: Seal::new(&room.key).called(name).room_tag(),
        name: room.shown().to_owned(),
        kind: match (room.is_keyed, name) {
            (true, _) => RoomKind::Keyed,
            (false, Some(_)) => RoomKind::Public,
            (false, None) => RoomKind::Lobby,
        },
    })
}

impl Driver {
    /// Takes in what the store's thread tells.
    pub(super) fn on_told(&mut self, now: Moment, told: Told) {
        match told {
            Told::Reply { room, reply } => {
                // Whoever left a room needs no answer.
                self.rooms.handle_in(now, room, Input::Archived(reply));
            }
            Told::Notice(notice) => self.face.say(&text::archive_notice(self.lang, &notice)),
        }
    }

    /// Hands a request to the store.
    pub(super) fn remember(&mut self, now: Moment, room: RoomNumber, request: Request) {
        let Some(archive) = &self.archive else {
            if let Request::Room(request) = &request
                && let Some(reply) = without_archive(request)
            {
                let reply = Input::Archived(Reply::Room(reply));
                self.rooms.handle_in(now, room, reply);
            }
            return;
        };
        if !archive.ask(room, request) {
            self.archive = None;
            let why = "the file is too slow".to_owned();
            let reply = archive::Reply::Failed(why);
            self.rooms.handle(now, Input::Archived(reply));
        }
    }

    /// Nothing more is said in a room that was left.
    pub(super) fn archive_left(&mut self, room: RoomNumber) {
        if let Some(archive) = &mut self.archive {
            archive.close_room(room);
        }
    }

    /// What a room begins with that is entered now, under this number.
    pub(super) fn beginning(&mut self, number: RoomNumber, room: &Room) -> Beginning {
        let archive = self.archive.as_mut();
        let is_archived = archive.is_some_and(|archive| {
            archive.open_room(number, room_place(self.kept, room));
            archive.keeps_room(number)
        });
        Beginning {
            is_archived,
            is_remembered: self.archive.is_some(),
            mirror_port: self.sockets.plain().map(|_| self.sockets.own_port()),
        }
    }
}
