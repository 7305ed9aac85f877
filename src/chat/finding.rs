//! Looking for what was said: in the archive if there is one, else among the messages in memory.
//! An archive takes its time; what it answers is told whenever it comes.

use std::collections::BTreeMap;

use super::Chat;
use super::amending::Which;
use super::archive::fold::{Words, fold};
use super::archive::record::{Entry, Form};
use super::archive::search::{Found, Query, ShortId};
use super::archive::when::{self, LocalTime};
use super::archive::{Request, RoomReply, RoomRequest};
use super::command::{Command, RequestId};
use super::entry::split_name;
use super::event::{Failure, Message, News};
use super::suffix;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::config::HISTORY_MESSAGES;
use crate::protocol::engine::event::{Delivery, Manner, NamedKey, Version};

/// Most messages of one answer, and of `/history` with a time.
pub const FOUND_MAX: usize = 1000;

/// Messages of an answer when no number is given.
const FOUND_DEFAULT: usize = 20;

/// Neighbours that `/context` shows on each side.
const CONTEXT: usize = 5;

/// Questions that may wait for an archive before no more commands are taken: a program could ask
/// faster than it answers.
const ASKED_MAX: usize = 64;

/// How `/search` is used.
pub(super) const SEARCH_USAGE: &str = "/search WORDS [from:NAME] [since:TIME] [until:TIME]";

/// A message that was looked for, or its neighbour.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMessage {
    /// The message.
    pub message: Message,
    /// Whether it is what was looked for, and not its neighbour.
    pub is_match: bool,
    /// Where the words stand in the text, as ranges of bytes, ascending.
    pub marks: Vec<(usize, usize)>,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// What an archive was asked and has not answered, and why.
    asked: BTreeMap<RequestId, Purpose>,
}

/// Why something is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show the last messages.
    History,
    /// To show what was said since a time.
    Since,
    /// To show what matches.
    Search,
    /// To say why a message cannot be changed that is not in memory; as it was typed.
    Change(String),
}

impl Finding {
    pub(super) fn has_room(&self) -> bool {
        self.asked.len() < ASKED_MAX
    }
}

impl Chat {
    /// Whether a store keeps what is said in this room, which is then asked to find it and to
    /// change it.
    pub(super) fn is_archived(&self) -> bool {
        self.remembering.is_on()
    }

    /// Looks for messages.
    pub(super) fn find(&mut self, request: RequestId, query: Query, purpose: Purpose) {
        if self.is_archived() {
            self.own.finding.asked.insert(request, purpose);
            self.archive(Request::Room(RoomRequest::Find { request, query }));
            return;
        }
        let (found, has_more) = self.find_in_memory(&query);
        self.tell_found(request, purpose, found, has_more);
    }

    /// Shows the last messages.
    pub(super) fn tell_history(&mut self, request: RequestId, count: usize) {
        if self.is_archived() {
            let query = Query {
                limit: count.min(HISTORY_MESSAGES),
                ..Query::default()
            };
            return self.find(request, query, Purpose::History);
        }
        for message in self.shown_history(count) {
            self.answer(request, News::Message(message));
        }
    }

    /// Takes in what an archive answers to a question.
    pub(super) fn on_answer(&mut self, reply: RoomReply) {
        match reply {
            RoomReply::Found {
                request,
                found,
                has_more,
            } => {
                if let Some(purpose) = self.own.finding.asked.remove(&request) {
                    self.tell_found(request, purpose, found, has_more);
                }
            }
            RoomReply::NotFound { request, why }
                if self.own.finding.asked.contains_key(&request) =>
            {
                self.own.finding.asked.remove(&request);
                self.answer(request, News::Failed(Failure::SearchFailed(why)));
            }
            _ => {}
        }
    }

    /// Answers what the archive will not answer, so that nobody waits for it.
    pub(super) fn forget_questions(&mut self, why: &str) {
        for request in std::mem::take(&mut self.own.finding.asked).into_keys() {
            let failure = Failure::SearchFailed(why.to_owned());
            self.answer(request, News::Failed(failure));
        }
    }

