//! The screen as it is now, as a picture. Pure.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Widget};

use super::super::lines::addressed;
use super::app::App;
use super::layout::{Areas, EDIT_PROMPT, PROMPT, input_columns};
use super::panel::{self, Panel};
use super::people;
use super::rows::{Row, Span, Wrap, cells, cut, wrap};
use crate::chat::rooms::Question;
use crate::chat::trust::PRIVATE;
use crate::protocol::message::clean;
use crate::terminal::picture::Picture;
use crate::text;

/// Rows of a question.
const QUESTION_ROWS_MAX: usize = 6;

/// Between the parts of a bar.
const BETWEEN: &str = " · ";

impl App {
    /// Draws everything.
    pub fn draw(&self, picture: &mut Picture) {
        let areas = self.areas();
        picture.title = self.window_title();
        picture.takes_mouse = self.takes_mouse();
        picture.fill(picture.area(), self.theme().ground());
        self.draw_title(areas.title, picture);
        self.draw_tabs(areas.tabs, picture);
        self.draw_talk(areas.talk, picture);
        self.draw_people(areas.people, picture);
        self.draw_input(areas.input, picture);
        self.draw_status(areas.status, picture);
        self.draw_panel(&areas, picture);
        let area = picture.area();
        picture.cursor = picture
            .cursor
            .filter(|(x, y)| *x < area.width && *y < area.height);
    }

    pub(super) fn window_title(&self) -> String {
        let room = self.air.marked(clean(&self.room().name).into_owned());
        match self.talks.iter().map(|talk| talk.called).sum::<usize>() {
            0 => room,
            called => format!("({called}) {room}"),
        }
    }

    fn draw_title(&self, area: Rect, picture: &mut Picture) {
        let lang = self.lang();
        let room = self.room();
        let name = self.air.marked(clean(&room.name).into_owned());
        let here = text::here(lang, room.people.count());
        let delivered = room.delivery.newest().filter(|(_, of)| *of > 0);
        let state = match (room.is_offline, delivered) {
            (true, _) => Some(text::offline(lang)),
            (false, Some((has, of))) => Some(text::have_last(lang, has, of)),
            (false, None) => None,
        };
        let lock = room.is_keyed.map(|is_keyed| text::lock(lang, is_keyed));
        let word = room
            .is_keyed
            .map(|is_keyed| text::lock_word(lang, is_keyed));
        let (name, here) = (Some(name), Some(here));
        // The longest that has room.
        let candidates = match &self.talk().key.with {
            None => [
                [&name, &lock, &here, &state],
                [&name, &word, &here, &state],
                [&name, &word, &here, &None],
                [&name, &None, &here, &None],
                [&name, &None, &None, &None],
            ],
            Some(person) => {
                let who = Some(format!("{PRIVATE} {}", addressed(person)));
                let only = Some(text::only_two(lang));
                return self.draw_longest(
                    area,
                    &[
                        [&who, &only, &name, &None],
                        [&who, &only, &None, &None],
                        [&who, &None, &None, &None],
                    ],
                    picture,
                );
            }
        };
        self.draw_longest(area, &candidates, picture);
    }

    /// The first bar that has room, or else the last.
    fn draw_longest(&self, area: Rect, bars: &[[&Option<String>; 4]], picture: &mut Picture) {
        let joined = bars.iter().map(|parts| {
            let parts = parts.iter().copied().flatten().map(String::as_str);
            format!(" {} ", parts.collect::<Vec<_>>().join(BETWEEN))
        });
        let joined: Vec<String> = joined.collect();
        let fits = joined.iter().find(|bar| cells(bar) <= area.width);
        let bar = fits.or(joined.last()).map_or("", String::as_str);
        self.draw_bar(area, bar, picture);
    }

    fn draw_tabs(&self, area: Rect, picture: &mut Picture) {
        if area.height == 0 {
            return;
        }
        for tab in self.tabs(area.width) {
            let style = self.theme().tab(tab.is_shown, tab.is_called);
            picture.write((tab.begin, area.y), tab.end, &tab.text, style);
        }
    }

