//! The frame wire: what the members of a room speak on the port next to the plain one.
//!
//! ```text
//! one UDP datagram, at most 1400 bytes; numbers are big-endian
//!
//! magic 2 | version 1 | type 1 | room tag 16 | nonce 24                        the header: clear
//! key 32 | session 8 | sequence 4 | clock 8 | flags 1 | GRTT 1 | name length 1 | name   the author
//! what the type says (durable · beat · nack · status · sync)                   the body
//! way 1, or 17 to 97 in a run | signature 64, but in a NACK                    the author's
//! tag 16                                                                       the seal
//! ```
//!
//! The room tag is derived from the room's key, so that frames of other rooms are dropped at once.
//! All between header and tag is sealed (`seal/mod.rs`). A repair is the same bytes again. Bytes
//! behind the end of a body are refused; a version or a type that we do not know is counted and
//! ignored.

mod ack;
pub mod beat;
mod bytes;
pub mod durable;
pub mod nack;
pub mod status;
pub mod sync;

use self::bytes::{Reader, Writer};
use self::{beat::Beat, durable::Durable, nack::Nack, status::Status, sync::Sync};
use super::cipher::{NONCE_BYTES, TAG_BYTES};
use super::sizes::{LEAF_INDEX_BYTES, MERKLE_PATH_MAX_BYTES};
use crate::protocol::message::{NAME_MAX_BYTES, Name};

pub use self::ack::{ACKS_MAX, Ack};
pub(in crate::protocol) use super::ids::first_8;
pub use super::ids::{Key, MemberTag};
pub use super::sizes::{ROOM_TAG_BYTES, SIGNATURE_BYTES};

/// Longest frame, in bytes of UDP payload: fits the MTU of Ethernet and Wi-Fi with IPv6, also where
/// a virtual network takes 50 bytes of it. What a datagram costs is the same however long it is, so
/// that a backlog leaves in as few as can be.
pub const FRAME_MAX_BYTES: usize = 1400;

/// Longest frame where some link carries less: fits every link's MTU with IPv6 and a tunnel's
/// header.
pub const FRAME_NARROW_BYTES: usize = 1200;

/// What every frame begins with. 0xf7 is in no UTF-8 text, so no plain datagram begins so.
const MAGIC: [u8; 2] = [0xf7, b'r'];

/// The version of all that is described here.
const VERSION: u8 = 1;

/// The clear header, in bytes.
pub const HEADER_BYTES: usize = 2 + 1 + 1 + ROOM_TAG_BYTES + NONCE_BYTES;

/// Where the nonce stands in the header.
pub(super) const NONCE_AT: usize = HEADER_BYTES - NONCE_BYTES;

/// The author's part without the name, in bytes.
const AUTHOR_BYTES: usize = 32 + 8 + 4 + 8 + 1 + 1 + 1;

/// Why a datagram is no frame of ours. Every kind is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameFault {
    /// It does not begin as a frame does, or is too long for one.
    NotFrame,
    /// It is of a version or type that we do not know.
    Unknown,
    /// It is of another room.
    OtherRoom,
    /// It is of a room that is called as ours, and has another key.
    OtherKey,
    /// The seal does not fit what it stands around.
    BrokenSeal,
    /// Within the seal is not exactly a frame of its type.
    Broken,
    /// Who is named as its author has not signed it.
    Forged,
}

/// The type of a frame. The first travels again as a repair; the others count in a space of
/// sequence numbers of their own and are never repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Something that everybody must get: [`Durable`].
    Durable = 1,
    /// I am here, and this is what I have: [`Beat`].
    Beat = 2,
    /// I lack these: [`Nack`].
    Nack = 3,
    /// This is what I have of yours, to you alone: [`Status`].
    Status = 4,
    /// What is needed to catch up, to one member alone: [`Sync`].
    Sync = 5,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Durable,
            Self::Beat,
            Self::Nack,
            Self::Status,
            Self::Sync,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }

    /// Whether frames of this type carry their author's signature; the head of `seal/mod.rs` says
    /// why.
    #[must_use]
    pub fn is_signed(self) -> bool {
        self != Self::Nack
    }
}

