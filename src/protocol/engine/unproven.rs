//! Durable frames of members that have not shown yet that they are there now (`freshness.rs`): a
//! member without a battery for its clock may speak before it has heard anybody. They wait for the
//! proof, a minute at most, and within bounds for each author and for all together.

use core::net::SocketAddr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::config::{
    PROOF_WAIT, UNPROVEN_AUTHOR_BYTES, UNPROVEN_AUTHOR_FRAMES, UNPROVEN_BYTES, UNPROVEN_FRAMES,
};
use super::roster::Id;

/// The frames that wait.
#[derive(Debug, Default)]
pub(super) struct Unproven {
    authors: BTreeMap<Id, Waiting>,
    frames: usize,
    bytes: usize,
    /// When frames began to wait, the oldest first.
    order: VecDeque<(Duration, Id, u32)>,
}

/// The frames of one author, by sequence.
#[derive(Debug, Default)]
struct Waiting {
    frames: BTreeMap<u32, UnprovenFrame>,
    bytes: usize,
}

/// A frame that waits.
#[derive(Clone, Debug)]
pub(super) struct UnprovenFrame {
    pub(super) source: SocketAddr,
    pub(super) hash: u64,
    pub(super) bytes: Arc<[u8]>,
    since: Duration,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It waits, as the first of its author.
    First,
    /// It waits, as others of its author do; perhaps it did so already.
    Another,
    /// There is no room for it.
    Refused,
}

impl Unproven {
    /// Keeps a frame if there is room for it. An author that has much waiting makes room for one
    /// that has less.
    pub(super) fn keep(
        &mut self,
        id: Id,
        sequence: u32,
        source: SocketAddr,
        hash: u64,
        bytes: &[u8],
        now: Duration,
    ) -> Kept {
        let own = self.authors.get(&id);
        if own.is_some_and(|own| own.frames.contains_key(&sequence)) {
            return Kept::Another;
        }
        let (own_frames, own_bytes) = own.map_or((0, 0), |own| (own.frames.len(), own.bytes));
        let own_bytes = own_bytes + bytes.len();
        if own_frames >= UNPROVEN_AUTHOR_FRAMES || own_bytes > UNPROVEN_AUTHOR_BYTES {
            return Kept::Refused;
        }
        while self.frames >= UNPROVEN_FRAMES || self.bytes + bytes.len() > UNPROVEN_BYTES {
            let most = self.authors.iter().max_by_key(|(_, author)| author.bytes);
            let most = most.filter(|(_, author)| author.bytes > own_bytes);
            let last =
                most.and_then(|(id, author)| Some((*id, *author.frames.last_key_value()?.0)));
            let Some((other, last)) = last else {
                return Kept::Refused;
            };
            self.remove(other, last);
        }
        let author = self.authors.entry(id).or_default();
        let frame = UnprovenFrame {
            source,
            hash,
            bytes: bytes.into(),
            since: now,
        };
        author.frames.insert(sequence, frame);
        author.bytes += bytes.len();
        self.frames += 1;
        self.bytes += bytes.len();
        self.note_order(now, id, sequence);
        match own_frames {
            0 => Kept::First,
            _ => Kept::Another,
        }
    }

    fn note_order(&mut self, now: Duration, id: Id, sequence: u32) {
        if self.order.len() >= 2 * UNPROVEN_FRAMES {
            // Most of them wait no longer.
            let waits = |id: &Id, sequence: &u32| {
                let author = self.authors.get(id);
                author.is_some_and(|author| author.frames.contains_key(sequence))
            };
            self.order.retain(|(_, id, sequence)| waits(id, sequence));
        }
        self.order.push_back((now, id, sequence));
    }

    /// Takes all frames, in the order in which they came.
    pub(super) fn take_all(&mut self) -> Vec<(Id, UnprovenFrame)> {
        let authors = std::mem::take(self).authors.into_iter();
        let mut all: Vec<(Id, UnprovenFrame)> = authors
            .flat_map(|(id, waiting)| waiting.frames.into_values().map(move |frame| (id, frame)))
            .collect();
        all.sort_by_key(|(_, frame)| frame.since);
        all
    }

