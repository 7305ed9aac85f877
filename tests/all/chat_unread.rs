//! A member of a circle waits for no reader, disk or store: its output stands still, its store is
//! locked, its output is a file beside a terminal.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support;
use support::place::{Home, Place};
use support::program::Program;
use support::terminal::Terminal;
use support::{folder, wait_until};

/// A running program that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lines of a kilobyte, more than the queue of an output holds.
const LINES: usize = 45_000;

/// Reads what a member shows until a part comes; each line.
fn read_until(lines: &mut impl Iterator<Item = io::Result<String>>, part: &str) -> Vec<String> {
    let mut read = Vec::new();
    for line in lines.map(Result::unwrap) {
        let is_last = line.contains(part);
        read.push(line);
        if is_last {
            break;
        }
    }
    read
}

/// A member to whom more was said than its output holds while nobody reads it, and the other end
/// of that output.
fn a_member_who_is_not_read(place: &Place, home: &Home, args: &[&str]) -> (Ended, io::PipeReader) {
    let (reader, out) = io::pipe().unwrap();
    let args = [&["--name", "ana", "--room", "sala"], args].concat();
    let mut ana = place.chat(home, &args);
    ana.stdin(Stdio::piped()).stdout(out).stderr(Stdio::null());
    let child = Ended(ana.spawn().unwrap());
    drop(ana);
    let mut bia = place.member(&Home::new(), "bia", &["--room", "sala"]);
    bia.notes("ana");
    let wide = "x".repeat(1000);
    let said: String = (0..LINES)
        .map(|number| format!("linha {number} {wide}\n"))
        .collect();
    bia.types(said.as_bytes());
    // The end of the input waits for acknowledgements, and says who lacks something.
    bia.falls_silent();
    let told = bia.ends_with(0).noted;
    assert!(!told.iter().any(|line| line.contains("before")), "{told:?}");
    (child, reader)
}

/// A member whose output stands still takes everything, and says where it left something out.
fn what_is_read_after_standing_still(args: &[&str]) -> Vec<String> {
    let place = Place::on_loopback();
    let home = Home::new();
    let (mut child, reader) = a_member_who_is_not_read(&place, &home, args);
    let mut lines = BufReader::new(reader).lines();
    let notice = match args.contains(&"--json") {
        true => r#""event":"missed""#,
        false => "lines left out",
    };
    let mut read = read_until(&mut lines, notice);
    // What comes after is whole again.
    let mut input = child.0.stdin.take().unwrap();
    let mut caio = place.member(&Home::new(), "caio", &["--room", "sala"]);
    caio.says("de novo");
    read.extend(read_until(&mut lines, "de novo"));
    caio.says("sair");
    caio.ends_with(0);
    writeln!(input, "sair").unwrap();
    drop(input);
    let status = wait_until(|| child.0.try_wait().unwrap()).unwrap();
    assert_eq!(status.code(), Some(0));
    read
}

/// The numbers of the lines that were shown before the notice, and whether they are the first.
fn shown_before<'l>(read: &'l [String], notice: &str) -> (usize, &'l str) {
    let at = read.iter().position(|line| line.contains(notice)).unwrap();
    let is_line = |line: &&String| line.contains("linha ");
    let shown = read[..at].iter().filter(is_line);
    let mut count = 0;
    for line in shown {
        assert!(line.contains(&format!("linha {count} ")), "{line}");
        count += 1;
    }
    (count, &read[at])
}

#[test]
fn what_a_reader_was_too_slow_for_is_counted_in_its_place_for_people() {
    let read = what_is_read_after_standing_still(&["--lang", "en"]);
    let (shown, notice) = shown_before(&read, "lines left out");
    let missed: usize = notice
        .trim_start_matches('[')
        .split(' ')
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap();
    assert!(shown > 20_000, "{shown}");
    assert_eq!(shown + missed, LINES, "{notice}");
}

