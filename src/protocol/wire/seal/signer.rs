//! Signing the root of a batch, and checking such signatures.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::known_tree::{KnownTrees, Node, Way};
use super::signed_batch::MerklePath;
use crate::protocol::wire::ids::Key;
use crate::protocol::wire::sizes::SIGNATURE_BYTES;

/// Length of the seed that a signing key is made from, in bytes.
pub const SEED_BYTES: usize = 32;

/// Stands before the root in everything that is signed.
const DOMAIN: &[u8; 22] = b"roda 2026 signed frame";

/// The hash of a frame, or of two nodes.
pub(super) type Hash = [u8; 32];

/// A person's signing key. It is overwritten when it is dropped.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl Signer {
    /// Makes the key from a seed. Any bytes will do, as long as nobody else knows them.
    #[must_use]
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The person's public key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(self.0.verifying_key().to_bytes())
    }

    /// Signs a unit of sound or pictures. Its root is derived in another way than those of frames
    /// (`wire/media.rs`), so that the one is never taken for the other.
    #[must_use]
    pub fn sign_unit(&self, root: &[u8; 32]) -> [u8; SIGNATURE_BYTES] {
        self.sign(root)
    }

    pub(super) fn sign(&self, root: &Hash) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(&signed(root)).to_bytes()
    }
}

/// Shows the public key only.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?})", self.key())
    }
}

/// The bytes that are signed for a root.
fn signed(root: &Hash) -> [u8; DOMAIN.len() + 32] {
    let mut signed = [0; DOMAIN.len() + 32];
    let both = DOMAIN.iter().chain(root);
    signed
        .iter_mut()
        .zip(both)
        .for_each(|(to, from)| *to = *from);
    signed
}

/// Whether this key signed this root. The check is strict: it refuses weak keys and alternative
/// encodings of a signature, so that all members come to the same verdict.
fn verify(key: &VerifyingKey, root: &Hash, signature: &[u8; SIGNATURE_BYTES]) -> bool {
    let signature = Signature::from_bytes(signature);
    key.verify_strict(&signed(root), &signature).is_ok()
}

/// Most verdicts of one set. Whoever seeks roots that fall into one set can have its others
/// forgotten, which costs us their signatures' checks and no more.
const SET_MAX: usize = 8;

/// Sets, between which the root chooses: 1024 verdicts at 130 bytes each. Most of the 256 frames
/// that a sender may be ahead share a verdict.
const SETS: usize = 128;

/// Most keys that are remembered, at about 200 bytes each.
const PEOPLE_MAX: usize = 512;

/// Remembers which signatures were genuine, because the frames of a batch share one. The members of
/// a simulated network share one memory, since each would come to the same verdicts.
#[derive(Clone, Default)]
pub struct Verdicts(Arc<Mutex<Known>>);

struct Known {
    /// The oldest of each set first.
    verdicts: [Vec<Verdict>; SETS],
    /// Keys decoded to points of the curve, because decoding takes a tenth of a verification.
    people: BTreeMap<Key, VerifyingKey>,
    trees: KnownTrees,
}

struct Verdict {
    root: Hash,
    by: Key,
    signature: [u8; SIGNATURE_BYTES],
    is_genuine: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            verdicts: [const { Vec::new() }; SETS],
            people: BTreeMap::new(),
            trees: KnownTrees::default(),
        }
    }
}

impl Known {
    /// The verdicts among which one about this root is.
    fn set(&mut self, root: &Hash) -> Option<&mut Vec<Verdict>> {
        self.verdicts.get_mut(usize::from(root[0]) % SETS)
    }

    /// How many verdicts are remembered.
    fn count(&self) -> usize {
        self.verdicts.iter().map(Vec::len).sum()
    }

    fn person(&mut self, key: &Key) -> Option<VerifyingKey> {
        if let Some(person) = self.people.get(key) {
            return Some(*person);
        }
        let person = VerifyingKey::from_bytes(&key.0).ok()?;
        if self.people.len() >= PEOPLE_MAX {
            self.people.clear();
        }
        self.people.insert(*key, person);
        Some(person)
    }
}

