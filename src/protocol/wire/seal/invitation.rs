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

/// Length of an invitation, in bytes.
pub const INVITATION_BYTES: usize = 16;

/// Characters of the text, without hyphens.
const CHARACTERS: usize = 28;

/// Characters between two hyphens.
const GROUP: usize = 4;

/// Bits of the checksum, which follows the code.
const CHECK_BITS: u32 = 12;

/// Bits that a character encodes.
const CHARACTER_BITS: u32 = 5;

/// Crockford's alphabet, in order of value.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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
        let is_between =
            |c: &char| c.is_whitespace() || "-_\u{2010}\u{2011}\u{2013}\u{2014}".contains(*c);
        let (mut code, mut check, mut count) = (0_u128, 0_u16, 0);
        for character in typed.chars().filter(|c| !is_between(c)) {
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

fn value_of(character: char) -> Option<u8> {
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
