//! The messages of one conversation that are in memory: the newest, which grow as they are said,
//! and a part of what was said before, which is read in pages as it is looked at. Pure.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::chat::event::{Id, Message, News};
use crate::chat::forms::change_in;
use crate::chat::transcript::{MESSAGES_MAX, Transcript};

/// Newest messages that are held where none are kept.
const UNKEPT_MAX: usize = 20_000;

/// Older messages that are held beside the newest.
const OLDER_MAX: usize = 5000;

/// Older messages that are kept when the newest are looked at again.
const OLDER_KEPT: usize = 1000;

/// On which side of what is held a page was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Before the oldest.
    Before,
    /// Behind the last of the older ones.
    After,
    /// Elsewhere.
    Elsewhere,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Held {
    newest: Transcript,
    /// In one piece, all of them before the newest.
    older: BTreeMap<Id, Message>,
    /// Whether messages are missing between the older and the newest.
    has_hole: bool,
    /// Whether there may be messages before all that are held.
    has_older: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self::of_newest(MESSAGES_MAX)
    }
}

impl Held {
    /// Of a conversation that is kept, or that is nowhere but here.
    pub(super) fn of(is_archived: bool) -> Self {
        Self::of_newest(match is_archived {
            true => MESSAGES_MAX,
            false => UNKEPT_MAX,
        })
    }

    /// Nothing yet, and so many of the newest at most.
    pub(super) fn of_newest(count: usize) -> Self {
        Self {
            newest: Transcript::holding(count),
            older: BTreeMap::new(),
            has_hole: false,
            has_older: true,
        }
    }

    /// Takes in a message or a change of one; whether it was a new message.
    pub(super) fn follow(&mut self, news: &News) -> bool {
        if let Some((id, who, version, text)) = change_in(news)
            && let Some(message) = self.older.get_mut(&id)
        {
            message.amend(who.key.as_ref(), version, text);
            return false;
        }
        if let News::Forgotten(it) = news {
            self.older.retain(|_, message| !it.covers(message));
        }
        if let News::Message(message) = news
            && self.older.contains_key(&message.id)
        {
            return false;
        }
        let ends = |newest: &Transcript| {
            let id = |message: Option<&Message>| message.map(|message| message.id);
            (
                newest.len(),
                id(newest.after(None)),
                id(newest.before(None)),
            )
        };
        let before = ends(&self.newest);
        self.newest.apply(news);
        let after = ends(&self.newest);
        // The oldest of the newest have made room.
        let has_dropped = before.0 > 0 && after.0 <= before.0 && after.1 > before.1;
        self.has_older |= has_dropped;
        self.has_hole |= has_dropped && !self.older.is_empty();
        self.take_what_is_older();
        after.0 > before.0 || after.2 != before.2
    }

    /// A late message that stands among the older ones belongs to them.
    fn take_what_is_older(&mut self) {
        let last = self.older.last_key_value().map(|(id, _)| *id);
        while let Some(last) = last
            && let Some(first) = self.newest.after(None).map(|first| first.id)
            && first <= last
        {
            if let Some(message) = self.newest.pop_oldest() {
                self.older.insert(message.id, message);
            }
        }
    }

    /// Takes in a page of what was said before. One of the sides touches what is held there.
    pub(super) fn add_page(&mut self, side: Side, page: Vec<Message>, has_older: bool) {
        let first = self.newest.after(None).map(|message| message.id);
        let is_older = |message: &Message| first.is_none_or(|first| message.id < first);
        let meets_newest = page.iter().any(|message| !is_older(message));
        let is_empty = page.is_empty();
        if side == Side::Elsewhere {
            self.older.clear();
            self.has_hole = !meets_newest;
        }
        for message in page {
            match is_older(&message) {
                true => drop(self.older.entry(message.id).or_insert(message)),
                false => self.newest.apply(&News::Message(message)),
            }
        }
        match side {
            Side::Before | Side::Elsewhere => self.has_older = has_older,
            Side::After if meets_newest || is_empty => self.has_hole = false,
            Side::After => {}
        }
        while self.older.len() > OLDER_MAX {
            match side {
                Side::Before => {
                    self.older.pop_last();
                    self.has_hole = true;
                }
                Side::After | Side::Elsewhere => {
                    self.older.pop_first();
                    self.has_older = true;
                }
            }
        }
    }

    /// The newest are looked at again: most of what is older need not be held.
    pub(super) fn end_reading(&mut self) {
        if self.has_hole || self.older.len() > OLDER_KEPT {
            self.older.clear();
            self.has_hole = false;
            self.has_older = true;
        }
    }

    /// The oldest message that is held.
    pub(super) fn first(&self) -> Option<Id> {
        let older = self.older.keys().next().copied();
        older.or_else(|| self.newest.after(None).map(|message| message.id))
    }

    /// Whether there may be messages before all that are held.
    pub(super) fn has_older(&self) -> bool {
        self.has_older
    }

    /// The last message before those that are missing, if some are.
    pub(super) fn hole(&self) -> Option<Id> {
        let last = self.older.last_key_value().map(|(id, _)| *id);
        last.filter(|_| self.has_hole)
    }

