//! The page's files and its sentences fit each other.

use super::*;
use std::collections::BTreeMap;

/// The files of the page, as far as they ask for sentences.
const FILES: [&str; 12] = [
    include_str!("../../face/web/page/call.js"),
    include_str!("../../face/web/page/stage.js"),
    include_str!("../../face/web/page/voice.html"),
    include_str!("../../face/web/page/complete.js"),
    include_str!("../../face/web/page/files.js"),
    include_str!("../../face/web/page/index.html"),
    include_str!("../../face/web/page/main.js"),
    include_str!("../../face/web/page/people.js"),
    include_str!("../../face/web/page/sentences.js"),
    include_str!("../../face/web/page/talk.js"),
    include_str!("../../face/web/page/text.js"),
    include_str!("../../face/web/page/view.js"),
];

/// The names in the sources that look like those of sentences of the page's own.
fn asked_for() -> Vec<&'static str> {
    let mut found = Vec::new();
    for file in FILES {
        let words = file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        found.extend(words.filter(|word| word.starts_with("page_") && !word.ends_with('_')));
    }
    found
}

#[test]
fn every_sentence_that_the_page_asks_for_is_there_and_every_one_is_asked_for() {
    let asked = asked_for();
    assert!(asked.len() > 60, "the test has gone blind: {}", asked.len());
    for lang in [Lang::En, Lang::Pt] {
        let table: BTreeMap<&str, String> = page(lang).into_iter().collect();
        assert_eq!(table.len(), page(lang).len(), "a name is there twice");
        for name in &asked {
            assert!(table.contains_key(name), "{name} is missing");
        }
        for name in table.keys().filter(|name| name.starts_with("page_")) {
            let base = name.trim_end_matches("_1");
            // The view makes these two names of a message's marks.
            let is_made = ["page_late", "page_edited"].contains(name);
            assert!(is_made || asked.contains(&base), "{name} is not asked for");
        }
    }
}

#[test]
fn both_languages_fill_in_the_same() {
    let filled = |sentence: &str| {
        let parts = sentence.split('{').skip(1);
        let mut names: Vec<String> = parts
            .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
            .collect();
        names.sort();
        names
    };
    for ((name, en), (_, pt)) in page(Lang::En).iter().zip(page(Lang::Pt)) {
        assert_eq!(filled(en), filled(&pt), "{name}");
    }
}
