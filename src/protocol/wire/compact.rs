//! Compact frames: what is sent once and may be lost, such as symbols of a file, sound and
//! pictures. A signature on each would cost more than its content, so that one signed announcement
//! (`frame/notice.rs`) says whose the stream is, and each frame is sealed under the stream's own
//! key.
//!
//! ```text
//! one UDP datagram, at most 1400 bytes; numbers are big-endian
//!
//! magic 2 | version 1 | type 1, which is 7 | stream 8 | nonce 12                the header: clear
//! number 4 | frame 4 | piece 2 | originals 2 | flags 1 | bytes                   the inside
//! tag 16                                                                        the seal
//!
//! base   = derive("roda 2026 stream key", room key)
//! stream = first 8 of hash(base, "name" ‖ author ‖ session ‖ number of the stream)
//! key    = hash(base, "key" ‖ author ‖ session ‖ number of the stream)
//! nonce  = first 12 of hash(hash(base, "nonce" ‖ …), inside)
//! sealed = ChaCha20-Poly1305(key, nonce), with the header as associated data
//! ```
//!
//! **Whose a stream is**: name and key come of the author, so that nobody announces another's
//! stream as his own. Who has the room's key can still make frames of it: what they carry is
//! checked by its own hashes or signatures before it counts.
//!
//! **The nonce** is a keyed hash of the inside, so that it repeats for equal frames alone, also on
//! a machine that was copied while it ran.
//!
//! **The number** counts the frames of the stream as they leave, repairs included. A receiver sees
//! by it how many were lost, and knows what it has had.

use std::fmt;

use zeroize::Zeroizing;

use super::cipher::{self, SHORT_NONCE_BYTES, TAG_BYTES};
use super::frame::{self, FRAME_MAX_BYTES, FrameFault, first_8};
use super::ids::Key;

/// The type byte of compact frames, which no signed frame has.
pub const COMPACT_TYPE: u8 = 7;

/// Length of the clear header, in bytes.
const HEADER_BYTES: usize = 2 + 1 + 1 + 8 + SHORT_NONCE_BYTES;

/// Length of the inside without the bytes that are carried.
const INSIDE_HEAD_BYTES: usize = 4 + 4 + 2 + 2 + 1;

/// Bytes that a compact frame takes besides what it carries.
pub const COMPACT_OVERHEAD_BYTES: usize = HEADER_BYTES + INSIDE_HEAD_BYTES + TAG_BYTES;

/// Most bytes that a compact frame carries.
pub const COMPACT_MAX_BYTES: usize = FRAME_MAX_BYTES - COMPACT_OVERHEAD_BYTES;

/// What kind of content a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Channel {
    /// Files.
    Files = 1,
    /// A voice.
    Sound = 2,
    /// A camera's pictures.
    Picture = 3,
    /// A screen's pictures.
    Screen = 4,
    /// Nothing: it is counted how much of it arrives.
    Probe = 5,
}

impl Channel {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        let all = [
            Self::Files,
            Self::Sound,
            Self::Picture,
            Self::Screen,
            Self::Probe,
        ];
        all.into_iter().find(|channel| *channel as u8 == byte)
    }
}

/// Names a stream; see the file's head.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId(pub u64);

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({:016x})", self.0)
    }
}

/// What a compact frame carries, and where that belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compact<'d> {
    /// The frame's number in its stream, from 1.
    pub number: u32,
    /// Which unit of the content: a block of a file, a picture, a moment of sound.
    pub frame: u32,
    /// Which of the unit's symbols: those below `originals` are cut out of it, the others mend.
    pub piece: u16,
    /// Into how many symbols the unit is cut.
    pub originals: u16,
    /// What the channel says about it.
    pub flags: u8,
    /// The symbol.
    pub bytes: &'d [u8],
}

/// Seals and opens the frames of one stream.
#[derive(Clone)]
pub struct StreamSeal {
    id: StreamId,
    key: Zeroizing<[u8; cipher::KEY_BYTES]>,
    nonce_key: Zeroizing<[u8; 32]>,
}

/// Makes the seals of a room's streams.
#[derive(Clone)]
pub struct StreamSeals(Zeroizing<[u8; 32]>);

