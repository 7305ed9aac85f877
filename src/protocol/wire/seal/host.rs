//! The host of a room: whose key an invitation names, in a second line that is passed on with it.
//! The room's key is derived from both, so that whoever changes the line is in another room, in
//! which nobody is.
//!
//! ```text
//! turma-a 7ZZY-0G2K-4M8R-1V3X-5QCT-9WPB-J6HD
//! host 0248-…-…                              56 characters, in groups of four
//! 256 bits of the host's public key | checksum of 24 bits, of the invitation and the key
//! ```
//!
//! The characters are those of an invitation. The checksum covers the invitation too, so that a
//! line of another invitation is refused.

use std::fmt;

use zeroize::Zeroizing;

use super::invitation::{ALPHABET, Invitation, is_between, value_of};
use crate::protocol::wire::ids::Key;

/// The word that the line begins with, in every language.
pub const HOST_WORD: &str = "host";

/// Characters of the code, without hyphens.
const CHARACTERS: usize = 56;

/// Characters between two hyphens.
const GROUP: usize = 4;

/// Bytes of the checksum.
const CHECK_BYTES: usize = 3;

/// Bytes of the code: as many bits as its characters have.
const CODE_BYTES: usize = 32 + CHECK_BYTES;

/// What is wrong with the line that names a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostFault {
    /// It does not begin with the word.
    Word,
    /// This character is not in the alphabet.
    Character(char),
    /// The code has this many characters instead of 56.
    Length(usize),
    /// The checksum does not match: a character is mistyped, or the line is of another invitation.
    Check,
}

impl fmt::Display for HostFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word => write!(f, "the line does not begin with {HOST_WORD:?}"),
            Self::Character(character) => write!(f, "no host's code holds {character:?}"),
            Self::Length(length) => write!(f, "{length} characters instead of {CHARACTERS}"),
            Self::Check => f.write_str("the checksum does not match the invitation"),
        }
    }
}

impl std::error::Error for HostFault {}

/// The line that names the host of an invitation's room.
#[must_use]
pub fn host_line(invitation: &Invitation, host: &Key) -> Zeroizing<String> {
    let mut code = [0; CODE_BYTES];
    let (key, check) = code.split_at_mut(32);
    key.copy_from_slice(&host.0);
    check.copy_from_slice(&check_of(invitation, host));
    let mut line = Zeroizing::new(format!("{HOST_WORD} "));
    let mut place = 0;
    // Five bytes are eight characters.
    for bytes in code.chunks(5) {
        let bits = bytes
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for shift in (0..8).rev() {
            if place > 0 && place % GROUP == 0 {
                line.push('-');
            }
            place += 1;
            let value = (bits >> (5 * shift)) & 0x1f;
            let character = ALPHABET.get(value as usize).copied();
            line.push(char::from(character.unwrap_or_default()));
        }
    }
    line
}

/// Reads the line that names the host of an invitation's room.
///
/// # Errors
/// What is wrong with it.
pub fn parse_host_line(typed: &str, invitation: &Invitation) -> Result<Key, HostFault> {
    let typed = typed.trim();
    let (word, code) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    if !word.eq_ignore_ascii_case(HOST_WORD) {
        return Err(HostFault::Word);
    }
    let mut bytes = [0; CODE_BYTES];
    let (mut count, mut bits) = (0_usize, 0_u64);
    for character in code.chars().filter(|c| !is_between(*c)) {
        let value = value_of(character).ok_or(HostFault::Character(character))?;
        bits = bits << 5 | u64::from(value);
        count += 1;
        if count.is_multiple_of(8) {
            let five = bits.to_be_bytes();
            let (_, five) = five.split_at(3);
            if let Some(place) = bytes.chunks_mut(5).nth(count / 8 - 1) {
                place.copy_from_slice(five);
            }
            bits = 0;
        }
    }
    if count != CHARACTERS {
        return Err(HostFault::Length(count));
    }
    let (key, check) = bytes.split_at(32);
    let host = Key(key.try_into().unwrap_or_default());
    (check == check_of(invitation, &host))
        .then_some(host)
        .ok_or(HostFault::Check)
}

fn check_of(invitation: &Invitation, host: &Key) -> [u8; CHECK_BYTES] {
    let hash = blake3::derive_key("roda 2026 host check", &invitation.hosted_by(host));
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_line_is_read_however_it_is_typed(
            code in any::<[u8; 16]>(),
            key in any::<[u8; 32]>(),
        ) {
            let (invitation, host) = (Invitation::new(code), Key(key));
            let line = host_line(&invitation, &host);
            prop_assert_eq!(line.len(), 5 + 56 + 13);
            let sloppy = line.to_lowercase().replace('-', " ").replace('0', "o");
            let bare = line.replace('-', "");
            for typed in [&*line, &sloppy, &bare, &format!(" {}\r\n", &*line)] {
                prop_assert_eq!(parse_host_line(typed, &invitation), Ok(host));
            }
            let other = Invitation::new(code.map(|byte| !byte));
            prop_assert_eq!(parse_host_line(&line, &other), Err(HostFault::Check));
        }

        #[test]
        fn nothing_that_is_typed_panics(typed in "(host )?.{0,80}") {
            let _ = parse_host_line(&typed, &Invitation::new([1; 16]));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let invitation = Invitation::new([7; 16]);
        let line = host_line(&invitation, &Key([9; 32]));
        let fault = |typed: &str| parse_host_line(typed, &invitation).unwrap_err();
        assert_eq!(fault(""), HostFault::Word);
        assert_eq!(fault(&line[5..]), HostFault::Word);
        assert_eq!(fault("host"), HostFault::Length(0));
        assert_eq!(fault(&line[..20]), HostFault::Length(12));
        assert_eq!(fault(&format!("{}0", &*line)), HostFault::Length(57));
        assert_eq!(fault("host U"), HostFault::Character('U'));
        let end = if line.ends_with('0') { "1" } else { "0" };
        let mistyped = format!("{}{end}", &line[..line.len() - 1]);
        assert_eq!(fault(&mistyped), HostFault::Check);
    }
}
