//! Members that ask and claim without end: beats that want acknowledgements, that ask whether
//! others are here, that claim radio, and digests of all times. What each honest member sends in a
//! minute is compared with the same minute without them.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use roda::protocol::message::Name;
use roda::protocol::wire::frame::beat::{Beat, Digest, Link};
use roda::protocol::wire::frame::durable::{Durable, Record, Records};
use roda::protocol::wire::frame::{Author, Body, FLAG_ACK_REQUEST, FLAG_BULK, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use crate::circle::{Circle, SECOND};

/// What a member may send in a minute under any attack: 20 kbit/s.
const FLOOR_BYTES: u64 = 20_000 / 8 * 60;

/// Attackers in the room.
const EVAS: u32 = 20;

/// Frames of all attackers together in a second: 1 Mbit/s.
const FRAMES_PER_S: u32 = 400;

/// What the attackers send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    Nothing,
    /// Beats and lines that want to be acknowledged at once.
    AckRequests,
    /// Beats that ask whether each honest member is here, and those who have gone.
    Asking,
    /// Beats whose digests are of all times, and never ours.
    Digests,
    /// Beats that claim radio.
    Radio,
}

/// One attacker.
struct Eva {
    signer: Signer,
    address: SocketAddr,
    sequences: [u32; 2],
}

impl Eva {
    fn new(number: u32) -> Self {
        let mut seed = [0xea; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        Self {
            signer: Signer::from_seed(&seed),
            // Two of them at each address.
            address: ([10, 79, 0, number as u8 / 2], 666).into(),
            sequences: [0; 2],
        }
    }

    fn frame(&mut self, circle: &Circle, flags: u8, body: Body<'_>) -> Arc<[u8]> {
        let space = usize::from(!matches!(body, Body::Durable(_)));
        self.sequences[space] += 1;
        let key = self.signer.key();
        let author = Author {
            key,
            short: key.short(),
            session: 1_790_000_000 << 32 | 5,
            sequence: self.sequences[space],
            clock: circle.world.wall_ms() << 16,
            flags,
            grtt: 0,
            name: Name::parse("eva").unwrap(),
        };
        let mut datagram = Vec::new();
        let frame = Frame { author, body };
        Seal::public(None).close(&frame, &self.signer, &mut datagram);
        datagram.into()
    }

    /// A frame of hers in an attack; `round` differs with each.
    fn attacks(&mut self, circle: &Circle, attack: Attack, round: u32) -> Arc<[u8]> {
        let beat = Beat {
            interval: 5 * SECOND,
            link: Link::Wired,
            ..Beat::default()
        };
        match attack {
            Attack::AckRequests if round.is_multiple_of(2) => {
                let mut records = Vec::new();
                Record::Private {
                    to: MemberTag::of(7, 7),
                    sealed: &[0; 20],
                }
                .append(&mut records);
                let body = Durable {
                    records: Records::new(&records),
                    ..Durable::default()
                };
                let flags = FLAG_ACK_REQUEST | FLAG_BULK;
                self.frame(circle, flags, Body::Durable(body))
            }
            Attack::AckRequests => {
                let newest = self.sequences[0];
                let beat = Beat { newest, ..beat };
                self.frame(circle, FLAG_ACK_REQUEST, Body::Beat(beat))
            }
            Attack::Asking => {
                let roster = circle.world.node(0).unwrap().roster();
                let asked = roster.everybody().map(|(_, member)| member.tag);
                let asked = asked.take(7).collect();
                self.frame(circle, 0, Body::Beat(Beat { asked, ..beat }))
            }
            Attack::Digests => {
                let digest = Digest {
                    from: u64::from(round % 3) << 50,
                    cut: u64::MAX - u64::from(round),
                    xor: u64::from(round) << 32,
                };
                self.frame(circle, 0, Body::Beat(Beat { digest, ..beat }))
            }
            Attack::Radio | Attack::Nothing => {
                let link = Link::Radio;
                self.frame(circle, 0, Body::Beat(Beat { link, ..beat }))
            }
        }
    }
}

/// Three members of whom one says a line each second for a minute, while they are attacked; how
/// many bytes each of them sent, and how often each did something by itself.
fn minute(attack: Attack) -> [(u64, u64); 3] {
    let mut circle = Circle::of(61, 4);
    circle.talk(40, SECOND / 10);
    circle.settle(20 * SECOND);
    circle.world.kill(3);
    circle.world.run(40 * SECOND);
    let mut evas: Vec<Eva> = (0..EVAS).map(Eva::new).collect();
    let began_s = circle.world.now().as_secs() + 1;
    let wakes = [0, 1, 2].map(|member| circle.world.wakes(member));
    // In step with the seconds, in which what is sent is counted.
    circle
        .world
        .run(Duration::from_secs(began_s) - circle.world.now());
    for round in 0..60 * FRAMES_PER_S {
        if attack != Attack::Nothing {
            let eva = &mut evas[(round % EVAS) as usize];
            let frame = eva.attacks(&circle, attack, round);
            circle.world.inject(eva.address, &frame);
        }
        if round.is_multiple_of(FRAMES_PER_S) {
            circle.world.say(0);
        }
        circle.world.run(SECOND / FRAMES_PER_S);
    }
    let costs = [0, 1, 2].map(|member| {
        let sent = circle.world.sent(member).unwrap();
        let bytes = sent.between(began_s, began_s + 60).values().sum();
        (bytes, circle.world.wakes(member) - wakes[member])
    });
    circle.settle(20 * SECOND);
    circle.expect_whole();
    costs
}

#[test]
fn who_asks_without_end_makes_nobody_send_without_end() {
    let calm = minute(Attack::Nothing);
    for attack in [Attack::AckRequests, Attack::Asking, Attack::Digests] {
        let attacked = minute(attack);
        for (member, (costs, usual)) in attacked.iter().zip(&calm).enumerate() {
            let most = FLOOR_BYTES.max(4 * usual.0);
            assert!(
                costs.0 <= most,
                "{attack:?}: {member}: {costs:?}, {usual:?}"
            );
            // Each frame wakes a member once, to do what it asks for; its few answers do, too.
            let most = u64::from(60 * FRAMES_PER_S * 21 / 20) + 4 * usual.1;
            assert!(
                costs.1 <= most,
                "{attack:?}: {member}: {costs:?}, {usual:?}"
            );
        }
    }
}

/// How long it takes until everybody has 3000 lines of one member.
fn bulk_time(attackers: u32) -> Duration {
    let mut circle = Circle::of(62, 4);
    let mut evas: Vec<Eva> = (0..attackers).map(Eva::new).collect();
    for eva in &mut evas {
        let beat = eva.attacks(&circle, Attack::Radio, 0);
        circle.world.inject(eva.address, &beat);
    }
    circle.world.run(6 * SECOND);
    let began = circle.world.now();
    let last = (0..3000)
        .map(|_| circle.world.say_with(0, &"x".repeat(900)))
        .last();
    let ledger =
        |circle: &Circle| (1..4).all(|member| circle.world.ledger().has(member, last.unwrap()));
    while !ledger(&circle) {
        circle.world.run(SECOND / 100);
        assert!(
            circle.world.now() < began + 60 * SECOND,
            "it takes too long"
        );
    }
    circle.world.now() - began
}

#[test]
fn who_claims_radio_slows_nobody_down_but_himself() {
    let usual = bulk_time(0);
    // Six keys at three addresses, against three others.
    let claimed = bulk_time(6);
    assert!(claimed <= usual * 2, "{claimed:?} instead of {usual:?}");
}
