//! Reads and writes the numbers and texts in frames. Reading past the end gives `None`.

/// Takes values off the front of some bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'d>(pub(super) &'d [u8]);

impl<'d> Reader<'d> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads a text that follows its length in one byte.
    pub(super) fn text_8(&mut self, max_bytes: usize) -> Option<&'d str> {
        let length = usize::from(self.u8()?);
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes)
            .ok()
            .filter(|_| length <= max_bytes)
    }

    /// Reads as many values as `count` says, but no more than `max`.
    pub(super) fn list<T>(
        &mut self,
        count: u8,
        max: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = usize::from(count);
        if count > max {
            return None;
        }
        (0..count).map(|_| read(self)).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends values to a datagram.
#[derive(Debug)]
pub(super) struct Writer<'d>(pub(super) &'d mut Vec<u8>);

impl Writer<'_> {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    pub(super) fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.bytes(&number.to_be_bytes());
    }

    pub(super) fn u64(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    /// Writes a text of at most 255 bytes after its length.
    pub(super) fn text_8(&mut self, text: &str) {
        debug_assert!(text.len() <= 255, "names are short");
        self.u8(text.len() as u8);
        self.bytes(text.as_bytes());
    }

    /// Writes the length of a list, which the caller keeps below 256.
    pub(super) fn count(&mut self, count: usize) {
        debug_assert!(count <= 255, "lists in frames are short");
        self.u8(count as u8);
    }
}
