//! What stands around a frame's inside, and the only way in and out.
//!
//! ```text
//! header 44, clear | sealed( inside | way | signature 64, the last two of most types ) | tag 16
//! ```
//!
//! **The seal** is XChaCha20-Poly1305 under a key that comes of the room's, with the whole header
//! as associated data. It proves membership: whoever has the room's key made it. In the lobby and
//! in public rooms everybody has that key, and sealing gives uniformity only.
//!
//! **The nonce** is a keyed hash of what is sealed: of the frame's own hash, and of what stands
//! behind its inside. It repeats only for the same frame, which then is the same datagram: also in
//! a machine that was copied while it ran, where random numbers would repeat for other frames.
//!
//! Its first two bytes are a hint: a hash of the room's name, cut so short that it tells little to
//! who guesses names, and that one of 65,536 other rooms has the same. By it a member notices that
//! somebody uses another key for a room of that name. The other 22 bytes are more than enough.
//!
//! **One frame opens under one key.** Poly1305 alone would allow a datagram that opens under two
//! keys. The room tag is derived from the key and compared before anything is decrypted, so whoever
//! wants two keys for one datagram first needs two keys of one tag of 128 bits.
//!
//! **The signature** is the author's, Ed25519, over a domain and a hash of the room tag, the type
//! and all that is inside; frames that leave together share one (`run.rs`). It proves who speaks,
//! in which room; anybody repairs what he cannot forge. Durable frames and beats carry one, and so
//! do statuses and dialogues: a status is a delivery mark, a dialogue says where its author is to
//! be answered, and both are few.
//!
//! **NACKs carry none**, because they come in storms. A member can therefore send a NACK in
//! another's name. That causes a repair, as a NACK in its own name would; repairs are paced, muted
//! for a while after each, and never by who asked. Nobody is believed to be here, or to be
//! somewhere, because of a NACK, and its sequence moves no window.

pub mod invitation;
pub mod passphrase;
pub mod room_key;
pub mod signed_batch;
pub mod signer;

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use self::room_key::RoomKey;
use self::signed_batch::{Hashing, MerklePath, Tree};
use self::signer::{Hash, Signer, Verdicts};
use super::cipher::{LongKey, NONCE_BYTES, TAG_BYTES};
use super::frame::durable::Durable;
use super::frame::{
    self, Author, Body, FRAME_MAX_BYTES, Frame, FrameFault, HEADER_BYTES, Kind, NONCE_AT,
    ROOM_TAG_BYTES, first_8,
};

/// The hint of a room's name in a nonce, in bytes.
const HINT_BYTES: usize = 2;

/// Opens and closes the frames of one room.
#[derive(Clone)]
pub struct Seal {
    room_tag: [u8; ROOM_TAG_BYTES],
    key: LongKey,
    nonce_key: Zeroizing<[u8; 32]>,
    hint: [u8; HINT_BYTES],
    hashing: Hashing,
    verdicts: Verdicts,
}

/// A frame that is written, and neither signed nor sealed.
#[derive(Debug)]
pub struct Draft {
    /// The hash of its type and its inside.
    leaf: Hash,
    datagram: Vec<u8>,
}

/// A frame that belongs to this room, is whole, and is its author's unless it is a NACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'s> {
    /// The frame.
    pub frame: Frame<'s>,
    /// A hash of its type and of all that is inside: the same for whoever signs or seals it again.
    /// 0 for a NACK.
    pub hash: u64,
}

impl Seal {
    /// The seal of the room that has this key.
    #[must_use]
    pub fn new(key: &RoomKey) -> Self {
        let room_tag = key.derive("roda 2026 room tag");
        let room_tag = room_tag.first_chunk().copied().unwrap_or_default();
        Self {
            room_tag,
            key: LongKey::new(key.derive("roda 2026 frame key")),
            nonce_key: key.derive("roda 2026 nonce key"),
            hint: [0; HINT_BYTES],
            hashing: Hashing::of(&room_tag),
            verdicts: Verdicts::default(),
        }
    }

