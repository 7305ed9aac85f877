//! A whole screen as a value, and the bytes that turn the one that a terminal shows into the next.
//! Pure. The cells are ratatui's; the bytes are written here, because its backends write 16 colours
//! as 256, which old terminals misread, and know no links. The terminal is never asked anything.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::protocol::message::split_within;

/// Most columns that are drawn: a terminal that claims more leaves the rest blank.
pub const COLUMNS_MAX: u16 = 500;

/// Most rows that are drawn, for the same reason.
pub const ROWS_MAX: u16 = 300;

/// Longest link that is told to a terminal, in bytes: some cut the longer ones.
const LINK_MAX_BYTES: usize = 2000;

/// Longest grapheme that is written, in bytes: a letter may bear any number of marks.
const GRAPHEME_MAX_BYTES: usize = 64;

/// Longest title of a window, in characters.
const TITLE_MAX_CHARS: usize = 80;

/// Begins the full screen: the other buffer, marked pastes, no line that wraps by itself, because
/// a character that the terminal takes for wider than we do must not push a row down.
#[cfg(unix)]
pub(super) const ENTER: &str = "\x1b[?1049h\x1b[?2004h\x1b[?7l";
/// Ends all of that and the telling of the mouse, and shows the cursor.
#[cfg(unix)]
pub(super) const LEAVE: &str = concat!(
    "\x1b]8;;\x1b\\",
    "\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l"
);
/// The same for a terminal that would show the end of a link.
#[cfg(unix)]
pub(super) const LEAVE_PLAIN: &str =
    "\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// Begins a name that is written from right to left, so that what stands around it is not moved.
pub const ISOLATE: &str = "\u{2068}";
/// Ends it.
pub const ISOLATE_ENDS: &str = "\u{2069}";

/// What a terminal understands beside cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abilities {
    /// Cells and colours alone: the Linux console shows operating system commands as text.
    Cells,
    /// Titles, links and notices too.
    Commands,
}

/// See the file's head.
#[derive(Clone, Debug)]
pub struct Picture {
    cells: Buffer,
    /// For each cell the number of its link in `urls`, from 1; 0 is none.
    links: Vec<u16>,
    urls: Vec<String>,
    /// Where the cursor stands; it is hidden if there is none.
    pub cursor: Option<(u16, u16)>,
    /// The title of the terminal's window.
    pub title: String,
    /// Whether the terminal is to tell what the mouse does, and then selects only with Shift.
    pub takes_mouse: bool,
}

impl Picture {
    /// A blank screen, of at most [`COLUMNS_MAX`] and [`ROWS_MAX`].
    #[must_use]
    pub fn blank(columns: u16, rows: u16) -> Self {
        let area = Rect::new(0, 0, columns.min(COLUMNS_MAX), rows.min(ROWS_MAX));
        Self {
            cells: Buffer::empty(area),
            links: vec![0; area.area() as usize],
            urls: Vec::new(),
            cursor: None,
            title: String::new(),
            takes_mouse: false,
        }
    }

    /// The whole of it.
    #[must_use]
    pub fn area(&self) -> Rect {
        *self.cells.area()
    }

    /// The cells, for widgets.
    pub fn cells(&mut self) -> &mut Buffer {
        &mut self.cells
    }

    /// Writes text from a cell on, as far as the columns before `end` go; the column behind it.
    /// The text is clean; what has no width joins what stands before it.
    pub fn write(&mut self, at: (u16, u16), end: u16, text: &str, style: Style) -> u16 {
        self.write_link(at, end, text, style, None)
    }

