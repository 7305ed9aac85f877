//! Which messages a query is about, as the index of words is asked for them.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::file::Fault;
use super::rows::Whose;
use super::{first, index, rows};
use crate::chat::archive::author::Author;
use crate::chat::archive::search::{Place, Query};
use crate::chat::archive::terms::Terms;
use crate::clock::Clock;
use crate::protocol::engine::config::CLOCK_AHEAD_MAX;
use crate::protocol::engine::event::{MessageId, NamedKey};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Most people of one name that are looked for: those who spoke last under it.
const NAMESAKES_MAX: usize = 200;

/// Which messages a query is about, as the index is asked for them.
#[derive(Clone)]
pub(super) struct Filter {
    /// An expression of FTS5; `None` if nothing can fit.
    pub(super) expression: Option<String>,
    /// The same without the words that only begin so; `None` if there are none of these.
    pub(super) wider: Option<String>,
    pub(super) from_row: i64,
    pub(super) before_row: i64,
    pub(super) terms: Terms,
    pub(super) rooms: Option<Vec<i64>>,
    pub(super) authors: Option<Authors>,
}

impl Filter {
    /// What a query is about, without its place.
    pub(super) fn of(
        connection: &Connection,
        rooms: Option<&[i64]>,
        query: &Query,
    ) -> Result<Self, Fault> {
        let terms = Terms::parse(&query.words)?;
        let authors = match &query.from {
            Some(typed) => Some(Authors::called(connection, typed)?),
            None => None,
        };
        let any_of = |words: Vec<String>| format!("({})", words.join(" OR "));
        let words_of = |numbers: &[i64], name: fn(i64) -> String| -> Vec<String> {
            numbers.iter().map(|number| name(*number)).collect()
        };
        let of_rooms = rooms.map(|rooms| words_of(rooms, index::of_room));
        let of_authors = authors.as_ref().map(Authors::words);
        let is_empty = |words: &Option<Vec<String>>| words.as_ref().is_some_and(Vec::is_empty);
        let can_fit = !is_empty(&of_rooms) && !is_empty(&of_authors) && !terms.has_no_word();
        let mut parts: Vec<String> = of_rooms.into_iter().chain(of_authors).map(any_of).collect();
        let without = numbers_of(connection, &query.without)?;
        let but = |parts: &[String]| match (parts.is_empty(), without.is_empty()) {
            (false, false) => {
                let without = any_of(words_of(&without, index::of_author));
                format!("({}) NOT {without}", parts.join(" AND "))
            }
            _ => parts.join(" AND "),
        };
        let mut wider_parts = parts.clone();
        wider_parts.extend(terms.whole_expressions());
        parts.extend(terms.expressions());
        let wider = (can_fit && wider_parts.len() < parts.len()).then(|| but(&wider_parts));
        let mut until_row = query.until_ms.map_or(i64::MAX, index::first_row_of_ms);
        if query.skips_ahead
            && let Some(ahead) = first_row_ahead(connection)?
        {
            until_row = until_row.min(ahead);
        }
        Ok(Self {
            expression: can_fit.then(|| but(&parts)),
            wider,
            from_row: query.since_ms.map_or(i64::MIN, index::first_row_of_ms),
            before_row: until_row,
            terms,
            rooms: rooms.map(<[i64]>::to_vec),
            authors,
        })
    }

    /// What is looked for on the older and on the newer side of a place.
    pub(super) fn sides(
        self,
        connection: &Connection,
        place: Place,
    ) -> Result<(Option<Filter>, Option<Filter>), Fault> {
        let before = |row: i64| Filter {
            before_row: self.before_row.min(row),
            ..self.clone()
        };
        let from = |row: i64| Filter {
            from_row: self.from_row.max(row),
            ..self.clone()
        };
        Ok(match place {
            Place::Newest => (Some(self), None),
            Place::Before(id) => {
                let row = row_of(connection, &id)?;
                let row = row.unwrap_or_else(|| index::first_row(id.position.clock));
                (Some(before(row)), None)
            }
            Place::After(id) => {
                let row = row_of(connection, &id)?.map(|row| row + 1);
                let row =
                    row.unwrap_or_else(|| index::first_row(id.position.clock.saturating_add(1)));
                (None, Some(from(row)))
            }
            Place::Around(ms) => {
                let row = index::first_row_of_ms(ms);
                (Some(before(row)), Some(from(row)))
            }
        })
    }

    /// The statement that yields the rows of an expression, and its values.
    pub(super) fn statement(
        &self,
        expression: &str,
        order: &str,
        limit: usize,
    ) -> (String, Vec<Value>) {
        let mut values: Vec<Value> = Vec::new();
        let (column, table) = match expression.is_empty() {
            true => ("row", "messages"),
            false => ("rowid", "words"),
        };
        let mut conditions = vec!["1".to_owned()];
        if !expression.is_empty() {
            values.push(expression.to_owned().into());
            conditions.push("words MATCH ?1".into());
        }
        // A bound that holds for every row would only cost the index its way to the end.
        if self.from_row > i64::MIN {
            values.push(self.from_row.into());
            conditions.push(format!("{column} >= ?{}", values.len()));
        }
        if self.before_row < i64::MAX {
            values.push(self.before_row.into());
            conditions.push(format!("{column} < ?{}", values.len()));
        }
        let conditions = conditions.join(" AND ");
        let statement = format!(
            "SELECT {column} FROM {table} WHERE {conditions}
             ORDER BY {column} {order} LIMIT {limit}"
        );
        (statement, values)
    }
}

/// The row of a message, if it is stored.
fn row_of(connection: &Connection, id: &MessageId) -> Result<Option<i64>, Fault> {
    for row in rows::rows_of(connection, super::brief(id))? {
        let stored = rows::at(connection, row)?;
        if stored.is_some_and(|stored| stored.entry.id == *id) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The numbers of people in the file; of those who have none, nothing is stored.
fn numbers_of(connection: &Connection, keys: &[Key]) -> Result<Vec<i64>, Fault> {
    let mut numbers = Vec::new();
    for key in keys {
        let select = "SELECT number FROM people WHERE key = ?1";
        numbers.extend(first::<i64>(connection, select, [&key.0[..]])?);
    }
    Ok(numbers)
}

/// Whose messages are looked for.
#[derive(Clone, Debug)]
pub(super) struct Authors {
    people: Vec<i64>,
    /// Names of guests.
    guests: Vec<i64>,
}

impl Authors {
    /// Those of a typed name.
    fn called(connection: &Connection, typed: &str) -> Result<Self, Fault> {
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
    fn words(&self) -> Vec<String> {
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

/// The first row of what this person said while the clock was ahead; `None` if nothing was, or if
/// the clock is behind: what others say is so far ahead of no sound clock.
fn first_row_ahead(connection: &Connection) -> Result<Option<i64>, Fault> {
    let now_ms = Clock::start().now().wall_ms;
    let ahead_ms = now_ms.saturating_add(CLOCK_AHEAD_MAX.as_millis() as u64);
    let bound = index::first_row_of_ms(ahead_ms);
    let others = "SELECT row FROM messages WHERE row >= ?1 AND flags & ?2 = 0 LIMIT 1";
    let witness: Option<i64> = first(connection, others, [bound, rows::OWN])?;
    Ok(witness.is_none().then_some(bound))
}
