//! The voice of a guest, which this member sends for one who has no key: how much of it, and under
//! whose name. A guest's page is a stranger's program: what is more than one voice is dropped.

use std::time::Duration;

use super::frame::{Captured, Played, Source};
use crate::protocol::engine::event::GuestName;
use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::compact::StreamId;
use crate::protocol::wire::frame::call::CalledGuest;

/// Moments of sound in a second, and at once: a browser makes 50, and the network brings some late.
const MOMENTS: (f64, f64) = (60.0, 50.0);

/// Bytes in a second, and at once: a voice has 4,000.
const BYTES: (f64, f64) = (10_000.0, 10_000.0);

/// See the file's head.
#[derive(Debug)]
pub(super) struct GuestVoice {
    pub(super) name: GuestName,
    /// Whether it was told to this member's faces that the guest is heard.
    pub(super) is_told: bool,
    moments: TokenBucket,
    bytes: TokenBucket,
}

impl GuestVoice {
    pub(super) fn new(name: GuestName, now: Duration) -> Self {
        Self {
            name,
            is_told: false,
            moments: TokenBucket::new(MOMENTS.0, MOMENTS.1, now),
            bytes: TokenBucket::new(BYTES.0, BYTES.1, now),
        }
    }

    /// Whether a moment of so many bytes may be sent.
    pub(super) fn may_send(&mut self, now: Duration, bytes: usize) -> bool {
        self.moments.try_spend(1.0, now) && self.bytes.try_spend(bytes as f64, now)
    }

    /// A moment, as this member's own pages and its other guests play it: no other way leads to
    /// them. `None` before they know of the guest.
    pub(super) fn played(&self, stream: StreamId, captured: &Captured) -> Option<Played> {
        self.is_told.then(|| Played {
            stream,
            source: Source::Sound,
            codec: captured.codec,
            is_key: true,
            rtp_time: captured.rtp_time,
            lost_before: 0,
            bytes: captured.bytes.clone(),
        })
    }

    /// As a call names the guest.
    pub(super) fn called(&self) -> CalledGuest {
        CalledGuest {
            number: self.name.number,
            name: self.name.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::Name;

    #[test]
    fn a_page_that_sends_without_end_sends_one_voice() {
        let name = Name::parse("rui").unwrap();
        let guest = GuestName { number: 1, name };
        for (bytes, most) in [(10, 10 * 60 + 50), (500, 220)] {
            let mut voice = GuestVoice::new(guest.clone(), Duration::ZERO);
            let sent = (0..10_000)
                .map(Duration::from_millis)
                .filter(|now| voice.may_send(*now, bytes))
                .count();
            assert!((most * 9 / 10..=most).contains(&sent), "{bytes}: {sent}");
        }
    }
}
