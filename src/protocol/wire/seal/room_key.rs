//! The key of a room: the members share it, and all other keys are derived from it.
//!
//! ```text
//! lobby          derive("roda 2026 lobby key", nothing)
//! public room    derive("roda 2026 public room key", name)
//! key file       derive("roda 2026 key file room key", 32 bytes ‖ name)
//! invitation     derive("roda 2026 invitation room key", 16 bytes)
//! with a host    derive("roda 2026 hosted room key", 16 bytes ‖ the host's public key)
//! passphrase     Argon2id (passphrase.rs)
//!
//! room tag, frame key, nonce key    derive("roda 2026 …", room key)
//! ```
//!
//! `derive` is BLAKE3's `derive_key`; names are in NFC. The first two keys are public knowledge.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::invitation::Invitation;
use super::passphrase::{self, PassphraseFault};
use crate::protocol::wire::ids::Key;

/// Length of a room's key and of a key file, in bytes.
pub const ROOM_KEY_BYTES: usize = 32;

/// The key of a room. It is overwritten when it is dropped, and never shown.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RoomKey(pub(super) [u8; ROOM_KEY_BYTES]);

impl RoomKey {
    /// The key of the lobby, which everybody knows.
    #[must_use]
    pub fn lobby() -> Self {
        Self(blake3::derive_key("roda 2026 lobby key", &[]))
    }

    /// The key of a public room: anyone who knows the room's name has it.
    #[must_use]
    pub fn public(room: &str) -> Self {
        Self::of("roda 2026 public room key", &[], room)
    }

    /// The key of a room whose members share 32 bytes in a file. With another name, the same file
    /// opens another room.
    #[must_use]
    pub fn from_file(room: &str, bytes: &[u8; ROOM_KEY_BYTES]) -> Self {
        Self::of("roda 2026 key file room key", bytes, room)
    }

    /// The key of the room that an invitation opens, whatever the room is called.
    #[must_use]
    pub fn from_invitation(invitation: &Invitation) -> Self {
        Self::of("roda 2026 invitation room key", invitation.bytes(), "")
    }

    /// The key of the room that an invitation opens together with the line that names its host.
    #[must_use]
    pub fn hosted(invitation: &Invitation, host: &Key) -> Self {
        Self::of("roda 2026 hosted room key", &invitation.hosted_by(host), "")
    }

    /// The key of a room whose members share a passphrase. Takes a quarter of a second and 64 MiB.
    ///
    /// # Errors
    /// Fails on an empty passphrase, or if the machine lacks the memory.
    pub fn from_passphrase(room: &str, passphrase: &str) -> Result<Self, PassphraseFault> {
        let room: String = room.nfc().collect();
        let mut key = Self([0; ROOM_KEY_BYTES]);
        passphrase::stretch(&room, passphrase, &mut key.0)?;
        Ok(key)
    }

    /// The key as a person keeps it who need not type the secret again.
    #[must_use]
    pub fn stored(&self) -> Zeroizing<[u8; ROOM_KEY_BYTES]> {
        Zeroizing::new(self.0)
    }

    /// The key that was kept.
    #[must_use]
    pub fn from_stored(bytes: &[u8; ROOM_KEY_BYTES]) -> Self {
        Self(*bytes)
    }

    fn of(context: &str, secret: &[u8], room: &str) -> Self {
        let room: String = room.nfc().collect();
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(secret).update(room.as_bytes());
        let mut hash = hasher.finalize();
        let key = Self(*hash.as_bytes());
        hash.zeroize();
        hasher.zeroize();
        key
    }

    /// Derives another key, which reveals nothing about this one.
    pub(super) fn derive(&self, context: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(context, &self.0))
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_into_a_room_is_a_way_into_another_room() {
        let invitation = |byte| RoomKey::from_invitation(&Invitation::new([byte; 16]));
        let keys = [
            RoomKey::lobby(),
            RoomKey::public("a"),
            RoomKey::public("b"),
            RoomKey::from_file("a", &[1; 32]),
            RoomKey::from_file("b", &[1; 32]),
            RoomKey::from_file("a", &[2; 32]),
            invitation(1),
            invitation(2),
            RoomKey::hosted(&Invitation::new([1; 16]), &Key([1; 32])),
            RoomKey::hosted(&Invitation::new([1; 16]), &Key([2; 32])),
            RoomKey::hosted(&Invitation::new([2; 16]), &Key([1; 32])),
            RoomKey::from_passphrase("a", "oi").unwrap(),
            RoomKey::from_passphrase("b", "oi").unwrap(),
            RoomKey::from_passphrase("a", "ai").unwrap(),
        ];
        for (number, key) in keys.iter().enumerate() {
            assert!(!keys[..number].contains(key), "key {number}");
        }
    }

    #[test]
    fn a_name_written_in_two_ways_is_one_room() {
        let (one, other) = ("caf\u{e9}", "cafe\u{301}");
        assert!(RoomKey::public(one) == RoomKey::public(other));
        assert!(RoomKey::from_file(one, &[1; 32]) == RoomKey::from_file(other, &[1; 32]));
        let stretched = |room, phrase| RoomKey::from_passphrase(room, phrase).unwrap();
        assert!(stretched(one, "ol\u{e1}") == stretched(other, " ola\u{301}\n"));
    }

    #[test]
    fn no_key_is_shown() {
        assert_eq!(format!("{:?}", RoomKey::public("a")), "RoomKey(secret)");
    }
}
