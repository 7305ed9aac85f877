//! The group of files on the pretend network, and the disks of its members: in memory, and with
//! answers that take seeded times. A disk outlives its member, and can be full or lie.

use core::net::SocketAddr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::World;
use super::host::Action;
use crate::chat::Input;
use crate::chat::command::Command;
use crate::chat::transfer::disk::{BlockBytes, DiskFault, Held, Reply, Request};
use crate::chat::transfer::offer::{BLOCK_BYTES, Content, ContentHasher};
use crate::chat::transfer::{FilesCommand, Offer, OfferId, OfferKind, WhichOffer};
use crate::protocol::rate::TokenBucket;
use crate::protocol::rng::Rng;

/// Longest time that one answer takes.
const DELAY_MAX: Duration = Duration::from_millis(2);

/// How long datagrams wait for a cable before further ones are dropped.
const QUEUE_MAX: Duration = Duration::from_millis(20);

/// What one member's disk holds.
#[derive(Debug)]
pub struct MemoryDisk {
    whole: BTreeMap<OfferId, Whole>,
    parts: BTreeMap<OfferId, Part>,
    /// What is given again after a restart.
    kept: BTreeMap<OfferId, Held>,
    /// Answers on their way.
    replies: VecDeque<Reply>,
    answered_at: Duration,
    /// How many more bytes it has room for.
    free_bytes: u64,
    rng: Rng,
}

/// A content that is there whole.
#[derive(Clone, Debug)]
struct Whole {
    offer: Arc<Offer>,
    bytes: Arc<[u8]>,
}

/// A content of which a part is there.
#[derive(Debug)]
struct Part {
    offer: Arc<Offer>,
    index: Option<Arc<[u8]>>,
    blocks: BTreeMap<u32, BlockBytes>,
}

impl MemoryDisk {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            whole: BTreeMap::new(),
            parts: BTreeMap::new(),
            kept: BTreeMap::new(),
            replies: VecDeque::new(),
            answered_at: Duration::ZERO,
            free_bytes: u64::MAX,
            rng: Rng::new(seed),
        }
    }

    /// Does what is asked; the answer, if there is one.
    fn ask(&mut self, request: Request) -> Option<Reply> {
        Some(match request {
            Request::Read { offer, block } => self.read(offer, block),
            Request::Open { offer, .. } => {
                let id = offer.id;
                let part = self.parts.entry(id).or_insert_with(|| Part {
                    offer,
                    index: None,
                    blocks: BTreeMap::new(),
                });
                let index = part.index.clone();
                Reply::Opened { offer: id, index }
            }
            Request::Begin { offer, index } => {
                let part = self.parts.get_mut(&offer)?;
                part.index = Some(index);
                let have = part.blocks.keys().map(|block| *block..*block + 1).collect();
                Reply::Begun { offer, have }
            }
            Request::Write {
                offer,
                block,
                bytes,
            } => self.write(offer, block, bytes),
            Request::Finish { offer } => self.finish(offer),
            Request::Stop { .. } => return None,
            Request::Keep(held) => {
                self.kept.insert(held.offer.id, held);
                return None;
            }
            Request::Forget { offer } => {
                self.whole.remove(&offer);
                self.kept.remove(&offer);
                return None;
            }
        })
    }

    fn read(&self, offer: OfferId, block: u32) -> Reply {
        let whole = self.whole.get(&offer).and_then(|whole| {
            let range = whole.offer.block_range(block);
            let bytes = whole.bytes.get(range.start as usize..range.end as usize)?;
            Some(BlockBytes(bytes.into()))
        });
        let part = || self.parts.get(&offer)?.blocks.get(&block).cloned();
        match whole.or_else(part) {
            Some(bytes) => Reply::Block {
                offer,
                block,
                bytes,
            },
            None => Reply::Unread {
                offer,
                why: DiskFault::Changed,
            },
        }
    }

    fn write(&mut self, offer: OfferId, block: u32, bytes: BlockBytes) -> Reply {
        let needed_bytes = bytes.0.len() as u64;
        let Some(free_bytes) = self.free_bytes.checked_sub(needed_bytes) else {
            let free_bytes = self.free_bytes;
            let why = DiskFault::NoSpace {
                needed_bytes,
                free_bytes,
            };
            return Reply::Failed { offer, why };
        };
        self.free_bytes = free_bytes;
        if let Some(part) = self.parts.get_mut(&offer) {
            part.blocks.insert(block, bytes);
        }
        Reply::Written { offer, block }
    }

    fn finish(&mut self, offer: OfferId) -> Reply {
        let failed = |why| Reply::Failed { offer, why };
        let Some(part) = self.parts.remove(&offer) else {
            return failed(DiskFault::Changed);
        };
        let bytes: Vec<u8> = part
            .blocks
            .values()
            .flat_map(|it| it.0.iter().copied())
            .collect();
        if *blake3::hash(&bytes).as_bytes() != part.offer.root {
            return failed(DiskFault::NotWhole);
        }
        let name = part.offer.name.clone();
        let whole = Whole {
            offer: part.offer,
            bytes: bytes.into(),
        };
        self.whole.insert(offer, whole);
        Reply::Finished { offer, name }
    }
}

