//! What an earlier session gave, looked at again: it is given on if all of its files have the size
//! and the time that they had then.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::source::Source;
use super::stream::{Layout, Stamp, modified_ms, modified_ns, open_read};
use super::target::places;
use crate::chat::transfer::disk::Held;
use crate::chat::transfer::tree;
use crate::chat::transfer::{BLOCK_BYTES, OfferKind};

/// Files that one step looks at.
const STEP: usize = 64;

/// How the files of a folder are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// As in its tree: it is this person's own.
    Own,
    /// Made safe: it was taken.
    Safe,
}

/// A content that is to be given again, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) held: Held,
    pub(super) path: PathBuf,
    pub(super) paths: Paths,
    /// When a single file was changed, in nanoseconds since 1970; a folder's tree knows its files'
    /// times.
    pub(super) modified_ns: Option<i64>,
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct Recalling {
    pub(super) held: Held,
    files: Vec<File>,
    next: usize,
    layout: Layout,
    stamps: Vec<Stamp>,
    origin: (PathBuf, Paths),
}

/// A file as it is expected.
#[derive(Debug)]
struct File {
    path: PathBuf,
    size_bytes: u64,
    time: Option<Time>,
}

#[derive(Debug)]
enum Time {
    /// Milliseconds since 1970.
    Ms(i64),
    /// Nanoseconds.
    Ns(i64),
}

/// How far it is.
#[derive(Debug)]
pub(super) enum Recalled {
    /// Something is still to be looked at.
    NotYet,
    /// All is as it was.
    Same(Box<(Held, Source)>),
    /// Something is not what it was.
    Changed,
    /// Something is not there: it may be on a disk that is not mounted.
    Absent,
}

impl Recalling {
    /// Begins; `None` for what no content can be.
    pub(super) fn new(kept: Kept) -> Option<Self> {
        let Kept {
            held,
            path,
            paths,
            modified_ns,
        } = kept;
        let offer = &held.offer;
        if !offer.is_index(&held.index) {
            return None;
        }
        let files = match offer.kind {
            OfferKind::Folder => {
                let tree = offer.tree_bytes(&held.index)?;
                let entries = tree::decode(tree, offer.size_bytes).ok()?;
                let files = match paths {
                    Paths::Safe => places(&path, entries)?,
                    Paths::Own => {
                        let below = |entry: tree::Entry| {
                            let place = path.join(&entry.path);
                            (entry, place)
                        };
                        entries.into_iter().map(below).collect()
                    }
                };
                let files = files.into_iter().filter(|(entry, _)| !entry.is_folder);
                let file = files.map(|(entry, path)| File {
                    path,
                    size_bytes: entry.size_bytes,
                    time: Some(Time::Ms(entry.modified_ms)),
                });
                file.collect()
            }
            _ => vec![File {
                path: path.clone(),
                size_bytes: offer.size_bytes,
                time: modified_ns.map(Time::Ns),
            }],
        };
        Some(Self {
            held,
            files,
            next: 0,
            layout: Layout::new(BLOCK_BYTES),
            stamps: Vec::new(),
            origin: (path, paths),
        })
    }

    /// Looks at some more files.
    pub(super) fn step(&mut self) -> Recalled {
        let until = (self.next + STEP).min(self.files.len());
        for file in self.files.get(self.next..until).unwrap_or_default() {
            let metadata = open_read(&file.path).and_then(|file| file.metadata());
            let metadata = match metadata {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == ErrorKind::InvalidInput => return Recalled::Changed,
                Err(_) => return Recalled::Absent,
            };
            let is_same = metadata.len() == file.size_bytes
                && match file.time {
                    // Nothing else tells that it was not replaced.
                    None => file.size_bytes == 0,
                    Some(Time::Ms(ms)) => modified_ms(&metadata) == ms,
                    Some(Time::Ns(ns)) => modified_ns(&metadata) == Some(ns),
                };
            if !is_same {
                return Recalled::Changed;
            }
            if file.size_bytes > 0 {
                self.layout.push(file.path.clone(), file.size_bytes);
                self.stamps.push(Stamp::of(&metadata));
            }
        }
        self.next = until;
        if until < self.files.len() {
            return Recalled::NotYet;
        }
        let (layout, stamps) = (
            std::mem::take(&mut self.layout),
            std::mem::take(&mut self.stamps),
        );
        let source = Source::new(layout, stamps).of(self.origin.clone());
        Recalled::Same(Box::new((self.held.clone(), source)))
    }
}