    fn draw_bar(&self, area: Rect, text: &str, picture: &mut Picture) {
        if area.height == 0 {
            return;
        }
        let theme = self.theme();
        picture.fill(area, theme.ground().patch(theme.bar()));
        picture.write((area.x, area.y), area.right(), text, theme.bar());
    }

    fn draw_talk(&self, area: Rect, picture: &mut Picture) {
        let height = usize::from(area.height);
        let scroll = self.talk().scroll;
        let seen = self.with_view(|view| view.window(scroll, height));
        let first = height.saturating_sub(seen.len());
        let selected = match self.panel {
            Panel::Select(place) | Panel::Delete(place) => Some(place),
            _ => None,
        };
        for (number, seen) in seen.iter().enumerate() {
            let y = area.y + (first + number) as u16;
            draw_row(&seen.row, (area.x, y), area.right(), picture);
            if selected == Some(seen.place) {
                let row = Rect::new(area.x, y, area.width, 1);
                picture.cells().set_style(row, self.theme().chosen());
            }
        }
    }

    fn draw_people(&self, area: Rect, picture: &mut Picture) {
        if area.width == 0 {
            return;
        }
        for y in area.top()..area.bottom() {
            picture.write((area.x + 1, y), area.right(), "│", self.theme().dim());
        }
        let inner = Rect::new(area.x + 3, area.y, area.width - 3, area.height);
        self.draw_people_list(inner, picture);
    }

    /// The people, in a part that is theirs.
    fn draw_people_list(&self, area: Rect, picture: &mut Picture) {
        let theme = self.theme();
        let people = &self.room().people;
        let others = people.others();
        let title = text::people(self.lang(), people.count());
        let mut y = area.top();
        let mut line = |text: &str, style: Style| {
            if y < area.bottom() {
                let text = cut(text, area.width);
                picture.write((area.x, y), area.right(), &text, style);
                y += 1;
            }
        };
        line(&title, theme.strong());
        let me = people.me().map_or(self.name(), |me| &me.name);
        line(
            &format!("● {}", text::you(self.lang(), &clean(me))),
            theme.strong(),
        );
        let chosen = match self.panel {
            Panel::Choose(chosen) => Some(chosen),
            _ => None,
        };
        let first = chosen.map_or(0, |chosen| self.first_person(chosen, area.height));
        let room = usize::from(area.height).saturating_sub(2);
        for (number, member) in others.iter().enumerate().skip(first).take(room) {
            let style = match chosen == Some(number) {
                true => theme.chosen(),
                false => theme.person(&member.person),
            };
            line(&people::entry(member), style);
        }
        for site in people.sites() {
            line(&people::site_entry(site), theme.dim());
        }
        let away: Vec<String> = people.away().map(people::away_entry).collect();
        if !away.is_empty() {
            line(&text::people_away(self.lang()), theme.dim());
            away.iter().for_each(|person| line(person, theme.dim()));
        }
    }

    /// Which of the others is the first that is listed, so that whoever is chosen is seen.
    pub(super) fn first_person(&self, chosen: usize, rows: u16) -> usize {
        (chosen + 1).saturating_sub(usize::from(rows).saturating_sub(2))
    }

