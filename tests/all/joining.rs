//! Joining a room with a past: a person at a terminal sees the end of it, a program all of it.
#![cfg(unix)]

use crate::support;

use support::place::{Home, Place};
use support::terminal::Terminal;

#[test]
fn a_joiner_at_a_terminal_sees_the_last_fifty_messages_and_a_pipe_gets_all() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut caio = place.member(&Home::new(), "caio", &[]);
    bia.notes("caio entered");
    for number in 0..60 {
        bia.says(&format!("linha {number}."));
    }
    caio.shows("linha 59.");
    let home = Home::new();
    let chat = place.chat(&home, &["--name", "ana", "--lang", "pt"]);
    let mut ana = Terminal::start(chat);
    ana.begins_a_line();
    ana.shows_behind("10 anteriores: /history 60", "linha 59.");
    bia.says("depois");
    let shown = ana.shows_behind("linha 59.", ": depois");
    let is_shown = |number: &u32| shown.contains(&format!(": linha {number}."));
    let numbers: Vec<u32> = (0..60).filter(is_shown).collect();
    assert_eq!(numbers, (10..60).collect::<Vec<u32>>());
    ana.types("/history 61\r");
    ana.shows_behind(": depois", ": linha 0.");
    let mut duda = place.member(&Home::new(), "duda", &[]);
    duda.shows_in_all("linha ", 60);
}

#[test]
fn a_pipe_has_a_line_for_each_person_who_is_here() {
    let place = Place::on_loopback();
    let names = ["bia", "caio", "davi", "eva", "gil"];
    let others = names.map(|name| place.member(&Home::new(), name, &[]));
    let mut ana = place.member(&Home::new(), "ana", &[]);
    for name in names {
        ana.notes(&format!("{name} "));
    }
    let end = ana.stops();
    let is_one = |line: &&String| line.ends_with(" is here") || line.ends_with(" entered");
    assert_eq!(
        end.noted.iter().filter(is_one).count(),
        names.len(),
        "{end:?}"
    );
    drop(others);
}
