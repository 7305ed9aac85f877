//! What a page must know to be heard: 128 random bits in hexadecimal digits. A server shows that it
//! knows them, too, without saying them.

use std::fmt;

use ring::hmac;
use zeroize::Zeroizing;

/// Random bytes of a token.
pub const TOKEN_BYTES: usize = 16;

/// Digits of the challenge that a page makes up: at least 64 bits, at most 512.
const NONCE_DIGITS: std::ops::RangeInclusive<usize> = 16..=128;

/// See the file's head.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// The token of some random bytes.
    #[must_use]
    pub fn of(bytes: &[u8; TOKEN_BYTES]) -> Self {
        Self(hex(bytes).into())
    }

    /// Reads a token that was kept; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_token = text.len() == 2 * TOKEN_BYTES && text.bytes().all(is_digit);
        is_token.then(|| Self(text.to_owned().into()))
    }

    /// Its bytes; `None` if it is no token.
    #[must_use]
    pub fn bytes(&self) -> Option<[u8; TOKEN_BYTES]> {
        let number = u128::from_str_radix(&self.0, 16).ok()?;
        Some(number.to_be_bytes())
    }

    /// Its digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether somebody knows it. How long this takes says nothing about how much of it is right:
    /// hashes are compared, in constant time.
    #[must_use]
    pub fn is(&self, given: &[u8]) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(given)
    }

    /// Shows that this server knows the token: HMAC-SHA-256 over its port and the challenge, in
    /// hexadecimal digits; `None` if the challenge is none. The port is part of it, so that a
    /// program at another port cannot hand the challenge on.
    #[must_use]
    pub fn prove(&self, port: u16, nonce: &str) -> Option<String> {
        let is_nonce = NONCE_DIGITS.contains(&nonce.len()) && nonce.bytes().all(is_digit);
        is_nonce.then(|| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
            let proven = format!("roda page {port} {nonce}");
            hex(hmac::sign(&key, proven.as_bytes()).as_ref())
        })
    }
}

impl fmt::Debug for Token {
    /// Nothing of it: it stands in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_or_not_and_stands_in_no_log() {
        let token = Token::of(&[0xab; TOKEN_BYTES]);
        assert!(token.is("ab".repeat(16).as_bytes()));
        for wrong in [
            "",
            "ab",
            &"AB".repeat(16),
            &"ab".repeat(17),
            &"ac".repeat(16),
        ] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "Token");
        assert_eq!(Token::parse(token.digits()), Some(token));
        for wrong in ["", "xy", &"AB".repeat(16), &"ab".repeat(17)] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }

    /// The same by Python: `hmac.new(b"ab" * 16, b"roda page 5080 0011223344556677", "sha256")`.
    #[test]
    fn a_proof_is_hmac_over_the_port_and_the_challenge() {
        let token = Token::of(&[0xab; TOKEN_BYTES]);
        let nonce = "0011223344556677";
        let proof = token.prove(5080, nonce).unwrap();
        assert_eq!(proof, PROOF);
        assert_ne!(token.prove(5081, nonce), Some(proof.clone()));
        assert_ne!(Token::of(&[0; TOKEN_BYTES]).prove(5080, nonce), Some(proof));
        for wrong in ["", "0011", "x011223344556677", &"0".repeat(129)] {
            assert_eq!(token.prove(5080, wrong), None, "{wrong}");
        }
    }

    const PROOF: &str = "8312e021c6ecfc79db557f2078a792674d5a6bc082e8e7119998f503e80bc967";
}
