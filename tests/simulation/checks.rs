//! What datagrams cost a member to take in, as counted work: signatures checked and bytes decrypted
//! and hashed. Each attack is 400 frames a second, about 1 Mbit/s, for ten seconds.

use core::net::SocketAddr;
use std::sync::Arc;

use roda::chat::event::News;
use roda::protocol::engine::roster::ME;
use roda::protocol::gate::Work;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::Beat;
use roda::protocol::wire::frame::durable::{Durable, FRAGMENTS_MAX, Fragment, Record, Records};
use roda::protocol::wire::frame::{Author, Body, Frame, Key};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use crate::circle::{Circle, SECOND};

const FRAMES_PER_S: u32 = 400;
const SECONDS: u32 = 10;

fn signer(number: u32) -> Signer {
    let mut seed = [0xec; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    Signer::from_seed(&seed)
}

fn author(circle: &Circle, key: Key, sequence: u32) -> Author {
    Author {
        key,
        short: key.short(),
        session: 1_790_000_000 << 32 | 5,
        sequence,
        clock: circle.world.wall_ms() << 16,
        flags: 0,
        grtt: 0,
        name: Name::parse("eva").unwrap(),
    }
}

fn beat(signer: &Signer, author: Author) -> Arc<[u8]> {
    let mut datagram = Vec::new();
    let body = Body::Beat(Beat::default());
    Seal::public(None).close(&Frame { author, body }, signer, &mut datagram);
    datagram.into()
}

/// A line in the name of another, that they did not sign.
fn forged(signer: &Signer, author: Author) -> Arc<[u8]> {
    let (mut records, mut datagram) = (Vec::new(), Vec::new());
    Record::Said("0 forged").append(&mut records);
    let body = Body::Durable(Durable {
        records: Records::new(&records),
        ..Durable::default()
    });
    Seal::public(None).close(&Frame { author, body }, signer, &mut datagram);
    datagram.into()
}

/// What a member's work is while these frames come, each from an address.
fn work(frame: impl Fn(&Circle, u32) -> (SocketAddr, Arc<[u8]>)) -> Work {
    let mut circle = Circle::of_strict(71, 3);
    circle.talk(6, SECOND / 5);
    circle.settle(5 * SECOND);
    let work = |circle: &Circle| circle.world.node(1).unwrap().gate().work();
    let before = work(&circle);
    for number in 0..SECONDS * FRAMES_PER_S {
        let (from, frame) = frame(&circle, number);
        circle.world.inject(from, &frame);
        circle.world.run(SECOND / FRAMES_PER_S);
    }
    let after = work(&circle);
    circle.talk(6, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
    Work {
        checks: after.checks - before.checks,
        bytes: after.bytes - before.bytes,
    }
}

fn from(number: u32) -> SocketAddr {
    let [.., high, low] = number.to_be_bytes();
    ([10, 80, high, low], 666).into()
}

/// What the honest cause meanwhile, at most: their beats, their statuses.
const USUAL_CHECKS: u64 = 100;

#[test]
fn what_was_checked_once_costs_no_check_again() {
    let eva = signer(0);
    let replayed = work(|circle, number| {
        // One of a hundred frames, whose clock stays the same, from anywhere.
        let mut author = author(circle, eva.key(), 1 + number % 100);
        author.clock = 1_790_000_010_000 << 16;
        (from(number), beat(&eva, author))
    });
    assert!(replayed.checks <= 100 + USUAL_CHECKS, "{replayed:?}");
    assert!(replayed.checks >= 100, "{replayed:?}");
    assert!(replayed.bytes <= 200 * 1400, "{replayed:?}");
}

#[test]
fn a_frame_costs_one_check_and_its_own_bytes_whatever_it_claims() {
    let frames = u64::from(SECONDS * FRAMES_PER_S);
    let eva = signer(0);
    let fresh = work(|circle, number| {
        let fresh = signer(1 + number);
        (from(number), beat(&fresh, author(circle, fresh.key(), 1)))
    });
    let in_anas_name = work(|circle, number| {
        let roster = circle.world.node(0).unwrap().roster();
        let ana = roster.get(ME).unwrap().clone();
        let author = Author {
            session: ana.session,
            ..author(circle, ana.key, 1000 + number)
        };
        (circle.world.address(0).unwrap(), forged(&eva, author))
    });
    for work in [fresh, in_anas_name] {
        assert!(work.checks > frames / 4, "it is heard: {work:?}");
        assert!(work.checks <= frames + USUAL_CHECKS, "{work:?}");
        assert!(work.bytes <= (frames + USUAL_CHECKS) * 300, "{work:?}");
    }
    // A quarter of what may be checked in a second is for keys never seen.
    assert!(fresh.checks <= 550 * u64::from(SECONDS + 1), "{fresh:?}");
}

/// A frame that claims to hold the last piece of a text of as many frames as there can be.
fn last_piece(signer: &Signer, author: Author) -> Arc<[u8]> {
    let (mut records, mut datagram) = (Vec::new(), Vec::new());
    Record::Said(&"x".repeat(500)).append(&mut records);
    let body = Body::Durable(Durable {
        fragment: Some(Fragment {
            number: FRAGMENTS_MAX - 1,
            count: FRAGMENTS_MAX,
        }),
        records: Records::new(&records),
        ..Durable::default()
    });
    Seal::public(None).close(&Frame { author, body }, signer, &mut datagram);
    datagram.into()
}

#[test]
fn a_piece_is_a_piece_of_one_text() {
    let mut circle = Circle::of(72, 3);
    circle.world.record_face(1);
    let (eva, mut sent) = (signer(0), 0);
    for sequence in 1..=u32::from(FRAGMENTS_MAX) + 100 {
        let frame = last_piece(&eva, author(&circle, eva.key(), sequence));
        sent += frame.len();
        circle.world.inject(from(0), &frame);
        circle.world.run(SECOND / FRAMES_PER_S);
    }
    let told = circle.world.face(1).iter().map(|news| match news {
        News::Message(message) => message.text().len(),
        _ => 0,
    });
    let told: usize = told.sum();
    assert!(told <= sent, "{told} bytes of text for {sent} of frames");
    let work = circle.world.node(1).unwrap().work();
    assert!(work.bytes <= 4 * sent as u64, "{work:?}");
    circle.talk(6, SECOND / 5);
    circle.settle(10 * SECOND);
}
