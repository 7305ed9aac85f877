//! Takes bytes off the front. Missing bytes are [`PythonFault::Incomplete`]; a claimed length takes
//! bytes that exist, and never allocates room for bytes that do not.

use super::{PythonFault, Result};

pub(super) struct Cursor<'b> {
    bytes: &'b [u8],
    taken: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// How many bytes were taken so far.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let byte = self.bytes.get(self.taken);
        self.taken += 1;
        byte.copied().ok_or(PythonFault::Incomplete)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8]> {
        let end = self.taken.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.taken..end));
        self.taken = self.taken.saturating_add(count);
        taken.ok_or(PythonFault::Incomplete)
    }

    pub(super) fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT]> {
        let bytes = self.take(COUNT)?.first_chunk();
        bytes.copied().ok_or(PythonFault::Incomplete)
    }

    /// Takes a line, without its newline.
    pub(super) fn line(&mut self) -> Result<&'b [u8]> {
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        let end = rest.iter().position(|&byte| byte == b'\n');
        let line = self.take(end.ok_or(PythonFault::Incomplete)?)?;
        self.taken += 1;
        Ok(line)
    }

    /// Takes a text of this many bytes.
    pub(super) fn text(&mut self, count: usize) -> Result<&'b str> {
        utf8(self.take(count)?)
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    str::from_utf8(bytes).map_err(|_| PythonFault::Malformed)
}

/// Parses a `float` that was written as text.
pub(super) fn float(text: &[u8]) -> Result<f64> {
    let float = utf8(text)?.trim().parse();
    float.map_err(|_| PythonFault::Malformed)
}
