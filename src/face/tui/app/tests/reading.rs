//! Reading on beyond what is held, finding there, and how far one has read.

use super::*;
use crate::chat::command::RequestId;
use crate::chat::event::{FoundMessage, HistoryPage};
use crate::protocol::engine::event::MessageId;

fn id(number: u64) -> MessageId {
    let mut id = MessageId::default();
    id.position.clock = number;
    id
}

fn said(number: u64, timing: Timing) -> Message {
    Message {
        id: Id::Group(id(number)),
        timing,
        ..says(number, "bia", &format!("linha {number}."))
    }
}

fn page(numbers: std::ops::Range<u64>, has_older: bool) -> News {
    News::Page(Box::new(HistoryPage {
        messages: numbers
            .map(|number| said(number, Timing::History))
            .collect(),
        has_older,
        has_newer: true,
    }))
}

/// What was asked for last, and its number.
fn asked(effects: Vec<Effect>) -> Option<(RequestId, Entry)> {
    effects.into_iter().rev().find_map(|effect| match effect {
        Effect::Ask(request) => Some((request.id, request.entry)),
        _ => None,
    })
}

fn answer(app: &mut App, request: RequestId, news: News) {
    at(app, 5, &AppInput::Told(&news.to(request)));
}

fn filled(numbers: std::ops::Range<u64>) -> App {
    let mut app = app(80, 12);
    for number in numbers {
        tell(&mut app, 1, News::Message(said(number, Timing::Live)));
    }
    while app.poll().is_some() {}
    app
}

fn pages(place: Place) -> Entry {
    Entry::Page { place, limit: 200 }
}

#[test]
fn page_up_reads_on_to_the_first_message_and_page_down_back_to_the_newest() {
    let mut app = filled(1000..1040);
    let (request, entry) = asked(types(&mut app, 2, "\x1b[5~")).unwrap();
    assert_eq!(entry, pages(Place::Before(id(1000))));
    // One page at a time.
    assert_eq!(asked(types(&mut app, 2, "\x1b[5~")), None);
    answer(&mut app, request, page(800..1000, true));
    for _ in 0..30 {
        if let Some((request, entry)) = asked(types(&mut app, 2, "\x1b[5~")) {
            assert_eq!(entry, pages(Place::Before(id(800))));
            answer(&mut app, request, page(790..800, false));
        }
    }
    types(&mut app, 2, "\x1b[1;5H");
    assert!(shows(&app, "nothing older is kept") && shows(&app, "linha 790."));
    // Elsewhere, and back: what is missing in between is read before it is passed.
    assert_eq!(
        types(&mut app, 3, "/history ontem\r"),
        [Effect::GoTo("ontem".into())]
    );
    at(&mut app, 3, &AppInput::GoTo(100_000));
    let (request, entry) = asked(std::iter::from_fn(|| app.poll()).collect()).unwrap();
    assert_eq!(entry, pages(Place::Around(100_000)));
    answer(&mut app, request, page(90..110, true));
    assert!(shows(&app, "linha 100."));
    let (request, entry) = asked(types(&mut app, 3, "\x1b[6~")).unwrap();
    assert_eq!(entry, pages(Place::After(id(109))));
    assert!(shows(&app, "linha 109.") && !shows(&app, "linha 1000."));
    answer(&mut app, request, page(110..120, true));
    types(&mut app, 3, "\x1b[6~");
    assert!(shows(&app, "linha 110.") && !shows(&app, "linha 1000."));
    types(&mut app, 3, "\x1b[1;5F");
    assert!(shows(&app, "linha 1039."));
    // The way up begins anew.
    let (_, entry) = asked(types(&mut app, 3, "\x1b[5~")).unwrap();
    assert_eq!(entry, pages(Place::Before(id(1000))));
}

