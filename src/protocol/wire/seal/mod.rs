//! What stands around a frame's inside, and the only way in and out.
//!
//! ```text
//! header 44, clear | sealed( inside | signature 64, of most types ) | tag 16
//! ```
//!
//! **The seal** is XChaCha20-Poly1305 under a key that comes of the room's, with the whole header
//! as associated data. It proves membership: whoever has the room's key made it. In the lobby and
//! in public rooms everybody has that key, and sealing gives uniformity only.
//!
//! **The nonce** is a keyed hash of what is sealed. It repeats only for the same frame, which then
//! is the same datagram: also in a machine that was copied while it ran, where random numbers would
//! repeat for other frames.
//!
//! Its first two bytes are a hint: a hash of the room's name, cut so short that it tells little to
//! who guesses names, and that one of 65,536 other rooms has the same. By it a member notices that
//! somebody uses another key for a room of that name. The other 22 bytes are more than enough.
//!
//! **One frame opens under one key.** Poly1305 alone would allow a datagram that opens under two
//! keys. The room tag is derived from the key and compared before anything is decrypted, so whoever
//! wants two keys for one datagram first needs two keys of one tag of 128 bits.
//!
//! **The signature** is the author's, Ed25519, over a domain, the room tag, the type and all that
//! is inside. It proves who speaks, in which room; anybody repairs what he cannot forge. Durable
//! frames and beats carry one, and so do statuses and dialogues: a status is a delivery mark, a
//! dialogue says where its author is to be answered, and both are few.
//!
//! **NACKs carry none**, because they come in storms. A member can therefore send a NACK in
//! another's name. That causes a repair, as a NACK in its own name would; repairs are paced, muted
//! for a while after each, and never by who asked. Nobody is believed to be here, or to be
//! somewhere, because of a NACK, and its sequence moves no window.

pub mod invitation;
pub mod passphrase;
pub mod room_key;
pub mod signer;

use std::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use self::room_key::RoomKey;
use self::signer::{Signer, Verdicts, verify};
use super::frame::durable::Durable;
use super::frame::{
    self, Author, Body, FRAME_MAX_BYTES, Frame, FrameFault, HEADER_BYTES, Kind, NONCE_AT,
    NONCE_BYTES, ROOM_TAG_BYTES, SIGNATURE_BYTES, TAG_BYTES, first_8,
};

/// What stands before the room tag in all that is signed.
const DOMAIN: &[u8; 22] = b"roda 2026 signed frame";

/// What is signed besides the inside, in bytes: domain, room tag, type.
const SIGNED_HEAD_BYTES: usize = DOMAIN.len() + ROOM_TAG_BYTES + 1;

/// The hint of a room's name in a nonce, in bytes.
const HINT_BYTES: usize = 2;

/// Opens and closes the frames of one room.
#[derive(Clone)]
pub struct Seal {
    room_tag: [u8; ROOM_TAG_BYTES],
    cipher: XChaCha20Poly1305,
    nonce_key: Zeroizing<[u8; 32]>,
    hint: [u8; HINT_BYTES],
    verdicts: Option<Verdicts>,
}

/// A frame that belongs to this room, is whole, and is its author's unless it is a NACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'s> {
    /// The frame.
    pub frame: Frame<'s>,
    /// A hash of its signature, which all of it hangs on: the same for whoever seals it again.
    /// 0 for a NACK.
    pub hash: u64,
}

