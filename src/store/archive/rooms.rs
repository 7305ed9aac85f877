//! When what is said is written: in batches, the first message of each at most [`COMMIT_WAIT`] ago.
//! A process that is killed loses no more than that. Once a second what was written is forced onto
//! the disk, so that a power cut loses no more than the last second.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::file::{self, Fault};
use super::lag::{Lag, bytes_of};
use super::searcher::{Search, Searcher};
use super::{FilePlace, Notice, RoomPlace, Tell, Told, index, load, prune, write};
use crate::chat::archive::{Reply, RoomReply, RoomRequest};
use crate::chat::rooms::RoomNumber;
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

/// The file of messages, as the rooms of one program write it.
pub(super) struct Rooms {
    /// `None` if nothing is stored, or nothing can be.
    place: Option<FilePlace>,
    file: Option<Connection>,
    entered: BTreeMap<RoomNumber, Entered>,
    waiting: VecDeque<(RoomNumber, RoomRequest)>,
    waiting_bytes: usize,
    /// Since when the first of them waits.
    since: Option<Instant>,
    unsynced: Option<Instant>,
    retry_at: Option<Instant>,
    prune_at: Instant,
    /// How often the file was found damaged since something was written.
    damages: u32,
    searcher: Option<Searcher>,
    /// Whether a search found the file damaged.
    is_damaged: Arc<AtomicBool>,
    lag: Arc<Lag>,
    tell: Tell,
}

/// A room that is kept.
struct Entered {
    place: RoomPlace,
    /// Its number in the file, while that is open.
    number: Option<i64>,
    /// Whether it was left, and is only here because something of it waits.
    is_left: bool,
}

impl Rooms {
    pub(super) fn new(place: Option<FilePlace>, lag: Arc<Lag>, tell: Tell) -> Self {
        Self {
            place,
            file: None,
            entered: BTreeMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            since: None,
            unsynced: None,
            retry_at: None,
            prune_at: monotonic() + FIRST_PRUNE,
            damages: 0,
            searcher: None,
            is_damaged: Arc::default(),
            lag,
            tell,
        }
    }

    /// Takes in that a room is kept from now on.
    pub(super) fn enter(&mut self, room: RoomNumber, place: RoomPlace) {
        if self.place.is_none() {
            // It was told when the file could not be used.
            return self.reply(room, RoomReply::Unusable);
        }
        let entered = Entered {
            place,
            number: None,
            is_left: false,
        };
        self.entered.insert(room, entered);
        self.tell_failing();
    }

    /// Takes in that a room was left.
    pub(super) fn leave(&mut self, room: RoomNumber) {
        if let Some(entered) = self.entered.get_mut(&room) {
            entered.is_left = true;
        }
        self.forget_left();
    }

    fn forget_left(&mut self) {
        if self.waiting.is_empty() {
            self.entered.retain(|_, entered| !entered.is_left);
        }
    }

