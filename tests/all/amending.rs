//! `/edit`, `/delete`, `/search`, `/context`: on pipes, as JSON, and for the course's programs.

use crate::support;

use serde_json::Value;
use support::place::{Home, Place};

/// The short id in a line of `/history`: `[14:03:21 k3mx9q] ana: oi`.
fn id_in(line: &str) -> String {
    let stamp = line.split(']').next().unwrap();
    let id = stamp.rsplit(' ').next().unwrap();
    assert_eq!(id.len(), 6, "{line}");
    id.to_owned()
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn what_was_said_is_changed_and_withdrawn_by_its_author_alone() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new()];
    let mut guest = place.receiver("caio", &[]);
    let mut ana = place.member(&homes[0], "ana", &[]);
    let mut bia = place.member(&homes[1], "bia", &[]);
    ana.notes("bia entered");
    bia.notes("ana is here");
    ana.says("/edit outra coisa");
    ana.notes("there is no last message of yours");
    ana.says("a prova é às 9h");
    bia.shows("ana: a prova é às 9h");
    ana.says("/edit a prova é às 10h");
    let line = bia.shows("* ana corrected [");
    assert!(line.ends_with("]: a prova é às 10h"), "{line}");
    ana.shows("* ana corrected [");
    guest.shows("ana: * corrected: a prova é às 10h");
    bia.says("/history");
    let line = bia.shows("] ana: a prova é às 10h (edited)");
    let id = id_in(&line);
    bia.says(&format!("/edit {id} peguei"));
    bia.notes(&format!("the message {id} is not yours"));
    bia.says("/apagar zzzzz0");
    bia.notes("no message zzzzz0 is held here");
    // A word that may be an id.
    ana.says("barato");
    bia.shows("ana: barato");
    ana.says("/edit barato demais");
    let line = bia.shows("barato demais");
    assert!(line.contains("ana corrected ["), "{line}");
    ana.says(&format!("/delete {}", id.to_uppercase()));
    bia.shows("* ana deleted [");
    ana.notes("its text is gone from every screen");
    ana.says(&format!("/edit {id} de volta"));
    ana.notes("that message is deleted, and stays so");
    bia.says("/history");
    bia.shows("] ana: (deleted)");
    bia.shows("] ana: barato demais (edited)");
    // Whoever comes later is told in the newest form, or of one change after the other.
    let mut late = place.member(&Home::new(), "late", &[]);
    late.shows("barato demais");
    // In another session it is the same person.
    ana.says("sair");
    ana.ends_with(0);
    let mut ana = place.member(&homes[0], "ana", &[]);
    ana.says("/history");
    ana.shows("] ana: barato demais (edited)");
    ana.says("/edit barato, afinal");
    late.shows("]: barato, afinal");
    late.falls_silent();
    late.ends_with(0);
}

#[test]
fn programs_change_and_find_by_json() {
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &[]);
    let mut bot = place.member(&Home::new(), "bot", &["--json"]);
    ana.notes("bot entered");
    bot.shows(r#""user":"ana""#);
    bot.says(r#"{"say": "um", "id": 1}"#);
    let said = event(&bot.shows(r#""request":"1""#));
    let id = said["id"].as_str().unwrap();
    bot.says(&format!(
        r#"{{"edit": "{id}", "say": "dois\ntrês", "id": 2}}"#
    ));
    let edited = event(&bot.shows(r#""request":"2""#));
    assert_eq!(
        (&edited["event"], &edited["id"]),
        (&"edited".into(), &said["id"])
    );
    assert_eq!(
        (&edited["own"], &edited["data"]),
        (&true.into(), &"dois\ntrês".into())
    );
    ana.shows("]: dois␊três");
    ana.says("você vem?");
    bot.shows("você vem?");
    bot.says("/search VOCE since:1h");
    let found = event(&bot.shows(r#""event":"found""#));
    assert_eq!(
        (&found["data"], &found["match"]),
        (&"você vem?".into(), &true.into())
    );
    assert_eq!(found["marks"], serde_json::json!([[0, 5]]));
    let searched = event(&bot.shows(r#""event":"searched""#));
    assert_eq!(searched["messages"], 1);
    // Around it stands what was said before.
    bot.says(&format!("/context {}", found["short"].as_str().unwrap()));
    let neighbour = event(&bot.shows(r#""data":"dois\ntrês","own":true,"edited":true"#));
    assert_eq!(
        (&neighbour["event"], &neighbour["match"]),
        (&"found".into(), &Value::Null)
    );
    bot.says(&format!(r#"{{"delete": "{id}", "id": 3}}"#));
    let deleted = event(&bot.shows(r#""event":"deleted""#));
    assert_eq!(
        (&deleted["id"], &deleted["request"]),
        (&said["id"], &"3".into())
    );
    ana.shows("* bot deleted [");
    bot.says(r#"{"delete": "nada", "id": 4}"#);
    let failed = event(&bot.shows(r#""request":"4""#));
    assert_eq!(
        (&failed["code"], &failed["name"]),
        (&"no_message_id".into(), &"nada".into())
    );
    bot.says(r#"{"edit": "x", "delete": "y", "id": 5}"#);
    bot.shows(r#""code":"not_say""#);
    ana.says("/search dois");
    ana.notes("nothing was found");
    ana.says("/buscar vem from:ana");
    ana.shows("] ana: você vem?");
    ana.notes("1 message found");
    ana.says("/history 1h");
    ana.shows("] bot: (deleted)");
    ana.says("/search x since:depois");
    ana.notes("'depois' is no time");
    bot.falls_silent();
    bot.ends_with(0);
}

#[test]
fn a_pipe_that_ends_with_a_change_delivers_it() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut ana = place.member(&Home::new(), "ana", &[]);
    bia.notes("ana entered");
    ana.says("ums");
    ana.says("/edit um");
    ana.falls_silent();
    ana.ends_with(0);
    let line = bia.shows("* ana corrected [");
    assert!(line.ends_with("]: um"), "{line}");
}
