//! Any bytes in any pieces from three clients to a hub, and from a hub to a client that joins:
//! nothing panics, what waits is bounded, and the hub always ends.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use roda::protocol::hub::joiner::{HubRequest, Joiner};
use roda::protocol::hub::{Hub, LINGER, Output, Rules};
use roda::protocol::message::Name;
use roda::protocol::wire::quiet::Acknowledgement;

/// Does what the hub asks for. The sockets take everything, but for the third client's, which takes
/// nothing.
fn poll(hub: &mut Hub, now: Duration) {
    loop {
        match hub.poll(now) {
            Output::Write { client, parts } => {
                let bytes = parts.iter().map(|part| part.len()).sum();
                hub.on_written(now, client, if client == 2 { 0 } else { bytes });
            }
            Output::CheckAcknowledged { client } => {
                hub.on_acknowledgement(client, Acknowledgement::Complete);
            }
            Output::NotifyWritable { .. } | Output::End { .. } | Output::Log(_) => {}
            Output::Wait(_) => return,
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let rules = Rules {
        moderators: [].into(),
        moderator_key: None,
        connections_max: 10,
        per_address_max: None,
        rate_per_s: 1000,
    };
    let mut hub = Hub::new(rules, [1; 32]);
    let mut now = Duration::ZERO;
    let mut joiner = Joiner::new(Name::parse("eva").expect("a name"));
    joiner.request(&HubRequest::Exit);
    for client in 0..3 {
        hub.connect(now, ([10, 0, 0, 1], 40_000 + client).into());
    }
    // The first is naive, the second uses frames, the third's name comes from the bytes themselves.
    hub.on_bytes(now, 0, b"ana | server | name | ana");
    hub.on_bytes(now, 1, b"bia | server | name | bia | roda1");
    // Each piece begins with its length, its client, and the pause after it in milliseconds.
    let mut rest = bytes;
    while let [length, to, pause, more @ ..] = rest {
        let (piece, more) = more.split_at(usize::from(*length).min(more.len()));
        rest = more;
        hub.on_bytes(now, u32::from(to % 3), piece);
        joiner.hear(now, piece);
        while joiner.poll_send(now, Acknowledgement::Complete).is_some() {}
        now += Duration::from_millis(u64::from(*pause));
        hub.on_time(now);
        joiner.on_time(now);
        poll(&mut hub, now);
        while joiner.poll_event().is_some() {}
    }
    hub.close(now, None);
    for _ in 0..8 {
        now += LINGER;
        hub.on_time(now);
        poll(&mut hub, now);
    }
    assert!(hub.is_over());
});
