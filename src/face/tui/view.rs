//! Which rows of the conversation are seen, and how they are scrolled. Pure. Only what is seen is
//! laid out, so that a long conversation costs no more than a short one.

use std::collections::VecDeque;

use super::conversation::{Conversation, Entry, Place};
use super::delivery::Delivery;
use super::entry::{self, Look, State};
use super::rows::{Row, Span};
use crate::clock::Stamp;
use crate::text;

/// Cells of the times before the rows, `14:03 `.
const TIME_COLUMNS: u16 = 6;

/// On narrower screens there are no times.
const TIMED_COLUMNS_MIN: u16 = 30;

/// Letters of a time that are shown, `14:03`.
const TIME_LETTERS: usize = 5;

/// Which row is the lowest that is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scroll {
    /// The newest.
    #[default]
    Bottom,
    /// A row of what stands at a place.
    At(Place, usize),
}

/// A row of the conversation, and of what.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) place: Place,
    pub(super) row: Row,
}

/// See the file's head.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) conversation: &'a Conversation,
    /// How far own messages have got.
    pub(super) delivery: &'a Delivery,
    /// How many others are in the room.
    pub(super) others: usize,
    /// For the full width.
    pub(super) look: Look<'a>,
    /// The local time of milliseconds since 1970.
    pub(super) local: &'a dyn Fn(u64) -> Stamp,
    /// The first message that was not read.
    pub(super) unread: Option<Place>,
}

