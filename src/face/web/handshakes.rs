//! How many handshakes of TLS are computed: each costs as much as a hundred requests, so that one
//! address has few of them, and all together leave the thread time for those who are here.

use std::cell::RefCell;
use std::net::IpAddr;

use crate::clock::Clock;
use crate::protocol::engine::host_budgets::HostBudgets;
use crate::protocol::rate::TokenBucket;

/// Handshakes of one address in a second, and at once: a browser opens six connections, and a class
/// may share an address.
const OF_ONE: (f64, f64) = (4.0, 60.0);

/// The same of all addresses: at 0.2 ms each, a twentieth of a core.
const OF_ALL: (f64, f64) = (200.0, 400.0);

/// See the file's head.
#[derive(Debug)]
pub(super) struct Handshakes {
    clock: Clock,
    budgets: RefCell<Budgets>,
}

#[derive(Debug)]
struct Budgets {
    by_address: HostBudgets,
    all: TokenBucket,
}

impl Default for Handshakes {
    fn default() -> Self {
        let clock = Clock::start();
        let budgets = Budgets {
            by_address: HostBudgets::new(OF_ONE.0, OF_ONE.1),
            all: TokenBucket::new(OF_ALL.0, OF_ALL.1, clock.now().time),
        };
        Self {
            clock,
            budgets: RefCell::new(budgets),
        }
    }
}

impl Handshakes {
    /// Whether one with an address may begin now.
    pub(super) fn may_begin(&self, address: IpAddr) -> bool {
        let now = self.clock.now().time;
        let budgets = &mut *self.budgets.borrow_mut();
        budgets.by_address.may_spend(address, 1.0, now) && budgets.all.try_spend(1.0, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_that_begins_without_end_leaves_others_their_own() {
        let handshakes = Handshakes::default();
        let flood = IpAddr::from([10, 0, 0, 66]);
        let begun = (0..10_000).filter(|_| handshakes.may_begin(flood)).count();
        assert!((60..400).contains(&begun), "{begun}");
        assert!(handshakes.may_begin([10, 0, 0, 7].into()));
    }
}
