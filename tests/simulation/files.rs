//! Files on pretend networks: from one to many, at any loss, while members come, die and lie.

use std::time::Duration;

use crate::circle::{Circle, SECOND};
use roda::chat::event::News;
use roda::chat::transfer::disk::DiskFault;
use roda::chat::transfer::event::{FilesEvent, Stage, TransferFault};
use roda::chat::transfer::{BLOCK_BYTES, OfferId};
use roda::protocol::rng::Rng;
use roda::sim::link::Faults;

/// Length of a symbol here, in bytes.
const SYMBOL_BYTES: usize = 1344;

fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    (0..length).map(|_| rng.bits() as u8).collect()
}

/// How many symbols a content is, with its index.
fn symbols(length: usize) -> u64 {
    let blocks = length.div_ceil(BLOCK_BYTES as usize);
    let index = if blocks > 1 { blocks * 32 } else { 0 };
    (length.div_ceil(SYMBOL_BYTES) + index.div_ceil(SYMBOL_BYTES)) as u64
}

/// Lets time pass until members have a file, for at most so long; how long it took.
fn wait_for(circle: &mut Circle, takers: &[usize], file: OfferId, most: Duration) -> Duration {
    let step = SECOND / 20;
    let mut waited = Duration::ZERO;
    while takers
        .iter()
        .any(|taker| circle.world.file(*taker, file).is_none())
    {
        assert!(waited < most, "after {waited:?} somebody lacks it");
        circle.world.run(step);
        waited += step;
    }
    waited
}

fn expect_equal(circle: &Circle, takers: &[usize], file: OfferId, bytes: &[u8]) {
    for taker in takers {
        let held = circle.world.file(*taker, file);
        assert_eq!(held.as_deref(), Some(bytes), "{taker} has something else");
    }
}

/// The events about files that a member was told.
fn told(circle: &Circle, member: usize) -> Vec<FilesEvent> {
    let told = circle.world.ledger().told(member).iter();
    let files = told.filter_map(|news| match news {
        News::Files(event) => Some((**event).clone()),
        _ => None,
    });
    files.collect()
}

#[test]
fn one_file_reaches_all_who_take_it_at_any_loss() {
    let block = BLOCK_BYTES as usize;
    let rows = [
        (1, 0.0, 1, 1.0),
        (1, 0.0, block - 1, 1.01),
        (1, 0.01, 3 * block, 1.1),
        (1, 0.2, 3 * block, 1.6),
        (3, 0.0, 3 * block, 1.01),
        (3, 0.05, 3 * block, 1.25),
        (3, 0.2, 2 * block + 7, 1.8),
        (30, 0.02, 2 * block, 1.25),
    ];
    for (number, (takers, loss, length, most)) in rows.into_iter().enumerate() {
        let mut circle = Circle::of(number as u64, takers + 2);
        circle.world.set_faults(Faults::losing(loss));
        let bytes = content(number as u64, length);
        let file = circle.world.give(0, "mapa.png", &bytes).unwrap();
        circle.world.run(2 * SECOND);
        circle.world.take_traffic();
        let takers: Vec<usize> = (1..=takers).collect();
        for taker in &takers {
            circle.world.take(*taker, file);
        }
        wait_for(&mut circle, &takers, file, 30 * SECOND);
        circle.world.run(10 * SECOND);
        expect_equal(&circle, &takers, file, &bytes);
        let sent = circle.world.take_traffic().symbols();
        let most = (symbols(length) as f64 * most).ceil() as u64;
        assert!(sent <= most, "row {number}: {sent} symbols, at most {most}");
        let bystander = takers.len() + 1;
        assert!(!circle.world.is_in_files(bystander), "it takes nothing");
        let all_in = (0..=takers.len()).any(|member| circle.world.is_in_files(member));
        assert!(!all_in, "row {number}: nobody takes anything any more");
        assert_eq!(circle.world.file(bystander, file), None);
        let all_have = told(&circle, 0)
            .into_iter()
            .rev()
            .find_map(|event| match event {
                FilesEvent::AllHave(state) => Some(state.takers.len()),
                _ => None,
            });
        assert_eq!(all_have, Some(takers.len()), "row {number}");
    }
}

