//! How messages are laid out.

use super::*;
use proptest::prelude::*;

fn look(columns: u16) -> Look<'static> {
    Look {
        lang: Lang::En,
        theme: Theme::default(),
        columns,
        me: "bia",
        found: None,
    }
}

fn rows_of(said: &str, columns: u16, is_unfolded: bool) -> (Vec<String>, bool) {
    let content = Content::Text(said.into());
    let said = Message::local(1, Person::unproven("ana"), content, 0);
    let state = State {
        progress: Some(Progress::Some(2, 3)),
        is_unfolded,
    };
    let laid = message(&said, state, look(columns));
    (laid.rows.iter().map(Row::text).collect(), laid.is_folded)
}

#[test]
fn a_text_hangs_below_itself_and_says_how_far_it_got() {
    assert_eq!(
        rows_of("vamos todos ao laboratório", 18, false).0,
        [
            "ana: vamos todos",
            "     ao",
            "     laboratório",
            "     2/3"
        ]
    );
}

#[test]
fn a_text_of_several_lines_keeps_its_breaks_and_blanks() {
    assert_eq!(
        rows_of("def f():\n\treturn um_nome_longo\n\n", 20, false),
        (
            vec![
                "ana:  2/3".to_owned(),
                "│ def f():".to_owned(),
                "│     return".to_owned(),
                "│↪um_nome_longo".to_owned(),
            ],
            false
        )
    );
}

#[test]
fn a_long_text_is_folded_until_it_is_asked_for() {
    let lines: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let (rows, is_folded) = rows_of(&lines.join("\n"), 40, false);
    assert!(is_folded && rows.len() == FOLDED_ROWS + 2);
    assert!(
        rows.last()
            .is_some_and(|row| row.starts_with("… 80 more lines"))
    );
    let (rows, is_folded) = rows_of(&lines.join("\n"), 40, true);
    assert!(!is_folded && rows.len() == 101);
    let (rows, is_folded) = rows_of(&"palavra ".repeat(1000), 40, false);
    assert!(is_folded && rows.len() == FOLDED_ROWS + 1);
}

#[test]
fn nothing_of_a_strangers_text_is_interpreted() {
    let (rows, _) = rows_of("a\x1b[2J\x07\u{202e}b", 40, false);
    assert_eq!(rows, ["ana: a␛[2J␇⟨202e⟩b 2/3"]);
    assert_eq!(isolated("אבא"), "\u{2068}אבא\u{2069}");
    assert_eq!(untabbed("a\tb\t"), "a   b   ");
}

proptest! {
    #[test]
    fn no_text_is_wider_than_its_columns(
        text in "([a-z漢é \t\n]|https://roda/|bia|\u{5d0}|\x1b){0,60}",
        columns in 0_u16..60,
        is_unfolded in any::<bool>(),
    ) {
        let (rows, _) = rows_of(&text, columns, is_unfolded);
        prop_assert!(!rows.is_empty());
        for row in rows {
            // A frame has three columns where there are fewer.
            prop_assert!(cells(&row) <= columns.max(3), "{row:?}");
        }
    }
}

#[test]
fn a_guest_stands_there_with_the_member_who_vouches() {
    let name = crate::protocol::message::Name::parse("rui").unwrap();
    let shown = |columns, lang| {
        let content = Content::Text("oi, bia".into());
        let said = Message {
            guest: Some(Box::new(crate::chat::event::GuestName {
                number: 1,
                name: name.clone(),
            })),
            is_own: true,
            ..Message::local(1, Person::unproven("ana"), content, 0)
        };
        let state = State {
            progress: None,
            is_unfolded: false,
        };
        let look = Look {
            lang,
            ..look(columns)
        };
        message(&said, state, look).rows
    };
    let rows = shown(40, Lang::En);
    assert_eq!(rows[0].text(), "~rui (by ana): oi, bia");
    assert_eq!(shown(40, Lang::Pt)[0].text(), "~rui (por ana): oi, bia");
    // It is nobody's own word, so that the name in it stands out.
    let marked = rows[0].spans.iter().find(|span| span.text == "bia");
    assert!(marked.is_some(), "{rows:?}");
    let plain = Aside {
        what: What::Guest(crate::chat::event::Guest {
            name: Some("rui (by ana)".into()),
            text: Some("oi".into()),
            source: ([10, 77, 0, 9], 1).into(),
            wall_ms: 0,
        }),
        wall_ms: 0,
    };
    let rows = aside(&plain, look(40));
    assert_eq!(rows[0].text(), "~\"rui (by ana)\": oi");
}
