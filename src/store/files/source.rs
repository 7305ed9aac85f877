//! What this member offers: a file or a folder, walked and hashed once, and read block by block
//! after that, as long as it stays what it was.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::names::numbered;
use super::recalling::{Kept, Paths};
use super::spool::is_spooled;
use super::stream::{Layout, Stamp, modified_ms, open_read, permissions_of, read_at};
use crate::chat::transfer::disk::Held;
use crate::chat::transfer::offer::{Attributes, ContentHasher, SIZE_MAX_BYTES};
use crate::chat::transfer::tree::{self, DEPTH_MAX, ENTRIES_MAX, Entry, TreeFault};
use crate::chat::transfer::{BLOCK_BYTES, Content, OfferKind};

/// Endings of files that are offered as pictures.
const PICTURES: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"];

/// Endings of files that are offered as text.
const TEXTS: [&str; 4] = ["txt", "md", "csv", "log"];

/// Why something cannot be offered, or not any more.
#[derive(Debug)]
pub(super) enum SourceFault {
    /// It changed since it was hashed.
    Changed,
    /// It is neither a file nor a folder.
    Special,
    /// It has more files, or deeper folders, than an offer holds.
    TooMany,
    /// It is longer than an offer may be.
    TooLarge,
    /// The system's.
    System(io::Error),
}

impl From<TreeFault> for SourceFault {
    fn from(_: TreeFault) -> Self {
        Self::TooMany
    }
}

impl From<io::Error> for SourceFault {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Something that is offered.
#[derive(Debug)]
pub(super) struct Source {
    layout: Layout,
    /// What each piece looked like when it was hashed.
    stamps: Vec<Stamp>,
    /// The piece that was read last, which is likely the next one too.
    open: Option<(usize, File)>,
    /// The file or folder itself, and how the files of a folder are named.
    origin: Option<(PathBuf, Paths)>,
}

impl Source {
    pub(super) fn new(layout: Layout, stamps: Vec<Stamp>) -> Self {
        Self {
            layout,
            stamps,
            open: None,
            origin: None,
        }
    }

    /// Says which file or folder it is.
    pub(super) fn of(mut self, origin: (PathBuf, Paths)) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The file that it begins with; `None` of what has no byte.
    pub(super) fn first_path(&self) -> Option<PathBuf> {
        let first = self.layout.cuts(0).next();
        first.map(|cut| cut.piece.path.clone())
    }

    /// What a later session needs to give it again; `None` for what it would not find.
    pub(super) fn kept(&self, held: Held) -> Option<Kept> {
        let (path, paths) = self.origin.clone()?;
        let modified_ns = match held.offer.kind {
            OfferKind::Folder => None,
            _ => self.stamps.first().and_then(Stamp::modified_ns),
        };
        Some(Kept {
            held,
            path,
            paths,
            modified_ns,
        })
    }

    /// Reads a block. What changed since it was hashed is not read.
    pub(super) fn read(&mut self, block: u32) -> Result<Vec<u8>, SourceFault> {
        let mut bytes = vec![0; self.layout.length(block)];
        for cut in self.layout.cuts(block) {
            let file = match self.open.take() {
                Some((number, file)) if number == cut.number => file,
                _ => open_read(&cut.piece.path).map_err(gone)?,
            };
            let part = bytes.get_mut(cut.range).unwrap_or_default();
            let read = read_at(&file, part, cut.offset)?;
            // Looked at after reading, so that what changed meanwhile is noticed.
            let stamp = Stamp::of(&file.metadata()?);
            if read < part.len() || self.stamps.get(cut.number) != Some(&stamp) {
                return Err(SourceFault::Changed);
            }
            self.open = Some((cut.number, file));
        }
        Ok(bytes)
    }
}

/// A file that is not there any more has changed.
fn gone(error: io::Error) -> SourceFault {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput => {
            SourceFault::Changed
        }
        _ => SourceFault::System(error),
    }
}

/// A file or folder that was hashed, and what reads it.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) content: Content,
    pub(super) source: Source,
    /// How many links and special files were left out.
    pub(super) skipped: u64,
}

/// Walks and hashes what is to be offered, step by step.
#[derive(Debug)]
pub(super) struct Scan {
    /// Folders that are still to be walked, with their paths below the first one.
    folders: Vec<(PathBuf, String)>,
    entries: Vec<Entry>,
    /// What of the stream is known, and read from.
    source: Source,
    skipped: u64,
    name: String,
    is_folder: bool,
    next: u32,
    hasher: ContentHasher,
}