    fn tell_found(
        &mut self,
        request: RequestId,
        purpose: Purpose,
        found: Vec<Found>,
        has_more: bool,
    ) {
        let ignoring = &self.people.ignoring;
        let shown = found.into_iter();
        let shown: Vec<Found> = shown
            .filter(|found| !ignoring.has_author(&found.entry.who.key, &found.entry.manner))
            .collect();
        match purpose {
            Purpose::Change(typed) => {
                let failure = match shown.is_empty() {
                    true => Failure::NoMessage(typed),
                    false => Failure::TooOld(typed),
                };
                self.answer(request, News::Failed(failure));
            }
            Purpose::History | Purpose::Since => {
                let count = shown.len();
                for found in shown {
                    let message = self.recalled(found.entry);
                    self.answer(request, News::Message(message));
                }
                if purpose == Purpose::Since && (count == 0 || has_more) {
                    self.answer(request, News::Searched { count, has_more });
                }
            }
            Purpose::Search => {
                let count = shown.iter().filter(|found| found.is_match).count();
                for Found {
                    entry,
                    is_match,
                    marks,
                } in shown
                {
                    let found = FoundMessage {
                        message: self.recalled(entry),
                        is_match,
                        marks,
                    };
                    self.answer(request, News::Found(Box::new(found)));
                }
                self.answer(request, News::Searched { count, has_more });
            }
        }
    }

    /// The messages in memory that match, newest last, and whether there are older ones.
    fn find_in_memory(&self, query: &Query) -> (Vec<Found>, bool) {
        let words = Words::parse(&query.words);
        let from = query.from.as_deref().map(Author::parse);
        let held = self.node.history(usize::MAX).into_iter();
        let held: Vec<Delivery> = held
            .filter(|said| !self.people.ignoring.has_author(&said.who.key, &said.manner))
            .collect();
        let marks_of = |said: &Delivery| {
            let wall_ms = clock_ms(said.id.position.clock);
            let is_wanted = query.since_ms.is_none_or(|since_ms| wall_ms >= since_ms)
                && query.until_ms.is_none_or(|until_ms| wall_ms < until_ms)
                && query.before.is_none_or(|before| said.id < before)
                && query.only.is_none_or(|only| ShortId::of(&said.id) == only)
                && from.as_ref().is_none_or(|from| from.said(said));
            is_wanted.then(|| words.find(&said.text)).flatten()
        };
        let mut matches: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        let mut has_more = false;
        let limit = query.limit.min(FOUND_MAX);
        for (at, said) in held.iter().enumerate().rev() {
            if let Some(marks) = marks_of(said) {
                has_more = matches.len() >= limit;
                if has_more {
                    break;
                }
                matches.insert(at, marks);
            }
        }
        let mut shown: BTreeMap<usize, Option<Vec<(usize, usize)>>> = BTreeMap::new();
        let context = query.context.min(CONTEXT);
        for at in matches.keys() {
            let neighbours = at.saturating_sub(context)..=at.saturating_add(context);
            shown.extend(neighbours.map(|neighbour| (neighbour, None)));
        }
        shown.extend(matches.into_iter().map(|(at, marks)| (at, Some(marks))));
        let found = shown.into_iter().filter_map(|(at, marks)| {
            Some(Found {
                entry: self.entry_of(held.get(at)?),
                is_match: marks.is_some(),
                marks: marks.unwrap_or_default(),
            })
        });
        (found.collect(), has_more)
    }

    fn entry_of(&self, said: &Delivery) -> Entry {
        Entry {
            id: said.id,
            who: said.who.clone(),
            to: None,
            text: said.text.clone(),
            manner: said.manner.clone(),
            wall_ms: clock_ms(said.id.position.clock),
            is_own: said.who.key == self.people.my_key(),
            is_private: said.is_private,
            is_late: false,
            form: match said.version {
                Version::Original => Form::Original,
                Version::Edited(_) => Form::Edited,
                Version::Deleted => Form::Deleted,
            },
        }
    }
}

/// Whose messages are looked for: a name, perhaps with digits behind it; with `~`, a guest's.
struct Author {
    folded: String,
    suffixed: Option<(String, String)>,
    is_guest: bool,
}

impl Author {
    fn parse(typed: &str) -> Self {
        let suffixed = suffix::split(typed);
        Self {
            folded: fold(typed.trim_start_matches('~')),
            suffixed: suffixed.map(|(name, digits)| (fold(name), digits.to_owned())),
            is_guest: typed.starts_with('~'),
        }
    }

