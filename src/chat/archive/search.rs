//! What is looked for in an archive, and what is found.

use std::fmt;

use super::record::Entry;
use crate::protocol::engine::event::MessageId;
use crate::protocol::wire::frame::Key;

/// Signs of the short form of an id: digits and small letters without those that look alike.
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Signs in the short form of an id.
const SHORT_SIGNS: usize = 6;

/// The short form of a message's id, which a person can type: six signs, from the hash of the id.
/// Two messages in a million may share one; then the newer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShortId(u32);

impl ShortId {
    /// The short form of an id.
    #[must_use]
    pub fn of(id: &MessageId) -> Self {
        let MessageId { position, index } = id;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&position.short.to_be_bytes());
        hasher.update(&position.session.to_be_bytes());
        hasher.update(&position.sequence.to_be_bytes());
        hasher.update(&[*index]);
        let first = hasher.finalize().as_bytes().first_chunk().copied();
        Self(u32::from_be_bytes(first.unwrap_or_default()) >> 2)
    }

    /// Reads a typed one; capital letters count as small ones, `o` as 0, `i` and `l` as 1.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() != SHORT_SIGNS {
            return None;
        }
        let digit = |sign: u8| {
            let sign = match sign.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                sign => sign,
            };
            SIGNS.iter().position(|known| *known == sign)
        };
        typed
            .bytes()
            .try_fold(0, |number, sign| Some(number << 5 | digit(sign)? as u32))
            .map(Self)
    }

    /// As a number below 2³⁰, for an index.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..SHORT_SIGNS as u32).rev() {
            let digit = self.0 >> (5 * place) & 31;
            let sign = SIGNS.get(digit as usize).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(sign))?;
        }
        Ok(())
    }
}

/// A span of time, in milliseconds since 1970: a day if a day was typed, and nothing but its
/// beginning if a moment was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends: the first moment that does not belong to it.
    pub end_ms: u64,
}

/// From where a room's messages are read. A page of them reads on from another page by the ids at
/// its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The newest ones.
    #[default]
    Newest,
    /// Those that stand before a message, and next to it.
    Before(MessageId),
    /// Those that stand behind a message, and next to it.
    After(MessageId),
    /// Those of about a time, in milliseconds since 1970: one half was said before it.
    Around(u64),
}

impl Place {
    /// How many of so many messages are wanted before the place, and how many behind it. Whatever
    /// is newest stands before the end.
    #[must_use]
    pub fn halves(self, limit: usize) -> (usize, usize) {
        match self {
            Self::Newest | Self::Before(_) => (limit, 0),
            Self::After(_) => (0, limit),
            Self::Around(_) => (limit / 2, limit - limit / 2),
        }
    }
}

/// What is looked for. An empty one means the newest messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that all must be there, as typed: `voce` finds `você`, `prov*` finds `prova`, and
    /// `"a b"` finds both in this order.
    pub words: String,
    /// The name of the author, as typed.
    pub from: Option<String>,
    /// Said at or after this time, in milliseconds since 1970.
    pub since_ms: Option<u64>,
    /// Said before this time, in milliseconds since 1970.
    pub until_ms: Option<u64>,
    /// From where they are read.
    pub place: Place,
    /// Not what this person said while the clock was ahead: it would be the last for as long as
    /// that was.
    pub skips_ahead: bool,
    /// Nothing of these people: they are ignored.
    pub without: Vec<Key>,
    /// This message alone, which [`Query::context`] shows among its neighbours.
    pub only: Option<ShortId>,
    /// Neighbours shown before and after each match.
    pub context: usize,
    /// Most matches.
    pub limit: usize,
    /// Whether earlier forms of edited messages are shown and searched too.
    pub has_all_forms: bool,
}

/// A message that is shown because of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The message.
    pub entry: Entry,
    /// Whether it is what was looked for, and not its neighbour.
    pub is_match: bool,
    /// Where the words stand in the text, as ranges of bytes, ascending.
    pub marks: Vec<(usize, usize)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::frame_log::Position;

    #[test]
    fn a_short_id_reads_what_it_writes_and_what_people_mistake() {
        let id = |sequence| MessageId {
            position: Position {
                clock: 7,
                short: 1,
                session: 2,
                sequence,
            },
            index: 0,
        };
        for sequence in 0..1000 {
            let short = ShortId::of(&id(sequence));
            let written = short.to_string();
            assert_eq!(written.len(), SHORT_SIGNS);
            assert_eq!(ShortId::parse(&written), Some(short));
            assert_eq!(ShortId::parse(&written.to_uppercase()), Some(short));
            let mistaken = written.replace('0', "o").replace('1', "l");
            assert_eq!(ShortId::parse(&mistaken), Some(short));
        }
        for wrong in ["", "12345", "1234567", "u23456", "é2345", "!23456"] {
            assert_eq!(ShortId::parse(wrong), None, "{wrong}");
        }
    }
}
