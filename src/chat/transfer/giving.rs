//! Giving one offer: which units are still lacking somewhere, and the symbols that leave for them.
//!
//! A giver knows of each unit how many symbols somebody lacks, and sends so many that it has not
//! sent before, to all: those that the unit is cut into first, then those that mend. What a report
//! says is counted only if the reporter had the chance to hear what left of the unit, by the number
//! of the newest frame that it has heard; otherwise symbols would be sent twice that are on their
//! way. What is likely to be lost on the way is sent at once, so that most units need one report
//! at most: each round of reports and repairs takes longer than a unit.
//!
//! Units are sent in their order, beginning again behind the last one. Those that somebody lacks of
//! the [`WINDOW_UNITS`] before the present one go first, so that takers need not keep incomplete
//! units for long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::ahead::Need;
use super::announcing::Announcing;
use super::code::Shape;
use super::disk::{BlockBytes, Request};
use super::offer::Offer;
use super::pace::TakersPace;
use super::sealing;
use super::units::{self, Unit, UnitSet};
use crate::protocol::engine::unreliable::{Piece, Priority};
use crate::protocol::node::Node;
use crate::protocol::rate::TokenBucket;
use crate::protocol::time::Moment;
use crate::protocol::wire::compact::{COMPACT_OVERHEAD_BYTES, StreamId};
use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::notice::{
    HASHES_MAX, Hashes, Lack, Report, WHOLE_UNIT, symbol_hash,
};

/// How far back repairs go before what is new.
const WINDOW_UNITS: u32 = 32;

/// Most units that are held to be sent, in memory with what mends them.
const LOADED_MAX: usize = 4;

/// The unit that is sent and those that are loaded meanwhile.
const LOADED_AHEAD: usize = 2;

/// A giver of which nobody wants anything for so long ends its stream.
const LINGER: Duration = Duration::from_secs(4);

/// Headers around a compact frame's symbol, in bytes.
const WRAPPING_BYTES: usize = COMPACT_OVERHEAD_BYTES + 8 + 20 + 14;

/// Most units at a time whose hashes are said.
const DOUBTED_MAX: usize = 4;

/// Hashes of a unit are said no more often than this.
const HASHES_EVERY: Duration = Duration::from_millis(250);

/// How many units of reports are looked at in a second, and at once: whatever they say, they take
/// little time.
const LOOKS_PER_S: f64 = 500_000.0;
const LOOKS_BURST: f64 = 250_000.0;

/// What the hashes of a unit cost, in symbols.
const HASHES_COST: f64 = 16.0;

/// How long after a symbol of a unit left a report that names no stream says nothing about it.
const ON_ITS_WAY: Duration = Duration::from_millis(60);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Giving {
    pub(super) offer: Arc<Offer>,
    index: Arc<[u8]>,
    pub(super) stream: StreamId,
    symbol_bytes: usize,
    pace: TakersPace,
    /// How many symbols are to be sent of each unit.
    needs: BTreeMap<u32, Need>,
    sent: BTreeMap<u32, Sent>,
    at: u32,
    loaded: BTreeMap<u32, Loaded>,
    /// The unit that the disk reads.
    reading: Option<u32>,
    announcing: Announcing,
    wanted_at: Duration,
    /// The units whose symbols somebody doubts, and when the hashes of each were said last.
    doubted: BTreeMap<u32, Option<Duration>>,
    /// Units of reports that may still be looked at.
    looks: TokenBucket,
    /// Whether it goes on also if somebody else gives.
    pub(super) insists: bool,
}

/// What has left of a unit.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// The symbol that is next.
    next: u16,
    /// The number of the frame with the last one.
    number: u32,
    at: Duration,
}

#[derive(Debug)]
struct Loaded {
    shape: Shape,
    bytes: Arc<[u8]>,
    /// The symbols that mend, once they are needed.
    mending: Option<Vec<u8>>,
}

