//! The streams of compact frames that this member receives: whose each is, and how many of its
//! frames were lost. A stream is known by its announcement, and forgotten when nothing is heard of
//! it.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;
use std::time::Duration;

use super::Engine;
use super::event::{EngineEvent, HeardNotice, HeardPiece};
use super::fair_share::Uses;
use super::member::Member;
use super::replay_window::ReplayWindow;
use super::roster::Id;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::{StreamId, StreamSeal, stream_of};
use crate::protocol::wire::frame::notice::{Announcement, Notice};
use crate::protocol::wire::frame::{Author, FrameFault, MemberTag};

/// Most streams of one person that are followed: a file, a voice, a camera and a screen, from two
/// computers.
const STREAMS_PER_PERSON: usize = 8;

/// Most streams that are followed. When there are as many, whoever has most gives one back.
const STREAMS_MAX: usize = 256;

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

/// Whose a stream is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) member: MemberTag,
    pub(super) address: Option<IpAddr>,
}

#[derive(Debug)]
struct Stream {
    owner: Owner,
    seal: StreamSeal,
    window: ReplayWindow,
    /// The same of what came by multicast.
    window_of_group: ReplayWindow,
    counts: StreamCounts,
    /// The number of its newest frame, by its announcement.
    announced: u32,
    heard_at: Duration,
}

/// How a datagram came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By multicast.
    Group,
    /// To this member's own socket.
    Unicast,
}

/// How much of a stream has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// The highest number of its frames that arrived, or that had left before an announcement did
    /// that arrived: whoever loses the last frames learns by it that they have left.
    pub highest: u32,
    /// How many of them arrived, each counted once.
    pub received: u32,
    /// How many of those that arrived came by multicast: others came so, or by unicast alone.
    pub received_by_group: u32,
}

impl Stream {
    fn counts(&self) -> StreamCounts {
        let highest = self.counts.highest.max(self.announced);
        StreamCounts {
            highest,
            ..self.counts
        }
    }
}

impl Streams {
    /// Follows a stream from now on, if there is room; returns whether it is followed.
    pub(super) fn follow(
        &mut self,
        now: Duration,
        (owner, seal): (Owner, StreamSeal),
        announced: u32,
    ) -> bool {
        let id = seal.id();
        if let Some(stream) = self.heard.get_mut(&id) {
            stream.heard_at = now;
            stream.announced = stream.announced.max(announced);
            return true;
        }
        if !self.has_room(owner) {
            let is_idle = |stream: &Stream| now >= stream.heard_at + IDLE_AFTER;
            self.heard.retain(|_, stream| !is_idle(stream));
        }
        if !self.has_room(owner) && !self.make_room(owner) {
            return false;
        }
        let stream = Stream {
            owner,
            seal,
            window: ReplayWindow::default(),
            window_of_group: ReplayWindow::default(),
            counts: StreamCounts::default(),
            announced,
            heard_at: now,
        };
        self.heard.insert(id, stream);
        true
    }

    fn has_room(&self, owner: Owner) -> bool {
        self.heard.len() < STREAMS_MAX && self.of_person(owner) < STREAMS_PER_PERSON
    }

    fn of_person(&self, owner: Owner) -> usize {
        let is_of_person = |it: &&Stream| it.owner.member.short == owner.member.short;
        self.heard.values().filter(is_of_person).count()
    }

