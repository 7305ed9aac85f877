//! A room with a host, by the real program: the invitation of two lines, and who may decide.
#![cfg(unix)]

use crate::support;

use std::fs;

use super::page::{Host, waits_for_room};
use super::page_call::{browser_with_devices, clicks_on, mark, opens_call};
use super::starting::with_terminal;
use serde_json::Value;
use support::place::{Home, Place};
use support::program::Program;
use support::terminal::Terminal;
use support::{Need, available};

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// Makes an invitation whose host is the person of this home, and returns its path.
fn hosted(place: &Place, home: &Home) -> String {
    let file = home.path().join("convite");
    let file = file.to_str().unwrap().to_owned();
    let id = id_of(home);
    let args = ["room", "new", "turma-a", "--host", "--identity", &id];
    let args = [&args[..], &["--output", &file]].concat();
    let made = Program::start(place.command(env!("CARGO_BIN_EXE_roda"), &args)).ends_with(0);
    let said = made.noted.join("\n");
    assert!(said.contains("You are the host"), "{said}");
    file
}

fn id_of(home: &Home) -> String {
    home.path().join("id-of-host").to_str().unwrap().to_owned()
}

#[test]
fn an_invitation_with_a_host_opens_a_room_of_its_own() {
    let place = Place::on_loopback();
    let home = Home::new();
    let file = hosted(&place, &home);
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[1].starts_with("host "), "{text}");
    let chat = |given: &str| {
        let home = Home::new();
        let mut chat = place.chat(&home, &["--name", "bia"]);
        chat.env("RODA_INVITE", given);
        Program::start(chat).keeping(&home)
    };
    let mut ana = place.member(&home, "ana", &["--invite-file", &file]);
    // In one line, and as a key file, too, both lines mean the same room.
    let in_one_line = text.replace('\n', " ");
    chat(&in_one_line).notes("ana is here");
    ana.notes("bia entered");
    let mut caio = place.member(&Home::new(), "caio", &["--key-file", &file]);
    caio.notes("ana is here");
    // The first line alone is another room, of the same name.
    let mut alone = chat(lines[0]);
    alone.notes("turma-a");
    alone.notes("another key");
    let flawed = [
        (format!("{}\nfoo", lines[0]), "is not the line of its host"),
        (format!("{}\nhost 0248", lines[0]), "has 56 characters"),
        (
            text.trim().replace("host ", "host U"),
            "does not contain 'U'",
        ),
        (
            format!("DZY1-WT2Z-EYDX-6MG1-M3V1-N6BQ-8EG4\n{}", lines[1]),
            "belongs to another invitation",
        ),
    ];
    for (given, why) in flawed {
        let mut bia = chat(&given);
        bia.notes(why);
        bia.ends_with(2);
    }
}

#[test]
fn both_lines_of_an_invitation_are_pasted_where_a_key_is_asked_for() {
    let place = Place::on_loopback();
    let home = Home::new();
    let file = hosted(&place, &home);
    let text = fs::read_to_string(&file).unwrap();
    let mut ana = place.member(&home, "ana", &["--invite-file", &file]);
    // A paste with its last line end, and one without it, which the person's Enter ends.
    for (name, end) in [("bia", "\r"), ("rui", "")] {
        let home = Home::new();
        let args = ["--lines", "--name", name, "--room", "turma-a", "--key"];
        let mut terminal = Terminal::start(with_terminal(&place.chat(&home, &args)));
        terminal.shows("Passphrase or invitation of the room: ");
        let paste = text.trim().replace('\n', "\r");
        terminal.types(&format!("{paste}{end}"));
        if end.is_empty() {
            terminal.types("\r");
        }
        ana.notes(&format!("{name} entered"));
        terminal.begins_a_line();
        terminal.types("sair\r");
        ana.notes(&format!("{name} left"));
        terminal.ends_with(0);
        let screen = terminal.whole_screen();
        let code = text.lines().nth(1).unwrap().get(..14).unwrap();
        assert!(!screen.contains(code), "{screen}");
    }
}

