//! What the mirror takes for a guest, and what for a copy of a member's line.

use super::*;
use crate::protocol::engine::config::BEAT_MIN;
use crate::protocol::engine::member::BeatNews;
use crate::protocol::wire::frame::beat::Link;
use crate::protocol::wire::frame::{Author, Key};

const BIAS_HOST: [u8; 4] = [10, 77, 0, 2];
const BIAS_PORT: u16 = 40_002;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn author(text: &str, session: u64) -> Author {
    let key = Key([session as u8; 32]);
    Author {
        key,
        short: key.short(),
        session,
        sequence: 1,
        clock: 0,
        flags: 0,
        grtt: 0,
        name: name(text),
    }
}

/// A mirror of ana's, and a roster with her.
fn ana() -> (Mirror, Roster) {
    (
        Mirror::new(name("ana"), 40_001),
        Roster::new(&author("ana", 1)),
    )
}

fn at(ms: u64) -> Moment {
    Moment {
        time: Duration::from_millis(ms),
        wall_ms: 1_790_000_000_000 + ms,
    }
}

fn says(user: &str, text: &str) -> Vec<u8> {
    let mut datagram = Vec::new();
    plain::encode(Some(&name(user)), text, &mut datagram);
    datagram
}

fn from(host: [u8; 4], port: u16) -> SocketAddr {
    (host, port).into()
}

/// Bia is heard at her address; with a beat, she states her port.
fn bia_is_heard(roster: &mut Roster, now: Moment, beats: bool) -> super::super::roster::Id {
    let id = roster.meet(&author("bia", 2)).unwrap().id;
    if beats {
        let news = BeatNews {
            interval: BEAT_MIN,
            mirror_port: BIAS_PORT,
            link: Link::Wired,
            knows_history: false,
        };
        assert!(roster.beat(id, 1, news));
    }
    roster.hear(id, now.time);
    roster.locate(id, from(BIAS_HOST, 41_000));
    id
}

