//! The words of a text, as an index of texts holds them. They are folded: `voce` is the word of
//! `Você`. Chinese, Japanese, Thai and their like put no blanks between words, so that each two
//! neighbouring characters of a run are a word there, and the last one alone.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

/// The way in which words are made. An index that was made in another way is made anew.
pub const WORDS_VERSION: u32 = 1;

/// Longest word, in characters. What follows belongs to the word, but does not tell it apart.
const WORD_MAX_CHARS: usize = 64;

/// What a word is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters and digits, or one sign such as an emoji.
    Letters,
    /// Two neighbours of a run without blanks.
    Pair {
        /// Where the first of the two ends in the text.
        first_end: usize,
    },
    /// The last character of a run without blanks.
    Last,
}

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The folded word. It has no blank, no quote and no character of private use.
    pub text: String,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// What it is made of.
    pub kind: Kind,
}

/// The words of a text, in their order.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut maker = Maker::default();
    let mut folded = String::new();
    for (start, c) in text.char_indices() {
        let range = start..start + c.len_utf8();
        if c.is_ascii() {
            maker.take(c.to_ascii_lowercase(), &range);
            continue;
        }
        if is_ignored(c) {
            continue;
        }
        folded.clear();
        let parts = c.nfkd().filter(|part| !is_ignored(*part));
        folded.extend(caseless::Caseless::default_case_fold(parts));
        // Folding may bring accents back, as it does for `ŉ`.
        let parts = folded.chars().filter(|part| !is_ignored(*part));
        parts.for_each(|part| maker.take(part, &range));
    }
    maker.end();
    maker.words
}

/// The words of a text with blanks between them, as the index takes them.
#[must_use]
pub fn joined(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    if text.is_ascii() {
        join_ascii(text, &mut all);
        return all;
    }
    for word in words(text) {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(&word.text);
    }
    all
}

/// The same of a text of ASCII alone, which most texts are, without looking for more than letters.
fn join_ascii(text: &str, all: &mut String) {
    let is_part = |c: &char| c.is_ascii_alphanumeric();
    for word in text.split(|c| !is_part(&c)).filter(|word| !word.is_empty()) {
        if !all.is_empty() {
            all.push(' ');
        }
        let word = word.get(..WORD_MAX_CHARS).unwrap_or(word);
        all.extend(word.chars().map(|c| c.to_ascii_lowercase()));
    }
}

/// A name as it is compared with a typed one: `Zoe` finds `Zoë`.
#[must_use]
pub fn folded_name(name: &str) -> String {
    let folded = joined(name);
    match folded.is_empty() {
        true => name.trim().to_lowercase(),
        false => folded,
    }
}

/// Makes words of folded characters.
#[derive(Default)]
struct Maker {
    words: Vec<Word>,
    /// A word of letters that has not ended.
    letters: Option<(String, Range<usize>)>,
    chars: usize,
    /// A run without blanks that has not ended.
    run: Vec<(String, Range<usize>)>,
}

impl Maker {
    fn take(&mut self, c: char, range: &Range<usize>) {
        if is_combining_mark(c) && (self.letters.is_some() || !self.run.is_empty()) {
            match self.run.last_mut() {
                Some((sign, place)) => {
                    if sign.chars().count() < WORD_MAX_CHARS {
                        sign.push(c);
                    }
                    place.end = range.end;
                }
                None => self.letter(c, range),
            }
        } else if is_of_run(c) {
            self.end_letters();
            self.run.push((c.to_string(), range.clone()));
        } else if c.is_alphanumeric() {
            self.end_run();
            self.letter(c, range);
        } else {
            self.end();
            if is_sign(c) {
                self.push(c.to_string(), range.clone(), Kind::Letters);
            }
        }
    }

    fn letter(&mut self, c: char, range: &Range<usize>) {
        let (text, place) = self.letters.get_or_insert_with(|| {
            self.chars = 0;
            (String::new(), range.clone())
        });
        place.end = range.end;
        self.chars += 1;
        if self.chars <= WORD_MAX_CHARS {
            text.push(c);
        }
    }

    fn end(&mut self) {
        self.end_letters();
        self.end_run();
    }

