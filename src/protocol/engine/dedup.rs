//! Datagrams that were heard and sent lately, so that a duplicate costs no cryptography: by another
//! interface, as a repair, as our own looped back by the network, or as a recording. What a
//! duplicate repair means is known without opening it.
//!
//! A datagram is recognised by its type and parts of its nonce and tag. The nonce alone would not
//! do: a member could seal something else under a nonce that it has just seen, and a receiver that
//! hears that first would take the frame itself for a duplicate.

use std::collections::{BTreeMap, VecDeque};

use super::config::RECENT_MAX;
use super::roster::Id;
use crate::protocol::wire::cipher::NONCE_BYTES;
use crate::protocol::wire::frame::{HEADER_BYTES, first_8};

/// Identifies a datagram: 8 bytes of its nonce, 7 of its tag, and its type.
pub(super) type DatagramKey = (u64, u64);

/// Datagrams that were opened or made lately, at most [`RECENT_MAX`].
#[derive(Debug, Default)]
pub struct RecentDatagrams {
    known: BTreeMap<DatagramKey, KnownDatagram>,
    order: VecDeque<DatagramKey>,
    repeats: u64,
}

/// What a datagram holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownDatagram {
    /// Its author.
    pub id: Id,
    /// Its sequence and flags, if it is a durable frame.
    pub durable: Option<(u32, u8)>,
}

impl RecentDatagrams {
    /// Remembers a datagram, and forgets the oldest for it.
    pub fn insert(&mut self, datagram: &[u8], known: KnownDatagram) {
        let Some(key) = key_of(datagram) else {
            return;
        };
        if self.known.insert(key, known).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// What a datagram holds, if it is remembered.
    #[must_use]
    pub fn get(&self, datagram: &[u8]) -> Option<KnownDatagram> {
        self.known.get(&key_of(datagram)?).copied()
    }

    /// Counts one that was heard again.
    pub(super) fn count_repeat(&mut self) {
        self.repeats += 1;
    }

    /// How often a datagram was heard again.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.repeats
    }
}

/// Identifies a datagram; `None` if it is too short for one.
pub(super) fn key_of(datagram: &[u8]) -> Option<DatagramKey> {
    let (header, rest) = datagram.split_first_chunk::<HEADER_BYTES>()?;
    let nonce = header.last_chunk::<NONCE_BYTES>()?;
    let tag = rest.last_chunk::<8>()?;
    let kind = *header.get(3)?;
    Some((first_8(nonce), first_8(tag) & !0xff | u64::from(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::engine::roster::ME;

    fn datagram(kind: u8, nonce: u8, tag: u8) -> Vec<u8> {
        let mut datagram = vec![0; HEADER_BYTES + 100];
        datagram[3] = kind;
        datagram[HEADER_BYTES - NONCE_BYTES..HEADER_BYTES].fill(nonce);
        datagram[HEADER_BYTES + 84..].fill(tag);
        datagram
    }

    #[test]
    fn the_last_4096_datagrams_are_known_and_no_more() {
        let mut recent = RecentDatagrams::default();
        let known = KnownDatagram {
            id: ME,
            durable: Some((1, 0)),
        };
        let numbered = |number: u32| {
            let mut datagram = datagram(1, 0, 0);
            datagram[20..24].copy_from_slice(&number.to_be_bytes());
            datagram
        };
        for number in 0..10_000 {
            recent.insert(&numbered(number), known);
            recent.insert(&numbered(number), known);
        }
        let is_known = |number| recent.get(&numbered(number)) == Some(known);
        assert!((10_000 - 4096..10_000).all(is_known));
        assert!(!(0..10_000 - 4096).any(is_known));
        assert_eq!(recent.known.len(), RECENT_MAX);
    }

    #[test]
    fn the_nonce_of_a_frame_under_something_else_hides_no_frame() {
        let mut recent = RecentDatagrams::default();
        let known = KnownDatagram {
            id: ME,
            durable: None,
        };
        recent.insert(&datagram(3, 1, 1), known);
        assert_eq!(recent.get(&datagram(1, 1, 1)), None, "another type");
        assert_eq!(recent.get(&datagram(3, 1, 2)), None, "another tag");
        assert_eq!(recent.get(&datagram(3, 2, 1)), None, "another nonce");
        assert_eq!(recent.get(b"short"), None);
    }
}
