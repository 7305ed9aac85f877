//! The index of words, and the row of a message in it.
//!
//! ```text
//! row of a message   its clock, 58 bits | which of those of this clock, 5 bits
//! what is indexed    U+E000 room, U+E001 author, words of the text; of what a guest says, U+E002
//!                    and U+E002 guest in front of the words
//! ```
//!
//! With the numbers of room and author as words, the index finds *the newest that ana said in this
//! room* as it finds any two words, and needs no table beside it.

use rusqlite::{Connection, TransactionBehavior, params};

use super::file::Fault;
use super::rows::Whose;
use crate::chat::archive::words::{WORDS_VERSION, joined};

/// Stands before the number of a room; no text has such a word.
const ROOM: char = '\u{e000}';

/// Stands before the number of an author.
const AUTHOR: char = '\u{e001}';

/// Stands before the number of a guest's name, and alone in whatever a guest says.
const GUEST: char = '\u{e002}';

/// Bits of a row behind the clock: a frame holds several messages, which share its clock.
const PLACE_BITS: u32 = 5;

/// The largest clock that has rows of its own, in the year 2109, with some room behind it.
const CLOCK_MAX: u64 = (1 << 58) - (1 << 14);

/// Rows that are looked at for a free one before the search goes on elsewhere.
const NEAR_ROWS: i64 = 256;

/// Rows among which a message finds a free one whose neighbours are all taken: those of one
/// thirtieth of a millisecond.
const FAR_ROWS: u32 = 1 << 16;

/// Messages that are put into an index at once which is being made anew: some ten milliseconds.
const RENEWED_AT_ONCE: i64 = 500;

/// The first row of the messages of a clock.
pub(super) fn first_row(clock: u64) -> i64 {
    (clock.min(CLOCK_MAX) << PLACE_BITS) as i64
}

/// The first row of the messages of a time in milliseconds since 1970.
pub(super) fn first_row_of_ms(ms: u64) -> i64 {
    first_row(ms.min(CLOCK_MAX >> 16) << 16)
}

/// The clock that a row begins with.
pub(super) fn clock_of(row: i64) -> u64 {
    (row as u64) >> PLACE_BITS
}

/// The time of a row in milliseconds since 1970.
pub(super) fn ms_of(row: i64) -> u64 {
    clock_of(row) >> 16
}

/// A free row for a message: the first of its clock, or one soon after it. Behind more than a few
/// that are taken, which is what a paste of many lines leaves, it is the one behind the last of
/// that moment, so that what is said in order is found in order.
pub(super) fn free_row(connection: &Connection, clock: u64, brief: u32) -> Result<i64, Fault> {
    let first = first_row(clock);
    if let Some(row) = free_between(connection, first, first + NEAR_ROWS)? {
        return Ok(row);
    }
    let end = first + NEAR_ROWS + i64::from(FAR_ROWS);
    if let Some(last) = last_between(connection, first, end)?
        && last + 1 < end
    {
        return Ok(last + 1);
    }
    // Only somebody who says very much with one clock gets here.
    let far = first + NEAR_ROWS + i64::from(brief % FAR_ROWS);
    let row = free_between(connection, far, far + 4 * NEAR_ROWS)?;
    row.ok_or_else(|| Fault::Other("too many messages of one moment".into()))
}

fn last_between(connection: &Connection, from: i64, to: i64) -> Result<Option<i64>, Fault> {
    let last = "SELECT row FROM messages WHERE row >= ?1 AND row < ?2 ORDER BY row DESC LIMIT 1";
    super::first(connection, last, [from, to])
}

fn free_between(connection: &Connection, from: i64, to: i64) -> Result<Option<i64>, Fault> {
    let taken = "SELECT row FROM messages WHERE row >= ?1 AND row < ?2 ORDER BY row";
    let mut taken = connection.prepare_cached(taken)?;
    let mut taken = taken.query(params![from, to])?;
    let mut free = from;
    while let Some(row) = taken.next()? {
        if row.get::<_, i64>(0)? > free {
            break;
        }
        free += 1;
    }
    Ok((free < to).then_some(free))
}

/// What the index is given for a message. It must be given the same to take the message out again.
fn indexed(whose: Whose, text: &str) -> String {
    let words = joined(text);
    let Whose {
        room,
        person,
        guest,
    } = whose;
    match guest {
        None => format!("{ROOM}{room} {AUTHOR}{person} {words}"),
        Some(guest) => format!("{ROOM}{room} {AUTHOR}{person} {GUEST} {GUEST}{guest} {words}"),
    }
}

/// The index within one transaction.
#[derive(Clone, Copy)]
pub(super) struct Index<'c> {
    connection: &'c Connection,
    /// The messages of smaller rows are not in it yet, because it is being made anew.
    complete_from: i64,
}

impl<'c> Index<'c> {
    pub(super) fn of(connection: &'c Connection) -> Result<Self, Fault> {
        Ok(Self {
            connection,
            complete_from: renewed_until(connection)?.unwrap_or(i64::MIN),
        })
    }

