//! Earlier lines, for the arrow keys and the search.

use std::collections::VecDeque;

/// Lines kept.
const LINES_MAX: usize = 1000;

/// Bytes kept in all, so that a thousand long pastes are not.
const BYTES_MAX: usize = 8 << 20;

/// Longest text that is searched for, in bytes.
const QUERY_MAX_BYTES: usize = 256;

/// Earlier lines, the newest last, and where among them the person is.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<String>,
    bytes: usize,
    /// How many lines back; 0 is the line being typed.
    back: usize,
    /// The line being typed, while an earlier one is looked at.
    draft: String,
}

impl History {
    /// Adds a line that is done, and goes back to the newest.
    pub(super) fn add(&mut self, line: &str) {
        self.leave();
        let is_repeated = self.lines.back().is_some_and(|last| last == line);
        if line.trim().is_empty() || is_repeated || line.len() > BYTES_MAX {
            return;
        }
        self.lines.push_back(line.to_owned());
        self.bytes += line.len();
        while self.lines.len() > LINES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
        }
    }

    /// Goes back to the line being typed, and forgets it.
    pub(super) fn leave(&mut self) {
        self.back = 0;
        self.draft.clear();
    }

    /// The line before the present one.
    pub(super) fn older(&mut self, present: &str) -> Option<String> {
        if self.back == self.lines.len() {
            return None;
        }
        if self.back == 0 {
            present.clone_into(&mut self.draft);
        }
        self.back += 1;
        self.at(self.back).cloned()
    }

    /// The line after the present one; at last the one that was being typed.
    pub(super) fn newer(&mut self, _present: &str) -> Option<String> {
        self.back = self.back.checked_sub(1)?;
        match self.back {
            0 => Some(std::mem::take(&mut self.draft)),
            back => self.at(back).cloned(),
        }
    }

    fn at(&self, back: usize) -> Option<&String> {
        self.lines.get(self.lines.len().checked_sub(back)?)
    }
}

/// A search among earlier lines.
#[derive(Debug)]
pub(super) struct Search {
    query: String,
    /// How many lines back the last find stands.
    back: usize,
    before: (String, usize),
}

impl Search {
    /// Begins to search; the line as it was can be brought back.
    pub(super) fn begin(text: &str, caret: usize) -> Self {
        Self {
            query: String::new(),
            back: 1,
            before: (text.to_owned(), caret),
        }
    }

    /// What is searched for.
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// The line as it was before, and its caret.
    pub(super) fn into_before(self) -> (String, usize) {
        self.before
    }

    /// Searches for one character more.
    pub(super) fn push(&mut self, c: char, history: &History) -> Option<(String, usize)> {
        if self.query.len() < QUERY_MAX_BYTES {
            self.query.push(c);
        }
        self.find(self.back, history)
    }

    /// Searches for one character less, from the newest line on.
    pub(super) fn pop(&mut self, history: &History) -> Option<(String, usize)> {
        self.query.pop();
        self.find(1, history)
    }

    /// The next line that has it.
    pub(super) fn older(&mut self, history: &History) -> Option<(String, usize)> {
        self.find(self.back + 1, history)
    }

    fn find(&mut self, from: usize, history: &History) -> Option<(String, usize)> {
        if self.query.is_empty() {
            return None;
        }
        let backs = from..=history.lines.len();
        let found = backs.filter_map(|back| Some((back, history.at(back)?)));
        let (back, line, at) = found
            .filter_map(|(back, line)| Some((back, line, line.find(&self.query)?)))
            .next()?;
        self.back = back;
        Some((line.clone(), at))
    }
}
