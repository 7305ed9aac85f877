//! Secrets that people keep in files of their own: read, and never written.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest file of a secret, in bytes.
const SECRET_MAX_BYTES: u64 = 4096;

/// Reads a secret, which is text and not only blanks.
///
/// # Errors
/// The system's; `InvalidData` for a file that is empty, too long or no text.
pub fn read(path: &Path) -> io::Result<String> {
    let mut secret = String::new();
    let file = File::open(path)?;
    file.take(SECRET_MAX_BYTES + 1)
        .read_to_string(&mut secret)?;
    let is_fit = !secret.trim().is_empty() && secret.len() as u64 <= SECRET_MAX_BYTES;
    is_fit.then_some(secret).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it must hold 1 to {SECRET_MAX_BYTES} bytes of text"),
        )
    })
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
