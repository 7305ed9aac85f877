//! Taking one offer: the symbols that have come of each unit, and what is lacking.
//!
//! ```text
//! Opening     the disk prepares
//! Index       the units of the index are wanted; each is kept here
//! Beginning   the disk looks what is there already
//! Content     the units of the content are wanted; each is written once its hash is right
//! Finishing   the disk hashes the whole and names it
//! ```
//!
//! A unit counts once it has the hash that the offer, or its index, says. The symbols of one that
//! has not are all dropped: one of them was false.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::code::Shape;
use super::disk::{BlockBytes, OUTSTANDING_MAX, Request};
use super::doubts::Doubts;
use super::offer::{BLOCK_BYTES, Offer};
use super::reporting::Reporting;
use super::sealing;
use super::units::{self, Unit, UnitSet};
use crate::protocol::engine::event::HeardPiece;
use crate::protocol::wire::frame::MemberTag;

/// A doubted unit that has had no symbol for so long may come of another giver.
const OTHER_GIVER_AFTER: Duration = Duration::from_millis(1500);

/// Most units of which some symbols are here, in memory: 11 MB.
const PARTIAL_MAX: usize = 32;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Taking {
    pub(super) offer: Arc<Offer>,
    pub(super) phase: Phase,
    index: Option<Arc<[u8]>>,
    /// The units that are here: the content's are also written.
    pub(super) have: UnitSet,
    /// The units of the index that are here, and who gave each.
    index_parts: BTreeMap<u32, (Vec<u8>, MemberTag)>,
    partial: BTreeMap<u32, Partial>,
    writing: BTreeSet<u32>,
    pub(super) reporting: Reporting,
    pub(super) doubts: Doubts,
    /// Bytes that have come since the last time that the rate was measured, and that time.
    arrived_bytes: u64,
    measured_at: Duration,
    pub(super) bytes_per_s: u64,
}

/// How far a taking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Opening,
    Index,
    Beginning,
    Content,
    Finishing,
}

/// A unit of which some symbols are here.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) shape: Shape,
    pub(super) pieces: BTreeMap<u16, Box<[u8]>>,
    /// Who gave the first symbol.
    giver: MemberTag,
    pub(super) heard_at: Duration,
}

impl Partial {
    /// How many symbols it lacks.
    pub(super) fn lack(&self) -> u16 {
        let here = self.pieces.len() as u16; // at most what a shape has
        self.shape.originals.saturating_sub(here)
    }

    fn is_full(&self) -> bool {
        self.lack() == 0
    }
}

impl Taking {
    pub(super) fn new(offer: Arc<Offer>, now: Duration) -> Self {
        Self {
            have: UnitSet::none_of(units::count(&offer)),
            offer,
            phase: Phase::Opening,
            index: None,
            index_parts: BTreeMap::new(),
            partial: BTreeMap::new(),
            writing: BTreeSet::new(),
            reporting: Reporting::new(now),
            doubts: Doubts::default(),
            arrived_bytes: 0,
            measured_at: now,
            bytes_per_s: 0,
        }
    }

    /// The units that are wanted now.
    pub(super) fn wanted(&self) -> Range<u32> {
        let index_units = self.offer.index_blocks();
        match self.phase {
            Phase::Index => 0..index_units,
            Phase::Content => index_units..units::count(&self.offer),
            Phase::Opening | Phase::Beginning | Phase::Finishing => 0..0,
        }
    }

    /// Whether anything is wanted of others: not while the disk prepares, looks or hashes.
    pub(super) fn is_wanting(&self) -> bool {
        matches!(self.phase, Phase::Index | Phase::Content)
    }

    /// Whether a unit is wanted, and not about to be written.
    pub(super) fn lacks(&self, unit: u32) -> bool {
        let is_wanted = self.wanted().contains(&unit);
        is_wanted && !self.have.contains(unit) && !self.writing.contains(&unit)
    }

    /// The units that are wanted and not here, in order.
    pub(super) fn missing(&self) -> impl Iterator<Item = u32> {
        let missing = self.have.missing(self.wanted());
        missing.filter(|unit| !self.writing.contains(unit))
    }

