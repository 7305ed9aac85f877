//! Who signs, and whether a signature is genuine.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::protocol::wire::frame::{Key, SIGNATURE_BYTES};

/// Length of what a signing key is made from, in bytes.
pub const SEED_BYTES: usize = 32;

/// A person's signing key. It is overwritten when it is dropped.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl Signer {
    /// The key that comes of these bytes: any will do, if nobody else knows them.
    #[must_use]
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The person.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(self.0.verifying_key().to_bytes())
    }

    /// Signs what was put together for it.
    pub(super) fn sign(&self, signed: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(signed).to_bytes()
    }
}

/// Says whose it is, and no more.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?})", self.key())
    }
}

/// Whether a person has signed this. Strictly: weak keys and the other ways to write the same
/// signature are refused, so that all members judge alike.
fn verify(key: &VerifyingKey, signed: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    let signature = Signature::from_bytes(signature);
    key.verify_strict(signed, &signature).is_ok()
}

/// Verdicts that are remembered: most of the frames that a sender may be ahead share one of 256.
const VERDICTS_MAX: usize = 2048;

/// Keys that are remembered, of about 200 bytes each.
const PEOPLE_MAX: usize = 512;

/// Which signatures were found genuine and which not: frames of one run share theirs. The members
/// of a pretend network share all, for each would find the same.
#[derive(Clone, Default)]
pub struct Verdicts(Rc<RefCell<Known>>);

#[derive(Default)]
struct Known {
    /// By the first half of the question's hash.
    verdicts: BTreeMap<u128, bool>,
    order: VecDeque<u128>,
    /// Keys as points of the curve, which takes a tenth of a verification to find out.
    people: BTreeMap<Key, VerifyingKey>,
}

impl Known {
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
    /// As [`verify`], which it asks but once.
    pub(super) fn verify(
        &self,
        key: &Key,
        signed: &[u8],
        signature: &[u8; SIGNATURE_BYTES],
    ) -> bool {
        let mut question = blake3::Hasher::new();
        question.update(&key.0).update(signature).update(signed);
        let question = question.finalize();
        let first = question.as_bytes().first_chunk().copied();
        let question = u128::from_le_bytes(first.unwrap_or_default());
        let known = &mut *self.0.borrow_mut();
        if let Some(verdict) = known.verdicts.get(&question) {
            return *verdict;
        }
        let person = known.person(key);
        let verdict = person.is_some_and(|person| verify(&person, signed, signature));
        known.verdicts.insert(question, verdict);
        known.order.push_back(question);
        if known.order.len() > VERDICTS_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            known.verdicts.remove(&oldest);
        }
        verdict
    }
}

impl fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verdicts({})", self.0.borrow().order.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_person_and_one_text() {
        let (ana, eva) = (Signer::from_seed(&[1; 32]), Signer::from_seed(&[2; 32]));
        let signature = ana.sign(b"oi");
        let shared = Verdicts::default();
        for _ in 0..2 {
            let both = |key: Key, text: &[u8]| {
                let verdict = Verdicts::default().verify(&key, text, &signature);
                assert_eq!(shared.verify(&key, text, &signature), verdict);
                verdict
            };
            assert!(both(ana.key(), b"oi"));
            assert!(!both(ana.key(), b"ai"));
            assert!(!both(eva.key(), b"oi"));
        }
    }

    #[test]
    fn a_key_that_signs_everything_for_everybody_signs_nothing() {
        // The neutral point as key and as R, and S = 0, fit every text by the lax equation.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; SIGNATURE_BYTES];
        signature[0] = 1;
        assert!(!Verdicts::default().verify(&Key(neutral), b"oi", &signature));
    }

    #[test]
    fn no_key_is_shown() {
        let signer = Signer::from_seed(&[0xab; 32]);
        let shown = format!("{signer:?}");
        assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    }
}
