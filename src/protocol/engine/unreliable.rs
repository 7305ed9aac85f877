//! What this member sends that may be lost: compact frames, which enter neither the log nor an
//! inventory nor the window, and are never repaired here. Whoever sends them decides by the loss
//! that receivers report what is sent again.
//!
//! Repairs and frames of chat leave first, whatever waits here: [`Engine::poll_send`] asks this
//! part last. Among what waits here the order is that of [`Priority`], except that files have a
//! fifth of what leaves, so that a conference does not stop them. What is late is dropped.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::event::{Destination, Transmit};
use super::unicast::Unicast;
use crate::protocol::message::Name;
use crate::protocol::rate::TokenBucket;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::{
    COMPACT_OVERHEAD_BYTES, Channel, Compact, StreamId, StreamSeal,
};
use crate::protocol::wire::frame::notice::{About, Announcement, Hashes, Notice, Report};
use crate::protocol::wire::frame::{Body, MemberTag};

/// Most frames of one priority that wait. The owner keeps the rest, which it can still change.
const QUEUE_FRAMES_MAX: usize = 64;

/// Most streams that this member sends at once.
const STREAMS_MAX: usize = 16;

/// Bytes a second that may leave for all streams together where the link is slower than a gigabit
/// or its speed is unknown: half of a gigabit. The pace of the takers finds what a slower one
/// carries.
const RATE_DEFAULT_BYTES_PER_S: u64 = 62_500_000;

/// The part of a faster link that they may have: others use it too.
const LINK_PART: u64 = 2;

/// How long the rate may be made up for at once: longer bursts overflow the buffers of switches,
/// and a line of talk waits behind them.
const BURST: Duration = Duration::from_millis(2);

/// The least burst, in bytes: one run of datagrams.
const BURST_LEAST_BYTES: f64 = 32.0 * 1442.0;

/// Headers of UDP, IP and Ethernet around a frame, in bytes.
const WRAPPING_BYTES: usize = 8 + 20 + 14;

/// The part of what leaves that files have when other streams would take all.
const FILE_SHARE: f64 = 0.2;

/// Most bytes that files may make up for at once.
const FILE_CREDIT_MAX_BYTES: f64 = 64_000.0;

/// In which order frames leave: the first ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Priority {
    /// Sound.
    Sound,
    /// A picture without which the next ones cannot be shown.
    KeyPicture,
    /// Any other picture.
    Picture,
    /// A symbol of a file.
    File,
    /// A symbol that mends a picture.
    PictureRepair,
    /// What is counted and nothing else.
    Probe,
}

/// A symbol to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which unit of the content it is of.
    pub frame: u32,
    /// Which of its symbols.
    pub piece: u16,
    /// Into how many symbols the unit is cut.
    pub originals: u16,
    /// What the channel says about it.
    pub flags: u8,
    /// The symbol.
    pub bytes: Vec<u8>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Unreliable {
    streams: BTreeMap<StreamId, Own>,
    /// How many streams this session has had.
    made: u32,
    /// How many of its probes it has had.
    probes: u32,
    queues: BTreeMap<Priority, VecDeque<Queued>>,
    pub(super) unicast: Unicast,
    bucket: TokenBucket,
    /// Bytes that files may send before the others.
    file_credit: f64,
    late: u64,
    /// How many were ever queued.
    queued: u64,
}

#[derive(Debug)]
struct Own {
    seal: StreamSeal,
    number: u32,
    channel: Channel,
    /// The number of its newest frame.
    newest: u32,
}

#[derive(Debug)]
struct Queued {
    stream: StreamId,
    deadline: Duration,
    piece: Piece,
}

impl Queued {
    fn wire_bytes(&self) -> f64 {
        (self.piece.bytes.len() + COMPACT_OVERHEAD_BYTES + WRAPPING_BYTES) as f64
    }
}

impl Default for Unreliable {
    fn default() -> Self {
        let mut unreliable = Self {
            streams: BTreeMap::new(),
            made: 0,
            probes: 0,
            queues: BTreeMap::new(),
            unicast: Unicast::default(),
            bucket: TokenBucket::new(1.0, BURST_LEAST_BYTES, Duration::ZERO),
            file_credit: 0.0,
            late: 0,
            queued: 0,
        };
        unreliable.limit(RATE_DEFAULT_BYTES_PER_S);
        unreliable
    }
}

impl Unreliable {
    fn limit(&mut self, bytes_per_s: u64) {
        let rate = bytes_per_s as f64;
        let burst = (rate * BURST.as_secs_f64()).max(BURST_LEAST_BYTES);
        self.bucket.set_rate(rate, burst);
    }

