//! A durable frame: every member must receive it.
//!
//! ```text
//! [ fragment number 2 | fragment count 2 ]              with the fragment flag
//! counts 1 (3 bits of references, 5 bits of acknowledgements)
//! reference: short id 8 | session 4 | sequence 4 | hash 4          at most 4
//! acknowledgement: short id 8 | session 4 | through 4              at most 16
//! record: kind 4 bits, length 12 bits | bytes                      to the end of the body
//!
//! kind 0   said: UTF-8
//! kind 1   hello: replaced session 8, 0 for none | session key 32 | archived 1 bit, role 7 bits
//! kind 2   leaving: empty
//! kind 3   private: addressee 12 | sealed text (`wire/private.rs`)
//! kind 4   action: UTF-8, what the author does, as of somebody else
//! kind 5   edited: message 21 | UTF-8, what it says from now on
//! kind 6   deleted: message 21
//! kind 7   guest said: number 4 | name length 1 | name | UTF-8
//! kind 8   offer: what `frame/offer.rs` says
//! kind 9   role: what `frame/role.rs` says
//!
//! message: clock 8 | session 8 | sequence 4 | record's index 1
//! ```
//!
//! A guest is somebody without a key, who reads and speaks through the author. The author gives
//! each a number, by which two guests of one name differ, and vouches for all that a guest says.
//!
//! A frame can name only messages of its own author, because a message is named without one. The
//! clock stands there although the session and the sequence would do: whoever has never seen the
//! message knows by it where the message stands in the common order.
//!
//! Records of other kinds, and bytes behind the known ones of a hello, are ignored, the records
//! counted: a later version of this program may send them without a new version of the wire.

use super::FLAG_FRAGMENT;
use super::ack::{ACKS_MAX, Ack};
use super::bytes::{Reader, Writer};
use super::offer::OfferRecord;
use super::role::RoleRecord;
use crate::protocol::message::{NAME_MAX_BYTES, Name};
use crate::protocol::wire::ids::{MemberTag, SessionKey};
use crate::protocol::wire::sizes::SESSION_KEY_BYTES;

/// Most references in one frame.
pub const REFERENCES_MAX: usize = 4;

/// Most records in one frame.
pub const RECORDS_MAX: usize = 255;

/// Longest record, in bytes: the limit of its length field.
pub const RECORD_MAX_BYTES: usize = 0xfff;

/// Most fragments of one text.
pub const FRAGMENTS_MAX: u16 = 1024;

/// A frame that the author had received before it made this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Whose frame it is.
    pub member: MemberTag,
    /// The frame's sequence number.
    pub sequence: u32,
    /// The first half of the frame's hash.
    pub hash: u32,
}

impl Reference {
    /// Length of a reference in a frame, in bytes.
    pub const BYTES: usize = MemberTag::BYTES + 4 + 4;
}

/// Which piece of a long text a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The piece's number, from 0. The frame with piece 0 gives the text its id.
    pub number: u16,
    /// How many pieces the text has; at least 2.
    pub count: u16,
}

impl Fragment {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (number, count) = (reader.u16()?, reader.u16()?);
        let is_sound = (2..=FRAGMENTS_MAX).contains(&count) && number < count;
        is_sound.then_some(Self { number, count })
    }
}

/// Bytes that every body takes besides its lists and records.
pub const COUNTS_BYTES: usize = 1;

/// Bytes that a fragment takes in addition.
pub const FRAGMENT_BYTES: usize = 4;

/// Bytes that a record takes besides its own bytes.
pub const RECORD_HEAD_BYTES: usize = 2;

/// Length of an acknowledgement, in bytes.
pub const ACK_BYTES: usize = Ack::BYTES;

/// Bytes that an edit takes besides its record's head and its text.
pub const MESSAGE_NAME_BYTES: usize = MessageName::BYTES;

/// Most bytes that what a guest says takes besides its record's head and its text.
pub const GUEST_HEAD_MAX_BYTES: usize = 4 + 1 + NAME_MAX_BYTES;

