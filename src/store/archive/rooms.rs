//! When what is said is written: in batches, the first message of each at most [`COMMIT_WAIT`] ago.
//! A process that is killed loses no more than that. Once a second what was written is forced onto
//! the disk, so that a power cut loses no more than the last second.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::file::{self, Fault};
use super::lag::{Lag, bytes_of};
use super::searcher::Searcher;
use super::{Notice, RoomPlace, Tell, Told, index, load, prune, without_archive, write};
use crate::chat::archive::{Reply, RoomReply, RoomRequest};
use crate::clock::{Clock, monotonic};
use crate::protocol::wire::frame::Key;

/// Longest time that a message waits for others to be written with it.
pub(super) const COMMIT_WAIT: Duration = Duration::from_millis(100);

/// Bytes that wait before they are written at once.
const BATCH_BYTES: usize = 1 << 20;

/// Most requests of one transaction.
const BATCH_REQUESTS: usize = 4096;

/// How long what was written may be lost by a power cut.
const SYNC_WAIT: Duration = Duration::from_secs(1);

/// Pause before a file that could not be written is tried again.
const RETRY_WAIT: Duration = Duration::from_secs(5);

/// How often a file is replaced because it is damaged. A disk that spoils each is not written any
/// more.
const DAMAGES_MAX: u32 = 3;

/// How soon after the start it is looked for what is too old.
const FIRST_PRUNE: Duration = Duration::from_secs(10);

/// Pause between two steps of dropping what is too old or too much.
const PRUNE_STEP: Duration = Duration::from_millis(200);

/// How often it is looked for what is too old or too much.
const PRUNE_EVERY: Duration = Duration::from_secs(10 * 60);

/// The file of messages, as one room writes it.
pub(super) struct Rooms {
    /// `None` if nothing is stored, or nothing can be.
    place: Option<RoomPlace>,
    file: Option<OpenFile>,
    waiting: VecDeque<RoomRequest>,
    waiting_bytes: usize,
    /// Since when the first of them waits.
    since: Option<Instant>,
    unsynced: Option<Instant>,
    retry_at: Option<Instant>,
    /// Why nothing could be written when that was last tried; it may pass.
    fault: Option<Fault>,
    prune_at: Instant,
    /// How often the file was found damaged since something was written.
    damages: u32,
    searcher: Option<Searcher>,
    lag: Arc<Lag>,
    tell: Tell,
}

struct OpenFile {
    connection: Connection,
    /// The number of the room.
    room: i64,
}

impl Rooms {
    pub(super) fn new(place: Option<RoomPlace>, lag: Arc<Lag>, tell: Tell) -> Self {
        Self {
            place,
            file: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            since: None,
            unsynced: None,
            retry_at: None,
            fault: None,
            prune_at: monotonic() + FIRST_PRUNE,
            damages: 0,
            searcher: None,
            lag,
            tell,
        }
    }

    /// Takes a request in.
    pub(super) fn take(&mut self, request: RoomRequest) {
        match &request {
            RoomRequest::Load { recent } => {
                self.lag.done(&request);
                self.load(*recent);
            }
            RoomRequest::Find { .. } => {
                self.lag.done(&request);
                self.find(request);
            }
            _ if !self.is_wanted(&request) => self.lag.done(&request),
            _ => {
                self.waiting_bytes += bytes_of(&request);
                self.waiting.push_back(request);
                self.since.get_or_insert_with(monotonic);
                if self.waiting_bytes >= BATCH_BYTES && self.retry_at.is_none() {
                    self.flush();
                }
            }
        }
    }

