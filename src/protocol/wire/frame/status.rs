//! A status: what its author has of the addressee's durable frames. It goes to the addressee alone
//! and is smaller than what it answers, so that it cannot be used to flood somebody else.
//!
//! ```text
//! acknowledgement 16 | heard 4 | echo: sequence 4 | held 4 (microseconds)
//! ```

use std::time::Duration;

use super::ack::Ack;
use super::bytes::{Reader, Writer};

/// The body of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The addressee, and how far the author has all of its frames.
    pub ack: Ack,
    /// How many datagrams with durable frames of the addressee's the author has heard from it in
    /// all, repeats included.
    pub heard: u32,
    /// The addressee's newest frame that came at first hand, and how long ago: from these, the
    /// addressee knows the round trip. Sequence 0 if there is none.
    pub echo: u32,
    /// How long the author has held that frame, in whole microseconds.
    pub held: Duration,
}

impl Status {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            ack: Ack::read(reader)?,
            heard: reader.u32()?,
            echo: reader.u32()?,
            held: Duration::from_micros(reader.u32()?.into()),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        self.ack.write(writer);
        writer.u32(self.heard);
        writer.u32(self.echo);
        writer.u32(u32::try_from(self.held.as_micros()).unwrap_or(u32::MAX));
    }
}
