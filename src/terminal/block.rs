//! Typed lines in one piece of memory, cut out of what a pipe gives.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use crate::protocol::encoding::{TextFault, strip_mark};
use crate::protocol::wire::quiet::unfinished_bytes;

/// Longest line, in bytes; what is longer is taken as several lines.
pub const LINE_MAX_BYTES: usize = 1 << 20;

/// Bytes asked for with one read of a pipe, the size of a pipe on Linux.
pub(super) const READ_BYTES: usize = 64 << 10;

/// Whole lines in one piece of memory.
#[derive(Debug, Default)]
pub struct Block {
    bytes: Vec<u8>,
    taken: usize,
    is_cut: bool,
}

impl Block {
    /// The next line, of at most [`LINE_MAX_BYTES`].
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let rest = self
            .bytes
            .get(self.taken..)
            .filter(|rest| !rest.is_empty())?;
        // This finds a line end many bytes at a time; a slice can always be read.
        let mut length = { rest }.skip_until(b'\n').unwrap_or(rest.len());
        let mut line = rest.get(..length)?;
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut is_cut = self.is_cut && self.taken + length == self.bytes.len();
        if line.len() > LINE_MAX_BYTES {
            (length, is_cut) = (whole_characters(line, LINE_MAX_BYTES), true);
            line = line.get(..length)?;
        }
        self.taken += length;
        Some(Line {
            // Much faster than to mend what needs no mending.
            text: str::from_utf8(line)
                .map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed),
            is_cut,
        })
    }

    /// Whether every line was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken == self.bytes.len()
    }

    /// Skips the byte order mark at the beginning of the input, whose first block this is.
    pub(super) fn skip_mark(&mut self) -> Result<(), TextFault> {
        self.taken = self.bytes.len() - strip_mark(&self.bytes)?.len();
        Ok(())
    }

    /// Makes room for other lines.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
        self.is_cut = false;
    }

    /// Goes on with what is `begun`, reads until there is at least one whole line, and moves what
    /// follows the last line end into `begun`; false at the end of the input, whose last line
    /// needs no line end.
    pub(super) fn fill(&mut self, input: &mut impl Read, begun: &mut Vec<u8>) -> io::Result<bool> {
        self.bytes.append(begun);
        loop {
            let before = self.bytes.len();
            self.bytes.resize(before + READ_BYTES, 0);
            let outcome = input.read(self.bytes.get_mut(before..).unwrap_or_default());
            self.bytes
                .truncate(before + *outcome.as_ref().unwrap_or(&0));
            match outcome {
                Ok(0) => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                outcome => outcome?,
            };
            let fresh = self.bytes.get(before..).unwrap_or_default();
            if let Some(last) = fresh.iter().rposition(|byte| *byte == b'\n') {
                *begun = self.bytes.split_off(before + last + 1);
                return Ok(true);
            }
            if self.bytes.len() > LINE_MAX_BYTES {
                *begun = self
                    .bytes
                    .split_off(whole_characters(&self.bytes, LINE_MAX_BYTES));
                self.is_cut = true;
                return Ok(true);
            }
        }
    }
}

/// One typed line, its line end (`\n` or `\r\n`) taken off.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'b> {
    /// What was typed; bytes that are no UTF-8 have become replacement characters.
    pub text: Cow<'b, str>,
    /// Whether it is only the beginning of one longer than [`LINE_MAX_BYTES`].
    pub is_cut: bool,
}

impl Line<'_> {
    /// Whether some bytes were no UTF-8.
    #[must_use]
    pub fn is_mended(&self) -> bool {
        matches!(self.text, Cow::Owned(_))
    }
}

/// How many of the first `bytes_max` bytes do not end within a character.
fn whole_characters(bytes: &[u8], bytes_max: usize) -> usize {
    bytes_max - unfinished_bytes(bytes.get(..bytes_max).unwrap_or_default())
}