impl View<'_> {
    /// The rows that are seen, of so many at most.
    pub(super) fn window(&self, scroll: Scroll, height: usize) -> Vec<Seen> {
        let mut seen = VecDeque::new();
        let Some((place, row)) = self.lowest(scroll) else {
            return Vec::new();
        };
        let mut rows = self.rows(place);
        rows.truncate(row + 1);
        let mut at = Some((place, rows));
        while let Some((place, rows)) = at.take_if(|_| seen.len() < height) {
            for row in rows.into_iter().rev() {
                if seen.len() < height {
                    seen.push_front(Seen { place, row });
                }
            }
            let before = self.conversation.before(Some(place));
            at = before.map(|place| (place, self.rows(place)));
        }
        seen.into()
    }

    /// Scrolls up by some rows, as far as there are any.
    pub(super) fn up(&self, scroll: Scroll, count: usize, height: usize) -> Scroll {
        let Some((mut place, mut row)) = self.lowest(scroll) else {
            return Scroll::Bottom;
        };
        let mut left = count;
        while left > 0 {
            if row >= left {
                row -= left;
                break;
            }
            left -= row + 1;
            let Some(before) = self.conversation.before(Some(place)) else {
                row = 0;
                break;
            };
            place = before;
            row = self.rows(place).len().saturating_sub(1);
        }
        let above = self.window(Scroll::At(place, row), height).len();
        // At the top the first row is seen at the top.
        self.down(Scroll::At(place, row), height.saturating_sub(above))
    }

    /// Scrolls down by some rows.
    pub(super) fn down(&self, scroll: Scroll, count: usize) -> Scroll {
        let (Some((mut place, mut row)), Scroll::At(..)) = (self.lowest(scroll), scroll) else {
            return Scroll::Bottom;
        };
        let mut left = count;
        loop {
            let rows = self.rows(place).len();
            if row + left < rows {
                row += left;
                break;
            }
            let Some(after) = self.conversation.after(place) else {
                return Scroll::Bottom;
            };
            left -= rows.saturating_sub(row);
            (place, row) = (after, 0);
        }
        let is_last = self.conversation.after(place).is_none();
        match is_last && row + 1 >= self.rows(place).len() {
            true => Scroll::Bottom,
            false => Scroll::At(place, row),
        }
    }

    /// Shows the oldest.
    pub(super) fn top(&self, height: usize) -> Scroll {
        let mut first = None;
        // Walked from the end, since the floor may be anywhere.
        while let Some(place) = self.conversation.before(first) {
            first = Some(place);
        }
        match first {
            Some(place) => self.down(Scroll::At(place, 0), height.saturating_sub(1)),
            None => Scroll::Bottom,
        }
    }

    /// Shows a place in the middle.
    pub(super) fn around(&self, place: Place, height: usize) -> Scroll {
        let down = self.down(Scroll::At(place, 0), height / 2);
        let Scroll::At(..) = down else {
            return down;
        };
        let above = self.window(down, height).len();
        self.down(down, height.saturating_sub(above))
    }

    /// The lowest row that is seen, as far as there still is such a one.
    fn lowest(&self, scroll: Scroll) -> Option<(Place, usize)> {
        let (wanted, row) = match scroll {
            Scroll::Bottom => (self.conversation.before(None)?, usize::MAX),
            Scroll::At(place, row) => (place, row),
        };
        let place = self.conversation.nearest(wanted)?;
        let last = self.rows(place).len().saturating_sub(1);
        Some(match place == wanted {
            true => (place, row.min(last)),
            false => (place, last),
        })
    }

    /// What stands at a place, with the times and marks before it; at least one row.
    fn rows(&self, place: Place) -> Vec<Row> {
        let mut rows = Vec::new();
        let Some(entry) = self.conversation.get(place) else {
            return vec![Row::default()];
        };
        let before_place = self.conversation.before(Some(place));
        let before = before_place.and_then(|place| self.conversation.get(place));
        let before = before.map(|before| (self.local)(before.wall_ms()));
        let now = (self.local)(entry.wall_ms());
        let theme = self.look.theme;
        if before.as_ref().is_none_or(|before| before.day != now.day) {
            let day = text::day(self.look.lang, &now.day);
            rows.push(self.across(&day, theme.dim()));
        }
        let is_first = before_place.is_none() && !self.conversation.held.has_older();
        let hole = self.conversation.held.hole();
        let is_behind_hole = hole.is_some() && before_place.and_then(|(id, _)| id) == hole;
        let mark = match (is_first, is_behind_hole) {
            (true, _) => Some(text::beginning(self.look.lang)),
            (false, true) if place.0 != hole => Some(text::more_between(self.look.lang)),
            (false, _) => None,
        };
        if let Some(mark) = mark.filter(|_| !self.look.is_bare) {
            rows.push(self.across(&mark, theme.dim()));
        }
        if self.unread == Some(place) {
            let mark = text::unread_mark(self.look.lang);
            rows.push(self.across(&mark, theme.unread()));
        }
        let time =
            |stamp: &Stamp| -> String { stamp.time_of_day.chars().take(TIME_LETTERS).collect() };
        let is_new_minute =
            before.is_none_or(|before| before.day != now.day || time(&before) != time(&now));
        let begin = rows.len();
        rows.extend(self.body(place, entry));
        if self.time_columns() > 0 {
            let (time, blank) = (time(&now), " ");
            let time = if is_new_minute { time.as_str() } else { "" };
            for (number, row) in rows.iter_mut().skip(begin).enumerate() {
                let time = if number == 0 { time } else { "" };
                let width = usize::from(TIME_COLUMNS + row.indent) - blank.len();
                let gutter = Span::new(format!("{time:width$}{blank}"), theme.dim());
                row.indent = 0;
                row.spans.insert(0, gutter);
            }
        }
        rows
    }

    fn body(&self, place: Place, entry: Entry<'_>) -> Vec<Row> {
        let look = self.body_look();
        match entry {
            Entry::Message(message) => {
                let state = self.state(place, message.is_mine());
                entry::message(message, state, look).rows
            }
            Entry::Aside(aside) => entry::aside(aside, look),
        }
    }

    /// Whether some of a message is left out until it is asked for.
    pub(super) fn is_folded(&self, place: Place) -> bool {
        let Some(Entry::Message(message)) = self.conversation.get(place) else {
            return false;
        };
        let state = self.state(place, message.is_mine());
        !state.is_unfolded && entry::message(message, state, self.body_look()).is_folded
    }

    fn state(&self, place: Place, is_mine: bool) -> State {
        let id = place.0.filter(|_| is_mine);
        State {
            progress: id.map(|id| self.delivery.of(id, self.others)),
            is_unfolded: self.conversation.is_unfolded(place),
        }
    }

    fn body_look(&self) -> Look<'_> {
        let columns = self.look.columns - self.time_columns();
        Look {
            columns,
            ..self.look
        }
    }

    fn time_columns(&self) -> u16 {
        match self.look.columns >= TIMED_COLUMNS_MIN && !self.look.is_bare {
            true => TIME_COLUMNS,
            false => 0,
        }
    }

    /// A row of ours from one side to the other.
    fn across(&self, sentence: &str, style: ratatui::style::Style) -> Row {
        let sentence = super::rows::cut(sentence, self.look.columns);
        Row::of(vec![Span::new(sentence, style)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Content, Message, News, Person};
    use crate::face::tui::conversation::What;
    use crate::face::tui::theme::Theme;
    use crate::text::Lang;
    use proptest::prelude::*;

    static DELIVERY: Delivery = Delivery::new();

    fn local(_: u64) -> Stamp {
        Stamp {
            time_of_day: "14:03:21".into(),
            ..Stamp::default()
        }
    }

    fn view(conversation: &Conversation, columns: u16) -> View<'_> {
        View {
            conversation,
            delivery: &DELIVERY,
            others: 1,
            look: Look {
                lang: Lang::En,
                theme: Theme::default(),
                columns,
                me: "bia",
                found: None,
                is_bare: false,
            },
            local: &local,
            unread: None,
        }
    }

    fn filled(lines: &[usize]) -> Conversation {
        let mut conversation = Conversation::default();
        for (number, words) in lines.iter().enumerate() {
            let content = Content::Text("palavra ".repeat(*words));
            let said = Message::local(number as u64, Person::unproven("ana"), content, 0);
            conversation.follow(&News::Message(said));
            if number % 3 == 0 {
                conversation.note(0, What::Sentence("aside".into()));
            }
        }
        conversation
    }

    fn texts(seen: &[Seen]) -> Vec<String> {
        seen.iter().map(|seen| seen.row.text()).collect()
    }

    proptest! {
        #[test]
        fn whatever_is_scrolled_every_row_comes_by_once(
            lines in proptest::collection::vec(1_usize..12, 1..20),
            columns in 1_u16..50,
            height in 1_usize..12,
            step in 1_usize..9,
        ) {
            let conversation = filled(&lines);
            let view = view(&conversation, columns);
            let all = texts(&view.window(Scroll::Bottom, 10_000));
            let mut scroll = Scroll::Bottom;
            let mut end = all.len();
            loop {
                let seen = texts(&view.window(scroll, height));
                let begin = end.saturating_sub(height);
                prop_assert_eq!(&seen, &all[begin..end], "{:?}", scroll);
                if begin == 0 {
                    break;
                }
                end = end.saturating_sub(step).max(height.min(all.len()));
                scroll = view.up(scroll, step, height);
            }
            prop_assert_eq!(view.top(height), scroll);
            while end < all.len() {
                end = (end + step).min(all.len());
                scroll = view.down(scroll, step);
                let seen = texts(&view.window(scroll, height));
                prop_assert_eq!(&seen, &all[end.saturating_sub(height)..end]);
            }
            prop_assert_eq!(scroll, Scroll::Bottom);
        }

        #[test]
        fn another_width_and_what_is_gone_leave_a_whole_window(
            lines in proptest::collection::vec(1_usize..12, 8..20),
            (wide, narrow) in (1_u16..60, 1_u16..60),
            up in 0_usize..60,
        ) {
            let mut conversation = filled(&lines);
            let scroll = view(&conversation, wide).up(Scroll::Bottom, up, 5);
            let seen = view(&conversation, narrow).window(scroll, 5);
            prop_assert!(!seen.is_empty());
            conversation.clear();
            prop_assert!(view(&conversation, narrow).window(scroll, 5).is_empty());
        }
    }
}