    /// Takes a request in.
    pub(super) fn take(&mut self, room: RoomNumber, request: RoomRequest) {
        if self.is_damaged.swap(false, Ordering::Relaxed) && self.file.is_some() {
            self.on_fault(&Fault::Damaged("a search failed".into()));
        }
        match request {
            RoomRequest::Load { recent } => {
                self.lag.done(&request);
                self.load(room, recent);
            }
            RoomRequest::Find { .. } => {
                self.lag.done(&request);
                self.find(room, request);
            }
            _ if !self.is_wanted(room, &request) => self.lag.done(&request),
            _ => {
                self.waiting_bytes += bytes_of(&request);
                self.waiting.push_back((room, request));
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

    fn is_wanted(&self, room: RoomNumber, request: &RoomRequest) -> bool {
        let place = self.place.as_ref();
        let is_kept = |place: &FilePlace| match request {
            RoomRequest::Remember(entry) => place.keeping.private || !entry.is_private,
            _ => true,
        };
        self.entered.contains_key(&room) && place.is_some_and(is_kept)
    }

    fn reply(&self, room: RoomNumber, reply: RoomReply) {
        let reply = Reply::Room(reply);
        (self.tell)(Told::Reply { room, reply });
    }

    fn reply_to_all(&self, reply: &RoomReply) {
        let rooms = self.entered.iter().filter(|(_, entered)| !entered.is_left);
        rooms.for_each(|(room, _)| self.reply(*room, reply.clone()));
    }

    /// Tells each room once that nothing is stored now, if that is so.
    fn tell_failing(&self) {
        let rooms = self.entered.iter().filter(|(_, entered)| !entered.is_left);
        for (room, _) in rooms {
            if let Some(why) = self.lag.news_of_failing(*room) {
                self.reply(*room, RoomReply::Failed(why));
            }
        }
    }

    fn load(&mut self, room: RoomNumber, recent: usize) {
        if !self.entered.contains_key(&room) {
            return self.reply(room, RoomReply::Unusable);
        }
        if let Err(fault) = self.open() {
            self.on_fault(&fault);
        }
        let tell = Arc::clone(&self.tell);
        let reply = |reply| {
            let reply = Reply::Room(reply);
            tell(Told::Reply { room, reply })
        };
        let loaded = match (&self.file, self.number_of(room)) {
            (Some(file), Some(number)) => load::load(file, number, recent, &reply),
            // Whoever cannot use the file was told so.
            _ => return,
        };
        if loaded.is_err() {
            // The room must not wait for what cannot be read.
            let forgotten = Vec::new();
            reply(RoomReply::Loaded { forgotten });
        }
        if let Err(fault @ Fault::Damaged(_)) = loaded {
            self.on_fault(&fault);
        }
    }

    fn find(&mut self, room: RoomNumber, request: RoomRequest) {
        if let Err(fault) = self.open() {
            self.on_fault(&fault);
        }
        // What was said just now is found too.
        self.flush();
        let RoomRequest::Find { request, query } = request else {
            return;
        };
        let (Some(place), true) = (&self.place, self.entered.contains_key(&room)) else {
            return self.reply(room, RoomReply::Unusable);
        };
        let Some(number) = self.number_of(room) else {
            let why = self.lag.failing().unwrap_or_else(|| Fault::Busy.words());
            return self.reply(room, RoomReply::NotFound { request, why });
        };
        let (path, tell) = (place.path.clone(), Arc::clone(&self.tell));
        let is_damaged = Arc::clone(&self.is_damaged);
        let searcher = self
            .searcher
            .get_or_insert_with(|| Searcher::start(path, tell, is_damaged));
        let asked = searcher.ask(Search {
            room,
            number,
            request,
            query,
        });
        if let Err(why) = asked {
            self.reply(room, RoomReply::NotFound { request, why });
        }
    }

    /// The number of a room in the file, while that is open.
    fn number_of(&self, room: RoomNumber) -> Option<i64> {
        self.entered.get(&room)?.number
    }

    /// Opens the file, unless it is open, and gives numbers there to all rooms that have none.
    fn open(&mut self) -> Result<(), Fault> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        if self.file.is_none() {
            let (file, is_new) = match open_file(place) {
                Err(Fault::Damaged(why)) => {
                    let to = file::move_aside(&place.path)?.ok_or(Fault::Other(why))?;
                    self.tell_moved(place, to);
                    let (file, _) = open_file(place)?;
                    (file, false)
                }
                opened => opened?,
            };
            if is_new {
                (self.tell)(Told::Notice(Notice::Begun(place.path.clone())));
            }
            self.file = Some(file);
            // Those of the file that was here before.
            self.entered.values_mut().for_each(|it| it.number = None);
        }
        if let Some(file) = &self.file {
            for entered in self.entered.values_mut() {
                if entered.number.is_none() {
                    entered.number = Some(write::room(file, &entered.place)?);
                }
            }
        }
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
        for (_, request) in self.waiting.drain(..) {
            self.lag.done(&request);
        }
        self.forget_left();
    }

    /// Writes the first of what waits.
    fn write_some(&mut self) -> Result<(), Fault> {
        let Some(file) = &mut self.file else {
            self.drop_waiting();
            return Ok(());
        };
        let count = self.waiting.len().min(BATCH_REQUESTS);
        let batch = || {
            let first = self.waiting.iter().take(count);
            first.filter_map(|(room, request)| {
                let number = self.entered.get(room)?.number?;
                Some((number, *room, request))
            })
        };
        let all = batch().map(|(number, _, request)| (number, request));
        match write::write_all(file, all) {
            Err(Fault::Rejected(_)) => {
                // One of them cannot be stored; the others are.
                for (number, room, request) in batch() {
                    let one = std::iter::once((number, request));
                    match write::write_all(file, one) {
                        Err(Fault::Rejected(_)) => self.lag.lose(room, request),
                        written => written?,
                    }
                }
            }
            written => written?,
        }
        for (_, request) in self.waiting.drain(..count) {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes_of(&request));
            self.lag.done(&request);
        }
        self.forget_left();
        self.damages = 0;
        self.unsynced.get_or_insert_with(monotonic);
        if let Some(mut missing) = self.lag.recover() {
            for (room, entered) in &self.entered {
                let missing = missing.remove(room).unwrap_or_default();
                if !entered.is_left {
                    self.reply(*room, RoomReply::Resumed { missing });
                }
            }
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
                self.retry_at = Some(monotonic() + RETRY_WAIT);
                // Another process that holds the file lets it go.
                if *fault != Fault::Busy {
                    self.lag.fail(&fault.words());
                    self.tell_failing();
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
                self.reply_to_all(&RoomReply::Unusable);
                self.entered.clear();
            }
        }
    }

    /// Puts a new file in the place of a damaged one.
    fn replace(&mut self) -> Result<(), Fault> {
        if let Some(place) = &self.place
            && let Some(to) = file::move_aside(&place.path)?
        {
            self.tell_moved(place, to);
        }
        self.open()
    }

    fn tell_moved(&self, place: &FilePlace, to: PathBuf) {
        let from = place.path.clone();
        (self.tell)(Told::Notice(Notice::MovedAside { from, to }));
        self.reply_to_all(&RoomReply::Replaced);
    }

    /// Forces what was written onto the disk.
    fn sync(&mut self) {
        self.unsynced = None;
        if let Some(file) = &self.file {
            let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
            // A disk that refuses this refuses the next batch too, which is told.
            let _ = file.query_row(checkpoint, [], |_| Ok(()));
        }
    }

    fn prune(&mut self, verified: &BTreeSet<Key>) {
        let (Some(place), Some(file)) = (&self.place, &mut self.file) else {
            return;
        };
        let now_ms = Clock::start().now().wall_ms;
        let step = prune::step(file, &place.keeping, now_ms, verified);
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

/// Opens the file. Returns whether it is new.
fn open_file(place: &FilePlace) -> Result<(Connection, bool), Fault> {
    let (mut connection, is_new) = file::open(&place.path)?;
    index::renew_if_old(&mut connection)?;
    Ok((connection, is_new))
}
