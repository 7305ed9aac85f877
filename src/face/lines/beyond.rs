//! What lies beyond this network, as sentences.

use crate::chat::event::{BeyondNews, LinkState, Place, SiteChange, SiteState};
use crate::protocol::lookalike::clean_name;
use crate::text::{self, Lang};

/// What happened there; nothing if it changes a list only.
pub(in crate::face) fn sentence(lang: Lang, news: &BeyondNews) -> Option<String> {
    Some(match news {
        BeyondNews::Site { site, change } => return of_site(lang, site, *change),
        BeyondNews::Sites(sites) => {
            let people =
                |site: &SiteState| text::people_at(lang, &clean_name(&site.name), site.people);
            let sites: Vec<String> = sites.iter().map(people).collect();
            sites.join("; ")
        }
        BeyondNews::Far { .. } | BeyondNews::FarGone(_) => return None,
        BeyondNews::Delivered { site, people, .. } => {
            text::delivered_at(lang, &clean_name(site), *people)
        }
        BeyondNews::Link { state, with } => match state {
            LinkState::Up => text::link_up(lang, with),
            LinkState::Down => text::link_down(lang, with),
            LinkState::Fault => text::link_fault(lang, with),
            LinkState::WrongKey => text::link_has_wrong_key(lang),
            LinkState::Sending => text::link_sends(lang),
            LinkState::Standby => text::link_waits(lang),
        },
        BeyondNews::LeftOut { frames } => text::link_left_out(lang, *frames),
    })
}

fn of_site(lang: Lang, site: &SiteState, change: SiteChange) -> Option<String> {
    let name = clean_name(&site.name);
    Some(match (change, site.ahead_ms) {
        (SiteChange::Reached, _) => text::site(lang, &name, site.people),
        (SiteChange::Counted, _) => return None,
        (SiteChange::Clock, Some(ahead_ms)) => text::clock_of_site(lang, &name, ahead_ms / 1000),
        (SiteChange::Clock, None) => text::clock_of_site_agrees(lang, &name),
        (SiteChange::Lost, _) => text::site_lost(lang, &name),
    })
}

/// Somebody as they are listed: *rui @ship*, if they are at another network.
pub(in crate::face) fn placed(name: &str, place: &Place) -> String {
    match place {
        Place::Site(site) => text::is_at(name, Some(&clean_name(site))),
        Place::Here | Place::Beyond => name.to_owned(),
    }
}
