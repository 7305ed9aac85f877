//! A notice about streams: signed words of who sends compact frames (`wire/compact.rs`) and of who
//! receives them. It is never repeated; the next one says what is true then.
//!
//! ```text
//! 1   announcement: stream's number 4 | channel 1 | about 16 | symbol length 2 | newest 4
//! 2   report: about 16 | stream 8, 0 for none | flags 1 | highest 4 | received 4 | within 2 (ms) |
//!     done 4 | with the flag, doubted unit 4 | count 1 |
//!     lacks, in their order: first unit 4 | units 4 | symbols of each 2
//! 3   hashes: about 16 | symbol length 2 | unit 4 | first symbol 2 | count 1 | hash of each 8
//! 4   call, and 5   wants: call.rs
//! ```
//!
//! `about` names what is sent, as its channel names things: of files, an offer. A stream is named
//! by a hash of its author, session and number (`wire/compact.rs`), so that nobody announces
//! another's.
//!
//! A report says *how many* symbols a receiver lacks of a unit, and never which: any symbols that
//! are new to all receivers mend what each of them has lost (RFC 5740 has this idea). A report
//! without a stream asks whoever has the content to begin.
//!
//! Who has the room's key can put a false symbol into anybody's stream, and a unit of which one
//! symbol is false is false. Its taker doubts it then, and the giver says the hashes of its
//! symbols, signed, so that false ones are told from true ones.

use super::bytes::{Reader, Writer};
use super::call::{Call, Wants};
use super::first_8;
use crate::protocol::wire::compact::{Channel, StreamId};

/// Most runs of units in one report.
pub const LACKS_MAX: usize = 80;

/// Most symbols whose hashes are in one notice.
pub const HASHES_MAX: usize = 64;

/// The number of symbols that stands for as many as the unit has.
pub const WHOLE_UNIT: u16 = u16::MAX;

/// What is named by its channel.
pub type About = [u8; 16];

/// The body of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The author sends a stream, or is about to.
    Announcement(Announcement),
    /// What the author has and lacks.
    Report(Report),
    /// The symbols of a unit, as the author sends them.
    Hashes(Hashes),
    /// What the author does in a conference.
    Call(Call),
    /// What the author lacks of a conference.
    Wants(Wants),
}

/// What somebody sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The stream, by its number in the author's session.
    pub number: u32,
    /// What kind of content it carries.
    pub channel: Channel,
    /// Which content.
    pub about: About,
    /// Length of its symbols, in bytes: even, and not 0.
    pub symbol_bytes: u16,
    /// The number of its newest frame.
    pub newest: u32,
}

/// What somebody has received, and lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Which content it is about.
    pub about: About,
    /// The stream that it arrives by; `None` if none does.
    pub stream: Option<StreamId>,
    /// Whether the author has it whole, where it belongs.
    pub has_all: bool,
    /// Whether the author takes it no more.
    pub has_stopped: bool,
    /// Whether it was asked for in vain.
    pub is_urgent: bool,
    /// A unit whose symbols made something else.
    pub doubts: Option<u32>,
    /// The highest number among the stream's frames that arrived.
    pub highest: u32,
    /// How many of its frames arrived, each counted once.
    pub received: u32,
    /// The time between the previous report about it and this one, in milliseconds.
    pub within_ms: u16,
    /// How many units are here.
    pub done: u32,
    /// Which units lack how many symbols, the first ones first; more may be lacking behind.
    pub lacks: Vec<Lack>,
}

/// What the symbols of a unit are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashes {
    /// Which content it is about.
    pub about: About,
    /// Length of the symbols of the stream, in bytes.
    pub symbol_bytes: u16,
    /// Which unit.
    pub unit: u32,
    /// The first of the symbols.
    pub first: u16,
    /// The hash of each, by [`symbol_hash`].
    pub hashes: Vec<u64>,
}

/// The hash of a symbol. Eight bytes are enough, because another symbol with the same hash would
/// have to be found while one unit is on its way.
#[must_use]
pub fn symbol_hash(symbol: &[u8]) -> u64 {
    first_8(blake3::hash(symbol).as_bytes())
}

