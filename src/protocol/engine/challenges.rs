//! Newcomers in a crowd are asked to show where they are (`admission.rs`), and this member shows it
//! to those that ask. Keys and forged addresses cost nothing, so that both are bounded, and shared
//! in such a way that a flood leaves something for whoever is there:
//!
//! - A newcomer says hello several times. Each time that it was refused, it gets nearer to the end
//!   of the reserve, so that a flood of fresh keys takes the first part of it, and one of keys that
//!   each say five things has a fifth of the keys.
//! - Hosts that were not asked within a minute have a reserve of their own, which lasts for all
//!   addresses of a usual network.
//! - Whoever answers gives back what was spent: many who come at once are asked at once.
//! - Of those that ask, each is answered once in a while, and those who said something always.

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::config::{
    CHALLENGES_AGAIN_BURST, CHALLENGES_AGAIN_PER_S, CHALLENGES_ANSWERED_UNKNOWN,
    CHALLENGES_FRESH_BURST, CHALLENGES_FRESH_PER_S, CHALLENGES_GROUP, CHALLENGES_SMALL_BURST,
    CHALLENGES_SMALL_PER_S, MEMBERS_MAX,
};
use super::host_budgets::HostBudgets;
use super::roster::Id;
use crate::protocol::rate::TokenBucket;

/// A host that was asked is no fresh one for this time, and answers are counted over it.
const MINUTE: Duration = Duration::from_secs(60);

/// Hosts of which it is known that they were asked.
const HOSTS_MAX: usize = 2048;

/// So often a newcomer is refused until all that is left is for it.
const TRIES: u8 = 5;

/// One that asks is answered again after this time.
const ANSWERED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// What a host gives back by its answers, at once…
const RETURNED_BURST: f64 = 8.0;
/// …and per second.
const RETURNED_PER_S: f64 = 1.0 / 15.0;

/// Who asks this member to show where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenger {
    /// A member who said something that is held here.
    Speaker,
    /// A member that counts among those here.
    Member,
    /// Perhaps nobody.
    Unknown,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Challenges {
    fresh: Reserve,
    again: Reserve,
    /// When each host was asked, and out of which reserve.
    asked: BTreeMap<IpAddr, (Duration, HostKind)>,
    returned: HostBudgets,
    refused: Refused,
    answers: ChallengeAnswers,
}

/// Whether a host was asked lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HostKind {
    Fresh,
    Asked,
}

/// Challenges that may be sent.
#[derive(Debug)]
struct Reserve {
    bucket: TokenBucket,
    burst: f64,
}

impl Reserve {
    fn new(per_s: f64, burst: f64) -> Self {
        let bucket = TokenBucket::new(per_s, burst, Duration::ZERO);
        Self { bucket, burst }
    }

    /// Spends one for a newcomer that was refused so often before, if the part for it has one.
    fn try_spend(&mut self, refused: u8, now: Duration) -> bool {
        let left_to_others = TRIES.saturating_sub(refused.saturating_add(1));
        let kept = self.burst * f64::from(left_to_others) / f64::from(TRIES);
        let is_covered = self.bucket.refill(now) >= kept + 1.0;
        if is_covered {
            self.bucket.spend(1.0);
        }
        is_covered
    }
}

impl Default for Challenges {
    fn default() -> Self {
        Self {
            fresh: Reserve::new(CHALLENGES_FRESH_PER_S, CHALLENGES_FRESH_BURST),
            again: Reserve::new(CHALLENGES_AGAIN_PER_S, CHALLENGES_AGAIN_BURST),
            asked: BTreeMap::new(),
            returned: HostBudgets::new(RETURNED_PER_S, RETURNED_BURST),
            refused: Refused::default(),
            answers: ChallengeAnswers::default(),
        }
    }
}

