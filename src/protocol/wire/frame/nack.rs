//! A NACK: the durable frames that its author lacks, of one member or several.
//!
//! ```text
//! targets 1 | per target: short id 8 | session 4 | first 4 | bitmap length 1 | bitmap
//! ```
//!
//! Bit 0 (the lowest) of the bitmap's first byte stands for `first` itself.

use super::bytes::{Reader, Writer};
use crate::protocol::wire::ids::MemberTag;

/// Most sequence numbers that one target spans: a bitmap of 64 bytes.
pub const SPAN_MAX: usize = 512;

/// Length of a NACK without targets, in bytes.
pub const COUNT_BYTES: usize = 1;

/// Most targets in one NACK. The shortest target has 18 bytes.
const TARGETS_MAX: usize = 56;

/// The frames of one member that the author lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whose frames.
    pub of: MemberTag,
    first: u32,
    bitmap: Vec<u8>,
}

impl Target {
    /// Length of a target that spans this many sequence numbers, in bytes.
    #[must_use]
    pub fn bytes(span: usize) -> usize {
        MemberTag::BYTES + 4 + 1 + span.div_ceil(8)
    }

    /// Length of this target, in bytes.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        Self::bytes(self.bitmap.len() * 8)
    }

    /// Builds a target from the first of these ascending sequence numbers, as many as [`SPAN_MAX`]
    /// and `room_bytes` allow, and returns the rest. `None` if there are none, or there is no room
    /// for one.
    #[must_use]
    pub fn new(of: MemberTag, sequences: &[u32], room_bytes: usize) -> Option<(Self, &[u32])> {
        let bitmap_bytes = room_bytes.checked_sub(Self::bytes(0))?.min(SPAN_MAX / 8);
        let first = *sequences.first()?;
        let mut bitmap = Vec::new();
        let mut taken = 0;
        for sequence in sequences {
            let bit = sequence.checked_sub(first)? as usize;
            if bit / 8 >= bitmap_bytes {
                break;
            }
            bitmap.resize(bit / 8 + 1, 0);
            *bitmap.last_mut()? |= 1 << (bit % 8);
            taken += 1;
        }
        let rest = sequences.get(taken..).filter(|_| taken > 0)?;
        Some((Self { of, first, bitmap }, rest))
    }

    /// Yields the missing sequence numbers in ascending order.
    pub fn sequences(&self) -> impl Iterator<Item = u32> {
        let bits = self.bitmap.iter().enumerate().flat_map(|(index, byte)| {
            (0..8_usize)
                .filter(move |bit| byte >> bit & 1 == 1)
                .map(move |bit| (index * 8 + bit) as u32)
        });
        bits.filter_map(|bit| self.first.checked_add(bit))
    }
}

/// The body of a NACK.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nack {
    /// What the author lacks, by member.
    pub targets: Vec<Target>,
}

impl Nack {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let count = reader.u8()?;
        let targets = reader.list(count, TARGETS_MAX, |reader| {
            let (of, first) = (MemberTag::read(reader)?, reader.u32()?);
            let length = usize::from(reader.u8()?);
            let bitmap = reader.take(length)?.to_vec();
            (1..=SPAN_MAX / 8)
                .contains(&length)
                .then_some(Target { of, first, bitmap })
        })?;
        Some(Self { targets })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.count(self.targets.len());
        for target in &self.targets {
            target.of.write(writer);
            writer.u32(target.first);
            writer.count(target.bitmap.len());
            writer.bytes(&target.bitmap);
        }
    }
}
