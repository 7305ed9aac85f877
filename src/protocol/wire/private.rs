//! A private message: every member stores and repairs it, and one session can read it.
//!
//! ```text
//! to: short id 8 | session 4            how frames name members
//! ephemeral key 32                      X25519, made for this message
//! sealed text | tag 16                  ChaCha20-Poly1305
//!
//! key = derive("roda 2026 private message",
//!              agreement of the ephemeral key and the addressee's session key ‖
//!              ephemeral key ‖ the addressee's session key ‖
//!              author ‖ author's session ‖ frame ‖ addressee ‖ addressee's session)
//! ```
//!
//! The HELLO record announces the session key, and its secret exists in memory only: once the
//! addressee's program ends, nobody can read the message again, the addressee included. The frame's
//! signature proves who wrote it. The signature stands in for the author's session key, which the
//! design's first draft mixes in as well; without it, a member can read the message before it has
//! the author's HELLO. Everybody in the room sees who writes to whom, and how long the message is.

use std::fmt;

use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

use super::cipher::{self, TAG_BYTES};
use super::ids::{Key, MemberTag};

pub use super::ids::SessionKey;
pub use super::sizes::SESSION_KEY_BYTES;

/// Bytes that a private message takes besides its text.
pub const OVERHEAD_BYTES: usize = MemberTag::BYTES + SESSION_KEY_BYTES + TAG_BYTES;

/// A session's secret key. It is overwritten when it is dropped.
#[derive(Clone)]
pub struct SessionSecret(StaticSecret);

impl SessionSecret {
    /// Makes a secret from these bytes. Any bytes will do, as long as nobody else knows them.
    #[must_use]
    pub fn new(bytes: &Zeroizing<[u8; 32]>) -> Self {
        Self(StaticSecret::from(**bytes))
    }

    /// The public key that the HELLO announces.
    #[must_use]
    pub fn public(&self) -> SessionKey {
        SessionKey(PublicKey::from(&self.0).to_bytes())
    }
}

/// Shows the type's name only, because a log must not leak the secret.
impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret")
    }
}

/// Generates secrets from one random seed, which the system gave. The seed is overwritten when it
/// is dropped.
pub struct Secrets {
    seed: Zeroizing<[u8; 32]>,
    made: u64,
}

impl Secrets {
    /// Starts a generator from this seed.
    #[must_use]
    pub fn new(seed: Zeroizing<[u8; 32]>) -> Self {
        Self { seed, made: 0 }
    }

    /// Makes the next secret, for the sealing of some bytes. It depends on them, so that a machine
    /// which was copied while it ran never seals two texts with one key; and the seed is replaced,
    /// so that nobody who reads this machine's memory finds earlier secrets.
    pub fn make(&mut self, about: &[u8]) -> Zeroizing<[u8; 32]> {
        self.made += 1;
        let mut hasher = blake3::Hasher::new_keyed(&self.seed);
        hasher.update(b"secret").update(about);
        let secret = Zeroizing::new(*hasher.finalize().as_bytes());
        self.seed = Zeroizing::new(*blake3::keyed_hash(&self.seed, b"next seed").as_bytes());
        secret
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} made)", self.made)
    }
}

/// Who writes to whom, and in which frame. The key depends on all of it, so that a copy in another
/// frame does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateContext {
    /// Who wrote the message.
    pub author: Key,
    /// The author's session.
    pub author_session: u64,
    /// The sequence number of the frame within that session.
    pub sequence: u32,
    /// Whom the message is for.
    pub addressee: Key,
    /// The addressee's session.
    pub addressee_session: u64,
}

impl PrivateContext {
    fn key(
        &self,
        agreed: &SharedSecret,
        ephemeral: &PublicKey,
        theirs: &PublicKey,
    ) -> Option<Zeroizing<[u8; cipher::KEY_BYTES]>> {
        // A low-order public key agrees on zeros with every other key.
        if !agreed.was_contributory() {
            return None;
        }
        let mut hasher = blake3::Hasher::new_derive_key("roda 2026 private message");
        hasher
            .update(agreed.as_bytes())
            .update(ephemeral.as_bytes())
            .update(theirs.as_bytes())
            .update(&self.author.0)
            .update(&self.author_session.to_be_bytes())
            .update(&self.sequence.to_be_bytes())
            .update(&self.addressee.0)
            .update(&self.addressee_session.to_be_bytes());
        Some(Zeroizing::new(*hasher.finalize().as_bytes()))
    }
}

