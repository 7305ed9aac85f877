//! The frame wire: what the members of a room send on port 5008, next to the plain wire's port.
//!
//! ```text
//! one UDP datagram, at most 1400 bytes; numbers are big-endian
//!
//! magic 2 | version 1 | type 1 | room tag 16 | nonce 24                        the header: clear
//! key 32 | session 8 | sequence 4 | clock 8 | flags 1 | GRTT 1 | name length 1 | name   the author
//! depends on the type (durable · beat · nack · status · sync · notice · site)  the body
//! Merkle path 1, in a batch 17 to 97 | signature 64; none in a NACK            the author's
//! tag 16                                                                       the seal
//! ```
//!
//! The room tag is derived from the room's key, so that frames of other rooms are dropped at once.
//! Everything between header and tag is sealed (`seal/mod.rs`). A repair is the same bytes again.
//! Bytes after the end of a body are refused; a frame of another version or of an unknown type is
//! counted and ignored. Magic and version stand in every version where they stand here, so that a
//! member can tell that somebody uses another one. Version 1 was never released.

mod ack;
pub mod beat;
mod bytes;
pub mod call;
pub mod durable;
pub mod nack;
pub mod notice;
pub mod offer;
pub mod role;
pub mod site;
pub mod status;
pub mod sync;

use std::fmt;

use self::bytes::{Reader, Writer};
use self::{
    beat::Beat, durable::Durable, nack::Nack, notice::Notice, site::Site, status::Status,
    sync::Sync,
};
use super::cipher::{NONCE_BYTES, TAG_BYTES};
use super::sizes::{LEAF_INDEX_BYTES, MERKLE_PATH_MAX_BYTES};
use crate::protocol::message::{NAME_MAX_BYTES, Name};

pub use self::ack::{ACKS_MAX, Ack};
pub(in crate::protocol) use super::ids::first_8;
pub use super::ids::{Key, MemberTag};
pub use super::sizes::{ROOM_TAG_BYTES, SIGNATURE_BYTES};

/// Longest frame, in bytes of UDP payload: it fits the MTU of Ethernet and Wi-Fi with IPv6, even
/// where a virtual network takes 50 bytes. A datagram costs the same whatever its length, so a
/// backlog leaves in as few datagrams as possible.
pub const FRAME_MAX_BYTES: usize = 1400;

/// Longest frame where some link carries less: it fits every link's MTU with IPv6 and a tunnel's
/// header.
pub const FRAME_NARROW_BYTES: usize = 1200;

/// The first bytes of every frame. No UTF-8 text contains 0xf7, so no plain datagram begins so.
const MAGIC: [u8; 2] = [0xf7, b'r'];

/// The version of everything described here.
const VERSION: u8 = 2;

/// Length of the clear header, in bytes.
pub const HEADER_BYTES: usize = 2 + 1 + 1 + ROOM_TAG_BYTES + NONCE_BYTES;

/// Offset of the type in the header.
const TYPE_AT: usize = 3;

/// Offset of the nonce in the header.
pub(super) const NONCE_AT: usize = HEADER_BYTES - NONCE_BYTES;

/// Length of the author's part without the name, in bytes.
const AUTHOR_BYTES: usize = 32 + 8 + 4 + 8 + 1 + 1 + 1;

/// Why a datagram is no frame of ours. Each kind is counted separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FrameFault {
    /// It does not begin like a frame, or is too long for one.
    NotFrame,
    /// Its type is unknown.
    Unknown,
    /// It is of another version of this wire.
    OtherVersion,
    /// It belongs to another room.
    OtherRoom,
    /// It belongs to a room of the same name with another key.
    OtherKey,
    /// It belongs to a stream that nobody has announced here.
    UnknownStream,
    /// The seal does not match its contents.
    BrokenSeal,
    /// The sealed bytes are not exactly one frame of its type.
    Broken,
    /// The person named as its author did not sign it.
    Forged,
}

