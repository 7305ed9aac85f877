//! What an offered picture shows, in a few rows of the conversation: each cell holds two pixels.
//! Pure.

use super::entry::Look;
use super::rows::{Row, Span};
use super::showing::cell;
use crate::protocol::wire::preview::Pixels;

/// Most cells across, and most rows: it stands among what people say.
const COLUMNS_MAX: u16 = 24;
const ROWS_MAX: u16 = 4;

/// Cells before it, as before a sentence that goes on.
const INDENT: u16 = 2;

/// The rows of a preview: one without anything where pictures are not read.
pub(super) fn rows(pixels: &Pixels, look: Look<'_>) -> Vec<Row> {
    let columns_max = look.columns.saturating_sub(INDENT).min(COLUMNS_MAX);
    let (columns, halves) = fit(pixels, columns_max);
    if look.is_bare || columns == 0 {
        return vec![Row::default()];
    }
    let pixel = |column, half| pixels.mean((column, half), (columns, halves));
    let rows = (0..halves.div_ceil(2)).map(|row| {
        let mut spans: Vec<Span> = Vec::new();
        for column in 0..columns {
            let halves = (pixel(column, 2 * row), pixel(column, 2 * row + 1));
            let (symbol, style) = cell(halves.0, halves.1, look.theme);
            match spans.last_mut().filter(|last| last.style == style) {
                Some(last) => last.text.push_str(symbol),
                None => spans.push(Span::new(symbol, style)),
            }
        }
        Row {
            indent: INDENT,
            spans,
        }
    });
    rows.collect()
}

/// How many cells across and half cells down a preview fills, in its proportions.
fn fit(pixels: &Pixels, columns_max: u16) -> (u16, u16) {
    let (width, height) = (u16::from(pixels.width), u16::from(pixels.height()));
    if width == 0 || height == 0 {
        return (0, 0);
    }
    let scaled = |side: u16, by: u16, of: u16| (side * by + of / 2) / of;
    let halves_max = 2 * ROWS_MAX;
    match scaled(width, halves_max, height) {
        columns if columns <= columns_max => (columns.max(1), halves_max),
        _ => {
            let halves = scaled(height, columns_max, width);
            (columns_max, halves.clamp(1, halves_max))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::tui::theme::{Colors, Theme};
    use crate::text::Lang;
    use proptest::prelude::*;
    use ratatui::style::Color;

    fn look(columns: u16) -> Look<'static> {
        Look {
            lang: Lang::En,
            theme: Theme::new(Colors::True),
            columns,
            me: "bia",
            found: None,
            is_bare: false,
        }
    }

    #[test]
    fn a_preview_is_four_rows_of_two_pixels_each_and_nothing_where_it_is_read_aloud() {
        let pixels = Pixels {
            width: 20,
            pixels: (0..300)
                .map(|at| if at < 160 { [255, 0, 0] } else { [0, 0, 255] })
                .collect(),
        };
        let shown = rows(&pixels, look(80));
        assert_eq!(shown.len(), 4);
        assert!(shown.iter().all(|row| row.cells() == INDENT + 11));
        let (red, blue) = (Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255));
        assert_eq!(shown[0].spans[0].style.fg, Some(red));
        assert_eq!(shown[3].spans[0].style.bg, Some(blue));
        let bare = Look {
            is_bare: true,
            ..look(80)
        };
        assert_eq!(rows(&pixels, bare), [Row::default()]);
        let plain = Look {
            theme: Theme::new(Colors::None),
            ..look(80)
        };
        let plain = rows(&pixels, plain);
        assert!(
            plain
                .iter()
                .flat_map(|row| &row.spans)
                .all(|it| it.style.fg.is_none())
        );
    }

    proptest! {
        #[test]
        fn a_preview_fits_any_screen(
            (width, height) in (1_u8..=20, 1_u8..=20),
            columns in 0_u16..100,
        ) {
            let count = usize::from(width) * usize::from(height);
            let pixels = Pixels { width, pixels: vec![[1, 2, 3]; count] };
            let shown = rows(&pixels, look(columns));
            prop_assert!((1..=usize::from(ROWS_MAX)).contains(&shown.len()));
            prop_assert!(shown.iter().all(|row| row.cells() <= columns.max(INDENT)));
        }
    }
}
