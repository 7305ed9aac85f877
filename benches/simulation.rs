//! The table in `benches/README.md` about the reliable group on pretend networks: per size and
//! loss, what a line costs the network, and how long until everybody has it. An argument limits it
//! to one size: `cargo bench --bench simulation -- 300`. With the word `sites`, the table about
//! rooms over many networks instead.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "bridge/growth.rs"]
mod growth;

use std::time::Duration;

use roda::sim::link::Faults;
use roda::sim::{Traffic, World};

const SECOND: Duration = Duration::from_secs(1);

fn main() {
    let asked: Option<usize> = std::env::args().find_map(|word| word.parse().ok());
    if std::env::args().any(|word| word == "sites") {
        return growth::print(asked);
    }
    println!("| members | loss | packets per line | repairs | NACKs | median | 99 % |");
    println!("|---|---|---|---|---|---|---|");
    let sizes = [(2, 500), (10, 500), (50, 300), (300, 100), (1000, 30)];
    let is_asked = |(members, _): &(usize, usize)| asked.is_none_or(|asked| asked == *members);
    for (members, lines) in sizes.into_iter().filter(is_asked) {
        // A thousand members take minutes a row.
        let losses: &[f64] = if members < 1000 {
            &[0.0, 0.01, 0.05, 0.2, 0.4]
        } else {
            &[0.0, 0.05]
        };
        for &loss in losses {
            let faults = Faults::losing(loss);
            row(members, lines, &format!("{:.0} %", loss * 100.0), faults);
        }
        if members <= 300 {
            let faults = Faults::losing_in_bursts(0.05, 5.0);
            row(members, lines, "5 % in bursts of 5", faults);
        }
    }
}

/// Members who have met talk in turn, a line every two seconds.
fn row(members: usize, lines: usize, loss: &str, faults: Faults) {
    let mut world = World::new(members as u64, Faults::NONE);
    world.in_lobby();
    for number in 0..members {
        world.join(&format!("m{number}")).unwrap();
        world.run(SECOND / 50);
    }
    world.run(
        3 * SECOND
            .mul_f64(members as f64 / 10.0)
            .clamp(5 * SECOND, 60 * SECOND),
    );
    world.set_faults(faults);
    let pause = 2 * SECOND;
    world.take_traffic();
    for line in 0..lines {
        world.say(line * 7 % members);
        world.run(pause);
    }
    let traffic = world.take_traffic();
    world.run(60 * SECOND);
    assert!(world.ledger().findings().is_empty() && world.ledger().missing().is_empty());
    let times = world.ledger().times();
    let at = |hundredths: usize| times.get((times.len() - 1) * hundredths / 100).unwrap();
    let per_line = |count: u64| count as f64 / lines as f64;
    println!(
        "| {members} | {loss} | {:.1} | {:.2} | {:.2} | {} | {} |",
        per_line(caused(&traffic)),
        per_line(traffic.repairs()),
        per_line(traffic.nacks()),
        time(*at(50)),
        time(*at(99)),
    );
}

/// The packets that lines caused: their frames and repairs, NACKs, plain copies, and a beat behind
/// each. The other beats come anyway.
fn caused(traffic: &Traffic) -> u64 {
    let of = |kind: u8| traffic.group.get(&kind).copied().unwrap_or(0);
    let (plain, durable, nacks) = (of(0), of(1), of(3));
    plain + durable + nacks + traffic.first
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() * 1000.0 {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}
