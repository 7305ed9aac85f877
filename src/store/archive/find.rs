//! Finding messages. The index of words is read from its newest end, and no further than a page
//! needs.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::file::Fault;
use super::forms;
use super::index;
use super::rows::{self, DELETED, EDITED, Stored, Whose};
use crate::chat::archive::record::Form;
use crate::chat::archive::search::{Found, Query};
use crate::chat::archive::terms::Terms;
use crate::chat::archive::words::folded_name;
use crate::chat::suffix;

/// Most matches of one page, whatever is asked for.
pub const PAGE_MAX: usize = 10_000;

/// Most neighbours on each side of a match.
const CONTEXT_MAX: usize = 100;

/// Most people of one name that are looked for: those who spoke last under it.
const NAMESAKES_MAX: usize = 200;

/// Most earlier forms that are looked through for words; they are in no index, because few
/// messages are edited.
const FORMS_SEARCHED_MAX: i64 = 20_000;

/// A message that is shown because of a query, and its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundIn {
    /// The number of its room in the file.
    pub room: i64,
    /// The message.
    pub found: Found,
    /// Whether it stands at the beginning of a match with its neighbours: what is shown before it
    /// is none of them.
    pub begins_group: bool,
}

/// What a query finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Messages in the common order, oldest first.
    pub found: Vec<FoundIn>,
    /// Whether there are older ones that match.
    pub has_more: bool,
}

/// Which messages a query is about, as the index is asked for them.
struct Filter {
    /// An expression of FTS5; `None` if nothing can fit.
    expression: Option<String>,
    from_row: i64,
    before_row: i64,
    terms: Terms,
    rooms: Option<Vec<i64>>,
    authors: Option<Authors>,
}

/// Finds messages in some rooms, or in all.
///
/// # Errors
/// Those of the file, and a query of too many words.
pub(super) fn find(
    connection: &Connection,
    rooms: Option<&[i64]>,
    query: &Query,
) -> Result<Page, Fault> {
    let filter = filter(connection, rooms, query)?;
    let limit = match query.only {
        Some(_) => 1,
        None => query.limit.min(PAGE_MAX),
    };
    let mut matches = match query.only {
        Some(id) => only(connection, rooms, id.number())?,
        None => newest(connection, &filter, limit + 1)?,
    };
    if query.has_all_forms && !filter.terms.is_empty() && query.only.is_none() {
        matches.extend(by_earlier_form(connection, &filter, limit + 1)?);
        matches.sort_unstable_by_key(|row| std::cmp::Reverse(*row));
        matches.dedup();
    }
    let has_more = query.only.is_none() && matches.len() > limit;
    matches.truncate(limit);
    let found = in_order(connection, &matches, &filter.terms, query)?;
    Ok(Page { found, has_more })
}

/// The oldest messages behind a row, and the last of their rows: for reading everything, page by
/// page.
///
/// # Errors
/// As of [`find`].
pub(super) fn next_page(
    connection: &Connection,
    rooms: Option<&[i64]>,
    query: &Query,
    behind: Option<i64>,
) -> Result<Option<(Vec<FoundIn>, i64)>, Fault> {
    let mut filter = filter(connection, rooms, query)?;
    filter.from_row = filter.from_row.max(behind.map_or(i64::MIN, |row| row + 1));
    let matches = ask(connection, &filter, "ASC", query.limit.min(PAGE_MAX))?;
    let Some(last) = matches.last().copied() else {
        return Ok(None);
    };
    let found = in_order(connection, &matches, &filter.terms, query)?;
    Ok(Some((found, last)))
}

fn filter(connection: &Connection, rooms: Option<&[i64]>, query: &Query) -> Result<Filter, Fault> {
    let terms = Terms::parse(&query.words)?;
    let authors = match &query.from {
        Some(typed) => Some(Authors::called(connection, typed)?),
        None => None,
    };
    let mut parts = Vec::new();
    let mut any_of = |all: Vec<String>| {
        parts.push(format!("({})", all.join(" OR ")));
        !all.is_empty()
    };
    let rooms_of = |rooms: &[i64]| rooms.iter().copied().map(index::of_room).collect();
    let can_fit = rooms.is_none_or(|rooms| any_of(rooms_of(rooms)))
        && authors
            .as_ref()
            .is_none_or(|authors| any_of(authors.words()))
        && !terms.has_no_word();
    parts.extend(terms.expressions());
    let before_row = match &query.before {
        Some(id) => {
            let known = rows::rows_of(connection, super::brief(id))?;
            let is_it = |row: &i64| {
                let stored = rows::at(connection, *row).ok().flatten();
                stored.is_some_and(|stored| stored.entry.id == *id)
            };
            let row = known.into_iter().find(is_it);
            row.unwrap_or_else(|| index::first_row(id.position.clock))
        }
        None => i64::MAX,
    };
    let until_row = query.until_ms.map_or(i64::MAX, index::first_row_of_ms);
    Ok(Filter {
        expression: can_fit.then(|| parts.join(" AND ")),
        from_row: query.since_ms.map_or(i64::MIN, index::first_row_of_ms),
        before_row: before_row.min(until_row),
        terms,
        rooms: rooms.map(<[i64]>::to_vec),
        authors,
    })
}

