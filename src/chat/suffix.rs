//! What stands behind a name that several people have: `ana#3f9c`, the beginning of the
//! fingerprint that `roda id` shows, as long as it takes to tell them apart.

use super::trust::SUFFIX;
use crate::protocol::fingerprint::fingerprint;
use crate::protocol::wire::frame::Key;

/// Fewest hexadecimal digits of a suffix.
const DIGITS_MIN: usize = 4;

/// The digits of a key's fingerprint, without the blanks between its groups.
pub(crate) fn digits(key: &Key) -> String {
    let mut digits = fingerprint(key);
    digits.retain(|c| c != ' ');
    digits
}

/// The shortest beginning of some digits that tells them from all the others.
pub(crate) fn shortest<'d>(mut own: String, others: impl Iterator<Item = &'d str>) -> String {
    let shared = others
        .filter(|other| *other != own)
        .map(|other| {
            let pairs = own.bytes().zip(other.bytes());
            pairs.take_while(|(one, other)| one == other).count()
        })
        .max();
    // Four digits at a time, as they stand in the fingerprint.
    let needed = shared.map_or(DIGITS_MIN, |shared| shared + 1);
    own.truncate(needed.next_multiple_of(DIGITS_MIN));
    own
}

/// A typed name and the digits behind it, if it has a suffix.
pub(crate) fn split(typed: &str) -> Option<(&str, &str)> {
    let (name, digits) = typed.rsplit_once(SUFFIX)?;
    let is_suffix =
        digits.len() >= DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_suffix.then_some((name, digits))
}

/// Whether a key's fingerprint begins with some digits.
pub(crate) fn is_of(typed: &str, key: &Key) -> bool {
    digits(key).starts_with(&typed.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_grows_until_it_is_unique() {
        let keys: Vec<Key> = (0..3000_u16)
            .map(|number| {
                let mut key = [0; 32];
                key[..2].copy_from_slice(&number.to_be_bytes());
                Key(key)
            })
            .collect();
        let all: Vec<String> = keys.iter().map(digits).collect();
        let suffix = |own: &String| shortest(own.clone(), all.iter().map(String::as_str));
        let mut suffixes: Vec<String> = all.iter().map(suffix).collect();
        for (key, suffix) in keys.iter().zip(&suffixes) {
            assert!(fingerprint(key).replace(' ', "").starts_with(suffix));
            assert!(is_of(&suffix.to_uppercase(), key));
        }
        assert!(suffixes.iter().any(|suffix| suffix.len() > DIGITS_MIN));
        suffixes.sort_unstable();
        suffixes.dedup();
        assert_eq!(suffixes.len(), keys.len());
        assert_eq!(shortest(digits(&keys[0]), [].into_iter()).len(), DIGITS_MIN);
    }

    #[test]
    fn a_suffix_is_four_digits_or_more() {
        assert_eq!(split("ana#3f9c"), Some(("ana", "3f9c")));
        assert_eq!(split("C##3F9C01"), Some(("C#", "3F9C01")));
        for typed in ["ana", "ana#", "ana#12", "ana#xyzw", "C#"] {
            assert_eq!(split(typed), None, "{typed}");
        }
    }
}
