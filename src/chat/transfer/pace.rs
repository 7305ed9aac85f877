//! How fast a giver sends: as fast as the slowest of those who keep up. Loss alone does not slow it
//! down, because a cable that damages a tenth of what it carries does so at any rate; what slows it
//! down is loss that grows with the rate and shrinks with it.
//!
//! A rate is tried until enough takers have reported what arrives of it. If nobody loses more than
//! is usual, a higher one is tried. If somebody does, a lower one is: if as much is lost there, the
//! loss is usual from then on, for all who report it, and the rate is what it was.
//!
//! At the beginning nothing is usual yet. Loss is doubted there by a higher rate: if more arrives
//! of it, the loss is usual; if not, the way carries no more than arrived.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::protocol::rate::TokenBucket;
use crate::protocol::wire::frame::MemberTag;

/// The rate that a giver begins with, in bytes a second: what any cable carries.
const START_BYTES_PER_S: f64 = 8e6;

/// The least rate, in bytes a second.
const LEAST_BYTES_PER_S: f64 = 100e3;

/// The highest rate, in bytes a second: ten gigabits.
const MOST_BYTES_PER_S: f64 = 1.25e9;

/// How long a rate is tried until it was too high for the first time, and by what it grows then.
const GROWS_EVERY: Duration = Duration::from_millis(60);
const GROWS_BY: f64 = 4.0;

/// The same afterwards.
const FEELS_EVERY: Duration = Duration::from_millis(250);
const FEELS_BY: f64 = 1.04;

/// Loss that is this much above what is usual for a taker, and above what chance makes of that,
/// shows that the rate may be too high.
const LOSS_MARGIN: f64 = 0.015;

/// Loss that is taken as usual while the rate still grows fast: if it was not, the next rate loses
/// much more, and the one after that less.
const GROWS_WITH: f64 = 0.08;

/// More than that is doubted at the beginning, unless it is more than this.
const DOUBTED_LOSS_MAX: f64 = 0.6;

/// By how much more must arrive of the higher rate, if the lower one was not the reason.
const ARRIVES_MORE: f64 = 1.25;

/// How many standard deviations are chance, for one taker. The worst of many is further off.
const CHANCE: f64 = 3.0;
const CHANCE_OF_MANY: f64 = 2.5;

/// The part of what arrives that is sent when it was too much: what waits on its way shall leave.
const DRAINS_BY: f64 = 0.97;

/// The part of the unusual loss that stays at a lower rate if the rate was not the reason.
const STAYS: f64 = 0.6;

/// How fast what is usual follows loss that becomes less. It becomes more in one case alone: if a
/// lower rate loses as much.
const USUAL_WEIGHT: f64 = 0.3;

/// How many standard deviations less than usual are chance: if each of them counted, what is usual
/// would become ever less, and what chance loses would slow the giver.
const CHANCE_OF_LESS: f64 = 1.5;

/// Over about how many frames what is seen of a taker's loss is a mean: fewer say little, and of
/// many takers the worst would always seem to lose more than it does.
const SEEN_FRAMES: f64 = 2048.0;

/// Loss above what is usual that is still counted in ahead.
const UNUSUAL_MAX: f64 = 0.1;

/// How long what was sent before a change of the rate still arrives, and is not judged.
const SETTLES_AFTER: Duration = Duration::from_millis(50);

/// A rate is judged once all takers have said what arrives of it; after so many times its time,
/// once half of them have, or so many.
const PATIENCE: u32 = 4;
const JUDGES_MAX: usize = 8;

/// A taker that receives less than this part of the median does not keep up.
const KEEPS_UP: f64 = 0.25;

/// Fewer frames than this say nothing about the rate; a report about them is joined with the next.
const FRAMES_LEAST: u32 = 128;

/// A taker of which nothing was heard for so long is not waited for.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// Most takers whose rates are known.
const TAKERS_MAX: usize = 512;

/// How long a rate may be made up for at once.
const BURST: Duration = Duration::from_millis(2);

/// The least burst, in bytes.
const BURST_LEAST_BYTES: f64 = 16.0 * 1442.0;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct TakersPace {
    bucket: TokenBucket,
    /// The highest rate that makes sense: no more may leave.
    most_bytes_per_s: f64,
    takers: BTreeMap<MemberTag, Taker>,
    /// The rate is lower than before, to see whether as much is lost then.
    test: Option<Test>,
    /// The rate is higher than before, to see whether more arrives then; and whether that was done.
    doubt: Option<Doubt>,
    has_doubted: bool,
    has_been_too_high: bool,
    was_used_up: bool,
    /// From when on what is sent at the present rate arrives.
    judged_from: Duration,
}

