//! What comes before the first block of a content is written: its tree is laid out, what an earlier
//! session left of it is hashed again, and the room on the disk is compared with what is lacking.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::place::{free_bytes, reserve_bytes};
use super::stream::open_write;
use super::target::Target;
use crate::chat::transfer::disk::DiskFault;
use crate::chat::transfer::offer::{Attributes, Hash};
use crate::chat::transfer::tree::{self, Entry};
use crate::chat::transfer::{BLOCK_BYTES, Offer};

/// Entries whose folders one step makes, and blocks of a new part that one step looks at.
const STEP: usize = 256;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Beginning {
    target: Target,
    index: Arc<[u8]>,
    is_new: bool,
    /// The entries whose folders are made.
    made: usize,
    /// The next block.
    next: u32,
    zeros: Zeros,
    have: Vec<Range<u32>>,
    have_bytes: u64,
}

impl Beginning {
    pub(super) fn new(mut target: Target, index: Arc<[u8]>) -> Result<Self, DiskFault> {
        let entries = entries(&target.offer, &index)?;
        target.lay_out(entries)?;
        let is_new = target.open_part();
        let is_new = is_new.map_err(|error| target.fault(&error))?;
        Ok(Self {
            zeros: Zeros::of(&target.offer),
            target,
            index,
            is_new,
            made: 0,
            next: 0,
            have: Vec::new(),
            have_bytes: 0,
        })
    }

    /// Goes on; returns whether all is done.
    pub(super) fn step(&mut self) -> Result<bool, DiskFault> {
        let stepped = match self.made < self.target.entries.len() {
            true => self.make_folders(),
            false => self.look_at_blocks(),
        };
        stepped.map_err(|error| self.target.fault(&error))?;
        let blocks = self.target.offer.blocks();
        if self.made < self.target.entries.len() || self.next < blocks {
            return Ok(false);
        }
        self.check_room()?;
        Ok(true)
    }

    /// The target, and the blocks that are there.
    pub(super) fn end(mut self) -> (Target, Vec<Range<u32>>) {
        self.target.settle();
        (self.target, self.have)
    }

    fn make_folders(&mut self) -> io::Result<()> {
        let until = (self.made + STEP).min(self.target.entries.len());
        for number in self.made..until {
            self.target.make_folders(number)?;
        }
        self.made = until;
        Ok(())
    }

    fn look_at_blocks(&mut self) -> io::Result<()> {
        let blocks = self.target.offer.blocks();
        let steps = match self.is_new {
            true => STEP as u32,
            // Each is read and hashed.
            false => 1,
        };
        for block in self.next..blocks.min(self.next.saturating_add(steps)) {
            if self.has(block)? {
                self.note(block);
            }
            self.next = block + 1;
        }
        Ok(())
    }

    /// Whether a block is on the disk. Blocks of zeros are made by the length of the file.
    fn has(&mut self, block: u32) -> io::Result<bool> {
        let length = self.target.layout.length(block);
        let expected = self.target.offer.block_hash(block, &self.index);
        let is_hole = expected == Some(self.zeros.hash(length));
        if is_hole {
            for cut in self.target.layout.cuts(block) {
                let file = open_write(&cut.piece.path)?;
                if file.metadata()?.len() < cut.piece.size_bytes {
                    file.set_len(cut.piece.size_bytes)?;
                }
            }
        }
        if self.is_new {
            return Ok(is_hole);
        }
        let Some(bytes) = self.target.read(block)? else {
            return Ok(false);
        };
        // Most of what is lacking is a hole, which need not be hashed.
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(is_hole);
        }
        Ok(Some(*blake3::hash(&bytes).as_bytes()) == expected)
    }

    fn note(&mut self, block: u32) {
        self.have_bytes += self.target.layout.length(block) as u64;
        match self.have.last_mut() {
            Some(last) if last.end == block => last.end = block + 1,
            _ => self.have.push(block..block + 1),
        }
    }

    fn check_room(&mut self) -> Result<(), DiskFault> {
        let lacking = self.target.offer.size_bytes - self.have_bytes;
        let needed = lacking.saturating_add(reserve_bytes(&self.target.folder));
        match free_bytes(&self.target.folder) {
            Some(free_bytes) if lacking > 0 && free_bytes < needed => {
                if self.is_new {
                    self.target.discard();
                }
                Err(DiskFault::NoSpace {
                    needed_bytes: lacking,
                    free_bytes,
                })
            }
            _ => Ok(()),
        }
    }
}

/// The files and folders of an offer; a single file is one of its own.
fn entries(offer: &Offer, index: &[u8]) -> Result<Vec<Entry>, DiskFault> {
    let attributes = offer.attributes.unwrap_or(Attributes::UNKNOWN);
    match offer.tree_bytes(index) {
        Some(bytes) => tree::decode(bytes, offer.size_bytes).map_err(|_| DiskFault::BadTree),
        None => Ok(vec![Entry {
            path: offer.name.to_string(),
            is_folder: false,
            permissions: attributes.permissions,
            modified_ms: attributes.modified_ms,
            size_bytes: offer.size_bytes,
        }]),
    }
}

/// The hashes of blocks of zeros: whole ones, and the last one of an offer.
#[derive(Debug)]
struct Zeros {
    whole: Hash,
    last: (usize, Hash),
}

impl Zeros {
    fn of(offer: &Offer) -> Self {
        let hash = |length: usize| *blake3::hash(&vec![0; length]).as_bytes();
        let last = offer.block_range(offer.blocks().saturating_sub(1));
        let last = (last.end - last.start) as usize;
        Self {
            whole: hash(BLOCK_BYTES as usize),
            last: (last, hash(last)),
        }
    }

    fn hash(&self, length: usize) -> Hash {
        match self.last {
            (last, hash) if last == length => hash,
            _ => self.whole,
        }
    }
}
