//! Any bytes in any pieces from three clients of a hub, and to a client that joins one. Nothing
//! panics, the waiting bytes stay bounded, and the hub always ends.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use roda::protocol::hub::joiner::{Joiner, HubRequest};
use roda::protocol::hub::{Hub, LINGER, Lines, Rules};
use roda::protocol::message::Name;

/// Lines that accept everything, except the third client's, which accepts nothing.
struct Sink;

impl Lines for Sink {
    fn write(&mut self, client: u32, parts: &[&[u8]]) -> usize {
        match client {
            2 => 0,
            _ => parts.iter().map(|part| part.len()).sum(),
        }
    }

    fn is_acknowledged(&mut self, _: u32) -> bool {
        true
    }

    fn watch(&mut self, _: u32) {}
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
    let mut joiner = Joiner::new(Name::parse("eva").expect("a name"), None);
    joiner.request(&HubRequest::Exit);
    for client in 0..3 {
        hub.connect(now, ([10, 0, 0, 1], 40_000 + client).into());
    }
    // The first client is naive, the second is one of ours, and the third tells its name in the
    // fuzzed bytes.
    hub.hear(now, 0, b"ana | server | name | ana");
    hub.hear(now, 1, b"bia | server | name | bia | roda1");
    // Each piece begins with its length, its destination, and the time that passes afterwards.
    let mut rest = bytes;
    while let [length, to, pause, more @ ..] = rest {
        let (piece, more) = more.split_at(usize::from(*length).min(more.len()));
        rest = more;
        hub.hear(now, u32::from(to % 3), piece);
        joiner.hear(now, piece);
        while joiner.poll_send(now, true).is_some() {}
        now += Duration::from_millis(u64::from(*pause));
        hub.on_time(now);
        joiner.on_time(now);
        hub.write(now, &mut Sink);
        while hub.poll_ending().is_some() || hub.poll_event().is_some() {}
        while joiner.poll_event().is_some() {}
    }
    hub.close(now, None);
    for _ in 0..8 {
        now += LINGER;
        hub.on_time(now);
        hub.write(now, &mut Sink);
    }
    assert!(hub.is_over());
});
