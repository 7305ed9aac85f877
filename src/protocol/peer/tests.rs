//! Conversations without a socket: two peers, or a peer and a naive program, and their bytes split
//! at every position.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protocol::wire::stream::{MARKER, SentBefore, encode_line, encode_marker, encode_name};

const MS: Duration = Duration::from_millis(1);

fn name(name: &str) -> Option<Name> {
    (!name.is_empty()).then(|| Name::parse(name).unwrap())
}

fn caller(named: &str) -> Peer {
    Peer::new(Role::Caller, Dialect::Text, name(named), Duration::ZERO)
}

fn listener(named: &str) -> Peer {
    Peer::new(Role::Listener, Dialect::Text, name(named), Duration::ZERO)
}

fn events(peer: &mut Peer) -> Vec<PeerEvent> {
    std::iter::from_fn(|| peer.poll_event()).collect()
}

fn named(name: &str) -> PeerEvent {
    PeerEvent::Name {
        name: name.into(),
        is_cut: false,
    }
}

fn said(line: &str) -> PeerEvent {
    PeerEvent::Message {
        user: None,
        data: Some(line.into()),
    }
}

/// All that a peer sends from now on, each piece with its time, as if acknowledged at once.
fn sent(peer: &mut Peer, from: Duration) -> Vec<(Duration, String)> {
    let mut pieces = Vec::new();
    let mut now = from;
    for _ in 0..1000 {
        peer.on_time(now);
        while let Some(bytes) = peer.poll_send(now, Acknowledgement::Complete) {
            pieces.push((now, String::from_utf8_lossy(&bytes).into_owned()));
        }
        match peer.next_time(now) {
            Some(next) => now = next,
            None => break,
        }
    }
    pieces
}

/// Passes bytes between two peers of ours, `step` at a time, until neither has more to send.
fn talk(caller: &mut Peer, listener: &mut Peer, step: usize) -> [Vec<PeerEvent>; 2] {
    listener.on_offer();
    let mut received = [Vec::new(), Vec::new()];
    for round in 0..100 {
        let now = MS * round;
        let mut is_silent = true;
        for direction in 0..2 {
            let (from, to) = if direction == 0 {
                (&mut *caller, &mut *listener)
            } else {
                (&mut *listener, &mut *caller)
            };
            while let Some(bytes) = from.poll_send(now, Acknowledgement::Complete) {
                is_silent = false;
                bytes.chunks(step).for_each(|piece| to.on_bytes(now, piece));
            }
            received[1 - direction].extend(events(to));
        }
        if is_silent {
            break;
        }
    }
    received
}

#[test]
fn two_of_ours_exchange_names_and_exact_lines() {
    let (mut ana, mut bia) = (caller("ana"), listener("bia"));
    for line in ["oi", "", "duas\nlinhas", "sair "] {
        ana.say(line.into());
    }
    bia.say("olá".into());
    let [received_by_ana, received_by_bia] = talk(&mut ana, &mut bia, usize::MAX);
    assert_eq!(received_by_ana, [named("bia"), said("olá")]);
    let lines = ["oi", "", "duas\nlinhas", "sair "].map(said);
    assert_eq!(received_by_bia, [&[named("ana")], &lines[..]].concat());
    assert!(ana.is_drained() && bia.is_drained() && ana.is_framed() && bia.is_framed());
}

#[test]
fn an_end_that_was_sent_is_no_loss() {
    for has_ended in [true, false] {
        let (mut ana, mut bia) = (caller(""), listener(""));
        ana.say("oi".into());
        if has_ended {
            ana.end();
        }
        talk(&mut ana, &mut bia, 1);
        assert!(ana.is_drained());
        bia.on_end();
        let end = if has_ended {
            PeerEvent::End
        } else {
            PeerEvent::Vanished
        };
        assert_eq!(events(&mut bia), [end]);
    }
}

