//! How fast a giver sends: as fast as the slowest of those who keep up. Loss alone does not slow it
//! down, because a cable that damages a tenth of what it carries does so at any rate; what slows it
//! down is loss that grows with the rate and shrinks with it.

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

/// How often the rate may grow.
const GROWS_EVERY: Duration = Duration::from_millis(100);

/// By what it grows until it was too high for the first time.
const GROWS_BY: f64 = 2.0;

/// By what it grows afterwards, and how often.
const FEELS_BY: f64 = 1.04;
const FEELS_EVERY: Duration = Duration::from_millis(300);

/// Loss that is this much above what is usual for a taker, and above what chance makes of that,
/// shows that the rate is too high.
const LOSS_MARGIN: f64 = 0.02;

/// How many standard deviations are chance.
const CHANCE: f64 = 3.0;

/// The part of what arrives that is sent when it was too much: what waits on its way shall leave.
const DRAINS_BY: f64 = 0.97;

/// How fast what is usual follows loss that becomes less. It becomes more in one case alone: if a
/// lower rate loses as much.
const USUAL_WEIGHT: f64 = 0.125;

/// How long what was sent before a change of the rate still arrives, and is not judged.
const SETTLES_AFTER: Duration = Duration::from_millis(50);

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
    takers: BTreeMap<MemberTag, Taker>,
    /// Loss at which the rate was lowered, the rate before, and whether one was too high earlier.
    lowered: Option<(f64, f64, bool)>,
    has_been_too_high: bool,
    was_used_up: bool,
    grown_at: Duration,
    changed_at: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Taker {
    highest: u32,
    received: u32,
    /// Frames that the last report covers, and which part of them was lost.
    sent: u32,
    loss: f64,
    /// Loss that is usual for it.
    usual: f64,
    /// Frames that arrived in a second.
    rate: f64,
    /// When it reported last, and when the report came that is counted from.
    heard_at: Duration,
    counted_from: Duration,
    /// The time that its reports since then cover.
    within: Duration,
}

impl TakersPace {
    pub(super) fn new(now: Duration) -> Self {
        let mut pace = Self {
            bucket: TokenBucket::new(1.0, BURST_LEAST_BYTES, now),
            takers: BTreeMap::new(),
            lowered: None,
            has_been_too_high: false,
            was_used_up: false,
            grown_at: now,
            changed_at: now,
        };
        pace.set_rate(START_BYTES_PER_S);
        pace
    }

    pub(super) fn bytes_per_s(&self) -> f64 {
        self.bucket.rate_per_s()
    }

    fn set_rate(&mut self, rate: f64) {
        let rate = rate.clamp(LEAST_BYTES_PER_S, MOST_BYTES_PER_S);
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
        taker.loss = 1.0 - f64::from(arrived) / f64::from(sent);
        taker.sent = sent;
        let within = std::mem::take(&mut taker.within);
        taker.rate = f64::from(arrived) / within.as_secs_f64().max(0.005);
        let since = std::mem::replace(&mut taker.counted_from, now);
        if since >= self.changed_at + SETTLES_AFTER && self.keeps_up(member, now) {
            self.judge(now, member);
        }
    }

    /// Whether a taker receives at least a quarter of what the median does.
    pub(super) fn keeps_up(&self, member: MemberTag, now: Duration) -> bool {
        let is_heard = |taker: &&Taker| now < taker.heard_at + SILENT_AFTER && taker.rate > 0.0;
        let mut rates: Vec<f64> = self
            .takers
            .values()
            .filter(is_heard)
            .map(|it| it.rate)
            .collect();
        rates.sort_by(f64::total_cmp);
        let median = rates.get(rates.len() / 2).copied().unwrap_or(0.0);
        let rate = self.takers.get(&member).map_or(0.0, |taker| taker.rate);
        rate == 0.0 || rate >= median * KEEPS_UP
    }