    fn set_link_speed(&mut self, bytes_per_s: Option<u64>) {
        let part = bytes_per_s.unwrap_or(0) / LINK_PART;
        self.limit(part.max(RATE_DEFAULT_BYTES_PER_S));
    }

    /// Whether a stream is sent by this member, whose frames the network may bring back.
    pub(super) fn is_own(&self, stream: StreamId) -> bool {
        self.streams.contains_key(&stream)
    }

    /// An own stream's number, channel and newest frame.
    pub(super) fn announced(&self, stream: StreamId) -> Option<(u32, Channel, u32)> {
        let own = self.streams.get(&stream)?;
        Some((own.number, own.channel, own.newest))
    }

    fn room(&self, priority: Priority) -> usize {
        let waiting = self.queues.get(&priority).map_or(0, VecDeque::len);
        QUEUE_FRAMES_MAX.saturating_sub(waiting)
    }

    fn drop_late(&mut self, now: Duration) {
        for queue in self.queues.values_mut() {
            let before = queue.len();
            if queue.front().is_some_and(|first| first.deadline < now) {
                queue.retain(|queued| queued.deadline >= now);
            }
            self.late += (before - queue.len()) as u64;
        }
    }

    /// The bytes of a frame on the wire, with its copies.
    fn cost_bytes(&self, queued: &Queued) -> f64 {
        let own = self.streams.get(&queued.stream);
        let times = own.map_or(1, |own| self.unicast.times(own.channel));
        queued.wire_bytes() * times as f64
    }

    /// The priority whose turn it is.
    fn next_priority(&self) -> Option<Priority> {
        let first = |priority: &Priority| self.queues.get(priority)?.front();
        let waiting = self.queues.iter().filter(|(_, queue)| !queue.is_empty());
        let priority = *waiting.map(|(priority, _)| priority).next()?;
        let file = first(&Priority::File);
        let is_owed = file.is_some_and(|file| self.file_credit >= file.wire_bytes());
        Some(if is_owed { Priority::File } else { priority })
    }

    /// The next frame that may leave now, and its channel.
    fn pop(&mut self, now: Duration) -> Option<(Channel, Arc<[u8]>)> {
        if self.queues.is_empty() {
            return None;
        }
        self.drop_late(now);
        let Some(priority) = self.next_priority() else {
            self.queues.clear();
            return None;
        };
        let bytes = self.cost_bytes(self.queues.get(&priority)?.front()?);
        if !self.bucket.try_spend(bytes, now) {
            return None;
        }
        let queued = self.queues.get_mut(&priority)?.pop_front()?;
        self.file_credit = match priority {
            Priority::File => (self.file_credit - bytes).max(0.0),
            _ => (self.file_credit + bytes * FILE_SHARE).min(FILE_CREDIT_MAX_BYTES),
        };
        let own = self.streams.get_mut(&queued.stream)?;
        own.newest += 1;
        let piece = &queued.piece;
        let datagram = own.seal.close(&Compact {
            number: own.newest,
            frame: piece.frame,
            piece: piece.piece,
            originals: piece.originals,
            flags: piece.flags,
            bytes: &piece.bytes,
        });
        Some((own.channel, datagram.into()))
    }

    /// When the next frame may leave.
    pub(super) fn next_time(&self) -> Option<Duration> {
        let first = self.queues.get(&self.next_priority()?)?.front()?;
        Some(self.bucket.available_at(self.cost_bytes(first)))
    }
}

impl Engine {
    /// How many symbols have ever been queued.
    #[must_use]
    pub fn newest_unreliable(&self) -> u64 {
        self.sending.unreliable.queued
    }

