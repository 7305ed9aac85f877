//! What is received of one voice: moments in their order, each at most once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::asking::Asking;
use super::frame::{Codec, Played, Source};
use crate::protocol::engine::event::HeardPiece;
use crate::protocol::rng::Rng;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::Want;
use crate::protocol::wire::media::{Root, Signature, Signed, Sound, UnitId};

/// When a moment that is lacking is given up. The browser has concealed it by then.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(100);

/// A stream of which nothing signed was heard for so long falls silent.
const SIGNED_WITHIN: Duration = Duration::from_millis(300);

/// How far an unsigned moment may be ahead of the newest signed one: the moments of that time.
const UNSIGNED_AHEAD_MAX: u32 = 20;

/// How far a moment may be ahead of what was played: two seconds. What is farther ahead shows that
/// the network was away.
const AHEAD_MAX: u32 = 100;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct SoundReceiver {
    stream: StreamId,
    /// Whether the room is keyed. Without a key anybody makes packets: none is played unsigned.
    is_keyed: bool,
    /// The next moment to be played; nothing is played again, and nothing from before this member
    /// looked.
    next: u32,
    /// Whether anything was played: what is lacking before is not asked for.
    has_begun: bool,
    here: BTreeMap<u32, Heard>,
    lacking: BTreeMap<u32, Asking>,
    /// When a signed packet was heard last, and the newest unit of one.
    signed_at: Option<Duration>,
    signed_unit: u32,
    lost: u16,
    pub(super) speaks: bool,
}

#[derive(Debug)]
struct Heard {
    codec: Codec,
    time: u32,
    frame: Vec<u8>,
}

impl SoundReceiver {
    /// Receives what comes behind the announced moment.
    pub(super) fn new(stream: StreamId, announced: u32, is_keyed: bool) -> Self {
        Self {
            stream,
            is_keyed,
            next: announced.saturating_add(1),
            has_begun: false,
            here: BTreeMap::new(),
            lacking: BTreeMap::new(),
            signed_at: None,
            signed_unit: 0,
            lost: 0,
            speaks: false,
        }
    }

    /// Takes in a packet, and plays what can be played.
    pub(super) fn hear(
        &mut self,
        now: Duration,
        piece: &HeardPiece,
        check: impl FnOnce(&Root, &Signature) -> Option<bool>,
        (rng, out): (&mut Rng, &mut Vec<Played>),
    ) {
        let (stream, unit) = (self.stream, piece.frame);
        let is_new = unit >= self.next && !self.here.contains_key(&unit);
        let is_far = unit.saturating_sub(self.next) > AHEAD_MAX;
        // Whoever was away hears a signed one of now before anything else.
        if !(is_new || is_far) {
            return;
        }
        let Some(Signed { content, proof }) = Sound::open(UnitId { stream, unit }, &piece.bytes)
        else {
            return;
        };
        let Some(codec) = Codec::from_byte(content.codec).filter(|it| it.fits(Source::Sound))
        else {
            return;
        };
        match proof {
            Some((root, signature)) => {
                if check(&root, &signature) != Some(true) {
                    return;
                }
                self.signed_at = Some(now);
                self.signed_unit = self.signed_unit.max(unit);
            }
            None if is_far || !self.is_vouched_for(now, unit) => return,
            None => {}
        }
        if is_far {
            self.skip_to(unit);
        } else if !self.has_begun {
            self.next = unit;
        }
        self.has_begun = true;
        self.speaks = content.speaks;
        for (back, moment) in (0..).zip(&content.moments) {
            let Some(number) = unit.checked_sub(back).filter(|it| *it >= self.next) else {
                continue;
            };
            self.lacking.remove(&number);
            self.here.entry(number).or_insert_with(|| Heard {
                codec,
                time: moment.time,
                frame: moment.frame.to_vec(),
            });
        }
        self.notice_gaps(now, unit, rng);
        self.play(out);
    }

    fn is_vouched_for(&self, now: Duration, unit: u32) -> bool {
        let is_near = unit <= self.signed_unit.saturating_add(UNSIGNED_AHEAD_MAX);
        self.is_keyed && is_near && self.signed_at.is_some_and(|at| now <= at + SIGNED_WITHIN)
    }

