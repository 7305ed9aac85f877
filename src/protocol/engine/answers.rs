//! How much this member answers to those who ask what was said: they ask with little and get much,
//! so that it is bounded by address and in all. One history for each is there at once.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::config::HISTORY_BYTES;
use crate::protocol::rate::TokenBucket;

/// Bytes for one address at once: twice what a member remembers, since answers are lost.
const ADDRESS_BURST_BYTES: f64 = 2.0 * HISTORY_BYTES as f64;
/// Bytes per second for one address after that: a history in five minutes.
const ADDRESS_BYTES_PER_S: f64 = 20_000.0;
/// Bytes for all addresses at once: a class that starts in the same minute, and asks all members.
const TOTAL_BURST_BYTES: f64 = 64.0 * 1024.0 * 1024.0;
/// Bytes per second for all addresses after that.
const TOTAL_BYTES_PER_S: f64 = 400_000.0;
/// Addresses that are counted; beyond, those that asked for nothing lately are forgotten, and new
/// ones wait.
const ADDRESSES_MAX: usize = 1024;
/// Cookies per second, each of which is no longer than what it answers.
const COOKIES_PER_S: f64 = 50.0;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Answers {
    by_address: BTreeMap<IpAddr, TokenBucket>,
    total: TokenBucket,
    cookies: TokenBucket,
}

impl Default for Answers {
    fn default() -> Self {
        let zero = Duration::ZERO;
        Self {
            by_address: BTreeMap::new(),
            total: TokenBucket::new(TOTAL_BYTES_PER_S, TOTAL_BURST_BYTES, zero),
            cookies: TokenBucket::new(COOKIES_PER_S, 2.0 * COOKIES_PER_S, zero),
        }
    }
}

impl Answers {
    /// Whether to send a cookie to an address that is not proven.
    pub(super) fn may_send_cookie(&mut self, now: Duration) -> bool {
        self.cookies.try_spend(1.0, now)
    }

    /// Whether to answer a proven address now.
    pub(super) fn may_answer(&mut self, address: IpAddr, now: Duration) -> bool {
        if self.by_address.len() >= ADDRESSES_MAX && !self.by_address.contains_key(&address) {
            self.by_address
                .retain(|_, bucket| bucket.refill(now) < ADDRESS_BURST_BYTES);
            if self.by_address.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let bucket = self
            .by_address
            .entry(address)
            .or_insert_with(|| TokenBucket::new(ADDRESS_BYTES_PER_S, ADDRESS_BURST_BYTES, now));
        bucket.refill(now) > 0.0 && self.total.refill(now) > 0.0
    }

    /// Notes that so many bytes are sent to an address.
    pub(super) fn sent(&mut self, address: IpAddr, bytes: usize) {
        if let Some(bucket) = self.by_address.get_mut(&address) {
            bucket.spend(bytes as f64);
        }
        self.total.spend(bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const REQUEST_BYTES: usize = 64 * 1400;

    /// How many bytes an address gets that asks all the time for a minute.
    fn in_a_minute(answers: &mut Answers, address: IpAddr, from: Duration) -> usize {
        let mut bytes = 0;
        for step in 0..60 * 1000 {
            let now = from + SECOND * step / 1000;
            if answers.may_answer(address, now) {
                answers.sent(address, REQUEST_BYTES);
                bytes += REQUEST_BYTES;
            }
        }
        bytes
    }

    #[test]
    fn an_address_gets_two_histories_at_once_and_then_little() {
        let mut answers = Answers::default();
        let [greedy, other] = [1, 2].map(|last| IpAddr::from([10, 0, 0, last]));
        assert!(in_a_minute(&mut answers, greedy, SECOND) <= 2 * HISTORY_BYTES + 1_400_000);
        assert!(in_a_minute(&mut answers, greedy, 61 * SECOND) <= 1_400_000);
        assert!(in_a_minute(&mut answers, other, 121 * SECOND) >= 2 * HISTORY_BYTES);
    }

    #[test]
    fn many_addresses_together_get_no_more_than_all_may() {
        let (mut answers, mut bytes) = (Answers::default(), 0);
        for number in 0..5000_u32 {
            let address = IpAddr::from(number.to_be_bytes());
            while answers.may_answer(address, SECOND) {
                answers.sent(address, REQUEST_BYTES);
                bytes += REQUEST_BYTES;
            }
        }
        assert!(bytes as f64 <= TOTAL_BURST_BYTES + REQUEST_BYTES as f64);
        assert!(answers.by_address.len() <= ADDRESSES_MAX);
        let cookies = (0..1000)
            .filter(|_| answers.may_send_cookie(SECOND))
            .count();
        assert_eq!(cookies, 100);
    }
}
