//! `tcp-peer` with the course's programs and with itself, on loopback.

use crate::support;

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;
use support::program::{Outcome, Program};
use support::tcp::{caller, listener, pair, python, tcp_peer, their_server};
use support::{Need, available, command};

/// Ours and the course's program in a conversation, ours in one role.
struct Conversation {
    ours: Program,
    theirs: Program,
    /// How each is shown by the other.
    names: [&'static str; 2],
    we_speak_first: bool,
    waits_for_names: bool,
}

impl Conversation {
    /// `their_name` may begin with `=`, for a server that sends its name first.
    fn begin(we_call: bool, names: Option<[&'static str; 2]>) -> Self {
        let ours = names.map_or(vec![], |[ours, _]| vec!["--name", ours]);
        let their_name: Vec<&str> = names.iter().map(|[_, theirs]| *theirs).collect();
        let waits_for_names = names.is_some_and(|[_, theirs]| theirs.starts_with('='));
        let names = names.map_or(["outro", "peer"], |[ours, theirs]| {
            [ours, theirs.trim_start_matches('=')]
        });
        let (ours, theirs) = if we_call {
            let (theirs, port) = their_server("tcp_chat.py", &their_name);
            (caller(port, &ours), theirs)
        } else {
            let (ours, port) = listener(&ours);
            let port = port.to_string();
            (
                ours,
                python(
                    "tcp_chat.py",
                    &[&["client", &port], &their_name[..]].concat(),
                ),
            )
        };
        Self {
            ours,
            theirs,
            names,
            we_speak_first: we_call,
            waits_for_names,
        }
    }

    fn we_say(&mut self, text: &str) {
        self.ours.says(text);
        self.theirs.shows(&format!("{}: {text}", self.names[0]));
    }

    fn they_say(&mut self, text: &str) {
        self.theirs.says(text);
        self.ours.shows(&format!("] {}: {text}", self.names[1]));
    }

    /// Three turns each, and then one side says farewell, which ends both.
    fn goes_in_turns(mut self, we_end: bool) {
        if self.waits_for_names {
            // A busy machine may merge the name and a line right behind it before anybody reads.
            // In `tcp_peer_naive` the line follows once the name is read.
            self.ours.notes(&format!("talking to {}", self.names[1]));
        }
        let turn = |me: &mut Self, we_speak: bool, text: &str| match we_speak {
            true => me.we_say(text),
            false => me.they_say(text),
        };
        let first = self.we_speak_first;
        for text in ["oi", "olá, ação 👩‍🏫", "  com \"aspas\"  "] {
            turn(&mut self, first, text);
            turn(&mut self, !first, text);
        }
        if we_end != first {
            turn(&mut self, first, "tchau");
        }
        turn(&mut self, we_end, "sair");
        let shown = self.ours.ends_with(0).shown;
        assert!(shown.iter().all(|line| line.starts_with('[')), "{shown:?}");
        self.theirs.ends_with(0);
    }
}

fn in_every_way(names: Option<[&'static str; 2]>) {
    if !available(&[Need::Python]) {
        return;
    }
    for (we_call, we_end) in [(true, true), (true, false), (false, true), (false, false)] {
        Conversation::begin(we_call, names).goes_in_turns(we_end);
    }
}

#[test]
fn part_1_two_programs_talk_in_turns() {
    in_every_way(None);
}

#[test]
fn part_2_names_are_exchanged_before_the_chat() {
    in_every_way(Some(["ana", "joão"]));
    in_every_way(Some(["ana", "=joão"]));
}

#[test]
fn part_3_one_program_takes_either_role() {
    if !available(&[Need::Python]) {
        return;
    }
    let link = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tcp-peer");
    let _ = std::fs::remove_file(&link);
    symlink(env!("CARGO_BIN_EXE_roda"), &link).unwrap();
    for we_call in [true, false] {
        let side = if we_call { "--connect" } else { "--listen" };
        let mut ours = command(link.to_str().unwrap());
        let (mut ours, mut theirs) = if we_call {
            let (theirs, port) = their_server("tcp_chat.py", &["eva"]);
            ours.args([side, &format!("127.0.0.1:{port}"), "--name", "ana"]);
            (Program::start(ours), theirs)
        } else {
            ours.args([side, "127.0.0.1:0", "--name", "ana"]);
            let mut ours = Program::start(ours);
            let line = ours.notes("--connect 127.0.0.1:");
            let port = line.rsplit(':').next().unwrap();
            let theirs = python("tcp_chat.py", &["client", port, "eva"]);
            (ours, theirs)
        };
        if we_call {
            ours.says("sair");
            theirs.shows("ana: sair");
        } else {
            theirs.says("sair");
            ours.shows("] eva: sair");
        }
        ours.ends_with(0);
        theirs.ends_with(0);
    }
}

#[test]
fn two_of_ours_talk_with_names_or_without() {
    let named: &[&str] = &["--name", "ana"];
    for (listens, calls, heard) in [
        (&["--name", "bia"][..], named, ["] ana: oi", "] bia: olá"]),
        (&[], &[], ["] peer: oi", "] peer: olá"]),
        (&[], named, ["] ana: oi", "] peer: olá"]),
        (&["--name", "bia"], &[], ["] peer: oi", "] bia: olá"]),
    ] {
        let [mut bia, mut ana] = pair(listens, calls);
        ana.says("oi");
        bia.shows(heard[0]);
        bia.says("olá");
        ana.shows(heard[1]);
        ana.says(" sair ");
        bia.ends_with(0);
        ana.ends_with(0);
    }
}

#[test]
fn a_hundred_thousand_lines_both_ways_are_neither_lost_nor_merged_nor_reordered() {
    let [mut bia, mut ana] = pair(&["--name", "bia"], &["--name", "ana"]);
    let lines: String = (0..100_000).map(|n| format!("linha {n}\n")).collect();
    std::thread::scope(|scope| {
        for program in [&mut bia, &mut ana] {
            scope.spawn(|| {
                program.types(lines.as_bytes());
                program.falls_silent();
            });
        }
    });
    for (program, from) in [(bia, "ana"), (ana, "bia")] {
        let shown = program.ends_with(0).shown;
        assert_eq!(shown.len(), 100_000);
        for (number, line) in shown.iter().enumerate() {
            assert!(
                line.ends_with(&format!("] {from}: linha {number}")),
                "{number}: {line}"
            );
        }
    }
}

#[test]
fn lines_of_every_kind_keep_their_ends() {
    let long = "é".repeat(1 << 19);
    let lines = ["", " ", "\0", "a\tb", "👩‍🏫", &long, "sair agora", ""];
    let [bia, mut ana] = pair(&["--json"], &["--json", "--name", "ana"]);
    lines.iter().for_each(|line| ana.says(line));
    ana.falls_silent();
    let mut bia = bia;
    bia.falls_silent();
    let texts = |outcome: Outcome, user: &str| -> Vec<String> {
        let events: Vec<Value> = json(&outcome.shown);
        let said = events.iter().filter(|event| event["event"] == "message");
        said.map(|said| {
            assert_eq!(said["user"], user);
            said["data"].as_str().unwrap().to_owned()
        })
        .collect()
    };
    assert_eq!(texts(bia.ends_with(0), "ana"), lines);
    assert_eq!(texts(ana.ends_with(0), "ana"), lines, "one's own");
}

#[test]
fn the_end_of_the_input_ends_only_ones_own_half() {
    let [mut bia, mut ana] = pair(&["--name", "bia"], &["--name", "ana"]);
    ana.says("só isto");
    ana.falls_silent();
    bia.shows("] ana: só isto");
    bia.notes("ana has finished");
    bia.says("ainda ouve?");
    ana.shows("] bia: ainda ouve?");
    bia.falls_silent();
    bia.ends_with(0);
    ana.ends_with(0);
}

#[test]
fn signals_say_goodbye_and_leave_with_their_own_codes() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let [bia, ana] = pair(&["--name", "bia"], &["--name", "ana"]);
        let mut bia = bia;
        bia.notes("talking to ana");
        ana.gets_signal(signal);
        ana.ends_with(code);
        bia.shows("] ana: sair");
        bia.ends_with(0);
    }
    let (alone, _) = listener(&[]);
    alone.gets_signal("INT");
    alone.ends_with(130);
}

#[test]
fn one_of_ours_that_dies_is_told_and_ends_the_other_with_1() {
    let [mut bia, mut ana] = pair(&["--name", "bia"], &["--name", "ana"]);
    ana.says("oi");
    bia.shows("] ana: oi");
    ana.gets_signal("KILL");
    bia.notes("ana is gone");
    bia.ends_with(1);
}

#[test]
fn who_keeps_listening_takes_the_next() {
    let (mut bia, port) = listener(&["--name", "bia", "--keep-listening"]);
    for name in ["ana", "eva"] {
        let mut guest = caller(port, &["--name", name]);
        guest.says("oi");
        bia.shows(&format!("] {name}: oi"));
        guest.says("sair");
        guest.ends_with(0);
        bia.notes(&format!("{name} ended the chat"));
    }
    bia.says("sair"); // to nobody; waits for the next
    let last = caller(port, &["--name", "rui"]);
    last.ends_with(0);
    bia.ends_with(0);
}

#[test]
fn either_side_may_start_first() {
    // A port that nobody has: one that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("127.0.0.1:{port}");
    let mut ana = Program::start(tcp_peer(&["--connect", &address, "--wait", "20"]));
    ana.notes("still trying");
    let mut bia = Program::start(tcp_peer(&["--listen", &address]));
    bia.notes("connected to");
    ana.says("sair");
    bia.ends_with(0);
    ana.ends_with(0);
}

#[test]
fn what_cannot_be_called_is_told_apart_with_a_cure() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let refused = format!("127.0.0.1:{port}");
    for (address, cure) in [
        (refused.as_str(), "start the other side first"),
        ("nobody.invalid", "spelling"),
    ] {
        let end = Program::start(tcp_peer(&["--connect", address])).ends_with(1);
        assert!(
            end.noted.len() == 1 && end.noted[0].contains(cure),
            "{end:?}"
        );
    }
}

