//! What waits to be sent, cut and packed into the records of frames.

use std::collections::VecDeque;

use super::config::OUTBOX_MESSAGES;
use super::member::Member;
use crate::protocol::message::split_within;
use crate::protocol::wire::frame::durable::{
    FRAGMENT_BYTES, Fragment, MESSAGE_NAME_BYTES, MessageName, RECORD_HEAD_BYTES, RECORDS_MAX,
    Record,
};
use crate::protocol::wire::frame::{Key, MemberTag};
use crate::protocol::wire::private::SessionKey;

/// Messages and other records that wait, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
enum Waiting {
    /// A complete record.
    Record(Vec<u8>),
    /// A piece of a long text, which takes a frame of its own.
    Piece(Vec<u8>, Fragment),
    /// A private message, which is sealed when its frame is known.
    Private(PrivateText),
}

/// A private message that waits.
#[derive(Clone, Debug)]
pub struct PrivateText {
    /// How frames name the session that it is for.
    pub tag: MemberTag,
    /// The person that it is for.
    pub key: Key,
    /// The session that it is for.
    pub session: u64,
    /// The key that it is sealed to.
    pub session_key: SessionKey,
    /// The text.
    pub text: String,
    /// Whether it is no message but an offer, which nobody is shown as said.
    pub is_offer: bool,
}

impl PrivateText {
    /// A message for one session; `None` if it has told no key yet.
    pub(super) fn to(member: &Member, text: &str) -> Option<Self> {
        Some(Self {
            tag: member.tag,
            key: member.key,
            session: member.session,
            session_key: member.session_key?,
            text: text.to_owned(),
            is_offer: false,
        })
    }
}

/// What goes into the next frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// The records, one behind the other.
    pub records: Vec<u8>,
    /// Set if the only record is a piece of a long text.
    pub fragment: Option<Fragment>,
    /// The addressee, if the only record is a private message.
    pub private_to: Option<MemberTag>,
    /// Whether that is an offer.
    pub is_offer: bool,
}

impl Outbox {
    /// Drops what waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Queues one record.
    pub fn push(&mut self, record: &Record<'_>) {
        let mut bytes = Vec::new();
        record.append(&mut bytes);
        self.waiting.push_back(Waiting::Record(bytes));
    }

    /// Queues a message of at most `config::TEXT_MAX_BYTES`; one that does not fit `room_bytes` is
    /// cut into fragments.
    pub fn say(&mut self, text: &str, room_bytes: usize) {
        if text.len() + RECORD_HEAD_BYTES <= room_bytes {
            self.push(&Record::Said(text));
            return;
        }
        self.push_pieces(text, room_bytes - FRAGMENT_BYTES, 0, |piece| {
            Record::Said(piece)
        });
    }

    /// Queues what a message says from now on; like [`Outbox::say`].
    pub fn edit(&mut self, of: MessageName, text: &str, room_bytes: usize) {
        let edit = |text| Record::Edited { of, text };
        if MESSAGE_NAME_BYTES + text.len() + RECORD_HEAD_BYTES <= room_bytes {
            self.push(&edit(text));
            return;
        }
        self.push_pieces(text, room_bytes - FRAGMENT_BYTES, MESSAGE_NAME_BYTES, edit);
    }