#[test]
fn three_hundred_take_a_file_for_little_more_than_its_symbols() {
    let mut circle = Circle::of(41, 301);
    circle.world.set_faults(Faults::losing(0.02));
    let length = BLOCK_BYTES as usize;
    let bytes = content(41, length);
    let file = circle.world.give(0, "mapa.png", &bytes).unwrap();
    circle.world.run(5 * SECOND);
    circle.world.take_traffic();
    let takers: Vec<usize> = (1..=300).collect();
    takers
        .iter()
        .for_each(|taker| circle.world.take(*taker, file));
    wait_for(&mut circle, &takers, file, 60 * SECOND);
    expect_equal(&circle, &takers, file, &bytes);
    let sent = circle.world.take_traffic().symbols();
    let most = symbols(length) * 5 / 4;
    assert!(sent <= most, "{sent} symbols, at most {most}");
}

#[test]
fn others_who_have_it_give_it_when_its_author_is_gone() {
    let mut circle = Circle::of(42, 5);
    circle.world.set_faults(Faults::losing(0.05));
    let bytes = content(42, 12 * BLOCK_BYTES as usize);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.run(2 * SECOND);
    circle.world.take(1, file);
    circle.world.take(2, file);
    // Somewhere in the middle the author's cable is pulled.
    while circle.world.blocks_of_part(1, file) < 6 {
        circle.world.run(SECOND / 100);
    }
    circle.world.kill(0);
    circle.world.run(5 * SECOND);
    assert!(circle.world.file(1, file).is_none(), "too late for a test");
    // What one of the two lacks the other may have; neither has all.
    circle.world.start(0).unwrap();
    wait_for(&mut circle, &[1, 2], file, 60 * SECOND);
    circle.world.kill(0);
    circle.world.run(SECOND);
    // Somebody comes late, and the author is gone for good.
    circle.world.take(3, file);
    wait_for(&mut circle, &[3], file, 60 * SECOND);
    let late = circle.world.join("late").unwrap();
    circle.world.run(20 * SECOND);
    circle.world.take(late, file);
    wait_for(&mut circle, &[late], file, 60 * SECOND);
    expect_equal(&circle, &[1, 2, 3, late], file, &bytes);
}

#[test]
fn somebody_who_comes_near_the_end_costs_the_others_nothing() {
    let mut circle = Circle::of(43, 4);
    let bytes = content(43, 12 * BLOCK_BYTES as usize);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.run(2 * SECOND);
    circle.world.take(1, file);
    while circle.world.blocks_of_part(1, file) < 10 {
        circle.world.run(SECOND / 200);
    }
    circle.world.take(2, file);
    let first = wait_for(&mut circle, &[1], file, 5 * SECOND);
    assert!(first < SECOND, "{first:?}");
    wait_for(&mut circle, &[2], file, 10 * SECOND);
    expect_equal(&circle, &[1, 2], file, &bytes);
}

#[test]
fn who_loses_a_fifth_does_not_hold_up_ten_who_lose_nothing() {
    let time = |loss| {
        let mut circle = Circle::of(44, 13);
        circle.world.set_loss(11, loss);
        let bytes = content(44, 6 * BLOCK_BYTES as usize);
        let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
        circle.world.run(2 * SECOND);
        (1..=11).for_each(|taker| circle.world.take(taker, file));
        let others: Vec<usize> = (1..=10).collect();
        let time = wait_for(&mut circle, &others, file, 30 * SECOND);
        wait_for(&mut circle, &[11], file, 30 * SECOND);
        expect_equal(&circle, &[11], file, &bytes);
        time
    };
    let (without, with) = (time(0.0), time(0.2));
    assert!(with <= without * 2, "{with:?} instead of {without:?}");
}

#[test]
fn what_was_written_is_not_taken_again_after_a_death() {
    let mut circle = Circle::of(45, 3);
    let length = 12 * BLOCK_BYTES as usize;
    let bytes = content(45, length);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.run(2 * SECOND);
    circle.world.take(1, file);
    while circle.world.blocks_of_part(1, file) < 8 {
        circle.world.run(SECOND / 200);
    }
    circle.world.kill(1);
    circle.world.run(10 * SECOND);
    circle.world.start(1).unwrap();
    circle.world.run(10 * SECOND);
    circle.world.take_traffic();
    circle.world.take(1, file);
    wait_for(&mut circle, &[1], file, 30 * SECOND);
    expect_equal(&circle, &[1], file, &bytes);
    let sent = circle.world.take_traffic().symbols();
    assert!(sent < symbols(length) / 2, "{sent} symbols");
}

