//! Which interfaces of this machine lead to one network, such as two network cards on one LAN.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::interfaces::Interface;

/// How long two interfaces are taken for ways to one network after that was seen last. A cable that
/// is moved to another switch counts at once if the address changes, and otherwise after this.
const MEETING_HOLDS: Duration = Duration::from_secs(60);

/// How often frames leave by IPv6 too where there are several interfaces: a frame of our own that
/// comes in by another interface shows that both lead to one network. By IPv4, Linux drops a
/// datagram that has an address of its own as its source.
const PROBE_INTERVAL: Duration = Duration::from_secs(15);

/// Datagrams of our own that are remembered, to recognise them.
const SENT_MAX: usize = 256;

/// The end of a datagram, where a frame has its tag, which nobody can foresee.
type Tail = [u8; TAIL_BYTES];

/// Bytes of a datagram that identify it.
pub(super) const TAIL_BYTES: usize = 8;

/// Shows that two interfaces lead to one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// A datagram came in by both.
    Copy {
        /// The index of one.
        first: u32,
        /// The index of the other.
        second: u32,
    },
    /// A datagram from this member's own port came in.
    Own {
        /// Where it came from.
        source: SocketAddr,
        /// The index of the interface by which it came in.
        interface: u32,
        /// Its last bytes.
        tail: Tail,
    },
}

/// The last bytes of a datagram.
pub(super) fn tail(datagram: &[u8]) -> Option<Tail> {
    datagram.last_chunk().copied()
}

/// The pairs of interfaces that lead to one network.
#[derive(Debug, Default)]
pub(super) struct Networks {
    met: BTreeMap<(u32, u32), Instant>,
    sent: VecDeque<Tail>,
    probed_at: Option<Instant>,
}

impl Networks {
    /// Whether the next frames are to leave by IPv6 too.
    pub(super) fn is_probe_due(&mut self, now: Instant) -> bool {
        let is_due = |at: Instant| now.saturating_duration_since(at) >= PROBE_INTERVAL;
        let is_due = self.probed_at.is_none_or(is_due);
        if is_due {
            self.probed_at = Some(now);
        }
        is_due
    }

    /// Remembers what this member sends to its group.
    pub(super) fn send(&mut self, datagrams: &[&[u8]]) {
        for tail in datagrams.iter().filter_map(|datagram| tail(datagram)) {
            if self.sent.len() >= SENT_MAX {
                self.sent.pop_front();
            }
            self.sent.push_back(tail);
        }
    }

    /// Takes in that two of these interfaces met.
    pub(super) fn meet(&mut self, now: Instant, meeting: &Meeting, interfaces: &[Interface]) {
        let (first, second) = match meeting {
            Meeting::Copy { first, second } => (*first, *second),
            Meeting::Own {
                source,
                interface,
                tail,
            } => {
                let left_by = interfaces.iter().find(|i| i.has(source.ip()));
                let Some(left_by) = left_by.filter(|_| self.sent.contains(tail)) else {
                    return;
                };
                // An address may be on both; then it does not say by which the datagram left.
                let arrived = interfaces.iter().find(|i| i.index == *interface);
                if arrived.is_some_and(|arrived| arrived.has(source.ip())) {
                    return;
                }
                (left_by.index, *interface)
            }
        };
        let is_known = |index: u32| interfaces.iter().any(|i| i.index == index);
        if first != second && is_known(first) && is_known(second) {
            self.met.insert(pair(first, second), now);
        }
    }

    /// Forgets an interface that is gone, or has other addresses.
    pub(super) fn forget(&mut self, index: u32) {
        self.met
            .retain(|(one, other), _| *one != index && *other != index);
    }

    /// Whether two interfaces lead to one network.
    pub(super) fn is_one(&self, now: Instant, one: &Interface, other: &Interface) -> bool {
        let met = self.met.get(&pair(one.index, other.index));
        met.is_some_and(|at| now.saturating_duration_since(*at) < MEETING_HOLDS)
    }
}

fn pair(one: u32, other: u32) -> (u32, u32) {
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn interface(index: u32) -> Interface {
        Interface {
            name: format!("eth{index}"),
            index,
            addresses: vec![[10, 77, 0, index as u8].into()],
            netmasks: vec![[255, 255, 255, 0].into()],
            addresses_v6: vec![],
            link_local_v6: vec![],
            is_ready: true,
            can_multicast: true,
            is_loopback: false,
            is_point_to_point: false,
        }
    }

    fn own(host: u8, interface: u32, frame: &[u8]) -> Meeting {
        Meeting::Own {
            source: ([10, 77, 0, host], 40_000).into(),
            interface,
            tail: tail(frame).unwrap(),
        }
    }

    #[test]
    fn a_copy_and_an_own_frame_on_the_other_interface_show_one_network_for_a_minute() {
        let (one, other) = (interface(1), interface(2));
        let all = [one.clone(), other.clone()];
        let start = clock::monotonic();
        let copy = Meeting::Copy {
            first: 2,
            second: 1,
        };
        for meeting in [copy, own(1, 2, b"a frame.")] {
            let mut networks = Networks::default();
            networks.send(&[b"a frame."]);
            assert!(!networks.is_one(start, &one, &other));
            networks.meet(start, &meeting, &all);
            let later = |seconds| start + Duration::from_secs(seconds);
            assert!(networks.is_one(later(59), &other, &one));
            assert!(!networks.is_one(later(60), &one, &other));
            networks.forget(2);
            assert!(!networks.is_one(start, &one, &other));
        }
    }

    #[test]
    fn what_shows_nothing_is_not_believed() {
        let (one, other) = (interface(1), interface(2));
        let all = [one.clone(), other.clone()];
        let now = clock::monotonic();
        let mut networks = Networks::default();
        networks.send(&[b"a frame."]);
        let unknown = Meeting::Copy {
            first: 1,
            second: 3,
        };
        for meeting in [
            own(1, 2, b"a forged one"),
            own(1, 1, b"a frame."), // looped back by this machine
            own(9, 2, b"a frame."), // from another machine
            unknown,
        ] {
            networks.meet(now, &meeting, &all);
            assert!(!networks.is_one(now, &one, &other), "{meeting:?}");
        }
    }

    #[test]
    fn own_frames_are_remembered_within_a_bound_and_probes_are_rare() {
        let mut networks = Networks::default();
        for number in 0..10_000_u64 {
            networks.send(&[&number.to_be_bytes()]);
        }
        assert_eq!(networks.sent.len(), SENT_MAX);
        let start = clock::monotonic();
        let probes = (0..60).filter(|s| networks.is_probe_due(start + Duration::from_secs(*s)));
        assert_eq!(probes.count(), 4);
    }
}