    /// Lets whoever has most streams, or the most of many at one address, give one back for
    /// somebody who has fewer; returns whether that was so.
    fn make_room(&mut self, owner: Owner) -> bool {
        if self.of_person(owner) >= STREAMS_PER_PERSON {
            return false;
        }
        let mut uses = Uses::default();
        let owners = self.heard.values().map(|stream| stream.owner);
        for Owner { member, address } in owners.chain([owner]) {
            uses.add(member.short, address, 1);
        }
        let (heaviest, _) = uses.heaviest_persons();
        if heaviest.contains(&owner.member.short) {
            return false;
        }
        let of_heaviest = self.heard.iter().filter(|(_, stream)| {
            let person = stream.owner.member.short;
            heaviest.contains(&person)
        });
        let least = of_heaviest.min_by_key(|(_, stream)| stream.heard_at);
        let least = least.map(|(id, _)| *id);
        least.is_some_and(|id| self.heard.remove(&id).is_some())
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
        (datagram, way): (&[u8], Way),
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
        if way == Way::Group && stream.window_of_group.take(compact.number) {
            counts.received_by_group = counts.received_by_group.saturating_add(1);
        }
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
        (datagram, way): (&[u8], Way),
        inside: &mut Vec<u8>,
    ) -> Option<Result<(), FrameFault>> {
        let id = stream_of(datagram)?;
        if self.sending.unreliable.is_own(id) {
            return Some(Ok(())); // the network carries multicast back
        }
        let streams = &mut self.receiving.streams;
        let piece = match streams.open(now.time, id, (datagram, way), inside) {
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
        stream.map_or_else(StreamCounts::default, Stream::counts)
    }

    pub(super) fn hear_notice(
        &mut self,
        now: Moment,
        (id, source): (Id, SocketAddr),
        author: &Author,
        notice: &Notice,
    ) {
        let stream = match notice {
            Notice::Announcement(announcement) => {
                let address = self.group.roster.get(id).and_then(Member::ip);
                match self.follow(now.time, (author, address), announcement) {
                    Some(stream) => Some(stream),
                    None => return,
                }
            }
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
        (author, address): (&Author, Option<IpAddr>),
        announcement: &Announcement,
    ) -> Option<StreamId> {
        let seals = self.me.seal.streams();
        let seal = seals.stream(&author.key, author.session, announcement.number);
        let id = seal.id();
        let streams = &mut self.receiving.streams;
        let newest = announcement.newest;
        let member = author.tag();
        let owner = Owner { member, address };
        streams.follow(now, (owner, seal), newest).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::Key;
    use crate::protocol::wire::seal::Seal;

    /// Follows a person's stream with this number, from a host of this number.
    fn follow(streams: &mut Streams, (person, host): (u8, u8), number: u32, now_s: u64) -> bool {
        let key = Key([person; 32]);
        let owner = Owner {
            member: MemberTag::of(key.short(), 1),
            address: Some([10, 0, 0, host].into()),
        };
        let seal = Seal::public(None).streams().stream(&key, 1, number);
        streams.follow(Duration::from_secs(now_s), (owner, seal), 0)
    }

    /// How many streams of each of these persons are followed.
    fn of_persons(streams: &Streams, persons: std::ops::Range<u8>) -> Vec<usize> {
        let shorts = persons.map(|person| Key([person; 32]).short());
        let count = |short: u64| {
            let owners = streams.heard.values().map(|stream| stream.owner);
            owners.filter(|owner| owner.member.short == short).count()
        };
        shorts.map(count).collect()
    }

    #[test]
    fn whoever_announces_without_end_takes_no_stream_from_the_others() {
        let mut streams = Streams::default();
        assert!(follow(&mut streams, (1, 1), 1, 0));
        // 200 identities at 20 addresses, as many as anybody likes.
        for number in 0..2000_u32 {
            let person = 50 + (number % 200) as u8;
            follow(&mut streams, (person, 100 + person % 20), number, 1);
        }
        assert_eq!(streams.heard.len(), STREAMS_MAX);
        assert_eq!(of_persons(&streams, 1..2), [1], "nobody is cut off");
        // Whoever comes later has room for all that one person needs.
        for number in 1..=4 {
            assert!(follow(&mut streams, (2, 2), number, 2), "{number}");
        }
        assert_eq!(of_persons(&streams, 1..3), [1, 4]);
        assert_eq!(streams.heard.len(), STREAMS_MAX);
    }

    #[test]
    fn a_person_has_a_few_streams_and_idle_ones_make_room() {
        let mut streams = Streams::default();
        let followed = |streams: &mut Streams, from: u32, now_s| {
            let numbers = from..from + 20;
            numbers
                .filter(|number| follow(streams, (1, 1), *number, now_s))
                .count()
        };
        assert_eq!(followed(&mut streams, 0, 0), STREAMS_PER_PERSON);
        assert_eq!(followed(&mut streams, 100, 4), 0);
        assert_eq!(followed(&mut streams, 200, 5), STREAMS_PER_PERSON);
    }
}
