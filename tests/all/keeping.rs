//! `roda keep`: a member without a person, which keeps what is said for those who come later.
#![cfg(unix)]

use crate::support;

use support::place::{Home, Place};
use support::program::Program;
use support::wait_until;

const ROOM: [&str; 2] = ["--room", "sala"];

#[test]
fn a_keeper_is_listed_apart_and_gives_whoever_comes_later_what_was_said() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new(), Home::new(), Home::new()];
    let mut keeper = Program::start(place.keep(&homes[0], &ROOM)).keeping(&homes[0]);
    keeper.notes("keeping what is said in sala");
    keeper.notes("you are keeper");
    let mut bia = place.member(&homes[1], "bia", &ROOM);
    let mut ana = place.member(&homes[2], "ana", &ROOM);
    ana.notes("bia is here");
    bia.says("até amanhã");
    ana.shows("bia: até amanhã");
    bia.says("sair");
    bia.ends_with(0);
    ana.notes("bia left");
    ana.says("a prova é na sala 12");
    ana.notes("kept for 1 who is away");
    ana.says("/who");
    ana.notes("only ana (you); kept by 1: keeper");
    ana.says("sair");
    ana.ends_with(0);
    keeper.notes("ana left");
    let mut caio = place.member(&homes[3], "caio", &ROOM);
    caio.shows("bia: até amanhã");
    caio.shows("ana: a prova é na sala 12");
    keeper.gets_signal("TERM");
    caio.notes("keeper left");
    let kept = keeper.ends_with(143);
    assert!(
        kept.shown.is_empty(),
        "what is said is nobody's to read: {kept:?}"
    );
}

#[test]
fn a_keeper_for_programs_tells_everything_and_a_program_sees_who_keeps() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let args = [
        &ROOM[..],
        &["--json", "--name", "arquivo", "--depth-bytes", "100000"],
    ]
    .concat();
    let mut keeper = Program::start(place.keep(&homes[0], &args)).keeping(&homes[0]);
    keeper.shows(r#""event":"ready""#);
    let mut bot = place.member(&homes[1], "bot", &[&ROOM[..], &["--json"]].concat());
    bot.shows(r#""event":"entered""#);
    bot.says("oi");
    let said = keeper.shows(r#""event":"message""#);
    assert!(said.contains(r#""data":"oi""#), "{said}");
    // What it is comes with what it said when it began, which a latecomer asks for.
    let is_listed = wait_until(|| {
        bot.says("/who");
        bot.has_shown(r#""keeper":true"#).then_some(())
    });
    assert!(is_listed.is_some(), "nobody is listed as a keeper");
    keeper.gets_signal("TERM");
    keeper.ends_with(143);
    bot.shows(r#""event":"left""#);
}
