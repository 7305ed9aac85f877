//! Tells the copies of one datagram that came in by several interfaces of one network from
//! datagrams that are equal. A machine with two network cards on one LAN receives everything twice.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How far apart two copies of one datagram arrive at most. An access point keeps multicast back
/// for the stations that sleep, usually for 100 to 300 ms.
const COPY_WINDOW: Duration = Duration::from_secs(1);

/// Most datagrams remembered. Beyond it the oldest are forgotten, and a copy of one is shown again.
const DATAGRAMS_MAX: usize = 4096;

/// A datagram from one source, as a digest that no stranger can foresee.
type Digest = u64;

/// Equal datagrams of one source that were received lately, numbered in order of arrival.
#[derive(Debug, Default)]
struct Equal {
    /// How many there were.
    total: u64,
    /// How many of them are forgotten: the oldest.
    forgotten: u64,
    /// How many of them each interface has brought: always the first ones.
    brought: Vec<(u32, u64)>,
}

impl Equal {
    /// Notes one more on an interface. Returns another interface that has brought it, if it is a
    /// copy.
    fn count(&mut self, interface: u32) -> Option<u32> {
        let is_it = |(index, _): &(u32, u64)| *index == interface;
        let at = self.brought.iter().position(is_it);
        let before = at
            .and_then(|at| self.brought.get(at))
            .map_or(0, |one| one.1);
        let number = before.max(self.forgotten) + 1;
        let other = self.brought.iter().find(|(_, count)| *count >= number);
        let other = other.map(|(index, _)| *index);
        match at.and_then(|at| self.brought.get_mut(at)) {
            Some((_, count)) => *count = number,
            None => self.brought.push((interface, number)),
        }
        self.total = self.total.max(number);
        other
    }
}

/// The datagrams that were received lately, and on which interfaces.
///
/// The n-th equal datagram on one interface is the n-th on the others: two that are equal and came
/// in by one interface are two.
#[derive(Debug, Default)]
pub(super) struct Copies {
    digests: RandomState,
    equal: BTreeMap<Digest, Equal>,
    /// One entry for each datagram that is no copy, and when it came in.
    order: VecDeque<(Duration, Digest)>,
}

impl Copies {
    /// Notes a datagram. Returns the interface on which it came in before, if it is a copy.
    pub(super) fn is_copy(
        &mut self,
        now: Duration,
        source: SocketAddr,
        interface: u32,
        datagram: &[u8],
    ) -> Option<u32> {
        self.forget(now);
        let digest = self.digest(source, datagram);
        let first = self.equal.entry(digest).or_default().count(interface);
        if first.is_none() {
            self.order.push_back((now, digest));
        }
        first
    }

    fn forget(&mut self, now: Duration) {
        let is_old = |(at, _): &(Duration, Digest)| now >= *at + COPY_WINDOW;
        while self.order.len() >= DATAGRAMS_MAX || self.order.front().is_some_and(is_old) {
            let Some((_, digest)) = self.order.pop_front() else {
                return;
            };
            if let Some(equal) = self.equal.get_mut(&digest) {
                equal.forgotten += 1;
                if equal.forgotten >= equal.total {
                    self.equal.remove(&digest);
                }
            }
        }
    }

    /// The scope of a link-local source is left out: it names the interface of arrival.
    fn digest(&self, source: SocketAddr, datagram: &[u8]) -> Digest {
        let mut hasher = self.digests.build_hasher();
        match source.ip() {
            IpAddr::V4(address) => hasher.write(&address.octets()),
            IpAddr::V6(address) => hasher.write(&address.octets()),
        }
        hasher.write_u16(source.port());
        hasher.write(datagram);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> SocketAddr {
        ([10, 77, 0, 2], 40_000).into()
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_nth_equal_datagram_on_one_interface_is_the_nth_on_the_other() {
        for order in [[1, 1, 2, 2], [1, 2, 1, 2], [1, 2, 2, 1], [2, 1, 1, 2]] {
            let mut copies = Copies::default();
            let mut hear = |interface: u32| copies.is_copy(at(0), source(), interface, b"oi");
            let lines = order.iter().filter(|on| hear(**on).is_none()).count();
            assert_eq!(lines, 2, "{order:?}");
        }
    }

    #[test]
    fn two_equal_datagrams_on_one_interface_are_two() {
        let mut copies = Copies::default();
        for _ in 0..3 {
            assert_eq!(copies.is_copy(at(0), source(), 1, b"oi"), None);
        }
    }

    #[test]
    fn a_copy_that_one_interface_lost_hides_no_later_datagram() {
        let mut copies = Copies::default();
        // The second of three equal datagrams is lost on interface 1.
        let heard = [(1, 0), (2, 0), (2, 10), (1, 20), (2, 20)];
        let lines = heard
            .iter()
            .filter(|(on, ms)| copies.is_copy(at(*ms), source(), *on, b"oi").is_none());
        assert_eq!(lines.count(), 3);
    }

    #[test]
    fn another_source_another_text_and_another_second_are_no_copy() {
        let mut copies = Copies::default();
        assert_eq!(copies.is_copy(at(0), source(), 1, b"oi"), None);
        assert_eq!(copies.is_copy(at(0), source(), 2, b"oi!"), None);
        let other = ([10, 77, 0, 3], 40_000).into();
        assert_eq!(copies.is_copy(at(0), other, 2, b"oi"), None);
        assert_eq!(copies.is_copy(at(1000), source(), 2, b"oi"), None);
        assert_eq!(copies.is_copy(at(1001), source(), 1, b"oi"), Some(2));
    }

    #[test]
    fn a_flood_is_forgotten() {
        let mut copies = Copies::default();
        for number in 0..20_000_u32 {
            copies.is_copy(at(0), source(), 1, &number.to_be_bytes());
        }
        assert!(copies.order.len() <= DATAGRAMS_MAX);
        assert!(copies.equal.len() <= DATAGRAMS_MAX);
    }
}
