//! Messages from before this member came: the newest of them, in the common order, once it is known
//! that they are all here or after a time. While this member joins, others wait behind them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Earlier, Piece};
use crate::chat::event::{Id, Message, News, Timing, Told};
use crate::chat::forms::change_in;

/// Messages from before that are shown at once: two screens of talk.
pub(super) const SHOWN_MAX: usize = 50;

/// Longest time that what is said waits for what was said before, from joining on.
pub(super) const JOIN_WAIT: Duration = Duration::from_secs(2);

/// Longest time that messages from before are gathered which come later than that.
pub(super) const STRAGGLER_WAIT: Duration = Duration::from_secs(1);

/// Messages that wait meanwhile. With so many, the talk is worth more than what was before.
pub(super) const WAITING_MAX: usize = 64;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct History {
    stage: Stage,
    /// When this program began, in milliseconds since 1970.
    began_ms: u64,
    /// The newest messages from before, not shown yet.
    newest: BTreeMap<Id, Told>,
    /// Older ones, which are only counted.
    left_out: usize,
    /// All messages from before, those shown included.
    all: usize,
    /// What waits behind them.
    waiting: Vec<Told>,
    until: Option<Duration>,
    out: VecDeque<Piece>,
}

/// How far this member has come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Its room is not open yet.
    #[default]
    Outside,
    /// It learns what was said before.
    Joining,
    /// It takes part.
    Inside,
}

impl History {
    /// Of a program that began at a time in milliseconds since 1970.
    pub(super) fn since(began_ms: u64) -> Self {
        Self {
            began_ms,
            ..Self::default()
        }
    }

    /// Takes an event in; whether it is held.
    pub(super) fn take(&mut self, now: Duration, told: &Told) -> bool {
        match &told.news {
            News::Ready(_) if self.stage == Stage::Outside => {
                self.stage = Stage::Joining;
                self.until = Some(now + JOIN_WAIT);
            }
            News::CaughtUp { .. } => return self.catch_up(told),
            // An answer is waited for.
            _ if told.request.is_some() => {}
            // What is not shown yet is shown as it is by now.
            News::Edited(_) | News::Deleted(_) => return self.amends_gathered(&told.news),
            News::Message(message) if self.is_from_before(message) => {
                self.gather(now, message, told);
                return true;
            }
            News::Message(_) | News::Guest(_) if self.stage == Stage::Joining => {
                self.waiting.push(told.clone());
                if self.waiting.len() >= WAITING_MAX {
                    self.release(None);
                }
                return true;
            }
            _ => {}
        }
        false
    }

    /// What was said just before somebody joins comes in its place, and is from before all the
    /// same.
    fn is_from_before(&self, message: &Message) -> bool {
        let is_joining = self.stage == Stage::Joining;
        message.timing == Timing::History || is_joining && message.wall_ms < self.began_ms
    }

    /// The next thing to show.
    pub(super) fn poll(&mut self) -> Option<Piece> {
        self.out.pop_front()
    }

    /// When [`History::on_time`] is due.
    pub(super) fn next_time(&self) -> Option<Duration> {
        self.until
    }

    /// Takes in that time has passed.
    pub(super) fn on_time(&mut self, now: Duration) {
        if self.until.is_some_and(|until| until <= now) {
            self.release(None);
        }
    }

    /// Whether some news changes a message that is not shown yet, and has done so.
    fn amends_gathered(&mut self, news: &News) -> bool {
        let Some((id, who, version, text)) = change_in(news) else {
            return false;
        };
        let waiting = self.waiting.iter_mut();
        let gathered = self.newest.values_mut().chain(waiting);
        let mut messages = gathered.filter_map(|told| match &mut told.news {
            News::Message(message) => Some(message),
            _ => None,
        });
        let message = messages.find(|message| message.id == id);
        if let Some(message) = message {
            message.amend(who.key.as_ref(), version, text);
            return true;
        }
        false
    }

    fn gather(&mut self, now: Duration, message: &Message, told: &Told) {
        self.until.get_or_insert(now + STRAGGLER_WAIT);
        if self.newest.insert(message.id, told.clone()).is_none() {
            self.all += 1;
        }
        if self.newest.len() > SHOWN_MAX {
            self.newest.pop_first();
            self.left_out += 1;
        }
    }

    fn catch_up(&mut self, told: &Told) -> bool {
        self.release(Some(told));
        true
    }

    /// Shows what was gathered, then `end`, then what waited.
    fn release(&mut self, end: Option<&Told>) {
        self.stage = Stage::Inside;
        self.until = None;
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0 {
            let all = self.all;
            self.out
                .push_back(Piece::Earlier(Earlier { left_out, all }));
        }
        let newest = std::mem::take(&mut self.newest).into_values();
        let waiting = std::mem::take(&mut self.waiting);
        let told = newest.chain(end.cloned()).chain(waiting);
        self.out
            .extend(told.map(|told| Piece::Told(Box::new(told))));
    }
}
