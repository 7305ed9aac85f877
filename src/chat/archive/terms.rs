//! What is typed to find messages, as terms that an index of words is asked for; and where they
//! stand in a text. Nothing that is typed is an operator but `"`, which begins and ends a phrase,
//! and a `*` behind a word, which stands for any end of it.

use super::words::{Kind, Word, words};

/// Most terms of one query; each costs a look into the index.
pub const TERMS_MAX: usize = 32;

/// Neighbouring words that must be there in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    words: Vec<String>,
    /// Whether the last word may go on.
    is_prefix: bool,
}

impl Term {
    fn expression(&self) -> String {
        let star = if self.is_prefix { " *" } else { "" };
        format!("\"{}\"{star}", self.words.join(" "))
    }
}

/// All terms of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    terms: Vec<Term>,
    /// Whether something was typed that holds no word, so that nothing is found.
    has_no_word: bool,
}

/// More terms were typed than [`TERMS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyTerms;

impl Terms {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Too many terms.
    pub fn parse(typed: &str) -> Result<Self, TooManyTerms> {
        let mut terms = Vec::new();
        for (number, part) in typed.split(['"', '“', '”']).enumerate() {
            // Every second part stands between quotes; the last may lack its end.
            let chunks: Vec<&str> = match number % 2 {
                1 => vec![part],
                _ => part.split_whitespace().collect(),
            };
            for chunk in chunks {
                terms.extend(term(chunk));
                if terms.len() > TERMS_MAX {
                    return Err(TooManyTerms);
                }
            }
        }
        let has_no_word = terms.is_empty() && !typed.trim().is_empty();
        Ok(Self { terms, has_no_word })
    }

    /// Whether nothing was typed, so that every message fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.has_no_word
    }

    /// Whether something was typed that holds no word, so that no message fits.
    #[must_use]
    pub fn has_no_word(&self) -> bool {
        self.has_no_word
    }

    /// The terms in the language of SQLite's FTS5, each of which must be there. Each is a quoted
    /// string, so that `and` and `near` are words.
    pub fn expressions(&self) -> impl Iterator<Item = String> {
        self.terms.iter().map(Term::expression)
    }

    /// Those of them whose words are whole: an index has to read more for the beginning of a word.
    pub fn whole_expressions(&self) -> impl Iterator<Item = String> {
        let whole = self.terms.iter().filter(|term| !term.is_prefix);
        whole.map(Term::expression)
    }

    /// Whether a text has all the terms.
    #[must_use]
    pub fn fit(&self, text: &str) -> bool {
        let words = words(text);
        let is_there = |term: &Term| !places(term, &words).is_empty();
        !self.has_no_word && self.terms.iter().all(is_there)
    }

    /// Where the terms stand in a text: ranges of bytes, ascending, which do not touch.
    #[must_use]
    pub fn marks(&self, text: &str) -> Vec<(usize, usize)> {
        if self.terms.is_empty() {
            return Vec::new();
        }
        let words = words(text);
        let mut all: Vec<(usize, usize)> = self
            .terms
            .iter()
            .flat_map(|term| places(term, &words))
            .collect();
        all.sort_unstable();
        let mut marks: Vec<(usize, usize)> = Vec::new();
        for (start, end) in all {
            match marks.last_mut() {
                Some((_, last_end)) if start <= *last_end => *last_end = end.max(*last_end),
                _ => marks.push((start, end)),
            }
        }
        marks
    }
}

/// The term of what stands between blanks or quotes, if it has a word.
fn term(typed: &str) -> Option<Term> {
    let mut is_prefix = typed.trim_end().ends_with('*');
    let mut words = words(typed);
    let is_pair = |word: &Word| matches!(word.kind, Kind::Pair { .. });
    match &words[..] {
        // The run that was typed may go on in a text: its last character is no word of its own.
        [.., before, last] if last.kind == Kind::Last && is_pair(before) => {
            words.pop();
        }
        [.., last] if last.kind == Kind::Last => is_prefix = true,
        [] => return None,
        _ => {}
    }
    let words = words.into_iter().map(|word| word.text).collect();
    Some(Term { words, is_prefix })
}

