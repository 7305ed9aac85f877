//! Secrets that people keep in files of their own. We read them, and write new ones when we are
//! asked to.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::identity::write_private;
use super::text_file::{self, refused};
use crate::protocol::encoding::TextFault;

/// Longest file of a secret, in bytes.
const SECRET_MAX_BYTES: u64 = 4096;

/// Reads a secret of arbitrary bytes.
///
/// # Errors
/// What the system says; `InvalidData` for a file that is too long.
pub fn read_bytes(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    read_bytes_up_to(path, SECRET_MAX_BYTES)
}

/// The same for a file of at most `bytes_max` bytes.
pub(super) fn read_bytes_up_to(path: &Path, bytes_max: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(bytes_max as usize + 1));
    let file = File::open(path)?;
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    let is_fit = bytes.len() as u64 <= bytes_max;
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

/// Writes a secret into a new file that only this user can read.
///
/// # Errors
/// What the system says; `AlreadyExists` for a path where something is, which stays as it is.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_private(path, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[cfg(unix)]
    #[test]
    fn a_new_secret_is_private_and_replaces_nothing() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_new(&path, b"segredo\n").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let link = folder.path().join("link");
        symlink(folder.path().join("elsewhere"), &link).unwrap();
        for taken in [&path, &link] {
            let error = write_new(taken, b"outro").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(read(&path).unwrap(), "segredo\n");
        assert!(!folder.path().join("elsewhere").exists());
    }

    #[test]
    fn a_secret_is_text_of_some_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read_written = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
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
