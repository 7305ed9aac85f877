//! Conferences on pretend networks: one voice and one camera to one and to many, at any loss, while
//! members come, die, ask for everything and lie.

use std::time::Duration;

use roda::chat::command::Command;
use roda::chat::event::News;
use roda::chat::media::{Hand, MediaCommand, MediaEvent, Source};
use roda::sim::link::Faults;
use roda::sim::media::Making;

use crate::circle::{Circle, SECOND};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A circle in which member 0 sends voice and camera, and all others watch.
pub(crate) fn conference(seed: u64, viewers: usize, faults: Faults) -> Circle {
    let mut circle = Circle::of(seed, viewers + 1);
    circle.world.set_faults(faults);
    for viewer in 1..=viewers {
        circle.world.watch(viewer);
    }
    circle.world.film(0, Source::Sound, Making::VOICE);
    circle.world.film(0, Source::Camera, Making::CAMERA);
    circle
}

/// Bits a second that all members put on the wire in some seconds of a run.
fn bits_per_s(circle: &Circle, members: usize, from: Duration, to: Duration) -> u64 {
    let sent = (0..members).filter_map(|member| circle.world.sent(member));
    let bytes: u64 = sent
        .flat_map(|sent| sent.between(from.as_secs(), to.as_secs()).into_values())
        .sum();
    bytes * 8 / (to.as_secs() - from.as_secs())
}

#[test]
fn one_to_one_every_picture_arrives_at_any_loss() {
    // Loss; pictures lost and sound concealed, of a thousand; Mbit/s on the wire; p95.
    let rows = [
        (0.0, 0, 0, 0.9, 2),
        (0.05, 0, 5, 1.0, 40),
        (0.2, 20, 20, 1.1, 80),
    ];
    for (seed, (loss, lost, concealed, mbit_per_s, p95)) in (0..).zip(rows) {
        let mut circle = conference(seed, 1, Faults::losing(loss));
        circle.world.run(5 * SECOND);
        let began = circle.world.now();
        circle.world.run(30 * SECOND);
        let ended = circle.world.now();
        let pictures = circle.world.watched(1, 0, Source::Camera, began);
        let sound = circle.world.watched(1, 0, Source::Sound, began);
        let wire = bits_per_s(&circle, 2, began, ended) as f64 / 1e6;
        let within = pictures.within(0.95);
        assert!(pictures.played >= 14 * 30, "{loss}: {}", pictures.played);
        assert!(
            pictures.lost * 1000 <= lost * 450,
            "{loss}: {}",
            pictures.lost
        );
        assert!(
            sound.lost * 1000 <= concealed * 1500,
            "{loss}: {}",
            sound.lost
        );
        assert!(wire <= mbit_per_s, "{loss}: {wire} Mbit/s");
        assert!(within <= ms(p95), "{loss}: {within:?}");
        expect_true(&circle, 1);
    }
}

/// Whatever was played is what was captured, each once and in its order.
pub(crate) fn expect_true(circle: &Circle, viewer: usize) {
    let played = circle.world.played(viewer);
    assert!(!played.is_empty(), "{viewer} has seen nothing");
    for one in played {
        assert!(one.is_true, "{viewer}: {one:?}");
    }
    for source in Source::ALL {
        for by in 0..circle.world.size() {
            let of_one = played
                .iter()
                .filter(|it| it.source == source && it.by == by);
            let numbers: Vec<u32> = of_one.map(|it| it.number).collect();
            assert!(
                numbers.is_sorted_by(|one, next| one < next),
                "{viewer}: {source:?} of {by}"
            );
        }
    }
}

#[test]
fn thirty_who_lose_a_twentieth_each_lose_no_picture() {
    let mut circle = conference(30, 30, Faults::losing(0.05));
    circle.world.run(5 * SECOND);
    let began = circle.world.now();
    circle.world.run(30 * SECOND);
    let wire = bits_per_s(&circle, 31, began, circle.world.now()) as f64 / 1e6;
    let watched = |viewer| circle.world.watched(viewer, 0, Source::Camera, began);
    let lost: usize = (1..=30).map(|viewer| watched(viewer).lost).sum();
    let least = (1..=30).map(|viewer| watched(viewer).played).min();
    assert_eq!(lost, 0);
    assert!(least >= Some(14 * 30), "{least:?}");
    assert!(wire <= 1.2, "{wire} Mbit/s");
    (1..=30).for_each(|viewer| expect_true(&circle, viewer));
}

