//! Text that people keep in files of their own. We read it whole and never write it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::protocol::encoding::{self, TextFault};

/// Reads a file's text of at most `bytes_max` bytes, without a byte order mark.
///
/// # Errors
/// What the system says; `InvalidData` with a [`TextFault`] for a file that is too long or not
/// text.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<String> {
    read_from(File::open(path)?, bytes_max)
}

/// Reads a text of at most `bytes_max` bytes, without a byte order mark.
///
/// # Errors
/// As [`read`].
pub fn read_from(source: impl Read, bytes_max: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    source.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(refused(TextFault::TooLong { bytes_max }));
    }
    let text = encoding::text(&bytes).map_err(refused)?;
    Ok(text.to_owned())
}

/// The error for bytes that are not the expected text.
pub(super) fn refused(fault: TextFault) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, fault)
}
