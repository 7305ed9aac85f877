//! Where a text names somebody. Pure.

use std::ops::Range;

/// The places where a name stands in a text, as a word of its own and in any case.
#[must_use]
pub(crate) fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut taken = 0;
    let mut is_in_word = false;
    for (start, character) in text.char_indices() {
        let begins = !is_in_word;
        is_in_word = character.is_alphanumeric();
        if !begins || start < taken {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let Some(length) = prefix_bytes(rest, name) else {
            continue;
        };
        let behind = rest.get(length..).unwrap_or_default();
        if !behind.starts_with(char::is_alphanumeric) {
            taken = start + length;
            found.push(start..taken);
        }
    }
    found
}

/// The places where anything stands in a text, in any case.
pub(super) fn occurrences(text: &str, wanted: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut taken = 0;
    for (start, _) in text.char_indices() {
        let rest = text.get(start..).unwrap_or_default();
        if let Some(length) = prefix_bytes(rest, wanted).filter(|_| start >= taken) {
            taken = start + length;
            found.push(start..taken);
        }
    }
    found
}

/// How many bytes of a text are a name in any case, if it begins with it.
fn prefix_bytes(text: &str, name: &str) -> Option<usize> {
    let mut wanted = name.chars().flat_map(char::to_lowercase).peekable();
    let mut length = 0;
    for character in text.chars() {
        if wanted.peek().is_none() {
            break;
        }
        if character.to_lowercase().any(|c| wanted.next() != Some(c)) {
            return None;
        }
        length += character.len_utf8();
    }
    (length > 0 && wanted.peek().is_none()).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_in_any_case() {
        let found = |text: &str, name: &str| -> Vec<String> {
            let places = mentions(text, name).into_iter();
            places.map(|place| text[place].to_owned()).collect()
        };
        assert_eq!(found("Ana, oi! @ana: ANA", "ana"), ["Ana", "ana", "ANA"]);
        assert_eq!(found("anamaria, bana, ana2", "ana"), Vec::<String>::new());
        assert_eq!(found("É da ÍRIS e da íris", "Íris"), ["ÍRIS", "íris"]);
        assert_eq!(found("oi, Ana Luz!", "ana luz"), ["Ana Luz"]);
        assert_eq!(found("an", "ana"), Vec::<String>::new());
        assert_eq!(found("oi", ""), Vec::<String>::new());
        assert_eq!(occurrences("Banana ANA", "ana"), [1..4, 7..10]);
        assert!(occurrences("oi", "").is_empty());
    }
}
