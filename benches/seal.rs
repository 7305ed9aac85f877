//! The cost of the seal on one core, for frames of 1100 bytes: for author and reader together, for
//! the reader alone, and for each part; for frames that leave alone, and for batches of 64, which
//! share a signature. `cargo bench --bench seal`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use roda::protocol::message::Name;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::passphrase::Strength;
use roda::protocol::wire::seal::room_key::RoomKey;
use roda::protocol::wire::seal::signed_batch::{BATCH_MAX_FRAMES, MERKLE_PATH_MAX_BYTES};
use roda::protocol::wire::seal::signer::{Signer, Verdicts};

/// Frames per round; the best of the rounds counts, as the machine's other work only adds.
const FRAMES: u32 = 2048;
const ROUNDS: usize = 7;

/// What a datagram has, in bytes.
const DATAGRAM_BYTES: usize = 1100;

fn main() {
    let seal = Seal::new(&RoomKey::from_file("bench", &[7; 32]));
    let signer = Signer::from_seed(&[1; 32]);
    println!("| per frame of {DATAGRAM_BYTES} bytes, one core | µs | frames/s |");
    println!("|---|---|---|");
    for (run, of) in [(1, "alone"), (BATCH_MAX_FRAMES, "of a run")] {
        let frames: Vec<Vec<u8>> = closed(&seal, &signer, run);
        assert!(
            frames
                .iter()
                .all(|f| f.len().abs_diff(DATAGRAM_BYTES) <= MERKLE_PATH_MAX_BYTES)
        );
        let (mut inside, mut count) = (Vec::new(), 0);
        let close = best(|| drop(closed(&seal, &signer, run)));
        let open = best(|| {
            // Nobody knows a signature of the round before.
            let seal = seal.clone().sharing(Verdicts::default());
            let is_open = |frame: &Vec<u8>| seal.open(frame, &mut Vec::new()).is_ok();
            count += frames.iter().filter(|frame| is_open(frame)).count();
        });
        let reopen = best(|| {
            let is_open = |frame: &&Vec<u8>| seal.reopen(frame, &mut inside).is_some();
            count += frames.iter().filter(is_open).count();
        });
        assert_eq!(count, 2 * ROUNDS * FRAMES as usize);
        row(&format!("{of}: sign, seal, open and verify"), close + open);
        row(&format!("{of}: open and verify"), open);
        row(&format!("{of}: sign and seal"), close);
        row(&format!("{of}: open again, from memory"), reopen);
    }
    let (signed, verified) = signatures();
    row("one signature: sign", signed);
    row("one signature: verify", verified);
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

/// All frames, sealed in batches of this size.
fn closed(seal: &Seal, signer: &Signer, run: usize) -> Vec<Vec<u8>> {
    let key = signer.key();
    let mut records = Vec::new();
    // All but the text takes 186 bytes, in a frame that leaves alone.
    Record::Said(&"x".repeat(DATAGRAM_BYTES - 186)).append(&mut records);
    let draft = |sequence| {
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
        let body = Body::Durable(Durable {
            records: Records::new(&records),
            ..Durable::default()
        });
        seal.draft(&Frame { author, body })
    };
    let mut frames = Vec::new();
    for first in (1..=FRAMES).step_by(run) {
        let drafts = (first..first + run as u32).map(draft).collect();
        frames.extend(seal.close_batch(drafts, signer).map(|(frame, _)| frame));
    }
    frames
}

/// Microseconds of one signature over what is signed for a run, and of verifying it.
fn signatures() -> (f64, f64) {
    use ed25519_dalek::{Signer as _, SigningKey};
    let (key, text) = (SigningKey::from_bytes(&[1; 32]), [7; 54]);
    let signature = key.sign(&text);
    let signed = best(|| (0..FRAMES).for_each(|_| assert!(key.sign(&text) == signature)));
    let person = key.verifying_key();
    let verified = best(|| {
        let verify = |_| assert!(person.verify_strict(&text, &signature).is_ok());
        (0..FRAMES).for_each(verify);
    });
    (signed, verified)
}
