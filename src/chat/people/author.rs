//! Who wrote a message: asked for each of a hundred thousand, and mostly of the same person.

use super::{Memory, People, SPEAKERS_MAX};
use crate::chat::event::Person;
use crate::chat::trust::Standing;
use crate::protocol::engine::event::NamedKey;

/// An author, found once.
#[derive(Debug)]
pub(super) struct RecentAuthor {
    who: NamedKey,
    standing: Standing,
    suffix: Option<String>,
}

impl People {
    /// The author of a message. A name that belongs to nobody is theirs from now on.
    pub(in crate::chat) fn author(&mut self, who: NamedKey) -> Person {
        let recent = match self.recent.take().filter(|recent| recent.who == who) {
            Some(recent) => recent,
            None => self.find_author(&who),
        };
        let recent = self.recent.insert(recent);
        Person {
            suffix: recent.suffix.clone(),
            standing: recent.standing,
            name: who.name.into(),
            key: Some(who.key),
        }
    }

    fn find_author(&mut self, who: &NamedKey) -> RecentAuthor {
        match self.memory {
            Memory::Unread if self.speakers.len() < SPEAKERS_MAX => {
                if !self.speakers.contains(who) {
                    self.speakers.push(who.clone());
                }
            }
            Memory::Unread => {}
            Memory::Kept | Memory::Passing => self.keep(who),
        }
        let standing = self.standing(who);
        RecentAuthor {
            who: who.clone(),
            suffix: self.suffix(who, standing),
            standing,
        }
    }
}