    /// One message, if it is held.
    pub(super) fn get(&self, id: Id) -> Option<&Message> {
        self.newest.get(id).or_else(|| self.older.get(&id))
    }

    /// The newest message before a place in the order, or of all.
    pub(super) fn before(&self, id: Option<Id>) -> Option<&Message> {
        self.newest.before(id).or_else(|| {
            let end = id.map_or(Bound::Unbounded, Bound::Excluded);
            let (_, message) = self.older.range((Bound::Unbounded, end)).next_back()?;
            Some(message)
        })
    }

    /// The oldest message behind a place in the order, or of all.
    pub(super) fn after(&self, id: Option<Id>) -> Option<&Message> {
        let begin = id.map_or(Bound::Unbounded, Bound::Excluded);
        let older = self.older.range((begin, Bound::Unbounded)).next();
        older
            .map(|(_, message)| message)
            .or_else(|| self.newest.after(id))
    }

    /// The messages, the newest first.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.newest
            .messages()
            .rev()
            .chain(self.older.values().rev())
    }

    /// How many messages are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.newest.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Person, Timing};
    use proptest::prelude::*;

    /// A small memory: the numbers are what counts.
    const NEWEST: usize = 10;

    fn message(number: u64) -> Message {
        let content = Content::Text(number.to_string());
        Message {
            timing: Timing::History,
            ..Message::local(number, Person::unproven("ana"), content, number)
        }
    }

    fn numbers(held: &Held) -> Vec<u64> {
        let mut all: Vec<u64> = held
            .messages()
            .map(|message| message.text().parse().unwrap())
            .collect();
        all.reverse();
        all
    }

    fn page(numbers: std::ops::Range<u64>) -> Vec<Message> {
        numbers.map(message).collect()
    }

    #[test]
    fn pages_are_read_up_to_the_first_message_and_down_to_the_newest() {
        let mut held = Held::of_newest(NEWEST);
        assert!((100..110).all(|number| held.follow(&News::Message(message(number)))));
        assert!(held.has_older() && held.hole().is_none());
        held.add_page(Side::Before, page(80..100), true);
        assert_eq!(numbers(&held), (80..110).collect::<Vec<_>>());
        // What is said meanwhile makes a hole between both.
        held.follow(&News::Message(message(110)));
        assert_eq!(held.hole(), Some(Id::Local(99)));
        held.add_page(Side::After, page(100..101), true);
        assert_eq!(held.hole(), Some(Id::Local(100)));
        held.add_page(Side::After, page(101..106), true);
        assert_eq!(held.hole(), None);
        assert_eq!(numbers(&held), (80..111).collect::<Vec<_>>());
        held.add_page(Side::Before, page(0..80), false);
        assert!(!held.has_older());
        held.add_page(Side::Elsewhere, page(20..30), true);
        assert_eq!((held.len(), held.hole()), (20, Some(Id::Local(29))));
        held.end_reading();
        assert_eq!(numbers(&held), (101..111).collect::<Vec<_>>());
        assert!(held.has_older());
    }

    #[test]
    fn no_reading_makes_it_grow_without_end() {
        let mut held = Held::of_newest(NEWEST);
        held.follow(&News::Message(message(1_000_000)));
        for number in (0..20).rev() {
            let begin = number * 1000;
            held.add_page(Side::Before, page(begin..begin + 1000), begin > 0);
            assert!(held.len() <= OLDER_MAX + 1);
        }
        assert_eq!(held.first(), Some(Id::Local(0)));
        assert_eq!(held.hole(), Some(Id::Local(OLDER_MAX as u64 - 1)));
        held.add_page(Side::After, page(5000..6000), true);
        assert_eq!(held.first(), Some(Id::Local(1000)));
        assert!(held.has_older());
    }

    proptest! {
        #[test]
        fn the_order_is_one_whatever_is_said_and_read(
            events in proptest::collection::vec((0_u64..60, 0_u64..12, 0_u8..5), 0..40),
        ) {
            let mut held = Held::of_newest(NEWEST);
            for (number, count, kind) in events {
                let page = page(number..number + count);
                match kind {
                    0 => held.add_page(Side::Before, page, true),
                    1 => held.add_page(Side::After, page, true),
                    2 => held.add_page(Side::Elsewhere, page, true),
                    3 => held.end_reading(),
                    _ => drop(held.follow(&News::Message(message(number)))),
                }
                let all = numbers(&held);
                prop_assert!(all.windows(2).all(|two| two[0] < two[1]), "{all:?}");
                let mut at = None;
                let mut walked = Vec::new();
                while let Some(message) = held.before(at) {
                    at = Some(message.id);
                    walked.push(message.text().parse::<u64>().unwrap());
                    prop_assert!(held.get(message.id).is_some());
                }
                walked.reverse();
                prop_assert_eq!(&walked, &all);
                let mut at = None;
                for number in all {
                    let message = held.after(at).unwrap();
                    prop_assert_eq!(message.id, Id::Local(number));
                    at = Some(message.id);
                }
            }
        }
    }
}
