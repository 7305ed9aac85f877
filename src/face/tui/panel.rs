//! What may stand above the conversation, and has the keys meanwhile: the help, the palette, the
//! search, the people to choose from, the code to compare. Pure.

use std::collections::BTreeMap;

use super::conversation::Place;
use super::keys::{Action, BINDINGS, Binding};
use super::rows::{Row, Span, Wrap, wrap};
use super::showing::Showing;
use super::theme::Theme;
use super::view::Scroll;
use crate::chat::command::{RequestId, commands};
use crate::chat::rooms::{Question, Secret};
use crate::terminal::keys::{Key, Modifiers};
use crate::terminal::screen::qr_code;
use crate::text::{self, Lang};

/// Longest key that is typed, in bytes: an invitation has some hundred.
const KEY_MAX_BYTES: usize = 4096;

/// Longest text that is searched for, in bytes.
const QUERY_MAX_BYTES: usize = 256;

/// From so many columns on, keys, commands and what they are for stand in a table.
pub(super) const TABLE_COLUMNS_MIN: u16 = 60;

/// From so many letters on, a command is found by its word in another language.
const CALLED_BYTES_MIN: usize = 3;

/// Rows of one thing in a list.
const LISTED_ROWS_MAX: usize = 6;

/// See the file's head.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Panel {
    /// Nothing: the keys are the line's.
    #[default]
    None,
    /// From which row on.
    Help(usize),
    Palette(Choice),
    Find(Finder),
    /// Which of the people.
    Choose(usize),
    Verify(Verify),
    /// A message that is selected.
    Select(Place),
    /// Whether a message is to be deleted.
    Delete(Place),
    /// Whether all rooms are to be left.
    Leave,
    /// Something is asked to enter a room.
    Asked(Asking),
    /// A file is shown.
    Show(Box<Showing>),
}

/// A question, and what was typed to answer it, which is not seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asking {
    pub(super) question: Question,
    pub(super) typed: Secret,
}

impl Asking {
    /// Nothing is typed yet.
    pub(super) fn new(question: Question) -> Self {
        Self {
            question,
            // Never moved, so that no copy of a secret stays behind.
            typed: String::with_capacity(KEY_MAX_BYTES).into(),
        }
    }

    /// Whether what was typed was no text.
    pub(super) fn is_mended(&self) -> bool {
        self.typed.0.contains(char::REPLACEMENT_CHARACTER)
    }

    /// Adds to what was typed, as far as there is room for it.
    pub(super) fn push(&mut self, text: &str) {
        if self.typed.0.len() + text.len() <= KEY_MAX_BYTES {
            self.typed.0.push_str(text);
        }
    }
}

/// A query, and which of what it leaves is chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Choice {
    pub(super) query: String,
    pub(super) chosen: usize,
}

/// A search: among the messages that are held at once, and in what is kept as it answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Finder {
    pub(super) query: String,
    /// The messages that have it, the newest first.
    pub(super) found: Vec<Place>,
    pub(super) chosen: usize,
    /// The question to what is kept, and what it has answered: when each message was said, in
    /// milliseconds since 1970.
    pub(super) request: Option<RequestId>,
    pub(super) kept: BTreeMap<Place, u64>,
    /// Where the conversation stood before.
    pub(super) before: Scroll,
}

/// The code to compare with somebody.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verify {
    /// As they are called.
    pub(super) who: String,
    /// As they are typed behind a command.
    pub(super) typed: String,
    pub(super) code: String,
    pub(super) words: String,
    /// From which row on it is seen.
    pub(super) first: usize,
}

/// Changes a query as a key asks for; whether it did.
pub(super) fn edit(query: &mut String, key: Key, held: Modifiers) -> bool {
    match (key, held.ctrl, held.alt) {
        (Key::Char(c), false, false) if query.len() < QUERY_MAX_BYTES => query.push(c),
        (Key::Backspace, ..) => drop(query.pop()),
        (Key::Char('u'), true, _) => query.clear(),
        _ => return false,
    }
    true
}

