//! The file, with real files: what is written is found again, and changed.

use std::fs;

use proptest::prelude::*;
use rusqlite::Connection;

use super::file;
use super::find::{self, Page};
use super::{RoomKind, RoomPlace, write};
use crate::chat::archive::RoomRequest;
use crate::chat::archive::record::{Amendment, Entry, Form, StoredFrame};
use crate::chat::archive::search::{Place, Query, ShortId};
use crate::chat::archive::terms::Terms;
use crate::protocol::engine::event::{Manner, MessageId, NamedKey};
use crate::protocol::engine::frame_log::Position;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

/// When the first message of a test is said: long ago, whatever this computer's clock shows.
pub(super) const START_MS: u64 = 1_700_000_000_000;

/// A second after it.
const SECOND_MS: u64 = 1000;

pub(super) fn key(number: u8) -> Key {
    Key([number; 32])
}

/// A message that somebody says so many seconds after the start.
pub(super) fn entry(who: &str, author: u8, second: u32, text: &str) -> Entry {
    let wall_ms = START_MS + u64::from(second) * SECOND_MS;
    let position = Position {
        clock: wall_ms << 16,
        short: key(author).short(),
        session: 7,
        sequence: second,
    };
    let (name, key) = (Name::parse(who).unwrap(), key(author));
    Entry::said(
        MessageId { position, index: 0 },
        NamedKey { name, key },
        text,
    )
}

pub(super) fn frame(author: u8, second: u32, bytes: &[u8]) -> StoredFrame {
    StoredFrame {
        position: entry("x", author, second, "").id.position,
        author: key(author),
        hash: u64::from(second),
        bytes: bytes.into(),
    }
}

pub(super) fn place(name: &str) -> RoomPlace {
    let mut tag = [0; 16];
    for (to, from) in tag.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    RoomPlace {
        tag,
        name: name.into(),
        kind: RoomKind::Public,
    }
}

/// A file of one or more rooms, which vanishes with its folder.
pub(super) struct File {
    folder: tempfile::TempDir,
    pub(super) connection: Connection,
}

impl File {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut connection, is_new) = file::open(&folder.path().join("archive.db")).unwrap();
        super::index::renew_if_old(&mut connection).unwrap();
        assert!(is_new);
        Self { folder, connection }
    }

    pub(super) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("archive.db")
    }

    pub(super) fn room(&self, name: &str) -> i64 {
        write::room(&self.connection, &place(name)).unwrap()
    }

    pub(super) fn write(&mut self, room: &str, requests: &[RoomRequest]) {
        let room = self.room(room);
        let requests = requests.iter().map(|request| (room, request));
        write::write_all(&mut self.connection, requests).unwrap();
    }

    pub(super) fn say(&mut self, room: &str, entries: &[Entry]) {
        let requests: Vec<RoomRequest> = entries
            .iter()
            .map(|entry| RoomRequest::Remember(Box::new(entry.clone())))
            .collect();
        self.write(room, &requests);
    }

    pub(super) fn find(&self, query: &Query) -> Page {
        find::find(&self.connection, None, query).unwrap()
    }

    /// The texts that words find, oldest first.
    pub(super) fn texts(&self, words: &str) -> Vec<String> {
        texts(&self.find(&asked(words)))
    }

    /// The bytes of the file and its log.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = fs::read(self.path()).unwrap();
        let log = file::with_suffix(&self.path(), "-wal");
        bytes.extend(fs::read(log).unwrap_or_default());
        bytes
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        let bytes = self.bytes();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }

    pub(super) fn expect_sound(&self) {
        let check = "INSERT INTO words (words) VALUES ('integrity-check')";
        let writer = Connection::open(self.path()).unwrap();
        writer.execute_batch(check).unwrap();
        let found: String = writer
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(found, "ok");
    }
}

pub(super) fn asked(words: &str) -> Query {
    Query {
        words: words.into(),
        limit: 50,
        ..Query::default()
    }
}

pub(super) fn texts(page: &Page) -> Vec<String> {
    let found = page.found.iter();
    found.map(|it| it.found.entry.text.clone()).collect()
}

pub(super) fn amendment(of: &Entry, second: u32, text: Option<&str>) -> RoomRequest {
    let by = entry("x", of.who.key.0[0], second, "");
    RoomRequest::Amend(Box::new(Amendment {
        of: of.id,
        by: by.id,
        who: of.who.clone(),
        wall_ms: by.wall_ms,
        text: text.map(str::to_owned),
    }))
}

