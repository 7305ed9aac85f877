//! Lines as rows of a terminal, broken between words. Pure: whole lines come in, and go out with
//! the line ends that a terminal of some width needs.
//!
//! Continuing rows are indented, so that none of them looks like a message of its own. A word
//! longer than a row is cut between graphemes, except one of ASCII alone, such as a link: the
//! terminal itself continues it, so that it is copied and opened whole, and the words behind it
//! begin a new row.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Blanks before a continuing row, beside those that its line begins with.
const HANG: usize = 2;

/// On a terminal with fewer columns the rows would hold no words.
const COLUMNS_MIN: usize = 8;

const ESCAPE: char = '\x1b';

/// Appends lines to `out`, each broken between words into rows of at most `columns` cells. A last
/// line without a line end gets none.
pub(super) fn wrap(lines: &str, columns: usize, out: &mut String) {
    if columns < COLUMNS_MIN {
        out.push_str(lines);
        return;
    }
    for line in lines.split_inclusive('\n') {
        // No character takes more cells than bytes.
        if line.len() <= columns {
            out.push_str(line);
            continue;
        }
        let (text, end) = match line.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (line, ""),
        };
        wrap_line(text, columns, out);
        out.push_str(end);
    }
}

fn wrap_line(line: &str, columns: usize, out: &mut String) {
    let mut row = Row {
        columns,
        indent: 0,
        at: 0,
        is_full: false,
        out,
    };
    let mut words = Words { rest: line }.peekable();
    if let Some(first) = words.peek() {
        row.indent = (first.blank_cells + HANG).min(columns / 2);
    }
    let mut is_first = true;
    for word in words {
        row.add(&word, is_first);
        is_first = false;
    }
}

/// The row that is being filled.
struct Row<'o> {
    columns: usize,
    /// Blanks before each row that continues the line.
    indent: usize,
    /// Cells that it takes.
    at: usize,
    /// Nothing more may stand in it.
    is_full: bool,
    out: &'o mut String,
}

impl Row<'_> {
    fn add(&mut self, word: &Word<'_>, is_first: bool) {
        let before = word.blank_cells;
        let is_long = word.cells + self.indent > self.columns;
        if !self.is_full && self.at + before + word.cells <= self.columns {
            self.push(word.blanks, before);
            return self.push(word.text, word.cells);
        }
        if word.cells == 0 {
            // Blanks at the end of a line, which nobody sees, and a change of colours.
            return self.push(word.text, 0);
        }
        if is_first {
            // A line that begins with more blanks than have room keeps some of them.
            let room = match self.columns.checked_sub(word.cells) {
                Some(room) => room,
                None => self.columns / 2,
            };
            let blanks = before.min(room);
            self.push(&" ".repeat(blanks), blanks);
        } else if is_long && !self.is_full && self.at + before < self.columns {
            self.push(word.blanks, before);
        } else {
            self.begin();
        }
        if self.at + word.cells <= self.columns {
            self.push(word.text, word.cells);
        } else if word.is_ascii() {
            self.push(word.text, word.cells);
            self.is_full = true;
        } else {
            self.cut(word);
        }
    }

    /// Breaks a word between graphemes.
    fn cut(&mut self, word: &Word<'_>) {
        for piece in (Pieces { rest: word.text }) {
            if piece.cells > 0 && self.at + piece.cells > self.columns {
                self.begin();
            }
            self.push(piece.text, piece.cells);
        }
    }

    fn push(&mut self, text: &str, cells: usize) {
        self.out.push_str(text);
        self.at += cells;
    }

    /// Begins the next row.
    fn begin(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        self.at = self.indent;
        self.is_full = false;
    }
}

/// A word and the blanks before it. The last of a line may be empty.
struct Word<'t> {
    blanks: &'t str,
    blank_cells: usize,
    text: &'t str,
    cells: usize,
}

impl Word<'_> {
    fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }
}

/// The words of a line.
struct Words<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let (blanks, blank_cells) = self.take(true);
        let (text, cells) = self.take(false);
        Some(Word {
            blanks,
            blank_cells,
            text,
            cells,
        })
    }
}

impl<'t> Words<'t> {
    /// Takes what is blank, or what is not, from the rest; and how many cells it fills.
    fn take(&mut self, is_blank: bool) -> (&'t str, usize) {
        let (mut bytes, mut cells) = (0, 0);
        for piece in (Pieces { rest: self.rest }) {
            if piece.is_blank != is_blank {
                break;
            }
            bytes += piece.text.len();
            cells += piece.cells;
        }
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        (taken, cells)
    }
}

/// A grapheme, or an escape sequence of ours, which fills no cell.
struct Piece<'t> {
    text: &'t str,
    cells: usize,
    is_blank: bool,
}

/// The pieces of a text.
struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let (text, cells) = match self.rest.starts_with(ESCAPE) {
            true => (sequence(self.rest), 0),
            false => {
                let text = self.rest.graphemes(true).next()?;
                let is_control = text.starts_with(char::is_control);
                (text, if is_control { 0 } else { text.width() })
            }
        };
        self.rest = self.rest.get(text.len()..).unwrap_or_default();
        Some(Piece {
            text,
            cells,
            is_blank: text.chars().all(is_blank),
        })
    }
}

/// The escape sequence that a text begins with, up to its final letter.
fn sequence(text: &str) -> &str {
    let is_final = |(_, c): &(usize, char)| matches!(c, '@'..='Z' | '\\'..='~');
    let end = text.char_indices().skip(1).find(is_final);
    let end = end.map_or(text.len(), |(at, c)| at + c.len_utf8());
    text.get(..end).unwrap_or(text)
}

