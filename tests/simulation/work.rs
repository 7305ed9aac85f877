//! Those who make others work: rubbish in somebody's name, fresh keys by the thousand, receivers
//! that crawl, NACKs for everything. Each test attacks, and the honest must not notice.

use core::net::{IpAddr, SocketAddr};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use roda::chat::command::{Command, Leave};
use roda::chat::event::News;
use roda::protocol::engine::member::Member;
use roda::protocol::engine::roster::ME;
use roda::protocol::message::Name;
use roda::protocol::rng::Rng;
use roda::protocol::wire::frame::beat::{Beat, Link};
use roda::protocol::wire::frame::nack::{Nack, Target};
use roda::protocol::wire::frame::status::Status;
use roda::protocol::wire::frame::{Ack, Author, Body, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use crate::circle::{Circle, SECOND, is, said_farewell};

/// A member that keeps the format and not the rules.
struct Attacker {
    signer: Signer,
    name: Name,
    address: SocketAddr,
    sequence: u32,
}

impl Attacker {
    fn new(number: u32, address: SocketAddr) -> Self {
        let mut seed = [0xee; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        Self {
            signer: Signer::from_seed(&seed),
            name: Name::parse(&format!("eva{number}")).unwrap(),
            address,
            sequence: 0,
        }
    }

    /// An attacker who uses an address of its own.
    fn alone(number: u32) -> Self {
        let [.., high, low] = number.to_be_bytes();
        let ip = IpAddr::from([10, 78, high, low]);
        Self::new(number, SocketAddr::new(ip, 666))
    }

    /// A frame with the time of now.
    fn frame(&mut self, circle: &Circle, body: Body<'_>) -> Arc<[u8]> {
        self.sequence += 1;
        let key = self.signer.key();
        let author = Author {
            key,
            short: key.short(),
            session: 1_790_000_000 << 32 | 5,
            sequence: self.sequence,
            clock: (1_790_000_000_000 + circle.world.now().as_millis() as u64) << 16,
            flags: 0,
            grtt: 0,
            name: self.name.clone(),
        };
        let mut datagram = Vec::new();
        let frame = Frame { author, body };
        Seal::public(None).close(&frame, &self.signer, &mut datagram);
        datagram.into()
    }

    fn send(&mut self, circle: &mut Circle, body: Body<'_>) {
        let frame = self.frame(circle, body);
        circle.world.inject(self.address, &frame);
    }
}

/// A member, as it knows itself.
fn myself(circle: &Circle, number: usize) -> Member {
    let roster = circle.world.node(number).unwrap().roster();
    roster.get(ME).unwrap().clone()
}

/// Where a member's own datagrams come from.
fn address_of(circle: &Circle, number: usize) -> SocketAddr {
    let tag: MemberTag = myself(circle, number).tag;
    let other = usize::from(number == 0);
    let roster = circle.world.node(other).unwrap().roster();
    let member = roster.find(tag).and_then(|id| roster.get(id));
    member.unwrap().address.unwrap()
}

#[test]
fn rubbish_in_somebodys_name_does_not_silence_them() {
    let mut circle = Circle::of_strict(40, 3);
    circle.world.tap();
    circle.talk(9, SECOND / 5);
    let recorded = circle.world.tapped();
    let (ana, mut rng) = (address_of(&circle, 0), Rng::new(40));
    let mut forger = Attacker::new(0, ana);
    let step = SECOND / 100;
    for round in 0..300 {
        if round % 25 == 0 {
            circle.world.say(0);
        }
        // 500 kB/s on the wire of each kind in turn.
        match round % 4 {
            0 => (0..116).for_each(|_| circle.world.inject(ana, &[0x2a].as_slice().into())),
            1 => (0..4).for_each(|_| {
                let random: Arc<[u8]> = (0..1400).map(|_| rng.bits() as u8).collect();
                circle.world.inject(ana, &random);
            }),
            2 => (0..20).for_each(|_| {
                let mut bytes = recorded[rng.below(recorded.len() as u64) as usize].to_vec();
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << rng.below(8);
                circle.world.inject(ana, &bytes.into());
            }),
            _ => (0..20).for_each(|_| {
                // Well sealed, in her name, and not signed by her.
                let frame = forger.frame(&circle, Body::Beat(Beat::default()));
                circle.world.inject(ana, &frame);
            }),
        }
        circle.world.run(step);
    }
    circle.expect_times(SECOND / 100, SECOND / 100);
    circle.settle(10 * SECOND);
    circle.expect_whole();
}

#[test]
fn a_newcomer_is_known_within_5_s_while_ten_thousand_fresh_keys_shout() {
    // From one address, from a few, and each from its own.
    for addresses in [1, 7, 10_000] {
        let mut circle = Circle::of_strict(41, 3);
        let address_of = |number: u32| Attacker::alone(number % addresses).address;
        let mut newcomer = 0;
        for number in 0..10_000 {
            if number == 3000 {
                newcomer = circle.world.join("nova").unwrap();
            }
            let mut fresh = Attacker::new(number, address_of(number));
            fresh.send(&mut circle, Body::Beat(Beat::default()));
            // 2 Mbit/s.
            circle.world.run(SECOND / 1000);
            if number == 8000 {
                let tag = myself(&circle, newcomer).tag;
                for member in 0..3 {
                    let roster = circle.world.node(member).unwrap().roster();
                    let known = roster.find(tag).and_then(|id| roster.get(id));
                    assert!(
                        known.is_some_and(|nova| nova.is_live),
                        "{addresses} addresses, {member}"
                    );
                }
            }
        }
        let checked: u64 = 10_000 - circle.world.node(0).unwrap().gate().refused();
        assert!(checked < 7000, "{checked}");
    }
}

/// A liar in the room who says that it has one more of ana's frames every 2.5 s.
struct Crawler {
    attacker: Attacker,
    of: MemberTag,
    through: u32,
    moves_at: Duration,
}

impl Crawler {
    fn enter(circle: &mut Circle) -> Self {
        let mut attacker = Attacker::alone(1);
        let beat = Beat {
            link: Link::Wired,
            ..Beat::default()
        };
        attacker.send(circle, Body::Beat(beat));
        circle.world.run(SECOND);
        let node = circle.world.node(0).unwrap();
        Self {
            attacker,
            of: myself(circle, 0).tag,
            through: node.newest(),
            moves_at: circle.world.now(),
        }
    }

    fn report(&mut self, circle: &mut Circle) {
        if circle.world.now() >= self.moves_at {
            self.through += 1;
            self.moves_at += SECOND * 5 / 2;
        }
        let (of, through) = (self.of, self.through);
        let newest = circle.world.node(0).map_or(0, |node| node.newest());
        let status = Status {
            ack: Ack {
                of,
                through: through.min(newest),
            },
            heard: through,
            echo: through,
            held: Duration::ZERO,
        };
        let status = self.attacker.frame(circle, Body::Status(status));
        circle.world.inject_to(0, self.attacker.address, &status);
    }
}

/// How long two honest members take to get so many lines of ana, 500 bytes each.
fn bulk_time(
    circle: &mut Circle,
    lines: usize,
    mut each_step: impl FnMut(&mut Circle),
) -> Duration {
    let (text, began) = ("x".repeat(500), circle.world.now());
    let messages: Vec<usize> = (0..lines)
        .map(|_| circle.world.say_with(0, &text))
        .collect();
    let has_all = |circle: &Circle| {
        let ledger = circle.world.ledger();
        let mut newest_first = messages.iter().rev();
        newest_first.all(|message| ledger.has(1, *message) && ledger.has(2, *message))
    };
    while !has_all(circle) {
        each_step(circle);
        circle.world.run(SECOND / 50);
        assert!(circle.world.now() < began + 60 * SECOND, "it does not end");
    }
    circle.world.now() - began
}

fn is_slow(news: &News, name: &str) -> bool {
    matches!(news, News::Slow(who) if is(who, name))
}

#[test]
fn a_receiver_that_crawls_is_left_behind_and_named_whether_it_lies_or_is_slow() {
    let undisturbed = bulk_time(&mut Circle::of(42, 3), 10_000, |_| ());
    // A liar.
    let mut circle = Circle::of(42, 3);
    let mut crawler = Crawler::enter(&mut circle);
    let took = bulk_time(&mut circle, 10_000, |circle| crawler.report(circle));
    assert!(
        took <= undisturbed + SECOND * 7 / 2,
        "{took:?}, {undisturbed:?}"
    );
    assert_eq!(circle.count_told(0, |news| is_slow(news, "eva1")), 1);
    // Again: it is not in the window, though it reports.
    let took = bulk_time(&mut circle, 10_000, |circle| crawler.report(circle));
    assert!(
        took <= undisturbed + SECOND / 2,
        "{took:?}, {undisturbed:?}"
    );
    circle.settle(10 * SECOND);
    circle.expect_whole();
    // An honest member that takes in one datagram of a hundred.
    let mut circle = Circle::of(43, 4);
    let count = Cell::new(0_u32);
    circle.world.deafen(move |_, to| {
        count.set(count.get().wrapping_add(u32::from(to == 3)));
        to == 3 && !count.get().is_multiple_of(100)
    });
    let took = bulk_time(&mut circle, 20_000, |_| ());
    // For three of them it is waited for; then its requests still cause unasked repeats.
    assert!(took <= 8 * SECOND, "{took:?}");
    assert_eq!(circle.count_told(0, |news| is_slow(news, "m3")), 1);
    // It learns what it lacks, as what history still holds or as a gap.
    circle.settle(60 * SECOND);
    let line = circle.world.say(0);
    circle.world.run(5 * SECOND);
    let ledger = circle.world.ledger();
    assert_eq!(ledger.findings(), &[] as &[String]);
    assert!(ledger.has(3, line), "it goes on");
    let shown = (0..20_000)
        .filter(|message| ledger.has(3, *message))
        .count();
    let is_gap = |news: &News| matches!(news, News::Gap { .. });
    assert!(
        shown == 20_000 || circle.count_told(3, is_gap) > 0,
        "{shown}"
    );
}

#[test]
fn a_farewell_waits_for_nobody_who_crawls() {
    let mut circle = Circle::of(44, 3);
    let mut crawler = Crawler::enter(&mut circle);
    for _ in 0..10_000 {
        let text = Command::Say("x".repeat(500));
        circle.world.ask(0, text);
    }
    for _ in 0..50 {
        crawler.report(&mut circle);
        circle.world.run(SECOND / 50);
    }
    circle.world.ask(0, Command::Leave(Leave::Farewell));
    let began = circle.world.now();
    while circle.world.node(0).is_some() {
        crawler.report(&mut circle);
        circle.world.run(SECOND / 50);
        assert!(circle.world.now() <= began + SECOND, "it does not leave");
    }
    circle.world.run(SECOND);
    assert_eq!(circle.count_told(1, said_farewell), 1);
}

#[test]
fn losing_a_fifth_at_full_speed_is_not_slow() {
    for seed in 45..48 {
        let mut circle = Circle::of(seed, 4);
        circle
            .world
            .set_faults(roda::sim::link::Faults::losing(0.2));
        bulk_time(&mut circle, 10_000, |_| ());
        circle.settle(30 * SECOND);
        circle.expect_whole();
        let slow = |news: &News| matches!(news, News::Slow(_));
        assert_eq!(circle.count_told(0, slow), 0, "seed {seed}");
    }
}

/// What the members of a circle send to the group in a minute, in bytes, while one of them says
/// so many lines a second, and a member asks for everything all the time, if there is one.
fn bytes_of_a_minute(lines_per_s: u32, is_attacked: bool) -> usize {
    let mut circle = Circle::of(49, 3);
    circle.talk(30, SECOND / 10);
    circle.settle(30 * SECOND);
    let mut attacker = Attacker::alone(1);
    let tags = [0, 1, 2].map(|number| myself(&circle, number).tag);
    circle.world.tap();
    let text = "x".repeat(200);
    // 300 NACKs a second of 400 bytes are 1 Mbit/s.
    for round in 0..60 * 300 {
        if is_attacked {
            let newest = |number| circle.world.node(number).unwrap().newest();
            let spans = [0, 1, 2].map(|number| {
                let last = newest(number);
                let sequences: Vec<u32> = (last.saturating_sub(499).max(1)..=last).collect();
                Target::new(tags[number], &sequences, 100).unwrap().0
            });
            let nack = Nack {
                targets: spans.to_vec(),
            };
            attacker.send(&mut circle, Body::Nack(nack));
        }
        // In bulk, all at once.
        let lines = match lines_per_s {
            1000.. if round == 0 => lines_per_s,
            1000.. | 0 => 0,
            _ => u32::from(round % (300 / lines_per_s) == 0),
        };
        (0..lines).for_each(|_| {
            circle.world.say_with(0, &text);
        });
        circle.world.run(SECOND / 300);
    }
    let sent = circle.world.tapped();
    circle.settle(10 * SECOND);
    circle.expect_whole();
    sent.iter().map(|datagram| datagram.len()).sum()
}

#[test]
fn who_asks_for_everything_all_the_time_makes_no_more_than_four_times_of_what_is_sent() {
    for lines_per_s in [0, 1, 10, 10_000] {
        let (calm, attacked) = (
            bytes_of_a_minute(lines_per_s, false),
            bytes_of_a_minute(lines_per_s, true),
        );
        let floor = 3 * 20_000 / 8 * 60;
        assert!(
            attacked <= floor.max(4 * calm),
            "{lines_per_s} lines a second: {attacked} bytes instead of {calm}"
        );
    }
}
