//! Queues, limits, and clients that do not keep up.

use proptest::prelude::*;

use super::*;

#[test]
fn a_naive_client_gets_one_message_at_a_time_and_a_notice_of_what_was_left_out() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.framed("ana"), bench.naive("bia"));
    let before = bench.sockets.written.len();
    for number in 0..300 {
        bench.say_framed(
            ana,
            &format!("ana | all clients | broadcast_not_me | {number}"),
        );
    }
    bench.say(bia, "bia | server | list_clients | no data");
    assert_eq!(
        bench.sockets.written.len(),
        before + 1,
        "bia got one of them"
    );
    let mut messages = Vec::new();
    for _ in 0..4000 {
        bench.pass(5 * MS);
        let sent = bench.sent_to(bia);
        assert!(
            sent.matches(" | all clients").count() <= 1,
            "merged: {sent:?}"
        );
        messages.extend((!sent.is_empty()).then_some(sent));
    }
    assert_eq!(messages[0], "ana | all clients | broadcast_not_me | 0");
    let notices: Vec<_> = messages.iter().filter(|m| m.contains("left out")).collect();
    assert_eq!(notices.len(), 1, "one notice: {notices:?}");
    assert!(
        messages.last().unwrap().contains("list_clients"),
        "answers are kept"
    );
    assert!(messages.contains(&"ana | all clients | broadcast_not_me | 299".to_owned()));
    let said = messages
        .iter()
        .filter(|m| m.contains("broadcast_not_me"))
        .count();
    let left_out: usize = notices[0]
        .split_whitespace()
        .find_map(|w| w.parse().ok())
        .unwrap();
    assert_eq!(said + left_out, 300);
    let events = bench.events();
    assert!(events.contains(&HubEvent::LeftOut {
        name: "bia".into(),
        messages: left_out
    }));
}

#[test]
fn a_client_that_does_not_read_is_disconnected_and_delays_no_other() {
    let mut bench = Bench::new(Rules {
        rate_per_s: 10_000,
        ..rules()
    });
    let (ana, bia, eva) = (
        bench.framed("ana"),
        bench.framed("bia"),
        bench.framed("eva"),
    );
    bench.sockets.room.insert(bia, 10);
    let text = "x".repeat(900);
    let message = format!("ana | all clients | broadcast_not_me | {text}");
    let needed = BACKLOG_MAX_BYTES / message.len() + 2;
    for number in 0..needed {
        bench.say_framed(ana, &message);
        assert_eq!(bench.sent_frames(eva), [&*message], "{number}");
    }
    assert_eq!(bench.sockets.watched, [bia]);
    assert_eq!(bench.endings, [(bia, Ending::Both)]);
    assert!(bench.events().contains(&HubEvent::Left {
        name: "bia".into(),
        why: LeaveReason::TooSlow
    }));
    assert_eq!(bench.hub.backlog_bytes, 0);
    // A client that reads again in time has lost nothing.
    bench.sockets.room.insert(eva, 10);
    for _ in 0..5 {
        bench.say_framed(ana, &message);
    }
    bench.sockets.room.remove(&eva);
    bench.hub.on_writable(eva);
    bench.settle();
    assert_eq!(bench.sent_frames(eva).len(), 5);
}

#[test]
fn a_list_is_whole_in_frames_and_cut_for_a_naive_client() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.framed("ana"), bench.naive("bia"));
    for number in 0..60 {
        bench.framed(&format!("a-rather-long-name-{number}"));
    }
    bench.say_framed(ana, "ana | server | list_clients | no data");
    let list = bench.sent_frames(ana).remove(0);
    assert_eq!(list.matches(" , ").count(), 61);
    assert!(list.ends_with("name-59 "));
    bench.say(bia, "bia | server | list_clients | no data");
    bench.pass(100 * MS);
    let list = bench.sent_to(bia);
    assert!(list.len() <= 1024, "{}", list.len());
    let named = list.matches(" , ").count();
    assert!(
        list.ends_with(&format!(" , and {} more", 62 - named)),
        "{list}"
    );
}

#[test]
fn a_client_that_sends_too_much_is_read_later() {
    let mut bench = Bench::new(Rules {
        rate_per_s: 10,
        ..rules()
    });
    let ana = bench.framed("ana");
    for _ in 0..30 {
        bench.say_framed(ana, "ana | ana | echo | oi");
    }
    let until = bench.hub.reads_again_at(bench.now, ana).unwrap();
    assert!(until > bench.now && until < bench.now + Duration::from_secs(1));
    let at_once = bench.sent_frames(ana).len();
    assert!(at_once <= 11, "{at_once} were handled at once");
    bench.pass(Duration::from_secs(3));
    let later = bench.sent_frames(ana).len();
    assert_eq!(at_once + later, 30, "nothing that was read is lost");
    assert_eq!(bench.hub.reads_again_at(bench.now, ana), None);
}

