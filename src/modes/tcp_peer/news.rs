//! What the other says and what we say, as data for the faces.

use std::net::SocketAddr;

use crate::chat::entry::Entry;
use crate::chat::event::{Content, Message, News, PeerNews, Person};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;

/// Makes news, and numbers the messages.
#[derive(Debug)]
pub(super) struct Narrator {
    me: Person,
    messages: u64,
}

impl Narrator {
    pub(super) fn new(name: Option<&Name>) -> Self {
        Self {
            me: name.map_or_else(Person::nameless, |name| Person::unproven(name.as_str())),
            messages: 0,
        }
    }

    /// We are connected to somebody at an address.
    pub(super) fn ready(&self, address: SocketAddr) -> News {
        News::Peer(PeerNews::Ready {
            me: self.me.clone(),
            address,
        })
    }

    /// What an entry of ours says, if it says anything.
    pub(super) fn own(&mut self, now: Moment, entry: &Entry) -> Option<News> {
        let content = match entry {
            Entry::Say { text, .. } | Entry::Leave(text) => Content::Text(text.clone()),
            Entry::Object(object) => Content::Object(object.as_str().into()),
            Entry::Nothing
            | Entry::NotSay
            | Entry::Command(_)
            | Entry::Flawed(_)
            | Entry::ClearScreen
            | Entry::Page { .. }
            | Entry::MarkRead(_)
            | Entry::Edit { .. }
            | Entry::Direct(_)
            | Entry::Guests(_)
            | Entry::Send(_)
            | Entry::Delete { .. }
            | Entry::Rooms(_)
            | Entry::Answer(_) => return None,
        };
        let who = self.me.clone();
        Some(News::Message(Message {
            is_own: true,
            ..self.message(now, who, content)
        }))
    }

    /// What somebody at an address says.
    pub(super) fn theirs(
        &mut self,
        now: Moment,
        who: Person,
        address: SocketAddr,
        content: Content,
    ) -> News {
        News::Message(Message {
            source: Some(address),
            ..self.message(now, who, content)
        })
    }

    fn message(&mut self, now: Moment, who: Person, content: Content) -> Message {
        self.messages += 1;
        Message::local(self.messages, who, content, now.wall_ms)
    }
}