/// Loss at a rate of the beginning.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    taker: MemberTag,
    /// What arrived of that rate, in bytes a second.
    arrived_bytes_per_s: f64,
}

/// A rate that may have been too high.
#[derive(Clone, Copy, Debug)]
struct Test {
    rate: f64,
    had_been_too_high: bool,
    /// Whose loss was unusual, and by how much.
    taker: MemberTag,
    excess: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Taker {
    highest: u32,
    received: u32,
    /// Frames of the present rate that its reports cover, and how many of them arrived.
    sent: u32,
    arrived: u32,
    /// Loss that is usual for it, and that was seen lately.
    usual: f64,
    seen: Option<f64>,
    /// What was usual before a doubt.
    doubted_usual: f64,
    /// Frames that arrived in a second.
    rate: f64,
    /// When it reported last, and when the report came that is counted from.
    heard_at: Duration,
    counted_from: Duration,
    /// The time that its reports since then cover.
    within: Duration,
}

impl Taker {
    fn is_heard(&self, now: Duration) -> bool {
        now < self.heard_at + SILENT_AFTER
    }

    /// Loss at the present rate.
    fn loss(&self) -> f64 {
        1.0 - f64::from(self.arrived.min(self.sent)) / f64::from(self.sent.max(1))
    }

    /// By how much that is above what is usual, and how far that is beyond chance.
    fn excess(&self, chance: f64) -> (f64, f64) {
        let excess = self.loss() - self.usual;
        (excess, excess - LOSS_MARGIN - chance * self.deviation())
    }

    /// The standard deviation of the loss.
    fn deviation(&self) -> f64 {
        (self.loss().max(self.usual) / f64::from(self.sent.max(1))).sqrt()
    }

    /// The part that arrives, of what arrives when as much is lost as is usual.
    fn arrives(&self, usual: f64) -> f64 {
        (1.0 - self.loss()) / (1.0 - usual).max(0.1)
    }
}

impl TakersPace {
    /// Begins; `most_bytes_per_s` may leave at all.
    pub(super) fn new(now: Duration, most_bytes_per_s: f64) -> Self {
        let mut pace = Self {
            bucket: TokenBucket::new(1.0, BURST_LEAST_BYTES, now),
            most_bytes_per_s: most_bytes_per_s.clamp(LEAST_BYTES_PER_S, MOST_BYTES_PER_S),
            takers: BTreeMap::new(),
            test: None,
            doubt: None,
            has_doubted: false,
            has_been_too_high: false,
            was_used_up: false,
            judged_from: now,
        };
        pace.set_rate(START_BYTES_PER_S);
        pace
    }

    pub(super) fn bytes_per_s(&self) -> f64 {
        self.bucket.rate_per_s()
    }

    /// The part of what is sent that the worst of those who keep up is likely to lose.
    pub(super) fn expected_loss(&self, now: Duration) -> f64 {
        let least = self.median_rate(now) * KEEPS_UP;
        let heard = self.takers.values();
        let heard = heard.filter(|taker| taker.is_heard(now) && taker.rate >= least);
        let losses = heard.map(|taker| {
            let seen = taker.seen.unwrap_or(0.0);
            seen.min(taker.usual + UNUSUAL_MAX)
        });
        losses.fold(0.0, f64::max)
    }

    fn set_rate(&mut self, rate: f64) {
        let rate = rate.clamp(LEAST_BYTES_PER_S, self.most_bytes_per_s);
        let burst = (rate * BURST.as_secs_f64()).max(BURST_LEAST_BYTES);
        self.bucket.set_rate(rate, burst);
    }

    /// Whether so many bytes may leave now; they are taken as sent.
    pub(super) fn try_send(&mut self, bytes: usize, now: Duration) -> bool {
        let may = self.bucket.try_spend(bytes as f64, now);
        self.was_used_up |= !may;
        may
    }

    pub(super) fn next_time(&self, bytes: usize) -> Duration {
        self.bucket.available_at(bytes as f64)
    }

