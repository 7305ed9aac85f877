//! `chat` on a terminal: what arrives does not tear what is typed, and a paste is asked about.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
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
    bia.notes("ana entered");
    ana.types("\x1b[200~um\ndois\ntrês\x1b[201~");
    ana.shows("send 3 lines? [y/N]");
    ana.begins_a_line();
    ana.types("n\r");
    ana.begins_a_line();
    ana.types("\x1b[200~quatro\ncinco\x1b[201~");
    ana.shows("send 2 lines? [y/N]");
    ana.begins_a_line();
    ana.types("y\r");
    bia.shows("ana: cinco");
    ana.begins_a_line();
    ana.types("/sair\r");
    bia.notes("ana left");
    bia.says("/sair");
    assert_eq!(bia.ends_with(0).shown.len(), 2);
}