#[test]
fn of_three_hundred_who_lose_a_fiftieth_hardly_any_loses_a_picture() {
    let mut circle = conference(300, 300, Faults::losing(0.02));
    circle.world.run(3 * SECOND);
    let began = circle.world.now();
    circle.world.run(6 * SECOND);
    let ended = circle.world.now();
    let watched = |viewer| circle.world.watched(viewer, 0, Source::Camera, began);
    let lost: usize = (1..=300).map(|viewer| watched(viewer).lost).sum();
    let played: usize = (1..=300).map(|viewer| watched(viewer).played).sum();
    let speaker = circle.world.sent(0).unwrap();
    let bytes = speaker.between(began.as_secs(), ended.as_secs());
    let own = bytes.into_values().sum::<u64>() as f64 * 8.0 / 6.0 / 1e6;
    assert!(lost * 1000 < played, "{lost} of {played}");
    assert!(played >= 300 * 85, "{played}");
    assert!(own <= 1.3, "{own} Mbit/s");
}

#[test]
fn bursts_and_copies_in_any_order_are_mended_too() {
    let rows = [
        Faults::losing_in_bursts(0.05, 4.0),
        Faults {
            loss: 0.05,
            repeat: 0.2,
            holdup: 0.02,
            damage: 0.02,
            delay_max: ms(15),
            ..Faults::NONE
        },
    ];
    for (seed, faults) in (40..).zip(rows) {
        let mut circle = conference(seed, 3, faults);
        circle.world.run(5 * SECOND);
        let began = circle.world.now();
        circle.world.run(20 * SECOND);
        for viewer in 1..=3 {
            let pictures = circle.world.watched(viewer, 0, Source::Camera, began);
            let sound = circle.world.watched(viewer, 0, Source::Sound, began);
            assert!(pictures.lost <= 15, "{viewer}: {} lost", pictures.lost);
            assert!(sound.lost <= 20, "{viewer}: {} lost", sound.lost);
            expect_true(&circle, viewer);
        }
    }
}

#[test]
fn whoever_comes_late_sees_a_picture_within_a_second() {
    for (seed, loss) in [(50, 0.0), (51, 0.05), (52, 0.2)] {
        let mut circle = conference(seed, 2, Faults::losing(loss));
        circle.world.run(10 * SECOND);
        let late = circle.world.join("late").unwrap();
        let came = circle.world.now();
        circle.world.run(2 * SECOND);
        let looked = circle.world.now();
        circle.world.watch(late);
        circle.world.run(2 * SECOND);
        let pictures = circle.world.watched(late, 0, Source::Camera, came);
        let waited = pictures.first_at.unwrap() - looked;
        assert!(waited <= SECOND, "{loss}: {waited:?}");
        let keys = circle.world.keys(0, Source::Camera);
        assert!(keys <= 8 + (loss * 100.0) as u32, "{keys} key pictures");
        expect_true(&circle, late);
    }
}

#[test]
fn who_dies_is_gone_within_three_seconds_and_can_come_back() {
    let mut circle = conference(60, 3, Faults::losing(0.02));
    circle.world.record_face(2);
    circle.world.run(5 * SECOND);
    circle.world.kill(0);
    circle.world.run(3 * SECOND);
    assert_eq!(circle.world.gone(1).len(), 2, "voice and camera are gone");
    let ended = |news: &&News| match news {
        News::Media(event) => matches!(**event, MediaEvent::Ended(_) | MediaEvent::Vanished(_)),
        _ => false,
    };
    assert_eq!(circle.world.face(2).iter().filter(ended).count(), 2);
    circle.world.start(0).unwrap();
    circle.world.run(2 * SECOND);
    let back = circle.world.now();
    circle.world.film(0, Source::Camera, Making::CAMERA);
    circle.world.run(2 * SECOND);
    for viewer in 1..=3 {
        let pictures = circle.world.watched(viewer, 0, Source::Camera, back);
        let waited = pictures.first_at.unwrap() - back;
        assert!(waited <= SECOND, "{viewer}: {waited:?}");
    }
}

#[test]
fn a_page_that_stops_is_gone_and_one_that_slept_goes_on() {
    let mut circle = conference(61, 2, Faults::NONE);
    circle.world.run(5 * SECOND);
    circle.world.stop_page(0);
    circle.world.run(3 * SECOND);
    assert_eq!(circle.world.gone(1).len(), 2);
    let again = circle.world.now();
    circle.world.resume(0, Source::Camera);
    circle.world.run(2 * SECOND);
    let pictures = circle.world.watched(1, 0, Source::Camera, again);
    assert!(pictures.first_at.unwrap() - again <= SECOND);
    circle.world.sleep(0, 10 * SECOND);
    circle.world.run(10 * SECOND);
    let awake = circle.world.now();
    circle.world.run(2 * SECOND);
    let pictures = circle.world.watched(2, 0, Source::Camera, awake);
    assert!(pictures.first_at.unwrap() - awake <= SECOND);
}

