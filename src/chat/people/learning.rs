//! What another room of this program has learned of people.

use super::People;
use crate::chat::Chat;
use crate::chat::archive::Request;
use crate::chat::trust::Tenure;
use crate::protocol::engine::event::NamedKey;

impl Chat {
    /// Takes in what another room asked the store to remember.
    pub(in crate::chat) fn learn(&mut self, request: &Request) {
        let ignoring = &mut self.people.ignoring;
        match request.clone() {
            Request::Ignore { name, key } => ignoring.remember(vec![NamedKey { name, key }]),
            Request::Unignore { key } => ignoring.forget(&key),
            request => self.people.learn(&request),
        }
    }
}

impl People {
    fn learn(&mut self, request: &Request) {
        self.recent = None;
        match request {
            // This member's own name is its own here, unless somebody else's was verified.
            Request::Meet { name, .. } if *name == self.me.name => {}
            Request::Meet { name, key } => self.trust.know(name, *key, Tenure::Kept),
            Request::Verify { name, key } => self.trust.know(name, *key, Tenure::Verified),
            Request::Unverify { key } => self.trust.unverify_all(key),
            _ => {}
        }
    }
}
