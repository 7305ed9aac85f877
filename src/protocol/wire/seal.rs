//! What stands around a frame's inside, and the only way in and out: the room tag in front, the
//! signature's place and the tag behind.
//!
//! Rooms are public still: the room's key comes from its name alone, and the tag is a keyed BLAKE3
//! hash, which tells damage and other rooms apart and keeps nobody out. Encryption takes its place
//! here, with the same bytes in the same places, and no other file will notice.

use super::frame::durable::Durable;
use super::frame::{
    self, Author, Body, Frame, FrameFault, HEADER_BYTES, NONCE_BYTES, ROOM_TAG_BYTES,
    SIGNATURE_BYTES, TAG_BYTES, first_8,
};

/// Opens and closes the frames of one room.
#[derive(Clone, Debug)]
pub struct Seal {
    room_tag: [u8; ROOM_TAG_BYTES],
    key: [u8; 32],
}

/// A frame that belongs to this room and is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'d> {
    /// The frame.
    pub frame: Frame<'d>,
    /// A hash of all its bytes.
    pub hash: u64,
}

impl Seal {
    /// The seal of a public room; `None` is the lobby.
    #[must_use]
    pub fn public(room: Option<&str>) -> Self {
        let key = match room {
            Some(room) => blake3::derive_key("roda 2026 public room key", room.as_bytes()),
            None => blake3::derive_key("roda 2026 lobby key", &[]),
        };
        let tag = blake3::derive_key("roda 2026 room tag", &key);
        Self {
            room_tag: tag.first_chunk().copied().unwrap_or_default(),
            key,
        }
    }

    /// Writes a frame as the datagram that it travels in, and returns its hash.
    pub fn close(&self, frame: &Frame<'_>, nonce: &[u8; NONCE_BYTES], to: &mut Vec<u8>) -> u64 {
        frame::encode(frame, &self.room_tag, nonce, to);
        to.extend_from_slice(&[0; SIGNATURE_BYTES]);
        let tag = self.tag(to);
        to.extend_from_slice(&tag);
        first_8(&tag)
    }

    /// Seals any inside as if it were a frame's, for who tries what is not.
    #[must_use]
    pub fn enclose(&self, kind: u8, inside: &[u8], nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
        let mut datagram = frame::head(kind, &self.room_tag, nonce);
        datagram.extend_from_slice(inside);
        datagram.extend_from_slice(&[0; SIGNATURE_BYTES]);
        let tag = self.tag(&datagram);
        datagram.extend_from_slice(&tag);
        datagram
    }

    /// Reads a datagram as a frame of this room.
    ///
    /// # Errors
    /// The [`FrameFault`] for which it is to be dropped.
    pub fn open<'d>(&self, datagram: &'d [u8]) -> Result<Opened<'d>, FrameFault> {
        let (kind, room_tag) = frame::header(datagram)?;
        if room_tag != self.room_tag {
            return Err(FrameFault::OtherRoom);
        }
        let sealed = datagram.split_last_chunk::<TAG_BYTES>();
        let (rest, tag) = sealed.ok_or(FrameFault::Broken)?;
        if *tag != self.tag(rest) {
            return Err(FrameFault::BrokenSeal);
        }
        let inner_end = rest.len().checked_sub(SIGNATURE_BYTES);
        let inner = inner_end.and_then(|end| rest.get(HEADER_BYTES..end));
        let frame = frame::decode(kind, inner.ok_or(FrameFault::Broken)?)?;
        Ok(Opened {
            frame,
            hash: first_8(tag),
        })
    }

    /// Reads a durable frame again that was opened before, from our own memory.
    #[must_use]
    pub fn reopen<'d>(&self, datagram: &'d [u8]) -> Option<(Author, Durable<'d>)> {
        let (kind, _) = frame::header(datagram).ok()?;
        let inner_end = datagram.len().checked_sub(TAG_BYTES + SIGNATURE_BYTES)?;
        let frame = frame::decode(kind, datagram.get(HEADER_BYTES..inner_end)?).ok()?;
        match frame.body {
            Body::Durable(durable) => Some((frame.author, durable)),
            _ => None,
        }
    }

    fn tag(&self, bytes: &[u8]) -> [u8; TAG_BYTES] {
        let hash = blake3::keyed_hash(&self.key, bytes);
        hash.as_bytes().first_chunk().copied().unwrap_or_default()
    }
}
