//! Looking for what was said: in the archive if there is one, else among the messages in memory.
//! An archive takes its time; what it answers is told whenever it comes.

mod memory;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use self::memory::MemorySearch;
pub(super) use self::memory::PART_FRAMES;
use super::Chat;
use super::amending::Which;
use super::archive::record::Forgotten;
use super::archive::search::{Found, Place, Query, Span};
use super::archive::terms::{Terms, TooManyTerms};
use super::archive::{Request, RoomReply, RoomRequest};
use super::command::{Command, RequestId};
use super::entry::split_name;
use super::event::{Failure, Message, News, Timing};
use crate::protocol::engine::config::HISTORY_MESSAGES;
use crate::protocol::engine::event::Amended;

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

/// A part of what was said in a room, for a face that reads on.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    /// The messages, oldest first, of [`Timing::History`].
    pub messages: Vec<Message>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// Whether there may be newer ones.
    pub has_newer: bool,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// What an archive was asked and has not answered, and why.
    asked: BTreeMap<RequestId, (Query, Purpose)>,
    /// Searches in memory that go on, the first one now.
    searches: VecDeque<MemorySearch>,
    /// Until when an answer is waited for, once this member leaves.
    until: Option<Duration>,
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
    /// To read on: answered by one [`News::Page`].
    Page,
    /// To say why a message cannot be changed that is not in memory; as it was typed.
    Change(String),
}

impl Finding {
    pub(super) fn has_room(&self) -> bool {
        self.asked.len() + self.searches.len() < ASKED_MAX
    }

    /// When a search in memory goes on, which is now if there is one, or an answer is waited for no
    /// longer.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        match self.searches.is_empty() {
            false => Some(now),
            true => self
                .until
                .filter(|until| self.is_awaited(now) && *until > now),
        }
    }

    /// This member leaves: what was asked before is still answered, if that takes no longer than
    /// until this time.
    pub(super) fn leave(&mut self, until: Duration) {
        self.until = Some(until);
    }

    /// Whether an answer may still come that somebody asked for.
    pub(super) fn is_awaited(&self, now: Duration) -> bool {
        let has_asked = !self.asked.is_empty() || !self.searches.is_empty();
        has_asked && self.until.is_some_and(|until| now < until)
    }

    /// Takes in that messages are forgotten.
    pub(super) fn forget(&mut self, forgotten: &[Forgotten]) {
        let searches = self.searches.iter_mut();
        searches.for_each(|search| search.forget(forgotten));
    }

    /// Takes in that a message was changed.
    pub(super) fn amend(&mut self, amended: &Amended) {
        let searches = self.searches.iter_mut();
        searches.for_each(|search| search.amend(amended));
    }
}

/// What was found, and whether there is more on either side of it.
struct Answer {
    found: Vec<FoundMessage>,
    has_more: bool,
    has_newer: bool,
}

impl Chat {
    /// Whether a store keeps what is said in this room, which is then asked to find it and to
    /// change it.
    pub(super) fn is_archived(&self) -> bool {
        self.remembering.is_on()
    }

    /// Looks for messages, but not for those of people who are ignored.
    pub(super) fn find(&mut self, request: RequestId, query: Query, purpose: Purpose) {
        let query = Query {
            without: self.people.ignoring.keys(),
            ..query
        };
        if self.is_archived() {
            let asked = (query.clone(), purpose);
            self.own.finding.asked.insert(request, asked);
            let query = Box::new(query);
            self.archive(Request::Room(RoomRequest::Find { request, query }));
            return;
        }
        self.find_in_memory(request, query, purpose);
    }

    fn find_in_memory(&mut self, request: RequestId, query: Query, purpose: Purpose) {
        match MemorySearch::new(request, query, purpose) {
            Ok(search) => {
                self.own.finding.searches.push_back(search);
                self.search_on();
            }
            Err(TooManyTerms) => {
                let failure = Failure::SearchFailed("too many words".into());
                self.answer(request, News::Failed(failure));
            }
        }
    }

    /// Goes on with the first search in memory, for no longer than a loop may stand still.
    pub(super) fn search_on(&mut self) {
        let Some(search) = self.own.finding.searches.front_mut() else {
            return;
        };
        let part = self.node.walk_history(&mut search.walk, PART_FRAMES);
        if !search.take(part) {
            return;
        }
        let Some(search) = self.own.finding.searches.pop_front() else {
            return;
        };
        let (request, purpose) = (search.request, search.purpose.clone());
        let (found, has_more, has_newer) = search.end();
        let found = found.into_iter().map(|it| FoundMessage {
            message: self.message(it.message, Timing::History),
            is_match: it.marks.is_some(),
            marks: it.marks.unwrap_or_default(),
        });
        let answer = Answer {
            found: found.collect(),
            has_more,
            has_newer,
        };
        self.tell_found(request, purpose, answer);
    }

    /// Shows the last messages. What was said while this computer's clock was ahead is not among
    /// them, until its time has come.
    pub(super) fn tell_history(&mut self, request: RequestId, count: usize) {
        let query = Query {
            limit: count.min(HISTORY_MESSAGES),
            skips_ahead: true,
            ..Query::default()
        };
        self.find(request, query, Purpose::History);
    }

    /// Takes in what an archive answers to a question.
    pub(super) fn on_answer(&mut self, reply: RoomReply) {
        match reply {
            RoomReply::Found {
                request,
                found,
                has_more,
                has_newer,
            } => {
                if let Some((_, purpose)) = self.own.finding.asked.remove(&request) {
                    let answer = Answer {
                        found: self.recalled_all(found),
                        has_more,
                        has_newer,
                    };
                    self.tell_found(request, purpose, answer);
                }
            }
            RoomReply::NotFound { request, why }
                if self.own.finding.asked.remove(&request).is_some() =>
            {
                self.answer(request, News::Failed(Failure::SearchFailed(why)));
            }
            _ => {}
        }
    }

