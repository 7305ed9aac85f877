//! Notices of a conference: what their author sends, and what it lacks of what others send.
//!
//! ```text
//! 4   call: flags 1 | loses 1 (of a hundred) | count 1 |
//!     streams: number 4 | channel 1 | codec 1 | flags 1 | newest unit 4 | newest frame 4 |
//!     only of a guest: number 4 | name length 1 | name;
//!     only of whoever counted: stream 8 | frames 2
//! 5   wants: count 1 | wanted: stream 8 | unit 4 | symbols 2 | above 2
//! ```
//!
//! A call is said again while anything in it is so, and once more when nothing is. A receiver says
//! *how many* symbols it wants of a unit, as in a report of files, and below which symbol it has
//! heard of all: what left behind that is on its way to it. A guest has no key: the author sends
//! what the guest says, and vouches for it, as in a guest's messages.

use super::bytes::{Reader, Writer};
use crate::protocol::message::{NAME_MAX_BYTES, Name};
use crate::protocol::wire::compact::{Channel, StreamId};

/// Most guests of one member who speak at once: as many as a room can follow.
pub const GUESTS_CALLED_MAX: usize = 4;

/// Most streams in one call: of a microphone, a camera, a screen and a probe, and of guests.
pub const CALLED_MAX: usize = 4 + GUESTS_CALLED_MAX;

/// Most wants in one notice.
pub const WANTS_MAX: usize = 24;

/// What somebody does in a conference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Whether the author asks for the word.
    pub has_hand_up: bool,
    /// Whether the author has just come, and asks the others to say what they send.
    pub asks: bool,
    /// How many of a hundred frames the author loses of what it receives, if it is more than half;
    /// 0 otherwise.
    pub loses: u8,
    /// What the author sends.
    pub streams: Vec<Called>,
    /// How much of a probe has arrived at the author.
    pub counted: Option<Counted>,
}

/// How many frames of a stream have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The stream.
    pub stream: StreamId,
    /// How many of its frames.
    pub frames: u16,
}

/// A stream of a conference, as its author announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The stream, by its number in the author's session.
    pub number: u32,
    /// What it carries: sound, a camera's pictures or a screen's.
    pub channel: Channel,
    /// How it is encoded, as `chat::media` numbers that.
    pub codec: u8,
    /// Whether somebody speaks in it.
    pub speaks: bool,
    /// The number of its newest unit; 0 before the first.
    pub newest_unit: u32,
    /// The number of its newest frame.
    pub newest: u32,
    /// Who is heard in it, if that is a guest of its author.
    pub guest: Option<CalledGuest>,
}

/// A guest of the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledGuest {
    /// The author's number for the guest.
    pub number: u32,
    /// The name that the guest goes by.
    pub name: Name,
}

/// What somebody lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Of which units.
    pub wanted: Vec<Want>,
}

/// What somebody lacks of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// The stream.
    pub stream: StreamId,
    /// The unit; 0 stands for a new one that can be decoded alone.
    pub unit: u32,
    /// How many symbols; [`WHOLE_UNIT`](super::notice::WHOLE_UNIT) if none was heard.
    pub symbols: u16,
    /// One more than the highest symbol that was heard; 0 if none was.
    pub above: u16,
}

const HAS_HAND_UP: u8 = 1;
const ASKS: u8 = 2;
const COUNTED: u8 = 4;
const SPEAKS: u8 = 1;
const OF_GUEST: u8 = 2;

