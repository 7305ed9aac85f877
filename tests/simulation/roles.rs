//! Rooms with a host: who decides for all, what that does to a conference, and who tries to without
//! being allowed to.

use std::collections::BTreeSet;
use std::time::Duration;

use roda::chat::command::Command;
use roda::chat::event::{GuestsEvent, News};
use roda::chat::guests::{GuestRefusal, GuestSession, GuestsCommand};
use roda::chat::media::{
    Decision, Hand, MediaCommand, MediaEvent, MediaRefusal, RolesState, RuleCommand, Source,
};
use roda::protocol::message::Name;
use roda::protocol::wire::frame::role::RoleRecord;
use roda::sim::World;
use roda::sim::link::Faults;
use roda::sim::media::Making;

use crate::circle::{Circle, SECOND};
use crate::hosting::{enter, events, open};

/// Members of a room whose host is the first.
fn hosted(seed: u64, members: usize, is_archived: bool) -> Circle {
    let mut world = World::new(seed, Faults::NONE);
    world.with_host();
    if is_archived {
        world.archive_all();
    }
    let mut circle = Circle::met(world, seed, members);
    (0..members).for_each(|member| circle.world.record_face(member));
    circle
}

/// The same, in which one sends voice and camera to all who are behind it.
fn class(seed: u64, members: usize, speaker: usize) -> Circle {
    let mut circle = hosted(seed, members, false);
    for viewer in (0..members).filter(|viewer| *viewer != speaker) {
        circle.world.watch(viewer);
    }
    film(&mut circle, speaker);
    circle.world.run(3 * SECOND);
    circle
}

fn film(circle: &mut Circle, speaker: usize) {
    circle.world.film(speaker, Source::Sound, Making::VOICE);
    circle.world.film(speaker, Source::Camera, Making::CAMERA);
}

fn decide(decision: Decision, who: usize) -> Command {
    Command::Rule(RuleCommand::Decide {
        decision,
        who: format!("m{who}"),
    })
}

/// How much of somebody is seen and heard in the next two seconds.
fn seen(circle: &mut Circle, viewer: usize, speaker: usize) -> usize {
    let since = circle.world.now();
    circle.world.run(2 * SECOND);
    let of = |source| circle.world.watched(viewer, speaker, source, since).played;
    of(Source::Camera) + of(Source::Sound)
}

fn media(circle: &Circle, member: usize) -> impl Iterator<Item = &MediaEvent> {
    let told = circle.world.face(member).iter();
    told.filter_map(|news| match news {
        News::Media(event) => Some(&**event),
        _ => None,
    })
}

fn refusals(circle: &Circle, member: usize) -> Vec<MediaRefusal> {
    let refused = media(circle, member).filter_map(|event| match event {
        MediaEvent::Refused(refusal) => Some(*refusal),
        _ => None,
    });
    refused.collect()
}

/// Who decides and what holds, as a member was told last.
fn roles(circle: &Circle, member: usize) -> Option<&RolesState> {
    let states = media(circle, member).filter_map(|event| match event {
        MediaEvent::Roles(state) => Some(&**state),
        _ => None,
    });
    states.last()
}

fn names(people: &[roda::chat::event::Person]) -> BTreeSet<String> {
    people
        .iter()
        .map(|person| person.name.to_string())
        .collect()
}

#[test]
fn whom_the_host_mutes_nobody_hears_until_the_host_says_so() {
    let mut circle = class(1100, 4, 1);
    assert!(seen(&mut circle, 2, 1) > 100);
    circle.world.ask(0, decide(Decision::Muted, 1));
    circle.world.run(SECOND);
    for viewer in [0, 2, 3] {
        assert_eq!(seen(&mut circle, viewer, 1), 0, "{viewer}");
    }
    // Its own program sends nothing any more, and says who decided that.
    let ended = media(&circle, 1).filter(|event| match event {
        MediaEvent::Ended(state) => state.is_own,
        _ => false,
    });
    assert_eq!(ended.count(), 2);
    let is_told = media(&circle, 1).any(|event| match event {
        MediaEvent::Decided(state) => state.is_about_me && *state.by.name == *"m0",
        _ => false,
    });
    assert!(is_told);
    let begin = Command::Media(MediaCommand::Begin(Source::Sound));
    circle.world.ask(1, begin.clone());
    circle.world.run(SECOND);
    let is_refused = |event: &MediaEvent| match event {
        MediaEvent::MutedForAll(by) => *by.name == *"m0",
        _ => false,
    };
    assert!(media(&circle, 1).any(is_refused));
    circle.world.ask(0, decide(Decision::Unmuted, 1));
    circle.world.run(SECOND);
    circle.world.ask(1, begin);
    circle.world.run(SECOND);
    assert!(seen(&mut circle, 3, 1) > 80);
}

