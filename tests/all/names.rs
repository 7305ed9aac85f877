//! Names that several people have, and names that look like others.

use crate::support;

use support::command;
use support::hub::{join, serve};
use support::place::{Home, Place};
use support::program::Program;

#[test]
fn one_s_own_name_passes_for_no_other() {
    for (name, character) in [
        ("ana\u{200b}", "U+200B"),
        ("ana\u{a0}luz", "U+00A0"),
        ("аna", "U+006E"),
        ("ana ✔", "✔"),
        ("ana ", "begins or ends with a blank"),
        ("ana#3f9c", "suffix"),
    ] {
        for mode in [
            &["chat"][..],
            &["hub", "join", "127.0.0.1"],
            &["tcp-peer", "--listen", "127.0.0.1:0"],
            &["multicast", "send", "--interface", "127.0.0.1"],
        ] {
            let mut ours = command(env!("CARGO_BIN_EXE_roda"));
            ours.args(mode).args(["--name", name]);
            let noted = Program::start(ours).ends_with(2).noted;
            assert!(noted[0].contains(character), "{mode:?} {name:?}: {noted:?}");
        }
    }
}

#[test]
fn a_namesake_is_told_so_and_cuts_nobody_off() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new(), Home::new()];
    let mut bia = place.member(&homes[0], "bia", &[]);
    let mut first = place.member(&homes[1], "ana", &[]);
    bia.notes("ana entered");
    first.notes("bia");
    let mut second = place.member(&homes[2], "ana", &[]);
    let taken = second.notes("ana is taken here: you appear as ana#");
    let shown = taken.split("appear as ").nth(1).unwrap();
    let suffixed = shown.split(';').next().unwrap();
    bia.notes(&format!("appears as {suffixed}"));
    bia.says("/msg ana para a primeira");
    first.shows("para a primeira");
    bia.says(&format!("/msg {suffixed} para a segunda"));
    second.shows("para a segunda");
    // The suffix is the beginning of what `roda id` shows.
    bia.says("/who ana");
    let digits = suffixed.split('#').nth(1).unwrap();
    bia.notes(&format!("{suffixed} has the fingerprint {digits} "));
    for mut program in [bia, first, second] {
        program.falls_silent();
        let shown = program.ends_with(0).shown;
        assert!(shown.len() <= 2, "{shown:?}");
    }
}

#[test]
fn a_login_that_all_share_floods_nobody() {
    let place = Place::on_loopback();
    let homes: Vec<Home> = (0..5).map(|_| Home::new()).collect();
    let mut members: Vec<Program> = Vec::new();
    for home in &homes {
        let mut ours = place.chat(home, &["--room", "turma"]);
        ours.env_remove("LOGNAME").env("USER", "aluno");
        let mut member = Program::start(ours);
        member.notes("aluno, in the room");
        if !members.is_empty() {
            member.notes("aluno is taken here: you appear as aluno#");
        }
        member.says("cheguei");
        for earlier in &mut members {
            earlier.shows_in_all("cheguei", 1);
        }
        members.push(member);
    }
    for (number, mut member) in members.into_iter().enumerate() {
        member.says("sair");
        let noted = member.ends_with(0).noted.join("\n");
        let taken = noted.matches("is taken here").count();
        let warnings = noted.matches("WARNING").count();
        assert_eq!(taken, usize::from(number > 0), "{number}: {noted}");
        assert!(taken + warnings <= 1, "{number}: {noted}");
    }
}

#[test]
fn at_a_hub_no_two_names_look_alike() {
    let (hub, port) = serve(&[]);
    let mut ana = join(port, "Ana Luz", &[]);
    for alike in ["ANA LUZ", "Ana Iuz"] {
        let mut ours = command(env!("CARGO_BIN_EXE_roda"));
        let address = format!("127.0.0.1:{port}");
        ours.args(["hub", "join", &address, "--name", alike]);
        let noted = Program::start(ours).ends_with(1).noted.join("\n");
        assert!(noted.contains("already taken"), "{alike}: {noted}");
    }
    ana.says("sair");
    ana.ends_with(0);
    hub.gets_signal("TERM");
    hub.ends_with(143);
}
