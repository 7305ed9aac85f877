//! How much is answered to those who catch up: to each host about as much as all that is held, and
//! after that a little all the time. Who asks without end is asked to find somebody else.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{ANSWERED_BYTES, ANSWERED_BYTES_PER_S, ANSWERED_HOSTS_MAX};
use crate::protocol::rate::TokenBucket;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Answers {
    hosts: BTreeMap<IpAddr, TokenBucket>,
}

impl Answers {
    /// Whether so many bytes may go to a host now, which counts them.
    pub(super) fn may_send(&mut self, host: IpAddr, bytes: usize, now: Duration) -> bool {
        if !self.hosts.contains_key(&host) && self.hosts.len() >= ANSWERED_HOSTS_MAX {
            self.forget_one(now);
        }
        let new = || TokenBucket::new(ANSWERED_BYTES_PER_S, ANSWERED_BYTES, now);
        let bucket = self.hosts.entry(host).or_insert_with(new);
        bucket.try_spend(bytes as f64, now)
    }

    /// Forgets the host that was answered least.
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
    fn a_host_gets_all_that_is_held_and_then_little_and_others_are_answered_all_the_same() {
        let mut answers = Answers::default();
        let host = |number: u32| IpAddr::from(number.to_be_bytes());
        let mut sent = 0;
        for ms in 0..60_000 {
            let now = Duration::from_millis(ms);
            while answers.may_send(host(1), 1000, now) {
                sent += 1000;
            }
        }
        let most = ANSWERED_BYTES + 61.0 * ANSWERED_BYTES_PER_S;
        assert!(f64::from(sent) <= most, "{sent}");
        for number in 2..2000 {
            assert!(answers.may_send(host(number), 1000, Duration::from_secs(60)));
        }
        assert!(answers.hosts.len() <= ANSWERED_HOSTS_MAX);
        let now = Duration::from_secs(60);
        assert!(
            !answers.may_send(host(1), 200_000, now),
            "it is not forgotten"
        );
    }
}