#[test]
fn a_nameless_peer_of_ours_keeps_nobody_waiting() {
    let (mut ana, mut peer) = (caller("ana"), listener(""));
    ana.say("oi".into());
    peer.say("olá".into());
    let [received_by_ana, received_by_peer] = talk(&mut ana, &mut peer, 3);
    assert_eq!(received_by_ana, [said("olá")]);
    assert_eq!(received_by_peer, [named("ana"), said("oi")]);
}

#[test]
fn a_naive_listener_gets_the_name_and_then_exactly_the_lines_one_by_one() {
    let mut ana = caller("ana");
    ana.say("um".into());
    ana.say(String::new());
    ana.say("dois".into());
    assert_eq!(
        sent(&mut ana, Duration::ZERO),
        [(SIGN_WAIT, "ana".into())],
        "no line yet"
    );
    // The name, and within the same millisecond a line: two reads are two messages.
    ana.on_bytes(MS * 450, b"bia");
    ana.on_bytes(MS * 450, b"oi");
    assert_eq!(events(&mut ana), [named("bia"), said("oi")]);
    let lines = sent(&mut ana, MS * 450);
    assert_eq!(lines, [(MS * 450, "um".into()), (MS * 475, "dois".into())]);
    assert_eq!(events(&mut ana), [PeerEvent::EmptyNotSent]);
    assert!(ana.is_drained() && !ana.is_framed());
}

#[test]
fn a_naive_caller_is_known_by_speaking_without_an_offer() {
    let mut bia = listener("bia");
    bia.on_bytes(Duration::ZERO, b"jo\xc3");
    assert_eq!(
        bia.poll_send(MS, Acknowledgement::Complete),
        None,
        "the other is let finish"
    );
    bia.on_bytes(MS, b"\xa3o");
    let answer = sent(&mut bia, MS);
    assert_eq!(
        answer,
        [(MS, "bia".into())],
        "and answered at once, not after the wait"
    );
    assert_eq!(events(&mut bia), [named("joão")]);
    bia.on_bytes(MS * 200, b"oi\nduas");
    bia.on_bytes(MS * 200, "olá".as_bytes());
    assert_eq!(events(&mut bia), ["oi", "duas", "olá"].map(said));
    bia.on_bytes(MS * 300, b"sair\xc3");
    bia.on_end();
    assert_eq!(events(&mut bia), [said("sair\u{fffd}"), PeerEvent::End]);
}

#[test]
fn a_long_line_to_a_naive_peer_goes_in_pieces_of_whole_characters() {
    let mut ana = caller("");
    let line = "é".repeat(1500);
    ana.say(line.clone());
    let pieces = sent(&mut ana, Duration::ZERO);
    assert!(pieces.iter().all(|(_, piece)| piece.len() <= 1024));
    assert_eq!(
        pieces
            .into_iter()
            .map(|(_, piece)| piece)
            .collect::<String>(),
        line
    );
}

#[test]
fn raw_lines_before_a_late_sign_keep_their_boundaries() {
    // The listener's program was not running when the caller stopped waiting.
    let (mut ana, mut bia) = (caller(""), listener(""));
    ana.say("um".into());
    ana.say("dois".into());
    let raw: String = sent(&mut ana, Duration::ZERO)
        .into_iter()
        .map(|(_, piece)| piece)
        .collect();
    assert_eq!(raw, "umdois");
    bia.on_offer();
    bia.on_bytes(MS * 900, raw.as_bytes());
    bia.on_time(MS * 990);
    assert_eq!(
        events(&mut bia),
        [],
        "held until the marker says how to split it"
    );
    ana.say("três".into());
    let [_, received] = talk(&mut ana, &mut bia, 1);
    assert_eq!(received, ["um", "dois", "três"].map(said));
}

#[test]
fn a_name_sent_raw_before_a_late_sign_comes_once() {
    let (mut ana, mut bia) = (caller("ana"), listener(""));
    assert_eq!(sent(&mut ana, Duration::ZERO), [(SIGN_WAIT, "ana".into())]);
    bia.on_offer();
    bia.on_bytes(MS * 900, b"ana");
    let [_, received] = talk(&mut ana, &mut bia, 1);
    assert_eq!(received, [named("ana")]);
}

