//! When what is said is written: in batches, the first message of each at most 100 ms ago, unless
//! much is said at once ([`Pace`]). A process that is killed loses no more than that. Once a second
//! what was written is forced onto the disk, so that a power cut loses no more than the last
//! second.

mod forgetting;
mod opening;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::forgetting::Watch;
use super::file::Fault;
use super::lag::{Lag, bytes_of};
use super::pace::Pace;
use super::searcher::{Search, Searcher};
use super::{FilePlace, RoomPlace, Tell, Told, index, load, prune, write};
use crate::chat::archive::record::Forgotten;
use crate::chat::archive::search::Query;
use crate::chat::archive::{Reply, RoomReply, RoomRequest};
use crate::chat::command::RequestId;
use crate::chat::rooms::RoomNumber;
use crate::clock::{Clock, monotonic};
use crate::protocol::wire::frame::Key;

/// Most requests of one transaction; what is asked about people waits for one at most.
const BATCH_REQUESTS: usize = 2048;

/// Bytes with which a transaction ends, however few the requests are.
const BATCH_BYTES: usize = 1 << 20;

/// How long what was written may be lost by a power cut.
const SYNC_WAIT: Duration = Duration::from_secs(1);

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
    /// How many of these are questions. Each is answered once what was said before it is written.
    questions: usize,
    pace: Pace,
    unsynced: Option<Instant>,
    retry_at: Option<Instant>,
    prune_at: Instant,
    /// When the next part of an index is made that is made anew.
    renew_at: Option<Instant>,
    watch: Watch,
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
    /// What of it is forgotten, as it was told last; `None` before it was loaded.
    forgotten: Option<Vec<Forgotten>>,
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
            questions: 0,
            pace: Pace::default(),
            unsynced: None,
            retry_at: None,
            prune_at: monotonic() + FIRST_PRUNE,
            renew_at: None,
            watch: Watch::new(),
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
            forgotten: None,
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
        self.pace.take(1);
        if is_question(&request) {
            self.questions += 1;
        } else if !self.is_wanted(room, &request) {
            return self.lag.done(&request);
        }
        self.waiting.push_back((room, request));
    }

    /// When [`Rooms::on_time`] is due.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let write = match self.retry_at {
            _ if self.questions > 0 => Some(monotonic()),
            Some(retry_at) => Some(retry_at),
            None if self.waiting.is_empty() => None,
            None => Some(self.pace.next_time().unwrap_or_else(monotonic)),
        };
        let sync = self.unsynced.map(|since| since + SYNC_WAIT);
        let prune = self.file.as_ref().map(|_| self.prune_at);
        let renew = self.renew_at.filter(|_| self.file.is_some());
        let watch = self.file.as_ref().map(|_| self.watch.next_time());
        let times = [write, sync, prune, renew, watch];
        times.into_iter().flatten().min()
    }

    /// Until when nothing more is to be brought that is only to be written.
    pub(super) fn pause_end(&self) -> Option<Instant> {
        self.retry_at.or_else(|| self.pace.next_time())
    }

    /// Does what is due. `verified` are the people whose messages are dropped last.
    pub(super) fn on_time(&mut self, verified: impl FnOnce() -> BTreeSet<Key>) {
        let now = monotonic();
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.retry_at) {
            self.retry_at = None;
        }
        if self.questions > 0 {
            self.flush();
        } else if self.retry_at.is_none() && !self.pace.gives_way(now) {
            self.write_batch();
        }
        if is_due(self.unsynced.map(|since| since + SYNC_WAIT)) {
            self.sync();
        }
        if self.file.is_some() && self.prune_at <= now {
            self.prune(&verified());
        }
        self.look_for_forgotten(now);
        if is_due(self.renew_at) {
            self.renew(now);
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
        if let (Ok(forgotten), Some(entered)) = (&loaded, self.entered.get_mut(&room)) {
            entered.forgotten = Some(forgotten.clone());
        }
        if loaded.is_err() {
            // The room must not wait for what cannot be read.
            let forgotten = Vec::new();
            reply(RoomReply::Loaded { forgotten });
        }
        if let Err(fault @ Fault::Damaged(_)) = loaded {
            self.on_fault(&fault);
        }
    }

    fn find(&mut self, room: RoomNumber, request: RequestId, query: Query) {
        if let Err(fault) = self.open() {
            self.on_fault(&fault);
        }
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

    /// Writes what waits and answers what is asked, in their order. What cannot be written now does
    /// not delay an answer.
    fn flush(&mut self) {
        self.pace.end_pause();
        while !self.waiting.is_empty() && self.retry_at.is_none() {
            self.write_batch();
        }
        if self.questions > 0 {
            let (asked, rest) = std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|(_, request)| is_question(request));
            self.waiting = rest;
            self.answer(asked);
        }
    }

    /// Writes the first of what waits, and answers what is asked behind it.
    fn write_batch(&mut self) {
        let begin = monotonic();
        let mut bytes = 0;
        let writes = self.waiting.iter().take(BATCH_REQUESTS);
        let writes = writes.take_while(|(_, request)| {
            let has_room = bytes < BATCH_BYTES;
            bytes += bytes_of(request);
            has_room && !is_question(request)
        });
        let count = writes.count();
        if count > 0 {
            if let Err(fault) = self.open().and_then(|()| self.write_some(count)) {
                return self.on_fault(&fault);
            }
            let now = monotonic();
            self.pace.wrote(now, now - begin, self.lag.bytes());
        }
        let mut asked = VecDeque::new();
        while self.waiting.front().is_some_and(|(_, it)| is_question(it)) {
            asked.extend(self.waiting.pop_front());
        }
        self.answer(asked);
    }

    fn answer(&mut self, asked: VecDeque<(RoomNumber, RoomRequest)>) {
        self.questions -= asked.len();
        for (room, request) in asked {
            self.lag.done(&request);
            match request {
                RoomRequest::Load { recent } => self.load(room, recent),
                RoomRequest::Find { request, query } => self.find(room, request, *query),
                _ => {}
            }
        }
    }

    fn drop_waiting(&mut self) {
        self.questions = 0;
        for (_, request) in self.waiting.drain(..) {
            self.lag.done(&request);
        }
        self.forget_left();
    }

    /// Writes so many of what waits, none of which is a question.
    fn write_some(&mut self, count: usize) -> Result<(), Fault> {
        let Some(file) = &mut self.file else {
            self.drop_waiting();
            return Ok(());
        };
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

    /// Forces what was written onto the disk.
    fn sync(&mut self) {
        self.unsynced = None;
        if let Some(file) = &self.file {
            let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
            // A disk that refuses this refuses the next batch too, which is told.
            let _ = file.query_row(checkpoint, [], |_| Ok(()));
        }
    }

    /// Makes the next part of an index that is made anew.
    fn renew(&mut self, now: Instant) {
        self.renew_at = None;
        let Some(file) = &mut self.file else { return };
        let end = match index::renew_some(file) {
            Ok(true) => monotonic(),
            Ok(false) => return,
            Err(fault @ Fault::Damaged(_)) => return self.on_fault(&fault),
            Err(_) => now + PRUNE_EVERY,
        };
        // As long as it takes, nothing of it is done.
        self.renew_at = Some(end + (end - now));
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

/// Whether a request is answered, and not only written.
fn is_question(request: &RoomRequest) -> bool {
    matches!(request, RoomRequest::Load { .. } | RoomRequest::Find { .. })
}
