//! What was cut, for Ctrl-Y, and what was cut before that, for Alt-Y behind it.

use std::collections::VecDeque;

/// Cuts that are kept.
const KILLS_MAX: usize = 16;

/// Bytes of them that are kept in all; the newest is kept whatever it has.
const KILLS_MAX_BYTES: usize = 2 << 20;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct KillRing {
    /// The newest first.
    kills: VecDeque<String>,
    /// Where the last key put one in, and which.
    put: Option<(usize, usize)>,
    /// The same of the key before, while one is pressed.
    put_before: Option<(usize, usize)>,
    /// Which one is being put in.
    chosen: usize,
}

impl KillRing {
    /// Keeps what was cut.
    pub(super) fn add(&mut self, text: &str) {
        self.kills.push_front(text.to_owned());
        let mut bytes: usize = self.kills.iter().map(String::len).sum();
        while self.kills.len() > KILLS_MAX || bytes > KILLS_MAX_BYTES && self.kills.len() > 1 {
            bytes -= self.kills.pop_back().map_or(0, |oldest| oldest.len());
        }
    }

    /// A key is pressed.
    pub(super) fn next_key(&mut self) {
        self.put_before = self.put.take();
    }

    /// What was cut last.
    pub(super) fn newest(&mut self) -> Option<String> {
        self.chosen = 0;
        self.kills.front().cloned()
    }

    /// What was cut before that which the last key put in, and where that begins.
    pub(super) fn older(&mut self) -> Option<(usize, String)> {
        let (start, chosen) = self.put_before?;
        self.chosen = (chosen + 1) % self.kills.len().max(1);
        Some((start, self.kills.get(self.chosen)?.clone()))
    }

    /// It was put in, from a byte of the line on.
    pub(super) fn yanked(&mut self, start: usize) {
        self.put = Some((start, self.chosen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::keys::{Key, Modifiers};
    use crate::terminal::line_editor::LineEditor;

    #[test]
    fn what_was_cut_comes_back_and_what_was_cut_before_it_too() {
        let mut editor = LineEditor::default();
        let press = |editor: &mut LineEditor, c: char, ctrl: bool, alt: bool| {
            let held = Modifiers {
                ctrl,
                alt,
                ..Modifiers::default()
            };
            editor.press(Key::Char(c), held);
        };
        editor.insert("um dois tres");
        for _ in 0..3 {
            press(&mut editor, 'w', true, false);
        }
        press(&mut editor, 'y', true, false);
        assert_eq!(editor.text(), "um ");
        press(&mut editor, 'y', false, true);
        assert_eq!(editor.text(), "dois ");
        press(&mut editor, 'y', false, true);
        assert_eq!(editor.text(), "tres");
        press(&mut editor, 'y', false, true);
        assert_eq!(editor.text(), "um ");
        // Behind another key it means nothing.
        press(&mut editor, 'x', false, false);
        press(&mut editor, 'y', false, true);
        assert_eq!(editor.text(), "um x");
    }

    #[test]
    fn no_number_of_cuts_makes_it_grow_without_end() {
        let mut ring = KillRing::default();
        let much = "x".repeat(KILLS_MAX_BYTES / 2);
        (0..100).for_each(|_| ring.add(&much));
        assert_eq!(ring.kills.len(), 2);
        (0..100).for_each(|_| ring.add("x"));
        assert_eq!(ring.kills.len(), KILLS_MAX);
    }
}
