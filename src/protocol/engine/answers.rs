//! How much this member answers to those who ask what was said: they ask with little and get much,
//! so that it is bounded by host and in all. The measure is a history, which is what a newcomer
//! needs once: where little was said, little can be got.

use core::net::IpAddr;
use std::time::Duration;

use super::config::{ANSWERED_IN, ANSWERED_LEAST_BYTES, ANSWERED_TO_ALL, ANSWERED_TO_HOST};
use super::host_budgets::HostBudgets;
use crate::protocol::rate::TokenBucket;

/// Cookies per second, each of which is no longer than what it answers…
const COOKIES_PER_S: f64 = 1.0;
/// …and at once: a class that starts in the same minute. Half of them are for members that are
/// known to be where they ask from.
const COOKIES_BURST: f64 = 48.0;
/// Cookies for one host, per second…
const COOKIES_OF_HOST_PER_S: f64 = 0.5;
/// …and at once.
const COOKIES_OF_HOST_BURST: f64 = 16.0;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Answers {
    by_host: HostBudgets,
    total: TokenBucket,
    cookies: TokenBucket,
    cookies_by_host: HostBudgets,
}

/// Who asks for a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// A member that was heard from that address.
    Member,
    /// Perhaps nobody.
    Unknown,
}

impl Default for Answers {
    fn default() -> Self {
        let (zero, per_s) = (Duration::ZERO, 1.0 / ANSWERED_IN.as_secs_f64());
        Self {
            by_host: HostBudgets::new(ANSWERED_TO_HOST * per_s, ANSWERED_TO_HOST),
            total: TokenBucket::new(ANSWERED_TO_ALL * per_s, ANSWERED_TO_ALL, zero),
            cookies: TokenBucket::new(COOKIES_PER_S, COOKIES_BURST, zero),
            cookies_by_host: HostBudgets::new(COOKIES_OF_HOST_PER_S, COOKIES_OF_HOST_BURST),
        }
    }
}

impl Answers {
    /// Whether to send a cookie to an address that is not proven.
    pub(super) fn may_send_cookie(&mut self, host: IpAddr, asker: Asker, now: Duration) -> bool {
        let needed = match asker {
            Asker::Member => 1.0,
            Asker::Unknown => COOKIES_BURST / 2.0,
        };
        let may_send =
            self.cookies.refill(now) >= needed && self.cookies_by_host.may_spend(host, 1.0, now);
        if may_send {
            self.cookies.spend(1.0);
        }
        may_send
    }

    /// Whether so many bytes may be sent to a proven host now, which counts them; `held_bytes` is
    /// what this member holds.
    pub(super) fn may_send(
        &mut self,
        host: IpAddr,
        bytes: usize,
        held_bytes: usize,
        now: Duration,
    ) -> bool {
        let histories = bytes as f64 / (ANSWERED_LEAST_BYTES + held_bytes) as f64;
        // The second half is for hosts that have got less than half of theirs.
        let needed = match self.has_got_little(host, now) {
            true => histories,
            false => histories + ANSWERED_TO_ALL / 2.0,
        };
        let may_send =
            self.total.refill(now) >= needed && self.by_host.may_spend(host, histories, now);
        if may_send {
            self.total.spend(histories);
        }
        may_send
    }

    fn has_got_little(&mut self, host: IpAddr, now: Duration) -> bool {
        self.by_host.left(host, now) >= ANSWERED_TO_HOST / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const FRAME_BYTES: usize = 1400;
    const HELD_BYTES: usize = 6 << 20;

    fn host(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    /// How many bytes a host gets at once.
    fn got(answers: &mut Answers, number: u32, held_bytes: usize) -> usize {
        let mut bytes = 0;
        while answers.may_send(host(number), FRAME_BYTES, held_bytes, SECOND) {
            bytes += FRAME_BYTES;
        }
        bytes
    }

    #[test]
    fn a_newcomer_gets_everything_also_after_others_have_asked_without_end() {
        let mut answers = Answers::default();
        for number in 0..4 {
            let bytes = got(&mut answers, number, HELD_BYTES);
            assert!(bytes > HELD_BYTES && bytes <= 3 * HELD_BYTES, "{bytes}");
        }
        assert!(got(&mut answers, 9, HELD_BYTES) > HELD_BYTES);
    }

    #[test]
    fn many_hosts_together_get_no_more_than_all_may() {
        let (mut answers, held_bytes) = (Answers::default(), 2000);
        let bytes: usize = (0..5000)
            .map(|number| got(&mut answers, number, held_bytes))
            .sum();
        let most = ANSWERED_TO_ALL * (ANSWERED_LEAST_BYTES + held_bytes) as f64;
        assert!(
            bytes as f64 <= most && bytes as f64 > most - 3000.0,
            "{bytes}"
        );
    }

    #[test]
    fn who_is_nowhere_leaves_cookies_for_members() {
        let mut answers = Answers::default();
        let mut cookies = |asker, from: u32| {
            (from..from + 5000)
                .filter(|number| answers.may_send_cookie(host(*number), asker, SECOND))
                .count()
        };
        assert_eq!(cookies(Asker::Unknown, 0), COOKIES_BURST as usize / 2 + 1);
        assert!(cookies(Asker::Member, 9000) >= COOKIES_BURST as usize / 2 - 1);
    }
}