impl Call {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (flags, loses, count) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let streams = reader.list(count, CALLED_MAX, Called::read)?;
        let counted = match flags & COUNTED != 0 {
            true => Some(Counted {
                stream: StreamId(reader.u64()?),
                frames: reader.u16()?,
            }),
            false => None,
        };
        let is_known = flags & !(HAS_HAND_UP | ASKS | COUNTED) == 0 && loses <= 100;
        is_known.then_some(Self {
            has_hand_up: flags & HAS_HAND_UP != 0,
            asks: flags & ASKS != 0,
            loses,
            streams,
            counted,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        debug_assert!(self.streams.len() <= CALLED_MAX, "one per source");
        let hand = if self.has_hand_up { HAS_HAND_UP } else { 0 };
        let counted = if self.counted.is_some() { COUNTED } else { 0 };
        writer.u8(hand | counted | if self.asks { ASKS } else { 0 });
        writer.u8(self.loses);
        writer.count(self.streams.len());
        self.streams.iter().for_each(|called| called.write(writer));
        if let Some(counted) = &self.counted {
            writer.u64(counted.stream.0);
            writer.u16(counted.frames);
        }
    }
}

impl Called {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let number = reader.u32()?;
        let channel = Channel::from_byte(reader.u8()?)?;
        let (codec, flags) = (reader.u8()?, reader.u8()?);
        let is_known = flags & !(SPEAKS | OF_GUEST) == 0 && channel != Channel::Files;
        let (newest_unit, newest) = (reader.u32()?, reader.u32()?);
        let guest = match flags & OF_GUEST != 0 {
            true => Some(CalledGuest::read(reader)?),
            false => None,
        };
        is_known.then_some(Self {
            number,
            channel,
            codec,
            speaks: flags & SPEAKS != 0,
            newest_unit,
            newest,
            guest,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let of_guest = if self.guest.is_some() { OF_GUEST } else { 0 };
        writer.u32(self.number);
        writer.u8(self.channel as u8);
        writer.u8(self.codec);
        writer.u8(if self.speaks { SPEAKS } else { 0 } | of_guest);
        writer.u32(self.newest_unit);
        writer.u32(self.newest);
        if let Some(guest) = &self.guest {
            writer.u32(guest.number);
            writer.text_8(guest.name.as_str());
        }
    }
}

impl CalledGuest {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let number = reader.u32()?;
        let name = reader.text_8(NAME_MAX_BYTES)?;
        // A name has one spelling, so that it is the same guest's everywhere.
        let name = Name::parse(name).ok().filter(|it| it.as_str() == name)?;
        Some(Self { number, name })
    }
}

impl Wants {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let count = reader.u8()?;
        let wanted = reader.list(count, WANTS_MAX, Want::read)?;
        Some(Self { wanted })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        debug_assert!(self.wanted.len() <= WANTS_MAX, "longer lists are cut");
        writer.count(self.wanted.len());
        self.wanted.iter().for_each(|want| want.write(writer));
    }
}

impl Want {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let want = Self {
            stream: StreamId(reader.u64()?),
            unit: reader.u32()?,
            symbols: reader.u16()?,
            above: reader.u16()?,
        };
        (want.symbols > 0).then_some(want)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u64(self.stream.0);
        writer.u32(self.unit);
        writer.u16(self.symbols);
        writer.u16(self.above);
    }
}

#[cfg(test)]
pub(super) mod strategies {
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) fn call() -> impl Strategy<Value = Call> {
        let channel = prop_oneof![
            Just(Channel::Sound),
            Just(Channel::Picture),
            Just(Channel::Screen),
            Just(Channel::Probe)
        ];
        let guest = (any::<u32>(), "[a-zé]{1,10}( [a-z]{1,5})?");
        let guest = guest.prop_map(|(number, name)| CalledGuest {
            number,
            name: Name::parse(&name).unwrap(),
        });
        let guest = proptest::option::of(guest);
        let called = (any::<(u32, u8, bool, u32, u32)>(), channel, guest);
        let called = called.prop_map(
            |((number, codec, speaks, newest_unit, newest), channel, guest)| Called {
                number,
                channel,
                codec,
                speaks,
                newest_unit,
                newest,
                guest,
            },
        );
        let streams = proptest::collection::vec(called, 0..=CALLED_MAX);
        let counted = any::<(u64, u16)>().prop_map(|(stream, frames)| Counted {
            stream: StreamId(stream),
            frames,
        });
        let counted = proptest::option::of(counted);
        (any::<(bool, bool)>(), 0..=100_u8, streams, counted).prop_map(
            |((has_hand_up, asks), loses, streams, counted)| Call {
                has_hand_up,
                asks,
                loses,
                streams,
                counted,
            },
        )
    }

    pub(in super::super) fn wants() -> impl Strategy<Value = Wants> {
        let want = (any::<(u64, u32, u16)>(), 1_u16..);
        let want = want.prop_map(|((stream, unit, above), symbols)| Want {
            stream: StreamId(stream),
            unit,
            symbols,
            above,
        });
        proptest::collection::vec(want, 0..=WANTS_MAX).prop_map(|wanted| Wants { wanted })
    }
}
