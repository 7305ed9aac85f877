//! Messages as rows: what each number stands for, and how a row becomes a message again.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::file::Fault;
use super::index::Index;
use super::{first, index};
use crate::chat::archive::record::{Entry, Form};
use crate::chat::archive::search::ShortId;
use crate::chat::archive::words::folded_name;
use crate::protocol::engine::event::{GuestName, Manner, MessageId, NamedKey};
use crate::protocol::engine::frame_log::Position;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

pub(super) const OWN: i64 = 1;
const PRIVATE: i64 = 2;
const LATE: i64 = 4;
const ACTION: i64 = 8;
pub(super) const EDITED: i64 = 16;
pub(super) const DELETED: i64 = 32;

/// A guest of the author said it, whose name stands where an addressee's would.
const GUEST: i64 = 64;

/// What stands in place of the beginning of a key for a guest, who has none.
const GUEST_SHORT: i64 = 0;

/// Bytes that a message takes beside its text, with its words in the index; about.
const MESSAGE_BYTES: usize = 110;

/// What a message of a text takes in the file, in bytes; about, for fair shares.
pub(super) fn share(text: &str) -> i64 {
    (MESSAGE_BYTES + 2 * text.len()) as i64
}

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) row: i64,
    pub(super) room: i64,
    pub(super) person: i64,
    pub(super) whose: Whose,
    pub(super) flags: i64,
    pub(super) entry: Entry,
}

/// An id as bytes, which compare as ids do.
pub(super) fn id_bytes(id: &MessageId) -> Vec<u8> {
    let mut bytes = position_bytes(&id.position);
    bytes.push(id.index);
    bytes
}

/// A position as bytes, which compare as positions do.
pub(super) fn position_bytes(position: &Position) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(29);
    for number in [position.clock, position.short, position.session] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(position.sequence.to_be_bytes());
    bytes
}

/// The position in such bytes.
pub(super) fn position_of(bytes: &[u8]) -> Option<Position> {
    let (numbers, rest) = bytes.split_at_checked(24)?;
    let (numbers, _) = numbers.as_chunks::<8>();
    let &[clock, short, session] = numbers else {
        return None;
    };
    Some(Position {
        clock: u64::from_be_bytes(clock),
        short: u64::from_be_bytes(short),
        session: u64::from_be_bytes(session),
        sequence: u32::from_be_bytes(rest.first_chunk().copied()?),
    })
}

/// The number of a person, who gets one if they have none.
pub(super) fn person(connection: &Connection, key: &Key) -> Result<i64, Fault> {
    let known = "SELECT number FROM people WHERE key = ?1";
    if let Some(number) = first(connection, known, [&key.0[..]])? {
        return Ok(number);
    }
    let insert = "INSERT INTO people (key) VALUES (?1)";
    connection.prepare_cached(insert)?.execute([&key.0[..]])?;
    Ok(connection.last_insert_rowid())
}

/// Numbers that were looked up in a transaction, in which nobody else changes them.
#[derive(Default)]
pub(super) struct Numbers {
    people: BTreeMap<Key, i64>,
    /// Of each person in each session, the last name and its number.
    names: BTreeMap<(i64, i64, i64), (String, i64)>,
}

impl Numbers {
    /// The number of a person, who gets one if they have none.
    pub(super) fn person(&mut self, connection: &Connection, key: &Key) -> Result<i64, Fault> {
        if let Some(number) = self.people.get(key) {
            return Ok(*number);
        }
        let number = person(connection, key)?;
        self.people.insert(*key, number);
        Ok(number)
    }

    /// The number of a person under a name in a session, which they get if there is none.
    fn speaker(
        &mut self,
        connection: &Connection,
        (person, who): (i64, &NamedKey),
        (short, session): (u64, u64),
    ) -> Result<i64, Fault> {
        let ids = (person, session as i64, short as i64);
        self.named(connection, ids, who.name.as_str(), folded_name)
    }

    /// The number of a guest's name, which it gets if there is none. It stands among the host's
    /// names, and is never found as one: no folded name begins like this.
    fn guest(
        &mut self,
        connection: &Connection,
        host: i64,
        guest: &GuestName,
    ) -> Result<i64, Fault> {
        let ids = (host, i64::from(guest.number), GUEST_SHORT);
        self.named(connection, ids, guest.name.as_str(), folded_guest)
    }

