//! Several conversations, messages that are selected and changed, the mouse, and how it looks.

use super::*;
use crate::chat::command::RequestId;
use crate::chat::rooms::{Question, RoomNews};

#[test]
fn each_room_and_each_person_has_a_view_with_its_own_draft_and_news() {
    let mut app = app(80, 12);
    tell(&mut app, 1, ready("turma-a"));
    assert!(!shows(&app, " 1 turma-a "));
    types(&mut app, 1, "meia");
    tell_in(&mut app, 2, ready("turma-b"));
    assert!(shows(&app, " 1 turma-a   2 turma-b"));
    tell_in(&mut app, 2, News::Message(says(1, "bia", "oi")));
    tell_in(&mut app, 2, News::Message(says(2, "bia", "ana?")));
    assert!(shows(&app, "2 turma-b (2, !1)") && !shows(&app, "bia: oi"));
    assert_eq!(
        app.poll(),
        Some(Effect::Notice("turma-b · bia: ana?".into()))
    );
    types(&mut app, 2, "\x0e");
    assert!(shows(&app, "bia: oi") && shows(&app, "turma-b · locked"));
    assert!(!shows(&app, "(2") && !shows(&app, "meia"));
    // What is typed goes where one looks.
    let (text, to) = ("aqui".to_owned(), None);
    assert_eq!(asks(&mut app, 2, "aqui\r"), [(2, Entry::Say { text, to })]);
    let private = Message {
        is_private: true,
        ..says(3, "bia", "segredo")
    };
    tell_in(&mut app, 2, News::Message(private));
    assert!(shows(&app, "3 ✉ bia (1, !1)") && !shows(&app, "segredo"));
    while app.poll().is_some() {}
    types(&mut app, 3, "\x1b3");
    assert!(shows(&app, "bia: segredo") && shows(&app, "only the two of you"));
    let say = Entry::Say {
        text: "sei".into(),
        to: Some("bia".into()),
    };
    assert_eq!(asks(&mut app, 3, "sei\r"), [(2, say)]);
    assert_eq!(asks(&mut app, 3, "/me acena\r"), []);
    assert!(shows(&app, "/me is told to the whole room"));
    types(&mut app, 3, "/room turma-a\r");
    assert!(shows(&app, "> meia"));
    types(&mut app, 3, "\x15/sala 9\r");
    assert!(shows(&app, "no room or person"));
    types(&mut app, 3, "/room b\t\r");
    assert!(shows(&app, "bia: segredo"));
    types(&mut app, 3, "/close\r");
    assert!(!shows(&app, "3 ✉ bia"));
    app.part(RoomNumber(2));
    assert!(shows(&app, "turma-a · locked") && !shows(&app, "turma-b"));
    tell_in(&mut app, 2, News::Message(says(9, "bia", "tarde")));
    assert!(!shows(&app, "tarde") && !shows(&app, "turma-b"));
}

#[test]
fn a_room_is_entered_with_a_key_that_nobody_sees_and_left_again() {
    let mut app = app(80, 12);
    tell(&mut app, 1, ready("turma-a"));
    let join = asks(&mut app, 1, "/join turma-b --key\r");
    assert_eq!(join, [command("/join turma-b --key")]);
    let room = Some("turma-b".to_owned());
    tell(
        &mut app,
        1,
        News::Room(RoomNews::Asked(Question::Key { room })),
    );
    assert!(shows(&app, "Passphrase or invitation of turma-b"));
    assert_eq!(types(&mut app, 1, "x\x15cavalo bateriax\x7f"), []);
    assert!(!shows(&app, "cavalo"));
    let answer = |text: &str| (1, Entry::Answer(Some(text.to_owned().into())));
    assert_eq!(asks(&mut app, 1, "\r"), [answer("cavalo bateria")]);
    let joined = RoomNews::Joined {
        name: "turma-b".into(),
        is_keyed: true,
    };
    let told = Told {
        room: RoomNumber(2),
        ..News::Room(joined).to(RequestId(1))
    };
    at(&mut app, 1, &AppInput::Told(&told));
    assert!(shows(&app, "turma-b · locked") && shows(&app, " 1 turma-a   2 turma-b"));
    for (typed, expected) in [("\r", None), ("s", Some("s".to_owned().into()))] {
        let room = "turma-b".to_owned();
        tell_in(
            &mut app,
            2,
            News::Room(RoomNews::Asked(Question::Keep { room })),
        );
        assert!(shows(&app, "Open turma-b again next time?"));
        assert_eq!(asks(&mut app, 1, typed), [(2, Entry::Answer(expected))]);
    }
    tell_in(&mut app, 2, News::Room(RoomNews::Parted));
    assert!(shows(&app, "turma-a · locked") && !shows(&app, "turma-b"));
}

