//! The envelope around a frame's inside, and the only way in and out.
//!
//! ```text
//! header 44, clear | sealed( inside | Merkle path | signature 64 ) | tag 16
//!                             in a NACK, the inside alone
//! ```
//!
//! **The seal** is XChaCha20-Poly1305 under a key derived from the room's key, with the whole
//! header as associated data. It proves membership: only someone with the room's key can make it.
//! In the lobby and in public rooms everybody has that key, so sealing only keeps the format
//! uniform.
//!
//! **The nonce** is a keyed hash of the plaintext: of the frame's own hash and of what follows its
//! inside. It repeats only for the same frame, and then the datagram is the same too. This holds
//! even on a virtual machine that was cloned while running, where a random nonce would repeat for
//! different frames.
//!
//! The first two bytes of the nonce are a hint: a hash of the room's name, cut so short that it
//! reveals little to someone who guesses names, because one in 65,536 other rooms has the same
//! hint. It lets a member notice that somebody uses another key for a room of the same name. The
//! other 22 bytes are more than enough.
//!
//! **One frame opens under one key.** Poly1305 alone would allow a datagram that opens under two
//! keys. The room tag is derived from the key and compared before anything is decrypted, so an
//! attacker who wants one datagram to open under two keys first needs two keys with the same
//! 128-bit tag.
//!
//! **The signature** is the author's, Ed25519, over a domain and a hash of the room tag, the type
//! and the whole inside; frames that leave together share one (`signed_batch.rs`). It proves who
//! speaks and in which room, while anyone can repeat a frame that they cannot forge. Durable frames
//! and beats carry a signature. So do statuses and sync frames, because a status counts as a
//! delivery receipt and a sync frame says where its author wants the answer; both are rare.
//!
//! **NACKs carry none**, because they come in storms: checking signatures would cost a receiver
//! more than the repairs do. A member can therefore send a NACK in another's name. It causes a
//! repair, as a NACK in its own name would; repairs are paced, and each is muted for a while
//! afterwards, for all members. A NACK proves neither that a member is present nor where it is, and
//! its sequence number moves no window. A stranger in a keyed room can only send a recorded one
//! again: each is taken once, and only while its clock is its author's (`engine/freshness.rs`).

pub mod host;
pub mod invitation;
mod known_tree;
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
use super::compact::StreamSeals;
use super::frame::durable::Durable;
use super::frame::{
    self, Author, Body, FRAME_MAX_BYTES, Frame, FrameFault, HEADER_BYTES, Kind, NONCE_AT,
    ROOM_TAG_BYTES, first_8,
};

/// Length of the room name's hint in a nonce, in bytes.
pub const HINT_BYTES: usize = 2;

/// Seals and opens the frames of one room.
#[derive(Clone)]
pub struct Seal {
    room_tag: [u8; ROOM_TAG_BYTES],
    key: LongKey,
    nonce_key: Zeroizing<[u8; 32]>,
    hint: [u8; HINT_BYTES],
    hashing: Hashing,
    verdicts: Verdicts,
    streams: StreamSeals,
}

/// A frame that is encoded, but neither signed nor sealed.
#[derive(Debug)]
pub struct Draft {
    /// The hash of its type and inside.
    leaf: Hash,
    datagram: Vec<u8>,
}

/// A frame of this room that arrived intact. Its author is authentic, except in a NACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'s> {
    /// The frame.
    pub frame: Frame<'s>,
    /// A hash of its type and inside, which stays the same if the frame is signed or sealed again.
    /// 0 for a NACK.
    pub hash: u64,
}

