//! Finding messages. The index of words is read from its newest end, and no further than a page
//! needs.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::file::Fault;
use super::filter::Filter;
use super::forms;
use super::index;
use super::rows::{self, DELETED, EDITED, Stored};
use crate::chat::archive::record::Form;
use crate::chat::archive::search::{Found, Place, Query};
use crate::chat::archive::terms::Terms;
use crate::protocol::engine::event::MessageId;

/// Most matches of one page, whatever is asked for.
pub const PAGE_MAX: usize = 10_000;

/// Most neighbours on each side of a match.
const CONTEXT_MAX: usize = 100;

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
    /// Whether there may be newer ones that match.
    pub has_newer: bool,
}

/// Messages that are looked through for a short beginning of words, the newest first, before the
/// index is asked for it: that one reads everything that begins so.
const LOOKED_THROUGH_MAX: usize = 5000;

/// Largest page for which they are.
const LOOKED_FOR_MAX: usize = 1000;

/// Finds messages in some rooms, or in all.
///
/// # Errors
/// Those of the file, and a query of too many words.
pub(super) fn find(
    connection: &Connection,
    rooms: Option<&[i64]>,
    query: &Query,
) -> Result<Page, Fault> {
    let terms = Terms::parse(&query.words)?;
    if let Some(id) = query.only {
        let found = only(connection, rooms, id.number())?;
        let found = in_order(connection, &found, &terms, query)?;
        return Ok(Page {
            found,
            ..Page::default()
        });
    }
    let limit = query.limit.min(PAGE_MAX);
    let filter = Filter::of(connection, rooms, query)?;
    let (older, newer) = filter.sides(connection, query.place)?;
    let (older_max, newer_max) = query.place.halves(limit);
    let mut matches = match &older {
        Some(older) => newest(connection, older, older_max + 1)?,
        None => Vec::new(),
    };
    if let (Some(older), true) = (&older, query.has_all_forms && !terms.is_empty()) {
        matches.extend(by_earlier_form(connection, older, older_max + 1)?);
        matches.sort_unstable_by_key(|row| std::cmp::Reverse(*row));
        matches.dedup();
    }
    let mut has_more = matches.len() > older_max;
    matches.truncate(older_max);
    let mut has_newer = matches!(query.place, Place::Before(_));
    if let Some(newer) = &newer {
        let mut behind = ask(connection, newer, "ASC", newer_max + 1)?;
        has_newer = behind.len() > newer_max;
        behind.truncate(newer_max);
        has_more |= matches!(query.place, Place::After(_));
        matches.extend(behind);
    }
    let found = in_order(connection, &matches, &terms, query)?;
    Ok(Page {
        found,
        has_more,
        has_newer,
    })
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
    let mut filter = Filter::of(connection, rooms, query)?;
    filter.from_row = filter.from_row.max(behind.map_or(i64::MIN, |row| row + 1));
    let matches = ask(connection, &filter, "ASC", query.limit.min(PAGE_MAX))?;
    let Some(last) = matches.last().copied() else {
        return Ok(None);
    };
    let found = in_order(connection, &matches, &filter.terms, query)?;
    Ok(Some((found, last)))
}

/// The rows of the newest messages that fit, the newest first.
fn newest(connection: &Connection, filter: &Filter, limit: usize) -> Result<Vec<i64>, Fault> {
    if let Some(wider) = &filter.wider
        && limit <= LOOKED_FOR_MAX
        && let Some(found) = look_through(connection, filter, wider, limit)?
    {
        return Ok(found);
    }
    ask(connection, filter, "DESC", limit)
}

/// The same, by looking through the newest messages that may fit; `None` if that is not enough. A
/// beginning that is common is found soon so, and the index has little to read for a rare one.
fn look_through(
    connection: &Connection,
    filter: &Filter,
    wider: &str,
    limit: usize,
) -> Result<Option<Vec<i64>>, Fault> {
    let (statement, values) = filter.statement(wider, "DESC", LOOKED_THROUGH_MAX);
    let mut select = connection.prepare_cached(&statement)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut text_of = connection.prepare_cached("SELECT text FROM messages WHERE row = ?1")?;
    let (mut found, mut looked) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let row: i64 = row.get(0)?;
        looked += 1;
        let text: Option<String> = text_of.query_row([row], |row| row.get(0)).optional()?;
        if text.is_some_and(|text| filter.terms.fit(&text)) {
            found.push(row);
            if found.len() == limit {
                return Ok(Some(found));
            }
        }
    }
    Ok((looked < LOOKED_THROUGH_MAX).then_some(found))
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
    let (statement, values) = filter.statement(expression, order, limit);
    let mut select = connection.prepare_cached(&statement)?;
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
        let id = MessageId { position, index };
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
