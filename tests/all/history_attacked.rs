//! The file of messages when things go wrong, and a real `chat` that uses it: it is killed, stopped
//! and copied, on a disk that fills or cannot be written, with a file that is damaged, newer or
//! forgotten meanwhile.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use crate::support;

use roda::chat::archive::search::Query;
use roda::protocol::wire::seal::Seal;
use roda::store::archive::{Reader, RoomKind};
use support::archive::{entry, file_of, history, write};
use support::place::{Home, Place};
use support::program::Program;
use support::{Need, available, command, run, wait_until};

const ROOM: [&str; 2] = ["--room", "sala"];

/// A member of a room, with an archive of its own.
fn member(place: &Place, home: &Home, name: &str) -> Program {
    place.member(home, name, &ROOM)
}

/// The texts in a file that words find.
fn texts(path: &Path, words: &str) -> Vec<String> {
    let query = Query {
        words: words.into(),
        limit: 10_000,
        ..Query::default()
    };
    let page = Reader::open(path).and_then(|reader| reader.find(None, &query));
    let found = page.map(|page| page.found).unwrap_or_default();
    found.into_iter().map(|it| it.found.entry.text).collect()
}

/// Waits until a file holds so many texts that words find.
fn holds(path: &Path, words: &str, count: usize) {
    let is_there = || (texts(path, words).len() == count).then_some(());
    wait_until(is_there).unwrap_or_else(|| panic!("{words}: {:?}", texts(path, words)));
}

/// The same program, started by the end of a shell's script with mounts of its own.
fn with_mounts(script: &str, program: &Command) -> Command {
    let mut wrapped = command("unshare");
    wrapped.args(["--mount", "sh", "-c", &format!("{script} && exec \"$@\"")]);
    wrapped.arg("sh").arg(program.get_program());
    wrapped.args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

/// A person who was in the room before.
fn remembering(count: u32) -> Home {
    let home = Home::new();
    let said: Vec<_> = (0..count)
        .map(|second| (entry("rui", 2, second, &format!("antes {second}")), 2))
        .collect();
    let seal = Seal::public(Some("sala"));
    write(&home, "sala", RoomKind::Public, &seal, &said);
    home
}

#[test]
fn a_chat_that_is_killed_while_it_talks_leaves_a_sound_file_without_a_hole() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut ana = member(&place, &home, "ana");
    (0..300).for_each(|line| ana.says(&format!("linha {line}")));
    let path = file_of(&home);
    wait_until(|| (texts(&path, "linha").len() >= 100).then_some(())).expect("it is written");
    ana.gets_signal("KILL");
    drop(ana);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.check().unwrap().faults, Vec::<String>::new());
    let said = texts(&path, "linha");
    let expected: Vec<String> = (0..said.len())
        .map(|line| format!("linha {line}"))
        .collect();
    assert_eq!(said, expected);
    let verified = Program::start(history(&home, &["verify"])).ends_with(0);
    assert!(verified.shown[1].ends_with("all genuine"), "{verified:?}");
}

#[test]
fn a_file_that_is_copied_while_the_program_stands_still_is_whole() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut ana = member(&place, &home, "ana");
    let path = file_of(&home);
    for round in 0..3 {
        let first = round * 100;
        (first..first + 100).for_each(|line| ana.says(&format!("linha {line}")));
        holds(&path, "linha", first + 100);
        (0..50).for_each(|line| ana.says(&format!("depois {round} {line}")));
        ana.gets_signal("STOP");
        let copy = Home::new();
        fs::create_dir_all(file_of(&copy).parent().unwrap()).unwrap();
        for name in ["archive.db", "archive.db-wal"] {
            let from = path.with_file_name(name);
            fs::copy(from, file_of(&copy).with_file_name(name)).unwrap();
        }
        ana.gets_signal("CONT");
        let said = texts(&file_of(&copy), "linha");
        assert_eq!(said.len(), first + 100);
        Program::start(history(&copy, &["verify"])).ends_with(0);
        // A member goes on with the copy.
        let elsewhere = Place::on_loopback();
        let mut again = member(&elsewhere, &copy, "ana");
        // By another identity, to whom she is somebody of her name.
        again.says("/search \"linha 7\"");
        again.shows(": linha 7");
        again.says("sair");
        again.ends_with(0);
        holds(&path, &format!("\"depois {round}\""), 50);
    }
}

