//! What a room remembers, on a thread of its own that alone owns the files: a locked or slow file
//! delays nobody. The room goes on meanwhile, and takes everybody as unknown until it knows who
//! was met before. People are in one file, messages and frames of all rooms in another; searches
//! have a thread and a connection of their own, so that a slow one delays no writing.
//!
//! ```text
//! writer   takes the room's requests: people at once, messages in batches
//! rooms    the batches: when they are written, and what happens if they cannot be
//! searcher answers searches
//! file     the tables · index (words) · rows (messages) · forms (edits) · write · load · find
//! prune    what is too old or too much · forget (on request) · reader (for `roda history`)
//! ```

mod file;
#[cfg(test)]
mod file_tests;
mod find;
mod forget;
mod forms;
#[cfg(test)]
mod guest_tests;
mod index;
mod lag;
mod load;
mod mount;
mod prune;
mod reader;
mod rooms;
mod rows;
mod searcher;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upkeep_tests;
mod write;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Params};

pub use self::file::{Fault, default_path};
pub use self::find::{FoundIn, PAGE_MAX, Page};
pub use self::forget::{Forgot, Oblivion};
pub use self::lag::LAG_MAX_BYTES;
use self::lag::Lag;
pub use self::reader::{Check, Reader, StoredRoom, forget};
use self::writer::Writer;
use super::people::People;
use super::requests::{Requests, queue};
use crate::chat::archive::search::ShortId;
use crate::chat::archive::{Reply, Request, RoomReply, RoomRequest};
use crate::protocol::engine::event::MessageId;
use crate::protocol::wire::frame::ROOM_TAG_BYTES;

/// Most requests about people that wait. They come when somebody new enters or is verified; a room
/// has at most 4096 members, and ten thousand names are remembered.
const REQUESTS_MAX: usize = 16_384;

/// Longest wait at the end for what is still to be written.
pub const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// The same after a signal.
pub const SIGNALLED_CLOSE_WAIT: Duration = Duration::from_millis(300);

/// Who can read a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// Everybody; it is the room of those who name none.
    Lobby,
    /// Everybody who knows its name.
    Public,
    /// Those who have its key.
    Keyed,
}

/// What is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Whether private messages are kept.
    pub private: bool,
    /// For how many days.
    pub days: u32,
    /// In how many bytes of all rooms together.
    pub bytes: u64,
}

impl Default for Keeping {
    /// A year and 500 MiB.
    fn default() -> Self {
        Self {
            private: false,
            days: 365,
            bytes: 500 << 20,
        }
    }
}

/// The room that is archived, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPlace {
    /// The file.
    pub path: PathBuf,
    /// The room's tag, which tells rooms of one name apart.
    pub tag: [u8; ROOM_TAG_BYTES],
    /// The room's name as it is shown.
    pub name: String,
    /// Who can read it.
    pub kind: RoomKind,
    /// What is kept.
    pub keeping: Keeping,
}

/// What the thread tells.
#[derive(Debug)]
pub enum Told {
    /// An answer for the room.
    Reply(Reply),
    /// Something for the person.
    Notice(Notice),
}

/// What a person should know about the file of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It was made just now: from now on, what is said is kept.
    Begun(PathBuf),
    /// It was damaged, and is in another place now; a new one is in its place.
    MovedAside {
        /// Where it was.
        from: PathBuf,
        /// Where it is.
        to: PathBuf,
    },
    /// It cannot be used: nothing is stored in this session.
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: Fault,
    },
}

/// Where the thread tells things; returns whether anybody still listens.
type Tell = Arc<dyn Fn(Told) -> bool + Send + Sync>;

/// The room's end of the thread.
pub struct Archive {
    requests: Requests<Request>,
    lag: Arc<Lag>,
    tell: Tell,
    is_done: Receiver<()>,
    keeps_room: bool,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("lag", &self.lag).finish()
    }
}

impl Archive {
    /// Starts the thread, which opens the file of people by `open`, and that of messages in its
    /// place; without a place, nothing that is said is stored. `tell` hands to the room's loop what
    /// the thread tells, and returns whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        open: impl Fn() -> Result<People, String> + Send + 'static,
        place: Option<RoomPlace>,
        tell: impl Fn(Told) -> bool + Send + Sync + 'static,
    ) -> io::Result<Self> {
        survive_file_limits();
        let (requests, taken) = queue(REQUESTS_MAX);
        let (done, is_done) = mpsc::sync_channel::<()>(1);
        let (lag, tell): (Arc<Lag>, Tell) = (Arc::default(), Arc::new(tell));
        let keeps_room = place.is_some();
        let writer = Writer::new(place, Arc::clone(&lag), Arc::clone(&tell));
        let archive = move || {
            writer.serve(&open, &taken);
            drop(done);
        };
        thread::Builder::new()
            .name("archive".into())
            .spawn(archive)?;
        Ok(Self {
            requests,
            lag,
            tell,
            is_done,
            keeps_room,
        })
    }

    /// Whether what is said in the room is to be kept, as far as the file allows.
    #[must_use]
    pub fn keeps_room(&self) -> bool {
        self.keeps_room
    }

    /// Hands a request over, and returns whether there was room for it. What is said and finds no
    /// room is counted, and told once.
    pub fn ask(&self, request: Request) -> bool {
        let Request::Room(room) = &request else {
            return self.requests.ask(request);
        };
        if self.lag.take(room) {
            self.requests.pass(request);
            return true;
        }
        let why = "the disk is too slow".to_owned();
        if let RoomRequest::Find { request, .. } = room {
            let request = *request;
            self.reply(RoomReply::NotFound { request, why });
        } else if self.lag.fail() {
            self.reply(RoomReply::Failed(why));
        }
        true
    }

    fn reply(&self, reply: RoomReply) {
        (self.tell)(Told::Reply(Reply::Room(reply)));
    }

    /// Waits for what is still to be written, but no longer than `wait`: usually [`CLOSE_WAIT`],
    /// and [`SIGNALLED_CLOSE_WAIT`] after a signal. Returns whether all of it is written.
    #[must_use]
    pub fn close(self, wait: Duration) -> bool {
        drop(self.requests);
        let outcome = self.is_done.recv_timeout(wait);
        !matches!(outcome, Err(RecvTimeoutError::Timeout))
    }
}

/// What answers a room's requests where there is no archive at all: nothing is held, and nothing is
/// found.
#[must_use]
pub fn without_archive(request: &RoomRequest) -> Option<RoomReply> {
    match request {
        RoomRequest::Load { .. } => Some(RoomReply::Loaded {
            forgotten: Vec::new(),
        }),
        RoomRequest::Find { request, .. } => Some(RoomReply::NotFound {
            request: *request,
            why: "nothing is archived".to_owned(),
        }),
        _ => None,
    }
}

/// Lets a write beyond the allowed size of a file fail; by default, the system ends the process.
fn survive_file_limits() {
    #[cfg(unix)]
    {
        let flag = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let _ = signal_hook::flag::register(libc::SIGXFSZ, flag);
    }
}

/// The first column of the first row.
fn first<T: rusqlite::types::FromSql>(
    connection: &Connection,
    statement: &str,
    values: impl Params,
) -> Result<Option<T>, Fault> {
    let mut statement = connection.prepare_cached(statement)?;
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

/// The number by which an id is looked up.
fn brief(id: &MessageId) -> u32 {
    ShortId::of(id).number()
}