impl Seal {
    /// The seal of the room that has this key.
    #[must_use]
    pub fn new(key: &RoomKey) -> Self {
        let room_tag = key.derive("roda 2026 room tag");
        let cipher_key = key.derive("roda 2026 frame key");
        Self {
            room_tag: room_tag.first_chunk().copied().unwrap_or_default(),
            cipher: XChaCha20Poly1305::new((&*cipher_key).into()),
            nonce_key: key.derive("roda 2026 nonce key"),
            hint: [0; HINT_BYTES],
            verdicts: None,
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
        let verdicts = Some(verdicts);
        Self { verdicts, ..self }
    }

    /// Writes a frame as the datagram that it travels in, and returns its hash.
    pub fn close(&self, frame: &Frame<'_>, signer: &Signer, to: &mut Vec<u8>) -> u64 {
        frame::encode(frame, &self.room_tag, to);
        let kind = frame.body.kind();
        let hash = match kind.is_signed() {
            true => self.sign(kind as u8, signer, to),
            false => 0,
        };
        self.seal(to);
        hash
    }

    /// Seals any inside as if it were a frame's, signed if that is asked for: for who tries what
    /// is not.
    #[must_use]
    pub fn enclose(&self, kind: u8, inside: &[u8], signer: Option<&Signer>) -> Vec<u8> {
        let mut datagram = frame::head(kind, &self.room_tag);
        datagram.extend_from_slice(inside);
        if let Some(signer) = signer {
            self.sign(kind, signer, &mut datagram);
        }
        self.seal(&mut datagram);
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
        let (signed, signature) = split(kind, inside).ok_or(FrameFault::Broken)?;
        let inner = signed.get(SIGNED_HEAD_BYTES..).unwrap_or_default();
        let frame = frame::decode(kind, inner)?;
        let Some(signature) = signature else {
            return Ok(Opened { frame, hash: 0 });
        };
        let key = &frame.author.key;
        let is_genuine = match &self.verdicts {
            Some(verdicts) => verdicts.verify(key, signed, signature),
            None => verify(key, signed, signature),
        };
        is_genuine.then_some(()).ok_or(FrameFault::Forged)?;
        let hash = hash_of(signature);
        Ok(Opened { frame, hash })
    }

    /// Reads a durable frame again that was opened before, from our own memory.
    ///
    /// It is decrypted again, in 2 of the 50 µs that opening takes; what was opened would take as
    /// much memory as the datagram, which must be held as well for repairs.
    #[must_use]
    pub fn reopen<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Option<(Author, Durable<'s>)> {
        let kind = self.unseal(datagram, inside).ok()?;
        let (signed, _) = split(kind, inside)?;
        let frame = frame::decode(kind, signed.get(SIGNED_HEAD_BYTES..)?).ok()?;
        match frame.body {
            Body::Durable(durable) => Some((frame.author, durable)),
            _ => None,
        }
    }

    /// Puts the author's signature behind a datagram's inside; the signature's hash.
    fn sign(&self, kind: u8, signer: &Signer, datagram: &mut Vec<u8>) -> u64 {
        let mut signed = Vec::with_capacity(FRAME_MAX_BYTES);
        self.begin_signed(kind, &mut signed);
        signed.extend_from_slice(datagram.get(HEADER_BYTES..).unwrap_or_default());
        let signature = signer.sign(&signed);
        datagram.extend_from_slice(&signature);
        hash_of(&signature)
    }

    fn begin_signed(&self, kind: u8, signed: &mut Vec<u8>) {
        signed.clear();
        signed.extend_from_slice(DOMAIN);
        signed.extend_from_slice(&self.room_tag);
        signed.push(kind);
    }

    /// Encrypts all behind the header, which has no nonce yet, and puts the tag behind.
    fn seal(&self, datagram: &mut Vec<u8>) {
        let hash = blake3::keyed_hash(&self.nonce_key, datagram);
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
        let tag = parts.and_then(|(head, inside)| {
            let sealed = self
                .cipher
                .encrypt_inout_detached(nonce.into(), head, inside.into());
            sealed.ok()
        });
        match tag {
            Some(tag) => datagram.extend_from_slice(&tag),
            // It never fails for so little; if it did, nothing would leave in the clear.
            None => datagram.clear(),
        }
    }

    /// Checks the header and the seal, and writes what is signed, and the signature, to `inside`.
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
        self.begin_signed(kind as u8, inside);
        inside.extend_from_slice(sealed);
        let text = inside.get_mut(SIGNED_HEAD_BYTES..).unwrap_or_default();
        let opened =
            self.cipher
                .decrypt_inout_detached(nonce.into(), head, text.into(), tag.into());
        opened.map_err(|_| FrameFault::BrokenSeal)?;
        Ok(kind)
    }
}

/// The room's tag and no key.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({:016x})", first_8(&self.room_tag))
    }
}

/// What is signed, and the signature if this type has one.
fn split(kind: Kind, inside: &[u8]) -> Option<(&[u8], Option<&[u8; SIGNATURE_BYTES]>)> {
    match kind.is_signed() {
        true => {
            let (signed, signature) = inside.split_last_chunk()?;
            (signed.len() >= SIGNED_HEAD_BYTES).then_some((signed, Some(signature)))
        }
        false => Some((inside, None)),
    }
}

fn hash_of(signature: &[u8; SIGNATURE_BYTES]) -> u64 {
    first_8(blake3::hash(signature).as_bytes())
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
