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

/// By what it grows afterwards.
const FEELS_BY: f64 = 1.08;

/// Loss that is this much above what is usual for a taker shows that the rate is too high.
const LOSS_MARGIN: f64 = 0.08;

/// How long what was sent before a change of the rate still arrives, and is not judged.
const SETTLES_AFTER: Duration = Duration::from_millis(50);

/// A taker that receives less than this part of the median does not keep up.
const KEEPS_UP: f64 = 0.25;

/// A report that covers fewer frames than this says nothing about the rate.
const FRAMES_LEAST: u32 = 24;

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
    /// Loss at which the rate was lowered, and the rate before.
    lowered: Option<(f64, f64)>,
    has_been_too_high: bool,
    was_used_up: bool,
    grown_at: Duration,
    changed_at: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Taker {
    highest: u32,
    received: u32,
    /// Part of what was sent that arrived, of the last report.
    loss: f64,
    /// Loss that is usual for it.
    usual: f64,
    /// Frames that arrived in a second.
    rate: f64,
    /// When it reported last, and when the report came that is counted from.
    heard_at: Duration,
    counted_from: Duration,
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
            taker.counted_from = now;
            return;
        }
        if sent < FRAMES_LEAST {
            return;
        }
        (taker.highest, taker.received) = (highest, received);
        taker.loss = 1.0 - f64::from(arrived) / f64::from(sent);
        taker.usual = taker.usual.min(taker.loss);
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
        let is_too_high = loss > taker.usual + LOSS_MARGIN;
        match self.lowered.take() {
            // It loses as much at the lower rate: the rate was not the reason.
            Some((before, rate_before)) if is_too_high && loss > before * 0.6 => {
                taker.usual = loss;
                self.set_rate(rate_before);
                self.changed_at = now;
            }
            _ if is_too_high => {
                self.lowered = Some((loss, rate));
                self.has_been_too_high = true;
                let arrives = (1.0 - (loss - taker.usual)).max(0.1);
                self.set_rate(rate * arrives);
                self.changed_at = now;
                self.grown_at = now;
            }
            _ => self.grow(now),
        }
    }

    fn grow(&mut self, now: Duration) {
        if now < self.grown_at + GROWS_EVERY || !std::mem::take(&mut self.was_used_up) {
            return;
        }
        self.grown_at = now;
        let by = if self.has_been_too_high {
            FEELS_BY
        } else {
            GROWS_BY
        };
        self.set_rate(self.bucket.rate_per_s() * by);
    }
}