impl Scan {
    /// Begins with a file or a folder, which may be named by a link. It is offered under its own
    /// name, or another one.
    pub(super) fn begin(path: &Path, name: Option<String>) -> Result<Self, SourceFault> {
        let metadata = fs::metadata(path)?;
        let path = fs::canonicalize(path)?;
        let own = path.file_name().unwrap_or_default();
        let mut scan = Self {
            folders: Vec::new(),
            entries: Vec::new(),
            source: Source::new(Layout::new(BLOCK_BYTES), Vec::new()),
            skipped: 0,
            name: name.unwrap_or_else(|| own.to_string_lossy().into_owned()),
            is_folder: metadata.is_dir(),
            next: 0,
            hasher: ContentHasher::default(),
        };
        if !is_spooled(&path) {
            scan.source.origin = Some((path.clone(), Paths::Own));
        }
        if metadata.is_dir() {
            scan.folders.push((path, String::new()));
        } else if metadata.is_file() {
            let name = scan.name.clone();
            scan.add_file(path, name, &metadata);
        } else {
            return Err(SourceFault::Special);
        }
        Ok(scan)
    }

    /// Walks a folder, or hashes a block; returns whether all is done.
    pub(super) fn step(&mut self) -> Result<bool, SourceFault> {
        if let Some((path, below)) = self.folders.pop() {
            self.walk(&path, &below)?;
            return Ok(false);
        }
        let layout = &self.source.layout;
        if layout.size_bytes() > SIZE_MAX_BYTES {
            return Err(SourceFault::TooLarge);
        }
        if u64::from(self.next) >= layout.blocks() {
            return Ok(true);
        }
        // The checks of reading are those of giving.
        let bytes = self.source.read(self.next)?;
        self.hasher.block(&bytes);
        self.next += 1;
        Ok(false)
    }

    fn walk(&mut self, folder: &Path, below: &str) -> Result<(), SourceFault> {
        if below.split('/').count() >= DEPTH_MAX {
            return Err(SourceFault::TooMany);
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            found.push((entry.file_name(), entry.path()));
            if self.entries.len() + found.len() > ENTRIES_MAX {
                return Err(SourceFault::TooMany);
            }
        }
        // The same folder is the same offer again.
        found.sort();
        let (mut folders, mut taken) = (Vec::new(), BTreeSet::new());
        for (name, path) in found {
            let metadata = match fs::symlink_metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            if !metadata.is_dir() && !metadata.is_file() {
                self.skipped += 1;
                continue;
            }
            let name = free_name(&name.to_string_lossy(), &mut taken);
            let below = match below {
                "" => name,
                below => format!("{below}/{name}"),
            };
            if metadata.is_dir() {
                self.entries.push(Entry {
                    path: below.clone(),
                    is_folder: true,
                    permissions: permissions_of(&metadata),
                    modified_ms: modified_ms(&metadata),
                    size_bytes: 0,
                });
                folders.push((path, below));
            } else {
                self.add_file(path, below, &metadata);
            }
        }
        self.folders.extend(folders.into_iter().rev());
        Ok(())
    }

    fn add_file(&mut self, path: PathBuf, below: String, metadata: &fs::Metadata) {
        let stamp = Stamp::of(metadata);
        if stamp.size_bytes > 0 {
            self.source.stamps.push(stamp);
        }
        self.source.layout.push(path, stamp.size_bytes);
        self.entries.push(Entry {
            path: below,
            is_folder: false,
            permissions: permissions_of(metadata),
            modified_ms: modified_ms(metadata),
            size_bytes: stamp.size_bytes,
        });
    }

    /// What was found.
    pub(super) fn end(self) -> Result<Scanned, SourceFault> {
        let kind = match self.is_folder {
            true => OfferKind::Folder,
            false => kind_of(&self.name),
        };
        let tree = match self.is_folder {
            true => tree::encode(&self.entries)?,
            false => Vec::new(),
        };
        // What has passed through a pipe has a time and permissions of its own.
        let is_file = !self.is_folder && self.source.origin.is_some();
        let file = self.entries.first().filter(|_| is_file);
        let attributes = file.map(|file| Attributes {
            permissions: file.permissions,
            modified_ms: file.modified_ms,
        });
        Ok(Scanned {
            content: Content {
                attributes,
                ..self.hasher.finish(self.name, kind, &tree)
            },
            source: self.source,
            skipped: self.skipped,
        })
    }
}

/// A component of a path in a tree. What a tree cannot have becomes something else, once.
fn free_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let name = name.replace('\\', "_");
    let numbers = (1_u32..).map(|number| numbered(&name, number));
    let mut names = std::iter::once(name.clone()).chain(numbers);
    let free = names.find(|name| taken.insert(name.clone()));
    free.unwrap_or_default()
}

/// What a file is, by the ending of its name.
#[must_use]
pub fn kind_of(name: &str) -> OfferKind {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_lowercase());
    match ending.as_deref() {
        Some(ending) if PICTURES.contains(&ending) => OfferKind::Picture,
        Some(ending) if TEXTS.contains(&ending) => OfferKind::Text,
        _ => OfferKind::File,
    }
}
