//! A terminal and the session that it rules: another size, jobs that stop and go on, a window that
//! is closed, and a prompt while both outputs are files.
#![cfg(unix)]

use crate::support;

use std::fs::{self, File};
use std::process::Command;

use nix::sys::termios::Termios;
use support::hub::{joining, serve};
use support::place::{Home, Place};
use support::program::Program;
use support::tcp::{listener, tcp_peer};
use support::terminal::{Terminal, in_session};
use support::{command, wait_until};

/// The call of a program as a line of a shell.
fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_str().unwrap()));
    quoted.collect::<Vec<_>>().join(" ")
}

/// A script with job control, which leaves the modes of its terminal alone.
fn script(lines: &str) -> Command {
    let mut shell = command("bash");
    shell.args(["--norc", "-c", &format!("set -m; {lines}")]);
    in_session(&shell)
}

/// A talk: whom a terminal's person talks to, and the call of her program.
fn talk() -> (Program, Command) {
    let (bia, port) = listener(&["--name", "bia"]);
    let address = format!("127.0.0.1:{port}");
    let flags = ["--connect", &address, "--name", "ana", "--color", "never"];
    (bia, tcp_peer(&flags))
}

/// The modes of a terminal that no program has set.
fn fresh_modes() -> Termios {
    Terminal::start(command("true")).modes()
}

/// What was written behind a mark.
fn behind<'s>(screen: &'s str, mark: &str) -> &'s str {
    screen.rsplit_once(mark).unwrap().1
}

/// Waits until a process is gone; one that nobody has waited for yet is.
fn is_gone(process: &str) {
    let stat = format!("/proc/{process}/stat");
    let is_gone = || match fs::read_to_string(&stat) {
        Ok(stat) => behind(&stat, ") ").starts_with('Z').then_some(()),
        Err(_) => Some(()),
    };
    if wait_until(is_gone).is_none() {
        support::run(&format!("kill -KILL {process}"));
        panic!("process {process} was left");
    }
}

#[test]
fn a_line_that_was_begun_is_drawn_again_for_another_size() {
    let (mut bia, ana) = talk();
    let mut ana = Terminal::start(in_session(&ana));
    ana.begins_a_line();
    ana.shows("talking to bia");
    let half = "uma frase que ainda não acabou";
    ana.types(half);
    ana.shows(half);
    // The terminal itself makes `\r\n` of a line end.
    for (columns, rows, heard) in [
        (
            20,
            "ana> uma frase que a\r\r\ninda não acabou",
            "] bia: em\r\n  20",
        ),
        (
            12,
            "ana> uma fra\r\r\nse que ainda\r\r\n não acabou",
            "]\r\n  bia: em 12",
        ),
        (60, "ana> uma frase que ainda não acabou", "] bia: em 60"),
    ] {
        // Behind this line, only the size can bring what was typed back.
        let mark = format!("antes-{columns}");
        bia.says(&mark);
        ana.shows(&format!("{mark}\r\nana> "));
        ana.resizes(columns, 24);
        ana.shows_behind(&mark, &format!("\x1b[J{rows}"));
        bia.says(&format!("em {columns}"));
        // What is said is broken between words instead.
        ana.shows(&format!("{heard}\r\n{rows}"));
    }
    ana.types("!\r");
    bia.shows(&format!("ana: {half}!"));
}