impl FrameFault {
    /// Whether it was found behind the header, in what had to be decrypted first.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(self, Self::BrokenSeal | Self::Broken | Self::Forged)
    }
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFrame => f.write_str("the datagram is no frame"),
            Self::Unknown => f.write_str("the type of the frame is unknown"),
            Self::OtherVersion => f.write_str("the frame is of another version"),
            Self::OtherRoom => f.write_str("the frame belongs to another room"),
            Self::OtherKey => {
                f.write_str("the frame belongs to a room of this name with another key")
            }
            Self::UnknownStream => f.write_str("the frame belongs to an unknown stream"),
            Self::BrokenSeal => f.write_str("the seal does not match the contents"),
            Self::Broken => f.write_str("the contents are not exactly one frame"),
            Self::Forged => f.write_str("the author named in the frame did not sign it"),
        }
    }
}

impl std::error::Error for FrameFault {}

/// The type of a frame. Only durable frames are sent again as repairs; the other types share a
/// separate space of sequence numbers and are never repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Everybody must receive it: [`Durable`].
    Durable = 1,
    /// The author is present and has this much: [`Beat`].
    Beat = 2,
    /// The author lacks these frames: [`Nack`].
    Nack = 3,
    /// What the author has of the addressee's frames, sent to the addressee alone: [`Status`].
    Status = 4,
    /// A step of catching up, sent to one member alone: [`Sync`].
    Sync = 5,
    /// About streams of compact frames, which are no frames of these types: [`Notice`].
    Notice = 6,
    /// What a bridge states about its site: [`Site`].
    Site = 15,
}

impl Kind {
    /// The type that a datagram states, which is not sealed.
    #[must_use]
    pub fn of(datagram: &[u8]) -> Option<Self> {
        datagram
            .get(TYPE_AT)
            .and_then(|byte| Self::from_byte(*byte))
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Durable,
            Self::Beat,
            Self::Nack,
            Self::Status,
            Self::Sync,
            Self::Notice,
            Self::Site,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }

    /// Whether frames of this type carry their author's signature. `seal/mod.rs` gives the reasons.
    #[must_use]
    pub fn is_signed(self) -> bool {
        self != Self::Nack
    }
}

/// Flag: more frames follow at once, so receivers report their progress soon.
pub const FLAG_BULK: u8 = 1;

/// Flag: receivers acknowledge at once, because the author is about to leave.
pub const FLAG_ACK_REQUEST: u8 = 2;

/// Flag: this durable frame is one piece of a long text.
pub(super) const FLAG_FRAGMENT: u8 = 4;

/// The author of a frame, and the time at which it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The person.
    pub key: Key,
    /// The person's short id, [`Key::short`]. It is not on the wire.
    pub short: u64,
    /// Identifies one run of the program. The same person's other runs have other numbers.
    pub session: u64,
    /// The sequence number within the session, from 1. Durable and other frames count separately.
    pub sequence: u32,
    /// Hybrid clock: 48 bits of milliseconds since 1970, 16 bits of counter.
    pub clock: u64,
    /// [`FLAG_BULK`] and [`FLAG_ACK_REQUEST`].
    pub flags: u8,
    /// The author's estimate of the group's round-trip time, encoded by [`grtt_code`].
    pub grtt: u8,
    /// The name that the author claims.
    pub name: Name,
}

impl Author {
    /// The tag by which other frames name this member.
    #[must_use]
    pub fn tag(&self) -> MemberTag {
        MemberTag::of(self.short, self.session)
    }
}

/// The part of a frame that depends on its type.
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
    /// [`Kind::Notice`]
    Notice(Notice),
    /// [`Kind::Site`]
    Site(Site),
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
            Self::Notice(_) => Kind::Notice,
            Self::Site(_) => Kind::Site,
        }
    }
}

/// A decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'d> {
    /// Its author and its time.
    pub author: Author,
    /// The part that depends on its type.
    pub body: Body<'d>,
}