impl World {
    /// A member puts a file on its disk and offers it.
    pub fn give(&mut self, number: usize, name: &str, bytes: &[u8]) -> Option<OfferId> {
        let mut hasher = ContentHasher::default();
        bytes
            .chunks(BLOCK_BYTES as usize)
            .for_each(|block| hasher.block(block));
        let content = hasher.finish(name.to_owned(), OfferKind::File, &[]);
        self.give_content(number, content, bytes)
    }

    /// A member offers a content, whatever its disk really holds.
    pub fn give_content(
        &mut self,
        number: usize,
        content: Content,
        bytes: &[u8],
    ) -> Option<OfferId> {
        let offer = Arc::new(Offer::new(&content)?);
        let id = offer.id;
        let index = content.index;
        let whole = Whole {
            offer: offer.clone(),
            bytes: bytes.into(),
        };
        self.hosts.get_mut(number)?.disk.whole.insert(id, whole);
        let to = None;
        let command = FilesCommand::Offer { offer, index, to };
        self.ask(number, Command::Files(command));
        Some(id)
    }

    /// A member takes what somebody offers.
    pub fn take(&mut self, number: usize, offer: OfferId) {
        let which = WhichOffer::Id(offer);
        let command = FilesCommand::Get { which, into: None };
        self.ask(number, Command::Files(command));
    }

    /// A member's disk holds something else of the same length from now on, and gives that.
    pub fn falsify(&mut self, number: usize, offer: OfferId) {
        let host = self.hosts.get_mut(number);
        if let Some(whole) = host.and_then(|host| host.disk.whole.get_mut(&offer)) {
            whole.bytes = whole.bytes.iter().map(|byte| !byte).collect();
        }
    }

    /// What a member's disk holds of a content, if it is whole.
    #[must_use]
    pub fn file(&self, number: usize, offer: OfferId) -> Option<Arc<[u8]>> {
        let whole = self.hosts.get(number)?.disk.whole.get(&offer)?;
        Some(whole.bytes.clone())
    }

    /// How many blocks of a content a member's disk holds that is not whole.
    #[must_use]
    pub fn blocks_of_part(&self, number: usize, offer: OfferId) -> usize {
        let host = self.hosts.get(number);
        let part = host.and_then(|host| host.disk.parts.get(&offer));
        part.map_or(0, |part| part.blocks.len())
    }

