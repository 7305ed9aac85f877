//! Where each part of the screen stands, at any size. Pure.

use ratatui::layout::Rect;

/// From so many columns on, the people have a column.
const PEOPLE_COLUMNS_MIN: u16 = 80;

/// From so many rows on, several conversations have a row to choose from.
const TABBED_ROWS_MIN: u16 = 7;

/// Rows that the line being typed may have.
const INPUT_ROWS_MAX: u16 = 8;

/// Cells before the line being typed.
pub(super) const PROMPT: &str = "> ";

/// The same before a message that is changed.
pub(super) const EDIT_PROMPT: &str = "= ";

/// The parts of the screen; what has no room is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) title: Rect,
    /// The conversations to choose from.
    pub(super) tabs: Rect,
    pub(super) talk: Rect,
    /// With the line that divides it from the conversation, and a blank on both sides of it.
    pub(super) people: Rect,
    pub(super) input: Rect,
    pub(super) status: Rect,
}

/// Whether there is room for a column of people.
pub(super) fn has_people_column(columns: u16) -> bool {
    columns >= PEOPLE_COLUMNS_MIN
}

/// Columns of the line being typed.
pub(super) fn input_columns(columns: u16) -> u16 {
    columns.saturating_sub(PROMPT.len() as u16)
}

/// What is to have room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Rows of the line being typed.
    pub(super) input_rows: usize,
    /// Whether the people are shown.
    pub(super) people: bool,
    /// Whether there are several conversations to choose from.
    pub(super) tabs: bool,
    /// Whether nothing is shown but the conversation and the line being typed.
    pub(super) is_bare: bool,
}

/// Divides a screen.
pub(super) fn areas(size: (u16, u16), wanted: Wanted) -> Areas {
    let (columns, rows) = size;
    let most = INPUT_ROWS_MAX.min(rows / 2).max(1).min(rows);
    let input = u16::try_from(wanted.input_rows)
        .unwrap_or(most)
        .clamp(rows.min(1), most);
    let has_room = |least| u16::from(rows >= least && !wanted.is_bare);
    let (title, status) = (has_room(5), has_room(3));
    let tabs = has_room(TABBED_ROWS_MIN) * u16::from(wanted.tabs);
    let talk = rows - input - title - tabs - status;
    let shows_people = wanted.people && !wanted.is_bare;
    let people = match shows_people && has_people_column(columns) && talk > 0 {
        true => (columns / 5).clamp(17, 28),
        false => 0,
    };
    let row = |y, height| Rect::new(0, y, columns, height);
    let top = title + tabs;
    Areas {
        title: row(0, title),
        tabs: row(title, tabs),
        talk: Rect::new(0, top, columns - people, talk),
        people: Rect::new(columns - people, top, people, talk),
        input: row(top + talk, input),
        status: row(top + talk + input, status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_fill_the_screen_at_any_size(
            columns in 0_u16..300,
            rows in 0_u16..100,
            input in 0_usize..20,
            (people, tabs, is_bare) in any::<(bool, bool, bool)>(),
        ) {
            let wanted = Wanted { input_rows: input, people, tabs, is_bare };
            let areas = areas((columns, rows), wanted);
            let cells = |area: Rect| u32::from(area.width) * u32::from(area.height);
            let frames = [areas.title, areas.tabs, areas.people, areas.status];
            prop_assert!(!is_bare || frames.into_iter().all(|area| cells(area) == 0));
            let all = frames.into_iter().chain([areas.talk, areas.input]);
            let filled: u32 = all.map(cells).sum();
            prop_assert_eq!(filled, u32::from(columns) * u32::from(rows));
            prop_assert!(rows == 0 || areas.input.height > 0);
            prop_assert!(areas.input.height <= INPUT_ROWS_MAX);
        }
    }
}
