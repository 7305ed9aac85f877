//! The units of sound and pictures, as compact frames (`compact.rs`) carry them: signed by their
//! author, because everybody who has the room's key can make frames of his streams.
//!
//! ```text
//! picture   length of what follows 4 | flags 1 | codec 1 | time 4 | frame | signature 64 | zeros
//! sound     flags 1 | codec 1 | count 1 | moments | with the flag, signature 64
//! moment    time 4 | length 2 | frame
//!
//! root = derive("roda 2026 media unit", kind 1 ‖ stream 8 ‖ unit 4 ‖ all before the signature)
//! ```
//!
//! **A picture** is cut into symbols with its signature inside, so that it is checked once, and
//! mended with the rest.
//!
//! **A packet of sound** is one symbol. It carries the newest moment first and those before it
//! again, which mend what was lost without a question. Its unit is the number of its newest moment.
//! In public rooms each is signed; where a key keeps strangers out, every fifth is.
//!
//! **The root** binds a unit to its stream, which is named for room, author and session, and to its
//! number there, so that it counts nowhere else.

use super::compact::StreamId;
use super::sizes::SIGNATURE_BYTES;

/// Most bytes of a picture: a key picture of a large screen has half of that.
pub const PICTURE_MAX_BYTES: usize = 600_000;

/// Most moments in one packet of sound: 40 ms, and the 40 ms before them.
pub const MOMENTS_MAX: usize = 4;

/// Longest moment of sound, in bytes: 20 ms of Opus at 200 kbit/s.
pub const MOMENT_MAX_BYTES: usize = 500;

/// Bytes of a picture's unit besides the frame.
pub const PICTURE_OVERHEAD_BYTES: usize = 4 + 1 + 1 + 4 + SIGNATURE_BYTES;

/// Bytes of a packet of sound besides its moments.
pub const SOUND_OVERHEAD_BYTES: usize = 1 + 1 + 1 + SIGNATURE_BYTES;

/// Bytes of a moment of sound besides the frame.
pub const MOMENT_OVERHEAD_BYTES: usize = 4 + 2;

/// What is signed of a unit.
pub type Root = [u8; 32];

/// The author's signature of a [`Root`].
pub type Signature = [u8; SIGNATURE_BYTES];

const IS_KEY: u8 = 1;
const IS_DROPPABLE: u8 = 2;

const IS_SIGNED: u8 = 1;
const SPEAKS: u8 = 2;

const SOUND_KIND: u8 = 1;
const PICTURE_KIND: u8 = 2;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture<'d> {
    /// Whether it can be decoded alone.
    pub is_key: bool,
    /// Whether those behind it can be decoded without it.
    pub is_droppable: bool,
    /// How it is encoded, as `chat::media` numbers that.
    pub codec: u8,
    /// Its RTP timestamp.
    pub time: u32,
    /// The encoded frame.
    pub frame: &'d [u8],
}

/// A packet of sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound<'d> {
    /// Whether somebody speaks.
    pub speaks: bool,
    /// How it is encoded.
    pub codec: u8,
    /// The newest moment, and those before it, one by one.
    pub moments: Vec<SoundMoment<'d>>,
}

/// 20 ms of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundMoment<'d> {
    /// Its RTP timestamp.
    pub time: u32,
    /// The encoded frame.
    pub frame: &'d [u8],
}

/// Something read, with what says whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    /// What was read.
    pub content: T,
    /// What is signed, and its signature; `None` if it has none.
    pub proof: Option<(Root, Signature)>,
}

/// Which unit of which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitId {
    /// The stream.
    pub stream: StreamId,
    /// The unit's number there.
    pub unit: u32,
}

impl UnitId {
    fn root(self, kind: u8, content: &[u8]) -> Root {
        let mut hasher = blake3::Hasher::new_derive_key("roda 2026 media unit");
        hasher.update(&[kind]);
        hasher.update(&self.stream.0.to_be_bytes());
        hasher.update(&self.unit.to_be_bytes());
        hasher.update(content);
        *hasher.finalize().as_bytes()
    }
}

