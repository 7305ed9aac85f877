//! Whose messages a query is about: people by their names, and members' guests by theirs.

use rusqlite::{Connection, params};

use super::file::Fault;
use super::find::{NAMESAKES_MAX, people_called};
use super::index;
use super::rows::{self, Whose};

/// Whose messages are looked for.
#[derive(Debug)]
pub(super) struct Authors {
    people: Vec<i64>,
    /// Names of guests.
    guests: Vec<i64>,
}

impl Authors {
    /// Those of a typed name; with `~`, guests alone.
    pub(super) fn called(connection: &Connection, typed: &str) -> Result<Self, Fault> {
        let name = typed.trim_start_matches('~');
        let select = "SELECT number FROM speakers WHERE folded = ?1
            ORDER BY number DESC LIMIT ?2";
        let mut select = connection.prepare_cached(select)?;
        let values = params![rows::folded_guest(name), NAMESAKES_MAX as i64];
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

    pub(super) fn has(&self, whose: Whose) -> bool {
        match whose.guest {
            Some(guest) => self.guests.contains(&guest),
            None => self.people.contains(&whose.person),
        }
    }
}
