//! The operations, as a table.

use super::*;

#[test]
fn a_new_client_is_asked_for_a_name_and_let_in() {
    let mut bench = Bench::new(rules());
    let ana = bench.connect();
    assert_eq!(bench.sent_to(ana), "server | client | name | no data");
    bench.say(ana, "ana | server | name | ana");
    bench.pass(100 * MS);
    assert_eq!(
        bench.sent_to(ana),
        "server | ana | connection_confirmation | \
         You are now connected to the server in ('10.0.0.1', 40000)"
    );
}

/// What ana sends, and what she and bia get.
const ANSWERS: [(&str, &str, &str); 9] = [
    ("ana | ana | echo | oi", "ana | ana | echo | oi", ""),
    (
        "ana | server | list_clients | no data",
        "server | ana | list_clients | clients connected: ana , bia ",
        "",
    ),
    (
        "ana | bia | private_message | oi | bia",
        "",
        "ana | bia | private_message | oi | bia",
    ),
    (
        "ana | eva | private_message | oi",
        "server | ana | private_message | Destination client (eva) not found!",
        "",
    ),
    (
        "ana | all clients | broadcast | oi",
        "ana | all clients | broadcast | oi",
        "ana | all clients | broadcast | oi",
    ),
    (
        "ana | all clients | broadcast_not_me | oi",
        "",
        "ana | all clients | broadcast_not_me | oi",
    ),
    (
        "bia | all clients | broadcast_not_me | as another",
        "",
        "ana | all clients | broadcast_not_me | as another",
    ),
    (
        "ana | server | Unknown operation | no data",
        "server | ana | Unknown_operation | Operation not supported!",
        "",
    ),
    (
        "rubbish",
        "server | ana | Unknown_operation | Operation not supported!",
        "",
    ),
];

#[test]
fn a_message_goes_where_its_operation_says() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.naive("ana"), bench.naive("bia"));
    for (said, to_ana, to_bia) in ANSWERS {
        bench.say(ana, said);
        bench.pass(1200 * MS);
        assert_eq!(bench.sent_to(ana), to_ana, "{said}");
        assert_eq!(bench.sent_to(bia), to_bia, "{said}");
    }
}

#[test]
fn a_client_that_leaves_is_answered_and_so_are_all_when_the_hub_closes() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.naive("ana"), bench.naive("bia"));
    bench.say(ana, "ana | server | exit | no data");
    bench.pass(100 * MS);
    assert!(bench.sent_to(ana).starts_with("server | ana | exit | "));
    assert_eq!(bench.endings, [(ana, Ending::Sending)]);
    bench.hub.on_end(bench.now, ana);
    bench.settle();
    assert_eq!(bench.endings[1], (ana, Ending::Both));
    // The name is free again, and any client may close the hub.
    let ana = bench.naive("ana");
    bench.say(bia, "bia | server | close_server | no data");
    bench.pass(100 * MS);
    let closed = "server | all clients | broadcast | server closed";
    assert_eq!(bench.sent_to(ana), closed);
    assert_eq!(bench.sent_to(bia), closed);
    assert!(bench.hub.connect(bench.now, address(9)).is_none());
    bench.pass(LINGER);
    assert!(bench.hub.is_over());
}

#[test]
fn two_clients_never_share_a_name_and_some_names_are_forbidden() {
    let mut bench = Bench::new(rules());
    bench.naive("ana");
    let second = bench.connect();
    bench.sent_to(second);
    bench.say(second, "ana | server | name | ana");
    bench.pass(100 * MS);
    assert_eq!(
        bench.sent_to(second),
        "server | new_client: ana | connection_error | \
         This username is already taken. You need to connect again and use another one"
    );
    assert_eq!(bench.endings, [(second, Ending::Sending)]);
    for bad in [
        "server",
        "a | b",
        "a|",
        "a\u{1b}[2J",
        "",
        " ",
        &"x".repeat(33),
    ] {
        let id = bench.connect();
        bench.sent_to(id);
        bench.say(id, &format!("x | server | name | {bad}"));
        bench.pass(1200 * MS);
        assert!(
            bench.sent_to(id).contains(" | connection_error | "),
            "{bad:?}"
        );
    }
    assert_eq!(bench.hub.size(), 1);
}

#[test]
fn a_client_that_sends_no_name_is_refused() {
    let mut bench = Bench::new(rules());
    let id = bench.connect();
    bench.sent_to(id);
    bench.pass(NAME_WAIT + 100 * MS);
    assert!(bench.sent_to(id).contains("connection_error"));
    bench.pass(LINGER);
    assert_eq!(bench.endings, [(id, Ending::Sending), (id, Ending::Both)]);
    assert_eq!(bench.hub.clients.len(), 0);
    assert!(bench.hub.agenda.is_empty());
}