#[test]
fn what_a_reader_was_too_slow_for_is_counted_in_its_place_for_programs() {
    let read = what_is_read_after_standing_still(&["--json"]);
    let (shown, notice) = shown_before(&read, r#""event":"missed""#);
    let missed = serde_json::from_str::<Value>(notice).unwrap()["lines"].as_u64();
    // Events about members are lines as well.
    let missed = missed.unwrap() as usize;
    assert!(shown > 20_000, "{shown}");
    assert!((LINES..LINES + 20).contains(&(shown + missed)), "{notice}");
}

#[test]
fn what_was_left_out_is_told_also_when_nobody_reads_before_the_end() {
    let place = Place::on_loopback();
    let home = Home::new();
    let (mut child, reader) = a_member_who_is_not_read(&place, &home, &["--json"]);
    let mut input = child.0.stdin.take().unwrap();
    writeln!(input, "sair").unwrap();
    drop(input);
    let read: Vec<String> = BufReader::new(reader).lines().map(Result::unwrap).collect();
    let (shown, notice) = shown_before(&read, r#""event":"missed""#);
    let missed = serde_json::from_str::<Value>(notice).unwrap()["lines"].as_u64();
    assert!(shown + missed.unwrap() as usize >= LINES, "{notice}");
    let status = wait_until(|| child.0.try_wait().unwrap()).unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_program_that_asks_for_the_history_again_and_again_fills_no_memory() {
    const LINES: usize = 5000;
    let place = Place::on_loopback();
    let home = Home::new();
    let mut ana = place.chat(&home, &["--name", "ana", "--room", "sala"]);
    ana.stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = Ended(ana.spawn().unwrap());
    drop(ana);
    let mut input = child.0.stdin.take().unwrap();
    let said: String = (0..LINES)
        .map(|number| format!("linha {number}\n"))
        .collect();
    let asked = format!("/history {LINES}\n").repeat(300);
    input.write_all(said.as_bytes()).unwrap();
    input.write_all(asked.as_bytes()).unwrap();
    drop(input);
    let status = format!("/proc/{}/status", child.0.id());
    let mut peak_kib = 0;
    let mut look = || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok());
        peak_kib = peak_kib.max(kib.unwrap_or(0));
        child.0.try_wait().unwrap()
    };
    // It writes a million and a half lines, for three times as long as others write one.
    let ended = (0..3).find_map(|_| wait_until(&mut look));
    let code = ended.and_then(|status| status.code());
    assert_eq!(code, Some(1), "nobody else was there");
    assert!(peak_kib > 0 && peak_kib < 64 << 10, "{peak_kib} KiB");
}

/// A process that holds a database for itself until it is asked to let it go.
fn lock(path: &str) -> Program {
    let hold = "import sqlite3, sys\n\
        file = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
        file.execute('BEGIN EXCLUSIVE')\n\
        print('locked', flush=True)\n\
        sys.stdin.readline()\n\
        file.execute('ROLLBACK')\n\
        print('free', flush=True)\n";
    let mut python = Command::new("python3");
    python.args(["-c", hold, path]);
    let mut lock = Program::start(python);
    lock.shows("locked");
    lock
}

/// The file in which somebody's people are remembered, made by a first session.
fn people(place: &Place, home: &Home) -> String {
    let mut member = place.member(home, "ana", &["--room", "antes"]);
    member.says("sair");
    member.ends_with(0);
    let path = home.path().join("data/roda/people.db");
    assert!(path.exists());
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_locked_store_delays_no_line_and_everybody_is_unknown_until_it_answers() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let mut lock = lock(&people(&place, &homes[0]));
    let mut ana = place.member(&homes[0], "ana", &["--room", "sala"]);
    let mut bia = place.member(&homes[1], "bia", &["--room", "sala"]);
    bia.notes("ana");
    bia.says("uma linha");
    let shown = ana.shows("uma linha");
    let suffixed = shown.split("] ").nth(1).unwrap().split(':').next().unwrap();
    assert!(suffixed.starts_with("bia#"), "{shown}");
    let suffixed = suffixed.to_owned();
    ana.says("/msg bia segredo");
    ana.notes("not known yet who bia is");
    ana.says(&format!("/msg {suffixed} segredo"));
    bia.shows("segredo");
    lock.says("");
    lock.shows("free");
    // The store answers when SQLite looks at the lock again, within its wait.
    wait_until(|| {
        ana.says("/msg bia outro");
        bia.has_shown("outro").then_some(())
    })
    .expect("the store answers");
    bia.says("outra linha");
    let shown = ana.shows("outra linha");
    assert!(shown.contains("] bia: "), "{shown}");
}

#[test]
fn a_store_that_does_not_answer_keeps_nobody_from_leaving() {
    let place = Place::on_loopback();
    let home = Home::new();
    let lock = lock(&people(&place, &home));
    let ana = place.member(&home, "ana", &["--room", "sala"]);
    ana.gets_signal("TERM");
    let told = ana.ends_with(143);
    drop((lock, told));
}

#[test]
fn own_lines_are_in_the_file_when_a_terminal_is_only_typed_at() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let folder = folder();
    let path = folder.path().join("shown");
    let mut bia = place.member(&homes[1], "bia", &["--room", "sala"]);
    let ana = place.chat(&homes[0], &["--name", "ana", "--room", "sala"]);
    let mut ana = Terminal::start_with_stdout(ana, File::create(&path).unwrap());
    ana.begins_a_line();
    bia.notes("ana");
    ana.types("oi, bia\r");
    bia.shows("oi, bia");
    bia.says("oi, ana");
    let has = |part: &str| fs::read_to_string(&path).unwrap().contains(part);
    wait_until(|| has("] bia: oi, ana\n").then_some(())).unwrap();
    ana.types("sair\r");
    ana.ends_with(0);
    let shown = fs::read_to_string(&path).unwrap();
    assert!(shown.contains("] ana: oi, bia\n"), "{shown:?}");
    assert!(
        !shown.contains('\x1b') && !shown.contains("> "),
        "{shown:?}"
    );
}
