//! What a bridge states about the site that it stands for, for the people at the other sites: how
//! many are there, and whose frames all of them have. It is the bridge's word, signed by it, and
//! proves nothing about those people. Its length does not grow with the site.
//!
//! ```text
//! people 2 | count of acknowledgements 1
//! acknowledgement: short id 8 | session 4 | through 4              at most 16
//! ```

use super::ack::{ACKS_MAX, Ack};
use super::bytes::{Reader, Writer};

/// The body of a statement about a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// How many people are there; 65,535 stands for more, too.
    pub people: u16,
    /// How far all of them have the frames of people at other sites.
    pub acks: Vec<Ack>,
}

impl Site {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let people = reader.u16()?;
        let count = reader.u8()?;
        Some(Self {
            people,
            acks: reader.list(count, ACKS_MAX, Ack::read)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.people);
        debug_assert!(self.acks.len() <= ACKS_MAX);
        writer.u8(self.acks.len() as u8);
        self.acks.iter().for_each(|ack| ack.write(writer));
    }
}
