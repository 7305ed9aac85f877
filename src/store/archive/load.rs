//! What a room is told when it opens: the messages that were shown last, the frames that are held
//! for others, and what is to be forgotten.

use rusqlite::{Connection, params};

use super::file::Fault;
use super::rows::position_of;
use super::write::{Horizons, sum};
use super::{find, index, marks};
use crate::chat::archive::RoomReply;
use crate::chat::archive::record::{Forgotten, SLICE_FRAMES, StoredFrame};
use crate::chat::archive::search::Query;
use crate::protocol::wire::frame::Key;

/// Most messages that are reported as shown last.
const RECENT_MAX: usize = 1000;

/// Tells a room what is held of it. Returns what it was told is forgotten.
///
/// # Errors
/// Those of the file.
pub(super) fn load(
    connection: &Connection,
    room: i64,
    recent: usize,
    tell: &impl Fn(RoomReply) -> bool,
) -> Result<Vec<Forgotten>, Fault> {
    let query = Query {
        limit: recent.min(RECENT_MAX),
        skips_ahead: true,
        ..Query::default()
    };
    let page = find::find(connection, Some(&[room]), &query)?;
    let entries = page.found.into_iter().map(|it| it.found.entry).collect();
    let read_until = marks::read_until(connection, room)?;
    tell(RoomReply::Recent {
        entries,
        read_until,
    });
    let select = "SELECT f.position, p.key, f.hash, f.sum, f.bytes FROM frames f
        JOIN people p ON p.number = f.person WHERE f.room = ?1 ORDER BY f.position";
    let mut select = connection.prepare_cached(select)?;
    let mut rows = select.query([room])?;
    let mut slice = Vec::with_capacity(SLICE_FRAMES);
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(4)?.as_blob().unwrap_or_default();
        // One that was damaged on the disk is left out: others still have it.
        if row.get::<_, i64>(3)? != sum(bytes) {
            continue;
        }
        let position = position_of(row.get_ref(0)?.as_blob().unwrap_or_default());
        let Some(position) = position else { continue };
        slice.push(StoredFrame {
            position,
            author: Key(row.get(1)?),
            hash: row.get::<_, i64>(2)? as u64,
            bytes: bytes.into(),
        });
        if slice.len() == SLICE_FRAMES && !tell(RoomReply::Frames(std::mem::take(&mut slice))) {
            return Ok(Vec::new());
        }
    }
    if !slice.is_empty() {
        tell(RoomReply::Frames(slice));
    }
    let forgotten = Horizons::of(connection, room)?.into_list();
    tell(RoomReply::Loaded {
        forgotten: forgotten.clone(),
    });
    Ok(forgotten)
}

/// Drops the frames that no member would serve any more, because they are too old. Returns how
/// many.
pub(super) fn drop_old_frames(connection: &Connection, before_ms: u64) -> Result<usize, Fault> {
    let clock = index::clock_of(index::first_row_of_ms(before_ms));
    // A position begins with its clock.
    let first = clock.to_be_bytes();
    let delete = "DELETE FROM frames WHERE number IN
        (SELECT number FROM frames WHERE position < ?1 LIMIT 2000)";
    Ok(connection
        .prepare_cached(delete)?
        .execute(params![&first[..]])?)
}