    fn skip_to(&mut self, unit: u32) {
        self.lost = self
            .lost
            .saturating_add((unit - self.next).min(u16::MAX.into()) as u16);
        self.next = unit;
        self.here = self.here.split_off(&unit);
        self.lacking = self.lacking.split_off(&unit);
    }

    fn notice_gaps(&mut self, now: Duration, newest: u32, rng: &mut Rng) {
        for unit in self.next..newest {
            if !self.here.contains_key(&unit) {
                self.lacking
                    .entry(unit)
                    .or_insert_with(|| Asking::new(now, rng));
            }
        }
    }

    fn play(&mut self, out: &mut Vec<Played>) {
        while let Some(heard) = self.here.remove(&self.next) {
            self.next = self.next.saturating_add(1);
            out.push(Played {
                stream: self.stream,
                source: Source::Sound,
                codec: heard.codec,
                is_key: true,
                rtp_time: heard.time,
                lost_before: std::mem::take(&mut self.lost),
                bytes: heard.frame,
            });
        }
    }

    /// Another asks for a moment.
    pub(super) fn other_asks(&mut self, now: Duration, want: &Want, rng: &mut Rng) {
        if let Some(asking) = self.lacking.get_mut(&want.unit) {
            asking.other_asks(now, rng);
        }
    }

    /// Gives up what is too late, plays what is behind it, and asks for what is due.
    pub(super) fn on_time(
        &mut self,
        now: Duration,
        wants: &mut Vec<Want>,
        (rng, out): (&mut Rng, &mut Vec<Played>),
    ) {
        // Only what is signed shows that there were moments before it.
        while self.next <= self.signed_unit
            && let Some(asking) = self.lacking.get(&self.next)
            && now >= asking.since + GIVEN_UP_AFTER
        {
            self.lacking.remove(&self.next);
            self.next = self.next.saturating_add(1);
            self.lost = self.lost.saturating_add(1);
            self.play(out);
        }
        for (unit, asking) in &mut self.lacking {
            if asking.due <= now {
                asking.asked(now, rng);
                wants.push(Want {
                    stream: self.stream,
                    unit: *unit,
                    symbols: 1,
                    above: 0,
                });
            }
        }
        self.speaks &= self
            .signed_at
            .is_some_and(|at| now <= at + 3 * SIGNED_WITHIN);
    }

    pub(super) fn next_time(&self) -> Option<Duration> {
        let first = self.lacking.get(&self.next);
        let first = first.filter(|_| self.next <= self.signed_unit);
        let given_up = first.map(|asking| asking.since + GIVEN_UP_AFTER);
        let due = self.lacking.values().map(|asking| asking.due);
        due.chain(given_up).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::media::SoundMoment;

    const STREAM: StreamId = StreamId(7);

    /// How many moments are played of a signed packet, and of an unsigned one behind it.
    fn played(is_keyed: bool) -> [usize; 2] {
        let mut receiver = SoundReceiver::new(STREAM, 0, is_keyed);
        let mut rng = Rng::new(1);
        [(1, true), (2, false)].map(|(unit, is_signed)| {
            let stream = STREAM;
            let sound = Sound {
                speaks: true,
                codec: Codec::Opus as u8,
                moments: vec![SoundMoment {
                    time: 960 * unit,
                    frame: b"voice",
                }],
            };
            let bytes = sound.close(UnitId { stream, unit }, is_signed, |_| [9; 64]);
            let piece = HeardPiece {
                stream,
                frame: unit,
                piece: 0,
                originals: 1,
                flags: 0,
                bytes: bytes.into(),
            };
            let mut out = Vec::new();
            let check = |_: &Root, signature: &Signature| Some(*signature == [9; 64]);
            receiver.hear(Duration::ZERO, &piece, check, (&mut rng, &mut out));
            out.len()
        })
    }

    #[test]
    fn without_a_key_nothing_unsigned_is_played() {
        assert_eq!(played(true), [1, 1]);
        assert_eq!(played(false), [1, 0], "anybody can have made it");
    }
}
