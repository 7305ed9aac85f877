//! Text as rows of cells: broken between words, then between graphemes, with a hanging indent.
//! Pure.

use std::ops::Range;
use std::rc::Rc;

use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::terminal::picture::cells_of;

/// A piece of clean text that looks one way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
    /// Where it leads.
    pub(super) link: Option<Rc<str>>,
}

impl Span {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
            link: None,
        }
    }

    /// Cells that it fills in one row.
    pub(super) fn cells(&self) -> u16 {
        cells(&self.text)
    }
}

/// Cells that a text fills in one row.
pub(super) fn cells(text: &str) -> u16 {
    let all = text.graphemes(true).map(cells_of);
    all.fold(0, u16::saturating_add)
}

/// As much of a text as fills so many cells.
pub(super) fn cut(text: &str, columns: u16) -> String {
    let mut left = columns;
    let mut cut = String::new();
    for grapheme in text.graphemes(true) {
        let Some(rest) = left.checked_sub(cells_of(grapheme)) else {
            break;
        };
        left = rest;
        cut.push_str(grapheme);
    }
    cut
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    /// Blank cells before it.
    pub(super) indent: u16,
    pub(super) spans: Vec<Span>,
}

impl Row {
    /// A row of these spans.
    pub(super) fn of(spans: Vec<Span>) -> Self {
        Self { indent: 0, spans }
    }

    /// Cells that it fills.
    pub(super) fn cells(&self) -> u16 {
        let widths = self.spans.iter().map(Span::cells);
        widths.fold(self.indent, u16::saturating_add)
    }

    /// Its text, for tests and for what is no picture.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        let spans = self.spans.iter().map(|span| span.text.as_str());
        " ".repeat(self.indent.into()) + &spans.collect::<String>()
    }
}

/// How text becomes rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrap {
    /// Cells of a row.
    pub(super) columns: u16,
    /// Blank cells before each row but the first.
    pub(super) hang: u16,
    /// Rows that are made at most; more text is left out.
    pub(super) rows_max: usize,
}

/// Breaks spans into rows: at least one.
pub(super) fn wrap(spans: &[Span], wrap: Wrap) -> Vec<Row> {
    let mut rows = Rows {
        columns: wrap.columns,
        hang: wrap.hang.min(wrap.columns / 2),
        rows_max: wrap.rows_max.max(1),
        rows: vec![Row::default()],
        at: 0,
    };
    let mut word: Vec<Piece<'_>> = Vec::new();
    let mut blanks: Vec<Piece<'_>> = Vec::new();
    for span in spans {
        for text in span.text.graphemes(true) {
            let piece = Piece {
                text,
                cells: cells_of(text),
                span,
            };
            if rows.is_full() {
                return rows.done();
            }
            if !is_blank(text) {
                word.push(piece);
                continue;
            }
            if !word.is_empty() {
                rows.add(&blanks, &word);
                blanks.clear();
                word.clear();
            }
            blanks.push(piece);
        }
    }
    rows.add(&blanks, &word);
    rows.done()
}

/// Whether a line may be broken at a grapheme.
fn is_blank(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
    text.chars().all(is_blank)
}

/// A grapheme and the span that it is of.
#[derive(Clone, Copy)]
struct Piece<'s> {
    text: &'s str,
    cells: u16,
    span: &'s Span,
}

struct Rows {
    columns: u16,
    hang: u16,
    rows_max: usize,
    rows: Vec<Row>,
    /// Cells that the last row fills.
    at: u16,
}

impl Rows {
    fn done(mut self) -> Vec<Row> {
        self.rows.truncate(self.rows_max);
        self.rows
    }

    fn is_full(&self) -> bool {
        self.rows.len() > self.rows_max
    }

    fn add(&mut self, blanks: &[Piece<'_>], word: &[Piece<'_>]) {
        let width = |pieces: &[Piece<'_>]| {
            let all = pieces.iter().map(|piece| piece.cells);
            all.fold(0, u16::saturating_add)
        };
        let (before, needed) = (width(blanks), width(word));
        let is_begun = self.rows.len() > 1 && self.at == self.hang;
        if self.at.saturating_add(before).saturating_add(needed) <= self.columns {
            blanks.iter().chain(word).for_each(|piece| self.push(piece));
            return;
        }
        if word.is_empty() || self.columns == 0 {
            return; // blanks at the end, which nobody sees, or no room for anything
        }
        let is_long = needed > self.columns.saturating_sub(self.hang);
        if is_long && self.at.saturating_add(before) < self.columns {
            blanks.iter().for_each(|piece| self.push(piece));
        } else if !is_begun {
            self.begin();
        }
        for piece in word {
            if self.at.saturating_add(piece.cells) > self.columns && self.at > self.start() {
                self.begin();
            }
            if self.is_full() {
                return;
            }
            self.push(piece);
        }
    }

