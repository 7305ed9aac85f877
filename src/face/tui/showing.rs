//! A file that is shown above the conversation: a picture, of which each cell holds two pixels, or
//! a text. Pure.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::app::App;
use super::draw::{draw_rows, from_row};
use super::panel::Panel;
use super::rows::{Row, Span, Wrap, wrap};
use super::theme::Theme;
use crate::protocol::message::clean;
use crate::terminal::keys::Key;
use crate::terminal::picture::Picture;
use crate::terminal::raster::Raster;
use crate::terminal::viewed::{View, Viewed};
use crate::text;

/// The upper half of a cell, in its own colour; the lower half is its ground.
const UPPER_HALF: &str = "▀";

/// From dark to light, where there are too few colours.
const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];

/// Rows of one line of a text.
const LINE_ROWS_MAX: usize = 64;

/// See the file's head.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Showing {
    name: String,
    what: What,
    /// The rows of what is no picture, and for how many columns they were made.
    rows: Vec<Row>,
    columns: u16,
    /// From which row on they are seen.
    pub(super) first: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Picture(Raster),
    Lines(Vec<String>),
}

impl Showing {
    /// A sentence, in the place of a file.
    pub(super) fn sentence(name: &str, sentence: String) -> Self {
        Self {
            name: name.to_owned(),
            what: What::Lines(vec![sentence]),
            rows: Vec::new(),
            columns: 0,
            first: 0,
        }
    }

    /// How many rows there are; a picture has none that could be scrolled.
    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    /// Breaks the text for so many columns.
    fn lay_out(&mut self, columns: u16) {
        if std::mem::replace(&mut self.columns, columns) == columns {
            return;
        }
        let What::Lines(lines) = &self.what else {
            return;
        };
        let how = Wrap {
            columns,
            hang: 0,
            rows_max: LINE_ROWS_MAX,
        };
        let broken = lines.iter().flat_map(|line| {
            let span = Span::new(line.as_str(), Style::new());
            wrap(&[span], how)
        });
        self.rows = broken.collect();
    }
}

impl App {
    /// A file is being read, to be shown.
    pub(super) fn begin_showing(&mut self, name: &str) {
        // Who is asked something answers that first.
        if !matches!(self.panel, Panel::Asked(_)) {
            let waits = text::view_waits(self.lang());
            self.show_panel(Showing::sentence(name, waits));
        }
    }

    /// A file was read. Whoever does not wait any more is not shown it.
    pub(super) fn on_viewed(&mut self, viewed: &Viewed) {
        let Panel::Show(waiting) = &self.panel else {
            return;
        };
        let name = waiting.name.clone();
        let showing = match &viewed.view {
            Ok(View::Picture(raster)) => Showing {
                what: What::Picture(raster.clone()),
                ..Showing::sentence(&name, String::new())
            },
            Ok(View::Text(lines)) => Showing {
                what: What::Lines(lines.clone()),
                ..Showing::sentence(&name, String::new())
            },
            Err(fault) => Showing::sentence(&name, text::cannot_view(self.lang(), *fault)),
        };
        self.show_panel(showing);
    }

    fn show_panel(&mut self, mut showing: Showing) {
        showing.lay_out(self.columns_in_box());
        self.panel = Panel::Show(Box::new(showing));
    }

    /// The terminal has another size.
    pub(super) fn lay_out_showing(&mut self) {
        let columns = self.columns_in_box();
        if let Panel::Show(showing) = &mut self.panel {
            showing.lay_out(columns);
        }
    }

    /// Scrolls a text where it is longer than the screen; any other key ends it.
    pub(super) fn press_at_showing(&mut self, mut showing: Box<Showing>, key: Key) {
        let first = self.scrolled(showing.first, showing.count(), key);
        self.panel = first.map_or(Panel::None, |first| {
            showing.first = first;
            Panel::Show(showing)
        });
    }

    pub(super) fn draw_showing(&self, showing: &Showing, area: Rect, picture: &mut Picture) {
        let title = format!(" {} ", clean(&showing.name));
        let inner = self.draw_box(area, &title, picture);
        match &showing.what {
            What::Picture(raster) => draw_raster(raster, inner, self.theme(), picture),
            What::Lines(_) => {
                draw_rows(
                    from_row(&showing.rows, showing.first, inner),
                    inner,
                    picture,
                );
            }
        }
    }
}

