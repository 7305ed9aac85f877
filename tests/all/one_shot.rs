//! `chat` at the end of a pipe: what was said reaches those who are to hear it, or the program says
//! that it did not, and fails.

use crate::support;

use serde_json::Value;
use support::place::{Home, Place};
use support::program::Program;

#[test]
fn a_pipe_that_nobody_hears_says_so_and_fails() {
    let place = Place::on_loopback();
    let mut mon = Program::start(place.chat(&Home::new(), &["--name", "mon"]));
    mon.says("aviso");
    mon.falls_silent();
    let noted = mon.ends_with(1).noted.join("\n");
    assert!(noted.contains("nobody received what you said"), "{noted}");
    let bot = ["--name", "bot", "--json", "--room", "sala"];
    let mut bot = Program::start(place.chat(&Home::new(), &bot));
    bot.says("aviso");
    bot.falls_silent();
    let shown = bot.ends_with(1).shown;
    let last: Value = serde_json::from_str(shown.last().unwrap()).unwrap();
    assert_eq!(last["event"], "undelivered");
    assert_eq!((&last["has"], &last["of"]), (&0.into(), &1.into()));
    // Who says nothing leaves nothing undone.
    let mut silent = Program::start(place.chat(&Home::new(), &["--name", "mon"]));
    silent.falls_silent();
    silent.ends_with(0);
}

#[test]
fn a_pipe_waits_for_who_is_to_hear_it() {
    let place = Place::on_loopback();
    let mon = ["--name", "mon", "--wait-for", "2"];
    let mut mon = Program::start(place.chat(&Home::new(), &mon));
    mon.says("aviso");
    mon.falls_silent();
    mon.notes("mon, in the lobby");
    let mut ana = place.member(&Home::new(), "ana", &[]);
    ana.shows("aviso");
    let mut bia = place.member(&Home::new(), "bia", &[]);
    bia.shows("aviso");
    mon.ends_with(0);
    let late = ["--name", "tarde", "--wait-for", "3", "--timeout", "1"];
    let mut late = Program::start(place.chat(&Home::new(), &late));
    late.says("três?");
    late.falls_silent();
    let noted = late.ends_with(1).noted.join("\n");
    assert!(noted.contains("only 2 of 3 people received"), "{noted}");
    for mut program in [ana, bia] {
        program.says("sair");
        program.ends_with(0);
    }
    for wrong in [
        &["--wait-for", "0"][..],
        &["--wait-for", "x"],
        &["--timeout", "3"],
        &["--listen-only", "--wait-for", "1"],
    ] {
        Program::start(place.chat(&Home::new(), wrong)).ends_with(2);
    }
}

#[test]
fn a_private_message_waits_for_its_addressee_or_fails() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    // Nobody is known yet when this is read.
    let mut mon = Program::start(place.chat(&Home::new(), &["--name", "mon"]));
    mon.says("/msg bia só para você");
    mon.says("e isto para todos");
    mon.falls_silent();
    mon.ends_with(0);
    bia.shows("só para você");
    bia.shows("e isto para todos");
    let mut lost = Program::start(place.chat(&Home::new(), &["--name", "mon"]));
    lost.says("/msg zeca só para você");
    lost.says("/msg mon para mim");
    lost.falls_silent();
    let noted = lost.ends_with(1).noted.join("\n");
    assert!(noted.contains("nobody here is called 'zeca'"), "{noted}");
    assert!(noted.contains("2 messages were not sent"), "{noted}");
}

#[test]
fn who_is_suspended_is_named_and_the_pipe_fails() {
    let place = Place::on_loopback();
    let ana = place.member(&Home::new(), "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    bia.notes("ana");
    ana.gets_signal("STOP");
    bia.says("oi");
    bia.falls_silent();
    let noted = bia.ends_with(1).noted.join("\n");
    assert!(
        noted.contains("before ana had received everything"),
        "{noted}"
    );
    assert!(
        !noted.contains("nobody received"),
        "somebody is here: {noted}"
    );
    ana.gets_signal("CONT");
    ana.gets_signal("TERM");
    ana.ends_with(143);
}

#[test]
fn answers_come_in_the_order_of_the_lines_that_asked() {
    let place = Place::on_loopback();
    let mut ana = Program::start(place.chat(&Home::new(), &["--name", "ana"]));
    ana.notes("ana, in the lobby");
    let typed = "/who\n/nick\n/verify bia\n/hlep\n/stats\n/help\n/who\n";
    ana.types(typed.as_bytes());
    ana.falls_silent();
    let noted = ana.ends_with(0).noted;
    let answers = [
        "only ana (you)",
        "Usage: /nick NAME",
        "nobody here is called 'bia'",
        "Unknown command /hlep",
        "people here: 1",
        "/verify NAME",
        "only ana (you)",
    ];
    let mut rest = noted.iter();
    for answer in answers {
        let is_next = rest.any(|line| line.starts_with(answer));
        assert!(is_next, "{answer} is missing or too early: {noted:#?}");
    }
}

#[test]
fn a_long_line_is_told_once() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut bia = place.member(&home, "bia", &[]);
    let mut ana = Program::start(place.chat(&Home::new(), &["--name", "ana"]));
    let (long, private) = ("x".repeat(5 << 19), "y".repeat(5 << 18));
    ana.types(format!("{long}\n/msg bia {private}\nfim\n").as_bytes());
    bia.shows("fim");
    ana.falls_silent();
    let noted = ana.ends_with(0).noted;
    let told = |part: &str| noted.iter().filter(|line| line.contains(part)).count();
    assert_eq!(told("longer than 64 KiB"), 1, "{noted:#?}");
    assert_eq!(told("longer than 1024 KiB"), 1, "{noted:#?}");
    bia.says("sair");
    let heard = bia.ends_with(0).shown.concat();
    assert_eq!(heard.matches('x').count(), long.len());
    assert!(!heard.contains("yy"), "the rest of a private line was said");
    // A program does not count lines.
    let mut bot = Program::start(place.chat(&Home::new(), &["--name", "bot", "--json"]));
    bot.types(b"ol\xe1\n");
    let told = bot.shows(r#""code":"not_utf8""#);
    assert!(
        told.contains(r#""data":"this line was not UTF-8"#),
        "{told}"
    );
}
