//! What is received of one camera or screen: whole pictures in their order, each at most once, from
//! a key picture on. A picture that lacks symbols is asked for; one that stays lacking is given up,
//! and with it those that cannot be decoded without it.

mod assembly;

use std::collections::BTreeMap;
use std::time::Duration;

use self::assembly::{Assembly, Outcome};
use super::asking::Asking;
use super::code::Shape;
use super::frame::{Codec, Played, Source};
use super::picture_sender::{IS_DROPPABLE, IS_KEY};
use crate::protocol::engine::event::HeardPiece;
use crate::protocol::rng::Rng;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::Want;
use crate::protocol::wire::frame::notice::WHOLE_UNIT;
use crate::protocol::wire::media::{Picture, Root, Signature, UnitId};

/// When a picture that lacks symbols is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(100);

/// The same, for a key picture.
const KEY_GIVEN_UP_AFTER: Duration = Duration::from_millis(300);

/// When a key picture is asked for again.
const KEY_AGAIN_AFTER: Duration = Duration::from_millis(300);

/// The longest wait before a key picture is asked for: most of those who lack it then stay silent.
const KEY_WAIT_MOST: Duration = Duration::from_millis(30);

/// How far a picture may be ahead of those that are known to be genuine: two seconds of a fast
/// camera.
const AHEAD_MAX: u32 = 64;

/// Most bytes of one stream that wait to be whole.
const HELD_MAX_BYTES: usize = 4_000_000;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct PictureReceiver {
    stream: StreamId,
    source: Source,
    /// The next picture to be played, or after which a key picture is waited for.
    next: u32,
    /// Since when it is the next.
    next_since: Duration,
    /// Whether the next one can be decoded if it is no key picture.
    is_flowing: bool,
    has_played: bool,
    /// The newest unit that is known to be genuine.
    newest: u32,
    units: BTreeMap<u32, Unit>,
    held_bytes: usize,
    lost: u16,
    /// When a key picture is asked for.
    key_due: Option<Duration>,
    /// Whether another has asked for one since it was asked for here.
    is_key_postponed: bool,
}

#[derive(Debug)]
struct Unit {
    asking: Asking,
    /// What its symbols say; the signature says it for certain.
    flags: u8,
    state: State,
}

#[derive(Debug)]
enum State {
    Lacking(Assembly),
    Whole(Whole),
}

/// A genuine picture.
#[derive(Debug)]
struct Whole {
    is_key: bool,
    codec: Codec,
    time: u32,
    frame: Vec<u8>,
}

impl Unit {
    fn new(now: Duration, flags: u8, rng: &mut Rng) -> Self {
        Self {
            asking: Asking::new(now, rng),
            flags,
            state: State::Lacking(Assembly::default()),
        }
    }

    fn seems_key(&self) -> bool {
        self.flags & IS_KEY != 0
    }

    fn is_whole_key(&self) -> bool {
        matches!(&self.state, State::Whole(whole) if whole.is_key)
    }

    fn held_bytes(&self) -> usize {
        match &self.state {
            State::Lacking(assembly) => assembly.held_bytes(),
            State::Whole(whole) => whole.frame.len(),
        }
    }

    fn given_up_at(&self, next_since: Duration) -> Duration {
        let after = match self.seems_key() {
            true => KEY_GIVEN_UP_AFTER,
            false => GIVEN_UP_AFTER,
        };
        self.asking.since.max(next_since) + after
    }
}

impl PictureReceiver {
    /// Receives what comes behind the announced picture.
    pub(super) fn new(now: Duration, stream: StreamId, source: Source, announced: u32) -> Self {
        Self {
            stream,
            source,
            next: announced.saturating_add(1),
            next_since: now,
            is_flowing: false,
            has_played: false,
            newest: announced,
            units: BTreeMap::new(),
            held_bytes: 0,
            lost: 0,
            key_due: Some(now),
            is_key_postponed: false,
        }
    }

