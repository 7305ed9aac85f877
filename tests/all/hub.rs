//! `hub` on loopback: ours and the course's programs at one hub, ours or theirs.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use support::hub::{Framed, hub, join, joining, serve, their_client, their_hub};
use support::program::Program;
use support::tcp::python;

/// What a program showed, without the address that it came from.
fn shown(program: Program) -> Vec<String> {
    program.ends_with(0).shown
}

/// Lines of ours without the time in front.
fn said(lines: &[String]) -> Vec<&str> {
    let text = |line: &'_ String| line.split_once("] ").map(|(_, text)| text.len());
    let texts = lines.iter().map(|line| {
        let length = text(line).unwrap_or(0);
        &line[line.len() - length..]
    });
    texts.collect()
}

/// The report's session at our hub, in Python on all sides but the hub's.
#[test]
fn the_report_s_whole_session_at_our_hub() {
    let (hub, port) = serve(&[]);
    let (mut ana, mut bia) = (their_client(port, "ana"), their_client(port, "bia"));
    let mut second = python("hub.py", &["client", &port.to_string(), "ana"]);
    second.shows("|connection_error|");
    second.falls_silent();
    let taken = "server|new_client: ana|connection_error|This username is already taken. \
        You need to connect again and use another one";
    assert_eq!(shown(second), [taken]);
    // Each waits for its answer, as a person at the menu does.
    for (line, answer) in [
        ("echo ana oi", "ana|ana|echo|oi"),
        (
            "list_clients server",
            "|list_clients|clients connected: ana , bia ",
        ),
        (
            "private_message eva oi",
            "Destination client (eva) not found!",
        ),
        (
            "broadcast all_clients a todos",
            "ana|all clients|broadcast|a todos",
        ),
        (
            "0 server",
            "server|ana|Unknown_operation|Operation not supported!",
        ),
    ] {
        ana.says(line);
        ana.shows(answer);
    }
    ana.says("private_message bia só para você");
    bia.shows("ana|bia|private_message|só para você");
    ana.says("broadcast_not_me all_clients aos outros");
    bia.shows("ana|all clients|broadcast_not_me|aos outros");
    ana.says("exit server");
    ana.shows("server|ana|exit|");
    ana.falls_silent();
    let told = shown(ana);
    assert!(!told.concat().contains("aos outros"), "{told:?}");
    bia.says("close_server server");
    bia.shows("server|all clients|broadcast|server closed");
    bia.falls_silent();
    shown(bia);
    let log = hub.ends_with(0).noted;
    assert!(log.contains(&"bia closes the hub".into()), "{log:?}");
}

#[test]
fn ours_and_theirs_share_our_hub() {
    let (hub, port) = serve(&[]);
    let mut ana = join(port, "ana", &[]);
    let mut bia = their_client(port, "bia");
    let mut eva = join(port, "eva", &[]);
    ana.says("oi | turma");
    eva.shows("ana: oi | turma");
    bia.shows("ana|all clients|broadcast_not_me|oi");
    bia.says("private_message eva segredo");
    eva.shows("bia (to you): segredo");
    eva.says("/msg bia outro");
    bia.shows("eva|bia|private_message|outro");
    ana.says("/list");
    ana.notes("3 people are here: ana, bia, eva");
    for (line, note) in [
        ("/echo eco", ""),
        ("/me-too eu também", ""),
        (
            "/msg zé oi",
            "the hub says: Destination client (zé) not found!",
        ),
        ("/msg bia", "Usage: /msg NAME TEXT"),
        ("/wat", "Unknown command /wat"),
        ("/help", "//text"),
    ] {
        ana.says(line);
        ana.notes(note);
    }
    ana.shows("ana: eu também");
    ana.says("sair");
    let end = ana.ends_with(0);
    assert_eq!(said(&end.shown), ["ana: eco", "ana: eu também"]);
    // It is asked once, and anything else in between takes it back.
    for line in ["/close", "ainda não", "/close"] {
        eva.says(line);
    }
    bia.shows("|broadcast_not_me|ainda não");
    eva.notes("this closes the hub for everybody; to do it, ask once more");
    eva.notes("this closes the hub for everybody; to do it, ask once more");
    eva.says("/close");
    eva.notes("the hub was closed");
    eva.ends_with(0);
    bia.shows("server closed");
    hub.ends_with(0);
}

