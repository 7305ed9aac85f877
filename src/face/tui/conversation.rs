//! What was said and what happened beside it, in one order. Pure. Messages stand where all members
//! have them; what else happens stands behind the newest message of its time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::super::arrivals::Movement;
use super::held::Held;
use crate::chat::event::{Guest, Id, Message, News};
use crate::protocol::wire::preview::Pixels;

/// Most asides that are held; the oldest go first.
const ASIDES_MAX: usize = 2000;

/// Most people who are named in one line of who came and went.
const NAMED_MAX: usize = 8;

/// Most messages that are unfolded at once; the oldest fold again.
const UNFOLDED_MAX: usize = 64;

/// A place in the order: behind a message, or before all of them. The message itself is number 0.
pub(super) type Place = (Option<Id>, u64);

/// What is no message of the room.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aside {
    /// When, in milliseconds since 1970.
    pub(super) wall_ms: u64,
    pub(super) what: What,
}

/// See [`Aside`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A sentence of ours.
    Sentence(String),
    /// What the picture shows that the sentence before it is about.
    Preview(Box<Pixels>),
    /// A program of the plain wire says something.
    Guest(Guest),
    /// People came or went: each movement with how many they were, and some of their names.
    Moves(Vec<(Movement, usize, Vec<String>)>),
}

/// What stands at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry<'c> {
    Message(&'c Message),
    Aside(&'c Aside),
}

impl Entry<'_> {
    /// When it was said or happened, in milliseconds since 1970.
    pub(super) fn wall_ms(&self) -> u64 {
        match self {
            Self::Message(message) => message.wall_ms,
            Self::Aside(aside) => aside.wall_ms,
        }
    }
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) held: Held,
    asides: BTreeMap<Place, Aside>,
    asides_told: u64,
    unfolded: BTreeSet<Place>,
    /// Nothing at or before this place is shown.
    pub(super) floor: Option<Place>,
}

impl Conversation {
    /// Takes in a message, or a change of one. Whether it was a new message.
    pub(super) fn follow(&mut self, news: &News) -> bool {
        self.held.follow(news)
    }

    fn newest(&self) -> Option<Id> {
        self.held.before(None).map(|message| message.id)
    }

    /// Takes in what happens beside the messages.
    pub(super) fn note(&mut self, wall_ms: u64, what: What) {
        let place = (self.newest(), self.next_number());
        self.asides.insert(place, Aside { wall_ms, what });
        if self.asides.len() > ASIDES_MAX {
            self.asides.pop_first();
        }
    }

    fn next_number(&mut self) -> u64 {
        self.asides_told += 1;
        self.asides_told
    }

    /// Takes in that somebody comes or goes: in the line of those who have just done so, if that is
    /// the last.
    pub(super) fn note_move(&mut self, wall_ms: u64, movement: Movement, name: String) {
        let newest = self.newest();
        let floor = self.floor;
        let is_open = |place: &Place| place.0 == newest && Some(*place) > floor;
        let last = self.asides.last_entry().filter(|last| is_open(last.key()));
        if let Some(mut last) = last
            && let What::Moves(moves) = &mut last.get_mut().what
        {
            match moves.iter_mut().find(|(known, ..)| *known == movement) {
                Some((_, count, named)) => {
                    *count += 1;
                    if named.len() < NAMED_MAX {
                        named.push(name);
                    }
                }
                None => moves.push((movement, 1, vec![name])),
            }
            return;
        }
        self.note(wall_ms, What::Moves(vec![(movement, 1, vec![name])]));
    }

