//! What stands around the modes: services that read no input, invitations in files, settings in a
//! file, completions and man pages.
#![cfg(unix)]

use crate::support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use support::command;
use support::place::{Home, Place};
use support::program::Program;

/// `roda …`, to be started.
fn roda(args: &[&str]) -> Command {
    let mut roda = command(env!("CARGO_BIN_EXE_roda"));
    roda.args(args);
    roda
}

#[test]
fn a_service_reads_no_input_and_ends_by_a_signal() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let inputs = ["exec \"$@\" < /dev/null", "exec \"$@\" <&-", "exec \"$@\""];
    for (at, script) in inputs.into_iter().enumerate() {
        let name = format!("mon{at}");
        let home = Home::new();
        let inner = place.chat(&home, &["--name", &name, "--listen-only"]);
        let mut shell = command("sh");
        shell.args(["-c", script, "sh"]).arg(inner.get_program());
        shell.args(inner.get_args());
        let variables = inner.get_envs();
        shell.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        let mut service = Program::start(shell).keeping(&home);
        if !script.contains('<') {
            service.says(&format!("dito por {name}"));
        }
        service.falls_silent();
        service.notes("/help lists");
        bia.notes(&format!("{name} entered"));
        let said = format!("oi, {name}");
        bia.says(&said);
        service.shows(&said);
        service.gets_signal("TERM");
        service.ends_with(143);
        bia.notes(&format!("{name} left"));
        assert!(!bia.has_shown(&format!("dito por {name}")));
    }
}

#[test]
fn an_invitation_is_written_for_its_owner_alone_and_replaces_no_file() {
    let folder = support::folder();
    let path = folder.path().join("convite");
    let file = path.to_str().unwrap();
    let new = || Program::start(roda(&["room", "new", "turma-a", "--output", file]));
    let made = new().ends_with(0);
    assert!(made.shown.is_empty(), "{made:?}");
    let typed = made.noted.iter().find_map(|line| line.split_once("type: "));
    let (_, typed) = typed.expect("it says what to type");
    assert_eq!(typed, format!("roda chat --invite-file {file}"));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let invitation = fs::read_to_string(&path).unwrap();
    assert!(invitation.starts_with("turma-a "), "{invitation}");
    let mut again = new();
    again.notes("exists already");
    again.ends_with(1);
    assert_eq!(fs::read_to_string(&path).unwrap(), invitation);
    // Whoever has it enters, and the room is the one that it names.
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--invite-file", file]);
    ana.notes("turma-a");
}

#[test]
fn an_invitation_to_another_room_than_the_named_one_is_wrong_use() {
    let place = Place::on_loopback();
    let folder = support::folder();
    let path = folder.path().join("convite");
    let file = path.to_str().unwrap();
    Program::start(roda(&["room", "new", "turma-a", "--output", file])).ends_with(0);
    let invitation = fs::read_to_string(&path).unwrap();
    let home = Home::new();
    for room in ["turma-b", "lobby"] {
        let by_file = place.chat(&home, &["--room", room, "--invite-file", file]);
        let mut by_variable = place.chat(&home, &["--room", room]);
        by_variable.env("RODA_INVITE", &invitation);
        for command in [by_file, by_variable] {
            let mut ana = Program::start(command);
            ana.notes(&format!("for the room turma-a, not for {room}"));
            ana.ends_with(2);
        }
    }
    let mut ana = place.member(&home, "ana", &["--room", "turma-a", "--invite-file", file]);
    ana.says("sair");
    ana.falls_silent();
}

#[test]
fn a_mistyped_invitation_opens_no_room_unless_it_is_said_to_be_a_passphrase() {
    let place = Place::on_loopback();
    let home = Home::new();
    // The last character is another one.
    let mistyped = "DZY1-WT2Z-EYDX-6MG1-M3V1-N6BQ-8EG5";
    let keyed = |args: &[&str]| {
        let mut chat = place.chat(&home, &[&["--room", "turma-a"], args].concat());
        chat.env("RODA_ROOM_KEY", mistyped);
        Program::start(chat)
    };
    let mut ana = keyed(&[]);
    ana.notes("mistyped");
    ana.notes("--passphrase");
    ana.ends_with(2);
    let mut ana = keyed(&["--passphrase"]);
    ana.notes("/help lists");
    ana.gets_signal("TERM");
    ana.ends_with(143);
}
