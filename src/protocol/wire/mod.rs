//! The wire formats: everything that becomes bytes. Each file holds one format: its layout, its
//! limits, encode, decode and the tests of both. A wire knows texts and bytes, but neither who
//! sends them nor when.

pub mod cipher;
pub mod compact;
pub mod frame;
pub mod ids;
pub mod json;
pub mod media;
pub mod pieces;
pub mod plain;
pub mod preview;
pub mod private;
pub mod quiet;
pub mod raw;
pub mod seal;
pub mod sizes;
pub mod stream;
pub mod tr2;

use std::fmt;

/// Why a datagram from outside was dropped. Each kind is counted separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is not one whole JSON document.
    NotJson,
    /// The JSON document is no object.
    NotObject,
    /// The object lacks the key `user` or `data`.
    KeyMissing,
    /// Objects or arrays are nested deeper than [`plain::NESTING_MAX`].
    TooDeep,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the bytes are not UTF-8"),
            Self::NotJson => f.write_str("the text is not one whole JSON document"),
            Self::NotObject => f.write_str("the JSON document is no object"),
            Self::KeyMissing => f.write_str("the object lacks the key `user` or `data`"),
            Self::TooDeep => f.write_str("objects or arrays are nested too deep"),
        }
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// Every fault, in the order in which the counts list them.
    pub const ALL: [Fault; 5] = [
        Self::NotUtf8,
        Self::NotJson,
        Self::NotObject,
        Self::KeyMissing,
        Self::TooDeep,
    ];
}
