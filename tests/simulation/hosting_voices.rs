//! Guests who speak: by the member who hosts them, under its key and their own names, as long as
//! they and the host want it, and no more than a voice.

use std::time::Duration;

use roda::chat::command::Command;
use roda::chat::event::{GuestsEvent, News};
use roda::chat::guests::{GuestRefusal, GuestSession, GuestsCommand};
use roda::chat::media::{MediaCommand, MediaEvent, Source};

use crate::circle::{Circle, SECOND};
use crate::hosting::{enter, events, open};

/// As long as one moment of sound.
const MOMENT: Duration = Duration::from_millis(20);

/// As many bytes as a moment of a voice has.
const BYTES: usize = 80;

/// A circle in which member 0 has guests and all others watch.
fn hosting(seed: u64, members: usize, guests: u64) -> Circle {
    let mut circle = Circle::of(seed, members);
    open(&mut circle, 0, 0);
    for viewer in 1..members {
        circle.world.record_face(viewer);
        circle.world.watch(viewer);
    }
    circle.world.watch(0);
    for guest in 1..=guests {
        enter(&mut circle, 0, guest, &format!("rui{guest}"));
    }
    circle
}

fn speak(circle: &mut Circle, session: u64) {
    let speak = GuestsCommand::Speak(GuestSession(session));
    circle.world.ask(0, Command::Guests(speak));
}

fn mute(circle: &mut Circle, name: &str, is_muted: bool) {
    let name = name.to_owned();
    let mute = GuestsCommand::Mute { name, is_muted };
    circle.world.ask(0, Command::Guests(mute));
}

/// Guests capture so many moments of sound, numbered from one on.
fn talk(circle: &mut Circle, guests: &[u32], moments: std::ops::Range<u32>) {
    for moment in moments {
        for guest in guests {
            circle.world.capture_of_guest(0, *guest, (moment, BYTES));
        }
        circle.world.run(MOMENT);
    }
}

