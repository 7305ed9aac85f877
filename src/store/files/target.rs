//! What this member takes: a `.part` beside the place where it will be, which later sessions go on
//! with, and which gets its name once it is whole.
//!
//! ```text
//! mapa.png.3f9c01ab.part    a file, at its full length from the start if it has holes
//! fotos.77e1b200.part/      a folder, with its files as they will be
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::names::{numbered, safe_name, safe_path};
use super::place::{free_bytes, prepare};
use super::stream::{Layout, open_existing, open_write, read_at, write_at};
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::tree::Entry;
use crate::chat::transfer::{BLOCK_BYTES, Offer, OfferKind};

/// What marks what is not whole.
const PART: &str = "part";

/// Digits of an offer's id in the name of its part.
const ID_DIGITS: usize = 8;

/// A content that is being taken.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) offer: Arc<Offer>,
    /// The folder into which it goes.
    pub(super) folder: PathBuf,
    /// What it will be called there, unless something is called so.
    pub(super) name: String,
    /// Where it is until then.
    pub(super) part: PathBuf,
    /// Its files and folders, and where each one is.
    pub(super) entries: Vec<(Entry, PathBuf)>,
    pub(super) layout: Layout,
    /// The part itself, locked as long as it is written.
    lock: Option<File>,
    /// The piece that was used last.
    open: Option<(usize, File)>,
}

impl Target {
    /// Chooses where a content goes, and makes that folder.
    pub(super) fn new(offer: Arc<Offer>, folder: &Path) -> io::Result<Self> {
        let folder = prepare(folder)?;
        let name = safe_name(&offer.name);
        let id: String = offer.id.to_string().chars().take(ID_DIGITS).collect();
        Ok(Self {
            part: folder.join(format!("{name}.{id}.{PART}")),
            offer,
            folder,
            name,
            entries: Vec::new(),
            layout: Layout::new(BLOCK_BYTES),
            lock: None,
            open: None,
        })
    }

    /// Takes in what the content consists of. Names that are one on some systems get numbers.
    ///
    /// # Errors
    /// Too many are one.
    pub(super) fn lay_out(&mut self, entries: Vec<Entry>) -> Result<(), DiskFault> {
        self.entries = match self.is_folder() {
            true => places(&self.part, entries).ok_or(DiskFault::BadTree)?,
            false => {
                let entries = entries.into_iter();
                entries.map(|entry| (entry, self.part.clone())).collect()
            }
        };
        self.layout = Layout::new(BLOCK_BYTES);
        for (entry, path) in &self.entries {
            self.layout.push(path.clone(), entry.size_bytes);
        }
        Ok(())
    }