/// Something that the palette offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) action: Option<Action>,
    pub(super) word: &'static str,
    pub(super) shown: String,
}

/// All keys and commands that have a query in them.
pub(super) fn offers(query: &str, lang: Lang) -> Vec<Offer> {
    let keys = BINDINGS.iter().map(|binding| {
        let word = binding.word(lang);
        let used_for = text::key_use(lang, binding.used_for);
        Offer {
            action: binding.action,
            word,
            shown: format!("{:<18} {word:<12} {used_for}", binding.keys),
        }
    });
    let is_own = |word: &str| BINDINGS.iter().any(|binding| binding.words.contains(&word));
    let commands = commands().filter(|command| !is_own(command.word));
    let commands = commands.map(|command| Offer {
        action: None,
        word: command.word,
        shown: format!("{:<18} {}", "", command.word),
    });
    let query = query.to_lowercase();
    // A command is found by its word in either language.
    let is_called = |offer: &Offer| {
        let binding = |it: &&Binding| it.action == offer.action && it.words.contains(&offer.word);
        let words = BINDINGS.iter().find(binding).map_or(&[][..], |it| it.words);
        let begun = query.trim_start_matches('/');
        begun.len() >= CALLED_BYTES_MIN
            && words
                .iter()
                .any(|word| word.trim_start_matches('/').starts_with(begun))
    };
    let is_like = |offer: &Offer| offer.shown.to_lowercase().contains(&query) || is_called(offer);
    keys.chain(commands).filter(is_like).collect()
}

/// The page of help, on so many columns.
pub(super) fn help(lang: Lang, theme: Theme, columns: u16) -> Vec<Row> {
    let plain = ratatui::style::Style::new();
    let keys = BINDINGS.iter().flat_map(|binding| {
        let used_for = text::key_use(lang, binding.used_for);
        let (keys, word) = (binding.keys, binding.word(lang));
        if columns < TABLE_COLUMNS_MIN {
            let behind = one_blank_each(&format!(" {word} {used_for}"));
            return broken(
                &[Span::new(keys, theme.strong()), Span::new(behind, plain)],
                columns,
            );
        }
        vec![Row::of(vec![
            Span::new(format!("{keys:<18}"), theme.strong()),
            Span::new(format!(" {word:<12} {used_for}"), plain),
        ])]
    });
    let commands = text::commands(lang).into_iter();
    let commands = commands.flat_map(|line| broken(&[Span::new(line, theme.dim())], columns));
    keys.chain(commands).collect()
}

/// Something of a list in rows, those behind the first indented.
fn broken(spans: &[Span], columns: u16) -> Vec<Row> {
    let how = Wrap {
        columns,
        hang: 4,
        rows_max: LISTED_ROWS_MAX,
    };
    wrap(spans, how)
}