    /// Takes in how much of the stream a taker has received.
    pub(super) fn report(
        &mut self,
        now: Duration,
        member: MemberTag,
        (highest, received): (u32, u32),
        within: Duration,
    ) {
        if !self.takers.contains_key(&member) && self.takers.len() >= TAKERS_MAX {
            return;
        }
        let taker = self.takers.entry(member).or_default();
        let is_first = taker.heard_at == Duration::ZERO;
        taker.heard_at = now;
        let sent = highest.saturating_sub(taker.highest);
        let arrived = received.saturating_sub(taker.received).min(sent);
        if highest < taker.highest || received < taker.received || is_first {
            (taker.highest, taker.received) = (highest, received);
            (taker.counted_from, taker.within) = (now, Duration::ZERO);
            return;
        }
        taker.within += within;
        if sent < FRAMES_LEAST {
            return;
        }
        (taker.highest, taker.received) = (highest, received);
        let loss = 1.0 - f64::from(arrived) / f64::from(sent);
        let seen = taker.seen.unwrap_or(loss);
        let weight = f64::from(sent) / (f64::from(sent) + SEEN_FRAMES);
        taker.seen = Some(seen + (loss - seen) * weight);
        let within = std::mem::take(&mut taker.within);
        taker.rate = f64::from(arrived) / within.as_secs_f64().max(0.005);
        let since = std::mem::replace(&mut taker.counted_from, now);
        if since >= self.judged_from {
            taker.sent = taker.sent.saturating_add(sent);
            taker.arrived = taker.arrived.saturating_add(arrived);
        }
        self.judge(now);
    }

    /// Whether a taker receives at least a quarter of what the median does.
    pub(super) fn keeps_up(&self, member: MemberTag, now: Duration) -> bool {
        let rate = self.takers.get(&member).map_or(0.0, |taker| taker.rate);
        rate == 0.0 || rate >= self.median_rate(now) * KEEPS_UP
    }

    /// Frames that arrive in a second at the median of those who are heard.
    fn median_rate(&self, now: Duration) -> f64 {
        let heard = self.takers.values();
        let heard = heard.filter(|taker| taker.is_heard(now) && taker.rate > 0.0);
        let mut rates: Vec<f64> = heard.map(|it| it.rate).collect();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or(0.0)
    }

    /// Judges the present rate once it is known what arrives of it.
    fn judge(&mut self, now: Duration) {
        let every = match self.has_been_too_high {
            true => FEELS_EVERY,
            false => GROWS_EVERY,
        };
        if now < self.judged_from + every {
            return;
        }
        let least = self.median_rate(now) * KEEPS_UP;
        let (mut heard, mut counted) = (0, Vec::new());
        for (member, taker) in &self.takers {
            let is_judge = taker.is_heard(now) && taker.rate >= least;
            heard += usize::from(is_judge);
            if is_judge && taker.sent >= FRAMES_LEAST {
                counted.push(*member);
            }
        }
        let enough = match now < self.judged_from + every * PATIENCE {
            true => heard,
            false => heard.div_ceil(2).min(JUDGES_MAX),
        };
        if counted.len() < enough.max(1) {
            return;
        }
        match self.test.take() {
            Some(test) if counted.contains(&test.taker) => self.end_test(now, &test, &counted),
            // Whoever had lost so much is not heard any more.
            Some(test) if !self.is_waited_for(test.taker, now) => self.change(now, test.rate),
            Some(test) => self.test = Some(test),
            None => self.feel(now, &counted),
        }
    }

    fn is_waited_for(&self, member: MemberTag, now: Duration) -> bool {
        let taker = self.takers.get(&member);
        taker.is_some_and(|taker| taker.is_heard(now)) && self.keeps_up(member, now)
    }

