//! An invitation: 128 random bits that define a room, and the text that people pass on.
//!
//! ```text
//! 7ZZY-0G2K-4M8R-1V3X-5QCT-9WPB-J6HD
//! 128 bits | checksum of 12 bits, in 28 characters of Crockford's base 32, in groups of four
//! ```
//!
//! Crockford's alphabet leaves out I, L, O and U: a typed I or L means 1, and a typed O means 0.
//! Case, blanks and hyphens make no difference. One mistyping in 4096 goes unnoticed.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::protocol::wire::ids::Key;

/// Length of an invitation, in bytes.
pub const INVITATION_BYTES: usize = 16;

/// Characters of the text, without hyphens.
const CHARACTERS: usize = 28;

/// Characters between two hyphens.
const GROUP: usize = 4;

/// Groups of four by which a mistyped invitation is known; a passphrase seldom has so many.
const GROUPS_MIN: usize = 5;

/// Digits, or groups with a digit, by which a mistyped invitation is known.
const DIGITS_MIN: usize = 3;

/// Bits of the checksum, which follows the code.
const CHECK_BITS: u32 = 12;

/// Bits that a character encodes.
const CHARACTER_BITS: u32 = 5;

/// Crockford's alphabet, in order of value.
pub(super) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code of an invitation. It is overwritten when it is dropped, and shown only through
/// [`Invitation::text`].
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Invitation([u8; INVITATION_BYTES]);

/// What is wrong with a typed invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitationFault {
    /// This character is not in the alphabet.
    Character(char),
    /// It has this many characters instead of 28.
    Length(usize),
    /// The checksum does not match, so a character is mistyped.
    Check,
}

impl fmt::Display for InvitationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(character) => write!(f, "no invitation holds {character:?}"),
            Self::Length(length) => write!(f, "{length} characters instead of {CHARACTERS}"),
            Self::Check => f.write_str("the checksum does not match: a character is mistyped"),
        }
    }
}

impl std::error::Error for InvitationFault {}

impl Invitation {
    /// Makes an invitation from these bytes, which must be random.
    #[must_use]
    pub fn new(bytes: [u8; INVITATION_BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; INVITATION_BYTES] {
        &self.0
    }

    /// Its bytes and those of the host's key, of which the room's key is made.
    pub(super) fn hosted_by(&self, host: &Key) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&self.0[..], &host.0[..]].concat())
    }

    /// The text that people pass on.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let mut code = u128::from_be_bytes(self.0);
        let check = u128::from(self.check());
        // The last three characters hold 3 bits of the code and the whole checksum.
        let mut text = Zeroizing::new(String::with_capacity(2 * CHARACTERS));
        for place in 0..CHARACTERS {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            // From the left: 25 characters of code, then the rest of the code and the checksum.
            let bits_behind = (CHARACTERS - 1 - place) as u32 * CHARACTER_BITS;
            let value = match bits_behind.checked_sub(CHECK_BITS) {
                Some(shift) => code >> shift,
                None => code << (CHECK_BITS - bits_behind) | check >> bits_behind,
            };
            let character = ALPHABET.get((value & 0x1f) as usize).copied();
            text.push(char::from(character.unwrap_or_default()));
        }
        code.zeroize();
        text
    }

    /// Reads a typed invitation.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(typed: &str) -> Result<Self, InvitationFault> {
        let (mut code, mut check, mut count) = (0_u128, 0_u16, 0);
        for character in typed.chars().filter(|c| !is_between(*c)) {
            let value = value_of(character).ok_or(InvitationFault::Character(character))?;
            // The 140 bits shift left: the last twelve are the checksum, the code stands before
            // them.
            code = code << CHARACTER_BITS | u128::from(check >> (CHECK_BITS - CHARACTER_BITS));
            check = (check << CHARACTER_BITS | u16::from(value)) & ((1 << CHECK_BITS) - 1);
            count += 1;
        }
        if count != CHARACTERS {
            return Err(InvitationFault::Length(count));
        }
        let invitation = Self(code.to_be_bytes());
        code.zeroize();
        (invitation.check() == check)
            .then_some(invitation)
            .ok_or(InvitationFault::Check)
    }

    fn check(&self) -> u16 {
        let hash = blake3::derive_key("roda 2026 invitation check", &self.0);
        let first = hash.first_chunk().copied().unwrap_or_default();
        u16::from_be_bytes(first) >> (16 - CHECK_BITS)
    }
}

