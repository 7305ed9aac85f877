//! How many signatures are checked. Checking one is by far the most expensive thing that a datagram
//! can cause: headers cost next to nothing and decrypting costs a microsecond. A budget of checks
//! therefore bounds what strangers cost, without accusing a source address, which anybody can
//! forge.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::rate::TokenBucket;

/// Checks per second: a tenth of a core, of which one check takes 45 µs (`benches/README.md`, *What
/// sealing costs*). Frames that were signed together cost one.
const CHECKS_PER_S: f64 = 2200.0;

/// Of these, checks per second for keys never seen: a quarter.
const STRANGERS_PER_S: f64 = CHECKS_PER_S / 4.0;

/// Most addresses of strangers that are counted at a time.
const ADDRESSES_MAX: usize = 1024;

/// How long an address is counted.
const COUNTED: Duration = Duration::from_secs(1);

/// Most refused strangers that are remembered: those of two seconds at 1 Mbit/s, four times over.
const REFUSED_MAX: usize = 4096;

/// What a member knows about the author of a frame whose signature is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// The author was heard lately from this address, or this member asked for the frame. Its check
    /// is never refused: an attacker can forge the address, but cannot make it be refused.
    Expected,
    /// The author is known, and the frame came from another address.
    Known,
    /// The author was never heard.
    Stranger,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct CheckBudget {
    known: TokenBucket,
    strangers: TokenBucket,
    /// Checks for strangers since `since`, by address.
    spent: BTreeMap<IpAddr, u32>,
    since: Duration,
    refused: Refused,
}

/// Strangers that were refused lately, each by the first bytes of its key.
#[derive(Debug, Default)]
struct Refused {
    known: BTreeSet<u64>,
    order: VecDeque<u64>,
}

impl Default for CheckBudget {
    fn default() -> Self {
        let bucket = |per_s: f64| TokenBucket::new(per_s, per_s, Duration::ZERO);
        Self {
            known: bucket(CHECKS_PER_S - STRANGERS_PER_S),
            strangers: bucket(STRANGERS_PER_S),
            spent: BTreeMap::new(),
            since: Duration::ZERO,
            refused: Refused::default(),
        }
    }
}

impl CheckBudget {
    /// Spends one check, if it may be done. `short` identifies the author's key.
    pub fn try_spend(
        &mut self,
        now: Duration,
        source: IpAddr,
        short: u64,
        author: Acquaintance,
    ) -> bool {
        match author {
            Acquaintance::Expected => true,
            Acquaintance::Known => self.known.try_spend(1.0, now),
            Acquaintance::Stranger => self.try_spend_for_stranger(now, source, short),
        }
    }

    /// No address gets more than its share, so that one flood leaves room for newcomers elsewhere.
    /// The lower half of the tokens is for those who were refused before: a newcomer says hello
    /// several times, and is heard also when each frame of a flood names another address and key.
    fn try_spend_for_stranger(&mut self, now: Duration, source: IpAddr, short: u64) -> bool {
        if now >= self.since + COUNTED {
            self.spent.clear();
            self.since = now;
        }
        let addresses = self.spent.len() as f64;
        let share = STRANGERS_PER_S / (addresses + 1.0);
        let spent = self.spent.get(&source).copied().unwrap_or(0);
        let is_fair = f64::from(spent) < share;
        let reserve = match self.refused.contains(short) {
            true => 0.0,
            false => STRANGERS_PER_S / 2.0,
        };
        let is_covered = self.strangers.refill(now) >= reserve + 1.0;
        if !(is_fair && is_covered) {
            self.refused.insert(short);
            return false;
        }
        self.strangers.spend(1.0);
        if spent > 0 || self.spent.len() < ADDRESSES_MAX {
            self.spent.insert(source, spent + 1);
        }
        true
    }
}

impl Refused {
    fn contains(&self, short: u64) -> bool {
        self.known.contains(&short)
    }

    fn insert(&mut self, short: u64) {
        if !self.known.insert(short) {
            return;
        }
        self.order.push_back(short);
        if self.order.len() > REFUSED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(number: u32) -> IpAddr {
        IpAddr::from((10 << 24 | number).to_be_bytes())
    }

    /// How many checks of those asked for at equal intervals within a second are done.
    fn done_in_a_second(
        budget: &mut CheckBudget,
        second: u32,
        asked: u32,
        mut ask: impl FnMut(&mut CheckBudget, Duration, u32) -> bool,
    ) -> u32 {
        let at = |number: u32| SECOND * second + SECOND * number / asked;
        (0..asked)
            .filter(|number| ask(budget, at(*number), *number))
            .count() as u32
    }

    #[test]
    fn strangers_get_a_quarter_and_leave_the_rest_to_those_known() {
        let mut budget = CheckBudget::default();
        let mut most = 0;
        for second in 1..5 {
            most = done_in_a_second(&mut budget, second, 20_000, |budget, now, number| {
                let short = u64::from(second) << 32 | u64::from(number);
                budget.try_spend(now, address(number), short, Acquaintance::Stranger)
            });
        }
        assert!(f64::from(most) <= STRANGERS_PER_S + 1.0, "{most}");
        let known = done_in_a_second(&mut budget, 5, 1500, |budget, now, _| {
            budget.try_spend(now, address(1), 7, Acquaintance::Known)
        });
        assert_eq!(known, 1500);
        let expected = done_in_a_second(&mut budget, 5, 20_000, |budget, now, _| {
            budget.try_spend(now, address(1), 7, Acquaintance::Expected)
        });
        assert_eq!(expected, 20_000);
    }

    #[test]
    fn a_flood_from_a_few_addresses_does_not_stand_before_a_newcomer() {
        let mut budget = CheckBudget::default();
        for second in 1..5 {
            done_in_a_second(&mut budget, second, 5000, |budget, now, number| {
                let short = u64::from(second) << 32 | u64::from(number);
                budget.try_spend(now, address(number % 3), short, Acquaintance::Stranger)
            });
            let now = SECOND * second + SECOND * 4999 / 5000;
            let short = u64::from(second);
            assert!(budget.try_spend(now, address(9), short, Acquaintance::Stranger));
        }
    }

    #[test]
    fn a_newcomer_that_says_hello_twice_is_checked_though_each_frame_has_a_fresh_key_and_address() {
        let mut budget = CheckBudget::default();
        let (mut newcomer, mut tries) = (false, 0);
        for second in 1..5 {
            done_in_a_second(&mut budget, second, 10_000, |budget, now, number| {
                if number % 5000 == 0 && second > 1 && !newcomer {
                    tries += 1;
                    newcomer = budget.try_spend(now, address(9), 9, Acquaintance::Stranger);
                }
                let short = u64::from(second) << 32 | u64::from(number);
                let source = address(number + 10_000 * second);
                budget.try_spend(now, source, short, Acquaintance::Stranger)
            });
        }
        assert!(newcomer && tries <= 2, "{tries}");
    }
}
