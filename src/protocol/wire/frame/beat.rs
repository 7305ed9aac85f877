//! A beat, or heartbeat: the author is present, has sent up to this sequence number, and holds
//! this.
//!
//! ```text
//! newest 4 | interval 2 (tenths of a second) | mirror port 2 | link 1
//! digest: from 8 | cut 8 | XOR 8
//! counts 1 (5 bits of acknowledgements, 3 bits of queried members)
//! acknowledgement: short id 8 | session 4 | through 4              at most 16
//! queried member: short id 8 | session 4                           at most 7
//! ```

use std::time::Duration;

use super::ack::{ACKS_MAX, Ack};
use super::bytes::{Reader, Writer};
use crate::protocol::wire::ids::MemberTag;

/// Most members that one beat queries.
pub const ASKED_MAX: usize = 7;

/// The unit of an interval on the wire.
const INTERVAL_UNIT: Duration = Duration::from_millis(100);

/// What carries a member's multicast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// A cable, where multicast costs no more than unicast.
    Wired,
    /// Unknown, and treated like radio.
    #[default]
    Unknown,
    /// Wi-Fi, where multicast is slow and unacknowledged (RFC 9119).
    Radio,
}

impl Link {
    const ALL: [Self; 3] = [Self::Wired, Self::Unknown, Self::Radio];

    /// Whether multicast is expensive here.
    #[must_use]
    pub fn is_slow(self) -> bool {
        self != Self::Wired
    }
}

/// A digest of all durable frames that a member holds with a clock in `from..cut`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// First clock value in the range.
    pub from: u64,
    /// First clock value after the range.
    pub cut: u64,
    /// XOR of the frames' hashes.
    pub xor: u64,
}

impl Digest {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            from: reader.u64()?,
            cut: reader.u64()?,
            xor: reader.u64()?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u64(self.from);
        writer.u64(self.cut);
        writer.u64(self.xor);
    }
}

/// The body of a beat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// The author's newest durable frame; 0 before the first one.
    pub newest: u32,
    /// Longest time until the author's next beat; a multiple of 100 ms.
    pub interval: Duration,
    /// The source port of the author's plain copies; 0 if it sends none.
    pub mirror_port: u16,
    /// What carries the author's multicast.
    pub link: Link,
    /// What the author holds. The range is empty if the author does not know it.
    pub digest: Digest,
    /// How far the author has the frames of others.
    pub acks: Vec<Ack>,
    /// Members that the author has not heard for a long time, and asks to answer if they are
    /// present.
    pub asked: Vec<MemberTag>,
}

impl Beat {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let newest = reader.u32()?;
        let interval = INTERVAL_UNIT * u32::from(reader.u16()?);
        let mirror_port = reader.u16()?;
        let link = *Link::ALL.get(usize::from(reader.u8()?))?;
        let digest = Digest::read(reader)?;
        let counts = reader.u8()?;
        Some(Self {
            newest,
            interval,
            mirror_port,
            link,
            digest,
            acks: reader.list(counts >> 3, ACKS_MAX, Ack::read)?,
            asked: reader.list(counts & 7, ASKED_MAX, MemberTag::read)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.newest);
        let units = self.interval.as_millis() / INTERVAL_UNIT.as_millis();
        writer.u16(u16::try_from(units).unwrap_or(u16::MAX));
        writer.u16(self.mirror_port);
        writer.u8(self.link as u8);
        self.digest.write(writer);
        debug_assert!(self.acks.len() <= ACKS_MAX && self.asked.len() <= ASKED_MAX);
        writer.u8((self.acks.len() as u8) << 3 | self.asked.len() as u8);
        self.acks.iter().for_each(|ack| ack.write(writer));
        self.asked.iter().for_each(|tag| tag.write(writer));
    }
}
