//! Changed, withdrawn and found messages, line by line.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use super::{Line, Lines, marked, nowhere};
use crate::chat::archive::search::ShortId;
use crate::chat::event::{Deleted, Edited, FoundMessage, Id, Message, Person};
use crate::clock::{Day, Stamp};
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::engine::event::Version;
use crate::terminal::screen::Speaker;
use crate::text::{self, Lang};

/// How a message is shown that was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answer<'m> {
    /// Its id, by which it can be asked for again and changed; `None` if nobody asked for it.
    pub(super) id: Option<&'m Id>,
    /// Where the words stand that were looked for.
    pub(super) marks: &'m [(usize, usize)],
}

impl Lines {
    /// A line cannot be redrawn, so that another one tells what it says now.
    pub(super) fn edited(&mut self, edited: &Edited) -> Line {
        let at = self.said_at(&edited.id, edited.wall_ms);
        let text = text::corrected(self.style.lang, &at, &edited.text);
        let line = self.act(&edited.who, edited.wall_ms, &text);
        match edited.is_own {
            true => line,
            false => self.noticed(line, Some(&edited.text)),
        }
    }

    pub(super) fn deleted(&mut self, deleted: &Deleted) -> Line {
        let at = self.said_at(&deleted.id, deleted.wall_ms);
        let text = text::deleted(self.style.lang, &at);
        self.act(&deleted.who, deleted.wall_ms, &text)
    }

    pub(super) fn found(&mut self, found: &FoundMessage) -> Line {
        let answer = Answer {
            id: Some(&found.message.id),
            marks: &found.marks,
        };
        self.message_as(&found.message, answer)
    }

    fn act(&mut self, who: &Person, wall_ms: u64, text: &str) -> Line {
        let speaker = marked(who);
        let at = Duration::from_millis(wall_ms);
        self.data(at, nowhere(), Speaker::Actor(&speaker), Some(text))
    }

    /// When a message was said, as its line shows it; with its day if that is another one.
    fn said_at(&mut self, id: &Id, changed_ms: u64) -> String {
        let Id::Group(id) = id else {
            return id.to_string();
        };
        let changed = self.clock.at(Duration::from_millis(changed_ms)).day;
        let said_ms = clock_ms(id.position.clock);
        let said = self.clock.at(Duration::from_millis(said_ms));
        match said.day == changed {
            true => said.time_of_day.clone(),
            false => dated(said),
        }
    }
}

/// A time with its day, `2026-11-26 14:03:21`.
fn dated(stamp: &Stamp) -> String {
    let Day {
        year,
        month,
        day_of_month,
        ..
    } = stamp.day;
    let time = &stamp.time_of_day;
    format!("{year:04}-{month:02}-{day_of_month:02} {time}")
}

/// The stamp of a message that is an answer: with its short id, and with its day unless that is
/// clear, because it is today or a line of its own names it.
pub(super) fn answering<'s>(
    stamp: &'s Stamp,
    id: Option<&Id>,
    clear: Option<Day>,
) -> Cow<'s, Stamp> {
    let Some(Id::Group(id)) = id else {
        return Cow::Borrowed(stamp);
    };
    let time = match clear {
        Some(day) if day != stamp.day => dated(stamp),
        _ => stamp.time_of_day.clone(),
    };
    Cow::Owned(Stamp {
        time_of_day: format!("{time} {}", ShortId::of(id)),
        ..stamp.clone()
    })
}

/// What a message says, marked if it was changed.
pub(super) fn shown_text(lang: Lang, message: &Message) -> Cow<'_, str> {
    match message.version {
        Version::Original => message.text().into(),
        Version::Edited(_) => format!("{} {}", message.text(), text::edited_mark(lang)).into(),
        Version::Deleted => text::deleted_mark(lang).into(),
    }
}

/// The found parts of a text as it is shown: none if cleaning or breaking it has moved them.
pub(super) fn marks_in(shown: &str, text: &str, marks: &[(usize, usize)]) -> Vec<Range<usize>> {
    match shown == text {
        true => marks.iter().map(|(start, end)| *start..*end).collect(),
        false => Vec::new(),
    }
}
