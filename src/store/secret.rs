//! Secrets that people keep in files of their own: read, and never written.

use std::io;
use std::path::Path;

use super::text_file;

/// Longest file of a secret, in bytes.
const SECRET_MAX_BYTES: u64 = 4096;

/// Reads a secret, which is text and not only blanks.
///
/// # Errors
/// The system's; `InvalidData` for a file that is empty, too long or no text.
pub fn read(path: &Path) -> io::Result<String> {
    let secret = text_file::read(path, SECRET_MAX_BYTES)?;
    let is_fit = !secret.trim().is_empty();
    is_fit
        .then_some(secret)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_text_of_some_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read_written = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read(&path)
        };
        assert_eq!(read_written(b"segredo\n").unwrap(), "segredo\n");
        for bad in [&b""[..], b" \n", b"\xff", &[b'x'; 4097]] {
            let kind = read_written(bad).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::InvalidData);
        }
        assert!(read(&folder.path().join("none")).is_err());
    }
}
