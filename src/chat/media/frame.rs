//! What passes between a room and its own page: whole encoded frames, as the browser made them or
//! as it is to decode them. Nothing here is ever transcoded.

use crate::protocol::wire::compact::{Channel, StreamId};

/// What a frame was captured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A microphone.
    Sound,
    /// A camera.
    Camera,
    /// A screen.
    Screen,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Sound, Self::Camera, Self::Screen];

    /// Whether its frames are pictures.
    #[must_use]
    pub fn is_picture(self) -> bool {
        self != Self::Sound
    }

    pub(super) fn channel(self) -> Channel {
        match self {
            Self::Sound => Channel::Sound,
            Self::Camera => Channel::Picture,
            Self::Screen => Channel::Screen,
        }
    }

    pub(super) fn of_channel(channel: Channel) -> Option<Self> {
        let mut sources = Self::ALL.into_iter();
        sources.find(|source| source.channel() == channel)
    }
}

/// How a frame is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Codec {
    /// Sound; RFC 6716.
    Opus = 1,
    /// Pictures; RFC 6386.
    Vp8 = 2,
    /// Pictures.
    Vp9 = 3,
    /// Pictures, in Annex B form; not every browser has it.
    H264 = 4,
}

impl Codec {
    /// Whether this is how frames of a source may be encoded.
    #[must_use]
    pub fn fits(self, source: Source) -> bool {
        (self == Self::Opus) != source.is_picture()
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        let codecs = [Self::Opus, Self::Vp8, Self::Vp9, Self::H264];
        codecs.into_iter().find(|codec| *codec as u8 == byte)
    }
}

/// What comes from the own page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FromPage {
    /// It has captured a frame.
    Captured(Captured),
    /// The page of a guest who speaks has captured a frame.
    OfGuest {
        /// The guest's number.
        guest: u32,
        /// The frame.
        captured: Captured,
    },
    /// It cannot decode a stream without another key picture.
    KeyWanted(StreamId),
}

/// A whole frame that the own page has captured and encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// From what. Frames of a source that no command has begun are dropped.
    pub source: Source,
    /// How it is encoded.
    pub codec: Codec,
    /// Whether it can be decoded without the frames before it; always so for sound.
    pub is_key: bool,
    /// Whether the frames behind it can be decoded without it.
    pub is_droppable: bool,
    /// Its RTP timestamp, as the page wrote it: units of 1/48,000 s for sound and 1/90,000 s for
    /// pictures, from any beginning.
    pub rtp_time: u32,
    /// How loud it is, in dB below the loudest (RFC 6464): 0 to 127. `None` if the page does not
    /// say.
    pub quiet_db: Option<u8>,
    /// The frame: of sound one Opus packet, of pictures all of one picture.
    pub bytes: Vec<u8>,
}

/// What goes to the own page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToPage {
    /// It is to play a frame. The frames of a stream come in their order.
    Play(Played),
    /// It is to encode its next picture of a source such that it can be decoded alone.
    KeyWanted(Source),
    /// It is to encode a source with so many bits a second from now on.
    Bitrate {
        /// Which source.
        source: Source,
        /// How many bits a second.
        bits_per_s: u32,
    },
    /// No more of a stream is played.
    Gone(StreamId),
}

/// A frame to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Of which stream: [`MediaEvent::Began`](super::MediaEvent::Began) says whose it is.
    pub stream: StreamId,
    /// What it was captured from.
    pub source: Source,
    /// How it is encoded.
    pub codec: Codec,
    /// Whether it can be decoded alone.
    pub is_key: bool,
    /// Its RTP timestamp, as its author's page wrote it.
    pub rtp_time: u32,
    /// How many frames before it are lost: RTP sequence numbers should skip as many.
    pub lost_before: u16,
    /// The frame.
    pub bytes: Vec<u8>,
}
