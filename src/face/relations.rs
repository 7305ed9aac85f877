//! The sentences about who is ignored, and who is called what.

use super::guests;
use super::lines::{addressed, typed};
use crate::chat::event::{Ignored, News};
use crate::protocol::lookalike::clean_name;
use crate::text::{self, Lang};

/// What happened, as a sentence; `None` if it is about something else.
pub(super) fn sentence(lang: Lang, news: &News) -> Option<String> {
    Some(match news {
        News::Renamed {
            person,
            is_own: true,
            ..
        } => text::you_are_renamed(lang, &person.name),
        News::Renamed { before, person, .. } => {
            text::renamed(lang, &addressed(before), &addressed(person))
        }
        News::Ignored { who, is_kept: true } => text::ignored(lang, &shown(lang, who), &named(who)),
        News::Ignored { who, .. } => text::ignored_for_now(lang, &shown(lang, who), &named(who)),
        News::Unignored(who) => text::unignored(lang, &shown(lang, who)),
        News::IgnoreList(all) => {
            let all: Vec<String> = all.iter().map(|who| shown(lang, who)).collect();
            text::ignore_list(lang, &all)
        }
        other => return guests::sentence(lang, other),
    })
}

/// Somebody as they are shown; a guest with its address, because its name proves nothing.
fn shown(lang: Lang, who: &Ignored) -> String {
    match who {
        Ignored::Person(person) => addressed(person),
        Ignored::Guest { name, address } => format!("{} ({address})", guests::plain(name)),
        Ignored::GuestOf { name, host } => guests::of_named(lang, name, host),
    }
}

/// Somebody as they are typed behind a command.
pub(super) fn named(who: &Ignored) -> String {
    match who {
        Ignored::Person(person) => typed(person),
        Ignored::Guest { name, .. } | Ignored::GuestOf { name, .. } => {
            let name = format!("~{}", clean_name(name));
            match name.contains(' ') {
                true => format!("\"{name}\""),
                false => name,
            }
        }
    }
}
