//! Whose messages are looked for: one rule for the messages in memory and for an archive.

use super::words::folded_name;
use crate::chat::suffix;
use crate::protocol::engine::event::{Delivery, Manner, NamedKey};

/// Who is meant by a typed name. `zoe` is everybody who goes or went by that name, without its
/// accents and case; `zoe#3f9c` is the one whose key has these digits, and `#3f9c` is that one
/// under any name. Guests of that name are meant as well, and by `~zoe` they alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    folded: String,
    suffixed: Option<(String, String)>,
    is_guest: bool,
}

impl Author {
    /// Reads a typed name.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let suffixed = suffix::split(typed);
        let folded = |name: &str| match name.is_empty() {
            true => String::new(),
            false => folded_name(name),
        };
        Self {
            folded: folded_name(typed.trim_start_matches('~')),
            is_guest: typed.starts_with('~'),
            suffixed: suffixed.map(|(name, digits)| (folded(name), digits.to_owned())),
        }
    }

    /// The names, as they are compared, of all who may be meant; `None` if that is everybody.
    #[must_use]
    pub fn names(&self) -> Option<[&str; 2]> {
        match &self.suffixed {
            Some((name, _)) if name.is_empty() => None,
            Some((name, _)) => Some([&self.folded, name]),
            None => Some([&self.folded, &self.folded]),
        }
    }

    /// The name as it is compared.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether guests alone are meant.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.is_guest
    }

    /// Whether a message is theirs: of a guest's, the guest's name counts and not the host's.
    #[must_use]
    pub fn said(&self, said: &Delivery) -> bool {
        match &said.manner {
            Manner::Guest(guest) => folded_name(guest.name.as_str()) == self.folded,
            Manner::Said | Manner::Action => !self.is_guest && self.is(&said.who),
        }
    }

    /// Whether somebody is meant.
    #[must_use]
    pub fn is(&self, who: &NamedKey) -> bool {
        let folded = folded_name(who.name.as_str());
        let has_suffix = |(name, digits): &(String, String)| {
            (name.is_empty() || *name == folded) && suffix::is_of(digits, &who.key)
        };
        folded == self.folded || self.suffixed.as_ref().is_some_and(has_suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::Name;
    use crate::protocol::wire::frame::Key;

    #[test]
    fn a_name_means_all_who_go_by_it_and_digits_one_of_them() {
        let who = |name: &str, number| NamedKey {
            name: Name::parse(name).unwrap(),
            key: Key([number; 32]),
        };
        let digits = suffix::digits(&Key([1; 32]));
        let digits = digits.get(..4).unwrap();
        let (zoe, other, rui) = (who("Zoë", 1), who("zoe", 2), who("rui", 1));
        for (typed, expected) in [
            ("zoe".to_owned(), [true, true, false]),
            ("ZOË".to_owned(), [true, true, false]),
            (format!("zoe#{digits}"), [true, false, false]),
            (format!("#{digits}"), [true, false, true]),
            ("zo".to_owned(), [false; 3]),
            ("zoe#0000".to_owned(), [false; 3]),
        ] {
            let author = Author::parse(&typed);
            let found = [&zoe, &other, &rui].map(|who| author.is(who));
            assert_eq!(found, expected, "{typed}");
            // Whoever is meant has one of the names.
            for who in [&zoe, &other, &rui].into_iter().filter(|it| author.is(it)) {
                let folded = folded_name(who.name.as_str());
                let is_named = author.names().is_none_or(|all| all.contains(&&*folded));
                assert!(is_named, "{typed}");
            }
        }
    }
}
