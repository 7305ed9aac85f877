//! Cuts one long text into pieces that each fit a datagram. Joined, the pieces are the text again,
//! blanks included. A piece ends after a blank, or else between two graphemes, or else (inside one
//! giant grapheme) between two characters. No piece is the farewell word, which would end every
//! receiver.

use unicode_segmentation::UnicodeSegmentation;

use crate::protocol::message::{FAREWELL, is_farewell};

/// Iterates over the pieces of one text, in order. An empty text is one empty piece. The farewell
/// word as the whole text is one piece too, because then it is meant.
#[derive(Clone, Debug)]
pub struct Pieces<'t> {
    rest: Option<&'t str>,
    is_first: bool,
    room_bytes: usize,
    cost: fn(char) -> usize,
}

impl<'t> Pieces<'t> {
    /// Cuts `text` into pieces whose characters take at most `room_bytes` together, where `cost`
    /// says how many bytes a character takes on the wire. `room_bytes` must hold the longest
    /// character.
    #[must_use]
    pub fn new(text: &'t str, room_bytes: usize, cost: fn(char) -> usize) -> Self {
        Self {
            rest: Some(text),
            is_first: true,
            room_bytes,
            cost,
        }
    }

    /// Yields a text that is known to fit as its only piece.
    #[must_use]
    pub fn whole(text: &'t str) -> Self {
        Self::new(text, usize::MAX, |_| 0)
    }

    /// Length in bytes of the longest prefix of `text` that fits.
    fn fitting(&self, text: &str) -> usize {
        if self.room_bytes == usize::MAX {
            return text.len();
        }
        let mut room = self.room_bytes;
        for (at, c) in text.char_indices() {
            match room.checked_sub((self.cost)(c)) {
                Some(left) => room = left,
                None => return at,
            }
        }
        text.len()
    }

    /// Finds where to cut a text of which only the first `fitting` bytes fit.
    fn cut(&self, text: &str, fitting: usize) -> usize {
        let (head, rest) = text.split_at(fitting);
        let after_blanks = head
            .char_indices()
            .rev()
            .filter(|(_, c)| c.is_whitespace())
            .map(|(at, c)| at + c.len_utf8());
        // Only the next character shows whether a grapheme ends with `head`.
        let seen = fitting + rest.chars().next().map_or(0, char::len_utf8);
        let window = text.get(..seen).unwrap_or(text);
        let graphemes: Vec<usize> = window.grapheme_indices(true).map(|(at, _)| at).collect();
        let between_graphemes = graphemes
            .into_iter()
            .rev()
            .filter(|at| (1..=fitting).contains(at));
        after_blanks
            .chain(between_graphemes)
            .find(|&at| {
                let (piece, rest) = text.split_at(at);
                let is_last = rest.len() <= self.room_bytes;
                !(is_farewell(piece) || is_last && is_farewell(rest))
            })
            .unwrap_or(fitting)
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.rest?;
        let fitting = self.fitting(text);
        let mut at = if fitting == text.len() {
            fitting
        } else {
            self.cut(text, fitting)
        };
        let is_whole = self.is_first && at == text.len();
        self.is_first = false;
        if !is_whole && is_farewell(text.get(..at)?) {
            // A whole piece holds only the word and blanks, so the word itself is cut in two.
            at = text.find(FAREWELL)? + FAREWELL.len() / 2;
        }
        let (piece, rest) = text.split_at(at);
        self.rest = (!rest.is_empty()).then_some(rest);
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(text: &str, room_bytes: usize) -> Vec<&str> {
        Pieces::new(text, room_bytes, char::len_utf8).collect()
    }

    #[test]
    fn a_text_that_fits_is_one_piece() {
        assert_eq!(pieces("", 8), [""]);
        assert_eq!(pieces("olá", 8), ["olá"]);
        assert_eq!(pieces(" sair ", 8), [" sair "]);
    }

    #[test]
    fn words_are_kept_whole_where_they_can_be() {
        assert_eq!(pieces("um dois três", 8), ["um dois ", "três"]);
        assert_eq!(pieces("abcdefghij", 8), ["abcdefgh", "ij"]);
    }

    #[test]
    fn graphemes_are_kept_whole_where_they_can_be() {
        let family = "👩‍👩‍👧"; // 18 bytes, one grapheme
        assert_eq!(pieces(&family.repeat(2), 20), [family, family]);
        assert_eq!(pieces("ae\u{301}e\u{301}", 5), ["ae\u{301}", "e\u{301}"]);
        assert_eq!(
            pieces(family, 8).concat(),
            family,
            "a giant grapheme is cut, not lost"
        );
    }

    #[test]
    fn the_farewell_is_never_a_piece_of_something_longer() {
        assert_eq!(pieces("agora vou sair", 12), ["agora ", "vou sair"]);
        for text in [
            "sair      x",
            "x      sair",
            "          sair",
            "sair          sair",
        ] {
            let cut = pieces(text, 8);
            assert_eq!(cut.concat(), text);
            assert!(!cut.iter().any(|piece| is_farewell(piece)), "{cut:?}");
        }
    }

    proptest! {
        #[test]
        fn joined_pieces_are_the_text(
            text in r"(sair| |\PC|\p{Mn}|e\u{301}|👩‍🏫){0,80}",
            room in 8_usize..40,
        ) {
            let cut = pieces(&text, room);
            prop_assert_eq!(cut.concat(), text.clone());
            prop_assert!(cut.iter().all(|piece| piece.len() <= room));
            prop_assert!(cut.len() == 1 || cut.iter().all(|piece| !piece.is_empty()));
            prop_assert!(cut.len() == 1 || !cut.iter().any(|piece| is_farewell(piece)));
        }
    }
}