#[test]
fn words_are_found_whatever_they_are() {
    let mut file = File::new();
    let said = [
        "Você viu a prova de amanhã?",
        "東京都に行く",
        "我喜欢北京烤鸭",
        "👍🏽 combinado",
        "AND OR NOT NEAR(a, b) \"aspas\" col:umn * ^x -y",
        "as provas ficam na mesa da prova",
        "C:\\temp\\arquivo.txt; DROP TABLE messages;--",
        "ＦＵＬＬ width カタカナ ｶﾀｶﾅ",
    ];
    let entries: Vec<Entry> = (0_u32..)
        .zip(said)
        .map(|(second, text)| entry("ana", 1, second, text))
        .collect();
    file.say("sala", &entries);
    for (words, expected) in [
        ("voce", &[0][..]),
        ("VOCÊ", &[0]),
        ("amanha prova", &[0]),
        ("prov*", &[0, 5]),
        ("prov", &[]),
        ("\"da prova\"", &[5]),
        ("\"prova da\"", &[]),
        ("東京", &[1]),
        ("京", &[1, 2]),
        ("都", &[1]),
        ("北京", &[2]),
        ("烤鸭", &[2]),
        ("京北", &[]),
        ("👍", &[3]),
        ("and or not", &[4]),
        ("near(a, b)", &[4]),
        ("\"aspas\"", &[4]),
        ("-y", &[4]),
        ("^x", &[4]),
        ("col:umn", &[4]),
        ("drop table", &[6]),
        ("arquivo.txt", &[6]),
        ("full カタカナ", &[7]),
        ("\u{e000}1", &[]),
        ("''", &[]),
        ("*", &[]),
        ("\"", &[]),
    ] {
        let expected: Vec<&str> = expected.iter().map(|index| said[*index]).collect();
        assert_eq!(file.texts(words), expected, "{words}");
    }
    assert_eq!(file.texts("").len(), said.len());
    let marks = file.find(&asked("voce")).found[0].found.marks.clone();
    assert_eq!(marks, [(0, 5)]);
}

#[test]
fn a_query_is_about_rooms_people_times_and_pages() {
    let mut file = File::new();
    let entries: Vec<Entry> = (0..100)
        .map(|second| match second % 2 {
            0 => entry("Zoë", 1, second, &format!("oi {second}")),
            _ => entry("rui", 2, second, &format!("oi {second}")),
        })
        .collect();
    file.say("sala", &entries);
    file.say("outra", &[entry("zoe", 3, 200, "oi aqui")]);
    let room = file.room("sala");
    let find = |query: &Query| find::find(&file.connection, Some(&[room]), query).unwrap();
    let page = find(&Query {
        limit: 3,
        ..asked("oi")
    });
    assert_eq!(texts(&page), ["oi 97", "oi 98", "oi 99"]);
    assert!(page.has_more);
    let place = Place::Before(page.found[0].found.entry.id);
    let page = find(&Query {
        limit: 2,
        place,
        ..asked("oi")
    });
    assert_eq!(texts(&page), ["oi 95", "oi 96"]);
    assert!(page.has_more && page.has_newer);
    let from = Some("zoe".into());
    let page = find(&Query {
        from,
        since_ms: Some(START_MS + 95_000),
        ..asked("oi")
    });
    assert_eq!(texts(&page), ["oi 96", "oi 98"]);
    assert!(!page.has_more);
    let page = find(&Query {
        since_ms: Some(START_MS + 10_000),
        until_ms: Some(START_MS + 12_000),
        ..asked("")
    });
    assert_eq!(texts(&page), ["oi 10", "oi 11"]);
    // In all rooms, the name is that of two people, who are told apart by their digits.
    let page = file.find(&Query {
        from: Some("zoe".into()),
        limit: 2,
        ..asked("")
    });
    assert_eq!(texts(&page), ["oi 98", "oi aqui"]);
    let digits = crate::chat::suffix::digits(&key(3));
    let from = Some(format!("zoe#{}", &digits[..4]));
    assert_eq!(texts(&file.find(&Query { from, ..asked("") })), ["oi aqui"]);
    let from = Some("ninguém".into());
    assert!(file.find(&Query { from, ..asked("") }).found.is_empty());
}

#[test]
fn a_match_is_shown_among_its_neighbours_and_found_by_its_short_id() {
    let mut file = File::new();
    let entries: Vec<Entry> = (0..20)
        .map(|second| entry("ana", 1, second, &format!("linha {second}")))
        .collect();
    file.say("sala", &entries);
    file.say("outra", &[entry("rui", 2, 5, "linha alheia")]);
    let only = Some(ShortId::of(&entries[5].id));
    let page = file.find(&Query {
        only,
        context: 2,
        ..Query::default()
    });
    let found: Vec<(String, bool)> = page
        .found
        .iter()
        .map(|it| (it.found.entry.text.clone(), it.found.is_match))
        .collect();
    let expected = [3, 4, 5, 6, 7].map(|n| (format!("linha {n}"), n == 5));
    assert_eq!(found, expected);
    let page = file.find(&Query {
        context: 1,
        ..asked("\"linha 2\"")
    });
    assert_eq!(texts(&page), ["linha 1", "linha 2", "linha 3"]);
    let begins: Vec<bool> = page.found.iter().map(|it| it.begins_group).collect();
    assert_eq!(begins, [true, false, false]);
}

