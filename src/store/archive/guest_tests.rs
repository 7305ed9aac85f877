//! What members' guests said, in real files: found as theirs, and kept and dropped as their hosts'.

use std::collections::BTreeSet;

use super::file_tests::{File, START_MS, amendment, asked, entry, texts};
use super::forget::{self, Oblivion};
use super::{Keeping, index, prune};
use crate::chat::archive::record::{Entry, Form};
use crate::chat::archive::search::Query;
use crate::protocol::engine::event::{GuestName, Manner};
use crate::protocol::message::Name;

fn by_guest(guest: &str, number: u32, host: (&str, u8), second: u32, text: &str) -> Entry {
    let name = Name::parse(guest).unwrap();
    Entry {
        manner: Manner::Guest(GuestName { number, name }),
        ..entry(host.0, host.1, second, text)
    }
}

fn from(name: &str, words: &str) -> Query {
    Query {
        from: Some(name.into()),
        ..asked(words)
    }
}

#[test]
fn what_a_guest_said_is_found_by_the_guests_name_and_not_as_the_hosts() {
    let mut file = File::new();
    let (ana, bia) = (("ana", 1), ("bia", 2));
    let said = [
        entry("ana", 1, 1, "prova um"),
        by_guest("Rui", 1, ana, 2, "prova dois"),
        by_guest("rui", 4_000_000_000, bia, 3, "prova três"),
        entry("rui", 3, 4, "prova quatro"),
        by_guest("ana", 2, bia, 5, "prova cinco"),
    ];
    file.say("sala", &said);
    let all = file.find(&asked("prova"));
    let entries: Vec<Entry> = all.found.into_iter().map(|it| it.found.entry).collect();
    assert_eq!(entries, said, "as they were said");
    for (name, expected) in [
        ("rui", &["prova dois", "prova três", "prova quatro"][..]),
        ("~RUI", &["prova dois", "prova três"]),
        ("ana", &["prova um", "prova cinco"]),
        ("~ana", &["prova cinco"]),
        ("bia", &[]),
        ("~bia", &[]),
    ] {
        assert_eq!(texts(&file.find(&from(name, "prova"))), expected, "{name}");
        assert_eq!(texts(&file.find(&from(name, ""))), expected, "{name}");
    }
    file.expect_sound();
}

#[test]
fn a_host_withdraws_it_and_what_is_left_of_it_is_the_guests() {
    let mut file = File::new();
    let said = by_guest("rui", 1, ("ana", 1), 1, "bobagem");
    file.say("sala", std::slice::from_ref(&said));
    file.write("sala", &[amendment(&said, 5, Some("outra coisa"))]);
    let changed = file.find(&from("rui", "outra"));
    assert_eq!(changed.found[0].found.entry.manner, said.manner);
    file.write("sala", &[amendment(&said, 6, None)]);
    let page = file.find(&from("~rui", ""));
    let left = &page.found[0].found.entry;
    assert_eq!((left.form, left.text.as_str()), (Form::Deleted, ""));
    assert_eq!(left.manner, said.manner);
    assert_eq!(texts(&file.find(&asked("bobagem"))), Vec::<String>::new());
    file.expect_sound();
}

#[test]
fn it_is_forgotten_with_the_host_and_never_by_a_name_that_is_nobodys() {
    let mut file = File::new();
    let said = [
        by_guest("zuleica", 1, ("anabela", 1), 1, "segredo um"),
        entry("rui", 2, 2, "segredo dois"),
        by_guest("rui", 2, ("anabela", 1), 3, "segredo três"),
    ];
    file.say("sala", &said);
    let now_ms = START_MS + 1_000_000;
    let of = |name: &str| Oblivion {
        from: Some(name.into()),
        ..Oblivion::default()
    };
    for (name, expected) in [("zuleica", 0), ("~rui", 0), ("rui", 1), ("anabela", 2)] {
        let count = forget::count(&file.connection, &of(name), now_ms).unwrap();
        assert_eq!(count, expected, "{name}");
    }
    let forgot = forget::forget(&mut file.connection, &of("anabela"), now_ms).unwrap();
    assert_eq!((forgot.messages, forgot.is_clean), (2, true));
    for gone in ["zuleica", "anabela", "segredo um"] {
        assert!(!file.holds(gone), "{gone}");
    }
    file.say("sala", &said);
    assert_eq!(texts(&file.find(&asked("segredo"))), ["segredo dois"]);
    file.expect_sound();
}

#[test]
fn a_host_of_very_many_guests_pays_for_all_of_them() {
    let mut file = File::new();
    let long = "x".repeat(700);
    let ana: Vec<Entry> = (0..100)
        .map(|second| entry("ana", 1, second, &format!("anaw {long}")))
        .collect();
    file.say("sala", &ana);
    for number in 0..3000_u32 {
        let name = format!("g{number}");
        let said = by_guest(
            &name,
            number,
            ("eva", 2),
            1000 + number,
            &format!("evaw {long}"),
        );
        file.say("sala", &[said]);
    }
    let keeping = Keeping {
        bytes: 1 << 20,
        ..Keeping::default()
    };
    let now_ms = START_MS + 10_000_000;
    let mut steps = 0;
    while prune::step(&mut file.connection, &keeping, now_ms, &BTreeSet::new()).unwrap() {
        steps += 1;
        assert!(steps < 1000, "it does not end");
    }
    let left = |words: &str| {
        let query = Query {
            limit: 10_000,
            ..asked(words)
        };
        file.find(&query).found.len()
    };
    assert_eq!(left("anaw"), 100);
    assert!((1..1500).contains(&left("evaw")), "{}", left("evaw"));
    file.expect_sound();
}

#[test]
fn the_index_made_anew_finds_the_same() {
    let mut file = File::new();
    let said = [
        entry("ana", 1, 1, "prova um"),
        by_guest("rui", 1, ("ana", 1), 2, "prova dois"),
    ];
    file.say("sala", &said);
    let old = "UPDATE facts SET value = 1 WHERE name = 'words'";
    assert_eq!(file.connection.execute(old, []).unwrap(), 1);
    index::renew_if_old(&mut file.connection).unwrap();
    while index::renew_some(&mut file.connection).unwrap() {}
    assert_eq!(texts(&file.find(&from("rui", "prova"))), ["prova dois"]);
    assert_eq!(texts(&file.find(&from("ana", "prova"))), ["prova um"]);
    let gone = "SELECT row FROM messages";
    let dropped = prune::drop_rows(&file.connection, gone, []).unwrap();
    assert_eq!(dropped, 2);
    file.expect_sound();
}