/// A run of units that lack equally many symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The first of them.
    pub first: u32,
    /// How many; at least 1.
    pub units: u32,
    /// How many symbols each lacks, at least 1; or [`WHOLE_UNIT`].
    pub symbols: u16,
}

const ANNOUNCEMENT: u8 = 1;
const REPORT: u8 = 2;
const HASHES: u8 = 3;
const CALL: u8 = 4;
const WANTS: u8 = 5;

const HAS_ALL: u8 = 1;
const HAS_STOPPED: u8 = 2;
const IS_URGENT: u8 = 4;
const DOUBTS: u8 = 8;

impl Notice {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.u8()? {
            ANNOUNCEMENT => Self::Announcement(Announcement::read(reader)?),
            REPORT => Self::Report(Report::read(reader)?),
            HASHES => Self::Hashes(Hashes::read(reader)?),
            CALL => Self::Call(Call::read(reader)?),
            WANTS => Self::Wants(Wants::read(reader)?),
            _ => return None,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::Announcement(announcement) => {
                writer.u8(ANNOUNCEMENT);
                announcement.write(writer);
            }
            Self::Report(report) => {
                writer.u8(REPORT);
                report.write(writer);
            }
            Self::Hashes(hashes) => {
                writer.u8(HASHES);
                hashes.write(writer);
            }
            Self::Call(call) => {
                writer.u8(CALL);
                call.write(writer);
            }
            Self::Wants(wants) => {
                writer.u8(WANTS);
                wants.write(writer);
            }
        }
    }
}

impl Announcement {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let announcement = Self {
            number: reader.u32()?,
            channel: Channel::from_byte(reader.u8()?)?,
            about: *reader.take(16)?.first_chunk()?,
            symbol_bytes: reader.u16()?,
            newest: reader.u32()?,
        };
        let symbol_bytes = announcement.symbol_bytes;
        (symbol_bytes != 0 && symbol_bytes.is_multiple_of(2)).then_some(announcement)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.number);
        writer.u8(self.channel as u8);
        writer.bytes(&self.about);
        writer.u16(self.symbol_bytes);
        writer.u32(self.newest);
    }
}

impl Report {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let about = *reader.take(16)?.first_chunk()?;
        let (stream, flags) = (reader.u64()?, reader.u8()?);
        let (highest, received) = (reader.u32()?, reader.u32()?);
        let (within_ms, done) = (reader.u16()?, reader.u32()?);
        let doubts = match flags & DOUBTS {
            0 => None,
            _ => Some(reader.u32()?),
        };
        let count = reader.u8()?;
        let lacks = reader.list(count, LACKS_MAX, Lack::read)?;
        let is_sorted = lacks.is_sorted_by(|one, next| one.first + one.units <= next.first);
        let is_known = flags & !(HAS_ALL | HAS_STOPPED | IS_URGENT | DOUBTS) == 0;
        (is_known && is_sorted).then_some(Self {
            about,
            stream: (stream != 0).then_some(StreamId(stream)),
            has_all: flags & HAS_ALL != 0,
            has_stopped: flags & HAS_STOPPED != 0,
            is_urgent: flags & IS_URGENT != 0,
            doubts,
            highest,
            received,
            within_ms,
            done,
            lacks,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        debug_assert!(self.lacks.len() <= LACKS_MAX, "longer lists are cut");
        let all = if self.has_all { HAS_ALL } else { 0 };
        let stopped = if self.has_stopped { HAS_STOPPED } else { 0 };
        writer.bytes(&self.about);
        writer.u64(self.stream.map_or(0, |stream| stream.0));
        let urgent = if self.is_urgent { IS_URGENT } else { 0 };
        let doubts = self.doubts.map_or(0, |_| DOUBTS);
        writer.u8(all | stopped | urgent | doubts);
        writer.u32(self.highest);
        writer.u32(self.received);
        writer.u16(self.within_ms);
        writer.u32(self.done);
        if let Some(unit) = self.doubts {
            writer.u32(unit);
        }
        writer.count(self.lacks.len());
        self.lacks.iter().for_each(|lack| lack.write(writer));
    }
}

impl Hashes {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let about = *reader.take(16)?.first_chunk()?;
        let (symbol_bytes, unit) = (reader.u16()?, reader.u32()?);
        let (first, count) = (reader.u16()?, reader.u8()?);
        let hashes = reader.list(count, HASHES_MAX, Reader::u64)?;
        first.checked_add(u16::from(count))?;
        Some(Self {
            about,
            symbol_bytes,
            unit,
            first,
            hashes,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        debug_assert!(self.hashes.len() <= HASHES_MAX, "longer lists are cut");
        writer.bytes(&self.about);
        writer.u16(self.symbol_bytes);
        writer.u32(self.unit);
        writer.u16(self.first);
        writer.count(self.hashes.len());
        self.hashes.iter().for_each(|hash| writer.u64(*hash));
    }
}

impl Lack {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let lack = Self {
            first: reader.u32()?,
            units: reader.u32()?,
            symbols: reader.u16()?,
        };
        let is_sound = lack.units > 0 && lack.symbols > 0;
        let ends = lack.first.checked_add(lack.units).is_some();
        (is_sound && ends).then_some(lack)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.first);
        writer.u32(self.units);
        writer.u16(self.symbols);
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::strategies;
    use super::*;
    use proptest::prelude::*;