/// Most bytes in the body of a signed frame that leaves alone, given the frame's length and the
/// length of the author's name.
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

/// The same for a durable frame, which may leave in a batch.
#[must_use]
pub const fn durable_max_bytes(frame_bytes: usize, name_bytes: usize) -> usize {
    body_max_bytes(frame_bytes, name_bytes) - MERKLE_PATH_MAX_BYTES
}

/// Overwrites `datagram` with a frame up to the end of its body. The nonce is missing, and the seal
/// adds the rest.
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
        Body::Notice(notice) => notice.write(&mut writer),
        Body::Site(site) => site.write(&mut writer),
    }
}

fn write_head(writer: &mut Writer<'_>, kind: u8, room_tag: &[u8; ROOM_TAG_BYTES]) {
    writer.bytes(&MAGIC);
    writer.u8(VERSION);
    writer.u8(kind);
    writer.bytes(room_tag);
    writer.bytes(&[0; NONCE_BYTES]);
}

/// How every datagram of this version begins, by its type.
pub(super) const fn opening(kind: u8) -> [u8; 4] {
    [MAGIC[0], MAGIC[1], VERSION, kind]
}

/// Encodes the clear header of a frame of any type, without a nonce.
pub(super) fn head(kind: u8, room_tag: &[u8; ROOM_TAG_BYTES]) -> Vec<u8> {
    let mut head = Vec::with_capacity(FRAME_MAX_BYTES);
    write_head(&mut Writer(&mut head), kind, room_tag);
    head
}

/// Reads the header of a datagram, for whatever room: its type and its room tag.
///
/// # Errors
/// [`FrameFault::NotFrame`], [`FrameFault::OtherVersion`] or [`FrameFault::Unknown`].
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
    if version != VERSION {
        return Err(FrameFault::OtherVersion);
    }
    let kind = Kind::from_byte(kind).ok_or(FrameFault::Unknown)?;
    Ok((kind, room_tag))
}

/// The room tag of a datagram, which stands in clear; `None` if it is no frame of this version.
#[must_use]
pub fn room_tag(datagram: &[u8]) -> Option<&[u8; ROOM_TAG_BYTES]> {
    let (_, room_tag) = header(datagram).ok()?;
    room_tag.first_chunk()
}

/// Decodes the plaintext between header and tag.
///
/// # Errors
/// [`FrameFault::Broken`] if it is not exactly one frame of this type.
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
        // No number follows the last one; nobody gets there by sending.
        Kind::Durable if !(1..u32::MAX).contains(&sequence) => return None,
        Kind::Durable => Body::Durable(Durable::read(&mut reader, flags)?),
        Kind::Beat => Body::Beat(Beat::read(&mut reader)?),
        Kind::Nack => Body::Nack(Nack::read(&mut reader)?),
        Kind::Status => Body::Status(Status::read(&mut reader)?),
        Kind::Sync => Body::Sync(Sync::read(&mut reader)?),
        Kind::Notice => Body::Notice(Notice::read(&mut reader)?),
        Kind::Site => Body::Site(Site::read(&mut reader)?),
    };
    (reader.is_empty() && (!is_fragment || kind == Kind::Durable)).then_some(Frame { author, body })
}

/// Encodes a round-trip time in one byte as NORM does (RFC 5740, section 4.2): steps of 1/8 octave
/// from 0.1 ms.
#[must_use]
pub fn grtt_code(grtt: std::time::Duration) -> u8 {
    let steps = (grtt.as_secs_f64() / GRTT_LEAST_S).max(1.0).log2() * 8.0;
    steps.round().clamp(0.0, 255.0) as u8
}

/// Decodes what [`grtt_code`] encoded.
#[must_use]
pub fn grtt_of(code: u8) -> std::time::Duration {
    std::time::Duration::from_secs_f64(GRTT_LEAST_S * (f64::from(code) / 8.0).exp2())
}

const GRTT_LEAST_S: f64 = 0.0001;

#[cfg(test)]
mod tests;