    /// The same as a link to somewhere.
    pub fn write_link(
        &mut self,
        (x, y): (u16, u16),
        end: u16,
        text: &str,
        style: Style,
        link: Option<&str>,
    ) -> u16 {
        let area = self.area();
        let end = end.min(area.width);
        if y >= area.height {
            return x;
        }
        let link = link.map_or(0, |url| self.number_of(url));
        self.open_at(x, y);
        let mut at = x;
        let mut isolate = "";
        for grapheme in text.graphemes(true) {
            let cells = cells_of(grapheme);
            if cells == 0 {
                match grapheme == ISOLATE {
                    true => isolate = ISOLATE,
                    false => self.join(x, at, y, grapheme),
                }
                continue;
            }
            if at.saturating_add(cells) > end {
                break;
            }
            let (grapheme, _) = split_within(grapheme, GRAPHEME_MAX_BYTES);
            if let Some(cell) = self.cells.cell_mut((at, y)) {
                match std::mem::take(&mut isolate) {
                    "" => cell.set_symbol(grapheme),
                    isolate => cell.set_symbol(&format!("{isolate}{grapheme}")),
                };
                cell.set_style(style);
            }
            for behind in at + 1..at + cells {
                if let Some(cell) = self.cells.cell_mut((behind, y)) {
                    cell.set_symbol(" ").set_style(style);
                }
            }
            for column in at..at + cells {
                let index = self.index(column, y);
                if let Some(slot) = self.links.get_mut(index) {
                    *slot = link;
                }
            }
            at += cells;
        }
        at
    }

    /// Puts what has no width of its own onto the character before it.
    fn join(&mut self, begin: u16, at: u16, y: u16, text: &str) {
        let Some(before) = at.checked_sub(1).filter(|before| *before >= begin) else {
            return;
        };
        if let Some(cell) = self.cells.cell_mut((before, y)) {
            let joined = format!("{}{text}", cell.symbol());
            let (joined, _) = split_within(&joined, GRAPHEME_MAX_BYTES);
            cell.set_symbol(joined);
        }
    }

    /// Makes a cell the beginning of something: a wide character that reaches into it is gone.
    fn open_at(&mut self, x: u16, y: u16) {
        let start = start_of(self, x, y);
        if start < x
            && let Some(cell) = self.cells.cell_mut((start, y))
        {
            cell.set_symbol(" ");
        }
    }

    /// Fills a part with one style and blanks.
    pub fn fill(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.area());
        for y in area.top()..area.bottom() {
            self.open_at(area.left(), y);
            for x in area.left()..area.right() {
                if let Some(cell) = self.cells.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
                let index = self.index(x, y);
                if let Some(link) = self.links.get_mut(index) {
                    *link = 0;
                }
            }
        }
    }

    fn index(&self, x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(self.area().width) + usize::from(x)
    }

    fn number_of(&mut self, url: &str) -> u16 {
        if url.len() > LINK_MAX_BYTES || self.urls.len() >= usize::from(u16::MAX) {
            return 0;
        }
        let known = self.urls.iter().position(|known| known == url);
        let index = known.unwrap_or_else(|| {
            self.urls.push(url.to_owned());
            self.urls.len() - 1
        });
        u16::try_from(index + 1).unwrap_or(0)
    }

    /// The link that a cell is a part of.
    #[must_use]
    pub fn link_at(&self, x: u16, y: u16) -> Option<&str> {
        let number = self.links.get(self.index(x, y)).copied()?;
        let index = usize::from(number).checked_sub(1)?;
        self.urls.get(index).map(String::as_str)
    }

    fn is_equal_at(&self, other: &Self, x: u16, y: u16) -> bool {
        self.cells.cell((x, y)) == other.cells.cell((x, y))
            && self.link_at(x, y) == other.link_at(x, y)
    }

    /// The rows as text, without blanks at their ends.
    #[must_use]
    pub fn rows(&self) -> Vec<String> {
        let area = self.area();
        let row = |y| {
            let mut row = String::new();
            let mut x = 0;
            while let Some(cell) = self.cells.cell((x, y)).filter(|_| x < area.width) {
                row.push_str(cell.symbol());
                x += cells_of(cell.symbol()).max(1);
            }
            row.trim_end().to_owned()
        };
        (0..area.height).map(row).collect()
    }
}

