//! The conversation as a face holds it: messages in the order that all members agree on, each once.
//! A face that comes late fills it from a [`Snapshot`] and goes on with the events after it; in
//! which order both arrive makes no difference, because a message is known by its id.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::event::{Id, MemberState, Message, News, Ready, Timing};
use super::forms::{EarlyChanges, change_in};
use crate::protocol::engine::event::Version;

/// Messages that a transcript holds at most; the oldest go first.
pub const MESSAGES_MAX: usize = 5000;

/// A room as it is now, for a face that comes late.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// This member and its room; `None` before the network was looked at.
    pub ready: Option<Ready>,
    /// Everybody who is here, this member first.
    pub members: Vec<MemberState>,
    /// The newest messages, in the common order.
    pub messages: Vec<Message>,
    /// The newest message that this person has read; `None` if nothing was marked as read.
    pub read_until: Option<Id>,
}

/// See the file's head.
#[derive(Clone, Debug)]
pub struct Transcript {
    messages: BTreeMap<Id, Message>,
    /// How many of them there are at most.
    most: usize,
    early: EarlyChanges,
}

impl Default for Transcript {
    fn default() -> Self {
        Self::holding(MESSAGES_MAX)
    }
}

impl Transcript {
    /// An empty one that holds so many messages at most.
    #[must_use]
    pub fn holding(most: usize) -> Self {
        Self {
            messages: BTreeMap::new(),
            most,
            early: EarlyChanges::default(),
        }
    }

    /// Takes the oldest message out.
    pub fn pop_oldest(&mut self) -> Option<Message> {
        self.messages.pop_first().map(|(_, message)| message)
    }

    /// Takes in an event. Anything but messages is no part of the conversation.
    pub fn apply(&mut self, news: &News) {
        match news {
            News::Message(message) => self.insert(message),
            News::Snapshot(snapshot) => {
                let messages = snapshot.messages.iter();
                messages.for_each(|message| self.insert(message));
            }
            News::Forgotten(it) => self.messages.retain(|_, message| !it.covers(message)),
            _ => self.amend(news),
        }
    }

    /// Applies a change, at once or when its message comes.
    fn amend(&mut self, news: &News) {
        let Some((id, who, version, text)) = change_in(news) else {
            return;
        };
        let is_full = self.messages.len() >= self.most;
        let oldest = self.messages.keys().next();
        let is_forgotten = is_full && oldest > Some(&id);
        match self.messages.get_mut(&id) {
            Some(message) => message.amend(who.key.as_ref(), version, text),
            // It has made room for newer ones.
            None if is_forgotten => {}
            None => self.early.keep(id, who, version, text),
        }
    }

    fn insert(&mut self, message: &Message) {
        self.messages
            .entry(message.id)
            .and_modify(|known| {
                // When it was shown says nothing about the message itself.
                if known.timing == Timing::History {
                    known.timing = message.timing;
                }
                let (version, text) = (message.version.clone(), message.text());
                if version != Version::Original {
                    known.amend(message.who.key.as_ref(), version, text);
                }
            })
            .or_insert_with(|| {
                let mut message = message.clone();
                self.early.apply(&mut message);
                message
            });
        if self.messages.len() > self.most {
            self.messages.pop_first();
        }
    }

    /// The messages, the oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.values()
    }

    /// One message, if it is held.
    #[must_use]
    pub fn get(&self, id: Id) -> Option<&Message> {
        self.messages.get(&id)
    }

    /// The newest message before a place in the order, or of all.
    #[must_use]
    pub fn before(&self, id: Option<Id>) -> Option<&Message> {
        let (_, message) = match id {
            Some(id) => self.messages.range(..id).next_back(),
            None => self.messages.last_key_value(),
        }?;
        Some(message)
    }

    /// The oldest message behind a place in the order, or of all.
    #[must_use]
    pub fn after(&self, id: Option<Id>) -> Option<&Message> {
        let behind = id.map_or(Bound::Unbounded, Bound::Excluded);
        let (_, message) = self.messages.range((behind, Bound::Unbounded)).next()?;
        Some(message)
    }

    /// How many messages it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Person};
    use proptest::prelude::*;

    fn message(number: u64) -> Message {
        let content = Content::Text(number.to_string());
        Message::local(number, Person::unproven("ana"), content, number)
    }

    proptest! {
        #[test]
        fn the_order_and_repetition_of_what_is_told_make_no_difference(
            numbers in proptest::collection::vec(0_u64..50, 0..200),
            snapshot in proptest::collection::vec(0_u64..50, 0..50),
        ) {
            let told = numbers.iter().map(|number| News::Message(message(*number)));
            let snapshot = News::Snapshot(Box::new(Snapshot {
                ready: None,
                members: Vec::new(),
                messages: snapshot.into_iter().map(message).collect(),
                read_until: None,
            }));
            let (mut early, mut late) = (Transcript::default(), Transcript::default());
            early.apply(&snapshot);
            told.clone().for_each(|news| early.apply(&news));
            told.rev().for_each(|news| late.apply(&news));
            late.apply(&snapshot);
            let texts = |transcript: &Transcript| -> Vec<String> {
                transcript.messages().map(|said| said.text().to_owned()).collect()
            };
            prop_assert_eq!(texts(&early), texts(&late));
            let ids: Vec<Id> = early.messages().map(|said| said.id).collect();
            prop_assert!(ids.is_sorted());
        }
    }

    #[test]
    fn the_oldest_messages_make_room() {
        let mut transcript = Transcript::default();
        for number in 0..MESSAGES_MAX as u64 + 10 {
            transcript.apply(&News::Message(message(number)));
        }
        assert_eq!(transcript.len(), MESSAGES_MAX);
        let first = transcript.messages().next().map(|said| said.id);
        assert_eq!(first, Some(Id::Local(10)));
        let id = |message: Option<&Message>| message.map(|said| said.id);
        assert_eq!(id(transcript.after(None)), first);
        assert_eq!(id(transcript.after(first)), Some(Id::Local(11)));
        assert_eq!(id(transcript.before(Some(Id::Local(11)))), first);
        assert_eq!(id(transcript.before(first)), None);
        assert_eq!(
            id(transcript.before(None)),
            transcript.messages().last().map(|said| said.id)
        );
    }
}