    fn end_letters(&mut self) {
        if let Some((text, range)) = self.letters.take() {
            self.push(text, range, Kind::Letters);
        }
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        for pair in run.windows(2) {
            if let [(first, from), (second, to)] = pair {
                let kind = Kind::Pair {
                    first_end: from.end,
                };
                self.push(format!("{first}{second}"), from.start..to.end, kind);
            }
        }
        if let Some((last, range)) = run.into_iter().next_back() {
            self.push(last, range, Kind::Last);
        }
    }

    fn push(&mut self, text: String, range: Range<usize>, kind: Kind) {
        let text = match text.is_ascii() {
            true => text,
            false => text.nfc().collect(),
        };
        self.words.push(Word { text, range, kind });
    }
}

/// Whether a character tells no words apart: accents, the points of Hebrew and Arabic, joiners, and
/// what changes how an emoji looks.
fn is_ignored(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{feff}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character belongs to a script that puts no blanks between words.
fn is_of_run(c: char) -> bool {
    let has_no_blanks = || {
        matches!(
            c.script(),
            Script::Han
                | Script::Hiragana
                | Script::Katakana
                | Script::Bopomofo
                | Script::Thai
                | Script::Lao
                | Script::Khmer
                | Script::Myanmar
        )
    };
    // The mark of a long vowel is of no script of its own.
    !c.is_ascii() && (c == '\u{30fc}' || c.is_alphanumeric() && has_no_blanks())
}

/// Whether a character is a word by itself, though no letter: arrows, signs and emoji.
fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{203c}' | '\u{2049}' | '\u{2190}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_folded_and_runs_without_blanks_become_pairs() {
        for (text, expected) in [
            ("Você não vê, Zoë?", "voce nao ve zoe"),
            ("Straße STRASSE", "strasse strasse"),
            ("d'água foo_bar x+y", "d agua foo bar x y"),
            ("東京都に行く", "東京 京都 都に に行 行く く"),
            ("Python入門", "python 入門 門"),
            ("ガガ ｶﾞ", "ガガ ガ ガ"),
            ("コーヒー", "コー ーヒ ヒー ー"),
            ("か\u{3099}", "が"),
            ("👩\u{200d}🏫 👍🏽!", "👩 🏫 👍"),
            ("한국어 말", "한국어 말"),
            ("ＡＢＣ １２", "abc 12"),
            ("Ελλάδα Ёлка", "ελλαδα елка"),
            ("\u{e000}1 \u{e001}7", "1 7"),
            ("!?-\"'()*^:", ""),
        ] {
            assert_eq!(joined(text), expected, "{text}");
        }
    }

    #[test]
    fn a_very_long_word_is_told_apart_by_its_beginning_only() {
        let long = "a".repeat(10_000);
        let found = words(&long);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text.len(), WORD_MAX_CHARS);
        assert_eq!(found[0].range, 0..10_000);
    }

    #[test]
    fn names_are_compared_without_accents_and_those_of_signs_as_they_are() {
        assert_eq!(folded_name("Zoë"), folded_name("zoe"));
        assert_eq!(folded_name("-_-"), "-_-");
    }

    proptest! {
        #[test]
        fn words_stand_in_the_text_in_their_order_and_hold_nothing_special(text in "\\PC{0,40}") {
            let mut start = 0;
            for word in words(&text) {
                prop_assert!(text.get(word.range.clone()).is_some_and(|part| !part.is_empty()));
                prop_assert!(word.range.start >= start);
                start = word.range.start;
                let is_special = |c: char| {
                    c.is_whitespace() || c.is_control() || c == '"'
                        || ('\u{e000}'..='\u{f8ff}').contains(&c)
                };
                prop_assert!(!word.text.is_empty() && !word.text.contains(is_special));
            }
        }

        #[test]
        fn ascii_is_joined_as_anything_else_is(
            text in "[ -~\\x00-\\x1f]{0,90}|[a-zA-Z0-9]{60,70} b",
        ) {
            let joined_words: Vec<String> = words(&text).into_iter().map(|it| it.text).collect();
            prop_assert_eq!(joined(&text), joined_words.join(" "));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "[a-zA-Zà-ÿ0-9 ,.!東京かが]{0,30}") {
            let once: Vec<String> = words(&text).into_iter().map(|word| word.text).collect();
            for word in &once {
                let again = words(word);
                prop_assert_eq!(&again[0].text, word);
            }
        }
    }
}
