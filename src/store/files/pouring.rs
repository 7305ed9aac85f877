//! What is taken for the standard output goes there as it comes: in order, and no block before its
//! hash was right. A part of it on the disk holds what came before its turn, and what an output
//! that is slow has not taken yet.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender};

use super::stream::{open_read, read_at};
use super::target::Target;
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::{BLOCK_BYTES, OfferId};

/// Bytes that are copied at once.
const COPIED_BYTES: usize = 64 << 10;

/// What is to be poured.
#[derive(Debug)]
enum Pour {
    /// From this file.
    Of(File),
    /// Everything before this byte.
    Until(u64),
    /// That was all of it, and it is whole.
    Whole,
}

/// The end that knows what is on the disk.
#[derive(Debug)]
pub struct Pourer {
    pours: Sender<Pour>,
    poured: Option<Poured>,
}

/// The content that is poured: the first one.
#[derive(Debug)]
struct Poured {
    of: (RoomNumber, OfferId),
    /// The first block that is lacking, and those behind it that are there.
    next: u32,
    ahead: BTreeSet<u32>,
}

/// The end that writes it.
#[derive(Debug)]
pub struct Outlet(Receiver<Pour>);

/// Both ends. The number of pours that wait is bounded by that of blocks.
#[must_use]
pub fn pouring() -> (Pourer, Outlet) {
    let (pours, taken) = mpsc::channel();
    let pourer = Pourer {
        pours,
        poured: None,
    };
    (pourer, Outlet(taken))
}

impl Pourer {
    /// A content is about to be written, of which some blocks are there already.
    pub(super) fn begin(
        &mut self,
        of: (RoomNumber, OfferId),
        target: &Target,
        have: &[Range<u32>],
    ) -> io::Result<()> {
        if self.poured.is_none() {
            // Whoever poured may be gone, as for all that follows.
            let _ = self.pours.send(Pour::Of(open_read(&target.part)?));
            let ahead = have.iter().cloned().flatten().collect();
            let next = 0;
            self.poured = Some(Poured { of, next, ahead });
            self.reach(target);
        }
        Ok(())
    }

    /// A block is written.
    pub(super) fn wrote(&mut self, of: (RoomNumber, OfferId), target: &Target, block: u32) {
        let poured = self.poured.as_mut().filter(|poured| poured.of == of);
        if let Some(poured) = poured {
            poured.ahead.insert(block);
            self.reach(target);
        }
    }

    /// The content is whole.
    pub(super) fn end(&mut self, of: (RoomNumber, OfferId)) {
        if self.poured.as_ref().is_some_and(|poured| poured.of == of) {
            let _ = self.pours.send(Pour::Whole);
        }
    }

    fn reach(&mut self, target: &Target) {
        let Some(poured) = &mut self.poured else {
            return;
        };
        let before = poured.next;
        while poured.ahead.remove(&poured.next) {
            poured.next += 1;
        }
        if poured.next > before {
            let end = u64::from(poured.next) * u64::from(BLOCK_BYTES);
            let _ = self
                .pours
                .send(Pour::Until(end.min(target.offer.size_bytes)));
        }
    }
}

impl Outlet {
    /// Writes what comes, until all of it is there.
    ///
    /// # Errors
    /// Those of both files; or that it never became whole.
    pub fn pour(self, out: &mut dyn Write) -> io::Result<()> {
        let (mut file, mut at) = (None, 0);
        let mut bytes = vec![0; COPIED_BYTES];
        for pour in self.0 {
            match pour {
                Pour::Of(opened) => file = Some(opened),
                Pour::Until(end) => {
                    let file = file.as_ref().ok_or(ErrorKind::NotFound)?;
                    while at < end {
                        let length = (end - at).min(COPIED_BYTES as u64) as usize;
                        let part = bytes.get_mut(..length).unwrap_or_default();
                        if read_at(file, part, at)? < length {
                            return Err(ErrorKind::UnexpectedEof.into());
                        }
                        out.write_all(part)?;
                        at += length as u64;
                    }
                    out.flush()?;
                }
                Pour::Whole => return out.flush(),
            }
        }
        Err(ErrorKind::UnexpectedEof.into())
    }
}
