//! Bytes that are read one after the other.

use super::PythonFault;

/// What is still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'b> {
    rest: &'b [u8],
    begun_with: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            begun_with: bytes.len(),
        }
    }

    /// How many bytes were read.
    pub(super) fn taken(&self) -> usize {
        self.begun_with - self.rest.len()
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<&'b [u8], PythonFault> {
        let (head, rest) = self
            .rest
            .split_at_checked(bytes)
            .ok_or(PythonFault::Incomplete)?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], PythonFault> {
        let (head, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(PythonFault::Incomplete)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn byte(&mut self) -> Result<u8, PythonFault> {
        self.array().map(|[byte]| byte)
    }

    /// A length of 4 bytes, little-endian as all here.
    pub(super) fn length_4(&mut self) -> Result<usize, PythonFault> {
        let length = u32::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| PythonFault::TooLarge)
    }

    pub(super) fn length_8(&mut self) -> Result<usize, PythonFault> {
        let length = u64::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| PythonFault::TooLarge)
    }

    /// Text up to the end of the line, which is read too.
    pub(super) fn line(&mut self) -> Result<&'b [u8], PythonFault> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = self.take(end.ok_or(PythonFault::Incomplete)?)?;
        self.take(1)?;
        Ok(line)
    }

    pub(super) fn text_line(&mut self) -> Result<&'b str, PythonFault> {
        str::from_utf8(self.line()?).map_err(|_| PythonFault::Malformed)
    }
}

/// Text in UTF-8. A lone surrogate, which Python can write, is none.
pub(super) fn text(bytes: &[u8]) -> Result<String, PythonFault> {
    let text = str::from_utf8(bytes).map_err(|_| PythonFault::Malformed)?;
    Ok(text.to_owned())
}
