//! What is given again after a restart: which content of which room lies where on the disk, and
//! what shows that it is still the same. One SQLite file in the folder of data, for this user
//! alone. Without it everything works, except that a restart ends the giving.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::{BaseStrategy, choose_base_strategy};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::database::{self, Schema};
use super::recalling::{Kept, Paths};
use crate::chat::transfer::disk::Held;
use crate::chat::transfer::offer::OfferKey;
use crate::chat::transfer::{Offer, OfferId};
use crate::protocol::engine::event::NamedKey;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::offer::OfferRecord;
use crate::protocol::wire::frame::{Key, ROOM_TAG_BYTES};

/// The tag of a room.
pub(super) type RoomTag = [u8; ROOM_TAG_BYTES];

/// Most contents of a room; the oldest give way.
const PER_ROOM_MAX: i64 = 256;

/// Most contents of all rooms.
const CONTENTS_MAX: i64 = 2048;

/// Most bytes of a room's indexes, which a member that serves them holds in memory: those of about
/// 90 GB. The newest content stays, however long it is.
const INDEX_MAX_BYTES: i64 = 8 << 20;

/// Most contents that are remembered as taken; the oldest give way.
const TAKEN_MAX: i64 = 4096;

/// The kind of file, and its tables: what is given, and what was taken without a question.
const SCHEMA: Schema = Schema {
    application_id: 0x726f_6669,
    pragmas: "PRAGMA secure_delete = ON;",
    steps: &[
        "CREATE TABLE given
            (number INTEGER PRIMARY KEY, room BLOB NOT NULL, offer BLOB NOT NULL,
             record BLOB NOT NULL, content_index BLOB NOT NULL, path BLOB NOT NULL,
             is_taken INTEGER NOT NULL, modified_ns INTEGER, is_own INTEGER NOT NULL,
             name TEXT NOT NULL, key BLOB NOT NULL, addressee BLOB, sealed_by BLOB,
             UNIQUE (room, offer));",
        "CREATE TABLE taken (number INTEGER PRIMARY KEY, offer BLOB NOT NULL UNIQUE);",
    ],
};

/// See the file's head.
#[derive(Debug)]
pub(super) struct Shelf {
    path: PathBuf,
    /// The open file, once it is needed.
    open: Option<Connection>,
}

impl Shelf {
    /// The usual one; `None` for a system without a folder of the person's own.
    pub(super) fn usual() -> Option<Self> {
        let strategy = choose_base_strategy().ok()?;
        Some(Self::at(&strategy.data_dir().join("roda").join("files.db")))
    }

    pub(super) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: None,
        }
    }

    /// Whether anything was ever kept.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    fn connection(&mut self) -> Option<&Connection> {
        if self.open.is_none() {
            database::make_private(&self.path).ok()?;
            self.open = database::open(&self.path, SCHEMA, |_| Ok(())).ok();
        }
        self.open.as_ref()
    }

    /// Keeps a content of a room from now on.
    pub(super) fn keep(&mut self, room: &RoomTag, kept: &Kept) -> Option<()> {
        let path = bytes_of(&kept.path)?;
        let Held {
            offer,
            index,
            who,
            is_own,
            to,
        } = &kept.held;
        let connection = self.connection()?;
        let insert = "INSERT OR REPLACE INTO given
            (room, offer, record, content_index, path, is_taken, modified_ns, is_own, name, key,
             addressee, sealed_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let row = params![
            room,
            offer.id.0,
            offer.record().to_bytes(),
            index.as_ref(),
            path,
            kept.paths == Paths::Safe,
            kept.modified_ns,
            is_own,
            who.name.as_str(),
            who.key.0,
            to.map(|to| to.0),
            offer.key.map(|key| key.0),
        ];
        let transaction = connection.unchecked_transaction().ok()?;
        transaction.execute(insert, row).ok()?;
        make_room(&transaction, room).ok()?;
        transaction.commit().ok()
    }

    /// Keeps it no more.
    pub(super) fn forget(&mut self, room: &RoomTag, offer: OfferId) {
        if !self.exists() {
            return;
        }
        if let Some(connection) = self.connection() {
            let delete = "DELETE FROM given WHERE room = ? AND offer = ?";
            // What stays is looked at again at the next start, and asks for nothing by itself.
            let _ = connection.execute(delete, params![room, offer.0]);
        }
    }

    /// Remembers that something was taken.
    pub(super) fn remember_taken(&mut self, offer: OfferId) -> Option<()> {
        let transaction = self.connection()?.unchecked_transaction().ok()?;
        let insert = "INSERT OR REPLACE INTO taken (offer) VALUES (?)";
        transaction.execute(insert, params![offer.0]).ok()?;
        let oldest = "DELETE FROM taken WHERE number IN
            (SELECT number FROM taken ORDER BY number DESC LIMIT -1 OFFSET ?)";
        transaction.execute(oldest, params![TAKEN_MAX]).ok()?;
        transaction.commit().ok()
    }

    /// What was taken.
    pub(super) fn taken(&mut self) -> BTreeSet<OfferId> {
        if !self.exists() {
            return BTreeSet::new();
        }
        let taken = self.connection().map(|open| {
            let mut select = open.prepare("SELECT offer FROM taken")?;
            let ids = select.query_map([], |row| row.get(0).map(OfferId))?;
            ids.collect::<rusqlite::Result<BTreeSet<OfferId>>>()
        });
        taken.and_then(Result::ok).unwrap_or_default()
    }

    /// What was kept of a room, the oldest first.
    pub(super) fn of_room(&mut self, room: &RoomTag) -> Vec<Kept> {
        if !self.exists() {
            return Vec::new();
        }
        let kept = self.connection().map(|open| select(open, room));
        kept.and_then(Result::ok).unwrap_or_default()
    }
}