impl Verdicts {
    /// What is remembered. Nobody waits here unless members that share the memory run on several
    /// threads; one of them that panicked has left whole verdicts.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a person signed a root. Calls [`verify`] once per root and remembers the verdict;
    /// `None` if there is no verdict yet, and `may_check` allows none.
    pub(super) fn verify_if(
        &self,
        by: &Key,
        root: &Hash,
        signature: &[u8; SIGNATURE_BYTES],
        may_check: impl FnOnce() -> bool,
    ) -> Option<bool> {
        let known = &mut *self.known();
        let is_it = |of: &&Verdict| (&of.root, &of.by, &of.signature) == (root, by, signature);
        if let Some(verdict) = known.set(root).and_then(|set| set.iter().find(is_it)) {
            return Some(verdict.is_genuine);
        }
        if !may_check() {
            return None;
        }
        let person = known.person(by);
        let is_genuine = person.is_some_and(|person| verify(&person, root, signature));
        if let Some(set) = known.set(root) {
            if set.len() >= SET_MAX {
                set.remove(0);
            }
            set.push(Verdict {
                root: *root,
                by: *by,
                signature: *signature,
                is_genuine,
            });
        }
        Some(is_genuine)
    }

    /// Whether a path leads through nodes of a batch that was found genuine.
    pub(super) fn is_in_known_batch(
        &self,
        by: &Key,
        path: &MerklePath<'_>,
        leaf: Node,
        up: impl Fn(usize, &Node, &Node) -> Node,
    ) -> bool {
        self.known().trees.leads_to_root(by, path, leaf, up)
    }

    /// Remembers the nodes of a path that leads to a root which this person signed.
    pub(super) fn learn_batch(&self, by: &Key, path: &MerklePath<'_>, way: &Way) {
        self.known().trees.learn(by, path, way);
    }

    #[cfg(test)]
    fn verify(&self, by: &Key, root: &Hash, signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.verify_if(by, root, signature, || true) == Some(true)
    }
}

impl fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verdicts({})", self.known().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_person_and_one_root() {
        let (ana, eva) = (Signer::from_seed(&[1; 32]), Signer::from_seed(&[2; 32]));
        let signature = ana.sign(&[1; 32]);
        let shared = Verdicts::default();
        for _ in 0..2 {
            let both = |key: Key, root: Hash| {
                let verdict = Verdicts::default().verify(&key, &root, &signature);
                assert_eq!(shared.verify(&key, &root, &signature), verdict);
                verdict
            };
            assert!(both(ana.key(), [1; 32]));
            assert!(!both(ana.key(), [2; 32]));
            assert!(!both(eva.key(), [1; 32]));
        }
    }

    #[test]
    fn a_verdict_is_about_one_signature() {
        let (ana, known) = (Signer::from_seed(&[1; 32]), Verdicts::default());
        let (root, signature) = ([1; 32], ana.sign(&[1; 32]));
        for _ in 0..2 {
            assert!(known.verify(&ana.key(), &root, &signature));
            assert!(!known.verify(&ana.key(), &root, &ana.sign(&[2; 32])));
            assert!(!known.verify(&Key([9; 32]), &root, &signature));
        }
    }

    #[test]
    fn verdicts_are_bounded_and_the_newest_stay() {
        let (ana, known) = (Signer::from_seed(&[1; 32]), Verdicts::default());
        let root = |number: u16| {
            let mut root = [0; 32];
            root[..2].copy_from_slice(&number.to_le_bytes());
            root
        };
        let most = u16::try_from(SETS * SET_MAX).unwrap();
        let signed: Vec<_> = (0..2 * most)
            .map(root)
            .map(|root| (root, ana.sign(&root)))
            .collect();
        for (root, signature) in &signed {
            assert!(known.verify(&ana.key(), root, signature));
        }
        assert!(known.known().count() <= SETS * SET_MAX);
        let (root, signature) = signed.last().unwrap();
        assert_eq!(
            known.verify_if(&ana.key(), root, signature, || false),
            Some(true)
        );
    }

    #[test]
    fn a_key_that_signs_everything_for_everybody_signs_nothing() {
        // The neutral point as key and as R, with S = 0, satisfies the lax equation for every text.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; SIGNATURE_BYTES];
        signature[0] = 1;
        assert!(!Verdicts::default().verify(&Key(neutral), &[1; 32], &signature));
    }

    #[test]
    fn no_key_is_shown() {
        let signer = Signer::from_seed(&[0xab; 32]);
        let shown = format!("{signer:?}");
        assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    }
}