    /// Takes the frames of an author, by sequence: it has shown that it is there.
    pub(super) fn take(&mut self, id: Id) -> Vec<UnprovenFrame> {
        let Some(author) = self.authors.remove(&id) else {
            return Vec::new();
        };
        self.frames -= author.frames.len();
        self.bytes -= author.bytes;
        author.frames.into_values().collect()
    }

    /// Drops the frames that have waited too long; returns how many.
    pub(super) fn expire(&mut self, now: Duration) -> u64 {
        let mut dropped = 0;
        while let Some((since, id, sequence)) = self.order.front().copied()
            && since + PROOF_WAIT <= now
        {
            self.order.pop_front();
            let author = self.authors.get(&id);
            let waiting = author.and_then(|author| author.frames.get(&sequence));
            if waiting.is_some_and(|frame| frame.since == since) {
                self.remove(id, sequence);
                dropped += 1;
            }
        }
        dropped
    }

    fn remove(&mut self, id: Id, sequence: u32) {
        let Some(author) = self.authors.get_mut(&id) else {
            return;
        };
        if let Some(frame) = author.frames.remove(&sequence) {
            author.bytes -= frame.bytes.len();
            self.bytes -= frame.bytes.len();
            self.frames -= 1;
        }
        if author.frames.is_empty() {
            self.authors.remove(&id);
        }
    }

    /// Whether no frame waits.
    pub(super) fn is_empty(&self) -> bool {
        self.authors.is_empty()
    }

    /// When a frame has waited long enough.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.order.front().map(|(since, ..)| *since + PROOF_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(unproven: &mut Unproven, id: u32, sequence: u32, length: usize) -> Kept {
        let source = ([10, 77, 0, 1], 40_000).into();
        let now = Duration::from_secs(sequence.into());
        unproven.keep(Id(id), sequence, source, 0, &vec![7; length], now)
    }

    #[test]
    fn an_author_may_have_64_frames_and_64_kib_waiting() {
        let mut unproven = Unproven::default();
        assert_eq!(keep(&mut unproven, 1, 1, 100), Kept::First);
        assert_eq!(keep(&mut unproven, 1, 1, 100), Kept::Another, "again");
        for sequence in 2..=64 {
            assert_eq!(keep(&mut unproven, 1, sequence, 100), Kept::Another);
        }
        assert_eq!(keep(&mut unproven, 1, 65, 100), Kept::Refused);
        assert_eq!(keep(&mut unproven, 2, 1, 60_000), Kept::First);
        assert_eq!(keep(&mut unproven, 2, 2, 6000), Kept::Refused);
        assert_eq!(unproven.take(Id(1)).len(), 64);
        assert_eq!(unproven.take(Id(1)).len(), 0);
    }

    #[test]
    fn many_authors_share_the_room_and_who_has_little_gets_in() {
        let mut unproven = Unproven::default();
        for id in 0..1000 {
            for sequence in 1..=40 {
                keep(&mut unproven, id, sequence, 1400);
                assert!(unproven.bytes <= UNPROVEN_BYTES && unproven.frames <= UNPROVEN_FRAMES);
                assert!(unproven.order.len() <= 2 * UNPROVEN_FRAMES);
            }
        }
        assert_eq!(keep(&mut unproven, 5000, 1, 100), Kept::First);
        let (frames, bytes) = unproven.authors.values().fold((0, 0), |sum, author| {
            (sum.0 + author.frames.len(), sum.1 + author.bytes)
        });
        assert_eq!((frames, bytes), (unproven.frames, unproven.bytes));
    }

    #[test]
    fn what_waits_for_a_minute_is_dropped_and_counted() {
        let mut unproven = Unproven::default();
        for sequence in 1..=3 {
            keep(&mut unproven, 1, sequence, 100);
        }
        assert_eq!(unproven.next_time(), Some(Duration::from_secs(61)));
        assert_eq!(unproven.expire(Duration::from_secs(62)), 2);
        assert_eq!(unproven.take(Id(1)).len(), 1);
        assert_eq!(unproven.expire(Duration::from_secs(99)), 0);
        assert!(unproven.is_empty() && unproven.next_time().is_none());
    }
}
