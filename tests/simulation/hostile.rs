//! Those who mean harm: strangers who send rubbish or what they recorded, and a member who floods.

use std::rc::Rc;

use roda::protocol::message::Name;
use roda::protocol::wire::frame::nack::{Nack, Target};
use roda::protocol::wire::frame::{Author, Body, Frame, Key, MemberTag, NONCE_BYTES};
use roda::protocol::wire::seal::Seal;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

fn stranger() -> core::net::SocketAddr {
    "10.77.200.200:666".parse().unwrap()
}

#[test]
fn what_was_recorded_and_is_sent_again_is_never_shown_again() {
    let mut circle = Circle::of(1, 5);
    circle.world.set_faults(Faults::losing(0.05));
    circle.world.tap();
    circle.talk(50, SECOND / 5);
    let recorded = circle.world.tapped();
    circle.settle(10 * SECOND);
    for datagram in recorded {
        circle.world.inject(stranger(), &datagram);
    }
    circle.world.run(30 * SECOND);
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn rubbish_is_counted_and_the_chat_goes_on() {
    let mut circle = Circle::of(2, 5);
    for number in 0..2000_u32 {
        let length = number as usize % 1300;
        let rubbish: Rc<[u8]> = (0..length)
            .map(|at| (number as usize * 31 + at) as u8)
            .collect();
        circle.world.inject(stranger(), &rubbish);
    }
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
    assert!(circle.world.node(0).unwrap().gate().refused() > 1000);
}

/// A frame of somebody who keeps the format and not the rules.
fn forged(sequence: u32, body: Body<'_>) -> Rc<[u8]> {
    let key = Key([9; 32]);
    let author = Author {
        key,
        short: key.short(),
        session: 1_790_000_000 << 32 | 5,
        sequence,
        clock: 1_790_000_000_000 << 16,
        flags: 0,
        grtt: 0,
        name: Name::parse("eva").unwrap(),
    };
    let mut datagram = Vec::new();
    let nonce = [sequence as u8; NONCE_BYTES];
    Seal::public(None).close(&Frame { author, body }, &nonce, &mut datagram);
    datagram.into()
}

#[test]
fn a_storm_of_nacks_causes_no_storm_of_repairs() {
    let mut circle = Circle::of(3, 5);
    circle.talk(50, SECOND / 10);
    circle.settle(5 * SECOND);
    let tags: Vec<MemberTag> = {
        let roster = circle.world.node(0).unwrap().roster();
        roster.everybody().map(|(_, member)| member.tag).collect()
    };
    circle.world.take_traffic();
    for round in 1..=1000 {
        let sequences: Vec<u32> = (1..=11).collect();
        let target = |tag: &MemberTag| Target::new(*tag, &sequences, 500).unwrap().0;
        let targets = tags.iter().map(target).collect();
        let storm = forged(round, Body::Nack(Nack { targets }));
        circle.world.inject(stranger(), &storm);
        circle.world.run(SECOND / 1000);
    }
    // 55 frames are asked for a thousand times within a second.
    let repairs = circle.world.take_traffic().repairs();
    assert!(repairs <= 55 * 250, "{repairs}");
    circle.talk(10, SECOND / 5);
    circle.settle(20 * SECOND);
    circle.expect_whole();
}