#[test]
fn what_is_kept_is_found_where_it_stands() {
    let mut app = filled(1000..1010);
    let (request, entry) = asked(types(&mut app, 2, "\x06linha 5")).unwrap();
    assert_eq!(entry, Entry::Command("/search linha 5* limit:200".into()));
    assert!(shows(&app, "nothing found"));
    let found = |number| {
        News::Found(Box::new(FoundMessage {
            message: said(number, Timing::History),
            is_match: true,
            marks: Vec::new(),
        }))
    };
    // What was asked before is answered too late.
    answer(&mut app, RequestId(request.0 - 1), found(7));
    answer(&mut app, request, found(5));
    answer(&mut app, request, found(50));
    let (count, has_more) = (2, false);
    answer(&mut app, request, News::Searched { count, has_more });
    assert!(shows(&app, "2 found"));
    let (request, entry) = asked(std::iter::from_fn(|| app.poll()).collect()).unwrap();
    assert_eq!(entry, pages(Place::Around(50_000)));
    answer(&mut app, request, page(40..60, true));
    assert!(shows(&app, "linha 50."));
    let (request, entry) = asked(types(&mut app, 2, "\x1b[A")).unwrap();
    assert_eq!(entry, pages(Place::Around(5000)));
    answer(&mut app, request, page(0..20, false));
    assert!(shows(&app, "linha 5."));
    types(&mut app, 2, "\x1b");
    assert!(shows(&app, "linha 1009."));
    // What nobody said may be a date.
    let effects = types(&mut app, 2, "\x062026-11-01\r");
    assert_eq!(effects.last(), Some(&Effect::GoTo("2026-11-01".into())));
}

#[test]
fn what_was_read_is_told_and_what_was_not_is_marked() {
    let mut app = app(80, 12);
    tell(&mut app, 1, News::ReadUntil(Id::Group(id(2))));
    let recent = (0..5).map(|number| said(number, Timing::History));
    tell(&mut app, 1, News::Recent(recent.collect()));
    let rows = drawn(&app);
    let row = |part: &str| rows.iter().position(|row| row.contains(part)).unwrap();
    assert_eq!(row("new from here on") + 1, row("linha 3."));
    let marked = |number| Some(Entry::MarkRead(id(number)));
    let entry = |effects| asked(effects).map(|(_, entry)| entry);
    assert_eq!(entry(types(&mut app, 2, "o")), marked(4));
    tell(&mut app, 3, News::Message(said(6, Timing::Live)));
    tell(&mut app, 8, News::Message(said(7, Timing::Live)));
    let told = std::iter::from_fn(|| app.poll()).collect();
    assert_eq!(entry(told), marked(7));
    // Whoever is away reads nothing.
    tell(&mut app, 500, News::Message(said(8, Timing::Live)));
    assert_eq!(app.poll(), None);
    // Leaving tells the rest, however short ago the last mark is.
    types(&mut app, 501, "\x7f");
    tell(&mut app, 502, News::Message(said(9, Timing::Live)));
    assert_eq!(app.poll(), None);
    let effects = types(&mut app, 502, "\x04");
    assert_eq!(effects.last(), Some(&Effect::End));
    assert_eq!(entry(effects), marked(9));
}

/// The same, but every tenth is said to this person alone.
fn mixed(numbers: std::ops::Range<u64>, has_older: bool) -> News {
    let said = |number| Message {
        is_private: number % 10 == 0,
        to: (number % 10 == 0).then(|| Box::new(person("ana"))),
        ..said(number, Timing::History)
    };
    News::Page(Box::new(HistoryPage {
        messages: numbers.map(said).collect(),
        has_older,
        has_newer: true,
    }))
}