#[test]
fn wrong_use_ends_with_2() {
    for args in [
        &[][..],
        &["--listen", "x"],
        &["--listen", "1", "--connect", "a:1"],
        &["--connect", "12345"],
        &["--connect", "a:1", "--name", "~a"],
        &["--connect", "a:1", "--wait", "x"],
        &["--connect", "a:1", "--keep-listening"],
        &["--listen", "1", "--wait", "1"],
        &["--listen", "1", "--keep-alive", "0"],
    ] {
        Program::start(tcp_peer(args)).ends_with(2);
    }
}

#[test]
fn ipv6_and_portuguese_work_too() {
    let mut bia = Program::start(tcp_peer(&["--listen", "[::1]:0", "--lang", "pt"]));
    let line = bia.notes("nesta máquina: roda tcp-peer --connect [::1]:");
    let address = line.rsplit(' ').next().unwrap();
    let mut ana = Program::start(tcp_peer(&["--connect", address]));
    ana.says("sair");
    bia.notes("peer encerrou a conversa");
    bia.ends_with(0);
    ana.ends_with(0);
}

#[test]
fn json_travels_as_objects_that_delimit_themselves() {
    if !available(&[Need::Python]) {
        return;
    }
    let (mut theirs, port) = their_server("person.py", &[]);
    let mut ours = caller(port, &["--json", "--name", "ana"]);
    for text in ["oi", "", "chaves }{ e \"aspas\""] {
        ours.says(text);
        theirs.shows(&format!("ana: {text}"));
    }
    ours.says("sair");
    theirs.shows("ana: sair");
    ours.ends_with(0);
    theirs.ends_with(0);

    let (mut ours, port) = listener(&["--json", "--name", "bia"]);
    python("person.py", &["client", &port.to_string()]).ends_with(0);
    let said: Value = serde_json::from_str(&ours.shows("Alice")).unwrap();
    let person = &said["object"];
    assert_eq!(
        (&person["nome"], &person["idade"]),
        (&"Alice".into(), &25.into())
    );
    assert_eq!(said["user"], Value::Null);
    ours.ends_with(0);
}

