//! The thread, as a room's loop sees it.

use std::path::Path;
use std::sync::mpsc::Receiver;

use super::file_tests::{entry, place};
use super::*;
use crate::chat::archive::search::Query;
use crate::chat::command::RequestId;
use crate::chat::rooms::RoomNumber;
use crate::protocol::message::Name;
use crate::protocol::wire::frame::Key;

mod sharing;

const DEADLINE: Duration = Duration::from_secs(30);

const ROOM: RoomNumber = RoomNumber::FIRST;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn reply(told: &Receiver<Told>) -> Reply {
    loop {
        if let Told::Reply { reply, .. } = told.recv_timeout(DEADLINE).unwrap() {
            return reply;
        }
    }
}

#[test]
fn what_was_asked_for_is_written_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    for (round, expected) in [(0, 0), (1, 2)] {
        let (tell, told) = mpsc::channel();
        let path = path.clone();
        let open = move || People::at(&path);
        let archive = started(open, move |it| tell.send(it).is_ok());
        assert!(archive.ask(ROOM, Request::Load));
        let Reply::Ignored(ignored) = reply(&told) else {
            panic!("round {round}");
        };
        assert_eq!(ignored.len(), round);
        let Reply::People(people) = reply(&told) else {
            panic!("round {round}");
        };
        assert_eq!(people.len(), expected);
        let (ana, bia) = (Key([1; 32]), Key([2; 32]));
        let (first, second) = (name("ana"), name("bia"));
        let meet = Request::Meet {
            name: first,
            key: ana,
        };
        let verify = Request::Verify {
            name: second,
            key: bia,
        };
        archive.ask(ROOM, meet);
        archive.ask(ROOM, verify);
        for key in [ana, bia] {
            let name = name("zeca");
            archive.ask(ROOM, Request::Ignore { name, key });
        }
        archive.ask(ROOM, Request::Unignore { key: bia });
        assert!(archive.close(CLOSE_WAIT));
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_told_and_ends_nothing() {
    let (tell, told) = mpsc::channel();
    let open = || Err("the disk is on fire".to_owned());
    let archive = started(open, move |it| tell.send(it).is_ok());
    assert_eq!(reply(&told), Reply::Failed("the disk is on fire".into()));
    assert!(archive.ask(ROOM, Request::Load));
    assert!(archive.close(CLOSE_WAIT));
}

#[test]
fn a_store_that_stands_still_delays_nobody() {
    let (open_now, opened) = mpsc::channel::<()>();
    let open = move || {
        opened.recv_timeout(DEADLINE).ok();
        Err("too late".to_owned())
    };
    let archive = started(open, |_| true);
    let request = Request::Meet {
        name: name("ana"),
        key: Key([1; 32]),
    };
    let taken = (0..=REQUESTS_MAX).filter(|_| archive.ask(ROOM, request.clone()));
    assert_eq!(taken.count(), REQUESTS_MAX);
    drop(open_now);
    assert!(archive.close(CLOSE_WAIT));
}

/// An archive of people alone.
fn started(
    open: impl Fn() -> Result<People, String> + Send + 'static,
    tell: impl Fn(Told) -> bool + Send + Sync + 'static,
) -> Archive {
    let mut archive = Archive::start(open, None, tell).unwrap();
    archive.open_room(ROOM, Some(place("sala")));
    assert!(!archive.keeps_room(ROOM));
    archive
}

fn file(folder: &Path) -> FilePlace {
    FilePlace {
        path: folder.join("archive.db"),
        keeping: Keeping::default(),
    }
}

/// An archive of a room, and what it tells.
fn archive_of(folder: &Path) -> (Archive, Receiver<Told>) {
    let (tell, told) = mpsc::channel();
    let people = folder.join("people.db");
    let open = move || People::at(&people);
    let archive = Archive::start(open, Some(file(folder)), move |it| tell.send(it).is_ok());
    let mut archive = archive.unwrap();
    archive.open_room(ROOM, Some(place("sala")));
    assert!(archive.keeps_room(ROOM));
    (archive, told)
}

fn remember(second: u32, text: &str) -> RoomRequest {
    RoomRequest::Remember(Box::new(entry("ana", 1, second, text)))
}

fn ask(archive: &Archive, request: RoomRequest) -> bool {
    archive.ask(ROOM, Request::Room(request))
}

fn find(words: &str) -> RoomRequest {
    let query = Query {
        words: words.into(),
        limit: 1000,
        ..Query::default()
    };
    let request = RequestId::default();
    let query = Box::new(query);
    RoomRequest::Find { request, query }
}

/// The texts that the next search finds.
fn found(told: &Receiver<Told>) -> Vec<String> {
    loop {
        match reply(told) {
            Reply::Room(RoomReply::Found { found, .. }) => {
                return found.into_iter().map(|it| it.entry.text).collect();
            }
            Reply::Room(RoomReply::NotFound { why, .. }) => panic!("{why}"),
            _ => {}
        }
    }
}

fn notice(told: &Receiver<Told>) -> Notice {
    loop {
        if let Told::Notice(notice) = told.recv_timeout(DEADLINE).unwrap() {
            return notice;
        }
    }
}

fn stored(path: &Path, words: &str) -> usize {
    let query = Query {
        words: words.into(),
        limit: 10_000,
        ..Query::default()
    };
    let reader = Reader::open(path).unwrap();
    reader.find(None, &query).unwrap().found.len()
}

#[test]
fn what_is_said_is_found_at_once_and_private_words_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, told) = archive_of(folder.path());
    ask(&archive, RoomRequest::Load { recent: 10 });
    assert_eq!(
        notice(&told),
        Notice::Begun(folder.path().join("archive.db"))
    );
    let nothing = RoomReply::Recent {
        entries: Vec::new(),
        read_until: None,
    };
    assert_eq!(reply(&told), Reply::Room(nothing));
    let forgotten = Vec::new();
    assert_eq!(reply(&told), Reply::Room(RoomReply::Loaded { forgotten }));
    let mut secret = entry("ana", 1, 1, "oi sigilo");
    secret.is_private = true;
    ask(&archive, RoomRequest::Remember(Box::new(secret)));
    ask(&archive, remember(2, "oi turma"));
    ask(&archive, find("oi"));
    assert_eq!(found(&told), ["oi turma"]);
    assert!(archive.close(CLOSE_WAIT));
    let (archive, told) = archive_of(folder.path());
    ask(&archive, RoomRequest::Load { recent: 10 });
    let Reply::Room(RoomReply::Recent {
        entries: recent, ..
    }) = reply(&told)
    else {
        panic!("what was said comes first");
    };
    assert_eq!(recent, [entry("ana", 1, 2, "oi turma")]);
    assert!(archive.close(CLOSE_WAIT));
}

