//! `chat` on one machine: people, pipes and programs, beside the programs of the plain wire.

use crate::support;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::place::{Home, Place};
use support::program::Program;

/// Two members who have met.
fn two(place: &Place, args: &[&str]) -> (Program, Program) {
    let mut ana = place.member(&Home::new(), "ana", args);
    let mut bia = place.member(&Home::new(), "bia", args);
    ana.notes("bia entered");
    bia.notes("ana ");
    (ana, bia)
}

/// What every JSON event holds.
fn event(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap();
    let time = event["time"].as_str().unwrap();
    assert!(time.len() == 29 && time.contains('T'), "{time}");
    event
}

#[test]
fn everyone_types_and_hears_and_a_farewell_ends_only_its_author() {
    let place = Place::on_loopback();
    let (mut ana, mut bia) = two(&place, &[]);
    ana.says("oi");
    bia.shows("] ana: oi");
    bia.says("");
    bia.says("olá, ana");
    ana.shows("] bia: olá, ana");
    bia.says("sair");
    let start = Instant::now();
    assert_eq!(bia.ends_with(0).shown.len(), 1);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    ana.notes("bia left");
    ana.says("sozinha");
    ana.says("/sair");
    let ana = ana.ends_with(0);
    assert_eq!(
        ana.shown.len(),
        1,
        "nothing twice, and nothing of one's own"
    );
}

#[test]
fn commands_answer() {
    let place = Place::on_loopback();
    let (mut ana, mut bia) = two(&place, &[]);
    bia.says("um");
    bia.says("//dois");
    ana.shows("bia: /dois");
    ana.says("três");
    bia.shows("ana: três");
    ana.says("/who");
    ana.notes("ana (you), bia");
    ana.says("/help");
    ana.notes("/history [N]");
    ana.says("/nada");
    ana.notes("Unknown command /nada");
    ana.says("/history x");
    ana.notes("'x' is not valid");
    ana.says("/history 2");
    ana.says("/sair");
    let shown = ana.ends_with(0).shown;
    let texts: Vec<&str> = shown
        .iter()
        .map(|line| line.split("] ").nth(1).unwrap())
        .collect();
    assert_eq!(texts, ["bia: um", "bia: /dois", "bia: /dois", "ana: três"]);
}

