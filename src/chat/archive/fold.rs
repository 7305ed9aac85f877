//! Words as one looks for them: without accents, without case, whole or by their beginning. For
//! the messages in memory; an archive has an index of its own.

use std::iter;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text as it is compared: decomposed, without marks, in small letters, so that `Você` is `voce`
/// and `ﬁ` is `fi`.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|c| fold_into(c, &mut folded));
    folded
}

fn fold_into(c: char, folded: &mut String) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
        return;
    }
    let bare = iter::once(c).nfkd().filter(|c| !is_combining_mark(*c));
    folded.extend(bare.flat_map(char::to_lowercase));
}

/// What is looked for: all of it must be in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Each a word, or the words of a phrase in their order.
    terms: Vec<Vec<Pattern>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    folded: String,
    /// Whether a word that only begins so is meant too.
    is_prefix: bool,
}

/// A word of a text.
struct Token {
    folded: String,
    start: usize,
    end: usize,
}

impl Words {
    /// Reads what was typed: words, beginnings such as `prov*`, and phrases in quotes.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        // Every other part stands between quotes.
        let parts = typed.split('"').enumerate();
        let terms = parts.flat_map(|(number, part)| match number % 2 {
            1 => vec![patterns(part)],
            _ => part.split_whitespace().map(patterns).collect(),
        });
        Self {
            terms: terms.filter(|term| !term.is_empty()).collect(),
        }
    }

    /// Whether nothing is looked for, so that every text has it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Where the words stand in a text, as ranges of bytes, ascending and apart; `None` unless all
    /// are there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Vec<(usize, usize)>> {
        if self.is_empty() {
            return Some(Vec::new());
        }
        let tokens = tokens(text);
        let mut marks = Vec::new();
        for term in &self.terms {
            let before = marks.len();
            for window in tokens.windows(term.len()) {
                if let (Some(first), Some(last)) = (window.first(), window.last())
                    && iter::zip(window, term).all(|(token, pattern)| pattern.is_met_by(token))
                {
                    marks.push((first.start, last.end));
                }
            }
            if marks.len() == before {
                return None;
            }
        }
        marks.sort_unstable();
        let mut apart: Vec<(usize, usize)> = Vec::with_capacity(marks.len());
        for (start, end) in marks {
            match apart.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => apart.push((start, end)),
            }
        }
        Some(apart)
    }
}

impl Pattern {
    fn is_met_by(&self, token: &Token) -> bool {
        match self.is_prefix {
            true => token.folded.starts_with(&self.folded),
            false => token.folded == self.folded,
        }
    }
}

/// The words of one term.
fn patterns(typed: &str) -> Vec<Pattern> {
    let tokens = tokens(typed).into_iter();
    let pattern = |token: Token| Pattern {
        is_prefix: typed
            .get(token.end..)
            .is_some_and(|rest| rest.starts_with('*')),
        folded: token.folded,
    };
    tokens.map(pattern).collect()
}

/// The words of a text. Where words are not told apart by blanks, each sign is one.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut is_open = false;
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        if is_combining_mark(c) {
            // It belongs to the letter before it.
            if let Some(token) = tokens.last_mut().filter(|token| token.end == start) {
                token.end = end;
            }
            continue;
        }
        if !c.is_alphanumeric() {
            is_open = false;
            continue;
        }
        let is_alone = is_word_by_itself(c);
        match tokens.last_mut().filter(|_| is_open && !is_alone) {
            Some(token) => {
                fold_into(c, &mut token.folded);
                token.end = end;
            }
            None => {
                let mut folded = String::new();
                fold_into(c, &mut folded);
                tokens.push(Token { folded, start, end });
            }
        }
        is_open = !is_alone;
    }
    tokens
}

/// Whether a sign is of a script that writes no blanks between words: Chinese or Japanese.
fn is_word_by_itself(c: char) -> bool {
    matches!(u32::from(c),
        0x3040..=0x30ff // hiragana, katakana
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af) // ideographs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The parts of a text that are found.
    fn found<'t>(typed: &str, text: &'t str) -> Option<Vec<&'t str>> {
        let marks = Words::parse(typed).find(text)?;
        Some(
            marks
                .into_iter()
                .map(|(start, end)| &text[start..end])
                .collect(),
        )
    }

    #[test]
    fn words_are_found_without_accents_and_case() {
        for (typed, text, expected) in [
            ("voce", "Você vai?", vec!["Você"]),
            ("VOCÊ", "voce vai?", vec!["voce"]),
            ("cafe", "cafe\u{301} e Café", vec!["cafe\u{301}", "Café"]),
            (
                "prov*",
                "a prova, provas e o improviso",
                vec!["prova", "provas"],
            ),
            (
                "\"sala dois\"",
                "na Sala dois, não na dois sala",
                vec!["Sala dois"],
            ),
            (
                "\"a prov*\" hoje",
                "hoje é a prova",
                vec!["hoje", "a prova"],
            ),
            ("東京", "今日は東京です", vec!["東京"]),
            ("a-b", "x a b", vec!["a b"]),
            ("", "tudo", vec![]),
            ("fim", "ﬁm", vec!["ﬁm"]),
        ] {
            assert_eq!(found(typed, text), Some(expected), "{typed} in {text}");
        }
    }

    #[test]
    fn what_is_not_all_there_is_not_found() {
        for (typed, text) in [
            ("prov", "prova"),
            ("ana", "banana"),
            ("um dois", "um três"),
            ("\"sala dois\"", "sala e dois"),
            ("東北", "東京と北京"),
            ("\"sala dois", "dois"),
        ] {
            assert_eq!(found(typed, text), None, "{typed} in {text}");
        }
        assert!(Words::parse(" * \" - \" ").is_empty());
    }

    proptest! {
        #[test]
        fn marks_are_parts_of_the_text_in_order(
            typed in "[a-cA-Cé東*\" ]{0,12}",
            text in "(\\PC|[a-cé東 ]|\u{301}){0,40}",
        ) {
            if let Some(marks) = Words::parse(&typed).find(&text) {
                let mut done = 0;
                for (start, end) in marks {
                    prop_assert!(start >= done && start < end);
                    prop_assert!(text.get(start..end).is_some());
                    done = end;
                }
            }
        }

        #[test]
        fn a_text_is_found_by_its_own_words(text in "\\PC{0,30}") {
            prop_assert!(Words::parse(&text.replace('"', " ")).find(&text).is_some());
        }
    }
}
