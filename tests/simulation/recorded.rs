//! Those who record what is sent, keep it from others, and send it again later, from anywhere.

use std::sync::Arc;
use std::time::Duration;

use roda::chat::event::News;
use roda::protocol::wire::frame::Kind;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND, is};

/// The type of a frame.
fn kind(datagram: &[u8]) -> u8 {
    datagram[3]
}

/// Sends recorded datagrams again, from a stranger's address and from their author's.
fn replay(circle: &mut Circle, recorded: &[Arc<[u8]>], author: usize) {
    let stranger = "10.77.200.200:666".parse().unwrap();
    let author = format!("10.77.0.{}:40000", author + 1).parse().unwrap();
    for datagram in recorded {
        for from in [stranger, author] {
            circle.world.inject(from, datagram);
            circle.world.run(SECOND / 1000);
        }
    }
}

fn entered(circle: &Circle, member: usize, name: &str) -> usize {
    let is_entered = |news: &News| matches!(news, News::Entered { person, .. } if is(person, name));
    let is_back = |news: &News| matches!(news, News::Back(person) if is(person, name));
    circle.count_told(member, is_entered) + circle.count_told(member, is_back)
}

fn gone(circle: &Circle, member: usize, name: &str) -> usize {
    circle.count_told(
        member,
        |news| matches!(news, News::Left { person, .. } if is(person, name)),
    )
}

const DELAYS: [Duration; 3] = [
    SECOND,
    SECOND.saturating_mul(30),
    SECOND.saturating_mul(600),
];

#[test]
fn what_was_withheld_brings_nobody_back_who_is_gone() {
    for (seed, delay) in (1..).zip(DELAYS) {
        let mut circle = Circle::of(seed, 4);
        circle.talk(8, SECOND / 5);
        // Nobody hears what she sends from now on, but who records it.
        circle.world.tap();
        circle.world.deafen(|from, _| from == 0);
        circle.world.say(0);
        circle.world.run(12 * SECOND);
        circle.world.kill(0);
        let recorded = circle.world.tapped();
        circle.world.deafen(|_, _| false);
        circle.world.run(60 * SECOND);
        for member in 1..4 {
            assert_eq!(gone(&circle, member, "m0"), 1, "{delay:?}");
        }
        circle.world.run(delay);
        replay(&mut circle, &recorded, 0);
        circle.world.run(20 * SECOND);
        for member in 1..4 {
            assert_eq!(entered(&circle, member, "m0"), 1, "{delay:?}");
            let node = circle.world.node(member).unwrap();
            assert_eq!(node.roster().size(), 3, "{delay:?}");
            assert!(node.replays() > 0, "{delay:?}");
        }
    }
}

#[test]
fn what_was_recorded_brings_nobody_to_a_member_that_starts_later() {
    for (seed, delay) in (1..).zip(DELAYS) {
        for has_other in [true, false] {
            let mut circle = Circle::of(seed, 3);
            circle.world.tap();
            circle.talk(6, SECOND);
            circle.world.run(12 * SECOND);
            circle.world.say(0);
            circle.world.run(2 * SECOND);
            let recorded = circle.world.tapped();
            circle.world.kill(0);
            circle.world.kill(1);
            if !has_other {
                circle.world.kill(2);
            }
            circle.world.run(delay.max(SECOND * 6 / 10));
            circle.world.start(1).unwrap();
            circle.world.run(SECOND / 10);
            replay(&mut circle, &recorded, 0);
            circle.world.run(20 * SECOND);
            assert_eq!(entered(&circle, 1, "m0"), 0, "{delay:?} {has_other}");
            let expected = 1 + usize::from(has_other);
            assert_eq!(circle.world.node(1).unwrap().roster().size(), expected);
        }
    }
}

#[test]
fn a_recorded_nack_gets_no_repair_however_often_it_is_sent() {
    let mut circle = Circle::of(3, 5);
    circle.world.set_faults(Faults::losing(0.3));
    circle.world.tap();
    circle.talk(60, SECOND / 10);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    let recorded = circle.world.tapped();
    let is_nack = |datagram: &&Arc<[u8]>| kind(datagram) == Kind::Nack as u8;
    let nacks: Vec<_> = recorded.iter().filter(is_nack).cloned().collect();
    assert!(nacks.len() > 3, "{}", nacks.len());
    for delay in [SECOND, 30 * SECOND, 600 * SECOND] {
        circle.world.run(delay);
        circle.world.take_traffic();
        for number in 0..1000_u32 {
            let [.., high, low] = number.to_be_bytes();
            let from = ([10, 77, 100 + high, low], 666).into();
            let nack = &nacks[number as usize % nacks.len()];
            circle.world.inject(from, nack);
            circle.world.run(SECOND / 1000);
        }
        circle.world.run(SECOND);
        assert_eq!(circle.world.take_traffic().repairs(), 0, "{delay:?}");
    }
}