/// Seals a text with an ephemeral secret that is used only once. Returns `None` if `theirs` is not
/// a usable session key.
#[must_use]
pub fn seal(
    text: &str,
    context: &PrivateContext,
    ephemeral: &Zeroizing<[u8; 32]>,
    theirs: &SessionKey,
) -> Option<Vec<u8>> {
    let ephemeral = StaticSecret::from(**ephemeral);
    let (public, theirs) = (PublicKey::from(&ephemeral), PublicKey::from(theirs.0));
    let key = context.key(&ephemeral.diffie_hellman(&theirs), &public, &theirs)?;
    let mut sealed = public.to_bytes().to_vec();
    let mut inside = text.as_bytes().to_vec();
    let tag = cipher::seal_once(&key, &mut inside)?;
    sealed.extend_from_slice(&inside);
    sealed.extend_from_slice(&tag);
    Some(sealed)
}

/// Opens what [`seal`] made for this session. Returns `None` for anything else.
#[must_use]
pub fn open(sealed: &[u8], context: &PrivateContext, mine: &SessionSecret) -> Option<String> {
    let (public, rest) = sealed.split_first_chunk::<SESSION_KEY_BYTES>()?;
    let (inside, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
    let (public, theirs) = (PublicKey::from(*public), PublicKey::from(&mine.0));
    let key = context.key(&mine.0.diffie_hellman(&public), &public, &theirs)?;
    let mut inside = inside.to_vec();
    cipher::open_once(&key, &mut inside, tag).then_some(())?;
    String::from_utf8(inside).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way() -> PrivateContext {
        PrivateContext {
            author: Key([1; 32]),
            author_session: 2,
            sequence: 3,
            addressee: Key([4; 32]),
            addressee_session: 5,
        }
    }

    fn secret(byte: u8) -> Zeroizing<[u8; 32]> {
        Zeroizing::new([byte; 32])
    }

    #[test]
    fn the_addressee_reads_it_and_nobody_else() {
        let (bia, eva) = (
            SessionSecret::new(&secret(7)),
            SessionSecret::new(&secret(8)),
        );
        let sealed = seal("só para você", &way(), &secret(9), &bia.public()).unwrap();
        assert_eq!(
            sealed.len() + MemberTag::BYTES,
            OVERHEAD_BYTES + "só para você".len()
        );
        assert_eq!(open(&sealed, &way(), &bia).as_deref(), Some("só para você"));
        assert_eq!(open(&sealed, &way(), &eva), None);
    }

    #[test]
    fn it_is_read_in_its_own_frame_only() {
        let bia = SessionSecret::new(&secret(7));
        let sealed = seal("oi", &way(), &secret(9), &bia.public()).unwrap();
        for other in [
            PrivateContext {
                author: Key([9; 32]),
                ..way()
            },
            PrivateContext {
                author_session: 9,
                ..way()
            },
            PrivateContext {
                sequence: 9,
                ..way()
            },
            PrivateContext {
                addressee: Key([9; 32]),
                ..way()
            },
            PrivateContext {
                addressee_session: 9,
                ..way()
            },
        ] {
            assert_eq!(open(&sealed, &other, &bia), None, "{other:?}");
        }
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let bia = SessionSecret::new(&secret(7));
        let sealed = seal("oi", &way(), &secret(9), &bia.public()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // X25519 ignores a key's last bit; the derived key does not.
            assert_eq!(open(&changed, &way(), &bia), None, "bit {bit}");
        }
        for end in 0..sealed.len() {
            assert_eq!(open(&sealed[..end], &way(), &bia), None, "{end}");
        }
    }

    #[test]
    fn an_agreement_of_zeros_is_refused() {
        let zeros = SessionKey([0; 32]);
        assert_eq!(seal("oi", &way(), &secret(9), &zeros), None);
        let bia = SessionSecret::new(&secret(7));
        assert_eq!(open(&[0; 60], &way(), &bia), None);
    }

    #[test]
    fn no_two_secrets_are_the_same() {
        let mut secrets = Secrets::new(secret(1));
        let made: std::collections::BTreeSet<[u8; 32]> =
            (0..100).map(|_| *secrets.make(b"oi")).collect();
        assert_eq!(made.len(), 100);
        // Two copies of one machine that seal different texts.
        let mut copies = [Secrets::new(secret(1)), Secrets::new(secret(1))];
        let [one, other] = &mut copies;
        assert_ne!(*one.make(b"sim"), *other.make("não".as_bytes()));
    }
}