    /// Whether a message is theirs: of a guest's, the guest's name counts and not the host's.
    fn said(&self, said: &Delivery) -> bool {
        match &said.manner {
            Manner::Guest(guest) => fold(guest.name.as_str()) == self.folded,
            Manner::Said | Manner::Action => !self.is_guest && self.is(&said.who),
        }
    }

    fn is(&self, who: &NamedKey) -> bool {
        let folded = fold(who.name.as_str());
        let suffixed = self.suffixed.as_ref();
        folded == self.folded
            || suffixed.is_some_and(|(name, digits)| {
                (name.is_empty() || *name == folded) && suffix::is_of(digits, &who.key)
            })
    }
}

/// What `/history` asks for: so many messages, or those since a time.
pub(super) fn history(typed: &str, local: impl FnOnce() -> LocalTime) -> Result<Command, Failure> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Command::History(FOUND_DEFAULT));
    }
    if let Ok(count) = typed.parse() {
        return Ok(Command::History(count));
    }
    match when::parse_at(typed, local()) {
        Some(since_ms) => Ok(Command::Find {
            query: Query {
                since_ms: Some(since_ms),
                limit: FOUND_MAX,
                ..Query::default()
            },
            purpose: Purpose::Since,
        }),
        None => Err(Failure::NoCount(typed.to_owned())),
    }
}

/// What `/context` asks for: a message among its neighbours.
pub(super) fn context(typed: &str) -> Result<Command, Failure> {
    let typed = typed.trim();
    let id = match Which::parse(typed) {
        _ if typed.is_empty() => return Err(Failure::Usage("/context ID")),
        Some(which) => which.short_id(),
        None => None,
    };
    let only = id.ok_or_else(|| Failure::NoMessageId(typed.to_owned()))?;
    Ok(Command::Find {
        query: Query {
            only: Some(only),
            context: CONTEXT,
            limit: 1,
            ..Query::default()
        },
        purpose: Purpose::Search,
    })
}

/// What `/search` asks for: words, and behind them, in any order, whose and of which time.
pub(super) fn search(typed: &str, local: impl FnOnce() -> LocalTime) -> Result<Command, Failure> {
    let mut query = Query {
        limit: FOUND_DEFAULT,
        ..Query::default()
    };
    let (mut since, mut until) = (None, None);
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let limits = rest
            .split_once(':')
            .map(|(key, value)| (key, split_name(value)));
        let (value, behind) = match limits {
            Some((key, (value, behind))) if is_limit(key) && !value.is_empty() => {
                let value = value.to_owned();
                match key {
                    "from" | "de" => query.from = Some(value),
                    "since" | "desde" => since = Some(value),
                    "until" | "até" | "ate" => until = Some(value),
                    _ => query.limit = value.parse().map_err(|_| Failure::NoCount(value))?,
                }
                rest = behind;
                continue;
            }
            _ => word(rest),
        };
        if !query.words.is_empty() {
            query.words.push(' ');
        }
        query.words.push_str(value);
        rest = behind;
    }
    if since.is_some() || until.is_some() {
        let local = local();
        let at = |typed: Option<String>| match typed {
            Some(typed) => when::parse_at(&typed, local)
                .ok_or(Failure::NoTime(typed))
                .map(Some),
            None => Ok(None),
        };
        (query.since_ms, query.until_ms) = (at(since)?, at(until)?);
    }
    let limit = query.limit.clamp(1, FOUND_MAX);
    let purpose = Purpose::Search;
    let query = Query { limit, ..query };
    let is_unlimited = query.from.is_none() && query.since_ms.or(query.until_ms).is_none();
    match query.words.is_empty() && is_unlimited {
        true => Err(Failure::Usage(SEARCH_USAGE)),
        false => Ok(Command::Find { query, purpose }),
    }
}

fn is_limit(key: &str) -> bool {
    matches!(
        key,
        "from" | "de" | "since" | "desde" | "until" | "até" | "ate" | "limit" | "limite"
    )
}

/// The first word of a text, or what stands in quotes, with these; and what follows it.
fn word(text: &str) -> (&str, &str) {
    let end = match text.strip_prefix('"').and_then(|rest| rest.find('"')) {
        Some(quoted) => quoted + 2,
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    let (word, behind) = text.split_at(end);
    (word, behind.trim_start())
}

#[cfg(test)]
mod tests;
