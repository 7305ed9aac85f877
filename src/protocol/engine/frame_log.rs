//! The durable frames of all members, as they came: for repairs, for latecomers, and for
//! `/history`. Bounded in bytes, messages and time: of the person who uses most, the oldest go
//! first (see `shares`). Own frames stay as long as a member that reports may lack them.

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use super::Setup;
use super::config::{HISTORY_AGE, WINDOW_SENT_FRAMES};
use super::digest_sums::DigestSums;
use super::history::TextSpan;
use super::journal::{Change, Journal};
use super::roster::{Id, ME};
use super::shares::{Amount, Shares};
use crate::protocol::wire::frame::Author;
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::FrameName;

/// Where a frame stands in the order that all members agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The author's hybrid clock.
    pub clock: u64,
    /// The author's short id.
    pub short: u64,
    /// The author's session.
    pub session: u64,
    /// The frame's sequence.
    pub sequence: u32,
}

impl Position {
    /// The position of a durable frame.
    #[must_use]
    pub fn of(author: &Author) -> Self {
        Self {
            clock: author.clock,
            short: author.short,
            session: author.session,
            sequence: author.sequence,
        }
    }

    /// The frame that has this position.
    #[must_use]
    pub fn frame_name(&self) -> FrameName {
        FrameName {
            short: self.short,
            session: self.session,
            sequence: self.sequence,
        }
    }
}

/// One held frame.
#[derive(Clone, Debug)]
pub struct LoggedFrame {
    /// The datagram.
    pub bytes: Arc<[u8]>,
    /// The hash of all its bytes.
    pub hash: u64,
    /// Its position in the common order.
    pub position: Position,
    /// How many messages it holds.
    pub messages: usize,
    /// When it was last sent by us or heard from anybody.
    pub touched: Duration,
    /// When it came or was made, in milliseconds of this member's time, of which the upper bits are
    /// left out.
    came_ms: u32,
    /// How often it was asked for.
    pub asked: u8,
    /// Whether it was delivered, and does not wait behind a gap.
    is_history: bool,
    /// Whether the long text that it ends was shown.
    pub(super) is_told: bool,
    /// Whether it comes from an archive, and its signature was not checked since.
    is_unchecked: bool,
}

impl LoggedFrame {
    /// Whether it was delivered, in this session or an earlier one.
    pub(super) fn is_history(&self) -> bool {
        self.is_history
    }
}

impl LoggedFrame {
    /// When it came or was made, as far as `now` tells: at most 49 days before.
    #[must_use]
    pub fn came(&self, now: Duration) -> Duration {
        let now_ms = now.as_millis() as u64;
        let age_ms = (now_ms as u32).wrapping_sub(self.came_ms);
        Duration::from_millis(now_ms.saturating_sub(age_ms.into()))
    }
}

/// All held frames.
#[derive(Debug, Default)]
pub struct FrameLog {
    frames: BTreeMap<(Id, u32), LoggedFrame>,
    history: BTreeMap<Position, Id>,
    shares: Shares,
    /// Own frames that have left the history, and that a member may lack.
    kept: VecDeque<u32>,
    kept_bytes: usize,
    needed_from: u32,
    horizon: u64,
    /// The clock up to which the oldest of all were dropped.
    trimmed_to: u64,
    sums: DigestSums,
    /// What an archive is to be told, if there is one.
    journal: Option<Journal>,
}

impl FrameLog {
    /// An empty log, of a member that starts with this.
    pub(super) fn of(setup: &Setup) -> Self {
        Self {
            shares: Shares::of(setup.depth_bytes),
            journal: setup.is_archived.then(|| Journal::new(setup.seal.clone())),
            ..Self::default()
        }
    }

    /// Whether there is room for a frame behind a gap, of a person at an address. A gap-filling
    /// frame needs none, because it releases the frames behind it.
    #[must_use]
    pub fn has_room_behind_gap(
        &mut self,
        person: u64,
        address: Option<IpAddr>,
        held: &NewFrame,
    ) -> bool {
        self.shares.locate(person, address);
        self.shares.has_room_behind_gap(person, held.bytes.len())
    }