/// Whose messages are looked for.
#[derive(Debug)]
struct Authors {
    people: Vec<i64>,
    /// Names of guests.
    guests: Vec<i64>,
}

impl Authors {
    /// Those of a typed name; with `~`, guests alone.
    fn called(connection: &Connection, typed: &str) -> Result<Self, Fault> {
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
    fn words(&self) -> Vec<String> {
        let people = self.people.iter().copied().map(index::of_author_alone);
        let guests = self.guests.iter().copied().map(index::of_guest);
        people.chain(guests).collect()
    }

    fn has(&self, whose: Whose) -> bool {
        match whose.guest {
            Some(guest) => self.guests.contains(&guest),
            None => self.people.contains(&whose.person),
        }
    }
}

/// The people who go or went by a typed name, with or without a suffix.
pub(super) fn people_called(connection: &Connection, typed: &str) -> Result<Vec<i64>, Fault> {
    let named = |name: &str| -> Result<Vec<(i64, [u8; 32])>, Fault> {
        let select = "SELECT person, key, max(s.number) AS last FROM speakers s
            JOIN people p ON p.number = person WHERE folded = ?1
            GROUP BY person ORDER BY last DESC LIMIT ?2";
        let mut select = connection.prepare_cached(select)?;
        let values = params![folded_name(name), NAMESAKES_MAX as i64];
        let people = select.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(people.collect::<Result<_, _>>()?)
    };
    if typed.starts_with('~') {
        return Ok(Vec::new()); // a guest, who is no person
    }
    let mut people = named(typed)?;
    if people.is_empty()
        && let Some((name, digits)) = suffix::split(typed)
    {
        people = named(name)?;
        people.retain(|(_, key)| suffix::is_of(digits, &crate::protocol::wire::frame::Key(*key)));
    }
    Ok(people.into_iter().map(|(person, _)| person).collect())
}

/// The rows of the newest messages that fit, the newest first.
fn newest(connection: &Connection, filter: &Filter, limit: usize) -> Result<Vec<i64>, Fault> {
    ask(connection, filter, "DESC", limit)
}

fn ask(
    connection: &Connection,
    filter: &Filter,
    order: &str,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let Some(expression) = &filter.expression else {
        return Ok(Vec::new());
    };
    let mut values: Vec<Value> = Vec::new();
    let (column, table) = match expression.is_empty() {
        true => ("row", "messages"),
        false => ("rowid", "words"),
    };
    let mut conditions = vec!["1".to_owned()];
    if !expression.is_empty() {
        values.push(expression.clone().into());
        conditions.push("words MATCH ?1".into());
    }
    // A bound that holds for every row would only cost the index its way to the end.
    if filter.from_row > i64::MIN {
        values.push(filter.from_row.into());
        conditions.push(format!("{column} >= ?{}", values.len()));
    }
    if filter.before_row < i64::MAX {
        values.push(filter.before_row.into());
        conditions.push(format!("{column} < ?{}", values.len()));
    }
    let conditions = conditions.join(" AND ");
    let select = format!(
        "SELECT {column} FROM {table} WHERE {conditions} ORDER BY {column} {order} LIMIT {limit}"
    );
    let mut select = connection.prepare_cached(&select)?;
    let rows = select.query_map(params_from_iter(values), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest message with a short id.
fn only(connection: &Connection, rooms: Option<&[i64]>, brief: u32) -> Result<Vec<i64>, Fault> {
    for row in rows::rows_of(connection, brief)? {
        let stored = rows::at(connection, row)?;
        let is_in = |it: &Stored| rooms.is_none_or(|rooms| rooms.contains(&it.room));
        if stored.is_some_and(|stored| is_in(&stored)) {
            return Ok(vec![row]);
        }
    }
    Ok(Vec::new())
}

/// The rows of edited messages that once said what is looked for.
fn by_earlier_form(
    connection: &Connection,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let select = "SELECT of, room, text FROM forms WHERE NOT is_waiting
        ORDER BY of DESC LIMIT ?1";
    let mut select = connection.prepare_cached(select)?;
    let mut forms = select.query([FORMS_SEARCHED_MAX])?;
    let mut found = BTreeSet::new();
    while let Some(form) = forms.next()? {
        let text: Option<String> = form.get(2)?;
        if found.len() >= limit || !text.is_some_and(|text| filter.terms.fit(&text)) {
            continue;
        }
        let (of, room): (Vec<u8>, i64) = (form.get(0)?, form.get(1)?);
        let Some((position, index)) = rows::position_of(&of).zip(of.last().copied()) else {
            continue;
        };
        let id = crate::protocol::engine::event::MessageId { position, index };
        let fits = |it: &Stored| {
            (filter.from_row..filter.before_row).contains(&it.row)
                && filter
                    .rooms
                    .as_ref()
                    .is_none_or(|all| all.contains(&it.room))
                && filter.authors.as_ref().is_none_or(|all| all.has(it.whose))
        };
        found.extend(
            rows::of_id(connection, room, &id)?
                .filter(fits)
                .map(|it| it.row),
        );
    }
    Ok(found.into_iter().rev().collect())
}

/// The messages in these rows with their neighbours and earlier forms, in the common order.
fn in_order(
    connection: &Connection,
    matches: &[i64],
    terms: &Terms,
    query: &Query,
) -> Result<Vec<FoundIn>, Fault> {
    let mut rows_shown: BTreeSet<i64> = matches.iter().copied().collect();
    // Those that stand behind one of their neighbours.
    let mut goes_on: BTreeSet<i64> = BTreeSet::new();
    let context = query.context.min(CONTEXT_MAX);
    if context > 0 {
        for row in matches {
            if let Some(stored) = rows::at(connection, *row)? {
                let mut group = neighbours(connection, &stored, context)?;
                group.push(*row);
                group.sort_unstable();
                goes_on.extend(group.iter().skip(1));
                rows_shown.extend(group);
            }
        }
    }
    let is_match: BTreeSet<i64> = matches.iter().copied().collect();
    let mut shown = Vec::with_capacity(rows_shown.len());
    for row in rows_shown {
        shown.extend(rows::at(connection, row)?);
    }
    shown.sort_by_key(|stored| stored.entry.id);
    let mut found = Vec::with_capacity(shown.len());
    for stored in shown {
        let (room, is_match) = (stored.room, is_match.contains(&stored.row));
        let mut begins_group = !goes_on.contains(&stored.row);
        let mut forms = Vec::new();
        if query.has_all_forms && stored.flags & EDITED != 0 {
            forms = earlier_forms(connection, &stored, terms)?;
        }
        let marks = match is_match && stored.flags & DELETED == 0 {
            true => terms.marks(&stored.entry.text),
            false => Vec::new(),
        };
        forms.push(Found {
            entry: stored.entry,
            is_match,
            marks,
        });
        for form in forms {
            let is_match = is_match && form.is_match;
            found.push(FoundIn {
                room,
                found: Found { is_match, ..form },
                begins_group: std::mem::take(&mut begins_group),
            });
        }
    }
    Ok(found)
}

/// What an edited message said before.
fn earlier_forms(
    connection: &Connection,
    stored: &Stored,
    terms: &Terms,
) -> Result<Vec<Found>, Fault> {
    let forms = forms::earlier(connection, stored)?.into_iter();
    let found = forms.map(|form| {
        let mut entry = stored.entry.clone();
        entry.form = match form.is_first {
            true => Form::Original,
            false => Form::Edited,
        };
        entry.wall_ms = form.wall_ms;
        let (is_match, marks) = (terms.fit(&form.text), terms.marks(&form.text));
        entry.text = form.text;
        Found {
            entry,
            is_match,
            marks,
        }
    });
    Ok(found.collect())
}

/// The rows of the messages of its room that stand next to one.
fn neighbours(connection: &Connection, of: &Stored, count: usize) -> Result<Vec<i64>, Fault> {
    let mut rows = Vec::new();
    for (sign, order) in [("<", "DESC"), (">", "ASC")] {
        let select = format!(
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid {sign} ?2
             ORDER BY rowid {order} LIMIT {count}"
        );
        let mut select = connection.prepare_cached(&select)?;
        let found = select.query_map(params![index::of_room(of.room), of.row], |row| row.get(0))?;
        rows.extend(found.collect::<Result<Vec<i64>, _>>()?);
    }
    Ok(rows)
}
