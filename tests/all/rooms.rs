//! Several rooms in one program, by every face: what is said in a room stays there, a room is
//! entered and left while the others go on, and an end says farewell in all of them.

use crate::support;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::place::{Home, Place};
use support::program::Program;

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// A file with a key in the folder of a person.
fn key_file(home: &Home) -> String {
    let path = home.path().join("turma.key");
    fs::write(&path, [7; 32]).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The arguments of a member of the lobby and of a keyed room.
fn two_rooms(key_file: &str) -> [&str; 6] {
    ["--room", "lobby", "--room", "turma", "--key-file", key_file]
}

/// A program in the lobby and in a keyed room, which shows its events.
fn bot(place: &Place, home: &Home, name: &str, key: &str) -> Program {
    let args = [&["--json"], &two_rooms(key)[..]].concat();
    let mut bot = place.member(home, name, &args);
    bot.shows_in_all(r#""event":"ready""#, 2);
    bot
}

/// The events of one kind that hold a part.
fn all(shown: &[String], part: &str) -> Vec<Value> {
    let found = shown.iter().filter(|line| line.contains(part));
    found.map(|line| event(line)).collect()
}

#[test]
fn two_programs_in_two_rooms_and_a_third_in_one_of_them() {
    let place = Place::on_loopback();
    let home = Home::new();
    let key = key_file(&home);
    let mut ana = bot(&place, &home, "ana", &key);
    let mut bia = bot(&place, &Home::new(), "bia", &key);
    let mut caio = place.member(&Home::new(), "caio", &["--json", "--room", "lobby"]);
    for bot in [&mut ana, &mut bia] {
        bot.shows_in_all(r#""event":"entered""#, 3);
    }
    caio.shows_in_all(r#""event":"entered""#, 2);
    ana.says(r#"{"say": "a todos", "room": "lobby", "id": 1}"#);
    ana.says(r#"{"say": "só a turma", "room": "turma", "id": 2}"#);
    ana.says(r#"{"say": "sem sala", "id": 3}"#);
    ana.says(r#"{"say": "nenhures", "room": "outra", "id": 4}"#);
    bia.shows("sem sala");
    bia.shows("só a turma");
    caio.shows("sem sala");
    ana.shows("other_room");
    ana.says("/sair");
    for bot in [&mut bia, &mut caio] {
        bot.shows(r#""event":"left""#);
    }
    bia.shows_in_all(r#""event":"left""#, 2);
    let [bia, caio] = [bia, caio].map(|bot| bot.stops().shown);
    let ana = ana.ends_with(0).shown;
    for (shown, texts) in [
        (&bia, &["a todos", "sem sala", "só a turma"][..]),
        (&caio, &["a todos", "sem sala"]),
    ] {
        let mut messages: Vec<(Value, Value)> = all(shown, r#""event":"message""#)
            .into_iter()
            .map(|said| (said["data"].clone(), said["room"].clone()))
            .collect();
        messages.sort_by_key(|(data, _)| data.to_string());
        let room = |text: &str| {
            if text == "só a turma" {
                "turma"
            } else {
                "lobby"
            }
        };
        let expected: Vec<(Value, Value)> = texts
            .iter()
            .map(|text| ((*text).into(), room(text).into()))
            .collect();
        assert_eq!(messages, expected);
        assert!(shown.iter().all(|line| event(line)["room"].is_string()));
    }
    assert!(caio.iter().all(|line| !line.contains("turma")));
    let refused = &all(&ana, "other_room")[0];
    assert_eq!(
        (&refused["request"], &refused["name"]),
        (&"4".into(), &"outra".into())
    );
    let left: Vec<Value> = all(&bia, r#""event":"left""#)
        .into_iter()
        .map(|left| left["farewell"].clone())
        .collect();
    assert_eq!(left, [true, true]);
}

#[test]
fn a_program_enters_and_leaves_rooms() {
    let place = Place::on_loopback();
    let home = Home::new();
    let key = key_file(&home);
    let mut ana = place.member(&home, "ana", &["--json", "--room", "a"]);
    let mut bia = bot(&place, &Home::new(), "bia", &key);
    ana.says(&format!(
        r#"{{"join": "turma", "key_file": "{key}", "id": "j"}}"#
    ));
    let joined = event(&ana.shows(r#""event":"joined""#));
    assert_eq!(
        (&joined["room"], &joined["keyed"], &joined["request"]),
        (&"turma".into(), &true.into(), &"j".into())
    );
    bia.shows(r#""event":"entered""#);
    ana.says(r#"{"say": "cheguei", "room": "turma"}"#);
    assert_eq!(event(&bia.shows("cheguei"))["room"], "turma");
    ana.says(r#"{"part": "turma", "id": "p"}"#);
    let parted = event(&ana.shows(r#""event":"parted""#));
    assert_eq!(
        (&parted["room"], &parted["request"]),
        (&"turma".into(), &"p".into())
    );
    let left = event(&bia.shows(r#""event":"left""#));
    assert_eq!(
        (&left["room"], &left["farewell"]),
        (&"turma".into(), &true.into())
    );
    // A passphrase may stand in an object, which nobody sees typed.
    ana.says(r#"{"join": "senha", "key": "seis palavras que ninguém adivinha nunca"}"#);
    ana.shows_in_all(r#""event":"joined""#, 2);
    ana.says(r#"{"part": "senha"}"#);
    ana.shows_in_all(r#""event":"parted""#, 2);
    // The only room that is left is left with the program.
    ana.says(r#"{"part": "a"}"#);
    ana.ends_with(0);
}

#[test]
fn whoever_comes_to_the_lobby_later_has_its_guests() {
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--json", "--room", "a"]);
    ana.says(r#"{"join": "lobby"}"#);
    ana.shows_in_all(r#""event":"ready""#, 2);
    let mut gil = place.receiver("gil", &[]);
    ana.says(r#"{"say": "aos visitantes", "room": "lobby"}"#);
    gil.shows("aos visitantes");
    place.sends("gil", &["oi do Python"]);
    let guest = event(&ana.shows(r#""event":"guest""#));
    assert_eq!(
        (&guest["room"], &guest["data"]),
        (&"lobby".into(), &"oi do Python".into())
    );
    ana.says("/rooms");
    let rooms = event(&ana.shows(r#""event":"rooms""#));
    let names: Vec<&Value> = rooms["rooms"].as_array().unwrap().iter().collect();
    let names: Vec<(&Value, &Value)> = names
        .iter()
        .map(|it| (&it["name"], &it["number"]))
        .collect();
    assert_eq!(
        names,
        [(&"a".into(), &1.into()), (&"lobby".into(), &2.into())]
    );
    ana.says("/sair");
    ana.ends_with(0);
}

#[test]
fn what_cannot_be_done_with_rooms_says_why() {
    let place = Place::on_loopback();
    let mut ana = place.member(&Home::new(), "ana", &["--json", "--room", "turma"]);
    for (line, code) in [
        (r#"{"join": "turma"}"#, "already_in"),
        (
            r#"{"join": "x", "key_file": "/nowhere/key"}"#,
            "cannot_enter",
        ),
        (r#"{"join": "x\u0007"}"#, "cannot_enter"),
        (r#"{"join": "x", "key": "a", "key_file": "b"}"#, "not_say"),
        (r#"{"join": "x", "say": "y"}"#, "not_say"),
        (r#"{"part": "x"}"#, "other_room"),
        ("/join x --key", "nobody_to_ask"),
        ("/join x segredo", "usage"),
    ] {
        let before = ana.count_shown(r#""event":"error""#);
        ana.says(line);
        ana.shows_in_all(r#""event":"error""#, before + 1);
        let error = ana
            .shown()
            .into_iter()
            .rfind(|line| line.contains(r#""event":"error""#));
        assert_eq!(event(&error.unwrap())["code"], code, "{line}");
    }
    ana.says("/sair");
    ana.ends_with(0);
}

#[test]
fn a_signal_says_farewell_in_every_room() {
    let place = Place::on_loopback();
    let home = Home::new();
    let key = key_file(&home);
    let mut ana = bot(&place, &home, "ana", &key);
    let mut bia = bot(&place, &Home::new(), "bia", &key);
    bia.shows_in_all(r#""event":"entered""#, 2);
    ana.shows_in_all(r#""event":"entered""#, 2);
    ana.gets_signal("TERM");
    let start = Instant::now();
    ana.ends_with(143);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    bia.shows_in_all(r#""event":"left""#, 2);
    let left = all(&bia.stops().shown, r#""event":"left""#);
    assert!(left.iter().all(|left| left["farewell"] == true), "{left:?}");
}

#[test]
fn what_was_said_in_every_room_is_delivered_at_the_end_of_the_input() {
    let place = Place::on_loopback();
    let home = Home::new();
    let key = key_file(&home);
    let mut bia = bot(&place, &Home::new(), "bia", &key);
    let args = [&["--name", "ana", "--json"], &two_rooms(&key)[..]].concat();
    let mut ana = Program::start(place.chat(&home, &args));
    for line in 0..200 {
        let room = if line % 2 == 0 { "lobby" } else { "turma" };
        ana.says(&format!(r#"{{"say": "linha {line}", "room": "{room}"}}"#));
    }
    ana.falls_silent();
    ana.ends_with(0);
    bia.shows_in_all("linha ", 200);
}

#[cfg(unix)]
mod on_a_terminal {
    use super::*;
    use crate::support::terminal::Terminal;

    /// All that stood on a terminal whose program has ended.
    fn left(mut terminal: Terminal) -> String {
        terminal.ends_with(0);
        terminal.whole_screen()
    }

    #[test]
    fn a_person_goes_from_room_to_room() {
        let place = Place::on_loopback();
        let home = Home::new();
        let key = key_file(&home);
        let mut bia = bot(&place, &Home::new(), "bia", &key);
        let mut ana =
            Terminal::start(place.chat(&home, &["--lines", "--name", "ana", "--color", "never"]));
        ana.begins_a_line();
        ana.shows("bia is here");
        ana.types(&format!("/join turma --key-file {key}\r"));
        ana.shows("you are ana, in the room turma");
        ana.shows("turma ana> ");
        bia.shows_in_all(r#""event":"entered""#, 2);
        ana.types("oi, turma\r");
        assert_eq!(event(&bia.shows("oi, turma"))["room"], "turma");
        bia.says(r#"{"say": "aqui fora", "room": "lobby"}"#);
        ana.shows("[lobby] [");
        ana.shows("bia: aqui fora");
        ana.types("/rooms\r");
        ana.shows("1 lobby: 2 here, 1 unread");
        ana.shows("2 turma: 2 here, with a key, where you are now");
        ana.types("/room 1\r");
        ana.shows("now in lobby, where 1 message came meanwhile");
        ana.shows("lobby ana> ");
        ana.types("no saguão\r");
        assert_eq!(event(&bia.shows("no saguão"))["room"], "lobby");
        ana.types("/room nenhuma\r");
        ana.shows("not in the room nenhuma");
        ana.types("/join turma\r");
        ana.shows("you are in turma already");
        ana.types("/sala turma\r");
        ana.shows("now in turma");
        ana.types("/part\r");
        ana.shows("you left turma; now in lobby");
        let left = event(&bia.shows(r#""event":"left""#));
        assert_eq!(
            (&left["room"], &left["farewell"]),
            (&"turma".into(), &true.into())
        );
        // One room alone needs no name.
        ana.shows("now in lobby\r\nana> ");
        ana.types("sair\r");
        bia.shows_in_all(r#""event":"left""#, 2);
    }

    #[test]
    fn a_secret_is_typed_unseen_and_kept_only_after_a_yes() {
        let place = Place::on_loopback();
        let home = Home::new();
        let open = || {
            Terminal::start(place.chat(&home, &["--lines", "--name", "ana", "--color", "never"]))
        };
        let secret = "seis palavras que ninguem adivinha nunca";
        let mut ana = open();
        ana.begins_a_line();
        ana.shows("in the lobby");
        ana.types("/join x --key\r");
        ana.shows("Passphrase or invitation of x (unseen; Ctrl-C cancels):");
        ana.types("nada\x03/join turma --key\r");
        ana.shows("Passphrase or invitation of turma (unseen; Ctrl-C cancels):");
        ana.types(&format!("{secret}\r"));
        ana.shows("Open turma again next time?");
        ana.types("n\r");
        ana.shows("you are ana, in the room turma");
        ana.types("/part\r");
        ana.shows("you left turma; now in lobby");
        ana.types("/join turma --key\r");
        ana.shows_behind("now in lobby", "Passphrase or invitation of turma");
        ana.types(&format!("{secret}\r"));
        ana.shows_behind("now in lobby", "Open turma again next time?");
        ana.types("y\r");
        ana.shows_behind("now in lobby", "turma ana> ");
        ana.types("sair\r");
        let screen = left(ana);
        assert!(!screen.contains("seis"), "{screen}");
        let path = home.path().join("state/roda/rooms.json");
        let kept = fs::read_to_string(&path).unwrap();
        assert!(
            kept.contains("\"turma\"") && kept.contains("\"key\""),
            "{kept}"
        );
        assert!(!kept.contains("seis"));
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // Both are open again, and nobody asks for anything.
        let mut ana = open();
        ana.begins_a_line();
        ana.shows("in the lobby");
        ana.shows("in the room turma");
        ana.types("/part 2\r");
        ana.shows("you left turma; now in lobby");
        ana.types("sair\r");
        left(ana);
        // What was left is not opened again, and rooms that are named are the only ones.
        let kept = fs::read_to_string(&path).unwrap();
        assert!(!kept.contains("turma"), "{kept}");
    }

    #[test]
    fn rooms_that_are_named_are_the_only_ones_and_change_nothing_for_the_next_time() {
        let place = Place::on_loopback();
        let home = Home::new();
        let key = key_file(&home);
        let open = |args: &[&str]| {
            let args = [&["--lines", "--name", "ana", "--color", "never"], args].concat();
            let mut ana = Terminal::start(place.chat(&home, &args));
            ana.begins_a_line();
            ana
        };
        let mut ana = open(&[]);
        ana.types(&format!("/join turma --key-file {key}\r"));
        ana.shows("in the room turma");
        ana.types("sair\r");
        left(ana);
        let mut ana = open(&["--room", "outra"]);
        ana.shows("in the room outra");
        ana.types("/rooms\r");
        ana.shows("1 outra: ");
        ana.types("sair\r");
        let screen = left(ana);
        assert!(
            !screen.contains("turma") && !screen.contains("lobby"),
            "{screen}"
        );
        fs::remove_file(&key).unwrap();
        let mut ana = open(&[]);
        ana.shows("in the lobby");
        ana.shows("cannot enter turma: ");
        ana.types("/join b\r");
        ana.shows("in the room b");
        ana.types("sair\r");
        left(ana);
        // What hindered it has passed.
        fs::write(&key, [7; 32]).unwrap();
        let mut ana = open(&[]);
        ana.shows("in the room turma");
        ana.shows("in the room b");
        ana.types("sair\r");
        left(ana);
    }
}
