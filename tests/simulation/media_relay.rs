//! Networks that carry chat and hold back the streams of a call: copies by unicast, at most eight,
//! and only to those who have shown where they receive.

use roda::chat::command::Command;
use roda::chat::event::News;
use roda::chat::media::{
    MediaCommand, MediaEvent, MediaRefusal, RelayState, RelayWish, RuleCommand, Source,
};
use roda::protocol::wire::compact::COMPACT_TYPE;
use roda::sim::World;
use roda::sim::link::Faults;
use roda::sim::media::Making;

use crate::circle::{Circle, SECOND};
use crate::media::{conference, expect_true};

/// More than a conference needs.
const ENOUGH_BITS_PER_S: u64 = 1_000_000_000;

fn relay(circle: &mut Circle, member: usize, wish: RelayWish) {
    let command = Command::Media(MediaCommand::Relay(wish));
    circle.world.ask(member, command);
}

/// A conference whose streams the network holds back.
fn blocked(seed: u64, viewers: usize) -> Circle {
    let mut circle = conference(seed, viewers, Faults::NONE);
    circle.world.limit_streams(0);
    circle.world.record_face(0);
    circle
}

/// What a member was told last of its copies.
fn told(circle: &Circle, member: usize) -> Option<RelayState> {
    let state = |news: &News| match news {
        News::Media(event) => match **event {
            MediaEvent::Relay(state) => Some(state),
            _ => None,
        },
        _ => None,
    };
    circle.world.face(member).iter().rev().find_map(state)
}

/// Frames of streams that a member sent in the last seconds.
fn frames(circle: &Circle, member: usize, seconds: u64) -> u64 {
    let now_s = circle.world.now().as_secs();
    let sent = circle.world.frames(member).unwrap();
    let sent = sent.between(now_s - seconds, now_s);
    sent.get(&COMPACT_TYPE).copied().unwrap_or(0)
}

#[test]
fn where_multicast_is_blocked_copies_bring_every_picture_until_it_is_not() {
    let mut circle = blocked(640, 3);
    circle.world.run(8 * SECOND);
    assert_eq!(circle.world.played(1), []);
    assert_eq!(told(&circle, 0), None, "nobody asked for it");
    let alone = frames(&circle, 0, 3);
    relay(&mut circle, 0, RelayWish::On);
    circle.world.run(3 * SECOND);
    // One who comes later, and has no key picture.
    let late = circle.world.join("late").unwrap();
    circle.world.watch(late);
    circle.world.run(9 * SECOND);
    let began = circle.world.now();
    circle.world.run(10 * SECOND);
    for viewer in [1, 2, 3, late] {
        let pictures = circle.world.watched(viewer, 0, Source::Camera, began);
        let sound = circle.world.watched(viewer, 0, Source::Sound, began);
        assert!(pictures.played >= 14 * 10, "{viewer}: {}", pictures.played);
        assert_eq!((pictures.lost, sound.lost), (0, 0), "{viewer}");
        expect_true(&circle, viewer);
    }
    let served = RelayState {
        is_on: true,
        served: 4,
        needing: 4,
    };
    assert_eq!(told(&circle, 0), Some(served));
    let copied = frames(&circle, 0, 3);
    assert!(
        copied >= 4 * alone && copied <= 6 * alone,
        "{copied} {alone}"
    );
    // The network carries multicast again: whoever is reached by it is sent no copies.
    circle.world.limit_streams(ENOUGH_BITS_PER_S);
    circle.world.run(20 * SECOND);
    assert_eq!(
        told(&circle, 0).map(|it| (it.is_on, it.served)),
        Some((true, 0))
    );
    assert!(frames(&circle, 0, 3) <= 2 * alone);
    // Blocked again, and not wanted any more.
    circle.world.limit_streams(0);
    circle.world.run(6 * SECOND);
    relay(&mut circle, 0, RelayWish::Off);
    circle.world.run(SECOND);
    let began = circle.world.now();
    circle.world.run(5 * SECOND);
    assert_eq!(circle.world.watched(1, 0, Source::Camera, began).played, 0);
    assert_eq!(told(&circle, 0), Some(RelayState::default()));
}

