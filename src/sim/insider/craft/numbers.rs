//! What the numbers, the clocks and the addresses of an act come to.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::View;
use crate::sim::insider::act::{Clock, Count, From, Who};

/// What numbers in a frame are relative to.
pub(super) struct Numbers<'v> {
    pub(super) last: u32,
    pub(super) view: &'v View<'v>,
}

impl Numbers<'_> {
    pub(super) fn of(&self, count: Count) -> u32 {
        match count {
            Count::Is(number) => number,
            Count::Next => self.last.saturating_add(1),
            Count::Skip(more) => self.last.saturating_add(1).saturating_add(more),
            Count::Back(fewer) => self.last.saturating_sub(fewer),
            Count::Of(number, more) => {
                let newest = self.view.honest(number).map_or(0, |honest| honest.newest);
                newest.saturating_add_signed(more)
            }
        }
    }
}

/// The member so many after another one.
pub(super) fn nth(who: Who, at: u8) -> Who {
    match who {
        Who::Honest(first) => Who::Honest(first.wrapping_add(at)),
        Who::Insider(first) => Who::Insider(first.wrapping_add(at)),
        Who::Nobody(first) => Who::Nobody(first.wrapping_add(at)),
    }
}

pub(super) fn bits(clock: Clock, view: &View<'_>) -> u64 {
    match clock {
        Clock::Bits(bits) => bits,
        Clock::Off(seconds) => {
            let ms = seconds.saturating_mul(1000);
            view.wall_ms.saturating_add_signed(ms) << 16
        }
    }
}

/// Where a datagram seems to come from.
pub(super) fn address(from: From, view: &View<'_>) -> SocketAddr {
    let number = match from {
        From::Address(number) => number,
        From::Forged(number) => match view.honest(number) {
            Some(honest) => return honest.address,
            None => 0,
        },
    };
    SocketAddr::new(IpAddr::from(Ipv4Addr::new(10, 77, 200, number)), 666)
}
