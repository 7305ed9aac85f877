//! Hosts whose members were asked what they hold, and of whom nothing came: they are left alone for
//! a while, and longer each time, so that the next is asked.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{ASKED_IN_VAIN, ASKED_IN_VAIN_MAX, SYNC_FRUITLESS};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct AskedInVain {
    /// Until when each is left alone, and how often it was asked in vain.
    hosts: BTreeMap<IpAddr, (Duration, u32)>,
}

impl AskedInVain {
    /// Notes that a host was asked, and whether anything came of it.
    pub(super) fn note(&mut self, host: IpAddr, came: bool, now: Duration) {
        if came {
            self.hosts.remove(&host);
            return;
        }
        if self.hosts.len() >= ASKED_IN_VAIN_MAX && !self.hosts.contains_key(&host) {
            let first = self.hosts.iter().min_by_key(|(_, (until, _))| *until);
            if let Some(host) = first.map(|(host, _)| *host) {
                self.hosts.remove(&host);
            }
        }
        let (until, times) = self.hosts.entry(host).or_default();
        let pause = ASKED_IN_VAIN * (1 << (*times).min(6));
        *until = now + pause.min(SYNC_FRUITLESS);
        *times += 1;
    }

    /// Whether a host is left alone now.
    pub(super) fn is_left_alone(&self, host: IpAddr, now: Duration) -> bool {
        self.hosts.get(&host).is_some_and(|(until, _)| now < *until)
    }
}
