//! Rooms that outlive their members: what was said stays in archives, and comes from there.

use std::collections::BTreeSet;
use std::time::Duration;

use roda::chat::event::{Failure, Message, News};
use roda::protocol::engine::event::MessageId;
use roda::protocol::engine::frame_log::Position;
use roda::protocol::engine::stored::{Forgotten, StoredFrame};
use roda::protocol::message::Name;
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
use roda::sim::World;
use roda::sim::link::Faults;

use crate::circle::{Circle, SECOND};
use crate::stored::{Claim, sealed};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Members who have met, each with an archive.
fn archived(seed: u64, members: usize) -> Circle {
    let mut world = World::new(seed, Faults::NONE);
    world.archive_all();
    Circle::met(world, seed, members)
}

/// All who are here leave, and it takes a while until anybody comes.
fn all_leave(circle: &mut Circle, pause: Duration) {
    for number in 0..circle.world.size() {
        circle.world.leave(number);
    }
    circle.world.run(5 * SECOND);
    for number in 0..circle.world.size() {
        assert!(
            circle.world.node(number).is_none(),
            "{number} is still here"
        );
    }
    circle.world.run(pause);
}

pub(crate) fn history(circle: &Circle, number: usize) -> Vec<(MessageId, String)> {
    let said = circle.world.node(number).unwrap().history(usize::MAX);
    said.into_iter().map(|said| (said.id, said.text)).collect()
}

fn recent(circle: &Circle, number: usize) -> Vec<&Message> {
    let told = circle.world.told(number).iter();
    let recent = told.filter_map(|news| match news {
        News::Recent(messages) => Some(messages),
        _ => None,
    });
    recent.flatten().collect()
}