    /// Where the last row begins.
    fn start(&self) -> u16 {
        match self.rows.len() {
            1 => 0,
            _ => self.hang,
        }
    }

    fn begin(&mut self) {
        self.rows.push(Row {
            indent: self.hang,
            spans: Vec::new(),
        });
        self.at = self.hang;
    }

    fn push(&mut self, piece: &Piece<'_>) {
        // A row may have no room for a single wide character.
        let is_fit = self.at.saturating_add(piece.cells) <= self.columns;
        let (text, cells) = match is_fit {
            true => (piece.text, piece.cells),
            false if self.at < self.columns => ("…", 1),
            false => return,
        };
        self.at += cells;
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        let span = piece.span;
        match row.spans.last_mut() {
            Some(last) if last.style == span.style && last.link == span.link => {
                last.text.push_str(text);
            }
            _ => row.spans.push(Span {
                text: text.to_owned(),
                style: span.style,
                link: span.link.clone(),
            }),
        }
    }
}

/// Some part of a text that looks another way.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) at: Range<usize>,
    pub(super) style: Style,
    pub(super) link: Option<Rc<str>>,
}

/// Most marks of one text; a text of links alone has no more.
const MARKS_MAX: usize = 256;

/// A clean text as spans: where marks cover it, it looks as they say.
pub(super) fn marked(text: &str, style: Style, marks: &[Mark]) -> Vec<Span> {
    let marks = marks.get(..MARKS_MAX).unwrap_or(marks);
    let ends = marks.iter().flat_map(|mark| [mark.at.start, mark.at.end]);
    let mut cuts: Vec<usize> = ends.chain([0, text.len()]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut spans = Vec::new();
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)) {
        let Some(part) = text.get(*start..*end).filter(|part| !part.is_empty()) else {
            continue;
        };
        let mut span = Span::new(part, style);
        for mark in marks {
            if mark.at.start <= *start && *end <= mark.at.end {
                span.style = span.style.patch(mark.style);
                span.link = mark.link.clone().or(span.link);
            }
        }
        spans.push(span);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::Modifier;

    fn wrapped(text: &str, columns: u16, hang: u16) -> Vec<String> {
        let spans = [Span::new(text, Style::new())];
        let how = Wrap {
            columns,
            hang,
            rows_max: 100,
        };
        wrap(&spans, how).iter().map(Row::text).collect()
    }

    #[test]
    fn text_is_broken_between_words_and_then_between_graphemes() {
        assert_eq!(
            wrapped("ana: vamos todos ao laboratório", 12, 5),
            ["ana: vamos", "     todos", "     ao labo", "     ratório"]
        );
        assert_eq!(
            wrapped("oi 漢字漢字漢字", 7, 2),
            ["oi 漢字", "  漢字", "  漢字"]
        );
        assert_eq!(wrapped("", 7, 2), [""]);
        assert_eq!(wrapped("漢", 1, 0), ["…"]);
        assert_eq!(wrapped("abc", 0, 0), [""]);
        let family = "👨\u{200d}👩\u{200d}👧";
        assert_eq!(wrapped(&family.repeat(2), 3, 0), [family, family]);
    }

    #[test]
    fn marks_may_cover_each_other() {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let under = Style::new().add_modifier(Modifier::UNDERLINED);
        let mark = |at, style| Mark {
            at,
            style,
            link: None,
        };
        let spans = marked(
            "abcdef",
            Style::new(),
            &[mark(1..4, bold), mark(3..5, under)],
        );
        let texts: Vec<&str> = spans.iter().map(|span| span.text.as_str()).collect();
        assert_eq!(texts, ["a", "bc", "d", "e", "f"]);
        assert_eq!(spans[2].style, bold.patch(under));
        assert_eq!(marked("", Style::new(), &[]), []);
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_letter_is_lost(
            text in "[a-zé漢字👍\u{301} ]{0,60}",
            columns in 0_u16..30,
            hang in 0_u16..40,
        ) {
            let rows = wrapped(&text, columns, hang);
            for row in &rows {
                prop_assert!(cells(row) <= columns, "{rows:?}");
            }
            if columns >= 4 {
                let solid = |text: &str| text.split_whitespace().collect::<String>();
                let shown: String = rows.concat();
                prop_assert_eq!(solid(&shown), solid(&text));
            }
        }

        #[test]
        fn no_text_makes_more_rows_than_are_asked_for(text in "[a-z ]{0,200}", max in 1_usize..5) {
            let spans = [Span::new(text, Style::new())];
            let rows = wrap(&spans, Wrap { columns: 5, hang: 1, rows_max: max });
            prop_assert!(!rows.is_empty() && rows.len() <= max);
        }
    }
}