#[test]
fn a_cable_pulled_for_five_seconds_goes_on_by_itself() {
    let mut circle = conference(62, 2, Faults::NONE);
    circle.world.run(5 * SECOND);
    circle.world.deafen(|_, to| to == 1);
    circle.world.run(5 * SECOND);
    circle.world.deafen(|_, _| false);
    let plugged = circle.world.now();
    circle.world.run(3 * SECOND);
    for source in [Source::Camera, Source::Sound] {
        let watched = circle.world.watched(1, 0, source, plugged);
        let waited = watched.first_at.unwrap() - plugged;
        assert!(waited <= 3 * SECOND / 2, "{source:?}: {waited:?}");
    }
    expect_true(&circle, 1);
}

#[test]
fn four_pictures_and_eight_voices_are_played_and_who_speaks_comes_first() {
    let mut circle = Circle::of(70, 14);
    circle.world.record_face(13);
    circle.world.watch(13);
    for member in 0..12 {
        circle.world.film(member, Source::Sound, Making::VOICE);
        circle.world.set_quiet(member, 100);
        circle.world.film(member, Source::Camera, Making::CAMERA);
    }
    circle.world.run(3 * SECOND);
    let heard = |circle: &Circle, source, since| {
        let members = (0..12).filter(|by| circle.world.watched(13, *by, source, since).played > 0);
        members.collect::<Vec<usize>>()
    };
    let began = circle.world.now();
    circle.world.run(SECOND);
    assert_eq!(heard(&circle, Source::Camera, began).len(), 4);
    assert_eq!(heard(&circle, Source::Sound, began).len(), 8);
    let silent = heard(&circle, Source::Sound, began);
    let other = (0..12).find(|member| !silent.contains(member)).unwrap();
    circle.world.set_quiet(other, 20);
    circle.world.run(2 * SECOND);
    let spoke = circle.world.now();
    circle.world.run(SECOND);
    let now = heard(&circle, Source::Sound, spoke);
    assert!(now.contains(&other) && now.len() == 8, "{other} of {now:?}");
    assert!(heard(&circle, Source::Camera, spoke).contains(&other));
    let speaks = |news: &&News| match news {
        News::Media(event) => match &**event {
            MediaEvent::Speaking(people) => people
                .iter()
                .any(|it| *it.person.name == *format!("m{other}")),
            _ => false,
        },
        _ => false,
    };
    assert!(circle.world.face(13).iter().any(|news| speaks(&news)));
}

#[test]
fn on_radio_two_voices_and_one_picture_are_sent_by_all_together() {
    let mut circle = Circle::of(73, 6);
    (0..6).for_each(|member| circle.world.put_on_radio(member));
    circle.world.run(20 * SECOND);
    circle.world.watch(4);
    circle.world.watch(5);
    for member in 0..4 {
        circle.world.film(member, Source::Sound, Making::VOICE);
        circle.world.set_quiet(member, 100);
        circle.world.film(member, Source::Camera, Making::CAMERA);
    }
    circle.world.run(4 * SECOND);
    let began = circle.world.now();
    circle.world.run(5 * SECOND);
    let wire = bits_per_s(&circle, 6, began, circle.world.now());
    assert!(wire <= 700_000, "{wire} bit/s");
    for viewer in [4, 5] {
        let seen = |source| {
            let played = |by| circle.world.watched(viewer, by, source, began).played;
            (0..4).map(played).collect::<Vec<usize>>()
        };
        let of = |played: &[usize]| played.iter().filter(|count| **count > 0).count();
        let (pictures, voices) = (seen(Source::Camera), seen(Source::Sound));
        assert_eq!(
            (of(&pictures), of(&voices)),
            (1, 2),
            "{pictures:?} {voices:?}"
        );
        assert!(voices.iter().sum::<usize>() >= 490, "{voices:?}");
        assert!(pictures.iter().sum::<usize>() >= 70, "{pictures:?}");
        expect_true(&circle, viewer);
    }
}

