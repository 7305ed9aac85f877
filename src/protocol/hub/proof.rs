//! How a moderator proves to be one. The hub sends its salt and a challenge that it never repeats;
//! the answer is a keyed hash of the challenge and the name. The key is Argon2id of the secret and
//! the salt, which the hub makes at its start: whoever records a proof pays 64 MiB and a quarter of
//! a second for each secret that it tries, and no table serves for two hubs. Whoever stands between
//! a moderator and the hub can still pass the challenge on, and so speak as that moderator.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

/// A salt: random bytes.
pub type Salt = [u8; 32];

/// Memory of one try, in KiB: a small computer has it, but a graphics card does not have it for
/// thousands of tries at once.
const MEMORY_KIB: u32 = 64 << 10;

/// Passes over that memory: about a quarter of a second.
const PASSES: u32 = 3;

/// One lane, so that a machine with one core is not slower.
const LANES: u32 = 1;

/// This machine does not have the memory that Argon2id needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

impl std::fmt::Display for NoMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{MEMORY_KIB} KiB of memory cannot be had")
    }
}

impl std::error::Error for NoMemory {}

/// The secret in the file of the hub and of its moderators.
#[derive(Clone)]
pub struct ModeratorSecret(Zeroizing<String>);

impl std::fmt::Debug for ModeratorSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModeratorSecret")
    }
}

impl ModeratorSecret {
    /// A secret, without the blanks around it: editors end files with a line break.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Zeroizing::new(secret.trim().to_owned()))
    }

    /// Derives the key for a hub, slowly on purpose.
    ///
    /// # Errors
    /// A machine without the memory.
    pub fn key(&self, salt: Salt) -> Result<ModeratorKey, NoMemory> {
        let mut key = [0; 32];
        let no_memory = |_| NoMemory;
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(key.len())).map_err(no_memory)?;
        let mut memory: Vec<Block> = Vec::new();
        let count = params.block_count();
        memory.try_reserve_exact(count).map_err(|_| NoMemory)?;
        memory.resize(count, Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let secret = self.0.as_bytes();
        let hashed = argon2.hash_password_into_with_memory(secret, &salt, &mut key, &mut memory);
        memory.iter_mut().for_each(Zeroize::zeroize);
        hashed.map_err(no_memory)?;
        Ok(ModeratorKey { salt, key })
    }
}

/// The key that a hub and its moderators share.
#[derive(Clone)]
pub struct ModeratorKey {
    salt: Salt,
    key: [u8; 32],
}

impl std::fmt::Debug for ModeratorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModeratorKey")
    }
}

impl ModeratorKey {
    /// The salt that it was derived with.
    #[must_use]
    pub fn salt(&self) -> Salt {
        self.salt
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
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(challenge.len() as u64).to_be_bytes());
        hasher.update(challenge.as_bytes());
        hasher.update(name.as_bytes());
        hasher.finalize()
    }
}

/// What a hub asks of a moderator, as it stands on the wire: the salt and the challenge, each as 64
/// hexadecimal digits.
pub(super) fn question(salt: Salt, challenge: &str) -> String {
    format!("{} {challenge}", blake3::Hash::from(salt).to_hex())
}

/// The salt and the challenge of a question.
pub(super) fn read_question(question: &str) -> Option<(Salt, &str)> {
    let (salt, challenge) = question.split_once(' ')?;
    Some((blake3::Hash::from_hex(salt).ok()?.into(), challenge))
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

    fn key(secret: &str, salt: u8) -> ModeratorKey {
        ModeratorSecret::of(secret).key([salt; 32]).unwrap()
    }

    #[test]
    fn only_the_secret_proves_and_only_this_name_to_this_challenge_of_this_hub() {
        let mut challenges = Challenges::new([7; 32]);
        let (one, other) = (challenges.next(), challenges.next());
        assert_ne!(one, other);
        let right = key("segredo\n", 1);
        let proof = right.proof(&one, "ana");
        assert!(key("segredo", 1).proves(&one, "ana", &proof));
        assert!(!key("segredo", 2).proves(&one, "ana", &proof));
        assert!(!right.proves(&other, "ana", &proof));
        assert!(!right.proves(&one, "bia", &proof));
        assert!(!key("outro", 1).proves(&one, "ana", &proof));
        assert!(!right.proves(&one, "ana", "x"));
    }

    #[test]
    fn the_key_is_argon2id_of_the_secret_and_the_salt() {
        let params = Params::new(65_536, 3, 1, Some(32)).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut expected = [0; 32];
        argon2
            .hash_password_into(b"segredo", &[1; 32], &mut expected)
            .unwrap();
        assert_eq!(key(" segredo\n", 1).key, expected);
    }

    #[test]
    fn a_question_is_read_as_it_was_written_and_nothing_else_is() {
        let written = question([9; 32], "ab12");
        assert_eq!(read_question(&written), Some(([9; 32], "ab12")));
        for other in ["", "00", "xyz ab", &written[1..]] {
            assert_eq!(read_question(other), None, "{other:?}");
        }
    }
}