fn select(connection: &Connection, room: &RoomTag) -> rusqlite::Result<Vec<Kept>> {
    let select = "SELECT record, content_index, path, is_taken, modified_ns, is_own, name, key,
            addressee, sealed_by
        FROM given WHERE room = ? ORDER BY number";
    let mut select = connection.prepare(select)?;
    let rows = select.query_map(params![room], |row| {
        let (record, index): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let (path, is_taken): (Vec<u8>, bool) = (row.get(2)?, row.get(3)?);
        let (name, key): (String, [u8; 32]) = (row.get(6)?, row.get(7)?);
        let modified_ns = row.get(4)?;
        let is_own = row.get(5)?;
        let (to, sealed_by): (Option<[u8; 32]>, Option<[u8; 32]>) = (row.get(8)?, row.get(9)?);
        let to = to.map(Key).zip(sealed_by.map(OfferKey));
        let held = held((&record, index), (&name, Key(key)), is_own, to);
        Ok(held.zip(path_of(path)).map(|(held, path)| Kept {
            held,
            path,
            paths: if is_taken { Paths::Safe } else { Paths::Own },
            modified_ns,
        }))
    })?;
    let mut kept = Vec::new();
    for row in rows {
        // What another version has written is skipped.
        kept.extend(row?);
    }
    Ok(kept)
}

fn held(
    (record, index): (&[u8], Vec<u8>),
    (name, key): (&str, Key),
    is_own: bool,
    to: Option<(Key, OfferKey)>,
) -> Option<Held> {
    let offer = Offer::of_record(&OfferRecord::of_bytes(record)?)?;
    let offer = match to {
        Some((_, key)) => offer.to_one(key),
        None => offer,
    };
    let name = Name::parse(name).ok()?;
    Some(Held {
        offer: Arc::new(offer),
        index: index.into(),
        who: NamedKey { name, key },
        is_own,
        to: to.map(|(to, _)| to),
    })
}

/// Removes the oldest contents until a room's and all together are within the limits.
fn make_room(connection: &Connection, room: &RoomTag) -> rusqlite::Result<()> {
    let oldest = "DELETE FROM given WHERE number IN
        (SELECT number FROM given WHERE room = ? ORDER BY number DESC LIMIT -1 OFFSET ?)";
    connection.execute(oldest, params![room, PER_ROOM_MAX])?;
    let oldest = "DELETE FROM given WHERE number IN
        (SELECT number FROM given ORDER BY number DESC LIMIT -1 OFFSET ?)";
    connection.execute(oldest, params![CONTENTS_MAX])?;
    let first_too_many = "SELECT number FROM
        (SELECT number, sum(length(content_index)) OVER (ORDER BY number DESC) AS bytes,
                row_number() OVER (ORDER BY number DESC) AS place
         FROM given WHERE room = ?)
        WHERE bytes > ? AND place > 1 ORDER BY number DESC LIMIT 1";
    let limits = params![room, INDEX_MAX_BYTES];
    let number = connection.query_row(first_too_many, limits, |row| row.get::<_, i64>(0));
    if let Some(number) = number.optional()? {
        let delete = "DELETE FROM given WHERE room = ? AND number <= ?";
        connection.execute(delete, params![room, number])?;
    }
    Ok(())
}