/// What is wrong with a text that was meant to be an invitation and is mistyped; `None` for an
/// invitation, and for a text that looks like a passphrase.
///
/// Two forms are taken for an invitation: five or more groups of four characters, three of them
/// with a digit, and one word of 27 to 29 characters with three digits and all letters of one case.
/// One character may be outside of the alphabet. Words that people choose have fewer digits.
#[must_use]
pub fn mistyped(typed: &str) -> Option<InvitationFault> {
    let typed = typed.trim();
    let last = typed.rsplit(char::is_whitespace).next().unwrap_or(typed);
    let fault = match (Invitation::parse(typed), Invitation::parse(last)) {
        (Ok(_), _) | (_, Ok(_)) => return None,
        (Err(fault), _) if is_grouped(typed) && last.len() <= GROUP => fault,
        (_, Err(fault)) => fault,
    };
    (is_grouped(typed) || is_one_code(last)).then_some(fault)
}

/// Whether a text has groups as an invitation has them.
fn is_grouped(typed: &str) -> bool {
    let groups = typed.split(is_between).filter(|group| {
        let others = group.chars().filter(|c| value_of(*c).is_none()).count();
        group.chars().count() == GROUP && others <= 1
    });
    let (mut count, mut with_digits) = (0, 0);
    for group in groups {
        count += 1;
        with_digits += usize::from(group.contains(|c: char| c.is_ascii_digit()));
    }
    count >= GROUPS_MIN && with_digits >= DIGITS_MIN
}

/// Whether a word without hyphens is about as long as an invitation, and made like one.
fn is_one_code(word: &str) -> bool {
    let characters = || word.chars().filter(|c| !is_between(*c));
    let others = characters().filter(|c| value_of(*c).is_none()).count();
    let digits = characters().filter(char::is_ascii_digit).count();
    let is_mixed = characters().any(char::is_lowercase) && characters().any(char::is_uppercase);
    let is_long = (CHARACTERS - 1..=CHARACTERS + 1).contains(&characters().count());
    is_long && others <= 1 && digits >= DIGITS_MIN && !is_mixed
}

/// Whether a character only stands between others.
pub(super) fn is_between(character: char) -> bool {
    character.is_whitespace() || "-_\u{2010}\u{2011}\u{2013}\u{2014}".contains(character)
}