#[test]
fn leaving_several_rooms_is_asked_about() {
    let mut app = app(80, 12);
    tell(&mut app, 1, ready("turma-a"));
    tell_in(&mut app, 2, ready("turma-b"));
    assert_eq!(types(&mut app, 1, "\x03"), []);
    assert!(shows(&app, "leave all 2 rooms? y/n"));
    assert_eq!(types(&mut app, 1, "n"), []);
    assert!(!shows(&app, "leave all") && shows(&app, ">"));
    assert_eq!(types(&mut app, 1, "\x03y"), [Effect::Interrupt]);
    assert_eq!(types(&mut app, 1, "\x03\x03"), [Effect::Interrupt]);
}

#[test]
fn the_last_line_is_changed_and_a_selected_one_deleted() {
    let mut app = app(80, 12);
    let own = |number, text| {
        News::Message(Message {
            is_own: true,
            ..says(number, "ana", text)
        })
    };
    tell(&mut app, 1, own(1, "primeira"));
    tell(&mut app, 1, own(2, "segnuda"));
    tell(&mut app, 1, News::Message(says(3, "bia", "de bia")));
    assert_eq!(types(&mut app, 2, "\x1b[A"), []);
    assert!(shows(&app, "= segnuda") && shows(&app, "changing your message"));
    let edit = Entry::Edit {
        id: "2".into(),
        text: "segunda".into(),
    };
    assert_eq!(asks(&mut app, 2, "\x15segunda\r"), [(1, edit)]);
    assert!(shows(&app, ">"));
    types(&mut app, 2, "\x1b[A\x1b");
    assert!(!shows(&app, "= segnuda") && !shows(&app, "changing"));
    // The lowest is selected first, and is not one's own.
    types(&mut app, 3, "\x1b[1;3Ad");
    assert!(shows(&app, "only its author"));
    types(&mut app, 3, "\x1b[1;3A\x1b[3~");
    assert!(shows(&app, "delete this message for everybody? y/n"));
    assert_eq!(types(&mut app, 3, "n"), []);
    let delete = Entry::Delete { id: "2".into() };
    assert_eq!(asks(&mut app, 3, "dy"), [(1, delete)]);
    let deleted = Deleted {
        id: Id::Local(2),
        who: person("ana"),
        wall_ms: 4000,
        is_own: true,
        timing: Timing::Live,
    };
    tell(&mut app, 4, News::Deleted(Box::new(deleted)));
    assert!(shows(&app, "ana: (deleted)") && !shows(&app, "segnuda"));
    types(&mut app, 4, "\x1b[1;3A\x1b[A\x1b[Ae");
    assert!(shows(&app, "= primeira"));
}

