//! What is dropped for its age or for lack of room. Each step is one short transaction, so that
//! nothing waits for it. For lack of room, the room with the largest share gives first, and in it
//! the person with the largest share; verified people give last.

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior, params};

use super::file::Fault;
use super::index::Index;
use super::rows::{self, Whose, id_bytes};
use super::{Keeping, first, index, load};
use crate::protocol::engine::config::HISTORY_AGE;
use crate::protocol::wire::frame::Key;

/// Messages dropped in one step.
const STEP_MESSAGES: usize = 500;

/// Pages given back to the system in one step.
const STEP_PAGES: u32 = 1000;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Messages that must be about as new as the clock says it is, if there are so many. A clock that
/// has jumped a year ahead would otherwise drop everything.
const WITNESSES: i64 = 20;

/// Newest messages among which those of others are looked for: this person's own ones have the time
/// of the same clock, and prove nothing.
const TESTIMONIES: i64 = 10_000;

/// Drops a part of what is too old or too much. Returns whether there is more to be dropped.
///
/// # Errors
/// Those of the file.
pub(super) fn step(
    connection: &mut Connection,
    keeping: &Keeping,
    now_ms: u64,
    verified: &BTreeSet<Key>,
) -> Result<bool, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let now_ms = believable(&transaction, now_ms)?;
    let since_ms = now_ms.saturating_sub(u64::from(keeping.days) * DAY_MS);
    let select = "SELECT row FROM messages WHERE row < ?1 ORDER BY row LIMIT ?2";
    let values = params![index::first_row_of_ms(since_ms), STEP_MESSAGES as i64];
    let mut dropped = drop_rows(&transaction, select, values)?;
    let frames_ms = now_ms.saturating_sub(HISTORY_AGE.as_millis() as u64);
    dropped += load::drop_old_frames(&transaction, frames_ms)?;
    // Whose messages these are, an index says that is complete.
    let is_complete = index::renewed_until(&transaction)?.is_none();
    if dropped == 0 && is_complete && used_bytes(&transaction)? > keeping.bytes {
        dropped = drop_of_largest(&transaction, verified)?;
    }
    transaction.commit()?;
    let free: Option<i64> = first(connection, "PRAGMA freelist_count", [])?;
    if free.unwrap_or_default() > 0 {
        connection.execute_batch(&format!("PRAGMA incremental_vacuum({STEP_PAGES})"))?;
    }
    Ok(dropped > 0 || free.unwrap_or_default() > i64::from(STEP_PAGES))
}

/// The time now, unless the messages that are held disagree with it.
fn believable(connection: &Connection, now_ms: u64) -> Result<u64, Fault> {
    let others = "SELECT row FROM
        (SELECT row, flags FROM messages ORDER BY row DESC LIMIT ?2)
        WHERE flags & ?3 = 0 LIMIT 1 OFFSET ?1";
    let mut witness: Option<i64> = first(connection, others, [WITNESSES, TESTIMONIES, rows::OWN])?;
    let select = "SELECT row FROM messages ORDER BY row DESC LIMIT 1 OFFSET ?1";
    if witness.is_none() {
        witness = first(connection, select, [WITNESSES])?;
    }
    if witness.is_none() {
        witness = first(connection, select, [0])?;
    }
    let newest = witness.map(|row| index::ms_of(row).saturating_add(DAY_MS));
    Ok(newest.map_or(0, |newest| newest.min(now_ms)))
}

/// Bytes of the file that are in use.
fn used_bytes(connection: &Connection) -> Result<u64, Fault> {
    let number = |pragma: &str| -> Result<u64, Fault> {
        let number: Option<i64> = first(connection, pragma, [])?;
        Ok(number.unwrap_or_default() as u64)
    };
    let pages = number("PRAGMA page_count")?.saturating_sub(number("PRAGMA freelist_count")?);
    Ok(pages * number("PRAGMA page_size")?)
}

/// Drops the oldest messages of the person who has most in the room that has most.
fn drop_of_largest(connection: &Connection, verified: &BTreeSet<Key>) -> Result<usize, Fault> {
    let select = "SELECT room FROM shares GROUP BY room ORDER BY sum(bytes) DESC LIMIT 1";
    let Some(room) = first::<i64>(connection, select, [])? else {
        return Ok(0);
    };
    let select = "SELECT person, key FROM shares JOIN people ON number = person
        WHERE room = ?1 AND messages > 0 ORDER BY bytes DESC";
    let mut select = connection.prepare_cached(select)?;
    let mut people = select.query([room])?;
    let (mut giver, mut is_first) = (None, true);
    while let Some(person) = people.next()? {
        let (number, key): (i64, [u8; 32]) = (person.get(0)?, person.get(1)?);
        let is_verified = verified.contains(&Key(key));
        if is_first || !is_verified {
            giver = Some(number);
        }
        is_first = false;
        if !is_verified {
            break;
        }
    }
    let Some(person) = giver else { return Ok(0) };
    let wanted = format!("{} AND {}", index::of_room(room), index::of_author(person));
    let select = "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid LIMIT ?2";
    let dropped = drop_rows(connection, select, params![wanted, STEP_MESSAGES as i64])?;
    if dropped == 0 {
        // The sum was wrong: what is not there cannot be dropped again and again.
        let delete = "DELETE FROM shares WHERE room = ?1 AND person = ?2";
        return Ok(connection.execute(delete, [room, person])?);
    }
    Ok(dropped)
}

/// Drops the messages in the rows that a statement selects. Returns how many.
pub(super) fn drop_rows(
    connection: &Connection,
    select: &str,
    values: impl rusqlite::Params,
) -> Result<usize, Fault> {
    let mut select = connection.prepare_cached(select)?;
    let rows = select.query_map(values, |row| row.get(0))?;
    let rows: Vec<i64> = rows.collect::<Result<_, _>>()?;
    let index = Index::of(connection)?;
    for row in &rows {
        drop_row(connection, index, *row)?;
    }
    Ok(rows.len())
}

fn drop_row(connection: &Connection, index: Index<'_>, row: i64) -> Result<(), Fault> {
    let mut select = connection.prepare_cached(
        "SELECT m.room, s.person, m.text, m.flags, m.addressee FROM messages m
         JOIN speakers s ON s.number = m.speaker WHERE m.row = ?1",
    )?;
    let found = select.query_row([row], |row| {
        let whose = Whose::of(row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?);
        Ok((whose, row.get::<_, String>(2)?))
    })?;
    let (whose, text) = found;
    let Whose { room, person, .. } = whose;
    index.remove(row, whose, &text)?;
    if let Some(stored) = rows::at(connection, row)? {
        let delete = "DELETE FROM forms WHERE of = ?1 AND room = ?2";
        let of = id_bytes(&stored.entry.id);
        connection
            .prepare_cached(delete)?
            .execute(params![of, room])?;
    }
    let delete = "DELETE FROM messages WHERE row = ?1";
    connection.prepare_cached(delete)?.execute([row])?;
    rows::add_to_share(connection, (room, person), -rows::share(&text), -1)
}