/// The body of a durable frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durable<'d> {
    /// Set if the only record is a piece of a long text.
    pub fragment: Option<Fragment>,
    /// The newest frames that the author had received before.
    pub references: Vec<Reference>,
    /// How far the author has the frames of others.
    pub acks: Vec<Ack>,
    /// What the author says.
    pub records: Records<'d>,
}

impl Durable<'_> {
    /// Counts the messages that end in this frame.
    #[must_use]
    pub fn messages(&self) -> usize {
        match self.fragment {
            Some(Fragment { number, count }) if number + 1 == count => {
                let piece = self.records.iter().next();
                usize::from(piece.is_some_and(|piece| piece.is_message()))
            }
            Some(_) => 0,
            None => self.records.iter().filter(Record::is_message).count(),
        }
    }
}

/// The records of a frame, encoded one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records<'d>(&'d [u8]);

/// One thing that a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'d> {
    /// A message, or a piece of one.
    Said(&'d str),
    /// What the author does, said as of somebody else: `acena`.
    Action(&'d str),
    /// The first record of a session.
    Hello(Hello),
    /// A message for one session, sealed by `wire::private`.
    Private {
        /// The session that can open it.
        to: MemberTag,
        /// The sealed text.
        sealed: &'d [u8],
    },
    /// The author leaves, and this is the session's last frame.
    Leaving,
    /// A message of the author says something else from now on, or a piece of what it says.
    Edited {
        /// Which message.
        of: MessageName,
        /// What it says.
        text: &'d str,
    },
    /// A message of the author says nothing from now on.
    Deleted(MessageName),
    /// A message of a guest, who has no key and speaks through the author.
    GuestSaid {
        /// The author's number for the guest.
        guest: u32,
        /// The name that the guest goes by: one that [`Name`] takes as it is.
        name: &'d str,
        /// What the guest says.
        text: &'d str,
    },
    /// The author offers a file, or something like it.
    Offer(OfferRecord<&'d str>),
    /// The author decides who may decide, or who may be heard.
    Role(RoleRecord<&'d str>),
    /// A record of an unknown kind, from a later version.
    Unknown,
}

/// Names a message among those of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageName {
    /// The clock of the frame that it is in, or that its first fragment is in.
    pub clock: u64,
    /// The session of that frame.
    pub session: u64,
    /// The sequence of that frame.
    pub sequence: u32,
    /// Which record of the frame.
    pub index: u8,
}

impl MessageName {
    const BYTES: usize = 8 + 8 + 4 + 1;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            clock: reader.u64()?,
            session: reader.u64()?,
            sequence: reader.u32()?,
            index: reader.u8()?,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u64(self.clock);
        writer.u64(self.session);
        writer.u32(self.sequence);
        writer.u8(self.index);
    }
}

/// What a session announces when it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The person's earlier session that ended without a farewell and that this one replaces.
    pub replaces: Option<u64>,
    /// The key for private messages to this session.
    pub session_key: SessionKey,
    /// What the session is.
    pub role: Role,
    /// Whether what it hears is kept beyond this session.
    pub is_archived: bool,
}

/// What a session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A person's program.
    #[default]
    Person,
    /// A program without a person, which remembers for the others.
    Keeper,
    /// A program that passes frames on to another network.
    Bridge,
    /// Something of a later version.
    Unknown,
}

impl Role {
    const ALL: [Self; 3] = [Self::Person, Self::Keeper, Self::Bridge];

    fn from_byte(byte: u8) -> Self {
        let role = Self::ALL.get(usize::from(byte & !ARCHIVED)).copied();
        role.unwrap_or(Self::Unknown)
    }

    fn byte(self) -> u8 {
        let place = Self::ALL.iter().position(|role| *role == self);
        place.map_or(!ARCHIVED, |place| place as u8) // one of three
    }
}

/// The bit beside the role that says that what a session hears is kept beyond it.
const ARCHIVED: u8 = 0x80;

const SAID: u16 = 0;
const HELLO: u16 = 1;
const LEAVING: u16 = 2;
const PRIVATE: u16 = 3;
const ACTION: u16 = 4;
const EDITED: u16 = 5;
const DELETED: u16 = 6;
const GUEST_SAID: u16 = 7;
const OFFER: u16 = 8;
const ROLE: u16 = 9;

