//! `history`: what was said in the rooms that this person was in; searched, exported, forgotten and
//! checked. Reads the file beside a `chat` that writes it.

mod find;
mod forget;
mod people;
mod verify;

use std::path::{Path, PathBuf};

use super::Outcome;
use crate::cli::{HistoryAct, HistorySettings, LOBBY};
use crate::error::Error;
use crate::store::archive::{Fault, Reader, RoomKind, StoredRoom, default_path};
use crate::terminal::screen;
use crate::text::{self, Lang};

/// Does what was asked for. Ends with 1 if nothing was found.
pub(super) fn run(settings: &HistorySettings, lang: Lang) -> Result<Outcome, Error> {
    let path = match &settings.archive {
        Some(path) => path.clone(),
        None => default_path().map_err(failed(Path::new("archive.db")))?,
    };
    let file = Archived::open(path)?;
    match &settings.act {
        HistoryAct::Find(settings) => find::run(&file, settings, lang),
        HistoryAct::Forget {
            selection,
            before_ms,
            is_sure,
        } => forget::run(&file, selection, *before_ms, *is_sure, lang),
        HistoryAct::Verify { key_file } => verify::run(&file, key_file.as_deref(), lang),
    }
}

/// The file, its path, and the rooms in it.
struct Archived {
    path: PathBuf,
    reader: Reader,
    rooms: Vec<StoredRoom>,
}

impl Archived {
    fn open(path: PathBuf) -> Result<Self, Error> {
        let opened = Reader::open(&path).and_then(|reader| Ok((reader.rooms()?, reader)));
        let (rooms, reader) = opened.map_err(failed(&path))?;
        Ok(Self {
            path,
            reader,
            rooms,
        })
    }

    /// The numbers of the rooms of a name; `None` for all. Says so if there is none.
    fn rooms_called(&self, name: Option<&str>, lang: Lang) -> Option<Vec<i64>> {
        let name = name?;
        let is_it = |room: &&StoredRoom| match room.kind {
            RoomKind::Lobby => name == LOBBY,
            RoomKind::Public | RoomKind::Keyed => room.name == name,
        };
        let found: Vec<i64> = self
            .rooms
            .iter()
            .filter(is_it)
            .map(|it| it.number)
            .collect();
        if found.is_empty() {
            let mut known: Vec<String> = self.rooms.iter().map(|it| it.name.clone()).collect();
            known.sort_unstable();
            known.dedup();
            screen::say(&text::no_such_archived_room(lang, name, &known));
        }
        Some(found)
    }

    fn failed(&self) -> impl Fn(Fault) -> Error {
        failed(&self.path)
    }
}

fn failed(path: &Path) -> impl Fn(Fault) -> Error + use<> {
    let path = path.to_owned();
    move |fault| Error::History {
        path: path.clone(),
        fault,
    }
}
