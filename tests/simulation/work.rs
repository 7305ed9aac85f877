//! Those who make others work: rubbish in somebody's name, fresh keys by the thousand, receivers
//! that crawl, NACKs for everything. Each test attacks, and the honest must not notice.

use core::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use roda::protocol::engine::member::Member;
use roda::protocol::engine::roster::ME;
use roda::protocol::message::Name;
use roda::protocol::rng::Rng;
use roda::protocol::wire::frame::beat::Beat;
use roda::protocol::wire::frame::{Author, Body, Frame, MemberTag};
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;

use crate::circle::{Circle, SECOND};

/// A member that keeps the format and not the rules.
struct Attacker {
    signer: Signer,
    name: Name,
    address: SocketAddr,
    sequence: u32,
}

impl Attacker {
    fn new(number: u32, address: SocketAddr) -> Self {
        let mut seed = [0xee; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        Self {
            signer: Signer::from_seed(&seed),
            name: Name::parse(&format!("eva{number}")).unwrap(),
            address,
            sequence: 0,
        }
    }

    /// An attacker who uses an address of its own.
    fn alone(number: u32) -> Self {
        let [.., high, low] = number.to_be_bytes();
        let ip = IpAddr::from([10, 78, high, low]);
        Self::new(number, SocketAddr::new(ip, 666))
    }

    /// A frame with the time of now.
    fn frame(&mut self, circle: &Circle, body: Body<'_>) -> Arc<[u8]> {
        self.sequence += 1;
        let key = self.signer.key();
        let author = Author {
            key,
            short: key.short(),
            session: 1_790_000_000 << 32 | 5,
            sequence: self.sequence,
            clock: (1_790_000_000_000 + circle.world.now().as_millis() as u64) << 16,
            flags: 0,
            grtt: 0,
            name: self.name.clone(),
        };
        let mut datagram = Vec::new();
        let frame = Frame { author, body };
        Seal::public(None).close(&frame, &self.signer, &mut datagram);
        datagram.into()
    }

    fn send(&mut self, circle: &mut Circle, body: Body<'_>) {
        let frame = self.frame(circle, body);
        circle.world.inject(self.address, &frame);
    }
}

/// A member, as it knows itself.
fn myself(circle: &Circle, number: usize) -> Member {
    let roster = circle.world.node(number).unwrap().roster();
    roster.get(ME).unwrap().clone()
}

/// Where a member's own datagrams come from.
fn address_of(circle: &Circle, number: usize) -> SocketAddr {
    let tag: MemberTag = myself(circle, number).tag;
    let other = usize::from(number == 0);
    let roster = circle.world.node(other).unwrap().roster();
    let member = roster.find(tag).and_then(|id| roster.get(id));
    member.unwrap().address.unwrap()
}

#[test]
fn rubbish_in_somebodys_name_does_not_silence_them() {
    let mut circle = Circle::of_strict(40, 3);
    circle.world.tap();
    circle.talk(9, SECOND / 5);
    let recorded = circle.world.tapped();
    let (ana, mut rng) = (address_of(&circle, 0), Rng::new(40));
    let mut forger = Attacker::new(0, ana);
    let step = SECOND / 100;
    for round in 0..300 {
        if round % 25 == 0 {
            circle.world.say(0);
        }
        // 500 kB/s on the wire of each kind in turn.
        match round % 4 {
            0 => (0..116).for_each(|_| circle.world.inject(ana, &[0x2a].as_slice().into())),
            1 => (0..4).for_each(|_| {
                let random: Arc<[u8]> = (0..1400).map(|_| rng.bits() as u8).collect();
                circle.world.inject(ana, &random);
            }),
            2 => (0..20).for_each(|_| {
                let mut bytes = recorded[rng.below(recorded.len() as u64) as usize].to_vec();
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << rng.below(8);
                circle.world.inject(ana, &bytes.into());
            }),
            _ => (0..20).for_each(|_| {
                // Well sealed, in her name, and not signed by her.
                let frame = forger.frame(&circle, Body::Beat(Beat::default()));
                circle.world.inject(ana, &frame);
            }),
        }
        circle.world.run(step);
    }
    circle.expect_times(SECOND / 100, SECOND / 100);
    circle.settle(10 * SECOND);
    circle.expect_whole();
}

#[test]
fn a_newcomer_is_known_within_5_s_while_ten_thousand_fresh_keys_shout() {
    // From one address, from a few, and each from its own.
    for addresses in [1, 7, 10_000] {
        let mut circle = Circle::of_strict(41, 3);
        let address_of = |number: u32| Attacker::alone(number % addresses).address;
        let mut newcomer = 0;
        for number in 0..10_000 {
            if number == 3000 {
                newcomer = circle.world.join("nova").unwrap();
            }
            let mut fresh = Attacker::new(number, address_of(number));
            fresh.send(&mut circle, Body::Beat(Beat::default()));
            // 2 Mbit/s.
            circle.world.run(SECOND / 1000);
            if number == 8000 {
                let tag = myself(&circle, newcomer).tag;
                for member in 0..3 {
                    let roster = circle.world.node(member).unwrap().roster();
                    let known = roster.find(tag).and_then(|id| roster.get(id));
                    assert!(
                        known.is_some_and(|nova| nova.is_live),
                        "{addresses} addresses, {member}"
                    );
                }
            }
        }
        let checked: u64 = 10_000 - circle.world.node(0).unwrap().gate().refused();
        assert!(checked < 7000, "{checked}");
    }
}