#[test]
fn a_newer_file_is_left_alone_and_the_room_goes_on_with_what_it_has_in_memory() {
    let place = Place::on_loopback();
    let home = remembering(3);
    let path = file_of(&home);
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let before = fs::read(&path).unwrap();
    let mut ana = member(&place, &home, "ana");
    ana.notes("a newer version of this program has written it");
    ana.says("oi, prova");
    for command in ["/search PROVA", "/history"] {
        let before = ana.count_shown("] ana: oi, prova");
        let is_shown = || {
            ana.says(command);
            (ana.count_shown("] ana: oi, prova") > before).then_some(())
        };
        assert!(wait_until(is_shown).is_some(), "{command}: it is in memory");
    }
    ana.says("sair");
    let noted = ana.ends_with(0).noted;
    let told = noted.iter().filter(|line| line.contains("newer version"));
    assert_eq!(told.count(), 1, "{noted:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
    Program::start(history(&home, &[])).ends_with(2);
}

/// Where the first page of a table or an index stands in a file, and how long it is.
fn page_of(path: &Path, name: &str) -> (usize, usize) {
    let file = Connection::open(path).unwrap();
    let number = |select: &str| -> usize {
        let number = file.query_row(select, [], |row| row.get::<_, i64>(0));
        number.unwrap() as usize
    };
    let root = format!("SELECT rootpage FROM sqlite_schema WHERE name = '{name}'");
    let (root, size) = (number(&root), number("PRAGMA page_size"));
    number("PRAGMA wal_checkpoint(TRUNCATE)");
    ((root - 1) * size, size)
}

/// Fills the first page of a table with noise, under a `chat` that has not started. Returns the
/// chat, which has talked and searched meanwhile, once it has said what it did about it.
fn talking_over(place: &Place, home: &Home, table: &str, told: &str) -> Program {
    let path = file_of(home);
    let (start, size) = page_of(&path, table);
    let mut bytes = fs::read(&path).unwrap();
    bytes[start..start + size].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let mut ana = member(place, home, "ana");
    ana.says("primeira depois");
    // Whatever is asked for first finds it.
    ana.says("/search antes");
    ana.says("/search \"antes 7\"");
    ana.says("segunda depois");
    let is_told = wait_until(|| ana.has_noted(told).then_some(())).is_some();
    assert!(is_told, "{table}: nothing is said of it");
    ana.says("terceira depois");
    holds(&path, "terceira", 1);
    ana.says("/search terceira");
    ana.shows("] ana: terceira depois");
    ana
}

/// The files that were moved aside.
fn moved_aside(path: &Path) -> Vec<PathBuf> {
    let folder = fs::read_dir(path.parent().unwrap()).unwrap();
    let files = folder.map(|it| it.unwrap().path()).filter(|it| {
        let name = it.to_string_lossy();
        let is_beside = name.ends_with("-wal") || name.ends_with("-shm");
        name.contains("archive.db.damaged-") && !is_beside
    });
    files.collect()
}

#[test]
fn a_file_that_is_damaged_in_the_middle_is_moved_aside_and_the_chat_goes_on() {
    for table in ["messages", "messages_by_brief", "frames", "speakers"] {
        let place = Place::on_loopback();
        let home = remembering(400);
        let path = file_of(&home);
        let bytes = fs::read(&path).unwrap();
        let mut ana = talking_over(&place, &home, table, "was damaged, and is now");
        ana.says("sair");
        ana.ends_with(0);
        let reader = Reader::open(&path).unwrap();
        let faults = reader.check().unwrap().faults;
        assert_eq!(faults, Vec::<String>::new(), "{table}");
        let aside = moved_aside(&path);
        let kept = fs::read(aside.first().expect("it is kept aside")).unwrap();
        // It may have grown before the damage was met, or shrunk when an index was made anew.
        assert!(kept.len() >= bytes.len() / 2, "{table}");
    }
}

#[test]
fn a_damaged_index_of_words_is_made_anew_while_the_chat_goes_on_and_no_message_is_lost() {
    for table in ["words_data", "words_idx"] {
        let place = Place::on_loopback();
        let home = remembering(1400);
        let path = file_of(&home);
        let mut ana = talking_over(&place, &home, table, "was damaged, and is made anew");
        holds(&path, "antes", 1400);
        ana.says("/search \"antes 7\"");
        ana.shows("antes 7");
        ana.says("sair");
        let noted = ana.ends_with(0).noted;
        let told = noted.iter().filter(|line| line.contains("was damaged"));
        assert_eq!(told.count(), 1, "{table}: {noted:?}");
        let reader = Reader::open(&path).unwrap();
        let faults = reader.check().unwrap().faults;
        assert_eq!(faults, Vec::<String>::new(), "{table}");
        assert_eq!(moved_aside(&path), Vec::<PathBuf>::new(), "{table}");
        holds(&path, "depois", 3);
    }
}

#[test]
fn a_log_full_of_noise_loses_no_more_than_what_stood_in_it() {
    let place = Place::on_loopback();
    let home = remembering(100);
    let path = file_of(&home);
    let log = path.with_file_name("archive.db-wal");
    let noise: Vec<u8> = (0..100_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    fs::write(&log, noise).unwrap();
    let mut ana = member(&place, &home, "ana");
    ana.says("depois");
    holds(&path, "depois", 1);
    ana.says("sair");
    ana.ends_with(0);
    assert_eq!(texts(&path, "antes").len(), 100);
    Program::start(history(&home, &["verify"])).ends_with(0);
}

#[test]
fn a_damaged_packet_is_told_by_the_check_and_served_to_nobody() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut ana = member(&place, &home, "ana");
    (0..10).for_each(|line| ana.says(&format!("linha {line}")));
    holds(&file_of(&home), "linha", 10);
    ana.says("sair");
    ana.ends_with(0);
    let file = Connection::open(file_of(&home)).unwrap();
    let damage = "UPDATE frames SET bytes = zeroblob(length(bytes))";
    assert!(file.execute(damage, []).unwrap() > 0);
    drop(file);
    let shown = Program::start(history(&home, &["verify"]))
        .ends_with(1)
        .shown;
    assert!(shown[1].contains("changed or forged"), "{shown:?}");
    let mut ana = member(&place, &home, "ana");
    let mut bia = member(&place, &Home::new(), "bia");
    ana.notes("bia entered");
    ana.says("de novo");
    bia.shows("ana: de novo");
    assert_eq!(bia.count_shown("linha"), 0);
    // For this person, it is all there.
    ana.says("/search \"linha 3\"");
    ana.shows("] ana: linha 3");
}

#[test]
fn on_a_disk_that_cannot_be_written_the_chat_goes_on_and_says_so_once() {
    if !available(&[Need::Namespaces]) {
        return;
    }
    let place = Place::on_loopback();
    let home = Home::new();
    fs::create_dir_all(home.path().join("data")).unwrap();
    let script = format!("mount -t tmpfs -o ro tmpfs {}/data", home.path().display());
    let chat = place.chat(&home, &["--name", "ana", "--room", "sala"]);
    let mut ana = Program::start(with_mounts(&script, &chat)).keeping(&home);
    ana.notes("nothing that is said is kept");
    let mut bia = member(&place, &Home::new(), "bia");
    ana.notes("bia entered");
    ana.says("oi, bia");
    bia.shows("ana: oi, bia");
    let is_found = || {
        ana.says("/search bia");
        ana.has_shown("] ana: oi, bia").then_some(())
    };
    assert!(wait_until(is_found).is_some(), "it is in memory");
    ana.says("sair");
    let noted = ana.ends_with(0).noted;
    let told = noted
        .iter()
        .filter(|line| line.contains("nothing that is said"));
    assert_eq!(told.count(), 1, "{noted:?}");
}

#[test]
fn a_disk_that_fills_under_a_chat_delays_nothing_and_what_waited_is_written() {
    if !available(&[Need::Namespaces]) {
        return;
    }
    let place = Place::on_loopback();
    let home = Home::new();
    let disk = home.path().join("data");
    fs::create_dir_all(&disk).unwrap();
    let disk = disk.display();
    let script = format!(
        "mount -t tmpfs -o size=2m tmpfs {disk} && head -c 900000 /dev/zero > {disk}/ballast"
    );
    let chat = place.chat(&home, &["--name", "ana", "--room", "sala"]);
    let mut ana = Program::start(with_mounts(&script, &chat)).keeping(&home);
    ana.notes("/help lists");
    let mut bia = member(&place, &Home::new(), "bia");
    ana.notes("bia entered");
    let text = "x".repeat(1000);
    for line in 0..1000 {
        ana.says(&format!("linha {line} {text}"));
    }
    bia.shows("linha 999 ");
    ana.notes("the disk is full");
    ana.says("ainda aqui");
    bia.shows("ana: ainda aqui");
    let inside = format!("nsenter --mount --target {}", ana.id());
    run(&format!("{inside} rm {disk}/ballast"));
    run(&format!("{inside} mount -o remount,size=64m {disk}"));
    ana.notes("is stored again; nothing is missing");
    ana.says("/search ainda");
    ana.shows("] ana: ainda aqui");
    ana.says("/search \"linha 998\"");
    ana.shows("linha 998 x");
    ana.says("sair");
    let noted = ana.ends_with(0).noted;
    let told = noted
        .iter()
        .filter(|line| line.contains("the disk is full"));
    assert_eq!(told.count(), 1, "{noted:?}");
}

#[test]
fn two_programs_of_one_person_keep_two_rooms_in_one_file() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut one = place.member(&home, "ana", &["--room", "sala"]);
    let mut other = place.member(&home, "ana", &["--room", "turma"]);
    for line in 0..100 {
        one.says(&format!("sala {line}"));
        other.says(&format!("turma {line}"));
    }
    let path = file_of(&home);
    holds(&path, "sala", 100);
    holds(&path, "turma", 100);
    one.says("/search turma");
    one.notes("nothing was found");
    other.says("/search \"turma 99\"");
    other.shows("] ana: turma 99");
    for mut it in [one, other] {
        it.says("sair");
        it.ends_with(0);
    }
    for (room, other) in [("sala", "turma"), ("turma", "sala")] {
        let shown = Program::start(history(&home, &["--room", room]))
            .ends_with(0)
            .shown;
        assert!(shown.iter().all(|line| !line.contains(other)), "{shown:?}");
    }
}

