//! What people compare to verify a key: its fingerprint, and the code that two people see.

use super::wire::frame::Key;

/// Rounds of hashing. An attacker who searches for another key with the same code pays them for
/// each try.
const ROUNDS: usize = 4096;

/// Digits in a group.
const GROUP_DIGITS: usize = 5;

/// A key's fingerprint: the first 128 bits of its hash, in groups of four hexadecimal digits.
#[must_use]
pub fn fingerprint(key: &Key) -> String {
    let hash = blake3::derive_key("roda 2026 fingerprint", &key.0);
    let groups: Vec<String> = hash
        .chunks(2)
        .take(8)
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    groups.join(" ")
}

/// The first 121 of these bits as eleven words, for reading aloud.
#[must_use]
pub fn fingerprint_words(key: &Key) -> String {
    let hash = blake3::derive_key("roda 2026 fingerprint", &key.0);
    let bits = u128::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let words = bip39::Language::English.word_list();
    let word = |place: u32| {
        let index = (bits >> (117 - 11 * place)) & 0x7ff;
        words.get(index as usize).copied().unwrap_or_default()
    };
    (0..11).map(word).collect::<Vec<_>>().join(" ")
}

/// The code that two people compare, computed from both keys: both screens show the same six groups
/// of digits. It has a hundred bits, so that an attacker in between finds no pair of keys with
/// matching codes.
#[must_use]
pub fn code(one: &Key, other: &Key) -> String {
    let hash = hash_of_two(one, other);
    let groups: Vec<String> = hash
        .as_chunks::<4>()
        .0
        .iter()
        .take(6)
        .map(|bytes| format!("{:0GROUP_DIGITS$}", u32::from_be_bytes(*bytes) % 100_000))
        .collect();
    groups.join(" ")
}

/// The same code as nine words, which are easier to read aloud: 99 bits of it.
#[must_use]
pub fn code_words(one: &Key, other: &Key) -> String {
    let hash = hash_of_two(one, other);
    let bits = u128::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let words = bip39::Language::English.word_list();
    let word = |place: u32| {
        let index = (bits >> (117 - 11 * place)) & 0x7ff;
        words.get(index as usize).copied().unwrap_or_default()
    };
    (0..9).map(word).collect::<Vec<_>>().join(" ")
}

/// What both screens compute of both keys, slowly.
fn hash_of_two(one: &Key, other: &Key) -> [u8; 32] {
    let mut keys = [one.0, other.0];
    keys.sort_unstable();
    let mut hash = blake3::derive_key("roda 2026 code of two", keys.as_flattened());
    for _ in 1..ROUNDS {
        hash = *blake3::hash(&hash).as_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_screens_show_the_same_code_and_others_another() {
        let (ana, bia, eva) = (Key([1; 32]), Key([2; 32]), Key([3; 32]));
        assert_eq!(code(&ana, &bia), code(&bia, &ana));
        assert_ne!(code(&ana, &bia), code(&ana, &eva));
        assert_eq!(code(&ana, &bia).len(), 35);
        assert_eq!(code_words(&ana, &bia), code_words(&bia, &ana));
        assert_ne!(code_words(&ana, &bia), code_words(&ana, &eva));
        assert_eq!(code_words(&ana, &bia).split(' ').count(), 9);
    }

    #[test]
    fn a_fingerprint_is_hexadecimal_or_words() {
        let key = Key([7; 32]);
        let hex = fingerprint(&key);
        assert_eq!(hex.split(' ').count(), 8);
        assert_eq!(hex.len(), 39);
        let words = fingerprint_words(&key);
        assert_eq!(words.split(' ').count(), 11);
        assert_ne!(fingerprint(&Key([8; 32])), hex);
    }
}
