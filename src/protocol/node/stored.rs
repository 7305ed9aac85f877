//! What an archive keeps of a member's history, and reports to it when it comes back.

use super::Node;
use crate::protocol::engine::stored::{Forgotten, HistoryChange, StoredFrame};
use crate::protocol::time::Moment;

impl Node {
    /// Takes in frames that an archive kept, before [`Node::finish_loading`].
    pub fn restore(&mut self, now: Moment, frames: &[StoredFrame]) {
        self.engine.restore(now, frames);
    }

    /// Waits for the archive no more, and begins to catch up.
    pub fn finish_loading(&mut self, now: Moment) {
        self.engine.finish_loading(now);
    }

    /// Forgets what this person wants to have forgotten.
    pub fn forget(&mut self, forgotten: &[Forgotten]) {
        self.engine.forget(forgotten);
    }

    /// What an archive is to do about the history next.
    pub fn poll_history(&mut self) -> Option<HistoryChange> {
        self.engine.poll_history()
    }

    /// Reports everything that is held once more to the archive.
    pub fn keep_again(&mut self) {
        self.engine.keep_again();
    }
}
