//! The thread that alone opens files.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::beginning::Beginning;
use super::finishing::Finishing;
use super::place::default_folder;
use super::pouring::Pourer;
use super::previewing::Previews;
use super::recalling::{Recalled, Recalling};
use super::shelf::{RoomTag, Shelf};
use super::source::{Scan, Source, SourceFault};
use super::target::{Target, system};
use super::{Config, Hashed, Memory, Order, Tell, ToOffer, Told, Unfit};
use crate::chat::rooms::RoomNumber;
use crate::chat::transfer::disk::{BlockBytes, DiskFault, Held, Reply, Request};
use crate::chat::transfer::{Offer, OfferId};
use crate::store::requests::Taken;

/// A content in a room.
type Key = (RoomNumber, OfferId);

/// See the file's head.
pub(super) struct Worker {
    folder: Option<PathBuf>,
    pourer: Option<Pourer>,
    previews: Option<Previews>,
    /// What is given again after a restart, if anything is.
    shelf: Option<Shelf>,
    /// The rooms, by what they are called on the shelf.
    rooms: BTreeMap<RoomNumber, RoomTag>,
    tell: Tell,
    sources: BTreeMap<Key, Source>,
    /// What is taken, and is not worked on by a job.
    targets: BTreeMap<Key, Target>,
    /// What is long: each goes on in its turn.
    jobs: VecDeque<Job>,
}

/// Something that takes many steps.
enum Job {
    Scan(ToOffer, Box<Scan>),
    Begin(Key, Box<Beginning>),
    Finish(Key, Box<Finishing>),
    Recall(RoomNumber, Box<Recalling>),
}

impl Job {
    fn is_of(&self, key: Key) -> bool {
        match self {
            Self::Scan(..) | Self::Recall(..) => false,
            Self::Begin(of, _) | Self::Finish(of, _) => *of == key,
        }
    }

    fn room(&self) -> RoomNumber {
        match self {
            Self::Scan(wish, _) => wish.room,
            Self::Recall(room, _) => *room,
            Self::Begin((room, _), _) | Self::Finish((room, _), _) => *room,
        }
    }
}

impl Worker {
    pub(super) fn new(config: Config, tell: Tell) -> Self {
        Self {
            folder: config.folder,
            pourer: config.pourer,
            previews: config
                .make_preview
                .map(|make| Previews::new(make, Arc::clone(&tell))),
            shelf: match config.memory {
                Memory::Kept => Shelf::usual(),
                Memory::None => None,
                #[cfg(test)]
                Memory::At(path) => Some(Shelf::at(&path)),
            },
            rooms: BTreeMap::new(),
            tell,
            sources: BTreeMap::new(),
            targets: BTreeMap::new(),
            jobs: VecDeque::new(),
        }
    }