#[test]
fn every_message_has_a_row_and_is_stored_once() {
    let mut file = File::new();
    let mut entries = Vec::new();
    for number in 0..600_u32 {
        // All of one clock, as a frame of many lines has them, and some of its neighbours.
        let mut entry = entry("ana", 1, 1, &format!("n{number}"));
        entry.id.position.sequence = number / 200;
        entry.id.position.clock += u64::from(number / 400);
        entry.id.index = (number % 200) as u8;
        entries.push(entry);
    }
    file.say("sala", &entries);
    file.say("sala", &entries);
    let page = file.find(&Query {
        limit: 1000,
        ..Query::default()
    });
    assert_eq!(page.found.len(), 600);
    let mut ids: Vec<MessageId> = entries.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    let found: Vec<MessageId> = page.found.iter().map(|it| it.found.entry.id).collect();
    assert_eq!(found, ids);
}

#[test]
fn what_is_stored_comes_back_as_it_was() {
    let mut file = File::new();
    let mut odd = entry("Zoë", 1, 3, "um\ndois\0três");
    odd.wall_ms -= 5000;
    odd.manner = Manner::Action;
    odd.is_late = true;
    odd.is_own = true;
    odd.is_private = true;
    odd.to = Some(entry("rui", 2, 0, "").who);
    odd.id.position.clock = u64::MAX;
    odd.id.position.session = u64::MAX;
    file.say("sala", &[odd.clone()]);
    let page = file.find(&asked("dois"));
    assert_eq!(page.found[0].found.entry, odd);
}

#[test]
fn edits_are_found_in_their_newest_form_and_deletions_leave_nothing() {
    let mut file = File::new();
    let first = entry("ana", 1, 1, "hoje xadrez secretíssimo");
    let other = entry("rui", 2, 2, "xadrez amanhã");
    file.say("sala", &[first.clone(), other.clone()]);
    // The later one comes first, and one of somebody else's is nothing.
    file.write("sala", &[amendment(&first, 9, Some("hoje damas"))]);
    file.write("sala", &[amendment(&first, 8, Some("hoje go"))]);
    let mut foreign = first.clone();
    foreign.who = other.who.clone();
    file.write("sala", &[amendment(&foreign, 10, None)]);
    assert_eq!(file.texts("xadrez"), ["xadrez amanhã"]);
    let page = file.find(&asked("hoje"));
    assert_eq!(texts(&page), ["hoje damas"]);
    assert_eq!(page.found[0].found.entry.form, Form::Edited);
    let all = Query {
        has_all_forms: true,
        ..asked("secretissimo")
    };
    let page = file.find(&all);
    assert_eq!(
        texts(&page),
        ["hoje xadrez secretíssimo", "hoje go", "hoje damas"]
    );
    let is_match: Vec<bool> = page.found.iter().map(|it| it.found.is_match).collect();
    assert_eq!(is_match, [true, false, true]);
    file.write("sala", &[amendment(&first, 11, None)]);
    file.write("sala", &[amendment(&first, 12, Some("de volta"))]);
    assert!(file.texts("hoje").is_empty() && file.texts("volta").is_empty());
    assert!(file.find(&all).found.is_empty());
    let page = file.find(&asked(""));
    assert_eq!(page.found[0].found.entry.form, Form::Deleted);
    assert_eq!(texts(&page), ["", "xadrez amanhã"]);
    file.connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    assert!(!file.holds("secret") && !file.holds("damas"));
    file.expect_sound();
}

#[test]
fn a_change_may_come_before_its_message() {
    let mut file = File::new();
    let late = entry("ana", 1, 1, "errado");
    let mut forged = late.clone();
    forged.who = entry("rui", 2, 0, "").who;
    file.write("sala", &[amendment(&forged, 9, Some("forjado"))]);
    file.write("sala", &[amendment(&late, 8, Some("certo"))]);
    assert!(file.find(&asked("")).found.is_empty());
    file.say("sala", &[late]);
    assert_eq!(file.texts(""), ["certo"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_index_finds_what_the_terms_fit(
        texts in prop::collection::vec("[abeéêEç東京都 .'*\"-]{0,12}", 1..12),
        typed in "[abeéêE東京都 *\"'-]{1,8}",
    ) {
        let mut file = File::new();
        let entries: Vec<Entry> = (0_u32..)
            .zip(&texts)
            .map(|(second, text)| entry("ana", 1, second, text))
            .collect();
        file.say("sala", &entries);
        let terms = Terms::parse(&typed).unwrap();
        let expected: Vec<&String> = texts.iter().filter(|text| terms.fit(text)).collect();
        let found = file.texts(&typed);
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{:?}", terms);
    }

    #[test]
    fn no_typed_query_is_an_error(typed in any::<String>()) {
        let mut file = File::new();
        file.say("sala", &[entry("ana", 1, 1, &typed)]);
        if Terms::parse(&typed).is_ok() {
            prop_assert!(find::find(&file.connection, None, &asked(&typed)).is_ok());
        }
    }
}