    /// A member's disk has room for so many bytes and no more.
    pub fn fill_disk(&mut self, number: usize, free_bytes: u64) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.disk.free_bytes = free_bytes;
        }
    }

    /// A member has a loss of its own from now on.
    pub fn set_loss(&mut self, number: usize, loss: f64) {
        self.air.set_loss(number, loss);
    }

    /// A member's cable carries so many bytes in a second, and what waits for it is dropped after
    /// a while.
    pub fn narrow(&mut self, number: usize, bytes_per_s: u64) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.uplink = Some((bytes_per_s, Duration::ZERO));
        }
    }

    /// Whether a datagram finds room on its sender's cable; it then leaves behind what waits.
    pub(super) fn leave_by_uplink(&mut self, from: usize, bytes: u64) -> bool {
        let now = self.now;
        let host = self.hosts.get_mut(from);
        let Some((bytes_per_s, free_at)) = host.and_then(|host| host.uplink.as_mut()) else {
            return true;
        };
        let start = (*free_at).max(now);
        if start > now + QUEUE_MAX {
            return false;
        }
        *free_at = start + Duration::from_secs_f64(bytes as f64 / *bytes_per_s as f64);
        true
    }

    /// How long what leaves now waits for its sender's cable.
    pub(super) fn queued_at(&self, from: usize, to: usize) -> Duration {
        let host = self.hosts.get(from).filter(|_| from != to);
        let uplink = host.and_then(|host| host.uplink);
        uplink.map_or(Duration::ZERO, |(_, free_at)| {
            free_at.saturating_sub(self.now)
        })
    }

    /// Whether a member is in the group of files.
    #[must_use]
    pub fn is_in_files(&self, number: usize) -> bool {
        self.hosts.get(number).is_some_and(|host| host.is_in_files)
    }

    /// A member joins or leaves the group of files.
    pub(super) fn join_files(&mut self, number: usize, is_joined: bool) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.is_in_files = is_joined;
        }
    }

    /// The network carries no more than this of the group of streams, all together.
    pub fn limit_streams(&mut self, bits_per_s: u64) {
        let bytes_per_s = bits_per_s as f64 / 8.0;
        let limit = TokenBucket::new(bytes_per_s, bytes_per_s / 20.0, self.now);
        self.streams_limit = Some(limit);
    }

    /// Carries a datagram to all that are in the group of files.
    pub(super) fn carry_files(&mut self, from: usize, source: SocketAddr, bytes: &Arc<[u8]>) {
        let kind = bytes.get(3).copied().unwrap_or(0);
        *self.traffic.files.entry(kind).or_default() += 1;
        if let Some(tap) = &mut self.tap {
            tap.push(bytes.clone());
        }
        if let Some(limit) = &mut self.streams_limit
            && !limit.try_spend(bytes.len() as f64, self.now)
        {
            return;
        }
        for to in 0..self.hosts.len() {
            if self.is_in_files(to) {
                self.send_copy(from, (to, false), source, bytes);
            }
        }
    }

    pub(super) fn ask_disk(&mut self, number: usize, request: Request) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(number) else {
            return;
        };
        let disk = &mut host.disk;
        if let Some(reply) = disk.ask(request) {
            let delay = disk.rng.between(Duration::ZERO, DELAY_MAX);
            let at = disk.answered_at.max(now) + delay;
            disk.answered_at = at;
            disk.replies.push_back(reply);
            self.schedule(at, Action::Disk(number));
        }
    }

    /// Hands a member the next answer of its disk.
    pub(super) fn answer_of_disk(&mut self, number: usize) {
        let host = self.hosts.get_mut(number);
        if let Some(reply) = host.and_then(|host| host.disk.replies.pop_front()) {
            self.handle(number, Input::Files(reply));
        }
    }

    /// A member's death leaves nobody to hear the answers.
    pub(super) fn stop_disk(&mut self, number: usize) {
        if let Some(host) = self.hosts.get_mut(number) {
            host.disk.replies.clear();
        }
    }

    /// Tells a member that starts what its disk holds.
    pub(super) fn tell_held(&mut self, number: usize) {
        let kept = self.hosts.get(number).map(|host| host.disk.kept.clone());
        for held in kept.unwrap_or_default().into_values() {
            self.handle(number, Input::Files(Reply::Holds(held)));
        }
    }
}