/// Where a term stands among the words of a text.
fn places(term: &Term, words: &[Word]) -> Vec<(usize, usize)> {
    let Some((last, before)) = term.words.split_last() else {
        return Vec::new();
    };
    let place = |window: &[Word]| {
        let (end, start) = window.split_last()?;
        let mut pairs = start.iter().zip(before);
        let is_last = match term.is_prefix {
            true => end.text.starts_with(last.as_str()),
            false => end.text == *last,
        };
        if !is_last || pairs.any(|(word, wanted)| word.text != *wanted) {
            return None;
        }
        let to = match end.kind {
            Kind::Pair { first_end } if end.text != *last => first_end,
            _ => end.range.end,
        };
        Some((window.first()?.range.start, to))
    };
    words.windows(term.words.len()).filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(typed: &str, text: &str) -> String {
        let mut out = String::new();
        let mut done = 0;
        for (start, end) in Terms::parse(typed).unwrap().marks(text) {
            out += &format!("{}[{}]", &text[done..start], &text[start..end]);
            done = end;
        }
        out + &text[done..]
    }

    #[test]
    fn terms_are_found_where_they_stand() {
        for (typed, text, expected) in [
            ("voce", "Oi, você!", "Oi, [você]!"),
            ("PROV*", "a prova, provas", "a [prova], [provas]"),
            ("prov", "a prova", "a prova"),
            ("\"a prova\"", "a prova; prova a", "[a prova]; prova a"),
            ("京", "東京都", "東[京]都"),
            ("都", "東京都", "東京[都]"),
            ("東京", "大東京都", "大[東京]都"),
            ("東京都", "東京都", "[東京都]"),
            ("d'água", "D’AGUA", "[D’AGUA]"),
            ("👍", "ok 👍🏽", "ok [👍]🏽"),
            ("and or near", "and or NEAR", "[and] [or] [NEAR]"),
            ("tower東", "tower東京", "[tower東]京"),
            ("e\u{301}t", "été ét", "été [ét]"),
        ] {
            assert_eq!(marked(typed, text), expected, "{typed} in {text}");
        }
    }

    #[test]
    fn every_operator_is_a_plain_word_or_nothing() {
        let expressions = |typed: &str| {
            let terms = Terms::parse(typed).unwrap();
            terms.expressions().collect::<Vec<_>>().join(" AND ")
        };
        assert_eq!(
            expressions("a AND (b* OR -c) ^d:e NEAR(x, 3)"),
            r#""a" AND "and" AND "b" * AND "or" AND "c" AND "d e" AND "near x" AND "3""#
        );
        assert_eq!(expressions("\"oi você* não"), "\"oi voce nao\"");
        assert_eq!(expressions("prov*"), "\"prov\" *");
        let nothing = Terms::parse("!? -").unwrap();
        assert!(nothing.has_no_word() && !nothing.is_empty() && !nothing.fit("!?"));
        assert!(Terms::parse(" \n").unwrap().is_empty());
        assert_eq!(Terms::parse(&"a ".repeat(33)), Err(TooManyTerms));
    }

    proptest! {
        #[test]
        fn any_text_is_found_by_its_own_words(text in "\\PC{1,30}") {
            let terms = Terms::parse(&text.replace(['"', '“', '”', '*'], " "));
            if let Ok(terms) = terms && !terms.has_no_word() && !terms.is_empty() {
                prop_assert!(terms.fit(&text), "{:?}", terms);
                let marks = terms.marks(&text);
                prop_assert!(!marks.is_empty());
                let mut last = None;
                for (start, end) in marks {
                    prop_assert!(text.get(start..end).is_some_and(|part| !part.is_empty()));
                    prop_assert!(last.is_none_or(|last| last < start));
                    last = Some(end);
                }
            }
        }

        #[test]
        fn an_expression_has_no_quote_but_its_own(typed in any::<String>()) {
            if let Ok(terms) = Terms::parse(&typed) {
                for expression in terms.expressions() {
                    prop_assert_eq!(expression.matches('"').count(), 2);
                }
            }
        }
    }
}
