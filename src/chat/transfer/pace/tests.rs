//! Tests of the pace.

use super::*;
use crate::protocol::rng::Rng;

const STEP: Duration = Duration::from_millis(50);
const FRAME_BYTES: f64 = 1442.0;

/// The rate after some steps on a way that carries so much, and loses so much of it.
fn rate_after(steps: u32, most_bytes_per_s: f64, loss: f64) -> f64 {
    let mut pace = TakersPace::new(Duration::ZERO, MOST_BYTES_PER_S);
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
fn loss_that_is_there_from_the_beginning_costs_no_time() {
    for loss in [0.0, 0.05, 0.2, 0.4] {
        let rate = rate_after(7, f64::INFINITY, loss);
        assert!(rate >= 16.0 * START_BYTES_PER_S, "{rate} at {loss}");
    }
}

#[test]
fn no_more_is_tried_than_may_leave_at_all() {
    let mut pace = TakersPace::new(Duration::ZERO, 20e6);
    for step in 1..=20 {
        while pace.try_send(FRAME_BYTES as usize, STEP * step) {}
        let counts = (1000 * step, 1000 * step);
        pace.report(STEP * step, MemberTag::default(), counts, STEP);
    }
    assert!((pace.bytes_per_s() - 20e6).abs() < 1.0);
}

#[test]
fn what_a_way_carries_is_found() {
    for loss in [0.0, 0.05, 0.2] {
        for most in [1e6, 6e6, 12.5e6, 50e6] {
            let rate = rate_after(100, most, loss);
            assert!(
                (0.8..1.15).contains(&(rate / most)),
                "{rate} of {most}, {loss}"
            );
        }
    }
}

/// The least rate in the second half of some seconds, for takers that lose by chance.
fn least_rate(takers: u64, most_bytes_per_s: f64, loss: f64) -> f64 {
    let (mut pace, mut rng) = (
        TakersPace::new(Duration::ZERO, MOST_BYTES_PER_S),
        Rng::new(takers),
    );
    let tag = |short| MemberTag {
        short,
        session_low: 0,
    };
    let (mut sent, mut arrived) = (0, vec![0_u32; takers as usize]);
    let (steps, mut least) = (160, f64::INFINITY);
    for step in 1..=steps {
        let now = STEP * step;
        while pace.try_send(FRAME_BYTES as usize, now) {}
        let frames = |rate: f64| (rate * STEP.as_secs_f64() / FRAME_BYTES) as u32;
        let carried = frames(most_bytes_per_s.min(pace.bytes_per_s()));
        sent += frames(pace.bytes_per_s());
        for (member, arrived) in (0..).zip(&mut arrived) {
            *arrived += (0..carried).filter(|_| rng.unit() >= loss).count() as u32;
            let at = now + Duration::from_millis(member);
            pace.report(at, tag(member), (sent, *arrived), STEP);
        }
        if step > steps / 2 {
            least = least.min(pace.bytes_per_s());
        }
    }
    least
}

#[test]
fn chance_does_not_slow_a_giver_of_one_or_many() {
    for takers in [1, 3, 10] {
        for loss in [0.01, 0.05, 0.2] {
            let least = least_rate(takers, 12.5e6, loss);
            assert!(least > 0.85 * 12.5e6, "{least} for {takers} at {loss}");
        }
    }
}

#[test]
fn who_gets_next_to_nothing_does_not_hold_up_the_others() {
    let mut pace = TakersPace::new(Duration::ZERO, MOST_BYTES_PER_S);
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