    /// What stands at a place.
    pub(super) fn get(&self, place: Place) -> Option<Entry<'_>> {
        match place {
            (Some(id), 0) => self.held.get(id).map(Entry::Message),
            _ => self.asides.get(&place).map(Entry::Aside),
        }
    }

    /// The place before one, or the last of all; none at the floor.
    pub(super) fn before(&self, place: Option<Place>) -> Option<Place> {
        let message = match place {
            None => self.held.before(None),
            Some((None, _)) => None,
            Some((Some(id), 0)) => self.held.before(Some(id)),
            // The message itself stands before what follows it; it may have made room by now.
            Some((Some(id), _)) => {
                let itself = self.held.get(id);
                itself.or_else(|| self.held.before(Some(id)))
            }
        };
        let message = message.map(|message| (Some(message.id), 0));
        let end = place.map_or(Bound::Unbounded, Bound::Excluded);
        let aside = self.asides.range((Bound::Unbounded, end)).next_back();
        let aside = aside.map(|(place, _)| *place);
        message.max(aside).filter(|place| Some(*place) > self.floor)
    }

    /// The place behind one, and behind the floor.
    pub(super) fn after(&self, place: Place) -> Option<Place> {
        let place = self.floor.map_or(place, |floor| floor.max(place));
        let message = self.held.after(place.0);
        let message = message.map(|message| (Some(message.id), 0));
        let begin = Bound::Excluded(place);
        let aside = self.asides.range((begin, Bound::Unbounded)).next();
        let aside = aside.map(|(place, _)| *place);
        match (message, aside) {
            (Some(message), Some(aside)) => Some(message.min(aside)),
            (message, aside) => message.or(aside),
        }
    }

    /// The place itself if something stands there, or else the nearest that has something.
    pub(super) fn nearest(&self, place: Place) -> Option<Place> {
        let is_there = Some(place) > self.floor && self.get(place).is_some();
        match is_there {
            true => Some(place),
            false => self.before(Some(place)).or_else(|| self.after(place)),
        }
    }

    /// Whether a long message is shown whole.
    pub(super) fn is_unfolded(&self, place: Place) -> bool {
        self.unfolded.contains(&place)
    }

    /// Shows a long message whole.
    pub(super) fn unfold(&mut self, place: Place) {
        self.unfolded.insert(place);
        if self.unfolded.len() > UNFOLDED_MAX {
            self.unfolded.pop_first();
        }
    }

    /// Shows a long message whole, or folds it again.
    pub(super) fn toggle(&mut self, place: Place) {
        if !self.unfolded.remove(&place) {
            self.unfold(place);
        }
    }

    /// The messages, the newest first.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.held.messages()
    }

    /// Shows nothing of what is held now.
    pub(super) fn clear(&mut self) {
        let floor = self.floor.take();
        self.floor = self.before(None).or(floor);
    }

    /// How many messages are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Person};
    use proptest::prelude::*;

    fn message(number: u64) -> News {
        let content = Content::Text(number.to_string());
        News::Message(Message::local(number, Person::unproven("ana"), content, 0))
    }

    fn places(conversation: &Conversation) -> Vec<Place> {
        let mut places = Vec::new();
        let mut at = conversation.before(None);
        while let Some(place) = at {
            places.push(place);
            at = conversation.before(Some(place));
        }
        places.reverse();
        places
    }

    #[test]
    fn who_comes_and_goes_shares_a_line() {
        let mut conversation = Conversation::default();
        conversation.note_move(0, Movement::Entered, "ana".into());
        conversation.note_move(0, Movement::Left, "bia".into());
        (0..20).for_each(|n| conversation.note_move(0, Movement::Entered, n.to_string()));
        assert_eq!(places(&conversation).len(), 1);
        let Some(Entry::Aside(aside)) = conversation.get((None, 1)) else {
            panic!("{conversation:?}");
        };
        let What::Moves(moves) = &aside.what else {
            panic!("{aside:?}");
        };
        assert_eq!(
            (moves.len(), moves[0].1, moves[0].2.len()),
            (2, 21, NAMED_MAX)
        );
        conversation.follow(&message(1));
        conversation.note_move(0, Movement::Left, "ana".into());
        assert_eq!(places(&conversation).len(), 3);
        conversation.clear();
        assert_eq!(places(&conversation), []);
        conversation.follow(&message(2));
        assert_eq!(places(&conversation).len(), 1);
    }

    proptest! {
        #[test]
        fn the_order_is_one_whichever_way_it_is_walked(
            told in proptest::collection::vec((0_u64..40, any::<bool>()), 0..80),
            floor in 0_u64..40,
        ) {
            let mut conversation = Conversation::default();
            for (number, is_message) in &told {
                match is_message {
                    true => {
                        conversation.follow(&message(*number));
                    }
                    false => conversation.note(0, What::Sentence(number.to_string())),
                }
            }
            let all = places(&conversation);
            prop_assert!(all.is_sorted());
            for (one, next) in all.iter().zip(all.iter().skip(1)) {
                prop_assert_eq!(conversation.after(*one), Some(*next));
            }
            for place in &all {
                prop_assert!(conversation.get(*place).is_some());
                prop_assert_eq!(conversation.nearest(*place), Some(*place));
            }
            let asides = told.iter().filter(|(_, is_message)| !is_message).count();
            prop_assert_eq!(all.len(), conversation.len() + asides);
            let floor = (Some(Id::Local(floor)), 0);
            conversation.floor = Some(floor);
            prop_assert!(places(&conversation).iter().all(|place| *place > floor));
        }
    }
}
