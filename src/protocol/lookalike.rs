//! Names that look like others: what in a name cannot be seen or is not what it seems, what two
//! names that look alike have in common, and how such a name is shown. Sources: UTS 39 (skeletons,
//! mixed scripts), Unicode's `Default_Ignorable_Code_Point`.

use std::borrow::Cow;
use std::fmt;

use unicode_script::{Script, UnicodeScript};
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;

use super::message::{Name, NameFault, clean};

/// Marks that faces set beside names, and what looks like them.
const MARKS: [char; 12] = [
    '✓', '✔', '☑', '✅', '🗸', '🗹', '⍻', '✉', '🖂', '🖃', '📧', '📩',
];

/// Scripts in which joiners change how letters look, so that names need them.
const JOINED_SCRIPTS: [Script; 17] = [
    Script::Arabic,
    Script::Syriac,
    Script::Mongolian,
    Script::Nko,
    Script::Devanagari,
    Script::Bengali,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Khmer,
    Script::Myanmar,
    Script::Tibetan,
];

/// Why a name may pass for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// It has a character that cannot be seen.
    Invisible(char),
    /// It has a blank that is no ordinary one.
    Blank(char),
    /// It has a blank at an end, or two in a row.
    LooseBlank,
    /// It has one of the marks that stand beside names.
    Mark(char),
    /// One of its words mixes scripts, and this letter is the first of another one.
    Mixed(char),
    /// It ends like the suffix of a namesake.
    Suffix,
}

/// Why a person may not go by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnNameFault {
    /// It breaks a rule that all names keep.
    Name(NameFault),
    /// It could be taken for another one.
    Odd(Oddity),
}

/// A name that a person may go by: what is shown as odd of others is refused, too.
///
/// # Errors
/// What is wrong with it.
pub fn own_name(typed: &str) -> Result<Name, OwnNameFault> {
    let name = Name::parse(typed).map_err(OwnNameFault::Name)?;
    match Oddity::of(name.as_str()) {
        None => Ok(name),
        Some(oddity) => Err(OwnNameFault::Odd(oddity)),
    }
}

impl Oddity {
    /// The first one of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        if is_plain(name) {
            return is_suffixed(name).then_some(Self::Suffix);
        }
        let chars: Vec<char> = name.chars().collect();
        let odd_char = chars.iter().enumerate().find_map(|(at, &c)| {
            if is_odd_blank(c) {
                Some(Self::Blank(c))
            } else if is_unseen(&chars, at) {
                Some(Self::Invisible(c))
            } else if MARKS.contains(&c) {
                Some(Self::Mark(c))
            } else {
                None
            }
        });
        odd_char
            .or_else(|| has_loose_blank(name).then_some(Self::LooseBlank))
            .or_else(|| name.split(' ').find_map(mixed_letter).map(Self::Mixed))
            .or_else(|| is_suffixed(name).then_some(Self::Suffix))
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invisible(c) => write!(f, "U+{:04X} cannot be seen", u32::from(*c)),
            Self::Blank(c) => write!(f, "U+{:04X} is no ordinary blank", u32::from(*c)),
            Self::LooseBlank => f.write_str("a blank stands at an end, or two in a row"),
            Self::Mark(c) => write!(f, "{c} is a mark of ours"),
            Self::Mixed(c) => write!(
                f,
                "'{c}' (U+{:04X}) is a letter of another alphabet than the rest of its word",
                u32::from(*c)
            ),
            Self::Suffix => f.write_str("it ends as the names of namesakes do"),
        }
    }
}

/// What a name has in common with all that look like it: two names look alike if they share one
/// of the two. The first is right for names that differ in upper and lower case and look alike
/// then, the second for those that look alike as they are (`AIice`, `Alice`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looks(pub [String; 2]);

impl Looks {
    /// Those of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let words: Vec<&str> = name.split_whitespace().collect();
        let name = words.join(" ");
        let folded = caseless::default_case_fold_str(&name);
        let seen: String = skeleton(&name).collect();
        Self([
            skeleton(&folded).collect(),
            caseless::default_case_fold_str(&seen),
        ])
    }

    /// Whether two names look alike.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.0.iter().any(|look| other.0.contains(look))
    }
}