#[test]
fn ours_at_the_course_s_hub() {
    let (mut hub, port) = their_hub();
    let mut ana = join(port, "ana", &[]);
    ana.notes("this hub takes one message at a time");
    let mut bia = their_client(port, "bia");
    for number in 0..30 {
        ana.says(&format!("linha {number}"));
    }
    ana.says("/msg bia fim");
    bia.shows("ana|bia|private_message|fim");
    bia.says("broadcast all_clients oi");
    ana.shows("bia: oi");
    ana.says("/list");
    ana.notes("2 people are here: ana, bia");
    // The end of the input leaves, after everything is sent.
    ana.falls_silent();
    ana.ends_with(0);
    hub.shows("recebido: ana | server | exit | no data");
    let mut second = Program::start(joining(port, "bia", &[]));
    second.notes("This username is already taken");
    second.ends_with(1);
    let told = bia.stops().shown;
    let lines = told.iter().filter(|line| line.contains("|linha "));
    assert_eq!(lines.count(), 30, "none merged: {told:?}");
}

#[test]
fn a_naive_client_gets_a_burst_one_by_one() {
    let (_hub, port) = serve(&[]);
    let mut bia = their_client(port, "bia");
    let mut ana = join(port, "ana", &[]);
    let burst: String = (0..60).map(|number| format!("linha {number}\n")).collect();
    ana.types(burst.as_bytes());
    ana.says("/msg bia fim");
    bia.shows("|private_message|fim");
    let told = bia.stops().shown;
    let lines: Vec<String> = (0..60)
        .map(|number| format!("ana|all clients|broadcast_not_me|linha {number}"))
        .collect();
    assert_eq!(told[1..61], lines);
}

#[test]
fn merged_and_split_messages_of_a_naive_client_are_understood() {
    let (_hub, port) = serve(&[]);
    let mut eva = join(port, "eva", &[]);
    let mut bia = TcpStream::connect(("127.0.0.1", port)).unwrap();
    bia.set_nodelay(true).unwrap();
    let merged = "bia | server | name | biabia | eva | private_message | um\
        bia | eva | private_message | dois";
    bia.write_all(merged.as_bytes()).unwrap();
    eva.shows("bia (to you): um");
    eva.shows("bia (to you): dois");
    let message = "bia | eva | private_message | partida";
    for piece in message.as_bytes().chunks(5) {
        bia.write_all(piece).unwrap();
    }
    eva.shows("bia (to you): partida");
    let long = format!("bia | eva | private_message | {}", "x".repeat(2000));
    bia.write_all(long.as_bytes()).unwrap();
    eva.shows("xxxx");
    bia.write_all(b"bia | eva | private_message | depois")
        .unwrap();
    eva.shows("bia (to you): depois");
}

#[test]
fn the_menu_does_what_the_report_s_does() {
    let (_hub, port) = serve(&[]);
    let mut bia = join(port, "bia", &[]);
    let mut ana = Program::start(joining(port, "ana", &["--menu", "--lang", "pt"]));
    ana.notes("4 - mensagem para todos");
    for line in [
        "1",
        "eco",
        "3",
        "bia",
        "oi bia",
        "4",
        "s",
        "aos outros",
        "4",
        "n",
        "a todos",
    ] {
        ana.says(line);
    }
    bia.shows("ana: a todos");
    ana.says("9");
    ana.notes("Operation not supported!");
    ana.says("5");
    let end = ana.ends_with(0);
    assert_eq!(said(&end.shown), ["ana: eco", "ana: a todos"]);
    let told = bia.stops().shown;
    assert_eq!(
        said(&told),
        ["ana (to you): oi bia", "ana: aos outros", "ana: a todos"]
    );
}