#[test]
fn without_a_place_nothing_is_stored_and_the_room_waits_for_nothing() {
    let (tell, told) = mpsc::channel();
    let folder = tempfile::tempdir().unwrap();
    let people = folder.path().join("people.db");
    let archive = started(move || People::at(&people), move |it| tell.send(it).is_ok());
    ask(&archive, RoomRequest::Load { recent: 10 });
    let unusable = Reply::Room(RoomReply::Unusable);
    assert_eq!(reply(&told), unusable);
    ask(&archive, remember(1, "oi"));
    ask(&archive, find("oi"));
    assert_eq!(reply(&told), unusable);
    assert!(archive.close(CLOSE_WAIT));
    assert!(!folder.path().join("archive.db").exists());
}

#[test]
fn a_damaged_file_is_moved_aside_and_a_new_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    let (archive, _told) = archive_of(folder.path());
    assert!((0..200).all(|second| ask(&archive, remember(second, "antes"))));
    assert!(archive.close(CLOSE_WAIT));
    // Everything but the head, so that it opens, and fails when it is written.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].iter_mut().for_each(|byte| *byte = 0x5a);
    std::fs::write(&path, &bytes).unwrap();
    let (archive, told) = archive_of(folder.path());
    ask(&archive, remember(900, "depois"));
    ask(&archive, find("depois"));
    let Notice::MovedAside { from, to } = notice(&told) else {
        panic!("it is told where the file is");
    };
    assert_eq!(
        (from, std::fs::read(&to).unwrap().len()),
        (path.clone(), bytes.len())
    );
    assert!(archive.close(CLOSE_WAIT));
    assert_eq!(stored(&path, "depois"), 1);
}