    fn named(
        &mut self,
        connection: &Connection,
        ids: (i64, i64, i64),
        name: &str,
        folded: fn(&str) -> String,
    ) -> Result<i64, Fault> {
        if let Some((known, number)) = self.names.get(&ids)
            && known == name
        {
            return Ok(*number);
        }
        let (person, session, short) = ids;
        let number = named(connection, (person, session, name, short), folded)?;
        self.names.insert(ids, (name.to_owned(), number));
        Ok(number)
    }
}

/// The number of a name in a session: the one that it has, or a new one with what it is found by.
fn named(
    connection: &Connection,
    (person, session, name, short): (i64, i64, &str, i64),
    folded: fn(&str) -> String,
) -> Result<i64, Fault> {
    let known = "SELECT number FROM speakers
        WHERE person = ?1 AND session = ?2 AND name = ?3 AND short = ?4";
    let values = params![person, session, name, short];
    if let Some(number) = first(connection, known, values)? {
        return Ok(number);
    }
    let insert = "INSERT INTO speakers (person, session, name, short, folded)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![person, session, name, short, folded(name)];
    connection.prepare_cached(insert)?.execute(values)?;
    Ok(connection.last_insert_rowid())
}

/// A guest's name as it is compared with a typed one.
pub(super) fn folded_guest(name: &str) -> String {
    format!("~{}", folded_name(name))
}

/// Whose a message is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) room: i64,
    /// The person who signed it.
    pub(super) person: i64,
    /// The name of that person's guest who said it.
    pub(super) guest: Option<i64>,
}

impl Whose {
    /// Of the columns of a message: its addressee is a guest if its flags say so.
    pub(super) fn of(room: i64, person: i64, flags: i64, addressee: Option<i64>) -> Self {
        Self {
            room,
            person,
            guest: addressee.filter(|_| flags & GUEST != 0),
        }
    }
}

/// Writes a message that is not there yet, and puts it into the index. Returns whose it is.
pub(super) fn insert(
    index: Index<'_>,
    numbers: &mut Numbers,
    room: i64,
    entry: &Entry,
) -> Result<Whose, Fault> {
    let connection = index.connection();
    let MessageId {
        position,
        index: place,
    } = entry.id;
    let person_number = numbers.person(connection, &entry.who.key)?;
    let session = (position.short, position.session);
    let speaker = numbers.speaker(connection, (person_number, &entry.who), session)?;
    let addressee = match (&entry.to, &entry.manner) {
        (_, Manner::Guest(name)) => Some(numbers.guest(connection, person_number, name)?),
        (Some(to), _) => {
            let number = numbers.person(connection, &to.key)?;
            Some(numbers.speaker(connection, (number, to), (to.key.short(), 0))?)
        }
        (None, _) => None,
    };
    let brief = ShortId::of(&entry.id).number();
    let row = index::free_row(connection, position.clock, brief)?;
    let clock = (index::clock_of(row) != position.clock).then_some(position.clock as i64);
    let wall_ms = (position.clock >> 16 != entry.wall_ms).then_some(entry.wall_ms as i64);
    let flags = flags(entry);
    let insert = "INSERT INTO messages (row, room, speaker, sequence, place, brief, flags,
        addressee, clock, wall_ms, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.prepare_cached(insert)?.execute(params![
        row,
        room,
        speaker,
        position.sequence,
        place,
        brief,
        flags,
        addressee,
        clock,
        wall_ms,
        entry.text,
    ])?;
    let whose = Whose::of(room, person_number, flags, addressee);
    index.add(row, whose, &entry.text)?;
    Ok(whose)
}

/// Adds to what a person's messages take in a room, or takes off it.
pub(super) fn add_to_share(
    connection: &Connection,
    (room, person): (i64, i64),
    bytes: i64,
    messages: i64,
) -> Result<(), Fault> {
    let upsert = "INSERT INTO shares (room, person, bytes, messages) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (room, person)
        DO UPDATE SET bytes = bytes + ?3, messages = messages + ?4";
    let values = params![room, person, bytes, messages];
    connection.prepare_cached(upsert)?.execute(values)?;
    Ok(())
}

fn flags(entry: &Entry) -> i64 {
    let flag = |is_set: bool, flag: i64| if is_set { flag } else { 0 };
    flag(entry.is_own, OWN)
        | flag(entry.is_private, PRIVATE)
        | flag(entry.is_late, LATE)
        | flag(entry.manner == Manner::Action, ACTION)
        | flag(matches!(entry.manner, Manner::Guest(_)), GUEST)
        | flag(entry.form == Form::Edited, EDITED)
        | flag(entry.form == Form::Deleted, DELETED)
}

