//! One message, or what stands beside the messages, as rows. Pure. All of a stranger's text is
//! clean before it is laid out.

use std::rc::Rc;

use ratatui::style::Style;

use super::super::arrivals::Movement;
use super::super::guests;
use super::super::lines::addressed;
use super::super::mention::{mentions, occurrences};
use super::conversation::{Aside, What};
use super::delivery::Progress;
use super::links::{links, target};
use super::preview;
use super::rows::{Mark, Row, Span, Wrap, cells, marked, wrap};
use super::theme::Theme;
use crate::chat::event::{Content, Message, Person, Timing};
use crate::chat::trust::{PRIVATE, Standing, VERIFIED};
use crate::protocol::engine::event::Version;
use crate::protocol::message::{clean, split_within};
use crate::terminal::picture::{ISOLATE, ISOLATE_ENDS};
use crate::terminal::screen::short_name;
use crate::text::{self, Lang};

/// Rows of a message beyond which it is folded.
const FOLDED_ROWS: usize = 20;

/// Rows of a message that are shown when it is unfolded.
const UNFOLDED_ROWS: usize = 2000;

/// Bytes of a text that fill a cell, at most: a letter with more marks than that is cut off.
const CELL_MAX_BYTES: usize = 16;

/// Columns from one tab to the next.
const TAB_COLUMNS: usize = 4;

/// What the rows of an entry depend on beside it.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) lang: Lang,
    pub(super) theme: Theme,
    /// Cells of a row, without the times before it.
    pub(super) columns: u16,
    /// This person's name, which is looked for in others' messages.
    pub(super) me: &'a str,
    /// What is searched for.
    pub(super) found: Option<&'a str>,
    /// Whether nothing but the text is shown.
    pub(super) is_bare: bool,
}

/// How a message stands beside what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// How far it has got, if it is an own one.
    pub(super) progress: Option<Progress>,
    pub(super) is_unfolded: bool,
}

/// Rows, and whether some are left out until the person asks for them.
pub(super) struct Laid {
    pub(super) rows: Vec<Row>,
    pub(super) is_folded: bool,
}

