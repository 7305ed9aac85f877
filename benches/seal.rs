//! What the seal costs on one core, in frames of 1100 bytes: all that a frame costs its author and
//! one reader, what it costs the reader, and the parts. Last, a prototype: what one signature over
//! the hashes of 16 frames would cost, if it were sent once behind them.
//! `cargo bench --bench seal`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use roda::protocol::message::Name;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::passphrase::Strength;
use roda::protocol::wire::seal::room_key::RoomKey;
use roda::protocol::wire::seal::signer::Signer;

/// Frames per round; the best of the rounds counts, as the machine's other work only adds.
const FRAMES: u32 = 2000;
const ROUNDS: usize = 7;

/// What a datagram has, in bytes.
const DATAGRAM_BYTES: usize = 1100;

/// Frames under one signature, in the prototype.
const RUN: usize = 16;

fn main() {
    let seal = Seal::new(&RoomKey::from_file("bench", &[7; 32]));
    let signer = Signer::from_seed(&[1; 32]);
    let frames: Vec<Vec<u8>> = (1..=FRAMES).map(|n| closed(&seal, &signer, n)).collect();
    assert!(frames.iter().all(|frame| frame.len() == DATAGRAM_BYTES));

    let (mut inside, mut count) = (Vec::new(), 0);
    let close = best(|| (1..=FRAMES).for_each(|n| drop(closed(&seal, &signer, n))));
    let open = best(|| {
        let is_open = |frame: &Vec<u8>| seal.open(frame, &mut Vec::new()).is_ok();
        count += frames.iter().filter(|frame| is_open(frame)).count();
    });
    let reopen = best(|| {
        let is_open = |frame: &&Vec<u8>| seal.reopen(frame, &mut inside).is_some();
        count += frames.iter().filter(is_open).count();
    });
    assert_eq!(count, 2 * ROUNDS * FRAMES as usize);
    let (signed, verified) = signatures();
    println!("| per frame of {DATAGRAM_BYTES} bytes, one core | µs | frames/s |");
    println!("|---|---|---|");
    row("sign, seal, open and verify", close + open);
    row("open and verify", open);
    row("sign and seal", close);
    row("open again, from memory", reopen);
    row("of these: sign", signed);
    row("of these: verify", verified);
    let (run_signed, run_verified) = signatures_of_runs();
    let close_run = close - signed + run_signed;
    let open_run = open - verified + run_verified;
    row(
        "runs of 16: sign, seal, open and verify",
        close_run + open_run,
    );
    row("runs of 16: open and verify", open_run);
    let start = Instant::now();
    let key = RoomKey::from_passphrase("bench", "correto cavalo bateria grampo").unwrap();
    let is_weak = Strength::of("correto cavalo bateria grampo").is_weak();
    assert!(is_weak && key != RoomKey::lobby());
    println!(
        "\na passphrase takes {:.0} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
}

/// Microseconds per frame, of the best round.
fn best(mut round: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed().as_secs_f64() * 1e6 / f64::from(FRAMES)
    });
    times.fold(f64::MAX, f64::min)
}

fn row(what: &str, us: f64) {
    println!("| {what} | {us:.1} | {:.0} |", 1e6 / us);
}

fn closed(seal: &Seal, signer: &Signer, sequence: u32) -> Vec<u8> {
    let key = signer.key();
    let author = Author {
        key,
        short: key.short(),
        session: 7,
        sequence,
        clock: 1_790_000_000_000 << 16,
        flags: 0,
        grtt: 80,
        name: Name::parse("ana").unwrap(),
    };
    let mut records = Vec::new();
    // All but the text takes 185 bytes.
    Record::Said(&"x".repeat(DATAGRAM_BYTES - 185)).append(&mut records);
    let body = Body::Durable(Durable {
        records: Records::new(&records),
        ..Durable::default()
    });
    let mut datagram = Vec::with_capacity(DATAGRAM_BYTES);
    seal.close(&Frame { author, body }, signer, &mut datagram);
    datagram
}

/// Microseconds of one signature over what a frame signs, and of verifying it.
fn signatures() -> (f64, f64) {
    use ed25519_dalek::{Signer as _, SigningKey};
    let (key, text) = (SigningKey::from_bytes(&[1; 32]), [7; DATAGRAM_BYTES - 85]);
    let signature = key.sign(&text);
    let signed = best(|| (0..FRAMES).for_each(|_| assert!(key.sign(&text) == signature)));
    let person = key.verifying_key();
    let verified = best(|| {
        let verify = |_| assert!(person.verify_strict(&text, &signature).is_ok());
        (0..FRAMES).for_each(verify);
    });
    (signed, verified)
}

/// The same per frame, for one signature over the BLAKE3 hashes of a run, hashing included.
fn signatures_of_runs() -> (f64, f64) {
    use ed25519_dalek::{Signer as _, SigningKey};
    let (key, text) = (SigningKey::from_bytes(&[1; 32]), [7; DATAGRAM_BYTES - 85]);
    let list = || {
        let hashes = (0..RUN).map(|_| *blake3::hash(&text).as_bytes());
        hashes.collect::<Vec<_>>().concat()
    };
    let runs = FRAMES as usize / RUN;
    let signature = key.sign(&list());
    let signed = best(|| (0..runs).for_each(|_| assert!(key.sign(&list()) == signature)));
    let person = key.verifying_key();
    let verified = best(|| {
        let verify = |_| assert!(person.verify_strict(&list(), &signature).is_ok());
        (0..runs).for_each(verify);
    });
    (signed, verified)
}
