//! `chat` on a terminal: what arrives does not tear what is typed, and a paste is asked about.
#![cfg(unix)]

use crate::support;

use support::place::{Home, Place};
use support::terminal::Terminal;

#[test]
fn a_line_being_typed_survives_what_arrives() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = Terminal::start(place.chat(&Home::new(), &["--name", "ana"]));
    ana.begins_a_line();
    ana.shows("bia ");
    ana.types("meia ");
    bia.says("interrompo");
    ana.shows(": interrompo");
    ana.shows("ana> meia ");
    ana.types("frase\r");
    bia.shows("ana: meia frase");
    ana.begins_a_line();
    // The arrow key brings the line back.
    ana.types("\x1b[A!\r");
    bia.shows("ana: meia frase!");
    ana.begins_a_line();
    ana.types("sair\r");
    bia.notes("ana left");
}

#[test]
fn a_paste_of_several_lines_is_asked_about() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = Terminal::start(place.chat(&Home::new(), &["--name", "ana"]));
    ana.begins_a_line();
    bia.notes(" entered");
    ana.types("\x1b[200~um\ndois\ntrês\x1b[201~");
    ana.shows("send 3 lines as one message? [y/N]");
    ana.types("\x03");
    ana.shows("send 3 lines as one message? [y/N] ^C");
    ana.types("\x1b[200~quatro\n\tcinco\n\x1b[201~");
    ana.shows("send 2 lines as one message? [y/N]");
    ana.types("y\r");
    ana.shows("ana> quatro");
    bia.shows(": quatro␊ cinco");
    ana.types("/clear\r");
    ana.shows("ana> /clear");
    // A paste is text, also one that begins like a command.
    ana.types("\x1b[200~/sair\nseis\x1b[201~y\r");
    bia.shows(": /sair␊seis");
    ana.types("/sair\r");
    bia.notes(" left");
    bia.says("/sair");
    assert_eq!(bia.ends_with(0).shown.len(), 2);
}

#[test]
fn a_paste_that_is_not_sent_by_lines_is_edited_and_sent_as_one_message() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &["--json"]);
    let mut ana = Terminal::start(place.chat(&Home::new(), &["--name", "ana"]));
    ana.begins_a_line();
    bia.shows("\"entered\"");
    ana.types("antes depois\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D");
    ana.types("\x1b[200~um\r\n\r\n\tdois\n\x1b[201~");
    ana.shows("send 3 lines as one message? [y/N]");
    ana.types("n\r");
    // Line breaks are marks, a tab a blank.
    ana.shows("ana> antes um␊␊ doisdepois");
    ana.types("; \r");
    bia.shows(r#""data":"antes um\n\n\tdois; depois""#);
    ana.types("sair\r");
    bia.shows("\"left\"");
    let end = bia.stops();
    let messages = end.shown.iter().filter(|line| line.contains("\"data\""));
    assert_eq!(messages.count(), 1, "{end:?}");
}

#[test]
fn tab_completes_commands_and_the_names_of_those_who_are_here() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut luz = place.member(&Home::new(), "Ana Luz", &[]);
    let mut ana = Terminal::start(place.chat(&Home::new(), &["--name", "ana"]));
    ana.begins_a_line();
    bia.notes("ana entered");
    luz.notes("ana entered");
    bia.says("oi");
    ana.shows(": oi");
    luz.says("opa");
    ana.shows(": opa");
    ana.types("b\toi\r");
    bia.shows("ana: bia: oi");
    ana.types("/ms\ta\tsegredo\r");
    luz.shows("ana ✉: segredo");
    ana.types("/sa\t\r");
    bia.notes("ana left");
}