impl StreamSeals {
    /// Makes them of a key that is derived from the room's.
    #[must_use]
    pub(super) fn new(base: Zeroizing<[u8; 32]>) -> Self {
        Self(base)
    }

    /// The seal of an author's stream with this number.
    #[must_use]
    pub fn stream(&self, author: &Key, session: u64, number: u32) -> StreamSeal {
        let derive = |what: &[u8]| {
            let mut hasher = blake3::Hasher::new_keyed(&self.0);
            hasher
                .update(what)
                .update(&author.0)
                .update(&session.to_be_bytes())
                .update(&number.to_be_bytes());
            Zeroizing::new(*hasher.finalize().as_bytes())
        };
        StreamSeal {
            id: StreamId(first_8(&*derive(b"name"))),
            key: derive(b"key"),
            nonce_key: derive(b"nonce"),
        }
    }
}

impl StreamSeal {
    /// The stream's name.
    #[must_use]
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Seals a frame; empty if it carries more than [`COMPACT_MAX_BYTES`].
    #[must_use]
    pub fn close(&self, compact: &Compact<'_>) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(COMPACT_OVERHEAD_BYTES + compact.bytes.len());
        if compact.bytes.len() > COMPACT_MAX_BYTES {
            return datagram;
        }
        datagram.extend(frame::opening(COMPACT_TYPE));
        datagram.extend(self.id.0.to_be_bytes());
        datagram.extend([0; SHORT_NONCE_BYTES]);
        datagram.extend(compact.number.to_be_bytes());
        datagram.extend(compact.frame.to_be_bytes());
        datagram.extend(compact.piece.to_be_bytes());
        datagram.extend(compact.originals.to_be_bytes());
        datagram.push(compact.flags);
        datagram.extend_from_slice(compact.bytes);
        let tag = self.seal(&mut datagram);
        match tag {
            Some(tag) => datagram.extend(tag),
            // Sealing so few bytes never fails; if it did, nothing would leave unencrypted.
            None => datagram.clear(),
        }
        datagram
    }

    fn seal(&self, datagram: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
        let (head, inside) = datagram.split_at_mut_checked(HEADER_BYTES)?;
        let hash = blake3::keyed_hash(&self.nonce_key, inside);
        let nonce = *hash.as_bytes().first_chunk::<SHORT_NONCE_BYTES>()?;
        *head.last_chunk_mut::<SHORT_NONCE_BYTES>()? = nonce;
        cipher::seal_short(&self.key, &nonce, head, inside)
    }

    /// Opens a frame of this stream, and overwrites `inside` with what was sealed.
    ///
    /// # Errors
    /// The [`FrameFault`] that makes the datagram worth dropping.
    pub fn open<'s>(
        &self,
        datagram: &[u8],
        inside: &'s mut Vec<u8>,
    ) -> Result<Compact<'s>, FrameFault> {
        let (head, rest) = datagram
            .split_at_checked(HEADER_BYTES)
            .ok_or(FrameFault::Broken)?;
        let (sealed, tag) = rest
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(FrameFault::Broken)?;
        let nonce = head.last_chunk().ok_or(FrameFault::Broken)?;
        inside.clear();
        inside.extend_from_slice(sealed);
        if !cipher::open_short(&self.key, nonce, head, inside, tag) {
            return Err(FrameFault::BrokenSeal);
        }
        read(inside).ok_or(FrameFault::Broken)
    }
}

/// Shows the name alone, because a log must not leak the key.
impl fmt::Debug for StreamSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamSeal({:?})", self.id)
    }
}

/// The stream of a compact frame; `None` for other datagrams.
#[must_use]
pub fn stream_of(datagram: &[u8]) -> Option<StreamId> {
    let rest = datagram.strip_prefix(&frame::opening(COMPACT_TYPE))?;
    let is_short = datagram.len() <= FRAME_MAX_BYTES;
    is_short.then_some(StreamId(u64::from_be_bytes(*rest.first_chunk()?)))
}