    fn judge(&mut self, now: Duration, member: MemberTag) {
        let rate = self.bucket.rate_per_s();
        let Some(taker) = self.takers.get_mut(&member) else {
            return;
        };
        let loss = taker.loss;
        let chance = (taker.usual.max(loss) / f64::from(taker.sent.max(1))).sqrt() * CHANCE;
        let is_too_high = loss > taker.usual + LOSS_MARGIN + chance;
        match self.lowered.take() {
            // It loses as much at the lower rate: the rate was not the reason.
            Some((before, rate_before, had_been)) if is_too_high && loss > before * 0.6 => {
                taker.usual = loss;
                self.has_been_too_high = had_been;
                self.set_rate(rate_before);
                self.changed_at = now;
            }
            _ if is_too_high => {
                self.lowered = Some((loss, rate, self.has_been_too_high));
                self.has_been_too_high = true;
                let arrives = (1.0 - (loss - taker.usual)).max(0.1);
                self.set_rate(rate * arrives * DRAINS_BY);
                self.changed_at = now;
                self.grown_at = now;
            }
            _ => {
                taker.usual += (loss - taker.usual).min(0.0) * USUAL_WEIGHT;
                self.grow(now);
            }
        }
    }

    fn grow(&mut self, now: Duration) {
        let (every, by) = match self.has_been_too_high {
            true => (FEELS_EVERY, FEELS_BY),
            false => (GROWS_EVERY, GROWS_BY),
        };
        if now < self.grown_at + every || !std::mem::take(&mut self.was_used_up) {
            return;
        }
        self.grown_at = now;
        self.set_rate(self.bucket.rate_per_s() * by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(50);
    const FRAME_BYTES: f64 = 1442.0;

    /// The rate after some steps on a way that carries so much, and loses so much of it.
    fn rate_after(steps: u32, most_bytes_per_s: f64, loss: f64) -> f64 {
        let mut pace = TakersPace::new(Duration::ZERO);
        let member = MemberTag::default();
        let (mut sent, mut arrived) = (0.0, 0.0);
        for step in 1..=steps {
            let now = STEP * step;
            while pace.try_send(FRAME_BYTES as usize, now) {}
            let frames = pace.bytes_per_s() * STEP.as_secs_f64() / FRAME_BYTES;
            let carried = most_bytes_per_s * STEP.as_secs_f64() / FRAME_BYTES;
            sent += frames;
            arrived += frames.min(carried) * (1.0 - loss);
            pace.report(now, member, (sent as u32, arrived as u32), STEP);
        }
        pace.bytes_per_s()
    }

    #[test]
    fn loss_alone_does_not_slow_a_giver() {
        for loss in [0.0, 0.01, 0.05, 0.2] {
            let rate = rate_after(60, f64::INFINITY, loss);
            assert!(rate > 8.0 * START_BYTES_PER_S, "{rate} at {loss}");
        }
    }

    #[test]
    fn what_a_way_carries_is_found() {
        for loss in [0.0, 0.05, 0.2] {
            for most in [1e6, 12.5e6, 50e6] {
                let rate = rate_after(100, most, loss);
                assert!(
                    (0.8..1.15).contains(&(rate / most)),
                    "{rate} of {most}, {loss}"
                );
            }
        }
    }

    #[test]
    fn who_gets_next_to_nothing_does_not_hold_up_the_others() {
        let mut pace = TakersPace::new(Duration::ZERO);
        let tag = |short| MemberTag {
            short,
            session_low: 0,
        };
        for step in 1..=20 {
            let frames = 1000 * step;
            for member in 0..4 {
                let counts = (frames, frames);
                pace.report(STEP * step, tag(member), counts, STEP);
            }
            pace.report(STEP * step, tag(9), (frames, frames / 10), STEP);
        }
        assert!(pace.keeps_up(tag(0), STEP * 20));
        assert!(!pace.keeps_up(tag(9), STEP * 20));
        assert!(pace.bytes_per_s() >= START_BYTES_PER_S);
    }
}
