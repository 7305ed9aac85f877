//! Members whose clocks are wrong: without a battery, in another year, ahead of all others.

use core::net::SocketAddr;
use std::sync::Arc;

use roda::chat::event::{Failure, News};
use roda::protocol::engine::member::Member;
use roda::protocol::engine::roster::ME;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::Beat;
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Ack, Author, Body, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use crate::circle::{Circle, SECOND};

const YEAR_MS: i64 = 365 * 86_400_000;
const DAY_MS: i64 = 86_400_000;

fn is_told_ahead(news: &News) -> bool {
    matches!(news, News::Failed(Failure::ClockAhead(_)))
}

fn size(circle: &Circle, member: usize) -> usize {
    circle.world.node(member).unwrap().roster().size()
}

/// Kills a member and starts it with a wrong clock.
fn start_wrong(circle: &mut Circle, member: usize, skew_ms: i64) {
    circle.world.kill(member);
    circle.world.set_skew(member, skew_ms);
    circle.world.run(60 * SECOND);
    circle.world.start(member).unwrap();
}

/// How many lines a member was shown as those of guests.
fn guests(circle: &Circle, member: usize) -> usize {
    circle.count_told(member, |news| matches!(news, News::Guest(_)))
}

#[test]
fn who_is_years_behind_and_talks_at_once_is_heard_at_every_start() {
    for (seed, members, years) in [(1, 5, -20), (2, 2, -20), (3, 12, -1), (4, 5, -56)] {
        let mut circle = Circle::in_lobby(seed, members);
        circle.world.kill(0);
        circle.world.set_skew(0, years * YEAR_MS);
        for pause_s in [60, 20, 3] {
            circle.world.run(pause_s * SECOND);
            circle.world.start(0).unwrap();
            for _ in 0..3 {
                circle.world.say(0);
            }
            circle.world.run(3 * SECOND);
            circle.expect_whole();
            circle.world.say(0);
            circle.world.say(1);
            circle.world.run(3 * SECOND);
            circle.expect_whole();
            for member in 1..members {
                assert_eq!(guests(&circle, member), 0, "seed {seed}");
                let size = circle.world.node(member).unwrap().roster().size();
                assert_eq!(size, members, "seed {seed}");
            }
            circle.world.kill(0);
        }
    }
}

#[test]
fn who_is_ahead_and_listens_first_takes_the_clock_of_the_others() {
    for (seed, ahead_ms) in [(1, 7 * 60_000), (2, DAY_MS), (3, 20 * YEAR_MS)] {
        let mut circle = Circle::in_lobby(seed, 4);
        circle.talk(8, SECOND / 5);
        start_wrong(&mut circle, 0, ahead_ms);
        circle.world.run(10 * SECOND);
        for member in 0..4 {
            assert_eq!(size(&circle, member), 4, "seed {seed}");
        }
        circle.talk(20, SECOND / 3);
        circle.settle(20 * SECOND);
        circle.expect_whole();
        assert_eq!(circle.count_told(0, is_told_ahead), 0);
        assert_eq!(guests(&circle, 1), 0, "seed {seed}");
        // A line in private shows that its HELLO counts.
        let name = Name::parse("m0").unwrap();
        assert_eq!(circle.world.say_privately(1, &name, "oi"), 1);
    }
}

#[test]
fn who_is_ahead_and_talks_at_once_is_told_and_its_lines_are_not_taken_for_delivered() {
    for (seed, ahead_ms) in [(1, 11 * 60_000), (2, DAY_MS)] {
        let mut circle = Circle::of(seed, 4);
        circle.talk(8, SECOND / 5);
        start_wrong(&mut circle, 0, ahead_ms);
        circle.world.say(0);
        circle.world.run(15 * SECOND);
        assert_eq!(circle.count_told(0, is_told_ahead), 1, "seed {seed}");
        let is_delivered =
            |news: &News| matches!(news, News::Delivered(told) if told.waiting.is_empty());
        assert_eq!(circle.count_told(0, is_delivered), 0, "seed {seed}");
        for member in 1..4 {
            assert!(circle.world.node(member).unwrap().roster().frames_ahead() > 0);
            assert_eq!(circle.count_told(member, is_told_ahead), 0);
        }
        // The others are not disturbed.
        let before = circle.world.ledger().messages();
        for _ in 0..10 {
            circle.world.say(1);
            circle.world.run(SECOND / 3);
        }
        circle.settle(10 * SECOND);
        let missing = circle.world.ledger().missing();
        assert!(missing.iter().all(|(message, _)| *message < before));
    }
}

