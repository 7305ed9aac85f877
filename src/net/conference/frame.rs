//! Where whole encoded frames are shown on pages. Pure.

use std::sync::Arc;

use str0m::format;

use super::PeerId;
use crate::chat::media::Codec;

/// Most pictures that a page shows at once.
pub const PICTURES: usize = 4;

/// Most voices that a page plays at once.
pub const VOICES: usize = 8;

/// Most pages at once: a person's tabs, and as many guests as may watch.
pub const PEERS_MAX: usize = 40;

/// Whose pages: their places are filled separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The person's own.
    Own,
    /// Guests'.
    Guests,
}

/// What a page may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Its microphone, its camera and its screen.
    Everything,
    /// Its microphone alone, and no more of it than one voice.
    OneVoice,
    /// Nothing.
    Nothing,
}

/// A place of a page, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Where a voice is played, below [`VOICES`].
    Voice(usize),
    /// Where a picture is shown, below [`PICTURES`].
    Picture(usize),
}

/// A frame for pages.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose pages.
    pub side: Side,
    /// The page that is left out: its own voice is in it.
    pub except: Option<PeerId>,
    /// Where it is shown or played.
    pub place: Place,
    /// Names the stream that it is of: another one in the same place begins anew.
    pub stream: u64,
    /// How it is encoded.
    pub codec: Codec,
    /// Whether it can be decoded without the frames before it.
    pub is_key: bool,
    /// When it was captured, on the clock of its stream: 48,000 ticks in a second for sound, 90,000
    /// for pictures.
    pub rtp_time: u32,
    /// The frame.
    pub bytes: Arc<[u8]>,
}

/// The codec of a payload; `None` if it is none of ours.
pub(super) fn ours(codec: format::Codec) -> Option<Codec> {
    match codec {
        format::Codec::Opus => Some(Codec::Opus),
        format::Codec::Vp8 => Some(Codec::Vp8),
        format::Codec::Vp9 => Some(Codec::Vp9),
        _ => None,
    }
}

/// What RTP calls a codec.
pub(super) fn theirs(codec: Codec) -> format::Codec {
    match codec {
        Codec::Opus => format::Codec::Opus,
        Codec::Vp8 => format::Codec::Vp8,
        Codec::Vp9 => format::Codec::Vp9,
        Codec::H264 => format::Codec::H264,
    }
}

/// Ticks of a codec's clock in a second.
pub(super) fn hertz(codec: Codec) -> u32 {
    match codec {
        Codec::Opus => 48_000,
        Codec::Vp8 | Codec::Vp9 | Codec::H264 => 90_000,
    }
}