#[test]
fn a_member_who_stops_gives_the_terminal_back_and_may_go_on_in_the_background() {
    let place = Place::on_loopback();
    let home = Home::new();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let chat = place.chat(&home, &["--name", "ana"]);
    let lines = format!(
        "{}; echo \"stopped $?.\"; read word; echo \"read $word.\"; bg; \
         read word; echo \"read $word.\"; fg; echo \"end $?.\"",
        line_of(&chat)
    );
    let mut shell = script(&lines);
    shell.envs(chat.get_envs().filter_map(|(k, v)| Some((k, v?))));
    let mut terminal = Terminal::start(shell);
    let found = fresh_modes();
    terminal.begins_a_line();
    bia.notes(" entered");
    terminal.types("meia ");
    terminal.shows("ana> meia ");
    assert_ne!(terminal.modes(), found);
    terminal.types("\x1a");
    let shown = terminal.shows("stopped ");
    assert_eq!(terminal.modes(), found);
    assert!(
        behind(&shown, "\x1b[?2004").starts_with('l'),
        "pastes stay marked: {shown:?}"
    );
    terminal.types("primeira\n");
    terminal.shows("read primeira.");
    // In the background: others' lines appear, and no prompt; keys are the shell's.
    bia.says("ainda ouve?");
    let shown = terminal.shows(": ainda ouve?");
    assert!(!behind(&shown, "stopped ").contains("ana> "), "{shown:?}");
    assert_eq!(terminal.modes(), found);
    terminal.types("segunda\n");
    terminal.shows("read segunda.");
    // And again in the foreground.
    terminal.shows_behind("read segunda.", "ana> meia ");
    terminal.types("frase\r");
    bia.shows(": meia frase");
    terminal.types("sair\r");
    terminal.shows("end 0.");
    assert_eq!(terminal.modes(), found);
}

#[test]
fn a_job_that_was_stopped_and_goes_on_in_the_background_is_ended_by_a_signal() {
    let (mut bia, ana) = talk();
    let lines = format!(
        "{}; echo \"stopped $?.\"; bg; read word; kill -TERM %1; wait %1; echo \"end $?.\"",
        line_of(&ana)
    );
    let mut terminal = Terminal::start(script(&lines));
    terminal.begins_a_line();
    bia.notes("connected to");
    terminal.types("\x1a");
    terminal.shows("stopped ");
    bia.says("ainda ouve?");
    terminal.shows("] bia: ainda ouve?");
    terminal.types("agora\n");
    terminal.shows("end 143.");
}

#[test]
fn a_stop_that_no_program_notices_is_made_good_when_it_goes_on() {
    let (mut bia, ana) = talk();
    let lines = format!(
        "sh -c 'echo job $$.; exec \"$@\"' sh {}; echo \"stopped $?.\"; stty sane; \
         read word; fg; echo \"end $?.\"",
        line_of(&ana)
    );
    let mut terminal = Terminal::start(script(&lines));
    terminal.begins_a_line();
    let shown = terminal.shows("talking to bia");
    let (job, _) = behind(&shown, "job ").split_once('.').unwrap();
    terminal.types("meia ");
    terminal.shows("ana> meia ");
    let keys = terminal.modes();
    support::run(&format!("kill -STOP {job}"));
    terminal.shows("stopped ");
    let sane = wait_until(|| Some(terminal.modes()).filter(|modes| *modes != keys));
    terminal.types("segue\n");
    terminal.shows_behind("stopped ", "ana> meia ");
    let is_taken = || terminal.modes().local_flags == keys.local_flags;
    assert!(wait_until(|| is_taken().then_some(())).is_some());
    terminal.types("frase\r");
    bia.shows("ana: meia frase");
    terminal.types("sair\r");
    terminal.shows("end 0.");
    assert_eq!(Some(terminal.modes()), sane);
}

/// Every mode that talks: its call, and what it shows once it reads keys.
fn talkers(place: &Place, home: &Home, hub: u16, peer: u16) -> Vec<(Command, &'static str)> {
    let address = format!("127.0.0.1:{peer}");
    vec![
        (place.chat(home, &["--name", "ana"]), "ana> "),
        (joining(hub, "ana", &[]), "joined"),
        (tcp_peer(&["--connect", &address]), "connected to"),
        (tcp_peer(&["--listen", "127.0.0.1:0"]), "--connect"),
        (place.multicast("send", &["--name", "ana"]), "ana> "),
    ]
}

#[test]
fn a_terminal_that_vanishes_is_a_hangup_in_every_mode_that_talks() {
    let place = Place::on_loopback();
    let (_hub, hub) = serve(&[]);
    let (_peer, peer) = listener(&["--keep-listening"]);
    let home = Home::new();
    // The terminal of the session, and one that only reading and writing tell about.
    for is_own in [true, false] {
        for (talker, ready) in talkers(&place, &home, hub, peer) {
            let talker = match is_own {
                true => in_session(&talker),
                false => talker,
            };
            let mut terminal = Terminal::start(talker);
            terminal.begins_a_line();
            terminal.shows(ready);
            terminal.types("meia lin");
            terminal.vanishes();
            terminal.ends_with(129);
        }
    }
}

