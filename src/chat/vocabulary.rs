//! The words of commands: what follows each, and which one a mistyped word was probably meant to
//! be.

/// A command's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandWord {
    /// As it is typed, with its slash.
    pub word: &'static str,
    /// What follows it.
    pub argument: Argument,
}

/// What follows a command's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing, or nothing that could be completed.
    Nothing,
    /// The name of a person, and perhaps a text.
    Person,
    /// The same, and guests of the plain wire may be named as well.
    Anybody,
    /// The name of a room that is open.
    Room,
    /// A text.
    Text,
}

impl CommandWord {
    /// A word, and what follows it.
    #[must_use]
    pub const fn new(word: &'static str, argument: Argument) -> Self {
        Self { word, argument }
    }
}

/// The commands that mean the same in a room and at a hub, in both languages.
pub const SHARED_COMMANDS: [CommandWord; 12] = {
    use Argument::{Nothing, Person, Text};
    [
        CommandWord::new("/msg", Person),
        CommandWord::new("/me", Text),
        CommandWord::new("/eu", Text),
        CommandWord::new("/nick", Nothing),
        CommandWord::new("/apelido", Nothing),
        CommandWord::new("/clear", Nothing),
        CommandWord::new("/help", Nothing),
        CommandWord::new("/ajuda", Nothing),
        CommandWord::new("/sair", Nothing),
        CommandWord::new("/quit", Nothing),
        CommandWord::new("/exit", Nothing),
        CommandWord::new("/q", Nothing),
    ]
};

/// Most slips between a word and what was typed for it.
const SLIPS_MAX: usize = 2;

/// Words of at most so many letters have one slip at most: two make another word of them.
const SHORT_LETTERS: usize = 3;

/// Words of fewer letters are never suggested, because anything is near them.
const SUGGESTED_LETTERS_MIN: usize = 2;

/// More bytes than any word and its slips have.
const TYPED_MAX_BYTES: usize = 128;

/// The word that was probably meant by one that does not exist. A slip is a letter that is wrong,
/// missing or one too many, or two neighbours in the wrong order.
#[must_use]
pub fn meant<'w>(typed: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    // A long paste is compared with nothing.
    if typed.len() > TYPED_MAX_BYTES {
        return None;
    }
    let typed = typed.to_lowercase();
    let measured = words.filter_map(|word| {
        // The slash of a command is never wrong.
        let letters = word.trim_start_matches('/').chars().count();
        let slips_max = match letters {
            ..SUGGESTED_LETTERS_MIN => return None,
            SUGGESTED_LETTERS_MIN..=SHORT_LETTERS => 1,
            _ => SLIPS_MAX,
        };
        let slips = strsim::osa_distance(&typed, word);
        (slips <= slips_max).then_some((slips, word))
    });
    let nearest = measured.min_by_key(|(slips, _)| *slips);
    nearest.map(|(_, word)| word)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Checks that every word is found again after any one slip, or another that is as near.
    pub(crate) fn expect_slips_found(words: &[&'static str]) {
        for word in words.iter().copied() {
            let slash = word.len() - word.trim_start_matches('/').len();
            if word.len() - slash < SUGGESTED_LETTERS_MIN {
                continue;
            }
            for at in slash..word.len() {
                let (before, rest) = word.split_at(at);
                let (letter, behind) = rest.split_at(1);
                let swapped = behind.chars().next().map(|next| {
                    let behind = &behind[next.len_utf8()..];
                    format!("{before}{next}{letter}{behind}")
                });
                let slips = [
                    Some(format!("{before}{behind}")),
                    Some(format!("{before}{letter}{letter}{behind}")),
                    Some(format!("{before}j{behind}").to_uppercase()),
                    swapped,
                ];
                for typed in slips.into_iter().flatten() {
                    let found = meant(&typed, words.iter().copied());
                    let distance = |word| strsim::osa_distance(&typed.to_lowercase(), word);
                    let is_near = found.is_some_and(|found| distance(found) <= distance(word));
                    assert!(is_near, "{typed} for {word}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_slip_is_found_in_any_case() {
        let words = ["/who", "/history", "/me", "/q", "name", "color", "ttl"];
        for (typed, expected) in [
            ("/WHO", Some("/who")),
            ("/hwo", Some("/who")),
            ("/wo", Some("/who")),
            ("/hisotyr", Some("/history")),
            ("/mee", Some("/me")),
            ("/x", None),
            ("/xy", None),
            ("nmae", Some("name")),
            ("nome", Some("name")),
            ("cor", Some("color")),
            ("tl", Some("ttl")),
            ("tx", None),
            ("", None),
        ] {
            assert_eq!(meant(typed, words.into_iter()), expected, "{typed}");
        }
        let long = "/who".repeat(1 << 18);
        assert_eq!(meant(&long, words.into_iter()), None);
    }
}
