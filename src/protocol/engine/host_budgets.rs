//! What is done for each host: much at once, and after that a little all the time. So much is
//! answered to those who catch up, and so many plain lines of guests are taken in; a host that
//! wants more takes nothing from the others.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::rate::TokenBucket;

/// Hosts of which it is counted.
const HOSTS_MAX: usize = 512;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct HostBudgets {
    per_s: f64,
    burst: f64,
    hosts: BTreeMap<IpAddr, TokenBucket>,
}

impl HostBudgets {
    /// So much for each host per second, and so much at once.
    pub(crate) fn new(per_s: f64, burst: f64) -> Self {
        Self {
            per_s,
            burst,
            hosts: BTreeMap::new(),
        }
    }

    /// Whether so much may be done for a host now, which counts it.
    pub(crate) fn may_spend(&mut self, host: IpAddr, amount: f64, now: Duration) -> bool {
        if !self.hosts.contains_key(&host) && self.hosts.len() >= HOSTS_MAX {
            self.forget_one(now);
        }
        let new = || TokenBucket::new(self.per_s, self.burst, now);
        let bucket = self.hosts.entry(host).or_insert_with(new);
        bucket.try_spend(amount, now)
    }

    /// How much may be done for a host now.
    pub(crate) fn left(&mut self, host: IpAddr, now: Duration) -> f64 {
        let bucket = self.hosts.get_mut(&host);
        bucket.map_or(self.burst, |bucket| bucket.refill(now))
    }

    /// Forgets the host that has most left.
    fn forget_one(&mut self, now: Duration) {
        let refilled = self
            .hosts
            .iter_mut()
            .map(|(host, bucket)| (bucket.refill(now), *host));
        let fullest = refilled.max_by(|one, other| one.0.total_cmp(&other.0));
        if let Some((_, host)) = fullest {
            self.hosts.remove(&host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_wants_without_end_gets_little_and_the_others_get_theirs() {
        let mut budgets = HostBudgets::new(100.0, 1000.0);
        let host = |number: u32| IpAddr::from(number.to_be_bytes());
        let mut spent = 0;
        for ms in 0..60_000 {
            while budgets.may_spend(host(1), 10.0, Duration::from_millis(ms)) {
                spent += 10;
            }
        }
        assert!((6000..=7000).contains(&spent), "{spent}");
        let now = Duration::from_secs(60);
        assert!((2..2000).all(|number| budgets.may_spend(host(number), 10.0, now)));
        assert!(budgets.hosts.len() <= HOSTS_MAX);
        assert!(
            !budgets.may_spend(host(1), 500.0, now),
            "it is not forgotten"
        );
    }
}
