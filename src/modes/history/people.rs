//! Who spoke, as this person knows them today: verified or not, and with digits where several go by
//! one name.

use std::collections::{BTreeMap, BTreeSet};

use crate::chat::archive::words::folded_name;
use crate::chat::event::Person;
use crate::chat::suffix;
use crate::chat::trust::Standing;
use crate::protocol::engine::event::NamedKey;
use crate::protocol::wire::frame::Key;
use crate::store::archive::FoundIn;
use crate::store::people::People;

/// What is known of those who spoke.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    verified: BTreeSet<Key>,
    /// Of whom nothing is shown in rooms.
    ignored: BTreeSet<Key>,
    /// The keys that go by each name, as it is compared.
    names: BTreeMap<String, BTreeSet<Key>>,
}

impl Speakers {
    /// Reads who was verified, and who is ignored. Without that file, nobody was.
    pub(super) fn open() -> Self {
        let known = People::known();
        let people = known.as_ref().and_then(|people| people.all().ok());
        let people = people.unwrap_or_default().into_iter();
        let verified = people.filter(|it| it.is_verified).map(|it| it.key);
        let ignored = known.as_ref().and_then(|people| people.ignored().ok());
        let ignored = ignored.unwrap_or_default().into_iter();
        Self {
            verified: verified.collect(),
            ignored: ignored.map(|it| it.key).collect(),
            names: BTreeMap::new(),
        }
    }

    /// Whether nothing of somebody is shown in rooms.
    pub(super) fn is_ignored(&self, key: &Key) -> bool {
        self.ignored.contains(key)
    }

    /// Takes in who is about to be shown.
    pub(super) fn meet(&mut self, found: &[FoundIn]) {
        for FoundIn { found, .. } in found {
            for NamedKey { name, key } in found.entry.to.iter().chain([&found.entry.who]) {
                let keys = self.names.entry(folded_name(name.as_str())).or_default();
                keys.insert(*key);
            }
        }
    }

    /// Somebody as they are shown.
    pub(super) fn person(&self, who: &NamedKey) -> Person {
        let keys = self.names.get(&folded_name(who.name.as_str()));
        let others = keys.filter(|keys| keys.len() > 1);
        let digits: Vec<String> = others.into_iter().flatten().map(suffix::digits).collect();
        let suffix = (!digits.is_empty()).then(|| {
            let own = suffix::digits(&who.key);
            suffix::shortest(own, digits.iter().map(String::as_str))
        });
        Person {
            name: who.name.clone().into(),
            key: Some(who.key),
            standing: match self.verified.contains(&who.key) {
                true => Standing::Verified,
                false => Standing::First,
            },
            suffix,
        }
    }
}