    /// The file that it is in.
    pub(super) fn connection(self) -> &'c Connection {
        self.connection
    }

    /// Puts a message into the index.
    pub(super) fn add(self, row: i64, whose: Whose, text: &str) -> Result<(), Fault> {
        match row < self.complete_from {
            true => Ok(()),
            false => insert(self.connection, row, whose, text),
        }
    }

    /// Takes a message out of the index, with the text that it was put in with.
    pub(super) fn remove(self, row: i64, whose: Whose, text: &str) -> Result<(), Fault> {
        if row < self.complete_from {
            return Ok(());
        }
        let delete = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?1, ?2)";
        let mut delete = self.connection.prepare_cached(delete)?;
        delete.execute(params![row, indexed(whose, text)])?;
        Ok(())
    }
}

fn insert(connection: &Connection, row: i64, whose: Whose, text: &str) -> Result<(), Fault> {
    let insert = "INSERT INTO words (rowid, text) VALUES (?1, ?2)";
    let mut insert = connection.prepare_cached(insert)?;
    insert.execute(params![row, indexed(whose, text)])?;
    Ok(())
}

/// The version of the words that today's rules make.
fn version() -> i64 {
    let (major, minor, patch) = unicode_normalization::UNICODE_VERSION;
    let unicode = i64::from(major) << 16 | i64::from(minor) << 8 | i64::from(patch);
    unicode << 16 | i64::from(WORDS_VERSION)
}

/// Begins to make the index anew if its words were made in another way than today's.
pub(super) fn renew_if_old(connection: &mut Connection) -> Result<(), Fault> {
    let known = "SELECT value FROM facts WHERE name = 'words'";
    let known: Option<i64> = super::first(connection, known, [])?;
    if known == Some(version()) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if known.is_some() {
        transaction.execute_batch("INSERT INTO words (words) VALUES ('delete-all')")?;
    }
    begin_renewal(&transaction)?;
    transaction.commit()?;
    Ok(())
}

/// Takes in that the index is empty: it is made anew from the messages, part by part.
pub(super) fn begin_renewal(connection: &Connection) -> Result<(), Fault> {
    let upsert = "INSERT OR REPLACE INTO facts (name, value) VALUES ('words', ?1)";
    connection.execute(upsert, [version()])?;
    let newest = "SELECT row FROM messages ORDER BY row DESC LIMIT 1";
    if let Some(newest) = super::first::<i64>(connection, newest, [])? {
        set_renewed_until(connection, newest.saturating_add(1))?;
    }
    Ok(())
}

/// Down to which row the index has been made anew; `None` if it is complete.
pub(super) fn renewed_until(connection: &Connection) -> Result<Option<i64>, Fault> {
    let select = "SELECT value FROM facts WHERE name = 'renewed_until'";
    super::first(connection, select, [])
}

fn set_renewed_until(connection: &Connection, row: i64) -> Result<(), Fault> {
    let upsert = "INSERT OR REPLACE INTO facts (name, value) VALUES ('renewed_until', ?1)";
    connection.prepare_cached(upsert)?.execute([row])?;
    Ok(())
}

/// Puts the next messages into an index that is being made anew, the newest first: they are looked
/// for most. Returns whether it lacks more of them.
pub(super) fn renew_some(connection: &mut Connection) -> Result<bool, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(until) = renewed_until(&transaction)? else {
        return Ok(false);
    };
    let select = "SELECT row, room, person, text, flags, addressee FROM messages
        JOIN speakers ON number = speaker WHERE row < ?1 ORDER BY row DESC LIMIT ?2";
    let mut select = transaction.prepare_cached(select)?;
    let mut rows = select.query([until, RENEWED_AT_ONCE])?;
    let mut part: Vec<(i64, Whose, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let whose = Whose::of(row.get(1)?, row.get(2)?, row.get(4)?, row.get(5)?);
        part.push((row.get(0)?, whose, row.get(3)?));
    }
    drop(rows);
    drop(select);
    // Each step back in their order would end a part of the index.
    for (row, whose, text) in part.iter().rev() {
        insert(&transaction, *row, *whose, text)?;
    }
    match part.last() {
        Some((row, ..)) => set_renewed_until(&transaction, *row)?,
        None => {
            transaction.execute("DELETE FROM facts WHERE name = 'renewed_until'", [])?;
        }
    }
    transaction.commit()?;
    Ok(!part.is_empty())
}

/// The word for a room, in the language of FTS5.
pub(super) fn of_room(room: i64) -> String {
    format!("\"{ROOM}{room}\"")
}

/// The word for an author, in the language of FTS5.
pub(super) fn of_author(person: i64) -> String {
    format!("\"{AUTHOR}{person}\"")
}

/// The same for what an author says, without what the author's guests say.
pub(super) fn of_author_alone(person: i64) -> String {
    format!("({} NOT \"{GUEST}\")", of_author(person))
}

/// The word for a guest's name, in the language of FTS5.
pub(super) fn of_guest(name: i64) -> String {
    format!("\"{GUEST}{name}\"")
}
