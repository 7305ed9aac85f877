//! The time that the computing lessons need for their hardest inputs: divisors and primes of large
//! numbers.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use roda::lab::divisors::divisors;
use roda::lab::primes::product;

/// Numbers that take long to factor, and one with the most divisors.
const HARD: [(&str, u64); 6] = [
    ("largest prime", 18_446_744_073_709_551_557),
    ("two primes of 32 bits", 4_294_967_291 * 4_294_967_279),
    (
        "two primes of 31 and 33 bits",
        2_147_483_647 * 8_589_934_583,
    ),
    ("a prime's square", 4_294_967_291 * 4_294_967_291),
    ("three primes of 21 bits", 2_097_143 * 2_097_133 * 2_097_131),
    ("most divisors", 897_612_484_786_617_600),
];

/// How often each is computed.
const RUNS: u32 = 20;

fn main() {
    println!("| divisors of | slowest of {RUNS}, ms |\n|---|---|");
    for (name, number) in HARD {
        println!(
            "| {name}, {number} | {} |",
            ms(slowest(|| divisors(number).len()))
        );
    }
    println!("\n| primes around | slowest of {RUNS}, ms |\n|---|---|");
    for number in [3_037_000_460, i64::from(u32::MAX), i64::MAX] {
        println!("| {number} | {} |", ms(slowest(|| product(number, 8))));
    }
}

fn slowest<T>(compute: impl Fn() -> T) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        black_box(compute());
        start.elapsed()
    };
    (0..RUNS).map(timed).max().unwrap()
}

fn ms(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}
