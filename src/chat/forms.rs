//! What a message says after its author's changes, whatever comes first: the message or a change.

use std::collections::BTreeMap;

use super::event::{Id, Message, News, Person};
use crate::protocol::engine::config::TEXT_MAX_BYTES;
use crate::protocol::engine::event::{Change, Version};
use crate::protocol::wire::frame::Key;

/// Changes that are kept for messages which are not known yet: a change waits for nothing. Some 200
/// bytes each, beside the texts.
const EARLY_MAX: usize = 512;
/// The same of one person.
const EARLY_PER_PERSON_MAX: usize = 64;
/// Bytes of their texts: sixteen of the longest.
const EARLY_BYTES_MAX: usize = 16 * TEXT_MAX_BYTES;

/// A change as a transcript applies it.
#[derive(Clone, Debug)]
struct Amending {
    key: Option<Key>,
    version: Version,
    text: String,
}

/// Changes of messages that are not known yet.
#[derive(Clone, Debug, Default)]
pub(super) struct EarlyChanges {
    changes: BTreeMap<Id, Amending>,
    bytes: usize,
}

/// The change in some news, if there is one: of which message, by whom, and to what.
pub(crate) fn change_in(news: &News) -> Option<(Id, &Person, Version, &str)> {
    match news {
        News::Edited(edited) => {
            let version = Version::Edited(Box::new(edited.by));
            Some((edited.id, &edited.who, version, &edited.text))
        }
        News::Deleted(deleted) => Some((deleted.id, &deleted.who, Version::Deleted, "")),
        _ => None,
    }
}

fn change_to(version: &Version) -> Change<'_> {
    match version {
        Version::Edited(by) => Change::Edit(by),
        Version::Deleted | Version::Original => Change::Deletion,
    }
}

impl Message {
    /// Applies a change by somebody. Nobody but its author changes it, and nobody a private one.
    pub(crate) fn amend(&mut self, who: Option<&Key>, version: Version, text: &str) {
        let is_authors = who.is_some() && self.who.key.as_ref() == who;
        let is_newer = self.version.gives_way_to(change_to(&version));
        if is_authors && is_newer && !self.is_private {
            self.content.set_text(text);
            self.version = version;
        }
    }
}

impl EarlyChanges {
    /// Keeps a change until its message is known.
    pub(super) fn keep(&mut self, id: Id, who: &Person, version: Version, text: &str) {
        let known = self.changes.get(&id);
        if known.is_some_and(|known| !known.version.gives_way_to(change_to(&version))) {
            return;
        }
        self.forget(&id);
        self.bytes += text.len();
        let amending = Amending {
            key: who.key,
            version,
            text: text.to_owned(),
        };
        self.changes.insert(id, amending);
        let of_person = self.changes.values().filter(|kept| kept.key == who.key);
        if of_person.count() > EARLY_PER_PERSON_MAX {
            self.forget_oldest_of(who.key);
        }
        while self.changes.len() > EARLY_MAX || self.bytes > EARLY_BYTES_MAX {
            let heaviest = self.heaviest();
            self.forget_oldest_of(heaviest);
        }
    }

    /// The person whose changes take most room.
    fn heaviest(&self) -> Option<Key> {
        let mut uses: BTreeMap<Option<Key>, (usize, usize)> = BTreeMap::new();
        for kept in self.changes.values() {
            let (bytes, count) = uses.entry(kept.key).or_default();
            *bytes += kept.text.len();
            *count += 1;
        }
        let heaviest = uses.into_iter().max_by_key(|(_, amount)| *amount);
        heaviest.and_then(|(key, _)| key)
    }

    fn forget_oldest_of(&mut self, key: Option<Key>) {
        let oldest = self.changes.iter().find(|(_, kept)| kept.key == key);
        if let Some(oldest) = oldest.map(|(id, _)| *id) {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, id: &Id) -> Option<Amending> {
        let kept = self.changes.remove(id)?;
        self.bytes -= kept.text.len();
        Some(kept)
    }

    /// Applies what was kept for a message that is known now.
    pub(super) fn apply(&mut self, message: &mut Message) {
        if self.changes.is_empty() {
            return;
        }
        if let Some(kept) = self.forget(&message.id) {
            message.amend(kept.key.as_ref(), kept.version, &kept.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::Content;
    use crate::protocol::engine::event::MessageId;

    fn id(short: u64, sequence: u32) -> MessageId {
        let mut id = MessageId::default();
        (id.position.short, id.position.sequence) = (short, sequence);
        id
    }

    fn person(number: u8) -> Person {
        Person {
            key: Some(Key([number; 32])),
            ..Person::unproven("ana")
        }
    }

    fn edit(sequence: u32) -> Version {
        Version::Edited(Box::new(id(1, sequence)))
    }

    fn message() -> Message {
        Message {
            id: Id::Group(id(1, 1)),
            ..Message::local(0, person(1), Content::Text("original".into()), 0)
        }
    }

    #[test]
    fn only_the_author_changes_a_message_and_a_deletion_is_for_ever() {
        let mut changed = message();
        changed.amend(Some(&Key([2; 32])), edit(9), "alheio");
        changed.amend(None, edit(9), "de ninguém");
        assert_eq!(changed, message());
        for (sequence, text, expected) in [(5, "um", "um"), (3, "velho", "um"), (6, "dois", "dois")]
        {
            changed.amend(Some(&Key([1; 32])), edit(sequence), text);
            assert_eq!(changed.text(), expected);
        }
        changed.amend(Some(&Key([1; 32])), Version::Deleted, "");
        changed.amend(Some(&Key([1; 32])), edit(9), "de volta");
        assert_eq!((changed.text(), &changed.version), ("", &Version::Deleted));
        let mut private = Message {
            is_private: true,
            ..message()
        };
        private.amend(Some(&Key([1; 32])), edit(9), "público");
        assert_eq!(private.text(), "original");
    }

    #[test]
    fn whoever_changes_what_is_not_there_fills_no_memory_and_pushes_nobody_out() {
        let mut early = EarlyChanges::default();
        early.keep(message().id, &person(1), edit(7), "depois");
        let long = "x".repeat(TEXT_MAX_BYTES);
        for sequence in 0..10_000 {
            let attacker = person(2 + (sequence % 40) as u8);
            early.keep(Id::Group(id(2, sequence)), &attacker, edit(sequence), &long);
            assert!(early.changes.len() <= EARLY_MAX && early.bytes <= EARLY_BYTES_MAX);
        }
        let mut known = message();
        early.apply(&mut known);
        assert_eq!(known.text(), "depois");
    }
}
