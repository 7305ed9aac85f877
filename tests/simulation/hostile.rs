//! Those who mean harm: strangers who send rubbish or what they recorded, and members who flood or
//! speak in others' names. What they can do to one frame is in `protocol/wire/seal/tests.rs`.

use std::sync::Arc;

use roda::chat::event::News;
use roda::protocol::engine::config::{HELD_BACK_BYTES, HISTORY_BYTES};
use roda::protocol::engine::member::Member;
use roda::protocol::engine::roster::ME;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::Beat;
use roda::protocol::wire::frame::durable::{Durable, Hello, Record, Records, Reference};
use roda::protocol::wire::frame::nack::{Nack, Target};
use roda::protocol::wire::frame::sync::{SequenceRange, Sync as Talk};
use roda::protocol::wire::frame::{Author, Body, FRAME_MAX_BYTES, Frame, FrameFault};
use roda::protocol::wire::frame::{Key, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND, is};

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
    for datagram in &recorded {
        circle.world.inject(stranger(), datagram);
    }
    circle.world.run(30 * SECOND);
    let node = circle.world.node(0).unwrap();
    assert!(node.repeats() as usize >= recorded.len());
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
    circle.expect_one_history();
}

#[test]
fn rubbish_is_counted_and_the_chat_goes_on() {
    let mut circle = Circle::of(2, 5);
    for number in 0..2000_u32 {
        let length = number as usize % (FRAME_MAX_BYTES + 100);
        let rubbish: Arc<[u8]> = (0..length)
            .map(|at| (number as usize * 31 + at) as u8)
            .collect();
        circle.world.inject(stranger(), &rubbish);
    }
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
    let gate = circle.world.node(0).unwrap().gate();
    assert!(gate.faults().values().sum::<u64>() > 1900);
}

/// A frame that names this author, signed by any signer.
fn sealed(signer: &Signer, author: Author, body: Body<'_>) -> Arc<[u8]> {
    let mut datagram = Vec::new();
    Seal::public(None).close(&Frame { author, body }, signer, &mut datagram);
    datagram.into()
}

/// The author of frame `sequence`, in a session that starts when the pretend world begins.
fn author(key: Key, sequence: u32, name: &str) -> Author {
    Author {
        key,
        short: key.short(),
        session: 1_790_000_000 << 32 | 5,
        sequence,
        clock: 1_790_000_000_000 << 16,
        flags: 0,
        grtt: 0,
        name: Name::parse(name).unwrap(),
    }
}

/// A frame of a member who keeps the format and not the rules.
fn forged(sequence: u32, body: Body<'_>) -> Arc<[u8]> {
    let eva = Signer::from_seed(&[9; 32]);
    sealed(&eva, author(eva.key(), sequence, "eva"), body)
}

/// A NACK of hers, made now.
fn forged_nack(circle: &Circle, sequence: u32, targets: Vec<Target>) -> Arc<[u8]> {
    let eva = Signer::from_seed(&[9; 32]);
    let author = Author {
        clock: (1_790_000_000_000 + circle.world.now().as_millis() as u64) << 16,
        ..author(eva.key(), sequence, "eva")
    };
    sealed(&eva, author, Body::Nack(Nack { targets }))
}