    fn draw_input(&self, area: Rect, picture: &mut Picture) {
        if area.height == 0 {
            return;
        }
        let theme = self.theme();
        let at = (area.x, area.y);
        if let Panel::Find(finder) = &self.panel {
            let x = picture.write(
                at,
                area.right(),
                &text::find_prompt(self.lang()),
                theme.strong(),
            );
            let x = picture.write(
                (x, area.y),
                area.right(),
                &clean(&finder.query),
                Style::new(),
            );
            picture.cursor = Some((x.min(area.right().saturating_sub(1)), area.y));
            return;
        }
        if let Some(question) = self.question_rows() {
            draw_rows(&question, area, picture);
            let last = question.last().map_or(0, Row::cells);
            let height = u16::try_from(question.len()).unwrap_or(area.height);
            let y = area.y + height.clamp(1, area.height) - 1;
            let x = (last + 1).min(area.right().saturating_sub(1));
            picture.cursor = Some((x, y));
            return;
        }
        let talk = self.talk();
        let first_prompt = match talk.editing {
            Some(_) => EDIT_PROMPT,
            None => PROMPT,
        };
        let laid = talk.input.rows(input_columns(area.width));
        let height = usize::from(area.height);
        let first = (laid.caret.0 + 1).saturating_sub(height);
        let rows = laid.rows.iter().enumerate().skip(first).take(height);
        for (number, row) in rows {
            let y = area.y + (number - first) as u16;
            let prompt = if number == 0 { first_prompt } else { "  " };
            let x = picture.write((area.x, y), area.right(), prompt, theme.strong());
            picture.write((x, y), area.right(), row, Style::new());
        }
        let x = area.x + PROMPT.len() as u16 + laid.caret.1;
        let y = area.y + (laid.caret.0 - first) as u16;
        picture.cursor = Some((x.min(area.right().saturating_sub(1)), y));
    }

    fn draw_status(&self, area: Rect, picture: &mut Picture) {
        let bar = format!(" {} ", self.status().join(BETWEEN));
        self.draw_bar(area, &bar, picture);
    }

    /// What is asked in the place of the line being typed, as rows.
    pub(super) fn question_rows(&self) -> Option<Vec<Row>> {
        let question = clean(&self.question()?).into_owned();
        let how = Wrap {
            columns: self.size().0,
            hang: 0,
            rows_max: QUESTION_ROWS_MAX,
        };
        let span = Span::new(question, self.theme().strong());
        Some(wrap(&[span], how))
    }

    /// The same as a sentence.
    fn question(&self) -> Option<String> {
        let lang = self.lang();
        match &self.panel {
            Panel::Asked(asking) => Some(match &asking.question {
                Question::Key { room } => text::key_of_room_prompt(lang, room.as_deref()),
                Question::Keep { room } => text::keep_key_question(lang, room),
            }),
            Panel::Delete(_) => Some(text::delete_asked(lang)),
            Panel::Leave => Some(text::leave_asked(lang, self.talks.rooms())),
            _ => {
                let lines = self.talk().input.asks()?;
                Some(text::paste_asked(lang, lines))
            }
        }
    }

    /// What matters now, the most urgent first.
    fn status(&self) -> Vec<String> {
        let lang = self.lang();
        let (talk, room) = (self.talk(), self.room());
        let mut parts: Vec<String> = self.hint.iter().cloned().collect();
        match &self.panel {
            Panel::Find(finder) if finder.query.is_empty() => {}
            Panel::Find(finder) => parts.push(text::found(lang, finder.found.len())),
            Panel::Choose(chosen) => {
                let others = room.people.others();
                let chosen = others.get(*chosen).or(others.last());
                parts.extend(chosen.map(|member| people::standing(member, lang)));
                parts.push(text::choose_hint(lang));
            }
            Panel::Select(_) => parts.push(text::select_hint(lang)),
            _ => {}
        }
        if talk.editing.is_some() {
            parts.push(text::editing_hint(lang));
        }
        if let Some(query) = talk.input.query() {
            parts.push(clean(&text::search_prompt(lang, query)).into_owned());
        }
        if talk.scroll != super::view::Scroll::Bottom {
            parts.push(text::new_below(lang, talk.unseen));
        }
        let waiting = room.delivery.waiting();
        if !waiting.is_empty() {
            parts.push(clean(&text::waited_for(lang, waiting)).into_owned());
        }
        parts.extend(
            room.transfers
                .status()
                .map(|words| clean(&words).into_owned()),
        );
        if let Some(minutes) = self.quiet_minutes() {
            parts.push(text::quiet_for(lang, minutes));
        }
        if !self.has_spoken && parts.is_empty() {
            parts.push(text::first_hint(lang));
        }
        parts
    }

