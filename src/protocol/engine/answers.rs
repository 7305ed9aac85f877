//! How much this member answers to those who ask what was said: they ask with little and get much,
//! so that it is bounded by host and in all.

use core::net::IpAddr;
use std::time::Duration;

use super::config::{ANSWERED_BYTES, ANSWERED_BYTES_PER_S};
use super::host_budgets::HostBudgets;
use crate::protocol::rate::TokenBucket;

/// Bytes for all hosts at once: a class that starts in the same minute, and asks all members.
const TOTAL_BURST_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Bytes per second for all hosts after that.
const TOTAL_BYTES_PER_S: f64 = 400_000.0;

/// Cookies per second, each of which is no longer than what it answers.
const COOKIES_PER_S: f64 = 50.0;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Answers {
    by_host: HostBudgets,
    total: TokenBucket,
    cookies: TokenBucket,
}

impl Default for Answers {
    fn default() -> Self {
        let zero = Duration::ZERO;
        Self {
            by_host: HostBudgets::new(ANSWERED_BYTES_PER_S, ANSWERED_BYTES),
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

    /// Whether so many bytes may be sent to a proven host now, which counts them.
    pub(super) fn may_send(&mut self, host: IpAddr, bytes: usize, now: Duration) -> bool {
        let may_send =
            self.total.refill(now) >= bytes as f64 && self.by_host.may_spend(host, bytes, now);
        if may_send {
            self.total.spend(bytes as f64);
        }
        may_send
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const REQUEST_BYTES: usize = 64 * 1400;

    #[test]
    fn many_hosts_together_get_no_more_than_all_may() {
        let (mut answers, mut bytes) = (Answers::default(), 0);
        for number in 0..5000_u32 {
            let host = IpAddr::from(number.to_be_bytes());
            while answers.may_send(host, REQUEST_BYTES, SECOND) {
                bytes += REQUEST_BYTES;
            }
        }
        assert!(bytes as f64 <= TOTAL_BURST_BYTES);
        assert!(bytes as f64 > TOTAL_BURST_BYTES - 2.0 * REQUEST_BYTES as f64);
        let cookies = (0..1000)
            .filter(|_| answers.may_send_cookie(SECOND))
            .count();
        assert_eq!(cookies, 100);
    }
}