    /// Adds a frame, at first as one behind a gap.
    pub fn insert(&mut self, id: Id, position: Position, held: NewFrame) {
        let bytes = held.bytes.len();
        self.shares.hold_back(position.short, bytes);
        let held = LoggedFrame {
            bytes: held.bytes,
            hash: held.hash,
            position,
            messages: held.messages,
            touched: held.touched,
            came_ms: held.touched.as_millis() as u32,
            asked: 0,
            is_history: false,
            is_told: false,
            is_unchecked: false,
        };
        self.frames.insert((id, position.sequence), held);
    }

    /// Moves a frame that was delivered to the history.
    pub fn settle(&mut self, id: Id, sequence: u32) {
        if let Some(position) = self.enter_history(id, sequence) {
            self.note(Change::Entered(position, id));
            self.make_room();
        }
    }

    /// Adds a frame to the history that an archive kept, and holds still.
    pub(super) fn restore(&mut self, id: Id, position: Position, held: NewFrame) {
        self.insert(id, position, held);
        if let Some(held) = self.frames.get_mut(&(id, position.sequence)) {
            held.is_unchecked = true;
        }
        self.enter_history(id, position.sequence);
        self.make_room();
    }

    /// Moves a frame to the history; its position, unless it was there.
    fn enter_history(&mut self, id: Id, sequence: u32) -> Option<Position> {
        let held = self.frames.get_mut(&(id, sequence))?;
        if std::mem::replace(&mut held.is_history, true) {
            return None;
        }
        let (position, hash) = (held.position, held.hash);
        self.shares.settle(position.short, Amount::of(held));
        self.history.insert(position, id);
        self.sums.change(position.clock, hash);
        Some(position)
    }

    fn note(&mut self, change: Change) {
        if let Some(journal) = &mut self.journal {
            journal.note(change);
        }
    }

    /// Keeps the fragments of a long text, of which this one was delivered, until all have come.
    pub(super) fn pin(&mut self, position: &Position, span: TextSpan) {
        let is_whole = position.sequence == span.last;
        let span = (!is_whole).then_some((position.session, span));
        self.shares.pin(position.short, span);
    }

    /// Drops the oldest frames of the persons who have most, while there is too much.
    fn make_room(&mut self) {
        while let Some((persons, mut surplus)) = self.shares.over_budget() {
            let mut oldest = Vec::new();
            for (position, id) in &self.history {
                if surplus.is_none_left() {
                    break;
                }
                let is_pinned = || self.shares.is_pinned(position);
                if persons.contains(&position.short)
                    && !is_pinned()
                    && let Some(held) = self.frames.get(&(*id, position.sequence))
                {
                    surplus.take(Amount::of(held));
                    oldest.push(*position);
                }
            }
            if oldest.is_empty() && !self.shares.unpin(&persons) {
                return;
            }
            for position in oldest {
                self.drop_settled(&position);
            }
        }
    }

    /// Drops what is too old for the history, by the clock now.
    pub fn expire(&mut self, clock: u64) {
        let oldest = clock.saturating_sub((HISTORY_AGE.as_millis() as u64) << 16);
        while self
            .history
            .first_key_value()
            .is_some_and(|(position, _)| position.clock < oldest)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(position) = self.history.first_key_value().map(|(first, _)| *first) {
            self.drop_settled(&position);
        }
    }

    pub(super) fn drop_settled(&mut self, position: &Position) {
        let first = self.history.first_key_value();
        let is_oldest = first.is_some_and(|(first, _)| first == position);
        let Some(id) = self.history.remove(position) else {
            return;
        };
        self.note(Change::Left(*position));
        if let Some(held) = self.frames.get(&(id, position.sequence)) {
            self.shares.drop_settled(position.short, Amount::of(held));
            self.sums.change(position.clock, held.hash);
            if id == ME {
                self.kept_bytes += held.bytes.len();
                self.kept.push_back(position.sequence);
            } else {
                self.frames.remove(&(id, position.sequence));
            }
        }
        self.drop_kept();
        // What is dropped between frames of others is a hole of its author, and ends nobody's
        // knowledge of the others.
        if is_oldest {
            self.trim_to(position.clock);
        }
    }