#[test]
fn a_program_that_talks_at_once_is_told_first_that_it_is_ready_and_loses_no_line() {
    let (_hub, port) = serve(&[]);
    let mut ana = Program::start(joining(port, "ana", &["--json"]));
    let lines: String = (0..500).map(|number| format!("linha {number}\n")).collect();
    ana.types(lines.as_bytes());
    ana.falls_silent();
    let shown = ana.ends_with(0).shown;
    assert!(shown[0].contains("\"event\":\"ready\""), "{}", shown[0]);
    let own = shown.iter().filter(|line| line.contains("\"own\":true"));
    assert_eq!(own.count(), 500);
}

#[test]
fn programs_read_and_write_json() {
    let (hub, port) = serve(&["--json"]);
    let mut ana = Program::start(joining(port, "ana", &["--json"]));
    let ready: Value = serde_json::from_str(&ana.shows("\"ready\"")).unwrap();
    assert_eq!(
        (&ready["user"], &ready["schema"]),
        (&"ana".into(), &2.into())
    );
    let mut bia = Program::start(joining(port, "bia", &["--json"]));
    bia.shows("\"ready\"");
    ana.says(r#"{"say": "/close\u001b", "to": "bia", "id": "q1"}"#);
    let own: Value = serde_json::from_str(&ana.shows("\"own\":true")).unwrap();
    assert_eq!((&own["request"], &own["to"]), (&"q1".into(), &"bia".into()));
    let told: Value = serde_json::from_str(&bia.shows("\"message\"")).unwrap();
    assert_eq!(told["user"], "ana");
    assert_eq!(told["data"], "/close\u{1b}");
    assert_eq!(told["private"], true);
    ana.says(r#"{"say": 1}"#);
    let error: Value = serde_json::from_str(&ana.shows("\"error\"")).unwrap();
    assert_eq!(error["code"], "not_say");
    bia.says("/list");
    let list: Value = serde_json::from_str(&bia.shows("\"members\"")).unwrap();
    let names = serde_json::json!([{"user": "ana"}, {"user": "bia"}]);
    assert_eq!(list["members"], names);
    bia.says("/close");
    bia.shows("\"close_asked\"");
    bia.says("/close");
    ana.ends_with(0);
    let log = hub.ends_with(0).shown;
    let events: Vec<Value> = log
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["event"], "joined");
    assert_eq!(events[0]["framed"], true);
    assert!(
        events
            .iter()
            .any(|e| e["event"] == "closing" && e["by"] == "bia")
    );
}

#[test]
fn moderators_prove_it_and_only_they_close_and_remove() {
    let folder = support::folder();
    let file = |name: &str, secret: &str| {
        let path = folder.path().join(name);
        fs::write(&path, secret).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (right, wrong) = (file("right", "segredo\n"), file("wrong", "outro\n"));
    let secret = "--moderator-secret-file";
    let (hub, port) = serve(&["--moderator", "prof", secret, &right]);
    let mut ana = join(port, "ana", &[]);
    ana.says("/close");
    ana.says("/close");
    ana.notes("Only a moderator may do this");
    for args in [&[][..], &[secret, &wrong]] {
        let refused = Program::start(joining(port, "prof", args)).ends_with(1);
        assert!(refused.noted.concat().contains("moderator"), "{refused:?}");
    }
    let naive = python("hub.py", &["client", &port.to_string(), "prof"]);
    let mut naive = naive;
    naive.shows("|connection_error|This username is a moderator's");
    let mut prof = join(port, "prof", &[secret, &right]);
    prof.says("/remove eva");
    prof.notes("Destination client (eva) not found!");
    prof.says("/remove ana");
    prof.notes("ana was removed");
    ana.notes("You were removed by prof");
    ana.ends_with(1);
    prof.says("/close");
    prof.says("/close");
    prof.ends_with(0);
    let log = hub.ends_with(0).noted;
    assert!(log.contains(&"ana was removed by prof".into()), "{log:?}");
}

#[test]
fn signals_close_the_hub_and_all_are_told() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let (hub, port) = serve(&[]);
        let (mut ana, mut bia) = (join(port, "ana", &[]), their_client(port, "bia"));
        hub.gets_signal(signal);
        ana.notes("the hub was closed");
        ana.ends_with(0);
        bia.shows("server closed");
        bia.falls_silent();
        hub.ends_with(code);
        // The port is free again at once.
        let address = format!("127.0.0.1:{port}");
        let mut again = Program::start(hub_at(&address));
        again.notes("hub open on port");
    }
    let (mut hub, port) = serve(&[]);
    let ana = join(port, "ana", &[]);
    ana.gets_signal("INT");
    ana.ends_with(130);
    hub.notes("ana left");
}

