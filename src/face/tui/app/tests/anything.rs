//! Any events at any size: no panic, and a terminal shows the screen as it is.

use super::*;

fn any_news() -> impl Strategy<Value = News> {
    let name = "[a-zA-Zé漢\u{5d0}\u{202e}]{1,9}";
    let text = "([a-z漢é👍\u{301}\u{200d}\t\n ]|https://a[.]b/|ana|\x1b|\u{5d0}){0,80}";
    prop_oneof![
        (0_u64..200, name, text, any::<(bool, bool, bool)>()).prop_map(
            |(number, name, text, (is_own, is_private, is_late))| {
                News::Message(Message {
                    is_own,
                    is_private,
                    timing: match is_late {
                        true => Timing::Late,
                        false => Timing::Live,
                    },
                    ..says(number, &name, &text)
                })
            }
        ),
        (name, text).prop_map(|(name, text)| News::Guest(Guest {
            name: Some(name),
            text: Some(text),
            source: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            wall_ms: 0,
        })),
        (name, any::<bool>()).prop_map(|(name, was_here)| News::Entered {
            person: person(&name),
            was_here,
        }),
        name.prop_map(|name| News::Left {
            person: person(&name),
            with_farewell: false,
        }),
        name.prop_map(|name| News::Silent(person(&name))),
        (0_u64..200, 0_u64..9, 0_usize..20, 0_usize..20).prop_map(|(first, more, has, of)| {
            News::Delivered(Delivered {
                first: Id::Local(first),
                last: Id::Local(first + more),
                has,
                of,
                waiting: Vec::new(),
                was_reported: true,
                kept_for: 0,
            })
        }),
        name.prop_map(|name| News::Code {
            person: person(&name),
            code: "12345 67890 12345 67890 12345 67890".into(),
        }),
        any::<bool>().prop_map(|is_keyed| News::Ready(Ready {
            me: person("ana"),
            room: Some("turma-a".into()),
            is_keyed,
            interfaces: Vec::<Interface>::new(),
        })),
    ]
}

/// A size of the parser's terminal, which has one cell at least.
fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count.max(1)).unwrap()
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "few of them exist at once")]
enum Happens {
    News(u16, Box<News>),
    Keys(String),
    Size(u16, u16),
    Time(u64),
}

fn anything() -> impl Strategy<Value = Happens> {
    let keys = concat!(
        "([a-zé漢/: ]|\r|\n|\t|\x1b\r|\x1b\\[[ABCDHF]|\x1b\\[[56]~|\x1b\\[1;5[HF]|",
        "\x1bO[PQRS]|\x1b\\[15~|",
        "\x1b\\[1;3[AB]|\x1b\\[3~|\x1b[1-9]|\x1b\\[<(0|64|65);[1-9]{1,2};[1-9]{1,2}M|",
        "/msg ana\r|/room 2\r|/close\r|/theme light\r|/bare\r|/select\r|",
        "[\x01-\x1f]|\x7f|/help\r|/find a\r|/clear\r|/quiet 5\r|/unfold\r|:ok:|",
        "\x1b\\[200~um\ndois\x1b\\[201~){0,8}"
    );
    prop_oneof![
        4 => (1_u16..4, any_news()).prop_map(|(room, news)| Happens::News(room, Box::new(news))),
        4 => keys.prop_map(Happens::Keys),
        1 => (0_u16..220, 0_u16..60).prop_map(|(columns, rows)| Happens::Size(columns, rows)),
        1 => (0_u16..4, 0_u16..4).prop_map(|(columns, rows)| Happens::Size(columns, rows)),
        1 => (0_u64..2000).prop_map(Happens::Time),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn whatever_happens_at_any_size_a_terminal_shows_the_screen_as_it_is(
        happens in proptest::collection::vec(anything(), 0..40),
    ) {
        let mut app = app(80, 24);
        let mut encoder = Encoder::new(Abilities::Commands);
        let mut parser = vt100::Parser::new(cells(24), cells(80), 0);
        let mut seconds = 0;
        for event in happens {
            match event {
                Happens::News(room, news) => tell_in(&mut app, room, *news),
                Happens::Keys(keys) => drop(types(&mut app, seconds, &keys)),
                Happens::Size(columns, rows) => {
                    at(&mut app, seconds, &AppInput::Size(columns, rows));
                    parser.screen_mut().set_size(cells(rows), cells(columns));
                }
                Happens::Time(more) => {
                    seconds += more;
                    at(&mut app, seconds, &AppInput::Time);
                }
            }
            while app.poll().is_some() {}
            let (columns, rows) = app.size();
            let mut picture = Picture::blank(columns, rows);
            app.draw(&mut picture);
            if let Some((x, y)) = picture.cursor {
                prop_assert!(x < columns && y < rows);
            }
            let drawn = picture.rows();
            prop_assert_eq!(drawn.len(), usize::from(rows));
            let cursor = picture.cursor;
            parser.process(&encoder.encode(picture));
            // A terminal sees no more than the first letter of what is joined to it.
            let is_simple = |row: &String| row.chars().all(|c| {
                !matches!(c, '\u{200d}' | '\u{301}' | '\u{2068}' | '\u{2069}' | '👍')
            });
            let shown: Vec<String> = parser.screen().rows(0, columns)
                .map(|row| row.trim_end().to_owned()).collect();
            for (drawn, shown) in drawn.iter().zip(&shown).filter(|(drawn, _)| is_simple(drawn)) {
                prop_assert_eq!(drawn, shown);
            }
            if let Some((x, y)) = cursor {
                prop_assert_eq!(parser.screen().cursor_position(), (y, x));
            }
        }
    }
}
