//! The small pictures that go with the offers of pictures, on a thread of their own: to decode one
//! takes up to a second, and whoever takes another file from the disk's thread must not wait.
//! Without one, a picture is offered all the same.

use std::fs::File;
use std::io::Read;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use super::stream::open_read;
use super::{Hashed, Tell, Told};
use crate::chat::transfer::offer::Hash;
use crate::chat::transfer::{Offer, OfferKind};
use crate::protocol::wire::preview::Preview;

/// Makes the preview of a picture; `None` of what it cannot decode. It is slow, and has limits.
pub type MakePreview = fn(&[u8]) -> Option<Preview>;

/// Longest file of a picture that gets a preview, in bytes.
const PICTURE_MAX_BYTES: u64 = 32 << 20;

/// Most pictures that wait for theirs: further ones are offered without, so that none is offered
/// much later.
const WAITING_MAX: usize = 8;

/// A picture that is to be offered.
#[derive(Debug)]
struct Job {
    ticket: u64,
    path: PathBuf,
    hashed: Hashed,
}

/// See the file's head.
pub(super) struct Previews {
    make: MakePreview,
    tell: Tell,
    /// The thread, once there was a picture.
    jobs: Option<SyncSender<Job>>,
}

impl Previews {
    pub(super) fn new(make: MakePreview, tell: Tell) -> Self {
        Self {
            make,
            tell,
            jobs: None,
        }
    }

    /// Tells of a content that was hashed once it has its preview, if this is a picture and there
    /// is time for it; otherwise returns it, to be told at once.
    pub(super) fn pass(&mut self, ticket: u64, path: PathBuf, hashed: Hashed) -> Option<Hashed> {
        let offer = &hashed.offer;
        if offer.kind != OfferKind::Picture || offer.size_bytes > PICTURE_MAX_BYTES {
            return Some(hashed);
        }
        let Some(jobs) = self.thread() else {
            return Some(hashed);
        };
        let job = Job {
            ticket,
            path,
            hashed,
        };
        jobs.try_send(job).err().map(|back| match back {
            mpsc::TrySendError::Full(job) | mpsc::TrySendError::Disconnected(job) => job.hashed,
        })
    }

    fn thread(&mut self) -> Option<&SyncSender<Job>> {
        if self.jobs.is_none() {
            let (sender, jobs) = mpsc::sync_channel(WAITING_MAX);
            let (make, tell) = (self.make, Arc::clone(&self.tell));
            let work = move || serve(&jobs, make, &tell);
            let thread = thread::Builder::new().name("preview".into()).spawn(work);
            self.jobs = thread.ok().map(|_| sender);
        }
        self.jobs.as_ref()
    }
}

/// Works until nobody asks or listens any more.
fn serve(jobs: &Receiver<Job>, make: MakePreview, tell: &Tell) {
    for job in jobs {
        let Job {
            ticket,
            path,
            mut hashed,
        } = job;
        let preview = read(&path, &hashed.offer.root).and_then(|bytes| {
            // A decoder that gives up on a strange picture must not keep it from being offered.
            catch_unwind(|| make(&bytes)).ok().flatten()
        });
        hashed.content.preview = preview;
        hashed.offer = Arc::new(Offer {
            preview,
            ..Offer::clone(&hashed.offer)
        });
        let hashed = Ok(hashed);
        if !tell(Told::Hashed { ticket, hashed }) {
            return;
        }
    }
}

/// Reads a picture whole; `None` if it is not what was hashed.
fn read(path: &Path, root: &Hash) -> Option<Vec<u8>> {
    let file: File = open_read(path).ok()?;
    let mut bytes = Vec::new();
    file.take(PICTURE_MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    (blake3::hash(&bytes).as_bytes() == root).then_some(bytes)
}