pub(super) fn value_of(character: char) -> Option<u8> {
    let meant = match character.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let place = ALPHABET.iter().position(|c| char::from(*c) == meant)?;
    u8::try_from(place).ok()
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invitation(secret)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_passed_on_is_read_however_it_is_typed(bytes in any::<[u8; 16]>()) {
            let invitation = Invitation::new(bytes);
            let text = invitation.text();
            prop_assert_eq!(text.len(), 34);
            let sloppy = text.to_lowercase().replace('-', " ").replace('1', "l").replace('0', "o");
            let shouted = text.replace('-', "").replace('1', "I").replace('0', "O");
            for typed in [&*text, &sloppy, &shouted, &format!(" {}\n", &*text)] {
                prop_assert!(Invitation::parse(typed).unwrap() == invitation);
            }
        }

        #[test]
        fn other_bytes_are_another_text(one in any::<[u8; 16]>(), bit in 0..128_usize) {
            let mut other = one;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(Invitation::new(one).text(), Invitation::new(other).text());
        }

        #[test]
        fn a_mistyped_character_is_noticed_or_makes_another_invitation(
            bytes in any::<[u8; 16]>(),
            place in 0..28_usize,
            character in "[0-9A-HJKMNP-TV-Z]",
        ) {
            let invitation = Invitation::new(bytes);
            let mut typed = invitation.text().replace('-', "");
            typed.replace_range(place..place + 1, &character);
            match Invitation::parse(&typed) {
                Ok(read) if typed == invitation.text().replace('-', "") => {
                    prop_assert!(read == invitation);
                }
                Ok(read) => prop_assert!(read != invitation),
                Err(fault) => prop_assert_eq!(fault, InvitationFault::Check),
            }
        }

        #[test]
        fn nothing_that_is_typed_panics(typed in ".{0,60}") {
            let _ = Invitation::parse(&typed);
            let _ = mistyped(&typed);
        }
    }

    #[test]
    fn almost_all_mistypings_are_noticed() {
        let text = Invitation::new([0x5a; 16]).text().replace('-', "");
        let mut unnoticed = 0;
        for place in 0..28 {
            for character in ALPHABET.iter().map(|c| char::from(*c).to_string()) {
                let mut typed = text.clone();
                typed.replace_range(place..place + 1, &character);
                unnoticed += usize::from(typed != text && Invitation::parse(&typed).is_ok());
            }
        }
        assert!(unnoticed <= 3, "{unnoticed} of 868");
    }

    /// Every text with one character replaced, left out, doubled, or swapped with the next.
    fn mistypings(text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        let mut all = Vec::new();
        for place in 0..characters.len() {
            let (before, after) = (&characters[..place], &characters[place + 1..]);
            let one = characters[place];
            let with = |middle: &str| {
                let before: String = before.iter().collect();
                before + middle + &after.iter().collect::<String>()
            };
            all.extend(["", "U", "7", "k"].map(with));
            all.push(with(&format!("{one}{one}")));
            if let Some(next) = after.first() {
                let mut swapped = characters.clone();
                swapped[place] = *next;
                swapped[place + 1] = one;
                all.push(swapped.into_iter().collect());
            }
        }
        all
    }

    #[test]
    fn a_mistyped_invitation_is_no_passphrase() {
        let invitation = Invitation::new(*b"an invitation 16");
        let text = invitation.text();
        let hyphened = mistypings(&text);
        let named = hyphened.iter().map(|typed| format!("turma-a {typed}"));
        let blanks = hyphened.iter().map(|typed| typed.replace('-', " "));
        let bare = mistypings(&text.replace('-', "").to_lowercase());
        let typed = hyphened.clone().into_iter().chain(named).chain(blanks);
        for typed in typed.chain(bare.into_iter().filter(|typed| !typed.contains(['U', '7']))) {
            let last = typed.rsplit(' ').next().unwrap();
            let is_one = Invitation::parse(&typed).is_ok() || Invitation::parse(last).is_ok();
            assert_eq!(mistyped(&typed).is_none(), is_one, "{typed}");
        }
    }

    #[test]
    fn a_passphrase_is_no_mistyped_invitation() {
        for passphrase in [
            "correto cavalo bateria grampo janela vento",
            "gato casa mesa bola vida tela ator",
            "GATO-CASA-MESA-BOLA-VIDA-TELA-ATOR",
            "gato casa mesa bola 2026 tela ator",
            "correct-horse-battery-staple",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "Xk3vT9bQ2mZ7sR4nW8cL5pH6jD1f",
            "550e8400-e29b-41d4-a716-446655440000",
            "senha",
            "",
        ] {
            assert_eq!(mistyped(passphrase), None, "{passphrase}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let fault = |typed: &str| Invitation::parse(typed).unwrap_err();
        assert_eq!(fault(""), InvitationFault::Length(0));
        assert_eq!(fault("0000-0000"), InvitationFault::Length(8));
        assert_eq!(fault("0000-U000"), InvitationFault::Character('U'));
        assert_eq!(fault("olá"), InvitationFault::Character('á'));
        assert_eq!(fault(&"0".repeat(29)), InvitationFault::Length(29));
        assert_eq!(fault(&"0".repeat(28)), InvitationFault::Check);
    }
}
