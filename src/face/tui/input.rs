//! What is being typed: one message of one line or several, edited as everywhere else, and laid out
//! in as many rows as it needs. Pure.

use unicode_segmentation::UnicodeSegmentation;

use super::emoji;
use super::panel_keys::is_yes;
use crate::protocol::message::{clean, split_within};
use crate::terminal::block::LINE_MAX_BYTES;
use crate::terminal::completion::Completion;
use crate::terminal::keys::{Key, Modifiers};
use crate::terminal::line_editor::{Edit, LineEditor};
use crate::terminal::picture::cells_of;
use crate::terminal::tabbing::Tabbing;

/// What a key did to the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Nothing that concerns others.
    Nothing,
    /// The line is done. One that begins with a paste of several lines is text, and no command.
    Line { text: String, is_pasted: bool },
    /// Ctrl-C on a line that was begun.
    Cleared,
    /// Ctrl-C on an empty line.
    Interrupt,
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Redraw,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Input {
    editor: LineEditor,
    tabbing: Tabbing,
    /// A paste of several lines that is asked about.
    question: Option<String>,
    begins_pasted: bool,
}

/// A line as rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct InputRows {
    pub(super) rows: Vec<String>,
    /// The caret's row and column.
    pub(super) caret: (usize, u16),
}

impl Input {
    pub(super) fn completion(&mut self) -> &mut Completion {
        self.tabbing.completion()
    }

    pub(super) fn text(&self) -> &str {
        self.editor.text()
    }

    /// Puts a line in place of the present one.
    pub(super) fn set(&mut self, text: String) {
        let end = text.len();
        self.editor.checkpoint();
        self.editor.set(text, end);
    }

    /// How many lines a paste has that is asked about.
    pub(super) fn asks(&self) -> Option<usize> {
        let pasted = self.question.as_ref()?;
        Some(pasted.split('\n').count())
    }

    /// What is searched for in earlier lines, while something is.
    pub(super) fn query(&self) -> Option<&str> {
        self.editor.query()
    }

    /// Takes in a paste: one of several lines is asked about first.
    pub(super) fn paste(&mut self, pasted: &str) {
        self.tabbing.end();
        let pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let pasted = pasted.trim_end_matches('\n');
        let (pasted, _) = split_within(pasted, LINE_MAX_BYTES);
        match pasted.contains('\n') {
            true => self.question = Some(pasted.to_owned()),
            false => drop(self.editor.insert(pasted)),
        }
    }

    /// Does what a key asks for, on rows of so many columns.
    pub(super) fn press(&mut self, key: Key, held: Modifiers, columns: u16) -> Typed {
        if self.question.is_some() {
            return self.answer(key, held);
        }
        let is_searching = self.editor.query().is_some();
        match (key, held.ctrl, held.alt) {
            (Key::Tab | Key::BackTab, _, false) if !is_searching => {
                self.on_tab(key);
                return Typed::Nothing;
            }
            (Key::Enter, _, true) | (Key::Char('j'), true, _) if !is_searching => {
                self.tabbing.end();
                self.editor.insert("\n");
                return Typed::Nothing;
            }
            (Key::Up | Key::Down, false, false) if !is_searching => {
                if let Some(caret) = self.beside(key, columns) {
                    self.editor.set(self.text().to_owned(), caret);
                    return Typed::Nothing;
                }
            }
            _ => {}
        }
        self.tabbing.end();
        let edit = self.editor.press(key, held);
        if key == Key::Char(':') {
            self.put_emoji(emoji::ended);
        }
        if self.editor.text().is_empty() && !matches!(edit, Edit::Line(_)) {
            self.begins_pasted = false;
        }
        match edit {
            Edit::Edited => Typed::Nothing,
            Edit::Line(text) => Typed::Line {
                text,
                is_pasted: std::mem::take(&mut self.begins_pasted),
            },
            Edit::Cleared(_) => Typed::Cleared,
            Edit::Interrupt => Typed::Interrupt,
            Edit::End => Typed::End,
            Edit::Suspend => Typed::Suspend,
            Edit::ClearScreen => Typed::Redraw,
        }
    }

    /// A key while a paste is asked about. Any but a yes leaves it out.
    fn answer(&mut self, key: Key, held: Modifiers) -> Typed {
        if let Some(pasted) = self.question.take().filter(|_| is_yes(key, held)) {
            let begins = self.editor.text().is_empty();
            if self.editor.insert(&pasted) {
                self.begins_pasted |= begins;
            }
        }
        Typed::Nothing
    }

    fn on_tab(&mut self, key: Key) {
        if key == Key::Tab && self.put_emoji(emoji::like) {
            return;
        }
        self.tabbing.press(key, &mut self.editor);
    }

    fn put_emoji(&mut self, find: fn(&str) -> Option<(usize, &'static str)>) -> bool {
        let caret = self.editor.caret();
        let before = self.editor.text().get(..caret).unwrap_or_default();
        let Some((start, emoji)) = find(before) else {
            return false;
        };
        self.editor.checkpoint();
        self.editor.replace_before_caret(start, emoji)
    }

    /// The place in the row above or below the caret, if there is such a row.
    fn beside(&self, key: Key, columns: u16) -> Option<usize> {
        let (row, column) = self.rows(columns).caret;
        let wanted = match key {
            Key::Up => row.checked_sub(1)?,
            _ => row + 1,
        };
        let mut found = None;
        let text = self.text();
        let last = walk(text, columns, |at, row, here, _| {
            if row == wanted && (here <= column || found.is_none()) {
                found = Some(at);
            }
        });
        // Behind the last character.
        if wanted == last.0 && last.1 <= column {
            found = Some(text.len());
        }
        found
    }

    /// The line as rows of so many columns.
    pub(super) fn rows(&self, columns: u16) -> InputRows {
        rows(self.text(), self.editor.caret(), columns)
    }
}

/// A line as rows, the caret at a byte of it.
pub(super) fn rows(text: &str, caret: usize, columns: u16) -> InputRows {
    let mut rows = vec![String::new()];
    let mut place = None;
    let end = walk(text, columns, |at, row, column, shown| {
        while rows.len() <= row {
            rows.push(String::new());
        }
        if let Some(last) = rows.last_mut() {
            last.push_str(shown);
        }
        if at == caret {
            place = Some((row, column));
        }
    });
    while rows.len() <= end.0 {
        rows.push(String::new());
    }
    InputRows {
        rows,
        caret: place.unwrap_or(end),
    }
}

/// Visits each grapheme with its byte, row, column and what is shown of it. Returns the row and the
/// column behind the last.
fn walk(text: &str, columns: u16, mut visit: impl FnMut(usize, usize, u16, &str)) -> (usize, u16) {
    // The caret needs a column of its own.
    let columns = columns.max(3) - 1;
    let (mut row, mut column) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        if grapheme.ends_with('\n') {
            visit(at, row, column, "");
            row += 1;
            column = 0;
            continue;
        }
        let shown = clean(grapheme);
        let cells = shown.graphemes(true).map(cells_of).sum::<u16>();
        if column + cells > columns && column > 0 {
            row += 1;
            column = 0;
        }
        visit(at, row, column, &shown);
        column = (column + cells).min(columns);
    }
    (row, column)
}

#[cfg(test)]
mod tests;
