//! Whose messages a query is about: people by their names, and members' guests by theirs.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::file::Fault;
use super::index;
use super::rows::{self, Whose};
use crate::chat::archive::author::Author;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Most people of one name that are looked for: those who spoke last under it.
const NAMESAKES_MAX: usize = 200;

/// Whose messages are looked for.
#[derive(Clone, Debug)]
pub(super) struct Authors {
    people: Vec<i64>,
    /// Names of guests.
    guests: Vec<i64>,
}

impl Authors {
    /// Those of a typed name.
    pub(super) fn called(connection: &Connection, typed: &str) -> Result<Self, Fault> {
        let author = Author::parse(typed);
        let select = "SELECT number FROM speakers WHERE folded = ?1
             ORDER BY number DESC LIMIT ?2";
        let mut select = connection.prepare_cached(select)?;
        let values = params![rows::folded_guest(author.folded()), NAMESAKES_MAX as i64];
        let guests = select.query_map(values, |row| row.get(0))?;
        Ok(Self {
            people: people_called(connection, typed)?,
            guests: guests.collect::<Result<_, _>>()?,
        })
    }

    /// Their words in the index.
    pub(super) fn words(&self) -> Vec<String> {
        let people = self.people.iter().copied().map(index::of_author_alone);
        let guests = self.guests.iter().copied().map(index::of_guest);
        people.chain(guests).collect()
    }

    /// Whether a message is theirs.
    pub(super) fn has(&self, whose: Whose) -> bool {
        match whose.guest {
            Some(guest) => self.guests.contains(&guest),
            None => self.people.contains(&whose.person),
        }
    }
}

/// The people who go or went by a typed name, with or without a suffix; of many, those who spoke
/// last. A guest is no person.
pub(super) fn people_called(connection: &Connection, typed: &str) -> Result<Vec<i64>, Fault> {
    let author = Author::parse(typed);
    if author.is_guest() {
        return Ok(Vec::new());
    }
    let (condition, [one, other]) = match author.names() {
        Some(names) => ("folded IN (?1, ?2)", names),
        None => ("?1 = ?2", [""; 2]),
    };
    let select = format!(
        "SELECT person, key, name FROM speakers s JOIN people p ON p.number = person
         WHERE {condition} ORDER BY s.number DESC"
    );
    let mut select = connection.prepare_cached(&select)?;
    let mut rows = select.query([one, other])?;
    let mut people = BTreeSet::new();
    while let Some(row) = rows.next()?
        && people.len() < NAMESAKES_MAX
    {
        let (key, name): ([u8; 32], String) = (row.get(1)?, row.get(2)?);
        let who = Name::parse(&name).ok().map(|name| NamedKey {
            name,
            key: Key(key),
        });
        if who.is_some_and(|who| author.is(&who)) {
            people.insert(row.get(0)?);
        }
    }
    Ok(people.into_iter().collect())
}