    /// When [`Rooms::on_time`] is due.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let commit = self.since.map(|since| since + COMMIT_WAIT);
        let write = match self.retry_at {
            Some(retry_at) => Some(retry_at),
            None => commit,
        };
        let sync = self.unsynced.map(|since| since + SYNC_WAIT);
        let prune = self.file.as_ref().map(|_| self.prune_at);
        [write, sync, prune].into_iter().flatten().min()
    }

    /// Does what is due. `verified` are the people whose messages are dropped last.
    pub(super) fn on_time(&mut self, verified: impl FnOnce() -> BTreeSet<Key>) {
        let now = monotonic();
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.retry_at) {
            self.retry_at = None;
            self.flush();
        } else if self.retry_at.is_none() && is_due(self.since.map(|since| since + COMMIT_WAIT)) {
            self.flush();
        }
        if is_due(self.unsynced.map(|since| since + SYNC_WAIT)) {
            self.sync();
        }
        if self.file.is_some() && self.prune_at <= now {
            self.prune(&verified());
        }
    }

    /// Writes what waits, for the last time.
    pub(super) fn close(mut self) {
        self.retry_at = None;
        self.flush();
        self.sync();
    }

    fn is_wanted(&self, request: &RoomRequest) -> bool {
        self.place.as_ref().is_some_and(|place| match request {
            RoomRequest::Remember(entry) => place.keeping.private || !entry.is_private,
            _ => true,
        })
    }

    fn reply(&self, reply: RoomReply) {
        (self.tell)(Told::Reply(Reply::Room(reply)));
    }

    fn load(&mut self, recent: usize) {
        if let Err(fault) = self.open() {
            self.on_fault(&fault);
        }
        let tell = Arc::clone(&self.tell);
        let reply = |reply| tell(Told::Reply(Reply::Room(reply)));
        let loaded = match &self.file {
            Some(file) => load::load(&file.connection, file.room, recent, &reply),
            None => Err(Fault::Missing),
        };
        if loaded.is_err() {
            // The room must not wait for what cannot be read.
            without_archive(&RoomRequest::Load { recent }).map(reply);
        }
        if let Err(fault @ Fault::Damaged(_)) = loaded {
            self.on_fault(&fault);
        }
    }

    fn find(&mut self, request: RoomRequest) {
        if let Err(fault) = self.open() {
            self.on_fault(&fault);
        }
        // What was said just now is found too.
        self.flush();
        let (Some(place), Some(file)) = (&self.place, &self.file) else {
            self.refuse(&request);
            return;
        };
        if let RoomRequest::Find { request, query } = request {
            let (path, tell) = (place.path.clone(), Arc::clone(&self.tell));
            let searcher = self
                .searcher
                .get_or_insert_with(|| Searcher::start(path, file.room, tell));
            if let Err(why) = searcher.ask(request, query) {
                self.reply(RoomReply::NotFound { request, why });
            }
        }
    }

    /// Says why a search finds nothing: another process holds the file, or there is none.
    fn refuse(&self, request: &RoomRequest) {
        let reply = match (request, &self.place, &self.fault) {
            (RoomRequest::Find { request, .. }, Some(_), Some(fault)) => {
                let (request, why) = (*request, fault.words());
                Some(RoomReply::NotFound { request, why })
            }
            _ => without_archive(request),
        };
        reply.into_iter().for_each(|reply| self.reply(reply));
    }

    /// Opens the file, unless it is open.
    fn open(&mut self) -> Result<(), Fault> {
        let (Some(place), None) = (&self.place, &self.file) else {
            return Ok(());
        };
        let (file, is_new) = match open_file(place) {
            Err(Fault::Damaged(why)) => {
                let to = file::move_aside(&place.path)?.ok_or(Fault::Other(why))?;
                let from = place.path.clone();
                (self.tell)(Told::Notice(Notice::MovedAside { from, to }));
                let (file, _) = open_file(place)?;
                (file, false)
            }
            opened => opened?,
        };
        if is_new {
            (self.tell)(Told::Notice(Notice::Begun(place.path.clone())));
        }
        self.file = Some(file);
        Ok(())
    }

    /// Writes what waits.
    fn flush(&mut self) {
        while !self.waiting.is_empty() {
            if let Err(fault) = self.open().and_then(|()| self.write_some()) {
                self.on_fault(&fault);
                if self.retry_at.is_some() {
                    return;
                }
            }
        }
        self.since = None;
    }

    fn drop_waiting(&mut self) {
        self.since = None;
        self.waiting_bytes = 0;
        for request in self.waiting.drain(..) {
            self.lag.done(&request);
        }
    }

    /// Writes the first of what waits.
    fn write_some(&mut self) -> Result<(), Fault> {
        let Some(file) = &mut self.file else {
            self.drop_waiting();
            return Ok(());
        };
        let count = self.waiting.len().min(BATCH_REQUESTS);
        let batch = || self.waiting.iter().take(count);
        match write::write_all(&mut file.connection, file.room, batch()) {
            Err(Fault::Rejected(_)) => {
                // One of them cannot be stored; the others are.
                for request in batch() {
                    let one = std::iter::once(request);
                    match write::write_all(&mut file.connection, file.room, one) {
                        Err(Fault::Rejected(_)) => self.lag.lose(request),
                        written => written?,
                    }
                }
            }
            written => written?,
        }
        for request in self.waiting.drain(..count) {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes_of(&request));
            self.lag.done(&request);
        }
        self.damages = 0;
        self.unsynced.get_or_insert_with(monotonic);
        if let Some(missing) = self.lag.recover() {
            self.reply(RoomReply::Resumed { missing });
        }
        Ok(())
    }

    fn on_fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Damaged(_) if self.file.is_some() && self.damages < DAMAGES_MAX => {
                self.damages += 1;
                // It is moved aside when it is opened again, if it is damaged then.
                self.file = None;
                self.searcher = None;
                if let Err(again) = self.replace() {
                    self.on_fault(&again);
                }
            }
            fault if fault.may_pass() => {
                if *fault != Fault::Full {
                    self.file = None;
                }
                self.fault = Some(fault.clone());
                self.retry_at = Some(monotonic() + RETRY_WAIT);
                // Another process that holds the file lets it go.
                if *fault != Fault::Busy && self.lag.fail() {
                    self.reply(RoomReply::Failed(fault.words()));
                }
            }
            fault => {
                if let Some(place) = self.place.take() {
                    let (path, fault) = (place.path, fault.clone());
                    (self.tell)(Told::Notice(Notice::Unusable { path, fault }));
                }
                self.file = None;
                self.searcher = None;
                self.drop_waiting();
            }
        }
    }

    /// Puts a new file in the place of a damaged one.
    fn replace(&mut self) -> Result<(), Fault> {
        if let Some(place) = &self.place
            && let Some(to) = file::move_aside(&place.path)?
        {
            let from = place.path.clone();
            (self.tell)(Told::Notice(Notice::MovedAside { from, to }));
        }
        self.open()
    }

    /// Forces what was written onto the disk.
    fn sync(&mut self) {
        self.unsynced = None;
        if let Some(file) = &self.file {
            let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
            // A disk that refuses this refuses the next batch too, which is told.
            let _ = file.connection.query_row(checkpoint, [], |_| Ok(()));
        }
    }

    fn prune(&mut self, verified: &BTreeSet<Key>) {
        let (Some(place), Some(file)) = (&self.place, &mut self.file) else {
            return;
        };
        let now_ms = Clock::start().now().wall_ms;
        let step = prune::step(&mut file.connection, &place.keeping, now_ms, verified);
        self.prune_at = monotonic()
            + match step {
                Ok(true) => PRUNE_STEP,
                Ok(false) | Err(_) => PRUNE_EVERY,
            };
        if let Err(fault @ Fault::Damaged(_)) = step {
            self.on_fault(&fault);
        }
    }
}

/// Opens the file of a room. Returns whether it is new.
fn open_file(place: &RoomPlace) -> Result<(OpenFile, bool), Fault> {
    let (mut connection, is_new) = file::open(&place.path)?;
    index::renew_if_old(&mut connection)?;
    let room = write::room(&connection, place)?;
    Ok((OpenFile { connection, room }, is_new))
}