/// Nobody is shown or counted who is not here.
fn expect_no_ghost(circle: &Circle, number: usize, here: usize) {
    let entered: Vec<&News> = circle
        .world
        .told(number)
        .iter()
        .filter(|news| matches!(news, News::Entered { .. } | News::Left { .. }))
        .collect();
    let size = circle.world.node(number).unwrap().roster().size();
    assert_eq!(size, here, "{number}: {entered:?}");
    let names: BTreeSet<String> = entered
        .iter()
        .filter_map(|news| match news {
            News::Entered { person, .. } => Some(person.name.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(names.len(), here - 1, "{number}: {entered:?}");
}

#[test]
fn all_leave_one_returns_and_a_newcomer_has_everything() {
    for (seed, loss) in [(1, 0.0), (2, 0.05), (3, 0.2)] {
        let mut circle = archived(seed, 5);
        circle.world.set_faults(Faults::losing(loss));
        circle.talk(300, SECOND / 10);
        circle.world.say_with(1, &"é".repeat(5000));
        circle.settle(60 * SECOND);
        circle.expect_whole();
        let before = history(&circle, 2);
        let heads = before
            .iter()
            .map(|(_, text)| text.chars().take(9).collect::<String>());
        assert_eq!(before.len(), 301, "{:?}", heads.collect::<Vec<_>>());
        all_leave(&mut circle, 20 * HOUR);
        circle.world.set_faults(Faults::losing(loss));
        circle.world.start(2).unwrap();
        circle.world.run(20 * SECOND);
        assert_eq!(history(&circle, 2), before, "seed {seed}");
        let shown: Vec<String> = recent(&circle, 2)
            .iter()
            .map(|message| message.text().to_owned())
            .collect();
        let last = before.iter().skip(291).map(|(_, text)| text.clone());
        assert_eq!(shown, last.collect::<Vec<_>>());
        assert_eq!(circle.world.ledger().late(2), 0, "shown again");
        expect_no_ghost(&circle, 2, 1);
        let newcomer = circle.world.join("nadia").unwrap();
        circle.world.run(30 * SECOND);
        assert_eq!(history(&circle, newcomer), before, "seed {seed}");
        assert_eq!(circle.world.ledger().late(newcomer), 301, "seed {seed}");
        expect_no_ghost(&circle, newcomer, 2);
        // What they say now goes on where the others left.
        circle.world.say(2);
        circle.world.say(newcomer);
        circle.settle(20 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
    }
}

#[test]
fn who_returns_to_the_others_is_shown_only_what_is_new() {
    for (seed, loss) in [(4, 0.0), (5, 0.2)] {
        let mut circle = archived(seed, 4);
        circle.world.set_faults(Faults::losing(loss));
        circle.talk(100, SECOND / 10);
        circle.world.run(20 * SECOND);
        circle.world.kill(1);
        circle.world.run(20 * SECOND);
        for line in 0..40 {
            circle.world.say([0, 2, 3][line % 3]);
            circle.world.run(SECOND / 5);
        }
        circle.world.start(1).unwrap();
        circle.talk(40, SECOND / 5);
        circle.settle(60 * SECOND);
        circle.expect_whole();
        circle.expect_one_history();
        let shown = (0..140).filter(|message| circle.world.ledger().has(1, *message));
        let own = (0..140).filter(|message| circle.world.ledger().origin(*message).unwrap().0 == 1);
        assert_eq!(shown.count() + own.count(), 140, "seed {seed}");
        let again = circle.world.ledger().late(1);
        assert!(loss > 0.0 || again == 40, "seed {seed}: {again}");
        assert_eq!(circle.world.node(1).unwrap().roster().size(), 4);
        let private = circle.world.say_privately(1, &name("m2"), "so para m2");
        assert_eq!(private, 1, "the key of a session that began before");
    }
}

#[test]
fn two_archives_that_differ_are_one_history_when_their_members_meet() {
    for seed in 6..9 {
        let mut circle = archived(seed, 4);
        circle.talk(60, SECOND / 5);
        circle.world.run(15 * SECOND);
        // Each half hears what the other does not.
        circle.world.separate(|member| u8::from(member % 2 == 0));
        circle.talk(60, SECOND / 5);
        all_leave(&mut circle, HOUR);
        circle.world.separate(|_| 0);
        circle.world.start(0).unwrap();
        circle.world.run(40 * SECOND);
        circle.world.start(1).unwrap();
        circle.world.run(40 * SECOND);
        let newcomer = circle.world.join("nadia").unwrap();
        circle.world.run(200 * SECOND);
        circle.expect_one_history();
        assert_eq!(history(&circle, newcomer).len(), 120, "seed {seed}");
        assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
        for number in [0, 1, newcomer] {
            expect_no_ghost(&circle, number, 3);
        }
    }
}

#[test]
fn an_archive_that_does_not_answer_mutes_nobody() {
    let mut circle = archived(10, 3);
    circle.talk(50, SECOND / 10);
    circle.world.run(15 * SECOND);
    circle.world.kill(0);
    circle.world.lock_archive(0, true);
    circle.world.run(5 * SECOND);
    circle.world.start(0).unwrap();
    circle.world.run(SECOND / 2);
    let said = circle.world.say(1);
    let own = circle.world.say(0);
    circle.world.run(3 * SECOND);
    assert!(circle.world.ledger().has(0, said) && circle.world.ledger().has(1, own));
    let is_told = |news: &News| matches!(news, News::Failed(Failure::NotRecalled));
    assert_eq!(circle.count_told(0, is_told), 1);
    circle.settle(30 * SECOND);
    circle.expect_one_history();
}

#[test]
fn what_a_disk_has_damaged_or_another_room_wrote_goes_no_further() {
    let mut circle = archived(11, 3);
    circle.talk(60, SECOND / 10);
    circle.world.run(15 * SECOND);
    let before = history(&circle, 0);
    let other = {
        let mut other = archived(12, 2);
        other.talk(10, SECOND / 10);
        let archive = other.world.archive(0).unwrap();
        archive.frames().cloned().collect::<Vec<_>>()
    };
    all_leave(&mut circle, HOUR);
    let archive = circle.world.archive_mut(0).unwrap();
    let kept = archive.frames().count();
    archive.damage(|number, frame| {
        let mut bytes = frame.bytes.to_vec();
        match number {
            20 => bytes[100] ^= 1,
            21 => bytes.truncate(60),
            22 => frame.hash ^= 1,
            23 => frame.position.clock -= 1,
            24 => frame.author.0[0] ^= 1,
            25 => bytes.clear(),
            _ => {}
        }
        frame.bytes = bytes.into();
    });
    // A frame as it was sealed for another room, at a place that is free here.
    let other_seal = Seal::public(Some("outra"));
    let planted = resealed(&other[5], &other_seal);
    archive.plant(planted);
    circle.world.start(0).unwrap();
    let newcomer = circle.world.join("nadia").unwrap();
    circle.world.run(30 * SECOND);
    assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
    let after = history(&circle, newcomer);
    assert_eq!(after, history(&circle, 0));
    assert!(after.iter().all(|message| before.contains(message)));
    assert!((before.len() - 6..before.len()).contains(&after.len()));
    let left = circle.world.archive(0).unwrap().frames().count();
    // The archive has dropped them, and keeps what was made since.
    assert!(left < kept + 20 && circle.world.archive(0).unwrap().frames().all(is_sound));
}

#[test]
fn a_frame_that_its_author_did_not_sign_is_served_to_nobody() {
    let mut circle = archived(13, 3);
    circle.talk(60, SECOND / 10);
    circle.world.run(15 * SECOND);
    all_leave(&mut circle, HOUR);
    let seal = circle.world.seal().clone();
    let archive = circle.world.archive_mut(0).unwrap();
    let real = archive.frames().nth(30).unwrap().clone();
    archive.plant(forged(&real, 1000, &seal));
    circle.world.start(0).unwrap();
    let newcomer = circle.world.join("nadia").unwrap();
    circle.world.run(30 * SECOND);
    let is_forged = |(_, text): &(MessageId, String)| text.contains("forjada");
    assert!(!history(&circle, newcomer).iter().any(is_forged));
    assert!(
        !history(&circle, 0).iter().any(is_forged),
        "dropped when asked for"
    );
    assert_eq!(history(&circle, newcomer).len(), 60);
    let archive = circle.world.archive(0).unwrap();
    assert!(archive.frames().all(|frame| frame.position.sequence < 1000));
}

#[test]
fn a_forged_frame_in_the_place_of_a_real_one_accuses_nobody_and_hides_it_from_nobody_else() {
    let mut circle = archived(17, 3);
    circle.talk(60, SECOND / 10);
    circle.world.run(15 * SECOND);
    all_leave(&mut circle, HOUR);
    let seal = circle.world.seal().clone();
    let archive = circle.world.archive_mut(0).unwrap();
    let frames: Vec<StoredFrame> = archive.frames().cloned().collect();
    for real in &frames[20..30] {
        archive.plant(forged(real, real.position.sequence, &seal));
    }
    for number in [0, 1] {
        circle.world.start(number).unwrap();
        circle.world.run(20 * SECOND);
    }
    let newcomer = circle.world.join("nadia").unwrap();
    circle.world.run(120 * SECOND);
    for number in [0, 1, newcomer] {
        let accuses = |news: &News| matches!(news, News::Equivocation(_));
        assert_eq!(circle.count_told(number, accuses), 0);
    }
    let texts = history(&circle, newcomer);
    assert!(!texts.iter().any(|(_, text)| text.contains("forjada")));
    assert_eq!(texts, history(&circle, 1));
    assert_eq!(texts.len(), 60);
}

#[test]
fn what_is_forgotten_is_neither_shown_nor_kept_nor_asked_for_again() {
    let mut circle = archived(14, 4);
    circle.talk(80, SECOND / 5);
    circle.world.run(15 * SECOND);
    circle.world.kill(0);
    circle.world.run(SECOND);
    let of_bia = circle.world.key(1).unwrap();
    let archive = circle.world.archive_mut(0).unwrap();
    let clocks: Vec<u64> = archive
        .entries()
        .map(|entry| entry.id.position.clock)
        .collect();
    // The first twenty of all, and everything of one so far.
    archive.forget(Forgotten {
        author: None,
        until_clock: clocks[19],
    });
    archive.forget(Forgotten {
        author: Some(of_bia),
        until_clock: *clocks.last().unwrap(),
    });
    circle.world.start(0).unwrap();
    circle.world.run(120 * SECOND);
    circle.talk(20, SECOND / 5);
    circle.world.run(60 * SECOND);
    let shown = history(&circle, 0);
    let is_past = |id: &MessageId, last: u64| id.position.clock <= last;
    assert!(!shown.iter().any(|(id, _)| is_past(id, clocks[19])));
    let of_bia_then = |id: &MessageId| {
        id.position.short == of_bia.short() && is_past(id, *clocks.last().unwrap())
    };
    assert!(!shown.iter().any(|(id, _)| of_bia_then(id)));
    assert_eq!(circle.world.ledger().late(0), 0);
    assert_eq!(circle.world.ledger().findings(), &[] as &[String]);
    let archive = circle.world.archive(0).unwrap();
    let kept = archive
        .frames()
        .map(|frame| frame.position.clock)
        .min()
        .unwrap();
    assert!(kept > clocks[19]);
    assert!(!archive.entries().any(|entry| of_bia_then(&entry.id)));
    // It goes on as a member that everybody hears.
    let of_bia_now = |(id, _): &&(MessageId, String)| id.position.short == of_bia.short();
    assert_eq!(shown.iter().filter(of_bia_now).count(), 5);
    circle.world.take_traffic();
    let before = circle.world.received_bytes(0);
    circle.world.run(100 * SECOND);
    let bits_per_s = (circle.world.received_bytes(0) - before) * 8 / 100;
    assert!(
        bits_per_s < 20_000,
        "{bits_per_s} bit/s: it is asked for again and again"
    );
}

#[test]
fn authors_of_old_sessions_take_no_place_from_members() {
    let mut circle = archived(15, 2);
    for _ in 0..60 {
        circle.world.say(1);
        circle.world.run(2 * SECOND);
        circle.world.leave(1);
        circle.world.run(2 * SECOND);
        circle.world.start(1).unwrap();
        circle.world.run(2 * SECOND);
    }
    all_leave(&mut circle, HOUR);
    circle.world.start(0).unwrap();
    circle.world.run(20 * SECOND);
    assert_eq!(circle.world.node(0).unwrap().roster().known(), 1);
    assert_eq!(history(&circle, 0).len(), 60);
}

#[test]
fn a_member_without_an_archive_asks_for_nothing_and_one_with_it_keeps_everything_once() {
    let mut circle = archived(16, 3);
    circle.talk(90, SECOND / 20);
    circle.world.run(15 * SECOND);
    for number in 0..3 {
        let archive = circle.world.archive(number).unwrap();
        let entries: Vec<MessageId> = archive.entries().map(|entry| entry.id).collect();
        let held: Vec<MessageId> = history(&circle, number).iter().map(|(id, _)| *id).collect();
        assert_eq!(entries, held);
        assert!(archive.frames().count() >= 90);
        let own = archive.entries().filter(|entry| entry.is_own).count();
        assert_eq!(own, 30);
    }
}

fn name(name: &str) -> Name {
    Name::parse(name).unwrap()
}

fn is_sound(frame: &StoredFrame) -> bool {
    frame.bytes.len() > 60
}

/// Somebody who signs what others said.
fn eva() -> Signer {
    Signer::from_seed(&[9; 32])
}

/// The frame with other bytes: sealed and signed by somebody for another room.
fn resealed(frame: &StoredFrame, seal: &Seal) -> StoredFrame {
    let key = eva().key();
    let claim = Claim {
        key,
        name: name("eva"),
        position: Position {
            short: key.short(),
            sequence: 1,
            ..frame.position
        },
    };
    sealed(seal, &eva(), claim, "de outra sala")
}

/// A frame in the name of another's author, which somebody else has signed.
fn forged(real: &StoredFrame, sequence: u32, seal: &Seal) -> StoredFrame {
    let claim = Claim {
        key: real.author,
        name: name("m0"),
        position: Position {
            short: real.author.short(),
            sequence,
            clock: real.position.clock + u64::from(sequence != real.position.sequence),
            ..real.position
        },
    };
    sealed(seal, &eva(), claim, "forjada")
}
