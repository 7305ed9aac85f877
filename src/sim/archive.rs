//! An archive in memory: it answers what the real one answers, after seeded delays, outlives the
//! death of its member, and can be lost, locked or told to forget.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::World;
use super::host::Action;
use crate::chat::Input;
use crate::chat::archive::record::{Entry, Forgotten, SLICE_FRAMES, StoredFrame};
use crate::chat::archive::{Reply, RoomReply, RoomRequest};
use crate::protocol::engine::event::MessageId;
use crate::protocol::engine::frame_log::Position;
use crate::protocol::rng::Rng;

/// Longest time that one answer takes: a disk that was asleep.
const DELAY_MAX: Duration = Duration::from_millis(60);

/// What one member's archive holds.
#[derive(Debug)]
pub struct MemoryArchive {
    entries: BTreeMap<MessageId, Entry>,
    frames: BTreeMap<Position, StoredFrame>,
    forgotten: Vec<Forgotten>,
    read_until: Option<MessageId>,
    /// Answers on their way.
    replies: VecDeque<RoomReply>,
    is_locked: bool,
    rng: Rng,
}

impl MemoryArchive {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            entries: BTreeMap::new(),
            frames: BTreeMap::new(),
            forgotten: Vec::new(),
            read_until: None,
            replies: VecDeque::new(),
            is_locked: false,
            rng: Rng::new(seed),
        }
    }

    /// The messages, in the common order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The frames, in the common order.
    pub fn frames(&self) -> impl Iterator<Item = &StoredFrame> {
        self.frames.values()
    }

    /// Changes frames as a bad disk does, or somebody with access to it.
    pub fn damage(&mut self, mut change: impl FnMut(usize, &mut StoredFrame)) {
        let frames = self.frames.values_mut().enumerate();
        frames.for_each(|(number, frame)| change(number, frame));
    }

    /// Puts a frame in as if it had been kept.
    pub fn plant(&mut self, frame: StoredFrame) {
        self.frames.insert(frame.position, frame);
    }

    /// Removes what is to be forgotten, as the person asks for it while no member runs.
    pub fn forget(&mut self, forgotten: Forgotten) {
        let is_past = |author, clock| {
            forgotten.author.is_none_or(|of| of == author) && clock <= forgotten.until_clock
        };
        self.entries
            .retain(|id, entry| !is_past(entry.who.key, id.position.clock));
        self.frames
            .retain(|position, frame| !is_past(frame.author, position.clock));
        self.forgotten.push(forgotten);
    }

    /// Does what is asked; how long each answer takes.
    fn ask(&mut self, request: RoomRequest) -> Vec<Duration> {
        match request {
            RoomRequest::Load { recent } => return self.load(recent),
            RoomRequest::Remember(entry) => {
                self.entries.entry(entry.id).or_insert(*entry);
            }
            RoomRequest::Keep(frame) => self.plant(frame),
            RoomRequest::Drop(positions) => {
                for position in positions {
                    self.frames.remove(&position);
                }
            }
            RoomRequest::MarkRead(id) => self.read_until = self.read_until.max(Some(id)),
            RoomRequest::Amend(_) | RoomRequest::Find { .. } => {}
        }
        Vec::new()
    }

    fn load(&mut self, recent: usize) -> Vec<Duration> {
        if self.is_locked {
            return Vec::new();
        }
        let older = self.entries.len().saturating_sub(recent);
        let recent = self.entries.values().skip(older).cloned().collect();
        self.replies.push_back(RoomReply::Recent {
            entries: recent,
            read_until: self.read_until,
        });
        let frames: Vec<StoredFrame> = self.frames.values().cloned().collect();
        let slices = frames.chunks(SLICE_FRAMES);
        self.replies
            .extend(slices.map(|slice| RoomReply::Frames(slice.to_vec())));
        let forgotten = self.forgotten.clone();
        self.replies.push_back(RoomReply::Loaded { forgotten });
        let mut at = Duration::ZERO;
        let delays = (0..self.replies.len()).map(|_| {
            at += self.rng.between(Duration::ZERO, DELAY_MAX);
            at
        });
        delays.collect()
    }
}

impl World {
    /// Gives an archive to every member that joins from now on.
    pub fn archive_all(&mut self) {
        self.is_archived = true;
    }

    /// Gives a member an empty archive, in place of the one that it had; used from its next start
    /// on.
    pub fn give_archive(&mut self, number: usize) {
        let archive = MemoryArchive::new(self.seed ^ (number as u64) << 32);
        if let Some(host) = self.hosts.get_mut(number) {
            host.archive = Some(archive);
        }
        self.ledger.forget(number);
    }

    /// A member's archive answers nothing any more, or does so again.
    pub fn lock_archive(&mut self, number: usize, is_locked: bool) {
        if let Some(archive) = self.archive_mut(number) {
            archive.is_locked = is_locked;
        }
    }

    /// A member's archive.
    #[must_use]
    pub fn archive(&self, number: usize) -> Option<&MemoryArchive> {
        self.hosts.get(number)?.archive.as_ref()
    }

    /// The same, to be changed while the member does not run.
    pub fn archive_mut(&mut self, number: usize) -> Option<&mut MemoryArchive> {
        self.hosts.get_mut(number)?.archive.as_mut()
    }

    pub(super) fn ask_archive(&mut self, number: usize, request: RoomRequest) {
        let archive = self.archive_mut(number);
        let delays = archive.map_or_else(Vec::new, |archive| archive.ask(request));
        for delay in delays {
            self.schedule(self.now + delay, Action::Archived(number));
        }
    }

    /// Hands a member the next answer of its archive.
    pub(super) fn answer(&mut self, number: usize) {
        let archive = self.archive_mut(number);
        if let Some(reply) = archive.and_then(|archive| archive.replies.pop_front()) {
            self.handle(number, Input::Archived(Reply::Room(reply)));
        }
    }

    /// A member's death leaves nobody to hear the answers.
    pub(super) fn stop_archive(&mut self, number: usize) {
        if let Some(archive) = self.archive_mut(number) {
            archive.replies.clear();
        }
    }
}
