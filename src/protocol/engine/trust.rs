//! Whom each name belongs to: the key that it was first seen with, or the one whose code was
//! compared. Names are claims and keys are people, so a second key under a name is another person,
//! whatever it says.

use std::collections::BTreeMap;

use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// Names that are known at once; who comes later under a new one is not remembered.
const NAMES_MAX: usize = 16_384;

/// What stands behind the name of somebody who was verified. Nobody may seem so by his name.
pub const VERIFIED: char = '✓';

/// What stands beside the name when nobody else could read a message.
pub const PRIVATE: char = '✉';

/// What stands between a name and the digits of a namesake.
const NAMESAKE: char = '#';

/// What a person is under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The first who was seen with it.
    First,
    /// The one whose code was compared.
    Verified,
    /// Somebody else.
    Namesake,
}

/// See the file's head.
#[derive(Clone, Debug, Default)]
pub struct Trust(BTreeMap<Name, (Key, Standing)>);

impl Trust {
    /// A name belongs to a key since an earlier session.
    pub fn know(&mut self, name: Name, key: Key, is_verified: bool) {
        let standing = match is_verified {
            true => Standing::Verified,
            false => Standing::First,
        };
        self.0.insert(name, (key, standing));
    }

    /// A name is seen with a key; whether it was never seen before.
    pub fn meet(&mut self, name: &Name, key: &Key) -> bool {
        if self.0.contains_key(name) || self.0.len() >= NAMES_MAX {
            return false;
        }
        self.0.insert(name.clone(), (*key, Standing::First));
        true
    }

    /// What a person is under a name.
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
    let digits = name.rsplit_once(NAMESAKE).map(|(_, digits)| digits);
    let is_digits =
        |digits: &str| digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
    name.contains([VERIFIED, PRIVATE]) || digits.is_some_and(is_digits)
}

/// A namesake's name as it is shown.
#[must_use]
pub fn namesake(name: &Name, short: u64) -> String {
    format!("{name}{NAMESAKE}{:04x}", short >> 48)
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
        trust.know(name("ana"), second, true);
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
