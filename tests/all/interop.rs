//! Ours and the course's programs in one group: Python programs that trust the wire blindly, on
//! one host made for each test.

use crate::support;

use serde_json::Value;
use support::network::Host;
use support::program::Program;

/// Texts in which encodings differ from each other.
const TEXTS: [&str; 8] = [
    "oi",
    "",
    "  olá, ação, coração  ",
    "🎉 👩‍🏫 日本語",
    r#"ela disse: "oi""#,
    r"C:\novo\tudo \u00e1 \n",
    r#"{"user": "eva", "data": "sair"}"#,
    "/* ' \" */ </script> %s {}",
];

/// What the course's receiver prints, without its first line.
fn heard(lines: &[String]) -> Vec<&str> {
    lines.iter().skip(1).map(String::as_str).collect()
}

/// User and data of each of our receiver's JSON lines.
fn said(lines: &[String]) -> Vec<(String, String)> {
    let field = |object: &Value, key: &str| object[key].as_str().unwrap().to_owned();
    let read = |line: &String| -> Value { serde_json::from_str(line).unwrap() };
    let pair = |object: Value| (field(&object, "user"), field(&object, "data"));
    lines.iter().map(read).map(pair).collect()
}

fn says_all(sender: &mut Program, texts: &[&str]) {
    texts.iter().for_each(|text| sender.says(text));
    sender.says("sair");
}

#[test]
fn what_theirs_says_ours_hears_exactly() {
    let Some(host) = Host::alone() else { return };
    let receiver = host.receiver("bia", &["--json"]);
    let mut sender = host.their_sender("joão");
    says_all(&mut sender, &TEXTS);
    sender.ends_with(0);
    let expected = TEXTS
        .iter()
        .chain(&["sair"])
        .map(|text| ("joão".into(), (*text).into()));
    let end = receiver.ends_with(0);
    assert_eq!(said(&end.shown), expected.collect::<Vec<_>>());
    assert!(end.noted.contains(&"joão ended the chat".into()), "{end:?}");
}

#[test]
fn what_ours_says_theirs_hears_exactly() {
    let Some(host) = Host::alone() else { return };
    let receiver = host.their_receiver("bia");
    let mut sender = host.sender("joão", &[]);
    says_all(&mut sender, &TEXTS);
    sender.ends_with(0);
    let expected = TEXTS
        .iter()
        .chain(&["sair"])
        .map(|text| format!("joão: {text}"));
    assert_eq!(
        heard(&receiver.ends_with(0).shown),
        expected.collect::<Vec<_>>()
    );
}

#[test]
fn a_mixed_group_hears_all_of_all() {
    let Some(host) = Host::alone() else { return };
    let mut ours = host.receiver("bia", &[]);
    let mut theirs = host.their_receiver("caio");
    let mut ana = host.sender("ana", &[]);
    let mut joao = host.their_sender("joão");
    for round in 0..5 {
        for (name, sender) in [("ana", &mut ana), ("joão", &mut joao)] {
            sender.says(&format!("olá {round}"));
            let line = format!("{name}: olá {round}");
            ours.shows(&line);
            theirs.shows(&line);
        }
    }
    ana.says("sair");
    assert!(ana.ends_with(0).shown.is_empty());
    let end = ours.ends_with(0);
    assert_eq!(end.shown.len(), 11, "{end:?}");
    assert_eq!(heard(&theirs.ends_with(0).shown).len(), 11);
}

#[test]
fn many_of_both_share_a_port_and_one_sair_of_either_ends_them_all() {
    for is_ours in [true, false] {
        let Some(host) = Host::alone() else { return };
        let ours = ["bia", "caio", "davi"].map(|name| host.receiver(name, &[]));
        let theirs = ["gil", "hugo", "iris"].map(|name| host.their_receiver(name));
        let mut sender = match is_ours {
            true => host.sender("ana", &[]),
            false => host.their_sender("ana"),
        };
        sender.says("oi");
        // Ours takes outer blanks off and sends the bare word, which is all that theirs knows.
        sender.says(if is_ours { " sair " } else { "sair" });
        sender.ends_with(0);
        for receiver in ours {
            let shown = receiver.ends_with(0).shown;
            assert_eq!(shown.len(), 2);
            assert!(shown[0].ends_with("] ana: oi") && shown[1].ends_with("] ana: sair"));
        }
        for receiver in theirs {
            let shown = receiver.ends_with(0).shown;
            assert_eq!(heard(&shown), ["ana: oi", "ana: sair"]);
        }
    }
}

#[test]
fn a_line_of_5000_characters_reaches_theirs_whole_in_pieces() {
    let Some(host) = Host::alone() else { return };
    for unit in ["uma frase e outra, ", "ação🎉", r#""\"#] {
        let line: String = unit.chars().cycle().take(5000).collect();
        let receiver = host.their_receiver("bia");
        let mut sender = host.sender("ana", &[]);
        says_all(&mut sender, &[&line]);
        sender.ends_with(0);
        let shown = receiver.ends_with(0).shown;
        let (last, pieces) = shown[1..].split_last().unwrap();
        assert_eq!(last, "ana: sair");
        assert!(pieces.len() >= 5);
        let joined: String = pieces
            .iter()
            .map(|piece| piece.strip_prefix("ana: ").unwrap())
            .collect();
        assert_eq!(joined, line);
    }
}

#[test]
fn the_raw_pairs_hear_each_other() {
    let Some(host) = Host::alone() else { return };
    let mut ours = Program::start(host.multicast("receive", &["--raw"]));
    ours.notes("listening to");
    let mut theirs = host.python("raw.py", &["receive"]);
    theirs.shows("aguardando");
    host.python("raw.py", &["send"]).ends_with(0);
    let mut sender = Program::start(host.multicast("send", &["--raw"]));
    sender.says("olá 🎉 \"\\");
    sender.falls_silent();
    sender.ends_with(0);
    for text in ["Olá, grupo multicast!", "olá 🎉 \"\\"] {
        assert!(ours.shows(text).ends_with(&format!(": {text}")));
        let line = theirs.shows(text);
        assert!(line.starts_with("Recebido de (") && line.ends_with(&format!("): {text}")));
    }
}
