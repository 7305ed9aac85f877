//! The full screen on a real terminal: what a person sees there by a parser of their bytes, while
//! much arrives, while its size changes, and after every end.
#![cfg(unix)]

use std::process::Command;

use crate::support;

use support::place::{Home, Place};
use support::terminal::{Terminal, Window, in_session};

/// Written when the full screen begins and when it ends.
const BEGINS: &str = "\x1b[?1049h";
const ENDS: &str = "\x1b[?1049l";

/// A member with a full screen of 80 columns and 24 rows.
pub(crate) fn screen(place: &Place, name: &str) -> Window {
    let mut ana = Window::start(place.chat(&Home::new(), &["--screen", "--name", name]));
    ana.shows(BEGINS);
    ana
}

#[test]
fn every_key_does_what_the_list_of_keys_says() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = screen(&place, "ana");
    ana.sees("People (2)");
    ana.types("\x1bOQ");
    ana.sees_that("no people", |seen| !seen.contains("People (2)"));
    ana.types("\x1bOQ");
    ana.sees("People (2)");
    ana.types("\x1bOSwheel\x15bare");
    ana.sees("text alone");
    ana.types("\r");
    ana.sees_that("text alone", |seen| !seen.contains("People (2)"));
    ana.types("\x14");
    ana.sees("People (2)");
    ana.types("\x1b[15~");
    ana.sees("bia: here");
    ana.types("\r");
    ana.sees("only the two of you");
    ana.types("segredo\r");
    bia.shows("segredo");
    ana.sees("ana → bia: segredo");
    ana.types("\x10");
    ana.sees("lobby · open");
    ana.types("\x1b2/close\r");
    ana.sees_that("one view", |seen| !seen.contains("✉ bia"));
    ana.types("um\r");
    bia.shows("ana: um");
    ana.types("\x1b[A");
    ana.sees("= um");
    ana.types("\x15dois\r");
    bia.shows("dois");
    ana.sees("ana: dois (edited)");
    ana.types("\x1b[1;3A\x1b[3~");
    ana.sees("delete this message");
    ana.types("y");
    ana.sees("ana: (deleted)");
    for number in 0..60 {
        bia.says(&format!("linha {number}"));
    }
    ana.sees("linha 59");
    ana.types("\x1b[5~");
    ana.sees_that("earlier lines", |seen| !seen.contains("linha 59"));
    ana.types("\x1b[6~");
    ana.sees("linha 59");
    ana.types("\x1b[1;5H");
    ana.sees("ana: (deleted)");
    ana.types("\x1b[1;5F");
    ana.sees("linha 59");
    ana.types("\x1b[<64;3;3M\x1b[<64;3;3M");
    ana.sees_that("a turn of the wheel", |seen| !seen.contains("linha 59"));
    ana.types("\x1bOR");
    ana.sees("find: ");
    ana.types("linha 7\r");
    ana.sees("linha 7");
    ana.types("/quiet 1h\r");
    ana.sees("quiet for 60 min");
    ana.types("/mouse off\r");
    ana.sees("mouse off");
    ana.types("/theme high-contrast\r\x0c");
    ana.shows("\x1b[0;97;40m");
    leaves_by_keys(ana);
    bia.notes("ana left");
}

/// Undoes and clears what is typed, and leaves, by Ctrl-_ and Ctrl-C.
fn leaves_by_keys(mut ana: Window) {
    ana.types("abc");
    ana.sees("> abc");
    ana.types("\x1f");
    ana.sees_that("an empty line", |seen| !seen.contains("> abc"));
    ana.types("xyz");
    ana.sees("> xyz");
    // On a line that is empty already, a second Ctrl-C would end the program without a farewell.
    ana.types("\x03");
    ana.sees_that("an empty line", |seen| !seen.contains("> xyz"));
    ana.types("\x03");
    ana.ends_with(130);
}

/// What follows or joins a sign and makes terminals differ on how wide it is: the variant as a
/// picture, and the joiner.
const DISPUTED: [char; 2] = ['\u{fe0f}', '\u{200d}'];

/// How many columns stand before a sign in each row that has it, as unicode-width counts them, but
/// for rows whose width is disputed.
fn columns_before(rows: &str, sign: char) -> Vec<usize> {
    use unicode_width::UnicodeWidthStr;
    let before = |row: &str| row.split_once(sign).map(|(before, _)| before.width());
    let rows = rows.lines().filter(|row| !row.contains(DISPUTED));
    rows.filter_map(before).collect()
}