/// Draws a picture in the middle of a part, smaller if it has too little room.
fn draw_raster(raster: &Raster, area: Rect, theme: Theme, picture: &mut Picture) {
    let room = (area.width, area.height.saturating_mul(2));
    if room.0 == 0 || room.1 == 0 {
        return;
    }
    let step = raster.width().div_ceil(room.0);
    let step = step.max(raster.height().div_ceil(room.1)).max(1);
    let columns = raster.width().div_ceil(step).min(room.0);
    let rows = raster.height().div_ceil(step).div_ceil(2).min(area.height);
    let left = area.x + (area.width - columns) / 2;
    let top = area.y + (area.height - rows) / 2;
    for row in 0..rows {
        for column in 0..columns {
            let pixel = |half: u16| raster.pixel(column * step, (2 * row + half) * step);
            let (symbol, style) = cell(pixel(0), pixel(1), theme);
            if let Some(cell) = picture.cells().cell_mut((left + column, top + row)) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }
}

/// A cell of two pixels.
pub(super) fn cell(
    upper: Option<[u8; 3]>,
    lower: Option<[u8; 3]>,
    theme: Theme,
) -> (&'static str, Style) {
    let color = |pixel: [u8; 3]| theme.pixel(pixel);
    let Some(upper) = upper else {
        return (" ", Style::new());
    };
    match (color(upper), lower.map(color)) {
        (None, _) => (shade(upper, lower), Style::new()),
        (Some(upper), lower) => {
            let style = Style::new().fg(upper);
            (
                UPPER_HALF,
                style.bg(lower.flatten().unwrap_or(Color::Reset)),
            )
        }
    }
}

/// How light two pixels are together.
fn shade(upper: [u8; 3], lower: Option<[u8; 3]>) -> &'static str {
    let light = |[red, green, blue]: [u8; 3]| {
        (2 * u32::from(red) + 7 * u32::from(green) + u32::from(blue)) / 10
    };
    let both = (light(upper) + light(lower.unwrap_or(upper))) / 2;
    let at = both as usize * SHADES.len() / 256;
    SHADES.get(at).copied().unwrap_or(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::tui::theme::Colors;
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    fn raster(width: u32, height: u32) -> Raster {
        let image = RgbImage::from_fn(width, height, |_, y| match y % 2 {
            0 => Rgb([255, 0, 0]),
            _ => Rgb([0, 0, 255]),
        });
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::from(image);
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        Raster::decode(&bytes.into_inner(), 500, 500).unwrap()
    }

    #[test]
    fn a_cell_holds_two_pixels_or_how_light_they_are() {
        let mut picture = Picture::blank(6, 3);
        let area = Rect::new(1, 1, 4, 2);
        let many = Theme::new(Colors::True);
        draw_raster(&raster(4, 3), area, many, &mut picture);
        let cell = picture.cells().cell((1, 1)).unwrap();
        assert_eq!(cell.symbol(), UPPER_HALF);
        assert_eq!(
            (cell.fg, cell.bg),
            (Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255))
        );
        let last = picture.cells().cell((4, 2)).unwrap();
        assert_eq!((last.fg, last.bg), (Color::Rgb(255, 0, 0), Color::Reset));
        let beside = picture.cells().cell((0, 0)).unwrap();
        assert_eq!(beside.symbol(), " ");
        let mut plain = Picture::blank(6, 3);
        draw_raster(&raster(4, 3), area, Theme::new(Colors::None), &mut plain);
        let cell = plain.cells().cell((1, 1)).unwrap();
        assert!(SHADES.contains(&cell.symbol()) && cell.fg == Color::Reset);
    }

    #[test]
    fn whatever_its_size_a_picture_stays_in_its_part() {
        let many = Theme::new(Colors::Indexed);
        for (width, height) in [(1, 1), (500, 1), (1, 500), (499, 301)] {
            let raster = raster(width, height);
            for (columns, rows) in [(0, 0), (1, 1), (2, 7), (40, 3)] {
                let mut picture = Picture::blank(44, 9);
                let area = Rect::new(2, 1, columns, rows);
                draw_raster(&raster, area, many, &mut picture);
                for y in 0..9 {
                    for x in 0..44 {
                        let cell = picture.cells().cell((x, y)).unwrap();
                        let is_inside = area.contains((x, y).into());
                        assert!(is_inside || cell.symbol() == " ", "{x}, {y}");
                    }
                }
            }
        }
    }
}
