//! The file, with real files: what is loaded, dropped, forgotten, damaged or foreign.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;

use super::file::{self, Fault};
use super::file_tests::{File, START_MS, amendment, asked, entry, frame, key, texts};
use super::forget::Oblivion;
use super::load::load;
use super::mend::{Mended, mend};
use super::{Keeping, forget, prune, write};
use crate::chat::archive::record::{Entry, Forgotten, StoredFrame};
use crate::chat::archive::search::Query;
use crate::chat::archive::{RoomReply, RoomRequest};

#[test]
fn a_room_is_loaded_with_its_own_frames_only_and_none_that_has_changed() {
    let mut file = File::new();
    let entries: Vec<Entry> = (0..30)
        .map(|second| entry("ana", 1, second, &format!("linha {second}")))
        .collect();
    file.say("sala", &entries);
    let frames: Vec<StoredFrame> = (0..600)
        .rev()
        .map(|second| frame(1, second, format!("frame {second}").as_bytes()))
        .collect();
    let keep: Vec<RoomRequest> = frames.iter().cloned().map(RoomRequest::Keep).collect();
    file.write("sala", &keep);
    file.write("outra", &[RoomRequest::Keep(frame(2, 1, b"alheio"))]);
    let gone = vec![frames[0].position, frames[1].position];
    file.write("sala", &[RoomRequest::Drop(gone)]);
    let damage = "UPDATE frames SET bytes = x'00' WHERE bytes = CAST('frame 7' AS BLOB)";
    assert_eq!(file.connection.execute(damage, []).unwrap(), 1);
    let replies = std::cell::RefCell::new(Vec::new());
    let tell = |reply| {
        replies.borrow_mut().push(reply);
        true
    };
    load(&file.connection, file.room("sala"), 10, &tell).unwrap();
    let replies = replies.into_inner();
    let RoomReply::Recent {
        entries: recent, ..
    } = &replies[0]
    else {
        panic!("{replies:?}");
    };
    let last: Vec<&str> = recent.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!((last.len(), last[0], last[9]), (10, "linha 20", "linha 29"));
    let mut loaded = Vec::new();
    for reply in &replies[1..replies.len() - 1] {
        let RoomReply::Frames(slice) = reply else {
            panic!("{reply:?}");
        };
        assert!(slice.len() <= 256);
        loaded.extend(slice.clone());
    }
    let mut expected: Vec<StoredFrame> = frames[2..].to_vec();
    expected.retain(|frame| frame.hash != 7);
    expected.reverse();
    assert_eq!(loaded, expected);
    let forgotten = Vec::new();
    assert_eq!(replies.last(), Some(&RoomReply::Loaded { forgotten }));
}

/// What somebody says in five minutes, a message each second.
fn texts_of(who: &str, author: u8, from: u32) -> Vec<Entry> {
    let text = |second| format!("segredo{second} de {who} zyxwv");
    (from..from + 300)
        .map(|second| entry(who, author, second, &text(second)))
        .collect()
}