/// A tmux of its own, which ends with the test.
struct Tmux(String);

impl Tmux {
    /// Shows a program on 80 columns and 24 rows.
    fn showing(program: &Command) -> Self {
        let server = Self(format!("roda-test-{}", std::process::id()));
        let mut start = server.command(&["new-session", "-d", "-x", "80", "-y", "24"]);
        let variables = program.get_envs();
        for (key, value) in variables.filter_map(|(key, value)| Some((key, value?))) {
            let pair = format!("{}={}", key.to_str().unwrap(), value.to_str().unwrap());
            // The terminal is tmux itself.
            if !pair.starts_with("TERM=") {
                start.args(["-e", &pair]);
            }
        }
        start.arg(program.get_program()).args(program.get_args());
        assert!(start.status().unwrap().success());
        server
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut tmux = support::command("tmux");
        tmux.args(["-L", &self.0, "-f", "/dev/null"]).args(words);
        tmux
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).status();
    }
}

#[test]
fn tmux_shows_the_screen_with_its_own_idea_of_widths() {
    if !support::available(&[support::Need::Tmux]) {
        return;
    }
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let home = Home::new();
    let server = Tmux::showing(&place.chat(&home, &["--screen", "--name", "ana"]));
    let tmux = |words: &[&str]| server.command(words);
    let seen = || {
        let output = tmux(&["capture-pane", "-p"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shows = |part: &str| {
        let is_there = support::wait_until(|| seen().contains(part).then_some(()));
        assert!(is_there.is_some(), "{part} is not in:\n{}", seen());
    };
    let types = |keys: &[&str]| {
        let words = [&["send-keys"], keys].concat();
        assert!(tmux(&words).status().unwrap().success());
    };
    shows("People (2)");
    // Simple, wide and combined characters, and those on whose width terminals differ: a sign made
    // wide by what follows it (VS16), and signs that are joined (ZWJ).
    for text in [
        "漢字 wide",
        "e\u{301}tude",
        "👍 one",
        "❤\u{fe0f} two",
        "👩\u{200d}🔬 three",
    ] {
        bia.says(text);
    }
    shows("three");
    let seen_now = seen();
    let columns = columns_before(&seen_now, '│');
    assert!(columns.len() > 15, "{seen_now}");
    assert!(
        columns.iter().all(|column| *column == columns[0]),
        "{seen_now}"
    );
    for number in 0..500 {
        bia.says(&format!("linha {number}"));
        if number % 100 == 50 {
            let (columns, rows) = (40 + number / 5, 10 + number / 50);
            let size = ["-x", &columns.to_string(), "-y", &rows.to_string()];
            let words = [&["resize-window"], &size[..]].concat();
            assert!(tmux(&words).status().unwrap().success());
            types(&["-l", "x"]);
        }
    }
    shows("linha 499");
    shows("> xxxxx");
    types(&["C-u"]);
    types(&["-l", "sair"]);
    types(&["Enter"]);
    bia.notes("ana left");
}

#[test]
fn a_room_is_seen_whole_and_left_as_the_terminal_was() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = Window::start(place.chat(&Home::new(), &["--screen", "--name", "ana"]));
    let before = ana.modes();
    ana.sees("● bia");
    ana.sees("People (2)");
    bia.says("oi, ana");
    ana.sees("bia: oi, ana");
    ana.shows("\x1b]9;bia: oi, ana\x1b\\");
    ana.shows("\x1b]2;(1) lobby\x1b\\");
    ana.types("tudo bem?\r");
    bia.shows("ana: tudo bem?");
    ana.sees("ana: tudo bem? ✓");
    ana.types("um\ndois\r");
    bia.shows("ana: um␊dois");
    ana.sees("│ dois");
    ana.types("/msg bi\tsegredo\r");
    bia.shows("segredo");
    ana.sees("✉ ana → bia: segredo");
    ana.types("\x1bOP");
    ana.sees("any other key goes back");
    ana.types("x/verify bia\r");
    ana.sees("Read these digits or words");
    ana.types("\x03/sair\r");
    ana.ends_with(0);
    let written = ana.whole_screen();
    assert!(written.contains(ENDS), "{written:?}");
    assert!(written.contains("\x1b[?2004l") && written.contains("\x1b[?7h"));
    assert_eq!(ana.modes().local_flags, before.local_flags);
    bia.notes("ana left");
}

#[test]
fn a_line_is_typed_while_thousands_arrive_and_the_window_is_dragged() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = screen(&place, "ana");
    ana.sees("● bia");
    let mut typed = "meia frase".chars();
    let mut sizes = [(100, 30), (40, 8), (1, 1), (80, 24)].iter().cycle();
    for number in 0..2000 {
        bia.says(&format!("linha {number}"));
        if number % 200 == 0 {
            if let Some(c) = typed.next() {
                ana.types(&c.to_string());
            }
            let (columns, rows) = sizes.next().unwrap();
            ana.resizes(*columns, *rows);
        }
    }
    ana.resizes(80, 24);
    ana.types("\x0c");
    ana.sees("linha 1999");
    ana.sees("> meia frase");
    ana.types("\r");
    bia.shows("ana: meia frase");
    ana.types("/find linha 77\r");
    ana.sees("linha 779");
    ana.types("\x1b[A\r");
    ana.sees("linha 778");
    ana.types("sair\r");
    ana.ends_with(0);
}

#[test]
fn a_terminal_without_a_size_or_with_next_to_none_ends_nothing() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = screen(&place, "ana");
    ana.sees("● bia");
    for (columns, rows) in [(0, 0), (1, 1), (2, 1), (1, 2), (3, 3), (39, 7), (500, 2)] {
        ana.resizes(columns, rows);
        bia.says("oi");
        ana.types("x");
    }
    ana.resizes(80, 24);
    ana.types("\x15\x0cainda aqui\r");
    bia.shows("ana: ainda aqui");
    ana.sees("ana: ainda aqui");
    ana.types("\x04");
    ana.ends_with(0);
    bia.notes("ana left");
}