/// Whether a line may be broken at a character: at every blank but those that forbid it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(lines: &str, columns: usize) -> String {
        let mut out = String::new();
        wrap(lines, columns, &mut out);
        out
    }

    #[test]
    fn a_long_line_is_broken_between_words() {
        assert_eq!(
            wrapped("[14:03:21] ana: vamos todos ao laboratório\noi\n", 24),
            "[14:03:21] ana: vamos\n  todos ao laboratório\noi\n"
        );
        assert_eq!(wrapped("cabe exatamente", 15), "cabe exatamente");
        assert_eq!(wrapped("um   exatamente   ", 12), "um\n  exatamente");
        assert_eq!(wrapped("estreito demais", 7), "estreito demais");
    }

    #[test]
    fn a_pasted_line_keeps_its_indentation_in_every_row() {
        assert_eq!(
            wrapped("[14:03:21] ana: def f():\n        return um + dois\n", 20),
            "[14:03:21] ana: def\n  f():\n        return um +\n          dois\n"
        );
        assert_eq!(
            wrapped(&format!("{}fundo demais", " ".repeat(50)), 10),
            "     fundo\n     demais"
        );
    }

    #[test]
    fn wide_characters_fill_two_cells_and_are_not_halved() {
        assert_eq!(wrapped("ana: 漢字漢字漢字", 10), "ana: 漢字\n  漢字漢字");
        assert_eq!(wrapped("ana: 漢字 漢字", 10), "ana: 漢字\n  漢字");
        let family = "👨\u{200d}👩\u{200d}👧";
        assert_eq!(
            wrapped(&family.repeat(5), 8),
            format!("{}\n  {family}", family.repeat(4))
        );
        // A letter and its accent.
        let accents = "e\u{301}".repeat(9);
        let (row, rest) = accents.split_at(8 * 3);
        assert_eq!(wrapped(&accents, 8), format!("{row}\n  {rest}"));
    }

    #[test]
    fn a_line_is_not_broken_at_a_blank_that_carries_a_mark() {
        assert_eq!(
            wrapped("        aA AA a!字 \u{301}", 8),
            "      aA\n    AA a\n    !字 \u{301}"
        );
    }

    #[test]
    fn colours_fill_no_cells_and_go_on_in_the_next_row() {
        assert_eq!(
            wrapped("\x1b[2m[14]\x1b[0m \x1b[31mana\x1b[0m: oi gente", 12),
            "\x1b[2m[14]\x1b[0m \x1b[31mana\x1b[0m: oi\n  gente"
        );
        assert_eq!(
            wrapped("oi, \x1b[1;7mana maria\x1b[0m!", 10),
            "oi, \x1b[1;7mana\n  maria\x1b[0m!"
        );
    }

    #[test]
    fn a_link_is_left_whole_and_what_follows_it_begins_a_row() {
        assert_eq!(
            wrapped("ana: http://roda/longe [14:03:21] bia: oi", 12),
            "ana: http://roda/longe\n  [14:03:21]\n  bia: oi"
        );
    }

    /// Rows as a terminal shows them, each with whether the terminal itself broke it off.
    fn rows(text: &str, columns: usize) -> Vec<(String, bool)> {
        let mut rows = vec![(String::new(), false)];
        let mut at = 0;
        for piece in (Pieces { rest: text }) {
            let is_end = piece.text == "\n";
            if is_end || at + piece.cells > columns {
                rows.last_mut().unwrap().1 = !is_end;
                rows.push((String::new(), false));
                at = 0;
            }
            if !is_end {
                rows.last_mut().unwrap().0.push_str(piece.text);
                at += piece.cells;
            }
        }
        rows
    }

    /// What stands between graphemes that are blank altogether.
    fn words_between_blanks(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        let mut begin = 0;
        for (at, sign) in text.grapheme_indices(true) {
            if sign.trim().is_empty() {
                words.push(&text[begin..at]);
                begin = at + sign.len();
            }
        }
        words.push(&text[begin..]);
        words.retain(|word| !word.is_empty());
        words
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_blanks_and_no_row_is_too_wide(
            words in proptest::collection::vec(
                "( {1,12}|[a-z]{1,9}|[!-~]{1,40}|[ -~é漢字👍\u{301}\u{200d}]{0,30}|\x1b\\[1m|\n)",
                0..20,
            ),
            columns in COLUMNS_MIN..40,
        ) {
            let text = words.concat();
            let out = wrapped(&text, columns);
            let solid = |text: &str| -> String { text.split_whitespace().collect() };
            prop_assert_eq!(solid(&text), solid(&out));
            for line in out.split('\n') {
                for (row, is_broken) in rows(line, columns) {
                    // The terminal breaks nothing but words of ASCII that are too long.
                    let last = row.split(' ').next_back().unwrap_or_default();
                    prop_assert!(!is_broken || last.is_ascii() && !last.is_empty(), "{out:?}");
                    let cells: usize = Pieces { rest: &row }.map(|piece| piece.cells).sum();
                    prop_assert!(cells <= columns, "{out:?}");
                }
            }
            // Words that fit in a row stand in one. A mark behind a blank makes one sign of the
            // two, at which no line is broken: what holds such a sign is left out.
            let is_short = |word: &&str| {
                let cells: usize = Pieces { rest: word }.map(|piece| piece.cells).sum();
                !word.contains(char::is_whitespace) && cells + columns / 2 <= columns
            };
            let [text, out] = [text, out].map(|text| text.replace("\x1b[1m", ""));
            let mut left = words_between_blanks(&out);
            for word in words_between_blanks(&text).into_iter().filter(is_short) {
                let found = left.iter().position(|other| *other == word);
                prop_assert!(found.is_some(), "{word:?} in {out:?}");
                left.remove(found.unwrap());
            }
        }
    }
}