/// A name as a person may safely read it: cleaned, and what cannot be seen in it is shown by its
/// number, as `⟨200b⟩`; a blank at an end, or behind another one, as `␠`.
#[must_use]
pub fn clean_name(name: &str) -> Cow<'_, str> {
    if is_plain(name) {
        return Cow::Borrowed(name);
    }
    let chars: Vec<char> = name.chars().collect();
    let mut shown = String::with_capacity(name.len() + 16);
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        if c == ' '
            && matches!(
                (before, chars.get(at + 1)),
                (None | Some(' '), _) | (_, None)
            )
        {
            shown.push('\u{2420}');
        } else if is_odd_blank(c) && !c.is_control() || is_unseen(&chars, at) {
            shown.push_str(&format!("\u{27e8}{:x}\u{27e9}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(clean(&shown).into_owned())
}

/// Whether a name is printable ASCII whose blanks are between words: nearly all are.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| (b' '..0x7f).contains(&byte)) && !has_loose_blank(name)
}

fn has_loose_blank(name: &str) -> bool {
    name.starts_with(' ') || name.ends_with(' ') || name.contains("  ")
}

/// Whether a name ends with `#` and four or more hexadecimal digits.
fn is_suffixed(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, digits)| {
        digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_odd_blank(c: char) -> bool {
    // A Braille pattern without dots is a blank to the eye, though not to Unicode.
    c != ' ' && (c.is_whitespace() || c == '\u{2800}')
}

/// Whether the character at a place cannot be seen, and is not needed where it stands.
fn is_unseen(chars: &[char], at: usize) -> bool {
    let Some(&c) = chars.get(at) else {
        return false;
    };
    let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
    let after = chars.get(at + 1).copied();
    let is_joined = |c: char| JOINED_SCRIPTS.contains(&c.script());
    match (c, before, after) {
        ('\u{200c}' | '\u{200d}', Some(one), Some(other)) if is_joined(one) && is_joined(other) => {
            false
        }
        ('\u{200d}', Some(one), Some(other)) if is_picture(one) && is_picture(other) => false,
        ('\u{fe0e}' | '\u{fe0f}', Some(one), _) if is_picture(one) => false,
        _ => is_ignorable(c),
    }
}

/// Whether a character is an emoji or another symbol, or belongs to one.
fn is_picture(c: char) -> bool {
    c == '\u{fe0f}' || u32::from(c) >= 0x2190 && c.script() == Script::Common && !c.is_whitespace()
}

/// Unicode's `Default_Ignorable_Code_Point`: what a font shows as nothing.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The first letter of a word that no script of those before it has.
fn mixed_letter(word: &str) -> Option<char> {
    if !AugmentedScriptSet::for_str(word).is_empty() {
        return None;
    }
    let mut begun = String::new();
    word.chars().find(|c| {
        begun.push(*c);
        AugmentedScriptSet::for_str(&begun).is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::is_hazard;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_what_it_seems_is_named() {
        for (name, oddity) in [
            ("ana\u{200b}", Oddity::Invisible('\u{200b}')),
            ("a\u{200d}na", Oddity::Invisible('\u{200d}')),
            ("a\u{fe0f}na", Oddity::Invisible('\u{fe0f}')),
            ("\u{3164}", Oddity::Invisible('\u{3164}')),
            ("ana\u{a0}luz", Oddity::Blank('\u{a0}')),
            ("ana\u{2800}", Oddity::Blank('\u{2800}')),
            ("ana ", Oddity::LooseBlank),
            (" ana", Oddity::LooseBlank),
            ("ana  luz", Oddity::LooseBlank),
            ("ana ✔", Oddity::Mark('✔')),
            ("✉ ana", Oddity::Mark('✉')),
            ("аna", Oddity::Mixed('n')),
            ("anа", Oddity::Mixed('а')),
            ("ana#3f9c", Oddity::Suffix),
            ("zoë#3f9c01", Oddity::Suffix),
        ] {
            assert_eq!(Oddity::of(name), Some(oddity), "{name:?}");
        }
    }

    #[test]
    fn names_of_all_the_world_are_not_odd() {
        for name in [
            "ana",
            "Ana Luz",
            "José",
            "Zoë 👩\u{200d}🏫",
            "❤\u{fe0f}",
            "Нина",
            "Ana Нина",
            "山田太郎",
            "Ωμέγα",
            "می\u{200c}خواهم",
            "ක\u{200d}ෂ",
            "C#",
            "#turma",
            "ana#12",
            "O'Brien-2",
        ] {
            assert_eq!(Oddity::of(name), None, "{name:?}");
            assert_eq!(clean_name(name), name);
        }
    }

    #[test]
    fn names_that_look_alike_share_a_look() {
        let is_like = |one, other| Looks::of(one).is_like(&Looks::of(other));
        for (one, other) in [
            ("ana", "ANA"),
            ("ana", "аnа"),
            ("ana", "ana\u{200b}"),
            ("ana", "ana "),
            ("ana", "ａｎａ"),
            ("Alice", "AIice"),
            ("IAN", "ian"),
            ("maria", "rnaria"),
            ("Ana Luz", "ana  luz"),
            ("aca", "аса"),
        ] {
            assert!(is_like(one, other), "{one:?} {other:?}");
        }
        for (one, other) in [("ana", "bia"), ("zoe", "zoë"), ("ana", "ana2")] {
            assert!(!is_like(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        assert_eq!(clean_name("ana\u{200b}"), "ana⟨200b⟩");
        assert_eq!(clean_name("ana\u{a0}luz "), "ana⟨a0⟩luz␠");
        assert_eq!(clean_name(" ana  luz"), "␠ana ␠luz");
        assert_eq!(clean_name("a\x1bb\tc"), "a␛b c");
    }

    proptest! {
        #[test]
        fn no_shown_name_hides_anything(
            name in "\\PC{0,12}|[ \u{200b}-\u{200f}\u{a0}a\u{e0020}]{0,8}",
        ) {
            let shown = clean_name(&name);
            prop_assert!(!shown.chars().any(is_hazard));
            prop_assert!(!matches!(
                Oddity::of(&shown),
                Some(Oddity::Invisible(_) | Oddity::Blank(_) | Oddity::LooseBlank)
            ), "{shown:?}");
        }
    }
}
