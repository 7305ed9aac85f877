//! The sentences of the page, by the names under which it asks for them: one table, of which the
//! server gives one language as an object.

use super::{Lang, say};

/// All sentences, each with its name.
#[must_use]
pub fn page(lang: Lang) -> Vec<(&'static str, String)> {
    vec![
        ("language", say!(lang, "en", "pt")),
        ("say", say!(lang, "Say something", "Diga algo")),
    ]
}
