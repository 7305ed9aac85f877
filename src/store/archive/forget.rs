//! Forgetting on request: rows, words, frames, pages and log. A horizon stays behind, so that what
//! others still hold does not come back by catching up.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params, params_from_iter};

use super::file::Fault;
use super::write::{EVERYBODY, set_horizon};
use super::{authors, first, index, prune};

/// Messages forgotten in one transaction.
const STEP_MESSAGES: usize = 2000;

/// How often it is tried to clear the log while another process reads.
const CLEARINGS: usize = 20;

/// How long each of these tries waits.
const CLEARING_WAIT: Duration = Duration::from_millis(250);

/// What is to be forgotten: what fits all that is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oblivion {
    /// The numbers of the rooms; `None` for all.
    pub rooms: Option<Vec<i64>>,
    /// The name of the author, as typed; `None` for everybody.
    pub from: Option<String>,
    /// Said before this time, in milliseconds since 1970; `None` for everything until now.
    pub before_ms: Option<u64>,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgot {
    /// How many messages.
    pub messages: usize,
    /// How many frames that were kept for others.
    pub frames: usize,
    /// Whether nothing of it is left in the file and its log. Otherwise another process still reads
    /// what was there.
    pub is_clean: bool,
}

/// Counts the messages that would be forgotten.
///
/// # Errors
/// Those of the file.
pub(super) fn count(connection: &Connection, what: &Oblivion, now_ms: u64) -> Result<usize, Fault> {
    let Some(selection) = Selection::of(connection, what, now_ms)? else {
        return Ok(0);
    };
    let (from, values) = selection.messages();
    let select = format!("SELECT count(*) {from}");
    let count: Option<i64> = first(connection, &select, params_from_iter(values))?;
    Ok(count.unwrap_or_default() as usize)
}

/// Forgets.
///
/// # Errors
/// Those of the file. What was forgotten until then stays so.
pub(super) fn forget(
    connection: &mut Connection,
    what: &Oblivion,
    now_ms: u64,
) -> Result<Forgot, Fault> {
    let Some(selection) = Selection::of(connection, what, now_ms)? else {
        return Ok(Forgot {
            is_clean: true,
            ..Forgot::default()
        });
    };
    let mut forgot = Forgot::default();
    // The horizons first: what is written meanwhile is not written again.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    selection.set_horizons(&transaction)?;
    forgot.frames = selection.drop_frames(&transaction)?;
    selection.drop_waiting(&transaction)?;
    transaction.commit()?;
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (from, mut values) = selection.messages();
        values.push((STEP_MESSAGES as i64).into());
        let select = format!("SELECT row {from} LIMIT ?{}", values.len());
        let dropped = prune::drop_rows(&transaction, &select, params_from_iter(values))?;
        transaction.commit()?;
        forgot.messages += dropped;
        if dropped == 0 {
            break;
        }
    }
    forget_names(connection)?;
    forgot.is_clean = clear(connection);
    Ok(forgot)
}

/// Forgets the names of people of whom nothing is left.
fn forget_names(connection: &Connection) -> Result<(), Fault> {
    connection.execute_batch(
        "DELETE FROM speakers WHERE number NOT IN (SELECT speaker FROM messages)
            AND number NOT IN (SELECT addressee FROM messages WHERE addressee IS NOT NULL);
         DELETE FROM shares WHERE messages <= 0;
         DELETE FROM people WHERE number NOT IN (SELECT person FROM speakers)
            AND number NOT IN (SELECT person FROM forms)
            AND number NOT IN (SELECT person FROM frames)
            AND number NOT IN (SELECT person FROM forgotten);",
    )?;
    Ok(())
}

/// Writes the file anew without what was deleted, and empties the log. Returns whether that was
/// possible.
fn clear(connection: &Connection) -> bool {
    // The index keeps words that were deleted until their parts are joined.
    let optimize = "INSERT INTO words (words) VALUES ('optimize')";
    let _ = connection.execute_batch(optimize);
    let is_compact = connection.execute_batch("VACUUM").is_ok()
        || connection
            .execute_batch("PRAGMA incremental_vacuum")
            .is_ok();
    let _ = connection.busy_timeout(CLEARING_WAIT);
    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_empty = (0..CLEARINGS).any(|_| {
        let busy = connection.query_row(truncate, [], |row| row.get::<_, i64>(0));
        busy.is_ok_and(|busy| busy == 0)
    });
    is_compact && is_empty
}