    /// The seal of a public room; `None` is the lobby.
    #[must_use]
    pub fn public(room: Option<&str>) -> Self {
        Self::new(&room.map_or_else(RoomKey::lobby, RoomKey::public)).called(room)
    }

    /// The same, with a hint of the room's name, by which who has another key for it is noticed.
    #[must_use]
    pub fn called(self, room: Option<&str>) -> Self {
        let room: String = room.unwrap_or_default().nfc().collect();
        let hash = blake3::derive_key("roda 2026 room name hint", room.as_bytes());
        let hint = hash.first_chunk().copied().unwrap_or_default();
        Self { hint, ..self }
    }

    /// The same, which shares what it finds out about signatures with others: for the pretend
    /// network, whose members all run here.
    #[must_use]
    pub fn sharing(self, verdicts: Verdicts) -> Self {
        Self { verdicts, ..self }
    }

    /// Writes a frame as the datagram that it travels in, and returns its hash.
    pub fn close(&self, frame: &Frame<'_>, signer: &Signer, to: &mut Vec<u8>) -> u64 {
        frame::encode(frame, &self.room_tag, to);
        let kind = frame.body.kind();
        let signer = kind.is_signed().then_some(signer);
        let leaf = self.close_alone(kind as u8, signer, to);
        signer.map_or(0, |_| first_8(&leaf))
    }

    /// Writes a frame that leaves together with others.
    #[must_use]
    pub fn draft(&self, frame: &Frame<'_>) -> Draft {
        let mut datagram = Vec::with_capacity(FRAME_MAX_BYTES);
        frame::encode(frame, &self.room_tag, &mut datagram);
        let leaf = self.leaf(frame.body.kind() as u8, &datagram);
        Draft { leaf, datagram }
    }

    /// Signs at most [`signed_batch::BATCH_MAX_FRAMES`] frames together and seals each. Yields each
    /// datagram with its hash.
    pub fn close_batch(
        &self,
        drafts: Vec<Draft>,
        signer: &Signer,
    ) -> impl Iterator<Item = (Vec<u8>, u64)> {
        let leaves: Vec<Hash> = drafts.iter().map(|draft| draft.leaf).collect();
        let tree = Tree::over(leaves, &self.hashing);
        let signature = tree.sign(signer);
        let closed = drafts.into_iter().enumerate();
        closed.map(move |(index, Draft { leaf, mut datagram })| {
            let inside_end = datagram.len();
            tree.write_merkle_path(index, &mut datagram);
            datagram.extend_from_slice(&signature);
            self.seal(&leaf, inside_end, &mut datagram);
            (datagram, first_8(&leaf))
        })
    }

    /// Seals any inside as if it were a frame's, signed if that is asked for: for who tries what
    /// is not.
    #[must_use]
    pub fn enclose(&self, kind: u8, inside: &[u8], signer: Option<&Signer>) -> Vec<u8> {
        let mut datagram = frame::head(kind, &self.room_tag);
        datagram.extend_from_slice(inside);
        self.close_alone(kind, signer, &mut datagram);
        datagram
    }

