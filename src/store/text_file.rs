//! Text that people keep in files of their own. We read it whole and never write it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads a file's text of at most `bytes_max` bytes.
///
/// # Errors
/// What the system says; `InvalidData` for a file that is too long or not text.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<String> {
    read_from(File::open(path)?, bytes_max)
}

/// Reads a text of at most `bytes_max` bytes.
///
/// # Errors
/// As [`read`].
pub fn read_from(source: impl Read, bytes_max: u64) -> io::Result<String> {
    let mut text = String::new();
    source.take(bytes_max + 1).read_to_string(&mut text)?;
    let is_fit = text.len() as u64 <= bytes_max;
    is_fit.then_some(text).ok_or_else(|| {
        let why = format!("it is longer than {bytes_max} bytes");
        io::Error::new(ErrorKind::InvalidData, why)
    })
}