#[test]
fn what_is_forgotten_leaves_no_byte_and_does_not_come_back() {
    let mut file = File::new();
    let (ana, rui) = (texts_of("anabela", 1, 0), texts_of("rui", 2, 300));
    file.say("sala", &ana);
    file.say("sala", &rui);
    file.say("outra", &texts_of("anabela", 1, 900));
    file.write("sala", &[RoomRequest::Keep(frame(1, 5, b"frame anabela"))]);
    file.write("sala", &[amendment(&ana[3], 700, Some("segredo editado"))]);
    assert!(file.holds("anabela") && file.holds("segredo12 "));
    let now_ms = START_MS + 2_000_000;
    let what = Oblivion {
        from: Some("ANABELA".into()),
        ..Oblivion::default()
    };
    assert_eq!(forget::count(&file.connection, &what, now_ms).unwrap(), 600);
    let forgot = forget::forget(&mut file.connection, &what, now_ms).unwrap();
    assert_eq!(
        (forgot.messages, forgot.frames, forgot.is_clean),
        (600, 1, true)
    );
    for gone in [
        "anabela",
        "segredo12 ",
        "segredo12",
        "segredo950",
        "editado",
    ] {
        assert!(!file.holds(gone), "{gone}");
    }
    assert!(file.holds("rui"));
    assert_eq!(
        file.find(&Query {
            limit: 1000,
            ..asked("zyxwv")
        })
        .found
        .len(),
        300
    );
    file.expect_sound();
    // By catching up it does not come back, and what is said later does.
    file.say("sala", &ana);
    file.write("sala", &[RoomRequest::Keep(frame(1, 5, b"frame anabela"))]);
    file.say("sala", &[entry("anabela", 1, 5000, "de novo")]);
    assert_eq!(file.texts("anabela"), Vec::<String>::new());
    let from = Some("anabela".into());
    assert_eq!(texts(&file.find(&Query { from, ..asked("") })), ["de novo"]);
    let horizons = write::Horizons::of(&file.connection, file.room("sala")).unwrap();
    let [
        Forgotten {
            author,
            until_clock,
        },
    ] = horizons.into_list()[..]
    else {
        panic!("one horizon");
    };
    assert_eq!(author, Some(key(1)));
    assert!(until_clock >= now_ms << 16 && until_clock < (START_MS + 5_000_000) << 16);
}

#[test]
fn a_room_is_forgotten_until_a_time() {
    let mut file = File::new();
    let rui = texts_of("rui", 2, 300);
    file.say("sala", &rui);
    let now_ms = START_MS + 2_000_000;
    let before_ms = Some(START_MS + 400_000);
    let rooms = Some(vec![file.room("sala")]);
    let what = Oblivion {
        rooms,
        before_ms,
        from: None,
    };
    let forgot = forget::forget(&mut file.connection, &what, now_ms).unwrap();
    assert_eq!(forgot.messages, 100);
    file.say("sala", &rui);
    assert_eq!(file.texts("segredo399"), Vec::<String>::new());
    assert_eq!(file.texts("segredo400").len(), 1);
}

#[test]
fn what_is_too_old_goes_unless_the_clock_has_jumped() {
    let mut file = File::new();
    let day = 24 * 60 * 60;
    let entries: Vec<Entry> = (0..60).map(|n| entry("ana", 1, n * day, "oi")).collect();
    file.say("sala", &entries);
    file.write("sala", &[RoomRequest::Keep(frame(1, 0, b"alt"))]);
    file.write("sala", &[RoomRequest::Keep(frame(1, 59 * day, b"neu"))]);
    let keeping = Keeping {
        days: 30,
        ..Keeping::default()
    };
    let count = |file: &File| {
        file.find(&Query {
            limit: 100,
            ..asked("")
        })
        .found
        .len()
    };
    // A century from now, as the clock says.
    let jumped = START_MS + 36_500 * u64::from(day) * 1000;
    while prune::step(&mut file.connection, &keeping, jumped, &BTreeSet::new()).unwrap() {}
    assert!(count(&file) >= 49, "{}", count(&file));
    let now_ms = START_MS + 60 * u64::from(day) * 1000;
    let keeping = Keeping {
        days: 1,
        ..Keeping::default()
    };
    while prune::step(&mut file.connection, &keeping, now_ms, &BTreeSet::new()).unwrap() {}
    let frames = "SELECT count(*) FROM frames";
    let frames: i64 = file
        .connection
        .query_row(frames, [], |row| row.get(0))
        .unwrap();
    assert!(
        count(&file) < 25 && frames == 1,
        "{} {frames}",
        count(&file)
    );
    file.expect_sound();
}

