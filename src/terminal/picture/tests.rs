//! Whatever pictures follow each other, a terminal shows the last one.

use super::*;
use proptest::prelude::*;

fn shown(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let columns = screen.size().1.get();
    screen
        .rows(0, columns)
        .map(|row| row.trim_end().to_owned())
        .collect()
}

proptest! {
    #[test]
    fn a_terminal_shows_the_last_of_any_pictures(
        pictures in proptest::collection::vec(
            proptest::collection::vec((0_u16..20, 0_u16..5, "[a-z漢é ]{0,12}", 0_u8..4), 0..8),
            1..6,
        ),
    ) {
        let mut parser = vt100::Parser::new(5.try_into().unwrap(), 20.try_into().unwrap(), 0);
        let mut encoder = Encoder::new(Abilities::Commands);
        for texts in pictures {
            let mut picture = Picture::blank(20, 5);
            for (x, y, text, style) in &texts {
                let style = Style::new().fg(Color::Indexed(*style));
                picture.write((*x, *y), 20, text, style);
            }
            picture.cursor = texts.first().map(|(x, y, ..)| (*x, *y));
            let rows = picture.rows();
            let cursor = picture.cursor;
            parser.process(&encoder.encode(picture.clone()));
            prop_assert_eq!(shown(&parser), rows);
            if let Some((x, y)) = cursor {
                prop_assert_eq!(parser.screen().cursor_position(), (y, x));
            }
            prop_assert!(encoder.encode(picture).is_empty());
        }
    }
}

#[test]
fn sixteen_colours_are_written_as_sixteen() {
    let mut picture = Picture::blank(4, 1);
    picture.write(
        (0, 0),
        4,
        "oi",
        Style::new().fg(Color::Red).bg(Color::White),
    );
    let bytes = Encoder::new(Abilities::Cells).encode(picture);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("\x1b[0;31;107moi"), "{text:?}");
    assert!(!text.contains("\x1b]"), "{text:?}");
}

#[test]
fn links_and_titles_are_told_where_they_are_understood() {
    let picture = || {
        let mut picture = Picture::blank(6, 1);
        picture.write_link((0, 0), 6, "site", Style::new(), Some("http://roda/\x07x"));
        picture.title = "(1) turma\x1b".into();
        picture
    };
    let text = |abilities| {
        let bytes = Encoder::new(abilities).encode(picture());
        String::from_utf8(bytes).unwrap()
    };
    let told = text(Abilities::Commands);
    assert!(told.contains(";http://roda/x\x1b\\"), "{told:?}");
    assert!(told.contains("site\x1b]8;;\x1b\\"), "{told:?}");
    assert!(told.ends_with("\x1b]2;(1) turma\x1b\\"), "{told:?}");
    assert!(!text(Abilities::Cells).contains("\x1b]"));
}

#[test]
fn nothing_stale_stands_behind_a_character_that_a_terminal_takes_for_narrow() {
    let mut encoder = Encoder::new(Abilities::Cells);
    let mut before = Picture::blank(4, 1);
    before.write((0, 0), 4, "abcd", Style::new());
    encoder.encode(before);
    let mut heart = Picture::blank(4, 1);
    heart.write((0, 0), 4, "\u{2764}\u{fe0f}cd", Style::new());
    let bytes = String::from_utf8(encoder.encode(heart)).unwrap();
    assert!(
        bytes.contains("  \x1b[1G\u{2764}\u{fe0f}\x1b[3G"),
        "{bytes:?}"
    );
}

#[test]
fn a_mark_without_width_joins_what_stands_before_it() {
    let mut picture = Picture::blank(3, 1);
    picture.write((0, 0), 3, "\u{301}a", Style::new());
    picture.write((1, 0), 3, "e\u{301}漢", Style::new());
    // The wide one has no room.
    assert_eq!(picture.rows(), ["ae\u{301}"]);
    let much = format!("a{}", "\u{301}".repeat(1000));
    picture.write((0, 0), 3, &much, Style::new());
    assert!(picture.rows()[0].len() <= GRAPHEME_MAX_BYTES + 4);
    let mut name = Picture::blank(4, 1);
    let end = name.write((0, 0), 4, "\u{2068}אב\u{2069}: ", Style::new());
    assert_eq!(
        (name.rows(), end),
        (vec!["\u{2068}אב\u{2069}:".to_owned()], 4)
    );
    assert_eq!(Picture::blank(0, 0).rows(), Vec::<String>::new());
    let area = Picture::blank(u16::MAX, u16::MAX).area();
    assert_eq!((area.width, area.height), (COLUMNS_MAX, ROWS_MAX));
}