    /// How other frames name this member.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        self.me.tag()
    }

    /// The estimate of the group's round trip.
    #[must_use]
    pub fn grtt(&self) -> Duration {
        self.group.grtt()
    }

    /// The name that this member goes by.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.me.identity().name
    }

    /// Opens a stream of this member; `None` if there are too many.
    pub fn open_stream(&mut self, channel: Channel) -> Option<StreamId> {
        let unreliable = &mut self.sending.unreliable;
        if unreliable.streams.len() >= STREAMS_MAX {
            return None;
        }
        // Probes are counted from the end, so that they shift no number.
        let number = match channel {
            Channel::Probe => {
                unreliable.probes += 1;
                u32::MAX - unreliable.probes
            }
            _ => {
                unreliable.made += 1;
                unreliable.made
            }
        };
        let me = self.me.identity();
        let seal = self.me.seal.streams().stream(&me.key, me.session, number);
        let id = seal.id();
        let own = Own {
            seal,
            number,
            channel,
            newest: 0,
        };
        unreliable.streams.insert(id, own);
        Some(id)
    }

    /// Ends a stream, and drops what waits of it.
    pub fn close_stream(&mut self, stream: StreamId) {
        let unreliable = &mut self.sending.unreliable;
        unreliable.streams.remove(&stream);
        for queue in unreliable.queues.values_mut() {
            queue.retain(|queued| queued.stream != stream);
        }
    }

    /// Announces a stream to those who take something.
    pub fn announce_stream(
        &mut self,
        now: Moment,
        stream: StreamId,
        about: About,
        symbol_bytes: u16,
    ) {
        let Some(own) = self.sending.unreliable.streams.get(&stream) else {
            return;
        };
        let announcement = Announcement {
            number: own.number,
            channel: own.channel,
            about,
            symbol_bytes,
            newest: own.newest,
        };
        let body = Body::Notice(Notice::Announcement(announcement));
        self.send_unrepaired(now, Destination::Files, 0, body);
    }

    /// Says what the symbols of a unit are.
    pub fn tell_hashes(&mut self, now: Moment, hashes: Hashes) {
        let body = Body::Notice(Notice::Hashes(hashes));
        self.send_unrepaired(now, Destination::Files, 0, body);
    }

    /// Reports what this member has received and lacks: to those who take something, or to all.
    pub fn report_stream(&mut self, now: Moment, to: ReportTo, report: Report) {
        let to = match to {
            ReportTo::Takers => Destination::Files,
            ReportTo::All => self.group.to_all(),
        };
        self.send_unrepaired(now, to, 0, Body::Notice(Notice::Report(report)));
    }

    /// How many more frames of a priority may wait.
    #[must_use]
    pub fn unreliable_room(&self, priority: Priority) -> usize {
        self.sending.unreliable.room(priority)
    }

    /// Queues a symbol of an own stream, which is dropped if it has not left by the deadline.
    /// Returns whether there was room.
    pub fn send_unreliable(
        &mut self,
        stream: StreamId,
        priority: Priority,
        deadline: Duration,
        piece: Piece,
    ) -> bool {
        let unreliable = &mut self.sending.unreliable;
        if unreliable.room(priority) == 0 || !unreliable.is_own(stream) {
            return false;
        }
        unreliable.queued += 1;
        let queue = unreliable.queues.entry(priority).or_default();
        queue.push_back(Queued {
            stream,
            deadline,
            piece,
        });
        true
    }

    /// The number that the frame queued last of a stream will have.
    #[must_use]
    pub fn newest_queued(&self, stream: StreamId) -> u32 {
        let unreliable = &self.sending.unreliable;
        let newest = unreliable.streams.get(&stream).map_or(0, |own| own.newest);
        let queued = unreliable.queues.values().flatten();
        let waiting = queued.filter(|queued| queued.stream == stream).count();
        newest.saturating_add(waiting as u32) // at most 64 of each priority
    }

    /// Takes in what the slowest link in use carries, in bytes a second, if that is known.
    pub fn set_link_speed(&mut self, bytes_per_s: Option<u64>) {
        self.sending.unreliable.set_link_speed(bytes_per_s);
    }

    /// How many bytes a second may leave for all streams together.
    #[must_use]
    pub fn unreliable_bytes_per_s(&self) -> f64 {
        self.sending.unreliable.bucket.rate_per_s()
    }

    /// Longest symbol that a compact frame carries here, in bytes.
    #[must_use]
    pub fn symbol_max_bytes(&self) -> usize {
        self.me.frame_bytes() - COMPACT_OVERHEAD_BYTES
    }

    pub(super) fn next_unreliable(&mut self, now: Moment) -> Option<Transmit> {
        let unreliable = &mut self.sending.unreliable;
        if let Some(copy) = unreliable.unicast.pop() {
            return Some(copy);
        }
        let (channel, bytes) = unreliable.pop(now.time)?;
        let roster = &self.group.roster;
        let address = |member| roster.proven_address(member);
        unreliable.unicast.copy(channel, &bytes, address);
        let to = Destination::Files;
        Some(Transmit { to, bytes })
    }
}

/// Who is to hear a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportTo {
    /// Those who take or give something.
    Takers,
    /// Everybody in the room.
    All,
}

#[cfg(test)]
mod tests;