#[test]
fn connections_have_limits_in_all_and_per_address() {
    let mut bench = Bench::new(Rules {
        connections_max: 3,
        per_address_max: Some(2),
        ..rules()
    });
    // Who has no name takes nobody's place, nor the address's.
    let silent: Vec<_> = (0..60).map(|_| bench.connect()).collect();
    let (_, _) = (bench.naive("ana"), bench.naive("bia"));
    // Who came before the place was taken, and names itself after, is refused too.
    bench.say(silent[0], "rui | server | name | rui | roda1");
    assert!(
        bench
            .sent_to_any(silent[0])
            .contains("Too many connections")
    );
    let third = bench.connect();
    assert!(bench.sent_to(third).contains("Too many connections"));
    let elsewhere = bench.hub.connect(bench.now, ([10, 0, 0, 2], 1).into());
    bench.say(elsewhere.unwrap(), "eva | server | name | eva | roda1");
    let sent = bench.sent_to_any(elsewhere.unwrap());
    assert!(sent.contains("You are now connected"), "{sent}");
    let elsewhere = bench.hub.connect(bench.now, ([10, 0, 0, 3], 1).into());
    bench.settle();
    assert!(
        bench
            .sent_to(elsewhere.unwrap())
            .contains("The server is full")
    );
    let taken: Vec<_> = (0..200)
        .filter_map(|_| bench.hub.connect(bench.now, address(7)))
        .collect();
    assert!(taken.len() < 100, "a flood is closed without a word");
}

#[test]
fn silent_connections_of_one_address_keep_nobody_out() {
    let mut bench = Bench::new(rules());
    let silent: Vec<u32> = (0..2 * UNNAMED_MAX).map(|_| bench.connect()).collect();
    assert_eq!(bench.hub.clients.len(), UNNAMED_MAX);
    assert!(bench.endings.contains(&(silent[0], Ending::Both)));
    let ana = bench.hub.connect(bench.now, ([10, 0, 0, 2], 1).into());
    let ana = ana.unwrap();
    (0..UNNAMED_MAX).for_each(|_| {
        bench.connect();
    });
    bench.say(ana, "ana | server | name | ana | roda1");
    assert!(bench.sent_to_any(ana).contains("You are now connected"));
    bench.pass(NAME_WAIT + LINGER + 100 * MS);
    assert_eq!(bench.hub.clients.len(), 1);
    assert_eq!(bench.hub.places.unnamed(), 0);
}

#[test]
fn only_moderators_close_and_remove_and_they_prove_it() {
    let name = |name| Name::parse(name).unwrap();
    let mut bench = Bench::new(Rules {
        moderators: [name("prof")].into(),
        moderator_key: Some(key("segredo")),
        ..rules()
    });
    let ana = bench.framed("ana");
    for refused in ["close_server | no data", "remove | ana"] {
        bench.say_framed(ana, &format!("ana | server | {refused}"));
        let refusal = "server | ana | Unknown_operation | Only a moderator may do this";
        assert_eq!(bench.sent_frames(ana), [refusal]);
    }
    // A program of the report cannot be a moderator, and the name alone proves nothing.
    let naive = bench.connect();
    bench.say(naive, "prof | server | name | prof");
    bench.pass(100 * MS);
    assert!(bench.sent_to(naive).contains("connection_error"));
    for (secret, is_let_in) in [("outro", false), ("segredo", true)] {
        let prof = bench.connect();
        bench.sent_to(prof);
        bench.say(prof, "prof | server | name | prof | roda1");
        let asked = bench.sockets.written.remove(&prof).unwrap();
        let asked = frames(asked.strip_prefix(MARKER).unwrap());
        let question = asked[0]
            .strip_prefix("server | prof | moderator | ")
            .unwrap();
        let (salt, challenge) = proof::read_question(question).unwrap();
        assert_eq!(salt, SALT);
        let proof = key(secret).proof(challenge, "prof");
        bench.say_framed(prof, &format!("prof | server | moderator | {proof}"));
        let sent = bench.sent_frames(prof);
        assert_eq!(
            sent[0].contains("You are now connected"),
            is_let_in,
            "{sent:?}"
        );
        if is_let_in {
            bench.say_framed(prof, "prof | server | remove | eva");
            let not_found = "server | prof | remove | Destination client (eva) not found!";
            assert_eq!(bench.sent_frames(prof), [not_found]);
            bench.say_framed(prof, "prof | server | remove | ana");
            assert_eq!(
                bench.sent_frames(prof),
                ["server | prof | remove | ana was removed"]
            );
            assert_eq!(
                bench.sent_frames(ana),
                ["server | ana | exit | You were removed by prof"]
            );
            bench.say_framed(prof, "prof | server | close_server | no data");
        }
    }
    assert!(bench.hub.is_closing);
}
