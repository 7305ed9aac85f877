//! The reliable group on pretend networks: a table of scenarios with budgets, and a soak of fresh
//! seeds. Every failure says its seed and the command that repeats it. See also `members.rs` (they
//! come, go, sleep and are cut off) and `hostile.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing
)]

mod amendments;
mod archived;
mod asking;
mod bounds;
mod checks;
mod circle;
mod clocks;
mod copies;
mod counts;
mod faces;
mod far;
mod far_clocks;
mod files;
mod guests;
mod hostile;
mod hosting;
mod hosting_voices;
mod insider;
mod insider_crowd;
mod keeper;
mod leaving;
mod media;
mod media_hostile;
mod media_probe;
mod media_relay;
mod members;
mod memory;
mod private;
mod recorded;
mod roles;
mod rooms;
mod sent;
mod shrunk;
mod sites;
mod soak;
#[path = "../support/stored.rs"]
mod stored;
mod work;

use std::time::Duration;

use circle::{Circle, SECOND};
use roda::sim::link::Faults;

/// One row of the table.
struct Row {
    members: usize,
    faults: Faults,
    lines: usize,
    /// Until all have it, for half of the lines and for 99 of 100.
    median_max: Duration,
    most_max: Duration,
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn everybody_gets_every_line_once_and_in_order_at_any_loss() {
    let row = |members, faults, lines, median_max, most_max| Row {
        members,
        faults,
        lines,
        median_max: ms(median_max),
        most_max: ms(most_max),
    };
    let (losing, bursts) = (Faults::losing, Faults::losing_in_bursts);
    let rows = [
        row(2, losing(0.0), 200, 1, 1),
        row(2, losing(0.05), 200, 1, 300),
        row(2, losing(0.2), 200, 1, 1000),
        row(2, losing(0.4), 200, 70, 4000),
        row(10, losing(0.0), 200, 1, 1),
        row(10, losing(0.01), 200, 1, 300),
        row(10, losing(0.05), 200, 70, 300),
        row(10, losing(0.2), 200, 200, 1500),
        row(10, losing(0.4), 100, 800, 6000),
        row(10, bursts(0.05, 5.0), 200, 70, 3000),
        row(10, bursts(0.2, 10.0), 100, 800, 9000),
        row(50, losing(0.05), 100, 300, 1000),
        row(50, losing(0.2), 50, 800, 4000),
        row(50, losing(0.4), 30, 800, 4000),
        row(50, bursts(0.05, 5.0), 60, 800, 4000),
    ];
    for (number, row) in rows.iter().enumerate() {
        let mut circle = Circle::of(number as u64, row.members);
        circle.world.set_faults(row.faults);
        circle.talk(row.lines, SECOND / 2);
        circle.settle(60 * SECOND);
        circle.expect_whole();
        circle.expect_times(row.median_max, row.most_max);
        circle.expect_one_history();
    }
}

#[test]
fn three_hundred_members_with_five_percent_loss_stay_within_the_budget() {
    let mut circle = Circle::of(300, 300);
    circle.world.set_faults(Faults::losing(0.05));
    circle.world.take_traffic();
    circle.talk(100, 2 * SECOND);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_times(ms(300), SECOND);
    let traffic = circle.world.take_traffic();
    // At this size, every frame is lost by somebody.
    let frames = traffic.first;
    assert!(traffic.nacks() <= 5 * frames, "{traffic:?}");
    assert!(traffic.repairs() <= 4 * frames, "{traffic:?}");
}

#[test]
fn a_line_costs_at_most_six_packets_at_any_size() {
    for members in [2, 10, 50, 300] {
        let mut circle = Circle::in_lobby(members as u64, members);
        let idle = circle.idle_packets(300 * SECOND);
        let lines = 60;
        circle.talk(lines, 5 * SECOND);
        let spoken = circle.world.take_traffic().group_packets();
        let per_line = (spoken as f64 - idle as f64) / lines as f64;
        assert!(per_line <= 6.0, "{members} members: {per_line:.1} packets");
    }
}

#[test]
fn idle_members_cost_the_same_in_a_group_of_any_size() {
    for members in [50, 300] {
        let mut circle = Circle::of(7, members);
        let before = circle.world.received_bytes(0);
        circle.world.run(120 * SECOND);
        let bits_per_s = (circle.world.received_bytes(0) - before) * 8 / 120;
        assert!(
            bits_per_s <= 30_000,
            "{members} members: {bits_per_s} bit/s"
        );
    }
}

#[test]
#[ignore = "takes minutes: cargo test --release --test simulation -- --ignored"]
fn a_thousand_members_hear_each_line_for_six_packets() {
    let mut circle = Circle::in_lobby(1000, 1000);
    circle.world.take_traffic();
    circle.talk(20, 5 * SECOND);
    let spoken = circle.world.take_traffic();
    circle.expect_whole();
    // A thousand beats a minute come in waves, in which the one behind each line would be lost;
    // it takes the place of a regular one, and is counted in full.
    let others = spoken.group_packets() - spoken.beats();
    let per_line = others as f64 / 20.0 + 1.0;
    assert!(per_line <= 6.0, "{per_line:.1} packets");
}

#[test]
fn copies_may_come_twice_late_damaged_and_in_any_order() {
    let faults = Faults {
        loss: 0.05,
        repeat: 0.2,
        holdup: 0.1,
        damage: 0.05,
        delay_max: ms(20),
        ..Faults::NONE
    };
    let mut circle = Circle::of(11, 10);
    circle.world.set_faults(faults);
    circle.talk(300, SECOND / 10);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn everybody_may_talk_at_the_same_time() {
    let mut circle = Circle::of(12, 20);
    circle.world.set_faults(Faults::losing(0.05));
    for _ in 0..50 {
        for member in 0..20 {
            circle.world.say(member);
        }
        circle.world.run(ms(100));
    }
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn long_texts_and_bulk_arrive_whole() {
    let mut circle = Circle::of(13, 4);
    circle.world.set_faults(Faults::losing(0.2));
    let long = "é".repeat(30_000);
    for line in 0..300 {
        let text = if line % 50 == 0 { &long } else { "x" };
        circle.world.say_with(line % 2, text);
    }
    circle.settle(60 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn what_somebody_may_lack_is_kept_however_much_is_said() {
    // More lines than the history remembers, and more bytes, within one window each.
    let rows = [(1, 30_000, ""), (3, 3000, &*"x".repeat(1000))];
    for (speakers, lines, text) in rows {
        let mut circle = Circle::of(17, 4);
        circle.world.set_faults(Faults {
            delay_min: ms(20),
            delay_max: ms(40),
            ..Faults::losing(0.2)
        });
        for line in 0..speakers * lines {
            circle.world.say_with(line % speakers, text);
        }
        circle.world.run(5 * SECOND);
        circle.settle(30 * SECOND);
        circle.expect_whole();
    }
}
