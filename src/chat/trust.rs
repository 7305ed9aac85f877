//! Which key each name belongs to: the one that it was first seen with, or the one whose code was
//! compared. Names are claims and keys are people, so a second key under a name is another person.

use std::collections::BTreeMap;

use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Most names known at once. Later names are not remembered.
const NAMES_MAX: usize = 16_384;

/// The mark behind the name of a verified person. A name that contains it belongs to nobody.
pub const VERIFIED: char = '✓';

/// The mark beside the name of a private message's author.
pub const PRIVATE: char = '✉';

/// The sign between a name and the suffix of a namesake.
pub const SUFFIX: char = '#';

/// What a person is under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The first person seen with it.
    First,
    /// The person whose code was compared.
    Verified,
    /// Another person than the one the name belongs to.
    Namesake,
    /// It is not known yet: what was remembered has not been read.
    Unknown,
    /// The wire proves nothing.
    Unproven,
    /// The person has given no name, on a wire that proves nothing.
    Nameless,
}

/// Names and the keys that they belong to.
#[derive(Clone, Debug, Default)]
pub struct Trust(BTreeMap<Name, (Key, Standing)>);

impl Trust {
    /// Gives a name to a key, as an earlier session did.
    pub fn know(&mut self, name: Name, key: Key) {
        self.0.insert(name, (key, Standing::First));
    }

    /// Gives a name to a key whose code was compared.
    pub fn verify(&mut self, name: Name, key: Key) {
        self.0.insert(name, (key, Standing::Verified));
    }

    /// Gives a name to a key if it belongs to nobody, and returns whether it did.
    pub fn meet(&mut self, name: &Name, key: &Key) -> bool {
        if self.0.contains_key(name) || self.0.len() >= NAMES_MAX {
            return false;
        }
        self.0.insert(name.clone(), (*key, Standing::First));
        true
    }

    /// Whether a name belongs to somebody.
    #[must_use]
    pub fn knows(&self, name: &Name) -> bool {
        self.0.contains_key(name)
    }

    /// What the person with a key is under a name.
    #[must_use]
    pub fn standing(&self, name: &Name, key: &Key) -> Standing {
        match self.0.get(name) {
            Some((known, standing)) if known == key && !is_disguise(name) => *standing,
            None if !is_disguise(name) => Standing::First,
            _ => Standing::Namesake,
        }
    }
}

/// Whether a name looks like another one with our own marks.
fn is_disguise(name: &Name) -> bool {
    let name = name.as_str();
    let digits = name.rsplit_once(SUFFIX).map(|(_, digits)| digits);
    let is_digits =
        |digits: &str| digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
    name.contains([VERIFIED, PRIVATE]) || digits.is_some_and(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn a_name_belongs_to_its_first_key_until_another_is_verified() {
        let (first, second) = (Key([1; 32]), Key([2; 32]));
        let mut trust = Trust::default();
        assert!(trust.meet(&name("ana"), &first));
        assert!(!trust.meet(&name("ana"), &second));
        assert_eq!(trust.standing(&name("ana"), &first), Standing::First);
        assert_eq!(trust.standing(&name("ana"), &second), Standing::Namesake);
        trust.verify(name("ana"), second);
        assert_eq!(trust.standing(&name("ana"), &first), Standing::Namesake);
        assert_eq!(trust.standing(&name("ana"), &second), Standing::Verified);
    }

    #[test]
    fn nobody_seems_verified_or_another_by_his_name() {
        let trust = Trust::default();
        let standing = |text| trust.standing(&name(text), &Key([1; 32]));
        for disguise in ["ana ✓", "✉ ana", "ana#3f9c"] {
            assert_eq!(standing(disguise), Standing::Namesake, "{disguise}");
        }
        for plain in ["ana", "C#", "#turma"] {
            assert_eq!(standing(plain), Standing::First, "{plain}");
        }
    }
}
