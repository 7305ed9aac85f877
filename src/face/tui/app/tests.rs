//! What keys and events make of the screen, and that nothing of it ends the program.

mod anything;
mod reading;
mod views;

use super::*;
use crate::chat::archive::search::Place;
use crate::chat::event::{Content, Delivered, Guest, Id, Interface, Ready};
use crate::chat::event::{Deleted, Message, News, Timing};
use crate::chat::transcript::Snapshot;
use crate::face::tui::theme::Scheme;
use crate::protocol::wire::frame::Key as PersonKey;
use crate::terminal::keys::KeyDecoder;
use crate::terminal::picture::{Abilities, Encoder, Picture};
use proptest::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;

fn local(wall_ms: u64) -> Stamp {
    let minutes = wall_ms / 60_000;
    Stamp {
        time_of_day: format!("{:02}:{:02}:00", minutes / 60 % 24, minutes % 60),
        ..Stamp::default()
    }
}

fn app(columns: u16, rows: u16) -> App {
    let config = AppConfig {
        lang: Lang::En,
        theme: Theme::default(),
        name: "ana".into(),
        room: "turma-a".into(),
        notices: Notices::Mentions,
        takes_mouse: true,
        is_archived: true,
        keeps_private: true,
    };
    let mut app = App::new(config, local);
    at(&mut app, 0, &AppInput::Size(columns, rows));
    app
}

fn at(app: &mut App, seconds: u64, input: &AppInput<'_>) {
    let now = Moment {
        time: Duration::from_secs(seconds),
        wall_ms: seconds * 1000,
    };
    app.update(now, input);
}

fn tell(app: &mut App, seconds: u64, news: News) {
    at(app, seconds, &AppInput::Told(&news.into()));
}

fn types(app: &mut App, seconds: u64, keys: &str) -> Vec<Effect> {
    let mut events = Vec::new();
    let mut decoder = KeyDecoder::default();
    let mut take = |event| events.push(event);
    decoder.feed(Duration::ZERO, keys.as_bytes(), &mut take);
    decoder.on_time(Duration::from_secs(1), &mut take);
    for event in &events {
        at(app, seconds, &AppInput::Key(event));
    }
    std::iter::from_fn(|| app.poll()).collect()
}

fn person(name: &str) -> Person {
    Person {
        key: Some(PersonKey([name.len() as u8; 32])),
        ..Person::unproven(name)
    }
}

/// What is asked for, without the numbers of the requests.
fn asks(app: &mut App, seconds: u64, keys: &str) -> Vec<(u16, Entry)> {
    let effects = types(app, seconds, keys).into_iter();
    let asked = |effect| match effect {
        Effect::Ask(request) => (request.room.0, request.entry),
        other => panic!("{other:?}"),
    };
    effects.map(asked).collect()
}

fn command(line: &str) -> (u16, Entry) {
    (1, Entry::Command(line.into()))
}

fn tell_in(app: &mut App, room: u16, news: News) {
    let told = Told {
        room: RoomNumber(room),
        request: None,
        news,
    };
    at(app, 1, &AppInput::Told(&told));
}

fn ready(room: &str) -> News {
    News::Ready(Ready {
        me: person("ana"),
        room: Some(room.into()),
        is_keyed: true,
        interfaces: Vec::new(),
    })
}

fn says(number: u64, name: &str, text: &str) -> Message {
    let content = Content::Text(text.into());
    Message::local(number, person(name), content, number * 1000)
}

fn drawn(app: &App) -> Vec<String> {
    let (columns, rows) = app.size();
    let mut picture = Picture::blank(columns, rows);
    app.draw(&mut picture);
    picture.rows()
}

fn shows(app: &App, part: &str) -> bool {
    drawn(app).iter().any(|row| row.contains(part))
}

#[test]
fn a_line_is_said_a_command_of_the_room_is_asked_and_one_of_the_screen_is_done() {
    let mut app = app(80, 24);
    let say = |text: &str| {
        let (text, to) = (text.to_owned(), None);
        (1, Entry::Say { text, to })
    };
    assert_eq!(asks(&mut app, 0, "oi\r"), [say("oi")]);
    assert_eq!(asks(&mut app, 0, "um\ndois\r"), [say("um\ndois")]);
    assert_eq!(asks(&mut app, 0, "/who\r"), [command("/who")]);
    assert_eq!(types(&mut app, 0, "/help\r"), []);
    assert!(shows(&app, "Help") && shows(&app, "/palette"));
    // The page is longer than the screen.
    assert_eq!(types(&mut app, 0, &"\x1b[6~".repeat(4)), []);
    assert!(shows(&app, "Help") && shows(&app, "sair"));
    assert_eq!(types(&mut app, 0, "x"), []);
    assert!(!shows(&app, "Help"));
    assert_eq!(types(&mut app, 0, "meia\x03"), []);
    assert_eq!(types(&mut app, 0, "\x03"), [Effect::Interrupt]);
    assert_eq!(types(&mut app, 0, "\x04"), [Effect::End]);
    assert_eq!(types(&mut app, 0, "\x0c"), [Effect::Redraw]);
    assert_eq!(types(&mut app, 0, "\x1a"), [Effect::Suspend]);
}

