//! Searches, on a thread and a connection of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use super::file::Fault;
use super::reader::Reader;
use super::{Tell, Told};
use crate::chat::archive::search::{Found, Query};
use crate::chat::archive::{Reply, RoomReply};
use crate::chat::command::RequestId;
use crate::chat::rooms::RoomNumber;

/// Most searches that wait.
const SEARCHES_MAX: usize = 64;

/// A search in a room.
pub(super) struct Search {
    /// Which of the program's rooms asks.
    pub(super) room: RoomNumber,
    /// Its number in the file.
    pub(super) number: i64,
    /// What its answer is told by.
    pub(super) request: RequestId,
    /// What is looked for.
    pub(super) query: Query,
}

/// The thread's other end; `None` if the system gives no thread.
pub(super) struct Searcher(Option<(SyncSender<Search>, JoinHandle<()>)>);

impl Searcher {
    /// Starts the thread, which ends with its other end. It sets `is_damaged` when it finds that
    /// the file is.
    pub(super) fn start(path: PathBuf, tell: Tell, is_damaged: Arc<AtomicBool>) -> Self {
        let (ask, asked) = mpsc::sync_channel(SEARCHES_MAX);
        let search = move || serve(&path, &asked, &tell, &is_damaged);
        let thread = thread::Builder::new().name("searcher".into()).spawn(search);
        Self(thread.ok().map(|thread| (ask, thread)))
    }

    /// Asks for a search.
    ///
    /// # Errors
    /// Why it is not done.
    pub(super) fn ask(&self, search: Search) -> Result<(), String> {
        let Some((ask, _)) = &self.0 else {
            return Err("the system gives no thread".into());
        };
        let asked = ask.try_send(search);
        asked.map_err(|_| "too many searches wait".into())
    }

    /// Ends the thread, and waits until its connection is closed. SQLite finds what stands beside a
    /// file by name: a connection that is open while the file gets another one takes what stands
    /// beside the next file for its own, and spoils both.
    pub(super) fn close(self) {
        if let Some((ask, thread)) = self.0 {
            drop(ask);
            let _ = thread.join();
        }
    }
}

fn serve(path: &Path, asked: &Receiver<Search>, tell: &Tell, is_damaged: &AtomicBool) {
    let mut reader = None;
    for search in asked {
        let (room, request) = (search.room, search.request);
        let reply = match find(&mut reader, path, &search) {
            Ok((found, has_more, has_newer)) => RoomReply::Found {
                request,
                found,
                has_more,
                has_newer,
            },
            Err(fault) => {
                reader = None;
                if matches!(fault, Fault::Damaged(_)) {
                    is_damaged.store(true, Ordering::Relaxed);
                }
                let why = fault.words();
                RoomReply::NotFound { request, why }
            }
        };
        let reply = Reply::Room(reply);
        if !tell(Told::Reply { room, reply }) {
            return;
        }
    }
}

fn find(
    reader: &mut Option<Reader>,
    path: &Path,
    search: &Search,
) -> Result<(Vec<Found>, bool, bool), Fault> {
    let reader = match reader {
        Some(reader) => reader,
        None => reader.insert(Reader::open(path)?),
    };
    let page = reader.find(Some(&[search.number]), &search.query)?;
    let found = page.found.into_iter().map(|it| it.found).collect();
    Ok((found, page.has_more, page.has_newer))
}
