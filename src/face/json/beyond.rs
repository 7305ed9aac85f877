//! What lies beyond this network, for programs.

use super::object::{Object, SiteObject, Someone};
use super::{about, event};
use crate::chat::event::{BeyondNews, SiteChange, SiteState};

pub(super) fn of_beyond(news: &BeyondNews) -> Object<'_> {
    match news {
        BeyondNews::Site { site, change } => Object {
            name: Some(&site.name),
            state: Some(match change {
                SiteChange::Reached => "reached",
                SiteChange::Counted => "counted",
                SiteChange::Clock => "clock",
                SiteChange::Lost => "lost",
            }),
            of: (*change != SiteChange::Lost).then_some(site.people),
            clock_ms: site.ahead_ms,
            ..about("site", &site.bridge)
        },
        BeyondNews::Sites(sites) => Object {
            sites: Some(sites.iter().map(of_site).collect()),
            ..event("sites")
        },
        BeyondNews::Far { person, site } => Object {
            name: site.as_deref(),
            state: Some("listed"),
            ..about("far", person)
        },
        BeyondNews::FarGone(person) => Object {
            state: Some("gone"),
            ..about("far", person)
        },
        BeyondNews::Delivered {
            site,
            bridge,
            people,
            last,
        } => Object {
            last: Some(last.to_string()),
            of: Some(*people),
            name: Some(site),
            ..about("delivered_at", bridge)
        },
        BeyondNews::Link { state, with } => Object {
            state: Some(state.name()),
            name: (!with.is_empty()).then_some(with.as_str()),
            ..event("link")
        },
        BeyondNews::LeftOut { frames } => Object {
            state: Some("left_out"),
            frames: Some(u32::try_from(*frames).unwrap_or(u32::MAX)),
            ..event("link")
        },
    }
}

fn of_site(site: &SiteState) -> SiteObject<'_> {
    SiteObject {
        name: &site.name,
        of: site.people,
        clock_ms: site.ahead_ms,
        bridge: Someone::of(&site.bridge),
    }
}
