//! Whose a name is: the first person who spoke under it, or the one whose code was compared.
//! Names are claims and keys are people, so a second key under a name, or under one that looks
//! like it, is another person.

use std::collections::BTreeMap;

use crate::protocol::lookalike::{Looks, Oddity};
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Most names that are kept. When so many are, nobody new becomes the first with one: it is no
/// longer certain that they are.
pub const NAMES_MAX: usize = 10_000;

/// The mark behind the name of a verified person. A name that contains it belongs to nobody.
pub const VERIFIED: char = '✓';

/// The mark beside the name of a private message's author.
pub const PRIVATE: char = '✉';

/// The sign between a name and the suffix of a namesake.
pub const SUFFIX: char = '#';

/// What a person is under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The person whose name it is: the first one with it.
    First,
    /// The same, and the code was compared.
    Verified,
    /// Another person than the one the name belongs to.
    Namesake,
    /// It is not known whose the name is: what was remembered has not been read, or more people
    /// were met than are remembered.
    Unknown,
    /// The wire proves nothing.
    Unproven,
    /// The person has given no name, on a wire that proves nothing.
    Nameless,
}

/// How long a name stays somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// While they are here.
    Stay,
    /// Because they have spoken.
    Kept,
    /// Because their code was compared.
    Verified,
}

/// Whose a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    key: Key,
    tenure: Tenure,
}

/// Names and the keys that they belong to.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// What each name looks like, as far as it was asked for: it takes a while to find out.
    looks: BTreeMap<Name, Appearance>,
    /// Who owns each look.
    owners: BTreeMap<String, Owner>,
    /// How many names are kept.
    kept: usize,
}

/// What a name looks like.
#[derive(Clone, Debug)]
struct Appearance {
    looks: Looks,
    is_odd: bool,
}

impl Appearance {
    fn of(name: &Name) -> Self {
        Self {
            looks: Looks::of(name.as_str()),
            is_odd: Oddity::of(name.as_str()).is_some(),
        }
    }
}

impl Trust {
    /// Gives a name to a key, as an earlier session did or a comparison of codes does. A name that
    /// is verified goes only to another verified key.
    pub fn know(&mut self, name: &Name, key: Key, tenure: Tenure) {
        let looks = self.looks(name);
        let is_taken = owner(&self.owners, &looks).is_some_and(|owner| {
            owner.key != key && owner.tenure == Tenure::Verified && tenure != Tenure::Verified
        });
        if !is_taken {
            self.give(&looks, key, tenure);
        }
    }

    /// Gives a name to a key while its person is here, if it belongs to nobody.
    pub fn meet(&mut self, name: &Name, key: &Key) {
        self.claim(name, key, Tenure::Stay);
    }

    /// Gives a name to a key because its person has spoken, if it belongs to nobody else. Returns
    /// whether that is new.
    pub fn keep(&mut self, name: &Name, key: &Key) -> bool {
        // Asked for each message, and nearly always of somebody whose name it is already.
        let known = self.looks.get(name);
        let owner = known.and_then(|known| owner(&self.owners, &known.looks));
        if owner.is_some_and(|owner| owner.key == *key && owner.tenure != Tenure::Stay) {
            return false;
        }
        self.claim(name, key, Tenure::Kept)
    }

    /// Takes in that a person is gone: a name under which they said nothing is free again.
    pub fn leave(&mut self, name: &Name, key: &Key) {
        for look in self.looks(name).0 {
            let is_theirs = |owner: &Owner| owner.key == *key && owner.tenure == Tenure::Stay;
            if self.owners.get(&look).is_some_and(is_theirs) {
                self.owners.remove(&look);
            }
        }
    }

    /// Takes back that the code of a name's person was compared.
    pub fn unverify(&mut self, name: &Name, key: &Key) {
        let looks = self.looks(name);
        self.give(&looks, *key, Tenure::Kept);
    }

    /// What the person with a key is under a name.
    #[must_use]
    pub fn standing(&self, name: &Name, key: &Key) -> Standing {
        let appearance = match self.looks.get(name) {
            Some(known) => known,
            None => &Appearance::of(name),
        };
        match owner(&self.owners, &appearance.looks) {
            _ if appearance.is_odd => Standing::Namesake,
            Some(owner) if owner.key != *key => Standing::Namesake,
            Some(owner) if owner.tenure == Tenure::Verified => Standing::Verified,
            None if self.is_full() => Standing::Unknown,
            _ => Standing::First,
        }
    }

