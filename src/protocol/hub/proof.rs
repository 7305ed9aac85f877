//! How a moderator proves to be one. The hub sends a challenge that it never repeats; the answer is
//! a keyed hash of the challenge and the name. An eavesdropper learns nothing that is valid again.

/// The key that the hub and its moderators share, derived from the secret in their file.
#[derive(Clone)]
pub struct ModeratorKey([u8; 32]);

impl std::fmt::Debug for ModeratorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModeratorKey")
    }
}

impl ModeratorKey {
    /// Derives the key of a secret, without the blanks around it: editors end files with a line
    /// break.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(blake3::derive_key(
            "roda 2026 hub moderator",
            secret.trim().as_bytes(),
        ))
    }

    /// The answer to a challenge, as 64 hexadecimal digits.
    #[must_use]
    pub fn proof(&self, challenge: &str, name: &str) -> String {
        self.hash(challenge, name).to_hex().to_string()
    }

    /// Whether an answer is right, in a time that does not depend on where it is wrong.
    #[must_use]
    pub fn proves(&self, challenge: &str, name: &str, proof: &str) -> bool {
        // `blake3::Hash` compares in constant time.
        blake3::Hash::from_hex(proof).is_ok_and(|proof| proof == self.hash(challenge, name))
    }

    fn hash(&self, challenge: &str, name: &str) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(challenge.len() as u64).to_be_bytes());
        hasher.update(challenge.as_bytes());
        hasher.update(name.as_bytes());
        hasher.finalize()
    }
}

/// Generates challenges that cannot be predicted without the seed.
#[derive(Debug)]
pub(super) struct Challenges {
    seed: [u8; 32],
    made: u64,
}

impl Challenges {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { seed, made: 0 }
    }

    pub(super) fn next(&mut self) -> String {
        self.made += 1;
        let hash = blake3::keyed_hash(&self.seed, &self.made.to_be_bytes());
        hash.to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_proves_and_only_this_name_to_this_challenge() {
        let mut challenges = Challenges::new([7; 32]);
        let (one, other) = (challenges.next(), challenges.next());
        assert_ne!(one, other);
        let key = ModeratorKey::of("segredo\n");
        let proof = key.proof(&one, "ana");
        assert!(ModeratorKey::of("segredo").proves(&one, "ana", &proof));
        assert!(!key.proves(&other, "ana", &proof));
        assert!(!key.proves(&one, "bia", &proof));
        assert!(!ModeratorKey::of("outro").proves(&one, "ana", &proof));
        assert!(!key.proves(&one, "ana", "x"));
    }
}
