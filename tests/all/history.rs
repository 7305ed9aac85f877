//! `roda history`: finding, exporting, forgetting and checking what was said.
#![cfg(unix)]

use std::fs;

use roda::protocol::wire::seal::Seal;
use roda::protocol::wire::seal::room_key::RoomKey;
use roda::store::archive::RoomKind;

use crate::support::archive::{entry, file_of, history, write};
use crate::support::place::{Home, Place};
use crate::support::program::{Outcome, Program};
use crate::support::terminal::Terminal;

/// What a person's `roda history …` shows before it ends with a code.
fn ends(home: &Home, args: &[&str], code: i32) -> Outcome {
    Program::start(history(home, args)).ends_with(code)
}

/// A person who was in the lobby and in a room.
fn remembering() -> Home {
    let home = Home::new();
    let lobby = Seal::public(None);
    let said = [
        (entry("ana", 1, 0, "Você vem à prova?"), 1),
        (entry("rui", 2, 60, "provas só amanhã"), 2),
        (
            entry("ana", 1, 120, "=SOMA(1) <b>ok</b>\u{1b}[2J\nlinha dois"),
            1,
        ),
        (entry("Zoë", 3, 180, "東京都に行く"), 3),
    ];
    write(&home, "lobby", RoomKind::Lobby, &lobby, &said);
    let sala = Seal::public(Some("sala"));
    let said = [(entry("ana", 1, 90_000, "prova na sala"), 1)];
    write(&home, "sala", RoomKind::Public, &sala, &said);
    home
}

#[test]
fn messages_are_found_with_their_ids_and_the_exit_code_says_whether() {
    let home = remembering();
    let all = ends(&home, &[], 0).shown;
    assert_eq!(all.len(), 5);
    assert!(
        all[0].starts_with("[2026-11-18 11:06:40 lobby "),
        "{}",
        all[0]
    );
    assert!(all[0].ends_with("] ana: Você vem à prova?"), "{}", all[0]);
    assert!(
        all[2].ends_with("] ana: =SOMA(1) <b>ok</b>␛[2J␊linha dois"),
        "{}",
        all[2]
    );
    for (args, expected) in [
        (&["voce"][..], &["Você vem"][..]),
        (&["PROV*"], &["Você vem", "provas só", "prova na sala"]),
        (&["prova", "--room", "lobby"], &["Você vem"]),
        (&["--from", "ana", "--limit", "1"], &["prova na sala"]),
        (&["--from", "zoe"], &["東京都"]),
        (&["京"], &["東京都"]),
        (&["--since", "2026-11-19"], &["prova na sala"]),
        (&["--until", "18/11/2026", "amanha"], &["provas só"]),
        (&["so amanha"], &["provas só"]),
        (&["provas", "-C", "1"], &["Você vem", "provas só", "=SOMA"]),
    ] {
        let shown = ends(&home, args, 0).shown;
        let fits = shown
            .iter()
            .zip(expected)
            .all(|(line, part)| line.contains(part));
        assert!(fits && shown.len() == expected.len(), "{args:?}: {shown:?}");
    }
    for args in [
        &["ausente"][..],
        &["AND"],
        &["--from", "ninguém"],
        &["--room", "outra"],
        &["--since", "1h"],
    ] {
        assert!(ends(&home, args, 1).shown.is_empty(), "{args:?}");
    }
    for args in [
        &["--since", "um dia"][..],
        &["--limit", "0"],
        &["--archive", "/none"],
        &["--archive", "/"],
        &["forget"],
        &["forget", "--room", "sala"],
    ] {
        ends(&home, args, 2);
    }
    ends(&Home::new(), &[], 2);
    let noted = ends(&home, &["--room", "outra", "--lang", "pt"], 1).noted;
    assert!(noted[0].contains("há algo de lobby, sala"), "{noted:?}");
}