    /// Whether no more names are kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.kept >= NAMES_MAX
    }

    fn claim(&mut self, name: &Name, key: &Key, tenure: Tenure) -> bool {
        let is_full = self.is_full();
        let appearance = appearance(&mut self.looks, name);
        let is_new = match owner(&self.owners, &appearance.looks) {
            _ if appearance.is_odd => false,
            None => !is_full,
            Some(owner) => {
                let is_longer = owner.tenure == Tenure::Stay && tenure != Tenure::Stay;
                owner.key == *key && is_longer
            }
        };
        if is_new {
            let looks = appearance.looks.clone();
            self.give(&looks, *key, tenure);
        }
        is_new
    }

    fn give(&mut self, looks: &Looks, key: Key, tenure: Tenure) {
        let is_kept = |owner: &Owner| owner.tenure != Tenure::Stay;
        let was_kept = owner(&self.owners, looks).is_some_and(is_kept);
        self.kept += usize::from(tenure != Tenure::Stay && !was_kept);
        for look in &looks.0 {
            self.owners.insert(look.clone(), Owner { key, tenure });
        }
    }

    fn looks(&mut self, name: &Name) -> Looks {
        appearance(&mut self.looks, name).looks.clone()
    }
}

/// Who owns a name with these looks; a verified person before others.
fn owner<'o>(owners: &'o BTreeMap<String, Owner>, looks: &Looks) -> Option<&'o Owner> {
    let [one, other] = looks.0.each_ref().map(|look| owners.get(look));
    match (one, other) {
        (_, Some(owner)) if owner.tenure == Tenure::Verified => Some(owner),
        (one, other) => one.or(other),
    }
}

fn appearance<'n>(looks: &'n mut BTreeMap<Name, Appearance>, name: &Name) -> &'n Appearance {
    if looks.len() >= NAMES_MAX && !looks.contains_key(name) {
        looks.clear();
    }
    let appearance = looks.entry(name.clone());
    appearance.or_insert_with_key(Appearance::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    const FIRST: Key = Key([1; 32]);
    const SECOND: Key = Key([2; 32]);

    #[test]
    fn a_name_belongs_to_its_first_key_until_another_is_verified() {
        let mut trust = Trust::default();
        assert!(trust.keep(&name("ana"), &FIRST));
        assert!(!trust.keep(&name("ana"), &SECOND));
        assert_eq!(trust.standing(&name("ana"), &FIRST), Standing::First);
        assert_eq!(trust.standing(&name("ana"), &SECOND), Standing::Namesake);
        trust.know(&name("ana"), SECOND, Tenure::Verified);
        assert_eq!(trust.standing(&name("ana"), &FIRST), Standing::Namesake);
        assert_eq!(trust.standing(&name("ana"), &SECOND), Standing::Verified);
        trust.know(&name("ANA"), FIRST, Tenure::Kept);
        assert_eq!(trust.standing(&name("ana"), &FIRST), Standing::Namesake);
    }

    #[test]
    fn who_says_nothing_owns_a_name_only_while_they_are_here() {
        let mut trust = Trust::default();
        trust.meet(&name("ana"), &FIRST);
        assert_eq!(trust.standing(&name("ana"), &SECOND), Standing::Namesake);
        trust.leave(&name("ana"), &FIRST);
        assert!(trust.keep(&name("ana"), &SECOND));
        trust.leave(&name("ana"), &SECOND);
        assert_eq!(trust.standing(&name("ana"), &FIRST), Standing::Namesake);
    }

    #[test]
    fn names_that_look_alike_have_one_owner() {
        let mut trust = Trust::default();
        assert!(trust.keep(&name("Alice"), &FIRST));
        for alike in [
            "alice",
            "ALICE",
            "AIice",
            "аlice",
            "Alice\u{200b}",
            "Alice ",
        ] {
            assert!(!trust.keep(&name(alike), &SECOND));
            let standing = trust.standing(&name(alike), &SECOND);
            assert_eq!(standing, Standing::Namesake, "{alike:?}");
        }
        let standing = trust.standing(&name("alice"), &FIRST);
        assert_eq!(standing, Standing::First, "it is the same person");
    }

    #[test]
    fn nobody_seems_verified_or_another_by_his_name() {
        let mut trust = Trust::default();
        for disguise in ["ana ✓", "✉ ana", "ana#3f9c", "ana ✔", "ana\u{200b}"] {
            assert!(!trust.keep(&name(disguise), &FIRST));
            let standing = trust.standing(&name(disguise), &FIRST);
            assert_eq!(standing, Standing::Namesake, "{disguise}");
        }
        for plain in ["ana", "C#", "#turma"] {
            assert_eq!(
                trust.standing(&name(plain), &FIRST),
                Standing::First,
                "{plain}"
            );
        }
    }

    #[test]
    fn when_too_many_were_met_nobody_is_the_first() {
        let mut trust = Trust::default();
        for number in 0..NAMES_MAX {
            trust.keep(&name(&format!("liar {number}")), &SECOND);
        }
        assert!(trust.is_full());
        assert_eq!(trust.standing(&name("ana"), &FIRST), Standing::Unknown);
        assert!(!trust.keep(&name("ana"), &FIRST));
        let liar = trust.standing(&name("liar 7"), &FIRST);
        assert_eq!(liar, Standing::Namesake, "who was met first stays it");
    }
}
