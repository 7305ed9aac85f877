//! A line as rows of cells, for a terminal of some size. Pure.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::protocol::message::clean;
use crate::terminal::kernel::Size;
use crate::terminal::painter::Prompt;

/// A prompt and its line as they stand on a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::terminal) struct Rows {
    /// The rows, at least one, and never more than the terminal has.
    pub(in crate::terminal) rows: Vec<Row>,
    /// The caret's row and column.
    pub(in crate::terminal) caret: (usize, usize),
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::terminal) struct Row {
    /// What stands in it, cleaned.
    pub(in crate::terminal) text: String,
    /// The cells that it takes.
    pub(in crate::terminal) cells: usize,
}

/// Lays a line out. Of one that is longer than the terminal is high, the rows around the caret are
/// given, because nothing that has left the screen can be drawn again.
pub(in crate::terminal) fn layout(prompt: &Prompt, size: Size) -> Rows {
    let columns = size.columns.max(2);
    let mut rows = vec![Row::default()];
    let mut caret = (0, 0);
    let mut place = |grapheme: &str| {
        let shown = clean(grapheme);
        let cells = shown.width();
        let fits = rows.last().is_some_and(|row| row.cells + cells <= columns);
        if !fits {
            rows.push(Row::default());
        }
        let number = rows.len() - 1;
        let Some(row) = rows.last_mut() else {
            return (0, 0);
        };
        let at = (number, row.cells);
        row.text.push_str(&shown);
        row.cells += cells;
        at
    };
    prompt.prompt.graphemes(true).for_each(|grapheme| {
        place(grapheme);
    });
    let mut is_placed = false;
    for (start, grapheme) in prompt.text.grapheme_indices(true) {
        let at = place(grapheme);
        if start == prompt.caret {
            (caret, is_placed) = (at, true);
        }
    }
    if !is_placed {
        let is_full = rows.last().is_some_and(|row| row.cells >= columns);
        if is_full {
            rows.push(Row::default());
        }
        caret = (rows.len() - 1, rows.last().map_or(0, |row| row.cells));
    }
    let height = size.rows.max(1);
    let first = (caret.0 + 1).saturating_sub(height);
    let rows: Vec<Row> = rows.into_iter().skip(first).take(height).collect();
    Rows {
        rows,
        caret: (caret.0 - first, caret.1.min(columns - 1)),
    }
}