#[test]
fn a_list_counts_against_its_asker_by_its_length() {
    let mut bench = Bench::new(Rules {
        connections_max: 2000,
        ..rules()
    });
    let ana = bench.framed("ana");
    for number in 0..1000 {
        bench.framed(&format!("um-nome-bastante-longo-{number}"));
    }
    bench.sockets.written.clear();
    let mut lists = Vec::new();
    for _ in 0..3000 {
        encode_line("ana | server | list_clients | no data", &mut lists);
    }
    bench.hub.on_bytes(bench.now, ana, &lists);
    bench.settle();
    let sent = bench.sockets.written.remove(&ana).unwrap().len();
    assert!(sent > 32 << 10 && sent < 2 << 20, "{sent} bytes at once");
    bench.pass(Duration::from_secs(2));
    let sent = bench.sockets.written.remove(&ana).unwrap().len();
    assert!(sent < 4 << 20, "{sent} bytes in two seconds");
    assert!(bench.hub.reads_again_at(bench.now, ana).is_some());
}

#[test]
fn a_round_that_is_full_is_written_before_more_is_taken() {
    let mut bench = Bench::new(Rules {
        rate_per_s: 100_000,
        ..rules()
    });
    let ana = bench.framed("ana");
    let message = format!("ana | ana | echo | {}", "x".repeat(900));
    let mut bytes = Vec::new();
    (0..5000).for_each(|_| encode_line(&message, &mut bytes));
    bench.hub.on_bytes(bench.now, ana, &bytes);
    assert!(bench.hub.round.bytes() < ROUND_MAX_BYTES + 2048);
    assert_eq!(bench.hub.reads_again_at(bench.now, ana), Some(bench.now));
    bench.settle();
    (0..10).for_each(|_| bench.settle());
    assert_eq!(bench.sent_frames(ana).len(), 5000);
}

#[test]
fn a_round_is_one_write_for_each_client_and_all_share_its_bytes() {
    let mut bench = Bench::new(rules());
    let ids: Vec<u32> = (0..20).map(|n| bench.framed(&format!("c{n}"))).collect();
    let writes = bench.sockets.writes;
    let mut frames = Vec::new();
    for number in 0..50 {
        encode_line(
            &format!("c0 | all clients | broadcast_not_me | {number}"),
            &mut frames,
        );
    }
    bench.hub.on_bytes(bench.now, ids[0], &frames);
    let mut shared = None;
    while let Output::Write { client, parts } = bench.hub.poll(bench.now) {
        let [part] = parts[..] else {
            panic!("{} parts", parts.len());
        };
        assert_eq!(*shared.get_or_insert(part.as_ptr()), part.as_ptr());
        let bytes = bench.sockets.write(client, &parts);
        bench.hub.on_written(bench.now, client, bytes);
    }
    assert_eq!(bench.sockets.writes - writes, 19);
    assert_eq!(bench.sent_frames(ids[19]).len(), 50);
}

#[test]
fn a_client_lost_while_it_is_written_to_leaves_and_the_others_get_all() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.framed("ana"), bench.framed("bia"));
    let mut frame = Vec::new();
    encode_line("ana | all clients | broadcast | oi", &mut frame);
    bench.hub.on_bytes(bench.now, ana, &frame);
    let Output::Write { client, .. } = bench.hub.poll(bench.now) else {
        panic!("ana gets her own message");
    };
    assert_eq!(client, ana);
    bench.hub.on_lost(bench.now, ana);
    bench.settle();
    let left = HubEvent::Left {
        name: "ana".into(),
        why: LeaveReason::Lost,
    };
    assert!(bench.events().contains(&left));
    assert_eq!(bench.sent_frames(bia).len(), 1);
    assert_eq!((bench.hub.clients.len(), bench.hub.backlog_bytes), (1, 0));
}

#[test]
fn an_output_that_is_not_answered_is_as_if_nothing_was_taken() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.framed("ana"), bench.naive("bia"));
    bench.say_framed(ana, "ana | ana | echo | oi");
    bench.sent_frames(ana);
    let text = "ana | all clients | broadcast | oi";
    let mut frame = Vec::new();
    encode_line(text, &mut frame);
    bench.hub.on_bytes(bench.now, ana, &frame);
    let outputs = std::iter::from_fn(|| match bench.hub.poll(bench.now) {
        Output::Wait(_) => None,
        Output::Write { client, .. } => Some((client, "write")),
        Output::CheckAcknowledged { client } => Some((client, "check")),
        Output::NotifyWritable { client } => Some((client, "notify")),
        other => panic!("{other:?}"),
    });
    let outputs: Vec<_> = outputs.take(10).collect();
    assert_eq!(outputs, [(ana, "write"), (bia, "check"), (ana, "notify")]);
    bench.hub.on_writable(ana);
    bench.pass(100 * MS);
    assert_eq!(bench.sent_frames(ana), [text]);
    assert_eq!(bench.sent_to(bia), text);
}

proptest! {
    #[test]
    fn no_bytes_break_the_hub(
        pieces in proptest::collection::vec(
            (0_u32..3, proptest::collection::vec(any::<u8>(), 0..300), 0_u64..70), 0..40),
    ) {
        let mut bench = Bench::new(rules());
        let ids = [bench.naive("ana"), bench.framed("bia"), bench.connect()];
        for (who, bytes, ms) in pieces {
            bench.hub.on_bytes(bench.now, ids[who as usize], &bytes);
            bench.settle();
            bench.pass(MS * ms as u32);
        }
        bench.hub.close(bench.now, None);
        bench.pass(2 * LINGER);
        prop_assert!(bench.hub.is_over());
        prop_assert_eq!(bench.hub.backlog_bytes, 0);
    }
}