#[test]
fn what_is_forgotten_while_a_chat_runs_is_gone_and_does_not_come_back() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let mut ana = member(&place, &homes[0], "ana");
    let mut bia = member(&place, &homes[1], "bia");
    ana.notes("bia entered");
    ana.says("segredo xadrez");
    bia.shows("segredo xadrez");
    holds(&file_of(&homes[0]), "xadrez", 1);
    let args = ["forget", "--room", "sala", "--yes"];
    let forgot = Program::start(history(&homes[0], &args)).ends_with(0).noted;
    assert!(forgot[0].starts_with("removed: 1 messages"), "{forgot:?}");
    ana.says("/search xadrez");
    ana.notes("nothing was found");
    ana.says("fica");
    holds(&file_of(&homes[0]), "fica", 1);
    ana.says("sair");
    ana.ends_with(0);
    // bia still has it, and gives it to whoever asks.
    let mut ana = member(&place, &homes[0], "ana");
    ana.notes("bia is here");
    ana.says("de volta");
    bia.shows("ana: de volta");
    holds(&file_of(&homes[0]), "\"de volta\"", 1);
    assert_eq!(texts(&file_of(&homes[0]), "xadrez"), Vec::<String>::new());
    assert_eq!(ana.count_shown("xadrez"), 0);
    assert_eq!(texts(&file_of(&homes[1]), "xadrez").len(), 1);
}

