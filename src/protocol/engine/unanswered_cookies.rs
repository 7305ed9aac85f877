//! Cookies that nobody has answered: hosts that do not repeat theirs get few.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

/// A host that has not answered for this long is forgotten: in this time, the system has asked for
/// its hardware address three times and given up.
const UNANSWERED: Duration = Duration::from_secs(3);

/// Cookies to one host that may be unanswered at a time…
const PER_HOST: u32 = 32;

/// …and to all, beyond which each host gets one. Each takes 1.3 KiB of the 416 KiB that Linux
/// grants to anybody: with one to each address of a usual network, there is room for all else.
const SEVERAL_IN_ALL: u32 = 120;

/// Most hosts that are counted: more than may be asked in that time.
const UNANSWERED_HOSTS_MAX: usize = 2048;

/// Cookies that were sent and not repeated yet. Anybody can name addresses at which nobody is, and
/// the system keeps what is sent there in the socket's buffer until it gives up looking for them;
/// meanwhile it may refuse all else that this member sends.
#[derive(Debug, Default)]
pub(super) struct UnansweredCookies {
    /// How many to each host, and since when.
    hosts: BTreeMap<IpAddr, (u32, Duration)>,
    all: u32,
}

impl UnansweredCookies {
    /// Whether one more may be sent to a host now, which counts it. A host to which none is under
    /// way always gets one: a newcomer is not refused because of those who are not there.
    pub(super) fn may_send(&mut self, host: IpAddr, now: Duration) -> bool {
        if !self.has_room(host) {
            self.hosts.retain(|_, (_, since)| now < *since + UNANSWERED);
            self.all = self.hosts.values().map(|(sent, _)| sent).sum();
        }
        let has_room = self.has_room(host);
        if has_room {
            self.sent(host, now);
        }
        has_room
    }

    /// Counts one that is sent to a host whatever was sent before.
    pub(super) fn sent(&mut self, host: IpAddr, now: Duration) {
        if self.hosts.len() < UNANSWERED_HOSTS_MAX || self.hosts.contains_key(&host) {
            self.hosts.entry(host).or_insert((0, now)).0 += 1;
            self.all += 1;
        }
    }

    fn has_room(&self, host: IpAddr) -> bool {
        match self.hosts.get(&host) {
            None => self.hosts.len() < UNANSWERED_HOSTS_MAX,
            Some((sent, _)) => *sent < PER_HOST && self.all < SEVERAL_IN_ALL,
        }
    }

    /// Notes that a host has answered.
    pub(super) fn answered(&mut self, host: IpAddr) {
        if let Some((sent, _)) = self.hosts.remove(&host) {
            self.all -= sent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u32) -> IpAddr {
        IpAddr::from((10 << 24 | number).to_be_bytes())
    }

    /// How many of so many cookies to each of these hosts are sent.
    fn sent(
        cookies: &mut UnansweredCookies,
        hosts: std::ops::Range<u32>,
        each: u32,
        now: Duration,
    ) -> usize {
        let all = hosts.flat_map(|number| (0..each).map(move |_| host(number)));
        all.filter(|host| cookies.may_send(*host, now)).count()
    }

    #[test]
    fn what_nobody_answers_is_bounded_and_leaves_others_their_room() {
        let (mut cookies, now) = (UnansweredCookies::default(), Duration::from_secs(9));
        assert_eq!(sent(&mut cookies, 0..1, 1000, now), 32);
        assert_eq!(sent(&mut cookies, 0..5, 1000, now), 120 - 32 + 1);
        assert_eq!(sent(&mut cookies, 5..1000, 9, now), 995, "one to each");
        assert_eq!(sent(&mut cookies, 5..1000, 9, now + UNANSWERED / 2), 0);
        assert_eq!(sent(&mut cookies, 1000..9000, 1, now), 2048 - 1000);
        assert_eq!(sent(&mut cookies, 0..1, 1, now + UNANSWERED), 1);
    }

    #[test]
    fn whoever_answers_is_asked_as_often_as_there_is_reason_to() {
        let mut cookies = UnansweredCookies::default();
        for number in 0..100_000 {
            assert!(cookies.may_send(host(number % 2), Duration::ZERO));
            cookies.answered(host(number % 2));
        }
    }
}
