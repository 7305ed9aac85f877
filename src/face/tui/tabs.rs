//! The row of conversations to choose from, each with its number and what is new in it. Pure.

use super::app::App;
use super::rows::{cells, cut};
use super::talk::Talk;
use crate::chat::trust::PRIVATE;

/// Cells of a name; a longer one is cut.
const NAME_COLUMNS: u16 = 16;

/// Between two of them.
const BETWEEN: u16 = 1;

/// One of them, and the columns where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tab {
    /// Its place among the conversations.
    pub(super) talk: usize,
    pub(super) text: String,
    pub(super) begin: u16,
    /// The column behind it.
    pub(super) end: u16,
    pub(super) is_shown: bool,
    /// Whether something in it means this person.
    pub(super) is_called: bool,
}

impl App {
    /// Those that have room, among them the one that is looked at.
    pub(super) fn tabs(&self, columns: u16) -> Vec<Tab> {
        let names = self.tab_names();
        let talks = self.talks.iter().zip(names).enumerate();
        let all = talks.map(|(at, (talk, name))| (at, shown(at, talk, &name), talk.called > 0));
        let all: Vec<(usize, String, bool)> = all.collect();
        let looked_at = self.talks.at();
        let width = |text: &str| cells(text).saturating_add(BETWEEN);
        // As many before the one that is looked at as leave room for it.
        let mut needed = 0;
        let before = all.iter().take(looked_at + 1).rev();
        let fits = before.take_while(|(_, text, _)| {
            needed = width(text).saturating_add(needed);
            needed <= columns
        });
        let first = looked_at + 1 - fits.count().clamp(1, looked_at + 1);
        let mut begin = 0;
        let mut tabs = Vec::new();
        for (talk, text, is_called) in all.into_iter().skip(first) {
            let end = begin + cells(&text);
            if end > columns && talk != looked_at {
                break;
            }
            tabs.push(Tab {
                talk,
                text,
                begin,
                end: end.min(columns),
                is_shown: talk == looked_at,
                is_called,
            });
            begin = end.saturating_add(BETWEEN);
        }
        tabs
    }
}

/// A number, a name, and in brackets how many messages are new; `!` marks those that mean this
/// person.
fn shown(at: usize, talk: &Talk, name: &str) -> String {
    let sign = match talk.key.with {
        Some(_) => format!("{PRIVATE} "),
        None => String::new(),
    };
    let name = cut(name, NAME_COLUMNS);
    let news = match (talk.new, talk.called) {
        (0, _) => String::new(),
        (new, 0) => format!(" ({new})"),
        (new, called) => format!(" ({new}, !{called})"),
    };
    format!(" {} {sign}{name}{news} ", at + 1)
}
