//! The file, with real files: pages, marks, and what is left out of them.

use super::file_tests::{File, START_MS, asked, entry, key, texts};
use super::{find, marks};
use crate::chat::archive::RoomRequest;
use crate::chat::archive::record::Entry;
use crate::chat::archive::search::{Place, Query};
use crate::clock::Clock;

#[test]
fn pages_read_on_in_both_directions_and_begin_at_a_time() {
    let mut file = File::new();
    let entries: Vec<Entry> = (0..100)
        .map(|second| entry("ana", 1, second, &format!("oi {second}")))
        .collect();
    file.say("sala", &entries);
    file.say("outra", &[entry("rui", 2, 50, "alheio")]);
    let room = file.room("sala");
    let page = |place| {
        let query = Query {
            limit: 4,
            place,
            ..Query::default()
        };
        let page = find::find(&file.connection, Some(&[room]), &query).unwrap();
        (texts(&page).join(" "), page.has_more, page.has_newer)
    };
    let id = |second: usize| entries[second].id;
    for (place, expected, has_more, has_newer) in [
        (Place::Newest, "oi 96 oi 97 oi 98 oi 99", true, false),
        (Place::Before(id(96)), "oi 92 oi 93 oi 94 oi 95", true, true),
        (Place::Before(id(2)), "oi 0 oi 1", false, true),
        (Place::Before(id(0)), "", false, true),
        (Place::After(id(95)), "oi 96 oi 97 oi 98 oi 99", true, false),
        (Place::After(id(90)), "oi 91 oi 92 oi 93 oi 94", true, true),
        (Place::After(id(99)), "", true, false),
        (
            Place::Around(START_MS + 50_000),
            "oi 48 oi 49 oi 50 oi 51",
            true,
            true,
        ),
        (Place::Around(START_MS + 99_500), "oi 98 oi 99", true, false),
        (Place::Around(0), "oi 0 oi 1", false, true),
        (Place::Around(u64::MAX), "oi 98 oi 99", true, false),
    ] {
        let expected = (expected.to_owned(), has_more, has_newer);
        assert_eq!(page(place), expected, "{place:?}");
    }
    // A message that is not stored has its place all the same.
    let mut unknown = id(50);
    unknown.position.sequence += 1000;
    unknown.position.clock += 1;
    assert_eq!(page(Place::Before(unknown)).0, "oi 47 oi 48 oi 49 oi 50");
    assert_eq!(page(Place::After(unknown)).0, "oi 51 oi 52 oi 53 oi 54");
}

#[test]
fn whoever_is_ignored_leaves_no_hole_in_a_page() {
    let mut file = File::new();
    let entries: Vec<Entry> = (0..60)
        .map(|second| match second % 3 {
            0 => entry("ana", 1, second, &format!("oi {second}")),
            _ => entry("zeca", 2, second, &format!("oi {second}")),
        })
        .collect();
    file.say("sala", &entries);
    let room = file.room("sala");
    let find = |words: &str| {
        let query = Query {
            limit: 3,
            without: vec![key(2), key(9)],
            ..asked(words)
        };
        texts(&find::find(&file.connection, Some(&[room]), &query).unwrap())
    };
    for words in ["", "oi", "o*"] {
        assert_eq!(find(words), ["oi 51", "oi 54", "oi 57"], "{words}");
    }
    assert_eq!(find("\"oi 56\""), [] as [&str; 0]);
}

#[test]
fn a_short_beginning_finds_the_newest_and_a_rare_one_the_oldest() {
    let mut file = File::new();
    let count = 6000;
    let mut entries: Vec<Entry> = (0..count)
        .map(|second| entry("ana", 1, second, &format!("prova {second}")))
        .collect();
    entries[3].text = "quadro antigo".into();
    file.say("sala", &entries);
    let room = file.room("sala");
    let find = |words: &str| {
        let query = Query {
            limit: 2,
            ..asked(words)
        };
        let page = find::find(&file.connection, Some(&[room]), &query).unwrap();
        (texts(&page), page.has_more)
    };
    let newest = vec!["prova 5998".to_owned(), "prova 5999".to_owned()];
    assert_eq!(find("p*"), (newest.clone(), true));
    assert_eq!(find("p* prova"), (newest, true));
    assert_eq!(find("q*"), (vec!["quadro antigo".to_owned()], false));
    assert_eq!(find("q* prova"), (Vec::new(), false));
}

#[test]
fn a_room_is_read_up_to_a_mark_that_does_not_go_back() {
    let mut file = File::new();
    let (one, two) = (entry("ana", 1, 1, "").id, entry("ana", 1, 2, "").id);
    let (room, other) = (file.room("sala"), file.room("outra"));
    assert_eq!(marks::read_until(&file.connection, room), Ok(None));
    file.write("sala", &[RoomRequest::MarkRead(two)]);
    file.write("sala", &[RoomRequest::MarkRead(one)]);
    assert_eq!(marks::read_until(&file.connection, room), Ok(Some(two)));
    assert_eq!(marks::read_until(&file.connection, other), Ok(None));
    // A clock that jumped ahead by a year, and is right again.
    let mut far = two;
    far.position.clock += (365 * 24 * 60 * 60 * 1000) << 16;
    far.position.clock = far
        .position
        .clock
        .max((Clock::start().now().wall_ms + 1_000_000_000) << 16);
    file.write("sala", &[RoomRequest::MarkRead(far)]);
    let until = marks::read_until(&file.connection, room).unwrap().unwrap();
    assert!(two < until && until < far, "{until:?}");
    file.write("sala", &[RoomRequest::MarkRead(two)]);
    assert_eq!(marks::read_until(&file.connection, room), Ok(Some(two)));
}

#[test]
fn what_was_said_while_the_clock_was_ahead_is_not_the_last_unless_the_clock_is_behind() {
    let now_ms = Clock::start().now().wall_ms;
    let second = |ms: u64| ((now_ms + ms - START_MS) / 1000) as u32;
    let own = |ms: u64, text: &str| {
        let mut own = entry("eu", 1, second(ms), text);
        own.is_own = true;
        own
    };
    let mut other = File::new();
    other.say("sala", &[own(3_600_000, "de longe")]);
    // Nothing was said lately by this clock, which is behind then.
    let ahead = Query {
        skips_ahead: true,
        ..asked("")
    };
    assert_eq!(texts(&other.find(&ahead)), ["de longe"]);
    let mut file = File::new();
    file.say("sala", &[own(0, "antes"), own(3_600_000, "de longe")]);
    assert_eq!(texts(&file.find(&ahead)), ["antes"]);
    // This one would have been refused, were the clock right.
    file.say("sala", &[entry("ana", 2, second(7_200_000), "agora")]);
    assert_eq!(texts(&file.find(&ahead)), ["antes", "de longe", "agora"]);
}

#[test]
fn a_paste_of_thousands_of_lines_is_found_in_its_order() {
    let mut file = File::new();
    let pasted: Vec<Entry> = (0..3000_u32)
        .map(|line| {
            let mut said = entry("ana", 1, 0, &format!("linha {line}"));
            // So many lines leave in one frame, and frames leave one right after the other.
            said.id.index = (line % 50) as u8;
            said.id.position.sequence = line / 50;
            said.id.position.clock += u64::from(line / 50);
            said
        })
        .collect();
    file.say("sala", &pasted);
    let page = file.find(&Query {
        limit: 2000,
        ..Query::default()
    });
    let expected: Vec<String> = (1000..3000).map(|line| format!("linha {line}")).collect();
    assert_eq!(texts(&page), expected);
}
