//! All conversations, in the order of their numbers, and which of them is looked at. Pure. There is
//! always one.

use std::collections::VecDeque;
use std::iter::once;

use super::talk::{Talk, TalkKey};
use crate::chat::rooms::RoomNumber;

/// Most private conversations; the first of those without news makes room for the next.
const PRIVATE_MAX: usize = 64;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Talks {
    before: Vec<Talk>,
    shown: Talk,
    behind: VecDeque<Talk>,
}

impl Talks {
    /// One alone.
    pub(super) fn new(first: Talk) -> Self {
        Self {
            before: Vec::new(),
            shown: first,
            behind: VecDeque::new(),
        }
    }

    /// The one that is looked at.
    pub(super) fn shown(&self) -> &Talk {
        &self.shown
    }

    /// The same, to be changed.
    pub(super) fn shown_mut(&mut self) -> &mut Talk {
        &mut self.shown
    }

    /// The place of the one that is looked at, from 0.
    pub(super) fn at(&self) -> usize {
        self.before.len()
    }

    pub(super) fn len(&self) -> usize {
        self.before.len() + 1 + self.behind.len()
    }

    /// How many of them are rooms.
    pub(super) fn rooms(&self) -> usize {
        self.iter().filter(|talk| talk.key.with.is_none()).count()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Talk> {
        self.before
            .iter()
            .chain(once(&self.shown))
            .chain(&self.behind)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Talk> {
        let shown = once(&mut self.shown);
        self.before.iter_mut().chain(shown).chain(&mut self.behind)
    }

    pub(super) fn position(&self, key: &TalkKey) -> Option<usize> {
        self.iter().position(|talk| talk.key.is(key))
    }

    pub(super) fn get_mut(&mut self, key: &TalkKey) -> Option<&mut Talk> {
        self.iter_mut().find(|talk| talk.key.is(key))
    }

    /// Whether a conversation is the one that is looked at.
    pub(super) fn is_shown(&self, key: &TalkKey) -> bool {
        self.shown.key.is(key)
    }

    /// Looks at the one in a place, or at the last.
    pub(super) fn show(&mut self, at: usize) {
        while self.before.len() > at
            && let Some(last) = self.before.pop()
        {
            let was = std::mem::replace(&mut self.shown, last);
            self.behind.push_front(was);
        }
        while self.before.len() < at
            && let Some(first) = self.behind.pop_front()
        {
            let was = std::mem::replace(&mut self.shown, first);
            self.before.push(was);
        }
    }

    /// Adds one, rooms in their order before all private ones. Returns its place.
    pub(super) fn add(&mut self, talk: Talk) -> usize {
        if talk.key.with.is_some() {
            self.make_room_for_private();
        }
        let rank = |talk: &Talk| match talk.key.with {
            None => (false, talk.key.room),
            Some(_) => (true, RoomNumber(0)),
        };
        let wanted = rank(&talk);
        let at = self.iter().position(|talk| rank(talk) > wanted);
        let at = at.unwrap_or(self.len());
        match at.checked_sub(self.before.len() + 1) {
            None => self.before.insert(at, talk),
            Some(behind) => self.behind.insert(behind, talk),
        }
        at
    }

    fn make_room_for_private(&mut self) {
        let private = |talk: &&Talk| talk.key.with.is_some();
        if self.iter().filter(private).count() < PRIVATE_MAX {
            return;
        }
        let others = self.before.iter().chain(&self.behind);
        let mut others = others.filter(private);
        let quiet = others
            .clone()
            .find(|talk| talk.new == 0 && talk.input.text().is_empty());
        if let Some(key) = quiet.or_else(|| others.next()).map(|talk| talk.key.clone()) {
            self.remove(&key);
        }
    }

    /// Removes one, unless it is the last. If it was looked at, the one before it is from now on.
    pub(super) fn remove(&mut self, key: &TalkKey) {
        if !self.is_shown(key) {
            self.before.retain(|talk| !talk.key.is(key));
            self.behind.retain(|talk| !talk.key.is(key));
            return;
        }
        if let Some(next) = self.before.pop().or_else(|| self.behind.pop_front()) {
            self.shown = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::Person;
    use proptest::prelude::*;

    fn room(number: u16) -> TalkKey {
        TalkKey::of_room(RoomNumber(number))
    }

    fn with(name: &str) -> TalkKey {
        TalkKey::with(RoomNumber(1), Person::unproven(name))
    }

    fn keys(talks: &Talks) -> Vec<TalkKey> {
        talks.iter().map(|talk| talk.key.clone()).collect()
    }

    #[test]
    fn rooms_stand_in_their_order_before_the_private_ones() {
        let mut talks = Talks::new(Talk::new(room(2)));
        for key in [with("bia"), room(3), room(1), with("rui")] {
            talks.add(Talk::new(key));
        }
        let all = [room(1), room(2), room(3), with("bia"), with("rui")];
        assert_eq!(keys(&talks), all);
        assert_eq!((talks.at(), talks.rooms()), (1, 3));
        talks.show(4);
        assert!(talks.is_shown(&with("rui")));
        talks.remove(&with("rui"));
        assert!(talks.is_shown(&with("bia")));
        talks.show(0);
        talks.remove(&room(1));
        assert!(talks.is_shown(&room(2)));
        for key in [room(3), with("bia"), room(2), room(2)] {
            talks.remove(&key);
        }
        assert_eq!(keys(&talks), [room(2)]);
    }

    #[test]
    fn private_ones_have_a_limit_and_those_with_news_stay_longest() {
        let mut talks = Talks::new(Talk::new(room(1)));
        for number in 0..PRIVATE_MAX {
            let mut talk = Talk::new(with(&number.to_string()));
            talk.new = usize::from(number != 7);
            talks.add(talk);
        }
        talks.add(Talk::new(with("one more")));
        assert_eq!(talks.len(), PRIVATE_MAX + 1);
        assert_eq!(talks.position(&with("7")), None);
        assert!(talks.position(&with("one more")).is_some());
    }

    proptest! {
        #[test]
        fn looking_elsewhere_changes_no_order(
            numbers in proptest::collection::vec(0_u16..20, 1..12),
            looks in proptest::collection::vec(0_usize..14, 0..20),
        ) {
            let mut talks = Talks::new(Talk::new(room(99)));
            for number in &numbers {
                if talks.position(&room(*number)).is_none() {
                    let at = talks.add(Talk::new(room(*number)));
                    prop_assert_eq!(talks.position(&room(*number)), Some(at));
                }
            }
            let all = keys(&talks);
            for at in looks {
                talks.show(at);
                prop_assert_eq!(talks.at(), at.min(all.len() - 1));
                prop_assert_eq!(&keys(&talks), &all);
            }
            prop_assert!(all.windows(2).all(|two| two[0].room < two[1].room));
        }
    }
}