impl Seal {
    /// Makes the seal of the room with this key.
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
            streams: StreamSeals::new(key.derive("roda 2026 stream key")),
        }
    }

    /// The seals of the room's streams.
    #[must_use]
    pub fn streams(&self) -> &StreamSeals {
        &self.streams
    }

    /// Whether a person signed a unit of sound or pictures; `None` if that is not known yet, and
    /// `may_check` allows no check.
    #[must_use]
    pub fn check_unit(
        &self,
        by: &super::ids::Key,
        root: &[u8; 32],
        signature: &[u8; super::sizes::SIGNATURE_BYTES],
        may_check: impl FnOnce() -> bool,
    ) -> Option<bool> {
        self.verdicts.verify_if(by, root, signature, may_check)
    }

    /// Makes the seal of a public room; `None` is the lobby.
    #[must_use]
    pub fn public(room: Option<&str>) -> Self {
        Self::new(&room.map_or_else(RoomKey::lobby, RoomKey::public)).called(room)
    }

    /// Adds the hint of the room's name, which lets members notice that somebody uses another key
    /// for a room of this name.
    #[must_use]
    pub fn called(self, room: Option<&str>) -> Self {
        let room: String = room.unwrap_or_default().nfc().collect();
        let hash = blake3::derive_key("roda 2026 room name hint", room.as_bytes());
        let hint = hash.first_chunk().copied().unwrap_or_default();
        Self { hint, ..self }
    }

    /// Shares remembered verdicts about signatures with others. The simulated network uses it,
    /// because all its members run in one process.
    #[must_use]
    pub fn sharing(self, verdicts: Verdicts) -> Self {
        Self { verdicts, ..self }
    }

    /// The room's tag, which every frame of the room carries in clear: it tells rooms apart, also
    /// those of one name and two keys, and reveals no key.
    #[must_use]
    pub fn room_tag(&self) -> [u8; ROOM_TAG_BYTES] {
        self.room_tag
    }

    /// The hint of the room's name, which [`named_like`] compares.
    #[must_use]
    pub fn hint(&self) -> [u8; HINT_BYTES] {
        self.hint
    }

    /// Encodes, signs and seals a frame that leaves alone, and returns its hash.
    pub fn close(&self, frame: &Frame<'_>, signer: &Signer, to: &mut Vec<u8>) -> u64 {
        frame::encode(frame, &self.room_tag, to);
        let kind = frame.body.kind();
        let signer = kind.is_signed().then_some(signer);
        let leaf = self.close_alone(kind as u8, signer, to);
        signer.map_or(0, |_| first_8(&leaf))
    }

    /// Encodes a frame that leaves together with others.
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

    /// Seals any bytes as if they were a frame's inside, and signs them if there is a signer. Only
    /// tests and fuzzers need it, to try what a frame must not be.
    #[must_use]
    pub fn enclose(&self, kind: u8, inside: &[u8], signer: Option<&Signer>) -> Vec<u8> {
        let mut datagram = frame::head(kind, &self.room_tag);
        datagram.extend_from_slice(inside);
        self.close_alone(kind, signer, &mut datagram);
        datagram
    }

    /// Opens a datagram as a frame of this room, and overwrites `inside` with the plaintext.
    ///
    /// # Errors
    /// The [`FrameFault`] that makes the datagram worth dropping.
    pub fn open<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Result<Opened<'s>, FrameFault> {
        let opened = self.open_if(datagram, inside, |_| true)?;
        opened.ok_or(FrameFault::Forged) // which it never is: the check was done
    }

    /// The same, if `may_check` allows a signature to be checked whose verdict is not known yet;
    /// `None` if it does not.
    ///
    /// # Errors
    /// As of [`Seal::open`].
    pub fn open_if<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
        may_check: impl FnOnce(&Author) -> bool,
    ) -> Result<Option<Opened<'s>>, FrameFault> {
        let kind = self.unseal(datagram, inside)?;
        let (inside, merkle_path) = split(kind, inside).ok_or(FrameFault::Broken)?;
        let frame = frame::decode(kind, inside)?;
        let Some(merkle_path) = merkle_path else {
            return Ok(Some(Opened { frame, hash: 0 }));
        };
        let leaf = self.hashing.leaf(kind as u8, inside);
        let (author, verdicts) = (&frame.author, &self.verdicts);
        let may_check = || may_check(author);
        match merkle_path.is_genuine(leaf, &author.key, &self.hashing, verdicts, may_check) {
            Some(true) => Ok(Some(Opened {
                frame,
                hash: first_8(&leaf),
            })),
            Some(false) => Err(FrameFault::Forged),
            None => Ok(None),
        }
    }

    /// Opens a durable frame again that is kept in our own memory and was opened before.
    ///
    /// Decrypting it again takes 0.8 of the 37 µs that opening takes. Keeping the plaintext would
    /// take as much memory as the datagram, which must be kept anyway for repairs.
    #[must_use]
    pub fn reopen<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Option<(Author, Durable<'s>)> {
        let (author, durable, _) = self.reopen_with_hash(datagram, inside, |_, _| 0)?;
        Some((author, durable))
    }

    /// Opens a durable frame that a store kept, and returns its hash as well. That the room's seal
    /// is whole is checked, and its author's signature is not.
    #[must_use]
    pub fn reopen_stored<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Option<(Author, Durable<'s>, u64)> {
        let leaf = |kind, inside: &[u8]| first_8(&self.hashing.leaf(kind, inside));
        self.reopen_with_hash(datagram, inside, leaf)
    }

    fn reopen_with_hash<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
        hash: impl FnOnce(u8, &[u8]) -> u64,
    ) -> Option<(Author, Durable<'s>, u64)> {
        let kind = self.unseal(datagram, inside).ok()?;
        let (inside, _) = split(kind, inside)?;
        let frame = frame::decode(kind, inside).ok()?;
        match frame.body {
            Body::Durable(durable) => Some((frame.author, durable, hash(kind as u8, inside))),
            _ => None,
        }
    }

    /// Signs a datagram that leaves alone, if there is a signer, and seals it. Returns its hash.
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

    /// Hashes a datagram that holds only the header and the inside so far.
    fn leaf(&self, kind: u8, datagram: &[u8]) -> Hash {
        let inside = datagram.get(HEADER_BYTES..).unwrap_or_default();
        self.hashing.leaf(kind, inside)
    }

    /// Encrypts everything after the header, which has no nonce yet, and appends the tag.
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
            // Sealing so few bytes never fails; if it did, nothing would leave unencrypted.
            None => datagram.clear(),
        }
    }

    /// Checks the header and the seal, and overwrites `inside` with the plaintext.
    fn unseal(&self, datagram: &[u8], inside: &mut Vec<u8>) -> Result<Kind, FrameFault> {
        let (kind, room_tag) = frame::header(datagram)?;
        if room_tag != self.room_tag {
            return Err(match named_like(datagram, self.hint) {
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

/// Shows the room tag, but no key.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({:016x})", first_8(&self.room_tag))
    }
}

/// Whether a datagram's room probably has the name with this hint.
#[must_use]
pub fn named_like(datagram: &[u8], hint: [u8; HINT_BYTES]) -> bool {
    let nonce = datagram.get(NONCE_AT..).unwrap_or_default();
    nonce.starts_with(&hint)
}

/// Splits the plaintext into the frame's inside and, for signed types, its Merkle path.
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