impl Challenges {
    /// Whether to ask a newcomer at a host now, which counts it.
    pub(super) fn may_ask(&mut self, id: Id, host: IpAddr, now: Duration) -> bool {
        let refused = self.refused.times(id);
        let kind = self.kind_of(host, now);
        let from = match kind {
            HostKind::Fresh if self.fresh.try_spend(refused, now) => Some(HostKind::Fresh),
            _ if self.again.try_spend(refused, now) => Some(HostKind::Asked),
            _ => None,
        };
        let Some(from) = from else {
            self.refused.note(id);
            return false;
        };
        self.refused.forget(id);
        if self.asked.len() < HOSTS_MAX || self.asked.contains_key(&host) {
            self.asked.insert(host, (now, from));
        }
        true
    }

    /// A host is fresh if it is known not to have been asked lately.
    fn kind_of(&mut self, host: IpAddr, now: Duration) -> HostKind {
        let is_recent = |at: Duration| now < at + MINUTE;
        match self.asked.get(&host) {
            Some((at, _)) if is_recent(*at) => return HostKind::Asked,
            Some(_) => return HostKind::Fresh,
            None => {}
        }
        if self.asked.len() >= HOSTS_MAX {
            self.asked.retain(|_, (at, _)| is_recent(*at));
        }
        match self.asked.len() < HOSTS_MAX {
            true => HostKind::Fresh,
            false => HostKind::Asked,
        }
    }

    /// Notes that a newcomer has shown where it is.
    pub(super) fn proven(&mut self, id: Id, host: IpAddr, now: Duration) {
        self.refused.forget(id);
        if self.asked.contains_key(&host) && self.returned.may_spend(host, 1.0, now) {
            match self.asked.remove(&host) {
                Some((_, HostKind::Fresh)) => self.fresh.bucket.spend(-1.0),
                _ => self.again.bucket.spend(-1.0),
            }
        }
    }

    /// Whether to answer one that asks, in a group of so many, which counts it.
    pub(super) fn may_answer(
        &mut self,
        id: Id,
        challenger: Challenger,
        members: usize,
        now: Duration,
    ) -> bool {
        match members {
            CHALLENGES_GROUP.. => self.answers.may_answer(id, challenger, members, now),
            _ => self.answers.few.try_spend(1.0, now),
        }
    }
}

/// Newcomers that were refused, and how often.
#[derive(Debug, Default)]
struct Refused {
    times: BTreeMap<Id, u8>,
    order: VecDeque<Id>,
}

impl Refused {
    fn times(&self, id: Id) -> u8 {
        self.times.get(&id).copied().unwrap_or(0)
    }

    fn note(&mut self, id: Id) {
        let times = self.times.entry(id).or_insert(0);
        *times = times.saturating_add(1);
        if *times == 1 {
            self.order.push_back(id);
        }
        while self.order.len() > MEMBERS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.times.remove(&oldest);
        }
    }

    /// Its place in the order stays, and ends it sooner if it is refused again: at worst it is
    /// refused once more.
    fn forget(&mut self, id: Id) {
        self.times.remove(&id);
    }
}

/// Answers to those that ask.
#[derive(Debug)]
struct ChallengeAnswers {
    /// While the group is small.
    few: TokenBucket,
    /// When each was answered.
    answered: BTreeMap<Id, Duration>,
    since: Duration,
    /// How many members and unknown ones were answered since then.
    to_members: usize,
    to_unknown: usize,
}

impl Default for ChallengeAnswers {
    fn default() -> Self {
        let few = TokenBucket::new(
            CHALLENGES_SMALL_PER_S,
            CHALLENGES_SMALL_BURST,
            Duration::ZERO,
        );
        Self {
            few,
            answered: BTreeMap::new(),
            since: Duration::ZERO,
            to_members: 0,
            to_unknown: 0,
        }
    }
}

impl ChallengeAnswers {
    fn may_answer(&mut self, id: Id, by: Challenger, members: usize, now: Duration) -> bool {
        let is_recent = |at: &Duration| now < *at + ANSWERED_AGAIN_AFTER;
        if self.answered.get(&id).is_some_and(is_recent) {
            return false;
        }
        if now >= self.since + MINUTE {
            self.answered.retain(|_, at| is_recent(at));
            (self.since, self.to_members, self.to_unknown) = (now, 0, 0);
        }
        let may_answer = match by {
            Challenger::Speaker => true,
            Challenger::Member => self.to_members < members,
            Challenger::Unknown => self.to_unknown < CHALLENGES_ANSWERED_UNKNOWN,
        };
        if may_answer {
            match by {
                Challenger::Speaker => {}
                Challenger::Member => self.to_members += 1,
                Challenger::Unknown => self.to_unknown += 1,
            }
            self.answered.insert(id, now);
        }
        may_answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u32) -> IpAddr {
        IpAddr::from((10 << 24 | number).to_be_bytes())
    }

