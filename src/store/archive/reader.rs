//! The file as `roda history` reads it: its rooms, what is found in them, what is forgotten, and
//! whether it is sound.

use std::path::Path;

use rusqlite::Connection;

use super::file::{self, Fault};
use super::find::{self, FoundIn, Page};
use super::forget::{self, Forgot, Oblivion};
use super::rows::position_of;
use super::write::sum;
use super::{RoomKind, first};
use crate::chat::archive::record::StoredFrame;
use crate::chat::archive::search::Query;
use crate::protocol::wire::frame::{Key, ROOM_TAG_BYTES};

/// A room of which something is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoom {
    /// Its number in the file.
    pub number: i64,
    /// Its tag, which tells rooms of one name apart.
    pub tag: [u8; ROOM_TAG_BYTES],
    /// Its name.
    pub name: String,
    /// Who can read it.
    pub kind: RoomKind,
}

/// What is wrong with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// What SQLite finds; empty if the file is sound.
    pub faults: Vec<String>,
    /// Stored messages.
    pub messages: u64,
}

/// The file, opened for reading.
#[derive(Debug)]
pub struct Reader(Connection);

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// See [`Fault`]; [`Fault::Missing`] if nothing was ever stored.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        file::open_reading(path).map(Self)
    }

    /// The rooms of which something is stored.
    ///
    /// # Errors
    /// Those of the file.
    pub fn rooms(&self) -> Result<Vec<StoredRoom>, Fault> {
        let select = "SELECT number, tag, name, kind FROM rooms ORDER BY number";
        let mut select = self.0.prepare(select)?;
        let rooms = select.query_map([], |row| {
            Ok(StoredRoom {
                number: row.get(0)?,
                tag: row.get(1)?,
                name: row.get(2)?,
                kind: match row.get(3)? {
                    0_i64 => RoomKind::Lobby,
                    1 => RoomKind::Public,
                    _ => RoomKind::Keyed,
                },
            })
        })?;
        Ok(rooms.collect::<Result<_, _>>()?)
    }

    /// The newest messages that a query finds in some rooms; `None` for all.
    ///
    /// # Errors
    /// Those of the file, and a query of too many words.
    pub fn find(&self, rooms: Option<&[i64]>, query: &Query) -> Result<Page, Fault> {
        find::find(&self.0, rooms, query)
    }

    /// Everything that a query finds, the oldest first, in pages of [`Query::limit`] matches.
    /// `show` says whether it goes on.
    ///
    /// # Errors
    /// Those of the file, and a query of too many words.
    pub fn each_page(
        &self,
        rooms: Option<&[i64]>,
        query: &Query,
        mut show: impl FnMut(Vec<FoundIn>) -> bool,
    ) -> Result<(), Fault> {
        let mut behind = None;
        while let Some((found, last)) = find::next_page(&self.0, rooms, query, behind)? {
            if !show(found) {
                return Ok(());
            }
            behind = Some(last);
        }
        Ok(())
    }

    /// How many messages would be forgotten.
    ///
    /// # Errors
    /// Those of the file.
    pub fn count(&self, what: &Oblivion, now_ms: u64) -> Result<usize, Fault> {
        forget::count(&self.0, what, now_ms)
    }

    /// Whether the file is sound.
    ///
    /// # Errors
    /// Those of the file.
    pub fn check(&self) -> Result<Check, Fault> {
        let mut faults = Vec::new();
        let mut select = self.0.prepare("PRAGMA integrity_check(20)")?;
        let mut lines = select.query([])?;
        while let Some(line) = lines.next()? {
            let line: String = line.get(0)?;
            if line != "ok" {
                faults.push(line);
            }
        }
        let messages: Option<i64> = first(&self.0, "SELECT count(*) FROM messages", [])?;
        Ok(Check {
            faults,
            messages: messages.unwrap_or_default() as u64,
        })
    }

    /// Each stored frame of a room, in the common order; `None` in the place of one whose bytes
    /// have changed on the disk.
    ///
    /// # Errors
    /// Those of the file.
    pub fn each_frame(
        &self,
        room: i64,
        mut look: impl FnMut(Option<StoredFrame>),
    ) -> Result<(), Fault> {
        let select = "SELECT position, key, hash, sum, bytes FROM frames
            JOIN people ON people.number = person WHERE room = ?1 ORDER BY position";
        let mut select = self.0.prepare(select)?;
        let mut rows = select.query([room])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(4)?.as_blob().unwrap_or_default();
            let is_whole = row.get::<_, i64>(3)? == sum(bytes);
            let position = position_of(row.get_ref(0)?.as_blob().unwrap_or_default());
            let (author, hash) = (Key(row.get(1)?), row.get::<_, i64>(2)? as u64);
            look(position.filter(|_| is_whole).map(|position| StoredFrame {
                position,
                author,
                hash,
                bytes: bytes.into(),
            }));
        }
        Ok(())
    }
}

/// Forgets what is asked for, also on the disk.
///
/// # Errors
/// Those of the file.
pub fn forget(path: &Path, what: &Oblivion, now_ms: u64) -> Result<Forgot, Fault> {
    file::is_file(path)?;
    let (mut connection, _) = file::open(path)?;
    forget::forget(&mut connection, what, now_ms)
}
