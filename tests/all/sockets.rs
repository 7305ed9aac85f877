//! `multicast send` and `multicast receive` with each other, and with strangers, on this
//! machine's loopback. Needs no rights; nothing leaves the machine.

use crate::support;

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{self, Command};
use std::time::Instant;

use chrono::DateTime;
use serde_json::{Value, json};
use support::datagrams::{GroupReceiver, Stranger};
use support::place::Place;
use support::program::Program;

/// Longest datagram that a course program reads whole, in bytes.
const COURSE_READS_BYTES: usize = 1024;

/// A line as shown, without its time, which must be there.
fn untimed(line: &str) -> &str {
    let time = line.split_at(11).0;
    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "[00:00:00] ", "{line:?}");
    &line[11..]
}

fn untimed_all(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| untimed(line)).collect()
}

fn object(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

fn roda(args: &[&str]) -> Command {
    let mut command = support::command(env!("CARGO_BIN_EXE_roda"));
    command.args(args);
    command
}

#[test]
fn several_receivers_hear_all_and_one_sair_ends_them_while_senders_hear_nothing() {
    let place = Place::on_loopback();
    let receivers = ["bia", "caio", "davi"].map(|name| place.receiver(name, &[]));
    let mut quiet = place.sender("eva", &[]);
    let end = place.sends("ana", &["oi", "  olá, círculo 🎉", "", "sair"]);
    assert!(end.shown.is_empty());
    for receiver in receivers {
        let end = receiver.ends_with(0);
        let expected = ["ana: oi", "ana:   olá, círculo 🎉", "ana: ", "ana: sair"];
        assert_eq!(untimed_all(&end.shown), expected);
        assert!(end.noted.contains(&"ana ended the chat".into()), "{end:?}");
        let counts = end.noted.last().unwrap();
        assert!(
            counts.starts_with("4 messages shown; datagrams dropped: 0"),
            "{counts}"
        );
    }
    quiet.falls_silent();
    assert!(quiet.ends_with(0).shown.is_empty());
}

#[test]
fn a_receiver_that_stays_shows_a_sair_and_goes_on() {
    let place = Place::on_loopback();
    let mut receiver = place.receiver("bia", &["--stay"]);
    place.sends("ana", &["sair"]);
    place.sends("eva", &["ainda aqui", "sair"]);
    receiver.shows("eva: sair");
    receiver.gets_signal("INT");
    let shown = receiver.ends_with(130).shown;
    assert_eq!(
        untimed_all(&shown),
        ["ana: sair", "eva: ainda aqui", "eva: sair"]
    );
}

#[test]
fn the_end_of_the_input_ends_a_sender_and_nobody_else() {
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    let mut sender = place.sender("ana", &[]);
    sender.types("com fim de linha\r\n\nsem fim de linha".as_bytes());
    sender.falls_silent();
    sender.ends_with(0);
    place.sends("eva", &["depois"]);
    for data in ["com fim de linha", "", "sem fim de linha"] {
        assert_eq!(
            receiver.receives(),
            format!(r#"{{"user":"ana","data":"{data}"}}"#)
        );
    }
    assert_eq!(object(&receiver.receives())["user"], "eva");
}

#[test]
fn the_farewell_is_sent_bare_and_only_when_it_is_exact() {
    let place = Place::on_loopback();
    let mut receiver = place.receiver("bia", &["--json"]);
    place.sends("ana", &["Sair", "sair!", "vou sair", " \tsair  "]);
    receiver.notes("ana ended the chat");
    let shown = receiver.ends_with(0).shown;
    let data: Vec<Value> = shown
        .iter()
        .map(|line| object(line)["data"].clone())
        .collect();
    assert_eq!(data, ["Sair", "sair!", "vou sair", "sair"]);
}

#[test]
fn a_long_line_is_sent_in_pieces_which_joined_are_the_line() {
    let cases = ["palavra ", "sair ", "é", "\"\\", "👩‍👩‍👧"].map(|unit| unit.repeat(2000));
    let place = Place::on_loopback();
    let receiver = GroupReceiver::on_loopback(place.port);
    let mut sender = place.sender("ana", &[]);
    for line in cases {
        sender.says(&line);
        let mut heard = String::new();
        // Each piece brings at least one byte.
        for _ in 0..line.len() {
            let datagram = receiver.receives();
            assert!(datagram.len() <= COURSE_READS_BYTES);
            let data = object(&datagram)["data"].as_str().unwrap().to_owned();
            assert_ne!(data.trim(), "sair");
            heard += &data;
            if heard.len() >= line.len() {
                break;
            }
        }
        assert_eq!(heard, line);
    }
}

#[test]
fn the_raw_pair_sends_bare_text_and_shows_who_by_address() {
    let place = Place::on_loopback();
    let receiver = {
        let mut receiver = Program::start(place.multicast("receive", &["--raw"]));
        receiver.notes("listening to");
        receiver
    };
    let datagrams = GroupReceiver::on_loopback(place.port);
    let mut sender = Program::start(place.multicast("send", &["--raw"]));
    let texts = ["Olá, grupo multicast!", r#"{"user":"ana"}"#, "", "sair"];
    for text in texts {
        sender.says(text);
        assert_eq!(datagrams.receives(), text);
    }
    sender.ends_with(0);
    let shown = receiver.ends_with(0).shown;
    for (line, text) in shown.iter().zip(texts) {
        let (who, said) = untimed(line).split_once(": ").unwrap();
        assert!(who.starts_with("127.0.0.1:"), "{line}");
        assert_eq!(said, text);
    }
    assert_eq!(shown.len(), texts.len());
}

/// What a stranger may send that is a message all the same, and what it says.
fn odd_messages() -> Vec<(String, Value, Value)> {
    let long = "x".repeat(65_507 - r#"{"user":"ana","data":""}"#.len());
    let cases = [
        (
            r#"{"user": "ana", "data": "ol\u00e1 \ud83c\udf89"}"#,
            json!("ana"),
            json!("olá 🎉"),
        ),
        (r#"{"user": null, "data": null}"#, Value::Null, Value::Null),
        (
            r#"{"data": [1, {"a": "b c"}], "user": 7}"#,
            json!("7"),
            json!(r#"[1,{"a":"b c"}]"#),
        ),
        (r#"{"user":true,"data":1.50}"#, json!("true"), json!("1.50")),
        (
            r#"{"x":[],"user":"ana","data":"oi","time":9}"#,
            json!("ana"),
            json!("oi"),
        ),
        (r#"{"user":"","data":""}"#, json!(""), json!("")),
    ];
    let mut cases: Vec<_> = cases
        .into_iter()
        .map(|(sent, user, data)| (sent.to_owned(), user, data))
        .collect();
    let longest = format!(r#"{{"user":"ana","data":"{long}"}}"#);
    cases.push((longest, json!("ana"), json!(long)));
    cases
}

#[test]
fn json_lines_tell_time_source_user_and_data_and_null_stays_null() {
    let place = Place::on_loopback();
    let receiver = place.receiver("bia", &["--json"]);
    let stranger = Stranger::on_loopback(place.port);
    for (datagram, ..) in odd_messages() {
        stranger.sends(datagram);
    }
    stranger.says("ana", "sair");
    let shown = receiver.ends_with(0).shown;
    assert_eq!(shown.len(), odd_messages().len() + 1);
    for (line, (sent, user, data)) in shown.iter().zip(odd_messages()) {
        let said = object(line);
        let keys: Vec<&String> = said.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["time", "source", "user", "data"]);
        assert_eq!((&said["user"], &said["data"]), (&user, &data), "{sent}");
        DateTime::parse_from_rfc3339(said["time"].as_str().unwrap()).unwrap();
        assert!(said["source"].as_str().unwrap().starts_with("127.0.0.1:"));
    }
}

#[test]
fn lines_for_people_show_null_as_anonymous_and_other_values_as_their_text() {
    let place = Place::on_loopback();
    let receiver = place.receiver("bia", &[]);
    let stranger = Stranger::on_loopback(place.port);
    for (datagram, ..) in odd_messages() {
        stranger.sends(datagram);
    }
    stranger.says("ana", "sair");
    let shown = receiver.ends_with(0).shown;
    assert_eq!(shown.len(), odd_messages().len() + 1);
    for (line, (_, user, data)) in shown.iter().zip(odd_messages()) {
        let user = user.as_str().unwrap_or("(anonymous)");
        let data = data.as_str().unwrap_or_default();
        assert_eq!(untimed(line), format!("{user}: {data}"));
    }
}

#[test]
fn datagrams_that_are_not_the_wire_are_counted_by_reason_and_seldom_spoken_of() {
    let deep = format!(
        r#"{{"user":"ana","data":{}{}}}"#,
        "[".repeat(30_000),
        "]".repeat(30_000)
    );
    let bad: [(&[u8], &str); 8] = [
        (b"ol\xe1", "not UTF-8"),
        (b"", "not JSON"),
        (br#"{"user":"ana","data":"oi"} x"#, "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"\"oi\"", "not a JSON object"),
        (br#"{"user":"ana"}"#, "user or data missing"),
        (b"{}", "user or data missing"),
        (deep.as_bytes(), "nested too deeply"),
    ];
    const ROUNDS: u64 = 50;
    let place = Place::on_loopback();
    let mut receiver = place.receiver("bia", &[]);
    let stranger = Stranger::on_loopback(place.port);
    let start = Instant::now();
    for round in 0..ROUNDS {
        bad.iter()
            .for_each(|(datagram, _)| stranger.sends(datagram));
        stranger.says("ana", &format!("{round}."));
        receiver.shows(&format!("ana: {round}."));
    }
    stranger.says("ana", "sair");
    let end = receiver.ends_with(0);
    let noticed = end
        .noted
        .iter()
        .filter(|line| line.starts_with("dropped "))
        .count() as u64;
    assert!(
        (1..=2 + start.elapsed().as_secs()).contains(&noticed),
        "{end:?}"
    );
    let counts = end.noted.last().unwrap();
    let total = ROUNDS * bad.len() as u64;
    assert!(
        counts.contains(&format!("{} messages shown", ROUNDS + 1)),
        "{counts}"
    );
    assert!(
        counts.contains(&format!("datagrams dropped: {total} (")),
        "{counts}"
    );
    for (_, reason) in bad {
        let times = ROUNDS * bad.iter().filter(|(_, other)| *other == reason).count() as u64;
        assert!(counts.contains(&format!("{reason} {times}")), "{counts}");
    }
}

#[test]
fn what_may_rule_a_terminal_never_comes_out_raw() {
    let evil = "\x1b]0;x\x07\x1b[2J\u{9b}31m\r\n[00:00:00] bia: não fui eu\u{202e}\u{2066}\x7f\0";
    for form in [&[][..], &["--json"], &["--raw"]] {
        let place = Place::on_loopback();
        let receiver = place.receiver("bia", form);
        let stranger = Stranger::on_loopback(place.port);
        if form.contains(&"--raw") {
            stranger.sends(evil);
            stranger.sends("sair");
        } else {
            stranger.says(evil, evil);
            stranger.says(evil, "sair");
        }
        let end = receiver.ends_with(0);
        assert_eq!(end.shown.len(), 2, "{end:?}");
        for line in end.shown.iter().chain(&end.noted) {
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(!line.contains(['\u{202e}', '\u{2066}']), "{line:?}");
        }
        if form.contains(&"--json") {
            assert_eq!(object(&end.shown[0])["data"], evil);
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_receiver_quietly() {
    let place = Place::on_loopback();
    let mut receiver = Program::start_for_one_line(place.multicast("receive", &[]));
    receiver.notes("listening to");
    let stranger = Stranger::on_loopback(place.port);
    stranger.says("ana", "primeira");
    receiver.shows("ana: primeira");
    // Not one more message, but any: for a moment, a program just being started by another test
    // may hold a copy of the pipe.
    let ended = support::wait_until(|| {
        stranger.says("ana", "mais");
        receiver.has_ended().then_some(())
    });
    assert!(ended.is_some(), "goes on without a reader");
    let end = receiver.ends_with(0);
    assert_eq!(end.shown.len(), 1);
    assert!(
        !end.noted.iter().any(|line| line.contains("pipe")),
        "{end:?}"
    );
}

#[test]
fn wrong_use_ends_with_2_and_one_clear_line() {
    let group = "is not a multicast group";
    for (args, told) in [
        (&["--name", "ana", "--group", "10.0.0.1"][..], group),
        (&["--name", "ana", "--group", "ff02::1"], group),
        (&["--name", "ana", "--port", "0"], "is not valid for --port"),
        (
            &["--name", "ana", "--port", "65536"],
            "is not valid for --port",
        ),
        (&["--name", "ana", "--ttl", "256"], "is not valid for --ttl"),
        (&["--name", "ana", "--rate", "0"], "is not valid for --rate"),
        (
            &["--name", "ana", "--interface", "nada0"],
            "this machine has",
        ),
        (
            &["--name", "ana", "--interface", "192.0.2.1"],
            "this machine has",
        ),
        (&["--name", ""], "is not valid as a name: it is empty"),
        (
            &["--name", "~ana"],
            "is not valid as a name: it begins with ~",
        ),
        (
            &["--name", "a\x1bb"],
            "is not valid as a name: it contains control",
        ),
        (
            &["--name", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
            "it is 33 bytes long",
        ),
    ] {
        let end = Program::start(roda(&[&["multicast", "send"], args].concat())).ends_with(2);
        assert!(end.shown.is_empty());
        let [line] = &end.noted[..] else {
            panic!("{end:?}")
        };
        assert!(line.starts_with("roda: ") && line.contains(told), "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    for args in [
        &["multicast", "send"][..],
        &["multicast"],
        &["multicast", "receive", "--raw", "--json"],
        &["nada"],
        &["--nada"],
    ] {
        let end = Program::start(roda(args)).ends_with(2);
        assert!(end.shown.is_empty() && !end.noted.is_empty(), "{end:?}");
    }
}

#[test]
fn a_port_that_another_program_keeps_for_itself_is_told_with_the_cure() {
    let place = Place::on_loopback();
    let _keeper = UdpSocket::bind(("0.0.0.0", place.port)).unwrap();
    let end = Program::start(place.multicast("receive", &[])).ends_with(1);
    let line = end.noted.last().unwrap();
    for part in [
        "cannot take the port",
        "another program is using this port",
        "choose another with --port",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn the_language_is_asked_for_or_that_of_the_locale() {
    for (locale, args, told) in [
        ("C.UTF-8", &[][..], "listening to"),
        ("es_AR.UTF-8", &[], "listening to"),
        ("pt_BR.UTF-8", &[], "ouvindo"),
        ("C.UTF-8", &["--lang", "pt"], "ouvindo"),
        ("pt_BR.UTF-8", &["--lang", "en"], "listening to"),
    ] {
        let place = Place::on_loopback();
        let mut command = place.multicast("receive", args);
        command.env("LANG", locale);
        Program::start(command).notes(told);
    }
    let mut wrong = roda(&["multicast", "send", "--name", "~ana"]);
    wrong.env("LANG", "pt_PT");
    assert!(Program::start(wrong).ends_with(2).noted[0].contains("não é válido como nome"));
}

#[cfg(unix)]
#[test]
fn a_link_named_like_a_subcommand_acts_as_it() {
    let folder = format!("links-{}", process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let link = folder.join("multicast");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_roda"), &link).unwrap();
    let place = Place::on_loopback();
    let port = place.port.to_string();
    let args = ["receive", "--interface", "127.0.0.1", "--port", &port];
    let mut receiver = Program::start(place.command(link.to_str().unwrap(), &args));
    receiver.notes("listening to");
    place.sends("ana", &["sair"]);
    assert_eq!(untimed_all(&receiver.ends_with(0).shown), ["ana: sair"]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn input_that_is_not_utf8_is_noted_and_sent_as_far_as_it_is() {
    let place = Place::on_loopback();
    let receiver = place.receiver("bia", &[]);
    let mut sender = place.sender("ana", &[]);
    sender.types(b"certo\nol\xe1!\n");
    sender.notes("line 2 was not UTF-8");
    sender.says("sair");
    sender.ends_with(0);
    let shown = receiver.ends_with(0).shown;
    assert_eq!(
        untimed_all(&shown),
        ["ana: certo", "ana: ol\u{fffd}!", "ana: sair"]
    );
}

#[test]
fn a_paced_sender_keeps_every_line_and_their_order() {
    let place = Place::on_loopback();
    let receiver = place.receiver("bia", &[]);
    let mut sender = place.sender("ana", &["--rate", "1000"]);
    let texts: Vec<String> = (0..300).map(|number| format!("linha {number}")).collect();
    sender.types(format!("{}\nsair\n", texts.join("\n")).as_bytes());
    sender.ends_with(0);
    let shown = receiver.ends_with(0).shown;
    let expected = texts.iter().map(|text| format!("ana: {text}"));
    assert_eq!(
        untimed_all(&shown),
        expected.chain(["ana: sair".into()]).collect::<Vec<_>>()
    );
}