/// A name, with what keeps one that is written from right to left from moving what follows.
pub(super) fn isolated(name: &str) -> String {
    let is_from_right = |c: char| {
        matches!(c,
            '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    match name.chars().any(is_from_right) {
        true => format!("{ISOLATE}{name}{ISOLATE_ENDS}"),
        false => name.to_owned(),
    }
}

/// Somebody as they stand before what they say.
fn named(who: &Person, lang: Lang) -> String {
    if who.standing == Standing::Nameless {
        return text::me(lang).to_owned();
    }
    let name = addressed(who);
    let name = isolated(&short_name(&name));
    match who.is_verified() {
        true => format!("{name} {VERIFIED}"),
        false => name,
    }
}

/// A message as rows.
pub(super) fn message(message: &Message, state: State, look: Look<'_>) -> Laid {
    let theme = look.theme;
    let mut lead = Vec::new();
    if message.is_private {
        lead.push(Span::new(format!("{PRIVATE} "), theme.private()));
    }
    let is_action = matches!(message.content, Content::Action(_));
    if is_action {
        lead.push(Span::new("* ", theme.dim()));
    }
    lead.push(match &message.guest {
        None => Span::new(named(&message.who, look.lang), theme.person(&message.who)),
        Some(guest) => {
            let who = Person::unproven(guest.name.as_str());
            let name = guests::of_member(look.lang, guest, &message.who);
            Span::new(isolated(&short_name(&name)), theme.person(&who))
        }
    });
    if let Some(to) = &message.to {
        lead.push(Span::new(" → ", theme.private()));
        lead.push(Span::new(named(to, look.lang), theme.person(to)));
    }
    lead.push(match is_action {
        true => Span::new(" ", Style::new()),
        false => Span::new(": ", theme.dim()),
    });
    let mut tail = Vec::new();
    if let Version::Edited(_) = message.version {
        tail.push(Span::new(text::edited_mark(look.lang), theme.dim()));
    }
    if message.timing == Timing::Late {
        tail.push(Span::new(text::late(look.lang), theme.dim()));
    }
    if let Some(sign) = state.progress.and_then(|progress| progress.sign(look.lang)) {
        tail.push(Span::new(sign, theme.dim()));
    }
    let style = match message.is_private {
        true => theme.private(),
        false => Style::new(),
    };
    let is_deleted = message.version == Version::Deleted;
    let deleted = text::deleted_mark(look.lang);
    let said = Said {
        lead,
        text: if is_deleted { &deleted } else { message.text() },
        style: if is_deleted { theme.dim() } else { style },
        tail,
        marks_me: !message.is_mine(),
    };
    said.rows(state.is_unfolded, look)
}

/// What is no message as rows.
pub(super) fn aside(aside: &Aside, look: Look<'_>) -> Vec<Row> {
    let theme = look.theme;
    let sentence = match &aside.what {
        What::Guest(guest) => {
            let name = guest.name.as_deref();
            let name = name.unwrap_or_else(|| text::anonymous(look.lang));
            let who = Person::unproven(name);
            let name = isolated(&short_name(&guests::plain(name)));
            let said = Said {
                lead: vec![
                    Span::new(name, theme.person(&who)),
                    Span::new(": ", theme.dim()),
                ],
                text: guest.text.as_deref().unwrap_or_default(),
                style: Style::new(),
                tail: Vec::new(),
                marks_me: true,
            };
            return said.rows(false, look).rows;
        }
        What::Preview(pixels) => return preview::rows(pixels, look),
        What::Sentence(sentence) => clean(sentence).into_owned(),
        What::Moves(moves) => {
            let moves = moves.iter();
            let moves: Vec<String> = moves
                .map(|(movement, count, named)| moved(*movement, *count, named, look.lang))
                .collect();
            clean(&moves.join(" · ")).into_owned()
        }
    };
    let spans = [Span::new(format!("– {sentence}"), theme.dim())];
    wrap(
        &spans,
        Wrap {
            columns: look.columns,
            hang: 2,
            rows_max: UNFOLDED_ROWS,
        },
    )
}

/// Those who did the same, as a sentence.
fn moved(movement: Movement, count: usize, named: &[String], lang: Lang) -> String {
    let one = named.first().filter(|_| count == 1);
    match (movement, one) {
        (Movement::WasHere, Some(who)) => text::is_here(lang, who),
        (Movement::Entered, Some(who)) => text::entered(lang, who),
        (Movement::Left, Some(who)) => text::member_left(lang, who),
        (Movement::Gone, Some(who)) => text::member_gone(lang, who),
        (Movement::Silent, Some(who)) => text::silent(lang, who),
        (Movement::Back, Some(who)) => text::back(lang, who),
        (Movement::WasHere, None) => text::many_are_here(lang, count, named),
        (Movement::Entered, None) => text::many_entered(lang, count, named),
        (Movement::Left, None) => text::many_left(lang, count, named),
        (Movement::Gone, None) => text::many_are_gone(lang, count, named),
        (Movement::Silent, None) => text::many_are_silent(lang, count, named),
        (Movement::Back, None) => text::many_are_back(lang, count, named),
    }
}

/// What somebody says, with what stands before and behind it.
struct Said<'m> {
    lead: Vec<Span>,
    /// Uncleaned.
    text: &'m str,
    style: Style,
    tail: Vec<Span>,
    /// Whether this person's name stands out.
    marks_me: bool,
}

