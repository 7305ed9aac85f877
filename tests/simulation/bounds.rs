//! Members who keep the format, and use as much as they can of what all share: memory, places in
//! the roster, the history, the time of those who catch up. What the others hold is counted, and
//! each of them must still get every line of the others.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use roda::protocol::engine::config::{
    HELD_BACK_BYTES, HISTORY_BYTES, MEMBERS_MAX, MEMBERS_UNPROVEN_MAX, RANGES_MAX,
};
use roda::protocol::engine::roster::ME;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::{Beat, Digest};
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::sync::{SequenceRange, Sync as Talk};
use roda::protocol::wire::frame::{Author, Body, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};

/// When the pretend world begins, in milliseconds since 1970.
const EPOCH_MS: u64 = 1_790_000_000_000;

/// One identity of an attacker.
struct Eva {
    signer: Signer,
    name: String,
    session: u64,
    address: SocketAddr,
    /// How far her clock is ahead, in milliseconds.
    ahead_ms: u64,
}

impl Eva {
    /// The identity of this number, at this host.
    fn new(number: u32, host: u8) -> Self {
        let mut seed = [9; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        Self {
            signer: Signer::from_seed(&seed),
            name: format!("eva{number}"),
            session: 1_790_000_000 << 32 | u64::from(number),
            address: ([10, 77, 201, host], 5000 + (number % 60_000) as u16).into(),
            ahead_ms: 0,
        }
    }

    /// A frame of hers.
    fn frame(&self, now: Duration, sequence: u32, body: Body<'_>) -> Arc<[u8]> {
        let key = self.signer.key();
        let author = Author {
            key,
            short: key.short(),
            session: self.session,
            sequence,
            clock: (EPOCH_MS + now.as_millis() as u64 + self.ahead_ms) << 16,
            flags: 0,
            grtt: 0,
            name: Name::parse(&self.name).unwrap(),
        };
        let mut datagram = Vec::new();
        let frame = Frame { author, body };
        Seal::public(None).close(&frame, &self.signer, &mut datagram);
        datagram.into()
    }

    fn sends(&self, circle: &mut Circle, sequence: u32, body: Body<'_>) {
        let frame = self.frame(circle.world.now(), sequence, body);
        circle.world.inject(self.address, &frame);
    }

    fn beats(&self, circle: &mut Circle, sequence: u32, newest: u32) {
        let beat = Beat {
            newest,
            interval: 60 * SECOND,
            ..Beat::default()
        };
        self.sends(circle, sequence, Body::Beat(beat));
    }

    /// A frame full of so many bytes that nobody here can read.
    fn fills(&self, circle: &mut Circle, sequence: u32, bytes: usize) {
        let records = nothing(bytes);
        let body = Durable {
            records: Records::new(&records),
            ..Durable::default()
        };
        self.sends(circle, sequence, Body::Durable(body));
    }

    /// What she claims to hold: part of an inventory.
    fn lists(&self, circle: &mut Circle, sequence: u32, part: u8, runs: &[SequenceRange]) {
        let inventory = Talk::Inventory {
            from: 0,
            cut: u64::MAX,
            part,
            parts: 255,
            runs: runs.to_vec(),
        };
        self.sends(circle, sequence, Body::Sync(inventory));
    }
}

/// A private message to nobody, of so many bytes.
fn nothing(bytes: usize) -> Vec<u8> {
    let mut records = Vec::new();
    let private = Record::Private {
        to: MemberTag::of(7, 7),
        sealed: &vec![0; bytes],
    };
    private.append(&mut records);
    records
}

#[test]
fn claims_of_four_billion_frames_cost_little_and_nobody_is_kept_from_hearing() {
    let mut circle = Circle::of(40, 4);
    let evas: Vec<Eva> = (0..400).map(|number| Eva::new(number, 1)).collect();
    for (beat, newest) in [(1, 1), (2, 4_000_000_000), (3, u32::MAX)] {
        for (number, eva) in evas.iter().enumerate() {
            eva.beats(&mut circle, beat, newest);
            if number % 40 == 0 {
                circle.talk(1, SECOND / 10);
            }
        }
        circle.world.run(SECOND);
    }
    circle.world.take_traffic();
    circle.talk(20, SECOND / 2);
    let nacks = circle.world.take_traffic().nacks();
    assert!(nacks < 1000, "{nacks}: 4 members ask for what nobody has");
    for member in 0..4 {
        let ranges = circle.world.node(member).unwrap().held_ranges();
        assert!(ranges <= RANGES_MAX, "{ranges}");
    }
    circle.settle(40 * SECOND);
    circle.expect_whole();
}

#[test]
fn frames_with_holes_between_them_do_not_take_the_room_of_others() {
    let mut circle = Circle::of(41, 3);
    for sequence in 1..30_000_u32 {
        // From far ahead down, so that each is a range of its own.
        Eva::new(sequence % 4, 1).fills(&mut circle, 4_000_000 - 2 * sequence, 40);
        if sequence % 100 == 0 {
            circle.world.run(SECOND / 10);
        }
        if sequence % 3000 == 0 {
            circle.talk(3, SECOND / 10);
        }
    }
    for member in 0..3 {
        let ranges = circle.world.node(member).unwrap().held_ranges();
        assert!(ranges <= RANGES_MAX, "{ranges}");
    }
    circle.settle(40 * SECOND);
    circle.expect_whole();
}

/// How many messages of the members (not of an attacker) a member remembers.
fn remembered(circle: &Circle, member: usize) -> usize {
    let said = circle.world.node(member).unwrap().history(usize::MAX);
    said.iter()
        .filter(|said| said.who.name.as_str().starts_with('m'))
        .count()
}

#[test]
fn whoever_fills_the_history_makes_nobody_forget_what_others_said() {
    for ahead_ms in [0, 240_000] {
        let mut circle = Circle::of(42, 4);
        circle.talk(30, SECOND / 5);
        circle.settle(5 * SECOND);
        let evas = (0..3).map(|number| Eva {
            ahead_ms,
            ..Eva::new(number, 1)
        });
        let evas: Vec<Eva> = evas.collect();
        for sequence in 1..3000 {
            for eva in &evas {
                eva.fills(&mut circle, sequence, 1000);
            }
            if sequence % 10 == 0 {
                circle.world.run(SECOND / 10);
            }
            if sequence % 500 == 0 {
                // Longer than a frame, so that it comes in several.
                circle.world.say_with(0, &"x".repeat(20_000));
            }
        }
        circle.talk(10, SECOND / 5);
        circle.settle(10 * SECOND);
        circle.expect_whole();
        let late = circle.world.join("late").unwrap();
        circle.world.run(20 * SECOND);
        for member in [0, 1, 2, 3, late] {
            let node = circle.world.node(member).unwrap();
            assert!(node.held_bytes() <= HISTORY_BYTES + HELD_BACK_BYTES);
            assert_eq!(
                remembered(&circle, member),
                45,
                "{member}, {ahead_ms} ms ahead"
            );
        }
    }
}

#[test]
fn whoever_leaves_gaps_does_not_take_the_room_behind_gaps_of_others() {
    let mut circle = Circle::of(43, 4);
    circle.world.set_faults(Faults::losing(0.1));
    for round in 1..400_u32 {
        // 40 identities, whose frames all wait.
        for number in 0..40 {
            let eva = Eva::new(number, (number / 4) as u8);
            eva.fills(&mut circle, round * 2, 1000);
        }
        circle.world.run(SECOND / 100);
        if round % 20 == 0 {
            circle.talk(1, SECOND / 10);
        }
    }
    circle.settle(20 * SECOND);
    circle.expect_whole();
    circle.expect_times(SECOND / 2, 3 * SECOND);
}

#[test]
fn ten_thousand_members_at_a_few_addresses_do_not_close_the_room() {
    let mut circle = Circle::of(44, 3);
    for number in 0..10_000_u32 {
        Eva::new(number, (number % 20) as u8).beats(&mut circle, 1, 1);
        if number % 100 == 0 {
            circle.world.run(SECOND / 50);
        }
    }
    let late = circle.world.join("late").unwrap();
    circle.world.run(5 * SECOND);
    circle.talk(12, SECOND / 5);
    circle.settle(20 * SECOND);
    circle.expect_whole();
    for member in [0, 1, 2, late] {
        let roster = circle.world.node(member).unwrap().roster();
        assert!(roster.known() <= MEMBERS_MAX);
        assert!(
            roster.size() <= MEMBERS_UNPROVEN_MAX + 4,
            "{}",
            roster.size()
        );
        let others = roster
            .others()
            .filter(|(_, other)| other.name.as_str() == "late");
        assert_eq!(others.count(), usize::from(member != late));
    }
}

#[test]
fn a_liar_does_not_keep_a_latecomer_from_what_was_said() {
    for liars in [1, 5] {
        let mut circle = Circle::of(45, 5);
        circle.talk(30, SECOND / 5);
        circle.settle(10 * SECOND);
        let ana = circle
            .world
            .node(0)
            .unwrap()
            .roster()
            .get(ME)
            .unwrap()
            .clone();
        // Frames of ana's that there will never be, and one that there will be.
        let invented = SequenceRange {
            short: ana.tag.short,
            session: ana.session,
            first: 8,
            count: 4_000_000_000,
        };
        let late = circle.world.join("late").unwrap();
        let evas: Vec<Eva> = (0..liars)
            .map(|number| Eva::new(number, number as u8))
            .collect();
        let mut said = Vec::new();
        for round in 1..=400_u32 {
            for eva in &evas {
                let digest = Digest {
                    from: 0,
                    cut: u64::MAX,
                    xor: round.into(),
                };
                let beat = Beat {
                    digest,
                    interval: 5 * SECOND,
                    ..Beat::default()
                };
                eva.sends(&mut circle, round * 3, Body::Beat(beat));
                let cookie = Body::Sync(Talk::Cookie(round.into()));
                eva.sends(&mut circle, round * 3 + 1, cookie);
                let part = (round % 3) as u8;
                eva.lists(&mut circle, round * 3 + 2, part, &[invented]);
            }
            circle.world.run(SECOND / 20);
            if round % 50 == 0 {
                said.push(circle.world.say(0));
            }
        }
        // Twenty seconds have gone, and the last line comes.
        circle.world.run(SECOND);
        assert_eq!(remembered(&circle, late), 30 + said.len(), "{liars} liars");
        circle.settle(20 * SECOND);
        circle.expect_whole();
        for member in 1..=late {
            assert_eq!(
                circle.world.ledger().late(member),
                if member == late { 30 } else { 0 }
            );
        }
    }
}
