//! One line as it is being typed, edited by graphemes with readline's usual keys. Pure: keys come
//! in, and the caller draws what [`LineEditor::text`] gives. (`ratatui-textarea` was not used:
//! it edits many lines in ratatui's types and draws itself. Here a line is edited alone.)

mod history;
mod kills;
mod layout;
#[cfg(test)]
mod tests;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use self::history::{History, Search};
use self::kills::KillRing;
pub(super) use self::layout::{Rows, layout};
use super::block::LINE_MAX_BYTES;
use super::keys::{Key, Modifiers};

/// Changes that can be undone.
const UNDO_MAX: usize = 100;

/// Bytes kept to undo changes, at most.
const UNDO_MAX_BYTES: usize = 4 * LINE_MAX_BYTES;

/// What a key did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Nothing, or something to the line.
    Edited,
    /// The line is done.
    Line(String),
    /// Ctrl-C on a line that was begun: it is empty now; what stood there.
    Cleared(String),
    /// Ctrl-C on an empty line.
    Interrupt,
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    ClearScreen,
}

/// See the file's head.
#[derive(Debug, Default)]
pub struct LineEditor {
    text: String,
    /// In bytes, always between two graphemes.
    caret: usize,
    kills: KillRing,
    history: History,
    search: Option<Search>,
    undo: Vec<(String, usize)>,
    /// Whether the last key typed a character: those in a row are undone together.
    is_typing: bool,
}

impl LineEditor {
    /// The line so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the caret stands, in bytes.
    #[must_use]
    pub fn caret(&self) -> usize {
        self.caret
    }