/// Length of a HELLO record, in bytes.
const HELLO_BYTES: u16 = 8 + SESSION_KEY_BYTES as u16 + 1;

impl<'d> Durable<'d> {
    pub(super) fn read(reader: &mut Reader<'d>, flags: u8) -> Option<Self> {
        let fragment = if flags & FLAG_FRAGMENT == 0 {
            None
        } else {
            Some(Fragment::read(reader)?)
        };
        let counts = reader.u8()?;
        let references = reader.list(counts >> 5, REFERENCES_MAX, |reader| {
            Some(Reference {
                member: MemberTag::read(reader)?,
                sequence: reader.u32()?,
                hash: reader.u32()?,
            })
        })?;
        let acks = reader.list(counts & 0x1f, ACKS_MAX, Ack::read)?;
        let records = Records(reader.take(reader.0.len())?);
        let count = records.check()?;
        (fragment.is_none() || count == 1).then_some(Self {
            fragment,
            references,
            acks,
            records,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        if let Some(fragment) = self.fragment {
            writer.u16(fragment.number);
            writer.u16(fragment.count);
        }
        debug_assert!(self.references.len() <= REFERENCES_MAX && self.acks.len() <= ACKS_MAX);
        writer.u8((self.references.len() as u8) << 5 | self.acks.len() as u8);
        for reference in &self.references {
            reference.member.write(writer);
            writer.u32(reference.sequence);
            writer.u32(reference.hash);
        }
        self.acks.iter().for_each(|ack| ack.write(writer));
        writer.bytes(self.records.0);
    }
}

impl<'d> Records<'d> {
    /// Wraps records that [`Record::append`] encoded.
    #[must_use]
    pub fn new(bytes: &'d [u8]) -> Self {
        Self(bytes)
    }

    /// Yields each record in order. A record's position is its index in the frame.
    pub fn iter(self) -> impl Iterator<Item = Record<'d>> {
        let mut reader = Reader(self.0);
        std::iter::from_fn(move || Record::read(&mut reader))
    }

    /// Whether some record changes a message. Reads nothing but the records' heads, because every
    /// frame is asked.
    #[must_use]
    pub fn amends(self) -> bool {
        let mut reader = Reader(self.0);
        while let Some(head) = reader.u16() {
            if matches!(head >> 12, EDITED | DELETED) {
                return true;
            }
            reader.take(usize::from(head & 0xfff));
        }
        false
    }

    /// What the author says that its session is, if it does.
    pub fn hello(self) -> Option<Hello> {
        self.iter().find_map(|record| match record {
            Record::Hello(hello) => Some(hello),
            _ => None,
        })
    }

    /// Counts the records; `None` if one is malformed or they do not fill the bytes exactly.
    fn check(self) -> Option<usize> {
        let mut reader = Reader(self.0);
        let mut count = 0;
        while !reader.is_empty() {
            Record::read(&mut reader)?;
            count += 1;
        }
        (1..=RECORDS_MAX).contains(&count).then_some(count)
    }
}

impl<'d> Record<'d> {
    /// Whether it is a message for everybody.
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(
            self,
            Self::Said(_) | Self::Action(_) | Self::GuestSaid { .. }
        )
    }

    /// Whether it changes a message.
    #[must_use]
    pub fn is_amendment(&self) -> bool {
        matches!(self, Self::Edited { .. } | Self::Deleted(_))
    }

