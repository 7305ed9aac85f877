//! NACKs that were taken lately, so that each is taken once.
//!
//! A NACK is not signed (`wire/seal/mod.rs`), so its sequence number may move no window: a member
//! could close it for another one. A stranger in a keyed room can only send again what it recorded,
//! the same bytes; that is recognised here for as long as the NACK's clock is not yet too old.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::config::{HEARD_NACKS_MAX, STALE_AFTER};
use super::dedup::{DatagramKey, key_of};

/// How long a NACK is remembered: longer than its clock is taken for current, also by a member
/// that knows its author's clock to some seconds only.
const REMEMBERED: Duration = STALE_AFTER.saturating_mul(3);

/// NACKs that were taken lately, at most [`HEARD_NACKS_MAX`].
#[derive(Debug, Default)]
pub(super) struct HeardNacks {
    known: BTreeSet<DatagramKey>,
    order: VecDeque<(Duration, DatagramKey)>,
}

impl HeardNacks {
    /// Notes a NACK; whether it was not taken before.
    pub(super) fn take(&mut self, datagram: &[u8], now: Duration) -> bool {
        let Some(key) = key_of(datagram) else {
            return false;
        };
        if !self.known.insert(key) {
            return false;
        }
        self.order.push_back((now, key));
        while let Some((taken, oldest)) = self.order.front().copied()
            && (now > taken + REMEMBERED || self.order.len() > HEARD_NACKS_MAX)
        {
            self.order.pop_front();
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::frame::HEADER_BYTES;

    fn nack(number: u32) -> Vec<u8> {
        let mut datagram = vec![0; HEADER_BYTES + 100];
        datagram[20..24].copy_from_slice(&number.to_be_bytes());
        datagram
    }

    #[test]
    fn each_is_taken_once_and_memory_stays_bounded() {
        let mut heard = HeardNacks::default();
        let now = Duration::from_secs(1);
        for number in 0..10_000 {
            assert!(heard.take(&nack(number), now));
            assert!(!heard.take(&nack(number), now));
        }
        assert_eq!(heard.known.len(), HEARD_NACKS_MAX);
        assert!(heard.take(&nack(10_000), now + 2 * REMEMBERED));
        assert_eq!(heard.known.len(), 1);
        assert!(!heard.take(b"short", now));
    }
}