    /// Drops own frames before this one that have left the history: no member lacks them.
    pub fn release(&mut self, needed_from: u32) {
        self.needed_from = needed_from;
        self.drop_kept();
    }

    fn drop_kept(&mut self) {
        let most = WINDOW_SENT_FRAMES as usize;
        while let Some(oldest) = self.kept.front().copied()
            && (oldest < self.needed_from || self.kept.len() > most)
        {
            self.kept.pop_front();
            if let Some(held) = self.frames.remove(&(ME, oldest)) {
                self.kept_bytes -= held.bytes.len();
            }
        }
    }

    /// A held frame.
    #[must_use]
    pub fn get(&self, id: Id, sequence: u32) -> Option<&LoggedFrame> {
        self.frames.get(&(id, sequence))
    }

    pub(super) fn get_mut(&mut self, id: Id, sequence: u32) -> Option<&mut LoggedFrame> {
        self.frames.get_mut(&(id, sequence))
    }

    /// A frame for another member: one that an archive kept is checked before it is served for the
    /// first time, and dropped if its author has not signed it.
    pub(super) fn serve(&mut self, id: Id, sequence: u32) -> Option<Arc<[u8]>> {
        let held = self.frames.get_mut(&(id, sequence))?;
        let bytes = held.bytes.clone();
        if held.is_unchecked {
            let journal = self.journal.as_ref();
            let is_genuine = journal.is_some_and(|journal| journal.is_genuine(&bytes, held.hash));
            held.is_unchecked = !is_genuine;
            if !is_genuine {
                let position = held.position;
                self.drop_settled(&position);
                return None;
            }
        }
        Some(bytes)
    }

    /// What an archive is to be told next.
    pub(super) fn next_change(&mut self) -> Option<Change> {
        self.journal.as_mut()?.next()
    }

    /// The same, if it is that a frame left the history.
    pub(super) fn next_left(&mut self) -> Option<Position> {
        self.journal.as_mut()?.next_left()
    }

    /// Tells the archive that a frame of its own is not held.
    pub(super) fn refuse_stored(&mut self, position: Position) {
        self.note(Change::Left(position));
    }

    /// Tells the archive everything that is held: it could not keep some of it before.
    pub(super) fn tell_all(&mut self) {
        if let Some(journal) = &mut self.journal {
            let held = self.history.iter();
            held.for_each(|(position, id)| journal.note(Change::Entered(*position, *id)));
        }
    }

    /// The sequences that are held of a member.
    pub(super) fn sequences_of(&self, id: Id) -> impl Iterator<Item = u32> {
        let of_member = self.frames.range((id, 0)..=(id, u32::MAX));
        of_member.map(|((_, sequence), _)| *sequence)
    }

    /// The persons of whom any message is in the history.
    pub(super) fn speakers(&self) -> impl Iterator<Item = u64> {
        self.shares.speakers()
    }

    /// Counts that a frame was asked for.
    pub fn note_asked(&mut self, id: Id, sequence: u32) {
        if let Some(held) = self.frames.get_mut(&(id, sequence)) {
            held.asked = held.asked.saturating_add(1);
        }
    }

    /// Notes that a frame was sent or heard just now.
    pub fn touch(&mut self, id: Id, sequence: u32, now: Duration) -> Option<&LoggedFrame> {
        let held = self.frames.get_mut(&(id, sequence))?;
        held.touched = now;
        Some(held)
    }

    /// Whether any frame of a member is held.
    #[must_use]
    pub fn has_any_of(&self, id: Id) -> bool {
        self.frames.range((id, 0)..=(id, u32::MAX)).next().is_some()
    }

