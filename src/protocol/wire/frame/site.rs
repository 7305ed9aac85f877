//! What a bridge states about the site that it stands for, for the people at the other sites: how
//! many are there, who spoke lately, and whose frames all of them have. It is the bridge's word,
//! signed by it, and proves nothing about those people. Its length does not grow with the site.
//!
//! ```text
//! people 2 | flags 1 (bit 0: this bridge sends for the site) | length 1, name
//! count of acknowledgements 1 | short id 8 | session 4 | through 4   at most 16
//! count of statements heard 1 | short id 8 | session 4 | sequence 4  at most 16
//! count of speakers 1         | short id 8 | session 4               at most 16
//! ```
//!
//! The statements heard are those of other bridges. Whoever finds a recent one of its own bridge
//! among them knows that this statement was made after it, whatever the clocks show.

use super::ack::{ACKS_MAX, Ack};
use super::bytes::{Reader, Writer};
use crate::protocol::message::{NAME_MAX_BYTES, Name};
use crate::protocol::wire::ids::MemberTag;

/// Most speakers in one statement.
pub const SPEAKERS_MAX: usize = 16;

/// The flag of a bridge that sends for its site.
const SENDS: u8 = 1;

/// The body of a statement about a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// How many people are there; 65,535 stands for more, too.
    pub people: u16,
    /// Whether this bridge is the one that sends for its site.
    pub is_sending: bool,
    /// What the site is called; the bridge's name stands for it where there is none.
    pub name: Option<Name>,
    /// How far all of them have the frames of people at other sites.
    pub acks: Vec<Ack>,
    /// The newest statement that was heard of each other bridge.
    pub heard: Vec<Ack>,
    /// Some of those who spoke there lately.
    pub speakers: Vec<MemberTag>,
}

impl Site {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let people = reader.u16()?;
        let flags = reader.u8()?;
        let name = match reader.text_8(NAME_MAX_BYTES)? {
            "" => None,
            name => Some(Name::parse(name).ok().filter(|it| it.as_str() == name)?),
        };
        let count = reader.u8()?;
        let acks = reader.list(count, ACKS_MAX, Ack::read)?;
        let count = reader.u8()?;
        let heard = reader.list(count, ACKS_MAX, Ack::read)?;
        let count = reader.u8()?;
        Some(Self {
            people,
            is_sending: flags & SENDS != 0,
            name,
            acks,
            heard,
            speakers: reader.list(count, SPEAKERS_MAX, MemberTag::read)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.people);
        writer.u8(if self.is_sending { SENDS } else { 0 });
        writer.text_8(self.name.as_ref().map_or("", Name::as_str));
        debug_assert!(self.acks.len() <= ACKS_MAX && self.heard.len() <= ACKS_MAX);
        for acks in [&self.acks, &self.heard] {
            writer.count(acks.len());
            acks.iter().for_each(|ack| ack.write(writer));
        }
        debug_assert!(self.speakers.len() <= SPEAKERS_MAX);
        writer.count(self.speakers.len());
        self.speakers.iter().for_each(|tag| tag.write(writer));
    }
}
