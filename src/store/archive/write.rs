//! Writing what is said in the rooms.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::file::Fault;
use super::rows::{self, position_bytes};
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
    let mut horizons: BTreeMap<i64, Horizons> = BTreeMap::new();
    for (room, request) in requests {
        let horizons = match horizons.entry(room) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Horizons::of(&transaction, room)?),
        };
        write(&transaction, room, request, horizons)?;
    }
    transaction.commit()?;
    Ok(())
}

fn write(
    connection: &Connection,
    room: i64,
    request: &RoomRequest,
    horizons: &Horizons,
) -> Result<(), Fault> {
    match request {
        RoomRequest::Remember(entry) => {
            match horizons.cover(&entry.who.key, entry.id.position.clock) {
                true => Ok(()),
                false => remember(connection, room, entry),
            }
        }
        RoomRequest::Amend(amendment) => {
            match horizons.cover(&amendment.who.key, amendment.of.position.clock) {
                true => Ok(()),
                false => forms::amend(connection, room, amendment),
            }
        }
        RoomRequest::Keep(frame) => match horizons.cover(&frame.author, frame.position.clock) {
            true => Ok(()),
            false => keep(connection, room, frame),
        },
        RoomRequest::Drop(positions) => {
            let delete = "DELETE FROM frames WHERE room = ?1 AND position = ?2";
            let mut delete = connection.prepare_cached(delete)?;
            for position in positions {
                delete.execute(params![room, position_bytes(position)])?;
            }
            Ok(())
        }
        RoomRequest::MarkRead(id) => marks::mark(connection, room, id),
        // These read.
        RoomRequest::Load { .. } | RoomRequest::Find { .. } => Ok(()),
    }
}

fn remember(connection: &Connection, room: i64, entry: &Said) -> Result<(), Fault> {
    if rows::of_id(connection, room, &entry.id)?.is_some() {
        return Ok(());
    }
    rows::insert(connection, room, entry)?;
    forms::apply_waiting(connection, room, &entry.id)
}

fn keep(connection: &Connection, room: i64, frame: &StoredFrame) -> Result<(), Fault> {
    let person = rows::person(connection, &frame.author)?;
    let insert = "INSERT OR IGNORE INTO frames (room, position, person, hash, sum, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(insert)?.execute(params![
        room,
        position_bytes(&frame.position),
        person,
        frame.hash as i64,
        sum(&frame.bytes),
        &frame.bytes[..],
    ])?;
    Ok(())
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
        self.0.iter().any(|horizon| {
            clock <= horizon.until_clock && horizon.author.is_none_or(|author| author == *who)
        })
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