    pub(super) fn partial(&self, unit: u32) -> Option<&Partial> {
        self.partial.get(&unit)
    }

    /// The index, once it is here.
    pub(super) fn index(&self) -> Option<&Arc<[u8]>> {
        self.index.as_ref()
    }

    /// Bytes of the content that are here.
    pub(super) fn done_bytes(&self) -> u64 {
        done_bytes(&self.offer, self.have.count())
    }

    /// The disk is ready. What follows: the index is wanted, or was kept.
    pub(super) fn opened(&mut self, kept: Option<Arc<[u8]>>) -> Option<Request> {
        if self.phase != Phase::Opening {
            return None;
        }
        self.phase = Phase::Index;
        let kept = kept.filter(|index| self.offer.is_index(index));
        let empty = (self.offer.index_bytes == 0).then(|| Arc::from([]));
        self.know_index(kept.or(empty)?)
    }

    fn know_index(&mut self, index: Arc<[u8]>) -> Option<Request> {
        if !self.offer.is_index(&index) {
            // One of its units is false, and nothing says which.
            let parts = std::mem::take(&mut self.index_parts);
            self.have = UnitSet::none_of(units::count(&self.offer));
            for (unit, (_, giver)) in parts {
                self.doubt(unit, giver);
            }
            return None;
        }
        for unit in 0..self.offer.index_blocks() {
            self.have.insert(unit);
        }
        self.index_parts.clear();
        let first = self.offer.index_blocks();
        self.partial.retain(|unit, _| *unit >= first);
        self.index = Some(index.clone());
        self.phase = Phase::Beginning;
        let offer = self.offer.id;
        Some(Request::Begin { offer, index })
    }

    /// The disk has looked what is there already.
    pub(super) fn begun(&mut self, have: &[Range<u32>]) -> Vec<Request> {
        if self.phase != Phase::Beginning {
            return Vec::new();
        }
        self.phase = Phase::Content;
        for block in have.iter().cloned().flatten() {
            self.have.insert(units::of_block(&self.offer, block));
        }
        let have = &self.have;
        self.partial.retain(|unit, _| !have.contains(*unit));
        self.go_on()
    }

    /// A block is on the disk.
    pub(super) fn written(&mut self, block: u32) -> Vec<Request> {
        let unit = units::of_block(&self.offer, block);
        if self.writing.remove(&unit) {
            self.have.insert(unit);
        }
        self.go_on()
    }

    /// Completes what has all its symbols and had to wait, and the whole.
    fn go_on(&mut self) -> Vec<Request> {
        let full = self.partial.iter().filter(|(_, partial)| partial.is_full());
        let full: Vec<u32> = full.map(|(unit, _)| *unit).collect();
        let written = full
            .into_iter()
            .filter_map(|unit| self.complete_if_full(unit));
        let mut requests: Vec<Request> = written.collect();
        requests.extend(self.finish_if_whole());
        requests
    }

    fn finish_if_whole(&mut self) -> Option<Request> {
        let is_whole = self.phase == Phase::Content && self.have.is_full();
        is_whole.then(|| {
            self.phase = Phase::Finishing;
            let offer = self.offer.id;
            Request::Finish { offer }
        })
    }