#[test]
fn whoever_loses_most_is_told_to_who_sends() {
    let mut circle = conference(74, 3, Faults::NONE);
    circle.world.record_face(0);
    circle.world.run(5 * SECOND);
    let is_unfit = |circle: &Circle| {
        let unfit = |news: &News| match news {
            News::Media(event) => matches!(**event, MediaEvent::Unfit { lost_percent: 51.. }),
            _ => false,
        };
        circle.world.face(0).iter().any(unfit)
    };
    assert!(!is_unfit(&circle));
    circle.world.set_faults(Faults::losing(0.6));
    circle.world.run(25 * SECOND);
    assert!(is_unfit(&circle));
}

#[test]
fn nothing_of_an_ignored_person_is_played() {
    let mut circle = conference(71, 2, Faults::NONE);
    circle.world.run(2 * SECOND);
    circle.world.ask(1, Command::Ignore(Some("m0".to_owned())));
    circle.world.run(SECOND);
    let since = circle.world.now();
    circle.world.run(2 * SECOND);
    assert_eq!(circle.world.watched(1, 0, Source::Camera, since).played, 0);
    assert_eq!(circle.world.watched(1, 0, Source::Sound, since).played, 0);
    assert!(circle.world.watched(2, 0, Source::Camera, since).played > 25);
    circle.world.ask(1, Command::Unignore("m0".to_owned()));
    circle.world.run(2 * SECOND);
    assert!(circle.world.watched(1, 0, Source::Camera, since).played > 0);
}

#[test]
fn a_hand_that_goes_up_and_down_without_end_is_told_some_times_and_right_in_the_end() {
    let mut circle = Circle::of(75, 3);
    circle.world.record_face(2);
    circle.world.run(SECOND);
    let hand = |hand| Command::Media(MediaCommand::Hand(hand));
    for _ in 0..100 {
        for one in [Hand::Raised, Hand::Lowered] {
            circle.world.ask(1, hand(one));
            circle.world.run(ms(110));
        }
    }
    circle.world.ask(1, hand(Hand::Raised));
    circle.world.run(4 * SECOND);
    let told = circle.world.face(2).iter().filter_map(|news| match news {
        News::Media(event) => match **event {
            MediaEvent::Hand { hand, .. } => Some(hand),
            _ => None,
        },
        _ => None,
    });
    let told: Vec<Hand> = told.collect();
    assert!((10..100).contains(&told.len()), "{} of 201", told.len());
    assert_eq!(told.last(), Some(&Hand::Raised));
}

#[test]
fn a_hand_is_seen_by_all_and_goes_down_again() {
    let mut circle = Circle::of(72, 5);
    circle.world.set_faults(Faults::losing(0.1));
    circle.world.record_face(3);
    let hands = |circle: &Circle| {
        let hands = circle.world.face(3).iter().filter_map(|news| match news {
            News::Media(event) => match &**event {
                MediaEvent::Hand { hand, .. } => Some(*hand),
                _ => None,
            },
            _ => None,
        });
        hands.collect::<Vec<Hand>>()
    };
    let ask = |hand| Command::Media(MediaCommand::Hand(hand));
    circle.world.ask(1, ask(Hand::Raised));
    circle.world.run(3 * SECOND);
    assert_eq!(hands(&circle), [Hand::Raised]);
    circle.world.ask(1, ask(Hand::Lowered));
    circle.world.run(3 * SECOND);
    assert_eq!(hands(&circle), [Hand::Raised, Hand::Lowered]);
    let quiet = circle.world.wakes(1);
    circle.world.run(60 * SECOND);
    assert!(circle.world.wakes(1) - quiet < 200, "it wakes for nothing");
}

#[test]
fn a_line_of_chat_is_as_fast_as_ever_during_a_conference() {
    let times = |is_conference: bool| {
        let mut circle = Circle::of(80, 8);
        circle.world.set_faults(Faults::losing(0.02));
        if is_conference {
            (1..8).for_each(|viewer| circle.world.watch(viewer));
            circle.world.film(0, Source::Sound, Making::VOICE);
            circle.world.film(0, Source::Camera, Making::CAMERA);
        }
        circle.world.run(2 * SECOND);
        circle.talk(300, SECOND / 10);
        circle.settle(20 * SECOND);
        circle.expect_whole();
        let mut times = circle.world.ledger().times();
        times.sort();
        times[times.len() * 99 / 100]
    };
    let (without, with) = (times(false), times(true));
    assert!(
        with <= without.mul_f64(1.2),
        "{with:?} instead of {without:?}"
    );
}