#[test]
fn a_peer_that_never_pauses_does_not_block_us() {
    let mut ana = caller("");
    ana.say("oi".into());
    let mut spoken_at = None;
    for ms in 0..1000 {
        ana.on_bytes(MS * ms, &[b'x'; 100]);
        ana.on_time(MS * ms);
        if ana.poll_send(MS * ms, Acknowledgement::Complete).is_some() {
            spoken_at = spoken_at.or(Some(ms));
        }
    }
    assert!(spoken_at.is_some_and(|ms| ms < 500), "{spoken_at:?}");
}

#[test]
fn a_busy_listener_is_told_from_one_that_only_says_so() {
    let busy = |name: &str| {
        let mut eva = caller(name);
        eva.on_bytes(MS, b"busy\n");
        assert_eq!(events(&mut eva), []);
        eva
    };
    for name in ["", "eva"] {
        let mut eva = busy(name);
        eva.on_end();
        assert_eq!(events(&mut eva)[0], PeerEvent::Busy);
    }
    let mut eva = busy("eva");
    eva.on_time(MS * 51);
    assert_eq!(events(&mut eva), [named("busy")]);
    let mut bia = listener("");
    bia.on_bytes(MS, b"busy\n");
    bia.on_end();
    assert_eq!(events(&mut bia), [said("busy"), PeerEvent::End]);
}

#[test]
fn names_over_the_limit_are_cut_and_said_to_be() {
    let mut bia = listener("bia");
    bia.on_bytes(MS, "é".repeat(20).as_bytes());
    bia.on_time(MS * 51);
    assert_eq!(
        events(&mut bia),
        [PeerEvent::Name {
            name: "é".repeat(16),
            is_cut: true
        }]
    );
}