fn json(lines: &[String]) -> Vec<Value> {
    let events = lines.iter().map(|line| serde_json::from_str(line));
    events.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_program_talks_with_the_events_of_the_one_schema() {
    let [mut bia, mut ana] = pair(&["--json", "--name", "bia"], &["--json"]);
    ana.shows("\"entered\"");
    ana.says(r#"{"say":"oi\nduas linhas","id":7}"#);
    ana.says(r#"{"say":"", "to": "bia", "id": "nada"}"#);
    ana.says(r#" {"nome": "Alice", "amigos": [{"nome": "\u202eBob"}]} "#);
    ana.says(r#"{"say":"para quem?","to":"eva","id":"8"}"#);
    ana.says(r#"{"say":1}"#);
    ana.says(r#"{"say":"outra sala","room":"sala"}"#);
    ana.says("{ não é JSON");
    ana.says("/who");
    ana.says("//dobrada");
    ana.shows("dobrada");
    bia.shows("dobrada");
    ana.falls_silent();
    bia.shows("\"finished\"");
    bia.says(r#"{"say":" sair "}"#);
    let bia = json(&bia.ends_with(0).shown);
    let ana = json(&ana.ends_with(0).shown);

    let object = serde_json::json!({"nome": "Alice", "amigos": [{"nome": "\u{202e}Bob"}]});
    let heard: Vec<(&Value, &Value)> = bia
        .iter()
        .filter(|event| event["event"] == "message" && event["own"].is_null())
        .map(|said| (&said["data"], &said["object"]))
        .collect();
    let null = &Value::Null;
    let text = |text: &str| Value::from(text);
    assert_eq!(
        heard,
        [
            (&text("oi\nduas linhas"), null),
            (&text(""), null),
            (null, &object),
            (&text("/who"), null),
            (&text("//dobrada"), null),
        ]
    );
    let own = |event: &&Value| event["own"] == true;
    let ids: Vec<&Value> = ana
        .iter()
        .filter(own)
        .map(|said| &said["request"])
        .collect();
    assert_eq!(ids, [&text("7"), &text("nada"), null, null, null]);
    let failed = ana.iter().filter(|event| event["event"] == "error");
    let failed: Vec<(&Value, &Value)> = failed.map(|f| (&f["code"], &f["request"])).collect();
    assert_eq!(
        failed,
        [
            (&text("nobody_called"), &text("8")),
            (&text("not_say"), null),
            (&text("other_room"), null),
            (&text("not_say"), null),
        ]
    );
    let named = |events: &[Value], name: &str| -> Vec<(Value, Value)> {
        let events = events.iter().filter(|event| event["event"] == name);
        events
            .map(|e| (e["user"].clone(), e["farewell"].clone()))
            .collect()
    };
    assert_eq!(named(&ana, "ready"), [(Value::Null, Value::Null)]);
    assert_eq!(named(&ana, "entered"), [(text("bia"), Value::Null)]);
    assert_eq!(named(&ana, "left"), [(text("bia"), true.into())]);
    assert_eq!(named(&bia, "ready"), [(text("bia"), Value::Null)]);
    assert_eq!(named(&bia, "finished"), [(Value::Null, Value::Null)]);
}

#[test]
fn a_program_hears_how_a_talk_with_a_naive_one_goes() {
    let (mut ours, port) = listener(&["--name", "ana", "--json"]);
    let mut naive = support::tcp::Naive::calls(port);
    naive.sends(br#"{"user": null, "data": null}{"user":"bia","data":"oi"}"#);
    ours.shows("\"oi\"");
    ours.says(r#"{"nome": "Alice"}"#);
    assert_eq!(naive.receives(), r#"{"nome": "Alice"}"#, "as it is");
    drop(naive);
    let events = json(&ours.ends_with(0).shown);
    let told: Vec<[&Value; 4]> = events
        .iter()
        .map(|event| ["event", "user", "data", "farewell"].map(|name| &event[name]))
        .collect();
    let [null, no] = [Value::Null, false.into()];
    let text = |text: &str| Value::from(text);
    assert_eq!(
        told,
        [
            [&text("ready"), &text("ana"), &null, &null],
            [&text("message"), &null, &null, &null],
            [&text("message"), &text("bia"), &text("oi"), &null],
            [&text("message"), &text("ana"), &null, &null],
            [&text("left"), &null, &null, &no],
        ]
    );
}