#[test]
fn pictures_lost_on_the_way_are_asked_for_by_unicast() {
    let mut circle = blocked(641, 2);
    circle.world.set_faults(Faults::losing(0.05));
    relay(&mut circle, 0, RelayWish::On);
    circle.world.run(12 * SECOND);
    let began = circle.world.now();
    circle.world.run(20 * SECOND);
    for viewer in 1..=2 {
        let pictures = circle.world.watched(viewer, 0, Source::Camera, began);
        assert!(pictures.played >= 14 * 20, "{viewer}: {}", pictures.played);
        assert!(pictures.lost <= 3, "{viewer}: {} lost", pictures.lost);
        expect_true(&circle, viewer);
    }
}

#[test]
fn eight_are_served_and_it_is_said_how_many_are_not() {
    let mut circle = blocked(642, 11);
    relay(&mut circle, 0, RelayWish::On);
    circle.world.run(15 * SECOND);
    let began = circle.world.now();
    circle.world.run(5 * SECOND);
    let sees = |viewer| {
        circle
            .world
            .watched(viewer, 0, Source::Camera, began)
            .played
            > 14 * 4
    };
    assert_eq!((1..=11).filter(|viewer| sees(*viewer)).count(), 8);
    let state = told(&circle, 0).unwrap();
    assert_eq!((state.served, state.needing), (8, 11));
}

/// A member's key says that it is where somebody else is, who did not ask for anything.
#[test]
fn whoever_lies_about_an_address_has_nothing_sent_there() {
    let mut circle = blocked(643, 3);
    relay(&mut circle, 0, RelayWish::On);
    circle.world.run(12 * SECOND);
    assert_eq!(told(&circle, 0).map(|it| it.served), Some(3));
    circle.world.tap();
    let victim = "10.77.200.201:666".parse().unwrap();
    let began = circle.world.now();
    for _ in 0..10 * 20 {
        circle.world.forge_losses(3, victim);
        circle.world.run(SECOND / 20);
    }
    let sent = circle.world.strays();
    let sent: Vec<_> = sent.iter().filter(|(to, _)| *to == victim).collect();
    assert!(!sent.is_empty(), "nobody was told where it is said to be");
    let symbols = sent.iter().filter(|(_, bytes)| bytes[3] == COMPACT_TYPE);
    assert_eq!(symbols.count(), 0);
    let bytes: usize = sent.iter().map(|(_, bytes)| bytes.len()).sum();
    // What asks where they are, from everybody who was told that.
    assert!(bytes <= 10_000, "{bytes} bytes in ten seconds");
    for viewer in 1..=2 {
        let pictures = circle.world.watched(viewer, 0, Source::Camera, began);
        assert!(pictures.played >= 14 * 10 - 5, "{}", pictures.played);
    }
}

#[test]
fn in_a_room_with_a_host_those_who_decide_relay() {
    let mut world = World::new(644, Faults::NONE);
    world.with_host();
    let mut circle = Circle::met(world, 644, 3);
    circle.world.limit_streams(0);
    (0..3).for_each(|member| circle.world.record_face(member));
    (0..3).for_each(|member| circle.world.watch(member));
    circle.world.film(1, Source::Camera, Making::CAMERA);
    let decide = |decision| {
        Command::Rule(RuleCommand::Decide {
            decision,
            who: "m1".to_owned(),
        })
    };
    relay(&mut circle, 1, RelayWish::On);
    circle.world.run(SECOND);
    let refused = |news: &News| match news {
        News::Media(event) => **event == MediaEvent::Refused(MediaRefusal::MayNotRelay),
        _ => false,
    };
    assert!(circle.world.face(1).iter().any(refused));
    assert_eq!(told(&circle, 1), None);
    let appointed = decide(roda::chat::media::Decision::Appointed);
    circle.world.ask(0, appointed);
    circle.world.run(SECOND);
    relay(&mut circle, 1, RelayWish::On);
    circle.world.run(8 * SECOND);
    assert_eq!(told(&circle, 1).map(|it| it.served), Some(2));
    assert!(!circle.world.played(2).is_empty());
    // Whoever may decide no more does not go on.
    circle
        .world
        .ask(0, decide(roda::chat::media::Decision::Dismissed));
    circle.world.run(4 * SECOND);
    assert_eq!(told(&circle, 1), Some(RelayState::default()));
    let began = circle.world.now();
    circle.world.run(3 * SECOND);
    assert_eq!(circle.world.watched(2, 1, Source::Camera, began).played, 0);
}
