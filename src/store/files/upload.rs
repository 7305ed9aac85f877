//! A file that comes from a browser, piece by piece, to be offered: it lies in a folder of its own,
//! under its own name, which vanishes with the program.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::names::safe_name;
use super::place::free_bytes;
use super::spool::Passage;
use super::stream::open_write;

/// Bytes that a browser's file leaves free on the disk, for everybody else.
const RESERVE_BYTES: u64 = 256 << 20;

/// Bytes after which the free space is looked at again.
const LOOK_EVERY_BYTES: u64 = 16 << 20;

/// A file that is still coming. Dropped, it vanishes.
#[derive(Debug)]
pub struct Upload {
    passage: Passage,
    path: PathBuf,
    file: File,
    size_bytes: u64,
    looked_at: u64,
}

/// A file that is here whole, for as long as this value lives.
#[derive(Debug)]
pub struct Received {
    _passage: Passage,
    path: PathBuf,
    size_bytes: u64,
}

impl Upload {
    /// Begins with a file of a name that a stranger may have chosen.
    ///
    /// # Errors
    /// The system's, or that the disk is nearly full.
    pub fn begin(name: &str) -> io::Result<Self> {
        Self::in_passage(Passage::new()?, name)
    }

    fn in_passage(passage: Passage, name: &str) -> io::Result<Self> {
        let path = passage.path().join(safe_name(name));
        let file = open_write(&path)?;
        let upload = Self {
            passage,
            path,
            file,
            size_bytes: 0,
            looked_at: 0,
        };
        upload.leave_room()?;
        Ok(upload)
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// The system's, or that the disk is nearly full.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.size_bytes >= self.looked_at + LOOK_EVERY_BYTES {
            self.looked_at = self.size_bytes;
            self.leave_room()?;
        }
        self.size_bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn leave_room(&self) -> io::Result<()> {
        match free_bytes(self.passage.path()) {
            Some(free) if free < RESERVE_BYTES => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    /// All of it has come.
    #[must_use]
    pub fn end(self) -> Received {
        Received {
            _passage: self.passage,
            path: self.path,
            size_bytes: self.size_bytes,
        }
    }
}

impl Received {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length, in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_there_under_its_name_until_it_is_dropped_whole_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let begin = |name: &str| {
            let passage = Passage::in_folder(folder.path()).unwrap();
            Upload::in_passage(passage, name).unwrap()
        };
        let mut upload = begin("../../o mapa.png");
        upload.write(b"one ").unwrap();
        upload.write(b"two").unwrap();
        let received = upload.end();
        assert_eq!(received.path().file_name().unwrap(), "o mapa.png");
        assert!(received.path().starts_with(folder.path()));
        assert_eq!(fs::read(received.path()).unwrap(), b"one two");
        assert_eq!(received.size_bytes(), 7);
        let mut broken = begin("con.txt");
        broken.write(b"half").unwrap();
        drop((broken, received));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
