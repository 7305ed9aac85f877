//! Who comes and goes. A few are shown one by one; many who do the same at once are one line.

use std::time::Duration;

use super::{Crowd, Movement, Piece};
use crate::chat::event::{News, Person, Told};

/// People who do the same at once and have a line each.
pub(super) const ALONE_MAX: usize = 3;

/// People who are named in a line for more than that.
pub(super) const NAMED_MAX: usize = 8;

/// What nobody joins for so long is over.
pub(super) const QUIET: Duration = Duration::from_millis(500);

/// Longest time that somebody is not shown.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(2);

/// People who are gathered at most.
pub(super) const GATHERED_MAX: usize = 1024;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Movements {
    gathered: Vec<(Movement, Told)>,
    /// When the first of them must be shown.
    latest: Duration,
    /// When all are shown if nobody joins them.
    until: Duration,
}

impl Movements {
    /// Takes an event in, if it is about somebody who comes or goes; whether it is.
    pub(super) fn take(&mut self, now: Duration, told: &Told) -> bool {
        let Some((movement, _)) = movement(&told.news) else {
            return false;
        };
        if self.gathered.is_empty() {
            self.latest = now.saturating_add(WAIT_MAX);
        }
        self.gathered.push((movement, told.clone()));
        self.until = now.saturating_add(QUIET).min(self.latest);
        true
    }

    /// Whether somebody is among those that are not shown yet.
    pub(super) fn concern(&self, person: &Person) -> bool {
        let gathered = self.gathered.iter();
        let mut people = gathered.filter_map(|(_, told)| movement(&told.news));
        people.any(|(_, other)| other.key == person.key && other.name == person.name)
    }

    /// When it is time to show them.
    pub(super) fn next_time(&self) -> Option<Duration> {
        (!self.gathered.is_empty()).then_some(self.until)
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        let is_full = self.gathered.len() >= GATHERED_MAX;
        is_full || self.next_time().is_some_and(|until| until <= now)
    }

    /// Shows them: where the first of many who did the same stands, one line for all.
    pub(super) fn release(&mut self) -> Vec<Piece> {
        let gathered = std::mem::take(&mut self.gathered);
        let mut pieces = Vec::new();
        let mut crowds = Vec::new();
        for (movement, told) in &gathered {
            let movement = *movement;
            if crowds.contains(&movement) {
                continue;
            }
            let same = gathered.iter().filter(|(other, _)| *other == movement);
            if same.clone().count() <= ALONE_MAX {
                pieces.push(Piece::Told(Box::new(told.clone())));
                continue;
            }
            crowds.push(movement);
            pieces.push(Piece::Crowd(crowd(movement, same.map(|(_, told)| told))));
        }
        pieces
    }
}

fn crowd<'t>(as_one: Movement, gathered: impl Iterator<Item = &'t Told>) -> Crowd {
    let people = gathered.filter_map(|told| movement(&told.news));
    let mut people: Vec<&Person> = people.map(|(_, person)| person).collect();
    let count = people.len();
    people.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
    people.truncate(NAMED_MAX);
    Crowd {
        movement: as_one,
        count,
        named: people.into_iter().cloned().collect(),
    }
}

/// Who comes or goes, and how.
pub(in crate::face) fn movement(news: &News) -> Option<(Movement, &Person)> {
    Some(match news {
        News::Entered { person, was_here } => match was_here {
            true => (Movement::WasHere, person),
            false => (Movement::Entered, person),
        },
        News::Left {
            person,
            with_farewell,
        } => match with_farewell {
            true => (Movement::Left, person),
            false => (Movement::Gone, person),
        },
        News::Silent(person) => (Movement::Silent, person),
        News::Back(person) => (Movement::Back, person),
        _ => return None,
    })
}
