//! The streams of compact frames that this member receives: whose each is, and how many of its
//! frames were lost. A stream is known by its announcement, and forgotten when nothing is heard of
//! it.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Engine;
use super::event::{EngineEvent, HeardNotice, HeardPiece};
use super::member::Member;
use super::replay_window::ReplayWindow;
use super::roster::Id;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::{StreamId, StreamSeal, stream_of};
use crate::protocol::wire::frame::notice::{Announcement, Notice};
use crate::protocol::wire::frame::{Author, FrameFault, MemberTag};

/// Most streams of one member that are followed.
const STREAMS_PER_MEMBER: usize = 8;

/// Most streams that are followed.
const STREAMS_MAX: usize = 64;

/// How far the numbers of a stream's frames may be ahead of its latest announcement: several
/// announcements may be lost at a gigabit. Beyond, somebody else makes them.
const AHEAD_MAX: u32 = 1 << 17;

/// A stream of which nothing was heard for so long makes room for another.
const IDLE_AFTER: Duration = Duration::from_secs(5);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Streams {
    heard: BTreeMap<StreamId, Stream>,
}

#[derive(Debug)]
struct Stream {
    member: MemberTag,
    seal: StreamSeal,
    window: ReplayWindow,
    counts: StreamCounts,
    /// The number of its newest frame, by its announcement.
    announced: u32,
    heard_at: Duration,
}

/// How much of a stream has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// The highest number of its frames that arrived.
    pub highest: u32,
    /// How many of them arrived, each counted once.
    pub received: u32,
}

impl Streams {
    /// Follows a stream from now on, if there is room; returns whether it is followed.
    pub(super) fn follow(
        &mut self,
        now: Duration,
        (member, seal): (MemberTag, StreamSeal),
        announced: u32,
    ) -> bool {
        let id = seal.id();
        if let Some(stream) = self.heard.get_mut(&id) {
            stream.heard_at = now;
            stream.announced = stream.announced.max(announced);
            return true;
        }
        let is_idle = |stream: &Stream| now >= stream.heard_at + IDLE_AFTER;
        let of_member = self.heard.values().filter(|it| it.member == member).count();
        if of_member >= STREAMS_PER_MEMBER || self.heard.len() >= STREAMS_MAX {
            self.heard.retain(|_, stream| !is_idle(stream));
        }
        let of_member = self.heard.values().filter(|it| it.member == member).count();
        if of_member >= STREAMS_PER_MEMBER || self.heard.len() >= STREAMS_MAX {
            return false;
        }
        let stream = Stream {
            member,
            seal,
            window: ReplayWindow::default(),
            counts: StreamCounts::default(),
            announced,
            heard_at: now,
        };
        self.heard.insert(id, stream);
        true
    }

    /// Follows a stream no more.
    pub(super) fn forget(&mut self, id: StreamId) {
        self.heard.remove(&id);
    }

    /// Opens a frame; `None` for one whose number its author has not come to. Copies are opened
    /// like the first, because somebody else in the room can have made that one.
    fn open(
        &mut self,
        now: Duration,
        id: StreamId,
        datagram: &[u8],
        inside: &mut Vec<u8>,
    ) -> Result<Option<HeardPiece>, FrameFault> {
        let stream = self.heard.get_mut(&id).ok_or(FrameFault::UnknownStream)?;
        let compact = stream.seal.open(datagram, inside)?;
        if compact.number > stream.announced.saturating_add(AHEAD_MAX) {
            return Ok(None);
        }
        stream.heard_at = now;
        let counts = &mut stream.counts;
        let is_new = stream.window.take(compact.number);
        counts.received = counts.received.saturating_add(u32::from(is_new));
        counts.highest = counts.highest.max(compact.number);
        Ok(Some(HeardPiece {
            stream: id,
            frame: compact.frame,
            piece: compact.piece,
            originals: compact.originals,
            flags: compact.flags,
            bytes: compact.bytes.into(),
        }))
    }
}

impl Engine {
    /// Takes in a datagram if it is a compact frame; `None` if it is another one.
    pub fn hear_compact(
        &mut self,
        now: Moment,
        datagram: &[u8],
        inside: &mut Vec<u8>,
    ) -> Option<Result<(), FrameFault>> {
        let id = stream_of(datagram)?;
        if self.sending.unreliable.is_own(id) {
            return Some(Ok(())); // the network carries multicast back
        }
        let piece = match self.receiving.streams.open(now.time, id, datagram, inside) {
            Ok(piece) => piece,
            Err(fault) => return Some(Err(fault)),
        };
        if let Some(piece) = piece {
            self.out.tell(EngineEvent::Piece(piece));
        }
        Some(Ok(()))
    }

    /// Whether a stream is followed or sent here.
    #[must_use]
    pub fn knows_stream(&self, stream: StreamId) -> bool {
        self.receiving.streams.heard.contains_key(&stream) || self.sending.unreliable.is_own(stream)
    }

    /// How much of a stream has arrived.
    #[must_use]
    pub fn stream_counts(&self, stream: StreamId) -> StreamCounts {
        let stream = self.receiving.streams.heard.get(&stream);
        stream.map_or_else(StreamCounts::default, |stream| stream.counts)
    }

    pub(super) fn hear_notice(
        &mut self,
        now: Moment,
        (id, source): (Id, SocketAddr),
        author: &Author,
        notice: &Notice,
    ) {
        let stream = match notice {
            Notice::Announcement(announcement) => match self.follow(now.time, author, announcement)
            {
                Some(stream) => Some(stream),
                None => return,
            },
            Notice::Report(report) => report.stream,
            Notice::Hashes(_) | Notice::Wants(_) => None,
            Notice::Call(call) => return self.hear_call(id, author, call),
        };
        let who = self.group.roster.get(id).map(Member::named_key);
        let member = author.tag();
        self.out.tell_of(who, |who| {
            EngineEvent::Notice(Box::new(HeardNotice {
                who,
                member,
                source,
                stream,
                notice: notice.clone(),
            }))
        });
    }

    fn follow(
        &mut self,
        now: Duration,
        author: &Author,
        announcement: &Announcement,
    ) -> Option<StreamId> {
        let seals = self.me.seal.streams();
        let seal = seals.stream(&author.key, author.session, announcement.number);
        let id = seal.id();
        let streams = &mut self.receiving.streams;
        let newest = announcement.newest;
        streams
            .follow(now, (author.tag(), seal), newest)
            .then_some(id)
    }
}