    /// Queues a long text in pieces, each a record of at most `room_bytes`, of which `fixed_bytes`
    /// are no text.
    fn push_pieces<'t>(
        &mut self,
        text: &'t str,
        room_bytes: usize,
        fixed_bytes: usize,
        record_of: impl Fn(&'t str) -> Record<'t>,
    ) {
        let piece_bytes = room_bytes - RECORD_HEAD_BYTES - fixed_bytes;
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, others) = split_within(rest, piece_bytes);
            let mut record = Vec::with_capacity(piece.len() + fixed_bytes + RECORD_HEAD_BYTES);
            record_of(piece).append(&mut record);
            pieces.push(record);
            rest = others;
        }
        let count = pieces.len() as u16; // at most 64 KiB / 800 bytes
        let numbered = (0..count).zip(pieces);
        self.waiting.extend(
            numbered.map(|(number, record)| Waiting::Piece(record, Fragment { number, count })),
        );
    }

    /// Queues what the author does, of at most `config::ACTION_MAX_BYTES`.
    pub fn act(&mut self, text: &str) {
        self.push(&Record::Action(text));
    }

    /// Queues a private message.
    pub fn say_private(&mut self, text: PrivateText) {
        self.waiting.push_back(Waiting::Private(text));
    }

    /// Packs as many records as fit one frame; `None` if none wait. A private message goes alone.
    pub fn pack(
        &mut self,
        room_bytes: usize,
        seal: impl FnOnce(&PrivateText) -> Vec<u8>,
    ) -> Option<Packed> {
        match self.waiting.pop_front()? {
            Waiting::Private(text) => {
                let mut records = Vec::new();
                let (to, sealed) = (text.tag, &seal(&text)[..]);
                Record::Private { to, sealed }.append(&mut records);
                Some(Packed {
                    records,
                    fragment: None,
                    private_to: Some(to),
                    is_offer: text.is_offer,
                })
            }
            Waiting::Piece(records, fragment) => Some(Packed {
                records,
                fragment: Some(fragment),
                private_to: None,
                is_offer: false,
            }),
            Waiting::Record(mut records) => {
                let mut count = 1;
                while let Some(Waiting::Record(next)) = self.waiting.front()
                    && records.len() + next.len() <= room_bytes
                    && count < RECORDS_MAX
                {
                    records.extend_from_slice(next);
                    self.waiting.pop_front();
                    count += 1;
                }
                Some(Packed {
                    records,
                    fragment: None,
                    private_to: None,
                    is_offer: false,
                })
            }
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many records wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the caller should pause.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= OUTBOX_MESSAGES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::config::TEXT_MAX_BYTES;
    use crate::protocol::wire::frame::durable::Records;

    fn pack(outbox: &mut Outbox, room_bytes: usize) -> Option<Packed> {
        outbox.pack(room_bytes, |_| Vec::new())
    }

    fn texts(packed: &Packed) -> Vec<String> {
        let records = Records::new(&packed.records).iter();
        let text = |record| match record {
            Record::Said(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        records.map(text).collect()
    }

    #[test]
    fn a_backlog_fills_frames_and_a_single_line_leaves_alone() {
        let mut outbox = Outbox::default();
        for _ in 0..7 {
            outbox.say(&"x".repeat(200), 1017);
        }
        let counts =
            std::iter::from_fn(|| pack(&mut outbox, 1017)).map(|packed| texts(&packed).len());
        assert_eq!(counts.collect::<Vec<_>>(), [5, 2]);
        outbox.say("oi", 1017);
        assert_eq!(texts(&pack(&mut outbox, 1017).unwrap()), ["oi"]);
        assert_eq!(pack(&mut outbox, 1017), None);
    }

    #[test]
    fn a_long_edit_is_cut_into_pieces_that_all_name_the_message() {
        let mut outbox = Outbox::default();
        let of = MessageName {
            sequence: 7,
            ..MessageName::default()
        };
        let (short, long) = ("curto", "é".repeat(TEXT_MAX_BYTES / 2));
        outbox.edit(of, short, 1000);
        outbox.edit(of, &long, 1000);
        let packed = pack(&mut outbox, 1000).unwrap();
        let records: Vec<Record<'_>> = Records::new(&packed.records).iter().collect();
        let text = short;
        assert_eq!(
            (packed.fragment, records),
            (None, vec![Record::Edited { of, text }])
        );
        let mut all = String::new();
        while let Some(packed) = pack(&mut outbox, 1000) {
            assert!(packed.records.len() + FRAGMENT_BYTES <= 1000 && packed.fragment.is_some());
            match Records::new(&packed.records).iter().next() {
                Some(Record::Edited { of: named, text }) if named == of => all += text,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(all, long);
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_nothing_is_lost() {
        let mut outbox = Outbox::default();
        let text = "é".repeat(TEXT_MAX_BYTES / 2);
        outbox.say(&text, 1000);
        outbox.say("fim", 1000);
        let mut all = String::new();
        let mut number = 0;
        while let Some(packed) = pack(&mut outbox, 1000) {
            assert!(packed.records.len() + FRAGMENT_BYTES <= 1000);
            let Some(fragment) = packed.fragment else {
                assert_eq!(texts(&packed), ["fim"]);
                break;
            };
            assert_eq!(fragment.number, number);
            number += 1;
            all += &texts(&packed).concat();
        }
        assert_eq!(all, text);
    }
}
