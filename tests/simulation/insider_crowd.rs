//! Newcomers beside fresh keys by the thousand: from one network or from everywhere, each of which
//! says something once or several times, at 1 Mbit/s. Whoever comes is known within 5 s, gets what
//! was said, and is heard; and nobody sends much because of those who are not there.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use roda::protocol::engine::roster::ME;
use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::{Beat, Digest, Link};
use roda::protocol::wire::frame::sync::Sync as Talk;
use roda::protocol::wire::frame::{Author, Body, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use crate::circle::{Circle, SECOND};

/// What a member may send in a minute under any attack: 20 kbit/s.
const FLOOR_BYTES: u64 = 20_000 / 8 * 60;

/// Frames in a second: with headers, 1 Mbit/s.
const FRAMES_PER_S: u32 = 430;

/// When the newcomer comes, and how long the attack lasts in all, in seconds.
const COMES_S: u32 = 4;
const LASTS_S: u32 = 26;

/// A crowd that is not there.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    /// How many frames each key says.
    each: u32,
    /// From how many hosts.
    hosts: u32,
    /// Whether they claim to know what was said.
    knows: bool,
    /// Whether they also ask the newcomer to show where it is.
    asks: bool,
}

fn address(host: u32, key: u32) -> SocketAddr {
    let [_, _, high, low] = (host + 1).to_be_bytes();
    let port = 5000 + (key % 60_000) as u16;
    ([10, 90, high, low], port).into()
}

impl Crowd {
    /// The frame with this number: keys take turns, fifty at a time.
    fn frame(&self, number: u32, wall_ms: u64, asked: MemberTag) -> (SocketAddr, Arc<[u8]>) {
        let round = number / (self.each * 50);
        let (key, said) = (round * 50 + number % 50, number / 50 % self.each);
        let mut seed = [0xcd; 32];
        seed[..4].copy_from_slice(&key.to_be_bytes());
        let signer = Signer::from_seed(&seed);
        let digest = match self.knows {
            true => Digest {
                from: 0,
                cut: (wall_ms - 20_000) << 16,
                xor: u64::from(key),
            },
            false => Digest::default(),
        };
        let beat = Beat {
            newest: 4_000_000_000,
            interval: 60 * SECOND,
            link: Link::Radio,
            digest,
            asked: vec![asked],
            ..Beat::default()
        };
        let body = match self.asks && number.is_multiple_of(2) {
            true => Body::Sync(Talk::Cookie(u64::from(number))),
            false => Body::Beat(beat),
        };
        let author = Author {
            key: signer.key(),
            short: signer.key().short(),
            session: (wall_ms / 1000) << 32 | u64::from(key),
            sequence: said + 1,
            clock: wall_ms << 16,
            flags: 0,
            grtt: 0,
            name: Name::parse(&format!("eva{key}")).unwrap(),
        };
        let mut datagram = Vec::new();
        Seal::public(None).close(&Frame { author, body }, &signer, &mut datagram);
        (address(key % self.hosts, key), datagram.into())
    }
}

/// Whether a member counts another one among those here.
fn knows(circle: &Circle, member: usize, other: usize) -> bool {
    let roster = |number: usize| circle.world.node(number).map(|node| node.roster());
    let tag = roster(other).and_then(|roster| Some(roster.get(ME)?.tag));
    let known = tag.and_then(|tag| roster(member)?.find(tag));
    let known = known.and_then(|id| roster(member)?.get(id));
    known.is_some_and(|known| known.is_live)
}

/// Lets a crowd shout, with a newcomer in its middle.
fn withstand(seed: u64, crowd: Crowd) {
    let mut circle = Circle::of(seed, 3);
    circle.talk(9, SECOND / 5);
    circle.settle(20 * SECOND);
    let began_s = circle.world.now().as_secs() + 1;
    circle
        .world
        .run(Duration::from_secs(began_s) - circle.world.now());
    let (mut newcomer, mut known_after) = (None, None);
    for number in 0..LASTS_S * FRAMES_PER_S {
        let roster = circle.world.node(0).unwrap().roster();
        let victim = roster.get(ME).unwrap().tag;
        let (from, frame) = crowd.frame(number, circle.world.wall_ms(), victim);
        match newcomer.filter(|_| crowd.asks && number.is_multiple_of(2)) {
            Some(newcomer) => circle.world.inject_to(newcomer, from, &frame),
            None => circle.world.inject(from, &frame),
        }
        if number == COMES_S * FRAMES_PER_S {
            newcomer = Some(circle.world.join("nova").unwrap());
        }
        if number % FRAMES_PER_S == 0 {
            circle.world.say((number / FRAMES_PER_S % 3) as usize);
        }
        circle.world.run(SECOND / FRAMES_PER_S);
        let is_known = |nova: usize| {
            let mut others = 0..3;
            others.all(|member| knows(&circle, member, nova) && knows(&circle, nova, member))
        };
        if known_after.is_none() && newcomer.is_some_and(is_known) {
            known_after = Some(number / FRAMES_PER_S - COMES_S);
        }
    }
    assert!(
        known_after.is_some_and(|seconds| seconds < 5),
        "seed {seed}, {crowd:?}: known after {known_after:?}"
    );
    for member in 0..3 {
        let sent = circle.world.sent(member).unwrap();
        let bytes: u64 = sent.between(began_s, began_s + 60).values().sum();
        assert!(bytes <= FLOOR_BYTES, "seed {seed}, {crowd:?}: {bytes}");
    }
    let newcomer = newcomer.unwrap();
    let (ledger, now) = (circle.world.ledger(), circle.world.now());
    for message in 0..ledger.messages() {
        let (_, said_at) = ledger.origin(message).unwrap();
        let is_due = said_at + 3 * SECOND < now;
        assert!(
            !is_due || ledger.has(newcomer, message),
            "seed {seed}, {crowd:?}: the newcomer lacks {message}"
        );
    }
    circle.world.say(newcomer);
    circle.settle(3 * SECOND);
    circle.expect_whole();
}

#[test]
fn a_newcomer_in_a_crowd_that_is_not_there_is_known_and_gets_what_was_said() {
    let crowd = |each, hosts| Crowd {
        each,
        hosts,
        knows: false,
        asks: false,
    };
    let crowds = [
        // As `attacked` does it on real sockets.
        crowd(1, 150),
        crowd(1, 20_000),
        crowd(3, 20_000),
        crowd(9, 150),
        Crowd {
            knows: true,
            ..crowd(1, 150)
        },
        Crowd {
            knows: true,
            ..crowd(2, 20_000)
        },
        Crowd {
            asks: true,
            ..crowd(2, 150)
        },
    ];
    for (number, crowd) in (0..).zip(crowds) {
        for seed in 0..2 {
            withstand(400 + 10 * number + seed, crowd);
        }
    }
}