#[test]
fn programs_read_the_schema_of_chat_and_exports_are_safe() {
    let home = remembering();
    let lines = ends(&home, &["--json", "provas", "-C", "1"], 0).shown;
    let objects: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects.len(), 3);
    assert_eq!(objects[1]["data"], "provas só amanhã");
    assert_eq!(objects[1]["room"], "lobby");
    assert_eq!(
        (&objects[0]["context"], &objects[1]["context"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert!(objects[2]["data"].as_str().unwrap().contains("\u{1b}[2J\n"));
    assert_eq!(objects[0]["short"].as_str().unwrap().len(), 6);
    let jsonl = ends(&home, &["--format", "jsonl"], 0).shown;
    assert_eq!(jsonl.len(), 5);
    let csv = ends(&home, &["--format", "csv"], 0).shown;
    assert!(csv[0].starts_with("time,room,id,name") && csv.len() == 6);
    assert!(
        csv[3].contains(",'=SOMA(1) <b>ok</b>␛[2J␊linha dois,"),
        "{}",
        csv[3]
    );
    let html = ends(&home, &["--format", "html", "--room", "lobby"], 0)
        .shown
        .join("\n");
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</body></html>"));
    assert!(
        html.contains("=SOMA(1) &lt;b&gt;ok&lt;/b&gt;␛[2J<br>"),
        "{html}"
    );
    assert!(!html.contains("<script") && !html.contains("sala"));
    let text = ends(&home, &["--format", "text", "--room", "sala"], 0).shown;
    assert!(text.len() == 1 && text[0].ends_with("ana: prova na sala"));
}

#[test]
fn what_is_forgotten_is_gone_from_the_files_too() {
    let home = remembering();
    let holds = |text: &str| {
        let folder = file_of(&home).parent().unwrap().to_owned();
        let files = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let archives = files.filter(|path| path.to_string_lossy().contains("archive.db"));
        let mut bytes = archives.flat_map(|path| fs::read(path).unwrap());
        let text: Vec<u8> = text.bytes().collect();
        let all: Vec<u8> = bytes.by_ref().collect();
        all.windows(text.len()).any(|part| part == text)
    };
    assert!(holds("amanh") && holds("provas"));
    let mut refused = Program::start(history(&home, &["forget", "--from", "rui"]));
    refused.notes("--yes");
    refused.ends_with(2);
    assert!(holds("provas"), "nobody said yes");
    let forgot = ends(&home, &["forget", "--from", "rui", "--yes"], 0).noted;
    assert!(
        forgot[0].starts_with("removed: 1 messages, and 1 packets"),
        "{forgot:?}"
    );
    assert!(
        forgot[1].contains("others may still have them"),
        "{forgot:?}"
    );
    assert!(!holds("amanh") && !holds("provas") && !holds("rui"));
    ends(&home, &["--from", "rui"], 1);
    assert_eq!(ends(&home, &[], 0).shown.len(), 4);
    ends(
        &home,
        &[
            "forget",
            "--room",
            "lobby",
            "--before",
            "2026-11-19",
            "--yes",
        ],
        0,
    );
    assert_eq!(ends(&home, &[], 0).shown.len(), 1);
    assert!(!holds("SOMA") && holds("prova na sala"));
    ends(&home, &["forget", "--room", "lobby", "--yes"], 1);
    ends(&home, &["verify"], 0);
}

#[test]
fn on_a_terminal_it_asks_before_it_forgets_and_long_answers_are_paged() {
    let home = Home::new();
    let said: Vec<_> = (0..60)
        .map(|second| (entry("ana", 1, second, &format!("linha {second}")), 1))
        .collect();
    write(
        &home,
        "sala",
        RoomKind::Public,
        &Seal::public(Some("sala")),
        &said,
    );
    let mut long = history(&home, &["linha"]);
    long.env("PAGER", "sed s/^/PAGINA:/");
    let mut terminal = Terminal::start(long);
    terminal.shows("PAGINA:");
    terminal.ends_with(0);
    let mut short = history(&home, &["--limit", "3", "linha"]);
    short.env("PAGER", "sed s/^/PAGINA:/");
    let mut terminal = Terminal::start(short);
    // What was looked for stands out.
    terminal.shows("\u{1b}[1;7mlinha\u{1b}[0m 59");
    terminal.ends_with(0);
    assert!(!terminal.screen().contains("PAGINA:"));
    for (answer, code, left) in [("n\r", 1, 0), ("y\r", 0, 1)] {
        let mut terminal = Terminal::start(history(&home, &["forget", "--room", "sala"]));
        terminal.shows("Remove 60 messages");
        terminal.types(answer);
        terminal.ends_with(code);
        ends(&home, &["linha"], left);
    }
}

#[test]
fn seals_and_signatures_are_checked_where_the_key_is_known() {
    let home = remembering();
    let key_file = home.path().join("key");
    fs::write(&key_file, [9; 32]).unwrap();
    let keyed = Seal::new(&RoomKey::from_file("cofre", &[9; 32])).called(Some("cofre"));
    let said = [(entry("ana", 1, 10, "segredo"), 1)];
    write(&home, "cofre", RoomKind::Keyed, &keyed, &said);
    let shown = ends(&home, &["verify"], 0).shown;
    assert!(shown[0].ends_with(": sound, 6 messages"), "{shown:?}");
    assert_eq!(shown[1], "lobby: 4 packets, all genuine");
    assert_eq!(shown[2], "sala: 1 packets, all genuine");
    assert!(shown[3].starts_with("cofre: 1 packets, whole"), "{shown:?}");
    let file = key_file.to_str().unwrap();
    let shown = ends(&home, &["verify", "--key-file", file], 0).shown;
    assert_eq!(shown[3], "cofre: 1 packets, all genuine");
    // Somebody changes bytes, and the sum beside them, too.
    let database = rusqlite::Connection::open(file_of(&home)).unwrap();
    let damage = "UPDATE frames SET bytes = zeroblob(length(bytes)) WHERE number = 1";
    database.execute(damage, []).unwrap();
    let swap = "UPDATE frames SET person = (SELECT person FROM frames WHERE number = 4)
        WHERE number = 2";
    database.execute(swap, []).unwrap();
    drop(database);
    let shown = ends(&home, &["verify"], 1).shown;
    assert_eq!(shown[1], "lobby: 2 genuine packets, 2 changed or forged");
}

#[test]
fn the_first_start_says_what_is_kept_and_nothing_is_written_where_nothing_shall_be() {
    let place = Place::on_loopback();
    for (args, is_kept, knows_people) in [
        (&["--no-history"][..], false, true),
        (&["--ephemeral"], false, false),
        (&["--history-rooms", "none"], false, true),
        (&["--room", "x", "--history-rooms", "public"], true, true),
    ] {
        let home = Home::new();
        let mut ana = place.member(&home, "ana", args);
        ana.says("oi");
        ana.gets_signal("TERM");
        let noted = ana.ends_with(143).noted;
        let is_said = noted
            .iter()
            .any(|line| line.contains("whoever uses this account"));
        assert!(is_kept || !is_said, "{args:?}: {noted:?}");
        let folder = home.path().join("data/roda");
        assert!(is_kept || !folder.join("archive.db").exists(), "{args:?}");
        assert_eq!(folder.join("people.db").exists(), knows_people, "{args:?}");
    }
}
