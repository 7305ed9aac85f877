//! A joiner and a hub, connected to each other.

use super::*;
use crate::protocol::hub::joiner::{self, HubRequest, Joiner};

/// Connects a joiner to a hub by a link that carries `piece` bytes at a time.
fn join(bench: &mut Bench, joiner: &mut Joiner, id: u32, piece: usize) -> Vec<joiner::JoinerEvent> {
    let mut events = Vec::new();
    for _ in 0..40 {
        let sent = bench.sockets.written.remove(&id).unwrap_or_default();
        for bytes in sent.chunks(piece) {
            joiner.hear(bench.now, bytes);
        }
        joiner.on_time(bench.now);
        while let Some(bytes) = joiner.poll_send(bench.now, Acknowledgement::Complete) {
            for bytes in bytes.chunks(piece) {
                bench.hub.on_bytes(bench.now, id, bytes);
            }
        }
        events.extend(std::iter::from_fn(|| joiner.poll_event()));
        bench.pass(5 * MS);
    }
    events
}

#[test]
fn a_joiner_of_ours_speaks_frames_however_the_bytes_come() {
    for piece in [1, 2, 7, 33, 1000] {
        let mut bench = Bench::new(rules());
        let id = bench.connect();
        let mut joiner = Joiner::new(Name::parse("ana").unwrap());
        let long = "palavra ".repeat(300);
        joiner.request(&HubRequest::Echo("um | dois".into()));
        joiner.request(&HubRequest::Broadcast(long.clone()));
        joiner.request(&HubRequest::List);
        joiner.request(&HubRequest::Exit);
        let events = join(&mut bench, &mut joiner, id, piece);
        let joiner::JoinerEvent::Joined {
            is_framed: true, ..
        } = &events[0]
        else {
            panic!("{events:?}");
        };
        let texts: Vec<&str> = events
            .iter()
            .filter_map(|event| match event {
                joiner::JoinerEvent::Said { text, .. } => Some(&**text),
                _ => None,
            })
            .collect();
        assert_eq!(texts[0], "um | dois");
        assert_eq!(texts[1..].concat(), long);
        let names = vec!["ana".to_owned()];
        assert!(
            events
                .iter()
                .any(|e| matches!(e, joiner::JoinerEvent::List { names: n, .. } if *n == names))
        );
        assert!(
            matches!(events.last(), Some(joiner::JoinerEvent::Out(_))),
            "{events:?}"
        );
    }
}

#[test]
fn a_joiner_proves_to_be_a_moderator_before_it_says_anything() {
    let mut bench = Bench::new(Rules {
        moderators: [Name::parse("prof").unwrap()].into(),
        moderator_key: Some(key("segredo")),
        ..rules()
    });
    let id = bench.connect();
    let mut joiner = Joiner::new(Name::parse("prof").unwrap());
    joiner.request(&HubRequest::Close);
    let asked = join(&mut bench, &mut joiner, id, 1000);
    assert_eq!(asked, [joiner::JoinerEvent::ProofAsked { salt: SALT }]);
    joiner.prove_with(key("segredo"));
    let events = join(&mut bench, &mut joiner, id, 1000);
    assert_eq!(
        events.last(),
        Some(&joiner::JoinerEvent::Closed),
        "{events:?}"
    );
    let mut without = Joiner::new(Name::parse("prof").unwrap());
    without.hear(MS, b"server | client | name | no data");
    without.poll_send(MS, Acknowledgement::Complete);
    without.hear(MS, MARKER);
    let mut asked = Vec::new();
    encode_line("server | prof | moderator | 00", &mut asked);
    without.hear(MS, &asked);
    assert_eq!(without.poll_event(), Some(joiner::JoinerEvent::Broken));
}

#[test]
fn a_joiner_speaks_quietly_with_a_program_of_the_report() {
    let mut joiner = Joiner::new(Name::parse("ana").unwrap());
    joiner.request(&HubRequest::Private {
        to: "bia".into(),
        text: "oi".into(),
    });
    joiner.request(&HubRequest::Exit);
    joiner.hear(MS, b"server | client | name | no data");
    assert_eq!(
        joiner.poll_send(MS, Acknowledgement::Complete).as_deref(),
        Some(&b"ana | server | name | ana | roda1"[..])
    );
    // The confirmation and the next message arrive as one.
    joiner.hear(
        40 * MS,
        b"server | ana | connection_confirmation | inserver | ana | echo | x",
    );
    joiner.on_time(91 * MS);
    let joined = joiner::JoinerEvent::Joined {
        text: "in".into(),
        is_framed: false,
    };
    assert_eq!(joiner.poll_event(), Some(joined));
    assert_eq!(
        joiner.poll_event(),
        Some(joiner::JoinerEvent::Told("x".into()))
    );
    let sent = |joiner: &mut Joiner, at| {
        let bytes = joiner.poll_send(MS * at, Acknowledgement::Complete)?;
        String::from_utf8(bytes).ok()
    };
    let private = "ana | bia | private_message | oi";
    assert_eq!(sent(&mut joiner, 91).as_deref(), Some(private));
    assert_eq!(sent(&mut joiner, 100), None, "one message at a time");
    let exit = "ana | server | exit | no data";
    assert_eq!(sent(&mut joiner, 116).as_deref(), Some(exit));
}

#[test]
fn a_joiner_that_comes_again_says_what_waits_and_tells_what_may_be_lost() {
    let mut bench = Bench::new(rules());
    let id = bench.connect();
    let mut joiner = Joiner::new(Name::parse("ana").unwrap());
    joiner.request(&HubRequest::BroadcastNotMe("um".into()));
    join(&mut bench, &mut joiner, id, 1000);
    joiner.on_confirmed();
    joiner.request(&HubRequest::BroadcastNotMe("dois".into()));
    joiner.request(&HubRequest::List);
    let sent = joiner.poll_send(bench.now, Acknowledgement::Pending);
    assert!(sent.is_some(), "and nothing of it arrives");
    joiner.request(&HubRequest::BroadcastNotMe("três".into()));
    assert_eq!(joiner.reconnect(), ["dois"]);
    assert_eq!(joiner.unsaid(), ["três"]);
    assert_eq!(joiner.reconnect(), [""; 0], "told once");
    bench.hub.on_lost(bench.now, id);
    let (bia, again) = (bench.framed("bia"), bench.connect());
    let events = join(&mut bench, &mut joiner, again, 7);
    assert!(matches!(
        events[0],
        joiner::JoinerEvent::Joined {
            is_framed: true,
            ..
        }
    ));
    let heard = bench.sent_frames(bia);
    assert_eq!(heard, ["ana | all clients | broadcast_not_me | três"]);
    assert!(joiner.unsaid().is_empty());
}
