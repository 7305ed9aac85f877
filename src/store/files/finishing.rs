//! What makes a content of its part once all blocks are written: it is hashed as a whole, gets its
//! permissions and times, survives a loss of power, and only then gets its name.

use std::fs::{self, File, FileTimes, Permissions};
use std::io;
use std::path::PathBuf;

use super::place::sync_folder;
use super::recalling::Paths;
use super::source::Source;
use super::stream::{Stamp, open_read, open_write, time_of};
use super::target::Target;
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::tree::Entry;

/// Entries that one step prepares or settles.
const STEP: usize = 64;

/// Files that are synced one by one; beyond that, the file system is synced as a whole.
const SYNCED_MAX: usize = 64;

/// Permissions of the folder that is offered, which its tree does not tell.
#[cfg(unix)]
const FOLDER_PERMISSIONS: u32 = 0o755;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Finishing {
    target: Target,
    phase: Phase,
    whole: blake3::Hasher,
}

#[derive(Debug)]
enum Phase {
    /// Files get their lengths, from this one on.
    Lengths(usize),
    /// The whole is hashed, from this block on.
    Hash(u32),
    /// Files get their permissions and times.
    Files(usize),
    /// So do folders, the inner ones first, before this one.
    Folders(usize),
    /// All of it gets its name.
    Name,
}

/// A content that is whole.
#[derive(Debug)]
pub(super) struct Finished {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What gives it.
    pub(super) source: Source,
}

impl Finishing {
    pub(super) fn new(mut target: Target) -> Self {
        target.settle();
        Self {
            target,
            phase: Phase::Lengths(0),
            whole: blake3::Hasher::new(),
        }
    }

    /// Goes on; returns what is whole, at the end.
    pub(super) fn step(&mut self) -> Result<Option<Finished>, DiskFault> {
        let stepped = match self.phase {
            Phase::Lengths(next) => self.lengthen(next),
            Phase::Hash(next) => return self.hash(next).map(|()| None),
            Phase::Files(next) => self.settle_files(next),
            Phase::Folders(before) => self.settle_folders(before),
            Phase::Name => {
                let named = self.name();
                return named.map(Some).map_err(|error| self.target.fault(&error));
            }
        };
        stepped.map_err(|error| self.target.fault(&error))?;
        Ok(None)
    }

    fn lengthen(&mut self, next: usize) -> io::Result<()> {
        let until = (next + STEP).min(self.target.entries.len());
        for (entry, path) in self.target.entries.get(next..until).unwrap_or_default() {
            if !entry.is_folder {
                let file = open_write(path)?;
                if file.metadata()?.len() != entry.size_bytes {
                    file.set_len(entry.size_bytes)?;
                }
            }
        }
        self.phase = match until < self.target.entries.len() {
            true => Phase::Lengths(until),
            false => Phase::Hash(0),
        };
        Ok(())
    }

    fn hash(&mut self, next: u32) -> Result<(), DiskFault> {
        if u64::from(next) < self.target.layout.blocks() {
            let read = self.target.read(next);
            let bytes = read.map_err(|error| self.target.fault(&error))?;
            self.whole.update(&bytes.ok_or(DiskFault::NotWhole)?);
            self.phase = Phase::Hash(next + 1);
            return Ok(());
        }
        if *self.whole.finalize().as_bytes() != self.target.offer.root {
            // Nobody can make it whole.
            self.target.discard();
            return Err(DiskFault::NotWhole);
        }
        self.target.settle();
        self.phase = Phase::Files(0);
        Ok(())
    }

    fn settle_files(&mut self, next: usize) -> io::Result<()> {
        let count = self.target.entries.len();
        let until = (next + STEP).min(count);
        for (entry, path) in self.target.entries.get(next..until).unwrap_or_default() {
            if !entry.is_folder {
                let file = open_write(path)?;
                stamp(&file, entry)?;
                if count <= SYNCED_MAX {
                    file.sync_all()?;
                }
            }
        }
        self.phase = match until < count {
            true => Phase::Files(until),
            false => Phase::Folders(count),
        };
        Ok(())
    }

    fn settle_folders(&mut self, before: usize) -> io::Result<()> {
        let from = before.saturating_sub(STEP);
        let entries = self.target.entries.get(from..before).unwrap_or_default();
        for (entry, path) in entries.iter().rev() {
            if entry.is_folder && cfg!(unix) {
                stamp(&File::open(path)?, entry)?;
            }
        }
        self.phase = match from > 0 {
            true => Phase::Folders(from),
            false => Phase::Name,
        };
        Ok(())
    }

    fn name(&mut self) -> io::Result<Finished> {
        if self.target.entries.len() > SYNCED_MAX {
            sync_all(&self.target.folder)?;
        }
        #[cfg(unix)]
        if self.target.is_folder() {
            use std::os::unix::fs::PermissionsExt;
            let permissions = Permissions::from_mode(FOLDER_PERMISSIONS);
            fs::set_permissions(&self.target.part, permissions)?;
        }
        let path = self.target.name_it()?;
        sync_folder(&self.target.folder)?;
        let layout = std::mem::take(&mut self.target.layout);
        let layout = layout.moved(&self.target.part, &path);
        let mut stamps = Vec::with_capacity(layout.pieces().len());
        for piece in layout.pieces() {
            // Whoever may not read what they took cannot give it.
            let metadata = open_read(&piece.path).and_then(|file| file.metadata());
            stamps.push(metadata.map_or_else(|_| Stamp::default(), |it| Stamp::of(&it)));
        }
        let origin = (path.clone(), Paths::Safe);
        Ok(Finished {
            path,
            source: Source::new(layout, stamps).of(origin),
        })
    }
}

/// Gives a file or folder the permissions and the time that it was sent with.
fn stamp(file: &File, entry: &Entry) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(Permissions::from_mode(entry.permissions.into()))?;
    }
    let time = time_of(entry.modified_ms);
    if let Some(time) = time {
        // A time that the file system does not know is no reason to lose the file.
        let _ = file.set_times(FileTimes::new().set_modified(time));
    }
    Ok(())
}

/// Makes everything in a file system survive a loss of power.
fn sync_all(folder: &std::path::Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        nix::unistd::syncfs(File::open(folder)?)?;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
    Ok(())
}
