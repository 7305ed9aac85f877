//! One exchange at a time with one member: asking what it holds, and for what of that is missing
//! here. The frames themselves are received like all durable frames.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::config::{
    EXCHANGE_MAX, EXCHANGE_VAIN_MAX, GRTT_OF_LINK, HISTORY_MESSAGES, INVENTORY_PARTS_MAX,
    PULL_FRAMES, PULL_RETRIES_MAX, PULL_RETRY, SYNC_FRUITLESS, SYNC_SPREAD_PER_MEMBER,
};
use super::pull_order::PullOrder;
use super::roster::Id;
use crate::protocol::rng::Rng;
use crate::protocol::wire::frame::MemberTag;
use crate::protocol::wire::frame::beat::Digest;
use crate::protocol::wire::frame::sync::{FrameName, RUNS_MAX, SequenceRange, Sync as Talk};

/// Upper bound of the differences that are remembered.
const FRUITLESS_MAX: usize = 256;

/// Cookies that are taken in during one exchange: several, because datagrams come twice.
const COOKIES_MAX: u32 = 8;

/// Most frames of one person that one exchange asks for; a further one asks for the rest.
const WANTED_OF_PERSON_MAX: usize = HISTORY_MESSAGES / 4;

/// The exchange under way, and the one that is planned.
#[derive(Debug, Default)]
pub struct Exchanges {
    suspicion: Option<Suspicion>,
    exchange: Option<Exchange>,
    /// With whom the latest exchange was begun.
    latest: Option<Id>,
    /// Differences that an exchange did not resolve, and until when they are ignored.
    fruitless: BTreeMap<u64, Duration>,
    /// How far away those are who are asked.
    reach: Reach,
}

/// How far away those are with whom this member exchanges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// On the same network.
    #[default]
    Near,
    /// At the other end of a link. Whoever asks there as often as here gets all of it several
    /// times, and uses up what may be answered to it.
    Far,
}

impl Reach {
    fn retry(self) -> Duration {
        match self {
            Self::Near => PULL_RETRY,
            Self::Far => GRTT_OF_LINK * 2,
        }
    }

    /// The longest that nothing may come of an exchange.
    fn vain_max(self) -> Duration {
        match self {
            Self::Near => EXCHANGE_VAIN_MAX,
            Self::Far => EXCHANGE_MAX,
        }
    }
}

/// A member's digest differs from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// The member.
    pub peer: Id,
    /// The digest.
    pub digest: Digest,
    at: Duration,
}

/// A dialogue with one member.
#[derive(Debug)]
struct Exchange {
    peer: Id,
    address: SocketAddr,
    reach: Reach,
    from: u64,
    cut: u64,
    began: Duration,
    cookie: u64,
    cookies: u32,
    parts: BTreeSet<u8>,
    parts_count: Option<u8>,
    wanted: BTreeSet<FrameName>,
    asked: BTreeSet<FrameName>,
    order: PullOrder,
    first_after: BTreeMap<MemberTag, u32>,
    retry_at: Duration,
    retries: u32,
    taken: usize,
    horizon: u64,
    difference: u64,
}

/// The result of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeOutcome {
    /// The member asked.
    pub peer: Id,
    /// Where it was asked.
    pub address: SocketAddr,
    /// Whether it answered.
    pub has_answered: bool,
    /// The clock from which on all is held that the other holds; `None` if it was broken off.
    pub horizon: Option<u64>,
    /// The clock up to which it was about.
    pub cut: u64,
    /// How many frames came by it.
    pub taken: usize,
}

/// The effect of a frame that came during an exchange.
#[derive(Debug, Default)]
pub struct Pulled {
    /// Whether the exchange was waiting for it.
    pub was_wanted: bool,
    /// The next request, if it is time for one.
    pub question: Option<(SocketAddr, Talk)>,
}

impl Exchanges {
    /// Those who are asked from now on are at the other end of a link.
    pub(super) fn become_far(&mut self) {
        self.reach = Reach::Far;
    }

    /// Plans an exchange, because a member's digest differs from ours; unless one is planned, or
    /// one about the same difference (the XOR of both digests) brought nothing.
    pub fn suspect(
        &mut self,
        peer: Id,
        (digest, difference): (Digest, u64),
        now: Duration,
        members: usize,
        rng: &mut Rng,
    ) {
        let left_alone = self.fruitless.get(&difference);
        let is_fruitless = left_alone.is_some_and(|until| now < *until);
        if self.suspicion.is_some() || self.exchange.is_some() || is_fruitless {
            return;
        }
        // A random member asks first, and the others hear what is sent again.
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        let spread = SYNC_SPREAD_PER_MEMBER.saturating_mul(members.max(10));
        let at = now + rng.between(Duration::ZERO, spread);
        self.suspicion = Some(Suspicion { peer, digest, at });
    }