/// Flag: more follows at once; who holds this tells the author soon how far it has come.
pub const FLAG_BULK: u8 = 1;

/// Flag: who holds this is asked to acknowledge at once, for the author is about to leave.
pub const FLAG_ACK_REQUEST: u8 = 2;

/// Flag: a durable frame that is one piece of a long text.
pub(super) const FLAG_FRAGMENT: u8 = 4;

/// Who made a frame, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The person.
    pub key: Key,
    /// The person's short id, [`Key::short`]; it does not travel.
    pub short: u64,
    /// One run of the program; the same person's other runs have other numbers.
    pub session: u64,
    /// Which of the session's frames, from 1; durable and other frames are counted apart.
    pub sequence: u32,
    /// Hybrid clock: 48 bits of milliseconds since 1970, 16 bits of counter.
    pub clock: u64,
    /// [`FLAG_BULK`], [`FLAG_ACK_REQUEST`].
    pub flags: u8,
    /// The author's estimate of the group's round trip, as [`grtt_code`] writes it.
    pub grtt: u8,
    /// The name that the author goes by: a claim.
    pub name: Name,
}

impl Author {
    /// The member as other frames name it.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        MemberTag::of(self.short, self.session)
    }
}

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'d> {
    /// [`Kind::Durable`]
    Durable(Durable<'d>),
    /// [`Kind::Beat`]
    Beat(Beat),
    /// [`Kind::Nack`]
    Nack(Nack),
    /// [`Kind::Status`]
    Status(Status),
    /// [`Kind::Sync`]
    Sync(Sync),
}

impl Body<'_> {
    /// The frame's type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Durable(_) => Kind::Durable,
            Self::Beat(_) => Kind::Beat,
            Self::Nack(_) => Kind::Nack,
            Self::Status(_) => Kind::Status,
            Self::Sync(_) => Kind::Sync,
        }
    }
}

/// A frame, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'d> {
    /// Who made it.
    pub author: Author,
    /// What it says.
    pub body: Body<'d>,
}

/// What a signed frame of so many bytes holds besides the author, who has a name of so many bytes,
/// and the seal, if it leaves alone: bytes at most.
#[must_use]
pub const fn body_max_bytes(frame_bytes: usize, name_bytes: usize) -> usize {
    frame_bytes
        - HEADER_BYTES
        - AUTHOR_BYTES
        - name_bytes
        - LEAF_INDEX_BYTES
        - SIGNATURE_BYTES
        - TAG_BYTES
}

/// The same for a durable frame, which may leave in a run.
#[must_use]
pub const fn durable_max_bytes(frame_bytes: usize, name_bytes: usize) -> usize {
    body_max_bytes(frame_bytes, name_bytes) - MERKLE_PATH_MAX_BYTES
}

/// Writes a frame over whatever `datagram` held, up to the end of its body, and without a nonce;
/// the seal completes it.
pub(super) fn encode(frame: &Frame<'_>, room_tag: &[u8; ROOM_TAG_BYTES], datagram: &mut Vec<u8>) {
    datagram.clear();
    let mut writer = Writer(datagram);
    write_head(&mut writer, frame.body.kind() as u8, room_tag);
    let author = &frame.author;
    writer.bytes(&author.key.0);
    writer.u64(author.session);
    writer.u32(author.sequence);
    writer.u64(author.clock);
    let fragment = match &frame.body {
        Body::Durable(durable) if durable.fragment.is_some() => FLAG_FRAGMENT,
        _ => 0,
    };
    writer.u8(author.flags | fragment);
    writer.u8(author.grtt);
    writer.text_8(author.name.as_str());
    match &frame.body {
        Body::Durable(durable) => durable.write(&mut writer),
        Body::Beat(beat) => beat.write(&mut writer),
        Body::Nack(nack) => nack.write(&mut writer),
        Body::Status(status) => status.write(&mut writer),
        Body::Sync(sync) => sync.write(&mut writer),
    }
}

