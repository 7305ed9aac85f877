//! The names that several wires use for the same things: a person, a member, a session's key. This
//! file imports no other wire, so that each of them can import it.

use std::fmt;

use super::sizes::SESSION_KEY_BYTES;

/// A person, identified by an Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub [u8; 32]);

impl Key {
    /// The person's short id: the first 8 bytes of the key's BLAKE3 hash.
    #[must_use]
    pub fn short(&self) -> u64 {
        first_8(blake3::hash(&self.0).as_bytes())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:016x})", self.short())
    }
}

/// Reads the first 8 bytes as a big-endian number.
pub(in crate::protocol) fn first_8(bytes: &[u8]) -> u64 {
    let first = bytes.first_chunk().copied();
    u64::from_be_bytes(first.unwrap_or_default())
}

/// A member as other frames name it: the short id and the low half of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberTag {
    /// The person's short id.
    pub short: u64,
    /// The low 32 bits of the session.
    pub session_low: u32,
}

impl MemberTag {
    /// Length of the tag in a frame, in bytes.
    pub const BYTES: usize = 12;

    /// The tag of the member with this short id in this session.
    #[must_use]
    pub fn of(short: u64, session: u64) -> Self {
        let session_low = session as u32; // truncates on purpose
        Self { short, session_low }
    }
}

/// A session's public key, as the HELLO record announces it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionKey(pub [u8; SESSION_KEY_BYTES]);