    /// Runs of units, one behind the other.
    fn lacks() -> impl Strategy<Value = Vec<Lack>> {
        let run = (0_u32..100, 1_u32..1000, 1_u16..);
        proptest::collection::vec(run, 0..=LACKS_MAX).prop_map(|runs| {
            let mut next = 0;
            let lack = |(gap, units, symbols): (u32, u32, u16)| {
                let first = next + gap;
                next = first + units;
                Lack {
                    first,
                    units,
                    symbols,
                }
            };
            runs.into_iter().map(lack).collect()
        })
    }

    fn report() -> impl Strategy<Value = Report> {
        let flags = any::<(bool, bool, bool, Option<u32>, Option<u64>)>();
        (any::<([u8; 16], u32, u32, u16, u32)>(), flags, lacks()).prop_map(
            |((about, highest, received, within_ms, done), flags, lacks)| {
                let (has_all, has_stopped, is_urgent, doubts, stream) = flags;
                Report {
                    about,
                    stream: stream.filter(|id| *id != 0).map(StreamId),
                    has_all,
                    has_stopped,
                    is_urgent,
                    doubts,
                    highest,
                    received,
                    within_ms,
                    done,
                    lacks,
                }
            },
        )
    }

    fn hashes() -> impl Strategy<Value = Hashes> {
        let list = proptest::collection::vec(any::<u64>(), 0..=HASHES_MAX);
        (any::<([u8; 16], u16, u32)>(), 0_u16..1000, list).prop_map(
            |((about, symbol_bytes, unit), first, hashes)| Hashes {
                about,
                symbol_bytes,
                unit,
                first,
                hashes,
            },
        )
    }

    fn announcement() -> impl Strategy<Value = Announcement> {
        any::<(u32, [u8; 16], u32)>().prop_map(|(number, about, newest)| Announcement {
            number,
            channel: Channel::Files,
            about,
            symbol_bytes: 1344,
            newest,
        })
    }

    fn notice() -> impl Strategy<Value = Notice> {
        prop_oneof![
            announcement().prop_map(Notice::Announcement),
            report().prop_map(Notice::Report),
            hashes().prop_map(Notice::Hashes),
            strategies::call().prop_map(Notice::Call),
            strategies::wants().prop_map(Notice::Wants),
        ]
    }

    proptest! {
        #[test]
        fn a_notice_comes_back_as_it_was(notice in notice()) {
            let mut bytes = Vec::new();
            notice.write(&mut Writer(&mut bytes));
            let mut reader = Reader(&bytes);
            prop_assert_eq!(Notice::read(&mut reader), Some(notice));
            prop_assert!(reader.is_empty());
            // The longest one fits the narrowest frame of the longest name.
            prop_assert!(bytes.len() <= crate::protocol::wire::frame::body_max_bytes(1200, 32));
        }

        #[test]
        fn any_bytes_are_a_notice_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader(&bytes);
            if let Some(notice) = Notice::read(&mut reader) {
                let read = bytes.len() - reader.0.len();
                let mut again = Vec::new();
                notice.write(&mut Writer(&mut again));
                prop_assert_eq!(&again[..], &bytes[..read]);
            }
        }
    }
}