    /// A flood of keys that say so many things each, 430 a second from so many hosts for ten
    /// seconds, beside a newcomer that says five things from the fourth second on. How many were
    /// asked, and after how many tries the newcomer was one of them.
    fn flood(each: u32, hosts: u32, newcomer: IpAddr) -> (usize, Option<usize>) {
        let mut challenges = Challenges::default();
        let (mut asked, mut tries, mut came) = (0, 0, None);
        for number in 0..4300 {
            let now = Duration::from_secs(100) + Duration::from_secs(number.into()) / 430;
            // Those of one round take turns.
            let round = number / (each * 50);
            let key = round * 50 + number % 50;
            let may = challenges.may_ask(Id(1 + key), host(key % hosts), now);
            asked += usize::from(may);
            if number >= 1720 && number % 150 == 0 && tries < 5 && came.is_none() {
                tries += 1;
                let may = challenges.may_ask(Id(1_000_000), newcomer, now);
                came = may.then_some(tries);
            }
        }
        (asked, came)
    }

    #[test]
    fn a_newcomer_is_asked_whatever_keys_shout_from_a_network_or_from_everywhere() {
        for each in [1, 2, 4] {
            for hosts in [150, 250, 10_000] {
                let (asked, came) = flood(each, hosts, host(99_999));
                assert!(came.is_some(), "{each} from {hosts} hosts");
                assert!(asked <= 170, "{each} from {hosts} hosts: {asked}");
            }
            // Also if somebody shouts from its own address before it comes.
            let (_, came) = flood(each, 10_000, host(17));
            assert!(came.is_some(), "{each}");
        }
        // Who says no more than others is asked if its host is new.
        let (_, came) = flood(9, 150, host(99_999));
        assert!(came.is_some());
    }

    #[test]
    fn whoever_answers_takes_nothing_from_the_others() {
        let mut challenges = Challenges::default();
        for number in 0..5000 {
            let (id, at, now) = (Id(number), host(number), Duration::from_secs(1));
            assert!(challenges.may_ask(id, at, now), "{number}");
            challenges.proven(id, at, now);
        }
        // One host that answers for all of its keys is one host.
        let asked = (0..5000)
            .filter(|number| {
                let (id, at, now) = (Id(10_000 + number), host(1), Duration::from_secs(2));
                let may = challenges.may_ask(id, at, now);
                challenges.proven(id, at, now);
                may
            })
            .count();
        assert!(asked <= 50, "{asked}");
        assert!(challenges.asked.len() <= HOSTS_MAX);
        assert!(challenges.refused.order.len() <= MEMBERS_MAX);
    }

    #[test]
    fn each_that_asks_is_answered_once_in_a_while_and_speakers_always() {
        let mut challenges = Challenges::default();
        let mut answers = |by, ids: std::ops::Range<u32>, second| {
            let now = Duration::from_secs(second);
            ids.filter(|id| challenges.may_answer(Id(*id), by, 512, now))
                .count()
        };
        assert_eq!(answers(Challenger::Unknown, 0..9000, 100), 64);
        assert_eq!(answers(Challenger::Member, 10_000..10_400, 101), 400);
        assert_eq!(answers(Challenger::Member, 10_000..10_400, 102), 0);
        assert_eq!(answers(Challenger::Member, 20_000..30_000, 103), 112);
        assert_eq!(answers(Challenger::Speaker, 40_000..40_003, 104), 3);
        assert_eq!(answers(Challenger::Speaker, 40_000..40_003, 105), 0);
        assert_eq!(answers(Challenger::Speaker, 40_000..40_003, 135), 3);
    }
}