/// The columns that [`stored`] reads, of `m` and `s` as [`FROM`] names them.
const COLUMNS: &str = "m.row, m.room, s.person, m.flags, p.key, s.name, s.short, s.session,
    m.sequence, m.place, m.clock, m.wall_ms, m.text, tp.key, t.name, m.addressee, t.session";

/// Where a message's columns are.
const FROM: &str = "messages m JOIN speakers s ON s.number = m.speaker
    JOIN people p ON p.number = s.person LEFT JOIN speakers t ON t.number = m.addressee
    LEFT JOIN people tp ON tp.number = t.person";

/// The message in a row, if there is one that today's rules can read.
pub(super) fn at(connection: &Connection, row: i64) -> Result<Option<Stored>, Fault> {
    let select = format!("SELECT {COLUMNS} FROM {FROM} WHERE m.row = ?1");
    let mut select = connection.prepare_cached(&select)?;
    let mut rows = select.query([row])?;
    match rows.next()? {
        Some(row) => Ok(stored(row)?),
        None => Ok(None),
    }
}

/// The rows of the messages with a short id, the newest first.
pub(super) fn rows_of(connection: &Connection, brief: u32) -> Result<Vec<i64>, Fault> {
    let select = "SELECT row FROM messages WHERE brief = ?1 ORDER BY row DESC LIMIT 1000";
    let mut select = connection.prepare_cached(select)?;
    let rows = select.query_map([brief], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The message of a room with an id.
pub(super) fn of_id(
    connection: &Connection,
    room: i64,
    id: &MessageId,
) -> Result<Option<Stored>, Fault> {
    for row in rows_of(connection, ShortId::of(id).number())? {
        let stored = at(connection, row)?;
        if let Some(stored) = stored.filter(|it| it.room == room && it.entry.id == *id) {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}

fn stored(row: &Row<'_>) -> Result<Option<Stored>, rusqlite::Error> {
    let number = row.get::<_, i64>(0)?;
    let flags: i64 = row.get(3)?;
    let clock = row.get::<_, Option<i64>>(10)?;
    let clock = clock.map_or_else(|| index::clock_of(number), |clock| clock as u64);
    let wall_ms = row.get::<_, Option<i64>>(11)?;
    let named = |key: [u8; 32], name: &str| {
        let name = Name::parse(name).ok()?;
        Some(NamedKey {
            name,
            key: Key(key),
        })
    };
    let Some(who) = named(row.get(4)?, row.get_ref(5)?.as_str()?) else {
        // An older version may have stored a name that today's rules refuse.
        return Ok(None);
    };
    let addressed = match (row.get::<_, Option<[u8; 32]>>(13)?, row.get_ref(14)?) {
        (Some(key), name) => named(key, name.as_str().unwrap_or_default()),
        (None, _) => None,
    };
    let (guest, to) = match flags & GUEST {
        0 => (None, addressed),
        _ => (addressed.map(|guest| guest.name), None),
    };
    let manner = match guest {
        Some(name) => Manner::Guest(GuestName {
            number: row.get::<_, i64>(16)? as u32,
            name,
        }),
        None if flags & ACTION != 0 => Manner::Action,
        None => Manner::Said,
    };
    let position = Position {
        clock,
        short: row.get::<_, i64>(6)? as u64,
        session: row.get::<_, i64>(7)? as u64,
        sequence: row.get(8)?,
    };
    let index = row.get(9)?;
    let entry = Entry {
        id: MessageId { position, index },
        who,
        to,
        text: row.get(12)?,
        manner,
        wall_ms: wall_ms.map_or(clock >> 16, |ms| ms as u64),
        is_own: flags & OWN != 0,
        is_private: flags & PRIVATE != 0,
        is_late: flags & LATE != 0,
        form: match flags {
            flags if flags & DELETED != 0 => Form::Deleted,
            flags if flags & EDITED != 0 => Form::Edited,
            _ => Form::Original,
        },
    };
    let (room, person) = (row.get(1)?, row.get(2)?);
    Ok(Some(Stored {
        row: number,
        room,
        person,
        whose: Whose::of(room, person, flags, row.get(15)?),
        flags,
        entry,
    }))
}