#[test]
fn three_keys_with_a_wrong_clock_do_not_move_that_of_a_joiner() {
    for years in [1, -1] {
        let mut circle = Circle::of(5, 4);
        circle.talk(8, SECOND / 5);
        circle.world.kill(0);
        circle.world.run(60 * SECOND);
        circle.world.start(0).unwrap();
        let joiner = circle.world.node(0).unwrap().roster().get(ME).unwrap().tag;
        // From her first moment on, three keys acknowledge what she has said.
        for round in 0..40_u32 {
            for number in 1..=3 {
                let wrong = beat(&circle, number, round + 1, years * YEAR_MS, joiner);
                circle.world.inject(address(number), &wrong);
            }
            circle.world.run(SECOND / 20);
        }
        for _ in 0..5 {
            circle.world.say(0);
            circle.world.say(1);
            circle.world.run(SECOND);
        }
        circle.settle(20 * SECOND);
        circle.expect_whole();
        for member in 0..4 {
            let here = circle.world.node(member).unwrap().roster().others();
            let named = |(_, member): &(_, &Member)| member.name.as_str().starts_with('m');
            assert_eq!(here.filter(named).count(), 3, "{years}");
            let newest = circle.world.node(member).unwrap().history(1);
            let now_ms = 1_790_000_000_000 + circle.world.now().as_millis() as u64;
            let shows_ms = newest[0].id.position.clock >> 16;
            assert!(shows_ms.abs_diff(now_ms) < 60_000, "{years}");
        }
    }
}

fn address(number: u8) -> SocketAddr {
    ([10, 77, 200, number], 40_000).into()
}

fn wrong_author(circle: &Circle, number: u8, sequence: u32, skew_ms: i64) -> (Signer, Author) {
    let signer = Signer::from_seed(&[100 + number; 32]);
    let key = signer.key();
    let now_ms = 1_790_000_000_000 + circle.world.now().as_millis() as u64;
    let author = Author {
        key,
        short: key.short(),
        session: 1_790_000_000 << 32 | 5,
        sequence,
        clock: now_ms.saturating_add_signed(skew_ms) << 16,
        flags: 0,
        grtt: 0,
        name: Name::parse(&format!("eva{number}")).unwrap(),
    };
    (signer, author)
}

/// A beat that shows that its author is there now.
fn beat(circle: &Circle, number: u8, sequence: u32, skew_ms: i64, of: MemberTag) -> Arc<[u8]> {
    let (signer, author) = wrong_author(circle, number, sequence, skew_ms);
    let beat = Beat {
        acks: vec![Ack { of, through: 1 }],
        ..Beat::default()
    };
    let body = Body::Beat(beat);
    sealed(&signer, author, body)
}

fn sealed(signer: &Signer, author: Author, body: Body<'_>) -> Arc<[u8]> {
    let mut datagram = Vec::new();
    Seal::public(None).close(&Frame { author, body }, signer, &mut datagram);
    datagram.into()
}

#[test]
fn what_is_said_a_year_ahead_is_refused_and_counted_and_takes_no_room() {
    let mut circle = Circle::of(6, 4);
    circle.talk(8, SECOND / 5);
    circle.settle(20 * SECOND);
    let held = circle.world.node(1).unwrap().held_bytes();
    let mut records = Vec::new();
    Record::Said(&"x".repeat(1000)).append(&mut records);
    for sequence in 1..=500 {
        let (signer, author) = wrong_author(&circle, 1, sequence, YEAR_MS);
        let body = Body::Durable(Durable {
            records: Records::new(&records),
            ..Durable::default()
        });
        circle
            .world
            .inject(address(1), &sealed(&signer, author, body));
        circle.world.run(SECOND / 1000);
    }
    circle.world.run(5 * SECOND);
    for member in 0..4 {
        let node = circle.world.node(member).unwrap();
        assert_eq!(node.roster().frames_ahead(), 500);
        assert_eq!(node.held_bytes(), held);
    }
    circle.talk(8, SECOND / 5);
    circle.settle(20 * SECOND);
    circle.expect_whole();
}

#[test]
fn twenty_addresses_with_a_wrong_clock_tell_nobody_that_theirs_is_wrong_while_others_share_it() {
    let mut circle = Circle::of(8, 4);
    circle.talk(8, SECOND / 5);
    circle.world.kill(0);
    circle.world.run(60 * SECOND);
    circle.world.start(0).unwrap();
    // Each of them shows a member that it is there, with a clock that is 20 minutes behind.
    for second in 0..50_u32 {
        for member in (0..4).filter(|_| second.is_multiple_of(5)) {
            let roster = circle.world.node(member).unwrap().roster();
            let tag = roster.get(ME).unwrap().tag;
            for number in 1..=20 {
                let behind = beat(&circle, number, second + 1, -20 * 60_000, tag);
                circle.world.inject_to(member, address(number), &behind);
            }
        }
        circle.world.say((second % 4) as usize);
        circle.world.run(SECOND);
    }
    circle.settle(5 * SECOND);
    circle.expect_whole();
    for member in 0..4 {
        assert!(size(&circle, member) > 20, "they are believed");
        assert_eq!(circle.count_told(member, is_told_ahead), 0, "{member}");
    }
}