fn hub_at(address: &str) -> std::process::Command {
    hub(&["serve", "--listen", address])
}

#[test]
fn two_thousand_clients_hear_each_other() {
    let count = 2000;
    // As many sockets in this process; where that is refused, connecting will say so.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let _ = setrlimit(
        Resource::RLIMIT_NOFILE,
        soft.max(count + 100),
        hard.max(count + 100),
    );
    let count = count as usize;
    let (_hub, port) = serve(&[]);
    let mut clients: Vec<Framed> = (0..count)
        .map(|number| Framed::arrives(port, &format!("c{number}")))
        .collect();
    clients.iter_mut().for_each(Framed::is_let_in);
    for speaker in [0, 777, count - 1] {
        clients[speaker].says("oi");
        let expected = format!("c{speaker} | all clients | broadcast_not_me | oi");
        for (number, client) in clients.iter_mut().enumerate() {
            if number != speaker {
                assert_eq!(client.hears(), expected, "{number}");
            }
        }
    }
}

#[test]
fn who_stops_reading_is_dropped_and_the_others_hear_all() {
    let (mut hub, port) = serve(&["--rate", "100000"]);
    let mut ana = Framed::joins(port, "ana");
    let mut bia = Framed::joins(port, "bia");
    let _deaf = Framed::joins(port, "surdo");
    let text = "x".repeat(900);
    // More than the kernels' buffers and the hub's queue hold together.
    for number in 0..20_000 {
        ana.says(&text);
        if number % 100 == 99 {
            (0..100).for_each(|_| drop(bia.hears()));
        }
    }
    hub.notes("surdo was disconnected");
}

#[test]
fn limits_are_told_and_kept() {
    let (mut hub, port) = serve(&["--max-clients", "3", "--max-per-address", "2"]);
    let (_ana, _bia) = (join(port, "ana", &[]), join(port, "bia", &[]));
    let refused = Program::start(joining(port, "eva", &[])).ends_with(1);
    assert!(
        refused.noted.concat().contains("Too many connections"),
        "{refused:?}"
    );
    hub.notes("too many from this address (--max-per-address)");
}

#[test]
fn what_cannot_be_is_told_with_a_cure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let end = Program::start(hub_at(&address)).ends_with(1);
    assert!(
        end.noted
            .concat()
            .contains("end that program, choose another port"),
        "{end:?}"
    );
    drop(listener);
    let nobody = Program::start(hub(&["join", &address, "--name", "ana"])).ends_with(1);
    assert!(
        nobody.noted.concat().contains("start the other side first"),
        "{nobody:?}"
    );
    for wrong in [
        &["serve", "--listen", "x"][..],
        &["serve", "--moderator", "prof"],
        &[
            "serve",
            "--moderator",
            "prof",
            "--moderator-secret-file",
            "/nonexistent",
        ],
        &["join", "a:0", "--name", "ana"],
        &["join", "127.0.0.1", "--name", "~ana"],
        &["join"],
    ] {
        Program::start(hub(wrong)).ends_with(2);
    }
    // Something that is no hub.
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = http.local_addr().unwrap().port();
    let mut ana = Program::start(joining(port, "ana", &[]));
    let (mut stranger, _) = http.accept().unwrap();
    stranger.write_all(b"220 mail ready\r\n").unwrap();
    drop(stranger);
    ana.notes("the connection to the hub was lost");
    ana.ends_with(1);
}