    /// Takes in a symbol, and plays what can be played.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        piece: HeardPiece,
        mut check: impl FnMut(&Root, &Signature) -> Option<bool>,
        (rng, out): (&mut Rng, &mut Vec<Played>),
    ) {
        let number = piece.frame;
        let shape = Shape::heard(piece.originals, piece.bytes.len());
        let Some(shape) = shape.filter(|_| self.is_wanted(number, piece.flags)) else {
            return;
        };
        let fresh = || Unit::new(now, piece.flags, rng);
        let unit = self.units.entry(number).or_insert_with(fresh);
        let before = unit.held_bytes();
        let State::Lacking(assembly) = &mut unit.state else {
            return;
        };
        if assembly.is_empty() {
            unit.flags = piece.flags;
        }
        let id = UnitId {
            stream: self.stream,
            unit: number,
        };
        let whole = |bytes: &[u8]| genuine(id, bytes, &mut check);
        if let Outcome::Whole(whole) = assembly.add(shape, piece.piece, piece.bytes, whole) {
            self.newest = self.newest.max(number);
            unit.state = State::Whole(whole);
        }
        self.held_bytes = (self.held_bytes + unit.held_bytes()).saturating_sub(before);
        self.notice_gaps(now, rng);
        self.play(now, out);
    }

    /// Whether a symbol of a picture may be of use.
    fn is_wanted(&self, unit: u32, flags: u8) -> bool {
        let newest = self.newest.max(self.next);
        let is_near = unit >= self.next && unit <= newest.saturating_add(AHEAD_MAX);
        // Nothing is of use without a key picture before it.
        let mut before = self.units.range(..=unit);
        let is_decodable =
            self.is_flowing || flags & IS_KEY != 0 || before.any(|(_, unit)| unit.seems_key());
        let is_known = self.units.contains_key(&unit);
        is_near && (is_known || is_decodable && self.held_bytes < HELD_MAX_BYTES)
    }

    /// Notices which pictures before the newest genuine one were never heard of.
    fn notice_gaps(&mut self, now: Duration, rng: &mut Rng) {
        if self.is_flowing {
            let last = self.newest.min(self.next.saturating_add(AHEAD_MAX));
            for unit in self.next..=last {
                let fresh = || Unit::new(now, 0, rng);
                self.units.entry(unit).or_insert_with(fresh);
            }
        }
    }

    /// Its author says which picture is the newest one.
    pub(super) fn announced(&mut self, now: Duration, newest: u32, rng: &mut Rng) {
        if newest > self.next.saturating_add(AHEAD_MAX) {
            // The network was away: what is now counts.
            self.lose_up_to(now, newest, rng);
        }
        self.newest = self.newest.max(newest);
        self.notice_gaps(now, rng);
    }

    fn play(&mut self, now: Duration, out: &mut Vec<Played>) {
        if !self.is_flowing
            && let Some((first, _)) = self.units.iter().find(|(_, unit)| unit.is_whole_key())
        {
            let first = *first;
            self.units = self.units.split_off(&first);
            self.skip_to(now, first);
            self.is_flowing = true;
            self.key_due = None;
        }
        while self.is_flowing
            && let Some(unit) = self.units.remove(&self.next)
        {
            let State::Whole(whole) = unit.state else {
                self.units.insert(self.next, unit);
                break;
            };
            self.held_bytes = self.held_bytes.saturating_sub(whole.frame.len());
            (self.next, self.next_since) = (self.next.saturating_add(1), now);
            self.has_played = true;
            out.push(Played {
                stream: self.stream,
                source: self.source,
                codec: whole.codec,
                is_key: whole.is_key,
                rtp_time: whole.time,
                lost_before: std::mem::take(&mut self.lost),
                bytes: whole.frame,
            });
        }
    }

    /// Goes on at a later picture; those before it are lost, unless nothing was played yet.
    fn skip_to(&mut self, now: Duration, unit: u32) {
        let skipped = unit.saturating_sub(self.next).min(u16::MAX.into()) as u16;
        if self.has_played {
            self.lost = self.lost.saturating_add(skipped);
        }
        (self.next, self.next_since) = (unit, now);
        self.held_bytes = self.units.values().map(Unit::held_bytes).sum();
    }

    /// Gives up everything up to a picture, and waits for a key picture.
    fn lose_up_to(&mut self, now: Duration, last: u32, rng: &mut Rng) {
        let next = last.saturating_add(1);
        let behind = self.units.split_off(&next);
        let is_of_use = behind.into_iter().skip_while(|(_, unit)| !unit.seems_key());
        self.units = is_of_use.collect();
        self.skip_to(now, next);
        self.is_flowing = false;
        let soon = now + rng.between(Duration::ZERO, KEY_WAIT_MOST);
        self.key_due.get_or_insert(soon);
    }

    /// The page cannot decode what it was given.
    pub(super) fn want_key(&mut self, now: Duration) {
        self.key_due.get_or_insert(now);
    }

    /// Another asks for symbols.
    pub(super) fn other_asks(&mut self, now: Duration, want: &Want, rng: &mut Rng) {
        if want.unit == 0 {
            // Once: whoever asks all the time does not silence the others.
            if !std::mem::replace(&mut self.is_key_postponed, true) {
                self.key_due = self.key_due.map(|due| due.max(now + KEY_AGAIN_AFTER));
            }
        } else if let Some(unit) = self.units.get_mut(&want.unit)
            && let State::Lacking(assembly) = &unit.state
            && assembly.lacks().unwrap_or(WHOLE_UNIT) <= want.symbols
        {
            unit.asking.other_asks(now, rng);
        }
    }

    /// Gives up what is too late, plays what is behind it, and asks for what is due.
    pub(super) fn on_time(
        &mut self,
        now: Duration,
        wants: &mut Vec<Want>,
        (rng, out): (&mut Rng, &mut Vec<Played>),
    ) {
        self.give_up(now, (rng, out));
        for (number, unit) in &mut self.units {
            if let State::Lacking(assembly) = &unit.state
                && unit.asking.due <= now
            {
                unit.asking.asked(now, rng);
                wants.push(Want {
                    stream: self.stream,
                    unit: *number,
                    symbols: assembly.lacks().unwrap_or(WHOLE_UNIT),
                    above: assembly.above(),
                });
            }
        }
        if self.key_due.is_some_and(|due| due <= now) {
            let again = KEY_AGAIN_AFTER + rng.between(Duration::ZERO, KEY_WAIT_MOST);
            // While pictures flow, the page alone lacks one, and asks again itself.
            self.key_due = (!self.is_flowing).then_some(now + again);
            self.is_key_postponed = false;
            wants.push(Want {
                stream: self.stream,
                unit: 0,
                symbols: 1,
                above: 0,
            });
        }
    }

    fn give_up(&mut self, now: Duration, (rng, out): (&mut Rng, &mut Vec<Played>)) {
        while let Some((number, unit)) = self.first_lacking()
            && unit.given_up_at(self.given_up_from()) <= now
        {
            match self.is_flowing && unit.flags & IS_DROPPABLE != 0 {
                true => {
                    self.units.remove(&number);
                    self.skip_to(now, number.saturating_add(1));
                }
                false => self.lose_up_to(now, number, rng),
            }
            self.play(now, out);
        }
    }

    /// What is given up next: the picture that keeps those behind it waiting.
    fn first_lacking(&self) -> Option<(u32, &Unit)> {
        let first = match self.is_flowing {
            true => self.units.get_key_value(&self.next),
            false => self.units.first_key_value(),
        };
        first.map(|(number, unit)| (*number, unit))
    }

    /// The earliest time from which a picture counts as late.
    fn given_up_from(&self) -> Duration {
        match self.is_flowing {
            true => self.next_since,
            false => Duration::ZERO,
        }
    }

    pub(super) fn next_time(&self) -> Option<Duration> {
        let lacking = self.units.values();
        let lacking = lacking.filter(|unit| matches!(unit.state, State::Lacking(_)));
        let due = lacking.map(|unit| unit.asking.due);
        let first = self.first_lacking();
        let given_up = first.map(|(_, unit)| unit.given_up_at(self.given_up_from()));
        due.chain(given_up).chain(self.key_due).min()
    }
}

/// A picture whose signature is its author's.
fn genuine(
    id: UnitId,
    bytes: &[u8],
    check: &mut impl FnMut(&Root, &Signature) -> Option<bool>,
) -> Option<Whole> {
    let signed = Picture::open(id, bytes)?;
    let (root, signature) = signed.proof?;
    let picture = signed.content;
    let codec = Codec::from_byte(picture.codec).filter(|codec| codec.fits(Source::Camera))?;
    (check(&root, &signature) == Some(true)).then(|| Whole {
        is_key: picture.is_key,
        codec,
        time: picture.time,
        frame: picture.frame.to_vec(),
    })
}
