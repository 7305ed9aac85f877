//! Any bytes as the inside of a frame that its author has signed. They are decoded or refused, and
//! never cause a panic; a decoded frame survives a round trip, and a member that receives it keeps
//! working.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use roda::protocol::message::Name;
use roda::protocol::node::Node;
use roda::protocol::time::Moment;
use roda::protocol::wire::frame::Kind;
use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::signer::Signer;
use roda::sim::member::setup;

/// The second at which the simulated member starts, since 1970.
const START_S: u64 = 1_790_000_000;

fuzz_target!(|bytes: &[u8]| {
    let (seal, signer) = (Seal::public(None), Signer::from_seed(&[2; 32]));
    // The first byte is the frame's type, the rest its inside, into which the author's key is
    // written.
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let mut inside = signer.key().0.to_vec();
    inside.extend_from_slice(rest);
    let is_signed = *kind != Kind::Nack as u8;
    let datagram = seal.enclose(*kind, &inside, is_signed.then_some(&signer));
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    let Ok(opened) = seal.open(&datagram, &mut once) else {
        return;
    };
    let mut again = Vec::new();
    seal.close(&opened.frame, &signer, &mut again);
    let reread = seal
        .open(&again, &mut twice)
        .expect("we read what we write");
    assert_eq!(reread.frame, opened.frame);

    let name = Name::parse("ana").expect("a name");
    let setup = setup(1, name, START_S << 32 | 1, seal);
    let at = |time_ms| Moment {
        time: Duration::from_millis(time_ms),
        wall_ms: START_S * 1000 + time_ms,
    };
    let mut node = Node::new(setup, at(0));
    for step in 0..20 {
        let now = at(step * 400);
        node.on_datagram(now, ([10, 0, 0, 2], 40_000).into(), &datagram);
        node.on_time(now);
        let sent = std::iter::from_fn(|| node.poll_send(now))
            .take(10_000)
            .count();
        assert!(sent < 10_000, "one datagram causes no flood");
        while node.poll_event().is_some() {}
    }
    let _ = node.history(100);
});
