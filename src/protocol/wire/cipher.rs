//! Sealing bytes under a key: ChaCha20-Poly1305, and XChaCha20-Poly1305, whose nonces are long
//! enough to be a hash.
//!
//! ```text
//! text key = HChaCha20(key, nonce 0..16)
//! sealed   = ChaCha20-Poly1305(text key, 0 0 0 0 ‖ nonce 16..24)
//! ```
//!
//! The long-nonce variant follows draft-irtf-cfrg-xchacha-03, section 2.3. We assemble it here
//! because the crate that offers it ready-made takes three times as long per frame, and a member
//! opens a hundred thousand frames a second. The long-lived key is overwritten when it is dropped;
//! the copy that the library leaves on the stack opens one text only.

use std::fmt;

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use zeroize::Zeroizing;

/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Length of the authentication tag, in bytes.
pub const TAG_BYTES: usize = 16;

/// Length of the nonce that makes each sealing under a [`LongKey`] unique, in bytes.
pub const NONCE_BYTES: usize = 24;

/// Length of the nonce that makes each sealing under a key of [`seal_short`] unique, in bytes.
pub const SHORT_NONCE_BYTES: usize = 12;

/// A key that seals many texts, each with its own nonce.
#[derive(Clone)]
pub struct LongKey(Zeroizing<[u8; KEY_BYTES]>);

impl LongKey {
    /// Makes a key from these bytes.
    #[must_use]
    pub fn new(key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(key)
    }

    /// Encrypts a text in place and returns its tag, which also authenticates the head. Returns
    /// `None` for a text longer than 256 GiB.
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        head: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; TAG_BYTES]> {
        let (key, nonce) = self.text_key(nonce)?;
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(head), text);
        tag.ok()?.as_ref().try_into().ok()
    }

    /// Decrypts in place what [`LongKey::seal`] made. Returns false if anything was changed; the
    /// text must not be used then.
    #[must_use]
    pub fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        head: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> bool {
        let Some((key, nonce)) = self.text_key(nonce) else {
            return false;
        };
        let opened =
            key.open_in_place_separate_tag(nonce, Aad::from(head), Tag::from(*tag), text, 0..);
        opened.is_ok()
    }

    fn text_key(&self, nonce: &[u8; NONCE_BYTES]) -> Option<(LessSafeKey, Nonce)> {
        let (first, last) = nonce.split_first_chunk::<16>()?;
        let key = Zeroizing::new(<[u8; KEY_BYTES]>::from(hchacha::<R20>(
            (&*self.0).into(),
            first.into(),
        )));
        let mut short = [0; 12];
        short
            .iter_mut()
            .skip(4)
            .zip(last)
            .for_each(|(to, from)| *to = *from);
        Some((library_key(&key)?, Nonce::assume_unique_for_key(short)))
    }
}

/// Shows the type's name only, because a log must not leak the key.
impl fmt::Debug for LongKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LongKey")
    }
}

/// Encrypts in place the only text that this key ever seals, and returns its tag.
pub fn seal_once(key: &[u8; KEY_BYTES], text: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let tag = library_key(key)?.seal_in_place_separate_tag(nonce, Aad::empty(), text);
    tag.ok()?.as_ref().try_into().ok()
}

/// Decrypts in place what [`seal_once`] made. Returns false if anything was changed.
#[must_use]
pub fn open_once(key: &[u8; KEY_BYTES], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let tag = Tag::from(*tag);
    library_key(key).is_some_and(|key| {
        let opened = key.open_in_place_separate_tag(nonce, Aad::empty(), tag, text, 0..);
        opened.is_ok()
    })
}

/// Encrypts in place one of the texts of a key that seals few enough for nonces of
/// [`SHORT_NONCE_BYTES`], and returns its tag, which also authenticates the head.
pub fn seal_short(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; SHORT_NONCE_BYTES],
    head: &[u8],
    text: &mut [u8],
) -> Option<[u8; TAG_BYTES]> {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let tag = library_key(key)?.seal_in_place_separate_tag(nonce, Aad::from(head), text);
    tag.ok()?.as_ref().try_into().ok()
}

/// Decrypts in place what [`seal_short`] made. Returns false if anything was changed; the text must
/// not be used then.
#[must_use]
pub fn open_short(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; SHORT_NONCE_BYTES],
    head: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> bool {
    let (nonce, tag) = (Nonce::assume_unique_for_key(*nonce), Tag::from(*tag));
    library_key(key).is_some_and(|key| {
        let opened = key.open_in_place_separate_tag(nonce, Aad::from(head), tag, text, 0..);
        opened.is_ok()
    })
}

fn library_key(key: &[u8; KEY_BYTES]) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).ok()?;
    Some(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes a line of hexadecimal digits.
    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.map(byte).collect()
    }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_draft_s_own_example_comes_out() {
        let key: [u8; KEY_BYTES] = std::array::from_fn(|n| 0x80 + n as u8);
        let nonce: [u8; NONCE_BYTES] = std::array::from_fn(|n| 0x40 + n as u8);
        let head = bytes("50515253c0c1c2c3c4c5c6c7");
        let plain = "Ladies and Gentlemen of the class of '99: If I could offer you only one \
                     tip for the future, sunscreen would be it.";
        let mut text = plain.as_bytes().to_vec();
        let key = LongKey::new(Zeroizing::new(key));
        let tag = key.seal(&nonce, &head, &mut text).unwrap();
        let sealed = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                      731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                      2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                      21f9664c97637da9768812f615c68b13b52e";
        assert_eq!(text, bytes(sealed));
        assert_eq!(tag.to_vec(), bytes("c0875924c1c7987947deafd8780acf49"));
        assert!(key.open(&nonce, &head, &mut text, &tag));
        assert_eq!(text, plain.as_bytes());
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let key = LongKey::new(Zeroizing::new([7; KEY_BYTES]));
        let (nonce, head, plain) = ([1; NONCE_BYTES], [2; 44], [3; 100]);
        let mut sealed = plain;
        let tag = key.seal(&nonce, &head, &mut sealed).unwrap();
        let opens = |nonce, head: &[u8], mut text: Vec<u8>, tag| {
            key.open(&nonce, head, &mut text, &tag) && text == plain
        };
        assert!(opens(nonce, &head, sealed.to_vec(), tag));
        assert!(!opens([0; NONCE_BYTES], &head, sealed.to_vec(), tag));
        assert!(!opens(nonce, &head[1..], sealed.to_vec(), tag));
        assert!(!opens(nonce, &head, sealed[1..].to_vec(), tag));
        assert!(!opens(nonce, &head, sealed.to_vec(), [0; TAG_BYTES]));
        let other = LongKey::new(Zeroizing::new([8; KEY_BYTES]));
        assert!(!other.open(&nonce, &head, &mut sealed.clone(), &tag));
    }

    #[test]
    fn a_key_text_key_opens_that_text_alone() {
        let (key, mut text) = ([7; KEY_BYTES], *b"oi");
        let tag = seal_once(&key, &mut text).unwrap();
        assert_ne!(&text, b"oi");
        assert!(!open_once(&[8; KEY_BYTES], &mut text.clone(), &tag));
        assert!(!open_once(&key, &mut [0; 2], &tag));
        assert!(open_once(&key, &mut text, &tag));
        assert_eq!(&text, b"oi");
    }
}
