//! Sentences about a hub, and about the one other person of `tcp-peer`.

use super::{Lines, addressed};
use crate::chat::entry::Syntax;
use crate::chat::event::{HubNews, PeerNews};
use crate::terminal::screen::short_name;
use crate::text;

impl Lines {
    pub(super) fn hub(&self, news: &HubNews) -> Vec<String> {
        let lang = self.style.lang;
        vec![match news {
            HubNews::Joined {
                address, is_framed, ..
            } => {
                let hub = address.to_string();
                let joined = match self.style.syntax {
                    Syntax::Menu => text::joined_with_menu(lang, &hub),
                    _ => text::joined(lang, &hub),
                };
                return match is_framed {
                    true => vec![joined],
                    false => vec![joined, text::hub_is_naive(lang)],
                };
            }
            HubNews::List { names, .. } => text::at_hub(lang, names),
            HubNews::Says(words) | HubNews::Out(words) => text::hub_says(lang, words),
            HubNews::Refused(words) => text::hub_refused(lang, words),
            HubNews::ProofAsked { name } => text::proof_asked(lang, name),
            HubNews::Closed => text::hub_closed(lang),
            HubNews::CloseAsked => text::close_asked(lang),
            HubNews::Away => text::hub_is_called_again(lang),
            HubNews::Unsent(texts) => {
                let first = texts.first().map_or("", String::as_str);
                text::hub_unsent(lang, texts.len(), first)
            }
        }]
    }

    pub(super) fn peer(&self, news: &PeerNews) -> String {
        let lang = self.style.lang;
        match news {
            PeerNews::Ready { address, .. } => text::connected(lang, *address),
            PeerNews::Named(who) => text::named(lang, &addressed(who)),
            PeerNews::Finished(who) => text::says_nothing_more(lang, &addressed(who)),
            PeerNews::Farewell(who) => text::ended_by(lang, &short_name(&addressed(who))),
            PeerNews::Left(who) => text::left(lang, &addressed(who)),
        }
    }
}