    fn recalled_all(&self, found: Vec<Found>) -> Vec<FoundMessage> {
        let ignoring = &self.people.ignoring;
        // Somebody may be ignored since it was asked.
        let shown = found
            .into_iter()
            .filter(|found| !ignoring.has_author(&found.entry.who.key, &found.entry.manner));
        let recalled = shown.map(|found| FoundMessage {
            message: self.recalled(found.entry),
            is_match: found.is_match,
            marks: found.marks,
        });
        recalled.collect()
    }

    /// Answers what the archive will not answer, so that nobody waits for it.
    pub(super) fn forget_questions(&mut self, why: &str) {
        for request in std::mem::take(&mut self.own.finding.asked).into_keys() {
            let failure = Failure::SearchFailed(why.to_owned());
            self.answer(request, News::Failed(failure));
        }
    }

    /// Looks in memory for what the archive was asked: it cannot be used.
    pub(super) fn answer_from_memory(&mut self) {
        for (request, (query, purpose)) in std::mem::take(&mut self.own.finding.asked) {
            self.find_in_memory(request, query, purpose);
        }
    }

    fn tell_found(&mut self, request: RequestId, purpose: Purpose, answer: Answer) {
        let Answer {
            found,
            has_more,
            has_newer,
        } = answer;
        match purpose {
            Purpose::Change(typed) => {
                let failure = match found.is_empty() {
                    true => Failure::NoMessage(typed),
                    false => Failure::TooOld(typed),
                };
                self.answer(request, News::Failed(failure));
            }
            Purpose::Page => {
                let messages = found.into_iter().map(|found| found.message).collect();
                let page = HistoryPage {
                    messages,
                    has_older: has_more,
                    has_newer,
                };
                self.answer(request, News::Page(Box::new(page)));
            }
            Purpose::History | Purpose::Since => {
                let count = found.len();
                for found in found {
                    self.answer(request, News::Message(found.message));
                }
                if purpose == Purpose::Since && (count == 0 || has_more) {
                    self.answer(request, News::Searched { count, has_more });
                }
            }
            Purpose::Search => {
                let count = found.iter().filter(|found| found.is_match).count();
                for found in found {
                    self.answer(request, News::Found(Box::new(found)));
                }
                self.answer(request, News::Searched { count, has_more });
            }
        }
    }
}

fn find(query: Query, purpose: Purpose) -> Command {
    let query = Box::new(query);
    Command::Find { query, purpose }
}

/// What a face asks for that reads on.
pub(super) fn page(place: Place, limit: usize) -> Command {
    let query = Query {
        place,
        limit: limit.clamp(1, FOUND_MAX),
        ..Query::default()
    };
    find(query, Purpose::Page)
}

/// What `/history` asks for: so many messages, or those since a time.
pub(super) fn history(
    typed: &str,
    when: impl Fn(&str) -> Option<Span>,
) -> Result<Command, Failure> {
    let typed = typed.trim();
    if let Some(rest) = typed.strip_prefix("--all") {
        return with_all_forms(history(rest, when)?);
    }
    if typed.is_empty() {
        return Ok(Command::History(FOUND_DEFAULT));
    }
    if let Ok(count) = typed.parse() {
        return Ok(Command::History(count));
    }
    match when(typed) {
        Some(span) => {
            let query = Query {
                since_ms: Some(span.start_ms),
                limit: FOUND_MAX,
                ..Query::default()
            };
            Ok(find(query, Purpose::Since))
        }
        None => Err(Failure::NoCount(typed.to_owned())),
    }
}

/// The same, with what edited messages said before.
fn with_all_forms(command: Command) -> Result<Command, Failure> {
    let (query, purpose) = match command {
        Command::History(limit) => {
            let query = Query {
                limit,
                ..Query::default()
            };
            (query, Purpose::History)
        }
        Command::Find { query, purpose } => (*query, purpose),
        other => return Ok(other),
    };
    let query = Query {
        has_all_forms: true,
        ..query
    };
    Ok(find(query, purpose))
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
    let query = Query {
        only: Some(only),
        context: CONTEXT,
        limit: 1,
        ..Query::default()
    };
    Ok(find(query, Purpose::Search))
}

/// What `/search` asks for: words, and behind them, in any order, whose and of which time.
pub(super) fn search(typed: &str, when: impl Fn(&str) -> Option<Span>) -> Result<Command, Failure> {
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
    let at = |typed: Option<String>| match typed {
        Some(typed) => when(&typed).ok_or(Failure::NoTime(typed)).map(Some),
        None => Ok(None),
    };
    query.since_ms = at(since)?.map(|span| span.start_ms);
    // A day counts to its end.
    query.until_ms = at(until)?.map(|span| span.end_ms);
    if Terms::parse(&query.words).is_ok_and(|terms| terms.has_no_word()) {
        return Err(Failure::NoWord(query.words));
    }
    let limit = query.limit.clamp(1, FOUND_MAX);
    let purpose = Purpose::Search;
    let query = Query { limit, ..query };
    let is_unlimited = query.from.is_none() && query.since_ms.or(query.until_ms).is_none();
    match query.words.is_empty() && is_unlimited {
        true => Err(Failure::Usage(SEARCH_USAGE)),
        false => Ok(find(query, purpose)),
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
