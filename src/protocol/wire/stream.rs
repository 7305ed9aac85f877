//! The framed stream: how two programs of ours talk over TCP once they have recognised each other.
//!
//! ```text
//! marker   00 ff 'r' 'o' 'd' 'a' '1' 00     frames follow; no UTF-8 text contains ff
//! frame    kind 1 | length 4, big-endian | payload
//! kind 1   before: flags 1 | length 2 of each raw message sent before the marker; always first
//! kind 2   name: UTF-8, empty for none; always second
//! kind 3   line: UTF-8
//! kind 4   end: empty; nothing more follows. A connection that closes without it was lost.
//! kind 5   object: a JSON object, as a program wrote it
//! ```
//!
//! # How the two recognise each other (`protocol::peer` decides; this file only encodes)
//!
//! The caller sends one byte of TCP urgent data as soon as it is connected, before anything else:
//! the *offer*. A program that calls `recv` without asking for urgent data never sees this byte,
//! nor does it wake up for it, because `SO_OOBINLINE` is off by default. Our listener sees it
//! before any other byte and answers with the marker; a caller that sees the marker answers with
//! its own. Nobody else ever gets a marker. Each side's *before* frame describes what it had sent
//! raw until then, so that the boundaries of those messages are exact too.
//!
//! Both sides wait up to 300 ms before they treat the other as naive. One case stays ambiguous: a
//! listener whose host took longer to deliver the offer may have sent several raw lines, which the
//! caller has split by the quiet rule alone. A middlebox that strips the urgent flag would turn the
//! offer into an ordinary byte `!`; no middlebox stands within one network.

use std::fmt;

/// The byte that is sent as urgent data.
pub const OFFER: u8 = b'!';

/// What a listener sends a caller while it talks to another, before it closes. It is raw text, so
/// that every program can show it; one of ours takes it for this, when nothing else comes.
pub const BUSY: &str = "busy\n";

/// Separates raw text from frames.
pub const MARKER: &[u8; 8] = b"\x00\xffroda1\x00";

/// Longest payload, in bytes: a line of 1 MiB.
pub const PAYLOAD_MAX_BYTES: usize = 1 << 20;

const HEADER_BYTES: usize = 5;

/// A decoded frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'f> {
    /// Describes what was sent before the marker.
    Before {
        /// Whether the first of those messages was the sender's name.
        has_name: bool,
        /// The length of each message, in two big-endian bytes.
        lengths: &'f [u8],
    },
    /// The sender's name, uncleaned; empty for none.
    Name(&'f [u8]),
    /// A line, uncleaned.
    Line(&'f [u8]),
    /// The sender will send nothing more.
    End,
    /// A JSON object, uncleaned and unchecked.
    Object(&'f [u8]),
    /// A kind from a later version, to be ignored.
    Unknown,
}

/// A frame announces a payload longer than [`PAYLOAD_MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The announced length.
    pub payload_bytes: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a frame of {} bytes", self.payload_bytes)
    }
}

impl std::error::Error for TooLong {}

/// The messages that were sent raw before the marker.
#[derive(Clone, Copy, Debug)]
pub struct SentBefore<'m> {
    /// Whether the first of them is the sender's name.
    pub has_name: bool,
    /// The length of each, in bytes.
    pub lengths: &'m [u16],
}

/// Appends the marker and the frame that describes what was sent before it.
pub fn encode_marker(before: SentBefore<'_>, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(MARKER);
    let mut payload = vec![u8::from(before.has_name)];
    payload.extend(
        before
            .lengths
            .iter()
            .flat_map(|length| length.to_be_bytes()),
    );
    encode(1, &payload, bytes);
}

/// Appends a name frame.
pub fn encode_name(name: &str, bytes: &mut Vec<u8>) {
    encode(2, name.as_bytes(), bytes);
}

/// Appends a line frame. A line is at most [`PAYLOAD_MAX_BYTES`] long.
pub fn encode_line(line: &str, bytes: &mut Vec<u8>) {
    encode(3, line.as_bytes(), bytes);
}

/// Appends an end frame.
pub fn encode_end(bytes: &mut Vec<u8>) {
    encode(4, b"", bytes);
}

/// Appends an object frame. An object is at most [`PAYLOAD_MAX_BYTES`] long.
pub fn encode_object(object: &str, bytes: &mut Vec<u8>) {
    encode(5, object.as_bytes(), bytes);
}

fn encode(kind: u8, payload: &[u8], bytes: &mut Vec<u8>) {
    debug_assert!(payload.len() <= PAYLOAD_MAX_BYTES);
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(payload);
}

