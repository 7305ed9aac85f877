//! What became of messages: their edits and deletions. Each form of an edited message is kept, and
//! the last in the common order is what the message says. A deletion is final: it takes away every
//! form, whatever comes later.

use rusqlite::{Connection, params};

use super::file::Fault;
use super::first;
use super::index::Index;
use super::rows::{self, DELETED, EDITED, Stored, id_bytes};
use crate::chat::archive::record::Amendment;
use crate::protocol::engine::event::MessageId;

/// Most forms of one message. Of more, the first and the newest are kept.
const FORMS_MAX: i64 = 16;

/// Most amendments of a room that wait for their messages.
const WAITING_MAX: i64 = 4096;

/// One form of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FormRow {
    /// Whether it is the message as it was first said.
    pub(super) is_first: bool,
    pub(super) wall_ms: u64,
    pub(super) text: String,
}

/// Takes in a change of a message, which may not be there yet.
pub(super) fn amend(
    connection: &Connection,
    room: i64,
    amendment: &Amendment,
) -> Result<(), Fault> {
    match rows::of_id(connection, room, &amendment.of)? {
        Some(stored) => apply(connection, &stored, amendment),
        None => wait(connection, room, amendment),
    }
}

/// Applies what waited for a message that has just come.
pub(super) fn apply_waiting(
    connection: &Connection,
    room: i64,
    id: &MessageId,
) -> Result<(), Fault> {
    let of = id_bytes(id);
    let select = "SELECT f.made_by, f.wall_ms, f.text, p.key FROM forms f
        JOIN people p ON p.number = f.person
        WHERE f.of = ?1 AND f.room = ?2 AND f.is_waiting ORDER BY f.made_by";
    let mut amendments = Vec::new();
    let mut select = connection.prepare_cached(select)?;
    let mut rows = select.query(params![of, room])?;
    while let Some(row) = rows.next()? {
        let (by, wall_ms): (Vec<u8>, i64) = (row.get(0)?, row.get(1)?);
        let (text, key): (Option<String>, [u8; 32]) = (row.get(2)?, row.get(3)?);
        amendments.push((by, wall_ms, text, key));
    }
    if amendments.is_empty() {
        return Ok(());
    }
    let delete = "DELETE FROM forms WHERE of = ?1 AND room = ?2 AND is_waiting";
    connection.execute(delete, params![of, room])?;
    for (by, wall_ms, text, key) in amendments {
        let stored = rows::of_id(connection, room, id)?;
        if let Some(stored) = stored.filter(|stored| stored.entry.who.key.0 == key) {
            change(connection, &stored, (&by, wall_ms), text.as_deref())?;
        }
    }
    Ok(())
}

fn wait(connection: &Connection, room: i64, amendment: &Amendment) -> Result<(), Fault> {
    let count = "SELECT count(*) FROM forms WHERE room = ?1 AND is_waiting";
    let waiting: Option<i64> = first(connection, count, [room])?;
    if waiting.unwrap_or_default() >= WAITING_MAX {
        return Ok(());
    }
    let person = rows::person(connection, &amendment.who.key)?;
    let insert = "INSERT OR IGNORE INTO forms
        (room, of, made_by, person, wall_ms, is_waiting, text)
        VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)";
    connection.prepare_cached(insert)?.execute(params![
        room,
        id_bytes(&amendment.of),
        id_bytes(&amendment.by),
        person,
        amendment.wall_ms as i64,
        amendment.text,
    ])?;
    Ok(())
}

fn apply(connection: &Connection, stored: &Stored, amendment: &Amendment) -> Result<(), Fault> {
    // Nobody changes what somebody else has said.
    if stored.entry.who.key != amendment.who.key {
        return Ok(());
    }
    let made_by = id_bytes(&amendment.by);
    let made = (&made_by[..], amendment.wall_ms as i64);
    change(connection, stored, made, amendment.text.as_deref())
}

fn change(
    connection: &Connection,
    stored: &Stored,
    (made_by, wall_ms): (&[u8], i64),
    text: Option<&str>,
) -> Result<(), Fault> {
    if stored.flags & DELETED != 0 {
        return Ok(());
    }
    let of = id_bytes(&stored.entry.id);
    let Some(text) = text else {
        let delete = "DELETE FROM forms WHERE of = ?1 AND room = ?2";
        connection.execute(delete, params![of, stored.room])?;
        return say(connection, stored, "", stored.flags & !EDITED | DELETED);
    };
    let insert = "INSERT OR IGNORE INTO forms
        (room, of, made_by, person, wall_ms, is_waiting, text)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)";
    let mut insert = connection.prepare_cached(insert)?;
    if stored.flags & EDITED == 0 {
        let wall_ms = stored.entry.wall_ms as i64;
        let text = &stored.entry.text;
        insert.execute(params![stored.room, of, of, stored.person, wall_ms, text])?;
    }
    insert.execute(params![
        stored.room,
        of,
        made_by,
        stored.person,
        wall_ms,
        text
    ])?;
    let trim = "DELETE FROM forms WHERE of = ?1 AND room = ?2 AND made_by IN
        (SELECT made_by FROM forms WHERE of = ?1 AND room = ?2 AND made_by <> ?1
         ORDER BY made_by DESC LIMIT -1 OFFSET ?3)";
    connection.execute(trim, params![of, stored.room, FORMS_MAX - 1])?;
    let newest = "SELECT text FROM forms WHERE of = ?1 AND room = ?2
        ORDER BY made_by DESC LIMIT 1";
    let newest: Option<String> = first(connection, newest, params![of, stored.room])?;
    let newest = newest.unwrap_or_default();
    say(connection, stored, &newest, stored.flags | EDITED)
}

/// Lets a message say something else, in its row and in the index.
fn say(connection: &Connection, stored: &Stored, text: &str, flags: i64) -> Result<(), Fault> {
    let (row, whose) = (stored.row, (stored.room, stored.person));
    if stored.entry.text != text {
        let index = Index::of(connection)?;
        index.remove(row, stored.whose, &stored.entry.text)?;
        index.add(row, stored.whose, text)?;
        let more = rows::share(text) - rows::share(&stored.entry.text);
        rows::add_to_share(connection, whose, more, 0)?;
    }
    let update = "UPDATE messages SET text = ?2, flags = ?3 WHERE row = ?1";
    connection
        .prepare_cached(update)?
        .execute(params![row, text, flags])?;
    Ok(())
}

/// The forms of a message before the one that it has now, the oldest first.
pub(super) fn earlier(connection: &Connection, stored: &Stored) -> Result<Vec<FormRow>, Fault> {
    let of = id_bytes(&stored.entry.id);
    let select = "SELECT made_by = of, wall_ms, text FROM forms
        WHERE of = ?1 AND room = ?2 AND NOT is_waiting ORDER BY made_by";
    let mut select = connection.prepare_cached(select)?;
    let forms = select.query_map(params![of, stored.room], |row| {
        Ok(FormRow {
            is_first: row.get(0)?,
            wall_ms: row.get::<_, i64>(1)? as u64,
            text: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        })
    })?;
    let mut forms: Vec<FormRow> = forms.collect::<Result<_, _>>()?;
    forms.pop();
    Ok(forms)
}
