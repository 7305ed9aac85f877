//! What the network does to a datagram between two members: each fault a field with its unit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::protocol::rng::Rng;

/// The faults of a network, alike between all members.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Probability that a copy is lost, each by itself.
    pub loss: f64,
    /// Mean length of a burst of losses, in copies to one receiver; below 1 there are no bursts
    /// and `loss` is independent.
    pub burst: f64,
    /// Shortest time that a copy takes.
    pub delay_min: Duration,
    /// Longest time; each copy takes its own, so that copies overtake each other.
    pub delay_max: Duration,
    /// Probability that a copy arrives twice.
    pub repeat: f64,
    /// Probability that a copy is held up by 50 ms.
    pub holdup: f64,
    /// Probability that a byte of a copy is changed.
    pub damage: f64,
    /// Longest datagram that passes, in bytes of UDP payload.
    pub mtu_bytes: usize,
    /// After this time without a join, a switch no longer forwards the group to a member.
    pub forgets_after: Duration,
}

/// How long a copy is held up.
const HOLDUP: Duration = Duration::from_millis(50);

impl Faults {
    /// A local network without faults.
    pub const NONE: Self = Self {
        loss: 0.0,
        burst: 0.0,
        delay_min: Duration::from_micros(100),
        delay_max: Duration::from_micros(300),
        repeat: 0.0,
        holdup: 0.0,
        damage: 0.0,
        mtu_bytes: 1472,
        forgets_after: Duration::MAX,
    };

    /// The same with some loss.
    #[must_use]
    pub fn losing(loss: f64) -> Self {
        Self { loss, ..Self::NONE }
    }

    /// The same with the losses in bursts of this mean length.
    #[must_use]
    pub fn losing_in_bursts(loss: f64, burst: f64) -> Self {
        Self {
            loss,
            burst,
            ..Self::NONE
        }
    }
}

/// The network between the members.
pub struct Air {
    faults: Faults,
    /// Whether what the first sends never reaches the second.
    is_deaf: Box<dyn Fn(usize, usize) -> bool>,
    /// Receivers with a loss of their own, instead of everybody's.
    own_loss: BTreeMap<usize, f64>,
    /// Receivers in a burst of losses.
    bad: BTreeMap<usize, bool>,
    /// When each receiver last joined the group.
    joined_at: BTreeMap<usize, Duration>,
}

impl Air {
    pub(super) fn new(faults: Faults) -> Self {
        Self {
            faults,
            is_deaf: Box::new(|_, _| false),
            own_loss: BTreeMap::new(),
            bad: BTreeMap::new(),
            joined_at: BTreeMap::new(),
        }
    }

    pub(super) fn set(&mut self, faults: Faults) {
        self.faults = faults;
    }

    pub(super) fn set_loss(&mut self, to: usize, loss: f64) {
        self.own_loss.insert(to, loss);
    }

    pub(super) fn mtu_bytes(&self) -> usize {
        self.faults.mtu_bytes
    }

    pub(super) fn deafen(&mut self, is_deaf: Box<dyn Fn(usize, usize) -> bool>) {
        self.is_deaf = is_deaf;
    }

    pub(super) fn join(&mut self, number: usize, now: Duration) {
        self.joined_at.insert(number, now);
    }

    /// Whether the switch passes the group's copies to a receiver.
    pub(super) fn remembers(&self, number: usize, now: Duration) -> bool {
        let joined_at = self.joined_at.get(&number).copied().unwrap_or_default();
        now.saturating_sub(joined_at) < self.faults.forgets_after
    }

    /// The copies that arrive, each after its delay.
    pub(super) fn carry(
        &mut self,
        from: usize,
        to: usize,
        bytes: &Arc<[u8]>,
        rng: &mut Rng,
    ) -> Vec<(Duration, Arc<[u8]>)> {
        let faults = self.faults;
        if from == to {
            // The host's own copy does not leave it.
            return vec![(faults.delay_min, bytes.clone())];
        }
        let is_too_long = bytes.len() > faults.mtu_bytes;
        if is_too_long || (self.is_deaf)(from, to) || self.loses(to, rng) {
            return Vec::new();
        }
        let copies = 1 + usize::from(rng.happens(faults.repeat));
        let copy = |_| {
            let mut delay = rng.between(faults.delay_min, faults.delay_max);
            if rng.happens(faults.holdup) {
                delay += HOLDUP;
            }
            let is_damaged = rng.happens(faults.damage);
            (
                delay,
                if is_damaged {
                    damage(bytes, rng)
                } else {
                    bytes.clone()
                },
            )
        };
        (0..copies).map(copy).collect()
    }

    /// Whether the next copy to a receiver is lost: by itself, or by a chain of two states whose
    /// bad one loses everything (Gilbert 1960).
    fn loses(&mut self, to: usize, rng: &mut Rng) -> bool {
        let Faults { loss, burst, .. } = self.faults;
        if let Some(loss) = self.own_loss.get(&to) {
            return rng.happens(*loss);
        }
        if burst < 1.0 {
            return rng.happens(loss);
        }
        let bad = self.bad.entry(to).or_default();
        let leave_bad = 1.0 / burst;
        let enter_bad = leave_bad * loss / (1.0 - loss);
        *bad = match *bad {
            true => !rng.happens(leave_bad),
            false => rng.happens(enter_bad),
        };
        *bad
    }
}

fn damage(bytes: &Arc<[u8]>, rng: &mut Rng) -> Arc<[u8]> {
    let mut bytes = bytes.to_vec();
    let at = rng.below(bytes.len() as u64) as usize;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << rng.below(8);
    }
    bytes.into()
}
