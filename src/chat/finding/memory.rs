//! A search among the messages in memory. Opening all of them takes longer than a loop should stand
//! still, so that it goes from the newest to the oldest in parts.

use std::collections::VecDeque;

use super::Purpose;
use crate::chat::archive::author::Author;
use crate::chat::archive::record::Forgotten;
use crate::chat::archive::search::{Place, Query, ShortId};
use crate::chat::archive::terms::{Terms, TooManyTerms};
use crate::chat::command::RequestId;
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::config::HISTORY_MESSAGES;
use crate::protocol::engine::event::{Amended, Delivery, Version};
use crate::protocol::engine::history::HistoryWalk;

/// Frames that are opened in one part, at some 4 µs each: in less than 5 ms.
pub(in crate::chat) const PART_FRAMES: usize = 512;

/// Most neighbours on each side of a match.
const CONTEXT_MAX: usize = 100;

/// Where words stand in a text, as ranges of bytes.
pub(super) type Marks = Vec<(usize, usize)>;

/// See the file's head.
#[derive(Debug)]
pub(super) struct MemorySearch {
    pub(super) request: RequestId,
    pub(super) purpose: Purpose,
    pub(super) walk: HistoryWalk,
    query: Query,
    terms: Terms,
    author: Option<Author>,
    /// How many matches may still be taken on the older side of the place.
    older_room: usize,
    /// How many matches are kept on the newer side: those next to the place.
    newer_max: usize,
    /// Matches on the newer side, the newest first.
    newer: VecDeque<Match>,
    /// Matches on the older side and all neighbours, the newest first.
    older: Vec<Match>,
    /// Newer neighbours of a match that may come.
    before_match: VecDeque<Delivery>,
    /// How many older neighbours the last match still lacks.
    owed: usize,
    has_older: bool,
    has_newer: bool,
}

/// A message that is shown because of a search.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) message: Delivery,
    /// Where the words stand; `None` if it is a neighbour.
    pub(super) marks: Option<Marks>,
}

/// On which side of the place a message stands that a walk meets.
enum Side {
    Newer,
    Older,
    /// Neither, because the message itself is the place, or is not asked for.
    Outside,
}

impl MemorySearch {
    /// A search that has not begun.
    ///
    /// # Errors
    /// A query of too many words.
    pub(super) fn new(
        request: RequestId,
        query: Query,
        purpose: Purpose,
    ) -> Result<Self, TooManyTerms> {
        let limit = query.limit.min(HISTORY_MESSAGES);
        let (older_room, newer_max) = query.place.halves(limit);
        Ok(Self {
            request,
            purpose,
            walk: HistoryWalk::default(),
            terms: Terms::parse(&query.words)?,
            author: query.from.as_deref().map(Author::parse),
            query,
            older_room,
            newer_max,
            newer: VecDeque::new(),
            older: Vec::new(),
            before_match: VecDeque::new(),
            owed: 0,
            has_older: false,
            has_newer: false,
        })
    }

    /// Takes in a part of the messages, the newest first. Returns whether no more are needed.
    pub(super) fn take(&mut self, messages: Vec<Delivery>) -> bool {
        for message in messages {
            if self.query.without.contains(&message.who.key) {
                continue;
            }
            if self.take_one(message) {
                return true;
            }
        }
        self.walk.is_over()
    }

    fn take_one(&mut self, message: Delivery) -> bool {
        match self.side(&message) {
            Side::Outside => self.has_newer |= matches!(self.query.place, Place::Before(_)),
            Side::Newer => {
                if let Some(marks) = self.marks(&message) {
                    let marks = Some(marks);
                    self.newer.push_back(Match { message, marks });
                    if self.newer.len() > self.newer_max {
                        self.newer.pop_front();
                        self.has_newer = true;
                    }
                }
            }
            Side::Older => match self.marks(&message) {
                Some(_) if self.older_room == 0 => {
                    self.has_older = true;
                    return true;
                }
                Some(marks) => {
                    self.older_room -= 1;
                    self.owed = self.query.context.min(CONTEXT_MAX);
                    let neighbours = std::mem::take(&mut self.before_match).into_iter();
                    let neighbours = neighbours.map(|message| Match {
                        message,
                        marks: None,
                    });
                    self.older.extend(neighbours);
                    let marks = Some(marks);
                    self.older.push(Match { message, marks });
                }
                None => self.pass(message),
            },
        }
        false
    }