#[test]
fn a_newer_or_foreign_file_is_left_alone_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    let newer = Connection::open(&path).unwrap();
    let set = "PRAGMA application_id = 1919902066; PRAGMA user_version = 99; CREATE TABLE x (y)";
    newer.execute_batch(set).unwrap();
    drop(newer);
    let before = std::fs::read(&path).unwrap();
    let (archive, told) = archive_of(folder.path());
    ask(&archive, remember(1, "oi"));
    ask(&archive, RoomRequest::Load { recent: 10 });
    let fault = Fault::Newer;
    assert_eq!(
        notice(&told),
        Notice::Unusable {
            path: path.clone(),
            fault
        }
    );
    ask(&archive, remember(2, "oi"));
    assert!(archive.close(CLOSE_WAIT));
    let left: Vec<Told> = told.try_iter().collect();
    assert!(
        !left.iter().any(|it| matches!(it, Told::Notice(_))),
        "{left:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_finds_no_room_is_counted_and_told_once_and_the_rest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (tell, told) = mpsc::channel();
    let (open_now, opened) = mpsc::channel::<()>();
    let people = folder.path().join("people.db");
    let open = move || {
        opened.recv_timeout(DEADLINE).ok();
        People::at(&people)
    };
    let path = folder.path().join("archive.db");
    let file = Some(file(folder.path()));
    let mut archive = Archive::start(open, file, move |it| tell.send(it).is_ok()).unwrap();
    archive.open_room(ROOM, Some(place("sala")));
    // The thread stands still, and 64 MiB wait for it; half as much again does not.
    let text = "x".repeat(60_000);
    let count = 3 * LAG_MAX_BYTES as u64 / 2 / 60_000;
    assert!((0..count).all(|second| ask(&archive, remember(second as u32, &text))));
    assert!(matches!(reply(&told), Reply::Room(RoomReply::Failed(_))));
    drop(open_now);
    let missing = match reply(&told) {
        Reply::Room(RoomReply::Resumed { missing }) => missing,
        other => panic!("{other:?}"),
    };
    assert!(
        (count / 4..count / 2).contains(&missing),
        "{missing} of {count}"
    );
    assert!(archive.close(DEADLINE));
    assert_eq!(stored(&path, "") as u64, count - missing);
}

/// What a power cut leaves: the files as they are at a moment, in another place.
fn copied(folder: &Path) -> tempfile::TempDir {
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["archive.db", "archive.db-wal"] {
        std::fs::copy(folder.join(name), elsewhere.path().join(name)).unwrap();
    }
    elsewhere
}

#[test]
fn the_file_and_its_log_alone_hold_what_was_written_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, told) = archive_of(folder.path());
    let mut said = 0;
    for round in 0..5 {
        for _ in 0..100 {
            ask(&archive, remember(said, &format!("linha {said}")));
            said += 1;
        }
        ask(&archive, find("linha"));
        assert_eq!(found(&told).len(), said as usize, "round {round}");
        let elsewhere = copied(folder.path());
        let path = elsewhere.path().join("archive.db");
        assert_eq!(stored(&path, "linha"), said as usize);
        // A log that was cut off in the middle ends with a whole batch.
        let cut = copied(folder.path());
        let log = cut.path().join("archive.db-wal");
        let bytes = std::fs::read(&log).unwrap();
        std::fs::write(&log, &bytes[..bytes.len() / 2]).unwrap();
        let path = cut.path().join("archive.db");
        if let Ok(reader) = Reader::open(&path) {
            assert_eq!(reader.check().unwrap().faults, Vec::<String>::new());
        }
    }
    assert!(archive.close(CLOSE_WAIT));
}

/// The replies to one room, until one that is looked for.
fn replies_until(
    told: &Receiver<Told>,
    room: RoomNumber,
    is_last: impl Fn(&RoomReply) -> bool,
) -> Vec<RoomReply> {
    let mut replies = Vec::new();
    loop {
        let Told::Reply { room: of, reply } = told.recv_timeout(DEADLINE).unwrap() else {
            continue;
        };
        let Reply::Room(reply) = reply else {
            continue;
        };
        assert_eq!(of, room, "{reply:?}");
        replies.push(reply);
        if replies.last().is_some_and(&is_last) {
            return replies;
        }
    }
}