/// Assembles frames from bytes, whatever pieces they arrive in.
#[derive(Debug, Default)]
pub struct Deframer {
    bytes: Vec<u8>,
    taken: usize,
}

impl Deframer {
    /// Adds bytes. Frames that were polled before are discarded here, so that no more is held than
    /// one frame and these bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next complete frame.
    ///
    /// # Errors
    /// A frame that is too long, after which the stream cannot be read any further.
    pub fn poll(&mut self) -> Result<Option<Frame<'_>>, TooLong> {
        let waiting = self.bytes.get(self.taken..).unwrap_or_default();
        let Some((&[kind, a, b, c, d], rest)) = waiting.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let payload_bytes = u32::from_be_bytes([a, b, c, d]) as usize;
        if payload_bytes > PAYLOAD_MAX_BYTES {
            return Err(TooLong { payload_bytes });
        }
        let Some(payload) = rest.get(..payload_bytes) else {
            return Ok(None);
        };
        self.taken += HEADER_BYTES + payload_bytes;
        Ok(Some(match (kind, payload) {
            (1, [flags, lengths @ ..]) => Frame::Before {
                has_name: flags & 1 != 0,
                lengths,
            },
            (2, name) => Frame::Name(name),
            (3, line) => Frame::Line(line),
            (4, _) => Frame::End,
            (5, object) => Frame::Object(object),
            _ => Frame::Unknown,
        }))
    }

    /// Whether a frame has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.taken < self.bytes.len()
    }
}

/// Counts the bytes at the end that may begin a marker.
#[must_use]
pub fn begun_marker_bytes(bytes: &[u8]) -> usize {
    (1..MARKER.len())
        .rev()
        .find(|&n| bytes.ends_with(MARKER.get(..n).unwrap_or_default()))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(deframer: &mut Deframer) -> Vec<String> {
        let mut seen = Vec::new();
        while let Some(frame) = deframer.poll().unwrap() {
            seen.push(format!("{frame:?}"));
        }
        seen
    }

    #[test]
    fn a_marker_tells_what_came_before() {
        let mut bytes = Vec::new();
        let before = SentBefore {
            has_name: true,
            lengths: &[3, 1024],
        };
        encode_marker(before, &mut bytes);
        let frame = bytes.strip_prefix(MARKER).unwrap();
        let mut deframer = Deframer::default();
        deframer.push(frame);
        let before = Frame::Before {
            has_name: true,
            lengths: &[0, 3, 4, 0],
        };
        assert_eq!(deframer.poll(), Ok(Some(before)));
        assert!(!deframer.is_open());
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_before_it_comes() {
        let mut deframer = Deframer::default();
        deframer.push(b"\x03\xff\xff\xff\xff");
        assert_eq!(
            deframer.poll(),
            Err(TooLong {
                payload_bytes: u32::MAX as usize
            })
        );
    }

    #[test]
    fn kinds_of_later_versions_are_ignored() {
        let mut deframer = Deframer::default();
        deframer.push(b"\x09\0\0\0\x02hi\x01\0\0\0\0\x03\0\0\0\x02oi");
        assert_eq!(deframer.poll(), Ok(Some(Frame::Unknown)));
        assert_eq!(
            deframer.poll(),
            Ok(Some(Frame::Unknown)),
            "a before frame without flags"
        );
        assert_eq!(deframer.poll(), Ok(Some(Frame::Line(b"oi"))));
        assert_eq!(deframer.poll(), Ok(None));
    }

    #[test]
    fn a_begun_marker_is_noticed() {
        assert_eq!(begun_marker_bytes(b"oi"), 0);
        assert_eq!(begun_marker_bytes(b"oi\0"), 1);
        assert_eq!(begun_marker_bytes(b"\0\xffrod"), 5);
    }

    proptest! {
        #[test]
        fn framing_is_the_same_for_every_split(
            lines in proptest::collection::vec("\\PC{0,20}", 0..8),
            step in 1_usize..30,
        ) {
            let mut bytes = Vec::new();
            encode_name("ana", &mut bytes);
            lines.iter().for_each(|line| encode_line(line, &mut bytes));
            let mut whole = Deframer::default();
            whole.push(&bytes);
            let mut split = Deframer::default();
            let mut seen = Vec::new();
            for piece in bytes.chunks(step) {
                split.push(piece);
                seen.extend(frames(&mut split));
            }
            prop_assert_eq!(seen, frames(&mut whole));
            prop_assert!(!split.is_open());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut deframer = Deframer::default();
            deframer.push(&bytes);
            while let Ok(Some(_)) = deframer.poll() {}
        }
    }
}