#[test]
fn the_mouse_scrolls_and_chooses_what_is_clicked() {
    let mut app = app(100, 12);
    for name in ["bia", "carla"] {
        let person = person(name);
        let was_here = true;
        tell(&mut app, 1, News::Entered { person, was_here });
    }
    for number in 0..40 {
        let text = format!("linha {number}");
        tell(&mut app, 1, News::Message(says(number, "bia", &text)));
    }
    tell(&mut app, 1, News::Message(says(50, "bia", "http://a.b/c")));
    let picture = |app: &App| {
        let mut picture = Picture::blank(100, 12);
        app.draw(&mut picture);
        picture
    };
    assert!(picture(&app).takes_mouse);
    assert_eq!(
        types(&mut app, 2, "\x1b[<0;13;10M"),
        [Effect::Copy("http://a.b/c".into())]
    );
    assert!(shows(&app, "copied: http://a.b/c"));
    types(&mut app, 2, "\x1b[<64;3;3M");
    assert!(!shows(&app, "http://a.b/c") && shows(&app, "linha 37"));
    types(&mut app, 2, "\x1b[<65;3;3M");
    assert!(shows(&app, "http://a.b/c"));
    // Others stand in the third row of the list, below the title.
    types(&mut app, 2, "\x1b[<0;90;4M");
    assert!(shows(&app, "bia: here"));
    types(&mut app, 2, "\x1b[<0;90;4M");
    assert!(shows(&app, "✉ bia · private"));
    types(&mut app, 2, "\x1b[<0;3;2M");
    assert!(shows(&app, "linha 39"));
    types(&mut app, 2, "\x1b[<0;9;7Me");
    assert!(shows(&app, "only its author"));
    types(&mut app, 2, "\x1b");
    types(&mut app, 2, "\x14");
    assert!(!picture(&app).takes_mouse);
    let bare = drawn(&app);
    assert!(bare.iter().any(|row| row == "bia: linha 39"), "{bare:?}");
    assert!(!shows(&app, "turma-a") && !shows(&app, "│"));
    types(&mut app, 2, "\x14/mouse off\r");
    assert!(!picture(&app).takes_mouse && shows(&app, "mouse off"));
}

#[test]
fn what_calls_this_person_and_how_it_looks_is_theirs_to_say() {
    let mut app = app(80, 12);
    tell(&mut app, 1, News::Message(says(1, "bia", "a todos")));
    assert_eq!(app.poll(), None);
    assert_eq!(types(&mut app, 1, "/notify all\r"), []);
    tell(&mut app, 1, News::Message(says(2, "bia", "a todos")));
    assert_eq!(app.poll(), Some(Effect::Notice("bia: a todos".into())));
    assert_eq!(types(&mut app, 1, "/theme high-contrast\r"), []);
    assert_eq!(app.theme(), Theme::default().with(Scheme::HighContrast));
    assert_eq!(types(&mut app, 1, "/tema x\r"), []);
    assert!(shows(&app, "/theme default, high-contrast"));
    // Many are not counted one by one.
    for number in 0..20 {
        let person = person(&"x".repeat(number + 1));
        let was_here = true;
        tell(&mut app, 1, News::Entered { person, was_here });
    }
    let own = Message {
        is_own: true,
        ..says(3, "ana", "minha")
    };
    tell(&mut app, 1, News::Message(own));
    assert!(shows(&app, "ana: minha sent"));
}

#[test]
fn what_has_no_room_on_a_small_screen_is_listed_or_scrolls() {
    let mut app = app(40, 10);
    let (person, was_here) = (person("bia"), true);
    tell(&mut app, 1, ready("turma-a"));
    tell(
        &mut app,
        1,
        News::Entered {
            person: person.clone(),
            was_here,
        },
    );
    // The people have no column: they are listed, and leave again by the same key.
    types(&mut app, 2, "\x1bOQ");
    assert!(shows(&app, "People (2)") && shows(&app, "● bia"));
    types(&mut app, 2, "\x1bOQ");
    assert!(!shows(&app, "People (2)"));
    let code = "55547 98383 44142 15440 58584 06454".to_owned();
    tell(&mut app, 2, News::Code { person, code });
    assert!(shows(&app, "You and bia ↑ ↓") && shows(&app, "by voice:"));
    for _ in 0..60 {
        types(&mut app, 2, "\x1b[B");
    }
    // The picture for a camera is the last, and its end has a border.
    assert!(shows(&app, "▀▀") && !shows(&app, "by voice:"));
    types(&mut app, 2, &"\x1b[5~".repeat(20));
    assert!(shows(&app, "by voice:"));
    types(&mut app, 2, "x");
    assert!(shows(&app, "> x") && !shows(&app, "by voice:"));
}
