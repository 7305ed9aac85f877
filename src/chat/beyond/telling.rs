//! What the engine reports about other sites, as faces receive it.

use std::sync::Arc;

use super::{BeyondNews, SiteState};
use crate::chat::Chat;
use crate::chat::command::RequestId;
use crate::chat::event::{Id, News};
use crate::protocol::engine::event::{EngineEvent, SiteState as KnownSite};
use crate::protocol::message::Name;
use crate::protocol::time::Moment;

impl Chat {
    /// The news of what the engine reports; `None` if it is about something else, or no news.
    pub(in crate::chat) fn of_beyond(&self, event: EngineEvent) -> Option<News> {
        let news = match event {
            EngineEvent::Site { site, change } => BeyondNews::Site {
                site: self.site(&site),
                change,
            },
            EngineEvent::Far { who, site } => BeyondNews::Far {
                person: self.people.person(&who),
                site: site.as_ref().map(shared),
            },
            EngineEvent::FarGone(who) => BeyondNews::FarGone(self.people.person(&who)),
            EngineEvent::DeliveredAt {
                who,
                site,
                people,
                last_sequence,
            } => BeyondNews::Delivered {
                site: shared(&site),
                bridge: self.people.person(&who),
                people,
                last: Id::Group(self.own.id_up_to(last_sequence)?),
            },
            _ => return None,
        };
        Some(News::Beyond(news))
    }

    /// Answers with the other sites in reach, if there are any.
    pub(in crate::chat) fn tell_sites(&mut self, now: Moment, request: RequestId) {
        let sites = self.node.sites(now);
        if !sites.is_empty() {
            let sites = sites.iter().map(|site| self.site(site)).collect();
            self.answer(request, News::Beyond(BeyondNews::Sites(sites)));
        }
    }

    fn site(&self, site: &KnownSite) -> SiteState {
        SiteState {
            name: shared(&site.name),
            bridge: self.people.person(&site.who),
            people: site.people,
            ahead_ms: site.ahead_ms,
        }
    }
}

fn shared(name: &Name) -> Arc<str> {
    name.as_str().into()
}
