//! What is written on a terminal where a person types: others' lines above, the prompt and the
//! line below. Pure: lines come in, bytes go out. It remembers what it drew, so that it erases
//! exactly that, and never asks the terminal where its cursor is.

use std::fmt::Write;

use super::kernel::Size;
use super::line_editor::{Rows, layout};

/// Pastes are marked by the terminal from here on (mode 2004).
const MARK_PASTES: &str = "\x1b[?2004h";
/// Pastes are no longer marked.
pub(super) const MARK_PASTES_NO_MORE: &str = "\x1b[?2004l";
/// Clears the screen and goes to its corner.
const CLEAR_SCREEN: &str = "\x1b[H\x1b[2J";
/// Clears from the cursor to the end of the screen.
const CLEAR_BELOW: &str = "\x1b[J";

/// The line that is being typed: what the person sees of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// What stands before the line, one row of text without control characters.
    pub prompt: String,
    /// The line.
    pub text: String,
    /// Where the caret stands in it, in bytes.
    pub caret: usize,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Painter {
    drawn: Option<Drawn>,
    is_marking: bool,
}

/// What stands on the terminal below the last line of text.
#[derive(Debug)]
struct Drawn {
    rows: Rows,
    columns: usize,
}

impl Painter {
    /// Whether nothing is on the terminal that would have to be taken away at the end.
    pub(super) fn is_clear(&self) -> bool {
        self.drawn.is_none() && !self.is_marking
    }

    /// Clears the screen with the next [`Painter::paint`].
    pub(super) fn clear_screen(&mut self, out: &mut Vec<u8>) {
        self.drawn = None;
        out.extend_from_slice(CLEAR_SCREEN.as_bytes());
    }

    /// Appends to `out` the bytes that put whole lines of `text` above `prompt`, which is then
    /// all that stands below; none takes the last one away.
    pub(super) fn paint(
        &mut self,
        text: &[u8],
        prompt: Option<&Prompt>,
        size: Size,
        out: &mut Vec<u8>,
    ) {
        let mut written = String::new();
        self.erase(size, &mut written);
        out.extend_from_slice(written.as_bytes());
        out.extend_from_slice(text);
        written.clear();
        if self.is_marking != prompt.is_some() {
            self.is_marking = prompt.is_some();
            written.push_str(if self.is_marking {
                MARK_PASTES
            } else {
                MARK_PASTES_NO_MORE
            });
        }
        if let Some(prompt) = prompt {
            self.draw(prompt, size, &mut written);
        }
        out.extend_from_slice(written.as_bytes());
    }

    fn erase(&mut self, size: Size, out: &mut String) {
        let Some(drawn) = self.drawn.take() else {
            return;
        };
        let up = drawn.rows_above_caret(size.columns);
        out.push('\r');
        if up > 0 {
            let _ = write!(out, "\x1b[{up}A");
        }
        out.push_str(CLEAR_BELOW);
    }

    fn draw(&mut self, prompt: &Prompt, size: Size, out: &mut String) {
        let rows = layout(prompt, size);
        for (number, row) in rows.rows.iter().enumerate() {
            if number > 0 {
                out.push_str("\r\n");
            }
            out.push_str(&row.text);
        }
        let (row, column) = rows.caret;
        let up = rows.rows.len().saturating_sub(row + 1);
        if up > 0 {
            let _ = write!(out, "\x1b[{up}A");
        }
        out.push('\r');
        if column > 0 {
            let _ = write!(out, "\x1b[{column}C");
        }
        self.drawn = Some(Drawn {
            rows,
            columns: size.columns,
        });
    }
}

impl Drawn {
    /// Rows between the first one drawn and the caret, on a terminal that may have become
    /// narrower meanwhile: it then shows what no longer fits on further rows.
    fn rows_above_caret(&self, columns: usize) -> usize {
        let (row, column) = self.rows.caret;
        if columns >= self.columns {
            return row;
        }
        let columns = columns.max(1);
        let above = self.rows.rows.iter().take(row);
        let above: usize = above.map(|row| row.cells.div_ceil(columns).max(1)).sum();
        above + column / columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        columns: 10,
        rows: 5,
    };

    fn prompt(text: &str) -> Prompt {
        Prompt {
            prompt: "ana> ".into(),
            text: text.into(),
            caret: text.len(),
        }
    }

    fn painted(painter: &mut Painter, text: &str, prompt: Option<&Prompt>, size: Size) -> String {
        let mut out = Vec::new();
        painter.paint(text.as_bytes(), prompt, size, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_come_above_the_prompt_and_what_was_drawn_is_erased() {
        let mut painter = Painter::default();
        let first = painted(&mut painter, "", Some(&prompt("")), SIZE);
        assert_eq!(first, "\x1b[?2004hana> \r\x1b[5C");
        let second = painted(&mut painter, "bia: oi\n", Some(&prompt("o")), SIZE);
        assert_eq!(second, "\r\x1b[Jbia: oi\nana> o\r\x1b[6C");
        let last = painted(&mut painter, "", None, SIZE);
        assert_eq!(last, "\r\x1b[J\x1b[?2004l");
        assert!(painter.is_clear());
    }

    #[test]
    fn a_line_of_several_rows_is_erased_whole_also_on_a_narrower_terminal() {
        let mut painter = Painter::default();
        let first = painted(&mut painter, "", Some(&prompt("12345678")), SIZE);
        assert_eq!(first, "\x1b[?2004hana> 12345\r\n678\r\x1b[3C");
        let narrow = Size {
            columns: 5,
            rows: 5,
        };
        let second = painted(&mut painter, "", None, narrow);
        assert_eq!(second, "\r\x1b[2A\x1b[J\x1b[?2004l");
    }
}