/// A durable frame of hers that says nothing which could be shown.
fn forged_durable(sequence: u32, replaces: u64) -> Arc<[u8]> {
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
fn two_frames_with_one_number_are_reported_and_the_first_counts() {
    let mut circle = Circle::of(4, 3);
    circle.world.inject(stranger(), &forged_durable(1, 7));
    circle.world.run(SECOND);
    circle.world.inject(stranger(), &forged_durable(1, 8));
    circle.world.run(SECOND);
    let is_told = |event: &News| matches!(event, News::Equivocation(who) if is(who, "eva"));
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
        let storm = forged_nack(&circle, round, targets);
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

#[test]
fn a_frame_that_is_asked_for_again_is_repaired_by_copies_in_a_small_group_only() {
    let repairs = |members: usize, copies: usize| -> Vec<u64> {
        let mut circle = Circle::of(15, members);
        circle.talk(members, SECOND / 5);
        circle.settle(20 * SECOND);
        let of = myself(&circle, 0).tag;
        let ask = |round: u32| {
            let (target, _) = Target::new(of, &[2], 500).unwrap();
            let targets = vec![target];
            circle.world.take_traffic();
            let nack = forged_nack(&circle, round, targets);
            for _ in 0..copies {
                circle.world.inject(stranger(), &nack);
            }
            circle.world.run(SECOND);
            circle.world.take_traffic().repairs()
        };
        (1..=4).map(ask).collect()
    };
    // Nothing else waits to be sent, so there is one more than times it was asked for.
    assert_eq!(repairs(5, 1), [2, 3, 3, 3]);
    assert_eq!(repairs(12, 1), [1, 1, 1, 1]);
    // The same NACK once more is no other one.
    assert_eq!(repairs(5, 1000), [2, 3, 3, 3]);
    assert_eq!(repairs(12, 1000), [1, 1, 1, 1]);
}

/// A member, as it knows itself.
fn myself(circle: &Circle, number: usize) -> Member {
    let roster = circle.world.node(number).unwrap().roster();
    roster.get(ME).unwrap().clone()
}

fn said(text: &str) -> Vec<u8> {
    let mut records = Vec::new();
    Record::Said(text).append(&mut records);
    records
}

#[test]
fn a_member_who_speaks_in_anothers_name_is_not_heard() {
    let mut circle = Circle::of(7, 4);
    circle.talk(8, SECOND / 5);
    let (ana, eva) = (myself(&circle, 0), Signer::from_seed(&[9; 32]));
    // 0 is the number of a message that was said, so that showing it again is a finding.
    let records = said("0 forged");
    for sequence in 1..50 {
        let author = Author {
            session: ana.session,
            ..author(ana.key, sequence, "m0")
        };
        let durable = Durable {
            records: Records::new(&records),
            ..Durable::default()
        };
        let beat = Beat {
            newest: 1_000_000,
            ..Beat::default()
        };
        for body in [Body::Durable(durable), Body::Beat(beat)] {
            let forged = sealed(&eva, author.clone(), body);
            circle.world.inject(stranger(), &forged);
        }
    }
    circle.world.run(5 * SECOND);
    let faults = circle.world.node(1).unwrap().gate().faults();
    assert_eq!(faults.get(&FrameFault::Forged), Some(&98));
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
}

#[test]
fn a_nack_in_the_name_of_the_dead_does_not_wake_them() {
    let mut circle = Circle::of(8, 4);
    let ana = myself(&circle, 0);
    circle.world.kill(0);
    for sequence in 0..120 {
        let author = Author {
            session: ana.session,
            ..author(ana.key, 1000 + sequence, "m0")
        };
        let eva = Signer::from_seed(&[9; 32]);
        let nack = sealed(&eva, author, Body::Nack(Nack::default()));
        circle.world.inject(stranger(), &nack);
        circle.world.run(SECOND / 2);
    }
    let is_gone = |event: &News| matches!(event, News::Left { person, .. } if is(person, "m0"));
    assert_eq!(circle.count_told(1, is_gone), 1);
    assert_eq!(circle.world.node(1).unwrap().roster().size(), 3);
}

#[test]
fn a_session_that_is_over_does_not_come_back_by_its_recording() {
    let mut circle = Circle::of(9, 4);
    circle.world.tap();
    circle.talk(20, SECOND);
    circle.world.leave(1);
    circle.world.run(SECOND);
    circle.world.kill(1);
    let recorded = circle.world.tapped();
    // A latecomer, to whom all of it is new except what it has caught up with.
    let late = circle.world.join("late").unwrap();
    circle.world.run(30 * SECOND);
    for datagram in recorded {
        circle.world.inject(stranger(), &datagram);
        circle.world.run(SECOND / 50);
    }
    circle.settle(30 * SECOND);
    circle.expect_whole();
    let is_here = |event: &News| matches!(event, News::Entered { person, .. } if is(person, "m1"));
    assert_eq!(circle.count_told(late, is_here), 0);
    for member in [0, 2, 3, late] {
        let node = circle.world.node(member).unwrap();
        assert_eq!(node.roster().size(), 4);
    }
    assert!(circle.world.node(late).unwrap().replays() > 0);
}

#[test]
fn what_was_said_in_another_room_is_counted_and_not_heard() {
    let mut circle = Circle::of(10, 3);
    let eva = Signer::from_seed(&[9; 32]);
    let records = said("0 elsewhere");
    let (there, mut datagram) = (Seal::public(Some("elsewhere")), Vec::new());
    for sequence in 1..=300 {
        let body = Body::Durable(Durable {
            records: Records::new(&records),
            ..Durable::default()
        });
        let author = author(eva.key(), sequence, "eva");
        there.close(&Frame { author, body }, &eva, &mut datagram);
        circle.world.inject(stranger(), &datagram.as_slice().into());
    }
    circle.talk(10, SECOND / 5);
    circle.settle(10 * SECOND);
    circle.expect_whole();
    let gate = circle.world.node(0).unwrap().gate();
    assert_eq!(gate.faults().get(&FrameFault::OtherRoom), Some(&300));
    assert_eq!(gate.refused(), 0, "their host may have a member here, too");
}

#[test]
fn a_thousand_who_say_hello_and_are_nowhere_are_not_counted() {
    let mut circle = Circle::of(11, 3);
    let hello = {
        let mut records = Vec::new();
        Record::Hello(Hello::default()).append(&mut records);
        records
    };
    for number in 0..1000_u32 {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let nobody = Signer::from_seed(&seed);
        let body = Body::Durable(Durable {
            records: Records::new(&hello),
            ..Durable::default()
        });
        let author = Author {
            clock: (1_790_000_000_000 + circle.world.now().as_millis() as u64) << 16,
            ..author(nobody.key(), 1, &format!("n{number}"))
        };
        let frame = sealed(&nobody, author, body);
        circle.world.inject(stranger(), &frame);
    }
    circle.world.run(SECOND);
    let size = circle.world.node(0).unwrap().roster().size();
    assert_eq!(size, 3, "only a beat tells where somebody is");
    circle.talk(10, SECOND / 5);
    circle.settle(60 * SECOND);
    circle.expect_whole();
}

#[test]
fn the_recording_of_a_circle_that_has_ended_brings_nobody_and_nothing_back() {
    let mut circle = Circle::of(12, 4);
    circle.world.tap();
    circle.talk(20, SECOND);
    circle.world.run(20 * SECOND);
    let recorded = circle.world.tapped();
    (0..4).for_each(|member| circle.world.kill(member));
    circle.world.run(1200 * SECOND);
    // Two come again, who know of none of it.
    for member in [0, 1] {
        circle.world.start_afresh(member).unwrap();
        circle.world.run(SECOND);
    }
    circle.world.run(30 * SECOND);
    for datagram in recorded {
        circle.world.inject(stranger(), &datagram);
        circle.world.run(SECOND / 50);
    }
    circle.world.run(60 * SECOND);
    for member in [0, 1] {
        let entered = |event: &News| matches!(event, News::Entered { .. });
        assert_eq!(circle.count_told(member, entered), 1, "the other one");
        let node = circle.world.node(member).unwrap();
        assert_eq!(
            node.history(usize::MAX),
            [],
            "shown or not, it is not taken in"
        );
        assert!(node.replays() >= 40, "{}", node.replays());
    }
}

#[test]
fn a_request_from_a_forged_address_gets_one_cookie_and_no_more() {
    let mut circle = Circle::of(13, 3);
    circle.talk(30, SECOND / 5);
    circle.settle(20 * SECOND);
    circle.world.take_traffic();
    let ana = myself(&circle, 0);
    let all = SequenceRange {
        short: ana.tag.short,
        session: ana.session,
        first: 1,
        count: 64,
    };
    let asked = (0..=9).map(|cookie| Talk::Ask {
        cookie,
        from: 0,
        cut: u64::MAX,
    });
    let wanted = (0..=9).map(|cookie| Talk::Want {
        cookie,
        runs: vec![all; 30],
    });
    for (sequence, talk) in (1..).zip(asked.chain(wanted)) {
        let request = forged(sequence, Body::Sync(talk));
        // To all, who must not answer; then to each.
        circle.world.inject(stranger(), &request);
        circle.world.run(SECOND / 100);
        assert_eq!(circle.world.take_traffic().single, 0);
        (0..3).for_each(|member| circle.world.inject_to(member, stranger(), &request));
        circle.world.run(SECOND / 100);
        let answers = circle.world.take_traffic().single;
        // One by each, which is no longer than the question, and none if he asks too often.
        assert_eq!(answers, if sequence <= 16 { 3 } else { 0 });
    }
}

#[test]
fn a_reference_to_what_nobody_said_causes_one_nack_at_most() {
    let mut circle = Circle::of(14, 3);
    circle.talk(9, SECOND / 5);
    circle.settle(20 * SECOND);
    circle.world.take_traffic();
    let ana = myself(&circle, 0);
    let reference = |sequence| Reference {
        member: ana.tag,
        sequence,
        hash: 7,
    };
    let records = said("0 see below");
    for sequence in 1..=20 {
        let body = Durable {
            references: vec![reference(8), reference(1_000_000)],
            records: Records::new(&records),
            ..Durable::default()
        };
        let clock = (1_790_000_000_000 + circle.world.now().as_millis() as u64) << 16;
        let eva = Signer::from_seed(&[9; 32]);
        let author = Author {
            clock,
            ..author(eva.key(), sequence, "eva")
        };
        let frame = sealed(&eva, author, Body::Durable(body));
        circle.world.inject(stranger(), &frame);
        circle.world.run(SECOND);
    }
    circle.world.run(60 * SECOND);
    let nacks = circle.world.take_traffic().nacks();
    assert!(
        nacks <= 20,
        "{nacks}: one of the group for each reference, at most"
    );
}
