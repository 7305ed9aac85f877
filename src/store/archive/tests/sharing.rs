//! A file that several programs use at once.

use super::*;

#[test]
fn two_programs_of_one_person_share_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (one, told_one) = archive_of(folder.path());
    let (other, told_other) = archive_of(folder.path());
    for round in 0..300 {
        // What both hear is stored once.
        for archive in [&one, &other] {
            ask(archive, remember(round, "ouvida por ambos"));
        }
        ask(&one, remember(1000 + round, "dita por um"));
        ask(&other, remember(2000 + round, "dita por outro"));
    }
    ask(&one, find("dita"));
    ask(&other, find("dita"));
    assert!(found(&told_one).len() >= 300 && found(&told_other).len() >= 300);
    assert!(one.close(DEADLINE) && other.close(DEADLINE));
    let path = folder.path().join("archive.db");
    assert_eq!((stored(&path, "ambos"), stored(&path, "dita")), (300, 600));
}

#[test]
fn a_search_while_another_process_holds_the_file_says_so_and_is_answered_later() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, told) = archive_of(folder.path());
    ask(&archive, remember(1, "oi"));
    ask(&archive, find("oi"));
    assert_eq!(found(&told), ["oi"]);
    assert!(archive.close(CLOSE_WAIT));
    let holder = Connection::open(folder.path().join("archive.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (archive, told) = archive_of(folder.path());
    ask(&archive, find("oi"));
    let Reply::Room(RoomReply::NotFound { why, .. }) = reply(&told) else {
        panic!("the file is held");
    };
    assert_eq!(why, Fault::Busy.words());
    holder.execute_batch("ROLLBACK").unwrap();
    ask(&archive, find("oi"));
    assert_eq!(found(&told), ["oi"]);
    assert!(archive.close(CLOSE_WAIT));
}

#[test]
fn what_another_program_forgets_is_told_to_a_room_that_is_open_and_not_stored_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    let (archive, told) = archive_of(folder.path());
    ask(&archive, RoomRequest::Load { recent: 10 });
    let said = [remember(1, "segredo um"), remember(2, "segredo dois")];
    assert!(said.iter().all(|it| ask(&archive, it.clone())));
    ask(&archive, find("segredo"));
    assert_eq!(found(&told).len(), 2);
    let what = Oblivion {
        before_ms: Some(super::super::file_tests::START_MS + 1500),
        ..Oblivion::default()
    };
    assert_eq!(forget(&path, &what, u64::MAX >> 16).unwrap().messages, 1);
    let forgotten = loop {
        if let Reply::Room(RoomReply::Forgotten(forgotten)) = reply(&told) {
            break forgotten;
        }
    };
    let clock = |second| entry("ana", 1, second, "").id.position.clock;
    let covers = |second| forgotten[0].covers(&Key([1; 32]), clock(second));
    assert_eq!((forgotten.len(), covers(1), covers(2)), (1, true, false));
    // It comes again, as from somebody who still has it.
    assert!(said.iter().all(|it| ask(&archive, it.clone())));
    ask(&archive, find("segredo"));
    assert_eq!(found(&told), ["segredo dois"]);
    assert!(archive.close(DEADLINE));
}