    /// Takes in a symbol of a stream with symbols of this length.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        piece: HeardPiece,
        (giver, symbol_bytes): (MemberTag, usize),
    ) -> Option<Request> {
        self.arrived_bytes += piece.bytes.len() as u64;
        let unit = piece.frame;
        if !self.takes(unit) {
            return None;
        }
        let shape = Shape::of(units::length(&self.offer, unit), symbol_bytes)?;
        let is_of_shape = piece.originals == shape.originals
            && piece.piece < shape.symbols()
            && piece.bytes.len() == shape.symbol_bytes;
        let is_true = self.doubts.allow(unit, giver, (piece.piece, &piece.bytes));
        if !is_of_shape || !is_true || !self.make_place(unit) {
            return None;
        }
        let fresh = || Partial {
            shape,
            pieces: BTreeMap::new(),
            giver,
            heard_at: now,
        };
        let is_doubted = self.doubts.contains(unit);
        let partial = self.partial.entry(unit).or_insert_with(fresh);
        // A doubted unit comes of one giver alone, who is then known to lie or not.
        let is_stale = now >= partial.heard_at + OTHER_GIVER_AFTER;
        if is_doubted && partial.giver != giver && !is_stale {
            return None;
        }
        if partial.shape != shape || is_doubted && partial.giver != giver {
            *partial = fresh();
        }
        partial.heard_at = now;
        partial.pieces.insert(piece.piece, piece.bytes);
        self.complete_if_full(unit)
    }

    /// Whether symbols of a unit are kept: of the content also while it is not known yet what the
    /// disk has.
    fn takes(&self, unit: u32) -> bool {
        let is_before = matches!(self.phase, Phase::Opening | Phase::Index | Phase::Beginning);
        let is_early = is_before && unit >= self.offer.index_blocks();
        let is_full = self.partial.get(&unit).is_some_and(Partial::is_full);
        (is_early || self.lacks(unit)) && !is_full
    }

    /// Completes a unit of which enough symbols are here, unless it must wait for the disk.
    fn complete_if_full(&mut self, unit: u32) -> Option<Request> {
        self.partial
            .get(&unit)
            .filter(|partial| partial.is_full())?;
        if !self.lacks(unit) || self.writing.len() >= OUTSTANDING_MAX {
            return None;
        }
        let partial = self.partial.remove(&unit)?;
        let bytes = partial.shape.decode(&partial.pieces)?;
        self.complete(unit, bytes, partial.giver)
    }

    /// The symbols of a unit made something else. If its giver has signed them all, he lies.
    fn doubt(&mut self, unit: u32, giver: MemberTag) {
        match self.doubts.contains(unit) {
            true => self.reporting.ban(giver),
            false => self.doubts.add(unit),
        }
    }

    /// Whether symbols of a unit may be kept. The last units give way to earlier ones, which come
    /// again sooner.
    fn make_place(&mut self, unit: u32) -> bool {
        if self.partial.len() < PARTIAL_MAX || self.partial.contains_key(&unit) {
            return true;
        }
        match self.partial.last_key_value() {
            Some((last, _)) if *last > unit => {
                self.partial.pop_last();
                true
            }
            _ => false,
        }
    }

    fn complete(&mut self, number: u32, mut bytes: Vec<u8>, giver: MemberTag) -> Option<Request> {
        sealing::seal(&self.offer, number, &mut bytes);
        match units::unit(&self.offer, number)? {
            Unit::Index(_) => {
                self.index_parts.insert(number, (bytes, giver));
                self.have.insert(number);
                let is_whole = self.index_parts.len() == self.offer.index_blocks() as usize;
                if !is_whole {
                    return None;
                }
                let parts = self.index_parts.values();
                let index: Vec<u8> = parts.flat_map(|(part, _)| part.iter().copied()).collect();
                self.know_index(index.into())
            }
            Unit::Content(block) => {
                let expected = self.offer.block_hash(block, self.index.as_ref()?)?;
                if *blake3::hash(&bytes).as_bytes() != expected {
                    self.doubt(number, giver);
                    return None;
                }
                self.doubts.remove(number);
                self.writing.insert(number);
                Some(Request::Write {
                    offer: self.offer.id,
                    block,
                    bytes: BlockBytes(bytes.into()),
                })
            }
        }
    }

    /// Measures how much has come lately.
    pub(super) fn measure(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.measured_at).as_secs_f64();
        if passed > 0.0 {
            self.bytes_per_s = (self.arrived_bytes as f64 / passed) as u64;
        }
        (self.measured_at, self.arrived_bytes) = (now, 0);
    }

    /// How long the rest takes at the present rate.
    pub(super) fn left(&self) -> Option<Duration> {
        let rest = self.offer.size_bytes.saturating_sub(self.done_bytes());
        let seconds = rest.checked_div(self.bytes_per_s)?;
        Some(Duration::from_secs(seconds))
    }
}

/// How many bytes of the content that many units are, of which the index's are the first.
pub(super) fn done_bytes(offer: &Offer, units: u32) -> u64 {
    let blocks = u64::from(units.saturating_sub(offer.index_blocks()));
    (blocks * u64::from(BLOCK_BYTES)).min(offer.size_bytes)
}