/// Cells that a grapheme fills: a terminal has none wider than two.
#[must_use]
pub fn cells_of(grapheme: &str) -> u16 {
    match grapheme.width() {
        0 => 0,
        1 => 1,
        _ => 2,
    }
}

/// Knows what a terminal shows.
#[derive(Debug)]
pub struct Encoder {
    abilities: Abilities,
    shown: Option<Picture>,
    /// Whether the terminal tells what the mouse does.
    tells_mouse: bool,
}

impl Encoder {
    /// For a terminal of which nothing is known.
    #[must_use]
    pub fn new(abilities: Abilities) -> Self {
        Self {
            abilities,
            shown: None,
            tells_mouse: false,
        }
    }

    /// What the terminal shows is not known any more: the next picture is written whole.
    pub fn forget(&mut self) {
        self.shown = None;
        self.tells_mouse = false;
    }

    /// The bytes that make the terminal show a picture; none if it does already.
    pub fn encode(&mut self, next: Picture) -> Vec<u8> {
        let mut out = String::new();
        let before = self.shown.take();
        let before = before.filter(|before| before.area() == next.area());
        let mut body = String::new();
        if before.is_none() {
            body.push_str("\x1b[0m\x1b[2J");
        }
        for y in 0..next.area().height {
            self.row(before.as_ref(), &next, y, &mut body);
        }
        let is_moved = before.as_ref().map(|before| before.cursor) != Some(next.cursor);
        if !body.is_empty() || is_moved {
            // Terminals that know mode 2026 show all of it at once.
            out.push_str("\x1b[?2026h\x1b[?25l");
            out.push_str(&body);
            if let Some((x, y)) = next.cursor {
                let _ = write!(out, "\x1b[{};{}H\x1b[?25h", y + 1, x + 1);
            }
            out.push_str("\x1b[?2026l");
        }
        if std::mem::replace(&mut self.tells_mouse, next.takes_mouse) != next.takes_mouse {
            out.push_str(match next.takes_mouse {
                true => "\x1b[?1000h\x1b[?1006h",
                false => "\x1b[?1006l\x1b[?1000l",
            });
        }
        let title = before.map(|before| before.title);
        if title.as_ref() != Some(&next.title) && self.abilities == Abilities::Commands {
            let title: String = next.title.chars().take(TITLE_MAX_CHARS).collect();
            let _ = write!(out, "\x1b]2;{}\x1b\\", without_controls(&title));
        }
        self.shown = Some(next);
        out.into_bytes()
    }

    /// Writes what differs of one row, from its first to its last cell that does.
    fn row(&self, before: Option<&Picture>, next: &Picture, y: u16, out: &mut String) {
        let width = next.area().width;
        let differs = |x: &u16| match before {
            Some(before) => !before.is_equal_at(next, *x, y),
            None => {
                let cell = next.cells.cell((*x, y));
                cell.is_some_and(|cell| *cell != Cell::EMPTY)
            }
        };
        let Some(first) = (0..width).find(differs) else {
            return;
        };
        let last = (0..width).rev().find(differs).unwrap_or(first);
        // Not from the second half of a wide character on, in either picture.
        let first = match first {
            0 => 0,
            first => first - 1,
        };
        let (first, last) = (start_of(next, first, y), (last + 1).min(width - 1));
        let _ = write!(out, "\x1b[{};{}H", y + 1, first + 1);
        let mut pen = Pen::default();
        let mut x = first;
        while x <= last {
            let Some(cell) = next.cells.cell((x, y)) else {
                break;
            };
            let link = match self.abilities {
                Abilities::Commands => next.link_at(x, y),
                Abilities::Cells => None,
            };
            pen.take(cell, link, out);
            if is_disputed(cell.symbol()) {
                // A terminal that takes it for narrower shows a blank behind it.
                let _ = write!(out, "  \x1b[{}G", x + 1);
            }
            out.push_str(cell.symbol());
            x += cells_of(cell.symbol()).max(1);
            if !is_plain(cell.symbol()) && x < width {
                // Whatever width the terminal gives it, the next one stands in its place.
                let _ = write!(out, "\x1b[{}G", x + 1);
            }
        }
        pen.end(out);
    }
}