/// What is to be forgotten, in the numbers of the file.
struct Selection {
    rooms: Vec<i64>,
    /// `None` for everybody.
    people: Option<Vec<i64>>,
    /// The first clock that is not forgotten.
    until_clock: u64,
}

impl Selection {
    /// `None` if nobody is called so, or there is no room.
    fn of(connection: &Connection, what: &Oblivion, now_ms: u64) -> Result<Option<Self>, Fault> {
        let people = match &what.from {
            Some(typed) => Some(authors::people_called(connection, typed)?),
            None => None,
        };
        let rooms = match &what.rooms {
            Some(rooms) => rooms.clone(),
            None => {
                let mut select = connection.prepare("SELECT number FROM rooms")?;
                let rooms = select.query_map([], |row| row.get(0))?;
                rooms.collect::<Result<_, _>>()?
            }
        };
        if rooms.is_empty() || people.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let until_clock = match what.before_ms {
            Some(ms) => index::clock_of(index::first_row_of_ms(ms)),
            None => {
                // A clock that went ahead is no way to be remembered.
                let newest = "SELECT max(row) FROM messages";
                let newest: Option<Option<i64>> = first(connection, newest, [])?;
                let newest = newest.flatten().map_or(0, index::clock_of);
                newest.max(now_ms << 16 | 0xffff) + 1
            }
        };
        Ok(Some(Self {
            rooms,
            people,
            until_clock,
        }))
    }

    /// The rows that are meant, as the end of a statement, and its values.
    fn messages(&self) -> (String, Vec<Value>) {
        let list = |numbers: &[i64]| {
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            numbers.join(", ")
        };
        let mut from = format!(
            "FROM messages WHERE row < ?1 AND room IN ({})",
            list(&self.rooms)
        );
        if let Some(people) = &self.people {
            let people = list(people);
            from += &format!(
                " AND speaker IN (SELECT number FROM speakers WHERE person IN ({people}))"
            );
        }
        (from, vec![index::first_row(self.until_clock).into()])
    }

    fn set_horizons(&self, connection: &Connection) -> Result<(), Fault> {
        let everybody = vec![EVERYBODY];
        for room in &self.rooms {
            for person in self.people.as_ref().unwrap_or(&everybody) {
                set_horizon(
                    connection,
                    (*room, *person),
                    self.until_clock.saturating_sub(1),
                )?;
            }
        }
        Ok(())
    }

    fn drop_frames(&self, connection: &Connection) -> Result<usize, Fault> {
        let first = self.until_clock.to_be_bytes();
        let mut dropped = 0;
        for room in &self.rooms {
            dropped += match &self.people {
                None => connection.execute(
                    "DELETE FROM frames WHERE room = ?1 AND position < ?2",
                    params![room, &first[..]],
                )?,
                Some(people) => {
                    let mut dropped = 0;
                    for person in people {
                        dropped += connection.execute(
                            "DELETE FROM frames WHERE room = ?1 AND position < ?2 AND person = ?3",
                            params![room, &first[..], person],
                        )?;
                    }
                    dropped
                }
            };
        }
        Ok(dropped)
    }

    /// Drops changes of messages that have not come.
    fn drop_waiting(&self, connection: &Connection) -> Result<(), Fault> {
        let first = self.until_clock.to_be_bytes();
        for room in &self.rooms {
            match &self.people {
                None => connection.execute(
                    "DELETE FROM forms WHERE is_waiting AND room = ?1 AND of < ?2",
                    params![room, &first[..]],
                )?,
                Some(people) => {
                    for person in people {
                        connection.execute(
                            "DELETE FROM forms
                             WHERE is_waiting AND room = ?1 AND of < ?2 AND person = ?3",
                            params![room, &first[..], person],
                        )?;
                    }
                    0
                }
            };
        }
        Ok(())
    }
}