/// What a member is told of who sends something: whether it began, of which guest of whom.
fn told(circle: &Circle, member: usize) -> Vec<(bool, String)> {
    let named = |state: &roda::chat::media::StreamState| {
        let guest = state.guest.as_ref().map(|guest| guest.name.as_str());
        format!("{} of {}", guest.unwrap_or_default(), state.person.name)
    };
    let news = circle.world.face(member).iter();
    let told = news.filter_map(|news| match news {
        News::Media(event) => match &**event {
            MediaEvent::Began(state) => Some((true, named(state))),
            MediaEvent::Ended(state) | MediaEvent::Vanished(state) => Some((false, named(state))),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

fn heard(circle: &Circle, viewer: usize, since: Duration) -> usize {
    circle.world.watched(viewer, 0, Source::Sound, since).played
}

#[test]
fn a_guest_is_heard_by_all_under_the_hosts_key_and_silent_when_the_host_says_so() {
    let mut circle = hosting(610, 3, 1);
    // Nothing is sent before the guest asks for it.
    talk(&mut circle, &[1], 0..50);
    assert_eq!(heard(&circle, 1, Duration::ZERO), 0);
    assert_eq!(told(&circle, 1), []);
    speak(&mut circle, 1);
    let since = circle.world.now();
    talk(&mut circle, &[1], 50..150);
    for viewer in [1, 2] {
        assert!(heard(&circle, viewer, since) >= 80, "{viewer}");
        assert_eq!(told(&circle, viewer), [(true, "rui1 of m0".to_owned())]);
    }
    // The host hears the guest, too, and is told whose voice it is: not its own.
    assert!(heard(&circle, 0, since) >= 80);
    assert_eq!(told(&circle, 0), [(true, "rui1 of m0".to_owned())]);
    let speaks = |news: &News| match news {
        News::Media(event) => match &**event {
            MediaEvent::Speaking(speakers) => speakers.iter().any(|it| it.guest.is_some()),
            _ => false,
        },
        _ => false,
    };
    assert!(circle.world.face(2).iter().any(speaks));
    mute(&mut circle, "rui1", true);
    circle.world.run(SECOND);
    let muted = circle.world.now();
    talk(&mut circle, &[1], 150..200);
    assert_eq!(heard(&circle, 1, muted), 0);
    assert_eq!(told(&circle, 1)[1..], [(false, "rui1 of m0".to_owned())]);
    let before = events(&circle, 0, 0).len();
    speak(&mut circle, 1);
    let refused = events(&circle, 0, 0);
    assert!(
        matches!(
            refused[before..],
            [GuestsEvent::Refused {
                why: GuestRefusal::Muted,
                ..
            }]
        ),
        "{refused:?}"
    );
    mute(&mut circle, "rui1", false);
    speak(&mut circle, 1);
    let again = circle.world.now();
    talk(&mut circle, &[1], 200..250);
    assert!(heard(&circle, 1, again) >= 30);
    // A telephone that dies without a word is gone within three seconds, for the host, too.
    circle.world.run(3 * SECOND);
    for member in 0..3 {
        let told = told(&circle, member);
        let last = told.last().unwrap();
        assert_eq!(*last, (false, "rui1 of m0".to_owned()), "{member}");
    }
    // It comes back, and is sent away.
    talk(&mut circle, &[1], 250..300);
    assert!(told(&circle, 1).last().unwrap().0);
    let kick = GuestsCommand::Kick("rui1".to_owned());
    circle.world.ask(0, Command::Guests(kick));
    circle.world.run(SECOND);
    assert!(!told(&circle, 1).last().unwrap().0);
    let kicked = circle.world.now();
    talk(&mut circle, &[1], 300..350);
    assert_eq!(heard(&circle, 1, kicked), 0);
}

#[test]
fn guests_beside_their_host_are_few_and_each_is_one_voice() {
    let mut circle = hosting(611, 2, 6);
    (1..=6).for_each(|session| speak(&mut circle, session));
    let refused = events(&circle, 0, 0);
    let refused = refused.iter().filter(|event| match event {
        GuestsEvent::Refused { why, .. } => *why == GuestRefusal::TooManySpeak { most: 4 },
        _ => false,
    });
    assert_eq!(refused.count(), 2);
    talk(&mut circle, &[1, 2, 3, 4, 5, 6], 0..100);
    assert_eq!(told(&circle, 1).len(), 4);
    let since = circle.world.now();
    talk(&mut circle, &[1, 2, 3, 4], 100..200);
    assert!(heard(&circle, 1, since) >= 4 * 80);
    // One of them floods: of it, no more than some voices' worth leaves.
    let flooded = circle.world.now();
    for moment in 200..2200 {
        circle.world.capture_of_guest(0, 1, (moment, 400));
        circle.world.run(Duration::from_millis(1));
    }
    let sent = circle.world.sent(0).unwrap();
    let (from, to) = (flooded.as_secs() + 1, flooded.as_secs() + 2);
    let bytes: u64 = sent.between(from, to).into_values().sum();
    assert!(bytes < 60_000, "{bytes} bytes in a second");
    // Their places are free when they are gone.
    for session in [1, 2] {
        let leave = GuestsCommand::Leave(GuestSession(session));
        circle.world.ask(0, Command::Guests(leave));
    }
    let before = events(&circle, 0, 0).len();
    speak(&mut circle, 5);
    let events = events(&circle, 0, 0);
    assert!(matches!(events[before..], [GuestsEvent::Speaks { .. }]));
}

#[test]
fn whoever_ignores_a_guest_hears_the_host_and_not_the_guest() {
    let mut circle = hosting(612, 3, 2);
    (1..=2).for_each(|session| speak(&mut circle, session));
    talk(&mut circle, &[1, 2], 0..100);
    circle
        .world
        .ask(1, Command::Ignore(Some("~rui1".to_owned())));
    circle.world.run(SECOND);
    let since = circle.world.now();
    talk(&mut circle, &[1], 100..150);
    assert_eq!(heard(&circle, 1, since), 0);
    assert!(heard(&circle, 2, since) >= 30);
    let since = circle.world.now();
    talk(&mut circle, &[2], 150..200);
    assert!(heard(&circle, 1, since) >= 30, "only one guest is ignored");
    circle
        .world
        .ask(0, Command::Media(MediaCommand::EndGuest(2)));
    circle.world.run(SECOND);
    let ended = circle.world.now();
    talk(&mut circle, &[2], 200..250);
    assert_eq!(heard(&circle, 2, ended), 0);
}