/// The column where the character begins that fills a cell.
fn start_of(picture: &Picture, x: u16, y: u16) -> u16 {
    let is_second = x.checked_sub(1).is_some_and(|before| {
        let cell = picture.cells.cell((before, y));
        cell.is_some_and(|cell| cells_of(cell.symbol()) == 2)
    });
    match is_second {
        true => x - 1,
        false => x,
    }
}

/// Whether every terminal agrees on the width of a symbol.
fn is_plain(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let first = chars.next().unwrap_or(' ');
    chars.next().is_none() && (first.is_ascii() || ('\u{a0}'..'\u{300}').contains(&first))
}

/// Whether terminals differ on whether a symbol has one cell or two: it is wide by what is joined
/// to its first character.
fn is_disputed(symbol: &str) -> bool {
    cells_of(symbol) == 2 && symbol.chars().count() > 1
}

/// The style and link that the terminal writes with.
#[derive(Default)]
struct Pen {
    style: Option<(Color, Color, Modifier)>,
    link: Option<String>,
}

impl Pen {
    fn take(&mut self, cell: &Cell, link: Option<&str>, out: &mut String) {
        if self.link.as_deref() != link {
            self.link = link.map(str::to_owned);
            write_link(link, out);
        }
        let style = (cell.fg, cell.bg, cell.modifier);
        if self.style != Some(style) {
            self.style = Some(style);
            write_style(style, out);
        }
    }

    fn end(self, out: &mut String) {
        if self.link.is_some() {
            write_link(None, out);
        }
        out.push_str("\x1b[0m");
    }
}

/// The number joins the rows of one link.
fn write_link(link: Option<&str>, out: &mut String) {
    let _ = match link {
        None => write!(out, "\x1b]8;;\x1b\\"),
        Some(url) => {
            let number = url.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
            write!(out, "\x1b]8;id={number:x};{}\x1b\\", without_controls(url))
        }
    };
}

/// Titles and links are clean already; nothing else may ever end them.
fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn write_style((fore, back, modifier): (Color, Color, Modifier), out: &mut String) {
    out.push_str("\x1b[0");
    for (flag, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
        (Modifier::CROSSED_OUT, 9),
    ] {
        if modifier.contains(flag) {
            let _ = write!(out, ";{code}");
        }
    }
    write_color(fore, Ground::Fore, out);
    write_color(back, Ground::Back, out);
    out.push('m');
}

/// What a colour colours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ground {
    Fore,
    Back,
}

fn write_color(color: Color, ground: Ground, out: &mut String) {
    let shift = match ground {
        Ground::Fore => 0,
        Ground::Back => 10,
    };
    let code = match color {
        Color::Reset => return,
        Color::Black => 30,
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Blue => 34,
        Color::Magenta => 35,
        Color::Cyan => 36,
        Color::Gray => 37,
        Color::DarkGray => 90,
        Color::LightRed => 91,
        Color::LightGreen => 92,
        Color::LightYellow => 93,
        Color::LightBlue => 94,
        Color::LightMagenta => 95,
        Color::LightCyan => 96,
        Color::White => 97,
        Color::Indexed(number) => {
            let _ = write!(out, ";{};5;{number}", 38 + shift);
            return;
        }
        Color::Rgb(red, green, blue) => {
            let _ = write!(out, ";{};2;{red};{green};{blue}", 38 + shift);
            return;
        }
    };
    let _ = write!(out, ";{}", code + shift);
}

#[cfg(test)]
mod tests;