#[test]
fn what_a_person_says_while_the_clock_is_ahead_makes_nothing_old() {
    let mut file = File::new();
    let day = 24 * 60 * 60;
    let entries: Vec<Entry> = (0..60).map(|n| entry("ana", 1, n * day, "oi")).collect();
    let mut own: Vec<Entry> = (0..60)
        .map(|n| entry("eu", 9, 36_500 * day + n, "de longe"))
        .collect();
    own.iter_mut().for_each(|entry| entry.is_own = true);
    file.say("sala", &entries);
    file.say("sala", &own);
    let keeping = Keeping {
        days: 30,
        ..Keeping::default()
    };
    let jumped = START_MS + 36_500 * u64::from(day) * 1000;
    while prune::step(&mut file.connection, &keeping, jumped, &BTreeSet::new()).unwrap() {}
    let left = |words: &str| {
        let query = Query {
            limit: 100,
            ..asked(words)
        };
        file.find(&query).found.len()
    };
    assert_eq!(left("longe"), 60);
    assert!(left("oi") >= 49, "{}", left("oi"));
}

#[test]
fn for_lack_of_room_whoever_has_most_gives_first_and_verified_people_last() {
    let mut file = File::new();
    let long = "x".repeat(2000);
    let mut second = 0;
    let mut many = |who: &str, author, count: u32| -> Vec<Entry> {
        let from = second;
        second += count;
        (from..second)
            .map(|n| entry(who, author, n, &format!("{who}w {long} {n}")))
            .collect()
    };
    let (vera, bob, ana) = (
        many("vera", 1, 700),
        many("bob", 2, 500),
        many("ana", 3, 20),
    );
    let far = many("longe", 4, 100);
    for entries in [&vera, &bob, &ana] {
        file.say("sala", entries);
    }
    file.say("outra", &far);
    let verified = BTreeSet::from([key(1)]);
    let keeping = Keeping {
        bytes: 1 << 20,
        ..Keeping::default()
    };
    let now_ms = START_MS + 1_000_000;
    let mut steps = 0;
    while prune::step(&mut file.connection, &keeping, now_ms, &verified).unwrap() {
        steps += 1;
        assert!(steps < 1000, "it does not end");
    }
    let left = |words: &str| {
        let page = file.find(&Query {
            limit: 1000,
            ..asked(words)
        });
        page.found.len()
    };
    assert_eq!((left("longew"), left("anaw") + left("bobw")), (100, 0));
    assert!((1..700).contains(&left("veraw")), "{}", left("veraw"));
    assert!(file.texts("veraw 699").len() == 1, "the newest stay");
    file.expect_sound();
}

#[test]
fn a_file_of_the_first_version_is_read_and_written_on() {
    for is_read_first in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(file::SCHEMA.steps[0]).unwrap();
        let id = file::SCHEMA.application_id;
        old.pragma_update(None, "application_id", id).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        drop(old);
        if is_read_first {
            file::open_reading(&path).unwrap();
        }
        let (connection, is_new) = file::open(&path).unwrap();
        assert!(!is_new);
        let marks = "SELECT count(*) FROM read_marks";
        let marks: i64 = connection.query_row(marks, [], |row| row.get(0)).unwrap();
        assert_eq!(marks, 0);
    }
}

#[test]
fn files_that_are_not_ours_or_newer_or_broken_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    assert_eq!(file::open(&path).unwrap_err(), Fault::Foreign);
    assert_eq!(fs::read(&path).unwrap(), before, "it is left alone");
    let path = folder.path().join("newer.db");
    drop(file::open(&path).unwrap());
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    assert_eq!(file::open(&path).unwrap_err(), Fault::Newer);
    let path = folder.path().join("broken.db");
    fs::write(&path, [b'x'; 10_000]).unwrap();
    assert!(matches!(file::open(&path), Err(Fault::Damaged(_))));
    let Mended::Moved(to) = mend(&path).unwrap() else {
        panic!("it is no file of ours any more");
    };
    assert!(to.to_string_lossy().contains("broken.db.damaged-"));
    assert_eq!(fs::read(&to).unwrap().len(), 10_000);
    file::open(&path).unwrap();
    assert_eq!(mend(&path).unwrap(), Mended::Sound);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for suffix in ["", "-wal", "-shm"] {
            let (_connection, _) = file::open(&path).unwrap();
            let about = fs::metadata(file::with_suffix(&path, suffix)).unwrap();
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{suffix}");
        }
    }
}