#[test]
fn what_comes_while_nobody_looks_is_marked_and_counted() {
    let mut app = app(80, 10);
    for number in 0..40 {
        tell(&mut app, 1, News::Message(says(number, "bia", "linha")));
    }
    types(&mut app, 2, "\x1b[5~");
    tell(&mut app, 3, News::Message(says(50, "bia", "abaixo")));
    tell(&mut app, 3, News::Message(says(51, "bia", "abaixo")));
    assert!(shows(&app, "↓ 2 new") && !shows(&app, "abaixo"));
    types(&mut app, 4, "\x1b[1;5F");
    assert!(shows(&app, "abaixo") && shows(&app, "new from here on"));
    assert!(!shows(&app, "↓"));
    // A message that means this person calls them, unless they want to be left alone.
    tell(&mut app, 5, News::Message(says(52, "bia", "ana, oi")));
    assert_eq!(app.poll(), Some(Effect::Notice("bia: ana, oi".into())));
    assert_eq!(app.window_title(), "(1) turma-a");
    types(&mut app, 6, "/quiet 1h\r");
    tell(&mut app, 7, News::Message(says(53, "bia", "ana?")));
    assert_eq!(app.poll(), None);
    assert!(shows(&app, "quiet for 60 min"));
    assert_eq!(app.next_time(), Some(Duration::from_secs(3606)));
    at(&mut app, 3606, &AppInput::Time);
    assert!(!shows(&app, "quiet for 60 min ·"));
    tell(&mut app, 3700, News::Message(says(54, "bia", "ana!")));
    assert_eq!(app.poll(), Some(Effect::Notice("bia: ana!".into())));
}

#[test]
fn own_lines_show_how_far_they_got_and_late_ones_stand_in_their_place() {
    let mut app = app(80, 12);
    let own = Message {
        is_own: true,
        ..says(3, "ana", "minha")
    };
    tell(&mut app, 1, News::Message(own));
    assert!(shows(&app, "ana: minha ·"));
    let report = |has| {
        News::Delivered(Delivered {
            first: Id::Local(3),
            last: Id::Local(3),
            has,
            of: 3,
            waiting: vec![person("rui")],
            was_reported: false,
            kept_for: 0,
        })
    };
    tell(&mut app, 1, report(2));
    assert!(shows(&app, "ana: minha 2/3") && shows(&app, "2 of 3 have your last line"));
    tell(&mut app, 1, report(3));
    assert!(shows(&app, "ana: minha ✓"));
    let late = Message {
        timing: Timing::Late,
        ..says(2, "bia", "antes")
    };
    tell(&mut app, 2, News::Message(late));
    let rows = drawn(&app);
    let row = |part: &str| rows.iter().position(|row| row.contains(part)).unwrap();
    assert!(row("bia: antes (late)") < row("ana: minha"));
}

#[test]
fn what_is_searched_for_is_found_and_the_way_back_too() {
    let mut app = app(80, 10);
    for number in 0..100 {
        let text = format!("linha {number}");
        tell(&mut app, 1, News::Message(says(number, "bia", &text)));
    }
    types(&mut app, 2, "\x06LINHA 1");
    assert!(shows(&app, "11 found") && shows(&app, "linha 19"));
    types(&mut app, 2, "\x1b[A");
    assert!(shows(&app, "linha 18"));
    types(&mut app, 2, "x");
    assert!(shows(&app, "nothing found"));
    types(&mut app, 2, "\x1b");
    assert!(shows(&app, "linha 99"));
    types(&mut app, 2, "/find linha 50\r\r");
    assert!(shows(&app, "linha 50") && !shows(&app, "found"));
}

#[test]
fn a_person_is_chosen_and_a_code_compared() {
    for columns in [60, 100] {
        let mut app = app(columns, 24);
        for name in ["bia", "carla"] {
            tell(
                &mut app,
                1,
                News::Entered {
                    person: person(name),
                    was_here: true,
                },
            );
        }
        let verify = command("/verify carla");
        assert_eq!(asks(&mut app, 2, "\x1b[15~\x1b[Bv"), [verify]);
        let (place, limit) = (Place::Newest, 500);
        let earlier = (1, Entry::Page { place, limit });
        assert_eq!(asks(&mut app, 2, "\x1b[15~m"), [earlier]);
        assert!(shows(&app, "✉ bia · private"));
        tell(
            &mut app,
            3,
            News::Code {
                person: person("carla"),
                code: "12345 67890 12345 67890 12345 67890".into(),
            },
        );
        assert!(shows(&app, "12345 67890") && shows(&app, "▀▀█"));
        let verified = command("/verified carla");
        assert_eq!(asks(&mut app, 3, "\x03/verified carla\r"), [verified]);
        assert_eq!(types(&mut app, 3, "\x1bOSfind\r"), []);
        assert!(shows(&app, "find:") && !shows(&app, "nothing found"));
        types(&mut app, 3, "xyz");
        assert!(shows(&app, "nothing found"));
    }
}

#[test]
fn the_same_events_in_another_order_give_the_same_conversation() {
    let told: Vec<News> = (0..20)
        .map(|number| News::Message(says(number, "bia", &format!("linha {number}"))))
        .collect();
    let snapshot = News::Snapshot(Box::new(Snapshot {
        ready: None,
        members: Vec::new(),
        messages: (5..15)
            .map(|number| says(number, "bia", &format!("linha {number}")))
            .collect(),
        read_until: None,
    }));
    let (mut early, mut late) = (app(80, 24), app(80, 24));
    tell(&mut early, 1, snapshot.clone());
    told.iter()
        .for_each(|news| tell(&mut early, 1, news.clone()));
    told.iter()
        .rev()
        .for_each(|news| tell(&mut late, 1, news.clone()));
    tell(&mut late, 1, snapshot);
    assert_eq!(drawn(&early), drawn(&late));
}
