//! `/ignore`: nothing of somebody is shown any more, and nobody else notices.

use crate::support;

use support::datagrams::Stranger;
use support::hub::{join, serve};
use support::place::{Home, Place};

#[test]
fn an_ignored_person_is_neither_seen_nor_told() {
    let place = Place::on_loopback();
    let homes = [Home::new(), Home::new(), Home::new()];
    let mut bia = place.member(&homes[0], "bia", &[]);
    let mut ana = place.member(&homes[1], "ana", &[]);
    let mut zeca = place.member(&homes[2], "zeca", &[]);
    ana.notes("zeca entered");
    zeca.notes("ana is here");
    zeca.says("antes");
    ana.shows("zeca: antes");
    ana.says("oi, zeca");
    zeca.shows("ana: oi, zeca");
    ana.says("/ignore zeca");
    ana.notes("you ignore zeca: nothing of them appears any more");
    ana.says("/ignore ana");
    ana.notes("you cannot ignore yourself");
    ana.says("/ignore");
    ana.notes("you ignore zeca");
    let said = ["escondida", "/me some", "/msg ana segredo"];
    said.iter().for_each(|line| zeca.says(line));
    bia.shows("* zeca some");
    zeca.falls_silent();
    zeca.ends_with(0);
    bia.notes("zeca left");
    // Its key remains the same, and its name does not matter.
    let mut zeca = place.member(&homes[2], "outro", &[]);
    zeca.says("de novo");
    bia.shows("outro: de novo");
    bia.says("fim");
    ana.shows("bia: fim");
    ana.says("/history");
    ana.shows_in_all("bia: fim", 2);
    ana.says("/who");
    ana.notes("outro (ignored)");
    ana.falls_silent();
    let seen = ana.ends_with(0);
    assert!(
        !seen.shown.iter().any(|line| line.contains("some")),
        "{seen:?}"
    );
    assert!(
        !seen.shown.iter().any(|line| line.contains("segredo")),
        "{seen:?}"
    );
    let hidden = ["escondida", "de novo"];
    let is_hidden = |line: &String| !hidden.iter().any(|hidden| line.contains(hidden));
    assert!(seen.shown.iter().all(is_hidden), "{seen:?}");
    let told = |part: &str| seen.noted.iter().any(|line| line.contains(part));
    assert!(!told("zeca left") && !told("outro entered"), "{seen:?}");

    // In the next session it is the same, until it is undone.
    let mut ana = place.member(&homes[1], "ana", &[]);
    zeca.notes("ana entered");
    zeca.says("ainda");
    bia.says("olá");
    ana.shows("bia: olá");
    bia.shows("outro: ainda");
    assert!(!ana.has_shown("ainda") && !ana.has_shown("de novo"));
    ana.says("/unignore zeca");
    ana.notes("you no longer ignore");
    ana.says("/unignore zeca");
    ana.notes("you do not ignore anybody called 'zeca'");
    zeca.says("visível");
    ana.shows("outro: visível");
    // What was hidden was kept, and is shown now.
    ana.says("/history");
    ana.shows_in_all("outro: visível", 2);
    ana.shows("outro: ainda");
}

#[test]
fn a_guest_is_ignored_by_name_and_address() {
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--json"]);
    let guest = Stranger::on_loopback(place.port);
    guest.says("gil", "um");
    ana.shows(r#""data":"um""#);
    ana.says("/ignore ~gil");
    let ignored = ana.shows(r#""event":"ignored""#);
    assert!(
        ignored.contains(r#""user":"gil","address":"127.0.0.1""#),
        "{ignored}"
    );
    guest.says("gil", "dois");
    guest.says("rui", "três");
    ana.shows(r#""data":"três""#);
    ana.says("/ignore");
    ana.shows(r#""event":"ignore_list""#);
    ana.says("/unignore gil");
    ana.shows(r#""event":"unignored""#);
    guest.says("gil", "quatro");
    ana.shows(r#""data":"quatro""#);
    ana.says("/ignore zoe");
    ana.shows(r#""code":"nobody_called""#);
    ana.falls_silent();
    ana.ends_with(0);
}

#[test]
fn a_name_is_ignored_at_a_hub() {
    let (_hub, port) = serve(&[]);
    let mut ana = join(port, "ana", &[]);
    let mut zeca = join(port, "zeca", &[]);
    let mut bia = join(port, "bia", &[]);
    zeca.says("um");
    ana.shows("zeca: um");
    ana.says("/ignorar zeca");
    ana.notes("you ignore zeca until you leave");
    zeca.says("dois");
    zeca.says("/msg ana três");
    zeca.falls_silent();
    zeca.ends_with(0);
    bia.says("quatro");
    ana.shows("bia: quatro");
    ana.says("/unignore zeca");
    ana.notes("you no longer ignore zeca");
    ana.falls_silent();
    let shown = ana.ends_with(0).shown;
    assert!(
        !shown
            .iter()
            .any(|line| line.contains("dois") || line.contains("três")),
        "{shown:?}"
    );
}
