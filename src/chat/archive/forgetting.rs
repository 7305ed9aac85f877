//! What this person has had forgotten, by another program, while this one runs: nothing of it stays
//! in memory either, and nobody is served it.

use super::record::Forgotten;
use crate::chat::Chat;
use crate::chat::event::{Id, Message, News};
use crate::protocol::engine::clock::clock_ms;
use crate::protocol::wire::frame::Key;

/// What is forgotten, of the messages that faces hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgetting(Forgotten);

impl Forgetting {
    /// Whose messages; `None` for everybody's.
    #[must_use]
    pub fn author(&self) -> Option<Key> {
        self.0.author
    }

    /// The last millisecond since 1970 of which what was said is forgotten.
    #[must_use]
    pub fn until_ms(&self) -> u64 {
        clock_ms(self.0.until_clock)
    }

    /// Whether a message is forgotten.
    #[must_use]
    pub fn covers(&self, message: &Message) -> bool {
        let Id::Group(id) = message.id else {
            return false;
        };
        let is_theirs = self.0.author.is_none_or(|key| message.who.key == Some(key));
        is_theirs && id.position.clock <= self.0.until_clock
    }
}

impl Chat {
    /// Forgets what another program of this person has forgotten.
    pub(super) fn forget_too(&mut self, forgotten: Vec<Forgotten>) {
        self.node.forget(&forgotten);
        self.own.finding.forget(&forgotten);
        self.remembering.recent.retain(|entry| {
            let is_covered = |it: &Forgotten| it.covers(&entry.who.key, entry.id.position.clock);
            !forgotten.iter().any(is_covered)
        });
        for it in forgotten {
            self.tell(News::Forgotten(Box::new(Forgetting(it))));
        }
    }
}