    /// Whether the content is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.offer.kind == OfferKind::Folder
    }

    /// Opens the part, and makes it where there is none. Returns whether it is new.
    pub(super) fn open_part(&mut self) -> io::Result<bool> {
        let is_folder = self.is_folder();
        let is_new = match fs::symlink_metadata(&self.part) {
            Ok(metadata) if metadata.is_dir() == is_folder && !metadata.is_symlink() => false,
            // Something else has its name, which is not ours to remove.
            Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(error),
        };
        let lock = match is_folder {
            true => {
                if is_new {
                    make_folder(&self.part)?;
                }
                lock_of_folder(&self.part)?
            }
            false => Some(open_write(&self.part)?),
        };
        match lock.as_ref().map(File::try_lock) {
            None | Some(Ok(())) => {}
            Some(Err(TryLockError::WouldBlock)) => return Err(ErrorKind::ResourceBusy.into()),
            Some(Err(TryLockError::Error(error))) if error.kind() == ErrorKind::Unsupported => {}
            Some(Err(TryLockError::Error(error))) => return Err(error),
        }
        self.lock = lock;
        Ok(is_new)
    }

    /// Makes a folder of the content, and those above it; of a file, those above it alone.
    pub(super) fn make_folders(&self, number: usize) -> io::Result<()> {
        let Some((entry, path)) = self.entries.get(number) else {
            return Ok(());
        };
        let folder = match entry.is_folder {
            true => Some(path.as_path()),
            false => path.parent(),
        };
        match folder {
            Some(folder) if self.is_folder() && folder != self.part => make_folder(folder),
            _ => Ok(()),
        }
    }

    /// What the disk has of a block; `None` if it is shorter.
    pub(super) fn read(&mut self, block: u32) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; self.layout.length(block)];
        for cut in self.layout.cuts(block) {
            let file = match self.open.take() {
                Some((number, file)) if number == cut.number => file,
                _ => match open_existing(&cut.piece.path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                },
            };
            let part = bytes.get_mut(cut.range).unwrap_or_default();
            if read_at(&file, part, cut.offset)? < part.len() {
                return Ok(None);
            }
            self.open = Some((cut.number, file));
        }
        Ok(Some(bytes))
    }

    /// Writes a block.
    pub(super) fn write(&mut self, block: u32, bytes: &[u8]) -> Result<(), DiskFault> {
        let written = self.write_cuts(block, bytes);
        written.map_err(|error| self.fault(&error))
    }

    fn write_cuts(&mut self, block: u32, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() != self.layout.length(block) {
            return Err(ErrorKind::InvalidInput.into());
        }
        for cut in self.layout.cuts(block) {
            let file = match self.open.take() {
                Some((number, file)) if number == cut.number => file,
                _ => open_write(&cut.piece.path)?,
            };
            let part = bytes.get(cut.range).unwrap_or_default();
            write_at(&file, part, cut.offset)?;
            self.open = Some((cut.number, file));
        }
        Ok(())
    }

    /// What an error of the system means here: a full disk says how much is lacking.
    pub(super) fn fault(&self, error: &io::Error) -> DiskFault {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DiskFault::NoSpace {
                needed_bytes: self.layout.size_bytes(),
                free_bytes: free_bytes(&self.folder).unwrap_or(0),
            },
            _ => system(error),
        }
    }

    /// Closes the file that was used last.
    pub(super) fn settle(&mut self) {
        self.open = None;
    }

    /// Removes the part: it holds nothing that a later session could use.
    pub(super) fn discard(&mut self) {
        self.settle();
        // What cannot be removed is left to the person.
        let _ = match self.is_folder() {
            true => fs::remove_dir_all(&self.part),
            false => fs::remove_file(&self.part),
        };
    }

    /// Gives the part its name, or the next one that is free. Returns where it is.
    pub(super) fn name_it(&mut self) -> io::Result<PathBuf> {
        for number in 0..=NUMBER_MAX {
            let name = match number {
                0 => self.name.clone(),
                number => numbered(&self.name, number),
            };
            let path = self.folder.join(name);
            match rename_new(&self.part, &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

/// Where each file and folder of a tree is below a folder; `None` if too many names are one.
pub(super) fn places(folder: &Path, entries: Vec<Entry>) -> Option<Vec<(Entry, PathBuf)>> {
    let mut taken = Taken::default();
    entries.iter().for_each(|entry| taken.folders_of(entry));
    let placed = entries.into_iter().map(|entry| {
        let path = taken.place(folder, &entry)?;
        Some((entry, path))
    });
    placed.collect()
}

/// Most names that are tried.
const NUMBER_MAX: u32 = 10_000;

/// The system's refusal, as it is told.
pub(super) fn system(error: &io::Error) -> DiskFault {
    DiskFault::System(error.to_string().into())
}

/// Renames to a name that nothing has.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use nix::errno::Errno;
        use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
        let flags = RenameFlags::RENAME_NOREPLACE;
        match renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) {
            Ok(()) => return Ok(()),
            // Some file systems cannot promise it.
            Err(Errno::EINVAL | Errno::ENOSYS) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match fs::symlink_metadata(to) {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

/// Makes a folder that only this user can enter, and those above it.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// What locks a folder, where folders can be opened.
fn lock_of_folder(path: &Path) -> io::Result<Option<File>> {
    match cfg!(unix) {
        true => File::open(path).map(Some),
        false => Ok(None),
    }
}

/// The places in a folder that are taken, as a system sees them that knows no case.
#[derive(Debug, Default)]
struct Taken {
    keys: BTreeSet<String>,
    /// The number that is tried next where a place is taken, so that none is tried again.
    next: BTreeMap<String, u32>,
}

impl Taken {
    /// Takes the place of a folder in advance, so that no file takes it.
    fn folders_of(&mut self, entry: &Entry) {
        if entry.is_folder {
            self.keys.insert(key(&below(entry)));
        }
    }

    /// Where an entry is below the part; `None` if so many of one name are nobody's folder.
    fn place(&mut self, part: &Path, entry: &Entry) -> Option<PathBuf> {
        let path = below(entry);
        if entry.is_folder || self.keys.insert(key(&path)) {
            return Some(part.join(path));
        }
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let next = self.next.entry(key(&path)).or_insert(1);
        while *next <= NUMBER_MAX {
            let numbered = path.with_file_name(numbered(&name, *next));
            *next += 1;
            if self.keys.insert(key(&numbered)) {
                return Some(part.join(numbered));
            }
        }
        None
    }
}

fn below(entry: &Entry) -> PathBuf {
    safe_path(Path::new(""), entry.path.split('/'))
}

fn key(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}