    /// The suspicion that is due.
    pub fn pop_suspicion(&mut self, now: Duration) -> Option<Suspicion> {
        self.suspicion.take_if(|suspicion| suspicion.at <= now)
    }

    /// Begins an exchange about what a member holds in `from..cut`.
    pub fn begin(
        &mut self,
        peer: Id,
        address: SocketAddr,
        (from, cut): (u64, u64),
        difference: u64,
        now: Duration,
    ) -> Talk {
        self.latest = Some(peer);
        self.exchange = Some(Exchange {
            peer,
            address,
            reach: self.reach,
            from,
            cut,
            began: now,
            cookie: 0,
            cookies: 0,
            parts: BTreeSet::new(),
            parts_count: None,
            wanted: BTreeSet::new(),
            asked: BTreeSet::new(),
            order: PullOrder::default(),
            first_after: BTreeMap::new(),
            retry_at: now + self.reach.retry(),
            retries: 0,
            taken: 0,
            horizon: from,
            difference,
        });
        let cookie = 0;
        Talk::Ask { cookie, from, cut }
    }

    /// Whether an exchange is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.exchange.is_some()
    }

    /// Whether the latest exchange is with this member: its cookie may come twice.
    #[must_use]
    pub fn is_with(&self, peer: Id) -> bool {
        self.latest == Some(peer)
    }

    /// Takes in the cookie of the member asked; returns what to send to it.
    pub fn cookie(&mut self, peer: Id, cookie: u64, now: Duration) -> Option<Talk> {
        let exchange = self.exchange.as_mut().filter(|e| e.peer == peer)?;
        if exchange.cookies >= COOKIES_MAX {
            return None;
        }
        exchange.cookies += 1;
        exchange.cookie = cookie;
        exchange.moved(now);
        Some(exchange.talk())
    }

    /// Takes in one part of an inventory, of which `lacks` says what is missing here; returns
    /// whether it was the last part.
    pub fn inventory(
        &mut self,
        peer: Id,
        (part, parts): (u8, u8),
        horizon: u64,
        runs: &[SequenceRange],
        now: Duration,
        lacks: impl Fn(FrameName) -> bool,
    ) -> bool {
        let exchange = self.exchange.as_mut().filter(|e| e.peer == peer);
        let Some(exchange) = exchange else {
            return false;
        };
        if usize::from(parts) > INVENTORY_PARTS_MAX || part >= parts || !exchange.parts.insert(part)
        {
            return false;
        }
        // Only what is new is progress.
        exchange.moved(now);
        exchange.parts_count = Some(parts);
        exchange.horizon = exchange.horizon.max(horizon);
        for run in runs {
            let after = exchange.first_after.entry(run.tag()).or_default();
            *after = (*after).max(run.first.saturating_add(run.count));
            exchange.want(run, &lacks);
        }
        exchange.is_listed()
    }

    /// The frames that are missing here, by the inventory.
    #[must_use]
    pub fn wanted(&self) -> Vec<FrameName> {
        let exchange = self.exchange.as_ref();
        exchange.map_or_else(Vec::new, |e| e.wanted.iter().copied().collect())
    }

    /// The first sequence that counts as new, of a member not met yet.
    #[must_use]
    pub fn first_after(&self, tag: MemberTag) -> Option<u32> {
        self.exchange.as_ref()?.first_after.get(&tag).copied()
    }

    /// Whether a frame is one of those that were missing here.
    #[must_use]
    pub fn wants(&self, frame: FrameName) -> bool {
        let exchange = self.exchange.as_ref();
        exchange.is_some_and(|exchange| exchange.wanted.contains(&frame))
    }

    /// Notes that a frame came.
    pub fn took(&mut self, frame: FrameName, now: Duration) -> Pulled {
        let Some(exchange) = self.exchange.as_mut() else {
            return Pulled::default();
        };
        if !exchange.wanted.remove(&frame) {
            return Pulled::default();
        }
        exchange.taken += 1;
        exchange.moved(now);
        let was_asked = exchange.asked.remove(&frame);
        let is_next = was_asked && exchange.asked.is_empty() && !exchange.wanted.is_empty();
        Pulled {
            was_wanted: true,
            question: is_next.then(|| (exchange.address, exchange.talk())),
        }
    }

    /// The next request.
    pub fn ask(&mut self) -> Option<(SocketAddr, Talk)> {
        let exchange = self.exchange.as_mut()?;
        Some((exchange.address, exchange.talk()))
    }

    /// Ends the exchange if all that was wanted has come.
    pub fn finish(&mut self, now: Duration) -> Option<ExchangeOutcome> {
        let is_over = |e: &mut Exchange| e.is_listed() && e.wanted.is_empty();
        let exchange = self.exchange.take_if(is_over)?;
        if exchange.taken == 0 {
            if self.fruitless.len() >= FRUITLESS_MAX {
                self.fruitless.pop_first();
            }
            self.fruitless
                .insert(exchange.difference, now + SYNC_FRUITLESS);
        }
        Some(exchange.outcome())
    }

    /// Ends the exchange; the frames still wanted are asked for in another way.
    pub fn hand_over(&mut self) -> Option<ExchangeOutcome> {
        let exchange = self.exchange.take()?;
        Some(exchange.outcome())
    }

    /// Lets another member go on with the exchange that answers from where this one was asked: the
    /// one that was asked is not there, and has not answered. Returns the one that was asked.
    pub fn hand_to(&mut self, peer: Id, from: SocketAddr) -> Option<Id> {
        let is_unanswered = |e: &&mut Exchange| e.address == from && !e.has_answered();
        let exchange = self.exchange.as_mut().filter(is_unanswered)?;
        self.latest = Some(peer);
        Some(std::mem::replace(&mut exchange.peer, peer))
    }

    /// Repeats the request if nothing came for a while, or gives up: after `silent_retries` if
    /// there was no answer at all.
    pub fn retry(
        &mut self,
        now: Duration,
        silent_retries: impl FnOnce() -> u32,
    ) -> Option<Result<(SocketAddr, Talk), ExchangeOutcome>> {
        let is_due = |e: &&mut Exchange| e.retry_at <= now || e.ends_at() <= now;
        let exchange = self.exchange.as_mut().filter(is_due)?;
        exchange.retries += 1;
        exchange.retry_at = now + exchange.reach.retry() * (1 + exchange.retries);
        let retries = match exchange.has_answered() {
            true => PULL_RETRIES_MAX,
            false => silent_retries(),
        };
        if exchange.retries <= retries && now < exchange.ends_at() {
            return Some(Ok((exchange.address, exchange.talk())));
        }
        let outcome = exchange.outcome();
        self.exchange = None;
        Some(Err(ExchangeOutcome {
            horizon: None,
            ..outcome
        }))
    }

    /// When something is due.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        let suspicion = self.suspicion.map(|suspicion| suspicion.at);
        let exchange = self.exchange.as_ref();
        let retry = exchange.map(|exchange| exchange.retry_at.min(exchange.ends_at()));
        [suspicion, retry].into_iter().flatten().min()
    }
}

