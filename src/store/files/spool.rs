//! What comes through a pipe and is to be offered: nobody knows its length or its hash before its
//! end, so that it becomes a file first, which vanishes with the program.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::super::identity::{folders, random};
use super::stream::{open_existing, open_write};

/// The folder of spooled files, in our folder of state.
const FOLDER: &str = "spool";

/// Most leftovers that are looked at.
const LEFTOVERS_MAX: usize = 256;

/// Whether a path, without links, is one of what came through a pipe, from a page or from the
/// clipboard: it vanishes, and its time and permissions are nobody's.
pub(super) fn is_spooled(path: &Path) -> bool {
    let state = folders().map(|(_, state)| state.join(FOLDER));
    let spool = state.and_then(fs::canonicalize).ok();
    spool.is_some_and(|spool| path.starts_with(spool))
}

/// A file that lives as long as this value. A program that is killed leaves it behind, and the next
/// one removes it.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    /// Locked as long as this value lives.
    _file: File,
}

impl Spool {
    /// Reads to the end.
    ///
    /// # Errors
    /// The system's.
    pub fn of(input: &mut dyn Read) -> io::Result<Self> {
        let (_, state) = folders()?;
        Self::in_folder(&state.join(FOLDER), input)
    }

    fn in_folder(folder: &Path, input: &mut dyn Read) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        remove_leftovers(folder);
        let name = format!("{:016x}", u64::from_be_bytes(random()?));
        let path = folder.join(name);
        let mut file = open_write(&path)?;
        // Where nothing can be locked, nothing is taken for a leftover either.
        let _ = file.try_lock();
        let spool = Self {
            path,
            _file: file.try_clone()?,
        };
        io::copy(input, &mut file)?;
        Ok(spool)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A folder for what goes through this program to its output; it vanishes with this value.
#[derive(Debug)]
pub struct Passage {
    folder: PathBuf,
    /// Locked as long as this value lives, where folders can be.
    _lock: Option<File>,
}

impl Passage {
    /// Makes one.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        let (_, state) = folders()?;
        Self::in_folder(&state.join(FOLDER))
    }

    pub(super) fn in_folder(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        remove_leftovers(folder);
        let folder = folder.join(format!("{:016x}", u64::from_be_bytes(random()?)));
        fs::create_dir(&folder)?;
        let lock = File::open(&folder).ok();
        let lock = lock.filter(|lock| lock.try_lock().is_ok());
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes what programs left behind that were killed: nobody holds its lock.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.take(LEFTOVERS_MAX).flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let left = match is_folder {
            true => File::open(&path),
            false => open_existing(&path),
        };
        if left.is_ok_and(|left| left.try_lock().is_ok()) {
            let _ = match is_folder {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spooled_is_there_until_it_is_dropped_and_no_leftover_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("left"), "over").unwrap();
        let spool = Spool::in_folder(folder.path(), &mut &b"through a pipe"[..]).unwrap();
        assert_eq!(fs::read(spool.path()).unwrap(), b"through a pipe");
        assert!(!folder.path().join("left").exists());
        let other = Spool::in_folder(folder.path(), &mut &b""[..]).unwrap();
        assert!(spool.path().exists(), "it is in use");
        let passage = Passage::in_folder(folder.path()).unwrap();
        fs::write(passage.path().join("x"), "passes").unwrap();
        drop(Passage::in_folder(folder.path()).unwrap());
        assert_eq!(fs::read(passage.path().join("x")).unwrap(), b"passes");
        drop((spool, other, passage));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