    /// Encodes the record after others.
    pub fn append(&self, records: &mut Vec<u8>) {
        let mut writer = Writer(records);
        match self {
            Self::Said(text) => {
                debug_assert!(text.len() <= RECORD_MAX_BYTES, "longer texts are cut");
                writer.u16(SAID << 12 | text.len() as u16);
                writer.bytes(text.as_bytes());
            }
            Self::Action(text) => {
                debug_assert!(text.len() <= RECORD_MAX_BYTES, "longer texts are cut");
                writer.u16(ACTION << 12 | text.len() as u16);
                writer.bytes(text.as_bytes());
            }
            Self::Hello(hello) => {
                writer.u16(HELLO << 12 | HELLO_BYTES);
                writer.u64(hello.replaces.unwrap_or(0));
                writer.bytes(&hello.session_key.0);
                let archived = if hello.is_archived { ARCHIVED } else { 0 };
                writer.u8(hello.role.byte() | archived);
            }
            Self::Private { to, sealed } => {
                let length = MemberTag::BYTES + sealed.len();
                debug_assert!(length <= RECORD_MAX_BYTES, "longer texts are cut");
                writer.u16(PRIVATE << 12 | length as u16);
                to.write(&mut writer);
                writer.bytes(sealed);
            }
            Self::Leaving => writer.u16(LEAVING << 12),
            Self::Edited { of, text } => {
                let length = MessageName::BYTES + text.len();
                debug_assert!(length <= RECORD_MAX_BYTES, "longer texts are cut");
                writer.u16(EDITED << 12 | length as u16);
                of.write(&mut writer);
                writer.bytes(text.as_bytes());
            }
            Self::Deleted(of) => {
                writer.u16(DELETED << 12 | MessageName::BYTES as u16);
                of.write(&mut writer);
            }
            Self::GuestSaid { guest, name, text } => {
                let length = 4 + 1 + name.len() + text.len();
                debug_assert!(length <= RECORD_MAX_BYTES, "longer texts are refused");
                writer.u16(GUEST_SAID << 12 | length as u16);
                writer.u32(*guest);
                writer.text_8(name);
                writer.bytes(text.as_bytes());
            }
            Self::Offer(offer) => {
                writer.u16(OFFER << 12 | offer.length() as u16);
                offer.write(&mut writer);
            }
            Self::Role(role) => {
                writer.u16(ROLE << 12 | role.length() as u16);
                role.write(&mut writer);
            }
            Self::Unknown => debug_assert!(false, "nobody says what nobody knows"),
        }
    }

    fn read(reader: &mut Reader<'d>) -> Option<Self> {
        let head = reader.u16()?;
        let bytes = reader.take(usize::from(head & 0xfff))?;
        Some(match head >> 12 {
            SAID => Self::Said(std::str::from_utf8(bytes).ok()?),
            HELLO => {
                let mut reader = Reader(bytes);
                let replaces = reader.u64()?;
                let session_key = reader.take(SESSION_KEY_BYTES)?;
                let role = reader.u8()?;
                Self::Hello(Hello {
                    replaces: (replaces != 0).then_some(replaces),
                    session_key: SessionKey(session_key.try_into().ok()?),
                    role: Role::from_byte(role),
                    is_archived: role & ARCHIVED != 0,
                })
            }
            PRIVATE => {
                let mut reader = Reader(bytes);
                let to = MemberTag::read(&mut reader)?;
                Self::Private {
                    to,
                    sealed: reader.0,
                }
            }
            LEAVING => Self::Leaving,
            ACTION => Self::Action(std::str::from_utf8(bytes).ok()?),
            EDITED => {
                let mut reader = Reader(bytes);
                let of = MessageName::read(&mut reader)?;
                let text = std::str::from_utf8(reader.0).ok()?;
                Self::Edited { of, text }
            }
            DELETED => Self::Deleted(MessageName::read(&mut Reader(bytes))?),
            GUEST_SAID => Self::read_guest(Reader(bytes))?,
            OFFER => Self::Offer(OfferRecord::read(&mut Reader(bytes))?),
            ROLE => RoleRecord::read(Reader(bytes))?.map_or(Self::Unknown, Self::Role),
            _ => Self::Unknown,
        })
    }

    fn read_guest(mut reader: Reader<'d>) -> Option<Self> {
        let guest = reader.u32()?;
        let name = reader.text_8(NAME_MAX_BYTES)?;
        // A name has one spelling, so that it is the same guest's everywhere.
        Name::parse(name).ok().filter(|it| it.as_str() == name)?;
        let text = std::str::from_utf8(reader.0).ok()?;
        Some(Self::GuestSaid { guest, name, text })
    }
}