#[test]
fn a_private_conversation_reads_on_through_what_others_say() {
    let mut app = app(80, 12);
    let person = person("bia");
    let was_here = true;
    tell(&mut app, 1, News::Entered { person, was_here });
    let private = |place| Entry::Page { place, limit: 500 };
    // It begins with what is kept of it.
    let (request, entry) = asked(types(&mut app, 2, "/msg bia\r")).unwrap();
    assert_eq!(entry, private(Place::Newest));
    answer(&mut app, request, mixed(1001..1500, true));
    assert!(shows(&app, "linha 1490.") && !shows(&app, "linha 1491."));
    // Too little of it is held: it reads on, also where nothing belongs to it.
    let next = |app: &mut App| asked(std::iter::from_fn(|| app.poll()).collect());
    let (request, entry) = next(&mut app).unwrap();
    assert_eq!(entry, private(Place::Before(id(1001))));
    answer(&mut app, request, mixed(991..1000, true));
    let (request, entry) = next(&mut app).unwrap();
    assert_eq!(entry, private(Place::Before(id(991))));
    // Nobody waits for a page that comes while another conversation is looked at.
    types(&mut app, 2, "\x0e");
    answer(&mut app, request, mixed(900..991, true));
    assert_eq!(next(&mut app), None);
    types(&mut app, 2, "\x10");
    let (request, entry) = asked(types(&mut app, 2, "\x1b[5~")).unwrap();
    assert_eq!(entry, private(Place::Before(id(900))));
    answer(&mut app, request, mixed(0..900, false));
    types(&mut app, 2, "\x1b[1;5H");
    assert!(shows(&app, "linha 0.") && shows(&app, "nothing older is kept"));
    types(&mut app, 2, "\x1b[1;5F");
    // The room's own view has none of it.
    types(&mut app, 2, "\x0e");
    let (request, entry) = asked(types(&mut app, 2, "\x1b[5~")).unwrap();
    assert_eq!(entry, pages(Place::Newest));
    answer(&mut app, request, mixed(1488..1493, false));
    assert!(shows(&app, "linha 1491.") && !shows(&app, "linha 1490."));
}

#[test]
fn a_private_conversation_goes_to_a_time_and_finds_what_is_its_own() {
    let mut app = app(80, 12);
    let person = person("bia");
    let was_here = true;
    tell(&mut app, 1, News::Entered { person, was_here });
    let (request, _) = asked(types(&mut app, 2, "/msg bia\r")).unwrap();
    answer(&mut app, request, mixed(1001..1500, true));
    while app.poll().is_some() {}
    at(&mut app, 3, &AppInput::GoTo(500_000));
    let (request, _) = asked(std::iter::from_fn(|| app.poll()).collect()).unwrap();
    answer(&mut app, request, mixed(700..1001, true));
    let (request, _) = asked(std::iter::from_fn(|| app.poll()).collect()).unwrap();
    answer(&mut app, request, mixed(400..700, true));
    assert!(shows(&app, "linha 500."));
    let (request, entry) = asked(types(&mut app, 4, "\x06linha 4")).unwrap();
    assert_eq!(entry, Entry::Command("/search linha 4* limit:1000".into()));
    for number in [44, 440, 441] {
        let message = Message {
            is_private: number != 441,
            ..said(number, Timing::History)
        };
        let found = FoundMessage {
            message,
            is_match: true,
            marks: Vec::new(),
        };
        answer(&mut app, request, News::Found(Box::new(found)));
    }
    let (count, has_more) = (3, false);
    answer(&mut app, request, News::Searched { count, has_more });
    // 400 to 490 are held, 44 is not, and 441 was said to everybody.
    assert!(shows(&app, "11 found"), "{:?}", drawn(&app));
}

#[test]
fn tab_knows_in_a_private_conversation_who_came_later() {
    let mut app = app(80, 12);
    let enters = |app: &mut App, name| {
        let (person, was_here) = (person(name), false);
        tell(app, 1, News::Entered { person, was_here });
    };
    enters(&mut app, "bia");
    types(&mut app, 2, "/msg bia\r");
    enters(&mut app, "caio");
    types(&mut app, 2, "ca\t");
    assert!(shows(&app, "> caio:"));
    types(&mut app, 2, "\x15b\t");
    assert!(shows(&app, "> bia:"));
    types(&mut app, 2, "\x15/part tur\t");
    assert!(shows(&app, "> /part turma-a"));
}