#[test]
fn what_is_forgotten_beside_a_running_chat_is_handed_to_nobody() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let mut ana = member(&place, &homes[0], "ana");
    ana.says("segredo xadrez");
    holds(&file_of(&homes[0]), "xadrez", 1);
    let args = ["forget", "--room", "sala", "--yes"];
    Program::start(history(&homes[0], &args)).ends_with(0);
    ana.notes("is forgotten here too");
    ana.says("fica aqui");
    holds(&file_of(&homes[0]), "fica", 1);
    let mut caio = member(&place, &homes[1], "caio");
    caio.shows("ana: fica aqui");
    caio.says("cheguei");
    ana.shows("caio: cheguei");
    assert_eq!(caio.count_shown("xadrez"), 0);
    assert_eq!(texts(&file_of(&homes[1]), "xadrez"), Vec::<String>::new());
}

#[test]
fn what_an_ignored_person_says_is_kept_and_found_again_afterwards() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let mut ana = member(&place, &homes[0], "ana");
    let mut zeca = member(&place, &homes[1], "zeca");
    ana.notes("zeca entered");
    zeca.notes("ana is here");
    ana.says("/ignore zeca");
    ana.notes("you ignore zeca: nothing of them appears");
    zeca.says("bobagem xadrez");
    holds(&file_of(&homes[0]), "xadrez", 1);
    ana.says("/search xadrez");
    ana.notes("nothing was found");
    assert_eq!(ana.count_shown("xadrez"), 0);
    let found = Program::start(history(&homes[0], &["xadrez"]))
        .ends_with(0)
        .shown;
    assert!(
        found[0].ends_with("] zeca (ignored): bobagem xadrez"),
        "{found:?}"
    );
    let found = Program::start(history(&homes[0], &["xadrez", "--json"]))
        .ends_with(0)
        .shown;
    assert!(found[0].contains(r#""ignored":true"#), "{found:?}");
    ana.says("/unignore zeca");
    ana.says("/search xadrez");
    ana.shows("] zeca: bobagem xadrez");
    zeca.says("sair");
    zeca.ends_with(0);
}