    /// Reads a datagram as a frame of this room; `inside` is overwritten with what was sealed.
    ///
    /// # Errors
    /// The [`FrameFault`] for which it is to be dropped.
    pub fn open<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Result<Opened<'s>, FrameFault> {
        let kind = self.unseal(datagram, inside)?;
        let (inside, merkle_path) = split(kind, inside).ok_or(FrameFault::Broken)?;
        let frame = frame::decode(kind, inside)?;
        let Some(merkle_path) = merkle_path else {
            return Ok(Opened { frame, hash: 0 });
        };
        let leaf = self.hashing.leaf(kind as u8, inside);
        let is_genuine =
            merkle_path.is_genuine(leaf, &frame.author.key, &self.hashing, &self.verdicts);
        is_genuine.then_some(()).ok_or(FrameFault::Forged)?;
        let hash = first_8(&leaf);
        Ok(Opened { frame, hash })
    }

    /// Reads a durable frame again that was opened before, from our own memory.
    ///
    /// It is decrypted again, in 0.8 of the 37 µs that opening takes; what was opened would take as
    /// much memory as the datagram, which must be held as well for repairs.
    #[must_use]
    pub fn reopen<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Option<(Author, Durable<'s>)> {
        let kind = self.unseal(datagram, inside).ok()?;
        let (inside, _) = split(kind, inside)?;
        let frame = frame::decode(kind, inside).ok()?;
        match frame.body {
            Body::Durable(durable) => Some((frame.author, durable)),
            _ => None,
        }
    }

    /// Signs a datagram that leaves alone, if there is a signer, and seals it; its hash.
    fn close_alone(&self, kind: u8, signer: Option<&Signer>, datagram: &mut Vec<u8>) -> Hash {
        let (leaf, inside_end) = (self.leaf(kind, datagram), datagram.len());
        if let Some(signer) = signer {
            let tree = Tree::over(vec![leaf], &self.hashing);
            tree.write_merkle_path(0, datagram);
            datagram.extend_from_slice(&tree.sign(signer));
        }
        self.seal(&leaf, inside_end, datagram);
        leaf
    }

    /// The hash of a datagram that has no more than its inside yet.
    fn leaf(&self, kind: u8, datagram: &[u8]) -> Hash {
        let inside = datagram.get(HEADER_BYTES..).unwrap_or_default();
        self.hashing.leaf(kind, inside)
    }

    /// Encrypts all behind the header, which has no nonce yet, and puts the tag behind.
    fn seal(&self, leaf: &Hash, inside_end: usize, datagram: &mut Vec<u8>) {
        let mut hasher = blake3::Hasher::new_keyed(&self.nonce_key);
        let behind = datagram.get(inside_end..).unwrap_or_default();
        let hash = hasher.update(leaf).update(behind).finalize();
        let mut nonce: [u8; NONCE_BYTES] =
            hash.as_bytes().first_chunk().copied().unwrap_or_default();
        nonce
            .iter_mut()
            .zip(self.hint)
            .for_each(|(to, from)| *to = from);
        self.seal_with(&nonce, datagram);
    }

    fn seal_with(&self, nonce: &[u8; NONCE_BYTES], datagram: &mut Vec<u8>) {
        if let Some(place) = datagram.get_mut(NONCE_AT..HEADER_BYTES) {
            place.copy_from_slice(nonce);
        }
        let parts = datagram.split_at_mut_checked(HEADER_BYTES);
        let tag = parts.and_then(|(head, inside)| self.key.seal(nonce, head, inside));
        match tag {
            Some(tag) => datagram.extend_from_slice(&tag),
            // It never fails for so little; if it did, nothing would leave in the clear.
            None => datagram.clear(),
        }
    }

    /// Checks the header and the seal, and writes what was in it over `inside`.
    fn unseal(&self, datagram: &[u8], inside: &mut Vec<u8>) -> Result<Kind, FrameFault> {
        let (kind, room_tag) = frame::header(datagram)?;
        if room_tag != self.room_tag {
            let nonce = datagram.get(NONCE_AT..).unwrap_or_default();
            return Err(match nonce.starts_with(&self.hint) {
                true => FrameFault::OtherKey,
                false => FrameFault::OtherRoom,
            });
        }
        let split = || {
            let (head, rest) = datagram.split_first_chunk::<HEADER_BYTES>()?;
            let (sealed, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
            let nonce = head.last_chunk::<NONCE_BYTES>()?;
            Some((head, nonce, sealed, tag))
        };
        let (head, nonce, sealed, tag) = split().ok_or(FrameFault::Broken)?;
        inside.clear();
        inside.extend_from_slice(sealed);
        let is_whole = self.key.open(nonce, head, inside, tag);
        is_whole.then_some(kind).ok_or(FrameFault::BrokenSeal)
    }
}

/// The room's tag and no key.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({:016x})", first_8(&self.room_tag))
    }
}

/// What a frame has inside, and its way to what is signed if this type is.
fn split(kind: Kind, inside: &[u8]) -> Option<(&[u8], Option<MerklePath<'_>>)> {
    match kind.is_signed() {
        true => MerklePath::split(inside).map(|(inside, merkle_path)| (inside, Some(merkle_path))),
        false => Some((inside, None)),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