#[test]
fn a_disk_that_is_full_is_told() {
    let mut circle = Circle::of(46, 2);
    let bytes = content(46, 3 * BLOCK_BYTES as usize);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.run(2 * SECOND);
    circle.world.fill_disk(1, 2 * u64::from(BLOCK_BYTES));
    circle.world.take(1, file);
    circle.world.run(10 * SECOND);
    let why = told(&circle, 1).into_iter().find_map(|event| match event {
        FilesEvent::Failed { why, .. } => Some(why),
        _ => None,
    });
    assert!(
        matches!(why, Some(TransferFault::Disk(DiskFault::NoSpace { .. }))),
        "{why:?}"
    );
    assert!(!circle.world.is_in_files(1), "it takes nothing any more");
}

#[test]
fn a_line_of_chat_is_no_later_while_a_file_is_sent() {
    let latest = |is_sending: bool, loss: f64| {
        let mut circle = Circle::of(47, 4);
        circle.world.set_faults(Faults::losing(loss));
        let bytes = content(47, 20 * BLOCK_BYTES as usize);
        let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
        circle.world.run(2 * SECOND);
        if is_sending {
            (1..4).for_each(|taker| circle.world.take(taker, file));
            circle.world.run(SECOND / 4);
        }
        for _ in 0..60 {
            circle.world.say(0);
            circle.world.run(SECOND / 100);
        }
        circle.settle(10 * SECOND);
        circle.expect_whole();
        let mut times = circle.world.ledger().times();
        times.sort();
        times[times.len() * 99 / 100 - 1]
    };
    let (idle, busy) = (latest(false, 0.0), latest(true, 0.0));
    assert!(busy <= idle + SECOND / 200, "{busy:?} instead of {idle:?}");
}

#[test]
fn who_gives_something_else_is_left_for_somebody_who_does_not() {
    for loss in [0.0, 0.05] {
        let mut circle = Circle::of(48, 5);
        circle.world.set_faults(Faults::losing(loss));
        let length = 2 * BLOCK_BYTES as usize;
        let bytes = content(48, length);
        let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
        circle.world.run(2 * SECOND);
        circle.world.take(1, file);
        circle.world.take(2, file);
        wait_for(&mut circle, &[1, 2], file, 10 * SECOND);
        circle.world.kill(0);
        // One of the two who have it now has something else of the same length.
        circle.world.falsify(1, file);
        circle.world.run(60 * SECOND);
        circle.world.take(3, file);
        wait_for(&mut circle, &[3], file, 120 * SECOND);
        expect_equal(&circle, &[3], file, &bytes);
    }
}

#[test]
fn an_author_who_lies_gives_nobody_a_file() {
    let mut circle = Circle::of(49, 2);
    let bytes = content(49, 2 * BLOCK_BYTES as usize);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.falsify(0, file);
    circle.world.run(2 * SECOND);
    circle.world.take(1, file);
    circle.world.take_traffic();
    circle.world.run(60 * SECOND);
    assert_eq!(circle.world.file(1, file), None);
    let has_told = told(&circle, 1).iter().any(|event| {
        let nobody = TransferFault::NobodyHasIt;
        matches!(event, FilesEvent::Failed { why, .. } if *why == nobody)
    });
    assert!(has_told, "it is told that nobody has it");
    let sent = circle.world.take_traffic().symbols();
    // Each question to all, ever rarer, gets the whole again.
    let most = symbols(bytes.len()) * 12;
    assert!(sent <= most, "{sent} symbols for nothing");
}

