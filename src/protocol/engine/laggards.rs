//! Members that left the send window because the sender waited for them: for how long they stay
//! outside. Outside, a member gets what history holds when it asks, and limits nobody.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::config::{LAGGARD_OUT, LAGGARD_OUT_MAX, STUCK_AFTER, STUCK_AFTER_MIN};
use super::roster::Id;

/// Most members that are remembered; beyond, the one whose time is over first is forgotten.
const LAGGARDS_MAX: usize = 256;

/// How long an exclusion counts among the recent ones, which make the sender less patient.
const RECENT: Duration = Duration::from_secs(60);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Laggards {
    outside: BTreeMap<Id, Outside>,
    /// When members were excluded lately.
    recent: VecDeque<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Outside {
    until: Duration,
    /// How long it stays outside the next time.
    next: Duration,
}

impl Laggards {
    /// How long the window waits for a member that does not keep up. With each exclusion in the
    /// last minute it waits less, so that many slow identities, one after another, cannot hold a
    /// sender for three seconds each.
    pub(super) fn patience(&mut self, now: Duration) -> Duration {
        while self.recent.front().is_some_and(|at| *at + RECENT <= now) {
            self.recent.pop_front();
        }
        let exclusions = u32::try_from(self.recent.len()).unwrap_or(u32::MAX);
        (STUCK_AFTER / exclusions.saturating_add(1)).max(STUCK_AFTER_MIN)
    }

    /// Excludes a member for a while: twice as long each time, unless it kept up for long since.
    pub(super) fn exclude(&mut self, id: Id, now: Duration) {
        let before = self.outside.get(&id).copied();
        let time = match before {
            Some(outside) if now < outside.until + outside.next * 4 => outside.next,
            _ => LAGGARD_OUT,
        };
        if before.is_none() && self.outside.len() >= LAGGARDS_MAX {
            let first = self.outside.iter().min_by_key(|(_, outside)| outside.until);
            if let Some(id) = first.map(|(id, _)| *id) {
                self.outside.remove(&id);
            }
        }
        let (until, next) = (now + time, (time * 2).min(LAGGARD_OUT_MAX));
        self.outside.insert(id, Outside { until, next });
        self.recent.push_back(now);
        if self.recent.len() > LAGGARDS_MAX {
            self.recent.pop_front();
        }
    }

    /// Whether a member must stay outside now.
    pub(super) fn is_out(&self, id: Id, now: Duration) -> bool {
        self.outside
            .get(&id)
            .is_some_and(|outside| now < outside.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_member_stays_outside_twice_as_long_each_time() {
        let (mut laggards, mut now) = (Laggards::default(), SECOND);
        for time in [10, 20, 40, 80, 160, 320, 320] {
            laggards.exclude(Id(1), now);
            assert!(laggards.is_out(Id(1), now + SECOND * time - SECOND / 1000));
            now += SECOND * time;
            assert!(!laggards.is_out(Id(1), now));
        }
        // It kept up for long.
        now += 3600 * SECOND;
        laggards.exclude(Id(1), now);
        assert!(!laggards.is_out(Id(1), now + LAGGARD_OUT));
    }

    #[test]
    fn many_slow_members_one_after_another_use_up_the_patience() {
        let (mut laggards, mut now) = (Laggards::default(), SECOND);
        let start = now;
        for number in 0..20 {
            now += laggards.patience(now);
            laggards.exclude(Id(number), now);
        }
        assert!(now - start <= 15 * SECOND, "{:?}", now - start);
        assert_eq!(laggards.patience(now + RECENT), STUCK_AFTER);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut laggards = Laggards::default();
        for number in 0..10_000 {
            laggards.exclude(Id(number), SECOND);
        }
        assert!(laggards.outside.len() <= LAGGARDS_MAX && laggards.recent.len() <= LAGGARDS_MAX);
        assert!(laggards.is_out(Id(9999), SECOND));
    }
}