/// A text whose columns stand beside each other where there is no room for a table.
pub(super) fn one_blank_each(text: &str) -> String {
    let blank = match text.starts_with(' ') {
        true => " ",
        false => "",
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("{blank}{}", words.join(" "))
}

impl Verify {
    /// The code as rows: large where it has room, in words, and as a picture for a camera.
    pub(super) fn rows(&self, columns: u16, lang: Lang, theme: Theme) -> Vec<Row> {
        let plain = ratatui::style::Style::new();
        let row = |text: &str, style| Row::of(vec![Span::new(text, style)]);
        let [before, behind] = text::verify_use(lang, &self.typed);
        let sentence = |text: &str| broken(&[Span::new(text, plain)], columns);
        let mut rows = sentence(&before);
        rows.push(Row::default());
        rows.extend(
            large(&self.code, columns)
                .iter()
                .map(|text| row(text, theme.strong())),
        );
        rows.extend(broken(
            &[Span::new(self.code.as_str(), theme.strong())],
            columns,
        ));
        rows.push(Row::default());
        let words: Vec<&str> = self.words.split(' ').collect();
        for words in words.chunks(3) {
            rows.push(row(&words.join(" "), theme.strong()));
        }
        rows.push(Row::default());
        rows.extend(sentence(&behind));
        rows.push(Row::default());
        rows.extend(qr_code(&self.code).iter().map(|line| row(line, plain)));
        rows
    }
}

/// Digits of three columns and five rows, a bit for each dot, the upper left the highest.
const DIGITS: [u16; 10] = [
    0b111_101_101_101_111,
    0b010_110_010_010_111,
    0b111_001_111_100_111,
    0b111_001_111_001_111,
    0b101_101_111_001_001,
    0b111_100_111_001_111,
    0b111_100_111_101_111,
    0b111_001_010_010_010,
    0b111_101_111_101_111,
    0b111_101_111_001_111,
];

/// Columns of a large group of five digits, with the space behind it.
const GROUP_COLUMNS: usize = 22;

/// Groups of digits, each dot half a cell high; nothing where there is no room for one.
fn large(code: &str, columns: u16) -> Vec<String> {
    let groups: Vec<&str> = code.split(' ').collect();
    let across = (usize::from(columns) / GROUP_COLUMNS).min(3);
    if across == 0 {
        return Vec::new();
    }
    let dot = |c: char, x: u16, y: u16| {
        let bits = c.to_digit(10).and_then(|digit| DIGITS.get(digit as usize));
        y < 5 && bits.is_some_and(|bits| bits >> (14 - (3 * y + x)) & 1 == 1)
    };
    let mut rows = Vec::new();
    for groups in groups.chunks(across) {
        for y in [0, 2, 4] {
            let mut row = String::new();
            for group in groups {
                for c in group.chars() {
                    for x in 0..3 {
                        row.push(match (dot(c, x, y), dot(c, x, y + 1)) {
                            (true, true) => '█',
                            (true, false) => '▀',
                            (false, true) => '▄',
                            (false, false) => ' ',
                        });
                    }
                    row.push(' ');
                }
                row.push_str("  ");
            }
            rows.push(row.trim_end().to_owned());
        }
        rows.push(String::new());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_drawn_large_where_they_have_room() {
        assert_eq!(large("12", 30), ["▄█  ▀▀█", " █  █▀▀", "▀▀▀ ▀▀▀", ""]);
        assert_eq!(large("12345 67890", 60).len(), 4);
        assert_eq!(large("12345 67890", 30).len(), 8);
        assert!(large("12345", 20).is_empty());
    }

    #[test]
    fn help_and_the_code_are_whole_on_a_narrow_screen() {
        let said = |rows: &[Row]| -> String {
            let rows = rows.iter();
            let text = rows.map(|row| row.spans.iter().map(|span| span.text.as_str()).collect());
            text.collect::<Vec<String>>().join(" ")
        };
        let rows = help(Lang::En, Theme::default(), 38);
        assert!(rows.iter().all(|row| row.cells() <= 38));
        let text = one_blank_each(&said(&rows));
        for binding in &BINDINGS {
            let used_for = text::key_use(Lang::En, binding.used_for);
            assert!(text.contains(&one_blank_each(&used_for)), "{used_for}");
        }
        let verify = Verify {
            code: "55547 98383 44142 15440 58584 06454".into(),
            ..Verify::default()
        };
        let rows = verify.rows(38, Lang::En, Theme::default());
        assert!(rows.iter().all(|row| row.cells() <= 38));
        assert!(said(&rows).contains("by voice:"));
    }

    #[test]
    fn the_palette_finds_keys_and_commands() {
        let words = |query: &str| -> Vec<&str> {
            offers(query, Lang::En)
                .iter()
                .map(|offer| offer.word)
                .collect()
        };
        assert_eq!(words("f3"), ["/find"]);
        assert_eq!(words("/silencio"), ["/quiet"]);
        assert_eq!(words("/verif"), ["/verify", "/verified"]);
        assert_eq!(words("nothing like it"), Vec::<&str>::new());
        assert!(words("").len() > BINDINGS.len());
    }
}