/// What is told by a time, with when each line arrived.
fn told(mirror: &mut Mirror, now: Moment, roster: &Roster) -> Vec<(String, u64)> {
    let next = || match mirror.next_event(now, roster)? {
        EngineEvent::Guest { text, wall_ms, .. } => Some((text.unwrap(), wall_ms)),
        event => panic!("{event:?}"),
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn a_member_that_came_and_went_within_the_doubt_is_no_guest() {
    for (beats, leaves) in [(true, true), (true, false), (false, true)] {
        let (mut mirror, mut roster) = ana();
        let bia = from(BIAS_HOST, BIAS_PORT);
        assert_eq!(mirror.hear(at(0), bia, &says("bia", "oi"), &roster), None);
        let id = bia_is_heard(&mut roster, at(100), beats);
        if leaves {
            roster.close(id);
            roster.leave(id);
        }
        assert_eq!(told(&mut mirror, at(5000), &roster), []);
    }
}

#[test]
fn who_speaks_and_goes_before_its_first_beat_is_no_guest_of_its_own_name() {
    let (mut mirror, mut roster) = ana();
    let mut bia = author("bia", 2);
    bia.clock = at(0).wall_ms << 16;
    roster.meet(&bia).unwrap();
    let copy = from(BIAS_HOST, BIAS_PORT);
    assert_eq!(mirror.hear(at(0), copy, &says("bia", "oi"), &roster), None);
    assert_eq!(told(&mut mirror, at(3000), &roster), []);
    // Another name from there, and the same name a minute later, are a program's.
    let gil = mirror.hear(at(3000), copy, &says("gil", "um"), &roster);
    assert_eq!(gil, None);
    assert_eq!(told(&mut mirror, at(5000), &roster).len(), 1);
    let later = from(BIAS_HOST, BIAS_PORT + 1);
    mirror.hear(at(61_000), later, &says("bia", "dois"), &roster);
    assert_eq!(told(&mut mirror, at(63_000), &roster).len(), 1);
}

#[test]
fn copies_that_come_behind_the_farewell_are_no_guests_for_a_minute() {
    let (mut mirror, mut roster) = ana();
    let id = bia_is_heard(&mut roster, at(0), true);
    roster.close(id);
    roster.leave(id);
    let bia = from(BIAS_HOST, BIAS_PORT);
    assert_eq!(
        mirror.hear(at(59_000), bia, &says("bia", "fim"), &roster),
        None
    );
    assert_eq!(told(&mut mirror, at(70_000), &roster), []);
    // Later, another program may have got the port.
    assert_eq!(
        mirror.hear(at(80_000), bia, &says("gil", "oi"), &roster),
        None
    );
    let lines = told(&mut mirror, at(82_000), &roster);
    assert_eq!(lines, [("oi".into(), at(80_000).wall_ms)]);
}

#[test]
fn only_the_first_line_of_a_guest_is_held_back_and_keeps_its_time() {
    let (mut mirror, roster) = ana();
    let gil = from([10, 77, 0, 9], 50_000);
    assert_eq!(mirror.hear(at(0), gil, &says("gil", "um"), &roster), None);
    assert_eq!(
        mirror.hear(at(1500), gil, &says("gil", "dois"), &roster),
        None
    );
    assert_eq!(told(&mut mirror, at(1999), &roster), []);
    let lines = told(&mut mirror, at(2000), &roster);
    let expected = [
        ("um".into(), at(0).wall_ms),
        ("dois".into(), at(1500).wall_ms),
    ];
    assert_eq!(lines, expected);
    assert!(
        mirror
            .hear(at(2001), gil, &says("gil", "três"), &roster)
            .is_some()
    );
}

#[test]
fn copies_of_what_a_members_guest_says_are_no_guests() {
    let (mut mirror, mut roster) = ana();
    mirror.say_as_guest(&name("rui"), "oi\nsair\ntchau");
    let copies = (0..2).map(|second| mirror.pop(Duration::from_secs(second)).unwrap());
    let copies: Vec<Arc<[u8]>> = copies.collect();
    assert_eq!(&*copies[0], br#"{"user":"rui (by ana)","data":"oi"}"#);
    assert!(mirror.is_empty(), "the farewell is not copied");
    // Its own come back; of a member that is heard at another address, the name decides.
    let own = from([127, 0, 0, 1], 40_001);
    assert_eq!(mirror.hear(at(0), own, &copies[0], &roster), None);
    bia_is_heard(&mut roster, at(0), true);
    let says_gil = br#"{"user":"gil (by bia)","data":"oi"}"#;
    let other_address = from([10, 78, 0, 2], BIAS_PORT);
    assert_eq!(mirror.hear(at(0), other_address, says_gil, &roster), None);
    assert_eq!(told(&mut mirror, at(5000), &roster), []);
    // A program that only claims such a name is no member.
    let gil = from([10, 77, 0, 9], 50_000);
    assert_eq!(mirror.hear(at(5000), gil, says_gil, &roster), None);
    assert_eq!(told(&mut mirror, at(7000), &roster).len(), 1);
}

#[test]
fn a_guest_on_a_members_host_and_under_its_name_is_heard() {
    let (mut mirror, mut roster) = ana();
    bia_is_heard(&mut roster, at(0), true);
    let beside = from(BIAS_HOST, 50_000);
    assert_eq!(
        mirror.hear(at(0), beside, &says("bia", "oi"), &roster),
        None
    );
    assert_eq!(told(&mut mirror, at(2000), &roster).len(), 1);
}

#[test]
fn no_line_is_lost_when_more_sources_come_than_are_held_back() {
    let (mut mirror, roster) = ana();
    let mut lines = 0;
    for port in 0..300 {
        let guest = from([10, 77, 0, 9], 50_000 + port);
        lines += usize::from(
            mirror
                .hear(at(0), guest, &says("gil", "oi"), &roster)
                .is_some(),
        );
    }
    lines += told(&mut mirror, at(2000), &roster).len();
    assert_eq!(lines, 300);
}

#[test]
fn a_host_that_floods_the_plain_wire_costs_no_guest_of_another_host_a_line() {
    let (mut mirror, roster) = ana();
    let gil = from([10, 77, 0, 9], 50_000);
    mirror.hear(at(0), gil, &says("gil", "um"), &roster);
    let mut lines = 0;
    for ms in 0..10_000_u64 {
        for port in [2 * ms, 2 * ms + 1] {
            let flood = from([10, 77, 0, 66], 1024 + port as u16);
            let told = mirror.hear(at(ms), flood, &says("eva", "x"), &roster);
            lines += usize::from(told.is_some());
        }
        lines += told(&mut mirror, at(ms), &roster).len();
    }
    assert!(lines <= 500 + 1000 + 1, "{lines}");
    assert!(mirror.guests.len() <= GUESTS_MAX && mirror.doubtful.len() <= GUESTS_MAX);
    // Gil is known still, and is not held back.
    let told = mirror.hear(at(10_000), gil, &says("gil", "dois"), &roster);
    assert!(told.is_some());
}
