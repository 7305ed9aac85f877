//! A status: how far its author has the addressee's durable frames. It goes to the addressee alone
//! and is smaller than the frame it answers, so it cannot be used to flood anyone.
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
    /// How far the author has the addressee's frames without a gap.
    pub ack: Ack,
    /// How many datagrams with durable frames the author has received from the addressee in total,
    /// including repeats.
    pub heard: u32,
    /// The newest frame that came directly from the addressee, or 0 if there is none. Together with
    /// `held`, it gives the addressee the round-trip time.
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
