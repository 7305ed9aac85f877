//! How a room's passphrase becomes a key, slowly on purpose, and how strong it is.
//!
//! An attacker who recorded a room's traffic can try passphrases offline for as long as they like.
//! Argon2id makes each try cost 64 MiB and a quarter of a second; only a strong passphrase makes
//! many tries necessary.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use super::room_key::ROOM_KEY_BYTES;

/// Memory of one try, in KiB: a small computer has it, but a graphics card does not have it for
/// thousands of tries at once.
const MEMORY_KIB: u32 = 64 << 10;

/// Passes over that memory: about a quarter of a second.
const PASSES: u32 = 3;

/// One lane, so that a machine with one core is not slower.
const LANES: u32 = 1;

/// Assumed entropy of a word that a person picks, in bits: one of 2048. A Diceware word has 12.9.
const WORD_BITS: f64 = 11.0;

/// Assumed entropy of each character of a word that is spelled strangely, in bits.
const STRANGE_BITS: f64 = 4.0;

/// Words that resist guessing: 66 bits take ten thousand machines 2000 years at a million tries a
/// second.
const WORDS_ENOUGH: usize = 6;

/// Why a passphrase cannot become a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PassphraseFault {
    /// It is empty.
    Empty,
    /// This machine cannot provide the memory that Argon2id needs.
    NoMemory,
}

impl fmt::Display for PassphraseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the passphrase is empty"),
            Self::NoMemory => write!(f, "{MEMORY_KIB} KiB of memory cannot be had"),
        }
    }
}

impl std::error::Error for PassphraseFault {}

/// Derives a room's key from a passphrase. The salt is the room's name in NFC.
pub(super) fn stretch(
    room: &str,
    passphrase: &str,
    key: &mut [u8; ROOM_KEY_BYTES],
) -> Result<(), PassphraseFault> {
    // The same characters typed on another keyboard, or a file's trailing newline, make no
    // difference.
    let passphrase = Zeroizing::new(passphrase.trim().nfc().collect::<String>());
    if passphrase.is_empty() {
        return Err(PassphraseFault::Empty);
    }
    let salt = blake3::derive_key("roda 2026 passphrase salt", room.as_bytes());
    let no_memory = |_| PassphraseFault::NoMemory;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(ROOM_KEY_BYTES)).map_err(no_memory)?;
    let mut memory: Vec<Block> = Vec::new();
    let count = params.block_count();
    let reserved = memory.try_reserve_exact(count);
    reserved.map_err(|_| PassphraseFault::NoMemory)?;
    memory.resize(count, Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let bytes = passphrase.as_bytes();
    let hashed = argon2.hash_password_into_with_memory(bytes, &salt, key, &mut memory);
    memory.iter_mut().for_each(Zeroize::zeroize);
    hashed.map_err(no_memory)
}

/// An estimate of how hard a passphrase is to guess.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// How many different words it has.
    pub words: usize,
    /// Its entropy in bits, if the words were chosen at random.
    pub bits: f64,
}

impl Strength {
    /// Estimates the strength of a passphrase. Blanks separate words, and a repeated word counts
    /// once. Letters alone count as a known word, mostly letters as a known word spelled strangely,
    /// and anything else as random characters. No phrase shows how it was chosen: a line of a song
    /// is weaker than this estimate.
    #[must_use]
    pub fn of(passphrase: &str) -> Self {
        let lower = Zeroizing::new(passphrase.to_lowercase());
        let is_between = |c: char| c.is_whitespace() || c == '-' || c == '_';
        let mut words: Vec<&str> = lower.split(is_between).collect();
        words.retain(|word| !word.is_empty());
        words.sort_unstable();
        words.dedup();
        let bits = words.iter().map(|word| word_bits(word)).sum();
        let words = words.len();
        Self { words, bits }
    }

    /// Whether it deserves a warning, because it is worth less than six words.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.bits < WORD_BITS * WORDS_ENOUGH as f64
    }
}

/// Estimates the entropy of a word, in bits.
fn word_bits(word: &str) -> f64 {
    let has = |is: fn(char) -> bool| word.chars().any(is);
    let classes = [
        (has(char::is_alphabetic), 26.0),
        (has(|c| c.is_ascii_digit()), 10.0),
        (has(|c| !c.is_alphabetic() && !c.is_ascii_digit()), 32.0),
    ];
    let alphabet: f64 = classes.iter().filter(|class| class.0).map(|c| c.1).sum();
    let mut different: Vec<char> = word.chars().collect();
    different.dedup(); // holding a key down adds nothing
    let count = different.len() as f64;
    let bits = count * alphabet.max(1.0).log2();
    let letters = different.iter().filter(|c| c.is_alphabetic()).count();
    if letters == different.len() {
        bits.min(WORD_BITS)
    } else if letters * 5 > different.len() * 3 {
        bits.min(count * STRANGE_BITS)
    } else {
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_words_are_enough_and_five_are_not() {
        let of = |phrase| Strength::of(phrase);
        let six = of("correto cavalo bateria grampo janela vento");
        assert_eq!(six.words, 6);
        assert!(!six.is_weak(), "{six:?}");
        for weak in [
            "",
            "oi",
            "segredo",
            "correto cavalo bateria grampo janela",
            "vento vento vento vento vento vento",
            "Vento-vento_VENTO vento vento",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "12345678901234567",
            "tr0ub4dor&3",
        ] {
            assert!(of(weak).is_weak(), "{weak}: {:?}", of(weak));
        }
        assert!(!of("x7#kq9!vz2$mw4p").is_weak(), "characters by chance");
    }

    #[test]
    fn more_is_never_weaker() {
        let mut phrase = String::new();
        let mut bits = 0.0;
        for word in ["sol", "mar1", "#", "nuvem", "2026", "pedra"] {
            phrase.push_str(word);
            phrase.push(' ');
            let strength = Strength::of(&phrase);
            assert!(strength.bits > bits);
            bits = strength.bits;
        }
    }

    #[test]
    fn an_empty_passphrase_makes_no_key() {
        let mut key = [0; ROOM_KEY_BYTES];
        assert_eq!(stretch("a", " \n", &mut key), Err(PassphraseFault::Empty));
    }
}
