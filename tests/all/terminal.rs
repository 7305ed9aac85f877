//! A person's terminal: prompt, editing, pastes, keys that end, modes that are restored, and
//! nothing on the screen that a stranger put there. Each test has a pty and talks on loopback.
#![cfg(unix)]

use crate::support;

use serde_json::Value;
use support::datagrams::{GroupReceiver, Stranger};
use support::place::Place;
use support::terminal::Terminal;

/// A sender on a terminal, its prompt shown.
fn person(place: &Place) -> Terminal {
    let mut terminal = Terminal::start(place.multicast("send", &["--name", "ana"]));
    terminal.begins_a_line();
    terminal.shows("ana> ");
    terminal
}

/// A receiver on a terminal, listening already.
fn screen(place: &Place, flags: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(place.multicast("receive", flags));
    terminal.shows("listening to");
    terminal
}

/// What the next datagram says.
fn received(receiver: &GroupReceiver) -> String {
    let datagram: Value = serde_json::from_str(&receiver.receives()).unwrap();
    datagram["data"].as_str().unwrap().to_owned()
}

/// The sequences that colour text, taken out: `ESC [ digits and semicolons m`.
fn without_colors(shown: &str) -> String {
    let mut parts = shown.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        text + rest
            .strip_prefix('m')
            .unwrap_or_else(|| panic!("not a colour: {part:?}"))
    })
}

#[test]
fn there_is_a_prompt_on_a_terminal_and_none_through_a_pipe() {
    let place = Place::on_loopback();
    person(&place);
    let end = place.sends("ana", &["oi"]);
    assert!(end.shown.is_empty());
    assert!(
        !end.noted.iter().any(|line| line.contains("ana>")),
        "{end:?}"
    );
}

/// An editor's window runs programs on a terminal that says `dumb`.
#[test]
fn a_dumb_terminal_is_left_to_edit_its_lines_itself() {
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    let mut command = place.multicast("send", &["--name", "ana"]);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::start(command);
    let before = terminal.modes();
    terminal.types("oi\r");
    assert_eq!(received(&receiver), "oi");
    assert_eq!(
        terminal.modes(),
        before,
        "the terminal still echoes and edits"
    );
    terminal.types("sair\r");
    terminal.ends_with(0);
    let shown = terminal.whole_screen();
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn a_line_is_edited_by_characters_and_not_by_bytes() {
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    let mut person = person(&place);
    for (keys, text) in [
        ("olé", "olé"),
        ("olé!\x7f", "olé"),
        ("olé\x7f\x7fi", "oi"),
        ("a🎉\x7fb", "ab"),
        ("👩‍👩‍👧\x7fsó", "só"),
        ("日本\x1b[D語", "日語本"),
        ("mundo\x01olá, ", "olá, mundo"),
        ("tudo\x15nada", "nada"),
        ("\x1b[A", "nada"),
        ("", ""),
    ] {
        person.types(&format!("{keys}\r"));
        assert_eq!(received(&receiver), text, "{keys:?}");
        person.begins_a_line();
    }
}

#[test]
fn a_paste_of_several_lines_is_several_messages() {
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    let mut person = person(&place);
    person.types("\x1b[200~um\ndois, olé\r\ntrês\x1b[201~\r");
    for line in ["um", "dois, olé", "três"] {
        assert_eq!(received(&receiver), line);
    }
    person.begins_a_line();
}

#[test]
fn sair_ends_a_person_with_0_after_it_was_sent() {
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    let mut person = person(&place);
    person.types("sair\r");
    assert_eq!(received(&receiver), "sair");
    person.ends_with(0);
}

#[test]
fn ctrl_c_ends_with_130_and_ctrl_d_with_0_and_neither_says_sair() {
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    for (keys, code) in [("\x03", 130), ("meia linha\x03\x03", 130), ("\x04", 0)] {
        let mut person = person(&place);
        let before = Terminal::start(place.command("true", &[])).modes();
        person.types(keys);
        person.ends_with(code);
        assert_eq!(person.modes(), before);
    }
    place.sends("eva", &["ninguém falou"]);
    assert_eq!(received(&receiver), "ninguém falou");
}

#[test]
fn a_signal_in_the_middle_of_a_line_leaves_the_terminal_as_it_was() {
    let place = Place::on_loopback();
    let before = Terminal::start(place.command("true", &[])).modes();
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut person = person(&place);
        person.types("meia lin");
        person.shows("meia lin");
        assert_ne!(
            person.modes(),
            before,
            "a line editor reads keys as they come"
        );
        person.gets_signal(signal);
        person.ends_with(code);
        assert_eq!(person.modes(), before, "{signal}");
    }
}

#[test]
fn a_signal_in_the_middle_of_a_line_ends_the_marking_of_pastes() {
    let place = Place::on_loopback();
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut person = person(&place);
        person.types("meia lin");
        person.shows("meia lin");
        person.gets_signal(signal);
        person.ends_with(code);
        let screen = person.whole_screen();
        let last = screen.rsplit("\x1b[?2004").next().unwrap();
        assert!(
            last.starts_with('l'),
            "{signal}: pastes stay marked: {screen:?}"
        );
    }
}

#[test]
fn nothing_that_rules_a_terminal_comes_from_a_stranger() {
    let evil = "\x1b[31m\x1b]0;x\x07\u{9b}2J\r\u{202e}\x08";
    for flags in [
        &["--color", "never"][..],
        &["--color", "always"],
        &["--color", "auto"],
    ] {
        let place = Place::on_loopback();
        let mut screen = screen(&place, flags);
        let stranger = Stranger::on_loopback(place.port);
        stranger.says(evil, evil);
        stranger.sends(evil);
        stranger.says("bia", "sair");
        let shown = screen.shows("lost by this machine");
        screen.ends_with(0);
        assert_eq!(
            shown.contains("\x1b["),
            flags != ["--color", "never"],
            "{shown:?}"
        );
        // The terminal itself makes `\r\n` of a line end.
        let plain = without_colors(&shown).replace("\r\n", "\n");
        let ruling = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!plain.contains(ruling), "{shown:?}");
        assert!(plain.contains("] bia: sair\n"), "{shown:?}");
    }
}
