//! What the rooms of a program remember, on a thread of its own that alone owns the files: a locked
//! or slow file delays nobody. The rooms go on meanwhile, and take everybody as unknown until they
//! know who was met before. People are in one file, messages and frames of all rooms in another;
//! searches have a thread and a connection of their own, so that a slow one delays no writing.
//!
//! ```text
//! orders   what the rooms ask for, until the thread takes it
//! writer   takes it: people at once, messages in batches
//! rooms    the batches: when they are written, and what happens if they cannot be
//! pace     how far writing gives way to what is said meanwhile
//! searcher answers searches
//! file     the tables · index (words) · rows (messages) · forms (edits) · write · load
//! find     what a query finds · filter (how the index is asked)
//! marks    up to where each room was read
//! mend     what is done about a damaged file
//! prune    what is too old or too much · forget (on request) · reader (for `roda history`)
//! ```

mod authors;
mod file;
#[cfg(test)]
mod file_tests;
mod filter;
mod find;
mod forget;
mod forms;
#[cfg(test)]
mod guest_tests;
mod index;
mod lag;
mod load;
mod marks;
mod mend;
#[cfg(test)]
mod mend_tests;
mod mount;
mod orders;
mod pace;
#[cfg(test)]
mod page_tests;
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

use std::collections::BTreeMap;
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
use self::orders::Orders;
pub use self::reader::{Check, Reader, StoredRoom, forget};
use self::writer::Writer;
use super::people::People;
use crate::chat::archive::search::ShortId;
use crate::chat::archive::{Reply, Request, RoomReply, RoomRequest};
use crate::chat::rooms::RoomNumber;
use crate::protocol::engine::event::MessageId;
use crate::protocol::wire::frame::ROOM_TAG_BYTES;

/// Most requests about people that wait. They come when somebody new enters or is verified; a room
/// has at most 4096 members, and ten thousand names are remembered.
const REQUESTS_MAX: usize = 16_384;

/// Longest wait at the end for what is still to be written: after a hundred thousand lines at once,
/// some seconds.
pub const CLOSE_WAIT: Duration = Duration::from_secs(5);

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

/// The file of messages, and what is kept in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub path: PathBuf,
    /// What is kept.
    pub keeping: Keeping,
}

/// A room that is archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPlace {
    /// The room's tag, which tells rooms of one name apart.
    pub tag: [u8; ROOM_TAG_BYTES],
    /// The room's name as it is shown.
    pub name: String,
    /// Who can read it.
    pub kind: RoomKind,
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
    /// Its index of words was damaged, and is made anew from the messages; until then a search may
    /// miss older ones.
    IndexRenewed(PathBuf),
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

/// What the thread is asked to do.
#[derive(Debug)]
enum Order {
    /// A room is entered, which is kept if it has a place.
    Open(RoomNumber, Option<RoomPlace>),
    /// A room is left.
    Close(RoomNumber),
    /// Do what a room asks for.
    Ask(RoomNumber, Request),
}

/// The program's end of the thread. One thread serves all of its rooms:
///
/// ```text
/// start        opens the files
/// open_room    before a room asks for anything
/// ask          each request with its room's number, which comes back with the answers
/// close_room   what it asked for before is still done
/// close        at the end
/// ```
pub struct Archive {
    orders: Orders,
    lag: Arc<Lag>,
    tell: Tell,
    is_done: Receiver<()>,
    has_file: bool,
    /// The open rooms, and whether each is kept.
    rooms: BTreeMap<RoomNumber, bool>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Archive");
        shown.field("rooms", &self.rooms).field("lag", &self.lag);
        shown.finish_non_exhaustive()
    }
}

impl Archive {
    /// Starts the thread, which opens the file of people by `open`, and that of messages in its
    /// place; without a place, nothing that is said is stored. `tell` hands to the program's loop
    /// what the thread tells, and returns whether anybody still listens.
    ///
    /// # Errors
    /// The system's refusal of a thread.
    pub fn start(
        open: impl Fn() -> Result<People, String> + Send + 'static,
        file: Option<FilePlace>,
        tell: impl Fn(Told) -> bool + Send + Sync + 'static,
    ) -> io::Result<Self> {
        survive_file_limits();
        let (orders, incoming) = orders::queue();
        let (done, is_done) = mpsc::sync_channel::<()>(1);
        let (lag, tell): (Arc<Lag>, Tell) = (Arc::default(), Arc::new(tell));
        let has_file = file.is_some();
        let (writer_lag, writer_tell) = (Arc::clone(&lag), Arc::clone(&tell));
        let archive = move || {
            Writer::new(&open, file, writer_lag, writer_tell).serve(&incoming);
            drop(done);
        };
        thread::Builder::new()
            .name("archive".into())
            .spawn(archive)?;
        Ok(Self {
            orders,
            lag,
            tell,
            is_done,
            has_file,
            rooms: BTreeMap::new(),
        })
    }

    /// Lets a room ask. Without a place, nothing that is said there is kept, and people are
    /// remembered all the same. No room may have the number of an earlier one.
    pub fn open_room(&mut self, room: RoomNumber, place: Option<RoomPlace>) {
        let place = place.filter(|_| self.has_file);
        self.rooms.insert(room, place.is_some());
        self.orders.pass(Order::Open(room, place));
    }

    /// Takes in that a room was left. What it asked for before is still done.
    pub fn close_room(&mut self, room: RoomNumber) {
        if self.rooms.remove(&room).is_some() {
            self.orders.pass(Order::Close(room));
        }
    }

    /// Whether what is said in a room is to be kept, as far as the file allows.
    #[must_use]
    pub fn keeps_room(&self, room: RoomNumber) -> bool {
        self.rooms.get(&room).is_some_and(|is_kept| *is_kept)
    }

    /// Hands a room's request over, and returns whether there was room for it. What is said and
    /// finds no room is counted, and told once.
    pub fn ask(&self, room: RoomNumber, request: Request) -> bool {
        let Request::Room(of_room) = &request else {
            return self.orders.ask_about_people(Order::Ask(room, request));
        };
        if self.lag.take(room, of_room) {
            self.orders.pass(Order::Ask(room, request));
            return true;
        }
        let why = "the disk is too slow".to_owned();
        if let RoomRequest::Find { request, .. } = of_room {
            let request = *request;
            self.reply(room, RoomReply::NotFound { request, why });
        } else {
            self.lag.fail(&why);
            for (room, _) in self.rooms.iter().filter(|(_, is_kept)| **is_kept) {
                if let Some(why) = self.lag.news_of_failing(*room) {
                    self.reply(*room, RoomReply::Failed(why));
                }
            }
        }
        true
    }

    fn reply(&self, room: RoomNumber, reply: RoomReply) {
        let reply = Reply::Room(reply);
        (self.tell)(Told::Reply { room, reply });
    }

    /// Waits for what is still to be written, but no longer than `wait`: usually [`CLOSE_WAIT`],
    /// and [`SIGNALLED_CLOSE_WAIT`] after a signal. Returns whether all of it is written.
    #[must_use]
    pub fn close(self, wait: Duration) -> bool {
        drop(self.orders);
        let outcome = self.is_done.recv_timeout(wait);
        !matches!(outcome, Err(RecvTimeoutError::Timeout))
    }
}

/// What answers a room's requests where there is no archive at all: the room goes on with what it
/// has in memory.
#[must_use]
pub fn without_archive(request: &RoomRequest) -> Option<RoomReply> {
    match request {
        RoomRequest::Load { .. } | RoomRequest::Find { .. } => Some(RoomReply::Unusable),
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