    /// Takes in a message that is no match, but may be the neighbour of one.
    fn pass(&mut self, message: Delivery) {
        if self.owed > 0 {
            self.owed -= 1;
            let marks = None;
            return self.older.push(Match { message, marks });
        }
        let context = self.query.context.min(CONTEXT_MAX);
        if context > 0 && self.older_room > 0 {
            self.before_match.push_back(message);
            if self.before_match.len() > context {
                self.before_match.pop_front();
            }
        }
    }

    fn side(&self, message: &Delivery) -> Side {
        match self.query.place {
            Place::Newest => Side::Older,
            Place::Before(id) if message.id < id => Side::Older,
            Place::Before(_) => Side::Outside,
            Place::After(id) if message.id > id => Side::Newer,
            // The next one that is older says that there are older ones.
            Place::After(_) => Side::Older,
            Place::Around(ms) if clock_ms(message.id.position.clock) >= ms => Side::Newer,
            Place::Around(_) => Side::Older,
        }
    }

    /// Where the words stand in a message, if it is looked for.
    fn marks(&self, message: &Delivery) -> Option<Marks> {
        let query = &self.query;
        let wall_ms = clock_ms(message.id.position.clock);
        let is_meant = query.since_ms.is_none_or(|since_ms| wall_ms >= since_ms)
            && query.until_ms.is_none_or(|until_ms| wall_ms < until_ms)
            && query
                .only
                .is_none_or(|only| ShortId::of(&message.id) == only)
            && self.author.as_ref().is_none_or(|it| it.said(message))
            && self.terms.fit(&message.text);
        is_meant.then(|| self.terms.marks(&message.text))
    }

    /// Takes in that messages are forgotten while the search goes on.
    pub(super) fn forget(&mut self, forgotten: &[Forgotten]) {
        let stays = |message: &Delivery| {
            let (key, clock) = (&message.who.key, message.id.position.clock);
            !forgotten.iter().any(|it| it.covers(key, clock))
        };
        self.newer.retain(|it| stays(&it.message));
        self.older.retain(|it| stays(&it.message));
        self.before_match.retain(stays);
    }

    /// Takes in that a message was changed while the search goes on.
    pub(super) fn amend(&mut self, amended: &Amended) {
        self.walk.amend(amended);
        let found = self.newer.iter_mut().chain(&mut self.older);
        let found = found.map(|it| (&mut it.message, it.marks.as_mut()));
        let passed = self.before_match.iter_mut().map(|message| (message, None));
        for (message, marks) in found.chain(passed) {
            let is_it = message.id == amended.of && message.who.key == amended.who.key;
            if is_it && message.version.gives_way_to(amended.change()) {
                let text = amended.text.clone().unwrap_or_default();
                if let Some(marks) = marks {
                    *marks = self.terms.marks(&text);
                }
                message.version = match amended.text {
                    Some(_) => Version::Edited(Box::new(amended.by)),
                    None => Version::Deleted,
                };
                message.text = text;
            }
        }
    }

    /// What was found, the oldest first; whether there are older ones, and newer ones.
    pub(super) fn end(self) -> (Vec<Match>, bool, bool) {
        let newest_first = self.newer.into_iter().chain(self.older);
        let mut found: Vec<Match> = newest_first.collect();
        found.reverse();
        (found, self.has_older, self.has_newer)
    }
}