#[test]
fn one_thread_serves_several_rooms_which_come_and_go_and_mix_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (tell, told) = mpsc::channel();
    let people = folder.path().join("people.db");
    let open = move || People::at(&people);
    let place_of = Some(file(folder.path()));
    let mut archive = Archive::start(open, place_of, move |it| tell.send(it).is_ok()).unwrap();
    let rooms = [RoomNumber(1), RoomNumber(2), RoomNumber(3)];
    archive.open_room(rooms[0], Some(place("sala")));
    archive.open_room(rooms[1], Some(place("turma")));
    archive.open_room(rooms[2], None);
    assert_eq!(
        rooms.map(|room| archive.keeps_room(room)),
        [true, true, false]
    );
    let ask = |archive: &Archive, room, request| archive.ask(room, Request::Room(request));
    let is_found =
        |reply: &RoomReply| matches!(reply, RoomReply::Found { .. } | RoomReply::Unusable);
    let texts = |room| match replies_until(&told, room, is_found).pop() {
        Some(RoomReply::Found { found, .. }) => found.into_iter().map(|it| it.entry.text).collect(),
        _ => Vec::new(),
    };
    for second in 0..3 {
        for room in rooms {
            ask(
                &archive,
                room,
                remember(second, &format!("{room}.{second}")),
            );
        }
    }
    for (room, expected) in rooms.into_iter().zip(["1.0 1.1 1.2", "2.0 2.1 2.2", ""]) {
        ask(&archive, room, find(""));
        let found: Vec<String> = texts(room);
        assert_eq!(found.join(" "), expected);
    }
    let read = entry("ana", 1, 1, "").id;
    ask(&archive, rooms[0], RoomRequest::MarkRead(read));
    // What was said just before a room is left is written.
    ask(&archive, rooms[0], remember(9, "tchau"));
    archive.close_room(rooms[0]);
    assert!(!archive.keeps_room(rooms[0]));
    let again = RoomNumber(4);
    archive.open_room(again, Some(place("sala")));
    ask(&archive, again, find("tchau"));
    assert_eq!(texts(again), ["tchau"]);
    ask(&archive, again, RoomRequest::Load { recent: 2 });
    let is_loaded = |reply: &RoomReply| matches!(reply, RoomReply::Loaded { .. });
    let replies = replies_until(&told, again, is_loaded);
    let RoomReply::Recent {
        entries,
        read_until,
    } = &replies[0]
    else {
        panic!("{replies:?}");
    };
    let last: Vec<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!((last, *read_until), (vec!["1.2", "tchau"], Some(read)));
    assert!(archive.close(DEADLINE));
}

#[test]
fn what_fails_is_told_to_every_room_and_to_those_that_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let (tell, told) = mpsc::channel();
    let open = || Err("the disk is on fire".to_owned());
    let path = folder.path().join("folder");
    // A folder in the place of the file.
    std::fs::create_dir_all(path.join("archive.db")).unwrap();
    let file = Some(file(&path));
    let mut archive = Archive::start(open, file, move |it| tell.send(it).is_ok()).unwrap();
    for room in [RoomNumber(1), RoomNumber(2)] {
        archive.open_room(room, Some(place(&room.to_string())));
    }
    let load = Request::Room(RoomRequest::Load { recent: 1 });
    archive.ask(RoomNumber(1), load.clone());
    archive.open_room(RoomNumber(3), Some(place("3")));
    archive.ask(RoomNumber(3), load);
    assert!(archive.close(DEADLINE));
    let told: Vec<Told> = told.try_iter().collect();
    let mut failed = Vec::new();
    let mut unusable = Vec::new();
    for it in &told {
        match it {
            Told::Reply {
                room,
                reply: Reply::Failed(_),
            } => failed.push(room.0),
            Told::Reply {
                room,
                reply: Reply::Room(RoomReply::Unusable),
            } => unusable.push(room.0),
            _ => {}
        }
    }
    assert_eq!(failed, [1, 2, 3], "{told:?}");
    unusable.dedup();
    assert_eq!(unusable, [1, 2, 3], "{told:?}");
    let notices = told.iter().filter(|it| matches!(it, Told::Notice(_)));
    assert_eq!(notices.count(), 1, "{told:?}");
}
