//! How a text begins that people pipe or keep in files: some editors put a byte order mark in front
//! of it, and some of those save UTF-16.

use std::error::Error;
use std::fmt;

/// The byte order mark of UTF-8. It says nothing, for UTF-8 has one byte order.
const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The byte order marks of UTF-16 (and the first is how UTF-32 begins, too).
const UTF_16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// Why bytes are not the text that is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// It is UTF-16.
    Utf16,
    /// It is not UTF-8.
    NotUtf8,
    /// It is longer than this many bytes.
    TooLong {
        /// The limit.
        bytes_max: u64,
    },
    /// It holds nothing but blanks.
    Empty,
}

/// For logs; a person reads the sentence in `text`.
impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16 => f.write_str("it is UTF-16"),
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::TooLong { bytes_max } => write!(f, "it is longer than {bytes_max} bytes"),
            Self::Empty => f.write_str("it is empty"),
        }
    }
}

impl Error for TextFault {}

/// Takes the byte order mark off the beginning of a text, once.
///
/// # Errors
/// [`TextFault::Utf16`] for the mark of another encoding, and for a first character as UTF-16
/// writes it without a mark: NUL is one half of it.
pub fn strip_mark(bytes: &[u8]) -> Result<&[u8], TextFault> {
    let is_halved = matches!(bytes, [0, 1..=255, ..] | [1..=255, 0, ..]);
    if is_halved || UTF_16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(TextFault::Utf16);
    }
    Ok(bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes))
}

/// The text that bytes hold, without a byte order mark.
///
/// # Errors
/// [`TextFault::Utf16`] and [`TextFault::NotUtf8`].
pub fn text(bytes: &[u8]) -> Result<&str, TextFault> {
    str::from_utf8(strip_mark(bytes)?).map_err(|_| TextFault::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_taken_off_once_and_another_encoding_is_refused() {
        assert_eq!(text("\u{feff}olá".as_bytes()), Ok("olá"));
        assert_eq!(text("\u{feff}\u{feff}x".as_bytes()), Ok("\u{feff}x"));
        assert_eq!(text(b""), Ok(""));
        assert_eq!(text(b"\xff\xfeo\0i\0"), Err(TextFault::Utf16));
        assert_eq!(text(b"\xfe\xff\0o\0i"), Err(TextFault::Utf16));
        assert_eq!(text(b"o\0i\0"), Err(TextFault::Utf16));
        assert_eq!(text(b"\0o\0i"), Err(TextFault::Utf16));
        assert_eq!(text(b"\0\0"), Ok("\0\0"));
        assert_eq!(text(b"ol\xe1"), Err(TextFault::NotUtf8));
    }
}