#[test]
fn programs_read_and_write_json() {
    let place = Place::on_loopback();
    let (mut ana, mut bia) = two(&place, &["--room", "turma-a"]);
    let mut bot = Program::start(place.chat(
        &Home::new(),
        &["--name", "bot", "--room", "turma-a", "--json"],
    ));
    ana.notes("bot entered");
    bia.notes("bot entered");
    bot.shows(r#""user":"bia""#);
    let here = event(&bot.shows(r#""user":"ana""#));
    assert_eq!(here["event"], "entered");
    assert_eq!(here["room"], "turma-a");
    bot.says(r#"{"say": "linha\nsegunda"}"#);
    ana.shows("bot: linha␊segunda");
    let delivered = event(&bot.shows("delivered"));
    assert_eq!(
        (&delivered["has"], &delivered["of"]),
        (&2.into(), &2.into())
    );
    ana.says("oi");
    let message = event(&bot.shows(r#""data":"oi""#));
    assert_eq!(message["event"], "message");
    assert_eq!(message["user"], "ana");
    assert_eq!(message["data"], "oi");
    assert!(
        message["source"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
    assert!(message.get("late").is_none());
    bot.says(r#"{"dizer": 1}"#);
    assert_eq!(event(&bot.shows("error"))["event"], "error");
    ana.says("sair");
    assert_eq!(event(&bot.shows("left"))["user"], "ana");
    bot.falls_silent();
    bot.ends_with(0);
}

#[test]
fn whoever_comes_late_is_told_what_was_said() {
    let place = Place::on_loopback();
    let (mut ana, mut bia) = two(&place, &[]);
    for line in 0..50 {
        ana.says(&format!("linha {line}"));
    }
    bia.shows("linha 49");
    let mut caio = place.member(&Home::new(), "caio", &[]);
    caio.shows("linha 49");
    caio.says("/sair");
    let shown = caio.ends_with(0).shown;
    assert_eq!(shown.len(), 50);
    let is_in_order =
        |(number, line): (usize, &String)| line.ends_with(&format!("ana: linha {number}"));
    assert!(shown.iter().enumerate().all(is_in_order), "{shown:?}");
}

#[test]
fn the_lobby_hears_and_is_heard_by_the_plain_wire_and_nothing_comes_twice() {
    let place = Place::on_loopback();
    let mut receiver = place.receiver("caio", &["--json"]);
    let (mut ana, mut bia) = two(&place, &[]);
    ana.says("oi");
    bia.shows("ana: oi");
    let heard: Value = serde_json::from_str(&receiver.shows("oi")).unwrap();
    assert_eq!(
        (&heard["user"], &heard["data"]),
        (&"ana".into(), &"oi".into())
    );
    place.sends("dora", &["plano", "sair"]);
    ana.shows("~dora: plano");
    bia.shows("~dora: plano");
    // The farewell of the plain wire ended its receiver, and no member.
    let heard = receiver.ends_with(0).shown;
    assert_eq!(heard.len(), 3, "{heard:?}");
    ana.says("ainda aqui");
    bia.shows("ana: ainda aqui");
    let mut receiver = place.receiver("caio", &["--json"]);
    ana.says("sair");
    assert_eq!(ana.ends_with(0).shown.len(), 1);
    bia.says("fim");
    receiver.shows("fim");
    bia.says("sair");
    let bia = bia.ends_with(0).shown;
    assert_eq!(bia.len(), 3, "{bia:?}");
    assert_eq!(
        receiver.stops().shown.len(),
        1,
        "a member's farewell is not mirrored"
    );
}

#[test]
fn a_room_is_not_mirrored_and_says_that_it_is_public() {
    let place = Place::on_loopback();
    let mut receiver = place.receiver("caio", &[]);
    let (mut ana, mut bia) = two(&place, &["--room", "turma-a"]);
    ana.notes("turma-a is public");
    ana.says("só nós");
    bia.shows("ana: só nós");
    let mut eva = place.member(&Home::new(), "eva", &["--room", "turma-b"]);
    eva.says("outra sala");
    eva.falls_silent();
    eva.ends_with(1);
    place.sends("dora", &["sair"]);
    receiver.shows("sair");
    assert_eq!(receiver.ends_with(0).shown.len(), 1);
    bia.falls_silent();
    assert_eq!(bia.ends_with(0).shown.len(), 1);
}

#[test]
fn a_piped_file_arrives_whole_before_its_sender_is_gone() {
    let place = Place::on_loopback();
    let (mut ana, mut bia) = two(&place, &["--room", "r"]);
    let lines = 5000;
    for line in 0..lines {
        ana.says(&format!("linha {line}"));
    }
    ana.falls_silent();
    ana.ends_with(0);
    bia.notes("ana left");
    bia.falls_silent();
    let shown = bia.ends_with(0).shown;
    assert_eq!(shown.len(), lines);
    assert!(
        shown
            .iter()
            .enumerate()
            .all(|(n, line)| line.ends_with(&format!(": linha {n}")))
    );
}

#[test]
fn ctrl_c_leaves_with_130_and_the_others_know_at_once() {
    let place = Place::on_loopback();
    let (mut ana, bia) = two(&place, &[]);
    bia.gets_signal("INT");
    bia.ends_with(130);
    ana.notes("bia left");
}

#[test]
fn two_people_of_one_name_are_shown_apart() {
    let place = Place::on_loopback();
    let (mut ana, _bia) = two(&place, &[]);
    let mut other = place.member(&Home::new(), "bia", &[]);
    ana.notes("bia#");
    other.says("sou outra");
    let line = ana.shows("sou outra");
    assert!(line.contains("] bia#"), "{line}");
}

#[test]
fn what_cannot_be_is_wrong_use() {
    let place = Place::on_loopback();
    let home = Home::new();
    for args in [
        ["--name", "~ana"],
        ["--room", ""],
        ["--interface", "nada0"],
        ["--ttl", "999"],
    ] {
        let program = Program::start(place.chat(&home, &args));
        assert_eq!(program.ends_with(2).noted.len(), 1, "{args:?}");
    }
}

#[test]
fn no_secret_is_an_argument() {
    let place = Place::on_loopback();
    let home = Home::new();
    for args in [
        ["--room", "turma", "--key", "segredo"],
        ["--room", "turma", "--key=segredo", "--json"],
        [
            "--room",
            "turma",
            "--invite",
            "000G-40R4-0M30-E209-185G-R38E-1YBY",
        ],
    ] {
        let program = Program::start(place.chat(&home, &args));
        assert!(program.ends_with(2).shown.is_empty(), "{args:?}");
    }
}

#[test]
fn a_private_message_is_read_by_one_and_marked_on_both_screens() {
    let place = Place::on_loopback();
    let (homes, room) = ([Home::new(), Home::new(), Home::new()], ["--room", "turma"]);
    let [mut ana, mut bia, mut eva] = [("ana", &homes[0]), ("bia", &homes[1]), ("eva", &homes[2])]
        .map(|(name, home)| place.member(home, name, &room));
    ana.notes("bia");
    ana.notes("eva");
    bia.notes("eva");
    ana.says("/msg bia só para você");
    bia.shows("] ana ✉: só para você");
    ana.shows("] ✉ bia: só para você");
    ana.says("/msg ninguem oi");
    ana.notes("nobody here is called 'ninguem'");
    ana.says("para todos");
    eva.shows("] ana: para todos");
    for member in [&mut ana, &mut bia, &mut eva] {
        member.falls_silent();
    }
    // What nobody could receive cannot be said again once the input has ended.
    let noted = ana.ends_with(1).noted;
    assert_eq!(
        noted.last().unwrap(),
        "1 message was not sent before the end"
    );
    bia.ends_with(0);
    let shown = eva.ends_with(0).shown;
    assert!(!shown.concat().contains("você"), "{shown:?}");
}

#[test]
fn both_see_the_same_code_and_who_is_verified_is_marked() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let mut ana = place.member(&homes[0], "ana", &[]);
    let mut bia = place.member(&homes[1], "bia", &[]);
    ana.notes("bia");
    bia.notes("ana");
    ana.says("/verify bia");
    bia.says("/verify ana");
    let code = |line: String| line[..35].to_owned();
    let codes = [
        ana.notes("code that bia sees"),
        bia.notes("code that ana sees"),
    ]
    .map(code);
    assert_eq!(codes[0], codes[1]);
    bia.says("/verified ana");
    bia.notes("type /verified ana once more");
    bia.says("/verified ana");
    bia.notes("ana is verified");
    ana.says("oi");
    bia.shows("] ana ✓: oi");
    ana.falls_silent();
    ana.ends_with(0);
    bia.falls_silent();
    bia.ends_with(0);
    // The mark lasts; another ana is told apart, loudly.
    let mut bia = place.member(&homes[1], "bia", &[]);
    let other = Home::new();
    let mut ana = place.member(&other, "ana", &[]);
    bia.notes("WARNING: this is not the ana you know");
    ana.says("sou eu");
    let line = bia.shows(": sou eu");
    assert!(line.contains("] ana#"), "{line}");
    bia.says("/msg ana segredo");
    bia.notes("'ana' may mean several people; write one of these names: ana#");
    bia.falls_silent();
    ana.falls_silent();
    assert!(!bia.ends_with(1).shown.concat().contains('✉'));
    assert!(ana.ends_with(0).shown.is_empty());
}

#[test]
fn only_who_has_the_key_reads_a_room() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new(), Home::new()];
    let folder = support::folder();
    let key = folder.path().join("key");
    std::fs::write(&key, [7; 32]).unwrap();
    let room = ["--room", "turma", "--key-file", key.to_str().unwrap()];
    let mut ana = place.member(&homes[0], "ana", &room);
    let mut bia = place.member(&homes[1], "bia", &room);
    let mut eva = place.member(&homes[2], "eva", &["--room", "turma"]);
    ana.notes("only people with the key of turma");
    ana.notes("bia");
    ana.says("só nós");
    bia.shows("] ana: só nós");
    eva.notes("somebody here uses another key for the room turma");
    ana.notes("somebody here uses another key for the room turma");
    eva.says("/stats");
    eva.notes("packets dropped, sealed with another key:");
    for member in [&mut ana, &mut bia, &mut eva] {
        member.falls_silent();
    }
    assert!(ana.ends_with(0).shown.is_empty());
    bia.ends_with(0);
    let eva = eva.ends_with(0);
    assert!(eva.shown.is_empty());
    assert!(!eva.noted.concat().contains("ana"), "{:?}", eva.noted);
}

#[test]
fn what_people_do_is_said_of_them() {
    let place = Place::on_loopback();
    let mut receiver = place.receiver("caio", &[]);
    let (mut ana, mut bia) = two(&place, &[]);
    let bot = ["--name", "bot", "--json"];
    let mut bot = Program::start(place.chat(&Home::new(), &bot));
    bot.shows("\"ready\"");
    ana.notes("bot");
    ana.says("/me acena para todos");
    bia.shows("] * ana acena para todos");
    receiver.shows("ana: * acena para todos");
    let said = event(&bot.shows("acena"));
    assert_eq!(said["action"], true);
    assert_eq!(said["data"], "acena para todos");
    ana.says("/me");
    ana.notes("/me TEXT");
    for mut program in [ana, bia, bot] {
        program.says("sair");
        program.ends_with(0);
    }
    place.sends("dora", &["sair"]);
    receiver.ends_with(0);
}

#[test]
fn another_version_of_the_wire_is_told_once() {
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--room", "sala"]);
    let old = support::datagrams::Stranger::on_loopback(place.port + 1);
    let mut frame = vec![0xf7, b'r', 1, 1];
    frame.extend([7; 200]);
    // An old member goes on sending; it is told when it has done so for a while.
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                old.sends(&frame);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        ana.notes("another version of roda");
        is_over.store(true, Relaxed);
    });
    for _ in 0..10 {
        old.sends(&frame);
    }
    ana.says("/stats");
    ana.notes("from another version");
    ana.says("sair");
    let noted = ana.ends_with(0).noted.join("\n");
    assert_eq!(
        noted.matches("another version of roda").count(),
        1,
        "{noted}"
    );
}