#[test]
fn a_terminal_that_vanishes_is_a_hangup_where_only_keys_came_from_it() {
    let place = Place::on_loopback();
    let (_hub, hub) = serve(&[]);
    let (_peer, peer) = listener(&["--keep-listening"]);
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    for (number, (talker, _)) in talkers(&place, &home, hub, peer).into_iter().enumerate() {
        let path = |name: &str| folder.path().join(format!("{number} {name}"));
        let file = |name: &str| File::create(path(name)).unwrap();
        let modes = fresh_modes();
        let mut terminal = Terminal::start_with_files(talker, file("shown"), file("noted"));
        assert!(wait_until(|| (terminal.modes() != modes).then_some(())).is_some());
        terminal.vanishes();
        terminal.ends_with(129);
    }
}

#[test]
fn a_shell_whose_terminal_vanishes_leaves_no_talk_behind() {
    let place = Place::on_loopback();
    let (_hub, hub) = serve(&[]);
    let (_peer, peer) = listener(&["--keep-listening"]);
    let home = Home::new();
    for (talker, ready) in talkers(&place, &home, hub, peer) {
        let lines = format!(
            "sh -c 'echo job $$.; exec \"$@\"' sh {}; read word",
            line_of(&talker)
        );
        let mut shell = script(&lines);
        shell.envs(talker.get_envs().filter_map(|(k, v)| Some((k, v?))));
        let mut terminal = Terminal::start(shell);
        terminal.begins_a_line();
        let shown = terminal.shows(ready);
        let (job, _) = behind(&shown, "job ").split_once('.').unwrap();
        terminal.vanishes();
        is_gone(job);
        is_gone(&terminal.process().to_string());
    }
}

#[test]
fn a_prompt_goes_to_the_terminal_where_both_outputs_are_files() {
    let folder = tempfile::tempdir().unwrap();
    let [shown, noted] = ["shown", "noted"].map(|name| folder.path().join(name));
    let files = || [&shown, &noted].map(|path| File::create(path).unwrap());
    let (mut bia, ana) = talk();
    let [out, err] = files();
    let mut ana = Terminal::start_with_files(in_session(&ana), out, err);
    let found = fresh_modes();
    ana.begins_a_line();
    ana.shows("ana> ");
    bia.notes("connected to");
    ana.types("oi, gen\x7f\x7f\x7fbia\r");
    bia.shows("ana: oi, bia");
    ana.shows("ana> oi, bia");
    bia.says("olá");
    bia.says("sair");
    ana.ends_with(0);
    assert_eq!(ana.modes(), found);
    let screen = ana.whole_screen();
    assert!(behind(&screen, "\x1b[?2004").starts_with('l'), "{screen:?}");
    assert!(!screen.contains("olá"), "{screen:?}");
    let [shown, noted] = [shown, noted].map(|path| fs::read_to_string(path).unwrap());
    assert!(shown.contains("] bia: olá\n"), "{shown:?}");
    assert!(noted.contains("talking to bia"), "{noted:?}");
    for text in [shown, noted] {
        assert!(!text.contains('\x1b') && !text.contains("> "), "{text:?}");
    }
}

#[test]
fn others_see_a_member_leave_whose_window_is_closed() {
    for is_own in [true, false] {
        let place = Place::on_loopback();
        let mut bia = place.member(&Home::new(), "bia", &[]);
        let chat = place.chat(&Home::new(), &["--name", "ana"]);
        let mut ana = Terminal::start(match is_own {
            true => in_session(&chat),
            false => chat,
        });
        ana.begins_a_line();
        bia.notes(" entered");
        ana.types("meia lin");
        ana.vanishes();
        ana.ends_with(129);
        bia.notes(" left");
    }
}
