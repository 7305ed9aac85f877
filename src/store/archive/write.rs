//! Writing what is said in the rooms.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::file::Fault;
use super::index::Index;
use super::rows::{self, Numbers, position_bytes};
use super::{RoomKind, RoomPlace, first, forms, marks};
use crate::chat::archive::RoomRequest;
use crate::chat::archive::record::{Entry as Said, Forgotten, StoredFrame};
use crate::protocol::wire::frame::Key;

/// Stands for everybody among those who are forgotten.
pub(super) const EVERYBODY: i64 = 0;

/// The number of a room, which gets one if it has none.
pub(super) fn room(connection: &Connection, place: &RoomPlace) -> Result<i64, Fault> {
    let known = "SELECT number FROM rooms WHERE tag = ?1";
    if let Some(number) = first(connection, known, [&place.tag[..]])? {
        return Ok(number);
    }
    let kind = match place.kind {
        RoomKind::Lobby => 0,
        RoomKind::Public => 1,
        RoomKind::Keyed => 2,
    };
    // Of two that enter a new room at once, one makes it.
    let insert = "INSERT OR IGNORE INTO rooms (tag, name, kind) VALUES (?1, ?2, ?3)";
    connection.execute(insert, params![&place.tag[..], place.name, kind])?;
    let number = first(connection, known, [&place.tag[..]])?;
    number.ok_or_else(|| Fault::Other("the room could not be stored".into()))
}

/// Writes all of these, each for a room of this number, in one transaction.
///
/// # Errors
/// Those of the file. Nothing is written then.
pub(super) fn write_all<'r>(
    connection: &mut Connection,
    requests: impl Iterator<Item = (i64, &'r RoomRequest)>,
) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut batch = Batch {
        connection: &transaction,
        index: Index::of(&transaction)?,
        horizons: BTreeMap::new(),
        numbers: Numbers::default(),
        shares: BTreeMap::new(),
    };
    for (room, request) in requests {
        batch.write(room, request)?;
    }
    batch.end()?;
    transaction.commit()?;
    Ok(())
}

/// What is written in one transaction, with what has been looked up in it: nobody else writes
/// meanwhile.
struct Batch<'c> {
    connection: &'c Connection,
    index: Index<'c>,
    horizons: BTreeMap<i64, Horizons>,
    numbers: Numbers,
    /// What each person's messages take more in each room: bytes, messages.
    shares: BTreeMap<(i64, i64), (i64, i64)>,
}

impl Batch<'_> {
    fn write(&mut self, room: i64, request: &RoomRequest) -> Result<(), Fault> {
        match request {
            RoomRequest::Remember(entry) => {
                match self.forgets(room, &entry.who.key, entry.id.position.clock)? {
                    true => Ok(()),
                    false => self.remember(room, entry),
                }
            }
            RoomRequest::Amend(amendment) => {
                match self.forgets(room, &amendment.who.key, amendment.of.position.clock)? {
                    true => Ok(()),
                    false => forms::amend(self.connection, room, amendment),
                }
            }
            RoomRequest::Keep(frame) => {
                match self.forgets(room, &frame.author, frame.position.clock)? {
                    true => Ok(()),
                    false => self.keep(room, frame),
                }
            }
            RoomRequest::Drop(positions) => {
                let delete = "DELETE FROM frames WHERE room = ?1 AND position = ?2";
                let mut delete = self.connection.prepare_cached(delete)?;
                for position in positions {
                    delete.execute(params![room, position_bytes(position)])?;
                }
                Ok(())
            }
            RoomRequest::MarkRead(id) => marks::mark(self.connection, room, id),
            // These read.
            RoomRequest::Load { .. } | RoomRequest::Find { .. } => Ok(()),
        }
    }

    /// Whether what somebody said at a clock is forgotten.
    fn forgets(&mut self, room: i64, who: &Key, clock: u64) -> Result<bool, Fault> {
        let horizons = match self.horizons.entry(room) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Horizons::of(self.connection, room)?),
        };
        Ok(horizons.cover(who, clock))
    }

    fn remember(&mut self, room: i64, entry: &Said) -> Result<(), Fault> {
        if rows::of_id(self.connection, room, &entry.id)?.is_some() {
            return Ok(());
        }
        let numbers = &mut self.numbers;
        let whose = rows::insert(self.index, numbers, room, entry)?;
        let (bytes, messages) = self.shares.entry((room, whose.person)).or_default();
        (*bytes, *messages) = (*bytes + rows::share(&entry.text), *messages + 1);
        forms::apply_waiting(self.connection, room, &entry.id)
    }

    fn keep(&mut self, room: i64, frame: &StoredFrame) -> Result<(), Fault> {
        let person = self.numbers.person(self.connection, &frame.author)?;
        let insert = "INSERT OR IGNORE INTO frames (room, position, person, hash, sum, bytes)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.connection.prepare_cached(insert)?.execute(params![
            room,
            position_bytes(&frame.position),
            person,
            frame.hash as i64,
            sum(&frame.bytes),
            &frame.bytes[..],
        ])?;
        Ok(())
    }

    fn end(self) -> Result<(), Fault> {
        for (whose, (bytes, messages)) in self.shares {
            rows::add_to_share(self.connection, whose, bytes, messages)?;
        }
        Ok(())
    }
}

/// The sum by which a frame's bytes are checked when they are read again.
pub(super) fn sum(bytes: &[u8]) -> i64 {
    let hash = blake3::hash(bytes);
    let first = hash.as_bytes().first_chunk().copied();
    i64::from_be_bytes(first.unwrap_or_default())
}

/// What this person wants to have forgotten in a room.
#[derive(Debug, Default)]
pub(super) struct Horizons(Vec<Forgotten>);

impl Horizons {
    pub(super) fn of(connection: &Connection, room: i64) -> Result<Self, Fault> {
        let select = "SELECT p.key, f.until_clock FROM forgotten f
            LEFT JOIN people p ON p.number = f.person WHERE f.room = ?1";
        let mut select = connection.prepare_cached(select)?;
        let horizons = select.query_map([room], |row| {
            Ok(Forgotten {
                author: row.get::<_, Option<[u8; 32]>>(0)?.map(Key),
                until_clock: row.get::<_, i64>(1)? as u64,
            })
        })?;
        Ok(Self(horizons.collect::<Result<_, _>>()?))
    }

    pub(super) fn into_list(self) -> Vec<Forgotten> {
        self.0
    }

    /// Whether what somebody said at a clock is forgotten.
    fn cover(&self, who: &Key, clock: u64) -> bool {
        self.0.iter().any(|horizon| horizon.covers(who, clock))
    }
}

/// Moves a horizon forward, never back.
pub(super) fn set_horizon(
    connection: &Connection,
    (room, person): (i64, i64),
    until_clock: u64,
) -> Result<(), Fault> {
    let known = "SELECT until_clock FROM forgotten WHERE room = ?1 AND person = ?2";
    let known: Option<i64> = connection
        .query_row(known, [room, person], |row| row.get(0))
        .optional()?;
    let until = known.map_or(until_clock, |known| until_clock.max(known as u64));
    let upsert = "INSERT OR REPLACE INTO forgotten (room, person, until_clock) VALUES (?1, ?2, ?3)";
    connection.execute(upsert, params![room, person, until as i64])?;
    Ok(())
}