impl<'d> Picture<'d> {
    /// Makes the bytes of the unit, without the zeros that fill up its last symbol.
    #[must_use]
    pub fn close(&self, id: UnitId, sign: impl FnOnce(&Root) -> Signature) -> Vec<u8> {
        let length = PICTURE_OVERHEAD_BYTES + self.frame.len();
        let mut unit = Vec::with_capacity(length);
        unit.extend(((length - 4) as u32).to_be_bytes());
        let key = if self.is_key { IS_KEY } else { 0 };
        unit.push(key | if self.is_droppable { IS_DROPPABLE } else { 0 });
        unit.push(self.codec);
        unit.extend(self.time.to_be_bytes());
        unit.extend_from_slice(self.frame);
        let root = id.root(PICTURE_KIND, &unit);
        unit.extend(sign(&root));
        unit
    }

    /// Reads the bytes of a unit.
    #[must_use]
    pub fn open(id: UnitId, bytes: &'d [u8]) -> Option<Signed<Self>> {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (signed, zeros) = rest.split_at_checked(length)?;
        let (content, signature) = signed.split_last_chunk()?;
        let (flags, content) = content.split_first()?;
        let (codec, content) = content.split_first()?;
        let (time, frame) = content.split_first_chunk()?;
        let before = bytes.get(..bytes.len() - zeros.len() - SIGNATURE_BYTES)?;
        let is_known = flags & !(IS_KEY | IS_DROPPABLE) == 0;
        is_known.then(|| Signed {
            content: Self {
                is_key: flags & IS_KEY != 0,
                is_droppable: flags & IS_DROPPABLE != 0,
                codec: *codec,
                time: u32::from_be_bytes(*time),
                frame,
            },
            proof: Some((id.root(PICTURE_KIND, before), *signature)),
        })
    }
}

impl<'d> Sound<'d> {
    /// Makes the bytes of a packet; `sign` gives a signature if it is to have one.
    #[must_use]
    pub fn close(
        &self,
        id: UnitId,
        is_signed: bool,
        sign: impl FnOnce(&Root) -> Signature,
    ) -> Vec<u8> {
        let moments = self.moments.iter();
        let length: usize = moments
            .map(|it| MOMENT_OVERHEAD_BYTES + it.frame.len())
            .sum();
        let mut packet = Vec::with_capacity(SOUND_OVERHEAD_BYTES + length);
        let signed = if is_signed { IS_SIGNED } else { 0 };
        packet.push(signed | if self.speaks { SPEAKS } else { 0 });
        packet.push(self.codec);
        packet.push(self.moments.len() as u8); // at most MOMENTS_MAX
        for moment in &self.moments {
            packet.extend(moment.time.to_be_bytes());
            packet.extend((moment.frame.len() as u16).to_be_bytes()); // at most MOMENT_MAX_BYTES
            packet.extend_from_slice(moment.frame);
        }
        if is_signed {
            let root = id.root(SOUND_KIND, &packet);
            packet.extend(sign(&root));
        }
        packet
    }