    /// Works until nobody asks any more.
    pub(super) fn serve(mut self, orders: &Taken<Order>) {
        loop {
            let wait = (!self.jobs.is_empty()).then_some(Duration::ZERO);
            match orders.next_within(wait) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Some(job) = self.jobs.pop_front()
                && let Some(job) = self.go_on(job)
            {
                self.jobs.push_back(job);
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Ask(room, request) => self.answer(room, request),
            Order::Hash(wish) => match Scan::begin(&wish.path, wish.name.clone()) {
                Ok(scan) => self.jobs.push_back(Job::Scan(wish, Box::new(scan))),
                Err(fault) => self.tell_hashed(&wish, Err(unfit(fault))),
            },
            Order::Enter(room, tag) => self.enter(room, tag),
            Order::Look(look) => {
                // Whoever gives it learns by its own reading that it has changed.
                let source = self.sources.get_mut(&(look.room, look.offer));
                (look.take)(source.and_then(|source| source.read(look.block).ok()));
            }
            Order::Taken(offer) => {
                // Without a shelf it is asked for again after a restart.
                let _ = self.shelf.as_mut().map(|shelf| shelf.remember_taken(offer));
            }
            Order::Close(left) => {
                self.rooms.remove(&left);
                self.sources.retain(|(room, _), _| *room != left);
                self.targets.retain(|(room, _), _| *room != left);
                self.jobs.retain(|job| job.room() != left);
            }
        }
    }

    fn answer(&mut self, room: RoomNumber, request: Request) {
        let reply = match request {
            Request::Read { offer, block } => Some(self.read((room, offer), block)),
            Request::Open { offer, into } => Some(self.open(room, offer, into.as_deref())),
            Request::Begin { offer, index } => self.begin((room, offer), index),
            Request::Write {
                offer,
                block,
                bytes,
            } => Some(self.write((room, offer), block, &bytes)),
            Request::Finish { offer } => self.finish((room, offer)),
            Request::Stop { offer } => {
                self.targets.remove(&(room, offer));
                self.jobs.retain(|job| !job.is_of((room, offer)));
                None
            }
            Request::Keep(held) => {
                self.keep(room, held);
                None
            }
            Request::Forget { offer } => {
                self.sources.remove(&(room, offer));
                self.forget(room, offer);
                None
            }
        };
        if let Some(reply) = reply {
            self.tell(room, reply);
        }
    }

    fn tell(&self, room: RoomNumber, reply: Reply) {
        (self.tell)(Told::Reply { room, reply });
    }

    fn tell_hashed(&self, wish: &ToOffer, hashed: Result<Hashed, Unfit>) {
        (self.tell)(Told::Hashed {
            ticket: wish.ticket,
            hashed,
        });
    }

    /// Looks again at what was given in a room.
    fn enter(&mut self, room: RoomNumber, tag: RoomTag) {
        self.rooms.insert(room, tag);
        let kept = self.shelf.as_mut().map(|shelf| shelf.of_room(&tag));
        for kept in kept.unwrap_or_default() {
            let offer = kept.held.offer.id;
            match Recalling::new(kept) {
                Some(recalling) => self.jobs.push_back(Job::Recall(room, Box::new(recalling))),
                None => self.forget(room, offer),
            }
        }
    }

    /// Keeps what is given for a later session.
    fn keep(&mut self, room: RoomNumber, held: Held) {
        let source = self.sources.get(&(room, held.offer.id));
        let kept = source.and_then(|source| source.kept(held));
        if let (Some(kept), Some(tag), Some(shelf)) = (kept, self.rooms.get(&room), &mut self.shelf)
        {
            // A disk that cannot keep it ends the giving with this session, and nothing else.
            let _ = shelf.keep(tag, &kept);
        }
    }

    fn forget(&mut self, room: RoomNumber, offer: OfferId) {
        if let (Some(tag), Some(shelf)) = (self.rooms.get(&room), &mut self.shelf) {
            shelf.forget(tag, offer);
        }
    }

    fn read(&mut self, key: Key, block: u32) -> Reply {
        let (room, offer) = key;
        let Some(source) = self.sources.get_mut(&key) else {
            return self.read_part(key, block);
        };
        match source.read(block) {
            Ok(bytes) => Reply::Block {
                offer,
                block,
                bytes: BlockBytes(bytes.into()),
            },
            Err(fault) => {
                self.sources.remove(&key);
                let why = match fault {
                    SourceFault::System(error) => system(&error),
                    // What changed is something else.
                    _ => {
                        self.forget(room, offer);
                        DiskFault::Changed
                    }
                };
                Reply::Unread { offer, why }
            }
        }
    }

    /// Reads a block of what is being taken.
    fn read_part(&mut self, key: Key, block: u32) -> Reply {
        let (_, offer) = key;
        let target = self.targets.get_mut(&key);
        let why = match target.map(|target| target.read(block)) {
            Some(Ok(Some(bytes))) => {
                let bytes = BlockBytes(bytes.into());
                return Reply::Block {
                    offer,
                    block,
                    bytes,
                };
            }
            Some(Err(error)) => system(&error),
            Some(Ok(None)) | None => DiskFault::Changed,
        };
        Reply::Unread { offer, why }
    }

    fn open(&mut self, room: RoomNumber, offer: Arc<Offer>, into: Option<&str>) -> Reply {
        let id = offer.id;
        let folder = match (into, &self.folder) {
            (Some(into), _) => Ok(PathBuf::from(into)),
            (None, Some(folder)) => Ok(folder.clone()),
            (None, None) => default_folder(),
        };
        let target = folder.and_then(|folder| Target::new(offer, Path::new(&folder)));
        match target {
            Ok(target) => {
                self.targets.insert((room, id), target);
                Reply::Opened {
                    offer: id,
                    index: None,
                }
            }
            Err(error) => Reply::Failed {
                offer: id,
                why: system(&error),
            },
        }
    }

    fn begin(&mut self, key: Key, index: Arc<[u8]>) -> Option<Reply> {
        let (_, offer) = key;
        let Some(target) = self.targets.remove(&key) else {
            return Some(unknown(offer));
        };
        match Beginning::new(target, index) {
            Ok(beginning) => {
                self.jobs.push_back(Job::Begin(key, Box::new(beginning)));
                None
            }
            Err(why) => Some(Reply::Failed { offer, why }),
        }
    }

    fn begun(&mut self, key: Key, target: Target, have: Vec<Range<u32>>) -> Reply {
        let (_, offer) = key;
        if let Some(pourer) = &mut self.pourer
            && let Err(error) = pourer.begin(key, &target, &have)
        {
            let why = system(&error);
            return Reply::Failed { offer, why };
        }
        self.targets.insert(key, target);
        Reply::Begun { offer, have }
    }

    fn write(&mut self, key: Key, block: u32, bytes: &BlockBytes) -> Reply {
        let (_, offer) = key;
        let Some(target) = self.targets.get_mut(&key) else {
            return unknown(offer);
        };
        match target.write(block, &bytes.0) {
            Ok(()) => {
                if let Some(pourer) = &mut self.pourer {
                    pourer.wrote(key, target, block);
                }
                Reply::Written { offer, block }
            }
            Err(why) => {
                // What is written stays, for another time.
                self.targets.remove(&key);
                Reply::Failed { offer, why }
            }
        }
    }

    fn finish(&mut self, key: Key) -> Option<Reply> {
        let (_, offer) = key;
        let Some(target) = self.targets.remove(&key) else {
            return Some(unknown(offer));
        };
        let finishing = Finishing::new(target);
        self.jobs.push_back(Job::Finish(key, Box::new(finishing)));
        None
    }

    /// One step of a job; returns it unless it has ended.
    fn go_on(&mut self, job: Job) -> Option<Job> {
        match job {
            Job::Scan(wish, mut scan) => match scan.step() {
                Ok(false) => return Some(Job::Scan(wish, scan)),
                Ok(true) => self.end_scan(&wish, *scan),
                Err(fault) => self.tell_hashed(&wish, Err(unfit(fault))),
            },
            Job::Recall(room, mut recalling) => match recalling.step() {
                Recalled::NotYet => return Some(Job::Recall(room, recalling)),
                Recalled::Changed => self.forget(room, recalling.held.offer.id),
                recalled => self.end_recall(room, recalled),
            },
            Job::Begin(key, mut beginning) => {
                let (room, offer) = key;
                let reply = match beginning.step() {
                    Ok(false) => return Some(Job::Begin(key, beginning)),
                    Ok(true) => {
                        let (target, have) = beginning.end();
                        self.begun(key, target, have)
                    }
                    Err(why) => Reply::Failed { offer, why },
                };
                self.tell(room, reply);
            }
            Job::Finish(key, mut finishing) => {
                let (room, offer) = key;
                let reply = match finishing.step() {
                    Ok(None) => return Some(Job::Finish(key, finishing)),
                    Ok(Some(finished)) => {
                        self.sources.insert(key, finished.source);
                        if let Some(pourer) = &mut self.pourer {
                            pourer.end(key);
                        }
                        Reply::Finished {
                            offer,
                            name: finished.path.to_string_lossy().into(),
                        }
                    }
                    Err(why) => Reply::Failed { offer, why },
                };
                self.tell(room, reply);
            }
        }
        None
    }

    fn end_recall(&mut self, room: RoomNumber, recalled: Recalled) {
        if let Recalled::Same(same) = recalled {
            let (held, source) = *same;
            // What was offered or taken meanwhile is newer.
            let key = (room, held.offer.id);
            self.sources.entry(key).or_insert(source);
            self.tell(room, Reply::Holds(held));
        }
    }

    fn end_scan(&mut self, wish: &ToOffer, scan: Scan) {
        let hashed = scan.end().map_err(unfit).and_then(|scanned| {
            let offer = Offer::new(&scanned.content).ok_or(Unfit::TooLarge)?;
            let offer = match wish.key {
                Some(key) => offer.to_one(key),
                None => offer,
            };
            let first = scanned.source.first_path();
            self.sources.insert((wish.room, offer.id), scanned.source);
            let hashed = Hashed {
                offer: Arc::new(offer),
                content: scanned.content,
                skipped: scanned.skipped,
            };
            Ok((hashed, first))
        });
        match (hashed, &mut self.previews) {
            (Ok((hashed, Some(path))), Some(previews)) => {
                if let Some(hashed) = previews.pass(wish.ticket, path, hashed) {
                    self.tell_hashed(wish, Ok(hashed));
                }
            }
            (hashed, _) => self.tell_hashed(wish, hashed.map(|(hashed, _)| hashed)),
        }
    }
}

/// What nobody opened cannot be read or written: it was stopped meanwhile, or failed.
fn unknown(offer: OfferId) -> Reply {
    let why = DiskFault::Changed;
    Reply::Failed { offer, why }
}

fn unfit(fault: SourceFault) -> Unfit {
    match fault {
        SourceFault::Changed => Unfit::Changed,
        SourceFault::Special => Unfit::Special,
        SourceFault::TooMany | SourceFault::TooLarge => Unfit::TooLarge,
        SourceFault::System(error) => Unfit::System(error),
    }
}