fn write_head(writer: &mut Writer<'_>, kind: u8, room_tag: &[u8; ROOM_TAG_BYTES]) {
    writer.bytes(&MAGIC);
    writer.u8(VERSION);
    writer.u8(kind);
    writer.bytes(room_tag);
    writer.bytes(&[0; NONCE_BYTES]);
}

/// The clear header of a frame of any type, without a nonce.
pub(super) fn head(kind: u8, room_tag: &[u8; ROOM_TAG_BYTES]) -> Vec<u8> {
    let mut head = Vec::with_capacity(FRAME_MAX_BYTES);
    write_head(&mut Writer(&mut head), kind, room_tag);
    head
}

/// The header of a datagram: its type and its room, whoever it is for.
///
/// # Errors
/// [`FrameFault::NotFrame`] or [`FrameFault::Unknown`].
pub(super) fn header(datagram: &[u8]) -> Result<(Kind, &[u8]), FrameFault> {
    if datagram.len() > FRAME_MAX_BYTES || !datagram.starts_with(&MAGIC) {
        return Err(FrameFault::NotFrame);
    }
    let mut reader = Reader(datagram);
    let mut read = || {
        reader.take(MAGIC.len())?;
        Some((reader.u8()?, reader.u8()?, reader.take(ROOM_TAG_BYTES)?))
    };
    let (version, kind, room_tag) = read().ok_or(FrameFault::NotFrame)?;
    let kind = Kind::from_byte(kind).filter(|_| version == VERSION);
    Ok((kind.ok_or(FrameFault::Unknown)?, room_tag))
}

/// Reads what stands between header and seal.
///
/// # Errors
/// [`FrameFault::Broken`] when it is not exactly a frame of this type.
pub(super) fn decode(kind: Kind, inner: &[u8]) -> Result<Frame<'_>, FrameFault> {
    read_inner(kind, inner).ok_or(FrameFault::Broken)
}

fn read_inner(kind: Kind, inner: &[u8]) -> Option<Frame<'_>> {
    let mut reader = Reader(inner);
    let key = Key(*reader.take(32)?.first_chunk()?);
    let (session, sequence, clock) = (reader.u64()?, reader.u32()?, reader.u64()?);
    let (flags, grtt) = (reader.u8()?, reader.u8()?);
    let name = Name::parse(reader.text_8(NAME_MAX_BYTES)?).ok()?;
    let author = Author {
        key,
        short: key.short(),
        session,
        sequence,
        clock,
        flags: flags & !FLAG_FRAGMENT,
        grtt,
        name,
    };
    let is_fragment = flags & FLAG_FRAGMENT != 0;
    let body = match kind {
        // Behind the last number there is no next one; nobody gets there by talking.
        Kind::Durable if !(1..u32::MAX).contains(&sequence) => return None,
        Kind::Durable => Body::Durable(Durable::read(&mut reader, is_fragment)?),
        Kind::Beat => Body::Beat(Beat::read(&mut reader)?),
        Kind::Nack => Body::Nack(Nack::read(&mut reader)?),
        Kind::Status => Body::Status(Status::read(&mut reader)?),
        Kind::Sync => Body::Sync(Sync::read(&mut reader)?),
    };
    (reader.is_empty() && (!is_fragment || kind == Kind::Durable)).then_some(Frame { author, body })
}

/// Writes a round trip in one byte, as NORM does (RFC 5740, section 4.2): 1/8 octave a step from
/// 0.1 ms.
#[must_use]
pub fn grtt_code(grtt: std::time::Duration) -> u8 {
    let steps = (grtt.as_secs_f64() / GRTT_LEAST_S).max(1.0).log2() * 8.0;
    steps.round().clamp(0.0, 255.0) as u8
}

/// Reads what [`grtt_code`] wrote.
#[must_use]
pub fn grtt_of(code: u8) -> std::time::Duration {
    std::time::Duration::from_secs_f64(GRTT_LEAST_S * (f64::from(code) / 8.0).exp2())
}

const GRTT_LEAST_S: f64 = 0.0001;

#[cfg(test)]
mod tests;