#[test]
fn the_host_mutes_and_appoints_and_nobody_else_does() {
    let place = Place::on_loopback();
    let home = Home::new();
    let file = hosted(&place, &home);
    let id = id_of(&home);
    let args = ["--json", "--identity", &id, "--invite-file", &file];
    let mut ana = place.member(&home, "ana", &args);
    let guest = ["--json", "--invite-file", &file];
    let mut bia = place.member(&Home::new(), "bia", &guest);
    let mut rui = place.member(&Home::new(), "rui", &["--invite-file", &file]);
    for member in [&mut ana, &mut bia] {
        member.shows_in_all(r#""event":"entered""#, 2);
    }
    bia.says("/mute rui");
    bia.shows("not_moderator");
    rui.says("/mute");
    rui.notes("only the room's host");
    ana.says("/host");
    let roles = event(&ana.shows(r#""event":"roles""#));
    assert_eq!(roles["roles"]["role"], "host");
    assert_eq!(roles["roles"]["host"]["user"], "ana");
    ana.says("/appoint bia");
    let appointed = event(&ana.shows(r#""event":"appointed""#));
    assert_eq!(appointed["by"]["own"], true);
    bia.shows(r#""event":"appointed""#);
    bia.says("/mute rui");
    let muted = event(&ana.shows(r#""event":"muted""#));
    assert_eq!(
        (&muted["user"], &muted["by"]["user"]),
        (&"rui".into(), &"bia".into())
    );
    rui.notes("bia muted you for all");
    // Whoever comes late knows it, and can name who is muted.
    let args = ["--json", "--invite-file", &file];
    let mut late = place.member(&Home::new(), "late", &args);
    late.shows(r#""muted":[{"user":"rui""#);
    late.says("/host");
    late.shows("The host of this room is ana; May mute and give the word, too: bia; Muted for all");
    // The list of members says who may decide.
    rui.says("/who");
    rui.notes("ana ★, bia ☆");
    ana.says("/who");
    let members = event(&ana.shows(r#""role":"moderator""#));
    let role = |name: &str| {
        let members = members["members"].as_array().unwrap();
        let found = members.iter().find(|it| it["user"] == name);
        found.map(|it| it["role"].clone())
    };
    assert_eq!(role("ana"), Some("host".into()));
    assert_eq!(role("bia"), Some("moderator".into()));
    assert_eq!(role("rui"), Some(Value::Null));
    ana.says("/dismiss bia");
    bia.shows(r#""event":"dismissed""#);
    bia.says("/unmute rui");
    bia.shows_in_all("not_moderator", 2);
}

#[test]
fn a_room_without_a_host_says_what_to_do_instead() {
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--room", "turma-a"]);
    ana.says("/mute");
    ana.notes("this room has no host");
    ana.notes("roda room new NAME --host");
}

#[test]
fn the_page_of_the_host_mutes_and_gives_the_word() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let home = Home::new();
    let (file, id) = (hosted(&place, &home), id_of(&home));
    let args = ["--identity", &id, "--invite-file", &file];
    let ana = Host::start(&place, "ana", &args);
    let mut bia = Host::start(&place, "bia", &["--invite-file", &file]);
    bia.program.notes("ana is here");
    let open = |host: &Host| {
        let browser = browser_with_devices(None, 1000);
        browser.opens(&host.link);
        waits_for_room(&browser);
        opens_call(&browser);
        browser
    };
    let (of_ana, of_bia) = (open(&ana), open(&bia));
    clicks_on(&of_ana, "Watch and listen");
    clicks_on(&of_bia, "Speak");
    bia.program.notes("You are heard");
    let mute = "document.querySelector('#call .voices [title=\"Mute bia for all\"]')";
    of_ana.waits_for(mute);
    of_ana.runs(&format!("{mute}.click()"), &[]);
    bia.program.notes("ana muted you for all");
    bia.program.notes("You are not heard any more");
    let words = "document.querySelector('#call .call-says').textContent";
    of_bia.waits_for(&format!("{words}.startsWith('ana muted you for all')"));
    assert_eq!(mark(&of_bia), "", "nothing is on any more");
    let speak = "[...document.querySelectorAll('#call button')] \
        .find((one) => one.textContent.endsWith('Speak'))";
    of_bia.waits_for(&format!("{speak}.disabled"));
    assert!(of_bia.runs(&format!("return Boolean({mute})"), &[]) == false);
    clicks_on(&of_bia, "Ask for the word");
    clicks_on(&of_ana, "Give bia the word");
    bia.program.notes("You have the word");
    of_bia.waits_for(&format!("!{speak}.disabled"));
    clicks_on(&of_bia, "Speak");
    bia.program.notes("You are heard");
    of_ana.waits_for("document.querySelector('#call .voices li')");
    let host = "document.querySelector('#call .rules').textContent";
    of_bia.waits_for(&format!("{host} === '★ Host: ana'"));
}