    /// Reads the bytes of a packet.
    #[must_use]
    pub fn open(id: UnitId, bytes: &'d [u8]) -> Option<Signed<Self>> {
        let (flags, rest) = bytes.split_first()?;
        let (codec, rest) = rest.split_first()?;
        let (count, mut rest) = rest.split_first()?;
        let count = usize::from(*count);
        if flags & !(IS_SIGNED | SPEAKS) != 0 || count == 0 || count > MOMENTS_MAX {
            return None;
        }
        let mut moments = Vec::with_capacity(count);
        for _ in 0..count {
            let (time, behind) = rest.split_first_chunk()?;
            let (length, behind) = behind.split_first_chunk()?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (frame, behind) = behind.split_at_checked(length)?;
            if length > MOMENT_MAX_BYTES {
                return None;
            }
            let time = u32::from_be_bytes(*time);
            moments.push(SoundMoment { time, frame });
            rest = behind;
        }
        let proof = match flags & IS_SIGNED {
            0 => None,
            _ => {
                let signature = rest.first_chunk()?;
                rest = rest.get(SIGNATURE_BYTES..)?;
                let before = bytes.get(..bytes.len() - rest.len() - SIGNATURE_BYTES)?;
                Some((id.root(SOUND_KIND, before), *signature))
            }
        };
        rest.is_empty().then_some(Signed {
            content: Self {
                speaks: flags & SPEAKS != 0,
                codec: *codec,
                moments,
            },
            proof,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::Key;
    use crate::protocol::wire::seal::Seal;
    use crate::protocol::wire::seal::signer::Signer;
    use proptest::prelude::*;

    const ID: UnitId = UnitId {
        stream: StreamId(7),
        unit: 9,
    };

    fn ana() -> (Seal, Signer, Key) {
        let signer = Signer::from_seed(&[1; 32]);
        let key = signer.key();
        (Seal::public(None), signer, key)
    }

    const PICTURE: Picture<'_> = Picture {
        is_key: true,
        is_droppable: false,
        codec: 2,
        time: 0xffff_fff0,
        frame: b"picture",
    };

    fn sound() -> Sound<'static> {
        let moment = |time, frame| SoundMoment { time, frame };
        Sound {
            speaks: true,
            codec: 1,
            moments: vec![moment(1920, b"new"), moment(960, b"old")],
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The layout, once and for all: other versions and programs must read these bytes.
    #[test]
    fn known_units_have_known_bytes() {
        let (_, signer, _) = ana();
        let picture = PICTURE.close(ID, |root| signer.sign_unit(root));
        let signed = sound().close(ID, true, |root| signer.sign_unit(root));
        let unsigned = sound().close(ID, false, |root| signer.sign_unit(root));
        let lines = [picture, signed, unsigned].map(|bytes| hex(&bytes));
        let known = include_str!("../../../tests/vectors/media.txt");
        assert_eq!(lines.join("\n"), known.trim());
    }

    #[test]
    fn a_unit_counts_in_its_place_alone_and_as_it_was() {
        let (seal, signer, key) = ana();
        let genuine = |proof: Option<(Root, Signature)>| {
            proof.is_some_and(|(root, signature)| {
                seal.check_unit(&key, &root, &signature, || true) == Some(true)
            })
        };
        let picture = |id, bytes: &[u8]| Picture::open(id, bytes).map(|it| genuine(it.proof));
        let packet = |id, bytes: &[u8]| Sound::open(id, bytes).map(|it| genuine(it.proof));
        let pictures = PICTURE.close(ID, |root| signer.sign_unit(root));
        let sounds = sound().close(ID, true, |root| signer.sign_unit(root));
        assert_eq!(picture(ID, &pictures), Some(true));
        assert_eq!(packet(ID, &sounds), Some(true));
        let others = [
            UnitId { unit: 8, ..ID },
            UnitId {
                stream: StreamId(8),
                ..ID
            },
        ];
        for other in others {
            assert_eq!(picture(other, &pictures), Some(false));
            assert_eq!(packet(other, &sounds), Some(false));
        }
        for bit in 0..pictures.len() * 8 {
            let mut changed = pictures.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(picture(ID, &changed), Some(true), "bit {bit}");
        }
        for bit in 0..sounds.len() * 8 {
            let mut changed = sounds.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(packet(ID, &changed), Some(true), "bit {bit}");
        }
        let eva = Signer::from_seed(&[2; 32]);
        let forged = PICTURE.close(ID, |root| eva.sign_unit(root));
        assert_eq!(picture(ID, &forged), Some(false));
    }

    proptest! {
        #[test]
        fn pictures_come_back_whatever_fills_them_up(
            is_key: bool, is_droppable: bool, codec: u8, time: u32, zeros in 0_usize..100,
            frame in proptest::collection::vec(any::<u8>(), 0..3000),
        ) {
            let (_, signer, _) = ana();
            let frame = &frame;
            let picture = Picture { is_key, is_droppable, codec, time, frame };
            let mut unit = picture.close(ID, |root| signer.sign_unit(root));
            prop_assert_eq!(unit.len(), frame.len() + PICTURE_OVERHEAD_BYTES);
            unit.resize(unit.len() + zeros, 0);
            prop_assert_eq!(Picture::open(ID, &unit).map(|it| it.content), Some(picture));
        }

        #[test]
        fn sound_comes_back(
            speaks: bool, codec: u8, is_signed: bool,
            moments in proptest::collection::vec(
                (any::<u32>(), proptest::collection::vec(any::<u8>(), 0..=MOMENT_MAX_BYTES)),
                1..=MOMENTS_MAX,
            ),
        ) {
            let (_, signer, _) = ana();
            let moments = moments.iter().map(|(time, frame)| SoundMoment { time: *time, frame });
            let sound = Sound { speaks, codec, moments: moments.collect() };
            let packet = sound.close(ID, is_signed, |root| signer.sign_unit(root));
            let opened = Sound::open(ID, &packet).unwrap();
            prop_assert_eq!(opened.proof.is_some(), is_signed);
            prop_assert_eq!(opened.content, sound);
        }

        #[test]
        fn any_bytes_are_a_unit_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (Picture::open(ID, &bytes), Sound::open(ID, &bytes));
        }
    }
}
