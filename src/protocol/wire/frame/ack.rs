//! An acknowledgement, and how a frame names a member. Durable frames, beats and statuses carry it.
//!
//! ```text
//! short id 8 | session 4 | through 4
//! ```

use super::bytes::{Reader, Writer};
use crate::protocol::wire::ids::MemberTag;

/// How far a member has another's durable frames without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Whose frames.
    pub of: MemberTag,
    /// The last frame before the first gap; 0 if the first frame is missing.
    pub through: u32,
}

/// Most acknowledgements in one frame.
pub const ACKS_MAX: usize = 16;

impl Ack {
    pub(super) const BYTES: usize = MemberTag::BYTES + 4;

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            of: MemberTag::read(reader)?,
            through: reader.u32()?,
        })
    }

    pub(super) fn write(self, writer: &mut Writer<'_>) {
        self.of.write(writer);
        writer.u32(self.through);
    }
}

impl MemberTag {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            short: reader.u64()?,
            session_low: reader.u32()?,
        })
    }

    pub(super) fn write(self, writer: &mut Writer<'_>) {
        writer.u64(self.short);
        writer.u32(self.session_low);
    }
}