    /// Looks whether somebody loses more than is usual; otherwise sends faster.
    fn feel(&mut self, now: Duration, counted: &[MemberTag]) {
        if let Some(doubt) = self.doubt.take()
            && let Some(rate) = self.confirmed(&doubt, counted)
        {
            self.has_been_too_high = true;
            self.forget_seen();
            return self.change(now, rate);
        }
        let chance = match counted.len() {
            1 => CHANCE,
            many => CHANCE_OF_MANY + (2.0 * (many as f64).ln()).sqrt(),
        };
        let excesses = counted.iter().filter_map(|member| {
            let (excess, beyond) = self.takers.get(member)?.excess(chance);
            Some((*member, excess, beyond))
        });
        let worst = excesses.max_by(|one, other| one.2.total_cmp(&other.2));
        let rate = self.bucket.rate_per_s();
        let is_small = |excess: f64| !self.has_been_too_high && excess < GROWS_WITH;
        let worst = worst.filter(|(_, excess, beyond)| *beyond > 0.0 && !is_small(*excess));
        if let Some((taker, excess, _)) = worst {
            let arrives = self.takers.get(&taker);
            let arrives = arrives.map_or(1.0, |taker| taker.arrives(taker.usual));
            let may_doubt = !self.has_been_too_high && !self.has_doubted;
            if may_doubt && excess < DOUBTED_LOSS_MAX && rate * 2.0 <= self.most_bytes_per_s {
                let arrived_bytes_per_s = rate * arrives;
                return self.doubt(now, (taker, arrived_bytes_per_s), counted);
            }
            self.test = Some(Test {
                rate,
                had_been_too_high: self.has_been_too_high,
                taker,
                excess,
            });
            self.has_been_too_high = true;
            self.forget_seen();
            return self.change(now, rate * arrives.max(0.1) * DRAINS_BY);
        }
        self.follow(counted);
        if !self.has_been_too_high {
            self.settle(counted);
        }
        let by = match (
            std::mem::take(&mut self.was_used_up),
            self.has_been_too_high,
        ) {
            (false, _) => 1.0,
            (true, false) => GROWS_BY,
            (true, true) => FEELS_BY,
        };
        self.change(now, rate * by);
    }

    /// Counts in nothing ahead of what was lost because too much was sent.
    fn forget_seen(&mut self) {
        for taker in self.takers.values_mut() {
            taker.seen = taker.seen.map(|seen| seen.min(taker.usual));
        }
    }

    /// Takes a loss as usual until a higher rate has shown whether the rate is the reason.
    fn doubt(
        &mut self,
        now: Duration,
        (taker, arrived_bytes_per_s): (MemberTag, f64),
        counted: &[MemberTag],
    ) {
        for taker in self.takers.values_mut() {
            taker.doubted_usual = taker.usual;
        }
        self.settle(counted);
        self.has_doubted = true;
        self.doubt = Some(Doubt {
            taker,
            arrived_bytes_per_s,
        });
        self.change(now, self.bucket.rate_per_s() * GROWS_BY);
    }

    /// What the way carries, if no more arrives of a higher rate: then nothing of the loss was
    /// usual.
    fn confirmed(&mut self, doubt: &Doubt, counted: &[MemberTag]) -> Option<f64> {
        let taker = self.takers.get(&doubt.taker);
        let taker = taker.filter(|_| counted.contains(&doubt.taker))?;
        let arrives = taker.arrives(taker.doubted_usual);
        let arrived_bytes_per_s = self.bucket.rate_per_s() * arrives;
        if arrived_bytes_per_s >= doubt.arrived_bytes_per_s * ARRIVES_MORE {
            return None;
        }
        for taker in self.takers.values_mut() {
            taker.usual = taker.doubted_usual;
        }
        Some(arrived_bytes_per_s.min(doubt.arrived_bytes_per_s) * DRAINS_BY)
    }

    /// Judges a loss by what a lower rate has lost.
    fn end_test(&mut self, now: Duration, test: &Test, counted: &[MemberTag]) {
        let taker = self.takers.get(&test.taker);
        let stays = taker.is_some_and(|it| it.loss() > it.usual + test.excess * STAYS);
        if !stays {
            self.follow(counted);
            return self.change(now, self.bucket.rate_per_s());
        }
        // The rate was not the reason, for nobody.
        self.settle(counted);
        self.has_been_too_high = test.had_been_too_high;
        self.change(now, test.rate);
    }

    /// Takes what is lost now as usual.
    fn settle(&mut self, counted: &[MemberTag]) {
        let losses = counted.iter().filter_map(|member| self.takers.get(member));
        let most = losses.map(Taker::loss).fold(0.0, f64::max);
        for (member, taker) in &mut self.takers {
            let loss = match counted.contains(member) {
                true => taker.loss(),
                false => taker.seen.unwrap_or(0.0).min(most),
            };
            taker.usual = taker.usual.max(loss);
        }
    }

    /// Notes that less is lost than was usual.
    fn follow(&mut self, counted: &[MemberTag]) {
        for member in counted {
            if let Some(taker) = self.takers.get_mut(member) {
                let least = taker.loss() + CHANCE_OF_LESS * taker.deviation();
                taker.usual += (least - taker.usual).min(0.0) * USUAL_WEIGHT;
            }
        }
    }

    /// Tries a rate from now on.
    fn change(&mut self, now: Duration, rate: f64) {
        self.set_rate(rate);
        self.judged_from = now + SETTLES_AFTER;
        for taker in self.takers.values_mut() {
            (taker.sent, taker.arrived) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests;