    /// What is searched for in earlier lines, while something is.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.search.as_ref().map(Search::query)
    }

    /// Puts text in at the caret; false if the line would be too long, and is then as it was.
    pub fn insert(&mut self, text: &str) -> bool {
        if self.text.len() + text.len() > LINE_MAX_BYTES {
            return false;
        }
        self.search = None;
        self.remember();
        self.put(text);
        true
    }

    /// Takes the line out, as if it had never been typed.
    pub fn take(&mut self) -> (String, usize) {
        self.undo.clear();
        (
            std::mem::take(&mut self.text),
            std::mem::take(&mut self.caret),
        )
    }

    /// Puts a line in place of the present one, the caret at a byte of it.
    pub fn set(&mut self, text: String, caret: usize) {
        self.text = text;
        self.caret = self.boundary_at_or_before(caret);
    }

    /// Puts text in place of what stands between a byte of the line and the caret; false if the
    /// line would be too long, and is then as it was. What stood there first is brought back by
    /// undoing if [`LineEditor::checkpoint`] was called.
    pub fn replace_before_caret(&mut self, start: usize, text: &str) -> bool {
        let Some(replaced) = self.text.get(start..self.caret) else {
            return false;
        };
        if self.text.len() - replaced.len() + text.len() > LINE_MAX_BYTES {
            return false;
        }
        self.is_typing = false;
        self.text.replace_range(start..self.caret, text);
        self.caret = self.boundary_at_or_after(start + text.len());
        true
    }

    /// Keeps the line as it is, to be brought back by undoing.
    pub fn checkpoint(&mut self) {
        self.remember();
    }

    /// Keeps a line for the arrow keys.
    pub fn remember_line(&mut self, line: &str) {
        self.history.add(line);
    }

    /// Does what a key asks for. A key that means nothing does nothing.
    pub fn press(&mut self, key: Key, modifiers: Modifiers) -> Edit {
        let was_typing = std::mem::take(&mut self.is_typing);
        self.kills.next_key();
        if self.search.is_some()
            && let Some(edit) = self.press_in_search(key, modifiers)
        {
            return edit;
        }
        match (key, modifiers.ctrl, modifiers.alt) {
            (Key::Char(c), false, false) => {
                self.is_typing = true;
                if self.text.len() + c.len_utf8() <= LINE_MAX_BYTES {
                    if !was_typing {
                        self.remember();
                    }
                    self.put(c.encode_utf8(&mut [0; 4]));
                }
                Edit::Edited
            }
            (Key::Char(c), true, _) => self.press_ctrl(c.to_ascii_lowercase()),
            (Key::Char(c), false, true) => self.press_alt(c.to_ascii_lowercase()),
            (Key::Enter, _, _) => {
                let (line, _) = self.take();
                self.history.add(&line);
                Edit::Line(line)
            }
            (key, ctrl, alt) => {
                match ctrl || alt {
                    true => self.press_by_word(key),
                    false => self.press_by_character(key),
                }
                Edit::Edited
            }
        }
    }

    fn press_ctrl(&mut self, c: char) -> Edit {
        match c {
            'a' => self.caret = 0,
            'e' => self.caret = self.text.len(),
            'b' => self.caret = self.before(),
            'f' => self.caret = self.after(),
            'h' => self.delete(self.before(), self.caret),
            'k' => self.kill(self.caret, self.text.len()),
            'u' => self.kill(0, self.caret),
            'w' => self.kill(self.blank_before(), self.caret),
            'y' => {
                let start = self.caret;
                if let Some(killed) = self.kills.newest() {
                    self.insert(&killed);
                    self.kills.yanked(start);
                }
            }
            't' => self.transpose(),
            'p' => self.go_in_history(History::older),
            'n' => self.go_in_history(History::newer),
            'r' => self.search = Some(Search::begin(&self.text, self.caret)),
            '_' | '/' => self.undo(),
            'l' => return Edit::ClearScreen,
            'z' => return Edit::Suspend,
            'c' if self.text.is_empty() => return Edit::Interrupt,
            'c' => {
                self.history.leave();
                return Edit::Cleared(self.take().0);
            }
            'd' if self.text.is_empty() => return Edit::End,
            'd' => self.delete(self.caret, self.after()),
            'm' | 'j' => return self.press(Key::Enter, Modifiers::default()),
            _ => {}
        }
        Edit::Edited
    }

    fn press_alt(&mut self, c: char) -> Edit {
        match c {
            'b' => self.caret = self.word_before(),
            'f' => self.caret = self.word_after(),
            'd' => self.kill(self.caret, self.word_after()),
            'y' => {
                if let Some((start, killed)) = self.kills.older() {
                    self.replace_before_caret(start, &killed);
                    self.kills.yanked(start);
                }
            }
            _ => {}
        }
        Edit::Edited
    }

    fn press_by_character(&mut self, key: Key) {
        match key {
            Key::Left => self.caret = self.before(),
            Key::Right => self.caret = self.after(),
            Key::Backspace => self.delete(self.before(), self.caret),
            Key::Delete => self.delete(self.caret, self.after()),
            other => self.press_for_line(other),
        }
    }

    fn press_by_word(&mut self, key: Key) {
        match key {
            Key::Left => self.caret = self.word_before(),
            Key::Right => self.caret = self.word_after(),
            Key::Backspace => self.kill(self.word_before(), self.caret),
            Key::Delete => self.kill(self.caret, self.word_after()),
            other => self.press_for_line(other),
        }
    }

    fn press_for_line(&mut self, key: Key) {
        match key {
            Key::Home => self.caret = 0,
            Key::End => self.caret = self.text.len(),
            Key::Up => self.go_in_history(History::older),
            Key::Down => self.go_in_history(History::newer),
            _ => {}
        }
    }

    /// A key while earlier lines are searched; `None` if it ends the search and is still to be
    /// done.
    fn press_in_search(&mut self, key: Key, modifiers: Modifiers) -> Option<Edit> {
        let search = self.search.as_mut()?;
        let found = match (key, modifiers.ctrl, modifiers.alt) {
            (Key::Char('r'), true, _) => search.older(&self.history),
            (Key::Char(c), false, false) => search.push(c, &self.history),
            (Key::Backspace, false, false) => search.pop(&self.history),
            (Key::Char('c' | 'g'), true, _) => {
                // As if nothing had been searched.
                let (text, caret) = self.search.take()?.into_before();
                self.set(text, caret);
                return Some(Edit::Edited);
            }
            (Key::Escape, _, _) => {
                self.search = None;
                return Some(Edit::Edited);
            }
            _ => {
                self.search = None;
                return None;
            }
        };
        if let Some((line, at)) = found {
            self.set(line, at);
        }
        Some(Edit::Edited)
    }

    fn put(&mut self, text: &str) {
        self.text.insert_str(self.caret, text);
        // What was typed may join the grapheme that follows it.
        self.caret = self.boundary_at_or_after(self.caret + text.len());
    }

    fn delete(&mut self, from: usize, to: usize) {
        if from < to {
            self.remember();
            self.text.replace_range(from..to, "");
            self.caret = self.boundary_at_or_before(from);
        }
    }

    fn kill(&mut self, from: usize, to: usize) {
        if let Some(text) = self.text.get(from..to).filter(|text| !text.is_empty()) {
            self.kills.add(text);
            self.delete(from, to);
        }
    }

    /// Exchanges the graphemes on both sides of the caret, or the last two at the end.
    fn transpose(&mut self) {
        let middle = match self.caret == self.text.len() {
            true => self.before(),
            false => self.caret,
        };
        let (first, last) = (self.before_of(middle), self.after_of(middle));
        let left = self.text.get(first..middle).unwrap_or_default();
        let right = self.text.get(middle..last).unwrap_or_default();
        if left.is_empty() || right.is_empty() {
            return;
        }
        let exchanged = format!("{right}{left}");
        self.remember();
        self.text.replace_range(first..last, &exchanged);
        self.caret = self.boundary_at_or_after(last);
    }

    fn go_in_history(&mut self, go: fn(&mut History, &str) -> Option<String>) {
        if let Some(line) = go(&mut self.history, &self.text) {
            let end = line.len();
            self.set(line, end);
            self.undo.clear();
        }
    }

    /// Keeps the line as it is, to be brought back.
    fn remember(&mut self) {
        self.undo.push((self.text.clone(), self.caret));
        let mut bytes: usize = self.undo.iter().map(|(text, _)| text.len()).sum();
        let mut surplus = self.undo.len().saturating_sub(UNDO_MAX);
        for (text, _) in self.undo.iter().skip(surplus) {
            if bytes <= UNDO_MAX_BYTES {
                break;
            }
            bytes -= text.len();
            surplus += 1;
        }
        self.undo.drain(..surplus);
    }

    fn undo(&mut self) {
        if let Some((text, caret)) = self.undo.pop() {
            self.set(text, caret);
        }
    }

    fn before(&self) -> usize {
        self.before_of(self.caret)
    }

    fn after(&self) -> usize {
        self.after_of(self.caret)
    }

    fn before_of(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let found = cursor.prev_boundary(&self.text, 0);
        found.ok().flatten().unwrap_or(0)
    }

    fn after_of(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let found = cursor.next_boundary(&self.text, 0);
        found.ok().flatten().unwrap_or(self.text.len())
    }

    fn is_boundary(&self, at: usize) -> bool {
        self.text.is_char_boundary(at)
            && GraphemeCursor::new(at, self.text.len(), true)
                .is_boundary(&self.text, 0)
                .unwrap_or(true)
    }

    fn boundary_at_or_after(&self, at: usize) -> usize {
        let end = self.text.len();
        (at.min(end)..end)
            .find(|at| self.is_boundary(*at))
            .unwrap_or(end)
    }

    fn boundary_at_or_before(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        (0..=at).rev().find(|at| self.is_boundary(*at)).unwrap_or(0)
    }

    /// Where the word begins that ends before the caret.
    fn word_before(&self) -> usize {
        let before = self.text.get(..self.caret).unwrap_or_default();
        before
            .unicode_word_indices()
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn word_after(&self) -> usize {
        let after = self.text.get(self.caret..).unwrap_or_default();
        let first = after.unicode_word_indices().next();
        self.boundary_at_or_after(
            first.map_or(self.text.len(), |(at, word)| self.caret + at + word.len()),
        )
    }

    /// Where what has no blanks begins that ends before the caret.
    fn blank_before(&self) -> usize {
        let before = self.text.get(..self.caret).unwrap_or_default().trim_end();
        let blank = before.char_indices().rfind(|(_, c)| c.is_whitespace());
        self.boundary_at_or_before(blank.map_or(0, |(at, c)| at + c.len_utf8()))
    }
}
