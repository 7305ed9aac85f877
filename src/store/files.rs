//! Files that are offered and taken, on a thread of its own that alone opens them: a slow or full
//! disk delays nobody. It answers what is quick at once; between two requests it goes on with what
//! is long, one block at a time.
//!
//! ```text
//! names      names of strangers, as they are safe on a disk
//! place      the folder, and the room in it
//! stream     a content as one stream over its files
//! source     what is offered: walked and hashed, then read · previewing (of pictures)
//! target     what is taken: a `.part` · beginning (goes on with it) · finishing (names it)
//! worker     the thread
//! spool      what comes through a pipe, which has to be a file first · upload (from a browser)
//! pouring    what goes to the standard output as it comes
//! shelf      what is given again after a restart · recalling (whether it is still the same)
//! looking    blocks for faces, which show what is here
//! ```

mod beginning;
mod finishing;
mod looking;
mod names;
mod place;
mod pouring;
mod previewing;
mod recalling;
mod shelf;
mod source;
mod spool;
mod stream;
mod target;
#[cfg(all(test, unix))]
mod tests;
mod upload;
mod worker;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use self::looking::Look;
pub use self::looking::Looker;
pub use self::names::safe_name;
pub use self::place::{default_folder, home};
pub use self::pouring::{Outlet, Pourer, pouring};
pub use self::previewing::MakePreview;
use self::shelf::{RoomTag, Shelf};
pub use self::source::kind_of;
pub use self::spool::{Passage, Spool};
pub use self::upload::{Received, Upload};
use self::worker::Worker;
use super::requests::{Requests, queue};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::disk::{DiskFault, Reply, Request};
use crate::chat::transfer::offer::OfferKey;
use crate::chat::transfer::{Content, Offer, OfferId};
use crate::protocol::wire::frame::ROOM_TAG_BYTES;

/// Most requests that wait. A room has a few blocks under way, and a program a few rooms.
const REQUESTS_MAX: usize = 1024;

/// Longest wait at the end for what is being written. What is not whole by then is gone on with the
/// next time.
pub const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Something that a person or a program wants to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToOffer {
    /// The room in which it is offered.
    pub room: RoomNumber,
    /// Which wish this is, for the one who has it.
    pub ticket: u64,
    /// The file or folder.
    pub path: PathBuf,
    /// What it is called, if not by its own name.
    pub name: Option<String>,
    /// The key that it is sealed under, if it is for one person.
    pub key: Option<OfferKey>,
}

/// What the thread begins with.
#[derive(Debug, Default)]
pub struct Config {
    /// Where what is taken goes, unless the request names another folder; `None` is
    /// [`default_folder`].
    pub folder: Option<PathBuf>,
    /// Whether what is given is given again after a restart.
    pub memory: Memory,
    /// What pours the first file that is taken, if it is wanted as it comes.
    pub pourer: Option<Pourer>,
    /// What makes previews of pictures, if anything does.
    pub make_preview: Option<MakePreview>,
}

/// Whether what is given is given again after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// It is.
    #[default]
    Kept,
    /// It is not, and what earlier sessions gave is not given either.
    None,
    /// It is, by this file.
    #[cfg(test)]
    At(PathBuf),
}

/// Whether there may be anything that an earlier session gave.
#[must_use]
pub fn is_any_kept() -> bool {
    Shelf::usual().is_some_and(|shelf| shelf.exists())
}

/// What was taken once and is not taken again without a question.
#[must_use]
pub fn taken() -> BTreeSet<OfferId> {
    let shelf = Shelf::usual();
    shelf.map_or_else(BTreeSet::new, |mut shelf| shelf.taken())
}

/// What the thread tells.
#[derive(Debug)]
pub enum Told {
    /// An answer for a room.
    Reply {
        /// The room.
        room: RoomNumber,
        /// The answer.
        reply: Reply,
    },
    /// What is to be offered was read and hashed, or cannot be.
    Hashed {
        /// Which wish.
        ticket: u64,
        /// The content.
        hashed: Result<Hashed, Unfit>,
    },
}

