//! How much parity of a picture leaves at once, and how much repair may follow. Where nobody loses
//! anything none leaves; where receivers ask, a little parity at once saves most questions; where
//! they ask for much, it doubles the stream, because a question takes time that a picture does not
//! have.

use std::time::Duration;

use super::person_budgets::PersonBudgets;
use crate::protocol::rate::TokenBucket;

/// The part of a picture's symbols that is asked for, above which a quarter of parity leaves.
const ASKED_SOME: f64 = 0.01;

/// The part above which, in spite of that quarter, as much parity leaves as there are originals.
const ASKED_MUCH: f64 = 0.3;

/// The part below which less leaves again…
const ASKED_LITTLE: f64 = 0.002;

/// …when it has been so for so long.
const CALM: Duration = Duration::from_secs(8);

/// How much the newest picture counts in the part that is asked for.
const NEWEST_COUNTS: f64 = 0.1;

/// Repairs, as a part of what leaves for the first time: more would rather be late than in time.
const REPAIRS_MOST: f64 = 0.5;

/// The part of that which one person may cause.
const OF_ONE_PERSON: f64 = 0.6;

/// How much parity leaves at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    #[default]
    Nothing,
    Quarter,
    Whole,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Parity {
    level: Level,
    /// The part of the originals that was asked for, over the last pictures.
    asked: f64,
    /// Since when it is little.
    calm_since: Option<Duration>,
}

impl Parity {
    /// Takes in how many symbols were asked for of a picture, and how many it was cut into.
    pub(super) fn note(&mut self, now: Duration, asked: u16, originals: u16) {
        let part = (f64::from(asked) / f64::from(originals.max(1))).min(1.0);
        self.asked += (part - self.asked) * NEWEST_COUNTS;
        match self.level {
            Level::Nothing if self.asked > ASKED_SOME => self.level = Level::Quarter,
            Level::Quarter if self.asked > ASKED_MUCH => self.level = Level::Whole,
            _ => {}
        }
        let little = match self.level {
            Level::Whole => ASKED_SOME,
            _ => ASKED_LITTLE,
        };
        if self.asked >= little {
            self.calm_since = None;
        } else if now >= *self.calm_since.get_or_insert(now) + CALM {
            self.calm_since = None;
            self.level = match self.level {
                Level::Whole => Level::Quarter,
                _ => Level::Nothing,
            };
        }
    }

    /// How many symbols of parity leave at once with a picture.
    pub(super) fn at_once(&self, originals: u16, is_key: bool) -> u16 {
        match (self.level, is_key) {
            (Level::Nothing, false) => 0,
            (Level::Quarter, false) => originals.div_ceil(4),
            (Level::Nothing | Level::Quarter, true) => originals.div_ceil(2),
            (Level::Whole, _) => originals,
        }
    }

    #[cfg(test)]
    fn level(&self) -> Level {
        self.level
    }
}

/// How many bytes of repair may leave.
#[derive(Debug)]
pub(super) struct RepairBudget {
    all: TokenBucket,
    persons: PersonBudgets,
    /// Whether what several persons asked for was more than may leave.
    is_short: bool,
}

impl RepairBudget {
    /// The budget of a stream of so many bits a second.
    pub(super) fn new(now: Duration, bits_per_s: u32) -> Self {
        let most = f64::from(bits_per_s) / 8.0 * REPAIRS_MOST;
        let of_one = most * OF_ONE_PERSON;
        Self {
            all: TokenBucket::new(most, most, now),
            persons: PersonBudgets::new(of_one, of_one),
            is_short: false,
        }
    }

    /// The stream has another rate from now on.
    pub(super) fn set_rate(&mut self, now: Duration, bits_per_s: u32) {
        *self = Self {
            is_short: self.is_short,
            ..Self::new(now, bits_per_s)
        };
    }

    /// Spends what a person's request costs; returns whether it may be answered.
    pub(super) fn try_spend(&mut self, now: Duration, person: u64, bytes: usize) -> bool {
        let bytes = bytes as f64;
        let Some(own) = self.persons.of(person, now) else {
            return false;
        };
        if own.refill(now) < bytes {
            return false;
        }
        if !self.all.try_spend(bytes, now) {
            self.is_short = true;
            return false;
        }
        own.spend(bytes);
        true
    }

    /// Whether more was asked for than may leave, since this was last asked.
    pub(super) fn take_shortage(&mut self) -> bool {
        std::mem::take(&mut self.is_short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(66);

    fn after(parity: &mut Parity, at: &mut Duration, frames: u32, asked: impl Fn(u32) -> u16) {
        for frame in 0..frames {
            parity.note(*at, asked(frame), 4);
            *at += FRAME;
        }
    }

    #[test]
    fn parity_follows_what_is_asked_for() {
        let (mut parity, mut at) = (Parity::default(), Duration::ZERO);
        after(&mut parity, &mut at, 100, |_| 0);
        assert_eq!(
            (parity.level(), parity.at_once(4, false)),
            (Level::Nothing, 0)
        );
        assert_eq!(parity.at_once(5, true), 3);
        after(&mut parity, &mut at, 15, |frame| u16::from(frame % 5 == 0));
        assert_eq!(
            (parity.level(), parity.at_once(4, false)),
            (Level::Quarter, 1)
        );
        after(&mut parity, &mut at, 60, |frame| u16::from(frame % 3 == 0));
        assert_eq!(parity.level(), Level::Quarter);
        after(&mut parity, &mut at, 60, |_| 2);
        assert_eq!((parity.level(), parity.at_once(4, true)), (Level::Whole, 4));
        after(&mut parity, &mut at, 600, |_| 0);
        assert_eq!(parity.level(), Level::Nothing);
    }

    #[test]
    fn whoever_is_known_is_answered_also_while_a_crowd_asks() {
        let (mut budget, now) = (
            RepairBudget::new(Duration::ZERO, 80_000_000),
            Duration::ZERO,
        );
        assert!(budget.try_spend(now, 0, 1000));
        for person in 1..2000 {
            budget.try_spend(now, person, 1000);
        }
        assert!(budget.try_spend(now, 0, 1000), "it was known before them");
        assert!(!budget.try_spend(now, 2001, 1000), "the table is full");
    }

    #[test]
    fn repairs_are_capped_and_one_person_leaves_some_for_the_others() {
        let mut budget = RepairBudget::new(Duration::ZERO, 800_000);
        let mut given = [0; 3];
        for ms in 0..10_000 {
            let now = Duration::from_millis(ms);
            given[0] += usize::from(budget.try_spend(now, 1, 1000));
        }
        // 30 KB a second, and as much at first.
        assert!((300..=335).contains(&given[0]), "{given:?}");
        assert!(!budget.take_shortage(), "one greedy person is no shortage");
        for ms in 10_000..20_000 {
            let now = Duration::from_millis(ms);
            for (person, given) in (0..).zip(&mut given) {
                *given += usize::from(budget.try_spend(now, person, 1000));
            }
        }
        let sum: usize = given.iter().sum();
        assert!((700..=900).contains(&sum), "{given:?}");
        assert!(budget.take_shortage() && !budget.take_shortage());
    }
}
