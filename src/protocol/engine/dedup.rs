//! Datagrams that were heard and sent lately, so that a duplicate costs no cryptography: by another
//! interface, as a repair, as our own looped back by the network, or as a recording. What a
//! duplicate repair means is known without opening it.
//!
//! A datagram is recognised by its type and parts of its nonce and tag. The nonce alone would not
//! do: a member could seal something else under a nonce that it has just seen, and a receiver that
//! hears that first would take the frame itself for a duplicate.

use super::config::RECENT_MAX;
use super::roster::Id;
use crate::protocol::wire::cipher::NONCE_BYTES;
use crate::protocol::wire::frame::{HEADER_BYTES, first_8};

/// Identifies a datagram: 8 bytes of its nonce, 7 of its tag, and its type.
pub(super) type DatagramKey = (u64, u64);

/// Datagrams of one set. Whoever chooses nonces can fill a set and have its others forgotten, which
/// costs us their opening and no more.
const SET_MAX: usize = 8;

/// Sets, between which the nonce chooses.
const SETS: usize = RECENT_MAX / SET_MAX;

/// About [`RECENT_MAX`] datagrams that were opened or made lately: in each of many small sets the
/// newest, as in a processor's cache. An ordered map took three times as long for each datagram.
#[derive(Debug, Default)]
pub struct RecentDatagrams {
    /// The newest first; none until there is a datagram.
    sets: Vec<[Option<Recent>; SET_MAX]>,
    repeats: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Recent {
    key: DatagramKey,
    known: KnownDatagram,
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
    /// Remembers a datagram, and forgets the oldest of its set for it.
    pub fn insert(&mut self, datagram: &[u8], known: KnownDatagram) {
        let Some(key) = key_of(datagram) else {
            return;
        };
        if self.sets.is_empty() {
            self.sets = vec![[None; SET_MAX]; SETS];
        }
        let Some(set) = self.sets.get_mut(set_of(key)) else {
            return;
        };
        let is_it = |recent: &Option<Recent>| recent.is_some_and(|recent| recent.key == key);
        let last = set.iter().position(is_it).unwrap_or(SET_MAX - 1);
        if let Some(newer) = set.get_mut(..=last) {
            newer.rotate_right(1);
        }
        if let Some(first) = set.first_mut() {
            *first = Some(Recent { key, known });
        }
    }

    /// What a datagram holds, if it is remembered.
    #[must_use]
    pub fn get(&self, datagram: &[u8]) -> Option<KnownDatagram> {
        let key = key_of(datagram)?;
        let set = self.sets.get(set_of(key))?;
        let found = set.iter().flatten().find(|recent| recent.key == key)?;
        Some(found.known)
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

/// The number of the set that a datagram belongs to. The first bytes of a nonce are the room's.
fn set_of((nonce, _): DatagramKey) -> usize {
    nonce as usize % SETS
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

    fn numbered(number: u32) -> Vec<u8> {
        let mut datagram = datagram(1, 0, 0);
        // As the hash of a nonce does, the number's digits vary everywhere.
        let nonce = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        datagram[HEADER_BYTES - NONCE_BYTES..][..8].copy_from_slice(&nonce.to_be_bytes());
        datagram
    }

    #[test]
    fn about_the_last_4096_datagrams_are_known_and_no_more() {
        let mut recent = RecentDatagrams::default();
        let known = KnownDatagram {
            id: ME,
            durable: Some((1, 0)),
        };
        for number in 0..10_000 {
            recent.insert(&numbered(number), known);
            recent.insert(&numbered(number), known);
        }
        let is_known = |number: &u32| recent.get(&numbered(*number)) == Some(known);
        assert!(
            (9000..10_000).filter(is_known).count() > 990,
            "the last thousand"
        );
        assert_eq!((0..10_000).filter(is_known).count(), RECENT_MAX);
    }

    #[test]
    fn who_fills_a_set_has_only_its_datagrams_forgotten() {
        let mut recent = RecentDatagrams::default();
        let known = KnownDatagram {
            id: ME,
            durable: None,
        };
        for number in 0..64 {
            recent.insert(&numbered(number), known);
        }
        let before = (0..64).filter(|number| recent.get(&numbered(*number)).is_some());
        assert_eq!(before.count(), 64);
        for tag in 0..=255 {
            recent.insert(&datagram(1, 7, tag), known); // one nonce, many tags
        }
        let after = (0..64).filter(|number| recent.get(&numbered(*number)).is_some());
        assert!(after.count() > 64 - SET_MAX);
        assert!(recent.get(&datagram(1, 7, 255)).is_some());
        assert!(recent.get(&datagram(1, 7, 0)).is_none());
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