/// A content that can be offered: the thread reads it from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// Its offer.
    pub offer: Arc<Offer>,
    /// What it is.
    pub content: Content,
    /// How many links and special files of a folder were left out.
    pub skipped: u64,
}

/// Why something cannot be offered.
#[derive(Debug)]
pub enum Unfit {
    /// It changed while it was read.
    Changed,
    /// It is neither a file nor a folder.
    Special,
    /// It is longer, has more files or deeper folders than an offer holds.
    TooLarge,
    /// As many as this program reads are being read, or wait for that.
    TooMany,
    /// The system's refusal.
    System(io::Error),
}

/// Where the thread tells things; returns whether anybody still listens.
type Tell = Arc<dyn Fn(Told) -> bool + Send + Sync>;

/// What the thread is asked to do.
#[derive(Debug)]
enum Order {
    Ask(RoomNumber, Request),
    Hash(ToOffer),
    /// A room was entered.
    Enter(RoomNumber, RoomTag),
    Look(Look),
    /// Something was taken, and is not taken again without a question.
    Taken(OfferId),
    /// A room was left.
    Close(RoomNumber),
}

/// The program's end of the thread, which serves all of its rooms.
pub struct Files {
    orders: Arc<Requests<Order>>,
    tell: Tell,
    is_done: Receiver<()>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl Files {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        config: Config,
        tell: impl Fn(Told) -> bool + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (orders, taken) = queue(REQUESTS_MAX);
        let (done, is_done) = mpsc::sync_channel::<()>(1);
        let tell: Tell = Arc::new(tell);
        let worker = Worker::new(config, Arc::clone(&tell));
        let work = move || {
            worker.serve(&taken);
            drop(done);
        };
        thread::Builder::new().name("files".into()).spawn(work)?;
        Ok(Self {
            orders: Arc::new(orders),
            tell,
            is_done,
        })
    }

    /// What reads for faces, and keeps the thread from nothing.
    #[must_use]
    pub fn looker(&self) -> Looker {
        Looker(Arc::downgrade(&self.orders))
    }

    /// Hands a room's request over. One that finds no room is answered as refused.
    pub fn ask(&self, room: RoomNumber, request: Request) {
        let offer = request.offer();
        let is_read = matches!(request, Request::Read { .. });
        if let Request::Stop { .. } | Request::Forget { .. } | Request::Keep(_) = request {
            self.orders.pass(Order::Ask(room, request));
            return;
        }
        if !self.orders.ask(Order::Ask(room, request)) {
            let why = DiskFault::System("the disk is too slow".into());
            let reply = match is_read {
                true => Reply::Unread { offer, why },
                false => Reply::Failed { offer, why },
            };
            (self.tell)(Told::Reply { room, reply });
        }
    }

    /// Reads and hashes something that is to be offered; [`Told::Hashed`] is the answer.
    pub fn read(&self, wish: ToOffer) {
        let ticket = wish.ticket;
        if !self.orders.ask(Order::Hash(wish)) {
            let hashed = Err(Unfit::System(io::ErrorKind::ResourceBusy.into()));
            (self.tell)(Told::Hashed { ticket, hashed });
        }
    }

    /// Takes in that a room was entered: what was given in it before is given again, if it is still
    /// the same.
    pub fn enter_room(&self, room: RoomNumber, tag: [u8; ROOM_TAG_BYTES]) {
        self.orders.pass(Order::Enter(room, tag));
    }

    /// Remembers that something was taken.
    pub fn remember_taken(&self, offer: OfferId) {
        self.orders.pass(Order::Taken(offer));
    }

    /// Takes in that a room was left: nothing is read or written for it any more.
    pub fn close_room(&self, room: RoomNumber) {
        self.orders.pass(Order::Close(room));
    }

    /// Waits for what was asked before, but no longer than `wait`.
    pub fn close(self, wait: Duration) {
        drop(self.orders);
        // Nothing is ever sent: the wait ends when the thread does.
        let _ = self.is_done.recv_timeout(wait);
    }
}