#[test]
fn whoever_goes_on_sending_is_heard_by_nobody_and_by_no_latecomer() {
    let mut circle = class(1101, 4, 1);
    // It hears nothing of the decision, and goes on.
    circle.world.deafen(|_, to| to == 1);
    circle.world.ask(0, decide(Decision::Muted, 1));
    circle.world.run(SECOND);
    for viewer in [0, 2, 3] {
        assert_eq!(seen(&mut circle, viewer, 1), 0, "{viewer}");
    }
    let late = circle.world.join("late").unwrap();
    circle.world.run(5 * SECOND);
    circle.world.watch(late);
    assert_eq!(seen(&mut circle, late, 1), 0);
}

#[test]
fn nobody_else_decides_and_no_signature_makes_it_so() {
    let mut circle = class(1102, 5, 1);
    for rule in [
        RuleCommand::MuteAll,
        RuleCommand::Decide {
            decision: Decision::Appointed,
            who: "m2".to_owned(),
        },
    ] {
        circle.world.ask(2, Command::Rule(rule));
    }
    circle.world.run(SECOND);
    let refused = [MediaRefusal::NotModerator; 2];
    assert_eq!(refusals(&circle, 2), refused);
    let key = |number| circle.world.key(number).unwrap();
    let about = |number: usize, decision| RoleRecord::Person {
        key: key(number),
        name: Name::parse(&format!("m{number}")).unwrap(),
        decision,
    };
    let forged = [
        about(2, Decision::Appointed),
        about(0, Decision::Dismissed),
        about(1, Decision::Muted),
        RoleRecord::AllMuted,
    ];
    circle.world.forge_decisions(2, &forged);
    circle.world.run(2 * SECOND);
    assert!(seen(&mut circle, 3, 1) > 100);
    assert!(roles(&circle, 3).is_none_or(|it| !it.are_all_muted && it.moderators.is_empty()));
    // The same in the host's name counts: the forgery is a true frame.
    circle.world.forge_decisions(0, &forged);
    circle.world.run(2 * SECOND);
    assert_eq!(seen(&mut circle, 3, 1), 0);
    assert!(roles(&circle, 3).unwrap().are_all_muted);
}

#[test]
fn whom_the_host_appoints_decides_too_until_dismissed_and_no_recording_brings_it_back() {
    let mut circle = class(1103, 5, 1);
    circle.world.tap();
    circle.world.ask(0, decide(Decision::Appointed, 2));
    circle.world.run(2 * SECOND);
    let recorded = circle.world.tapped();
    circle.world.ask(2, decide(Decision::Appointed, 3));
    circle.world.ask(2, decide(Decision::Muted, 0));
    circle.world.ask(2, decide(Decision::Muted, 1));
    circle.world.run(SECOND);
    let refused = [MediaRefusal::NotHost, MediaRefusal::MayDecide];
    assert_eq!(refusals(&circle, 2), refused);
    assert_eq!(seen(&mut circle, 3, 1), 0);
    circle.world.ask(0, decide(Decision::Dismissed, 2));
    circle.world.run(SECOND);
    let from = circle.world.address(0).unwrap();
    for datagram in &recorded {
        circle.world.inject(from, datagram);
    }
    circle.world.run(2 * SECOND);
    for member in 0..5 {
        let state = roles(&circle, member).unwrap();
        assert!(state.moderators.is_empty(), "{member}: {state:?}");
        assert!(state.muted.is_empty(), "what they decided goes with them");
    }
    circle.world.ask(2, decide(Decision::Muted, 1));
    circle.world.run(SECOND);
    assert_eq!(
        refusals(&circle, 2).last(),
        Some(&MediaRefusal::NotModerator)
    );
}

#[test]
fn two_who_disagree_come_to_one_end_for_all() {
    let mut circle = hosted(1104, 6, false);
    circle.world.ask(0, decide(Decision::Appointed, 1));
    circle.world.ask(0, decide(Decision::Appointed, 2));
    circle.world.run(2 * SECOND);
    // Each decides on its side of a broken network.
    circle.world.separate(|number| (number % 2) as u8);
    circle.world.run(SECOND);
    for _ in 0..3 {
        circle.world.ask(1, decide(Decision::Muted, 5));
        circle.world.run(SECOND / 3);
        circle.world.ask(2, decide(Decision::Unmuted, 5));
        circle.world.ask(2, decide(Decision::Muted, 4));
        circle.world.run(SECOND / 3);
        circle.world.ask(1, Command::Rule(RuleCommand::UnmuteAll));
        circle.world.run(SECOND / 3);
    }
    circle.world.separate(|_| 0);
    circle.world.run(20 * SECOND);
    let states: Vec<(BTreeSet<String>, BTreeSet<String>)> = (0..6)
        .map(|member| roles(&circle, member).unwrap())
        .map(|state| (names(&state.muted), names(&state.moderators)))
        .collect();
    let nobody = BTreeSet::new();
    let moderators = BTreeSet::from(["m1".to_owned(), "m2".to_owned()]);
    for state in &states {
        assert_eq!(state, &(nobody.clone(), moderators.clone()), "{states:?}");
    }
}

