//! Secrets that people keep in files of their own. We read them and never write them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::text_file::{self, refused};
use crate::protocol::encoding::TextFault;

/// Longest file of a secret, in bytes.
const SECRET_MAX_BYTES: u64 = 4096;

/// Reads a secret of arbitrary bytes.
///
/// # Errors
/// What the system says; `InvalidData` for a file that is too long.
pub fn read_bytes(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_MAX_BYTES as usize + 1));
    let file = File::open(path)?;
    file.take(SECRET_MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let is_fit = bytes.len() as u64 <= SECRET_MAX_BYTES;
    let bytes_max = SECRET_MAX_BYTES;
    is_fit
        .then_some(bytes)
        .ok_or_else(|| refused(TextFault::TooLong { bytes_max }))
}

/// Reads a secret that is text and not blank.
///
/// # Errors
/// What the system says; `InvalidData` for a file that is empty, too long or not text.
pub fn read(path: &Path) -> io::Result<String> {
    let secret = text_file::read(path, SECRET_MAX_BYTES)?;
    let is_fit = !secret.trim().is_empty();
    is_fit
        .then_some(secret)
        .ok_or_else(|| refused(TextFault::Empty))
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
        assert_eq!(read_written(b"\xef\xbb\xbfsegredo").unwrap(), "segredo");
        for bad in [&b""[..], b" \n", b"\xff", b"\xff\xfes\0", &[b'x'; 4097]] {
            let kind = read_written(bad).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::InvalidData);
        }
        assert!(read(&folder.path().join("none")).is_err());
    }
}