/// A path as it is kept; `None` for one that cannot be.
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(path.as_os_str().as_bytes().to_vec())
    }
    #[cfg(not(unix))]
    path.to_str().map(|path| path.as_bytes().to_vec())
}

fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        Some(std::ffi::OsString::from_vec(bytes).into())
    }
    #[cfg(not(unix))]
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::transfer::OfferKind;
    use crate::chat::transfer::offer::{BLOCK_BYTES, ContentHasher};

    fn kept(seed: u8, blocks: usize) -> Kept {
        let mut hasher = ContentHasher::default();
        let block = vec![seed; BLOCK_BYTES as usize];
        (0..blocks).for_each(|_| hasher.block(&block));
        let content = hasher.finish(format!("{seed}"), OfferKind::File, &[]);
        let who = NamedKey {
            name: Name::parse("ana").unwrap(),
            key: Key([7; 32]),
        };
        Kept {
            held: Held {
                offer: Arc::new(Offer::new(&content).unwrap()),
                index: content.index,
                who,
                is_own: false,
                to: None,
            },
            path: format!("/there/{seed}").into(),
            paths: Paths::Safe,
            modified_ns: Some(-5),
        }
    }

    #[test]
    fn what_is_kept_comes_back_in_its_room_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("files.db");
        let mut shelf = Shelf::at(&path);
        assert!(shelf.of_room(&[1; 16]).is_empty() && !shelf.exists());
        let (one, mut two) = (kept(1, 3), kept(2, 1));
        let offer = Offer::clone(&two.held.offer).to_one(OfferKey([5; 32]));
        (two.held.offer, two.held.to) = (Arc::new(offer), Some(Key([6; 32])));
        for it in [&one, &two, &one] {
            shelf.keep(&[1; 16], it).unwrap();
        }
        let mut shelf = Shelf::at(&path);
        assert_eq!(shelf.of_room(&[1; 16]), [two.clone(), one.clone()]);
        assert!(shelf.of_room(&[2; 16]).is_empty());
        shelf.forget(&[1; 16], one.held.offer.id);
        assert_eq!(shelf.of_room(&[1; 16]), [two]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_was_taken_is_remembered_up_to_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("files.db");
        let mut shelf = Shelf::at(&path);
        assert!(shelf.taken().is_empty());
        let id = |number: i64| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            OfferId(id)
        };
        for number in [1, 2, 1] {
            shelf.remember_taken(id(number)).unwrap();
        }
        assert_eq!(Shelf::at(&path).taken(), [id(1), id(2)].into());
        (3..=TAKEN_MAX + 1).for_each(|number| shelf.remember_taken(id(number)).unwrap());
        let taken = shelf.taken();
        assert_eq!(taken.len() as i64, TAKEN_MAX);
        assert!(!taken.contains(&id(2)), "the oldest gives way");
    }

    #[test]
    fn the_oldest_give_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::at(&folder.path().join("files.db"));
        for seed in 0..=255 {
            shelf.keep(&[1; 16], &kept(seed, 1)).unwrap();
        }
        let mut long = kept(3, 2);
        // Two that hold more together than a room's indexes may.
        long.held.index = vec![0; INDEX_MAX_BYTES as usize].into();
        shelf.keep(&[1; 16], &long).unwrap();
        let names = |shelf: &mut Shelf| {
            let kept = shelf.of_room(&[1; 16]).into_iter();
            kept.map(|it| it.held.offer.name.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&mut shelf).len(),
            256,
            "contents of one block have no index"
        );
        assert_eq!(names(&mut shelf)[0], "1");
        shelf.keep(&[1; 16], &kept(4, 2)).unwrap();
        assert_eq!(names(&mut shelf), ["4"]);
    }
}
