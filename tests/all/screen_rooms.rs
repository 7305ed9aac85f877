//! Several rooms on one full screen, as a person meets them at a real terminal; and what becomes of
//! rooms that are entered later.
#![cfg(unix)]

use std::fs;

use serde_json::Value;

use crate::screen::screen;
use crate::support;

use support::place::{Home, Place};
use support::program::Program;
use support::terminal::{Terminal, Window};

/// The farewells of those who left by now, as a program was told of them.
fn farewells(program: &mut Program) -> Vec<bool> {
    let shown = program.shown();
    let left = shown
        .iter()
        .filter(|line| line.contains(r#""event":"left""#));
    let left = left.map(|line| serde_json::from_str::<Value>(line).unwrap());
    left.map(|left| left["farewell"] == true).collect()
}

#[test]
fn two_rooms_on_one_screen_are_counted_answered_and_left() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &["--json", "--room", "lobby"]);
    let mut caio = place.member(&Home::new(), "caio", &["--json", "--room", "turma"]);
    let mut ana = screen(&place, "ana");
    ana.sees("● bia");
    ana.types("/join turma\r");
    ana.sees(" 2 turma");
    ana.sees("● caio");
    ana.types("oi, turma\r");
    caio.shows("oi, turma");
    // What comes elsewhere is counted, and what means this person is marked.
    bia.says("ana, aqui fora");
    ana.sees(" 1 lobby (1, !1)");
    bia.says("mais uma");
    ana.sees(" 1 lobby (2, !1)");
    caio.says("fica");
    ana.sees("caio: fica");
    ana.types("meio escrito\x10");
    ana.sees("bia: mais uma");
    ana.sees_that("nothing new", |seen| {
        !seen.contains("(2, !1)") && !seen.contains("meio escrito")
    });
    ana.types("respondo aqui\r");
    bia.shows("respondo aqui");
    caio.says("e agora?");
    ana.sees(" 2 turma (1)");
    ana.types("\x1b2");
    ana.sees("caio: e agora?");
    ana.sees("> meio escrito");
    ana.types("\x15agora sim\r");
    caio.shows("agora sim");
    ana.types("/part\r");
    ana.sees_that("one room", |seen| !seen.contains(" 2 turma"));
    caio.shows(r#""event":"left""#);
    assert_eq!(farewells(&mut caio), [true]);
    ana.types("ainda no lobby\r");
    bia.shows("ainda no lobby");
    // It is entered again; whoever leaves several rooms at once is asked.
    ana.types("/join turma\r");
    ana.sees(" 2 turma");
    ana.types("de volta\r");
    caio.shows("de volta");
    ana.types("\x03");
    ana.sees("leave all 2 rooms");
    ana.types("n");
    ana.sees_that("no question", |seen| !seen.contains("leave all 2 rooms"));
    ana.types("/room lo\t\r");
    ana.sees("bia: mais uma");
    ana.types("sair\r");
    ana.ends_with(0);
    bia.shows(r#""event":"left""#);
    caio.shows_in_all(r#""event":"left""#, 2);
    assert_eq!(farewells(&mut caio), [true, true]);
    let [bia, caio] = [bia, caio].map(|member| member.stops().shown);
    let is_in = |shown: &[String], text: &str| shown.iter().any(|line| line.contains(text));
    for (text, in_lobby) in [
        ("oi, turma", false),
        ("agora sim", false),
        ("de volta", false),
        ("respondo aqui", true),
        ("ainda no lobby", true),
    ] {
        assert_eq!(
            (is_in(&bia, text), is_in(&caio, text)),
            (in_lobby, !in_lobby)
        );
    }
}

#[test]
fn a_private_conversation_begins_with_what_is_kept_of_it() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut bia = place.member(&Home::new(), "bia", &["--json"]);
    let open = || {
        let args = ["--screen", "--name", "ana", "--history-private=true"];
        let mut ana = Window::start(place.chat(&home, &args));
        ana.sees("● bia");
        ana
    };
    let mut ana = open();
    ana.types("/msg bia segredo antigo\r");
    bia.shows("segredo antigo");
    ana.sees("ana → bia: segredo antigo");
    ana.types("sair\r");
    ana.ends_with(0);
    bia.shows(r#""event":"left""#);
    let mut ana = open();
    ana.types("/msg bia\r");
    ana.sees("only the two of you");
    ana.sees("ana → bia: segredo antigo");
    ana.types("sair\r");
    ana.ends_with(0);
}

#[test]
fn tab_completes_the_rooms_that_are_open_in_lines_too() {
    let place = Place::on_loopback();
    let args = ["--lines", "--name", "ana", "--color", "never"];
    let mut ana = Terminal::start(place.chat(&Home::new(), &args));
    ana.begins_a_line();
    ana.types("/join turma\r");
    ana.shows("turma ana> ");
    ana.types("/room LO\t\r");
    ana.shows("now in lobby");
    ana.types("/part t\t\r");
    ana.shows("you left turma; now in lobby");
    ana.types("/room t\t\r");
    ana.shows("not in the room t");
    ana.types("sair\r");
    ana.ends_with(0);
}

#[test]
fn a_room_that_was_entered_later_has_no_ghost_after_a_kill() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut bia = place.member(&Home::new(), "bia", &["--json", "--room", "turma"]);
    let mut ana = place.member(&home, "ana", &["--json", "--room", "a"]);
    ana.says(r#"{"join": "turma"}"#);
    bia.shows(r#""event":"entered""#);
    ana.says(r#"{"say": "antes", "room": "turma"}"#);
    bia.shows("antes");
    ana.gets_signal("KILL");
    drop(ana);
    let mut ana = place.member(&home, "ana", &["--json", "--room", "b"]);
    ana.says(r#"{"join": "turma"}"#);
    ana.shows_in_all(r#""event":"ready""#, 2);
    ana.says(r#"{"say": "depois", "room": "turma"}"#);
    bia.shows("depois");
    ana.says("/sair");
    ana.ends_with(0);
    // With the killed session still there, nobody would have left before it is missed.
    bia.shows(r#""event":"left""#);
    assert_eq!(farewells(&mut bia), [true]);
}

#[test]
fn key_files_that_deliver_nothing_are_given_up_and_keep_no_other_room_waiting() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut ana = place.member(&home, "ana", &["--json", "--room", "a"]);
    let pipe = home.path().join("chave");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for number in 0..5 {
        let path = pipe.to_str().unwrap();
        ana.says(&format!(
            r#"{{"join": "sala{number}", "key_file": "{path}"}}"#
        ));
    }
    // Four are opened at the same time; the fifth is told so at once.
    ana.shows("join_waits");
    ana.shows_in_all("cannot_enter", 4);
    ana.says(r#"{"join": "outra"}"#);
    ana.shows(r#""event":"joined""#);
    // Who writes too late is heard by nobody.
    fs::write(&pipe, [7; 32]).unwrap();
    ana.says("/sair");
    let shown = ana.ends_with(0).shown;
    let is_late = |line: &&String| line.contains("joined") && line.contains("sala");
    assert_eq!(shown.iter().find(is_late), None);
}