impl Exchange {
    /// Adds the frames of a range that are missing here. A liar's inventory is cut: a member holds
    /// no more than its history.
    fn want(&mut self, run: &SequenceRange, lacks: &impl Fn(FrameName) -> bool) {
        let name = |session, sequence| FrameName {
            short: run.short,
            session,
            sequence,
        };
        let of_person = name(0, 0)..=name(u64::MAX, u32::MAX);
        let room = HISTORY_MESSAGES.saturating_sub(self.wanted.len());
        let of_person = match self.wanted.len() < WANTED_OF_PERSON_MAX {
            true => 0,
            false => self.wanted.range(of_person).count(),
        };
        let room = room.min(WANTED_OF_PERSON_MAX.saturating_sub(of_person));
        // What is here already takes no room; a claim of millions is not looked through.
        let listed = run.frames().take(HISTORY_MESSAGES);
        let lacked = listed.filter(|wanted| lacks(*wanted));
        self.wanted.extend(lacked.take(room));
    }

    /// The result, if the inventory is complete.
    fn outcome(&self) -> ExchangeOutcome {
        ExchangeOutcome {
            peer: self.peer,
            address: self.address,
            has_answered: self.has_answered(),
            horizon: Some(self.horizon),
            cut: self.cut,
            taken: self.taken,
        }
    }

    /// When it ends, whatever the other one still has.
    fn ends_at(&self) -> Duration {
        match self.has_answered() && self.taken == 0 {
            true => self.began + self.reach.vain_max(),
            false => self.began + EXCHANGE_MAX,
        }
    }

    /// Whether there was any answer.
    fn has_answered(&self) -> bool {
        self.cookies > 0 || self.parts_count.is_some()
    }

    fn moved(&mut self, now: Duration) {
        self.retries = 0;
        self.retry_at = now + self.reach.retry();
    }

    /// Whether the inventory is complete.
    fn is_listed(&self) -> bool {
        self.parts_count
            .is_some_and(|parts| self.parts.len() >= usize::from(parts))
    }

    /// The next request: for the inventory, or for the first frames wanted.
    fn talk(&mut self) -> Talk {
        let &mut Self {
            cookie, from, cut, ..
        } = self;
        if !self.is_listed() {
            return Talk::Ask { cookie, from, cut };
        }
        let next = self.order.next(&self.wanted, PULL_FRAMES);
        let runs = SequenceRange::of(next.into_iter(), RUNS_MAX);
        self.asked = runs.iter().flat_map(SequenceRange::frames).collect();
        Talk::Want { cookie, runs }
    }
}
