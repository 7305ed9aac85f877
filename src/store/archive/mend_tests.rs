//! Damaged files: what is lost of them, and what is made anew.

use std::fs;

use rusqlite::Connection;

use super::file;
use super::file_tests::{File, asked, entry, texts};
use super::index;
use super::mend::{Mended, mend};
use super::prune;
use crate::chat::archive::RoomRequest;
use crate::chat::archive::record::Amendment;
use crate::chat::archive::search::Query;
use crate::protocol::engine::event::MessageId;

const MESSAGES: u32 = 1300;

/// A file of many messages.
fn filled() -> File {
    let mut file = File::new();
    let said: Vec<_> = (0..MESSAGES)
        .map(|second| entry("ana", 1, second, &format!("prova n{second}")))
        .collect();
    file.say("sala", &said);
    file
}

fn count(file: &File, words: &str) -> usize {
    let query = Query {
        limit: 10_000,
        ..asked(words)
    };
    file.find(&query).found.len()
}

/// Overwrites a part of the first page of a table.
fn spoil(file: &File, table: &str, part: std::ops::Range<usize>) {
    let number = |select: &str| -> usize {
        let number = file
            .connection
            .query_row(select, [], |row| row.get::<_, i64>(0));
        number.unwrap() as usize
    };
    let root = format!("SELECT rootpage FROM sqlite_schema WHERE name = '{table}'");
    let start = (number(&root) - 1) * number("PRAGMA page_size");
    number("PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(file.path()).unwrap();
    bytes[start + part.start..start + part.end].fill(0xa5);
    fs::write(file.path(), bytes).unwrap();
}

#[test]
fn a_damaged_index_is_made_anew_and_no_message_is_lost() {
    for table in ["words_data", "words_idx", "words_config"] {
        // A part of the content, or all of a page.
        for part in [4000..4096, 0..4096] {
            let mut file = filled();
            spoil(&file, table, part.clone());
            file.connection = Connection::open(file.path()).unwrap();
            if mend(&file.path()).unwrap() == Mended::Sound {
                // What was overwritten is not used.
                assert_eq!(part, 4000..4096, "{table}");
                continue;
            }
            let (connection, is_new) = file::open(&file.path()).unwrap();
            assert!(!is_new);
            file.connection = connection;
            while index::renew_some(&mut file.connection).unwrap() {}
            assert_eq!(count(&file, "prova"), MESSAGES as usize, "{table} {part:?}");
            assert_eq!(texts(&file.find(&asked("n7"))), ["prova n7"]);
            file.expect_sound();
            assert_eq!(mend(&file.path()).unwrap(), Mended::Sound);
        }
    }
}

#[test]
fn a_damaged_table_moves_the_file_aside() {
    for table in ["messages", "messages_by_brief", "speakers"] {
        let file = filled();
        spoil(&file, table, 0..4096);
        assert!(
            matches!(mend(&file.path()), Ok(Mended::Moved(_))),
            "{table}"
        );
    }
}

#[test]
fn an_index_is_made_anew_as_a_new_file_has_it() {
    let made = |connection: &Connection| {
        let select = "SELECT group_concat(name || sql) FROM
            (SELECT * FROM sqlite_schema WHERE tbl_name GLOB 'words*' ORDER BY name)";
        let schema: String = connection.query_row(select, [], |row| row.get(0)).unwrap();
        let config = "SELECT group_concat(k || v) FROM words_config";
        let config: String = connection.query_row(config, [], |row| row.get(0)).unwrap();
        let strip = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        (strip(schema), config)
    };
    let file = File::new();
    let before = made(&file.connection);
    file.connection.execute_batch("DROP TABLE words").unwrap();
    file.connection.execute_batch(file::WORDS).unwrap();
    assert_eq!(made(&file.connection), before);
}

#[test]
fn what_happens_while_an_index_is_made_anew_is_in_it_once() {
    let mut file = filled();
    let empty = "INSERT INTO words (words) VALUES ('delete-all')";
    file.connection.execute_batch(empty).unwrap();
    index::begin_renewal(&file.connection).unwrap();
    // The newest part is there first.
    assert!(index::renew_some(&mut file.connection).unwrap());
    let part = count(&file, "prova");
    assert!((1..MESSAGES as usize).contains(&part), "{part}");
    assert_eq!(count(&file, &format!("n{}", MESSAGES - 1)), 1);
    assert_eq!(count(&file, "n7"), 0);
    // New ones on both sides, an edit and a removal on both sides.
    let mut late = entry("bia", 2, 3, "prova atrasada");
    late.id.position.clock += 1;
    file.say("sala", &[late, entry("bia", 2, MESSAGES, "prova nova")]);
    for second in [5, MESSAGES - 5] {
        let said = entry("ana", 1, second, "");
        let by = MessageId {
            index: 1,
            ..said.id
        };
        let change = RoomRequest::Amend(Box::new(Amendment {
            of: said.id,
            by,
            who: said.who,
            wall_ms: said.wall_ms,
            text: Some("prova mudada".into()),
        }));
        file.write("sala", &[change]);
    }
    for end in ["ASC", "DESC"] {
        let select = format!("SELECT row FROM messages ORDER BY row {end} LIMIT 1");
        prune::drop_rows(&file.connection, &select, []).unwrap();
    }
    while index::renew_some(&mut file.connection).unwrap() {}
    assert_eq!(count(&file, "prova"), MESSAGES as usize);
    assert_eq!(count(&file, "atrasada"), 1);
    assert_eq!(count(&file, "mudada"), 2);
    assert_eq!(count(&file, "n5"), 0, "it says something else now");
    file.expect_sound();
    let all = "SELECT row FROM messages";
    prune::drop_rows(&file.connection, all, []).unwrap();
    assert_eq!(count(&file, "prova"), 0);
    file.expect_sound();
}