impl Loaded {
    fn symbol(&mut self, piece: u16) -> Vec<u8> {
        let (shape, bytes) = (self.shape, &self.bytes);
        let Some(recovery) = piece.checked_sub(shape.originals) else {
            return shape.original(bytes, piece).into_owned();
        };
        let mending = self.mending.get_or_insert_with(|| shape.mending(bytes));
        let start = usize::from(recovery) * shape.symbol_bytes;
        let symbol = mending.get(start..start + shape.symbol_bytes);
        symbol.unwrap_or_default().to_vec()
    }
}

impl Giving {
    pub(super) fn new(
        (offer, index): (Arc<Offer>, Arc<[u8]>),
        stream: StreamId,
        (symbol_bytes, most_bytes_per_s): (usize, f64),
        now: Duration,
    ) -> Self {
        Self {
            offer,
            index,
            stream,
            symbol_bytes,
            pace: TakersPace::new(now, most_bytes_per_s),
            needs: BTreeMap::new(),
            sent: BTreeMap::new(),
            at: 0,
            loaded: BTreeMap::new(),
            reading: None,
            announcing: Announcing::new(now),
            wanted_at: now,
            doubted: BTreeMap::new(),
            looks: TokenBucket::new(LOOKS_PER_S, LOOKS_BURST, now),
            insists: false,
        }
    }

    pub(super) fn bytes_per_s(&self) -> u64 {
        if self.needs.is_empty() {
            0
        } else {
            self.pace.bytes_per_s() as u64
        }
    }

