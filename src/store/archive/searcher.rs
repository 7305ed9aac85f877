//! Searches, on a thread and a connection of their own.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use super::file::Fault;
use super::reader::Reader;
use super::{Tell, Told};
use crate::chat::archive::search::Query;
use crate::chat::archive::{Reply, RoomReply};
use crate::chat::command::RequestId;

/// Most searches that wait.
const SEARCHES_MAX: usize = 64;

/// The thread's other end.
pub(super) struct Searcher(Option<SyncSender<(RequestId, Query)>>);

impl Searcher {
    /// Starts the thread, which ends with its other end.
    pub(super) fn start(path: PathBuf, room: i64, tell: Tell) -> Self {
        let (ask, asked) = mpsc::sync_channel(SEARCHES_MAX);
        let search = move || serve(&path, room, &asked, &tell);
        let thread = thread::Builder::new().name("searcher".into()).spawn(search);
        Self(thread.ok().map(|_| ask))
    }

    /// Asks for a search.
    ///
    /// # Errors
    /// Why it is not done.
    pub(super) fn ask(&self, request: RequestId, query: Query) -> Result<(), String> {
        let Some(ask) = &self.0 else {
            return Err("the system gives no thread".into());
        };
        let asked = ask.try_send((request, query));
        asked.map_err(|_| "too many searches wait".into())
    }
}

fn serve(path: &Path, room: i64, asked: &Receiver<(RequestId, Query)>, tell: &Tell) {
    let mut reader = None;
    for (request, query) in asked {
        let found = find(&mut reader, path, room, &query);
        let reply = match found {
            Ok((found, has_more)) => RoomReply::Found {
                request,
                found,
                has_more,
            },
            Err(fault) => {
                reader = None;
                let why = fault.words();
                RoomReply::NotFound { request, why }
            }
        };
        if !tell(Told::Reply(Reply::Room(reply))) {
            return;
        }
    }
}

fn find(
    reader: &mut Option<Reader>,
    path: &Path,
    room: i64,
    query: &Query,
) -> Result<(Vec<crate::chat::archive::search::Found>, bool), Fault> {
    let reader = match reader {
        Some(reader) => reader,
        None => reader.insert(Reader::open(path)?),
    };
    let page = reader.find(Some(&[room]), query)?;
    let found = page.found.into_iter().map(|it| it.found).collect();
    Ok((found, page.has_more))
}
