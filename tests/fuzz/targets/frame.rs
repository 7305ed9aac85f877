//! Any bytes as the inside of a frame: read or refused, never a panic; what was read is written
//! again as the same bytes, and a member who hears it goes on.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use roda::protocol::engine::Setup;
use roda::protocol::engine::event::Moment;
use roda::protocol::message::Name;
use roda::protocol::node::Node;
use roda::protocol::wire::frame::beat::Link;
use roda::protocol::wire::frame::{Key, NONCE_BYTES};
use roda::protocol::wire::seal::Seal;

/// The second at which the pretend member starts, since 1970.
const START_S: u64 = 1_790_000_000;

fuzz_target!(|bytes: &[u8]| {
    let seal = Seal::public(None);
    // The first byte is the type of the frame, the rest its inside.
    let Some((kind, inside)) = bytes.split_first() else { return };
    let datagram = seal.enclose(*kind, inside, &[0; NONCE_BYTES]);
    let Ok(opened) = seal.open(&datagram) else { return };
    let mut again = Vec::new();
    seal.close(&opened.frame, &[0; NONCE_BYTES], &mut again);
    assert_eq!(seal.open(&again).expect("we read what we write").frame, opened.frame);

    let setup = Setup {
        key: Key([1; 32]),
        session: START_S << 32 | 1,
        replaces: None,
        name: Name::parse("ana").expect("a name"),
        seal,
        mirror_port: None,
        link: Link::Wired,
        seed: 1,
    };
    let at = |time_ms| Moment {
        time: Duration::from_millis(time_ms),
        wall_ms: START_S * 1000 + time_ms,
    };
    let mut node = Node::new(setup, at(0));
    for step in 0..20 {
        let now = at(step * 400);
        node.on_datagram(now, ([10, 0, 0, 2], 40_000).into(), &datagram);
        node.on_time(now);
        let sent = std::iter::from_fn(|| node.poll_send(now)).take(10_000).count();
        assert!(sent < 10_000, "one datagram causes no flood");
        while node.poll_event().is_some() {}
    }
    let _ = node.history(100);
});