#[test]
fn objects_delimit_themselves() {
    let mut bia = Peer::new(Role::Listener, Dialect::Json, name("bia"), Duration::ZERO);
    let stream = "{\"user\":\"ana\",\"data\":\"}{\"} \n{\"data\":null,\"user\":null}\
                  {\"nome\": \"Alice\", \"idade\": 25}";
    stream
        .as_bytes()
        .iter()
        .for_each(|byte| bia.on_bytes(MS, &[*byte]));
    bia.on_bytes(MS, b"oi");
    bia.on_end();
    let message = |user: Option<&str>, data: Option<&str>| PeerEvent::Message {
        user: user.map(Into::into),
        data: data.map(Into::into),
    };
    let expected = [
        message(Some("ana"), Some("}{")),
        message(None, None),
        PeerEvent::Object(r#"{"nome":"Alice","idade":25}"#.into()),
        message(None, Some("oi")),
        PeerEvent::End,
    ];
    assert_eq!(events(&mut bia), expected);
}

#[test]
fn in_json_each_message_is_an_object_of_its_own_and_no_name_goes_before() {
    let mut ana = Peer::new(Role::Caller, Dialect::Json, name("ana"), Duration::ZERO);
    ana.say("oi".into());
    ana.say_object(r#"{"nome": "Alice"}"#.into());
    ana.say(String::new());
    let objects: Vec<String> = sent(&mut ana, Duration::ZERO)
        .into_iter()
        .map(|(_, object)| object)
        .collect();
    assert_eq!(
        objects,
        [
            r#"{"user":"ana","data":"oi"}"#,
            r#"{"nome": "Alice"}"#,
            r#"{"user":"ana","data":""}"#
        ]
    );
}

#[test]
fn an_object_stays_an_object_between_two_of_ours() {
    let (mut ana, mut bia) = (caller(""), listener(""));
    ana.say_object(r#"{"nome": "Alice", "idade": 25}"#.into());
    ana.say(r#"{"nome":"texto"}"#.into());
    let [_, received] = talk(&mut ana, &mut bia, 3);
    let object = PeerEvent::Object(r#"{"nome":"Alice","idade":25}"#.into());
    assert_eq!(received, [object, said(r#"{"nome":"texto"}"#)]);

    bia.on_bytes(MS, b"\x05\x00\x00\x00\x03{x}");
    assert_eq!(events(&mut bia), [said("{x}")], "it is none");
}

#[test]
fn thousands_of_objects_at_once_are_all_received() {
    let mut bia = Peer::new(Role::Listener, Dialect::Json, None, Duration::ZERO);
    bia.on_bytes(MS, "{}".repeat(32_768).as_bytes());
    assert_eq!(events(&mut bia).len(), 32_768);
}

#[test]
fn what_nobody_ends_does_not_grow_without_a_bound() {
    let mut bia = Peer::new(Role::Listener, Dialect::Json, None, Duration::ZERO);
    let mut received = 0;
    for _ in 0..40 {
        bia.on_bytes(MS, &[b'{'; 65_536]);
        received += events(&mut bia)
            .into_iter()
            .map(|event| match event {
                PeerEvent::Message {
                    data: Some(data), ..
                } => data.len(),
                other => panic!("{other:?}"),
            })
            .sum::<usize>();
    }
    assert!(received > 1 << 20, "only {received} bytes were let go");
}

#[test]
fn a_line_over_the_limit_goes_as_several() {
    let (mut ana, mut bia) = (caller(""), listener(""));
    let line = "é".repeat(crate::protocol::wire::stream::PAYLOAD_MAX_BYTES);
    ana.say(format!("x{line}"));
    let [_, received] = talk(&mut ana, &mut bia, 65_536);
    let text = |event: &PeerEvent| match event {
        PeerEvent::Message {
            data: Some(data), ..
        } => data.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(received.len(), 3);
    assert_eq!(
        received.iter().map(text).collect::<String>(),
        format!("x{line}")
    );
}

#[test]
fn a_frame_over_the_limit_breaks_the_connection() {
    let (mut ana, mut bia) = (caller("ana"), listener("bia"));
    talk(&mut ana, &mut bia, 7);
    bia.on_bytes(MS, b"\x03\xff\xff\xff\xff");
    assert!(matches!(
        events(&mut bia).last(),
        Some(PeerEvent::Broken(_))
    ));
}

proptest! {
    #[test]
    fn two_of_ours_hear_the_same_for_every_split(
        lines in proptest::collection::vec("\\PC{0,30}", 0..12),
        step in 1_usize..50,
    ) {
        let (mut ana, mut bia) = (caller("ana"), listener("bia"));
        lines.iter().for_each(|line| ana.say(line.clone()));
        let [_, received] = talk(&mut ana, &mut bia, step);
        let expected: Vec<PeerEvent> =
            std::iter::once(named("ana")).chain(lines.iter().map(|line| said(line))).collect();
        prop_assert_eq!(received, expected);
    }

    #[test]
    fn a_marker_after_raw_text_is_found_for_every_split(
        raw in "[a-z]{0,40}",
        step in 1_usize..50,
    ) {
        let mut bytes = raw.clone().into_bytes();
        let before = SentBefore {
            has_name: false,
            lengths: &[u16::try_from(raw.len()).unwrap()],
        };
        encode_marker(before, &mut bytes);
        encode_name("bia", &mut bytes);
        encode_line("oi", &mut bytes);
        let mut ana = caller("");
        bytes.chunks(step).for_each(|piece| ana.on_bytes(MS, piece));
        let mut received = events(&mut ana);
        let then = received.split_off(received.len() - 2);
        prop_assert_eq!(then, [named("bia"), said("oi")]);
        // What came before is a message for each read.
        let mut before = String::new();
        for event in received {
            let PeerEvent::Message { data: Some(data), .. } = event else {
                panic!("{event:?}");
            };
            before += &data;
        }
        prop_assert_eq!(before, raw);
        prop_assert!(ana.is_framed());
    }

    #[test]
    fn no_bytes_make_it_panic(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..8),
        is_marked in any::<bool>(),
    ) {
        let mut ana = caller("ana");
        if is_marked {
            ana.on_bytes(Duration::ZERO, MARKER);
        }
        for (time, piece) in pieces.iter().enumerate() {
            ana.on_bytes(MS * u32::try_from(time).unwrap(), piece);
        }
        ana.on_end();
        events(&mut ana);
    }
}
