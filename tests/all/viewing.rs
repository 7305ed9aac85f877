//! Files on a terminal: pictures by half blocks, texts as texts, how far transfers are, and a
//! picture that comes out of the clipboard.
#![cfg(unix)]

use crate::support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::files::file;
use support::place::{Home, Place};
use support::program::Program;
use support::terminal::{Terminal, Window};
use support::{folder, wait_until};
use tempfile::TempDir;

/// A picture of 4 by 2 pixels: red on the left, blue on the right.
pub(crate) const PICTURE: &[u8] =
    b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x04\
    \x00\x00\x00\x02\x08\x02\x00\x00\x00\xf0\xca\xea\x34\x00\x00\x00\x13\x49\x44\x41\
    \x54\x78\xda\x63\xf8\xcf\xc0\x00\x44\x60\xe2\x3f\x03\x32\x07\x00\x67\xb2\x07\xf9\
    \xf7\x92\x56\x82\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// Makes a file with these bytes; its path.
fn made(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A text that would set the title of a terminal's window.
const TEXT: &[u8] = b"um\x1b]0;mal\x07\n\tdois\n";

#[test]
fn on_the_screen_a_picture_is_drawn_by_half_blocks_and_a_text_is_clean() {
    let place = Place::on_loopback();
    let from = folder();
    let mut command = place.chat(&Home::new(), &["--screen", "--name", "ana"]);
    command
        .env("TERM", "xterm-256color")
        .env("COLORTERM", "truecolor");
    let mut ana = Window::start(command);
    ana.sees("lobby");
    ana.types(&format!("/send {}\r", made(&from, "mapa.png", PICTURE)));
    ana.sees("you offer mapa.png");
    // What goes with the offer stands below it, larger than this picture is.
    ana.sees(&"▀".repeat(16));
    ana.types("/view\r");
    ana.sees_that("the picture alone", |seen| {
        seen.contains("▀▀▀▀") && !seen.contains("▀▀▀▀▀")
    });
    let screen = ana.picture();
    let (rows, columns): (u16, u16) = {
        let (rows, columns) = screen.size();
        (rows.into(), columns.into())
    };
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let cells = cells.filter_map(|(row, column)| screen.cell(row, column));
    let halves: Vec<_> = cells.filter(|cell| cell.contents() == "▀").collect();
    let colors: Vec<_> = halves
        .iter()
        .map(|cell| (cell.fgcolor(), cell.bgcolor()))
        .collect();
    let (red, blue) = (vt100::Color::Rgb(255, 0, 0), vt100::Color::Rgb(0, 0, 255));
    assert_eq!(colors, [(red, red), (red, red), (blue, blue), (blue, blue)]);
    ana.types("\x1b");
    ana.sees(&"▀".repeat(16));
    ana.types(&format!("/send {}\r", made(&from, "notas.txt", TEXT)));
    ana.sees("you offer notas.txt");
    ana.types("/view 2\r");
    ana.sees("    dois");
    ana.types("q");
    ana.sees_that("no text", |seen| !seen.contains("    dois"));
    ana.types(&format!("/send {}\r", made(&from, "falsa.png", b"<svg/>")));
    ana.sees("you offer falsa.png");
    ana.types("/view 3\r");
    ana.sees("neither a text nor");
    ana.types("q/view 9\r");
    ana.sees("no such offer");
    ana.types("sair\r");
    ana.ends_with(0);
    let all = ana.whole_screen();
    assert!(!all.contains("\x1b]0;mal"), "a text set the title");
}

#[test]
fn line_by_line_a_text_is_printed_and_what_is_not_here_is_told() {
    let place = Place::on_loopback();
    let from = folder();
    let mut ana = place.member(&Home::new(), "ana", &[]);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    bia.notes("ana");
    ana.says(&format!("/send {}", made(&from, "notas.txt", TEXT)));
    ana.notes("you offer notas.txt");
    ana.says("/view 1");
    ana.notes("dois");
    bia.notes("offers notas.txt");
    bia.says("/view 1");
    bia.notes("it is not here: /get 1 gets it");
    ana.says(&format!("/send {}", made(&from, "mapa.png", PICTURE)));
    ana.notes("you offer mapa.png");
    ana.says("/ver");
    ana.notes("that is a picture");
    let noted = ana.noted().join("\n");
    assert!(!noted.contains('\x1b'), "{noted:?}");
}

/// A member at whose desktop some programs are.
fn at_desktop(place: &Place, programs: &Path) -> Program {
    let home = Home::new();
    let mut command: Command = place.chat(&home, &["--name", "ana"]);
    command
        .env("PATH", programs)
        .env("WAYLAND_DISPLAY", "wayland-0");
    command.env_remove("DISPLAY");
    let mut ana = Program::start(command).keeping(&home);
    ana.notes("/help lists");
    ana
}

#[test]
fn a_picture_of_the_clipboard_is_offered_or_it_is_said_what_to_try() {
    let place = Place::on_loopback();
    let programs = folder();
    let mut ana = at_desktop(&place, programs.path());
    ana.says("/paste");
    ana.notes("no program is here that reads it");
    let picture = made(&programs, "picture", PICTURE);
    let script = made(
        &programs,
        "wl-paste",
        format!("#!/bin/sh\nexec /bin/cat {picture}\n").as_bytes(),
    );
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    bia.notes("ana");
    ana.says("/colar");
    ana.notes("you offer picture 20");
    bia.notes(&format!(".png, {} B (get it with /get 1)", PICTURE.len()));
    fs::write(&picture, "no picture").unwrap();
    ana.says("/paste");
    ana.notes("the clipboard holds none");
}

#[test]
fn who_gives_at_a_terminal_sees_how_far_it_is() {
    let place = Place::on_loopback();
    let (from, into) = (folder(), folder());
    let path = file(&from, "disco.img", 60_000_000);
    let path_typed = path.to_str().unwrap();
    let mut ana = Terminal::start(place.drops(&Home::new(), "ana", &[path_typed]));
    ana.shows("you offer disco.img");
    let bia = place.takes(&Home::new(), "bia", into.path(), &["--yes", "--once"]);
    ana.shows("░ disco.img: 0 of 1 have it, waiting for bia");
    bia.ends_with(0);
    ana.shows("1 person has it");
    ana.ends_with(0);
    wait_until(|| into.path().join("disco.img").exists().then_some(())).expect("it is there");
}