#[test]
fn any_loss_order_repeat_and_restart_ends_with_equal_bytes() {
    for seed in 0..12 {
        let mut rng = Rng::new(seed);
        let takers = 1 + rng.below(4) as usize;
        let mut circle = Circle::of(seed, takers + 1);
        let faults = Faults {
            loss: rng.unit() * 0.3,
            burst: rng.below(4) as f64,
            repeat: rng.unit() * 0.2,
            holdup: rng.unit() * 0.1,
            damage: rng.unit() * 0.05,
            delay_max: SECOND.mul_f64(0.0003 + rng.unit() * 0.02),
            ..Faults::NONE
        };
        let length = rng.below(3 * u64::from(BLOCK_BYTES)) as usize;
        let bytes = content(seed, length);
        let file = circle.world.give(0, "a", &bytes).unwrap();
        circle.world.run(SECOND);
        circle.world.set_faults(faults);
        let all: Vec<usize> = (1..=takers).collect();
        for taker in &all {
            circle.world.run(SECOND.mul_f64(rng.unit() * 0.2));
            circle.world.take(*taker, file);
        }
        for _ in 0..rng.below(3) {
            circle.world.run(SECOND.mul_f64(rng.unit()));
            let member = rng.below(takers as u64 + 1) as usize;
            circle.world.kill(member);
            circle.world.run(SECOND.mul_f64(rng.unit() * 5.0));
            circle.world.start(member).unwrap();
            circle.world.run(10 * SECOND);
            if member > 0 && circle.world.file(member, file).is_none() {
                circle.world.take(member, file);
            }
        }
        wait_for(&mut circle, &all, file, 180 * SECOND);
        expect_equal(&circle, &all, file, &bytes);
    }
}

#[test]
fn whoever_starts_again_is_told_what_is_here() {
    let mut circle = Circle::of(61, 3);
    let bytes = content(61, 1000);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.run(2 * SECOND);
    circle.world.take(1, file);
    wait_for(&mut circle, &[1], file, 30 * SECOND);
    circle.world.kill(1);
    circle.world.run(SECOND);
    let before = told(&circle, 1).len();
    circle.world.start(1).unwrap();
    circle.world.run(20 * SECOND);
    let events = told(&circle, 1);
    let since = events.get(before..).unwrap_or(&events);
    // The record may come before the disk's word or behind it.
    let is_here = |event: &FilesEvent| match event {
        FilesEvent::Offered(offered) => offered.is_here,
        FilesEvent::Progress(state) => state.stage == Stage::Have,
        _ => false,
    };
    assert!(since.iter().any(is_here), "{since:?}");
}

/// How many symbols leave for a file, for each that it has.
fn cost(takers: usize, loss: f64, length: usize) -> f64 {
    let mut circle = Circle::of(60, takers + 1);
    circle.world.set_faults(Faults::losing(loss));
    let bytes = content(60, length);
    let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
    circle.world.run(2 * SECOND);
    circle.world.take_traffic();
    let takers: Vec<usize> = (1..=takers).collect();
    takers
        .iter()
        .for_each(|taker| circle.world.take(*taker, file));
    wait_for(&mut circle, &takers, file, 30 * SECOND);
    expect_equal(&circle, &takers, file, &bytes);
    let sent = circle.world.take_traffic().symbols();
    sent as f64 / symbols(length) as f64
}

#[test]
fn what_is_lost_costs_little_more_than_its_repair() {
    let length = 60 * BLOCK_BYTES as usize;
    for (takers, loss, most) in [(3, 0.01, 1.05), (3, 0.05, 1.13), (3, 0.2, 1.4)] {
        let cost = cost(takers, loss, length);
        assert!(cost <= most, "{takers} takers at {loss}: {cost:.3}");
    }
}

#[test]
fn behind_a_narrow_cable_a_file_takes_little_longer_than_its_bytes() {
    let length = 90 * BLOCK_BYTES as usize;
    let rows = [
        (1, 0.0, 1.15),
        (3, 0.0, 1.15),
        (1, 0.05, 1.3),
        (3, 0.05, 1.35),
    ];
    for (takers, loss, most) in rows {
        let mut circle = Circle::of(50, takers + 1);
        circle.world.set_faults(Faults::losing(loss));
        let rate = 100_000_000 / 8;
        circle.world.narrow(0, rate);
        let bytes = content(50, length);
        let file = circle.world.give(0, "aula.iso", &bytes).unwrap();
        circle.world.run(2 * SECOND);
        let takers: Vec<usize> = (1..=takers).collect();
        takers
            .iter()
            .for_each(|taker| circle.world.take(*taker, file));
        let took = wait_for(&mut circle, &takers, file, 30 * SECOND);
        let least = length as f64 / rate as f64;
        // It takes a fifth of a second until the first block leaves.
        let ratio = (took.as_secs_f64() - 0.2) / least;
        assert!(
            ratio <= most,
            "{takers:?} at {loss}: {ratio:.2} of {least:.2} s"
        );
    }
}
