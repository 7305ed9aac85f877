//! Those who mean harm: strangers who send rubbish or what they recorded, and a member who floods.

use std::rc::Rc;

use roda::protocol::engine::config::{HELD_BACK_BYTES, HISTORY_BYTES};
use roda::protocol::engine::event::Event;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::Beat;
use roda::protocol::wire::frame::durable::{Durable, Hello, Record, Records};
use roda::protocol::wire::frame::nack::{Nack, Target};
use roda::protocol::wire::frame::{Author, Body, FRAME_MAX_BYTES, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
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

/// A frame of a member who keeps the format and not the rules.
fn forged(sequence: u32, body: Body<'_>) -> Rc<[u8]> {
    let signer = Signer::from_seed(&[9; 32]);
    let key = signer.key();
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
    Seal::public(None).close(&Frame { author, body }, &signer, &mut datagram);
    datagram.into()
}

/// A durable frame of hers that says nothing which could be shown.
fn forged_durable(sequence: u32, replaces: u64) -> Rc<[u8]> {
    let mut records = Vec::new();
    let replaces = Some(replaces);
    let hello = Hello {
        replaces,
        ..Hello::default()
    };
    Record::Hello(hello).append(&mut records);
    let records = Records::new(&records);
    let body = Durable {
        records,
        ..Durable::default()
    };
    forged(sequence, Body::Durable(body))
}

#[test]
fn who_says_two_things_with_one_number_is_told_of_and_the_first_counts() {
    let mut circle = Circle::of(4, 3);
    circle.world.inject(stranger(), &forged_durable(1, 7));
    circle.world.run(SECOND);
    circle.world.inject(stranger(), &forged_durable(1, 8));
    circle.world.run(SECOND);
    let is_told = |event: &Event| matches!(event, Event::Equivocation { who } if who == "eva");
    for member in 0..3 {
        assert_eq!(circle.count_told(member, is_told), 1);
    }
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
}

#[test]
fn a_member_who_floods_costs_bounded_memory_and_the_chat_goes_on() {
    let mut circle = Circle::of(5, 3);
    for sequence in 1..60_000_u32 {
        // Every second one is left out, so that nothing of it is ever in order.
        circle
            .world
            .inject(stranger(), &forged_durable(sequence * 2, 7));
        if sequence % 100 == 0 {
            circle.world.run(SECOND / 1000);
        }
    }
    circle.talk(10, SECOND / 5);
    circle.settle(60 * SECOND);
    circle.expect_whole();
    let most = HELD_BACK_BYTES + HISTORY_BYTES + FRAME_MAX_BYTES;
    assert!(circle.world.node(0).unwrap().held_bytes() <= most);
}

#[test]
fn numbers_at_their_end_do_no_harm() {
    let mut circle = Circle::of(6, 3);
    for sequence in [u32::MAX, u32::MAX - 1, 1, 0, u32::MAX - 1] {
        circle
            .world
            .inject(stranger(), &forged_durable(sequence, 7));
        circle.world.run(SECOND);
    }
    let newest = u32::MAX;
    let beat = Beat {
        newest,
        ..Beat::default()
    };
    circle
        .world
        .inject(stranger(), &forged(1, Body::Beat(beat)));
    circle.talk(10, SECOND / 5);
    circle.settle(60 * SECOND);
    circle.expect_whole();
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
