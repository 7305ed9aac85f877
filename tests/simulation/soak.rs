//! Scenarios made up by chance, from fresh seeds, for some time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use roda::protocol::rng::Rng;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

/// How long to look for trouble; `RODA_SOAK_S` sets another time.
const SOAK_S: u64 = 20;

#[test]
fn soak() {
    if let Ok(seed) = std::env::var("RODA_SEED") {
        return live(seed.parse().expect("RODA_SEED is a number"));
    }
    let soak_s = std::env::var("RODA_SOAK_S")
        .ok()
        .and_then(|s| s.parse().ok());
    let start = SystemTime::now();
    let first = start.duration_since(UNIX_EPOCH).unwrap().as_secs() << 16;
    let end = Duration::from_secs(soak_s.unwrap_or(SOAK_S));
    for seed in first.. {
        if start.elapsed().unwrap_or(end) >= end {
            eprintln!("{} seeds from {first} on", seed - first);
            return;
        }
        eprintln!("RODA_SEED={seed} cargo test --test simulation soak -- --nocapture");
        live(seed);
    }
}

/// What it found once, and what was mended then.
#[test]
fn what_soaking_found_does_not_come_back() {
    // One who had pulled half of what was said when its author died kept that half to itself.
    live(117_667_855_204_363);
}

/// One group's life: it talks, and one trouble follows the other.
fn live(seed: u64) {
    let mut rng = Rng::new(seed);
    let members = 2 + rng.below(14) as usize;
    let mut circle = Circle::of(seed, members);
    for _ in 0..1 + rng.below(6) {
        trouble(&mut circle, &mut rng, members);
    }
    circle.settle(SECOND);
    for member in 0..members {
        if circle.world.node(member).is_none() {
            circle.world.start(member).unwrap();
        }
    }
    circle.settle(120 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

fn trouble(circle: &mut Circle, rng: &mut Rng, members: usize) {
    let faults = Faults {
        loss: [0.0, 0.01, 0.05, 0.2, 0.4][rng.below(5) as usize],
        burst: [0.0, 0.0, 4.0, 10.0][rng.below(4) as usize],
        repeat: [0.0, 0.0, 0.1][rng.below(3) as usize],
        holdup: [0.0, 0.0, 0.1][rng.below(3) as usize],
        damage: [0.0, 0.0, 0.02][rng.below(3) as usize],
        delay_max: Duration::from_millis([1, 1, 10, 100][rng.below(4) as usize]),
        ..Faults::NONE
    };
    circle.world.set_faults(faults);
    let somebody = rng.below(members as u64) as usize;
    match rng.below(6) {
        0 => {
            let mask = rng.bits();
            circle
                .world
                .separate(move |member| (mask >> (member % 64) & 1) as u8);
        }
        1 => circle.world.separate(|_| 0),
        2 => circle.world.kill(somebody),
        3 if circle.world.node(somebody).is_none() => circle.world.start(somebody).unwrap(),
        4 => circle
            .world
            .sleep(somebody, rng.between(SECOND, 60 * SECOND)),
        _ => {}
    }
    for _ in 0..rng.below(60) {
        let speaker = rng.below(members as u64) as usize;
        if circle.world.node(speaker).is_some() {
            circle.world.say(speaker);
        }
        circle.world.run(rng.between(Duration::ZERO, SECOND));
    }
}