    fn draw_panel(&self, areas: &Areas, picture: &mut Picture) {
        let (lang, theme) = (self.lang(), self.theme());
        let talk = Rect::new(0, areas.talk.y, picture.area().width, areas.talk.height);
        match &self.panel {
            Panel::None
            | Panel::Find(_)
            | Panel::Select(_)
            | Panel::Delete(_)
            | Panel::Leave
            | Panel::Asked(_) => {}
            Panel::Choose(_) if areas.people.width > 0 => {}
            Panel::Choose(_) => {
                let inner = self.draw_box(talk, "", picture);
                self.draw_people_list(inner, picture);
            }
            Panel::Show(showing) => self.draw_showing(showing, talk, picture),
            Panel::Help(first) => {
                let inner = self.draw_box(talk, &text::help_title(lang), picture);
                let rows = panel::help(lang, theme, inner.width);
                draw_rows(from_row(&rows, *first, inner), inner, picture);
            }
            Panel::Verify(verify) => {
                let rows = verify.rows(talk.width.saturating_sub(2), lang, theme);
                let mut title = text::verify_title(lang, &verify.who);
                if rows.len() + 2 > usize::from(talk.height) {
                    title.push_str("↑ ↓ ");
                }
                let inner = self.draw_box(talk, &clean(&title), picture);
                draw_rows(from_row(&rows, verify.first, inner), inner, picture);
            }
            Panel::Palette(choice) => {
                let inner = self.draw_box(talk, &text::palette_title(lang), picture);
                if inner.height == 0 {
                    return;
                }
                let query = format!("{PROMPT}{}", clean(&choice.query));
                let x = picture.write((inner.x, inner.y), inner.right(), &query, theme.strong());
                picture.cursor = Some((x, inner.y));
                let offers = panel::offers(&choice.query, lang);
                let room = usize::from(inner.height) - 1;
                let first = (choice.chosen + 1).saturating_sub(room);
                for (number, offer) in offers.iter().enumerate().skip(first).take(room) {
                    let y = inner.y + 1 + (number - first) as u16;
                    let style = match number == choice.chosen {
                        true => theme.chosen(),
                        false => Style::new(),
                    };
                    let shown = match inner.width < panel::TABLE_COLUMNS_MIN {
                        true => panel::one_blank_each(offer.shown.trim_start()),
                        false => offer.shown.clone(),
                    };
                    picture.write((inner.x, y), inner.right(), &shown, style);
                }
            }
        }
    }

    /// Frames a part, and gives what is inside.
    pub(super) fn draw_box(&self, area: Rect, title: &str, picture: &mut Picture) -> Rect {
        picture.fill(area, self.theme().ground());
        // What is inside of next to nothing is nothing, and not beside it.
        if area.width < 2 || area.height < 2 {
            return Rect::default();
        }
        let block = Block::bordered().title(cut(title, area.width - 2));
        let inner = block.inner(area);
        block.render(area, picture.cells());
        inner
    }
}

/// The rows from one on, of which the last fills a part.
pub(super) fn from_row(rows: &[Row], first: usize, area: Rect) -> &[Row] {
    let last = rows.len().saturating_sub(area.height.into());
    rows.get(first.min(last)..).unwrap_or_default()
}

pub(super) fn draw_rows(rows: &[Row], area: Rect, picture: &mut Picture) {
    for (row, y) in rows.iter().zip(area.top()..area.bottom()) {
        draw_row(row, (area.x, y), area.right(), picture);
    }
}

fn draw_row(row: &Row, (x, y): (u16, u16), end: u16, picture: &mut Picture) {
    let mut x = x + row.indent;
    for span in &row.spans {
        x = picture.write_link((x, y), end, &span.text, span.style, span.link.as_deref());
    }
}