#[test]
fn a_screen_that_nobody_reads_keeps_nobody_waiting() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = screen(&place, "ana");
    ana.sees("● bia");
    ana.unread(|ana| {
        // Each picture is another, so that the terminal's buffer fills.
        for number in 0..1000 {
            bia.says(&format!("{number} {}", "x".repeat(number % 60)));
        }
        ana.types("ainda falo\r");
        bia.shows("ana: ainda falo");
    });
    ana.sees("999 ");
    ana.types("sair\r");
    ana.ends_with(0);
}

#[test]
fn signals_and_a_closed_window_leave_the_room_and_the_terminal_in_order() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut ana = Window::start(place.chat(&Home::new(), &["--screen", "--name", "ana"]));
        let before = ana.modes();
        ana.sees("● bia");
        ana.gets_signal(signal);
        ana.ends_with(code);
        assert!(ana.whole_screen().contains(ENDS), "{signal}");
        assert_eq!(ana.modes().local_flags, before.local_flags, "{signal}");
        bia.notes("ana left");
    }
    let command = place.chat(&Home::new(), &["--screen", "--name", "rui"]);
    let mut rui = Terminal::start(in_session(&command));
    rui.shows(BEGINS);
    bia.notes("rui entered");
    rui.vanishes();
    bia.notes("rui left");
}

#[test]
fn the_screen_is_put_away_while_the_job_is_stopped() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = screen(&place, "ana");
    ana.sees("● bia");
    ana.gets_signal("TSTP");
    ana.shows(ENDS);
    bia.says("enquanto isso");
    ana.gets_signal("CONT");
    ana.shows_behind(ENDS, BEGINS);
    ana.sees("bia: enquanto isso");
    ana.types("voltei\r");
    bia.shows("ana: voltei");
    assert!(ana.picture().alternate_screen());
}

#[test]
fn a_screen_is_what_a_terminal_gets_unless_lines_are_wanted_or_nothing_else_can_be() {
    let place = Place::on_loopback();
    let of = |name, args: &[&str]| {
        let args = [&["--name", name], args].concat();
        let mut command = place.chat(&Home::new(), &args);
        command.env_remove("RODA_FACE");
        command
    };
    let mut dumb = of("ana", &["--screen"]);
    dumb.env("TERM", "dumb");
    let unwanted = of("rui", &["--lines"]);
    let mut elsewhere = of("gil", &[]);
    elsewhere.env("RODA_FACE", "lines");
    // A dumb terminal edits its lines itself, and has no prompt of ours.
    for (command, prompt) in [
        (dumb, "you are ana"),
        (unwanted, "rui> "),
        (elsewhere, "gil> "),
    ] {
        let mut terminal = Terminal::start(command);
        terminal.shows(prompt);
        assert!(!terminal.screen().contains(BEGINS));
        terminal.types("sair\r");
        terminal.ends_with(0);
    }
    let mut usual = Terminal::start(of("bia", &[]));
    usual.shows(BEGINS);
}