#[test]
fn the_word_lets_one_speak_while_all_are_muted_and_the_hand_goes_down() {
    let mut circle = hosted(1105, 4, false);
    circle.world.watch(2);
    circle.world.ask(0, Command::Rule(RuleCommand::MuteAll));
    let hand = |hand| Command::Media(MediaCommand::Hand(hand));
    circle.world.ask(1, hand(Hand::Raised));
    circle.world.run(2 * SECOND);
    circle.world.ask(0, decide(Decision::GivenTheWord, 1));
    circle.world.run(2 * SECOND);
    let hands = media(&circle, 2).filter_map(|event| match event {
        MediaEvent::Hand { hand, .. } => Some(*hand),
        _ => None,
    });
    assert_eq!(hands.collect::<Vec<_>>(), [Hand::Raised, Hand::Lowered]);
    film(&mut circle, 1);
    film(&mut circle, 3);
    circle.world.run(SECOND);
    assert!(seen(&mut circle, 2, 1) > 100);
    assert_eq!(seen(&mut circle, 2, 3), 0);
    let state = roles(&circle, 2).unwrap();
    assert_eq!(names(&state.speakers), BTreeSet::from(["m1".to_owned()]));
    assert!(state.muted_by.as_ref().is_some_and(|by| *by.name == *"m0"));
}

#[test]
fn what_was_decided_is_known_to_those_who_come_back_before_the_host() {
    let mut circle = hosted(1106, 3, true);
    circle.world.ask(0, decide(Decision::Appointed, 1));
    circle.world.run(3 * SECOND);
    for number in 0..3 {
        circle.world.leave(number);
    }
    circle.world.run(Duration::from_secs(600));
    circle.world.start(1).unwrap();
    circle.world.start(2).unwrap();
    circle.world.run(15 * SECOND);
    circle.world.watch(1);
    circle.world.ask(1, decide(Decision::Muted, 2));
    circle.world.run(3 * SECOND);
    assert_eq!(refusals(&circle, 1), []);
    let state = roles(&circle, 2).unwrap();
    assert!(state.muted_by.as_ref().is_some_and(|by| *by.name == *"m1"));
}

#[test]
fn a_room_without_a_host_says_so() {
    let mut circle = Circle::of(1107, 2);
    circle.world.record_face(1);
    circle.world.ask(1, Command::Rule(RuleCommand::MuteAll));
    circle.world.ask(1, decide(Decision::Muted, 0));
    circle.world.ask(1, Command::Media(MediaCommand::Roles));
    circle.world.run(SECOND);
    assert_eq!(refusals(&circle, 1), [MediaRefusal::NoHost; 3]);
    circle.world.forge_decisions(0, &[RoleRecord::AllMuted]);
    circle.world.run(SECOND);
    assert_eq!(media(&circle, 1).count(), 3);
}

#[test]
fn the_host_is_seen_first_whoever_speaks() {
    let mut circle = hosted(1108, 9, false);
    circle.world.watch(8);
    for member in (0..8).rev() {
        film(&mut circle, member);
    }
    circle.world.set_quiet(0, 100);
    circle.world.run(4 * SECOND);
    let host = circle.world.stream(0, Source::Camera).unwrap();
    let shown = media(&circle, 8).filter_map(|event| match event {
        MediaEvent::Shown { pictures, .. } => Some(pictures),
        _ => None,
    });
    let last = shown.last().unwrap();
    assert_eq!((last.len(), last[0]), (4, host));
}

#[test]
fn whoever_is_muted_for_all_is_so_with_their_guests_who_are_told_that() {
    let mut circle = hosted(1109, 3, false);
    open(&mut circle, 1, 0);
    enter(&mut circle, 1, 1, "bia");
    (1..3).for_each(|viewer| circle.world.watch(viewer));
    let speak = || Command::Guests(GuestsCommand::Speak(GuestSession(1)));
    // How much of the guest is heard while so many moments of sound are captured.
    let heard = |circle: &mut Circle, moments: std::ops::Range<u32>| {
        let since = circle.world.now();
        for moment in moments {
            circle.world.capture_of_guest(1, 1, (moment, 80));
            circle.world.run(Duration::from_millis(20));
        }
        circle.world.watched(2, 1, Source::Sound, since).played
    };
    circle.world.ask(1, speak());
    assert!(heard(&mut circle, 0..100) >= 80);
    circle.world.ask(0, decide(Decision::Muted, 1));
    circle.world.run(SECOND);
    assert_eq!(heard(&mut circle, 100..200), 0);
    let before = events(&circle, 1, 0).len();
    circle.world.ask(1, speak());
    let told = events(&circle, 1, 0);
    let is_told = matches!(
        told[before..],
        [GuestsEvent::Refused {
            why: GuestRefusal::Muted,
            ..
        }]
    );
    assert!(is_told, "{told:?}");
    circle.world.ask(0, decide(Decision::Unmuted, 1));
    circle.world.run(SECOND);
    circle.world.ask(1, speak());
    assert!(heard(&mut circle, 200..300) >= 80);
}