    /// Whether nobody has wanted anything for a while, or it is given up.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        let is_given_up = self.wanted_at == Duration::ZERO;
        self.needs.is_empty() && (is_given_up || now >= self.wanted_at + LINGER)
    }

    /// Takes in what somebody lacks, which is paid by their credit. `has` says which units are
    /// here.
    pub(super) fn report(
        &mut self,
        now: Duration,
        member: MemberTag,
        report: &Report,
        (has, credit): (Option<&UnitSet>, &mut TokenBucket),
    ) {
        let counts = match report.stream {
            Some(stream) if stream == self.stream => {
                let within = Duration::from_millis(report.within_ms.into());
                let counts = (report.highest, report.received);
                self.pace.report(now, member, counts, within);
                Some(report.highest)
            }
            Some(_) => return,
            None => None,
        };
        if let Some(unit) = report.doubts
            && self.doubted.len() < DOUBTED_MAX
            && has.is_none_or(|has| has.contains(unit))
            && units::unit(&self.offer, unit).is_some()
            && credit.try_spend(HASHES_COST, now)
        {
            self.doubted.entry(unit).or_default();
        }
        if !self.needs.is_empty() && !self.pace.keeps_up(member, now) {
            return; // it has its turn when the others have all
        }
        let before = self.needs.len();
        for lack in &report.lacks {
            self.add(now, lack, counts, (has, credit));
        }
        // Whoever lacks something that has left may not know that it has.
        let may_not_know = counts.is_none() || self.needs.is_empty();
        if self.needs.len() > before || !report.lacks.is_empty() && may_not_know {
            self.announcing.answer(now);
        }
    }

    fn add(
        &mut self,
        now: Duration,
        lack: &Lack,
        heard: Option<u32>,
        (has, credit): (Option<&UnitSet>, &mut TokenBucket),
    ) {
        let end = lack.first.saturating_add(lack.units);
        for unit in lack.first..end.min(units::count(&self.offer)) {
            if !self.looks.try_spend(1.0, now) {
                return;
            }
            let length = units::length(&self.offer, unit);
            let Some(shape) = Shape::of(length, self.symbol_bytes) else {
                continue;
            };
            let is_on_its_way = self.sent.get(&unit).is_some_and(|sent| match heard {
                Some(highest) => sent.number > highest,
                None => now < sent.at + ON_ITS_WAY,
            });
            if is_on_its_way || has.is_some_and(|has| !has.contains(unit)) {
                continue;
            }
            let symbols = match lack.symbols {
                WHOLE_UNIT => shape.originals,
                symbols => symbols.min(shape.originals),
            };
            let before = self.needs.get(&unit).map_or(0, |need| need.symbols);
            let more = symbols.saturating_sub(before);
            if more == 0 {
                continue;
            }
            if !credit.try_spend(more.into(), now) {
                return;
            }
            self.needs.insert(unit, Need::of(symbols));
            self.wanted_at = now;
        }
    }

    /// The disk cannot read it any more: the stream ends.
    pub(super) fn give_up(&mut self) {
        self.needs.clear();
        self.doubted.clear();
        self.reading = None;
        self.wanted_at = Duration::ZERO;
        self.announcing.stop();
    }

    /// Takes in a block that the disk has read; returns whether it is the offered one.
    #[must_use]
    pub(super) fn loaded(&mut self, block: u32, bytes: BlockBytes) -> bool {
        let unit = units::of_block(&self.offer, block);
        if self.reading == Some(unit) {
            self.reading = None;
        }
        // Under one key nothing else is ever sealed, and takers would throw it away.
        let offered = self.offer.block_hash(block, &self.index);
        let is_offered = offered == Some(*blake3::hash(&bytes.0).as_bytes());
        if is_offered {
            self.hold(unit, bytes.0);
        }
        is_offered
    }

    fn hold(&mut self, unit: u32, bytes: Arc<[u8]>) {
        if bytes.len() != units::length(&self.offer, unit) {
            return;
        }
        let bytes = match self.offer.is_private() {
            true => {
                let mut sealed = bytes.to_vec();
                sealing::seal(&self.offer, unit, &mut sealed);
                sealed.into()
            }
            false => bytes,
        };
        if let Some(shape) = Shape::of(bytes.len(), self.symbol_bytes) {
            while self.loaded.len() >= LOADED_MAX {
                // What stands furthest from the present unit is needed last.
                let furthest = self.loaded.keys().max_by_key(|held| held.abs_diff(self.at));
                let Some(furthest) = furthest.copied() else {
                    break;
                };
                self.loaded.remove(&furthest);
            }
            let mending = None;
            self.loaded.insert(
                unit,
                Loaded {
                    shape,
                    bytes,
                    mending,
                },
            );
        }
    }

    /// The units that are sent next, in order.
    fn next_units(&self) -> impl Iterator<Item = u32> {
        let from = self.at.saturating_sub(WINDOW_UNITS);
        let units = self.needs.range(from..).chain(self.needs.range(..from));
        units.map(|(unit, _)| *unit)
    }

    fn next_unit(&self) -> Option<u32> {
        self.next_units().next()
    }

    /// Sends what may leave now; returns what is to be read for what comes next.
    pub(super) fn pump(&mut self, now: Moment, node: &mut Node) -> Option<Request> {
        self.announce(now, node);
        if let Some(unit) = self.next_doubted(now.time) {
            if !self.loaded.contains_key(&unit) {
                return self.load(unit);
            }
            self.tell_hashes(now, node, unit);
        }
        while self.announcing.has_begun()
            && node.unreliable_room(Priority::File) > 0
            && let Some(unit) = self.next_unit()
        {
            if !self.loaded.contains_key(&unit) {
                return self.load(unit);
            }
            if !self.send(now, node, unit) {
                break;
            }
        }
        self.load_ahead()
    }

    /// Gets the unit behind the one that is sent now, so that nothing waits for the disk.
    fn load_ahead(&mut self) -> Option<Request> {
        let is_loaded = |unit: &u32| self.loaded.contains_key(unit);
        let next = self.next_units().take(LOADED_AHEAD);
        let next = next.filter(|unit| !is_loaded(unit)).min()?;
        self.load(next)
    }

    /// A doubted unit whose hashes are due.
    fn next_doubted(&mut self, now: Duration) -> Option<u32> {
        let is_over = |at: &Option<Duration>| at.is_some_and(|at| now >= at + HASHES_EVERY);
        self.doubted.retain(|_, told_at| !is_over(told_at));
        let mut due = self.doubted.iter().filter(|(_, told_at)| told_at.is_none());
        due.next().map(|(unit, _)| *unit)
    }

    fn tell_hashes(&mut self, now: Moment, node: &mut Node, unit: u32) {
        let Some(loaded) = self.loaded.get_mut(&unit) else {
            return;
        };
        let pieces: Vec<u16> = (0..loaded.shape.symbols()).collect();
        for some in pieces.chunks(HASHES_MAX) {
            let hash = |piece: &u16| symbol_hash(&loaded.symbol(*piece));
            node.tell_hashes(
                now,
                Hashes {
                    about: self.offer.id.0,
                    symbol_bytes: self.symbol_bytes as u16, // at most 1344
                    unit,
                    first: some.first().copied().unwrap_or_default(),
                    hashes: some.iter().map(hash).collect(),
                },
            );
        }
        self.doubted.insert(unit, Some(now.time));
    }

    /// Gets a unit; what the disk must read is returned.
    fn load(&mut self, unit: u32) -> Option<Request> {
        match units::unit(&self.offer, unit)? {
            Unit::Index(block) => {
                let range = self.offer.index_range(block);
                let bytes = self.index.get(range.start as usize..range.end as usize);
                let bytes: Arc<[u8]> = bytes.unwrap_or_default().into();
                self.hold(unit, bytes);
                None
            }
            Unit::Content(block) => {
                if self.reading.is_some() {
                    return None;
                }
                self.reading = Some(unit);
                let offer = self.offer.id;
                Some(Request::Read { offer, block })
            }
        }
    }

    /// Sends one symbol of a unit; returns whether it was allowed to leave.
    fn send(&mut self, now: Moment, node: &mut Node, unit: u32) -> bool {
        let Some(loaded) = self.loaded.get_mut(&unit) else {
            return false;
        };
        let shape = loaded.shape;
        let wire_bytes = shape.symbol_bytes + WRAPPING_BYTES;
        if !self.pace.try_send(wire_bytes, now.time) {
            return false;
        }
        let sent = self.sent.entry(unit).or_default();
        let piece = sent.next % shape.symbols();
        sent.next = (piece + 1) % shape.symbols();
        sent.at = now.time;
        node.send_unreliable(
            self.stream,
            Priority::File,
            Duration::MAX,
            Piece {
                frame: unit,
                piece,
                originals: shape.originals,
                flags: 0,
                bytes: loaded.symbol(piece),
            },
        );
        sent.number = node.newest_queued(self.stream);
        self.at = unit;
        if let Some(need) = self.needs.get_mut(&unit) {
            let loss = || self.pace.expected_loss(now.time);
            if need.is_last(loss, shape.symbols()) {
                self.needs.remove(&unit);
            }
            if self.needs.is_empty() {
                self.announcing.has_run_dry();
            }
        }
        true
    }

    fn announce(&mut self, now: Moment, node: &mut Node) {
        if self.announcing.take(now.time, self.needs.is_empty()) {
            let symbol_bytes = self.symbol_bytes as u16; // at most 1344
            node.announce_stream(now, self.stream, self.offer.id.0, symbol_bytes);
        }
    }

    /// When there is something to do without news. `has_room` says whether symbols may be queued.
    pub(super) fn next_time(&self, has_room: bool) -> Duration {
        let is_dry = self.needs.is_empty();
        let over = match self.wanted_at {
            Duration::ZERO => Duration::ZERO,
            wanted_at => wanted_at + LINGER,
        };
        let is_loaded = self
            .next_unit()
            .is_some_and(|unit| self.loaded.contains_key(&unit));
        let may_send = is_loaded && has_room && self.announcing.has_begun();
        let symbol = may_send.then(|| self.pace.next_time(self.symbol_bytes + WRAPPING_BYTES));
        let announcement = self.announcing.next_time(is_dry);
        let times = [announcement, is_dry.then_some(over), symbol];
        times.into_iter().flatten().min().unwrap_or(Duration::MAX)
    }
}
