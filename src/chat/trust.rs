//! Whose a name is: the first person who spoke under it, or the one whose code was compared.
//! Names are claims and keys are people, so a second key under a name, or under one that looks
//! like it, is another person.

use std::borrow::Cow;
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
    /// Gives a name to a key, as an earlier session did or a comparison of codes does. A name goes
    /// from one person to another only by a comparison.
    pub fn know(&mut self, name: &Name, key: Key, tenure: Tenure) {
        let looks = self.looks(name);
        if tenure == Tenure::Verified || !self.owners_of(&looks).any(|owner| owner.key != key) {
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
        let is_kept = |owner: &Owner| owner.key == *key && owner.tenure != Tenure::Stay;
        if let Some(known) = self.looks.get(name)
            && self.owners_of(&known.looks).all(is_kept)
            && self.owners_of(&known.looks).next().is_some()
        {
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

    /// Takes back that a person's code was compared, whatever they were called then.
    pub fn unverify_all(&mut self, key: &Key) {
        let is_theirs = |owner: &&mut Owner| owner.key == *key;
        for owner in self.owners.values_mut().filter(is_theirs) {
            if owner.tenure == Tenure::Verified {
                owner.tenure = Tenure::Kept;
            }
        }
    }

    /// What the person with a key is under a name.
    #[must_use]
    pub fn standing(&self, name: &Name, key: &Key) -> Standing {
        let appearance = self.appearance(name);
        let owners: Vec<&Owner> = self.owners_of(&appearance.looks).collect();
        if appearance.is_odd || owners.iter().any(|owner| owner.key != *key) {
            return Standing::Namesake;
        }
        let is_verified = |owner: &&Owner| owner.tenure == Tenure::Verified;
        match owners.is_empty() {
            true if self.is_full() => Standing::Unknown,
            false if owners.iter().any(is_verified) => Standing::Verified,
            _ => Standing::First,
        }
    }

    /// Whether two names look alike.
    #[must_use]
    pub fn are_alike(&self, one: &Name, other: &Name) -> bool {
        self.appearance(one)
            .looks
            .is_like(&self.appearance(other).looks)
    }

    /// What a name looks like to whoever does not heed upper and lower case.
    #[must_use]
    pub fn look(&self, name: &Name) -> String {
        let [look, _] = &self.appearance(name).looks.0;
        look.clone()
    }

    /// Whether no more names are kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.kept >= NAMES_MAX
    }

    fn claim(&mut self, name: &Name, key: &Key, tenure: Tenure) -> bool {
        let looks = self.looks(name);
        let is_passing = |owner: &Owner| owner.key == *key && owner.tenure == Tenure::Stay;
        let is_new = match self.owners_of(&looks).next() {
            None => !self.is_full(),
            // Theirs already, and now for longer.
            Some(_) => tenure != Tenure::Stay && self.owners_of(&looks).all(is_passing),
        };
        let is_new = is_new && !self.appearance(name).is_odd;
        if is_new {
            self.give(&looks, *key, tenure);
        }
        is_new
    }

    fn give(&mut self, looks: &Looks, key: Key, tenure: Tenure) {
        let was_kept = self
            .owners_of(looks)
            .any(|owner| owner.tenure != Tenure::Stay);
        self.kept += usize::from(tenure != Tenure::Stay && !was_kept);
        for look in &looks.0 {
            self.owners.insert(look.clone(), Owner { key, tenure });
        }
    }

    /// Who owns one of these looks: a name that looks like those of two people is of neither.
    fn owners_of<'t>(&'t self, looks: &'t Looks) -> impl Iterator<Item = &'t Owner> {
        looks.0.iter().filter_map(|look| self.owners.get(look))
    }

    fn appearance(&self, name: &Name) -> Cow<'_, Appearance> {
        match self.looks.get(name) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(Appearance::of(name)),
        }
    }

    /// What a name looks like, which is remembered.
    fn looks(&mut self, name: &Name) -> Looks {
        if self.looks.len() >= NAMES_MAX && !self.looks.contains_key(name) {
            self.looks.clear();
        }
        let appearance = self.looks.entry(name.clone());
        let appearance = appearance.or_insert_with_key(Appearance::of);
        appearance.looks.clone()
    }
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
    fn a_name_that_looks_like_those_of_two_people_is_of_neither() {
        let mut trust = Trust::default();
        assert!(trust.keep(&name("lan"), &FIRST));
        assert!(trust.keep(&name("ian"), &SECOND));
        // In capitals, it looks like the name of the one, and as it is spelled, like the other's.
        assert!(!trust.keep(&name("IAN"), &SECOND));
        assert_eq!(trust.standing(&name("IAN"), &SECOND), Standing::Namesake);
        assert_eq!(trust.standing(&name("lan"), &FIRST), Standing::First);
        trust.know(&name("IAN"), SECOND, Tenure::Kept);
        assert_eq!(trust.standing(&name("lan"), &FIRST), Standing::First);
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
