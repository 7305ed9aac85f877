//! What the hub sends and what we said there, as data for the faces.

use std::net::SocketAddr;

use crate::chat::event::{Content, Failure, HubNews, Message, News, Person};
use crate::protocol::hub::joiner::{HubRequest, JoinerEvent};
use crate::protocol::time::Moment;

/// Makes news, and counts the messages.
#[derive(Debug)]
pub(super) struct Told {
    /// The name we go by.
    name: String,
    messages: u64,
}

impl Told {
    pub(super) fn new(name: String) -> Self {
        Self { name, messages: 0 }
    }

    /// What the hub at an address sends.
    pub(super) fn of(&mut self, now: Moment, hub: SocketAddr, event: &JoinerEvent) -> News {
        match event {
            JoinerEvent::Said {
                from,
                is_private,
                is_own,
                text,
            } => News::Message(Message {
                source: Some(hub),
                is_own: *is_own,
                is_private: *is_private,
                ..self.message(now, from, text)
            }),
            JoinerEvent::Joined { text, is_framed } => News::Hub(HubNews::Joined {
                name: self.name.clone(),
                address: hub,
                is_framed: *is_framed,
                text: text.clone(),
            }),
            JoinerEvent::List { names, text } => News::Hub(HubNews::List {
                names: names.clone(),
                text: text.clone(),
            }),
            JoinerEvent::Told(words) => News::Hub(HubNews::Says(words.clone())),
            JoinerEvent::Out(words) => News::Hub(HubNews::Out(words.clone())),
            JoinerEvent::Refused(words) => News::Hub(HubNews::Refused(words.clone())),
            JoinerEvent::ProofAsked { .. } => News::Hub(HubNews::ProofAsked {
                name: self.name.clone(),
            }),
            JoinerEvent::Closed => News::Hub(HubNews::Closed),
            JoinerEvent::Broken => News::Failed(Failure::NotAHub),
        }
    }

    /// What we said, unless the hub sends it back to us.
    pub(super) fn own(&mut self, now: Moment, request: HubRequest) -> Option<News> {
        let (to, text) = match request {
            HubRequest::BroadcastNotMe(text) => (None, text),
            HubRequest::Private { to, text } => (Some(Person::unproven(to)), text),
            _ => return None,
        };
        let name = self.name.clone();
        Some(News::Message(Message {
            is_own: true,
            is_private: to.is_some(),
            to: to.map(Box::new),
            ..self.message(now, &name, &text)
        }))
    }

    fn message(&mut self, now: Moment, from: &str, text: &str) -> Message {
        self.messages += 1;
        let content = Content::Text(text.to_owned());
        Message::local(self.messages, Person::unproven(from), content, now.wall_ms)
    }
}
