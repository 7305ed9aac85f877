//! Text that people keep in files of their own, which we read whole, and pages that we are asked to
//! write.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads a file's text of at most `bytes_max` bytes.
///
/// # Errors
/// What the system says; `InvalidData` for a file that is too long or not text.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<String> {
    read_from(File::open(path)?, bytes_max)
}

/// Writes a text into a file, whose folder is made if there is none.
///
/// # Errors
/// What the system says.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
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
