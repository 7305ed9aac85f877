//! Where each part of the screen stands, at any size. Pure.

use ratatui::layout::Rect;

/// From so many columns on, the people have a column.
const PEOPLE_COLUMNS_MIN: u16 = 80;

/// Rows that the line being typed may have.
const INPUT_ROWS_MAX: u16 = 8;

/// Cells before the line being typed.
pub(super) const PROMPT: &str = "> ";

/// The parts of the screen; what has no room is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) title: Rect,
    pub(super) talk: Rect,
    /// With the line that divides it from the conversation, and a blank on both sides of it.
    pub(super) people: Rect,
    pub(super) input: Rect,
    pub(super) status: Rect,
}

/// Columns of the line being typed.
pub(super) fn input_columns(columns: u16) -> u16 {
    columns.saturating_sub(PROMPT.len() as u16)
}

/// Divides a screen on which a line of some rows is typed.
pub(super) fn areas(size: (u16, u16), input_rows: usize, shows_people: bool) -> Areas {
    let (columns, rows) = size;
    let most = INPUT_ROWS_MAX.min(rows / 2).max(1).min(rows);
    let input = u16::try_from(input_rows)
        .unwrap_or(most)
        .clamp(rows.min(1), most);
    let title = u16::from(rows >= 5);
    let status = u16::from(rows >= 3);
    let talk = rows - input - title - status;
    let people = match shows_people && columns >= PEOPLE_COLUMNS_MIN && talk > 0 {
        true => (columns / 5).clamp(17, 28),
        false => 0,
    };
    let row = |y, height| Rect::new(0, y, columns, height);
    Areas {
        title: row(0, title),
        talk: Rect::new(0, title, columns - people, talk),
        people: Rect::new(columns - people, title, people, talk),
        input: row(title + talk, input),
        status: row(title + talk + input, status),
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
            shows_people in any::<bool>(),
        ) {
            let areas = areas((columns, rows), input, shows_people);
            let cells = |area: Rect| u32::from(area.width) * u32::from(area.height);
            let all = [areas.title, areas.talk, areas.people, areas.input, areas.status];
            let filled: u32 = all.into_iter().map(cells).sum();
            prop_assert_eq!(filled, u32::from(columns) * u32::from(rows));
            prop_assert!(rows == 0 || areas.input.height > 0);
            prop_assert!(areas.input.height <= INPUT_ROWS_MAX);
        }
    }
}
