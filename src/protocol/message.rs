//! Names, the farewell word, and the cleaning of text that comes from strangers. This file knows
//! the limits of people's text, but no wire and no screen.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Longest name in bytes. A name takes up space in every datagram, and 32 bytes hold any first
/// name, even one of ten Chinese characters.
pub const NAME_MAX_BYTES: usize = 32;

/// The word that ends a conversation, exact and case-sensitive. It is sent on the course's wires
/// and is therefore the same in every language.
pub const FAREWELL: &str = "sair";

/// Whether `text` is the farewell word, ignoring blanks around it.
///
/// Control characters count as blanks because Python's `strip` removes some of them: a text that a
/// course program may take for the farewell is one for us too.
#[must_use]
#[inline]
pub fn is_farewell(text: &str) -> bool {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control()) == FAREWELL
}

/// A name that may be sent: NFC, 1 to [`NAME_MAX_BYTES`] bytes, one readable line, and no leading
/// `~`, which marks unverified guests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Arc<str>); // each message bears one

/// What is wrong with a typed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameFault {
    /// It holds only blanks.
    Empty,
    /// It is longer than [`NAME_MAX_BYTES`] in NFC.
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It holds a control character, or one that rearranges the line around it.
    Unprintable,
    /// It begins with `~`.
    LeadingTilde,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name holds only blanks"),
            Self::TooLong { bytes } => {
                write!(f, "the name has {bytes} bytes, more than {NAME_MAX_BYTES}")
            }
            Self::Unprintable => f.write_str("the name holds a character that cannot be shown"),
            Self::LeadingTilde => f.write_str("the name begins with ~, which marks guests"),
        }
    }
}

impl std::error::Error for NameFault {}

impl Name {
    /// Normalises a typed name to NFC and checks it.
    ///
    /// # Errors
    /// The first rule that the name breaks.
    pub fn parse(typed: &str) -> Result<Self, NameFault> {
        let name = if is_nfc(typed) {
            Cow::Borrowed(typed)
        } else {
            Cow::Owned(typed.nfc().collect())
        };
        if name.trim().is_empty() {
            Err(NameFault::Empty)
        } else if name.chars().any(is_hazard) {
            Err(NameFault::Unprintable)
        } else if name.starts_with('~') {
            Err(NameFault::LeadingTilde)
        } else if name.len() > NAME_MAX_BYTES {
            Err(NameFault::TooLong { bytes: name.len() })
        } else {
            Ok(Self(Arc::from(&*name)))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Name> for Arc<str> {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits a text after at most `bytes_max` bytes, between two characters.
#[must_use]
pub fn split_within(text: &str, bytes_max: usize) -> (&str, &str) {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.split_at(end)
}

/// Whether a character may affect a terminal beyond its own cell: control characters (C0, DEL, C1),
/// line and paragraph separators, and the characters that change the writing direction of what
/// follows (Trojan Source, CVE-2021-42574).
#[must_use]
pub fn is_hazard(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}' | '\u{2029}'                  // line and paragraph separator
            | '\u{200e}' | '\u{200f}' | '\u{61c}'    // direction marks
            | '\u{202a}'..='\u{202e}'                // embeddings and overrides
            | '\u{2066}'..='\u{2069}') // isolates
}

/// Makes a stranger's text safe for one line of a terminal. Nothing is left out: a control
/// character appears as its picture (`␛`, `␊`, `␇`), any other hazard as `⟨202e⟩`, and a tab
/// becomes a blank. Text without hazards, which is nearly all text, is returned unchanged.
#[must_use]
#[inline]
pub fn clean(text: &str) -> Cow<'_, str> {
    // Most text is printable ASCII, which needs no decoding of characters. A fold instead of `all`:
    // without an early exit the compiler processes many bytes at once.
    let printable = b' '..0x7f;
    let is_printable = text
        .bytes()
        .fold(true, |so_far, byte| so_far & printable.contains(&byte));
    if is_printable || !text.chars().any(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => cleaned.push(' '),
            '\0'..='\u{1f}' => cleaned.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => cleaned.push('\u{2421}'),
            _ if is_hazard(c) => cleaned.push_str(&format!("\u{27e8}{:x}\u{27e9}", u32::from(c))),
            _ => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_farewell_is_exact_and_case_sensitive_within_outer_blanks() {
        for said in ["sair", " sair", "sair \t", "\u{1c}sair", "sair\r"] {
            assert!(is_farewell(said), "{said:?}");
        }
        for not in ["Sair", "SAIR", "sair!", "s air", "", "vou sair"] {
            assert!(!is_farewell(not), "{not:?}");
        }
    }

    #[test]
    fn names_keep_their_rules() {
        assert_eq!(Name::parse("ana").map(|n| n.0), Ok("ana".into()));
        assert_eq!(
            Name::parse("Zoe\u{308}").map(|n| n.0),
            Ok("Zoë".into()),
            "NFC"
        );
        assert_eq!(Name::parse(&"a".repeat(32)).map(|n| n.0.len()), Ok(32));
        assert_eq!(
            Name::parse(&"a".repeat(33)),
            Err(NameFault::TooLong { bytes: 33 })
        );
        assert_eq!(Name::parse(""), Err(NameFault::Empty));
        assert_eq!(Name::parse("  "), Err(NameFault::Empty));
        assert_eq!(Name::parse("~ana"), Err(NameFault::LeadingTilde));
        for bad in ["a\tb", "a\nb", "a\x1bb", "a\u{9b}b", "a\u{202e}b"] {
            assert_eq!(Name::parse(bad), Err(NameFault::Unprintable), "{bad:?}");
        }
    }

    #[test]
    fn a_split_falls_between_characters() {
        assert_eq!(split_within("aé", 2), ("a", "é"));
        assert_eq!(split_within("aé", 3), ("aé", ""));
        assert_eq!(split_within("aé", 9), ("aé", ""));
    }

    #[test]
    fn cleaned_text_shows_what_was_there() {
        assert_eq!(clean("olá, grupo 👩‍🏫"), "olá, grupo 👩‍🏫");
        assert_eq!(clean("\x1b[31mred\x1b[0m"), "␛[31mred␛[0m");
        assert_eq!(clean("two\r\nlines\0"), "two␍␊lines␀");
        assert_eq!(clean("a\tb\x7f"), "a b␡");
        assert_eq!(clean("\u{9b}2J\u{202e}abc"), "⟨9b⟩2J⟨202e⟩abc");
    }

    proptest! {
        #[test]
        fn nothing_hazardous_survives_cleaning(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(is_hazard));
        }
    }
}