    /// The history with a clock in `from..cut`, in the common order.
    pub fn history(
        &self,
        from: u64,
        cut: u64,
    ) -> impl DoubleEndedIterator<Item = (&Position, &Id)> {
        let start = |clock| Position {
            clock,
            short: 0,
            session: 0,
            sequence: 0,
        };
        self.history.range(start(from)..start(cut.max(from)))
    }

    /// The history before a position, or all of it, from its newest end.
    pub(super) fn history_before(
        &self,
        end: Option<Position>,
    ) -> impl Iterator<Item = (&Position, &Id)> {
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        self.history.range((Bound::Unbounded, end)).rev()
    }

    /// The XOR of the hashes of the history with a clock in `from..cut`.
    pub fn digest(&mut self, from: u64, cut: u64) -> u64 {
        let mut sums = std::mem::take(&mut self.sums);
        if let Some(fresh_from) = sums.lacks(cut) {
            let fresh = self.history(fresh_from, cut).map(|(position, id)| {
                let held = self.get(*id, position.sequence);
                (position.clock, held.map_or(0, |held| held.hash))
            });
            sums.extend(fresh, cut);
        }
        self.sums = sums;
        self.sums.between(from, cut)
    }

    /// Whether whoever states this digest holds these own frames, from the first to the last; it is
    /// not known of frames that are not held here.
    pub(super) fn holds_all(&mut self, digest: &Digest, (first, last): (u32, u32)) -> bool {
        let &Digest { from, cut, xor } = digest;
        let is_same = self.horizon <= from && from < cut && self.digest(from, cut) == xor;
        let is_within = |sequence| {
            let held = self.get(ME, sequence);
            held.is_some_and(|held| (from..cut).contains(&held.position.clock))
        };
        is_same && (first..=last).all(is_within)
    }

    /// The clock from which on all frames are held, as far as this member knows.
    #[must_use]
    pub fn horizon(&self) -> u64 {
        self.horizon
    }

    /// Whether the horizon is where the oldest frames were dropped, for lack of room or for their
    /// age: there is no room for older ones.
    #[must_use]
    pub fn is_trimmed(&self) -> bool {
        self.trimmed_to > 0 && self.horizon <= self.trimmed_to
    }

    /// Whether any message of a person is in the history.
    pub(super) fn has_message_of(&self, person: u64) -> bool {
        self.shares.has_message_of(person)
    }

    /// Drops all frames of a member that the roster forgets.
    pub(super) fn forget(&mut self, id: Id) {
        let of_member = self.frames.range((id, 0)..=(id, u32::MAX));
        let sequences: Vec<u32> = of_member.map(|((_, sequence), _)| *sequence).collect();
        for sequence in sequences {
            self.settle(id, sequence);
            if let Some(held) = self.get(id, sequence) {
                let position = held.position;
                self.drop_settled(&position);
            }
        }
    }

    /// Sets the horizon; a newcomer holds nothing older until it has caught up.
    pub fn set_horizon(&mut self, clock: u64) {
        self.horizon = clock;
    }

    /// Goes back to where the stored frames begin: all later ones are held that are known of.
    pub(super) fn go_back_to(&mut self, clock: u64) {
        self.horizon = clock.max(self.trimmed_to).min(self.horizon);
    }

    /// There is no room for anything up to this clock.
    pub(super) fn trim_to(&mut self, clock: u64) {
        self.trimmed_to = clock.saturating_add(1).max(self.trimmed_to);
        self.horizon = self.horizon.max(self.trimmed_to);
    }

    /// How many bytes of frames are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shares.bytes() + self.kept_bytes
    }
}

/// A frame to be added.
#[derive(Debug)]
pub struct NewFrame {
    /// The datagram.
    pub bytes: Arc<[u8]>,
    /// The hash of all its bytes.
    pub hash: u64,
    /// How many messages it holds.
    pub messages: usize,
    /// When it came or was made.
    pub touched: Duration,
}
