//! What may be said at the hub, as a table.

use super::*;

#[test]
fn who_comes_is_asked_for_a_name_and_let_in() {
    let mut bench = Bench::new(rules());
    let ana = bench.connect();
    assert_eq!(bench.told(ana), "server | client | name | no data");
    bench.say(ana, "ana | server | name | ana");
    bench.pass(100 * MS);
    assert_eq!(
        bench.told(ana),
        "server | ana | connection_confirmation | \
         You are now connected to the server in ('10.0.0.1', 40000)"
    );
}

/// What ana says, and what she and bia are told.
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
fn what_is_said_goes_where_its_operation_says() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.naive("ana"), bench.naive("bia"));
    for (said, to_ana, to_bia) in ANSWERS {
        bench.say(ana, said);
        bench.pass(1200 * MS);
        assert_eq!(bench.told(ana), to_ana, "{said}");
        assert_eq!(bench.told(bia), to_bia, "{said}");
    }
}

#[test]
fn who_leaves_is_answered_and_so_are_all_when_the_hub_closes() {
    let mut bench = Bench::new(rules());
    let (ana, bia) = (bench.naive("ana"), bench.naive("bia"));
    bench.say(ana, "ana | server | exit | no data");
    bench.pass(100 * MS);
    assert!(bench.told(ana).starts_with("server | ana | exit | "));
    assert_eq!(bench.endings, [(ana, Ending::Sending)]);
    bench.hub.on_end(bench.now, ana);
    bench.settle();
    assert_eq!(bench.endings[1], (ana, Ending::Both));
    // The name is free again, and the last one may close the hub.
    let ana = bench.naive("ana");
    bench.say(bia, "bia | server | close_server | no data");
    bench.pass(100 * MS);
    let closed = "server | all clients | broadcast | server closed";
    assert_eq!(bench.told(ana), closed);
    assert_eq!(bench.told(bia), closed);
    assert!(bench.hub.connect(bench.now, address(9)).is_none());
    bench.pass(LINGER);
    assert!(bench.hub.is_over());
}

#[test]
fn a_name_is_one_person_s_and_some_are_nobody_s() {
    let mut bench = Bench::new(rules());
    bench.naive("ana");
    let second = bench.connect();
    bench.told(second);
    bench.say(second, "ana | server | name | ana");
    bench.pass(100 * MS);
    assert_eq!(
        bench.told(second),
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
        bench.told(id);
        bench.say(id, &format!("x | server | name | {bad}"));
        bench.pass(1200 * MS);
        assert!(bench.told(id).contains(" | connection_error | "), "{bad:?}");
    }
    assert_eq!(bench.hub.size(), 1);
}

#[test]
fn who_says_no_name_is_not_waited_for() {
    let mut bench = Bench::new(rules());
    let id = bench.connect();
    bench.told(id);
    bench.pass(NAME_WAIT + 100 * MS);
    assert!(bench.told(id).contains("connection_error"));
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
    let (_, _) = (bench.naive("ana"), bench.naive("bia"));
    let third = bench.connect();
    assert!(bench.told(third).contains("Too many connections"));
    let elsewhere = bench.hub.connect(bench.now, ([10, 0, 0, 2], 1).into());
    bench.settle();
    assert!(
        bench
            .told(elsewhere.unwrap())
            .contains("The server is full")
    );
    let taken: Vec<_> = (0..200)
        .filter_map(|_| bench.hub.connect(bench.now, address(7)))
        .collect();
    assert!(taken.len() < 100, "a flood is closed without a word");
}

#[test]
fn only_moderators_close_and_remove_and_they_prove_it() {
    let name = |name| Name::parse(name).unwrap();
    let mut bench = Bench::new(Rules {
        moderators: [name("prof")].into(),
        moderator_key: Some(ModeratorKey::of("segredo")),
        ..rules()
    });
    let ana = bench.framed("ana");
    for refused in ["close_server | no data", "remove | ana"] {
        bench.say_framed(ana, &format!("ana | server | {refused}"));
        let refusal = "server | ana | Unknown_operation | Only a moderator may do this";
        assert_eq!(bench.told_framed(ana), [refusal]);
    }
    // A program of the report cannot be a moderator, and nobody by the name alone.
    let naive = bench.connect();
    bench.say(naive, "prof | server | name | prof");
    bench.pass(100 * MS);
    assert!(bench.told(naive).contains("connection_error"));
    for (secret, is_let_in) in [("outro", false), ("segredo", true)] {
        let prof = bench.connect();
        bench.told(prof);
        bench.say(prof, "prof | server | name | prof | roda1");
        let asked = bench.sockets.written.remove(&prof).unwrap();
        let asked = frames(asked.strip_prefix(MARKER).unwrap());
        let challenge = asked[0]
            .strip_prefix("server | prof | moderator | ")
            .unwrap();
        let proof = ModeratorKey::of(secret).proof(challenge, "prof");
        bench.say_framed(prof, &format!("prof | server | moderator | {proof}"));
        let told = bench.told_framed(prof);
        assert_eq!(
            told[0].contains("You are now connected"),
            is_let_in,
            "{told:?}"
        );
        if is_let_in {
            bench.say_framed(prof, "prof | server | remove | eva");
            let not_found = "server | prof | remove | Destination client (eva) not found!";
            assert_eq!(bench.told_framed(prof), [not_found]);
            bench.say_framed(prof, "prof | server | remove | ana");
            assert_eq!(
                bench.told_framed(prof),
                ["server | prof | remove | ana was removed"]
            );
            assert_eq!(
                bench.told_framed(ana),
                ["server | ana | exit | You were removed by prof"]
            );
            bench.say_framed(prof, "prof | server | close_server | no data");
        }
    }
    assert!(bench.hub.is_closing);
}
