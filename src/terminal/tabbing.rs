//! The Tab key on a line: the word before the caret becomes what it may be, and each further press
//! puts the next in its place. Pure.

use super::completion::{Candidates, Completion};
use super::keys::Key;
use super::line_editor::LineEditor;

/// What the last Tab was completed to, so that the next one goes on.
#[derive(Debug)]
struct Completing {
    candidates: Candidates,
    /// Which of them stands in the line.
    chosen: usize,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct Tabbing {
    completion: Completion,
    /// Set while one Tab follows another.
    completing: Option<Completing>,
}

impl Tabbing {
    /// What Tab completes.
    pub(crate) fn completion(&mut self) -> &mut Completion {
        &mut self.completion
    }

    /// Another key was pressed: the next Tab begins anew.
    pub(crate) fn end(&mut self) {
        self.completing = None;
    }

    /// Completes the word before the caret, or goes on to the next that it may be: with Shift to
    /// the one before.
    pub(crate) fn press(&mut self, key: Key, editor: &mut LineEditor) {
        let last = match &mut self.completing {
            Some(completing) => completing.chosen,
            None => {
                let (text, caret) = (editor.text(), editor.caret());
                let (before, behind) = text.split_at_checked(caret).unwrap_or((text, ""));
                let Some(mut candidates) = self.completion.candidates(before) else {
                    return;
                };
                if behind.starts_with(char::is_whitespace) {
                    let words = candidates.words.iter_mut();
                    words.for_each(|word| word.truncate(word.trim_end().len()));
                }
                editor.checkpoint();
                // The first is the one behind the last.
                let chosen = match key {
                    Key::BackTab => 0,
                    _ => candidates.words.len() - 1,
                };
                let completing = Completing { candidates, chosen };
                self.completing = Some(completing);
                chosen
            }
        };
        let Some(Completing { candidates, chosen }) = &mut self.completing else {
            return;
        };
        let count = candidates.words.len();
        *chosen = match key {
            Key::BackTab => (last + count - 1) % count,
            _ => (last + 1) % count,
        };
        if let Some(word) = candidates.words.get(*chosen) {
            editor.replace_before_caret(candidates.start, word);
        }
    }
}