fn read(inside: &[u8]) -> Option<Compact<'_>> {
    let (number, rest) = inside.split_first_chunk()?;
    let (frame, rest) = rest.split_first_chunk()?;
    let (piece, rest) = rest.split_first_chunk()?;
    let (originals, rest) = rest.split_first_chunk()?;
    let (flags, bytes) = rest.split_first()?;
    Some(Compact {
        number: u32::from_be_bytes(*number),
        frame: u32::from_be_bytes(*frame),
        piece: u16::from_be_bytes(*piece),
        originals: u16::from_be_bytes(*originals),
        flags: *flags,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seals(byte: u8) -> StreamSeals {
        StreamSeals::new(Zeroizing::new([byte; 32]))
    }

    fn seal() -> StreamSeal {
        seals(1).stream(&Key([2; 32]), 3, 4)
    }

    const PIECE: Compact<'_> = Compact {
        number: 1,
        frame: 2,
        piece: 3,
        originals: 256,
        flags: 4,
        bytes: b"oi",
    };

    #[test]
    fn a_stream_s_name_and_key_come_of_its_author_session_and_number() {
        let (datagram, inside) = (seal().close(&PIECE), &mut Vec::new());
        assert_eq!(datagram.len(), COMPACT_OVERHEAD_BYTES + 2);
        assert_eq!(seal().open(&datagram, inside), Ok(PIECE));
        let others = [
            seals(9).stream(&Key([2; 32]), 3, 4),
            seals(1).stream(&Key([9; 32]), 3, 4),
            seals(1).stream(&Key([2; 32]), 9, 4),
            seals(1).stream(&Key([2; 32]), 3, 9),
        ];
        for other in others {
            assert_ne!(other.id(), seal().id());
            let fault = other.open(&datagram, inside);
            assert_eq!(fault, Err(FrameFault::BrokenSeal));
        }
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let (datagram, inside) = (seal().close(&PIECE), &mut Vec::new());
        for bit in 0..datagram.len() * 8 {
            let mut changed = datagram.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(seal().open(&changed, inside).is_err(), "bit {bit}");
        }
        for end in 0..datagram.len() {
            assert!(seal().open(&datagram[..end], inside).is_err(), "{end}");
        }
    }

    #[test]
    fn equal_frames_are_equal_datagrams_and_others_have_another_nonce() {
        let nonce = |compact: &Compact<'_>| seal().close(compact)[12..24].to_vec();
        assert_eq!(seal().close(&PIECE), seal().close(&PIECE));
        for other in [
            Compact { number: 9, ..PIECE },
            Compact { frame: 9, ..PIECE },
            Compact {
                bytes: b"ai",
                ..PIECE
            },
        ] {
            assert_ne!(nonce(&other), nonce(&PIECE));
        }
    }

    #[test]
    fn a_frame_says_which_stream_it_is_of() {
        let datagram = seal().close(&PIECE);
        assert_eq!(stream_of(&datagram), Some(seal().id()));
        assert_eq!(stream_of(&datagram[..11]), None);
        assert_eq!(stream_of(&vec![datagram[0]; 1500]), None);
        assert!(
            seal()
                .close(&Compact {
                    bytes: &[0; 1400],
                    ..PIECE
                })
                .is_empty()
        );
    }

    /// The layout, once and for all: other versions and programs must read these bytes.
    #[test]
    fn a_known_frame_has_known_bytes() {
        let datagram = seal().close(&PIECE);
        let hex: String = datagram.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            include_str!("../../../tests/vectors/compact.txt").trim()
        );
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened(
            number: u32, frame: u32, piece: u16, originals: u16, flags: u8,
            bytes in proptest::collection::vec(any::<u8>(), 0..=COMPACT_MAX_BYTES),
        ) {
            let compact = Compact { number, frame, piece, originals, flags, bytes: &bytes };
            let (datagram, inside) = (seal().close(&compact), &mut Vec::new());
            prop_assert!(datagram.len() <= FRAME_MAX_BYTES);
            prop_assert_eq!(seal().open(&datagram, inside), Ok(compact));
        }

        #[test]
        fn anything_else_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(seal().open(&bytes, &mut Vec::new()).is_err());
            let _ = stream_of(&bytes);
        }
    }
}
