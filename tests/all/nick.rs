//! `/nick`: another name for the rest of a session.

use crate::support;

use support::hub::{join, serve};
use support::place::{Home, Place};
use support::terminal::Terminal;

#[test]
fn everybody_sees_who_has_another_name() {
    let place = Place::on_loopback();
    let mut receiver = place.receiver("caio", &[]);
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut bot = place.member(&Home::new(), "bot", &["--json"]);
    let mut ana = place.member(&Home::new(), "ana", &[]);
    bia.notes("ana entered");
    ana.notes("bia is here");
    ana.says("antes");
    bia.shows("ana: antes");
    for (refused, why) in [
        ("~ana", "'~ana' is not valid as a name: it begins with ~"),
        ("ana ✔", "✔ looks like a mark"),
        ("", "Usage: /nick NAME"),
    ] {
        ana.says(&format!("/nick {refused}"));
        ana.notes(why);
    }
    ana.says("/nick Ana Luz");
    ana.says("depois");
    ana.notes("you are now called Ana Luz");
    bia.notes("ana is now called Ana Luz");
    bia.shows("Ana Luz: depois");
    receiver.shows("Ana Luz: depois");
    let renamed = bot.shows(r#""event":"renamed""#);
    assert!(renamed.contains(r#""user":"Ana Luz""#), "{renamed}");
    assert!(renamed.contains(r#""before":"ana""#), "{renamed}");
    bia.says("/msg \"Ana Luz\" segredo");
    ana.shows("bia ✉: segredo");
    bia.says("/msg ana perdido");
    bia.notes("nobody here is called 'ana'");
    bia.says("/history");
    bia.shows_in_all("ana: antes", 2);
    bia.shows_in_all("Ana Luz: depois", 2);
    bia.says("/who");
    bia.notes("bia (you), Ana Luz, bot");
    // Who comes later knows the new name, and what was said under the old one.
    let mut late = place.member(&Home::new(), "late", &[]);
    late.notes("Ana Luz is here");
    late.shows("ana: antes");
    late.shows("Ana Luz: depois");
    ana.says("sair");
    bia.notes("Ana Luz left");
    assert!(!bia.has_shown("~ana") && !late.has_shown("~"));
    bot.falls_silent();
    bot.ends_with(0);
}

#[test]
fn a_name_that_somebody_has_stays_theirs() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let mut rui = place.member(&Home::new(), "rui", &[]);
    let mut ana = place.member(&Home::new(), "ana", &[]);
    bia.notes("ana entered");
    ana.notes("bia is here");
    ana.notes("rui is here");
    rui.says("oi");
    ana.shows("rui: oi");
    bia.shows("rui: oi");
    ana.says("/nick Rui");
    let taken = ana.notes("Rui is taken here: you appear as Rui#");
    let suffixed = taken.split("appear as ").nth(1).unwrap();
    let suffixed = suffixed.split(';').next().unwrap();
    bia.notes(&format!("ana is now called {suffixed}"));
    bia.notes("WARNING: this is not the Rui you know");
    bia.says("/msg rui para o primeiro");
    rui.shows("para o primeiro");
    bia.says(&format!("/msg {suffixed} para a segunda"));
    ana.shows("para a segunda");
    ana.says("/apelido ana");
    bia.notes(&format!("{suffixed} is now called ana"));
    bia.says("/msg ana de volta");
    ana.shows("de volta");
}

#[test]
fn the_prompt_and_the_highlighting_follow() {
    let place = Place::on_loopback();
    let mut bia = place.member(&Home::new(), "bia", &[]);
    let args = ["--name", "ana", "--bell"];
    let mut ana = Terminal::start(place.chat(&Home::new(), &args));
    ana.begins_a_line();
    bia.notes("ana entered");
    ana.types("/ape\tluz\r");
    ana.shows("you are now called luz");
    ana.shows("luz> ");
    bia.notes("ana is now called luz");
    bia.says("oi, luz!");
    ana.shows("\x07");
    ana.types("sair\r");
    bia.notes("luz left");
}

#[test]
fn a_hub_gives_nobody_another_name() {
    let (_hub, port) = serve(&[]);
    let mut ana = join(port, "ana", &[]);
    let mut bia = join(port, "bia", &[]);
    ana.says("/nick luz");
    ana.notes("leave, and join again with --name NAME");
    ana.says("/me acena");
    bia.shows("ana: * acena");
}
