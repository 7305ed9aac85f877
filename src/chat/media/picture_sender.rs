//! What is sent of one camera or screen: each picture as symbols, and more of them for those who
//! ask.

use std::collections::VecDeque;
use std::time::Duration;

use super::code::Shape;
use super::frame::Captured;
use super::parity::{Parity, RepairBudget};
use crate::protocol::engine::unreliable::{Piece, Priority};
use crate::protocol::node::Node;
use crate::protocol::wire::compact::{COMPACT_OVERHEAD_BYTES, StreamId};
use crate::protocol::wire::frame::call::Want;
use crate::protocol::wire::media::{PICTURE_MAX_BYTES, Picture, UnitId};

/// How long a picture is held for those who ask.
const HELD: Duration = Duration::from_secs(1);

/// Most bytes of pictures that are held: two key pictures of a large screen.
const HELD_MAX_BYTES: usize = 4_000_000;

/// When a symbol that has not left is late.
const LATE_AFTER: Duration = Duration::from_millis(150);

/// The same, for a key picture, without which the next ones cannot be shown.
const KEY_LATE_AFTER: Duration = Duration::from_millis(400);

/// How long a symbol may be on its way: it may not have been heard yet when somebody asks.
const ON_ITS_WAY: Duration = Duration::from_millis(7);

/// Most symbols that wait to leave: some seconds of pictures.
const WAITING_MAX: usize = 4096;

/// A symbol's flag: its picture can be decoded alone. What is signed decides; this is a hint.
pub(super) const IS_KEY: u8 = 1;

/// A symbol's flag: the pictures behind can be decoded without its picture.
pub(super) const IS_DROPPABLE: u8 = 2;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct PictureSender {
    stream: StreamId,
    newest: u32,
    sent: VecDeque<Sent>,
    waiting: VecDeque<Waiting>,
    parity: Parity,
    pub(super) repairs: RepairBudget,
}

/// A picture that was sent, or is about to be.
#[derive(Debug)]
struct Sent {
    unit: u32,
    at: Duration,
    flags: u8,
    shape: Shape,
    bytes: Vec<u8>,
    /// What mends it; made when the first of it is to leave.
    mending: Vec<u8>,
    /// The next symbol that nobody has yet.
    next: u16,
    /// Which symbols left, and when; those of the last moment alone.
    left: VecDeque<(Duration, u16)>,
    /// How many symbols were asked for at most.
    asked: u16,
}

#[derive(Debug)]
struct Waiting {
    unit: u32,
    piece: u16,
    priority: Priority,
    deadline: Duration,
}

impl PictureSender {
    pub(super) fn new(now: Duration, stream: StreamId, bits_per_s: u32) -> Self {
        Self {
            stream,
            newest: 0,
            sent: VecDeque::new(),
            waiting: VecDeque::new(),
            parity: Parity::default(),
            repairs: RepairBudget::new(now, bits_per_s),
        }
    }

    /// The number of the newest picture.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    /// Takes in a picture, which leaves as soon as it may.
    pub(super) fn capture(&mut self, now: Duration, captured: &Captured, node: &Node) {
        if captured.bytes.len() > PICTURE_MAX_BYTES {
            return;
        }
        if let Some(last) = self.sent.back() {
            self.parity.note(now, last.asked, last.shape.originals);
        }
        let unit = self.newest + 1;
        let picture = Picture {
            is_key: captured.is_key,
            is_droppable: captured.is_droppable,
            codec: captured.codec as u8,
            time: captured.rtp_time,
            frame: &captured.bytes,
        };
        let stream = self.stream;
        let mut bytes = picture.close(UnitId { stream, unit }, |root| node.sign_unit(root));
        let Some(shape) = Shape::of(bytes.len(), node.symbol_max_bytes()) else {
            return;
        };
        bytes.resize(shape.length(), 0);
        let parity = self.parity.at_once(shape.originals, captured.is_key);
        let key = if captured.is_key { IS_KEY } else { 0 };
        let droppable = if captured.is_droppable {
            IS_DROPPABLE
        } else {
            0
        };
        let next = shape.originals + parity;
        self.newest = unit;
        self.sent.push_back(Sent {
            unit,
            at: now,
            flags: key | droppable,
            shape,
            bytes,
            mending: Vec::new(),
            next,
            left: VecDeque::new(),
            asked: 0,
        });
        self.forget_old(now);
        let (priority, late_after) = match captured.is_key {
            true => (Priority::KeyPicture, KEY_LATE_AFTER),
            false => (Priority::Picture, LATE_AFTER),
        };
        let deadline = now + late_after;
        self.waiting.extend((0..next).map(|piece| Waiting {
            unit,
            piece,
            priority,
            deadline,
        }));
        let over = self.waiting.len().saturating_sub(WAITING_MAX);
        self.waiting.drain(..over);
    }