impl Said<'_> {
    fn rows(self, is_unfolded: bool, look: Look<'_>) -> Laid {
        let rows_max = match is_unfolded {
            true => UNFOLDED_ROWS,
            false => FOLDED_ROWS,
        };
        let text = self.text.trim_end_matches(['\n', '\r']);
        match text.contains('\n') {
            true => self.framed(text, rows_max, look),
            false => self.in_one_line(text, rows_max, look),
        }
    }

    fn in_one_line(mut self, text: &str, rows_max: usize, look: Look<'_>) -> Laid {
        let widths = self.lead.iter().map(Span::cells);
        let lead = widths.fold(0, u16::saturating_add);
        let text = clean(seen(text, rows_max, look));
        let spans = self.spans(&text, look);
        self.lead.extend(spans);
        self.end_with_tail();
        let how = Wrap {
            columns: look.columns,
            hang: lead.min(look.columns / 3).max(2),
            rows_max: rows_max + 1,
        };
        let mut rows = wrap(&self.lead, how);
        let is_folded = rows.len() > rows_max;
        if is_folded {
            rows.truncate(rows_max);
            rows.push(note(text::folded_text(look.lang), how.hang, look));
        }
        Laid { rows, is_folded }
    }

    /// A text of several lines, with its breaks and blanks, beside a line that frames it.
    fn framed(mut self, text: &str, rows_max: usize, look: Look<'_>) -> Laid {
        self.end_with_tail();
        let head = Wrap {
            columns: look.columns,
            hang: 2,
            rows_max: 4,
        };
        let mut rows = wrap(&self.lead, head);
        let heads = rows.len();
        let mut lines = text.split('\n');
        let mut shown = 0;
        let mut is_cut = false;
        for line in lines.by_ref() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let line = untabbed(seen(line, rows_max, look));
            let line = clean(&line);
            let left = (rows_max + heads).saturating_sub(rows.len());
            let how = Wrap {
                columns: look.columns.saturating_sub(3),
                hang: 0,
                rows_max: left + 1,
            };
            let wrapped = wrap(&self.spans(&line, look), how);
            is_cut = wrapped.len() > left;
            for (number, row) in wrapped.into_iter().take(left).enumerate() {
                let frame = match number {
                    _ if look.is_bare => "",
                    0 => "│ ",
                    _ => "│↪",
                };
                let mut spans = vec![Span::new(frame, look.theme.dim())];
                spans.extend(row.spans);
                rows.push(Row::of(spans));
            }
            shown += 1;
            if is_cut {
                break;
            }
        }
        let hidden = text.split('\n').count() - shown + usize::from(is_cut);
        if hidden > 0 {
            rows.push(note(text::folded_lines(look.lang, hidden), 0, look));
        }
        Laid {
            rows,
            is_folded: hidden > 0,
        }
    }

    /// Puts what stands behind the text there; a blank keeps the two apart.
    fn end_with_tail(&mut self) {
        for span in std::mem::take(&mut self.tail) {
            self.lead.push(Span::new(" ", Style::new()));
            self.lead.push(span);
        }
    }

    /// A clean line, its links, names and finds marked.
    fn spans(&self, line: &str, look: Look<'_>) -> Vec<Span> {
        let theme = look.theme;
        let mut marks: Vec<Mark> = Vec::new();
        for at in links(line) {
            let link = line.get(at.clone()).map(target);
            marks.push(Mark {
                at,
                style: theme.link(),
                link: link.map(Rc::from),
            });
        }
        let mut mark = |at, style| {
            let link = None;
            marks.push(Mark { at, style, link });
        };
        if self.marks_me {
            let named = mentions(line, look.me).into_iter();
            named.for_each(|at| mark(at, theme.mention()));
        }
        if let Some(wanted) = look.found {
            let found = occurrences(line, wanted).into_iter();
            found.for_each(|at| mark(at, theme.found()));
        }
        marked(line, self.style, &marks)
    }
}

/// As much of a text as may be seen, so that no more than that is looked at for each picture.
fn seen<'t>(text: &'t str, rows_max: usize, look: Look<'_>) -> &'t str {
    let cells = (rows_max + 2) * usize::from(look.columns.max(1));
    split_within(text, cells * CELL_MAX_BYTES).0
}

/// A row of ours below a folded text.
fn note(sentence: String, indent: u16, look: Look<'_>) -> Row {
    let span = Span::new(format!("… {sentence}"), look.theme.strong());
    let how = Wrap {
        columns: look.columns.saturating_sub(indent),
        hang: 0,
        rows_max: 1,
    };
    let spans = wrap(&[span], how).into_iter().flat_map(|row| row.spans);
    Row {
        indent,
        spans: spans.collect(),
    }
}

/// A line with blanks in place of its tabs.
fn untabbed(line: &str) -> String {
    if !line.contains('\t') {
        return line.to_owned();
    }
    let mut untabbed = String::with_capacity(line.len() + 16);
    for part in line.split_inclusive('\t') {
        let text = part.strip_suffix('\t');
        untabbed.push_str(text.unwrap_or(part));
        if text.is_some() {
            let at = usize::from(cells(&untabbed));
            let blanks = TAB_COLUMNS - at % TAB_COLUMNS;
            untabbed.extend(std::iter::repeat_n(' ', blanks));
        }
    }
    untabbed
}

#[cfg(test)]
mod tests;
