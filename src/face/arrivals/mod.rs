//! What a person at a terminal meets at once instead of line by line: what was said before they
//! came, and many people who come or go. Pure: news and time come in; what is to be shown comes
//! out, in its order.
//!
//! ```text
//! history     the newest messages from before, once all are here; live ones wait until then
//! movements   who comes and goes, gathered while many do
//! ```

mod history;
mod movements;

use std::collections::VecDeque;
use std::time::Duration;

use self::history::History;
use self::movements::Movements;
pub(super) use self::movements::movement;
use crate::chat::event::{News, Person, Timing, Told};

/// What is to be shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// An event, as it was told.
    Told(Box<Told>),
    /// Messages from before that are left out.
    Earlier(Earlier),
    /// Many who came or went.
    Crowd(Crowd),
}

/// Messages from before that are left out where this stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) left_out: usize,
    /// How many there are from before, those that are shown included.
    pub(super) all: usize,
}

/// Many people who did the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crowd {
    pub(super) movement: Movement,
    pub(super) count: usize,
    /// Some of them, by name.
    pub(super) named: Vec<Person>,
}

/// What people do when they come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Movement {
    WasHere,
    Entered,
    Left,
    Gone,
    Silent,
    Back,
}

/// Which news are gathered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gathered {
    /// Messages from before this time, in milliseconds since 1970.
    pub(super) history_ms: Option<u64>,
    /// Who comes and goes.
    pub(super) movements: bool,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    history: Option<History>,
    movements: Option<Movements>,
    out: VecDeque<Piece>,
}

impl Arrivals {
    /// Gathers some of the news, and lets all others pass.
    pub(super) fn new(gathered: Gathered) -> Self {
        Self {
            history: gathered.history_ms.map(History::since),
            movements: gathered.movements.then(Movements::default),
            out: VecDeque::new(),
        }
    }

    /// Takes an event in. Returns whether it is held, and comes out of [`Arrivals::poll`] in its
    /// turn; if not, it is to be shown behind what `poll` returns now.
    pub(super) fn holds(&mut self, now: Duration, told: &Told) -> bool {
        let moves = self.movements.as_mut();
        if moves.is_some_and(|movements| movements.take(now, told)) {
            self.release_movements(now);
            return true;
        }
        let waits = self.history.as_mut();
        let is_held = waits.is_some_and(|history| history.take(now, told));
        self.release_history(now);
        if !is_held {
            self.introduce(told);
        }
        is_held
    }

    /// The next thing to show, if there is one.
    pub(super) fn poll(&mut self) -> Option<Piece> {
        self.out.pop_front()
    }

    /// When [`Arrivals::on_time`] is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        let history = self.history.as_ref().and_then(History::next_time);
        let movements = self.movements.as_ref().and_then(Movements::next_time);
        [history, movements].into_iter().flatten().min()
    }

    /// Takes in that time has passed.
    pub(super) fn on_time(&mut self, now: Duration) {
        self.release_history(now);
        self.release_movements(now);
    }

    /// Holds nothing back any more, because this member leaves.
    pub(super) fn finish(&mut self) {
        self.on_time(Duration::MAX);
    }

    fn release_history(&mut self, now: Duration) {
        let Some(history) = self.history.as_mut() else {
            return;
        };
        history.on_time(now);
        while let Some(piece) = self.history.as_mut().and_then(History::poll) {
            if let Piece::Told(told) = &piece {
                self.introduce(told);
            }
            self.out.push_back(piece);
        }
    }

    fn release_movements(&mut self, now: Duration) {
        if let Some(movements) = &mut self.movements
            && movements.is_due(now)
        {
            self.out.extend(movements.release());
        }
    }

    /// Shows that somebody came before what they say then.
    fn introduce(&mut self, told: &Told) {
        if let (Some(movements), News::Message(message)) = (&mut self.movements, &told.news)
            && message.timing != Timing::History
            && movements.concern(&message.who)
        {
            self.out.extend(movements.release());
        }
    }
}

#[cfg(test)]
mod tests;