    fn forget_old(&mut self, now: Duration) {
        let mut held: usize = self.sent.iter().map(Sent::held_bytes).sum();
        while let Some(oldest) = self.sent.front()
            && (now > oldest.at + HELD || held > HELD_MAX_BYTES && self.sent.len() > 1)
        {
            held -= oldest.held_bytes();
            self.sent.pop_front();
        }
    }

    /// Queues what may leave; returns whether there was anything.
    pub(super) fn pump(&mut self, now: Duration, node: &mut Node) -> bool {
        let mut has_queued = false;
        while let Some(first) = self.waiting.front() {
            let is_late = first.deadline < now;
            if !is_late && node.unreliable_room(first.priority) == 0 {
                break;
            }
            let Some(first) = self.waiting.pop_front().filter(|_| !is_late) else {
                continue;
            };
            let mut sent = self.sent.iter_mut();
            let Some(sent) = sent.find(|sent| sent.unit == first.unit) else {
                continue;
            };
            if let Some(piece) = sent.piece(now, first.piece) {
                node.send_unreliable(self.stream, first.priority, first.deadline, piece);
                has_queued = true;
            }
        }
        has_queued
    }

    /// Whether something waits to leave.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes in that somebody lacks symbols of a picture.
    pub(super) fn want(&mut self, now: Duration, person: u64, want: &Want) {
        let mut sent = self.sent.iter_mut();
        let Some(sent) = sent.find(|sent| sent.unit == want.unit) else {
            return;
        };
        let symbols = want.symbols.min(sent.shape.originals + 1);
        // What left a moment ago behind what they have heard is on its way to them.
        let is_coming =
            |(at, piece): &&(Duration, u16)| now < *at + ON_ITS_WAY && *piece >= want.above;
        let coming = sent.left.iter().filter(is_coming).count();
        let waiting = self.waiting.iter().filter(|it| it.unit == want.unit);
        let coming = coming + waiting.count();
        let more = usize::from(symbols).saturating_sub(coming);
        let is_key = sent.flags & IS_KEY != 0;
        for asked in 0..more {
            let bytes = sent.shape.symbol_bytes + COMPACT_OVERHEAD_BYTES;
            if !self.repairs.try_spend(now, person, bytes) {
                break;
            }
            // One person who asks for everything does not decide what all receive at once.
            sent.asked = sent.asked.max(asked as u16 + 1);
            let piece = sent.next % sent.shape.symbols();
            sent.next = sent.next.wrapping_add(1);
            let (priority, late_after) = match is_key {
                true => (Priority::KeyPicture, KEY_LATE_AFTER),
                false => (Priority::PictureRepair, LATE_AFTER),
            };
            self.waiting.push_back(Waiting {
                unit: want.unit,
                piece,
                priority,
                deadline: sent.at + late_after,
            });
        }
    }
}

impl Sent {
    fn held_bytes(&self) -> usize {
        self.bytes.len() + self.mending.len()
    }

    fn piece(&mut self, now: Duration, piece: u16) -> Option<Piece> {
        if piece >= self.shape.originals && self.mending.is_empty() {
            self.mending = self.shape.mending(&self.bytes);
        }
        while self
            .left
            .front()
            .is_some_and(|(at, _)| now > *at + ON_ITS_WAY)
        {
            self.left.pop_front();
        }
        self.left.push_back((now, piece));
        let symbol = self.shape.symbol(&self.bytes, &self.mending, piece)?;
        Some(Piece {
            frame: self.unit,
            piece,
            originals: self.shape.originals,
            flags: self.flags,
            bytes: symbol.to_vec(),
        })
    }
}
